//! Questions on the terminal: a secret without echo, and yes or no.
//!
//! A secret goes byte by byte from the terminal into a [`Secret`]: the line editor of the
//! kernel is switched off with the echo, so that no buffer of ours or of the library keeps
//! a copy.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroize;

use super::interrupt::Interrupt;
use super::secret::Secret;

/// The longest secret that is taken, in bytes: more than any card does.
pub const MAX_LEN: usize = 1024;

/// The terminal that the program was started from, whatever its standard streams are.
#[derive(Debug)]
pub struct Terminal {
    tty: File,
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
    /// Opens the controlling terminal (`tty(4)`).
    ///
    /// # Errors
    ///
    /// There is none: a job of cron, for example.
    pub fn open() -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        Ok(Self { tty })
    }

    /// Asks for a secret; nothing that is typed appears.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn secret(&mut self, prompt: &str, interrupt: &Interrupt) -> io::Result<Answer<Secret>> {
        let quiet = Quiet::begin(&self.tty)?;
        write!(self.tty, "{prompt}: ")?;
        let mut secret = Secret::with_capacity(MAX_LEN);
        let answer = loop {
            let Some(byte) = next_byte(&mut self.tty, interrupt)? else {
                break Answer::Cancelled;
            };
            match key(byte) {
                Key::Enter => break Answer::Given(secret),
                Key::Cancel => break Answer::Cancelled,
                Key::End if secret.is_empty() => break Answer::Cancelled,
                Key::Erase => erase_last(&mut secret),
                Key::EraseAll => secret.truncate(0),
                Key::Escape => self.skip_sequence()?,
                Key::Byte(byte) if secret.len() < MAX_LEN => secret.extend(&[byte]),
                Key::Byte(_) | Key::End | Key::Nothing => {}
            }
        };
        drop(quiet);
        // The Enter was not shown either.
        writeln!(self.tty)?;
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
        write!(self.tty, "{question} ")?;
        let mut line = Vec::new();
        loop {
            match next_byte(&mut self.tty, interrupt)? {
                None => return Ok(Answer::Cancelled),
                Some(b'\n') => break,
                Some(byte) if line.len() < MAX_LEN => line.push(byte),
                Some(_) => {}
            }
        }
        let line = std::str::from_utf8(&line).unwrap_or_default();
        Ok(Answer::Given(
            line.trim().to_lowercase() == yes.to_lowercase(),
        ))
    }

    /// Skips what a key like an arrow sends after its ESC: it would become part of the PIN.
    fn skip_sequence(&mut self) -> io::Result<()> {
        let none = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut byte = [0];
        while poll(&mut [PollFd::new(&self.tty, PollFlags::IN)], Some(&none))? > 0 {
            let count = self.tty.read(&mut byte)?;
            // A sequence ends with a letter or `~` (ECMA-48, 5.4).
            if count == 0 || byte[0].is_ascii_alphabetic() && byte[0] != b'O' || byte[0] == b'~' {
                break;
            }
        }
        Ok(())
    }
}

/// What a byte from the terminal means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Key {
    Enter,
    Cancel,
    End,
    Erase,
    EraseAll,
    Escape,
    Nothing,
    Byte(u8),
}

fn key(byte: u8) -> Key {
    match byte {
        b'\r' | b'\n' => Key::Enter,
        // Ctrl+C, Ctrl+D, Ctrl+U: usual everywhere, whatever the settings of the terminal.
        0x03 => Key::Cancel,
        0x04 => Key::End,
        0x15 => Key::EraseAll,
        0x08 | 0x7F => Key::Erase,
        0x1B => Key::Escape,
        0x00..0x20 => Key::Nothing,
        _ => Key::Byte(byte),
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

/// The next byte of `file`; nothing at its end or after a signal.
///
/// # Errors
///
/// As for any reading.
pub fn next_byte(file: &mut File, interrupt: &Interrupt) -> io::Result<Option<u8>> {
    let ready = {
        let mut waiting = [
            PollFd::from_borrowed_fd(interrupt.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN),
        ];
        // A signal that is handled on another thread may still end this call early.
        rustix::io::retry_on_intr(|| poll(&mut waiting, None))?;
        waiting.map(|entry| !entry.revents().is_empty())
    };
    if ready[0] {
        return Ok(None);
    }
    let mut byte = [0];
    let count = file.read(&mut byte)?;
    let answer = (count > 0).then_some(byte[0]);
    byte.zeroize();
    Ok(answer)
}

/// The terminal without echo, line editor and signals, for as long as this lives.
struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    fn begin(tty: &File) -> io::Result<Self> {
        let tty = tty.try_clone()?;
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question was asked is no answer to it.
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that went away needs no echo.
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, erase_last, key};
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
            assert!(!matches!(key(byte), Key::Byte(_)), "{byte}");
        }
        assert_eq!(key(b'7'), Key::Byte(b'7'));
        assert_eq!(key(0xC3), Key::Byte(0xC3));
    }
}
