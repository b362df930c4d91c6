//! Practice cards ready to be put in, by name.

use std::time::Duration;

use super::card::Card;
use super::cardos::{CardOs, Model as CardOsModel, Owner};
use super::certificates;
use super::chip::{Applet, Chip};
use super::faults::{Fault, Scripted, Trigger};
use super::filed::{Contents, Filed, two_applications};
use super::globalplatform::{Factory, GlobalPlatform, Model as JavaModel};
use super::keys::PrivateKey;
use super::muscle::{Build, Muscle, Owner as MuscleOwner};
use super::openpgp::{KeyRef, Model, OpenPgp};
use super::piv::Piv;
use super::rubbish::{Manner, Rubbish};
use super::unknown::PaymentDirectory;

/// A card in the wardrobe. The texts are English, for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Practice {
    /// What it is asked for by.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What is on it, with its PINs.
    pub description: &'static str,
}

/// Answer to reset of a YubiKey 5 NFC: T=1, "YubiKey" in the historical bytes.
const YUBIKEY: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

/// Of a JCOP21 card 2.3.1: T=1. With those JCOP cards for which OpenSC uses extended length it cannot
/// read files of 256 bytes: their length is one byte in the applet's commands.
const JCOP: [u8; 20] = [
    0x3B, 0xFA, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x32, 0x31, 0x56,
    0x32, 0x33, 0x31, 0x91,
];

/// Of a Tyfone card: T=0 (sheet "muscle", 1).
const TYFONE: [u8; 17] = [
    0x3B, 0x6D, 0x00, 0x00, 0xFF, 0x54, 0x79, 0x66, 0x6F, 0x6E, 0x65, 0x20, 0x32, 0x34, 0x32, 0x52,
    0x32,
];

/// Serial number of Thomas Mustermann's token.
const SERIAL: u32 = 14_725_836;
/// The same as makers of OpenPGP cards write it: decimal digits.
const SERIAL_DIGITS: u32 = 0x1472_5836;
/// Of the blank CardOS token: that of the HOWTO.
const CARDOS_SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];
/// GENERATE KEY of CardOS M4 (sheet "cardos", 8).
const GENERATE_KEY: u8 = 0x46;
/// LOAD (sheet "globalplatform", 4.5).
const LOAD: u8 = 0xE8;
/// When his OpenPGP keys were made: 3 December 2024.
const MADE: u32 = 1_733_184_000;

/// Card capabilities in COMPACT-TLV (ISO/IEC 7816-4:2020, 12.1.1.9): names may be cut; chaining and
/// extended length.
const LONG: &[u8] = &[0x73, 0x40, 0x01, 0xC0];
/// The same without extended length.
const SHORT: &[u8] = &[0x73, 0x40, 0x01, 0x80];

/// A file of data/practice.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../data/practice/", $name))
    };
}

/// Everything there is.
pub const PRACTICE: &[Practice] = &[
    Practice {
        name: "piv-fresh",
        title: "New PIV token",
        description: "Speaks like a YubiKey 5 with firmware 5.4.3. No key, no certificate. PIN 123456, PUK 12345678, and the \
                      management key on which every token is sold.",
    },
    Practice {
        name: "piv-used",
        title: "PIV token of Thomas Mustermann",
        description: "Speaks like a YubiKey 5 with firmware 5.7.1. Keys and certificates in all four slots, a retired key \
                      and the certificate of the issuer. PIN 654321, PUK 87654321.",
    },
    Practice {
        name: "piv-plain",
        title: "PIV card of Anna Rossi",
        description: "A PIV card by the standard alone, without anything a YubiKey adds. Two keys with certificates. \
                      PIN 654321, PUK 87654321.",
    },
    Practice {
        name: "openpgp-fresh",
        title: "New OpenPGP card",
        description: "Version 3.4 with all there is. No key. PIN 123456, admin PIN 12345678.",
    },
    Practice {
        name: "openpgp-used",
        title: "OpenPGP card of Thomas Mustermann",
        description: "Three RSA 2048 keys, login, URL, a certificate, 42 signatures made. One try left for the PIN, \
                      which is 654321; admin PIN 87654321.",
    },
    Practice {
        name: "openpgp-curves",
        title: "OpenPGP card of Anna Rossi",
        description: "Keys on Curve25519, one PIN for many signatures, a resetting code. PIN 654321, resetting code \
                      12345678, admin PIN 87654321.",
    },
    Practice {
        name: "openpgp-2",
        title: "OpenPGP card of version 2.1",
        description: "An older card: RSA only, short commands, and a wrong PIN is not counted aloud. No key. \
                      PIN 123456, admin PIN 12345678.",
    },
    Practice {
        name: "cardos-blank",
        title: "Blank CardOS token",
        description: "An eToken PRO 32k with CardOS M4.2B, formatted and empty: for pkcs15-init and other programs to set up.",
    },
    Practice {
        name: "cardos-slow",
        title: "Blank CardOS token that takes its time",
        description: "As the blank one, but a key takes it five seconds, as little as with the fastest real ones: time to pull it while it is \
                      set up, and to see how that goes on.",
    },
    Practice {
        name: "cardos-used",
        title: "CardOS token of Anna Rossi",
        description: "CardOS M4.2B with PKCS#15 as OpenSC sets it up: a key with its certificate. PIN 654321, PUK 87654321, \
                      SO-PIN 12345678, which has the PUK 11223344.",
    },
    Practice {
        name: "cardos-weak",
        title: "CardOS token that guards nothing",
        description: "The token of Anna Rossi as OpenSC set it up until 2008: whoever has it can give it new PINs without \
                      knowing the old ones. PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
    },
    Practice {
        name: "muscle-blank",
        title: "New MUSCLE card",
        description: "A Java card with the MUSCLE applet as it was installed: nothing works before it is set up, with its transport \
                      PIN Muscle00.",
    },
    Practice {
        name: "muscle-used",
        title: "MUSCLE card of Anna Rossi",
        description: "The MUSCLE applet with PKCS#15 as OpenSC leaves it: a key with its certificate. PIN 654321, PUK 87654321, \
                      SO-PIN 12345678, which has the PUK 11223344.",
    },
    Practice {
        name: "muscle-2048-place",
        title: "MUSCLE card that was erased",
        description: "Set up and empty, but its first place for keys was used: it takes keys of 2048 bits alone, for ever. \
                      PIN 654321, PUK 87654321, SO-PIN 12345678, which has the PUK 11223344.",
    },
    Practice {
        name: "muscle-t0",
        title: "MUSCLE card with T=0",
        description: "The MUSCLE card of Anna Rossi on a card with T=0 and short commands. PIN 654321, PUK 87654321, \
                      SO-PIN 12345678, which has the PUK 11223344.",
    },
    Practice {
        name: "pkcs15-two",
        title: "Town hall card of Thomas Mustermann",
        description: "A PKCS#15 card by the standard alone, with two applications. One signs in and has letters that show \
                      after its PIN, which is 654321; the other one signs, and its PIN is 112233.",
    },
    Practice {
        name: "java-cyberflex",
        title: "Empty Java card of a developer",
        description: "A Cyberflex Access 64k with Open Platform 2.0.1 and no applet on it. The keys of its card manager are \
                      those of all test cards: 40 41 42 and so on to 4F, SCP01.",
    },
    Practice {
        name: "java-gp211",
        title: "Empty Java card with GlobalPlatform 2.1.1",
        description: "Java Card 2.2.1, and no applet on it. The keys of its card manager are those of all test cards: \
                      40 41 42 and so on to 4F, SCP02.",
    },
    Practice {
        name: "java-slow",
        title: "Empty Java card that takes its time",
        description: "As the one with GlobalPlatform 2.1.1, but each block of a package takes it a tenth of a second, as with real \
                      ones: time to pull it while it is loaded, and to see how that goes on.",
    },
    Practice {
        name: "java-modern",
        title: "Empty Java card of today",
        description: "GlobalPlatform 2.3 with Java Card 3.0.5, and no applet on it. The keys of its card manager are those \
                      of all test cards, 40 41 42 and so on to 4F, for SCP03 with AES.",
    },
    Practice {
        name: "both",
        title: "Token with PIV and OpenPGP",
        description: "Thomas Mustermann's YubiKey. PIV with the factory PIN 123456 and PUK 12345678, and a certificate \
                      that ends in twelve days. OpenPGP with one try left for the PIN, which is 654321; admin PIN 87654321.",
    },
    Practice {
        name: "blocked-pin",
        title: "Token whose PINs are blocked",
        description: "PIV and OpenPGP, each with a blocked PIN. Unblock them with the PUK 12345678, with the resetting \
                      code 12345678, or with the admin PIN 87654321.",
    },
    Practice {
        name: "expired-certificate",
        title: "Card with an expired certificate",
        description: "A PIV card with T=0. The certificate of Anna Rossi ended on 1 March 2023; the key is still good. \
                      PIN 654321, PUK 87654321.",
    },
    Practice {
        name: "odd-certificates",
        title: "Card with odd certificates",
        description: "A PIV card: a certificate signed with SHA-1, one that does not match its key, one without a key, \
                      and a key without a certificate. PIN 654321, PUK 87654321.",
    },
    Practice {
        name: "unknown",
        title: "Unknown card",
        description: "A payment card: no application that is known here, no PIN to be asked for.",
    },
    Practice {
        name: "rubbish",
        title: "Card that answers rubbish",
        description: "Agrees to everything, and what it sends is cut short or claims to be longer than it is.",
    },
    Practice {
        name: "pulled",
        title: "Card that is pulled",
        description: "The token with PIV and OpenPGP, pulled out at the ninth command. Pulled-20 is pulled at the \
                      twentieth, and so on.",
    },
    Practice {
        name: "slow",
        title: "Card that takes its time",
        description: "The token with PIV and OpenPGP, which thinks for twenty seconds about its fifth command.",
    },
];

/// The practice card of that name, as fresh as from the wardrobe.
#[must_use]
pub fn make(name: &str) -> Option<Box<dyn Card>> {
    if let Some(number) = name.strip_prefix("pulled-") {
        return pulled(number.parse().ok().filter(|&number| number > 0)?);
    }
    Some(match name {
        "piv-fresh" => Box::new(yubikey().with(Piv::yubikey([5, 4, 3], SERIAL + 1))),
        "piv-used" => Box::new(yubikey().with(piv_used()?)),
        "piv-plain" => Box::new(Chip::new(contact_atr(true, LONG)).with(piv_plain()?)),
        "openpgp-fresh" => {
            let card = OpenPgp::new(Model::version_3(SERIAL_DIGITS + 1));
            Box::new(Chip::new(contact_atr(true, LONG)).with(card))
        }
        "openpgp-used" => {
            let card = openpgp_used(Model::version_3(SERIAL_DIGITS))?;
            Box::new(Chip::new(contact_atr(true, LONG)).with(card))
        }
        "openpgp-curves" => Box::new(Chip::new(contact_atr(true, LONG)).with(openpgp_curves()?)),
        "openpgp-2" => {
            let card = OpenPgp::new(Model::version_2(SERIAL_DIGITS + 2).short_only());
            Box::new(Chip::new(contact_atr(true, SHORT)).short_only().with(card))
        }
        "cardos-blank" => Box::new(CardOs::blank(CardOsModel::m4_2b(CARDOS_SERIAL))),
        "cardos-slow" => Box::new(cardos_slow()),
        "cardos-used" => Box::new(cardos_used(1)?),
        // UPDATE is never allowed, ADMIN always (sheet "cardos", 14).
        "cardos-weak" => {
            Box::new(cardos_used(2)?.with_application_access([0, 0xFF, 0, 0, 0, 0, 0, 0, 0]))
        }
        "muscle-blank" => Box::new(jcop().with(Muscle::blank(Build::jcop()))),
        "muscle-used" => Box::new(jcop().with(muscle_used(Build::jcop())?)),
        "muscle-2048-place" => Box::new(jcop().with(muscle_erased()?)),
        "muscle-t0" => Box::new(
            Chip::new(TYFONE)
                .without_chaining()
                .with(muscle_used(Build::jcop().short_only())?),
        ),
        "pkcs15-two" => Box::new(town_hall()?),
        "both" => Box::new(both()?),
        "blocked-pin" => Box::new(
            yubikey()
                .with(Piv::yubikey([5, 7, 1], SERIAL + 3).with_tries_left(0, 3))
                .with(
                    OpenPgp::new(Model::yubikey([5, 7, 1], SERIAL_DIGITS + 3))
                        .with_holder("Rossi<<Anna", "it", '2')
                        .with_pw3("87654321")
                        .with_resetting_code("12345678")
                        .with_tries_left(0, 3, 3),
                ),
        ),
        "expired-certificate" => {
            let piv = annas().with_certificate(0x9A, file!("anna-expired.crt"));
            let piv = piv.with_key(0x9A, key(file!("anna-authentication.key"))?);
            Box::new(
                Chip::new(contact_atr(false, b"PIV T0"))
                    .short_only()
                    .with(piv),
            )
        }
        "odd-certificates" => {
            let piv = annas()
                .with_key(0x9A, key(file!("anna-authentication.key"))?)
                .with_certificate(0x9A, file!("anna-sha1.crt"))
                .with_key(0x9C, key(file!("anna-signature.key"))?)
                .with_certificate(0x9C, file!("anna-mismatch.crt"))
                .with_certificate(0x9D, file!("helpdesk-ca.crt"))
                .with_key(0x9E, key(file!("thomas-card.key"))?);
            Box::new(Chip::new(contact_atr(true, SHORT)).short_only().with(piv))
        }
        "unknown" => {
            let atr = contact_atr(false, b"PRACTICE");
            Box::new(Chip::new(atr).short_only().with(PaymentDirectory))
        }
        "rubbish" => Box::new(Rubbish::new(Manner::Lies)),
        "pulled" => return pulled(9),
        "slow" => Box::new(
            Scripted::new(both()?).with(Trigger::Number(5), Fault::Stall(Duration::from_secs(20))),
        ),
        _ => return java(name),
    })
}

/// Java cards without anything on them.
fn java(name: &str) -> Option<Box<dyn Card>> {
    let serial = |number: u8| SERIAL.wrapping_add(u32::from(number)).to_be_bytes();
    if name == "java-slow" {
        let card = GlobalPlatform::new(JavaModel::gp211(serial(8))).with_factory(applet);
        let takes = Fault::Stall(Duration::from_millis(100));
        let card = Scripted::new(card).with(Trigger::EveryIns(LOAD), takes);
        return Some(Box::new(card));
    }
    let (model, factory): (_, Factory) = match name {
        "java-cyberflex" => (JavaModel::cyberflex(serial(5)), old_applet),
        "java-gp211" => (JavaModel::gp211(serial(6)), applet),
        "java-modern" => (JavaModel::modern(serial(7)), applet),
        _ => return None,
    };
    Some(Box::new(GlobalPlatform::new(model).with_factory(factory)))
}

/// What an applet is that is installed on one of these cards: the MUSCLE applet is a whole one, of a
/// build with keys of 2048 bits.
fn applet(
    package: &[u8],
    module: &[u8],
    _instance: &[u8],
    _parameters: &[u8],
) -> Option<Box<dyn Applet>> {
    is_muscle(package, module).then(|| Box::new(Muscle::blank(Build::jcop())) as Box<dyn Applet>)
}

/// The same on a card with T=0.
fn old_applet(
    package: &[u8],
    module: &[u8],
    _instance: &[u8],
    _parameters: &[u8],
) -> Option<Box<dyn Applet>> {
    let build = || Build::cyberflex().with_rsa(&[1024, 2048]);
    is_muscle(package, module).then(|| Box::new(Muscle::blank(build())) as Box<dyn Applet>)
}

fn is_muscle(package: &[u8], module: &[u8]) -> bool {
    const PACKAGE: [u8; 5] = [0xA0, 0x00, 0x00, 0x00, 0x01];
    const MODULE: [u8; 6] = [0xA0, 0x00, 0x00, 0x00, 0x01, 0x01];
    package == PACKAGE && module == MODULE
}

fn pulled(command: usize) -> Option<Box<dyn Card>> {
    let cut = Fault::Cut { carried_out: false };
    Some(Box::new(
        Scripted::new(both()?).with(Trigger::Number(command), cut),
    ))
}

fn yubikey() -> Chip {
    Chip::new(YUBIKEY)
}

fn both() -> Option<Chip> {
    let openpgp = openpgp_used(Model::yubikey([5, 7, 1], SERIAL_DIGITS))?;
    Some(yubikey().with(piv_of_both()?).with(openpgp))
}

fn key(der: &[u8]) -> Option<PrivateKey> {
    PrivateKey::from_pkcs8(der)
}

/// A card-like answer to reset: T=1 or T=0, with these historical bytes.
fn contact_atr(t1: bool, historical: &[u8]) -> Vec<u8> {
    // At most fifteen historical bytes; TA1 = 18 is the common speed.
    let count = u8::try_from(historical.len()).unwrap_or(15).min(15);
    let mut atr = if t1 {
        vec![0x3B, 0x90 | (count + 1), 0x18, 0x81, 0x31, 0xFE, 0x45, 0x80]
    } else {
        vec![0x3B, 0x10 | count, 0x18]
    };
    atr.extend(historical.iter().take(15));
    if t1 {
        // A check byte follows if any other protocol than T=0 is offered (ISO/IEC 7816-3:2006, 8.2.5).
        let check = atr.iter().skip(1).fold(0, |check, byte| check ^ byte);
        atr.push(check);
    }
    atr
}

fn piv_used() -> Option<Piv> {
    let piv = Piv::yubikey([5, 7, 1], SERIAL)
        .with_pin("654321")
        .with_puk("87654321")
        .with_holder(*b"\x9C\x1F\x36\x58\x74\xE4\x4B\x0A\x8B\x57\x14\x72\x58\x36\x20\x24")
        .with_key(0x9A, key(file!("thomas-authentication.key"))?)
        .with_certificate(0x9A, file!("thomas-authentication.crt"))
        .with_key(0x9C, key(file!("thomas-signature.key"))?)
        .with_certificate(0x9C, file!("thomas-signature.crt"))
        .with_imported_key(0x9D, key(file!("thomas-encryption.key"))?)
        .with_compressed_certificate(0x9D, file!("thomas-encryption.crt"))
        .with_key(0x9E, key(file!("thomas-card.key"))?)
        .with_certificate(0x9E, file!("thomas-card.crt"))
        .with_imported_key(0x82, key(file!("thomas-retired.key"))?)
        .with_certificate(0x82, file!("thomas-retired.crt"))
        .with_certificate(0x83, file!("helpdesk-ca.crt"))
        .with_key_history(2, 0, "");
    Some(piv)
}

/// What all PIV cards of Anna Rossi have in common.
fn annas() -> Piv {
    Piv::generic()
        .with_pin("654321")
        .with_puk("87654321")
        .with_holder(*b"\x4D\x2E\x0B\x71\xA6\x93\x4C\x1E\x9D\x40\x26\x08\x17\x55\x20\x24")
}

fn piv_plain() -> Option<Piv> {
    let piv = annas()
        .with_key(0x9A, key(file!("anna-authentication.key"))?)
        .with_certificate(0x9A, file!("anna-authentication.crt"))
        .with_key(0x9C, key(file!("anna-signature.key"))?)
        .with_certificate(0x9C, file!("anna-signature.crt"));
    Some(piv)
}

fn piv_of_both() -> Option<Piv> {
    let issuer = key(file!("helpdesk-ca.key"))?;
    let ending = certificates::ending_in(12, file!("thomas-renew.crt"), &issuer)?;
    let piv = Piv::yubikey([5, 7, 1], SERIAL)
        .with_holder(*b"\x9C\x1F\x36\x58\x74\xE4\x4B\x0A\x8B\x57\x14\x72\x58\x36\x20\x24")
        .with_key(0x9A, key(file!("thomas-authentication.key"))?)
        .with_certificate(0x9A, &ending)
        .with_key(0x9C, key(file!("thomas-signature.key"))?);
    Some(piv)
}

fn openpgp_used(model: Model) -> Option<OpenPgp> {
    let card = OpenPgp::new(model)
        .with_holder("Mustermann<<Thomas", "deen", '1')
        .with_object(0x5E, b"thomas")
        .with_object(0x5F50, b"https://keys.works.example/thomas.asc")
        .with_object(0x0101, b"Found? Please tell the helpdesk.")
        .with_object(0x0103, b"Locker 17")
        .with_key(
            KeyRef::Signature,
            key(file!("thomas-openpgp-signature.key"))?,
            MADE,
        )
        .with_key(
            KeyRef::Decryption,
            key(file!("thomas-openpgp-decryption.key"))?,
            MADE,
        )
        .with_key(
            KeyRef::Authentication,
            key(file!("thomas-openpgp-authentication.key"))?,
            MADE,
        )
        .with_certificate(KeyRef::Authentication, file!("thomas-openpgp.crt"))
        .with_signatures(42)
        .with_pw1("654321")
        .with_pw3("87654321")
        .with_tries_left(1, 0, 3);
    Some(card)
}

fn openpgp_curves() -> Option<OpenPgp> {
    let card = OpenPgp::new(Model::version_3(SERIAL_DIGITS + 4))
        .with_holder("Rossi<<Anna", "it", '2')
        .with_object(0x5E, b"anna")
        .with_key(
            KeyRef::Signature,
            key(file!("anna-openpgp-signature.key"))?,
            MADE,
        )
        .with_key(
            KeyRef::Decryption,
            key(file!("anna-openpgp-decryption.key"))?,
            MADE,
        )
        .with_key(
            KeyRef::Authentication,
            key(file!("anna-openpgp-authentication.key"))?,
            MADE,
        )
        .with_keys_imported()
        .with_lasting_pw1()
        .with_resetting_code("12345678")
        .with_pw1("654321")
        .with_pw3("87654321")
        .with_signatures(7);
    Some(card)
}

fn town_hall() -> Option<Filed> {
    let contents = Contents {
        rsa: &key(file!("thomas-authentication.key"))?,
        rsa_certificate: file!("thomas-authentication.crt"),
        curve: &key(file!("thomas-signature.key"))?,
        curve_certificate: file!("thomas-signature.crt"),
        private_certificate: file!("thomas-encryption.crt"),
    };
    two_applications(contact_atr(true, b"TOWN HALL"), &contents)
}

fn cardos_slow() -> Scripted<CardOs> {
    let mut serial = CARDOS_SERIAL;
    serial[5] += 3;
    let card = CardOs::blank(CardOsModel::m4_2b(serial));
    Scripted::new(card).with(
        Trigger::EveryIns(GENERATE_KEY),
        Fault::Stall(Duration::from_secs(5)),
    )
}

fn cardos_used(number: u8) -> Option<CardOs> {
    let mut serial = CARDOS_SERIAL;
    serial[5] += number;
    CardOs::personal(
        CardOsModel::m4_2b(serial),
        &Owner {
            label: "VPN Anna Rossi",
            pin_label: "Anna Rossi",
            pin: "654321",
            puk: "87654321",
            so_pin: "12345678",
            so_puk: "11223344",
            key: key(file!("anna-authentication.key"))?,
            certificate: file!("anna-authentication.crt"),
        },
    )
}

fn jcop() -> Chip {
    Chip::new(JCOP).without_chaining()
}

fn muscle_used(build: Build) -> Option<Muscle> {
    Muscle::personal(
        build,
        &MuscleOwner {
            label: "VPN Anna Rossi",
            pin_label: "Anna Rossi",
            pin: "654321",
            puk: "87654321",
            so_pin: "12345678",
            so_puk: "11223344",
            key: key(file!("anna-authentication.key"))?,
            certificate: file!("anna-authentication.crt"),
        },
    )
}

fn muscle_erased() -> Option<Muscle> {
    let (so_pin, pin) = (("12345678", "11223344"), ("654321", "87654321"));
    let card = Muscle::set_up(Build::jcop(), so_pin, pin);
    card.with_forgotten_pair(0, 1, key(file!("anna-authentication.key"))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{PRACTICE, make};
    use crate::iso7816::atr::Atr;

    #[test]
    fn every_name_makes_a_card_with_a_sound_answer_to_reset() {
        for practice in PRACTICE {
            let card = make(practice.name).unwrap();
            let atr = Atr::parse(card.atr()).unwrap();
            assert_ne!(atr.checksum, Some(false), "{}", practice.name);
            assert_eq!(
                atr.checksum.is_none(),
                atr.protocols == [0],
                "{}",
                practice.name
            );
        }
        assert!(make("nothing").is_none());
    }
}
