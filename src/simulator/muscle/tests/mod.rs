//! The exchanges of sheet "muscle", 13, and what its other sections say of order and state.

mod crypt;
mod keys;
mod objects;
mod others;
mod pins;

use super::{Build, Muscle};
use crate::simulator::{Card, Chip};

/// T=1, from the sheet.
const T1: [u8; 18] = [
    0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34,
    0x31, 0xB7,
];
const T0: [u8; 2] = [0x3B, 0x00];

const SELECT: &str = "00 A4 04 00 06 A0 00 00 00 01 01";
/// The HOWTO's Setup.
const SETUP: &str = "B0 2A 00 00 38 08 4D 75 73 63 6C 65 30 30 04 01 08 30*8 08 30*8 05 02 08 30*8 08 30*8 \
                     00 00 17 70 00 02 01";
const VERIFY: &str = "B0 42 01 00 08 30*8";
const GENERATE: &str = "B0 30 00 01 10 01 04 00 FF FF 00 02 00 02 00 00 00 02 00 00 00";

/// Bytes in hex; `30*8` is eight times the same.
fn bytes(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .flat_map(|part| {
            let (byte, count) = part.split_once('*').unwrap_or((part, "1"));
            let byte = u8::from_str_radix(byte, 16).unwrap();
            vec![byte; count.parse().unwrap()]
        })
        .collect()
}

/// Sends commands one after the other and compares the answers.
#[track_caller]
fn talk(card: &mut Chip, lines: &[(&str, &str)]) {
    for (command, answer) in lines {
        let said = card.transmit(&bytes(command));
        assert_eq!(said, bytes(answer), "{command}: {said:02X?}");
    }
}

/// A selected applet that is not set up.
fn blank(build: Build) -> Chip {
    let mut card = Chip::new(T1).with(Muscle::blank(build));
    talk(&mut card, &[(SELECT, "90 00")]);
    card
}

/// After the HOWTO's Setup.
fn ready() -> Chip {
    let mut card = blank(Build::jcop());
    talk(&mut card, &[(SETUP, "90 00")]);
    card
}

/// With the user PIN verified and a pair of 1024 bits in slots 0 and 1.
fn with_key() -> Chip {
    let mut card = ready();
    talk(&mut card, &[(VERIFY, "90 00"), (GENERATE, "90 00")]);
    card
}

/// P, Q and so on of a key of 1024 bits, in a blob.
fn blob() -> Vec<u8> {
    let key = include_bytes!("../../../../data/practice/pool-rsa1024-8.key");
    let key = crate::simulator::PrivateKey::from_pkcs8(key).unwrap();
    super::blob::write(0x03, 1024, &super::blob::Material::Private(Box::new(key))).unwrap()
}

/// Puts something into the input object, which is made for it.
#[track_caller]
fn hand_over(card: &mut Chip, content: &[u8]) {
    let size = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut create = bytes("B0 5A 00 00 0E FF FF FF FE 00 00");
    create.extend(size);
    create.extend(bytes("00 02 00 02 00 02"));
    assert_eq!(card.transmit(&create), [0x90, 0x00]);
    for (index, chunk) in content.chunks(246).enumerate() {
        let len = u8::try_from(chunk.len()).unwrap();
        let start = u8::try_from(246 * index).unwrap();
        let mut write = bytes("B0 54 00 00");
        write.extend([len + 9, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, start, len]);
        write.extend(chunk);
        assert_eq!(card.transmit(&write), [0x90, 0x00]);
    }
}
