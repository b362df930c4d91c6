//! Laying down what a used card holds.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::keys::{NO_TOUCH, PinPolicy, Slot};
use super::{Piv, objects};
use crate::iso7816::tlv::ber;
use crate::simulator::keys::PrivateKey;
use crate::simulator::pin::Pin;
use crate::simulator::random::Random;

impl Piv {
    /// With a key that was made on the card.
    #[must_use]
    pub fn with_key(self, slot: u8, key: PrivateKey) -> Self {
        self.holding(slot, key, false)
    }

    /// With a key that came from outside.
    #[must_use]
    pub fn with_imported_key(self, slot: u8, key: PrivateKey) -> Self {
        self.holding(slot, key, true)
    }

    fn holding(mut self, slot: u8, key: PrivateKey, imported: bool) -> Self {
        self.keys.insert(
            slot,
            Slot {
                key,
                pin_policy: PinPolicy::of_slot(slot),
                touch_policy: NO_TOUCH,
                imported,
            },
        );
        self
    }

    /// With a certificate in a slot.
    #[must_use]
    pub fn with_certificate(self, slot: u8, der: &[u8]) -> Self {
        match certificate_tag(slot) {
            Some(tag) => self.with_object(tag, &certificate_object(der)),
            None => self,
        }
    }

    /// With a certificate in a slot, compressed by gzip.
    #[must_use]
    pub fn with_compressed_certificate(self, slot: u8, der: &[u8]) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into a Vec cannot fail.
        let packed = encoder.write_all(der).and_then(|()| encoder.finish());
        match (certificate_tag(slot), packed) {
            (Some(tag), Ok(packed)) => self.with_object(tag, &certificate_value(&packed, 0x01)),
            _ => self,
        }
    }

    /// With an object: what stands inside tag 53, or inside 7E.
    #[must_use]
    pub fn with_object(mut self, tag: u32, value: &[u8]) -> Self {
        self.objects.insert(tag, value.to_vec());
        self
    }

    /// Without an object that cards usually have.
    #[must_use]
    pub fn without_object(mut self, tag: u32) -> Self {
        self.objects.remove(&tag);
        self
    }

    /// With a CHUID and a CCC that name the card.
    #[must_use]
    pub fn with_holder(self, guid: [u8; 16]) -> Self {
        // FASC-N 9999-9999-999999-0-1-0000000000-3-0000-1, the one for cards that no agency issued.
        const FASC_N: [u8; 25] = [
            0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58,
            0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB,
        ];
        let mut chuid = ber::encode(0x30, &FASC_N);
        ber::push(&mut chuid, 0x34, &guid);
        ber::push(&mut chuid, 0x35, b"20341203");
        ber::push(&mut chuid, 0x3E, &[]);
        ber::push(&mut chuid, 0xFE, &[]);

        let mut number = vec![0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02];
        number.extend(guid.iter().take(14));
        let mut ccc = ber::encode(0xF0, &number);
        for (tag, value) in [(0xF1, &[0x21][..]), (0xF2, &[0x21]), (0xF3, &[])] {
            ber::push(&mut ccc, tag, value);
        }
        ber::push(&mut ccc, 0xF4, &[0x00]);
        ber::push(&mut ccc, 0xF5, &[0x10]);
        for tag in [0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE] {
            ber::push(&mut ccc, tag, &[]);
        }
        self.with_object(0x5F_C102, &chuid)
            .with_object(0x5F_C107, &ccc)
    }

    /// With a key history object: how many retired keys have a certificate on the card, and how many
    /// elsewhere (SP 800-73-4 Part 1, 3.3.3).
    #[must_use]
    pub fn with_key_history(self, on_card: u8, elsewhere: u8, url: &str) -> Self {
        let mut history = ber::encode(0xC1, &[on_card]);
        ber::push(&mut history, 0xC2, &[elsewhere]);
        if !url.is_empty() {
            ber::push(&mut history, 0xF3, url.as_bytes());
        }
        ber::push(&mut history, 0xFE, &[]);
        self.with_object(objects::KEY_HISTORY, &history)
    }

    /// With another PIN: six to eight digits.
    #[must_use]
    pub fn with_pin(mut self, pin: &str) -> Self {
        self.pin = Pin::new(&padded(pin), self.pin.tries);
        self
    }

    /// With another PUK: six to eight characters.
    #[must_use]
    pub fn with_puk(mut self, puk: &str) -> Self {
        self.puk = Pin::new(&padded(puk), self.puk.tries);
        self
    }

    /// With a global PIN, which the discovery object announces: six to eight digits, three tries
    /// (SP 800-73-4 Part 1, 3.3.2).
    #[must_use]
    pub fn with_global_pin(mut self, pin: &str) -> Self {
        self.global = Some((Pin::new(&padded(pin), 3), false));
        let mut discovery = ber::encode(0x4F, &super::AID);
        ber::push(&mut discovery, 0x5F2F, &[0x60, 0x10]);
        self.with_object(objects::DISCOVERY, &discovery)
    }

    /// Without VERIFY that takes back (P1 = FF), which SP 800-73 has only since its fourth edition:
    /// what was verified is so until a reset or another selection.
    #[must_use]
    pub fn without_logout(mut self) -> Self {
        self.takes_back = false;
        self
    }

    /// With so many tries left of PIN and PUK; 0 is blocked.
    #[must_use]
    pub fn with_tries_left(mut self, pin: u8, puk: u8) -> Self {
        self.pin.left = pin.min(self.pin.tries);
        self.puk.left = puk.min(self.puk.tries);
        self
    }

    /// With another management key; `algorithm` is 03, 08, 0A or 0C.
    #[must_use]
    pub fn with_management_key(mut self, algorithm: u8, key: &[u8]) -> Self {
        self.management.algorithm = algorithm;
        self.management.key = key.to_vec();
        self
    }

    /// The source of its challenges, for published vectors.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}

/// A certificate as the value of its object (SP 800-73-4 Part 1, table 10).
#[must_use]
pub fn certificate_object(der: &[u8]) -> Vec<u8> {
    certificate_value(der, 0x00)
}

fn certificate_value(bytes: &[u8], info: u8) -> Vec<u8> {
    let mut value = ber::encode(0x70, bytes);
    ber::push(&mut value, 0x71, &[info]);
    ber::push(&mut value, 0xFE, &[]);
    value
}

/// The object in which the certificate of a slot stands.
fn certificate_tag(slot: u8) -> Option<u32> {
    Some(match slot {
        0x9A => 0x5F_C105,
        0x9C => 0x5F_C10A,
        0x9D => 0x5F_C10B,
        0x9E => 0x5F_C101,
        0x82..=0x95 => 0x5F_C10D + u32::from(slot - 0x82),
        0xF9 => objects::ATTESTATION,
        _ => return None,
    })
}

/// Filled up with FF to eight bytes.
fn padded(pin: &str) -> [u8; 8] {
    let mut block = [0xFF; 8];
    for (to, from) in block.iter_mut().zip(pin.bytes()) {
        *to = from;
    }
    block
}
