//! Keys: where they are, what they are for, when they are free to use.

use super::dotted;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::token::{
    Algorithm, ApplicationKind, Evidence, Fact, FactName, FactValue, Key, KeyRef, KeyRow, Origin,
    PinPolicy, PublicKeyObject, Purpose, Text, TouchPolicy,
};

/// The first retired slot of PIV (SP 800-73-4 Part 1, table 4b).
const FIRST_RETIRED: u8 = 0x82;

/// The last retired slot.
const LAST_RETIRED: u8 = 0x95;

/// Where a key is, in words with the number behind: "Authentication (9A)". The references 1 to
/// 3 of OpenPGP need no number.
#[must_use]
pub fn slot(application: ApplicationKind, reference: KeyRef) -> String {
    match application {
        ApplicationKind::Piv => piv_slot(reference),
        ApplicationKind::OpenPgp => openpgp_slot(reference),
        ApplicationKind::Pkcs15 | ApplicationKind::Muscle | ApplicationKind::FurtherPkcs15(_) => {
            gettext_f("Key {number}", &[("number", &reference.0.to_string())])
        }
    }
}

fn piv_slot(reference: KeyRef) -> String {
    let hex = format!("{:02X}", reference.0);
    let slot = [("slot", hex.as_str())];
    match reference.0 {
        0x9A => gettext_f("Authentication ({slot})", &slot),
        0x9C => gettext_f("Signature ({slot})", &slot),
        0x9D => gettext_f("Decryption ({slot})", &slot),
        0x9E => gettext_f("Card authentication ({slot})", &slot),
        0xF9 => gettext_f("Attestation ({slot})", &slot),
        number @ FIRST_RETIRED..=LAST_RETIRED => gettext_f(
            // TRANSLATORS: A slot for a former key: "Retired key 1 (82)".
            "Retired key {number} ({slot})",
            &[
                ("number", &(number - FIRST_RETIRED + 1).to_string()),
                ("slot", &hex),
            ],
        ),
        _ => gettext_f("Slot {slot}", &slot),
    }
}

fn openpgp_slot(reference: KeyRef) -> String {
    match reference.0 {
        1 => pgettext("key", "Signature"),
        2 => pgettext("key", "Decryption"),
        3 => pgettext("key", "Authentication"),
        0x81 => pgettext("key", "Attestation"),
        other => gettext_f("Key {number}", &[("number", &format!("{other:02X}"))]),
    }
}

/// What a key is for, in one sentence.
#[must_use]
pub fn purpose(application: ApplicationKind, purpose: Purpose) -> String {
    match (application, purpose) {
        (ApplicationKind::Piv, Purpose::Signature) => {
            gettext("Signs documents and mail. The card asks for the PIN before every signature.")
        }
        (ApplicationKind::OpenPgp, Purpose::Signature) => {
            gettext("Signs mail, files and other keys.")
        }
        (
            ApplicationKind::Pkcs15 | ApplicationKind::Muscle | ApplicationKind::FurtherPkcs15(_),
            Purpose::Signature,
        ) => gettext("Signs what programs ask it for: mail, documents, sign-ins."),
        (_, Purpose::General) => gettext("Signs, and opens what was encrypted to it."),
        (
            ApplicationKind::Piv
            | ApplicationKind::Pkcs15
            | ApplicationKind::Muscle
            | ApplicationKind::FurtherPkcs15(_),
            Purpose::Decryption,
        ) => gettext("Opens what was encrypted to its certificate, mail above all."),
        (ApplicationKind::OpenPgp, Purpose::Decryption) => {
            gettext("Opens mail and files that were encrypted to you.")
        }
        (
            ApplicationKind::Piv
            | ApplicationKind::Pkcs15
            | ApplicationKind::Muscle
            | ApplicationKind::FurtherPkcs15(_),
            Purpose::Authentication,
        ) => gettext("Signs in to computers, networks and web pages."),
        (ApplicationKind::OpenPgp, Purpose::Authentication) => {
            gettext("Signs in to other machines, through SSH for example.")
        }
        (_, Purpose::CardAuthentication) => {
            gettext("Opens doors: the card proves itself without a PIN.")
        }
        (_, Purpose::RetiredDecryption) => {
            gettext("A former decryption key, kept to read old mail.")
        }
        (_, Purpose::Attestation) => gettext("Vouches that other keys were made on this token."),
    }
}

/// Where a key was made, in a caption: "made on the card".
#[must_use]
pub fn origin(origin: Origin) -> String {
    match origin {
        Origin::Generated => gettext("made on the card"),
        Origin::Imported => gettext("imported"),
    }
}

/// Where a key was made, as a sentence.
#[must_use]
pub fn origin_sentence(origin: Origin) -> String {
    match origin {
        Origin::Generated => gettext("Made on the card; there is no copy elsewhere."),
        Origin::Imported => gettext("Made elsewhere and imported; there may be a copy."),
    }
}

/// When the PIN is asked.
#[must_use]
pub fn pin_policy(policy: PinPolicy) -> String {
    match policy {
        PinPolicy::Never => gettext("The PIN is never asked."),
        PinPolicy::Once => gettext("The PIN is asked once while the card stays in."),
        PinPolicy::Always => gettext("The PIN is asked before every use."),
        PinPolicy::MatchOnce => {
            gettext("The PIN or a fingerprint is asked once while the card stays in.")
        }
        PinPolicy::MatchAlways => gettext("The PIN or a fingerprint is asked before every use."),
    }
}

/// When the token wants to be touched.
#[must_use]
pub fn touch_policy(policy: TouchPolicy) -> String {
    match policy {
        TouchPolicy::Never => gettext("No touch is needed."),
        TouchPolicy::Always => gettext("Touch the token for every use."),
        TouchPolicy::Cached => gettext("One touch is good for 15 seconds."),
        TouchPolicy::AlwaysFixed => {
            gettext("Touch the token for every use. Only a new key can change this.")
        }
        TouchPolicy::CachedFixed => {
            gettext("One touch is good for 15 seconds. Only a new key can change this.")
        }
    }
}

/// How it is known that there is a key.
#[must_use]
pub fn evidence(evidence: Evidence) -> String {
    match evidence {
        Evidence::Card => gettext("The card says that there is a key."),
        Evidence::Certificate => gettext(
            "Known by its certificate only: this card does not tell whether there is a key.",
        ),
    }
}

/// The caption of a key: "Authentication (9A) · RSA 2048 · made on the card".
#[must_use]
pub fn caption(application: ApplicationKind, key: &Key) -> String {
    let mut parts = match application {
        ApplicationKind::Pkcs15 | ApplicationKind::Muscle | ApplicationKind::FurtherPkcs15(_) => {
            identified(key)
        }
        ApplicationKind::Piv | ApplicationKind::OpenPgp => vec![slot(application, key.reference)],
    };
    parts.extend(key.algorithm.as_ref().map(|algorithm| algorithm.name()));
    parts.extend(key.origin.map(origin));
    dotted(&parts)
}

/// The caption of a public key by itself: "Public Key · ID 45 · P-256".
#[must_use]
pub fn public_caption(key: &PublicKeyObject) -> String {
    let mut parts = named(key.label.as_ref(), &key.facts);
    let algorithm = key.public_key.as_ref().map(|public| &public.algorithm);
    parts.extend(algorithm.map(Algorithm::name));
    dotted(&parts)
}

/// The name of a key on the card and its identifier: "Private Key", "ID 45".
fn identified(key: &Key) -> Vec<String> {
    named(key.label.as_ref(), &key.facts)
}

fn named(label: Option<&Text>, facts: &[Fact]) -> Vec<String> {
    let id = facts.iter().find_map(|fact| match &fact.value {
        FactValue::Bytes(id) if fact.name == FactName::Id => Some(hex::encode(id)),
        _ => None,
    });
    let id = id.map(|id| gettext_f("ID {id}", &[("id", &id)]));
    let name = label.map(ToString::to_string);
    name.into_iter().chain(id).collect()
}

/// The chip of a row that is not a plain pair: "No certificate".
#[must_use]
pub fn row_chip(row: &KeyRow<'_>) -> Option<String> {
    match row {
        KeyRow::Pair(..) => None,
        KeyRow::KeyOnly(_) => Some(gettext("No certificate")),
        KeyRow::CertificateOnly(_) => Some(gettext("No key")),
        KeyRow::Mismatch(..) => Some(gettext("Does not match the key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_names_before_numbers() {
        let piv = |number| slot(ApplicationKind::Piv, KeyRef(number));
        assert_eq!(piv(0x9A), "Authentication (9A)");
        assert_eq!(piv(0x9C), "Signature (9C)");
        assert_eq!(piv(0x82), "Retired key 1 (82)");
        assert_eq!(piv(0x95), "Retired key 20 (95)");
        assert_eq!(piv(0x96), "Slot 96");
        let openpgp = |number| slot(ApplicationKind::OpenPgp, KeyRef(number));
        assert_eq!(openpgp(1), "Signature");
        assert_eq!(openpgp(2), "Decryption");
        assert_eq!(openpgp(3), "Authentication");
        assert_eq!(openpgp(0x81), "Attestation");
    }

    #[test]
    fn a_caption_has_what_is_known() {
        let mut key = Key {
            reference: KeyRef(0x9A),
            purpose: Purpose::Authentication,
            algorithm: Some(Algorithm::Rsa { bits: 2048 }),
            origin: Some(Origin::Generated),
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: None,
            facts: Vec::new(),
        };
        assert_eq!(
            caption(ApplicationKind::Piv, &key),
            "Authentication (9A) · RSA 2048 · made on the card"
        );
        (key.algorithm, key.origin) = (None, None);
        assert_eq!(caption(ApplicationKind::Piv, &key), "Authentication (9A)");
        assert_eq!(
            row_chip(&KeyRow::KeyOnly(&key)).as_deref(),
            Some("No certificate")
        );
    }
}
