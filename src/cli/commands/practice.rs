//! `symbolonctl practice`: the practice cards, and one of them for every program.

use crate::backend::practice::{self, Served, Stop};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::cli::arguments::{Globals, PracticeCommand};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::json::PracticeDocument;
use crate::cli::output::{Mark, Output};
use crate::cli::session::no_such_card;
use crate::explain::practice::words;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &PracticeCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    match command {
        PracticeCommand::List => list(globals, output),
        PracticeCommand::Serve { name, port } => serve(name, *port, output),
    }
}

/// Serves a card until Ctrl+C or until the service goes.
fn serve(name: &str, port: u16, output: &mut Output) -> Result<(), End> {
    if !practice::is_known(name) {
        return Err(no_such_card(name).into());
    }
    let stop = Stop::new();
    let pull = stop.clone();
    let cannot = |error| Trouble::file(gettext("The program cannot start"), &error);
    let _interrupt =
        Interrupt::listen(Exit::Cancelled as i32, move || pull.stop()).map_err(cannot)?;
    let port_text = port.to_string();
    output.message(&gettext_f(
        "{card} goes into the virtual reader at port {port} and stays there until Ctrl+C.",
        &[("card", name), ("port", &port_text)],
    ));
    match practice::serve(name, port, &stop) {
        Ok(Served::Stopped) => Ok(()),
        Ok(Served::Pulled) => {
            output.message(&gettext(
                "The practice card came out by itself, as it is made to.",
            ));
            Ok(())
        }
        Ok(Served::ServiceLeft) => Err(Trouble::new(
            Exit::NoService,
            gettext("The smart card service is gone"),
            gettext("The card came out of its reader with it."),
        )
        .into()),
        Err(error) => {
            let title = gettext_f(
                "No virtual reader listens at port {port}",
                &[("port", &port_text)],
            );
            let mut trouble = Trouble::new(
                Exit::NoService,
                title,
                gettext(
                    "The smart card service has virtual readers with the driver vpcd of the package vsmartcard-vpcd.",
                ),
            );
            trouble.words.details = Some(error.to_string());
            Err(trouble.into())
        }
    }
}

fn list(globals: &Globals, output: &mut Output) -> Result<(), End> {
    let cards: Vec<_> = practice::list()
        .iter()
        .map(|card| (card.name, words(card)))
        .collect();
    if globals.json {
        let cards = cards
            .iter()
            .map(|(name, words)| (*name, words.title.as_str(), words.description.as_str()));
        return output.document(&PracticeDocument::new(cards));
    }
    let mut text = String::new();
    for (name, words) in cards {
        let name = output.style().mark(Mark::Heading, name);
        text.push_str(&format!(
            "{name}: {}\n  {}\n",
            words.title, words.description
        ));
    }
    output.result(text)
}
