//! Certificates on a card, as far as every view needs them.

use serde::Serialize;

use super::{KeyRef, PublicKey, Text};

/// A certificate that a card holds.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Certificate {
    /// The slot it is in.
    pub slot: KeyRef,
    /// The certificate as it was stored, decompressed: X.509 in DER.
    #[serde(serialize_with = "super::as_hex")]
    pub der: Vec<u8>,
    /// Its main fields; nothing if this is no certificate that can be read.
    pub summary: Option<CertificateSummary>,
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
