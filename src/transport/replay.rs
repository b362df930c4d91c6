//! Exchanges that are kept, and a link that answers from them: a card is a function from commands
//! to responses, so what it said can be read once more without it.

use super::link::{After, Link, LinkError, Protocol};
use super::names;
use crate::iso7816::{Command, Parsed};

/// The most that is kept of one card, in bytes of commands and responses. A YubiKey with 24
/// certificates of 3 KiB takes a tenth of it.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The longest answer to reset in bytes (ISO/IEC 7816-3:2006, 8.1).
const MAX_ATR: usize = 33;

/// What a card answered, in the order in which it was asked.
///
/// No secret is ever in it: with the first command that may carry one, or ask for one, everything
/// is dropped, and nothing more is kept. So it is with an exchange that failed, and beyond
/// [`MAX_BYTES`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recording {
    atr: Vec<u8>,
    protocol: Protocol,
    exchanges: Vec<Exchange>,
    bytes: usize,
    whole: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Exchange {
    command: Vec<u8>,
    response: Vec<u8>,
}

impl Recording {
    /// Of a card that was not asked anything yet.
    #[must_use]
    pub fn new(atr: &[u8], protocol: Protocol) -> Self {
        Self {
            atr: atr.to_vec(),
            protocol,
            exchanges: Vec::new(),
            bytes: 0,
            whole: true,
        }
    }

    /// Answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// The protocol in use.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// How many exchanges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// Whether it is of a card that was asked and has answered as in `other`, to the end of that.
    #[must_use]
    pub fn begins_with(&self, other: &Self) -> bool {
        self.whole
            && other.whole
            && self.atr == other.atr
            && self.protocol == other.protocol
            && self.exchanges.starts_with(&other.exchanges)
    }

    /// Adds an exchange.
    pub fn add(&mut self, command: &[u8], response: &[u8]) {
        let bytes = self.bytes + command.len() + response.len();
        if !self.whole || bytes > MAX_BYTES || may_be_secret(command) {
            self.drop_all();
            return;
        }
        self.bytes = bytes;
        self.exchanges.push(Exchange {
            command: command.to_vec(),
            response: response.to_vec(),
        });
    }

    /// An exchange failed, so nobody knows what the card would have said.
    pub fn drop_all(&mut self) {
        self.whole = false;
        self.bytes = 0;
        self.exchanges = Vec::new();
    }

    /// As [`Recording::from_bytes`] takes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes + 8 * self.exchanges.len() + MAX_ATR + 5);
        bytes.push(match self.protocol {
            Protocol::T0 => 0,
            Protocol::T1 => 1,
        });
        push(&mut bytes, &self.atr);
        for exchange in &self.exchanges {
            push(&mut bytes, &exchange.command);
            push(&mut bytes, &exchange.response);
        }
        bytes
    }

    /// From a file, which may hold anything. Nothing if this is no recording, or one that would
    /// not have been kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&protocol, rest) = bytes.split_first()?;
        let protocol = match protocol {
            0 => Protocol::T0,
            1 => Protocol::T1,
            _ => return None,
        };
        let (atr, mut rest) = pull(rest)?;
        if atr.len() > MAX_ATR {
            return None;
        }
        let mut recording = Self::new(atr, protocol);
        while !rest.is_empty() {
            let (command, after) = pull(rest)?;
            let (response, after) = pull(after)?;
            recording.add(command, response);
            rest = after;
        }
        recording.whole.then_some(recording)
    }
}

/// Whether a command may carry a secret, or ask for one. One whose lengths do not add up is taken
/// for such.
fn may_be_secret(command: &[u8]) -> bool {
    match Parsed::from_bytes(command) {
        Some(parsed) => {
            let asked = Command::new(parsed.header).data(parsed.data);
            names::hands_over_secret(command) || names::answers_secret(&asked)
        }
        None => true,
    }
}

/// Bytes with their number in front, as four bytes.
fn push(to: &mut Vec<u8>, bytes: &[u8]) {
    // What is kept is shorter than 2^20.
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    to.extend(len.to_be_bytes());
    to.extend(bytes);
}

fn pull(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    rest.split_at_checked(len)
}

/// A link that answers from a recording, as long as the same is asked in the same order. Else the
/// card is as good as gone.
#[derive(Debug)]
pub struct Replay<'a> {
    recording: &'a Recording,
    next: usize,
}

impl<'a> Replay<'a> {
    /// From the beginning.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        Self { recording, next: 0 }
    }

    /// Whether everything was asked for.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.next == self.recording.exchanges.len()
    }
}

impl Link for Replay<'_> {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let exchange = self.recording.exchanges.get(self.next);
        let exchange = exchange.filter(|exchange| exchange.command == command);
        let exchange = exchange.ok_or(LinkError::Removed)?;
        self.next += 1;
        Ok(exchange.response.clone())
    }

    fn atr(&self) -> &[u8] {
        &self.recording.atr
    }

    fn protocol(&self) -> Protocol {
        self.recording.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_BYTES, Protocol, Recording, Replay};
    use crate::transport::link::{Link as _, LinkError};

    const SELECT: [u8; 7] = [0x00, 0xA4, 0x04, 0x00, 0x02, 0xA0, 0x00];

    fn sample() -> Recording {
        let mut recording = Recording::new(&[0x3B, 0x00], Protocol::T1);
        recording.add(&SELECT, &[0x90, 0x00]);
        recording.add(&[0x00, 0xCA, 0x00, 0x6E, 0x00], &[1, 2, 0x90, 0x00]);
        recording
    }

    #[test]
    fn a_replay_answers_what_was_asked_in_its_order_and_nothing_else() {
        let recording = sample();
        let mut replay = Replay::new(&recording);
        assert_eq!(replay.exchange(&SELECT).unwrap(), [0x90, 0x00]);
        assert_eq!(replay.exchange(&SELECT), Err(LinkError::Removed));
        let answer = replay.exchange(&[0x00, 0xCA, 0x00, 0x6E, 0x00]);
        assert_eq!(answer.unwrap(), [1, 2, 0x90, 0x00]);
        assert!(replay.is_over());
        assert_eq!(replay.exchange(&SELECT), Err(LinkError::Removed));
    }

    #[test]
    fn nothing_is_kept_of_a_conversation_with_a_secret() {
        let verify = [0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34];
        let printed = [
            0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x09, 0x00,
        ];
        let cut_short = [0x00, 0x20, 0x00, 0x80, 0x09, 0x31];
        for secret in [&verify[..], &printed, &cut_short] {
            let mut recording = sample();
            recording.add(secret, &[0x90, 0x00]);
            recording.add(&SELECT, &[0x90, 0x00]);
            assert!(
                !recording.is_whole() && recording.is_empty(),
                "{secret:02X?}"
            );
            assert!(!sample().begins_with(&recording));
        }
        let mut asks = sample();
        asks.add(&[0x00, 0x20, 0x00, 0x80], &[0x63, 0xC3]);
        assert!(asks.is_whole());
        assert!(asks.begins_with(&sample()) && !sample().begins_with(&asks));
    }

    #[test]
    fn no_more_is_kept_than_its_limit() {
        let mut recording = sample();
        let answer = vec![0; 65_538];
        for _ in 0..20 {
            recording.add(&[0x00, 0xB0, 0x00, 0x00, 0x00], &answer);
            assert!(recording.to_bytes().len() <= MAX_BYTES + 1024);
        }
        assert!(!recording.is_whole());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_recording_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(recording) = Recording::from_bytes(&bytes) {
                prop_assert_eq!(recording.to_bytes(), bytes);
            }
        }

        #[test]
        fn what_was_written_is_read_and_nothing_that_is_cut_short(cut in 1_usize..46) {
            let recording = sample();
            let bytes = recording.to_bytes();
            let shorter = bytes.get(..bytes.len().saturating_sub(cut)).unwrap();
            let (read, cut) = (Recording::from_bytes(&bytes), Recording::from_bytes(shorter));
            prop_assert_ne!(&cut, &read);
            prop_assert_eq!(read, Some(recording));
        }
    }
}
