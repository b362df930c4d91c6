//! ATTEST: the card signs a certificate which says that a key was made inside it.

use super::keys::{NO_TOUCH, PinPolicy, Slot};
use super::{Piv, build, objects};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::certificates::{self, extension};
use crate::simulator::chip::Result;
use crate::simulator::keys::{PrivateKey, integer};

impl Piv {
    /// Every YubiKey is sold with an attestation key and its certificate.
    pub(super) fn deliver_attestation(&mut self) {
        if let Some(key) = PrivateKey::from_pkcs8(certificates::ATTESTATION_KEY) {
            self.keys.insert(
                0xF9,
                Slot {
                    key,
                    pin_policy: PinPolicy::Once,
                    touch_policy: NO_TOUCH,
                    imported: true,
                },
            );
        }
        let object = build::certificate_object(certificates::ATTESTATION);
        self.objects.insert(objects::ATTESTATION, object);
    }

    pub(super) fn attest(&mut self, reference: u8) -> Result {
        let yubikey = self.yubikey.ok_or(StatusWord::NO_INSTRUCTION)?;
        if reference == 0xF9 || !self.may_hold_key(reference) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let slot = self.keys.get(&reference).ok_or(StatusWord::NO_OBJECT)?;
        if slot.imported {
            return Err(StatusWord::CONDITIONS);
        }
        let signer = &self.keys.get(&0xF9).ok_or(StatusWord::NO_OBJECT)?.key;
        let issuer = self.objects.get(&objects::ATTESTATION);
        let issuer = issuer.and_then(|object| ber::find(object, &[0x70]));
        let mut extensions = extension([3, 3], &yubikey.version);
        extensions.extend(extension([3, 7], &integer(&yubikey.serial.to_be_bytes())));
        let policies = [slot.pin_policy as u8, slot.touch_policy];
        extensions.extend(extension([3, 8], &policies));
        certificates::attestation(
            signer,
            issuer.ok_or(StatusWord::NO_OBJECT)?,
            &format!("YubiKey PIV Attestation {reference:02x}"),
            &slot.key,
            &extensions,
            &mut self.random,
        )
        .ok_or(StatusWord::CONDITIONS)
    }
}
