//! GET DATA and PUT DATA (SP 800-73-4 Part 2, 3.1.2 and 3.3.2).

use super::Piv;
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber::{self, Tag};
use crate::simulator::chip::Result;

/// Discovery object.
pub(super) const DISCOVERY: u32 = 0x7E;
/// Key history object.
pub(super) const KEY_HISTORY: u32 = 0x5F_C10C;
/// Attestation certificate of a YubiKey.
pub(super) const ATTESTATION: u32 = 0x5F_FF01;

/// Largest object in bytes: what a YubiKey 5 takes.
const OBJECT_MAX: usize = 3052;

impl Piv {
    pub(super) fn get_data(&self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if [p1, p2] != [0x3F, 0xFF] {
            return Err(StatusWord::WRONG_P1P2);
        }
        let (tag, rest) = tag_list(data).ok_or(StatusWord::WRONG_DATA)?;
        if !rest.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        if needs_pin(tag) && !self.verified {
            return Err(StatusWord::SECURITY);
        }
        let value = self.objects.get(&tag).ok_or(StatusWord::NOT_FOUND)?;
        Ok(ber::encode(wrapper(tag), value))
    }

    pub(super) fn put_data(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if [p1, p2] != [0x3F, 0xFF] {
            return Err(StatusWord::WRONG_P1P2);
        }
        if !self.managed {
            return Err(StatusWord::SECURITY);
        }
        // The discovery object comes without a tag list.
        let (tag, value) = match data {
            [0x7E, ..] => (DISCOVERY, data),
            _ => tag_list(data).ok_or(StatusWord::WRONG_DATA)?,
        };
        let value = ber::find(value, &[wrapper(tag)]).ok_or(StatusWord::WRONG_DATA)?;
        if !self.may_exist(tag) {
            return Err(StatusWord::NOT_FOUND);
        }
        if value.len() > OBJECT_MAX {
            return Err(StatusWord(0x6A84));
        }
        if value.is_empty() {
            self.objects.remove(&tag);
        } else {
            self.objects.insert(tag, value.to_vec());
        }
        Ok(Vec::new())
    }

    /// Objects of SP 800-73-4 Part 1, table 3, and those that a YubiKey adds.
    fn may_exist(&self, tag: u32) -> bool {
        match tag {
            DISCOVERY | 0x5F_C101..=0x5F_C123 => true,
            0x5F_0000..=0x5F_FFFF => self.yubikey.is_some(),
            _ => false,
        }
    }
}

/// Printed information, and everything biometric.
fn needs_pin(tag: u32) -> bool {
    matches!(tag, 0x5F_C103 | 0x5F_C108 | 0x5F_C109 | 0x5F_C121)
}

/// The tag around the value of an object.
fn wrapper(tag: u32) -> u32 {
    match tag {
        DISCOVERY | 0x7F61 => tag,
        _ => 0x53,
    }
}

/// The tag in a tag list of one to three bytes, and what follows the list.
fn tag_list(data: &[u8]) -> Option<(u32, &[u8])> {
    let list = ber::objects(data)
        .next()
        .filter(|list| list.tag == Tag(0x5C))?;
    if !matches!(list.value.len(), 1..=3) {
        return None;
    }
    let tag = list
        .value
        .iter()
        .fold(0, |tag, &byte| tag << 8 | u32::from(byte));
    Some((tag, data.get(2 + list.value.len()..)?))
}
