//! An OpenPGP card, version 2.1 or 3.4 (OpenPGP application on ISO smart card operating systems,
//! 3.4.1).

mod attestation;
mod attributes;
mod build;
mod crypto;
mod fingerprint;
mod keys;
mod model;
mod objects;
mod pins;
mod write;

use std::collections::BTreeMap;

use super::chip::{Applet, Result};
use super::pin::Pin;
use super::pool::Pool;
use super::random::Random;
use crate::iso7816::{Parsed, StatusWord};
pub use model::Model;

use keys::Slot;

/// RID of FSF Europe and the application's number; version, manufacturer and serial follow.
const AID: [u8; 6] = [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01];

/// Factory PINs.
const PW1: &[u8] = b"123456";
const PW3: &[u8] = b"12345678";

/// Wrong P1 or P2, as OpenPGP cards say it.
const WRONG_P1P2: StatusWord = StatusWord(0x6B00);

/// The OpenPGP application.
pub struct OpenPgp {
    model: Model,
    terminated: bool,
    pw1: Pin,
    rc: Pin,
    pw3: Pin,
    verified: Verified,
    /// Whether one VERIFY of PW1 is good for many signatures (first byte of DO C4).
    lasting: bool,
    /// Simple data objects by tag; what is not there is empty.
    objects: BTreeMap<u32, Vec<u8>>,
    /// Cardholder certificates: for authentication, decryption, signatures.
    certificates: [Vec<u8>; 3],
    /// Which of them DO 7F21 is at the moment.
    certificate: usize,
    signature: Slot,
    decryption: Slot,
    authentication: Slot,
    signatures: u32,
    /// Whether MANAGE SECURITY ENVIRONMENT swapped the keys.
    environment: Environment,
    random: Random,
    pool: Pool,
}

/// Which PINs were verified since the application was selected.
#[derive(Clone, Copy, Debug, Default)]
struct Verified {
    /// PW1 with reference 81: for signatures.
    signing: bool,
    /// PW1 with reference 82: for everything else.
    other: bool,
    /// PW3.
    admin: bool,
}

/// Keys that PSO:DECIPHER and INTERNAL AUTHENTICATE use.
#[derive(Clone, Copy, Debug)]
struct Environment {
    decipher: KeyRef,
    authenticate: KeyRef,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            decipher: KeyRef::Decryption,
            authenticate: KeyRef::Authentication,
        }
    }
}

/// One of the three keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyRef {
    /// Signatures.
    Signature,
    /// Decryption.
    Decryption,
    /// Authentication.
    Authentication,
}

impl KeyRef {
    const ALL: [Self; 3] = [Self::Signature, Self::Decryption, Self::Authentication];
}

impl OpenPgp {
    /// A card as it is sold.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let slot = |key| Slot::empty(attributes::factory(&model, key));
        let mut card = Self {
            terminated: false,
            pw1: Pin::new(PW1, 3),
            rc: Pin::unset(3),
            pw3: Pin::new(PW3, 3),
            verified: Verified::default(),
            lasting: false,
            objects: BTreeMap::new(),
            certificates: [const { Vec::new() }; 3],
            certificate: 0,
            signature: slot(KeyRef::Signature),
            decryption: slot(KeyRef::Decryption),
            authentication: slot(KeyRef::Authentication),
            signatures: 0,
            environment: Environment::default(),
            random: Random::default(),
            pool: Pool::backwards(),
            model,
        };
        card.deliver();
        card
    }

    /// Brings the card back to the state in which it is sold; the pool of keys goes on.
    fn deliver(&mut self) {
        self.terminated = false;
        self.pw1 = Pin::new(PW1, 3);
        self.rc = Pin::unset(3);
        self.pw3 = Pin::new(PW3, 3);
        self.verified = Verified::default();
        self.lasting = false;
        self.objects.clear();
        self.certificates = [const { Vec::new() }; 3];
        for key in KeyRef::ALL {
            *self.slot_mut(key) = Slot::empty(attributes::factory(&self.model, key));
        }
        self.signatures = 0;
        self.forget();
    }

    /// Forgets what was proved and chosen.
    fn forget(&mut self) {
        self.verified = Verified::default();
        self.environment = Environment::default();
        self.certificate = 0;
    }

    fn slot(&self, key: KeyRef) -> &Slot {
        match key {
            KeyRef::Signature => &self.signature,
            KeyRef::Decryption => &self.decryption,
            KeyRef::Authentication => &self.authentication,
        }
    }

    fn slot_mut(&mut self, key: KeyRef) -> &mut Slot {
        match key {
            KeyRef::Signature => &mut self.signature,
            KeyRef::Decryption => &mut self.decryption,
            KeyRef::Authentication => &mut self.authentication,
        }
    }

    /// TERMINATE DF (7.2.16): for the administrator, or when both PINs are blocked.
    fn terminate(&mut self) -> Result {
        let hopeless = self.pw1.is_blocked() && self.pw3.is_blocked();
        if !self.verified.admin && !hopeless {
            return Err(StatusWord::SECURITY);
        }
        self.terminated = true;
        self.forget();
        Ok(Vec::new())
    }

    /// ACTIVATE FILE (7.2.17): empties a terminated card; else it does nothing.
    fn activate(&mut self) -> Result {
        if self.terminated {
            self.deliver();
        }
        Ok(Vec::new())
    }

    /// Commands by the standard.
    fn standard(&mut self, command: &Parsed<'_>) -> Result {
        let [_, ins, p1, p2] = command.header;
        let data = command.data;
        match (ins, [p1, p2]) {
            (0x20, _) => self.verify(p1, p2, data),
            (0x22, _) => self.manage_security_environment(p1, p2, data),
            (0x24, _) => self.change(p1, p2, data),
            (0x2A, [0x9E, 0x9A]) => self.sign(data),
            (0x2A, [0x80, 0x86]) => self.decipher(data),
            (0x2A, [0x86, 0x80]) => self.encipher(data),
            (0x2C, _) => self.unblock(p1, p2, data),
            (0x47, _) => self.generate(p1, p2, data),
            (0x84, [0x00, 0x00]) => self.challenge(command.le),
            (0x88, [0x00, 0x00]) => self.internal_authenticate(data),
            (0xA5, _) if self.model.is_version_3() => self.select_data(p1, p2, data),
            (0xCA, _) => self.get_data(u32::from(u16::from_be_bytes([p1, p2]))),
            (0xCC, _) if self.model.is_version_3() => self.get_next_data(p1, p2),
            (0xDA, _) => self.put_data(u32::from(u16::from_be_bytes([p1, p2])), data),
            (0xDB, [0x3F, 0xFF]) => self.import(data),
            (0xE6, [0x00, 0x00]) => self.terminate(),
            (0x44, [0x00, 0x00]) => self.activate(),
            (0x2A | 0x44 | 0x84 | 0x88 | 0xDB | 0xE6, _) => Err(WRONG_P1P2),
            (0xF1, [0x00, 0x00]) => self
                .model
                .firmware
                .map(|version| version.map(decimal).to_vec())
                .ok_or(StatusWord::NO_INSTRUCTION),
            (0xF2, [0x00, 0x00]) if self.model.firmware.is_some() => self.set_tries(data),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}

impl Applet for OpenPgp {
    fn aid(&self) -> Vec<u8> {
        self.model.aid().to_vec()
    }

    fn select(&mut self, _again: bool) -> Result {
        self.forget();
        if self.terminated {
            return Err(StatusWord::TERMINATED);
        }
        Ok(Vec::new())
    }

    fn deselect(&mut self) {
        self.forget();
    }

    fn process(&mut self, command: &Parsed<'_>) -> Result {
        let [cla, ins, p1, p2] = command.header;
        if self.terminated && !matches!(ins, 0x44 | 0xE6) {
            return Err(StatusWord::CONDITIONS);
        }
        match (cla & 0x80, ins) {
            (0, _) => self.standard(command),
            (_, 0xFB) => self.attest(p1, p2),
            _ => Err(StatusWord::NO_CLASS),
        }
    }
}

/// A number below 100 as two decimal digits.
fn decimal(number: u8) -> u8 {
    number / 10 * 16 + number % 10
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
