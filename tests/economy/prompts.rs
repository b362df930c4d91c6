//! Two readers, two tokens with one name, two applications: what is asked for names the one that is
//! meant, and the PIN reaches that one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use symbolon::backend::{Command, Done};
use symbolon::explain;
use symbolon::simulator::{Card, Chip, Model, OpenPgp, Piv, SimulatedReader};
use symbolon::token::{ApplicationKind, PinReference};
use symbolon::transport::link::Reader;

use crate::deck::{Deck, Exchange, Fault, is_open};
use crate::desk::{Desk, request};
use crate::families::FAMILIES;

const ATR: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

/// One of several tokens of one person, with two applications whose factory PINs are the same.
fn token(number: u8) -> Box<dyn Card> {
    let serial = 14_725_000 + u32::from(number);
    let digits = 0x1472_5000 + u32::from(number);
    let openpgp = OpenPgp::new(Model::yubikey([5, 7, 1], digits));
    let chip = Chip::new(ATR)
        .with(Piv::yubikey([5, 7, 1], serial))
        .with(openpgp.with_holder("Mustermann<<Thomas", "de", '1'));
    Box::new(chip)
}

/// The application that was selected when the PIN came.
fn selected(heard: &[Exchange]) -> Vec<u8> {
    let at = heard.iter().position(Exchange::carries_pin).unwrap();
    let select = heard[..at]
        .iter()
        .rfind(|exchange| exchange.command[1] == 0xA4);
    select.unwrap().data().to_vec()
}

#[test]
fn a_pin_reaches_the_token_and_the_application_that_were_named() {
    let desk = Desk::new(&["Left", "Right"]);
    let decks = [1, 2].map(|number| Deck::new(token(number), token(number + 2)));
    let shown: Vec<_> = (0..2)
        .map(|reader| desk.insert_into(reader, decks[reader].card()))
        .collect();
    let [left, right] = [&shown[0].1, &shown[1].1];
    // One name, so whoever is asked needs more than that.
    assert_eq!(explain::token::title(left), explain::token::title(right));
    let lines = [left, right].map(|token| explain::token::subtitle(token));
    assert_eq!(
        lines,
        ["YubiKey 5 · serial 14725001", "YubiKey 5 · serial 14725002"]
    );
    let mut cases = 0;
    for (reader, (identity, _)) in shown.iter().enumerate() {
        for (application, pin, aid) in [
            (ApplicationKind::Piv, 0x80, [0xA0, 0x00, 0x00, 0x03]),
            (ApplicationKind::OpenPgp, 0x81, [0xD2, 0x76, 0x00, 0x01]),
        ] {
            // The reading after the PIN before is over.
            let reading = identity.reader;
            let _ = desk.end(desk.handle.send(Command::Read { reader: reading }));
            let (told, _news) = mpsc::channel();
            for deck in &decks {
                deck.arm(1, Fault::Lies(Vec::new()), told.clone());
            }
            let secret = symbolon::base::secret::Secret::new(b"123456");
            let action = symbolon::backend::PinAction::Verify { pin: secret };
            let pin = PinReference(pin);
            let asked = desk
                .handle
                .send(request(*identity, application, pin, action, false));
            assert!(matches!(desk.end(asked), Ok(Done::PinVerified)));
            let pins = |deck: &Deck| deck.heard().iter().filter(|e| e.carries_pin()).count();
            assert_eq!((pins(&decks[reader]), pins(&decks[1 - reader])), (1, 0));
            assert!(selected(&decks[reader].heard()).starts_with(&aid));
            cases += 1;
        }
    }
    println!(
        "two tokens of one name with two applications each: {cases} PINs, each at the one named"
    );
}

/// Our own crash, as far as it is a panic; the rest is the service's.
#[test]
fn a_panic_leaves_nothing_verified() {
    let family = &FAMILIES[0];
    let deck = Deck::new((family.make)(1), (family.make)(2));
    let mut reader = SimulatedReader::new("panic");
    reader.insert(deck.card());
    let mut link = reader.connect().unwrap();
    let select: &[u8] = &[0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08];
    let verify: &[u8] = b"\x00\x20\x00\x80\x08123456\xFF\xFF";
    let crash = catch_unwind(AssertUnwindSafe(|| {
        link.exclusively(&mut |link| {
            for command in [select, verify] {
                assert!(link.exchange(command).unwrap().ends_with(&[0x90, 0x00]));
            }
            assert_eq!(
                link.exchange(&[0x00, 0x20, 0x00, 0x80]).unwrap(),
                [0x90, 0x00]
            );
            panic!("in the middle of it");
        })
    }));
    assert!(crash.is_err());
    let open = deck.with_both(|card| is_open(card));
    assert_eq!(open, [false, false]);
    // Nobody is kept out for ever, either.
    assert!(
        reader
            .connect()
            .unwrap()
            .exclusively(&mut |_| symbolon::transport::link::After::Leave)
            .is_ok()
    );
}
