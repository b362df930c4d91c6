//! Practice cards: what they are and what is on them.

use crate::backend::practice::PracticeCard;
use crate::base::i18n::{gettext, gettext_f};

/// The words for a practice card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    /// What it is, in a few words.
    pub title: String,
    /// What is on it, with its PINs.
    pub description: String,
}

/// What a practice card is, and what is on it.
#[must_use]
pub fn words(card: &PracticeCard) -> Words {
    piv(card.name)
        .or_else(|| openpgp(card.name))
        .or_else(|| java(card.name))
        .or_else(|| odd(card.name))
        // A card without words of its own is at least named.
        .unwrap_or_else(|| Words {
            title: card.title.to_owned(),
            description: card.description.to_owned(),
        })
}

fn piv(name: &str) -> Option<Words> {
    let (title, description) = match name {
        "piv-fresh" => (
            gettext("New PIV token"),
            gettext(
                "Speaks like a YubiKey 5 with firmware 5.4.3. No key, no certificate. PIN 123456, PUK 12345678, and the management key on which every token is sold.",
            ),
        ),
        "piv-used" => (
            gettext("PIV token of Thomas Mustermann"),
            gettext(
                "Speaks like a YubiKey 5 with firmware 5.7.1. Keys and certificates in all four slots, a retired key and the certificate of the issuer. PIN 654321, PUK 87654321.",
            ),
        ),
        "piv-plain" => (
            gettext("PIV card of Anna Rossi"),
            gettext(
                "A PIV card by the standard alone, without anything a YubiKey adds. Two keys with certificates. PIN 654321, PUK 87654321.",
            ),
        ),
        "expired-certificate" => (
            gettext("Card with an expired certificate"),
            gettext(
                "A PIV card with T=0. The certificate of Anna Rossi ended on 1 March 2023; the key is still good. PIN 654321, PUK 87654321.",
            ),
        ),
        "odd-certificates" => (
            gettext("Card with odd certificates"),
            gettext(
                "A PIV card: a certificate signed with SHA-1, one that does not match its key, one without a key, and a key without a certificate. PIN 654321, PUK 87654321.",
            ),
        ),
        "slow" => (
            gettext("Card that takes its time"),
            gettext(
                "The token with PIV and OpenPGP, which thinks for twenty seconds about its fifth command.",
            ),
        ),
        _ => return None,
    };
    Some(Words { title, description })
}

fn openpgp(name: &str) -> Option<Words> {
    let (title, description) = match name {
        "openpgp-fresh" => (
            gettext("New OpenPGP card"),
            gettext("Version 3.4 with all there is. No key. PIN 123456, admin PIN 12345678."),
        ),
        "openpgp-used" => (
            gettext("OpenPGP card of Thomas Mustermann"),
            gettext(
                "Three RSA 2048 keys, login, URL, a certificate, 42 signatures made. One try left for the PIN, which is 654321; admin PIN 87654321.",
            ),
        ),
        "openpgp-curves" => (
            gettext("OpenPGP card of Anna Rossi"),
            gettext(
                "Keys on Curve25519, one PIN for many signatures, a resetting code. PIN 654321, resetting code 12345678, admin PIN 87654321.",
            ),
        ),
        "openpgp-2" => (
            gettext("OpenPGP card of version 2.1"),
            gettext(
                "An older card: RSA only, short commands, and a wrong PIN is not counted aloud. No key. PIN 123456, admin PIN 12345678.",
            ),
        ),
        "slow" => (
            gettext("Card that takes its time"),
            gettext(
                "The token with PIV and OpenPGP, which thinks for twenty seconds about its fifth command.",
            ),
        ),
        _ => return None,
    };
    Some(Words { title, description })
}

fn java(name: &str) -> Option<Words> {
    let (title, description) = match name {
        "muscle-blank" => (
            gettext("New MUSCLE card"),
            gettext(
                "A Java card with the MUSCLE applet as it was installed: nothing works before it is set up, with its transport PIN Muscle00.",
            ),
        ),
        "muscle-used" => (
            gettext("MUSCLE card of Anna Rossi"),
            gettext(
                "The MUSCLE applet with PKCS#15 as OpenSC leaves it: a key with its certificate. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
            ),
        ),
        "muscle-2048-place" => (
            gettext("MUSCLE card that was erased"),
            gettext(
                "Set up and empty, but its first place for keys was used: it takes keys of 2048 bits alone, for ever. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
            ),
        ),
        "muscle-t0" => (
            gettext("MUSCLE card with T=0"),
            gettext(
                "The MUSCLE card of Anna Rossi on a card with T=0 and short commands. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
            ),
        ),
        "java-cyberflex" => (
            gettext("Empty Java card of a developer"),
            gettext(
                "A Cyberflex Access 64k with Open Platform 2.0.1 and no applet on it. The keys of its card manager are those of all test cards: 40 41 42 and so on to 4F, SCP01.",
            ),
        ),
        "java-gp211" => (
            gettext("Empty Java card with GlobalPlatform 2.1.1"),
            gettext(
                "Java Card 2.2.1, and no applet on it. The keys of its card manager are those of all test cards: 40 41 42 and so on to 4F, SCP02.",
            ),
        ),
        "java-slow" => (
            gettext("Empty Java card that takes its time"),
            gettext(
                "As the one with GlobalPlatform 2.1.1, but each block of a package takes it a tenth of a second, as with real ones: time to pull it while it is loaded, and to see how that goes on.",
            ),
        ),
        "java-modern" => (
            gettext("Empty Java card of today"),
            gettext(
                "GlobalPlatform 2.3 with Java Card 3.0.5, and no applet on it. The keys of its card manager are those of all test cards, 40 41 42 and so on to 4F, for SCP03 with AES.",
            ),
        ),
        _ => return None,
    };
    Some(Words { title, description })
}

fn odd(name: &str) -> Option<Words> {
    let (title, description) = match name {
        "cardos-blank" => (
            gettext("Blank CardOS token"),
            gettext(
                "An eToken PRO 32k with CardOS M4.2B, formatted and empty: for pkcs15-init and other programs to set up.",
            ),
        ),
        "cardos-slow" => (
            gettext("Blank CardOS token that takes its time"),
            gettext(
                "As the blank one, but a key takes it five seconds, as little as with the fastest real ones: time to pull it while it is set up, and to see how that goes on.",
            ),
        ),
        "cardos-used" => (
            gettext("CardOS token of Anna Rossi"),
            gettext(
                "CardOS M4.2B with PKCS#15 as OpenSC sets it up: a key with its certificate. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
            ),
        ),
        "cardos-weak" => (
            gettext("CardOS token that guards nothing"),
            gettext(
                "The token of Anna Rossi as OpenSC set it up until 2008: whoever has it can give it new PINs without knowing the old ones. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
            ),
        ),
        "pkcs15-two" => (
            gettext("Town hall card of Thomas Mustermann"),
            gettext(
                "A PKCS#15 card by the standard alone, with two applications. One signs in and has letters that show after its PIN, which is 654321; the other one signs, and its PIN is 112233.",
            ),
        ),
        "both" => (
            gettext("Token with PIV and OpenPGP"),
            gettext(
                "Thomas Mustermann’s YubiKey. PIV with the factory PIN 123456 and PUK 12345678, and a certificate that ends in twelve days. OpenPGP with one try left for the PIN, which is 654321; admin PIN 87654321.",
            ),
        ),
        "blocked-pin" => (
            gettext("Token whose PINs are blocked"),
            gettext(
                "PIV and OpenPGP, each with a blocked PIN. Unblock them with the PUK 12345678, with the resetting code 12345678, or with the admin PIN 87654321.",
            ),
        ),
        "unknown" => (
            gettext("Unknown card"),
            gettext("A payment card: no application that is known here, no PIN to be asked for."),
        ),
        "rubbish" => (
            gettext("Card that answers rubbish"),
            gettext(
                "Agrees to everything, and what it sends is cut short or claims to be longer than it is.",
            ),
        ),
        "pulled" => (
            gettext("Card that is pulled"),
            gettext(
                "The token with PIV and OpenPGP, pulled out at the ninth command. Pulled-20 is pulled at the twentieth, and so on.",
            ),
        ),
        "slow" => (
            gettext("Card that takes its time"),
            gettext(
                "The token with PIV and OpenPGP, which thinks for twenty seconds about its fifth command.",
            ),
        ),
        _ => return None,
    };
    Some(Words { title, description })
}

/// The name of a practice reader: "Practice reader 1".
#[must_use]
pub(super) fn reader(name: &str) -> String {
    match name.strip_prefix("Practice reader ") {
        Some(number) => gettext_f("Practice reader {number}", &[("number", number)]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::practice;

    #[test]
    fn every_practice_card_has_words_that_can_be_translated() {
        for card in practice::list() {
            let known = piv(card.name)
                .or_else(|| openpgp(card.name))
                .or_else(|| java(card.name))
                .or_else(|| odd(card.name));
            assert_eq!(
                known.map(|words| words.title).as_deref(),
                Some(card.title),
                "{}",
                card.name
            );
        }
        assert_eq!(reader("Practice reader 12"), "Practice reader 12");
    }
}
