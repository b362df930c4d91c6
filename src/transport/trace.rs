//! The trace: every exchange with its meaning, and never a secret.
//!
//! This is the only code that keeps or writes APDUs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::names;
use crate::iso7816::{Command, Form, Response, StatusWord};
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
                let header = crate::base::hex::encode(header);
                format!("{header} [{hidden} bytes hidden]")
                    .trim_start()
                    .to_owned()
            }
        }
    }
}

/// What may be seen of an exchange.
pub(super) struct Visible {
    name: String,
    command: Shown,
    response: Shown,
}

/// Decides what may be seen of `command`, a part of `whole`, and of its answer.
///
/// `len` is the number of bytes that went over the wire (0 for a PIN pad, which builds the
/// command itself).
pub(super) fn show(
    command: &Command,
    whole: &Command,
    len: usize,
    answer: Option<&Response>,
) -> Visible {
    let hidden = whole.is_secret() || names::carries_secret(whole);
    let header = command.header().to_vec();
    let sent = if hidden && !command.payload().is_empty() || len == 0 {
        Shown::Hidden {
            hidden: len.saturating_sub(header.len()),
            header,
        }
    } else {
        Shown::Bytes(
            command
                .to_bytes(Form::of_len(len, command), false)
                .expose()
                .to_vec(),
        )
    };
    let data = answer.map(|answer| answer.data.clone()).unwrap_or_default();
    let response = if (names::answers_secret(whole) || whole.is_secret()) && !data.is_empty() {
        Shown::Hidden {
            header: Vec::new(),
            hidden: data.len(),
        }
    } else {
        Shown::Bytes(data)
    };
    Visible {
        name: names::name(command, whole),
        command: sent,
        response,
    }
}

/// Takes note of the exchanges with one reader.
#[derive(Clone)]
pub struct Tracer {
    reader: ReaderId,
    numbers: Arc<AtomicU64>,
    sink: Arc<dyn Fn(Entry) + Send + Sync>,
}

impl Tracer {
    /// Hands entries to `sink`; `numbers` is shared by all tracers of the program.
    pub fn new(
        reader: ReaderId,
        numbers: Arc<AtomicU64>,
        sink: Arc<dyn Fn(Entry) + Send + Sync>,
    ) -> Self {
        Self {
            reader,
            numbers,
            sink,
        }
    }

    /// Takes note of nothing.
    #[must_use]
    pub fn silent(reader: ReaderId) -> Self {
        Self::new(reader, Arc::default(), Arc::new(|_| {}))
    }

    pub(super) fn note(
        &self,
        visible: Visible,
        sw: Option<StatusWord>,
        at: SystemTime,
        took: Duration,
    ) {
        let Visible {
            name,
            command,
            response,
        } = visible;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        (self.sink)(Entry {
            number,
            reader: self.reader,
            at,
            took,
            name,
            command,
            response,
            sw,
        });
    }
}

/// The last exchanges, for the trace window.
#[derive(Debug, Default)]
pub struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// Whether nothing is kept at all.
    off: bool,
}

impl Ring {
    /// The most entries that are kept. A full view of a token takes about fifty.
    pub const CAPACITY: usize = 5_000;

    /// Adds one and forgets the oldest beyond [`Ring::CAPACITY`].
    pub fn push(&mut self, entry: Arc<Entry>) {
        if self.off {
            return;
        }
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// All entries, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Whether to keep entries from now on; if not, those so far are forgotten, too.
    pub fn keep(&mut self, keep: bool) {
        self.off = !keep;
        if self.off {
            self.clear();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Entry, Ring, Shown, show};
    use crate::base::secret::Secret;
    use crate::iso7816::{Command, Le, Response, StatusWord};
    use crate::token::ReaderId;

    fn line(command: &Command, answer: &Response) -> String {
        let len = command.to_bytes(crate::iso7816::Form::Short, false).len();
        let visible = show(command, command, len, Some(answer));
        let entry = Entry {
            number: 1,
            reader: ReaderId(1),
            at: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            name: visible.name,
            command: visible.command,
            response: visible.response,
            sw: Some(answer.sw),
        };
        entry.to_lines()
    }

    #[test]
    fn a_pin_is_hidden_whether_marked_or_not() {
        let wrong = Response::status(StatusWord(0x63C2));
        let marked = Command::new([0, 0x20, 0, 0x80]).secret(Secret::new(b"123456\xFF\xFF"));
        let raw = Command::new([0, 0x20, 0, 0x80]).data(*b"123456\xFF\xFF");
        for command in [marked, raw] {
            let text = line(&command, &wrong);
            assert!(text.contains("VERIFY"), "{text}");
            assert!(text.contains("[9 bytes hidden]"), "{text}");
            assert!(text.contains("63C2 (wrong, tries left)"), "{text}");
            assert!(!text.contains("313233"), "{text}");
        }
    }

    #[test]
    fn what_is_stored_through_a_card_manager_is_hidden() {
        let done = Response::status(StatusWord::OK);
        for (header, name) in [
            ([0x80, 0xD8, 0x01, 0x81], "PUT KEY"),
            ([0x84, 0xD8, 0x01, 0x81], "PUT KEY"),
            ([0x80, 0xE2, 0x80, 0x00], "STORE DATA"),
            ([0x84, 0xE2, 0x80, 0x00], "STORE DATA"),
            ([0x84, 0xE6, 0x0C, 0x00], "INSTALL [for install]"),
        ] {
            let text = line(&Command::new(header).data(*b"123456"), &done);
            assert!(text.contains(name), "{text}");
            assert!(text.contains("[7 bytes hidden]"), "{text}");
            assert!(!text.contains("313233"), "{text}");
        }
        let shown = line(&Command::new([0x80, 0xE4, 0, 0]).data([0x4F, 0]), &done);
        assert!(shown.contains("DELETE: 80E40000024F00"), "{shown}");
    }

    #[test]
    fn what_a_card_deciphers_is_hidden() {
        let command = Command::new([0, 0x2A, 0x80, 0x86])
            .data([0, 1, 2])
            .expecting(Le::ALL);
        let answer = Response {
            data: b"secret".to_vec(),
            sw: StatusWord::OK,
        };
        assert!(line(&command, &answer).contains("[6 bytes hidden]"));
    }

    /// Sheet "muscle", 2 and 13.
    #[test]
    fn pins_and_keys_of_the_muscle_applet_are_hidden() {
        let done = Response::status(StatusWord::OK);
        let shown = |header: [u8; 4], data: &[u8]| line(&Command::new(header).data(data), &done);
        for (ins, name) in [
            (0x2A, "Setup"),
            (0x40, "CreatePIN 1"),
            (0x42, "VerifyPIN 1"),
            (0x44, "ChangePIN 1"),
            (0x46, "UnblockPIN 1"),
        ] {
            let text = shown([0xB0, ins, 1, 0], b"\x08sesame00");
            assert!(text.contains(name), "{text}");
            assert!(text.contains("[10 bytes hidden]"), "{text}");
        }
        let mut blob = vec![0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 0, 4];
        blob.extend(b"blob");
        let text = shown([0xB0, 0x54, 0, 0], &blob);
        assert!(text.contains("WriteObject FFFFFFFE: B0540000 ["), "{text}");
        let text = shown([0xB0, 0x36, 0, 3], b"\x01\x00\x06sesame");
        assert!(text.contains("(final): B0360003 ["), "{text}");
        // What everybody may see is seen.
        let text = shown(
            [0xB0, 0x56, 0, 0],
            &[0x50, 0x15, 0x50, 0x31, 0, 0, 0, 0, 0x80],
        );
        assert!(
            text.contains("ReadObject 50155031: B05600000950155031"),
            "{text}"
        );
        let exported = Response {
            data: b"secret".to_vec(),
            sw: StatusWord::OK,
        };
        let read = Command::new([0xB0, 0x56, 0, 0]).data([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 6]);
        assert!(line(&read, &exported).contains("[6 bytes hidden]"));
    }

    #[test]
    fn what_is_public_is_shown() {
        let command = Command::new([0, 0xA4, 4, 0])
            .data([0xA0, 0, 0, 3, 8])
            .expecting(Le::ALL);
        let text = line(
            &command,
            &Response {
                data: vec![0x61, 0],
                sw: StatusWord::OK,
            },
        );
        assert!(
            text.contains("SELECT PIV: 00A4040005A00000030800"),
            "{text}"
        );
    }

    #[test]
    fn the_ring_forgets_the_oldest() {
        let mut ring = Ring::default();
        for number in 0..=Ring::CAPACITY as u64 {
            let entry = Entry {
                number,
                reader: ReaderId(1),
                at: SystemTime::UNIX_EPOCH,
                took: Duration::ZERO,
                name: String::new(),
                command: Shown::Bytes(Vec::new()),
                response: Shown::Bytes(Vec::new()),
                sw: None,
            };
            ring.push(entry.into());
        }
        assert_eq!(ring.iter().count(), Ring::CAPACITY);
        assert_eq!(ring.iter().next().unwrap().number, 1);
        let last = ring.iter().last().unwrap().clone();
        ring.keep(false);
        ring.push(last.clone());
        assert_eq!(ring.iter().count(), 0);
        ring.keep(true);
        ring.push(last);
        assert_eq!(ring.iter().count(), 1);
    }
}
