//! The widgets of the dialog.

use relm4::adw::prelude::*;
use relm4::gtk::gdk;
use relm4::{ComponentSender, adw, gtk};

use super::entered::Source;
use super::{OpenManager, OpenManagerInput, Setting};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::card_manager;
use crate::plan::content::{Diversification, KeyFamily, Level};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::widgets::SecretRow;
use crate::ui::wizards::parts::{Subject, Warning, column, label, status, toggle};

/// Width of the dialog, in pixels.
pub(super) const WIDTH: i32 = 520;

/// The levels, in the order of the list.
pub(super) const LEVELS: [Level; 6] = [
    Level::Mac,
    Level::MacEncryption,
    Level::MacBoth,
    Level::MacBothEncryption,
    Level::All,
    Level::Clear,
];

/// The ways to derive keys, in the order of the list.
pub(super) const WAYS: [Diversification; 4] = [
    Diversification::None,
    Diversification::Visa2,
    Diversification::Emv,
    Diversification::Kdf3,
];

/// The ciphers, in the order of the list.
pub(super) const FAMILIES: [KeyFamily; 2] = [KeyFamily::TripleDes, KeyFamily::Aes];

/// Everything in the dialog.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) content: gtk::ScrolledWindow,
    subject: Subject,
    tries: gtk::Box,
    tries_words: gtk::Label,
    again: gtk::CheckButton,
    notice: Warning,
    choices: Vec<(Source, gtk::CheckButton)>,
    file: gtk::Label,
    known: Warning,
    rows: [SecretRow; 3],
    typed: adw::PreferencesGroup,
    /// The check value, or what is wrong with the keys.
    verdict: gtk::Label,
    body: gtk::Box,
}

/// What they show.
pub(super) struct Shown<'a> {
    pub(super) token: &'a str,
    pub(super) reader: &'a str,
    /// Failed tries that are remembered, in words.
    pub(super) failed: Option<&'a str>,
    pub(super) again: bool,
    pub(super) notice: Option<(&'a str, &'a str)>,
    pub(super) source: Source,
    pub(super) file: Option<&'a str>,
    pub(super) check: Option<&'a str>,
    pub(super) fault: Option<&'a str>,
    /// Whether something can be typed and chosen.
    pub(super) open: bool,
}

impl Parts {
    /// With what the card told chosen before.
    pub(super) fn new(family: KeyFamily, sender: &ComponentSender<OpenManager>) -> Self {
        let (subject, notice, known) = (Subject::new(), Warning::new(true), Warning::new(false));
        let (tries, tries_words, again) = tries(sender);
        let (list, choices, file) = choices(sender);
        let names = [
            gettext("Key, or key for encryption (ENC)"),
            gettext("Key for MACs (MAC), if it is another"),
            gettext("Key for keys (DEK), if it is another"),
        ];
        let rows = names.map(|name| SecretRow::new(&name));
        let typed = group("");
        for row in &rows {
            typed.add(row);
            let input = sender.input_sender().clone();
            row.connect_changed(move |_| input.emit(OpenManagerInput::Typed));
            let input = sender.input_sender().clone();
            row.connect_activated(move || input.emit(OpenManagerInput::Submit));
        }
        let verdict = status(&["caption"]);
        verdict.set_margin_start(6);
        let body = column(18);
        body.append(&list);
        body.append(known.widget());
        let below = column(6);
        below.append(&typed);
        below.append(&verdict);
        body.append(&below);
        body.append(&advanced(family, sender));
        let content = column(18);
        content.append(subject.widget());
        content.append(&tries);
        content.append(notice.widget());
        content.append(&body);
        Self {
            content: scrolled(&content),
            subject,
            tries,
            tries_words,
            again,
            notice,
            choices,
            file,
            known,
            rows,
            typed,
            verdict,
            body,
        }
    }

    pub(super) fn show(&self, shown: &Shown<'_>) {
        let title = gettext_f("Card manager of {token}", &[("token", shown.token)]);
        self.subject.show(&title, shown.reader);
        self.tries.set_visible(shown.failed.is_some());
        let failed = shown.failed.unwrap_or_default();
        if self.tries_words.label() != failed {
            self.tries_words.set_label(failed);
        }
        if self.again.is_active() != shown.again {
            self.again.set_active(shown.again);
        }
        self.notice.show(shown.notice);
        for (source, choice) in &self.choices {
            if *source == shown.source && !choice.is_active() {
                choice.set_active(true);
            }
        }
        let (_, caption) = Source::File.words();
        self.file.set_label(shown.file.unwrap_or(&caption));
        let (title, body) = (
            gettext("Everybody knows these keys"),
            card_manager::well_known(),
        );
        let test = shown.source == Source::Test;
        self.known
            .show(test.then_some((title.as_str(), body.as_str())));
        self.typed.set_visible(shown.source == Source::Typed);
        let verdict = shown.fault.or(shown.check).unwrap_or_default();
        if self.verdict.label() != verdict {
            self.verdict.set_label(verdict);
        }
        self.verdict.set_visible(!verdict.is_empty());
        let class = |class, on| toggle(&self.verdict, class, on);
        class("error", shown.fault.is_some());
        class("dim-label", shown.fault.is_none());
        self.body.set_sensitive(shown.open);
        self.tries.set_sensitive(shown.open);
    }

    /// What was typed.
    pub(super) fn typed(&self) -> [Secret; 3] {
        self.rows.each_ref().map(SecretRow::duplicate)
    }

    /// Wipes what was typed.
    pub(super) fn clear(&self) {
        for row in &self.rows {
            row.clear();
        }
    }

    /// Gives the focus to what is chosen, or to the first entry.
    pub(super) fn focus(&self, source: Source) {
        let chosen = self.choices.iter().find(|(choice, _)| *choice == source);
        match (source, chosen, &self.rows) {
            (Source::Typed, _, [first, ..]) => {
                first.grab_focus();
            }
            (_, Some((_, choice)), _) => {
                choice.grab_focus();
            }
            (_, None, _) => {}
        }
    }
}

/// What is remembered of failed tries, and the explicit word.
fn tries(sender: &ComponentSender<OpenManager>) -> (gtk::Box, gtk::Label, gtk::CheckButton) {
    let words = status(&["error"]);
    let meaning = label(
        &gettext(
            "A card whose tries are used up can never be managed again, and nobody can bring them back.",
        ),
        &[],
    );
    let again = gtk::CheckButton::with_label(&gettext("Try once more all the same"));
    let input = sender.input_sender().clone();
    again.connect_toggled(move |again| input.emit(OpenManagerInput::Again(again.is_active())));
    let card = column(6);
    card.add_css_class("card");
    card.add_css_class("counter");
    card.append(&words);
    card.append(&meaning);
    card.append(&again);
    (card, words, again)
}

type Choices = Vec<(Source, gtk::CheckButton)>;

fn choices(sender: &ComponentSender<OpenManager>) -> (gtk::Box, Choices, gtk::Label) {
    let list = column(0);
    list.add_css_class("card");
    list.add_css_class("choices");
    let mut choices: Choices = Vec::new();
    let mut file = label("", &[]);
    for source in Source::ALL {
        let (title, caption) = source.words();
        let text = column(3);
        text.append(&label(&title, &[]));
        let line = label(&caption, &["caption", "dim-label"]);
        text.append(&line);
        let choice = gtk::CheckButton::builder()
            .accessible_role(gtk::AccessibleRole::Radio)
            .child(&text)
            .hexpand(true)
            .build();
        choice.set_a11y_label(&title);
        choice.set_a11y_description(&caption);
        choice.set_group(choices.first().map(|(_, first)| first));
        let input = sender.input_sender().clone();
        choice.connect_toggled(move |choice| {
            if choice.is_active() {
                input.emit(OpenManagerInput::Choose(source));
            }
        });
        choice.add_controller(enter(&choice, sender));
        if source == Source::File {
            file = line;
            let open = gtk::Button::builder()
                .label(gettext("Choose…"))
                .valign(gtk::Align::Center)
                .margin_end(12)
                .build();
            open.set_a11y_label(&gettext("Choose a file with keys…"));
            let input = sender.input_sender().clone();
            open.connect_clicked(move |_| input.emit(OpenManagerInput::FileAsked));
            let both = gtk::Box::new(gtk::Orientation::Horizontal, 12);
            both.append(&choice);
            both.append(&open);
            list.append(&both);
        } else {
            list.append(&choice);
        }
        choices.push((source, choice));
    }
    (list, choices, file)
}

/// Enter on what is chosen already opens the card manager, as in the fields.
fn enter(
    choice: &gtk::CheckButton,
    sender: &ComponentSender<OpenManager>,
) -> gtk::EventControllerKey {
    let keys = gtk::EventControllerKey::builder()
        .propagation_phase(gtk::PropagationPhase::Capture)
        .build();
    let (choice, input) = (choice.downgrade(), sender.input_sender().clone());
    keys.connect_key_pressed(move |_, key, _, _| {
        let chosen = choice.upgrade().is_some_and(|choice| choice.is_active());
        let enter = matches!(
            key,
            gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter
        );
        if chosen && enter {
            input.emit(OpenManagerInput::Submit);
            return gtk::glib::Propagation::Stop;
        }
        gtk::glib::Propagation::Proceed
    });
    keys
}

/// What is rarely otherwise than the card told.
fn advanced(family: KeyFamily, sender: &ComponentSender<OpenManager>) -> adw::PreferencesGroup {
    let title = gettext("Advanced");
    let caption = gettext("Set to what the card told");
    let row = adw::ExpanderRow::builder()
        .title(&title)
        .subtitle(&caption)
        .build();
    row.set_a11y_label(&format!("{title}, {caption}"));
    let place = FAMILIES.iter().position(|known| *known == family);
    let combo = |title: &str, words: &[String], chosen: usize, setting: fn(usize) -> Setting| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let row = adw::ComboRow::builder()
            .title(title)
            .model(&gtk::StringList::new(&words))
            .selected(u32::try_from(chosen).unwrap_or_default())
            .build();
        let input = sender.input_sender().clone();
        row.connect_selected_notify(move |row| {
            let place = usize::try_from(row.selected()).unwrap_or_default();
            input.emit(OpenManagerInput::Set(setting(place)));
        });
        row
    };
    let families = FAMILIES.map(card_manager::family);
    let ciphers = combo(
        &gettext("Keys for"),
        &families,
        place.unwrap_or_default(),
        Setting::Family,
    );
    row.add_row(&ciphers);
    let version = gettext("Key version: 0 is the first that the card has");
    row.add_row(&number_row(&version, sender, Setting::Version));
    let index = gettext("Key index: 0, but for some cards of Open Platform");
    row.add_row(&number_row(&index, sender, Setting::Index));
    let levels = LEVELS.map(card_manager::level);
    row.add_row(&combo(&gettext("Protection"), &levels, 0, Setting::Level));
    let ways = WAYS.map(card_manager::diversification);
    row.add_row(&combo(
        &gettext("Diversification"),
        &ways,
        0,
        Setting::Diversification,
    ));
    let group = group("");
    group.add(&row);
    group
}

/// A number of one byte, in decimal digits.
fn number_row(
    title: &str,
    sender: &ComponentSender<OpenManager>,
    setting: fn(Option<u8>) -> Setting,
) -> adw::EntryRow {
    let row = adw::EntryRow::builder().title(title).text("0").build();
    let input = sender.input_sender().clone();
    row.connect_changed(move |row| {
        let number = row.text().trim().parse::<u8>().ok();
        toggle(row, "error", number.is_none());
        row.set_a11y_wrong(number.is_none());
        input.emit(OpenManagerInput::Set(setting(number)));
    });
    let input = sender.input_sender().clone();
    row.connect_entry_activated(move |_| input.emit(OpenManagerInput::Submit));
    row
}
