//! The widgets of the dialog that opens a card manager.

use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::{ComponentSender, gtk};

use super::advanced::Advanced;
use super::entered::Source;
use super::given::Given;
use super::sources::{Sources, Tell, wrapping_check};
use super::{OpenManager, OpenManagerInput};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::card_manager;
use crate::plan::content::KeyFamily;
use crate::ui::dialogs::frame::scrolled;
use crate::ui::wizards::parts::{Subject, Warning, column, label, status};

/// Width of the dialog, in pixels.
pub(super) const WIDTH: i32 = 520;

/// Everything in the dialog.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) content: gtk::ScrolledWindow,
    subject: Subject,
    tries: gtk::Box,
    tries_words: gtk::Label,
    again: gtk::CheckButton,
    notice: Warning,
    pub(super) sources: Sources,
    known: Warning,
    against: gtk::CheckButton,
    advanced: Advanced,
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
    pub(super) given: &'a Given,
    /// What the card tells speaks against keys that everybody knows, and they are chosen.
    pub(super) against: bool,
    /// The word to try them all the same.
    pub(super) against_all: bool,
    pub(super) check: Option<&'a str>,
    pub(super) fault: Option<&'a str>,
    /// What is wrong with the numbers.
    pub(super) numbers: Option<&'a str>,
    /// Whether something can be typed and chosen.
    pub(super) open: bool,
}

impl Parts {
    /// With what the card told chosen before.
    pub(super) fn new(
        family: KeyFamily,
        given: &Given,
        sender: &ComponentSender<OpenManager>,
    ) -> Self {
        let (subject, notice, known) = (Subject::new(), Warning::new(true), Warning::new(false));
        let (tries, tries_words, again) = tries(sender);
        let input = sender.input_sender().clone();
        let tell: Tell = Rc::new(move |key| input.emit(OpenManagerInput::Keys(key)));
        let sources = Sources::new(&Source::OLD, given, &tell);
        let (against, _) = wrapping_check(&gettext("Try the public test keys all the same"));
        let input = sender.input_sender().clone();
        against.connect_toggled(move |check| {
            input.emit(OpenManagerInput::Against(check.is_active()));
        });
        let advanced = Advanced::new(family, sender);
        let body = column(18);
        body.append(&sources.root);
        body.append(known.widget());
        body.append(&against);
        body.append(&advanced.group);
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
            sources,
            known,
            against,
            advanced,
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
        self.sources.show(shown.given, shown.check, shown.fault);
        let test = shown.given.source == Source::Test;
        let (title, body) = if shown.against {
            (
                gettext("This is hardly a card for developers"),
                gettext(
                    "What it tells speaks against the public test keys. Wrong keys cost one of some ten tries that the card has in its life.",
                ),
            )
        } else {
            (
                gettext("Everybody knows these keys"),
                card_manager::well_known(),
            )
        };
        self.known
            .show(test.then_some((title.as_str(), body.as_str())));
        self.against.set_visible(shown.against);
        if self.against.is_active() != shown.against_all {
            self.against.set_active(shown.against_all);
        }
        self.advanced.show(shown.numbers);
        self.body.set_sensitive(shown.open);
        self.tries.set_sensitive(shown.open);
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
    let (again, _) = wrapping_check(&gettext("Try once more all the same"));
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
