//! ATTEST: the card signs a certificate which says that a key was made inside it.

use rsa::pkcs8::EncodePublicKey as _;
use sha2::Digest as _;

use super::keys::{NO_TOUCH, PinPolicy, Slot};
use super::{Piv, build, objects};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::keys::{PrivateKey, integer};

const KEY: &[u8] = include_bytes!("../../../data/practice/attestation.key");
const CERTIFICATE: &[u8] = include_bytes!("../../../data/practice/attestation.crt");

/// sha256WithRSAEncryption.
const SHA256_RSA: [u8; 15] = [
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
];
/// DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2).
const SHA256_DIGEST: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// 1.3.6.1.4.1.41482.3, under which Yubico's extensions stand.
const YUBICO_PIV: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A, 0x03];
/// commonName.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

impl Piv {
    /// Every YubiKey is sold with an attestation key and its certificate.
    pub(super) fn deliver_attestation(&mut self) {
        if let Some(key) = PrivateKey::from_pkcs8(KEY) {
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
        let object = build::certificate_object(CERTIFICATE);
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
        // TBSCertificate of the issuer: version, serial, algorithm, issuer, validity, subject.
        let issuer = ber::find(CERTIFICATE, &[0x30, 0x30]).ok_or(StatusWord::UNKNOWN)?;
        let mut parts = ber::objects(issuer).skip(4);
        let validity = parts.next().ok_or(StatusWord::UNKNOWN)?;
        let issuer = parts.next().ok_or(StatusWord::UNKNOWN)?;

        let mut serial = self.random.bytes(16);
        if let Some(first) = serial.first_mut() {
            *first = 0x40 | *first & 0x3F;
        }
        let mut tbs = ber::encode(0xA0, &integer(&[2]));
        tbs.extend(integer(&serial));
        tbs.extend(SHA256_RSA);
        ber::push(&mut tbs, 0x30, issuer.value);
        ber::push(&mut tbs, 0x30, validity.value);
        tbs.extend(name(&format!("YubiKey PIV Attestation {reference:02x}")));
        tbs.extend(subject_public_key_info(&slot.key).ok_or(StatusWord::UNKNOWN)?);
        let mut extensions = extension(3, &yubikey.version);
        extensions.extend(extension(7, &integer(&yubikey.serial.to_be_bytes())));
        extensions.extend(extension(8, &[slot.pin_policy as u8, slot.touch_policy]));
        ber::push(&mut tbs, 0xA3, &ber::encode(0x30, &extensions));
        let tbs = ber::encode(0x30, &tbs);

        let mut digest_info = SHA256_DIGEST.to_vec();
        digest_info.extend(sha2::Sha256::digest(&tbs));
        let signature = signer
            .rsa_sign(&digest_info)
            .ok_or(StatusWord::CONDITIONS)?;
        let mut certificate = tbs;
        certificate.extend(SHA256_RSA);
        let mut bits = vec![0x00];
        bits.extend(signature);
        ber::push(&mut certificate, 0x03, &bits);
        Ok(ber::encode(0x30, &certificate))
    }
}

/// A Name that is a common name alone.
fn name(common: &str) -> Vec<u8> {
    let mut pair = COMMON_NAME.to_vec();
    ber::push(&mut pair, 0x0C, common.as_bytes());
    ber::encode(0x30, &ber::encode(0x31, &ber::encode(0x30, &pair)))
}

/// An Extension with one of Yubico's numbers.
fn extension(number: u8, value: &[u8]) -> Vec<u8> {
    let mut oid = YUBICO_PIV.to_vec();
    oid.push(number);
    let mut extension = ber::encode(0x06, &oid);
    ber::push(&mut extension, 0x04, value);
    ber::encode(0x30, &extension)
}

/// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 8410, 4).
fn subject_public_key_info(key: &PrivateKey) -> Option<Vec<u8>> {
    let raw = |last: u8| {
        let algorithm = ber::encode(0x30, &[0x06, 0x03, 0x2B, 0x65, last]);
        let mut bits = vec![0x00];
        bits.extend(key.public_point());
        let mut info = algorithm;
        ber::push(&mut info, 0x03, &bits);
        ber::encode(0x30, &info)
    };
    Some(match key {
        PrivateKey::Rsa(key) => key.to_public_key().to_public_key_der().ok()?.into_vec(),
        PrivateKey::P256(key) => key.public_key().to_public_key_der().ok()?.into_vec(),
        PrivateKey::P384(key) => key.public_key().to_public_key_der().ok()?.into_vec(),
        PrivateKey::X25519(_) => raw(0x6E),
        PrivateKey::Ed25519(_) => raw(0x70),
    })
}
