//! Certificates on a card, as far as every view needs them.

use serde::Serialize;

use super::{Fact, KeyRef, PublicKey, Text};

/// A certificate that a card holds.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Certificate {
    /// The slot it is in.
    pub slot: KeyRef,
    /// The certificate as it was stored, decompressed: X.509 in DER. What cannot be
    /// decompressed is here as it was stored.
    #[serde(serialize_with = "super::as_hex")]
    pub der: Vec<u8>,
    /// Its main fields; nothing if this is no certificate that can be read.
    pub summary: Option<CertificateSummary>,
    /// Why it cannot be read; nothing if it can.
    pub flaw: Option<Flaw>,
    /// Its name on the card, where cards name their certificates.
    pub label: Option<Text>,
    /// What else the card says of it.
    pub facts: Vec<Fact>,
}

/// Why bytes are no certificate: the first part of it (RFC 5280, 4.1) that cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It is compressed, and damaged or longer than 64 KiB without that.
    #[error("cannot be decompressed to 64 KiB or less")]
    Compression,
    /// It is longer than 64 KiB.
    #[error("longer than 64 KiB")]
    Length,
    /// It is cut short, or something else.
    #[error("not an X.509 certificate")]
    Structure,
    /// The serial number is no number.
    #[error("not a serial number")]
    Serial,
    /// The name of the subject or the issuer.
    #[error("not the name of a subject or issuer")]
    Name,
    /// The first or the last moment of its validity is none.
    #[error("not the dates of a validity")]
    Dates,
    /// The public key.
    #[error("not a public key")]
    Key,
    /// The list of extensions; one that cannot be read by itself is no flaw.
    #[error("not a list of extensions")]
    Extensions,
}

/// The fields of a certificate that lists show. `pki::certificate` decodes the rest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CertificateSummary {
    /// The common name, else the first thing in the subject that names somebody.
    pub name: Option<Text>,
    /// The whole subject on one line (RFC 4514 order).
    pub subject: Text,
    /// The whole issuer on one line.
    pub issuer: Text,
    /// Serial number, big endian, without leading zeros.
    #[serde(serialize_with = "super::as_hex")]
    pub serial: Vec<u8>,
    /// First moment of validity, in seconds since 1970.
    pub not_before: i64,
    /// Last moment of validity, in seconds since 1970.
    pub not_after: i64,
    /// The key that it is for.
    pub public_key: PublicKey,
    /// SHA-256 of the DER, 32 bytes.
    #[serde(serialize_with = "super::as_hex")]
    pub sha256: Vec<u8>,
}
