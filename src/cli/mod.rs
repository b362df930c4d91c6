//! The command line: arguments, tables, JSON, and questions on a terminal.
//!
//! Results go to standard output, everything else that is said to standard error; how a command
//! ended is its exit code (`exit`, and the manual page). Secrets come from the terminal, a file
//! descriptor or a file (`secrets`), never from arguments or the environment.

mod arguments;
mod certificate_page;
mod commands;
mod exit;
mod gp_json;
mod gp_page;
mod help;
mod json;
mod opened;
mod output;
mod page;
mod plan_json;
mod plan_page;
mod secrets;
mod session;
mod state;
mod table;
mod tracer;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use crate::base::i18n::{self, gettext};
use arguments::{
    Arguments, CardCommand, CertCommand, Command, GpCommand, PinCommand, PlanCommand,
    PracticeCommand,
};
use exit::{End, Exit, Trouble};
use output::Output;

/// Runs the command line `arguments`, whose first is the name of the program, and tells how it
/// ended.
///
/// The locale is to be taken before.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    i18n::open(&i18n::folder());
    let mut output = Output::standard();
    let ended = parse(arguments, &mut output).and_then(|arguments| match arguments {
        Some(arguments) => dispatch(&arguments, &mut output),
        None => Ok(()),
    });
    match ended {
        // Who closed the pipe has seen enough.
        Ok(()) | Err(End::NobodyReads) => Exit::Done.into(),
        Err(End::Trouble(trouble)) => {
            output.trouble(&trouble);
            trouble.exit.into()
        }
    }
}

/// The arguments; nothing if they asked for help, which was given.
fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    output: &mut Output,
) -> Result<Option<Arguments>, End> {
    let parsed = help::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    match parsed {
        Ok(arguments) => Ok(Some(arguments)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                output.result(help::translated(&error.render()))?;
                Ok(None)
            }
            _ => Err(usage::trouble(&error).into()),
        },
    }
}

fn dispatch(arguments: &Arguments, output: &mut Output) -> Result<(), End> {
    let globals = &arguments.globals;
    if globals.json && !has_json(&arguments.command) {
        let title = gettext("This command has no result in JSON");
        return Err(Trouble::usage(title, gettext("Its exit code tells how it ended.")).into());
    }
    match &arguments.command {
        Command::Readers(command) => commands::readers::run(command, globals, output),
        Command::Show => commands::show::run(globals, output),
        Command::Cert(command) => commands::certificates::run(command, globals, output),
        Command::Pin(command) => commands::pins::run(command, globals, output),
        Command::Key(command) => commands::keys::run(command, globals, output),
        Command::Card(CardCommand::Info) => commands::card::info(globals, output),
        Command::Plan(command) => commands::plan::run(command, globals, output),
        Command::Gp(command) => commands::gp::run(command, globals, output),
        Command::Apdu(command) => commands::apdu::run(command, globals, output),
        Command::Practice(command) => commands::practice::run(command, globals, output),
    }
}

fn has_json(command: &Command) -> bool {
    match command {
        Command::Readers(_)
        | Command::Show
        | Command::Card(CardCommand::Info)
        | Command::Apdu(_) => true,
        Command::Cert(command) => {
            matches!(command, CertCommand::List { .. } | CertCommand::Show { .. })
        }
        Command::Pin(command) => matches!(command, PinCommand::Status { .. }),
        Command::Key(_) => false,
        Command::Plan(command) => matches!(
            command,
            PlanCommand::Show { .. } | PlanCommand::Journal { .. }
        ),
        Command::Gp(command) => match command {
            GpCommand::Info | GpCommand::List { .. } => true,
            GpCommand::Cap(cap) => !cap.howto,
            _ => false,
        },
        Command::Practice(command) => matches!(command, PracticeCommand::List),
    }
}
