//! What one make of card does otherwise than another. A new make is a new constant here.

use crate::token::CardSystem;

/// A make of card.
pub(in crate::card) struct Profile {
    /// Whether the application is looked for by its path, too, where it has no name: not all
    /// versions of CardOS are known to take SELECT by name.
    pub(in crate::card) by_path: bool,
    /// The bit that VERIFY wants in the number of a PIN: "from here upwards" on CardOS.
    pub(in crate::card) pin_bit: u8,
    /// Whether the number of a PUK is that of its PIN and 1; else nothing unblocks that the
    /// files do not tell of.
    pub(in crate::card) puk_follows: bool,
    /// The operating system, where the answer to reset tells it.
    pub(in crate::card) system: Option<CardSystem>,
}

/// Cards by the standard alone.
const ISO: Profile = Profile {
    by_path: false,
    pin_bit: 0x00,
    puk_follows: false,
    system: None,
};

/// CardOS M4 (sheet "cardos", 1 and 7).
const CARDOS_4: Profile = Profile {
    by_path: true,
    pin_bit: 0x80,
    puk_follows: true,
    system: Some(CardSystem::Cardos4),
};

/// CardOS 5.
const CARDOS_5: Profile = Profile {
    by_path: true,
    pin_bit: 0x80,
    puk_follows: false,
    system: Some(CardSystem::Cardos5),
};

/// Applets with an application inside that has no name of its own: IsoApplet.
pub(super) const APPLETS: [&[u8]; 1] = [&[
    0xF2, 0x76, 0xA2, 0x88, 0xBC, 0xFB, 0xA6, 0x9D, 0x34, 0xF3, 0x10, 0x01,
]];

/// Answers to reset as they begin, and the make.
const KNOWN: [(&[u8], &Profile); 3] = [
    // M4.0, M4.4, and all of the fifth version.
    (
        &[0x3B, 0xE2, 0x00, 0xFF, 0xC1, 0x10, 0x31, 0xFE, 0x55, 0xC8],
        &CARDOS_4,
    ),
    (
        &[0x3B, 0xD2, 0x18, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8],
        &CARDOS_4,
    ),
    (
        &[0x3B, 0xD2, 0x18, 0x00, 0x81, 0x31, 0xFE, 0x58, 0xC9],
        &CARDOS_5,
    ),
];

/// The make of a card.
pub(in crate::card) fn of(atr: &[u8]) -> &'static Profile {
    if is_cardos_4(atr) {
        return &CARDOS_4;
    }
    let known = KNOWN.iter().find(|(begin, _)| atr.starts_with(begin));
    known.map_or(&ISO, |(_, profile)| profile)
}

/// The family of M4.2: `3B F2 18 00` and variants of the protocol bytes (sheet "cardos", 1).
fn is_cardos_4(atr: &[u8]) -> bool {
    matches!(
        atr,
        [
            0x3B,
            0xF2,
            _,
            0x00,
            0x02 | 0xFF,
            0xC1,
            0x10 | 0x0A,
            0x31,
            0xFE,
            0x55 | 0x58,
            0xC8,
            _,
            _
        ]
    )
}

/// The second byte of the version, if it is one of M4: 09 is M4.2B.
pub(in crate::card) fn cardos_4(atr: &[u8]) -> Option<u8> {
    match atr {
        [.., 0xC8, minor, _check] if std::ptr::eq(of(atr), &CARDOS_4) => Some(*minor),
        _ => None,
    }
}

/// The operating system of a card, where its answer to reset tells it.
pub(in crate::card) fn system(atr: &[u8]) -> Option<CardSystem> {
    of(atr).system
}

/// What a make of card is called, version included, by its answer to reset.
pub(in crate::card) fn model(atr: &[u8]) -> Option<&'static str> {
    let system = system(atr)?;
    // Version and check byte end it (sheet "cardos", 2).
    let [.., major, minor, _check] = atr else {
        return None;
    };
    Some(version([*major, *minor]).unwrap_or(match system {
        CardSystem::Cardos4 => "CardOS M4",
        CardSystem::Cardos5 => "CardOS V5",
    }))
}

/// What a version of CardOS is called (sheet "cardos", 2).
pub(in crate::card) fn version(bytes: [u8; 2]) -> Option<&'static str> {
    Some(match bytes {
        [0xC8, 0x02] => "CardOS M4.0",
        [0xC8, 0x03] => "CardOS M4.01",
        [0xC8, 0x04] => "CardOS M4.01a",
        [0xC8, 0x06] => "CardOS M4.2",
        [0xC8, 0x07] => "CardOS M4.3",
        [0xC8, 0x08] => "CardOS M4.3B",
        [0xC8, 0x09] => "CardOS M4.2B",
        [0xC8, 0x0B] => "CardOS M4.2C",
        [0xC8, 0x0D] => "CardOS M4.4",
        [0xC9, 0x01] => "CardOS V5.0",
        [0xC9, 0x02 | 0x03] => "CardOS V5.3",
        [0xC9, 0x04] => "CardOS V5.4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{model, of};

    /// Answers to reset of real cards (sheet "cardos", 1).
    #[test]
    fn every_make_is_known_by_its_answer_to_reset() {
        let atrs: [(&[u8], Option<&str>, u8); 6] = [
            (
                b"\x3B\xE2\x00\xFF\xC1\x10\x31\xFE\x55\xC8\x02\x9C",
                Some("CardOS M4.0"),
                0x80,
            ),
            (
                b"\x3B\xF2\x18\x00\xFF\xC1\x0A\x31\xFE\x55\xC8\x06\x8A",
                Some("CardOS M4.2"),
                0x80,
            ),
            (
                b"\x3B\xF2\x18\x00\x02\xC1\x0A\x31\xFE\x58\xC8\x09\x75",
                Some("CardOS M4.2B"),
                0x80,
            ),
            (
                b"\x3B\xD2\x18\x02\xC1\x0A\x31\xFE\x58\xC8\x0D\x51",
                Some("CardOS M4.4"),
                0x80,
            ),
            (
                b"\x3B\xD2\x18\x00\x81\x31\xFE\x58\xC9\x04\x11",
                Some("CardOS V5.4"),
                0x80,
            ),
            (
                b"\x3B\xF5\x18\x00\x02\x80\x01\x4D\x79\x45\x49\x44\x9A",
                None,
                0x00,
            ),
        ];
        for (atr, name, bit) in atrs {
            assert_eq!((model(atr), of(atr).pin_bit), (name, bit), "{atr:02X?}");
        }
    }
}
