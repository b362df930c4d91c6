//! What the dialog says of a certificate, as plain data.

use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain;
use crate::pki::certificate::{Attribute, Authority, Certificate, Extension, Standing, colons};
use crate::pki::chain::{Chain, Link};
use crate::ui::widgets::{Chip, ChipKind, FactText};

/// The chips on top: where it stands, what it is for, what is wrong with it.
pub(super) fn chips(
    certificate: &Certificate,
    standing: Standing,
    key_matches: Option<bool>,
) -> Vec<Chip> {
    let mut chips = vec![Chip::standing(standing, certificate.not_before)];
    if key_matches == Some(false) {
        let words = gettext("Does not match the key");
        chips.push(Chip::new(ChipKind::Error, words));
    }
    chips.extend(certificate.weaknesses.iter().map(|&weakness| {
        Chip::new(
            ChipKind::Warning,
            explain::certificates::weakness_chip(weakness),
        )
    }));
    let usage = certificate.extended_usages.first();
    chips.extend(usage.map(|usage| {
        let words = explain::certificates::extended_usage(usage);
        Chip::new(ChipKind::Plain, words)
    }));
    chips
}

/// The attributes of a name.
fn name(attributes: &[Attribute]) -> Vec<FactText> {
    let facts = attributes.iter().map(|attribute| {
        FactText::new(
            explain::certificates::attribute(&attribute.kind),
            attribute.value.as_str(),
        )
    });
    facts.collect()
}

/// Whose it is: the subject and its other names.
pub(super) fn issued_to(certificate: &Certificate) -> Vec<FactText> {
    let mut facts = name(&certificate.subject);
    facts.extend(certificate.alternative_names.iter().map(|other| {
        FactText::new(
            explain::certificates::alternative_name_kind(other),
            explain::certificates::alternative_name_value(other),
        )
    }));
    facts
}

/// Who issued it, where the certificate of the issuer is not here.
pub(super) fn issuer(certificate: &Certificate) -> Vec<FactText> {
    name(&certificate.issuer)
}

/// A row of the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ChainLine {
    pub(super) name: String,
    pub(super) caption: String,
    pub(super) der: Vec<u8>,
}

/// Everything above the certificate itself, the root last.
pub(super) fn chain_lines(chain: &Chain) -> Vec<ChainLine> {
    let above = chain.links.iter().skip(1);
    above.map(chain_line).collect()
}

fn chain_line(link: &Link) -> ChainLine {
    let certificate = &link.certificate;
    let name = certificate.name();
    ChainLine {
        name: name
            .as_ref()
            .unwrap_or(certificate.subject_line())
            .to_string(),
        caption: explain::certificates::chain_link(link),
        der: certificate.der.clone(),
    }
}

/// What it may be used for.
pub(super) fn used_for(certificate: &Certificate) -> Vec<FactText> {
    let mut facts = Vec::new();
    if let Some(usages) = &certificate.key_usages {
        let words: Vec<String> = usages
            .iter()
            .map(|&usage| explain::certificates::key_usage(usage))
            .collect();
        let name = gettext("Key usage");
        facts.push(FactText::new(name, explain::dotted(&words)).without_copy());
    }
    if !certificate.extended_usages.is_empty() {
        let words: Vec<String> = certificate
            .extended_usages
            .iter()
            .map(explain::certificates::extended_usage)
            .collect();
        let name = gettext("Extended key usage");
        facts.push(FactText::new(name, explain::dotted(&words)).without_copy());
    }
    if let Some(authority) = certificate.authority {
        let name = gettext("Certificate authority");
        facts.push(FactText::new(name, self::authority(authority)).without_copy());
    }
    facts
}

fn authority(authority: Authority) -> String {
    match authority.path_len {
        None => gettext("May issue certificates, for other authorities too"),
        Some(0) => gettext("May issue certificates, but not for other authorities"),
        Some(count) => ngettext_f(
            "May issue certificates, through {count} more authority at most",
            "May issue certificates, through {count} more authorities at most",
            count,
            &[("count", &count.to_string())],
        ),
    }
}

/// Its key, and whether the token has the other half.
pub(super) fn key(
    certificate: &Certificate,
    key_matches: Option<bool>,
    location: &str,
) -> Vec<FactText> {
    let mut facts = vec![
        FactText::new(gettext("Kind"), certificate.public_key.algorithm.name()).without_copy(),
    ];
    let words = match key_matches {
        Some(true) => gettext_f("Matches the key in {slot}", &[("slot", location)]),
        Some(false) => gettext_f(
            "Was made for another key than the one in {slot}",
            &[("slot", location)],
        ),
        None => return facts,
    };
    facts.push(FactText::new(gettext("Key on the token"), words).without_copy());
    facts
}

/// What tells it from others.
pub(super) fn identifiers(certificate: &Certificate) -> Vec<FactText> {
    let bytes = |name: String, bytes: &[u8]| FactText::new(name, colons(bytes)).monospace();
    let mut facts = vec![
        bytes(gettext("Serial number"), &certificate.serial),
        FactText::new(
            gettext("SHA-256 fingerprint"),
            certificate.sha256_fingerprint(),
        )
        .monospace(),
        FactText::new(gettext("SHA-1 fingerprint"), certificate.sha1_fingerprint()).monospace(),
    ];
    let named = [
        (
            gettext("Identifier of the key"),
            &certificate.key_identifier,
        ),
        (
            gettext("Identifier of the key of the issuer"),
            &certificate.authority_key_identifier,
        ),
    ];
    for (name, identifier) in named {
        facts.extend(identifier.as_ref().map(|found| bytes(name, found)));
    }
    let algorithm = &certificate.signature_algorithm;
    facts.push(
        FactText::new(
            gettext("Signature"),
            explain::certificates::signature_algorithm(algorithm),
        )
        .without_copy(),
    );
    facts
}

/// Every extension with its bytes.
pub(super) fn extensions(certificate: &Certificate) -> Vec<FactText> {
    certificate.extensions.iter().map(extension).collect()
}

fn extension(extension: &Extension) -> FactText {
    let name = explain::certificates::extension(extension);
    let mut parts = vec![name];
    if parts.first() != Some(&extension.oid) {
        parts.push(extension.oid.clone());
    }
    if extension.critical {
        // TRANSLATORS: Said of an extension: who does not know it must refuse the certificate.
        parts.push(gettext("critical"));
    }
    FactText::bytes(explain::dotted(&parts), &extension.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::certificate::{ExtendedUsage, KeyUsage, Weakness};
    use crate::token::{Algorithm, PublicKey};

    const DAY: i64 = 86_400;

    fn certificate() -> Certificate {
        Certificate {
            der: vec![0x30],
            subject: vec![Attribute {
                kind: "CN".to_owned(),
                value: "Thomas Mustermann".into(),
            }],
            issuer: vec![Attribute {
                kind: "CN".to_owned(),
                value: "Helpdesk CA".into(),
            }],
            subject_line: "CN=Thomas Mustermann".into(),
            issuer_line: "CN=Helpdesk CA".into(),
            serial: vec![0x3A],
            not_before: 0,
            not_after: 100 * DAY,
            public_key: PublicKey {
                algorithm: Algorithm::Rsa { bits: 1024 },
                spki: vec![],
            },
            signature_algorithm: "SHA-1 with RSA".to_owned(),
            key_usages: Some(vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment]),
            extended_usages: vec![ExtendedUsage::ClientAuthentication],
            alternative_names: vec![],
            authority: None,
            key_identifier: None,
            authority_key_identifier: None,
            extensions: vec![Extension {
                oid: "1.2.3".to_owned(),
                name: None,
                critical: true,
                value: vec![5, 0],
            }],
            sha1: [1; 20],
            sha256: [2; 32],
            weaknesses: vec![Weakness::ShortKey],
        }
    }

    #[test]
    fn chips_say_the_worst_before_the_use() {
        let certificate = certificate();
        let standing = certificate.standing(88 * DAY);
        let chips = chips(&certificate, standing, Some(false));
        let texts: Vec<&str> = chips.iter().map(|chip| chip.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "12 days",
                "Does not match the key",
                "Short key",
                "TLS client"
            ]
        );
    }

    #[test]
    fn an_extension_without_a_name_is_told_once() {
        let facts = extensions(&certificate());
        let told: Vec<(&str, &str)> = facts
            .iter()
            .map(|fact| (fact.name.as_str(), fact.value.as_str()))
            .collect();
        assert_eq!(told, [("1.2.3 · critical", "05 00")]);
    }

    #[test]
    fn what_is_not_known_of_the_key_is_not_said() {
        let certificate = certificate();
        assert_eq!(key(&certificate, None, "PIV").len(), 1);
        let told = key(&certificate, Some(true), "PIV · Authentication (9A)");
        assert!(
            told.iter()
                .any(|fact| { fact.value == "Matches the key in PIV · Authentication (9A)" })
        );
    }

    #[test]
    fn usages_stand_on_one_line_each() {
        let facts = used_for(&certificate());
        let values: Vec<&str> = facts.iter().map(|fact| fact.value.as_str()).collect();
        assert_eq!(
            values,
            ["Digital signature · Encryption of keys", "TLS client"]
        );
    }
}
