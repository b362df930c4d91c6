//! From the command line to the conversation, whoever shows the questions.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ExitCode;

use super::arguments::Arguments;
use super::askpass;
use super::keyring::{self, Found};
use super::lines::{Lines, Replies};
use super::memory::Memory;
use super::prompt::Front;
use super::server::{KEYRING_LIMIT, Keyring, Server, Setup};
use crate::base::secret::Secret;

/// Where the one who asks is heard and answered.
#[derive(Debug)]
pub struct Streams {
    input: OwnedFd,
    output: OwnedFd,
}

impl Streams {
    /// Takes the standard streams. What is printed from then on goes to standard error: GLib prints
    /// there what `G_MESSAGES_DEBUG` asks for, and the agent would take it for an answer.
    ///
    /// # Errors
    ///
    /// They are not open.
    pub fn take() -> io::Result<Self> {
        let streams = Self {
            input: io::stdin().as_fd().try_clone_to_owned()?,
            output: io::stdout().as_fd().try_clone_to_owned()?,
        };
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(streams)
    }
}

/// Talks to the agent, or answers ssh if it asks.
pub fn converse(arguments: &Arguments, streams: Streams, front: &mut dyn Front) -> ExitCode {
    let done = match &arguments.prompt {
        Some(question) => askpass::answer(question, arguments, streams.output, front),
        None => serve(arguments, streams, front).map(|()| ExitCode::SUCCESS),
    };
    // Without the one who asked there is nobody left to tell.
    done.unwrap_or(ExitCode::FAILURE)
}

fn serve(arguments: &Arguments, streams: Streams, front: &mut dyn Front) -> io::Result<()> {
    let setup = Setup {
        options: arguments.options(),
        memory: Memory::path(),
    };
    let mut keyring = Desktop;
    let lines = Lines::new(streams.input);
    let replies = Replies::new(streams.output);
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

/// The keyring of the desktop. What it cannot do is left undone: a prompt never waits for it longer
/// than [`KEYRING_LIMIT`], and nobody is asked to unlock it.
struct Desktop;

impl Keyring for Desktop {
    fn look_up(&mut self, key: &str) -> Option<Secret> {
        match keyring::look_up(key, KEYRING_LIMIT) {
            Found::Saved(saved) => Some(saved),
            Found::Nothing | Found::Unavailable(_) => None,
        }
    }

    fn keep(&mut self, key: &str, passphrase: Secret) {
        if let Err(error) = keyring::save(key, passphrase, KEYRING_LIMIT) {
            tracing::info!(%error, "the passphrase is not saved");
        }
    }

    fn forget(&mut self, key: &str) -> bool {
        keyring::forget(key, KEYRING_LIMIT).is_ok()
    }
}
