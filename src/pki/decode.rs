//! From DER to a [`Certificate`]: any bytes, bounded work, no panic.
//!
//! The structure is read by `x509-parser` without its own reading of extensions, which goes
//! deeper than anything that is shown; `extensions` reads those that are.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};
use x509_parser::certificate::{Validity, X509Certificate, X509CertificateParser};
use x509_parser::nom::Parser as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use super::certificate::{Certificate, Weakness};
use super::{extensions, name, oid, public_key};
use crate::token::{Algorithm, Flaw, PublicKey, Text};

/// The longest certificate that is read, in bytes; the longest object of a card has fewer.
const MAX_LEN: usize = 65_536;

/// RSASSA-PSS (RFC 4055, 3.1).
pub(super) const RSA_PSS: &str = "1.2.840.113549.1.1.10";

impl Certificate {
    /// Decodes a certificate of any version.
    ///
    /// Bytes after the certificate are left out: some cards pad their files. Of names, usages
    /// and extensions the first 64 are kept.
    ///
    /// # Errors
    ///
    /// [`Flaw`]: the first part of the frame that every certificate has which is not there. An
    /// extension that cannot be read is no error: it is still listed.
    pub fn parse(der: &[u8]) -> Result<Self, Flaw> {
        let parsed = structure(der)?;
        let der = parsed.as_raw();
        let subject = name::decode(parsed.subject());
        let issuer = name::decode(parsed.issuer());
        let extensions = extensions::decode(parsed.extensions());
        let (signature_algorithm, old_digest) = signature(&parsed.signature_algorithm);
        let mut certificate = Self {
            der: der.to_vec(),
            subject: subject.attributes,
            issuer: issuer.attributes,
            subject_line: subject.line,
            issuer_line: issuer.line,
            serial: unpadded(parsed.raw_serial()),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            public_key: key(parsed.public_key()),
            signature_algorithm,
            key_usages: extensions.key_usages,
            extended_usages: extensions.extended_usages,
            alternative_names: extensions.alternative_names,
            authority: extensions.authority,
            key_identifier: extensions.key_identifier,
            authority_key_identifier: extensions.authority_key_identifier,
            extensions: extensions.all,
            sha1: Sha1::digest(der).into(),
            sha256: Sha256::digest(der).into(),
            weaknesses: Vec::new(),
        };
        certificate.weaknesses = weaknesses(&certificate, old_digest);
        Ok(certificate)
    }
}

/// The frame of a certificate, with its extensions unread.
pub(super) fn structure(der: &[u8]) -> Result<X509Certificate<'_>, Flaw> {
    // Longer input may still be a short certificate with padding behind it.
    let head = der.get(..MAX_LEN).unwrap_or(der);
    let (_, parsed) = X509CertificateParser::new()
        .with_deep_parse_extensions(false)
        .parse(head)
        .map_err(|_| flaw(der))?;
    Ok(parsed)
}

/// What is wrong with bytes that are no certificate: their first part that cannot be read.
fn flaw(der: &[u8]) -> Flaw {
    let Ok((_, whole)) = Any::from_der(der) else {
        return Flaw::Structure;
    };
    if der.len() > MAX_LEN && whole.tag() == Tag::Sequence {
        return Flaw::Length;
    }
    let body = Any::from_der(whole.data).map(|(_, body)| body);
    let body = body.ok().filter(|body| body.tag() == Tag::Sequence);
    body.and_then(|body| first_flaw(body.data))
        .unwrap_or(Flaw::Structure)
}

/// The first part of a TBSCertificate (RFC 5280, 4.1) that cannot be read; nothing if all can.
fn first_flaw(body: &[u8]) -> Option<Flaw> {
    let mut rest = body;
    let (after, first) = Any::from_der(rest).ok()?;
    if first.header.class() == Class::ContextSpecific {
        rest = after;
    }
    let serial = Any::from_der(rest).ok();
    let Some((after, _)) = serial.filter(|(_, serial)| serial.tag() == Tag::Integer) else {
        return Some(Flaw::Serial);
    };
    (rest, _) = AlgorithmIdentifier::from_der(after).ok()?;
    for part in [Flaw::Name, Flaw::Dates, Flaw::Name, Flaw::Key] {
        let after = match part {
            Flaw::Dates => Validity::from_der(rest).ok().map(|(after, _)| after),
            Flaw::Key => SubjectPublicKeyInfo::from_der(rest)
                .ok()
                .map(|(after, _)| after),
            _ => X509Name::from_der(rest).ok().map(|(after, _)| after),
        };
        let Some(after) = after else {
            return Some(part);
        };
        rest = after;
    }
    // What follows is optional, and only one of it is of any size.
    (!rest.is_empty()).then_some(Flaw::Extensions)
}

fn unpadded(serial: &[u8]) -> Vec<u8> {
    // Zero itself, which RFC 5280 forbids and which is met all the same, keeps one byte.
    let most = serial.len().saturating_sub(1);
    let zeros = serial.iter().take(most).take_while(|&&byte| byte == 0);
    serial.get(zeros.count()..).unwrap_or_default().to_vec()
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> PublicKey {
    public_key::from_spki(info.raw).unwrap_or_else(|_| PublicKey {
        algorithm: Algorithm::Other {
            name: Text::from(oid::text(info.algorithm.algorithm.as_bytes())),
        },
        spki: info.raw.to_vec(),
    })
}

/// The name of a signature algorithm, and whether its digest is SHA-1 or older.
fn signature(algorithm: &AlgorithmIdentifier<'_>) -> (String, bool) {
    let oid = oid::text(algorithm.algorithm.as_bytes());
    if oid == RSA_PSS {
        return pss(algorithm);
    }
    match oid::signature(&oid) {
        Some((name, old)) => (name.to_owned(), old),
        None => (oid, false),
    }
}

fn pss(algorithm: &AlgorithmIdentifier<'_>) -> (String, bool) {
    let parameters = algorithm.parameters.as_ref();
    let Some(parameters) = parameters.and_then(|any| RsaSsaPssParams::try_from(any).ok()) else {
        return ("RSA-PSS".to_owned(), false);
    };
    let digest = oid::text(parameters.hash_algorithm_oid().as_bytes());
    match oid::digest(&digest) {
        Some((name, old)) => (format!("{name} with RSA-PSS"), old),
        None => (format!("{digest} with RSA-PSS"), false),
    }
}

fn weaknesses(certificate: &Certificate, old_digest: bool) -> Vec<Weakness> {
    let ends_early = certificate.not_after < certificate.not_before;
    [
        (old_digest, Weakness::OldDigest),
        (
            public_key::is_short(&certificate.public_key),
            Weakness::ShortKey,
        ),
        (ends_early, Weakness::EndsBeforeItBegins),
    ]
    .into_iter()
    .filter_map(|(found, weakness)| found.then_some(weakness))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::unpadded;

    #[test]
    fn serial_numbers_lose_their_zeros() {
        assert_eq!(unpadded(&[0, 0x80]), [0x80]);
        assert_eq!(unpadded(&[0, 0]), [0]);
        assert_eq!(unpadded(&[0x7F, 0]), [0x7F, 0]);
        assert!(unpadded(&[]).is_empty());
    }
}
