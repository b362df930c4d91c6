//! Questions on the terminal, where there is no display.

use std::process::ExitCode;

use clap::Parser as _;

use super::arguments::Arguments;
use super::prompt::{Agent, Answer, Front, Prompt};
use super::session;
use crate::base::i18n;

/// Asks on the terminal until the agent has no more questions.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    session::converse(arguments, &mut OnTerminal)
}

/// From the command line to the last question.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => {
            i18n::open(&i18n::folder());
            run(&arguments)
        }
        Err(help_or_error) => session::told(&help_or_error),
    }
}

/// The terminal.
#[derive(Debug)]
pub struct OnTerminal;

impl Front for OnTerminal {
    fn ask(&mut self, _prompt: Prompt, _agent: &mut dyn Agent) -> Answer {
        Answer::Nowhere
    }

    fn flavour(&self) -> &'static str {
        "symbolon:tty"
    }
}
