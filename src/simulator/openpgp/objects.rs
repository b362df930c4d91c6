//! GET DATA, and the objects as they are read (4.4, 7.2.6).

use super::keys::Slot;
use super::model::{self, Model};
use super::{KeyRef, OpenPgp, WRONG_P1P2, attributes};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;

/// The key derivation object of a card that uses none.
const NO_KDF: &[u8] = &[0x81, 0x01, 0x00];

impl OpenPgp {
    pub(super) fn get_data(&self, tag: u32) -> Result {
        let readable = match tag {
            0x0103 => self.verified.other,
            0x0104 => self.verified.admin,
            _ => true,
        };
        let value = self.object(tag).ok_or(StatusWord::NO_OBJECT)?;
        if readable {
            Ok(value)
        } else {
            Err(StatusWord::SECURITY)
        }
    }

    /// What GET DATA brings: constructed objects with their tag, simple ones without.
    fn object(&self, tag: u32) -> Option<Vec<u8>> {
        let version_3 = self.model.is_version_3();
        let stored = |tag| self.objects.get(&tag).cloned().unwrap_or_default();
        Some(match tag {
            0x4F => self.model.aid().to_vec(),
            0x5E | 0x5F50 | 0x5B | 0x5F2D => stored(tag),
            0x5F35 => self.sex(),
            0x5F52 => self.model.historical(self.terminated).to_vec(),
            0x65 => self.cardholder(),
            0x6E => self.application_related_data(),
            0x7A => ber::encode(0x7A, &ber::encode(0x93, &self.counter())),
            0x7F21 => self.certificates.get(self.certificate)?.clone(),
            0x0101..=0x0104 if self.model.has(model::PRIVATE) => stored(tag),
            0xC0 => self.model.capabilities().to_vec(),
            0xC1..=0xC3 => self.slot_with_attributes(tag)?.attributes.bytes.clone(),
            0xC4 => self.pin_status().to_vec(),
            0xC5 => self.of_all(|slot| slot.fingerprint.to_vec()),
            0xC6 => [0xCA, 0xCB, 0xCC].map(|tag| self.authority(tag)).concat(),
            0xCD => self.of_all(|slot| slot.created.to_vec()),
            0xDE if version_3 => self.key_information(),
            0xD6..=0xD8 if self.model.touch => self.touch_policy(tag).to_vec(),
            0xF9 if self.model.has(model::KDF) => self.kdf().to_vec(),
            0xFA if version_3 => self.algorithm_information(),
            _ => return self.attestation_object(tag),
        })
    }

    /// The key derivation object in force.
    pub(super) fn kdf(&self) -> &[u8] {
        self.objects.get(&0xF9).map_or(NO_KDF, |kdf| kdf)
    }

    fn sex(&self) -> Vec<u8> {
        // 39 is "not announced" (ISO/IEC 5218).
        self.objects.get(&0x5F35).cloned().unwrap_or(vec![0x39])
    }

    fn cardholder(&self) -> Vec<u8> {
        let empty = Vec::new();
        let mut data = Vec::new();
        for tag in [0x5B, 0x5F2D] {
            ber::push(&mut data, tag, self.objects.get(&tag).unwrap_or(&empty));
        }
        ber::push(&mut data, 0x5F35, &self.sex());
        ber::encode(0x65, &data)
    }

    fn counter(&self) -> [u8; 3] {
        let [_, high, middle, low] = self.signatures.to_be_bytes();
        [high, middle, low]
    }

    /// DO 6E (4.4.1).
    fn application_related_data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let model = &self.model;
        ber::push(&mut data, 0x4F, &model.aid());
        ber::push(&mut data, 0x5F52, &model.historical(self.terminated));
        if let (Some(lengths), true) = (model.extended, model.is_version_3()) {
            ber::push(&mut data, 0x7F66, &extended_lengths(lengths));
        }
        if model.firmware.is_some() {
            // A button can be pressed.
            ber::push(&mut data, 0x7F74, &ber::encode(0x81, &[0x20]));
        }
        let mut inner = Vec::new();
        for tag in [
            0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xCD, 0xDE, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
            0xDB, 0xDC, 0xDD,
        ] {
            if let Some(value) = self.object(tag) {
                ber::push(&mut inner, tag, &value);
            }
        }
        if model.nested {
            ber::push(&mut data, 0x73, &inner);
        } else {
            data.extend(inner);
        }
        ber::encode(0x6E, &data)
    }

    /// PW status bytes (4.4.3.4).
    fn pin_status(&self) -> [u8; 7] {
        let max = self.model.pin_max;
        [
            u8::from(self.lasting),
            max,
            max,
            max,
            self.pw1.left,
            self.rc.left,
            self.pw3.left,
        ]
    }

    fn of_all(&self, part: impl Fn(&Slot) -> Vec<u8>) -> Vec<u8> {
        KeyRef::ALL.map(|key| part(self.slot(key))).concat()
    }

    /// A fingerprint of an authority; zeros until it is written.
    fn authority(&self, tag: u32) -> Vec<u8> {
        self.objects.get(&tag).cloned().unwrap_or(vec![0; 20])
    }

    fn touch_policy(&self, tag: u32) -> [u8; 2] {
        match self.objects.get(&tag).map(Vec::as_slice) {
            Some(&[policy, feature]) => [policy, feature],
            // Off; by a button.
            _ => [0x00, 0x20],
        }
    }

    /// Key information (4.4.3.8).
    fn key_information(&self) -> Vec<u8> {
        let mut information = Vec::new();
        for (number, key) in [1, 2, 3].into_iter().zip(KeyRef::ALL) {
            let slot = self.slot(key);
            let origin = match (&slot.key, slot.imported) {
                (None, _) => 0x00,
                (Some(_), false) => 0x01,
                (Some(_), true) => 0x02,
            };
            information.extend([number, origin]);
        }
        if self.model.firmware.is_some() {
            // The attestation key was put there by the maker.
            information.extend([0x81, 0x02]);
        }
        information
    }

    /// Algorithm information (4.4.3.11).
    fn algorithm_information(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for (tag, key) in [0xC1, 0xC2, 0xC3].into_iter().zip(KeyRef::ALL) {
            for choice in attributes::Attributes::choices(&self.model, key) {
                ber::push(&mut data, tag, &choice.bytes);
            }
        }
        ber::encode(0xFA, &data)
    }

    fn slot_with_attributes(&self, tag: u32) -> Option<&Slot> {
        key_of(tag, 0xC1).map(|key| self.slot(key))
    }

    /// SELECT DATA (7.2.5): chooses one of the three certificates.
    pub(super) fn select_data(&mut self, number: u8, p2: u8, data: &[u8]) -> Result {
        if p2 != 0x04 || data != [0x60, 0x04, 0x5C, 0x02, 0x7F, 0x21] {
            return Err(StatusWord::WRONG_DATA);
        }
        if usize::from(number) >= self.certificates.len() {
            return Err(StatusWord::NO_OBJECT);
        }
        self.certificate = usize::from(number);
        Ok(Vec::new())
    }

    /// GET NEXT DATA (7.2.7): the next certificate.
    pub(super) fn get_next_data(&mut self, p1: u8, p2: u8) -> Result {
        if [p1, p2] != [0x7F, 0x21] {
            return Err(WRONG_P1P2);
        }
        let next = self.certificate + 1;
        let value = self.certificates.get(next).ok_or(StatusWord::NO_OBJECT)?;
        self.certificate = next;
        Ok(value.clone())
    }

    /// GET CHALLENGE (7.2.15).
    pub(super) fn challenge(&mut self, le: Option<usize>) -> Result {
        if !self.model.has(model::GET_CHALLENGE) {
            return Err(StatusWord::NO_INSTRUCTION);
        }
        let most = usize::from(self.model.challenge);
        let count = le.ok_or(StatusWord::WRONG_LENGTH)?.min(most);
        Ok(self.random.bytes(count))
    }
}

/// The key that a tag of three in a row belongs to.
pub(super) fn key_of(tag: u32, first: u32) -> Option<KeyRef> {
    let index = usize::try_from(tag.checked_sub(first)?).ok()?;
    KeyRef::ALL.get(index).copied()
}

/// DO 7F66: the longest command and response.
fn extended_lengths((command, response): (u16, u16)) -> Vec<u8> {
    let mut lengths = ber::encode(0x02, &command.to_be_bytes());
    ber::push(&mut lengths, 0x02, &response.to_be_bytes());
    lengths
}

impl Model {
    /// Whether a simple object fits.
    pub(super) fn fits(&self, value: &[u8]) -> bool {
        value.len() <= usize::from(self.special)
    }
}
