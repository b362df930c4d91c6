//! The commands that a YubiKey adds: version, serial number, metadata, attestation, import,
//! moving and deleting keys, another management key, numbers of tries, reset.

use super::Piv;
use super::keys::{Slot, algorithm};
use super::management::{FACTORY, Management};
use super::pins;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};
use crate::simulator::pin::Pin;

/// Public exponent of every RSA key that is imported.
const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

impl Piv {
    pub(super) fn vendor(&mut self, command: &Parsed<'_>) -> Result {
        let [_, ins, p1, p2] = command.header;
        let yubikey = self.yubikey.ok_or(StatusWord::NO_INSTRUCTION)?;
        match ins {
            0xFD => Ok(yubikey.version.to_vec()),
            0xF8 if self.at_least([5, 0, 3]) => Ok(yubikey.serial.to_be_bytes().to_vec()),
            0xF7 if self.at_least([5, 3, 0]) => self.metadata(p2),
            0xF9 if self.at_least([4, 3, 0]) => self.attest(p1),
            0xF6 if self.at_least([5, 7, 0]) => self.move_key(p1, p2),
            0xFA => self.set_tries(p1, p2),
            0xFB => self.factory_reset(),
            0xFE => self.import(p1, p2, command.data),
            0xFF => self.set_management_key(p1, p2, command.data),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }

    /// GET METADATA.
    fn metadata(&self, reference: u8) -> Result {
        let mut objects = Vec::new();
        match reference {
            pins::PIN | pins::PUK => {
                let (pin, factory) = if reference == pins::PIN {
                    (&self.pin, super::PIN)
                } else {
                    (&self.puk, super::PUK)
                };
                ber::push(&mut objects, 0x01, &[0xFF]);
                ber::push(&mut objects, 0x05, &[u8::from(pin.is(factory))]);
                ber::push(&mut objects, 0x06, &[pin.tries, pin.left]);
            }
            0x9B => {
                let management = &self.management;
                ber::push(&mut objects, 0x01, &[management.algorithm]);
                ber::push(&mut objects, 0x02, &[0x00, management.touch]);
                ber::push(&mut objects, 0x05, &[u8::from(management.key == FACTORY)]);
            }
            _ if self.may_hold_key(reference) => {
                let slot = self.keys.get(&reference).ok_or(StatusWord::NO_OBJECT)?;
                ber::push(&mut objects, 0x01, &[algorithm(slot.key.kind())]);
                ber::push(
                    &mut objects,
                    0x02,
                    &[slot.pin_policy as u8, slot.touch_policy],
                );
                ber::push(&mut objects, 0x03, &[if slot.imported { 2 } else { 1 }]);
                ber::push(&mut objects, 0x04, &slot.key.public_objects());
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(objects)
    }

    /// MOVE KEY; slot FF as the target deletes. Certificates stay where they are.
    fn move_key(&mut self, to: u8, from: u8) -> Result {
        if !self.managed {
            return Err(StatusWord::SECURITY);
        }
        let fits = to == 0xFF || (self.may_hold_key(to) && to != 0xF9);
        if !fits || !self.may_hold_key(from) {
            return Err(StatusWord::WRONG_P1P2);
        }
        if self.keys.contains_key(&to) {
            return Err(StatusWord::CONDITIONS);
        }
        let slot = self.keys.remove(&from).ok_or(StatusWord::NO_OBJECT)?;
        if to != 0xFF {
            self.keys.insert(to, slot);
        }
        Ok(Vec::new())
    }

    /// SET PIN RETRIES: PIN and PUK become the factory ones again.
    fn set_tries(&mut self, pin: u8, puk: u8) -> Result {
        if !self.managed || !self.verified {
            return Err(StatusWord::SECURITY);
        }
        if pin == 0 || puk == 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        self.pin = Pin::new(super::PIN, pin);
        self.puk = Pin::new(super::PUK, puk);
        self.verified = false;
        Ok(Vec::new())
    }

    /// RESET: only when nobody can get in any more.
    fn factory_reset(&mut self) -> Result {
        if !self.pin.is_blocked() || !self.puk.is_blocked() {
            return Err(StatusWord::CONDITIONS);
        }
        self.pin = Pin::new(super::PIN, 3);
        self.puk = Pin::new(super::PUK, 3);
        self.management = Management::factory(self.at_least([5, 7, 0]));
        self.forget();
        self.deliver();
        Ok(Vec::new())
    }

    /// IMPORT ASYMMETRIC KEY.
    fn import(&mut self, algorithm: u8, slot: u8, data: &[u8]) -> Result {
        if !self.managed {
            return Err(StatusWord::SECURITY);
        }
        if !self.may_hold_key(slot) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let kind = self.kind(algorithm).ok_or(StatusWord::WRONG_P1P2)?;
        let part = |tag| ber::find(data, &[tag]);
        let key = match kind {
            KeyKind::Rsa(_) => part(0x01)
                .zip(part(0x02))
                .and_then(|(p, q)| PrivateKey::from_primes(p, q, &EXPONENT)),
            KeyKind::P256 | KeyKind::P384 => {
                part(0x06).and_then(|secret| PrivateKey::from_secret(kind, secret))
            }
            KeyKind::Ed25519 => part(0x07).and_then(|seed| PrivateKey::from_secret(kind, seed)),
            KeyKind::X25519 => part(0x08).and_then(|secret| PrivateKey::from_secret(kind, secret)),
        };
        let key = key
            .filter(|key| key.kind() == kind)
            .ok_or(StatusWord::WRONG_DATA)?;
        let (pin_policy, touch_policy) = self.policies(slot, data)?;
        self.keys.insert(
            slot,
            Slot {
                key,
                pin_policy,
                touch_policy,
                imported: true,
            },
        );
        Ok(Vec::new())
    }

    /// SET MANAGEMENT KEY.
    fn set_management_key(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if !self.managed {
            return Err(StatusWord::SECURITY);
        }
        let touch = match [p1, p2] {
            [0xFF, 0xFF] => super::keys::NO_TOUCH,
            [0xFF, 0xFE] => 0x02,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let &[algorithm, 0x9B, len, ref key @ ..] = data else {
            return Err(StatusWord::WRONG_DATA);
        };
        let algorithm = if algorithm == 0x00 { 0x03 } else { algorithm };
        let aes = matches!(algorithm, 0x08 | 0x0A | 0x0C);
        if aes && !self.at_least([5, 4, 2]) {
            return Err(StatusWord::WRONG_DATA);
        }
        if Management::key_len(algorithm) != Some(key.len()) || usize::from(len) != key.len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.management = Management {
            algorithm,
            key: key.to_vec(),
            touch,
        };
        Ok(Vec::new())
    }
}
