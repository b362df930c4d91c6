//! A card that counts wrong PINs and never tells: what it counts is found out on copies of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use symbolon::simulator::{Card, CardOs, CardOsModel, CardOsOwner, PrivateKey};

/// Answer to reset of CardOS M4.2B.
const ATR: [u8; 13] = [
    0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x09, 0x75,
];

/// The SO-PIN and its PUK, the user PIN and its PUK.
pub(crate) const REFERENCES: [u8; 4] = [0x81, 0x82, 0x83, 0x84];

/// Two questions that no program asks, as no card has this class: what is left of a PIN, and
/// whether one is verified.
const LEFT: [u8; 2] = [0xFF, 0x01];
const OPEN: [u8; 2] = [0xFF, 0x02];

/// The directory of the application, its certificate that the user writes, and its list of PINs
/// that the security officer writes.
const HOME: &[u8] = &[0x00, 0xA4, 0x08, 0x0C, 2, 0x50, 0x15];
const BY_USER: &[u8] = &[0x00, 0xA4, 0x08, 0x0C, 4, 0x50, 0x15, 0x31, 0x04];
const BY_SO: &[u8] = &[0x00, 0xA4, 0x08, 0x0C, 4, 0x50, 0x15, 0x44, 0x01];

/// The card, which answers those questions, too.
struct Silent(CardOs);

/// A token with this serial number.
pub(crate) fn card(number: u8) -> Box<dyn Card> {
    // To take a key apart takes longer than anything else here.
    static MADE: Mutex<BTreeMap<u8, CardOs>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let card = made.entry(number).or_insert_with(|| make(number));
    Box::new(Silent(card.clone()))
}

fn make(number: u8) -> CardOs {
    let owner = CardOsOwner {
        label: "Silent",
        pin_label: "User",
        pin: "654321",
        puk: "87654321",
        so_pin: "12345678",
        so_puk: "11223344",
        key: PrivateKey::from_pkcs8(include_bytes!(
            "../../data/practice/anna-authentication.key"
        ))
        .unwrap(),
        certificate: include_bytes!("../../data/practice/anna-authentication.crt"),
    };
    let model = CardOsModel::m4_2b([0x27, 0x37, 0xC0, 0x09, 0x2B, number]);
    CardOs::personal(model, &owner).unwrap()
}

/// What such a card counts, by reference; nothing for any other card.
pub(crate) fn counters(card: &mut dyn Card) -> Option<BTreeMap<u8, u8>> {
    is_silent(card).then(|| {
        let left = |pin| (pin, card.transmit(&[LEFT[0], LEFT[1], pin])[0]);
        REFERENCES.map(left).into()
    })
}

/// Whether a PIN of such a card is verified; nothing for any other card.
pub(crate) fn is_open(card: &mut dyn Card) -> Option<bool> {
    is_silent(card).then(|| card.transmit(&OPEN) == [1])
}

fn is_silent(card: &dyn Card) -> bool {
    card.atr() == ATR
}

impl Silent {
    /// Tries of a PIN until it is blocked.
    fn left(&self, pin: u8) -> u8 {
        let mut copy = self.0.clone();
        copy.reset();
        assert_eq!(copy.transmit(HOME), [0x90, 0x00]);
        let wrong = [&[0x00, 0x20, 0x00, pin, 8][..], &[0xEE; 8]].concat();
        let mut left = 0;
        loop {
            match copy.transmit(&wrong)[..] {
                [0x69, 0x83] => return left,
                [0x63, 0x00] => left += 1,
                ref other => panic!("{pin:02X}: {other:02X?}"),
            }
        }
    }

    /// Whether something can be done that needs a PIN: the first byte of a file is written.
    fn is_open(&self) -> bool {
        [BY_USER, BY_SO].iter().any(|select| {
            let mut copy = self.0.clone();
            assert_eq!(copy.transmit(select), [0x90, 0x00]);
            match copy.transmit(&[0x00, 0xD6, 0x00, 0x00, 1, 0x30])[..] {
                [0x90, 0x00] => true,
                [0x69, 0x82] => false,
                ref other => panic!("{other:02X?}"),
            }
        })
    }
}

impl Card for Silent {
    fn atr(&self) -> &[u8] {
        self.0.atr()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        match command.split_at_checked(2) {
            Some((first, &[pin])) if first == LEFT => vec![self.left(pin)],
            Some((first, [])) if first == OPEN => vec![u8::from(self.is_open())],
            _ => self.0.transmit(command),
        }
    }
}

/// What is found out is true, and changes nothing.
#[test]
fn a_copy_tells_what_the_card_does_not() {
    let mut card = card(1);
    let full = BTreeMap::from([(0x81, 2), (0x82, 10), (0x83, 3), (0x84, 10)]);
    let card = card.as_mut();
    for _ in 0..3 {
        assert_eq!(counters(card).as_ref(), Some(&full));
        assert_eq!(is_open(card), Some(false));
    }
    let verify = |pin: u8, value: &[u8; 8]| [&[0x00, 0x20, 0x00, pin, 8][..], value].concat();
    assert_eq!(card.transmit(HOME), [0x90, 0x00]);
    // A wrong one and an empty one cost a try each.
    assert_eq!(card.transmit(&verify(0x83, b"999999\0\0")), [0x63, 0x00]);
    assert_eq!(card.transmit(&[0x00, 0x20, 0x00, 0x81]), [0x63, 0x00]);
    let fewer = BTreeMap::from([(0x81, 1), (0x82, 10), (0x83, 2), (0x84, 10)]);
    assert_eq!(counters(card), Some(fewer));
    for (pin, value) in [(0x83, b"654321\0\0"), (0x81, b"12345678")] {
        assert_eq!(card.transmit(&verify(pin, value)), [0x90, 0x00]);
        assert_eq!(is_open(card), Some(true), "{pin:02X}");
        card.reset();
        assert_eq!(is_open(card), Some(false), "{pin:02X}");
        assert_eq!(card.transmit(HOME), [0x90, 0x00]);
    }
    assert_eq!(counters(card), Some(full));
}
