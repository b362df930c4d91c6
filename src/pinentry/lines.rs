//! The two ends of the conversation: lines from the agent, and lines to it.
//!
//! Passphrases come (generated ones) and go over both, so their buffers are locked memory, and a
//! line is read and written by system calls of our own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read, write};

use super::code::Code;
use super::escape;
use crate::base::secret::Secret;

/// The longest line, in bytes without its end (libassuan, `ASSUAN_LINELENGTH` less CR and LF).
pub const LONGEST: usize = 1000;

/// How many bytes are read at once.
const BLOCK: usize = 4096;

/// What a line from the agent is.
#[derive(Debug)]
pub enum Line {
    /// A line without its end. It may hold a secret.
    Whole(Secret),
    /// A line that was longer than [`LONGEST`]; it is gone.
    TooLong,
    /// There will be no more.
    End,
}

/// Lines from the agent.
#[derive(Debug)]
pub struct Lines {
    from: OwnedFd,
    /// What was read and not yet handed out.
    buffer: Secret,
    /// Whether what comes is the rest of a line that is too long.
    skipping: bool,
    /// A line that was taken too early.
    returned: Option<Secret>,
}

impl Lines {
    /// Reads from `from`.
    #[must_use]
    pub fn new(from: OwnedFd) -> Self {
        Self {
            from,
            buffer: Secret::with_capacity(BLOCK * 2),
            skipping: false,
            returned: None,
        }
    }

    /// The next line; waits for it.
    ///
    /// # Errors
    ///
    /// What the system said. A last line without an end is none.
    pub fn next_line(&mut self) -> io::Result<Line> {
        if let Some(line) = self.returned.take() {
            return Ok(Line::Whole(line));
        }
        loop {
            if let Some(line) = self.buffered() {
                return Ok(line);
            }
            if self.buffer.len() > LONGEST + 1 {
                self.skipping = true;
                self.buffer.truncate(0);
            }
            let from = &self.from;
            let count = self.buffer.fill(BLOCK, |spare| {
                rustix::io::retry_on_intr(|| read(from, &mut *spare))
            });
            match count {
                Ok(0) => return Ok(Line::End),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether something comes within `limit`: a line, a part of one, or the end of them.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn ready(&self, limit: Duration) -> io::Result<bool> {
        if self.returned.is_some() || self.buffer.expose().contains(&b'\n') {
            return Ok(true);
        }
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(limit.subsec_nanos()),
        };
        let mut ends = [PollFd::new(&self.from, PollFlags::IN)];
        let ready = rustix::io::retry_on_intr(|| poll(&mut ends, Some(&limit)))?;
        Ok(ready > 0)
    }

    /// Hands `line` out once more: it belongs to somebody else.
    pub fn give_back(&mut self, line: Secret) {
        self.returned = Some(line);
    }

    /// The next line of those that were read already.
    fn buffered(&mut self) -> Option<Line> {
        let bytes = self.buffer.expose();
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let line = bytes.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if std::mem::take(&mut self.skipping) || line.len() > LONGEST {
            Line::TooLong
        } else {
            Line::Whole(Secret::new(line))
        };
        self.buffer.remove(0..end + 1);
        Some(line)
    }
}

/// Lines to the agent.
#[derive(Debug)]
pub struct Replies {
    to: OwnedFd,
}

impl Replies {
    /// Writes to `to`.
    #[must_use]
    pub fn new(to: OwnedFd) -> Self {
        Self { to }
    }

    /// Whoever reads at the other end is gone when this one says so (`poll(2)`, `POLLERR`).
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }

    /// Writes one line.
    ///
    /// # Errors
    ///
    /// The agent is gone.
    pub fn line(&self, text: &str) -> io::Result<()> {
        let mut line = Secret::with_capacity(text.len() + 1);
        line.extend(text.as_bytes());
        self.end(line)
    }

    /// `OK`.
    ///
    /// # Errors
    ///
    /// As [`Replies::line`].
    pub fn ok(&self) -> io::Result<()> {
        self.line("OK")
    }

    /// `ERR` with its number and words.
    ///
    /// # Errors
    ///
    /// As [`Replies::line`].
    pub fn refuse(&self, code: Code) -> io::Result<()> {
        self.line(&format!(
            "ERR {} {} <Pinentry>",
            code.number(),
            code.words()
        ))
    }

    /// Data: one `D` line as long as it fits, since agents take no second one of a passphrase.
    ///
    /// # Errors
    ///
    /// As [`Replies::line`].
    pub fn data(&self, bytes: &[u8]) -> io::Result<()> {
        let mut line = Secret::with_capacity(bytes.len() * 3 + 3);
        line.extend(b"D ");
        for byte in bytes {
            // The longest that a byte can become.
            if line.len() + 3 > LONGEST {
                self.end(std::mem::replace(&mut line, Secret::new(b"D ")))?;
            }
            escape::encode_data(&[*byte], &mut line);
        }
        self.end(line)
    }

    /// `INQUIRE` with a keyword and what it is about. Returns whether it fits on a line: if not,
    /// nothing is written.
    ///
    /// # Errors
    ///
    /// As [`Replies::line`].
    pub fn inquire(&self, keyword: &str, about: Option<&Secret>) -> io::Result<bool> {
        let mut line = Secret::with_capacity(LONGEST);
        line.extend(b"INQUIRE ");
        line.extend(keyword.as_bytes());
        if let Some(about) = about {
            line.extend(b" ");
            escape::encode_argument(about.expose(), &mut line);
        }
        if line.len() > LONGEST {
            return Ok(false);
        }
        self.end(line)?;
        Ok(true)
    }

    /// Writes bytes as they are, as a line.
    ///
    /// # Errors
    ///
    /// As [`Replies::line`].
    pub fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        self.end(Secret::new(bytes))
    }

    /// Writes `line` and its end in one go, as far as the system takes it.
    fn end(&self, mut line: Secret) -> io::Result<()> {
        line.extend(b"\n");
        let mut rest = line.expose();
        while !rest.is_empty() {
            match write(&self.to, rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop")]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    use super::{LONGEST, Line, Lines};

    fn lines(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let bytes = bytes.to_vec();
        let writing = std::thread::spawn(move || writer.write_all(&bytes).unwrap());
        let mut lines = Lines::new(OwnedFd::from(reader));
        let mut seen = Vec::new();
        loop {
            match lines.next_line().unwrap() {
                Line::Whole(line) => seen.push(Some(line.expose().to_vec())),
                Line::TooLong => seen.push(None),
                Line::End => break,
            }
        }
        writing.join().unwrap();
        seen
    }

    #[test]
    fn lines_end_with_lf_or_cr_lf() {
        let seen = lines(b"BYE\r\n\nNOP\nhalf a li");
        assert_eq!(
            seen,
            [Some(b"BYE".to_vec()), Some(vec![]), Some(b"NOP".to_vec())]
        );
    }

    #[test]
    fn a_line_that_is_too_long_does_not_cost_the_next_one() {
        for length in [LONGEST, LONGEST + 1, LONGEST + 2, 4095, 4096, 100_000] {
            let mut bytes = vec![b'x'; length];
            bytes.extend(b"\nBYE\n");
            let seen = lines(&bytes);
            let fits = length <= LONGEST;
            assert_eq!(seen.len(), 2, "{length}");
            assert_eq!(seen.first().unwrap().is_some(), fits, "{length}");
            assert_eq!(seen.last().unwrap().as_deref(), Some(&b"BYE"[..]));
        }
        let mut bytes = vec![b'x'; LONGEST];
        bytes.extend(b"\r\nBYE\n");
        assert!(lines(&bytes).first().unwrap().is_some());
    }
}
