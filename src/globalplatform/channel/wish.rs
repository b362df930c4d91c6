//! What a secure channel shall be like.

use serde::{Deserialize, Serialize};

use super::ChannelError;
use crate::globalplatform::Aid;
use crate::globalplatform::attempts::CardId;
use crate::globalplatform::keys::{Diversification, KeyFamily};
use crate::token::{CardManager, SecureChannelProtocol};

/// What a secure channel shall be like, and what is known of the card.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which card it is.
    pub card: CardId,
    /// Version of the key set; 0 for the first that the card has. Keys of the factory, FF in lists of
    /// keys, are had by 0 on many cards, and not by their number.
    pub key_version: u8,
    /// Index of the key set (SCP01 of Open Platform); else 0.
    pub key_index: u8,
    /// What is protected.
    pub level: Level,
    /// How the card's keys come from those that are given.
    pub diversification: Diversification,
    /// What the card announced in its recognition data, in its order; empty if it did not.
    pub announced: Vec<SecureChannelProtocol>,
    /// Which standard the card follows.
    pub edition: Edition,
    /// Whether nobody said so: what it looks like. An answer that may be of the other one is then read
    /// in both ways.
    pub edition_guessed: bool,
    /// When SCP03 counts.
    pub counter: CounterRule,
    /// Challenges of 16 bytes (SCP03), even if the card did not announce them.
    pub long_challenge: bool,
    /// The security domain that is selected, if it is known: what pseudo-random challenges are held
    /// against.
    pub domain: Option<Aid>,
    /// The explicit word to try keys that failed on this card before, and to take a sequence counter that
    /// began anew: keys that were put there once more count from the beginning.
    pub try_again: bool,
}

/// The standard of a card.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Open Platform 2.0.1': always SCP01 with i = 05; the byte that names the protocol later is the
    /// index of the key set here.
    OpenPlatform201,
    /// GlobalPlatform 2.1.1 and later.
    #[default]
    GlobalPlatform,
}

/// When SCP03 counts on.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum CounterRule {
    /// With every command, as the standard wants it.
    #[default]
    EveryCommand,
    /// Only with those that have data, as a few cards do.
    CommandsWithData,
}

/// What of the commands and answers is protected (the byte P1 of EXTERNAL AUTHENTICATE).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 00: nothing; both sides only proved that they have the keys.
    Clear,
    /// 01: commands have a MAC.
    #[default]
    Mac,
    /// 03: commands have a MAC and are encrypted.
    MacEncryption,
    /// 11: commands and answers have a MAC.
    MacBoth,
    /// 13: commands and answers have a MAC, commands are encrypted.
    MacBothEncryption,
    /// 33: commands and answers have a MAC and are encrypted.
    All,
}

impl Level {
    /// The level of a byte, if it is one.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x00 => Self::Clear,
            0x01 => Self::Mac,
            0x03 => Self::MacEncryption,
            0x11 => Self::MacBoth,
            0x13 => Self::MacBothEncryption,
            0x33 => Self::All,
            _ => return None,
        })
    }

    /// The byte for EXTERNAL AUTHENTICATE.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Clear => 0x00,
            Self::Mac => 0x01,
            Self::MacEncryption => 0x03,
            Self::MacBoth => 0x11,
            Self::MacBothEncryption => 0x13,
            Self::All => 0x33,
        }
    }

    /// Whether commands have a MAC.
    #[must_use]
    pub fn has_mac(self) -> bool {
        self.byte() & 0x01 != 0
    }

    /// Whether commands are encrypted.
    #[must_use]
    pub fn has_encryption(self) -> bool {
        self.byte() & 0x02 != 0
    }

    /// Whether this level of a protocol tells about keys by how it refuses wrong padding: published
    /// for the encryption of SCP02 on ten cards (TCHES 2018/2).
    #[must_use]
    pub fn has_padding_oracle(self, scp: u8) -> bool {
        scp == 2 && self.has_encryption()
    }

    /// Whether answers have a MAC.
    #[must_use]
    pub fn has_r_mac(self) -> bool {
        self.byte() & 0x10 != 0
    }

    /// Whether answers are encrypted.
    #[must_use]
    pub fn has_r_encryption(self) -> bool {
        self.byte() & 0x20 != 0
    }
}

impl Wish {
    /// For a card of which nothing is known but which one it is: its first key set, with MACs.
    #[must_use]
    pub fn of_card(card: CardId) -> Self {
        Self {
            card,
            key_version: 0,
            key_index: 0,
            level: Level::default(),
            diversification: Diversification::default(),
            announced: Vec::new(),
            edition: Edition::default(),
            edition_guessed: false,
            counter: CounterRule::default(),
            long_challenge: false,
            domain: None,
            try_again: false,
        }
    }

    /// For a card manager that was found on the card with this answer to reset: its first key set,
    /// with MACs.
    #[must_use]
    pub fn for_manager(manager: &CardManager, atr: &[u8]) -> Self {
        let unique = manager.cplc.as_ref().and_then(|cplc| cplc.unique_id());
        let card = match unique {
            Some(unique) => CardId::of_chip(&unique),
            None => CardId::of_kind(atr, &manager.aid),
        };
        let recognition = manager.recognition.as_ref();
        Self {
            announced: recognition.map_or_else(Vec::new, |known| known.protocols.clone()),
            domain: Aid::new(&manager.aid).ok(),
            ..Self::of_card(card)
        }
    }

    /// What the card announced and is spoken here.
    pub(super) fn known_protocols(&self) -> impl Iterator<Item = SecureChannelProtocol> + '_ {
        let known = self.announced.iter().copied();
        known.filter(|protocol| matches!(protocol.scp, 1..=3))
    }

    /// What can be said against it before the card is asked.
    pub(super) fn check(&self, family: KeyFamily) -> Result<(), ChannelError> {
        let level = self.level;
        if family == KeyFamily::TripleDes && level.has_r_mac() {
            // SCP01 has none; what SCP02 does is told in two ways (sheet "globalplatform", 2.3).
            return Err(ChannelError::LevelNotSupported { level });
        }
        let fits = |found: SecureChannelProtocol| family_of(found) == Some(family);
        match self.known_protocols().last() {
            Some(found) if !self.known_protocols().any(fits) => {
                Err(ChannelError::OtherFamily { found, family })
            }
            _ => Ok(()),
        }
    }

    /// Whether the challenges have 16 bytes.
    pub(super) fn is_long(&self, family: KeyFamily) -> bool {
        let mut announced = self.known_protocols().filter(|known| known.scp == 3);
        let long = |known: SecureChannelProtocol| known.i & u16::from(super::scp03::LONG) != 0;
        family == KeyFamily::Aes && (self.long_challenge || announced.next().is_some_and(long))
    }
}

/// The keys of a protocol.
pub(super) fn family_of(protocol: SecureChannelProtocol) -> Option<KeyFamily> {
    match protocol.scp {
        1 | 2 => Some(KeyFamily::TripleDes),
        3 => Some(KeyFamily::Aes),
        _ => None,
    }
}
