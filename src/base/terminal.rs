//! Questions on the terminal: a secret without echo, and yes or no.
//!
//! A secret goes byte by byte from the terminal into a [`Secret`]: the line editor of the
//! kernel is switched off with the echo, so that no buffer of ours or of the library keeps
//! a copy.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::termios::{QueueSelector, isatty, tcflush};

use super::interrupt::Interrupt;
use super::keyboard::{self, Ended, Key, Quiet, Restore, Until};
use super::secret::Secret;

pub use super::keyboard::MAX_LEN;

/// A terminal that questions are asked on.
#[derive(Debug)]
pub struct Terminal {
    tty: File,
    restore: Restore,
}

/// What came of a question.
#[derive(Debug)]
pub enum Answer<T> {
    /// An answer.
    Given(T),
    /// Ctrl+C, Ctrl+D or a signal.
    Cancelled,
}

impl Terminal {
    /// Opens the controlling terminal (`tty(4)`), whatever the standard streams are.
    ///
    /// # Errors
    ///
    /// There is none: a job of cron, for example.
    pub fn open() -> io::Result<Self> {
        Self::at(Path::new("/dev/tty"), Restore::default())
    }

    /// Opens the terminal `path`, which does not become the controlling one. `restore` puts it back
    /// as it was whenever that is called for.
    ///
    /// # Errors
    ///
    /// It is no terminal, or one of somebody else.
    pub fn at(path: &Path, restore: Restore) -> io::Result<Self> {
        // A modem line makes whoever opens it wait for a call.
        let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let tty = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path)?;
        if !isatty(&tty) {
            return Err(rustix::io::Errno::NOTTY.into());
        }
        let flags = rustix::fs::fcntl_getfl(&tty)?;
        rustix::fs::fcntl_setfl(&tty, flags - OFlags::NONBLOCK)?;
        Ok(Self { tty, restore })
    }

    /// Switches echo, line editor and signals off, for as long as the returned value lives.
    ///
    /// # Errors
    ///
    /// The terminal went away, or the program is about to end.
    pub fn quiet(&self) -> io::Result<Quiet> {
        Quiet::begin(&self.tty, &self.restore)
    }

    /// Writes `text`.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.tty.write_all(text.as_bytes())
    }

    /// The next key, while the terminal is [`Terminal::quiet`].
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn key(&mut self, until: &Until<'_>) -> io::Result<Result<Key, Ended>> {
        keyboard::next_key(&mut self.tty, until)
    }

    /// Drops what was typed and not read.
    pub fn forget_typed(&self) {
        // A terminal that went away holds nothing.
        let _ = tcflush(&self.tty, QueueSelector::IFlush);
    }

    /// Asks for a secret; nothing that is typed appears.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn secret(&mut self, prompt: &str, interrupt: &Interrupt) -> io::Result<Answer<Secret>> {
        let quiet = self.quiet()?;
        self.print(&format!("{prompt}: "))?;
        let until = Until {
            interrupted: Some(interrupt.as_fd()),
            ..Until::default()
        };
        let mut secret = Secret::with_capacity(MAX_LEN);
        let answer = loop {
            match self.key(&until)? {
                Ok(Key::Enter) => break Answer::Given(secret),
                Ok(Key::Cancel) | Err(_) => break Answer::Cancelled,
                Ok(Key::End) if secret.is_empty() => break Answer::Cancelled,
                Ok(key) => key.edit(&mut secret),
            }
        };
        drop(quiet);
        // The Enter was not shown either.
        self.print("\n")?;
        Ok(answer)
    }

    /// Asks a question that only `yes`, written out, answers with yes.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn agrees(
        &mut self,
        question: &str,
        yes: &str,
        interrupt: &Interrupt,
    ) -> io::Result<Answer<bool>> {
        self.print(&format!("{question} "))?;
        let mut line = Vec::new();
        loop {
            match next_byte(&mut self.tty, interrupt)? {
                None => return Ok(Answer::Cancelled),
                Some(b'\n') => break,
                Some(byte) if line.len() < MAX_LEN => line.push(byte),
                Some(_) => {}
            }
        }
        Ok(Answer::Given(says(&line, yes)))
    }
}

/// Whether a line is this word.
#[must_use]
pub fn says(line: &[u8], word: &str) -> bool {
    let line = std::str::from_utf8(line).unwrap_or_default();
    line.trim().to_lowercase() == word.to_lowercase()
}

/// The next byte of `file`; nothing at its end or after a signal.
///
/// # Errors
///
/// As for any reading.
pub fn next_byte(file: &mut File, interrupt: &Interrupt) -> io::Result<Option<u8>> {
    let until = Until {
        interrupted: Some(interrupt.as_fd()),
        ..Until::default()
    };
    Ok(keyboard::next_byte(file, &until)?.ok())
}
