//! What of a script may be secret: keys, and commands that are sent as they are.

use crate::base::secret::Secret;
use crate::transport::names;

/// A key of a script: 16, 24 or 32 bytes.
#[derive(Debug)]
pub struct Key(Secret);

impl Key {
    /// The key that cards for developers come with: it stands in every manual.
    pub const WELL_KNOWN: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

    /// A key; nothing if it has another length than keys have.
    #[must_use]
    pub fn new(bytes: Secret) -> Option<Self> {
        matches!(bytes.len(), 16 | 24 | 32).then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether everybody knows it.
    #[must_use]
    pub fn is_well_known(&self) -> bool {
        self.0.same_as(&Secret::new(&Self::WELL_KNOWN))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_as(&other.0)
    }
}

impl Eq for Key {}

/// A command that is sent as it is: 4 to 261 bytes. There may be a PIN in it.
#[derive(Debug)]
pub struct Apdu(Secret);

impl Apdu {
    /// A command; nothing if it is shorter than a header or longer than a short command.
    #[must_use]
    pub fn new(bytes: Secret) -> Option<Self> {
        (4..=261).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether its data may be a PIN or a key. What a card manager is asked for and told of its contents
    /// is none.
    #[must_use]
    pub fn may_be_secret(&self) -> bool {
        let bytes = self.0.expose();
        let of_card_manager = matches!(
            bytes,
            [
                0x80 | 0x84,
                0xA4 | 0xCA | 0xCB | 0xE4 | 0xE6 | 0xE8 | 0xF0 | 0xF2,
                ..
            ]
        );
        !of_card_manager && names::hands_over_secret(bytes)
    }
}

impl PartialEq for Apdu {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_as(&other.0)
    }
}

impl Eq for Apdu {}
