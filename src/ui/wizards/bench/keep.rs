//! What must not get lost without a word: letters, and what is on tokens.

use std::path::PathBuf;

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::files::{self, Kind};
use super::print::{self, Printed};
use super::{BenchCommandOutput, BenchInput, BenchOutput, BenchPage};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain::{Explanation, bench as words};
use crate::token::ReaderId;

impl BenchPage {
    /// How many letters there are, and what can be done with them.
    pub(super) fn offer_letters(&self, sender: &ComponentSender<Self>) {
        let Some(work) = &self.work else { return };
        let heading = letters(work.letters.len());
        let body = gettext(
            "Each holds the PINs of one token, which are known to nobody and in no file. Print them, and they are gone from here.",
        );
        let dialog = question(&self.window, &heading, &body);
        dialog.add_response("close", &gettext("Close"));
        dialog.add_response("save", &gettext("Save…"));
        dialog.add_response("print", &gettext("Print…"));
        dialog.set_response_appearance("print", adw::ResponseAppearance::Suggested);
        dialog.set_default_response(Some("print"));
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| match response {
            "print" => input.emit(BenchInput::Print),
            "save" => input.emit(BenchInput::Ask(Kind::Letters)),
            _ => {}
        });
        dialog.present();
    }

    /// Sends them to a printer.
    pub(super) fn print(&self, sender: &ComponentSender<Self>) {
        let Some(work) = self.work.as_ref().filter(|work| !work.letters.is_empty()) else {
            return;
        };
        let (pages, mark) = (work.letters.to_pdf(words::letter), work.letters.mark());
        let input = sender.input_sender().clone();
        print::print(&self.window, pages, move |printed| {
            input.emit(BenchInput::Printed(mark, printed));
        });
    }

    /// The printer has them: only who looks at the paper knows whether they are on it.
    pub(super) fn printed(&self, mark: u64, printed: Printed, sender: &ComponentSender<Self>) {
        match printed {
            Printed::Cancelled => {}
            Printed::Failed(words) => self.tell_trouble(&words),
            Printed::IntoFile => self.ask_to_wipe(
                mark,
                &gettext("Are the letters in the file?"),
                &words::letters_in_file(),
                sender,
            ),
            Printed::Sent => self.ask_to_wipe(
                mark,
                &gettext("Are the letters on paper?"),
                &gettext("Look at every page. What is wiped here cannot be printed again."),
                sender,
            ),
        }
    }

    fn ask_to_wipe(&self, mark: u64, heading: &str, body: &str, sender: &ComponentSender<Self>) {
        let dialog = question(&self.window, heading, body);
        dialog.add_response("close", &gettext("Not Yet"));
        dialog.add_response("wipe", &gettext("Wipe Letters"));
        dialog.set_response_appearance("wipe", adw::ResponseAppearance::Destructive);
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| {
            if response == "wipe" {
                input.emit(BenchInput::Wipe(mark));
            }
        });
        dialog.present();
    }

    /// They are on paper, or in a file.
    pub(super) fn wipe(&mut self, mark: u64) {
        if let Some(work) = &mut self.work {
            work.letters.wipe(mark);
        }
    }

    /// Writes them into a file.
    pub(super) fn save_letters(&self, path: PathBuf, sender: &ComponentSender<Self>) {
        let Some(work) = self.work.as_ref().filter(|work| !work.letters.is_empty()) else {
            return;
        };
        let (pages, mark) = (work.letters.to_pdf(words::letter), work.letters.mark());
        sender.spawn_oneshot_command(move || {
            let saved = files::write_letters(&path, pages.expose());
            BenchCommandOutput::Saved(mark, saved.map(|()| files::name(&path)))
        });
    }

    /// They are in a file, or not.
    pub(super) fn saved(
        &mut self,
        mark: u64,
        saved: Result<String, Explanation>,
        sender: &ComponentSender<Self>,
    ) {
        match saved {
            Err(words) => self.tell_trouble(&words),
            Ok(name) => {
                self.wipe(mark);
                let heading = gettext_f("Saved as {file}", &[("file", &name)]);
                let said = heading.clone();
                sender.output_sender().emit(BenchOutput::Said(said));
                self.tell_trouble(&Explanation::new(heading, words::letters_in_file()));
            }
        }
    }

    fn tell_trouble(&self, words: &Explanation) {
        let dialog = question(&self.window, &words.title, &words.body);
        dialog.add_response("close", &gettext("Close"));
        dialog.present();
    }

    /// Whether what was begun on a token elsewhere is given up.
    pub(super) fn ask_to_give_up(&self, reader: ReaderId, sender: &ComponentSender<Self>) {
        let dialog = question(
            &self.window,
            &gettext("Give up this set-up?"),
            &gettext(
                "What was begun on this token elsewhere cannot be gone on with then. It gets the next name here.",
            ),
        );
        dialog.add_response("close", &gettext("Cancel"));
        dialog.add_response("give-up", &gettext("Give Up Set-Up"));
        dialog.set_response_appearance("give-up", adw::ResponseAppearance::Destructive);
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| {
            if response == "give-up" {
                input.emit(BenchInput::GiveUp(reader));
            }
        });
        dialog.present();
    }

    /// Whether it shall end before every name has come to its end.
    pub(super) fn ask_to_end(&self, sender: &ComponentSender<Self>) {
        let dialog = question(
            &self.window,
            &gettext("End this bench?"),
            &gettext(
                "Steps that were begun are finished first. The results tell which names have no token yet: a new bench goes on with a table of those.",
            ),
        );
        dialog.add_response("close", &gettext("Keep Going"));
        dialog.add_response("end", &gettext("End Bench"));
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| {
            if response == "end" {
                input.emit(BenchInput::Stop);
            }
        });
        dialog.present();
    }
}

/// Whether everything may be taken from every token.
pub(super) fn ask_to_take_all(window: &gtk::Window, sender: &ComponentSender<BenchPage>) {
    let dialog = question(
        window,
        &gettext("Erase every token that is put in?"),
        &gettext(
            "What this profile takes from each token that is put in cannot be brought back, and nobody is asked again.",
        ),
    );
    dialog.add_response("close", &gettext("Cancel"));
    dialog.add_response("begin", &gettext("Erase and Set Up"));
    dialog.set_response_appearance("begin", adw::ResponseAppearance::Destructive);
    let input = sender.input_sender().clone();
    dialog.connect_response(None, move |_, response| {
        if response == "begin" {
            input.emit(BenchInput::Begin);
        }
    });
    dialog.present();
}

/// "3 letters wait".
fn letters(count: usize) -> String {
    ngettext_f(
        "{count} letter waits",
        "{count} letters wait",
        u32::try_from(count).unwrap_or(u32::MAX),
        &[("count", &count.to_string())],
    )
}

fn question(window: &gtk::Window, heading: &str, body: &str) -> adw::MessageDialog {
    adw::MessageDialog::builder()
        .transient_for(window)
        .modal(true)
        .title(heading)
        .heading(heading)
        .body(body)
        .default_response("close")
        .close_response("close")
        .build()
}
