//! What pcsc-lite's library and its service say to each other over their socket, protocol 4:4
//! (pcsc-lite 1.8.24 to 1.9.9, `winscard_msg.h`): for a client that asks what a service knows without
//! the library, and for a service that lies.
//!
//! A message is a header (size of the body, number of the command; 4 bytes each, in the byte order
//! of the machine) and a body. Answers are bodies alone.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Numbers of commands.
pub(crate) const ESTABLISH: u32 = 0x01;
pub(crate) const RELEASE: u32 = 0x02;
pub(crate) const CONNECT: u32 = 0x04;
pub(crate) const RECONNECT: u32 = 0x05;
pub(crate) const DISCONNECT: u32 = 0x06;
pub(crate) const BEGIN: u32 = 0x07;
pub(crate) const END: u32 = 0x08;
pub(crate) const TRANSMIT: u32 = 0x09;
pub(crate) const CONTROL: u32 = 0x0A;
pub(crate) const STATUS: u32 = 0x0B;
pub(crate) const CANCEL: u32 = 0x0D;
pub(crate) const VERSION: u32 = 0x11;
pub(crate) const READERS: u32 = 0x12;
pub(crate) const WAIT: u32 = 0x13;
pub(crate) const STOP_WAITING: u32 = 0x14;

/// How many readers a service has room for.
pub(crate) const ROOM: usize = 16;

/// Bytes of one reader in the list.
pub(crate) const READER_SIZE: usize = 184;

/// Bits of a reader's state.
pub(crate) const ABSENT: u32 = 0x02;
pub(crate) const PRESENT: u32 = 0x04;
pub(crate) const SWALLOWED: u32 = 0x08;
pub(crate) const POWERED: u32 = 0x10;
pub(crate) const SPECIFIC: u32 = 0x40;

/// A reader as the list has it. Nothing keeps it from being nonsense.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ReaderEntry {
    /// Up to 128 bytes, with or without a NUL at the end.
    pub(crate) name: Vec<u8>,
    pub(crate) events: u32,
    pub(crate) state: u32,
    pub(crate) sharing: i32,
    /// Up to 33 bytes.
    pub(crate) atr: Vec<u8>,
    /// How long it is said to be.
    pub(crate) atr_len: u32,
    pub(crate) protocol: u32,
}

impl ReaderEntry {
    /// An empty reader.
    pub(crate) fn empty(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            events: 0,
            state: ABSENT,
            sharing: 0,
            atr: Vec::new(),
            atr_len: 0,
            protocol: 0,
        }
    }

    /// A reader with a card that answers to reset.
    pub(crate) fn with_card(name: &[u8], atr: &[u8]) -> Self {
        Self {
            events: 1,
            state: PRESENT | POWERED | SPECIFIC,
            atr: atr.to_vec(),
            atr_len: u32::try_from(atr.len()).unwrap(),
            protocol: 2,
            ..Self::empty(name)
        }
    }

    fn to_bytes(&self) -> [u8; READER_SIZE] {
        let mut bytes = [0; READER_SIZE];
        bytes[..self.name.len()].copy_from_slice(&self.name);
        bytes[128..132].copy_from_slice(&self.events.to_ne_bytes());
        bytes[132..136].copy_from_slice(&self.state.to_ne_bytes());
        bytes[136..140].copy_from_slice(&self.sharing.to_ne_bytes());
        bytes[140..140 + self.atr.len()].copy_from_slice(&self.atr);
        bytes[176..180].copy_from_slice(&self.atr_len.to_ne_bytes());
        bytes[180..184].copy_from_slice(&self.protocol.to_ne_bytes());
        bytes
    }
}

/// The whole list, with room for those that are not there. One that is longer than the room is sent
/// as it is.
pub(crate) fn list(readers: &[ReaderEntry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = readers.iter().flat_map(ReaderEntry::to_bytes).collect();
    bytes.resize(bytes.len().max(ROOM * READER_SIZE), 0);
    bytes
}

/// Numbers one after the other.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The number at `index` of a body, counted in numbers.
pub(crate) fn word(body: &[u8], index: usize) -> u32 {
    let bytes = body.get(4 * index..4 * index + 4);
    bytes.map_or(0, |bytes| u32::from_ne_bytes(bytes.try_into().unwrap()))
}

/// Names of the readers of a service and whether each holds a card, as the service itself says.
///
/// # Errors
///
/// Nobody is there, or nobody answers within `limit`.
pub(crate) fn ask(socket: &Path, limit: Duration) -> io::Result<Vec<(String, bool)>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(&words(&[12, VERSION, 4, 4, 0]))?;
    stream.read_exact(&mut [0; 12])?;
    stream.write_all(&words(&[0, READERS]))?;
    let mut readers = vec![0; ROOM * READER_SIZE];
    stream.read_exact(&mut readers)?;
    let readers = readers.chunks(READER_SIZE).filter_map(|reader| {
        let name: Vec<u8> = reader[..128]
            .iter()
            .copied()
            .take_while(|&b| b != 0)
            .collect();
        let name = String::from_utf8_lossy(&name).into_owned();
        let present = word(reader, 33) & PRESENT != 0;
        (!name.is_empty()).then_some((name, present))
    });
    Ok(readers.collect())
}
