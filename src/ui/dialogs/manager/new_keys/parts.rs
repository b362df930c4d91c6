//! The widgets of the dialog for new keys.

use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::super::advanced::number_row;
use super::super::entered::Source;
use super::super::given::{Given, KeyInput};
use super::super::sources::{Sources, Tell, wrap, wrapping_check};
use super::set::KeySet;
use super::{NewKeysDialog, NewKeysInput};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::card_manager;
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::wizards::parts::{Subject, Warning, column, set_once, status, toggle};

/// Everything in the dialog.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) content: gtk::ScrolledWindow,
    subject: Subject,
    notice: Warning,
    pub(super) sources: Sources,
    known: Warning,
    keeping: gtk::Box,
    save: gtk::Button,
    saved: gtk::Label,
    written_down: gtk::CheckButton,
    version: adw::EntryRow,
    set_words: gtk::Label,
    body: gtk::Box,
}

/// What they show.
pub(super) struct Shown<'a> {
    pub(super) token: &'a str,
    pub(super) reader: &'a str,
    pub(super) notice: Option<(&'a str, &'a str)>,
    pub(super) given: &'a Given,
    pub(super) check: Option<&'a str>,
    pub(super) fault: Option<&'a str>,
    /// Everybody knows the keys.
    pub(super) known: bool,
    pub(super) set_fault: Option<&'a str>,
    /// Whether the card gives up old keys for them as soon as it has them.
    pub(super) at_once: bool,
    /// Whether the keys may be nowhere else.
    pub(super) keeping: bool,
    /// Whether there are keys.
    pub(super) there: bool,
    pub(super) written_down: bool,
    pub(super) saved: Option<&'a str>,
    /// Whether something can be typed and chosen.
    pub(super) open: bool,
}

impl Parts {
    /// With what is usual for the card chosen before; `begun` if only the keys are asked for.
    pub(super) fn new(
        given: &Given,
        set: &KeySet,
        begun: bool,
        sender: &ComponentSender<NewKeysDialog>,
    ) -> Self {
        let (subject, notice, known) = (Subject::new(), Warning::new(true), Warning::new(false));
        let input = sender.input_sender().clone();
        let tell: Tell = Rc::new(move |key: KeyInput| input.emit(NewKeysInput::Keys(key)));
        let from: &[Source] = if begun { &Source::BEGUN } else { &Source::NEW };
        let sources = Sources::new(from, given, &tell);
        let (keeping, save, saved, written_down) = keeping(sender);
        let (set_group, version, set_words) = set_group(set, sender);
        set_group.set_visible(!begun);
        let body = column(18);
        body.append(&sources.root);
        body.append(known.widget());
        body.append(&keeping);
        body.append(&set_group);
        let content = column(18);
        content.append(subject.widget());
        content.append(notice.widget());
        content.append(&body);
        Self {
            content: scrolled(&content),
            subject,
            notice,
            sources,
            known,
            keeping,
            save,
            saved,
            written_down,
            version,
            set_words,
            body,
        }
    }

    /// Gives the focus to the button that saves.
    pub(super) fn focus_saving(&self) {
        self.save.grab_focus();
    }

    pub(super) fn show(&self, shown: &Shown<'_>) {
        let title = gettext_f("New keys for {token}", &[("token", shown.token)]);
        self.subject.show(&title, shown.reader);
        self.notice.show(shown.notice);
        self.sources.show(shown.given, shown.check, shown.fault);
        let (title, body) = (
            gettext("Everybody knows these keys"),
            card_manager::well_known(),
        );
        let known = shown.known.then_some((title.as_str(), body.as_str()));
        self.known.show(known);
        self.keeping.set_visible(shown.keeping);
        self.save.set_sensitive(shown.there);
        set_once(&self.saved, shown.saved.unwrap_or_default());
        self.saved.set_visible(shown.saved.is_some());
        self.written_down.set_sensitive(shown.there);
        if self.written_down.is_active() != shown.written_down {
            self.written_down.set_active(shown.written_down);
        }
        let usual = replaced_words(shown.at_once);
        let wrong = shown.set_fault.is_some();
        set_once(&self.set_words, shown.set_fault.unwrap_or(&usual));
        toggle(&self.set_words, "error", wrong);
        toggle(&self.set_words, "dim-label", !wrong);
        toggle(&self.version, "error", wrong);
        self.version.set_a11y_wrong(wrong);
        self.version
            .set_a11y_description(shown.set_fault.unwrap_or_default());
        self.body.set_sensitive(shown.open);
    }
}

/// What becomes of the old keys.
fn replaced_words(at_once: bool) -> String {
    if at_once {
        gettext(
            "The new keys take the place of the old ones at once: from then on the old ones do not open the card.",
        )
    } else {
        gettext("The old keys stay beside the new ones until they are deleted.")
    }
}

/// What keeps people from losing them.
fn keeping(
    sender: &ComponentSender<NewKeysDialog>,
) -> (gtk::Box, gtk::Button, gtk::Label, gtk::CheckButton) {
    let warning = Warning::new(false);
    let (title, body) = (
        gettext("Keep the new keys"),
        gettext(
            "Who loses them can never manage the card again. Put them into a file or the keyring, or write them down.",
        ),
    );
    warning.show(Some((&title, &body)));
    let save = gtk::Button::builder()
        .label(gettext("Save to a File…"))
        .halign(gtk::Align::Start)
        .build();
    let input = sender.input_sender().clone();
    save.connect_clicked(move |_| input.emit(NewKeysInput::SaveAsked));
    let saved = status(&["caption"]);
    let (written_down, _) = wrapping_check(&gettext("I have them in a safe place"));
    let input = sender.input_sender().clone();
    written_down.connect_toggled(move |check| {
        input.emit(NewKeysInput::WrittenDown(check.is_active()));
    });
    let all = column(12);
    all.append(warning.widget());
    all.append(&save);
    all.append(&saved);
    all.append(&written_down);
    (all, save, saved, written_down)
}

/// Its version, and what makes way for it.
fn set_group(
    set: &KeySet,
    sender: &ComponentSender<NewKeysDialog>,
) -> (gtk::Box, adw::EntryRow, gtk::Label) {
    let text = set.version.map(|version| version.to_string());
    let (input, entered) = (sender.input_sender().clone(), sender.input_sender().clone());
    let version = number_row(
        &gettext("Version of the new key set"),
        &text.unwrap_or_default(),
        move |version| input.emit(NewKeysInput::Version(version)),
        move || entered.emit(NewKeysInput::Submit),
    );
    let places = set.places();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let replaces = adw::ComboRow::builder()
        // TRANSLATORS: Below it stands a key set, which makes way for the new one.
        .title(gettext("Takes the place of"))
        .model(&gtk::StringList::new(&places))
        .selected(u32::try_from(set.place()).unwrap_or_default())
        .build();
    wrap(&replaces);
    let input = sender.input_sender().clone();
    replaces.connect_selected_notify(move |row| {
        let place = usize::try_from(row.selected()).unwrap_or_default();
        input.emit(NewKeysInput::Replaces(place));
    });
    let rows = group(&gettext("Key set"));
    rows.add(&version);
    rows.add(&replaces);
    let words = status(&["caption"]);
    words.set_margin_start(6);
    let all = column(6);
    all.append(&rows);
    all.append(&words);
    (all, version, words)
}
