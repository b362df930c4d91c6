//! `symbolonctl practice`: the practice cards, and one of them for every program.

use crate::backend::practice;
use crate::cli::arguments::{Globals, PracticeCommand};
use crate::cli::exit::End;
use crate::cli::json::PracticeDocument;
use crate::cli::output::{Mark, Output};

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
        PracticeCommand::Serve { .. } => Ok(()),
    }
}

fn list(globals: &Globals, output: &mut Output) -> Result<(), End> {
    let cards: Vec<_> = practice::list()
        .iter()
        .map(|card| (card.name, card.title, card.description))
        .collect();
    if globals.json {
        return output.document(&PracticeDocument::new(cards.into_iter()));
    }
    let mut text = String::new();
    for (name, title, description) in cards {
        let name = output.style().mark(Mark::Heading, name);
        text.push_str(&format!("{name}: {title}\n  {description}\n"));
    }
    output.result(text)
}
