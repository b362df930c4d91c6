//! A PIV card (NIST SP 800-73-4), with or without the extensions of a YubiKey.

mod attestation;
mod authenticate;
mod build;
mod keys;
mod management;
mod objects;
mod pins;
mod vendor;

use std::collections::BTreeMap;

use super::chip::{Applet, Result};
use super::pin::Pin;
use super::pool::Pool;
use super::random::Random;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};
pub use build::certificate_object;
use keys::Slot;
use management::{Challenge, Management};

/// The whole name: RID of NIST, PIX of the PIV card application, version 1.0.
const AID: [u8; 11] = [
    0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
];

/// The factory PIN and PUK, filled up to eight bytes.
const PIN: &[u8; 8] = b"123456\xFF\xFF";
const PUK: &[u8; 8] = b"12345678";

/// The PIV card application.
pub struct Piv {
    yubikey: Option<YubiKey>,
    pin: Pin,
    puk: Pin,
    /// The PIN of the whole card, if it has one, and whether it was verified.
    global: Option<(Pin, bool)>,
    /// Whether it knows VERIFY with P1 = FF, which takes back that a PIN was verified.
    takes_back: bool,
    /// Whether the PIN was verified since the application was selected.
    verified: bool,
    /// Whether VERIFY was the command just before this one.
    fresh: bool,
    management: Management,
    /// Whether the management key was proved since the application was selected.
    managed: bool,
    challenge: Option<Challenge>,
    objects: BTreeMap<u32, Vec<u8>>,
    keys: BTreeMap<u8, Slot>,
    random: Random,
    pool: Pool,
}

/// What makes a PIV card a YubiKey.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct YubiKey {
    /// Firmware; it decides what the card can do.
    pub version: [u8; 3],
    /// Serial number.
    pub serial: u32,
}

impl Piv {
    /// A card by the standard alone: no metadata, no vendor commands, 3DES management key.
    #[must_use]
    pub fn generic() -> Self {
        Self::new(None)
    }

    /// A card that speaks like a YubiKey of that firmware.
    #[must_use]
    pub fn yubikey(version: [u8; 3], serial: u32) -> Self {
        Self::new(Some(YubiKey { version, serial }))
    }

    fn new(yubikey: Option<YubiKey>) -> Self {
        let mut piv = Self {
            yubikey,
            pin: Pin::new(PIN, 3),
            puk: Pin::new(PUK, 3),
            global: None,
            takes_back: true,
            verified: false,
            fresh: false,
            management: Management::factory(
                yubikey.is_some_and(|yubikey| yubikey.version >= [5, 7, 0]),
            ),
            managed: false,
            challenge: None,
            objects: BTreeMap::new(),
            keys: BTreeMap::new(),
            random: Random::default(),
            pool: Pool::forwards(),
        };
        piv.deliver();
        piv
    }

    /// Puts the card into the state in which it is sold.
    fn deliver(&mut self) {
        self.objects.clear();
        self.keys.clear();
        // SP 800-73-4 Part 1, 3.3.2: only the PIV PIN satisfies access rules.
        let mut discovery = ber::encode(0x4F, &AID);
        ber::push(&mut discovery, 0x5F2F, &[0x40, 0x00]);
        self.objects.insert(objects::DISCOVERY, discovery);
        if self.yubikey.is_some() {
            self.deliver_attestation();
        }
    }

    /// Whether the firmware is that of a YubiKey, and at least this.
    fn at_least(&self, version: [u8; 3]) -> bool {
        self.yubikey
            .is_some_and(|yubikey| yubikey.version >= version)
    }

    /// The application property template (SP 800-73-4 Part 2, 3.1.1).
    fn properties(&self) -> Vec<u8> {
        let mut template = ber::encode(0x4F, &[0x00, 0x00, 0x10, 0x00, 0x01, 0x00]);
        if self.yubikey.is_none() {
            ber::push(&mut template, 0x50, b"Practice PIV card");
        }
        ber::push(&mut template, 0x79, &ber::encode(0x4F, &AID[..5]));
        if self.yubikey.is_none() {
            ber::push(&mut template, 0x5F50, b"http://piv.works.example");
        }
        ber::encode(0x61, &template)
    }

    /// Forgets everything that was proved.
    fn forget(&mut self) {
        self.verified = false;
        if let Some((_, verified)) = &mut self.global {
            *verified = false;
        }
        self.fresh = false;
        self.managed = false;
        self.challenge = None;
    }
}

impl Applet for Piv {
    fn aid(&self) -> Vec<u8> {
        AID.to_vec()
    }

    fn select(&mut self, again: bool) -> Result {
        // By the standard a second SELECT changes no security status (SP 800-73-4 Part 2,
        // 3.1.1); a YubiKey forgets the PIN.
        if !again || self.yubikey.is_some() {
            self.forget();
        }
        Ok(self.properties())
    }

    fn deselect(&mut self) {
        self.forget();
    }

    fn process(&mut self, command: &Parsed<'_>) -> Result {
        let fresh = std::mem::take(&mut self.fresh);
        let challenge = self.challenge.take();
        let [cla, ins, p1, p2] = command.header;
        if cla & 0x80 != 0 {
            return Err(StatusWord::NO_CLASS);
        }
        match ins {
            0x20 => self.verify(command),
            0x24 => self.change(p1, p2, command.data),
            0x2C => self.unblock(p1, p2, command.data),
            0x47 => self.generate(p1, p2, command.data),
            0x87 => self.general_authenticate(command, fresh, challenge),
            0xCB => self.get_data(p1, p2, command.data),
            0xDB => self.put_data(p1, p2, command.data),
            _ if self.yubikey.is_some() => self.vendor(command),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
