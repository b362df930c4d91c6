//! Certificates: names, uses, validity, and what is wrong with them.

use super::dates;
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::pki::certificate::{
    AlternativeName, Certificate, ExtendedUsage, Extension, KeyUsage, Standing, Weakness,
};
use crate::pki::chain::{Chain, End, Link, Signature};
use crate::token::Flaw;

/// 9999-12-31 23:59:59 UTC: the end of a certificate that has none (RFC 5280, 4.1.2.5).
const NO_END: i64 = 253_402_300_799;

/// An attribute of a name: CN becomes "Common name". What has no words stays as it is.
#[must_use]
pub fn attribute(kind: &str) -> String {
    match kind {
        "CN" => gettext("Common name"),
        "SN" => gettext("Surname"),
        "GN" => gettext("Given name"),
        "initials" => gettext("Initials"),
        "generationQualifier" => gettext("Generation"),
        "name" => pgettext("of a person", "Name"),
        "pseudonym" => gettext("Pseudonym"),
        "title" => pgettext("of a person", "Title"),
        "serialNumber" => gettext("Serial number"),
        "UID" => gettext("User name"),
        "C" => gettext("Country"),
        "ST" => pgettext("part of a country", "State"),
        "L" => gettext("Town"),
        "STREET" => gettext("Street"),
        "postalCode" => gettext("Postal code"),
        "postalAddress" => gettext("Postal address"),
        "telephoneNumber" => gettext("Telephone"),
        "O" => gettext("Organisation"),
        "OU" => gettext("Unit"),
        "organizationIdentifier" => gettext("Number of the organisation"),
        "businessCategory" => gettext("Kind of organisation"),
        "DC" => gettext("Domain"),
        "emailAddress" | "mail" => gettext("E-mail"),
        "description" => gettext("Description"),
        "dnQualifier" => gettext("Qualifier"),
        "x500UniqueIdentifier" => gettext("Unique identifier"),
        "unstructuredName" => gettext("Unstructured name"),
        "jurisdictionL" => gettext("Town of registration"),
        "jurisdictionST" => gettext("State of registration"),
        "jurisdictionC" => gettext("Country of registration"),
        other => other.to_owned(),
    }
}

/// What a key may be used for.
#[must_use]
pub fn key_usage(usage: KeyUsage) -> String {
    match usage {
        KeyUsage::DigitalSignature => gettext("Digital signature"),
        KeyUsage::NonRepudiation => gettext("Binding signature (non-repudiation)"),
        KeyUsage::KeyEncipherment => gettext("Encryption of keys"),
        KeyUsage::DataEncipherment => gettext("Encryption of data"),
        KeyUsage::KeyAgreement => gettext("Key agreement"),
        KeyUsage::CertificateSigning => gettext("Signing certificates"),
        KeyUsage::CrlSigning => gettext("Signing lists of revoked certificates"),
        KeyUsage::EncipherOnly => gettext("Key agreement to encrypt only"),
        KeyUsage::DecipherOnly => gettext("Key agreement to decrypt only"),
    }
}

/// What a certificate is for.
#[must_use]
pub fn extended_usage(usage: &ExtendedUsage) -> String {
    match usage {
        ExtendedUsage::Any => gettext("Anything"),
        ExtendedUsage::ServerAuthentication => gettext("TLS server"),
        ExtendedUsage::ClientAuthentication => gettext("TLS client"),
        ExtendedUsage::CodeSigning => gettext("Signing programs"),
        ExtendedUsage::EmailProtection => gettext("Mail"),
        ExtendedUsage::TimeStamping => gettext("Time stamps"),
        ExtendedUsage::OcspSigning => gettext("Status answers (OCSP)"),
        ExtendedUsage::SmartCardLogon => gettext("Windows sign-in with a smart card"),
        ExtendedUsage::KerberosClient => gettext("Kerberos client"),
        ExtendedUsage::SshClient => gettext("SSH client"),
        ExtendedUsage::Other(oid) => oid.clone(),
    }
}

/// The kind of an alternative name.
#[must_use]
pub fn alternative_name_kind(name: &AlternativeName) -> String {
    match name {
        AlternativeName::Email(_) => gettext("E-mail"),
        AlternativeName::Dns(_) => gettext("Host name"),
        AlternativeName::Uri(_) => gettext("Address (URI)"),
        AlternativeName::Ip(_) => gettext("IP address"),
        AlternativeName::UserPrincipalName(_) => gettext("Windows user name (UPN)"),
        AlternativeName::Directory(_) => gettext("Directory name"),
        AlternativeName::Other(kind, _) => kind.clone(),
    }
}

/// The value of an alternative name.
#[must_use]
pub fn alternative_name_value(name: &AlternativeName) -> String {
    match name {
        AlternativeName::Email(text)
        | AlternativeName::Dns(text)
        | AlternativeName::Uri(text)
        | AlternativeName::UserPrincipalName(text)
        | AlternativeName::Directory(text)
        | AlternativeName::Other(_, text) => text.to_string(),
        AlternativeName::Ip(address) => address.clone(),
    }
}

/// What an extension is: its name, else its identifier.
#[must_use]
pub fn extension(extension: &Extension) -> String {
    extension_name(&extension.oid).unwrap_or_else(|| {
        extension
            .name
            .map_or_else(|| extension.oid.clone(), str::to_owned)
    })
}

/// The extensions that people meet. Names of products stay English: see `pki`.
fn extension_name(oid: &str) -> Option<String> {
    Some(match oid {
        "2.5.29.14" => gettext("Identifier of the key"),
        "2.5.29.15" => gettext("Key usage"),
        "2.5.29.17" => gettext("Alternative names"),
        "2.5.29.18" => gettext("Alternative names of the issuer"),
        "2.5.29.19" => gettext("Basic constraints"),
        "2.5.29.30" => gettext("Name constraints"),
        "2.5.29.31" => gettext("Where the list of revoked certificates is"),
        "2.5.29.32" => gettext("Certificate policies"),
        "2.5.29.33" => gettext("Policy mappings"),
        "2.5.29.35" => gettext("Identifier of the key of the issuer"),
        "2.5.29.36" => gettext("Policy constraints"),
        "2.5.29.37" => gettext("Extended key usage"),
        "1.3.6.1.5.5.7.1.1" => gettext("Where the issuer can be reached"),
        "1.3.6.1.5.5.7.1.3" => gettext("Statements of a qualified certificate"),
        _ => return None,
    })
}

/// "SHA-256 with RSA" in the language; other names stay as they are.
#[must_use]
pub fn signature_algorithm(name: &str) -> String {
    match name.split_once(" with ") {
        Some((digest, key)) => gettext_f(
            // TRANSLATORS: A signature algorithm: "SHA-256 with RSA".
            "{digest} with {key}",
            &[("digest", digest), ("key", key)],
        ),
        None => name.to_owned(),
    }
}

/// Where a certificate stands, on a chip: "Valid", "12 days", "Expired", "From 1 January 2027".
#[must_use]
pub fn standing_chip(standing: Standing, not_before: i64) -> String {
    match standing {
        // TRANSLATORS: Said of a certificate.
        Standing::Valid { .. } => pgettext("certificate", "Valid"),
        Standing::Soon { days } if days <= 0 => pgettext("certificate", "Last day"),
        Standing::Soon { days } => dates::days(days),
        // TRANSLATORS: Said of a certificate.
        Standing::Expired { .. } => pgettext("certificate", "Expired"),
        Standing::NotYet { .. } => gettext_f(
            // TRANSLATORS: Said of a certificate: it is valid from this day.
            "From {day}",
            &[("day", &dates::day(not_before))],
        ),
    }
}

/// Where a certificate stands, with the day: "Valid until 3 December 2026 (in 12 days)".
#[must_use]
pub fn standing_sentence(standing: Standing, not_before: i64, not_after: i64) -> String {
    match standing {
        Standing::Valid { .. } if not_after >= NO_END => gettext("Valid without end"),
        Standing::Valid { days } | Standing::Soon { days } => gettext_f(
            // TRANSLATORS: {distance} is "in 12 days" or "today".
            "Valid until {day} ({distance})",
            &[
                ("day", &dates::day(not_after)),
                ("distance", &dates::until(days)),
            ],
        ),
        Standing::Expired { days } => gettext_f(
            // TRANSLATORS: {distance} is "14 days ago" or "today".
            "Expired on {day} ({distance})",
            &[
                ("day", &dates::day(not_after)),
                ("distance", &dates::since(days)),
            ],
        ),
        Standing::NotYet { days } => gettext_f(
            // TRANSLATORS: {distance} is "in 41 days" or "today".
            "Valid from {day} ({distance})",
            &[
                ("day", &dates::day(not_before)),
                ("distance", &dates::until(days)),
            ],
        ),
    }
}

/// The line under the picture of the validity: "12 days left of 730".
#[must_use]
pub fn standing_distance(standing: Standing, not_before: i64, not_after: i64) -> String {
    let total = dates::days_between(not_before, not_after);
    match standing {
        Standing::Valid { .. } if not_after >= NO_END => gettext("Valid without end"),
        Standing::Valid { days } | Standing::Soon { days } => dates::days_left_of(days, total),
        Standing::Expired { days } => gettext_f(
            // TRANSLATORS: {distance} is "14 days ago" or "today".
            "Expired {distance}",
            &[("distance", &dates::since(days))],
        ),
        Standing::NotYet { .. } => standing_sentence(standing, not_before, not_after),
    }
}

/// The picture of the validity for a screen reader: "Valid from 3 December 2024 to 3 December
/// 2026, 12 days left".
#[must_use]
pub fn validity(standing: Standing, not_before: i64, not_after: i64) -> String {
    let from = dates::day(not_before);
    if not_after >= NO_END {
        return gettext_f("Valid from {from} without end", &[("from", &from)]);
    }
    let distance = match standing {
        Standing::Valid { days } | Standing::Soon { days } => dates::days_left(days),
        Standing::Expired { days } => gettext_f(
            // TRANSLATORS: In the middle of a sentence. {distance} is "14 days ago" or "today".
            "expired {distance}",
            &[("distance", &dates::since(days))],
        ),
        Standing::NotYet { days } => gettext_f(
            // TRANSLATORS: In the middle of a sentence. {distance} is "in 41 days" or "today".
            "begins {distance}",
            &[("distance", &dates::until(days))],
        ),
    };
    gettext_f(
        // TRANSLATORS: {distance} is "12 days left" or "expired 14 days ago".
        "Valid from {from} to {to}, {distance}",
        &[
            ("from", &from),
            ("to", &dates::day(not_after)),
            ("distance", &distance),
        ],
    )
}

/// "valid until 3 December 2026", in the middle of a line.
#[must_use]
pub fn valid_until(not_after: i64) -> String {
    if not_after >= NO_END {
        return gettext("valid without end");
    }
    gettext_f("valid until {day}", &[("day", &dates::day(not_after))])
}

/// What is wrong with a certificate by itself, on a chip.
#[must_use]
pub fn weakness_chip(weakness: Weakness) -> String {
    match weakness {
        Weakness::OldDigest => gettext("Old signature"),
        Weakness::ShortKey => gettext("Short key"),
        Weakness::EndsBeforeItBegins => gettext("Never valid"),
    }
}

/// What is wrong with a certificate by itself, and what follows.
#[must_use]
pub fn weakness(weakness: Weakness) -> String {
    match weakness {
        Weakness::OldDigest => {
            gettext("It is signed with SHA-1 or something older. Most programs refuse that.")
        }
        Weakness::ShortKey => gettext("Its key is short enough to be broken. Ask for a new one."),
        Weakness::EndsBeforeItBegins => gettext("It ends before it begins, so it is never valid."),
    }
}

/// Why something in the place of a certificate is none.
#[must_use]
pub fn flaw(flaw: Flaw) -> String {
    match flaw {
        Flaw::Compression => gettext(
            "It is compressed, and either damaged or longer than 64 KiB when it is decompressed.",
        ),
        Flaw::Length => gettext("It is longer than 64 KiB."),
        Flaw::Structure => gettext("It is cut short, or something else than a certificate."),
        Flaw::Serial => gettext("Its serial number is no number."),
        Flaw::Name => gettext("The name of its subject or issuer is damaged."),
        Flaw::Dates => gettext("The time in which it is valid is damaged."),
        Flaw::Key => gettext("Its key is damaged."),
        Flaw::Extensions => gettext("The list of its extensions is damaged."),
    }
}

/// A link of a chain: whether its signature is right.
#[must_use]
pub fn chain_link(link: &Link) -> String {
    match (link.signature, link.self_signed) {
        (Signature::Verified, true) => gettext("Root, signed with its own key"),
        (Signature::Verified, false) => gettext("Signed by the next one"),
        (Signature::Broken, true | false) => gettext("The signature is wrong"),
        (Signature::NotChecked, true | false) => gettext("The signature was not checked"),
    }
}

/// How far a chain goes, as a sentence below it.
#[must_use]
pub fn chain(chain: &Chain) -> String {
    let broken = |link: &Link| link.signature == Signature::Broken;
    if chain.links.iter().any(broken) {
        return gettext("A signature in this chain is wrong. Do not rely on it.");
    }
    match chain.end {
        End::Root if chain.is_verified() => gettext(
            "Every signature up to the root is right. Whether to trust the root is up to you.",
        ),
        End::Root => gettext("The chain reaches a root, but not every signature was checked."),
        End::IssuerMissing => match chain.links.last().map(|link| issuer(&link.certificate)) {
            Some(issuer) => gettext_f(
                "The certificate of {issuer} is neither on the token nor on this computer.",
                &[("issuer", &issuer)],
            ),
            None => String::new(),
        },
        End::TooLong => gettext("The chain is too long to be followed to its end."),
    }
}

/// What the issuer of a certificate is best called.
fn issuer(certificate: &Certificate) -> String {
    certificate
        .issuer_common_name()
        .unwrap_or_else(|| certificate.issuer_line())
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 December 2024 and 3 December 2026.
    const BEGIN: i64 = 1_733_184_000;
    const END: i64 = 1_796_256_000;
    /// 1 January 2027.
    const NEW_YEAR: i64 = 1_798_761_600;

    #[test]
    fn the_standing_fits_on_a_chip() {
        let chip = |standing| standing_chip(standing, NEW_YEAR);
        assert_eq!(chip(Standing::Valid { days: 41 }), "Valid");
        assert_eq!(chip(Standing::Soon { days: 12 }), "12 days");
        assert_eq!(chip(Standing::Soon { days: 1 }), "1 day");
        assert_eq!(chip(Standing::Soon { days: 0 }), "Last day");
        assert_eq!(chip(Standing::Expired { days: 14 }), "Expired");
        assert_eq!(chip(Standing::NotYet { days: 41 }), "From 1 January 2027");
    }

    #[test]
    fn a_sentence_gives_the_day_and_the_distance() {
        let sentence = |standing| standing_sentence(standing, BEGIN, END);
        assert_eq!(
            sentence(Standing::Soon { days: 12 }),
            "Valid until 3 December 2026 (in 12 days)"
        );
        assert_eq!(
            sentence(Standing::Expired { days: 14 }),
            "Expired on 3 December 2026 (14 days ago)"
        );
        assert_eq!(
            standing_sentence(Standing::NotYet { days: 41 }, NEW_YEAR, i64::MAX),
            "Valid from 1 January 2027 (in 41 days)"
        );
        assert_eq!(
            standing_sentence(Standing::Valid { days: 1 << 40 }, BEGIN, NO_END),
            "Valid without end"
        );
    }

    #[test]
    fn the_picture_has_words() {
        assert_eq!(
            validity(Standing::Soon { days: 12 }, BEGIN, END),
            "Valid from 3 December 2024 to 3 December 2026, 12 days left"
        );
        assert_eq!(
            validity(Standing::Expired { days: 14 }, BEGIN, END),
            "Valid from 3 December 2024 to 3 December 2026, expired 14 days ago"
        );
        assert_eq!(
            standing_distance(Standing::Soon { days: 12 }, BEGIN, END),
            "12 days left of 730"
        );
        assert_eq!(
            standing_distance(Standing::Expired { days: 14 }, BEGIN, END),
            "Expired 14 days ago"
        );
    }

    #[test]
    fn names_have_words_where_there_are_some() {
        assert_eq!(attribute("CN"), "Common name");
        assert_eq!(attribute("1.2.3.4"), "1.2.3.4");
        assert_eq!(signature_algorithm("SHA-256 with RSA"), "SHA-256 with RSA");
        assert_eq!(signature_algorithm("Ed25519"), "Ed25519");
        let unknown = Extension {
            oid: "1.2.3".to_owned(),
            name: None,
            critical: false,
            value: Vec::new(),
        };
        assert_eq!(extension(&unknown), "1.2.3");
    }
}
