//! Extensions of certificates (RFC 5280, 4.2), each read by itself: one that cannot be read
//! hides no other.

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_parser::asn1_rs::{Any, FromDer as _, Oid};
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, GeneralName, KeyIdentifier, SubjectAlternativeName,
    X509Extension,
};

use super::certificate::{AlternativeName, Authority, ExtendedUsage, Extension, KeyUsage};
use super::{name, oid};
use crate::base::hex;
use crate::token::Text;

/// The most extensions, usages and alternative names that are kept of each.
pub(super) const MAX_ENTRIES: usize = 64;

/// The most bytes of a name of unknown kind that are shown.
const MAX_SHOWN_LEN: usize = 256;

/// What the extensions say.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    pub(super) key_usages: Option<Vec<KeyUsage>>,
    pub(super) extended_usages: Vec<ExtendedUsage>,
    pub(super) alternative_names: Vec<AlternativeName>,
    pub(super) authority: Option<Authority>,
    pub(super) key_identifier: Option<Vec<u8>>,
    pub(super) authority_key_identifier: Option<Vec<u8>>,
    pub(super) all: Vec<Extension>,
}

/// Reads `extensions`. Where one comes twice, which RFC 5280 forbids, the first counts.
pub(super) fn decode(extensions: &[X509Extension<'_>]) -> Extensions {
    let mut found = Extensions::default();
    for extension in extensions.iter().take(MAX_ENTRIES) {
        let oid = oid::text(extension.oid.as_bytes());
        let seen = found.all.iter().any(|other| other.oid == oid);
        if !seen {
            found.read(&oid, extension.value);
        }
        found.all.push(Extension {
            name: oid::extension(&oid),
            oid,
            critical: extension.critical,
            value: extension.value.to_vec(),
        });
    }
    found
}

impl Extensions {
    fn read(&mut self, oid: &str, value: &[u8]) {
        match oid {
            "2.5.29.14" => {
                self.key_identifier = KeyIdentifier::from_der(value)
                    .ok()
                    .map(|(_, identifier)| identifier.0.to_vec());
            }
            "2.5.29.15" => self.key_usages = key_usages(value),
            "2.5.29.17" => self.alternative_names = alternative_names(value),
            "2.5.29.19" => {
                self.authority = BasicConstraints::from_der(value)
                    .ok()
                    .filter(|(_, constraints)| constraints.ca)
                    .map(|(_, constraints)| Authority {
                        path_len: constraints.path_len_constraint,
                    });
            }
            "2.5.29.35" => {
                self.authority_key_identifier = AuthorityKeyIdentifier::from_der(value)
                    .ok()
                    .and_then(|(_, authority)| authority.key_identifier)
                    .map(|identifier| identifier.0.to_vec());
            }
            "2.5.29.37" => self.extended_usages = extended_usages(value),
            _ => {}
        }
    }
}

/// RFC 5280, 4.2.1.3; nothing if the value cannot be read.
fn key_usages(value: &[u8]) -> Option<Vec<KeyUsage>> {
    let (_, bits) = x509_parser::extensions::KeyUsage::from_der(value).ok()?;
    let table = [
        (bits.digital_signature(), KeyUsage::DigitalSignature),
        (bits.non_repudiation(), KeyUsage::NonRepudiation),
        (bits.key_encipherment(), KeyUsage::KeyEncipherment),
        (bits.data_encipherment(), KeyUsage::DataEncipherment),
        (bits.key_agreement(), KeyUsage::KeyAgreement),
        (bits.key_cert_sign(), KeyUsage::CertificateSigning),
        (bits.crl_sign(), KeyUsage::CrlSigning),
        (bits.encipher_only(), KeyUsage::EncipherOnly),
        (bits.decipher_only(), KeyUsage::DecipherOnly),
    ];
    Some(
        table
            .into_iter()
            .filter_map(|(set, usage)| set.then_some(usage))
            .collect(),
    )
}

/// RFC 5280, 4.2.1.12, in their order.
fn extended_usages(value: &[u8]) -> Vec<ExtendedUsage> {
    let oids = <Vec<Oid<'_>>>::from_der(value).map_or_else(|_| Vec::new(), |(_, oids)| oids);
    oids.iter()
        .take(MAX_ENTRIES)
        .map(|usage| {
            let usage = oid::text(usage.as_bytes());
            match usage.as_str() {
                "2.5.29.37.0" => ExtendedUsage::Any,
                "1.3.6.1.5.5.7.3.1" => ExtendedUsage::ServerAuthentication,
                "1.3.6.1.5.5.7.3.2" => ExtendedUsage::ClientAuthentication,
                "1.3.6.1.5.5.7.3.3" => ExtendedUsage::CodeSigning,
                "1.3.6.1.5.5.7.3.4" => ExtendedUsage::EmailProtection,
                "1.3.6.1.5.5.7.3.8" => ExtendedUsage::TimeStamping,
                "1.3.6.1.5.5.7.3.9" => ExtendedUsage::OcspSigning,
                "1.3.6.1.5.5.7.3.21" => ExtendedUsage::SshClient,
                "1.3.6.1.4.1.311.20.2.2" => ExtendedUsage::SmartCardLogon,
                "1.3.6.1.5.2.3.4" => ExtendedUsage::KerberosClient,
                _ => ExtendedUsage::Other(usage),
            }
        })
        .collect()
}

/// RFC 5280, 4.2.1.6.
fn alternative_names(value: &[u8]) -> Vec<AlternativeName> {
    let names = SubjectAlternativeName::from_der(value)
        .map_or_else(|_| Vec::new(), |(_, names)| names.general_names);
    names
        .iter()
        .take(MAX_ENTRIES)
        .map(alternative_name)
        .collect()
}

fn alternative_name(name: &GeneralName<'_>) -> AlternativeName {
    let other = |kind: &str, bytes: &[u8]| AlternativeName::Other(kind.to_owned(), shown(bytes));
    match name {
        GeneralName::RFC822Name(text) => AlternativeName::Email(Text::from(*text)),
        GeneralName::DNSName(text) => AlternativeName::Dns(Text::from(*text)),
        GeneralName::URI(text) => AlternativeName::Uri(Text::from(*text)),
        GeneralName::IPAddress(bytes) => match address(bytes) {
            Some(address) => AlternativeName::Ip(address),
            None => other("iPAddress", bytes),
        },
        GeneralName::DirectoryName(name) => AlternativeName::Directory(name::decode(name).line),
        GeneralName::OtherName(oid, value) => other_name(&oid::text(oid.as_bytes()), value),
        GeneralName::RegisteredID(oid) => AlternativeName::Other(
            "registeredID".to_owned(),
            Text::from(oid::text(oid.as_bytes())),
        ),
        GeneralName::X400Address(any) => other("x400Address", any.data),
        GeneralName::EDIPartyName(any) => other("ediPartyName", any.data),
        // IA5String on paper, in truth often ISO/IEC 8859-1.
        GeneralName::Invalid(tag, bytes) => match tag.0 {
            1 => AlternativeName::Email(Text::from_either(bytes)),
            2 => AlternativeName::Dns(Text::from_either(bytes)),
            6 => AlternativeName::Uri(Text::from_either(bytes)),
            4 => other("directoryName", bytes),
            number => other(&number.to_string(), bytes),
        },
    }
}

/// otherName: an OID, and in `[0]` whatever that OID defines.
fn other_name(oid: &str, value: &[u8]) -> AlternativeName {
    let content = Any::from_der(value).map_or(value, |(_, tagged)| tagged.data);
    if oid == "1.3.6.1.4.1.311.20.2.3"
        && let Ok((_, inner)) = Any::from_der(content)
        && let Some(text) = name::string(&inner)
    {
        return AlternativeName::UserPrincipalName(text);
    }
    AlternativeName::Other(oid.to_owned(), shown(content))
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(sixteen).to_string())
}

fn shown(bytes: &[u8]) -> Text {
    let head = bytes.get(..MAX_SHOWN_LEN).unwrap_or(bytes);
    let mark = if head.len() < bytes.len() { "…" } else { "" };
    Text::from(format!("{}{mark}", hex::encode(head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_name_is_read() {
        let value = b"\xA0\x07\x0C\x05a@b.c";
        assert_eq!(
            other_name("1.3.6.1.4.1.311.20.2.3", value),
            AlternativeName::UserPrincipalName(Text::from("a@b.c"))
        );
        assert_eq!(
            other_name("1.2.3", value),
            AlternativeName::Other("1.2.3".to_owned(), Text::from("0C056140622E63"))
        );
        assert_eq!(
            other_name("1.3.6.1.4.1.311.20.2.3", b"\xA0"),
            AlternativeName::Other("1.3.6.1.4.1.311.20.2.3".to_owned(), Text::from("A0"))
        );
    }

    #[test]
    fn a_name_in_latin1_is_read() {
        let value = b"\x30\x08\x81\x06M\xFCll@x\x87\x01\x01";
        assert_eq!(
            alternative_names(&value[..10]),
            [AlternativeName::Email(Text::from_latin1(b"M\xFCll@x"))]
        );
    }

    #[test]
    fn addresses_have_four_or_sixteen_bytes() {
        assert_eq!(address(&[127, 0, 0, 1]).as_deref(), Some("127.0.0.1"));
        assert_eq!(address(&[0; 16]).as_deref(), Some("::"));
        assert_eq!(address(&[0; 5]), None);
    }
}
