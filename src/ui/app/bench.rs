//! The bench in the window: it is told of every reader, and is not closed with something in hand.

use std::cell::RefCell;
use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::{App, AppInput, AppWidgets, words};
use crate::backend::Event;
use crate::base::i18n::{gettext, ngettext_f};
use crate::token::{CardCondition, SlotState};
use crate::ui::model::{Content, Place, Slot};
use crate::ui::wizards::bench::{
    BenchInit, BenchInput, BenchOutput, BenchPage, BenchReader, Standing,
};

/// The bench, once somebody has opened it.
#[derive(Default)]
pub(super) struct Bench {
    page: Option<Controller<BenchPage>>,
    /// What it was told of readers last.
    readers: Vec<BenchReader>,
    /// Whether it listens to what happens.
    listens: bool,
    /// How it stands. Who closes the window looks here.
    stands: Rc<RefCell<Standing>>,
}

impl App {
    /// What the sidebar says of it.
    pub(super) fn bench_words(&self) -> String {
        let words = self.bench.stands.borrow().words.clone();
        words.unwrap_or_else(|| gettext("Set up many tokens"))
    }

    /// Shows it; it is made when it is opened for the first time.
    pub(super) fn show_bench(
        &mut self,
        widgets: &AppWidgets,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        if self.bench.page.is_none() {
            let init = BenchInit {
                handle: self.backend.clone(),
                window: root.clone().upcast(),
            };
            let page = BenchPage::builder()
                .launch(init)
                .forward(sender.input_sender(), AppInput::Bench);
            widgets.stack.add_child(page.widget());
            self.bench.page = Some(page);
            self.tell_bench_of_readers();
        }
        if let Some(page) = &self.bench.page {
            widgets.stack.set_visible_child(page.widget());
        }
    }

    /// Puts the keyboard there: somebody has gone there on purpose.
    pub(super) fn focus_bench(&self) {
        if let Some(page) = &self.bench.page {
            page.emit(BenchInput::Appeared);
        }
    }

    /// Tells it which readers there are, if that has changed.
    pub(super) fn tell_bench_of_readers(&mut self) {
        let Some(page) = &self.bench.page else { return };
        let of_slot = |slot: &Slot| BenchReader {
            reader: slot.reader.id,
            name: self.model.reader_name(slot.reader.id),
            holding: words::row_title(&self.model, slot.reader.id),
            practice: slot.reader.practice,
            holds: holds(slot),
            serial: match &slot.content {
                Content::Read(token) => token.serial.clone(),
                Content::Unread { .. } | Content::Unreadable(_) => None,
            },
        };
        let readers: Vec<BenchReader> = self.model.slots().map(of_slot).collect();
        if readers != self.bench.readers {
            self.bench.readers.clone_from(&readers);
            page.emit(BenchInput::Readers(readers));
        }
    }

    /// Tells it what happened, if it is at work.
    pub(super) fn tell_bench(&self, event: &Event) {
        let listens = self.bench.listens && !matches!(event, Event::Traced(_));
        if let Some(page) = self.bench.page.as_ref().filter(|_| listens) {
            page.emit(BenchInput::Happened(event.clone()));
        }
    }

    /// It spoke.
    pub(super) fn bench_output(&mut self, output: BenchOutput) {
        match output {
            BenchOutput::Begun => {
                self.bench.listens = true;
                for slot in self.model.slots() {
                    self.tell_bench(&Event::ReaderAdded(slot.reader.clone()));
                    if let (Some(identity), Content::Read(token)) = (slot.identity(), &slot.content)
                    {
                        let token = token.clone();
                        self.tell_bench(&Event::TokenRead { identity, token });
                    }
                }
            }
            BenchOutput::Stands(standing) => {
                self.bench.listens &= standing.working;
                self.bench.stands.replace(standing);
            }
            BenchOutput::Said(text) => self.say(&text),
        }
    }

    /// Whether tokens are the business of the bench now.
    pub(super) fn bench_is_at_work(&self) -> bool {
        self.bench.stands.borrow().working
    }

    /// Whether tokens are the business of the bench now; then whoever wants something else is told.
    pub(super) fn bench_is_in_the_way(&self) -> bool {
        let works = self.bench_is_at_work();
        if works {
            self.toast(&gettext(
                "The bench is at work. Cards can be changed when it has ended.",
            ));
        }
        works
    }

    /// Whether what happens in readers is before the eyes of whoever works at the bench.
    pub(super) fn bench_is_watched(&self) -> bool {
        self.bench_is_at_work() && self.model.place() == Some(Place::Bench)
    }

    /// Where the standing is kept, for whoever closes the window.
    pub(super) fn bench_standing(&self) -> Rc<RefCell<Standing>> {
        Rc::clone(&self.bench.stands)
    }

    /// The window is to close, and the bench has something in hand.
    pub(super) fn ask_to_close(
        &self,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let standing = self.bench.stands.borrow().clone();
        let dialog = adw::MessageDialog::builder()
            .transient_for(root)
            .modal(true)
            .default_response("stay")
            .close_response("stay")
            .build();
        if standing.working {
            dialog.set_heading(Some(&gettext("The bench is at work")));
            dialog.set_body(&gettext(
                "Tokens are not left half done: end the bench first, and wait until the steps that were begun are finished.",
            ));
            dialog.add_response("stay", &gettext("Show Bench"));
        } else if standing.unwritten {
            dialog.set_heading(Some(&gettext("The results are not written")));
            dialog.set_body(&gettext(
                "Without them nobody can tell later which token is whose.",
            ));
            dialog.add_response("stay", &gettext("Show Bench"));
            dialog.add_response("close", &gettext("Close Without Them"));
            dialog.set_response_appearance("close", adw::ResponseAppearance::Destructive);
        } else {
            dialog.set_heading(Some(&ngettext_f(
                "{count} letter is not printed",
                "{count} letters are not printed",
                u32::try_from(standing.letters).unwrap_or(u32::MAX),
                &[("count", &standing.letters.to_string())],
            )));
            dialog.set_body(&gettext(
                "Without them nobody knows the PINs of these tokens: they would have to be set up again.",
            ));
            dialog.add_response("stay", &gettext("Show Bench"));
            dialog.add_response("close", &gettext("Close Without Them"));
            dialog.set_response_appearance("close", adw::ResponseAppearance::Destructive);
        }
        dialog.set_title(dialog.heading().as_deref());
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| match response {
            "close" => relm4::main_application().quit(),
            _ => input.emit(AppInput::Panel(
                crate::ui::reader_panel::ReaderPanelOutput::Opened(Place::Bench),
            )),
        });
        dialog.present();
    }
}

/// Whether closing the window would lose something.
pub(super) fn holds_window(standing: &Standing) -> bool {
    standing.working || standing.unwritten || standing.letters > 0
}

/// Whether there is something on the token in a reader, as far as is known.
fn holds(slot: &Slot) -> bool {
    match (&slot.reader.slot, &slot.content) {
        (SlotState::Empty, _) => false,
        (SlotState::Present { .. }, Content::Read(token)) => {
            token.card.condition != Some(CardCondition::Blank)
        }
        // Whose token another program has, nobody knows.
        (SlotState::Present { .. } | SlotState::Held { .. }, _)
        | (SlotState::Mute | SlotState::Unavailable, _) => true,
    }
}
