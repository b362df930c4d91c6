//! Key slots: GENERATE ASYMMETRIC KEY PAIR, reading public keys (7.2.14), importing private ones
//! (4.4.3.12).

use super::attributes::Attributes;
use super::{KeyRef, OpenPgp, WRONG_P1P2, model};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// One of the three places for a key. Fingerprint and time are what the host wrote: the card
/// computes neither.
pub(super) struct Slot {
    pub(super) attributes: Attributes,
    pub(super) key: Option<PrivateKey>,
    pub(super) imported: bool,
    pub(super) fingerprint: [u8; 20],
    pub(super) created: [u8; 4],
}

impl Slot {
    pub(super) fn empty(attributes: Attributes) -> Self {
        Self {
            attributes,
            key: None,
            imported: false,
            fingerprint: [0; 20],
            created: [0; 4],
        }
    }
}

impl OpenPgp {
    pub(super) fn generate(&mut self, p1: u8, p2: u8, template: &[u8]) -> Result {
        if p2 != 0x00 {
            return Err(WRONG_P1P2);
        }
        let key = key_ref(template).ok_or(StatusWord::WRONG_DATA)?;
        match p1 {
            0x80 => {
                if !self.verified.admin {
                    return Err(StatusWord::SECURITY);
                }
                let kind = self.slot(key).attributes.kind;
                let made = self.pool.key(kind, &mut self.random);
                self.install(key, made.ok_or(StatusWord::UNKNOWN)?, false);
            }
            0x81 => (),
            _ => return Err(WRONG_P1P2),
        }
        let key = self.slot(key).key.as_ref().ok_or(StatusWord::NO_OBJECT)?;
        Ok(ber::encode(0x7F49, &key.public_objects()))
    }

    /// Puts a key into its slot; a new signature key starts its counter anew.
    pub(super) fn install(&mut self, key: KeyRef, private: PrivateKey, imported: bool) {
        if key == KeyRef::Signature {
            self.signatures = 0;
        }
        let slot = self.slot_mut(key);
        slot.key = Some(private);
        slot.imported = imported;
    }

    /// PUT DATA with an extended header list.
    pub(super) fn import(&mut self, data: &[u8]) -> Result {
        if !self.model.has(model::IMPORT) {
            return Err(StatusWord::NO_INSTRUCTION);
        }
        if !self.verified.admin {
            return Err(StatusWord::SECURITY);
        }
        let list = ber::find(data, &[0x4D]).ok_or(StatusWord::WRONG_DATA)?;
        let key = key_ref(list).ok_or(StatusWord::WRONG_DATA)?;
        let lengths = ber::find(list, &[0x7F48]).ok_or(StatusWord::WRONG_DATA)?;
        let values = ber::find(list, &[0x5F48]).ok_or(StatusWord::WRONG_DATA)?;
        let part = |tag| part(lengths, values, tag).ok_or(StatusWord::WRONG_DATA);

        let kind = self.slot(key).attributes.kind;
        let private = match kind {
            KeyKind::Rsa(_) => PrivateKey::from_primes(part(0x92)?, part(0x93)?, part(0x91)?),
            // The scalar comes with the most significant byte first, whatever the curve.
            KeyKind::X25519 => {
                let mut scalar = part(0x92)?.to_vec();
                scalar.reverse();
                PrivateKey::from_secret(kind, &scalar)
            }
            _ => PrivateKey::from_secret(kind, part(0x92)?),
        };
        let private = private
            .filter(|private| private.kind() == kind)
            .ok_or(StatusWord::WRONG_DATA)?;
        self.install(key, private, true);
        Ok(Vec::new())
    }

    /// MANAGE SECURITY ENVIRONMENT (7.2.18): decryption and authentication may use each other's
    /// key.
    pub(super) fn manage_security_environment(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if !self.model.environment {
            return Err(StatusWord::NO_INSTRUCTION);
        }
        let key = match data {
            [0x83, 0x01, 0x02] => KeyRef::Decryption,
            [0x83, 0x01, 0x03] => KeyRef::Authentication,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        match [p1, p2] {
            [0x41, 0xB8] => self.environment.decipher = key,
            [0x41, 0xA4] => self.environment.authenticate = key,
            _ => return Err(WRONG_P1P2),
        }
        Ok(Vec::new())
    }
}

/// The key that a control reference template names.
fn key_ref(template: &[u8]) -> Option<KeyRef> {
    let (key, number) = match template {
        [0xB6, rest @ ..] => (KeyRef::Signature, (0x01, rest)),
        [0xB8, rest @ ..] => (KeyRef::Decryption, (0x02, rest)),
        [0xA4, rest @ ..] => (KeyRef::Authentication, (0x03, rest)),
        _ => return None,
    };
    match number {
        (_, [0x00, ..]) => Some(key),
        (right, [0x03, 0x84, 0x01, number, ..]) if *number == right => Some(key),
        _ => None,
    }
}

/// One of several values that stand one after the other, by a list of tags and lengths.
fn part<'a>(mut lengths: &[u8], mut values: &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    while let [tag, rest @ ..] = lengths {
        let (len, rest) = match rest {
            [len @ 0x00..=0x7F, rest @ ..] => (usize::from(*len), rest),
            [0x81, len, rest @ ..] => (usize::from(*len), rest),
            [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            _ => return None,
        };
        let (value, tail) = values.split_at_checked(len)?;
        if *tag == wanted {
            return Some(value);
        }
        lengths = rest;
        values = tail;
    }
    None
}
