//! X.509 certificates (RFC 5280), decoded for people.

use crate::token::{PublicKey, Text};

/// A certificate with everything that the dialog, the tables and the JSON show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The certificate in DER, as it was.
    pub der: Vec<u8>,
    /// Subject: attribute names ("CN", "O", or an OID in dots) and values, in their order.
    pub subject: Vec<Attribute>,
    /// Issuer, likewise.
    pub issuer: Vec<Attribute>,
    /// Serial number, big endian, without leading zeros.
    pub serial: Vec<u8>,
    /// First moment of validity, in seconds since 1970.
    pub not_before: i64,
    /// Last moment of validity, in seconds since 1970.
    pub not_after: i64,
    /// The key that it is for.
    pub public_key: PublicKey,
    /// Signature algorithm by its usual name ("SHA-256 with RSA"), else an OID in dots.
    pub signature_algorithm: String,
    /// What the key may be used for; nothing if the extension is absent.
    pub key_usages: Option<Vec<KeyUsage>>,
    /// Extended usages; empty if the extension is absent.
    pub extended_usages: Vec<ExtendedUsage>,
    /// Alternative names of the subject.
    pub alternative_names: Vec<AlternativeName>,
    /// Whether it may issue certificates, and how long the chain below it may be.
    pub authority: Option<Authority>,
    /// Subject key identifier.
    pub key_identifier: Option<Vec<u8>>,
    /// Authority key identifier.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// Every extension in its order.
    pub extensions: Vec<Extension>,
    /// SHA-1 of the DER, 20 bytes.
    pub sha1: [u8; 20],
    /// SHA-256 of the DER, 32 bytes.
    pub sha256: [u8; 32],
    /// What is wrong with it by itself, whatever the date.
    pub weaknesses: Vec<Weakness>,
}

/// One attribute of a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// Short name ("CN"), else the OID in dots.
    pub kind: String,
    /// Value.
    pub value: Text,
}

/// Key usages (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// nonRepudiation, also called contentCommitment.
    NonRepudiation,
    /// keyEncipherment.
    KeyEncipherment,
    /// dataEncipherment.
    DataEncipherment,
    /// keyAgreement.
    KeyAgreement,
    /// keyCertSign.
    CertificateSigning,
    /// cRLSign.
    CrlSigning,
    /// encipherOnly.
    EncipherOnly,
    /// decipherOnly.
    DecipherOnly,
}

/// Extended key usages (RFC 5280, 4.2.1.12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExtendedUsage {
    /// anyExtendedKeyUsage.
    Any,
    /// TLS server.
    ServerAuthentication,
    /// TLS client.
    ClientAuthentication,
    /// Programs.
    CodeSigning,
    /// Mail.
    EmailProtection,
    /// Time stamps.
    TimeStamping,
    /// OCSP answers.
    OcspSigning,
    /// Windows smart card logon (1.3.6.1.4.1.311.20.2.2).
    SmartCardLogon,
    /// Kerberos with PKINIT, client (1.3.6.1.5.2.3.4).
    KerberosClient,
    /// SSH client, as some authorities mark it (1.3.6.1.5.5.7.3.21).
    SshClient,
    /// Something else: OID in dots.
    Other(String),
}

/// Alternative names (RFC 5280, 4.2.1.6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AlternativeName {
    /// rfc822Name.
    Email(Text),
    /// dNSName.
    Dns(Text),
    /// uniformResourceIdentifier.
    Uri(Text),
    /// iPAddress.
    Ip(String),
    /// Microsoft user principal name (otherName 1.3.6.1.4.1.311.20.2.3).
    UserPrincipalName(Text),
    /// directoryName on one line.
    Directory(Text),
    /// Something else: OID or kind, and bytes in hexadecimal.
    Other(String, Text),
}

/// Basic constraints of an authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Authority {
    /// The most certificates of authorities below it.
    pub path_len: Option<u32>,
}

/// An extension as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension {
    /// OID in dots.
    pub oid: String,
    /// Its usual English name, where it has one.
    pub name: Option<&'static str>,
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// Its value in DER.
    pub value: Vec<u8>,
}

/// What is wrong with a certificate by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weakness {
    /// Signed with SHA-1 or older.
    OldDigest,
    /// RSA below 2048 bits, or a curve below 224 bits.
    ShortKey,
    /// Valid before it begins.
    EndsBeforeItBegins,
}

/// Where a moment lies in the validity of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Its time has not come: whole days until then.
    NotYet {
        /// Whole days until it begins.
        days: i64,
    },
    /// Valid, and for longer than `token::attention::SOON_DAYS`.
    Valid {
        /// Whole days left.
        days: i64,
    },
    /// Valid, but not for long.
    Soon {
        /// Whole days left.
        days: i64,
    },
    /// Past its end.
    Expired {
        /// Whole days since.
        days: i64,
    },
}

/// Why bytes are no certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an X.509 certificate")]
pub struct NotACertificate;
