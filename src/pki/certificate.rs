//! X.509 certificates (RFC 5280), decoded for people.

use super::pem;
use crate::base::hex;
use crate::token::{self, CertificateSummary, KeyRef, PublicKey, Text, attention};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// 9999-12-31 23:59:59: the end of certificates that have none (RFC 5280, 4.1.2.5).
const NO_END: i64 = 253_402_300_799;

/// A certificate with everything that the dialog, the tables and the JSON show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// The certificate in DER, as it was.
    pub der: Vec<u8>,
    /// Subject: attribute names ("CN", "O", or an OID in dots) and values, in their order.
    pub subject: Vec<Attribute>,
    /// Issuer, likewise.
    pub issuer: Vec<Attribute>,
    /// The whole subject on one line, in the order and with the escapes of RFC 4514.
    pub subject_line: Text,
    /// The whole issuer on one line, likewise.
    pub issuer_line: Text,
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

impl Certificate {
    /// The fields that lists show.
    #[must_use]
    pub fn summary(&self) -> CertificateSummary {
        CertificateSummary {
            name: self.name(),
            subject: self.subject_line.clone(),
            issuer: self.issuer_line.clone(),
            serial: self.serial.clone(),
            not_before: self.not_before,
            not_after: self.not_after,
            public_key: self.public_key.clone(),
            sha256: self.sha256.to_vec(),
        }
    }

    /// The subject on one line, the most particular first (RFC 4514).
    #[must_use]
    pub fn subject_line(&self) -> &Text {
        &self.subject_line
    }

    /// The issuer on one line, likewise.
    #[must_use]
    pub fn issuer_line(&self) -> &Text {
        &self.issuer_line
    }

    /// The common name of the subject; of several the most particular, which is the last.
    #[must_use]
    pub fn common_name(&self) -> Option<&Text> {
        common_name(&self.subject)
    }

    /// The common name of the issuer.
    #[must_use]
    pub fn issuer_common_name(&self) -> Option<&Text> {
        common_name(&self.issuer)
    }

    /// What the subject is best called: its common name, else the first thing that names it.
    #[must_use]
    pub fn name(&self) -> Option<Text> {
        if let Some(name) = self.common_name() {
            return Some(name.clone());
        }
        let subject = |kind: &str| value(&self.subject, kind);
        if let (Some(given), Some(family)) = (subject("GN"), subject("SN")) {
            return Some(Text::from(format!("{given} {family}")));
        }
        let kinds = [
            "name",
            "pseudonym",
            "UID",
            "emailAddress",
            "mail",
            "serialNumber",
            "OU",
            "O",
            "DC",
        ];
        let in_subject = kinds.iter().find_map(|kind| subject(kind)).cloned();
        in_subject.or_else(|| {
            self.alternative_names.iter().find_map(|name| match name {
                AlternativeName::Email(text)
                | AlternativeName::Dns(text)
                | AlternativeName::Uri(text)
                | AlternativeName::UserPrincipalName(text)
                | AlternativeName::Directory(text) => Some(text.clone()),
                AlternativeName::Ip(text) => Some(Text::from(text.as_str())),
                AlternativeName::Other(..) => None,
            })
        })
    }

    /// Where the moment `now` (seconds since 1970) lies in its validity.
    #[must_use]
    pub fn standing(&self, now: i64) -> Standing {
        Standing::of(self.not_before, self.not_after, now)
    }

    /// How much of its validity has passed at the moment `now`: 0 before it, 1 after it.
    #[must_use]
    pub fn lived(&self, now: i64) -> f64 {
        let whole = self.not_after.saturating_sub(self.not_before);
        let past = now.saturating_sub(self.not_before);
        if past <= 0 && now <= self.not_after {
            0.0
        } else if past >= whole {
            1.0
        } else {
            // Both are below 2^53: the year has four digits.
            past as f64 / whole as f64
        }
    }

    /// Whether it has no end (RFC 5280, 4.1.2.5: the last second of the year 9999).
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.not_after >= NO_END
    }

    /// Whether subject and issuer are the same name. Its signature says whether it is
    /// self-signed too: see [`chain`](super::chain).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        is_same_name(&self.subject, &self.issuer)
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// SHA-256 of the DER as people compare it: `AB:CD:…`.
    #[must_use]
    pub fn sha256_fingerprint(&self) -> String {
        colons(&self.sha256)
    }

    /// SHA-1 of the DER as people compare it: `AB:CD:…`.
    #[must_use]
    pub fn sha1_fingerprint(&self) -> String {
        colons(&self.sha1)
    }
}

/// What a card has in `slot`, whether it can be read or not.
#[must_use]
pub fn stored(slot: KeyRef, der: Vec<u8>) -> token::Certificate {
    let parsed = Certificate::parse(&der);
    token::Certificate {
        slot,
        der,
        flaw: parsed.as_ref().err().copied(),
        summary: parsed.ok().map(|parsed| parsed.summary()),
        label: None,
        facts: Vec::new(),
    }
}

/// `bytes` as people compare them: upper-case hexadecimal with a colon between.
#[must_use]
pub fn colons(bytes: &[u8]) -> String {
    hex::grouped(bytes, 1).replace(' ', ":")
}

/// Whether two names are one (RFC 5280, 7.1): whatever the string types, upper and lower case
/// and the number of blanks.
pub(super) fn is_same_name(one: &[Attribute], other: &[Attribute]) -> bool {
    let folded = |text: &Text| {
        let words = text.as_str().split_whitespace().map(str::to_lowercase);
        words.collect::<Vec<_>>()
    };
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(a, b)| a.kind == b.kind && folded(&a.value) == folded(&b.value))
}

fn common_name(name: &[Attribute]) -> Option<&Text> {
    let mut names = name.iter().rev().filter(|attribute| attribute.kind == "CN");
    names
        .find(|attribute| !attribute.value.is_empty())
        .map(|attribute| &attribute.value)
}

fn value<'a>(name: &'a [Attribute], kind: &str) -> Option<&'a Text> {
    let mut found = name.iter().filter(|attribute| attribute.kind == kind);
    found
        .find(|attribute| !attribute.value.is_empty())
        .map(|attribute| &attribute.value)
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

impl Standing {
    /// Where the moment `now` lies between the first and the last of a validity, all in seconds
    /// since 1970.
    #[must_use]
    pub fn of(not_before: i64, not_after: i64, now: i64) -> Self {
        let left = not_after.saturating_sub(now);
        let ahead = not_before.saturating_sub(now);
        // The end counts first: what ends before it begins never comes to its time.
        if left < 0 {
            Self::Expired {
                days: left.saturating_neg() / DAY,
            }
        } else if ahead > 0 {
            Self::NotYet { days: ahead / DAY }
        } else if left <= attention::SOON_DAYS * DAY {
            Self::Soon { days: left / DAY }
        } else {
            Self::Valid { days: left / DAY }
        }
    }
}
