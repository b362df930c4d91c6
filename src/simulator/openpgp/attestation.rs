//! The attestation key of a YubiKey: a fourth slot that signs certificates for the other three.

use super::{KeyRef, OpenPgp, WRONG_P1P2};
use crate::iso7816::StatusWord;
use crate::simulator::certificates::{self, extension};
use crate::simulator::chip::Result;
use crate::simulator::keys::{PrivateKey, integer};

/// The attributes of the attestation key: RSA 2048, exponent of 17 bits.
const ATTRIBUTES: [u8; 6] = [0x01, 0x08, 0x00, 0x00, 0x11, 0x00];

impl OpenPgp {
    /// Data objects of the attestation key, which nobody but a YubiKey has.
    pub(super) fn attestation_object(&self, tag: u32) -> Option<Vec<u8>> {
        self.model.firmware?;
        Some(match tag {
            0xD9 => vec![0x00, 0x20],
            0xDA => ATTRIBUTES.to_vec(),
            // No fingerprint and no time: it is nobody's OpenPGP key.
            0xDB | 0xDC => vec![0; 20],
            0xDD => vec![0; 4],
            0xFC => certificates::ATTESTATION.to_vec(),
            _ => return None,
        })
    }

    /// GENERATE ATTESTATION: the certificate is put where that of the key stands.
    pub(super) fn attest(&mut self, number: u8, p2: u8) -> Result {
        let firmware = self.model.firmware.ok_or(StatusWord::NO_INSTRUCTION)?;
        let (key, name) = match (number, p2) {
            (0x01, 0x00) => (KeyRef::Signature, "SIG"),
            (0x02, 0x00) => (KeyRef::Decryption, "DEC"),
            (0x03, 0x00) => (KeyRef::Authentication, "AUT"),
            _ => return Err(WRONG_P1P2),
        };
        if !self.verified.signing {
            return Err(StatusWord::SECURITY);
        }
        let slot = match key {
            KeyRef::Signature => &self.signature,
            KeyRef::Decryption => &self.decryption,
            KeyRef::Authentication => &self.authentication,
        };
        let private = slot.key.as_ref().ok_or(StatusWord::NO_OBJECT)?;
        if slot.imported {
            return Err(StatusWord::CONDITIONS);
        }
        let signer =
            PrivateKey::from_pkcs8(certificates::ATTESTATION_KEY).ok_or(StatusWord::UNKNOWN)?;
        let mut extensions = extension([5, 3], &firmware);
        extensions.extend(extension([5, 4], &slot.fingerprint));
        extensions.extend(extension([5, 5], &slot.created));
        let serial = integer(&self.model.serial.to_be_bytes());
        extensions.extend(extension([5, 7], &serial));
        let certificate = certificates::attestation(
            &signer,
            certificates::ATTESTATION,
            &format!("YubiKey OPGP Attestation {name}"),
            private,
            &extensions,
            &mut self.random,
        );
        let certificate = certificate.ok_or(StatusWord::CONDITIONS)?;
        self.lay_certificate(key, certificate);
        Ok(Vec::new())
    }
}
