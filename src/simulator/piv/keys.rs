//! Key slots and GENERATE ASYMMETRIC KEY PAIR (SP 800-73-4 Part 2, 3.3.2).

use super::Piv;
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// A slot with a key.
pub(super) struct Slot {
    pub(super) key: PrivateKey,
    pub(super) pin_policy: PinPolicy,
    pub(super) touch_policy: u8,
    pub(super) imported: bool,
}

/// When a key asks for the PIN; the numbers are those of a YubiKey.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PinPolicy {
    Never = 1,
    Once = 2,
    Always = 3,
}

/// Touch is never asked for.
pub(super) const NO_TOUCH: u8 = 0x01;

impl PinPolicy {
    /// What the standard says for the slot (SP 800-73-4 Part 1, table 4b).
    pub(super) fn of_slot(slot: u8) -> Self {
        match slot {
            0x9C => Self::Always,
            0x9E => Self::Never,
            _ => Self::Once,
        }
    }

    /// From the value of tag AA.
    fn wanted(value: Option<&[u8]>, slot: u8) -> Result<Self> {
        match value {
            None | Some([0x00]) => Ok(Self::of_slot(slot)),
            Some([0x01]) => Ok(Self::Never),
            Some([0x02]) => Ok(Self::Once),
            Some([0x03]) => Ok(Self::Always),
            // Policies 04 and 05 want a finger.
            Some(_) => Err(StatusWord::WRONG_DATA),
        }
    }
}

impl Piv {
    pub(super) fn generate(&mut self, p1: u8, slot: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(StatusWord::WRONG_P1P2);
        }
        if !self.managed {
            return Err(StatusWord::SECURITY);
        }
        if !self.may_hold_key(slot) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let template = ber::find(data, &[0xAC]).ok_or(StatusWord::WRONG_DATA)?;
        let &[algorithm] = ber::find(template, &[0x80]).ok_or(StatusWord::WRONG_DATA)? else {
            return Err(StatusWord::WRONG_DATA);
        };
        let kind = self.kind(algorithm).ok_or(StatusWord::WRONG_DATA)?;
        let (pin_policy, touch_policy) = self.policies(slot, template)?;
        let key = self.pool.key(kind, &mut self.random);
        let key = key.ok_or(StatusWord::UNKNOWN)?;
        let public = ber::encode(0x7F49, &key.public_objects());
        self.keys.insert(
            slot,
            Slot {
                key,
                pin_policy,
                touch_policy,
                imported: false,
            },
        );
        Ok(public)
    }

    /// PIN and touch policy in tags AA and AB, which only a YubiKey knows.
    pub(super) fn policies(&self, slot: u8, objects: &[u8]) -> Result<(PinPolicy, u8)> {
        let pin = ber::find(objects, &[0xAA]);
        let touch = ber::find(objects, &[0xAB]);
        if self.yubikey.is_none() && (pin.is_some() || touch.is_some()) {
            return Err(StatusWord::WRONG_DATA);
        }
        let touch = match touch {
            None | Some([0x00]) => NO_TOUCH,
            Some(&[touch @ 0x01..=0x03]) => touch,
            Some(_) => return Err(StatusWord::WRONG_DATA),
        };
        Ok((PinPolicy::wanted(pin, slot)?, touch))
    }

    /// Slots for which keys can be made: the four of the standard; on a YubiKey the retired
    /// ones and that of the attestation key as well.
    pub(super) fn may_hold_key(&self, slot: u8) -> bool {
        match slot {
            0x9A | 0x9C..=0x9E => true,
            0x82..=0x95 | 0xF9 => self.yubikey.is_some(),
            _ => false,
        }
    }

    /// The kind that an algorithm identifier asks for, if this card has it
    /// (SP 800-78-4, table 6-2).
    pub(super) fn kind(&self, algorithm: u8) -> Option<KeyKind> {
        let new = self.at_least([5, 7, 0]);
        Some(match algorithm {
            0x06 => KeyKind::Rsa(1024),
            0x07 => KeyKind::Rsa(2048),
            0x11 => KeyKind::P256,
            0x14 => KeyKind::P384,
            0x05 if new => KeyKind::Rsa(3072),
            0x16 if new => KeyKind::Rsa(4096),
            0xE0 if new => KeyKind::Ed25519,
            0xE1 if new => KeyKind::X25519,
            _ => return None,
        })
    }
}

/// The algorithm identifier of a key.
pub(super) fn algorithm(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Rsa(1024) => 0x06,
        KeyKind::Rsa(3072) => 0x05,
        KeyKind::Rsa(4096) => 0x16,
        KeyKind::Rsa(_) => 0x07,
        KeyKind::P256 => 0x11,
        KeyKind::P384 => 0x14,
        KeyKind::Ed25519 => 0xE0,
        KeyKind::X25519 => 0xE1,
    }
}
