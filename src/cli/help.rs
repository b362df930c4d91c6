//! `--help` in the language of the user.
//!
//! clap has no translations: its headings and its own options are replaced by ours here, in one
//! walk over all commands.

use std::env;
use std::io;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::arguments::Arguments;
use super::exit::Exit;
use crate::base::i18n::gettext;

/// What stands in the usage line for all options, as clap writes it.
const ANY_OPTIONS: &str = "[OPTIONS]";

/// The whole command line with every word translated.
pub(super) fn command() -> Command {
    let version = Arg::new("version")
        .long("version")
        .short('V')
        .action(ArgAction::Version)
        .help(gettext("Print the version"));
    let command = dress(Arguments::command().disable_version_flag(true).arg(version));
    match width() {
        Some(width) => command.term_width(width),
        None => command,
    }
}

/// The fewest columns that a page of help can have.
const NARROWEST: usize = 40;

/// What a terminal has of old; some shells export COLUMNS=0 where they know of none.
const USUAL: usize = 80;

/// How wide the help is where there is no terminal and COLUMNS names a width that no terminal has;
/// nothing where clap finds out by itself.
fn width() -> Option<usize> {
    let on_terminal = rustix::termios::tcgetwinsize(io::stdout()).is_ok_and(|size| size.ws_col > 0);
    let named: usize = env::var("COLUMNS").ok()?.parse().ok()?;
    (!on_terminal && named < NARROWEST).then_some(if named == 0 { USUAL } else { NARROWEST })
}

/// Gives a command, and all below it, our headings and our `--help`.
fn dress(command: Command) -> Command {
    let help = Arg::new("help")
        .long("help")
        .short('h')
        .action(ArgAction::Help)
        .help(gettext("Print this help"));
    let options = gettext("Options");
    let arguments = gettext("Arguments");
    // {tab} and others are clap's; only the word before the usage is ours.
    let usage = gettext("Usage");
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}"
    );
    command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .help_template(template)
        .subcommand_help_heading(gettext("Commands"))
        .subcommand_value_name(gettext("COMMAND"))
        .mut_args(|argument| {
            if argument.get_help_heading().is_some() {
                argument
            } else if argument.is_positional() {
                argument.help_heading(arguments.clone())
            } else {
                argument.help_heading(options.clone())
            }
        })
        .mut_subcommands(dress)
}

/// The rest of what clap writes by itself into a help page that it has made.
pub(super) fn translated(page: &StyledStr) -> String {
    // TRANSLATORS: Stands in a usage line for "any options".
    let options = gettext("[OPTIONS]");
    page.to_string().replace(ANY_OPTIONS, &options)
}

/// The table of exit codes below the help.
pub(super) fn exit_codes() -> String {
    let codes = [
        (Exit::Done, gettext("done")),
        (
            Exit::Refused,
            gettext(
                "the card refuses, cannot do it or cannot be read; or a file cannot be written",
            ),
        ),
        (
            Exit::Usage,
            gettext(
                "the command line or a profile does not say clearly what is wanted, for example which of several tokens",
            ),
        ),
        (
            Exit::NoCard,
            gettext("no reader, no card in it, or none that can be used now"),
        ),
        (
            Exit::NoService,
            gettext("the smart card service is not there, or refuses"),
        ),
        (Exit::WrongPin, gettext("wrong PIN: a try is lost")),
        (Exit::Blocked, gettext("the PIN is blocked")),
        (
            Exit::LastTry,
            gettext("a single try is left, or may be; it was kept"),
        ),
        (Exit::Cancelled, gettext("cancelled, or out of time")),
        (
            Exit::Rule,
            gettext("no PIN of this token can be like that; nothing was sent"),
        ),
    ];
    let mut text = gettext("Exit codes");
    text.push(':');
    for (code, meaning) in codes {
        text.push_str(&format!("\n  {}  {meaning}", code as u8));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::command;

    fn every_command(command: &Command, look: &mut impl FnMut(&Command)) {
        look(command);
        command
            .get_subcommands()
            .for_each(|below| every_command(below, look));
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_is_explained() {
        let mut count = 0;
        every_command(&command(), &mut |command| {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let name = format!("{} {}", command.get_name(), argument.get_id());
                assert!(argument.get_help().is_some(), "{name}");
                count += 1;
            }
        });
        assert!(count > 30, "{count}");
    }

    #[test]
    fn clap_adds_no_words_of_its_own() {
        every_command(&command(), &mut |command| {
            let page = super::translated(&command.clone().render_long_help());
            for word in ["[possible values", "[default", "Print help", "Usage: Usage"] {
                assert!(!page.contains(word), "{word}: {page}");
            }
        });
    }
}
