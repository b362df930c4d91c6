//! The rows of the page of applets.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::AppletsOutput;
use super::lines::{ChannelLine, EntryLine, Line};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::token::RegistryKind;
use crate::ui::a11y::A11yExt as _;
use crate::ui::token_view::pins::menu_keys;
use crate::ui::token_view::rows::{
    arrow, headed, icon, label, line as row_line, opening_row, row, titled, worded_button,
};
use crate::ui::token_view::{TokenViewOutput, Wires, copied};
use crate::ui::widgets::{
    FactRow, FactText, Fold, Lead, copy_button, fill_when_opened, settle_title,
};
use crate::ui::wizards::content::building_row;

/// The widget of a row.
pub(super) fn build(line: &Line, wires: &Wires) -> gtk::Widget {
    match line {
        Line::Verdict { words, reasons } => verdict(words, reasons),
        Line::Warning { title, body } => warning(title, body, wires),
        Line::Channel(channel) => channel_row(channel, wires),
        Line::Load => load(),
        Line::Building => building(wires),
        Line::Fact(fact) => FactRow::new(fact, copied(wires)).upcast(),
        Line::Folded {
            title,
            caption,
            facts,
        } => folded(title, caption, facts, wires),
        Line::Entry(entry) => entry_row(entry, wires),
        Line::Package { package, applets } => package_row(package, applets, wires),
        Line::Nothing(words) => {
            let line = row_line();
            line.append(&label(words, &["dim-label"]));
            row(&line, words).upcast()
        }
    }
}

/// What is done by a click on a row itself.
pub(super) fn activated(line: &Line, wires: &Wires) {
    if *line == Line::Load {
        emit(wires, AppletsOutput::FileWanted);
    }
}

fn emit(wires: &Wires, output: AppletsOutput) {
    wires.output.emit(TokenViewOutput::Applets(output));
}

fn verdict(words: &str, reasons: &[String]) -> gtk::Widget {
    let row = adw::ExpanderRow::builder()
        .use_markup(false)
        .title(words)
        .build();
    row.add_prefix(&icon("application-x-addon-symbolic", None));
    row.set_a11y_label(words);
    row.set_enable_expansion(!reasons.is_empty());
    let reasons = reasons.to_vec();
    fill_when_opened(&row, move || {
        let rows = reasons.iter().map(|reason| {
            let line = row_line();
            line.append(&label(reason, &[]));
            self::row(&line, reason)
        });
        rows.collect()
    });
    row.upcast()
}

fn warning(title: &str, body: &str, wires: &Wires) -> gtk::Widget {
    let line = row_line();
    line.append(&icon("dialog-warning-symbolic", Some("warning")));
    let text = titled(title, &[], None, body);
    let button = keys_button(wires);
    line.append(&Fold::new(&text, &button, Lead::Chars(24)));
    row(&line, &format!("{title}, {body}")).upcast()
}

/// The way to other keys.
fn keys_button(wires: &Wires) -> gtk::Button {
    let words = gettext("Change Keys…");
    let button = worded_button(&words, &words);
    let wires = wires.clone();
    button.connect_clicked(move |_| emit(&wires, AppletsOutput::KeysChosen));
    button
}

fn channel_row(channel: &ChannelLine, wires: &Wires) -> gtk::Widget {
    let sign = if channel.open {
        "channel-secure-symbolic"
    } else {
        "changes-prevent-symbolic"
    };
    let text = titled(&channel.title, &[], None, &channel.caption);
    if let Some(failed) = &channel.failed {
        text.append(&label(failed, &["caption", "error"]));
    }
    let (button, opens) = if channel.open {
        // TRANSLATORS: The secure channel to a card manager; its keys are forgotten.
        let button = worded_button(&gettext("Close"), &gettext("Forget the keys"));
        button.set_tooltip_text(Some(&gettext("Forget the keys")));
        (button, false)
    } else {
        let button = worded_button(&gettext("Open…"), &gettext("Open the card manager"));
        (button, true)
    };
    let sender = wires.clone();
    button.connect_clicked(move |_| {
        emit(
            &sender,
            if opens {
                AppletsOutput::OpenChosen
            } else {
                AppletsOutput::CloseChosen
            },
        );
    });
    let line = row_line();
    line.append(&icon(sign, channel.failed.as_ref().map(|_| "error")));
    let side: gtk::Widget = if channel.change_keys {
        let keys = keys_button(wires);
        // Both beside each other are too wide for a narrow window with large text.
        Fold::new(&keys, &button, Lead::Part(keys.clone().upcast())).upcast()
    } else {
        button.upcast()
    };
    line.append(&Fold::new(&text, &side, Lead::Chars(18)));
    let acts = channel.menu.iter().map(|act| {
        let (wires, act) = (wires.clone(), *act);
        let chosen = move || emit(&wires, AppletsOutput::ActChosen(act));
        (act.words(), act.words(), Box::new(chosen) as Chosen)
    });
    let menu = menu_of(&gettext("Card manager"), acts.collect());
    if let Some(menu) = &menu {
        line.append(menu);
    }
    let spoken = [
        Some(channel.title.clone()),
        Some(channel.caption.clone()),
        channel.failed.clone(),
    ];
    let spoken: Vec<String> = spoken.into_iter().flatten().collect();
    let row = row(&line, &spoken.join(", "));
    if let Some(menu) = &menu {
        row.add_controller(menu_keys(menu));
    }
    row.upcast()
}

/// The way to a file that is loaded.
fn load() -> gtk::Widget {
    let title = gettext("Load a package…");
    let caption = gettext("From a CAP or IJC file, which can also be dropped here");
    let line = row_line();
    line.append(&icon("package-x-generic-symbolic", None));
    line.append(&titled(&title, &[], None, &caption));
    line.append(&arrow());
    opening_row(&line, &title).upcast()
}

/// How the applet is built that makes a token of the card: for those who have no file yet.
fn building(wires: &Wires) -> gtk::Widget {
    let row = building_row(copied(wires));
    row.add_prefix(&icon("system-help-symbolic", None));
    row.upcast()
}

fn folded(title: &str, caption: &str, facts: &[FactText], wires: &Wires) -> gtk::Widget {
    let row = adw::ExpanderRow::builder()
        .use_markup(false)
        .title(title)
        .subtitle(caption)
        .build();
    row.set_a11y_label(&format!("{title}, {caption}"));
    let (facts, copied) = (facts.to_vec(), copied(wires));
    fill_when_opened(&row, move || {
        let rows = facts.iter();
        rows.map(|fact| FactRow::new(fact, copied.clone()))
            .collect()
    });
    row.upcast()
}

fn entry_icon(kind: RegistryKind) -> &'static str {
    match kind {
        RegistryKind::IssuerSecurityDomain | RegistryKind::SecurityDomain => {
            "auth-smartcard-symbolic"
        }
        RegistryKind::Application => "application-x-addon-symbolic",
        RegistryKind::Package => "package-x-generic-symbolic",
    }
}

/// The name, the identifier and what can be done to it.
fn entry_line(entry: &EntryLine, wires: &Wires) -> gtk::Box {
    let text = gtk::Box::new(gtk::Orientation::Vertical, 3);
    text.set_hexpand(true);
    text.set_valign(gtk::Align::Center);
    let head = label(&entry.name, &[]);
    settle_title(&head);
    text.append(&headed(&head, Some(&entry.state)));
    let aid = label(&entry.aid, &["caption", "monospace"]);
    aid.set_selectable(true);
    text.append(&aid);
    if !entry.caption.is_empty() {
        text.append(&label(&entry.caption, &["caption", "dim-label"]));
    }
    let line = row_line();
    line.append(&icon(entry_icon(entry.kind), None));
    line.append(&text);
    line.append(&copy_aid(entry, wires));
    line
}

fn copy_aid(entry: &EntryLine, wires: &Wires) -> gtk::Button {
    let name = gettext_f("AID of {name}", &[("name", &entry.full_name())]);
    copy_button(&name, &entry.aid, copied(wires))
}

fn spoken(entry: &EntryLine) -> String {
    let parts = [&entry.name, &entry.state.text, &entry.aid, &entry.caption];
    let parts: Vec<&str> = parts
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

fn entry_row(entry: &EntryLine, wires: &Wires) -> gtk::Widget {
    let line = entry_line(entry, wires);
    let menu = menu_button(entry, wires);
    if let Some(menu) = &menu {
        line.append(menu);
    }
    let row = row(&line, &spoken(entry));
    if let Some(menu) = &menu {
        row.add_controller(menu_keys(menu));
    }
    row.upcast()
}

fn package_row(package: &EntryLine, applets: &[EntryLine], wires: &Wires) -> gtk::Widget {
    if applets.is_empty() {
        return entry_row(package, wires);
    }
    let parts = [&package.aid, &package.state.text, &package.caption];
    let subtitle: Vec<String> = parts.into_iter().cloned().collect();
    let row = adw::ExpanderRow::builder()
        .use_markup(false)
        .title(&package.name)
        .subtitle(explain::dotted(&subtitle))
        .expanded(true)
        .build();
    row.add_prefix(&icon(entry_icon(package.kind), None));
    // What is added last stands first.
    if let Some(menu) = menu_button(package, wires) {
        row.add_action(&menu);
        row.add_controller(menu_keys(&menu));
    }
    row.add_action(&copy_aid(package, wires));
    row.set_a11y_label(&spoken(package));
    for applet in applets {
        row.add_row(&entry_row(applet, wires));
    }
    row.upcast()
}

fn menu_button(entry: &EntryLine, wires: &Wires) -> Option<gtk::MenuButton> {
    let entries = entry.menu.iter().map(|item| {
        let (wires, choice) = (wires.clone(), item.choice.clone());
        let chosen = move || emit(&wires, AppletsOutput::Chosen(choice.clone()));
        let (words, spoken) = (item.words.clone(), item.spoken.clone());
        (words, spoken, Box::new(chosen) as Chosen)
    });
    menu_of(&entry.full_name(), entries.collect())
}

/// What is done when an entry of a menu is chosen.
type Chosen = Box<dyn Fn()>;

/// The menu of what `name` says; none if there is nothing in it.
fn menu_of(name: &str, all: Vec<(String, String, Chosen)>) -> Option<gtk::MenuButton> {
    if all.is_empty() {
        return None;
    }
    let entries = gtk::Box::new(gtk::Orientation::Vertical, 0);
    let popover = gtk::Popover::builder()
        .child(&entries)
        .css_classes(["menu", "choices"])
        .build();
    for (words, spoken, chosen) in all {
        let button = gtk::Button::builder()
            .child(&label(&words, &[]))
            .css_classes(["flat"])
            .build();
        button.set_a11y_label(&spoken);
        let popover = popover.downgrade();
        button.connect_clicked(move |_| {
            if let Some(popover) = popover.upgrade() {
                popover.popdown();
            }
            chosen();
        });
        entries.append(&button);
    }
    let button = gtk::MenuButton::builder()
        .icon_name("view-more-symbolic")
        .tooltip_text(gettext("More actions"))
        .popover(&popover)
        .valign(gtk::Align::Center)
        .css_classes(["flat"])
        .build();
    button.set_a11y_label(&gettext_f(
        // TRANSLATORS: A menu. {name} is for example "MUSCLE applet".
        "More actions for {name}",
        &[("name", name)],
    ));
    Some(button)
}
