//! The choice where keys come from, the entries for them, and the way to keep them in the keyring.

use std::cell::RefCell;
use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::gtk::gdk;
use relm4::{adw, gtk};

use super::entered::{Parts, Source};
use super::given::{Given, KeyInput};
use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::group;
use crate::ui::widgets::SecretRow;
use crate::ui::wizards::parts::{column, label, set_once, status, toggle};

/// Who is told what somebody does.
pub(super) type Tell = Rc<dyn Fn(KeyInput)>;

/// The choice.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) root: gtk::Box,
    choices: Vec<Choice>,
    kept: adw::PreferencesGroup,
    names: adw::ComboRow,
    /// Those in the list.
    listed: RefCell<Vec<String>>,
    rows: [SecretRow; 3],
    typed: adw::PreferencesGroup,
    /// The check value, or what is wrong with the keys.
    verdict: gtk::Label,
    keep: gtk::CheckButton,
    keep_reason: gtk::Label,
    keep_name: adw::PreferencesGroup,
    name: adw::EntryRow,
    keep_box: gtk::Box,
}

#[derive(Debug)]
struct Choice {
    source: Source,
    button: gtk::CheckButton,
    caption: gtk::Label,
}

impl Sources {
    /// These sources, with what is chosen of them.
    pub(super) fn new(sources: &[Source], given: &Given, tell: &Tell) -> Self {
        let (list, choices) = choices(sources, tell);
        let names = adw::ComboRow::builder().title(gettext("Saved as")).build();
        let told = Rc::clone(tell);
        names.connect_selected_notify(move |row| {
            if let Ok(place) = usize::try_from(row.selected())
                && row.selected() != gtk::INVALID_LIST_POSITION
            {
                told(KeyInput::KeptChosen(place));
            }
        });
        wrap(&names);
        let kept = group("");
        kept.add(&names);
        let (typed, rows) = entries(tell);
        let verdict = status(&["caption"]);
        verdict.set_margin_start(6);
        let (keep, keep_reason) = wrapping_check(&gettext("Keep in the keyring"));
        let told = Rc::clone(tell);
        keep.connect_toggled(move |keep| told(KeyInput::Keep(keep.is_active())));
        let name = adw::EntryRow::builder()
            .title(gettext("Name in the keyring"))
            .text(&given.name)
            .build();
        let told = Rc::clone(tell);
        name.connect_changed(move |row| told(KeyInput::Name(row.text().into())));
        let told = Rc::clone(tell);
        name.connect_entry_activated(move |_| told(KeyInput::Submit));
        let keep_name = group("");
        keep_name.add(&name);
        let keep_box = column(6);
        keep_box.append(&keep);
        keep_box.append(&keep_name);
        let below = column(6);
        below.append(&kept);
        below.append(&typed);
        below.append(&verdict);
        let root = column(18);
        root.append(&list);
        root.append(&below);
        root.append(&keep_box);
        Self {
            root,
            choices,
            kept,
            names,
            listed: RefCell::default(),
            rows,
            typed,
            verdict,
            keep,
            keep_reason,
            keep_name,
            name,
            keep_box,
        }
    }

    /// Brings it into line with what is chosen. Of the keys it shows by what they are told apart, or
    /// what is wrong with them.
    pub(super) fn show(&self, given: &Given, check: Option<&str>, fault: Option<&str>) {
        self.show_choices(given);
        self.list_names(given.names());
        let kept = given.source == Source::Kept && !given.names().is_empty();
        self.kept.set_visible(kept);
        self.typed.set_visible(given.source.is_in_entries());
        let verdict = fault.or(check).unwrap_or_default();
        if self.verdict.label() != verdict {
            self.verdict.set_label(verdict);
        }
        self.verdict.set_visible(!verdict.is_empty());
        toggle(&self.verdict, "error", fault.is_some());
        toggle(&self.verdict, "dim-label", fault.is_none());
        self.show_keeping(given);
    }

    fn show_choices(&self, given: &Given) {
        for choice in &self.choices {
            if choice.source == given.source && !choice.button.is_active() {
                choice.button.set_active(true);
            }
            let (_, usual) = choice.source.words();
            let special = match choice.source {
                Source::File => given.file().map(str::to_owned),
                Source::Kept => given.no_kept(),
                Source::Test | Source::Typed | Source::Random => None,
            };
            if choice.source == Source::Kept {
                choice.button.set_sensitive(special.is_none());
            }
            let caption = special.unwrap_or(usual);
            if choice.caption.label() != caption {
                set_once(&choice.caption, &caption);
                choice.button.set_a11y_description(&caption);
            }
        }
    }

    fn list_names(&self, names: &[String]) {
        if *self.listed.borrow() == names {
            return;
        }
        self.listed.replace(names.to_vec());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.names.set_model(Some(&gtk::StringList::new(&names)));
    }

    fn show_keeping(&self, given: &Given) {
        let offered = !matches!(given.source, Source::Test | Source::Kept);
        self.keep_box.set_visible(offered);
        let reason = given.no_keyring();
        self.keep.set_sensitive(reason.is_none());
        set_once(&self.keep_reason, reason.as_deref().unwrap_or_default());
        self.keep_reason.set_visible(reason.is_some());
        self.keep
            .set_a11y_description(reason.as_deref().unwrap_or_default());
        if self.keep.is_active() != given.keep {
            self.keep.set_active(given.keep);
        }
        self.keep_name.set_visible(given.will_be_kept());
        let fault = given.name_fault();
        toggle(&self.name, "error", fault.is_some());
        self.name.set_a11y_wrong(fault.is_some());
        let words = fault.unwrap_or_default();
        self.name.set_a11y_description(&words);
        let words = gtk::glib::markup_escape_text(&words);
        self.keep_name.set_description(Some(&words));
    }

    /// What was typed.
    pub(super) fn typed(&self) -> Parts {
        self.rows.each_ref().map(SecretRow::duplicate)
    }

    /// Wipes what was typed.
    pub(super) fn clear(&self) {
        for row in &self.rows {
            row.clear();
        }
    }

    /// Puts keys into the entries, where they can be read.
    pub(super) fn fill(&self, digits: &Parts) {
        for (row, digits) in self.rows.iter().zip(digits) {
            row.fill(std::str::from_utf8(digits.expose()).unwrap_or_default());
            row.set_shown(true);
        }
    }

    /// Shows everything that was typed, or nothing of it.
    pub(super) fn toggle_shown(&self) {
        let shown = !self.rows.iter().any(SecretRow::is_shown);
        self.show_typed(shown);
    }

    /// Shows what was typed, or bullets.
    pub(super) fn show_typed(&self, shown: bool) {
        for row in &self.rows {
            row.set_shown(shown);
        }
    }

    /// Gives the focus to what is chosen, or to the first entry.
    pub(super) fn focus(&self, source: Source) {
        let mut choices = self.choices.iter();
        let chosen = choices.find(|choice| choice.source == source);
        match (source, chosen, &self.rows) {
            (Source::Typed, _, [first, ..]) => {
                first.grab_focus();
            }
            (_, Some(choice), _) => {
                choice.button.grab_focus();
            }
            (_, None, _) => {}
        }
    }
}

/// The entries for three keys.
fn entries(tell: &Tell) -> (adw::PreferencesGroup, [SecretRow; 3]) {
    let names = [
        gettext("Key, or key for encryption (ENC)"),
        gettext("Key for MACs (MAC), if it is another"),
        gettext("Key for keys (DEK), if it is another"),
    ];
    let rows = names.map(|name| SecretRow::new(&name));
    let typed = group("");
    for row in &rows {
        typed.add(row);
        let told = Rc::clone(tell);
        row.connect_changed(move |_| told(KeyInput::Typed));
        let told = Rc::clone(tell);
        row.connect_activated(move || told(KeyInput::Submit));
    }
    (typed, rows)
}

fn choices(sources: &[Source], tell: &Tell) -> (gtk::Box, Vec<Choice>) {
    let list = column(0);
    list.add_css_class("card");
    list.add_css_class("choices");
    let mut choices: Vec<Choice> = Vec::new();
    for &source in sources {
        let (title, words) = source.words();
        let text = column(3);
        text.append(&label(&title, &[]));
        let caption = label(&words, &["caption", "dim-label"]);
        text.append(&caption);
        let button = gtk::CheckButton::builder()
            .accessible_role(gtk::AccessibleRole::Radio)
            .child(&text)
            .hexpand(true)
            .build();
        button.set_a11y_label(&title);
        button.set_a11y_description(&words);
        button.set_group(choices.first().map(|first| &first.button));
        let told = Rc::clone(tell);
        button.connect_toggled(move |choice| {
            if choice.is_active() {
                told(KeyInput::Choose(source));
            }
        });
        button.add_controller(enter(&button, tell));
        if source == Source::File {
            let both = gtk::Box::new(gtk::Orientation::Horizontal, 12);
            both.append(&button);
            both.append(&file_button(tell));
            list.append(&both);
        } else {
            list.append(&button);
        }
        choices.push(Choice {
            source,
            button,
            caption,
        });
    }
    (list, choices)
}

fn file_button(tell: &Tell) -> gtk::Button {
    let open = gtk::Button::builder()
        .label(gettext("Choose…"))
        .valign(gtk::Align::Center)
        .margin_end(12)
        .build();
    open.set_a11y_label(&gettext("Choose a file with keys…"));
    let told = Rc::clone(tell);
    open.connect_clicked(move |_| told(KeyInput::FileAsked));
    open
}

/// Enter on what is chosen already goes on, as in the fields.
fn enter(choice: &gtk::CheckButton, tell: &Tell) -> gtk::EventControllerKey {
    let keys = gtk::EventControllerKey::builder()
        .propagation_phase(gtk::PropagationPhase::Capture)
        .build();
    let (choice, told) = (choice.downgrade(), Rc::clone(tell));
    keys.connect_key_pressed(move |_, key, _, _| {
        let chosen = choice.upgrade().is_some_and(|choice| choice.is_active());
        let enter = matches!(
            key,
            gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter
        );
        if chosen && enter {
            told(KeyInput::Submit);
            return gtk::glib::Propagation::Stop;
        }
        gtk::glib::Propagation::Proceed
    });
    keys
}

/// A check box whose words wrap, and a label below them.
pub(super) fn wrapping_check(words: &str) -> (gtk::CheckButton, gtk::Label) {
    let text = column(3);
    text.append(&label(words, &[]));
    let below = label("", &["caption", "dim-label"]);
    below.set_visible(false);
    text.append(&below);
    let check = gtk::CheckButton::builder().child(&text).build();
    check.set_a11y_label(words);
    (check, below)
}

/// Lets the items of a list wrap: they are cut off otherwise.
pub(super) fn wrap(row: &adw::ComboRow) {
    let factory = |xalign: f32| {
        let factory = gtk::SignalListItemFactory::new();
        factory.connect_setup(move |_, item| {
            let Some(item) = item.downcast_ref::<gtk::ListItem>() else {
                return;
            };
            let label = label("", &[]);
            label.set_xalign(xalign);
            item.set_child(Some(&label));
        });
        factory.connect_bind(|_, item| {
            let Some(item) = item.downcast_ref::<gtk::ListItem>() else {
                return;
            };
            let words = item.item().and_downcast::<gtk::StringObject>();
            let label = item.child().and_downcast::<gtk::Label>();
            if let (Some(words), Some(label)) = (words, label) {
                label.set_label(&words.string());
            }
        });
        factory
    };
    row.set_factory(Some(&factory(1.0)));
    row.set_list_factory(Some(&factory(0.0)));
}
