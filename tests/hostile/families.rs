//! The families of cards that the corpus goes to. A new driver joins by one line.

use symbolon::simulator::{Card, wardrobe};
use symbolon::token::ApplicationKind::{self, OpenPgp, Piv, Pkcs15};

/// A family: a good card of it, and what a reading may not do to it.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: ApplicationKind,
    /// A good card; the name is one of the wardrobe's.
    pub(crate) card: &'static str,
    /// Identifiers by which its application is selected, as far as they need to be known.
    pub(crate) aid: &'static [u8],
    /// How many commands it takes to find the application: SELECT, and where that proves nothing, those
    /// that do.
    pub(crate) proofs: usize,
    /// Whether a command changes something on the card, by class, instruction and parameters.
    pub(crate) changes: fn([u8; 4]) -> bool,
    /// Instructions of others' making, which a card may refuse in any words.
    pub(crate) optional: &'static [u8],
    /// Tags of the objects in which its commands bring what they bring.
    pub(crate) objects: &'static [&'static [u32]],
    /// What stands on this card and on no other of the list.
    pub(crate) marks: &'static [&'static str],
    /// Bytes that end a list where an entry is due: what begins with one is a list of nothing.
    pub(crate) ends: &'static [u8],
}

#[rustfmt::skip]
pub(crate) const FAMILIES: &[Family] = &[
    Family { name: "PIV of a YubiKey", kind: Piv, card: "piv-used", aid: PIV, proofs: 1, changes: piv_changes, optional: &[0xFD], objects: PIV_OBJECTS, marks: &["9C1F365874E44B0A8B57147258362024"], ends: &[] },
    Family { name: "PIV by the standard", kind: Piv, card: "piv-plain", aid: PIV, proofs: 1, changes: piv_changes, optional: &[0xFD], objects: PIV_OBJECTS, marks: &["4D2E0B71A6934C1E9D40260817552024"], ends: &[] },
    Family { name: "OpenPGP 3.4, RSA", kind: OpenPgp, card: "openpgp-used", aid: OPENPGP, proofs: 1, changes: openpgp_changes, optional: &[], objects: OPENPGP_OBJECTS, marks: &["keys.works.example"], ends: &[] },
    Family { name: "OpenPGP 3.4, curves", kind: OpenPgp, card: "openpgp-curves", aid: OPENPGP, proofs: 1, changes: openpgp_changes, optional: &[], objects: OPENPGP_OBJECTS, marks: &["14725840"], ends: &[] },
    Family { name: "OpenPGP 3.4, new", kind: OpenPgp, card: "openpgp-fresh", aid: OPENPGP, proofs: 1, changes: openpgp_changes, optional: &[], objects: OPENPGP_OBJECTS, marks: &["14725837"], ends: &[] },
    Family { name: "OpenPGP 2.1", kind: OpenPgp, card: "openpgp-2", aid: OPENPGP, proofs: 1, changes: openpgp_changes, optional: &[], objects: OPENPGP_OBJECTS, marks: &["14725838"], ends: &[] },
    Family { name: "PKCS#15 in the MUSCLE applet", kind: Pkcs15, card: "muscle-used", aid: MUSCLE, proofs: 3, changes: muscle_changes, optional: &[], objects: PKCS15_OBJECTS, marks: &["MUSCLE"], ends: &[0x00, 0xFF] },
    Family { name: "PKCS#15 on CardOS M4", kind: Pkcs15, card: "cardos-used", aid: PKCS15, proofs: 1, changes: pkcs15_changes, optional: &[], objects: PKCS15_OBJECTS, marks: &["2737C0092B19"], ends: &[0x00, 0xFF] },
];

const PIV: &[u8] = &[0xA0, 0x00, 0x00, 0x03, 0x08];
const OPENPGP: &[u8] = &[0xD2, 0x76, 0x00, 0x01, 0x24, 0x01];
const MUSCLE: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x01, 0x01];
const PKCS15: &[u8] = b"\xA0\x00\x00\x00\x63PKCS-15";

/// SP 800-73-4 Part 1, appendix A, and the two templates of the application.
const PIV_OBJECTS: &[&[u32]] = &[&[0x53], &[0x7E], &[0x53, 0x70], &[0x53, 0x34], &[0x61]];

/// OpenPGP card 3.4, 4.4.
const OPENPGP_OBJECTS: &[&[u32]] = &[
    &[0x6E],
    &[0x6E, 0x73],
    &[0x65],
    &[0x7A],
    &[0x7F49],
    &[0x7F21],
    &[0xF9],
];

/// What SELECT tells of a file; an entry of the directory, of a list, and what is in one (PKCS #15
/// v1.1, 6.1 and 6.2).
const PKCS15_OBJECTS: &[&[u32]] = &[
    &[0x6F],
    &[0xA0, 0x30],
    &[0xA8],
    &[0x30],
    &[0x30, 0x30],
    &[0x30, 0xA1, 0x30],
];

/// SP 800-73-4 Part 2 and the commands of YubiKeys: CHANGE, RESET RETRY COUNTER, PUT DATA,
/// GENERATE, GENERAL AUTHENTICATE, and what begins with F but asks.
fn piv_changes([_, ins, ..]: [u8; 4]) -> bool {
    matches!(
        ins,
        0x24 | 0x2C | 0xDB | 0x47 | 0x87 | 0xF6 | 0xF9..=0xFC | 0xFE | 0xFF
    )
}

/// OpenPGP card 3.4, 7.2: GENERATE makes a key unless P1 is 81.
fn openpgp_changes([_, ins, p1, _]: [u8; 4]) -> bool {
    matches!(
        ins,
        0x24 | 0x2C | 0xDA | 0xDB | 0x2A | 0x88 | 0x84 | 0xE6 | 0x44 | 0x22
    ) || ins == 0x47 && p1 != 0x81
}

/// Whatever does not read: an empty VERIFY costs a try here (sheet "cardos", 7).
fn pkcs15_changes([_, ins, ..]: [u8; 4]) -> bool {
    !matches!(ins, 0xA4 | 0xB0 | 0xB2 | 0xC0 | 0xCA)
}

/// Whatever is not GetStatus, ListPINs, ListKeys, ReadObject or ListObjects.
fn muscle_changes([_, ins, ..]: [u8; 4]) -> bool {
    !matches!(ins, 0xA4 | 0xC0 | 0x3C | 0x48 | 0x3A | 0x56 | 0x58)
}

/// A family whose application can be beside that of `family`: one with a short reading.
pub(crate) fn neighbour(family: &Family) -> &'static Family {
    let short = |other: &&Family| ["piv-plain", "openpgp-fresh"].contains(&other.card);
    let mut others = FAMILIES.iter().filter(short);
    others.find(|other| other.kind != family.kind).unwrap()
}

impl Family {
    /// A good card, as it comes from the wardrobe.
    pub(crate) fn card(&self) -> Box<dyn Card> {
        wardrobe::make(self.card).unwrap()
    }

    /// Whether these bytes are a list in which nothing is.
    pub(crate) fn is_empty_list(&self, bytes: &[u8]) -> bool {
        bytes.first().is_some_and(|byte| self.ends.contains(byte))
    }
}
