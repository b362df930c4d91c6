//! The commands that change what is on the card: DELETE, INSTALL, LOAD, STORE DATA and PUT KEY
//! (sheet "globalplatform", 4).

use super::Java;
use super::keys::{CipherKind, KeySet};
use super::load::{Loading, install};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;

/// An answer without a receipt.
const NO_RECEIPT: u8 = 0x00;

/// In P1 of LOAD: the last block.
const LAST_BLOCK: u8 = 0x80;

/// The smallest and the greatest version that keys can be given.
const VERSIONS: std::ops::RangeInclusive<u8> = 0x01..=0x7F;

/// A key that PUT KEY brings.
struct KeyField<'a> {
    /// Deciphered.
    key: Vec<u8>,
    /// Its check value, which was right if it was said.
    check: [u8; 3],
    /// What follows it in the command.
    behind: &'a [u8],
}

impl Java {
    pub(super) fn delete(&mut self, [p1, p2]: [u8; 2], data: &[u8]) -> Result {
        let related = match p2 {
            0x00 => false,
            0x80 if !self.model.open_platform => true,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if p1 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        if let Some(aid) = ber::find(data, &[0x4F]) {
            if !(5..=16).contains(&aid.len()) {
                return Err(StatusWord::WRONG_DATA);
            }
            if aid == self.registry.aid || self.model.resident(aid).is_some() {
                return Err(StatusWord::CONDITIONS);
            }
            self.registry.delete(aid, related)?;
            return Ok(vec![NO_RECEIPT]);
        }
        // Keys are deleted by the set.
        let number = ber::find(data, &[0xD0]);
        match ber::find(data, &[0xD2]) {
            Some([version]) if number.is_none() => self.keys.delete(*version)?,
            _ => return Err(StatusWord::WRONG_DATA),
        }
        Ok(vec![NO_RECEIPT])
    }

    pub(super) fn install(&mut self, [p1, p2]: [u8; 2], data: &[u8]) -> Result {
        if p2 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        match p1 {
            0x02 => {
                let loading = Loading::begin(&self.registry, &self.model, data)?;
                self.session.loading = Some(loading);
                Ok(vec![NO_RECEIPT])
            }
            0x04 | 0x08 | 0x0C => {
                install(&mut self.registry, &self.model, self.factory, p1, data)?;
                let mut answer = vec![NO_RECEIPT];
                if p1 != 0x08 {
                    answer.extend_from_slice(self.model.install_tail);
                }
                Ok(answer)
            }
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// LOAD. Any error throws away what was loaded before.
    pub(super) fn load(&mut self, [p1, p2]: [u8; 2], block: &[u8], le: Option<usize>) -> Result {
        let mut loading = self.session.loading.take().ok_or(StatusWord::CONDITIONS)?;
        if p1 & !LAST_BLOCK != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let last = p1 == LAST_BLOCK;
        // Seen on the Cyberflex (sheet, 4).
        if self.model.open_platform && !last && le.is_some() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        loading.block(&self.registry, p2, block)?;
        if !last {
            self.session.loading = Some(loading);
            return Ok(Vec::new());
        }
        let package = loading.finish(&self.registry, &self.model)?;
        self.registry.packages.push(package);
        Ok(vec![NO_RECEIPT])
    }

    /// STORE DATA, as far as the numbers of the issuer and of the card.
    pub(super) fn store_data(&mut self, p1: u8, data: &[u8]) -> Result {
        if p1 & 0x60 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let mut objects = ber::objects(data);
        let (issuer, card) = match objects.next() {
            Some(object) if object.tag == ber::Tag(0x42) => (Some(object.value), None),
            Some(object) if object.tag == ber::Tag(0x45) => (None, Some(object.value)),
            _ => return Err(StatusWord::WRONG_DATA),
        };
        if !objects.rest().is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        if let Some(value) = issuer {
            self.issuer_number = Some(value.to_vec());
        }
        if let Some(value) = card {
            self.card_number = Some(value.to_vec());
        }
        Ok(Vec::new())
    }

    /// PUT KEY: a new set of three keys, a set in the place of another one, or one key of a set.
    pub(super) fn put_key(&mut self, [old, index]: [u8; 2], data: &[u8]) -> Result {
        let (&version, mut rest) = data.split_first().ok_or(StatusWord::WRONG_DATA)?;
        if !VERSIONS.contains(&version) {
            return Err(StatusWord::WRONG_DATA);
        }
        let count = match index {
            0x81 => 3,
            0x01..=0x03 => 1,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let cipher = self.model.protocol.cipher();
        let mut keys = Vec::new();
        let mut answer = vec![version];
        for _ in 0..count {
            let field = self.key_field(cipher, rest)?;
            rest = field.behind;
            keys.push(field.key);
            answer.extend(field.check);
        }
        if !rest.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        let keys: [Vec<u8>; 3] = match <[Vec<u8>; 3]>::try_from(keys) {
            Ok(keys) => keys,
            Err(one) => self.with_one_key(old, index, one)?,
        };
        let set = KeySet {
            version,
            cipher,
            keys,
            sequence: 0,
        };
        match old {
            0 => self.keys.add(set)?,
            _ => self.keys.replace(old, set)?,
        }
        Ok(answer)
    }

    /// The keys of a set, one of them changed.
    fn with_one_key(
        &self,
        version: u8,
        index: u8,
        one: Vec<Vec<u8>>,
    ) -> std::result::Result<[Vec<u8>; 3], StatusWord> {
        let set = self
            .keys
            .find(version)
            .filter(|_| version != 0)
            .ok_or(StatusWord::NO_OBJECT)?;
        let mut keys = set.keys.clone();
        let place = keys.get_mut(usize::from(index) - 1);
        let (place, key) = place
            .zip(one.into_iter().next())
            .ok_or(StatusWord::UNKNOWN)?;
        *place = key;
        Ok(keys)
    }

    /// The first key in the data of PUT KEY.
    fn key_field<'a>(
        &self,
        cipher: CipherKind,
        data: &'a [u8],
    ) -> std::result::Result<KeyField<'a>, StatusWord> {
        let (len, wrapped, rest) = match (cipher, data) {
            // kaoh's library says 81 to Open Platform (sheet, 3).
            (CipherKind::Des, [0x80 | 0x81, len, rest @ ..]) => {
                let (wrapped, rest) = split(rest, *len)?;
                (wrapped.len(), wrapped, rest)
            }
            (CipherKind::Aes, [0x88, len, rest @ ..]) => {
                let (field, rest) = split(rest, *len)?;
                let (&len, wrapped) = field.split_first().ok_or(StatusWord::WRONG_DATA)?;
                (usize::from(len), wrapped, rest)
            }
            _ => return Err(StatusWord::WRONG_DATA),
        };
        let right_len = match cipher {
            CipherKind::Des => len == 16,
            CipherKind::Aes => matches!(len, 16 | 24 | 32),
        };
        if !right_len || wrapped.len() != len.next_multiple_of(16) {
            return Err(StatusWord::WRONG_DATA);
        }
        let channel = self.session.channel.as_ref();
        let mut key = channel
            .and_then(|channel| channel.key(wrapped))
            .ok_or(StatusWord::SECURITY)?;
        key.truncate(len);
        let check = cipher.check_value(&key).ok_or(StatusWord::WRONG_DATA)?;
        let (said, rest) = match rest {
            [len, rest @ ..] => split(rest, *len)?,
            [] => return Err(StatusWord::WRONG_DATA),
        };
        if !said.is_empty() && said != check {
            return Err(StatusWord(0x9485));
        }
        Ok(KeyField {
            key,
            check,
            behind: rest,
        })
    }
}

fn split(bytes: &[u8], len: u8) -> std::result::Result<(&[u8], &[u8]), StatusWord> {
    bytes
        .split_at_checked(usize::from(len))
        .ok_or(StatusWord::WRONG_DATA)
}
