//! Certificates that are made while the program runs: attestations, which say that a key was made
//! inside a card and are signed by a key that the maker put there; and one that always ends soon.

use rsa::pkcs8::EncodePublicKey as _;
use sha2::Digest as _;
use time::{Duration, OffsetDateTime};

use super::keys::{PrivateKey, integer};
use super::random::Random;
use crate::iso7816::tlv::ber;

/// The attestation key of every practice card, in PKCS#8.
pub(super) const ATTESTATION_KEY: &[u8] = include_bytes!("../../data/practice/attestation.key");
/// Its certificate.
pub(super) const ATTESTATION: &[u8] = include_bytes!("../../data/practice/attestation.crt");

/// sha256WithRSAEncryption.
const SHA256_RSA: [u8; 15] = [
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
];
/// DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2).
const SHA256_DIGEST: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// 1.3.6.1.4.1.41482, under which Yubico's extensions stand.
const YUBICO: [u8; 8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xC4, 0x0A];
/// commonName.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

/// A certificate for `key` named `subject`, signed by `signer`, whose own certificate is `issuer`. It is
/// valid as long as that one. Nothing if the issuer's certificate cannot be read or the signer is no
/// RSA key.
pub(super) fn attestation(
    signer: &PrivateKey,
    issuer: &[u8],
    subject: &str,
    key: &PrivateKey,
    extensions: &[u8],
    random: &mut Random,
) -> Option<Vec<u8>> {
    // TBSCertificate of the issuer: version, serial, algorithm, issuer, validity, subject.
    let mut parts = ber::objects(ber::find(issuer, &[0x30, 0x30])?).skip(4);
    let (validity, issuer) = (parts.next()?, parts.next()?);

    let mut serial = random.bytes(16);
    if let Some(first) = serial.first_mut() {
        *first = 0x40 | *first & 0x3F;
    }
    let mut tbs = ber::encode(0xA0, &integer(&[2]));
    tbs.extend(integer(&serial));
    tbs.extend(SHA256_RSA);
    ber::push(&mut tbs, 0x30, issuer.value);
    ber::push(&mut tbs, 0x30, validity.value);
    tbs.extend(name(subject));
    tbs.extend(subject_public_key_info(key)?);
    ber::push(&mut tbs, 0xA3, &ber::encode(0x30, extensions));
    signed(&tbs, signer)
}

/// `template` with other dates, signed anew by its issuer: valid for two years, of which `days` are
/// left from today on.
pub(super) fn ending_in(days: i64, template: &[u8], issuer: &PrivateKey) -> Option<Vec<u8>> {
    // Begins and ends at midnight, so that it ends in so many days at every time of today.
    let midnight = OffsetDateTime::now_utc().replace_time(time::Time::MIDNIGHT);
    let end = midnight + Duration::days(days + 1) - Duration::SECOND;
    let start = midnight + Duration::days(days - 729);
    let validity = [utc_time(start), utc_time(end)].concat();
    let mut tbs = Vec::new();
    for (index, part) in ber::objects(ber::find(template, &[0x30, 0x30])?).enumerate() {
        let value = if index == 4 { &validity } else { part.value };
        ber::push(&mut tbs, part.tag.0, value);
    }
    signed(&tbs, issuer)
}

/// UTCTime, which holds until 2049 (RFC 5280, 4.1.2.5.1).
fn utc_time(at: OffsetDateTime) -> Vec<u8> {
    let text = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}Z",
        at.year() % 100,
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    ber::encode(0x17, text.as_bytes())
}

/// A certificate with these contents, signed with RSA and SHA-256. Nothing if the signer is no RSA
/// key.
fn signed(contents: &[u8], signer: &PrivateKey) -> Option<Vec<u8>> {
    let mut certificate = ber::encode(0x30, contents);
    let mut digest_info = SHA256_DIGEST.to_vec();
    digest_info.extend(sha2::Sha256::digest(&certificate));
    let mut bits = vec![0x00];
    bits.extend(signer.rsa_sign(&digest_info)?);
    certificate.extend(SHA256_RSA);
    ber::push(&mut certificate, 0x03, &bits);
    Some(ber::encode(0x30, &certificate))
}

/// A Name that is a common name alone.
fn name(common: &str) -> Vec<u8> {
    let mut pair = COMMON_NAME.to_vec();
    ber::push(&mut pair, 0x0C, common.as_bytes());
    ber::encode(0x30, &ber::encode(0x31, &ber::encode(0x30, &pair)))
}

/// An Extension with one of Yubico's numbers: application (3 PIV, 5 OpenPGP) and kind.
pub(super) fn extension(number: [u8; 2], value: &[u8]) -> Vec<u8> {
    let mut oid = YUBICO.to_vec();
    oid.extend(number);
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::ending_in;
    use crate::simulator::PrivateKey;

    #[test]
    fn a_certificate_ends_when_it_shall_and_is_still_its_issuers() {
        let template = include_bytes!("../../data/practice/thomas-renew.crt");
        let issuer = include_bytes!("../../data/practice/helpdesk-ca.crt");
        let key = include_bytes!("../../data/practice/helpdesk-ca.key");
        let key = PrivateKey::from_pkcs8(key).unwrap();
        let der = ending_in(12, template, &key).unwrap();
        let (rest, made) = x509_parser::parse_x509_certificate(&der).unwrap();
        let (_, old) = x509_parser::parse_x509_certificate(template).unwrap();
        let (_, issuer) = x509_parser::parse_x509_certificate(issuer).unwrap();
        assert!(rest.is_empty());
        made.verify_signature(Some(issuer.public_key())).unwrap();
        let left = made.validity().time_to_expiration().unwrap();
        assert_eq!(left.whole_days(), 12);
        assert_eq!(made.subject(), old.subject());
        assert_eq!(made.public_key(), old.public_key());
        assert_eq!(made.extensions(), old.extensions());
        assert!(made.validity().is_valid());
    }
}
