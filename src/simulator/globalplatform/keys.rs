//! Key sets, how they are derived from a master key, and the proof that somebody has them (sheet
//! "globalplatform", 1.3, 2.5 and 4).

use super::scp::primitives::{AES_BLOCK, Cipher, cmac};
use crate::iso7816::StatusWord;

/// The version of the keys a card is sold with. Commands call it 00.
pub(super) const FACTORY: u8 = 0xFF;
/// The keys of test cards: 40 to 4F.
pub(super) const TEST_KEY: [u8; 16] = [
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
];
/// How many sets a card has room for.
const SETS: usize = 12;
/// How often the proof may go wrong in a row.
const TRIES: u8 = 10;

/// What keys are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CipherKind {
    Des,
    Aes,
}

impl CipherKind {
    /// The key type in a key information template.
    pub(super) fn type_byte(self) -> u8 {
        match self {
            Self::Des => 0x80,
            Self::Aes => 0x88,
        }
    }

    /// The first three bytes of a known block, enciphered.
    pub(super) fn check_value(self, key: &[u8]) -> Option<[u8; 3]> {
        let block = match self {
            Self::Des => Cipher::triple(key)?.each(&[0; 8]),
            Self::Aes => Cipher::aes(key)?.each(&[1; AES_BLOCK]),
        };
        block.first_chunk::<3>().copied()
    }
}

/// How the keys of a card come from a master key (sheet, 2.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Diversification {
    /// VISA2, with 3DES.
    Visa2,
    /// EMV CPS 1.1, with 3DES.
    Emv,
    /// KDF3, with AES.
    Kdf3,
}

impl Diversification {
    /// The keys for encryption, for codes and for keys. Nothing if the master key has no length
    /// for the cipher.
    pub(super) fn keys(self, master: &[u8], data: [u8; 10]) -> Option<[Vec<u8>; 3]> {
        let [a, b, .., c, d] = data;
        let [_, _, _, _, e, f, g, h, _, _] = data;
        let unique = match self {
            Self::Visa2 => [a, b, e, f, g, h],
            Self::Emv => [e, f, g, h, c, d],
            Self::Kdf3 => {
                let key = |number| derived(master, number, data);
                return Some([key(1)?, key(2)?, key(3)?]);
            }
        };
        let cipher = Cipher::triple(master)?;
        Some([1, 2, 3].map(|number| {
            cipher.each(&[&unique[..], &[0xF0, number], &unique, &[0x0F, number]].concat())
        }))
    }
}

/// A key of KDF3, as long as the master key.
fn derived(master: &[u8], number: u8, data: [u8; 10]) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    for block in 1..=2 {
        key.extend(cmac(master, &[&[block, 0, 0, 0, number, 0], &data])?);
    }
    key.truncate(master.len());
    Some(key)
}

/// The three keys of one version.
#[derive(Clone, Debug)]
pub(super) struct KeySet {
    pub(super) version: u8,
    pub(super) cipher: CipherKind,
    /// For encryption, for codes, for keys: 1, 2 and 3.
    pub(super) keys: [Vec<u8>; 3],
    /// How many channels were opened with it.
    pub(super) sequence: u32,
}

/// The key sets of a security domain.
#[derive(Clone, Debug)]
pub(super) struct KeyRing {
    sets: Vec<KeySet>,
    failures: u8,
}

impl KeyRing {
    pub(super) fn new(set: KeySet) -> Self {
        Self {
            sets: vec![set],
            failures: 0,
        }
    }

    /// The set that a command names; 00 is the first there is.
    pub(super) fn find(&self, version: u8) -> Option<&KeySet> {
        match version {
            0 => self.sets.first(),
            FACTORY => None,
            _ => self.sets.iter().find(|set| set.version == version),
        }
    }

    /// The set with just this version.
    pub(super) fn exact_mut(&mut self, version: u8) -> Option<&mut KeySet> {
        self.sets.iter_mut().find(|set| set.version == version)
    }

    pub(super) fn sets_mut(&mut self) -> &mut [KeySet] {
        &mut self.sets
    }

    /// Adds a set. The factory keys make way for it.
    ///
    /// # Errors
    ///
    /// The version is taken, or there is no room.
    pub(super) fn add(&mut self, set: KeySet) -> Result<(), StatusWord> {
        if self.sets.iter().any(|other| other.version == set.version) {
            return Err(StatusWord::WRONG_DATA);
        }
        if self.sets.len() >= SETS {
            return Err(super::NO_MEMORY);
        }
        self.sets.retain(|other| other.version != FACTORY);
        self.sets.push(set);
        Ok(())
    }

    /// Puts a set in the place of another one, with the same kind of keys.
    ///
    /// # Errors
    ///
    /// The one to be replaced is not there, its keys are of another size, or the new version is
    /// taken by a third.
    pub(super) fn replace(&mut self, old: u8, set: KeySet) -> Result<(), StatusWord> {
        let taken = set.version != old && self.sets.iter().any(|one| one.version == set.version);
        let place = self.exact_mut(old).ok_or(StatusWord::NO_OBJECT)?;
        let sizes = |set: &KeySet| set.keys.each_ref().map(Vec::len);
        if taken || place.cipher != set.cipher || sizes(place) != sizes(&set) {
            return Err(StatusWord::WRONG_DATA);
        }
        *place = set;
        Ok(())
    }

    /// Deletes a set; the last one stays.
    ///
    /// # Errors
    ///
    /// It is not there, or it is the last.
    pub(super) fn delete(&mut self, version: u8) -> Result<(), StatusWord> {
        if !self.sets.iter().any(|set| set.version == version) {
            return Err(StatusWord::NO_OBJECT);
        }
        if self.sets.len() == 1 {
            return Err(StatusWord::CONDITIONS);
        }
        self.sets.retain(|set| set.version != version);
        Ok(())
    }

    pub(super) fn is_locked(&self) -> bool {
        self.failures >= TRIES
    }

    pub(super) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Everything that lasts but the counters of channels, for comparisons.
    pub(super) fn image(&self) -> String {
        let mut image = format!("{} failures\n", self.failures);
        for set in &self.sets {
            image += &format!("{:02X} {:?} {:02X?}\n", set.version, set.cipher, set.keys);
        }
        image
    }

    /// The value of the key information template.
    pub(super) fn template(&self) -> Vec<u8> {
        let mut template = Vec::new();
        for set in &self.sets {
            for (number, key) in (1..).zip(&set.keys) {
                let len = u8::try_from(key.len()).unwrap_or(0);
                template.extend([0xC0, 4, number, set.version, set.cipher.type_byte(), len]);
            }
        }
        template
    }
}
