//! From the command line to the conversation, whoever shows the questions.

use std::io;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use super::arguments::Arguments;
use super::askpass;
use super::lines::{Lines, Replies};
use super::memory::Memory;
use super::prompt::Front;
use super::server::{Keyring, Server, Setup};
use crate::base::secret::Secret;

/// Talks to the agent on the standard streams, or answers ssh if it asks.
pub fn converse(arguments: &Arguments, front: &mut dyn Front) -> ExitCode {
    let done = match &arguments.prompt {
        Some(question) => askpass::answer(question, front),
        None => serve(arguments, front).map(|()| ExitCode::SUCCESS),
    };
    // Without the one who asked there is nobody left to tell.
    done.unwrap_or(ExitCode::FAILURE)
}

fn serve(arguments: &Arguments, front: &mut dyn Front) -> io::Result<()> {
    let setup = Setup {
        options: arguments.options(),
        memory: Memory::path(),
    };
    let mut keyring = NoKeyring;
    let lines = Lines::new(io::stdin().as_fd().try_clone_to_owned()?);
    let replies = Replies::new(io::stdout().as_fd().try_clone_to_owned()?);
    Server::new(lines, replies, front, &mut keyring, setup).run()
}

/// Help and version are written to standard output, what is wrong with the command line to standard
/// error.
#[must_use]
pub fn told(help_or_error: &clap::Error) -> ExitCode {
    let written = help_or_error.print();
    match (help_or_error.use_stderr(), written) {
        (true, _) => ExitCode::from(2),
        (false, Ok(())) => ExitCode::SUCCESS,
        (false, Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        (false, Err(_)) => ExitCode::FAILURE,
    }
}

/// Keeps nothing.
struct NoKeyring;

impl Keyring for NoKeyring {
    fn look_up(&mut self, _key: &str) -> Option<Secret> {
        None
    }

    fn keep(&mut self, _key: &str, _passphrase: Secret) {}

    fn forget(&mut self, _key: &str) -> bool {
        false
    }
}
