//! `symbolonctl gp keys`: keys of card managers in the keyring of the desktop.

use std::time::Duration;

use super::agree;
use super::keys::{Origin, ask_text, parse, read};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::secret::Secret;
use crate::base::terminal::Terminal;
use crate::cli::arguments::GpKeysCommand;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::pinentry::key_store;
use crate::pinentry::keyring::Unavailable;
use crate::token::Text;

/// How long the keyring may take; it may ask the person something.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the command.
pub(super) fn run(command: &GpKeysCommand, output: &mut Output) -> Result<(), End> {
    match command {
        GpKeysCommand::Save { name, keys } => {
            let text = match Origin::of(keys.as_deref())? {
                Origin::File(path) => read(&path, output)?,
                Origin::Asked => {
                    let interrupt = listen()?;
                    ask_text(&mut terminal()?, &interrupt)?
                }
                Origin::Test | Origin::Keyring(_) => {
                    let title = gettext("These keys need no keeping");
                    return Err(Trouble::usage(title, "").into());
                }
            };
            parse(&text)?;
            key_store::save(name, text, LIMIT).map_err(unavailable)?;
            output.message(&gettext_f(
                "The keys are in the keyring as “{name}”.",
                &[("name", Text::from(name.as_str()).as_str())],
            ));
            Ok(())
        }
        GpKeysCommand::Forget { name, consent } => {
            if !consent.yes {
                let what = gettext(
                    "Keys that are kept nowhere else are lost, and with them the management of their cards.",
                );
                agree(&mut terminal()?, &what, &listen()?)?;
            }
            if key_store::forget(name, LIMIT).map_err(unavailable)? {
                Ok(())
            } else {
                Err(not_there(name).into())
            }
        }
        GpKeysCommand::List => {
            let names = key_store::names(LIMIT).map_err(unavailable)?;
            if names.is_empty() {
                output.message(&gettext(
                    "There are no keys of card managers in the keyring.",
                ));
            }
            for name in names {
                output.result(format!("{}\n", Text::from(name.as_str())))?;
            }
            Ok(())
        }
    }
}

/// The keys that were saved under a name, as text.
pub(super) fn look_up(name: &str) -> Result<Secret, Trouble> {
    let found = key_store::look_up(name, LIMIT).map_err(unavailable)?;
    found.ok_or_else(|| not_there(name))
}

fn not_there(name: &str) -> Trouble {
    Trouble::usage(
        gettext_f(
            "There are no keys “{name}” in the keyring",
            &[("name", Text::from(name).as_str())],
        ),
        gettext("“symbolonctl gp keys list” lists those that there are."),
    )
}

fn unavailable(why: Unavailable) -> Trouble {
    let body = match why {
        Unavailable::Absent => gettext("There is no keyring in this session."),
        Unavailable::Locked => gettext("It has to be unlocked first."),
        Unavailable::Refused => gettext("It refused."),
        Unavailable::Silent => gettext("It did not answer in time."),
        Unavailable::Unfit => gettext("A name has no control characters and is not empty."),
    };
    let title = gettext("The keyring of the desktop cannot be used");
    Trouble::new(Exit::Refused, title, body)
}

fn terminal() -> Result<Terminal, Trouble> {
    Terminal::open().map_err(|_| Trouble::usage(gettext("There is no terminal to ask on"), ""))
}

fn listen() -> Result<Interrupt, Trouble> {
    Interrupt::listen(Exit::Cancelled as i32, || {})
        .map_err(|error| Trouble::file(gettext("The program cannot start"), &error))
}
