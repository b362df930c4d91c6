//! Cards with a string in every field that takes one.

use std::sync::{Arc, Mutex};

use symbolon::card;
use symbolon::iso7816::tlv::ber::encode;
use symbolon::simulator::{Chip, KeyRef, Model, OpenPgp, Piv, SimulatedReader};
use symbolon::token::{ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader as _;
use symbolon::transport::trace::{Entry, Tracer};

use crate::frame::{
    BMP, COMMON_NAME, Frame, IA5, ORGANISATION, PRINTABLE, T61, UNIT, UNIVERSAL, UTF8,
    alternative_names, name,
};

/// So much of a string goes into a field. A card cannot carry more: an answer ends at 65,536 bytes (ISO/IEC 7816-4:2020,
/// 5.2), tags and lengths included, and vpcd counts its bytes in two. A string of 1 MiB is cut to what fits; whole, it
/// comes as the name of a reader or a program, which have no such bound.
pub(crate) const SIMPLE_LEN: usize = 60_000;

/// Three fields of one object.
const SHARED_LEN: usize = 20_000;

/// What a certificate can have of it within the same bound: in twelve names, in three, and in two that are two bytes
/// wide and one of four.
const NAMES_LEN: [usize; 3] = [5_000, 20_000, 7_500];

/// How many fields [`chip`] fills.
pub(crate) const FIELDS: usize = 31;

/// A card with PIV and OpenPGP that has `text` in every field that a person may see.
pub(crate) fn chip(text: &[u8]) -> Chip {
    let shared = cut(text, SHARED_LEN);
    let [first, second, third] = certificates(text);
    let text = cut(text, SIMPLE_LEN);
    let history = [encode(0xC1, &[0]), encode(0xC2, &[0]), encode(0xF3, text)].concat();
    let holder = [
        encode(0x30, &fitted(text, 25)),
        encode(0x34, &fitted(text, 16)),
        encode(0x35, shared),
        encode(0xFE, &[]),
    ];
    let piv = Piv::generic()
        .with_object(0x5F_C102, &holder.concat())
        .with_object(0x5F_C107, &encode(0xF0, &fitted(text, 21)))
        .with_object(0x5F_C10C, &history)
        .with_certificate(0x9A, &first)
        .with_certificate(0x9C, &second)
        .with_compressed_certificate(0x9D, &third)
        .with_certificate(0x9E, text);
    let openpgp = OpenPgp::new(Model::version_3(0x1234_5678))
        .with_object(0x5B, shared)
        .with_object(0x5F2D, shared)
        .with_object(0x5F35, shared)
        .with_object(0x5E, text)
        .with_object(0x5F50, text)
        .with_object(0x0101, text)
        .with_object(0x0102, text)
        .with_certificate(KeyRef::Authentication, &first);
    Chip::new(atr(text)).with(piv).with(openpgp)
}

/// The first `len` bytes of `text`.
fn cut(text: &[u8], len: usize) -> &[u8] {
    &text[..text.len().min(len)]
}

/// `text` with the length that the field has (SP 800-73-4 Part 1, appendix A).
fn fitted(text: &[u8], len: usize) -> Vec<u8> {
    text.iter()
        .copied()
        .chain(std::iter::repeat(b' '))
        .take(len)
        .collect()
}

/// Certificates with `text` in their names: as UTF-8, as strings of one byte, as wide strings.
fn certificates(text: &[u8]) -> [Vec<u8>; 3] {
    let [twelve, three, wide] = NAMES_LEN.map(|len| cut(text, len));
    let wide = |bytes: usize| -> Vec<u8> {
        let text = String::from_utf8_lossy(wide);
        text.chars()
            .flat_map(|c| u32::from(c).to_be_bytes()[4 - bytes..].to_vec())
            .collect()
    };
    let (bmp, universal) = (wide(2), wide(4));
    let mut first = Frame::sound();
    first.subject = name(&[(COMMON_NAME, UTF8, twelve), (UNIT, UTF8, twelve)]);
    first.issuer = name(&[(COMMON_NAME, UTF8, twelve), (ORGANISATION, IA5, twelve)]);
    first.extensions = Some(alternative_names(twelve));
    let mut second = Frame::sound();
    second.subject = name(&[(COMMON_NAME, PRINTABLE, three), (UNIT, T61, three)]);
    second.issuer = name(&[(UNIT, T61, three)]);
    let mut third = Frame::sound();
    third.subject = name(&[(COMMON_NAME, BMP, &bmp), (UNIT, UNIVERSAL, &universal)]);
    third.issuer = name(&[(UNIT, BMP, &bmp)]);
    [first.der(), second.der(), third.der()]
}

/// T=1, and the first fifteen bytes of `text` as historical bytes (ISO/IEC 7816-3:2006, 8.2).
fn atr(text: &[u8]) -> Vec<u8> {
    let historical = &text[..text.len().min(15)];
    let count = u8::try_from(historical.len()).unwrap();
    let mut atr = vec![0x3B, 0x90 | count, 0x18, 0x81, 0x31, 0xFE, 0x45];
    atr.extend_from_slice(historical);
    atr.push(atr[1..].iter().fold(0, |check, byte| check ^ byte));
    atr
}

/// What a card is read as, and what was said to it.
pub(crate) fn read(chip: Chip) -> (Token, Vec<Entry>) {
    let mut reader = SimulatedReader::new("desk");
    reader.insert(Box::new(chip));
    let mut link = reader.connect().unwrap();
    let said: Arc<Mutex<Vec<Entry>>> = Arc::default();
    let noted = Arc::clone(&said);
    let note = Arc::new(move |entry| noted.lock().unwrap().push(entry));
    let tracer = Tracer::new(ReaderId(1), Arc::default(), note);
    let protocol = link.protocol();
    let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
    let token = card::read(&mut channel, protocol, &mut |_| {}).unwrap();
    let said = said.lock().unwrap().clone();
    (token, said)
}
