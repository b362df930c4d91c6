//! Response APDUs (ISO/IEC 7816-4:2020, 5.3).

use super::StatusWord;

/// What a card answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// The data, without the status word.
    pub data: Vec<u8>,
    /// The status word.
    pub sw: StatusWord,
}

impl Response {
    /// From the bytes of the wire; nothing if there is no status word.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (data, sw) = bytes.split_last_chunk::<2>()?;
        Some(Self {
            data: data.to_vec(),
            sw: StatusWord(u16::from_be_bytes(*sw)),
        })
    }

    /// A response without data.
    #[must_use]
    pub fn status(sw: StatusWord) -> Self {
        Self {
            data: Vec::new(),
            sw,
        }
    }
}
