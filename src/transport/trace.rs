//! The trace: every exchange with its meaning, and never a secret.
//!
//! This is the only code that keeps or writes APDUs.

use std::time::{Duration, SystemTime};

use crate::iso7816::StatusWord;
use crate::token::ReaderId;

/// One exchange, safe to show and to save.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Counts the exchanges since the program started.
    pub number: u64,
    /// The reader.
    pub reader: ReaderId,
    /// When the command was sent.
    pub at: SystemTime,
    /// How long the answer took.
    pub took: Duration,
    /// The command by its name: "SELECT PIV", "VERIFY PIN". English: names of the standards.
    pub name: String,
    /// The command.
    pub command: Shown,
    /// The response data.
    pub response: Shown,
    /// The status word; nothing if no answer came.
    pub sw: Option<StatusWord>,
}

/// Bytes of an exchange, as far as they may be seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown {
    /// All of them.
    Bytes(Vec<u8>),
    /// Header only; so many bytes of data are hidden.
    Hidden {
        /// What may be seen.
        header: Vec<u8>,
        /// Bytes that were left out.
        hidden: usize,
    },
}

impl Entry {
    /// Two lines of text for a file or a terminal.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let sw = self
            .sw
            .map_or_else(|| "no answer".to_owned(), |sw| sw.to_string());
        format!(
            "{:>5}  > {}: {}\n       < {sw} {} [{} ms]",
            self.number,
            self.name,
            self.command.to_text(),
            self.response.to_text(),
            self.took.as_millis(),
        )
    }
}

impl Shown {
    /// The number of bytes, hidden ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Hidden { header, hidden } => header.len() + hidden,
        }
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In hexadecimal; hidden bytes as their number.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Bytes(bytes) => crate::base::hex::encode(bytes),
            Self::Hidden { header, hidden } => {
                format!(
                    "{} [{hidden} bytes hidden]",
                    crate::base::hex::encode(header)
                )
            }
        }
    }
}
