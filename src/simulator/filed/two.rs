//! A card with two PKCS #15 applications, as a town hall could give it out: by the standard, with
//! most that it leaves open (sheet "iso7816-pkcs15", 6).

use super::Filed;
use crate::iso7816::tlv::ber;
use crate::simulator::keys::PrivateKey;
use crate::simulator::pkcs15::{bits, entry, entry_of, octets, path, sequence, text};

/// What is on the card.
pub(in crate::simulator) struct Contents<'a> {
    /// An RSA key.
    pub(in crate::simulator) rsa: &'a PrivateKey,
    /// Its certificate.
    pub(in crate::simulator) rsa_certificate: &'a [u8],
    /// A key on P-256.
    pub(in crate::simulator) curve: &'a PrivateKey,
    /// Its certificate.
    pub(in crate::simulator) curve_certificate: &'a [u8],
    /// A certificate that can be read after the PIN only.
    pub(in crate::simulator) private_certificate: &'a [u8],
}

/// PKCS #15 v1.1, 5.4.
const AID: &[u8] = b"\xA0\x00\x00\x00\x63PKCS-15";
/// ISO/IEC 7816-15:2016, 7.4: its own prefix, and a number of the maker's.
const SECOND_AID: [u8; 7] = [0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x53, 0x49];

/// Where the applications are below the root.
const FIRST: [u8; 2] = [0x50, 0x15];
const SECOND: [u8; 2] = [0x50, 0x16];

/// The number of the PIN in both.
const PIN: u8 = 0x81;

/// Identifiers: a digest, and two bytes.
const LONG_ID: [u8; 20] =
    *b"\x9C\x0E\x5B\x11\x7A\x42\xD6\x80\x33\xF1\x0B\xC4\x68\x2D\x97\x15\x5E\xA9\x74\xB0";
const SHORT_ID: [u8; 2] = [0x01, 0x45];
const PRIVATE_ID: [u8; 3] = [0x00, 0x00, 0x47];

/// How a list is filled up to the size of its file.
#[derive(Clone, Copy)]
enum Filling {
    Zeros,
    /// As flash memory is where nothing was written.
    Ones,
}

/// The card; nothing if the keys are others than wanted.
pub(in crate::simulator) fn two_applications(
    atr: Vec<u8>,
    contents: &Contents<'_>,
) -> Option<Filed> {
    let dir = [
        template(AID, "Citizen", &FIRST),
        template(&SECOND_AID, "Signature", &SECOND),
    ];
    let card = Filed::new(atr)
        .with_file(&[0x2F, 0x00], &filled(&dir.concat(), 128, Filling::Ones))
        .with_directory(&FIRST, AID, (PIN, "654321"))
        .with_directory(&SECOND, &SECOND_AID, (PIN, "112233"));
    second(first(card, contents)?, contents)
}

/// Everything there is, at paths from the root.
fn first(card: Filed, contents: &Contents<'_>) -> Option<Filed> {
    let list = |tag, file| ber::encode(tag, &path(&in_first(file)));
    let odf = [
        list(0xA8, 0x4401),
        list(0xA0, 0x4402),
        list(0xA1, 0x4403),
        list(0xA4, 0x4404),
        list(0xA7, 0x4405),
        list(0xA7, 0x4406),
    ];
    let [data, hidden] = notes();
    let lists = [
        (0x5031, odf.concat(), 128, Filling::Zeros),
        (0x5033, unused(), 96, Filling::Zeros),
        (0x4401, pin_entry("Citizen PIN", &FIRST), 128, Filling::Ones),
        (0x4402, private_keys(), 256, Filling::Ones),
        (0x4403, public_keys(), 256, Filling::Zeros),
        (0x4404, certificates(), 256, Filling::Zeros),
        (0x4405, data, 256, Filling::Ones),
    ];
    let card = lists
        .iter()
        .fold(card, |card, (file, content, size, filling)| {
            card.with_file(&in_first(*file), &filled(content, *size, *filling))
        });
    let hidden = filled(&hidden, 128, Filling::Zeros);
    Some(
        card.with_file(&in_first(0x5032), &token_info("Citizen card"))
            .with_guarded_file(&in_first(0x4406), &hidden, PIN)
            .with_file(&in_first(0x4301), contents.rsa_certificate)
            .with_guarded_file(&in_first(0x4302), contents.private_certificate, PIN)
            .with_file(&in_first(0x4501), b"Open on Tuesdays")
            .with_guarded_file(&in_first(0x4502), b"Your child has a place from May", PIN)
            .with_guarded_file(&in_first(0x4503), b"A 1234567", PIN)
            .with_file(&in_first(0x5501), &octets(&contents.curve.public_point()))
            .with_file(&in_first(0x5502), &contents.rsa.rsa_public_key()?),
    )
}

fn in_first(file: u16) -> Vec<u8> {
    [FIRST, file.to_be_bytes()].concat()
}

/// What objects have that are shown after the PIN.
fn private() -> [Vec<u8>; 2] {
    [bits(7, &[0x80]), octets(&[0x01])]
}

/// The same with a label.
fn private_as(label: &str) -> Vec<Vec<u8>> {
    [&[text(label)], &private()[..]].concat()
}

/// One without a label, on a curve, with the negative number of old programs; one with RSA.
fn private_keys() -> Vec<u8> {
    let curve = [
        octets(&LONG_ID),
        bits(5, &[0x20]),
        bits(3, &[0xB8]),
        vec![0x02, 0x01, 0x81],
    ];
    let rsa = [
        octets(&SHORT_ID),
        bits(2, &[0x74]),
        bits(3, &[0xB8]),
        vec![0x02, 0x02, 0x00, 0x82],
    ];
    [
        entry_of(0xA0, &private(), &curve, &[path(&FIRST), field()]),
        entry(&private_as("Sign-in"), &rsa, &[path(&FIRST), modulus()]),
    ]
    .concat()
}

fn public_keys() -> Vec<u8> {
    let curve = [octets(&LONG_ID), bits(1, &[0x02])];
    let rsa = [octets(&SHORT_ID), bits(1, &[0x8A]), vec![0x01, 0x01, 0x00]];
    let label = [text("Sign-in"), bits(6, &[0x40])];
    let at = |file| path(&in_first(file));
    [
        entry_of(0xA0, &[], &curve, &[at(0x5501), field()]),
        entry(&label, &rsa, &[at(0x5502), modulus()]),
    ]
    .concat()
}

fn certificates() -> Vec<u8> {
    let label = [text("Sign-in"), bits(6, &[0x40])];
    let not_an_authority = [octets(&PRIVATE_ID), vec![0x01, 0x01, 0x00]];
    let at = |file| [path(&in_first(file))];
    [
        entry(&label, &[octets(&SHORT_ID)], &at(0x4301)),
        entry(&private_as("Mail"), &not_an_authority, &at(0x4302)),
    ]
    .concat()
}

/// Data in a list that everybody can read, and in one that only the PIN opens.
fn notes() -> [Vec<u8>; 2] {
    let note = |common: &[Vec<u8>], program, file| {
        // The path itself is what belongs to the kind of object, with no sequence around it.
        let at = [&[0x3F, 0x00], &in_first(file)[..]].concat();
        entry(common, &[text(program)], &[octets(&at)])
    };
    let open = [
        note(&[], "town hall", 0x4501),
        note(&private_as("Letter"), "town hall", 0x4502),
    ];
    let hidden = note(&private_as("Health insurance"), "insurance", 0x4503);
    [open.concat(), hidden]
}

/// A key with its certificate, at paths from the directory itself.
fn second(card: Filed, contents: &Contents<'_>) -> Option<Filed> {
    let here = |file: u16| [SECOND, file.to_be_bytes()].concat();
    let relative = |file: u16| sequence(&[octets(&file.to_be_bytes())]);
    let list = |tag, file| ber::encode(tag, &relative(file));
    let odf = [list(0xA8, 0x4401), list(0xA0, 0x4402), list(0xA4, 0x4404)];
    let pins = pin_entry("Signature PIN", &SECOND);
    let keys = [entry_of(
        0xA0,
        &[text("Signature"), bits(7, &[0x80]), octets(&[0x01])],
        &[
            octets(&LONG_ID),
            // The last of the usages: what is signed cannot be denied.
            bits(6, &[0x00, 0x40]),
            vec![0x02, 0x01, 0x83],
        ],
        &[path(&SECOND), field()],
    )];
    let certificates = [entry(
        &[text("Signature")],
        &[octets(&LONG_ID)],
        &[relative(0x4301)],
    )];
    Some(
        card.with_file(&here(0x5031), &filled(&odf.concat(), 64, Filling::Ones))
            .with_file(&here(0x5032), &token_info("Signature card"))
            .with_file(&here(0x4401), &filled(&pins, 96, Filling::Zeros))
            .with_file(&here(0x4402), &filled(&keys.concat(), 96, Filling::Ones))
            .with_file(
                &here(0x4404),
                &filled(&certificates.concat(), 96, Filling::Zeros),
            )
            .with_file(&here(0x4301), contents.curve_certificate),
    )
}

/// Two pieces: one that the PIN is needed for, one with a rule of its own.
fn unused() -> Vec<u8> {
    let place = |file: u16, index: [u8; 2], length: [u8; 2]| {
        let at = [&[0x3F, 0x00], &FIRST[..], &file.to_be_bytes()].concat();
        sequence(&[
            octets(&at),
            ber::encode(0x02, &index),
            ber::encode(0x80, &length),
        ])
    };
    let rule = sequence(&[bits(6, &[0x40]), octets(&[0x01])]);
    [
        sequence(&[place(0x4600, [0x01, 0x00], [0x02, 0x00]), octets(&[0x01])]),
        sequence(&[place(0x4601, [0x00, 0x00], [0x04, 0x00]), sequence(&[rule])]),
    ]
    .concat()
}

fn template(aid: &[u8], label: &str, below: &[u8]) -> Vec<u8> {
    let mut parts = ber::encode(0x4F, aid);
    ber::push(&mut parts, 0x50, label.as_bytes());
    ber::push(&mut parts, 0x51, &[&[0x3F, 0x00], below].concat());
    ber::encode(0x61, &parts)
}

fn token_info(label: &str) -> Vec<u8> {
    sequence(&[
        vec![0x02, 0x01, 0x00],
        // That of the card: both have it.
        octets(&[0x15, 0x26]),
        text("Town hall"),
        ber::encode(0x80, label.as_bytes()),
        bits(5, &[0x60]),
    ])
}

/// Local, set, filled up; the number is negative.
fn pin_entry(label: &str, directory: &[u8]) -> Vec<u8> {
    entry(
        &[text(label), bits(6, &[0xC0])],
        &[octets(&[0x01])],
        &[
            bits(2, &[0x4C]),
            vec![0x0A, 0x01, 0x01],
            vec![0x02, 0x01, 0x04],
            vec![0x02, 0x01, 0x08],
            vec![0x02, 0x01, 0x08],
            vec![0x80, 0x01, PIN],
            octets(&[0xFF]),
            path(directory),
        ],
    )
}

/// Bits of P-256.
fn field() -> Vec<u8> {
    vec![0x02, 0x02, 0x01, 0x00]
}

fn modulus() -> Vec<u8> {
    vec![0x02, 0x02, 0x08, 0x00]
}

fn filled(content: &[u8], size: usize, filling: Filling) -> Vec<u8> {
    let byte = match filling {
        Filling::Zeros => 0x00,
        Filling::Ones => 0xFF,
    };
    let mut bytes = content.to_vec();
    bytes.resize(size.max(content.len() + 2), byte);
    bytes
}
