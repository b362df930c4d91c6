//! `symbolonctl gp`: Java cards, through their card manager (GlobalPlatform).

mod cap;
mod change;
mod content;
mod export;
mod keys;
mod look;
mod script;
mod stored;

use std::sync::Arc;

pub(super) use keys::{Origin, Which, of_key};

use crate::backend::{Command, Done, Failure, Look, ManagerAccess};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::terminal::{Answer, Terminal};
use crate::cli::arguments::{Globals, GpCommand};
use crate::cli::exit::{End, Trouble};
use crate::cli::output::Output;
use crate::cli::session::{Found, Real, Session};
use crate::plan::content::Aid;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &GpCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    match command {
        GpCommand::Info => look::info(globals, output),
        GpCommand::List { keys } => look::list(keys, globals, output),
        GpCommand::Cap(cap) => cap::run(cap, globals, output),
        GpCommand::Load(load) => content::load(load, globals, output),
        GpCommand::Install(install) => content::install(install, globals, output),
        GpCommand::Delete {
            aids,
            related,
            change,
        } => content::delete(aids, *related, change, globals, output),
        GpCommand::Lock(one) => content::set_lock(&one.aid, true, &one.change, globals, output),
        GpCommand::Unlock(one) => content::set_lock(&one.aid, false, &one.change, globals, output),
        GpCommand::PutKeys(put) => content::put_keys(put, globals, output),
        GpCommand::DeleteKeys { version, change } => {
            content::delete_keys(*version, change, globals, output)
        }
        GpCommand::SetState { state, change } => {
            content::set_state(*state, change, globals, output)
        }
        GpCommand::Script(script) => script::run(script, globals, output),
        GpCommand::Export {
            package,
            opening,
            target,
        } => export::run(package, *opening, target, output),
        GpCommand::Keys(command) => stored::run(command, output),
    }
}

/// A card in a reader, and the way to it.
struct Card {
    session: Session,
    found: Found,
}

impl Card {
    /// The one that the command line means.
    fn reach(globals: &Globals) -> Result<Self, Trouble> {
        let mut session = Session::open(globals, Real::WhereMeant)?;
        let reader = session.meant_one(globals)?;
        let found = session.token(reader)?;
        Ok(Self { session, found })
    }

    /// What the card manager tells; with keys, what is on the card as well.
    fn look(&mut self, access: Option<Box<ManagerAccess>>) -> Result<Arc<Look>, Trouble> {
        let identity = self.found.identity;
        let command = Command::ReadManager { identity, access };
        match self.session.run(command, |_| {}) {
            Ok(Done::Manager(look)) => Ok(look),
            // It has no other end; this one says that nothing came of it.
            Ok(_) => Err(Trouble::of(&Failure::Closing)),
            Err(failure) => Err(Trouble::of(&failure)),
        }
    }
}

/// An application identifier from the command line.
fn aid(text: &str) -> Result<Aid, Trouble> {
    let bytes = hex::decode(text).unwrap_or_default();
    Aid::new(&bytes).map_err(|_| {
        Trouble::usage(
            gettext("An AID is not one"),
            gettext(
                "An AID has 5 to 16 bytes in hexadecimal, as A00000000101. “symbolonctl gp list” shows those of the card.",
            ),
        )
    })
}

/// Bytes from the command line.
fn bytes(option: &str, text: &str) -> Result<Vec<u8>, Trouble> {
    hex::decode(text).ok_or_else(|| {
        let title = gettext_f(
            "The value of {option} is not hexadecimal",
            &[("option", option)],
        );
        Trouble::usage(title, "")
    })
}

/// Goes on only if the person says yes.
fn agree(terminal: &mut Terminal, what: &str, interrupt: &Interrupt) -> Result<(), Trouble> {
    // TRANSLATORS: The word that has to be typed to go on.
    let yes = gettext("yes");
    confirm(terminal, what, &yes, interrupt)
}

/// Goes on only if the person types this word.
fn confirm(
    terminal: &mut Terminal,
    what: &str,
    word: &str,
    interrupt: &Interrupt,
) -> Result<(), Trouble> {
    let question = gettext_f(
        // TRANSLATORS: {yes} is the word that has to be typed to go on.
        "{what} Type “{yes}” to go on:",
        &[("what", what), ("yes", word)],
    );
    match terminal.agrees(&question, word, interrupt) {
        Ok(Answer::Given(true)) => Ok(()),
        Ok(Answer::Given(false) | Answer::Cancelled) => Err(Trouble::cancelled()),
        Err(error) => Err(Trouble::file(gettext("The answer cannot be read"), &error)),
    }
}

/// Asks for the word without which a card is not ended. No option takes its place.
fn agree_to_end(interrupt: &Interrupt) -> Result<(), Trouble> {
    let mut terminal = Terminal::open().map_err(|_| {
        Trouble::usage(
            gettext("There is no terminal to ask on"),
            gettext("The life of a card is ended only by somebody who types the word for it."),
        )
    })?;
    let what = gettext("Nothing works on this card ever again, and nobody can bring it back.");
    // TRANSLATORS: The word that has to be typed to end the life of a card for ever.
    let word = gettext("terminate");
    confirm(&mut terminal, &what, &word, interrupt)
}
