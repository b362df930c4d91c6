//! Keys from a terminal, one by one, while its line editor is off: what they mean, and what ends the
//! waiting for them.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcsetattr,
};
use zeroize::Zeroize;

use super::secret::Secret;

/// The longest secret that is taken, in bytes: more than any card does.
pub const MAX_LEN: usize = 1024;

/// How long the rest of what a key like an arrow sends may take after its ESC, on a slow line.
const SEQUENCE_LIMIT: Duration = Duration::from_millis(50);

/// What ends the waiting for a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Until<'a> {
    /// Readable as soon as a signal came.
    pub interrupted: Option<BorrowedFd<'a>>,
    /// In trouble (`poll(2)`: `POLLERR`, `POLLHUP`) as soon as nobody wants the answer any more.
    pub gone: Option<BorrowedFd<'a>>,
    /// When it is too late.
    pub deadline: Option<Instant>,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// A signal came.
    Interrupted,
    /// Nobody wants the answer any more.
    Gone,
    /// The time is up.
    Late,
    /// The terminal, or the file, has nothing more.
    Closed,
}

/// What a byte from the terminal means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// The answer is complete.
    Enter,
    /// Ctrl+C.
    Cancel,
    /// Ctrl+D.
    End,
    /// One character back.
    Erase,
    /// Ctrl+U.
    EraseAll,
    /// The key Esc.
    Escape,
    /// An arrow or another key that sends several bytes; they have been read.
    Sequence,
    /// Another control character.
    Control(u8),
    /// A part of a character.
    Byte(u8),
}

impl Key {
    fn of(byte: u8) -> Self {
        match byte {
            b'\r' | b'\n' => Self::Enter,
            // Ctrl+C, Ctrl+D, Ctrl+U: usual everywhere, whatever the settings of the terminal.
            0x03 => Self::Cancel,
            0x04 => Self::End,
            0x15 => Self::EraseAll,
            0x08 | 0x7F => Self::Erase,
            0x1B => Self::Escape,
            0x00..0x20 => Self::Control(byte),
            _ => Self::Byte(byte),
        }
    }

    /// Does to `secret` what the key does to a line of text.
    pub fn edit(self, secret: &mut Secret) {
        match self {
            Self::Erase => erase_last(secret),
            Self::EraseAll => secret.truncate(0),
            Self::Byte(byte) if secret.len() < MAX_LEN => secret.extend(&[byte]),
            Self::Byte(_)
            | Self::Enter
            | Self::Cancel
            | Self::End
            | Self::Escape
            | Self::Sequence
            | Self::Control(_) => {}
        }
    }
}

/// Removes the last character: one byte and the UTF-8 continuation bytes after it.
fn erase_last(secret: &mut Secret) {
    let bytes = secret.expose();
    let continuation = bytes.iter().rev().take_while(|&&byte| byte & 0xC0 == 0x80);
    let len = continuation.count() + 1;
    let rest = secret.len().saturating_sub(len);
    secret.truncate(rest);
}

/// The next key of a terminal that is [`Quiet`].
///
/// # Errors
///
/// As for any reading.
pub fn next_key(tty: &mut File, until: &Until<'_>) -> io::Result<Result<Key, Ended>> {
    Ok(match next_byte(tty, until)?.map(Key::of) {
        Ok(Key::Escape) if skip_sequence(tty)? => Ok(Key::Sequence),
        other => other,
    })
}

/// The next byte of `file`.
///
/// # Errors
///
/// As for any reading.
pub fn next_byte(file: &mut File, until: &Until<'_>) -> io::Result<Result<u8, Ended>> {
    if let Some(ended) = wait(file, until)? {
        return Ok(Err(ended));
    }
    let mut byte = [0];
    let count = file.read(&mut byte)?;
    let answer = if count > 0 {
        Ok(byte[0])
    } else {
        Err(Ended::Closed)
    };
    byte.zeroize();
    Ok(answer)
}

/// Waits until there is something to read. Returns what came before that.
fn wait(file: &File, until: &Until<'_>) -> io::Result<Option<Ended>> {
    // Trouble at the other end is told without being asked for.
    let ends = [
        (until.interrupted, PollFlags::IN, Ended::Interrupted),
        (until.gone, PollFlags::empty(), Ended::Gone),
    ];
    let ends = ends.iter().filter_map(|(end, flags, why)| {
        let end = (*end)?;
        Some((PollFd::from_borrowed_fd(end, *flags), *why))
    });
    let (mut waiting, whys): (Vec<_>, Vec<_>) = ends.unzip();
    waiting.push(PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN));
    loop {
        let left = until
            .deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = left.and_then(|left| Timespec::try_from(left).ok());
        // A signal that is handled on another thread may still end this call early.
        match poll(&mut waiting, limit.as_ref()) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(0) => return Ok(Some(Ended::Late)),
            Ok(_) => {}
        }
        let ended = waiting.iter().zip(&whys);
        let mut ended = ended.filter(|(end, _)| !end.revents().is_empty());
        return Ok(ended.next().map(|(_, why)| *why));
    }
}

/// Skips what a key like an arrow sends after its ESC: it would become part of the PIN. Returns
/// whether there was anything.
fn skip_sequence(tty: &mut File) -> io::Result<bool> {
    let mut next = || {
        let until = Until {
            deadline: Some(Instant::now() + SEQUENCE_LIMIT),
            ..Until::default()
        };
        next_byte(tty, &until)
    };
    let Ok(first) = next()? else {
        return Ok(false);
    };
    match first {
        // Up to a letter or a sign like `~` (ECMA-48, 5.4).
        b'[' => while !matches!(next()?, Ok(0x40..=0x7E) | Err(_)) {},
        // One more (ECMA-48, 8.3.143).
        b'O' => {
            let _ = next()?;
        }
        // Alt with a key.
        _ => {}
    }
    Ok(true)
}

/// Puts a terminal back as it was, from whatever thread: a signal may come while its echo is off.
#[derive(Clone, Debug, Default)]
pub struct Restore(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
enum Held {
    #[default]
    Nothing,
    Quiet(File, Termios),
    Over,
}

impl Restore {
    /// Puts it back now.
    pub fn now(&self) {
        self.leave(Held::Nothing);
    }

    /// Puts it back now, and lets nobody switch its echo off again: the program ends.
    pub fn for_good(&self) {
        self.leave(Held::Over);
    }

    fn leave(&self, after: Held) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Held::Quiet(tty, before) = &*held {
            // What was typed and not read is no line for the shell. A terminal that went away needs
            // neither this nor an echo.
            let _ = tcflush(tty, QueueSelector::IFlush);
            let _ = tcsetattr(tty, OptionalActions::Now, before);
        }
        if !matches!(*held, Held::Over) {
            *held = after;
        }
    }
}

/// The terminal without echo, line editor and signals, for as long as this lives.
#[derive(Debug)]
pub struct Quiet(Restore);

impl Quiet {
    /// Switches them off.
    ///
    /// # Errors
    ///
    /// It is no terminal, or the program is about to end.
    pub fn begin(tty: &File, restore: &Restore) -> io::Result<Self> {
        let mut held = restore.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*held, Held::Nothing) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let tty = tty.try_clone()?;
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question was asked is no answer to it.
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        *held = Held::Quiet(tty, before);
        Ok(Self(restore.clone()))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        self.0.now();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::fs::File;
    use std::io::Write as _;
    use std::os::fd::AsFd as _;
    use std::time::Instant;

    use super::{Ended, Key, Until, erase_last, next_byte, next_key};
    use crate::base::secret::Secret;

    #[test]
    fn one_key_erases_one_character() {
        let mut secret = Secret::new("a€ö".as_bytes());
        erase_last(&mut secret);
        assert_eq!(secret.expose(), "a€".as_bytes());
        erase_last(&mut secret);
        assert_eq!(secret.expose(), b"a");
        erase_last(&mut secret);
        erase_last(&mut secret);
        assert!(secret.is_empty());
    }

    #[test]
    fn keys_that_are_no_characters_never_become_part_of_a_pin() {
        for byte in 0..0x20 {
            assert!(!matches!(Key::of(byte), Key::Byte(_)), "{byte}");
        }
        assert_eq!(Key::of(b'7'), Key::Byte(b'7'));
        assert_eq!(Key::of(0xC3), Key::Byte(0xC3));
    }

    #[test]
    fn what_one_key_sends_is_one_key() {
        let (from, to) = rustix::pipe::pipe().unwrap();
        let (mut from, mut to) = (File::from(from), File::from(to));
        to.write_all(b"\x1b[A\x1b[1;5D\x1bOP\x1b1x\x1b").unwrap();
        let until = Until::default();
        let mut next = || next_key(&mut from, &until).unwrap().unwrap();
        for _ in 0..4 {
            assert_eq!(next(), Key::Sequence);
        }
        assert_eq!(next(), Key::Byte(b'x'));
        assert_eq!(next(), Key::Escape);
    }

    #[test]
    fn waiting_ends_for_each_reason() {
        let (from, to) = rustix::pipe::pipe().unwrap();
        let mut from = File::from(from);
        let late = Until {
            deadline: Some(Instant::now()),
            ..Until::default()
        };
        assert_eq!(next_byte(&mut from, &late).unwrap(), Err(Ended::Late));
        let (end, other) = rustix::pipe::pipe().unwrap();
        let gone = Until {
            gone: Some(other.as_fd()),
            ..late
        };
        assert_eq!(next_byte(&mut from, &gone).unwrap(), Err(Ended::Late));
        drop(end);
        assert_eq!(next_byte(&mut from, &gone).unwrap(), Err(Ended::Gone));
        drop(to);
        let closed = next_byte(&mut from, &Until::default()).unwrap();
        assert_eq!(closed, Err(Ended::Closed));
    }
}
