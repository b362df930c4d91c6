//! What a full view of a token costs, in commands. GET RESPONSE is counted; SELECTs of
//! applications that are not there are counted apart.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs
)]

use symbolon::card;
use symbolon::card::cardos::sheet;
use symbolon::simulator::{
    Card, Chip, KeyRef, Model, OpenPgp, Piv, PrivateKey, SimulatedReader, wardrobe,
};
use symbolon::token::{Cost, ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader;
use symbolon::transport::trace::Tracer;

/// A certificate of 824 bytes.
const CERTIFICATE: &[u8] = include_bytes!("../data/practice/thomas-signature.crt");

const RSA: [&[u8]; 3] = [
    include_bytes!("../data/practice/pool-rsa2048-1.key"),
    include_bytes!("../data/practice/pool-rsa2048-2.key"),
    include_bytes!("../data/practice/pool-rsa2048-3.key"),
];

const CURVES: [&[u8]; 3] = [
    include_bytes!("../data/practice/anna-openpgp-signature.key"),
    include_bytes!("../data/practice/anna-openpgp-decryption.key"),
    include_bytes!("../data/practice/anna-openpgp-authentication.key"),
];

/// T=1, and extended length announced in the historical bytes.
const ATR: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

/// T=1, and nothing announced.
const PLAIN_ATR: [u8; 12] = [
    0x3B, 0x95, 0x18, 0x81, 0x31, 0xFE, 0x45, 0x43, 0x41, 0x52, 0x44, 0x31,
];

/// Reads the card; the second cost is what was spent when the first whole page was shown.
fn read(card: impl Card + 'static) -> (Token, Cost) {
    let mut reader = SimulatedReader::new("budget");
    reader.insert(Box::new(card));
    let mut link = reader.connect().unwrap();
    let protocol = link.protocol();
    let tracer = Tracer::silent(ReaderId(1));
    let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
    let token = card::read(&mut channel, protocol, &mut |_| {}).unwrap();
    let cost = token.cost;
    println!(
        "{} commands, {} absent, {} bytes up, {} down",
        cost.commands, cost.absent_selects, cost.bytes_sent, cost.bytes_received
    );
    (token, cost)
}

fn with_certificate(piv: Piv) -> Piv {
    piv.with_key(0x9A, PrivateKey::from_pkcs8(RSA[0]).unwrap())
        .with_certificate(0x9A, CERTIFICATE)
}

fn openpgp(model: Model, keys: [&[u8]; 3]) -> OpenPgp {
    let slots = [
        KeyRef::Signature,
        KeyRef::Decryption,
        KeyRef::Authentication,
    ];
    let card = OpenPgp::new(model)
        .with_holder("Rossi<<Anna", "it", '2')
        .with_object(0x5E, b"anna")
        .with_object(0x5F50, b"https://keys.works.example/anna.asc")
        .with_certificate(KeyRef::Authentication, CERTIFICATE);
    slots.into_iter().zip(keys).fold(card, |card, (slot, key)| {
        card.with_key(slot, PrivateKey::from_pkcs8(key).unwrap(), 1_733_184_000)
    })
}

#[track_caller]
fn hold(cost: Cost, commands: u32) {
    assert!(cost.commands <= commands, "{cost:?}, allowed {commands}");
    assert!(cost.absent_selects <= 3, "{cost:?}");
}

#[test]
fn piv_without_metadata() {
    let (token, cost) = read(Chip::new(ATR).with(with_certificate(Piv::generic())));
    assert_eq!(token.applications[0].certificates.len(), 1);
    hold(cost, 14);
    let (token, cost) = read(
        Chip::new(PLAIN_ATR)
            .short_only()
            .with(with_certificate(Piv::generic())),
    );
    assert_eq!(token.applications[0].certificates.len(), 1);
    hold(cost, 17);
}

/// One command for each of the twenty retired slots comes on top.
const RETIRED: u32 = 20;

#[test]
fn piv_with_metadata() {
    let yubikey = || with_certificate(Piv::yubikey([5, 7, 1], 14_725_836));
    let (token, cost) = read(Chip::new(ATR).with(yubikey()));
    assert_eq!(token.applications[0].pins[0].tries.max, Some(3));
    hold(cost, 19 + RETIRED);
    let (token, cost) = read(Chip::new(PLAIN_ATR).short_only().with(yubikey()));
    assert_eq!(
        token.applications[0].keys[0]
            .public_key
            .as_ref()
            .unwrap()
            .algorithm
            .name(),
        "RSA 2048"
    );
    hold(cost, 22 + RETIRED);
}

#[test]
fn openpgp_with_rsa_keys() {
    let (token, cost) = read(Chip::new(ATR).with(openpgp(Model::version_3(1), RSA)));
    assert_eq!(token.applications[0].keys.len(), 3);
    assert_eq!(token.applications[0].certificates.len(), 1);
    hold(cost, 14);
    let short = openpgp(Model::version_3(1).short_only(), RSA);
    let (token, cost) = read(Chip::new(PLAIN_ATR).short_only().with(short));
    assert_eq!(token.applications[0].keys.len(), 3);
    hold(cost, 20);
}

#[test]
fn openpgp_with_curves() {
    let short = openpgp(Model::version_3(1).short_only(), CURVES);
    let (token, cost) = read(Chip::new(PLAIN_ATR).short_only().with(short));
    assert_eq!(token.applications[0].keys.len(), 3);
    hold(cost, 17);
}

/// The lists are as long as `pkcs15-init` makes them, and read to their end marks only.
#[test]
fn pkcs15_on_cardos() {
    let (token, cost) = read(wardrobe::make("cardos-used").unwrap());
    let application = &token.applications[0];
    let counts = [
        application.pins.len(),
        application.keys.len(),
        application.certificates.len(),
    ];
    assert_eq!(counts, [4, 1, 1]);
    hold(cost, 20);
}

/// OpenSC 0.23 needs 32 commands for a dump of the same (sheet "muscle", 10).
#[test]
fn pkcs15_on_the_muscle_applet() {
    for (card, commands) in [("muscle-used", 20), ("muscle-t0", 31)] {
        let (token, cost) = read(wardrobe::make(card).unwrap());
        let application = &token.applications[0];
        let counts = [
            application.pins.len(),
            application.keys.len(),
            application.certificates.len(),
        ];
        assert_eq!(counts, [2, 1, 1], "{card}");
        hold(cost, commands);
    }
}

/// The sheet of a card that was read: one command for each of its objects. The card is known again by
/// the number of its chip, which is among them. A reading of the token costs nothing more for it.
#[test]
fn the_sheet_of_a_cardos_card() {
    for card in ["cardos-used", "cardos-weak", "cardos-blank"] {
        let (token, reading) = read(wardrobe::make(card).unwrap());
        let mut reader = SimulatedReader::new("budget");
        reader.insert(wardrobe::make(card).unwrap());
        let mut link = reader.connect().unwrap();
        let tracer = Tracer::silent(ReaderId(1));
        let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
        let sheet = sheet::read_of(&mut channel, &token).unwrap();
        assert!(sheet.not_told.is_empty(), "{card}: {sheet:?}");
        let cost = channel.cost();
        assert!(
            cost.commands <= 13 && cost.absent_selects == 0,
            "{card}: {cost:?}"
        );
        assert!(reading.commands <= 20, "{card}: {reading:?}");
    }
}

/// What a card is on which nothing is: its number, its root, and what is in that. No application of
/// others is looked for.
#[test]
fn a_blank_cardos_card() {
    let (token, cost) = read(wardrobe::make("cardos-blank").unwrap());
    assert!(token.applications.is_empty());
    assert!(cost.commands <= 3, "{cost:?}");
    // By name three times, PKCS#15 by its path, too, and in other places: once more by its path, by what EF.DIR says, and
    // as an applet.
    assert!(cost.absent_selects <= 7, "{cost:?}");
}
