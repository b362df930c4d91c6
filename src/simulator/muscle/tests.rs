//! The exchanges of sheet "muscle", 13, and what its other sections say of order and state.

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

#[test]
fn a_blank_applet_takes_setup_once_and_nothing_else() {
    let mut card = blank(Build::jcop());
    talk(
        &mut card,
        &[
            ("B0 3C 00 00 40", "9C 05"),
            ("B0 77 00 00", "9C 05"),
            (SETUP, "90 00"),
            (SETUP, "6D 00"),
            (
                "B0 3C 00 00 40",
                "01 03 00 09 00 00 17 70 00 00 17 6E 02 00 00 00 90 00",
            ),
            ("B0 48 00 00 02", "00 03 90 00"),
            ("B0 48 00 00 03", "67 00"),
        ],
    );
}

#[test]
fn the_transport_pin_has_three_tries_where_it_is_looked_at() {
    let wrong = SETUP.replacen("4D", "4E", 1);
    let mut card = blank(Build::jcop());
    talk(
        &mut card,
        &[
            (&wrong, "9C 02"),
            (&wrong, "9C 02"),
            (&wrong, "9C 02"),
            (SETUP, "9C 0C"),
        ],
    );
    let mut card = blank(Build::jcop().with_transport_pin(None));
    talk(&mut card, &[(&wrong, "90 00")]);
    let mut card = blank(Build::jcop().with_transport_pin(Some("Nuscle00")));
    talk(&mut card, &[(SETUP, "9C 02"), (&wrong, "90 00")]);
    let mut card = blank(Build::jcop().with_memory(5999));
    talk(&mut card, &[(SETUP, "6F 00"), ("B0 3C 00 00 40", "9C 05")]);
}

#[test]
fn a_build_with_policy_wants_two_kinds_of_characters() {
    let mut card = blank(Build::jcop().with_pin_policy());
    let better = SETUP.replace("30*8", "41 30*7");
    talk(
        &mut card,
        &[
            (SETUP, "9C 0F"),
            (&better, "90 00"),
            (VERIFY, "9C 0F"),
            ("B0 42 01 00 08 41 30*7", "90 00"),
        ],
    );
}

#[test]
fn pins_are_verified_changed_and_unblocked() {
    let mut card = ready();
    talk(
        &mut card,
        &[
            (VERIFY, "90 00"),
            ("B0 42 01 00 08 31*8", "9C 02"),
            ("B0 42 01 00 03 31*3", "9C 0F"),
            ("B0 42 05 00 08 30*8", "9C 10"),
            ("B0 42 01 01 08 30*8", "9C 11"),
            ("B0 44 01 00 12 08 30*8 08 31*8", "90 00"),
            ("B0 46 01 00 08 30*8", "9C 03"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "9C 06"),
            ("B0 42 00 00 08 30*8", "90 00"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "90 00"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "9C 10"),
            ("B0 48 00 00 02", "00 07 90 00"),
            ("B0 44 02 00 0A 04 31 32 33 34 04 39 39 39 39", "90 00"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 39*4", "9C 0C"),
            ("B0 46 02 00 04 36*4", "9C 02"),
            ("B0 46 02 00 04 35 36 37 38", "90 00"),
            ("B0 42 02 00 04 39*4", "90 00"),
        ],
    );
}

#[test]
fn an_unblock_code_is_blocked_as_well() {
    let mut card = ready();
    for _ in 0..5 {
        talk(&mut card, &[("B0 42 01 00 04 38*4", "9C 02")]);
    }
    talk(
        &mut card,
        &[
            (VERIFY, "9C 0C"),
            ("B0 46 01 00 08 31*8", "9C 02"),
            ("B0 46 01 00 08 31*8", "9C 02"),
            ("B0 46 01 00 08 30*8", "9C 0C"),
        ],
    );
}

#[test]
fn identities_come_and_go() {
    let logged = |bits: &str| format!("01 03 00 09 00 00 17 70 00 00 17 6E 02 00 {bits} 90 00");
    let status = "B0 3C 00 00 40";
    let mut card = ready();
    talk(
        &mut card,
        &[
            ("B0 42 00 00 08 30*8", "90 00"),
            (VERIFY, "90 00"),
            (status, &logged("00 03")),
            ("B0 42 00 00 08 31*8", "9C 02"),
            (status, &logged("00 02")),
            ("B0 44 01 00 12 08 30*8 08 30*8", "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
            ("B0 60 12 34", "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
            (SELECT, "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
        ],
    );
    card.reset();
    talk(&mut card, &[(SELECT, "90 00"), (status, &logged("00 00"))]);
}

#[test]
fn objects_are_made_listed_written_and_read() {
    let mut card = ready();
    talk(
        &mut card,
        &[
            (
                "B0 5A 00 00 0E 50 15 00 00 00 00 00 01 00 02 00 02 00 02",
                "90 00",
            ),
            (
                "B0 58 00 00 0E",
                "50 15 00 00 00 00 00 01 00 02 00 02 00 02 90 00",
            ),
            ("B0 58 01 00 0E", "9C 12"),
            ("B0 58 00 00 0D", "9C 0F"),
            (
                "B0 5A 00 00 0E 50 15 50 31 00 00 01 00 00 00 00 00 00 00",
                "90 00",
            ),
            (
                "B0 58 00 00 0E",
                "50 15 50 31 00 00 01 00 00 00 00 00 00 00 90 00",
            ),
            (
                "B0 54 00 00 15 50 15 50 31 00 00 00 00 0C A8 0A 30 08 04 06 3F 00 50 15 44 01",
                "90 00",
            ),
            (
                "B0 56 00 00 09 50 15 50 31 00 00 00 00 FF FF",
                "A8 0A 30 08 04 06 3F 00 50 15 44 01 00*243 90 00",
            ),
            ("B0 56 00 00 09 50 15 50 31 00 00 00 FF 01 01", "00 90 00"),
            ("B0 56 00 00 09 50 15 50 31 00 00 00 FF 02 02", "9C 0F"),
            ("B0 54 00 00 0A 50 15 50 31 00 00 01 00 01 AA", "9C 0F"),
            ("B0 54 00 00 0B 50 15 50 31 00 00 00 00 01 AA BB", "9C 0F"),
            ("B0 56 00 00 09 50 15 00 00 00 00 00 00 01 01", "9C 06"),
            ("B0 52 00 00 04 50 15 00 00", "9C 06"),
            ("B0 56 00 00 09 12 34 56 78 00 00 00 00 10 10", "9C 0F"),
            ("B0 54 00 00 0A 12 34 56 78 00 00 00 00 01 AA", "9C 0F"),
        ],
    );
}

#[test]
fn an_object_costs_sixteen_bytes_more() {
    let free = |bytes: &str| format!("01 03 00 09 00 00 17 70 00 00 {bytes} 02 00 00 00 90 00");
    let create = |size: &str| format!("B0 5A 00 00 0E 12 34 56 78 {size} 00*6");
    let mut card = ready();
    talk(
        &mut card,
        &[
            (&create("00 00 00 00"), "9C 0F"),
            (&create("00 01 00 00"), "9C 01"),
            (&create("00 00 80 00"), "9C 01"),
            (&create("00 00 17 5F"), "9C 01"),
            (&create("00 00 00 0A"), "90 00"),
            (&create("00 00 00 0A"), "9C 08"),
            ("B0 3C 00 00 40", &free("17 54")),
            ("B0 52 00 01 04 12 34 56 78", "90 00"),
            ("B0 52 00 01 04 12 34 56 78", "9C 07"),
            ("B0 52 00 02 04 12 34 56 78", "9C 11"),
            (&create("00 00 17 5E"), "90 00"),
            ("B0 3C 00 00 40", &free("00 00")),
            ("B0 5A 00 00 0D 12 34 56 79 00 00 00 01 00*5", "9C 0F"),
        ],
    );
}

#[test]
fn a_pair_is_generated_listed_and_its_public_half_exported() {
    let mut card = ready();
    talk(
        &mut card,
        &[
            (GENERATE, "9C 06"),
            (VERIFY, "90 00"),
            (GENERATE, "90 00"),
            ("B0 3A 00 00 0B", "00 03 FF 04 00 FF FF 00 02 00 02 90 00"),
            ("B0 3A 01 00 0B", "01 01 FF 04 00 00 00 00 02 00 00 90 00"),
            ("B0 3A 01 00 0B", "90 00"),
            ("B0 3A 00 00 0C", "67 00"),
            ("B0 34 01 00 01 00", "90 00"),
            (
                "B0 56 00 00 09 FF FF FF FF 00 00 00 01 05 05",
                "01 04 00 00 80 90 00",
            ),
            (
                "B0 56 00 00 09 FF FF FF FF 00 00 00 86 02 02",
                "00 03 90 00",
            ),
            (
                "B0 56 00 00 09 FF FF FF FF 00 00 00 88 03 03",
                "01 00 01 90 00",
            ),
            ("B0 34 00 00 01 00", "9C 06"),
            ("B0 34 02 00 01 00", "9C 10"),
            ("B0 34 01 00 01 01", "9C 05"),
        ],
    );
}

#[test]
fn a_place_keeps_the_size_of_its_first_key_whatever_is_erased() {
    let other = GENERATE.replacen("04 00", "08 00", 1);
    let mut card = ready();
    talk(
        &mut card,
        &[
            (VERIFY, "90 00"),
            (&other, "90 00"),
            (GENERATE, "9C 03"),
            // Without the PIN as well: this is looked at first.
            ("B0 60 00 00", "90 00"),
            (GENERATE, "9C 03"),
            (&other, "9C 06"),
            (VERIFY, "90 00"),
            (&other, "90 00"),
        ],
    );
}

#[test]
fn generation_refuses_in_the_order_of_the_sheet() {
    let slots = |slots: &str| GENERATE.replacen("00 01", slots, 1);
    let mut card = with_key();
    talk(
        &mut card,
        &[
            (&slots("08 01"), "9C 10"),
            (&slots("00 08"), "9C 11"),
            (&slots("08 09"), "9C 10"),
            (&slots("00 00"), "6A 86"),
            (&GENERATE.replacen("10 01", "10 07", 1), "9C 09"),
            // Slot 1 has a public key.
            (&slots("01 02"), "9C 03"),
            (&slots("02 03"), "90 00"),
            // Both are as they shall be, but of other pairs.
            (&slots("00 03"), "9C 03"),
            (&GENERATE.replacen("04 00", "04 01", 1), "9C 03"),
            (&slots("04 05").replacen("04 00", "04 01", 1), "6F 00"),
            (&slots("04 05").replacen("04 00", "02 00", 1), "90 00"),
            (&slots("06 07").replacen("10 01", "10 00", 1), "90 00"),
            ("B0 3A 00 00 0B", "00 03 FF 04 00 FF FF 00 02 00 02 90 00"),
            ("B1 3A 00 00 0B", "6E 00"),
            ("B0 20 01 00 08 30*8", "6D 00"),
        ],
    );
    let mut small = blank(Build::cyberflex());
    let other = GENERATE.replacen("04 00", "08 00", 1);
    talk(
        &mut small,
        &[
            (SETUP, "90 00"),
            (VERIFY, "90 00"),
            (&other, "6F 00"),
            (GENERATE, "90 00"),
        ],
    );
}

/// P, Q and so on of a key of 1024 bits, in a blob.
fn blob() -> Vec<u8> {
    let key = include_bytes!("../../../data/practice/pool-rsa1024-8.key");
    let key = crate::simulator::PrivateKey::from_pkcs8(key).unwrap();
    super::blob::write(0x03, 1024, &super::blob::Material::Private(key)).unwrap()
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

#[test]
fn an_imported_key_gets_no_rights_unless_one_was_there_before() {
    let import = |slot: &str| format!("B0 32 {slot} 00 06 FF FF 00 02 00 02");
    let mut card = with_key();
    let blob = blob();
    assert_eq!(blob.len(), 0x14E);
    hand_over(&mut card, &blob);
    talk(
        &mut card,
        &[(&import("04"), "90 00"), (&import("04"), "9C 07")],
    );
    hand_over(&mut card, &blob);
    talk(
        &mut card,
        &[
            // A public key is there.
            (&import("01"), "9C 03"),
            (&import("00"), "90 00"),
            ("B0 3A 00 00 0B", "00 03 FF 04 00 FF FF 00 02 00 02 90 00"),
            ("B0 3A 01 00 0B", "01 01 FF 04 00 00 00 00 02 00 00 90 00"),
            ("B0 3A 01 00 0B", "04 03 FF 04 00 00 00 00 00 00 00 90 00"),
            ("B0 60 00 00", "90 00"),
            ("B0 34 00 00 01 00", "9C 06"),
            ("B0 34 04 00 01 00", "90 00"),
            (
                "B0 56 00 00 09 FF FF FF FF 00 00 00 00 04 04",
                "00 03 04 00 90 00",
            ),
        ],
    );
    let half = card.transmit(&bytes("B0 56 00 00 09 FF FF FF FF 00 00 00 04 42 42"));
    assert_eq!(half[..0x42], blob[4..0x46]);
}

#[test]
fn an_older_build_keeps_the_rights_of_an_imported_key() {
    let mut card = blank(Build::version_0_9_11());
    let setup = SETUP.replace("30*8", "41 30*7");
    talk(
        &mut card,
        &[(&setup, "90 00"), ("B0 42 01 00 08 41 30*7", "90 00")],
    );
    hand_over(&mut card, &blob());
    talk(
        &mut card,
        &[
            ("B0 32 04 00 06 FF FF 00 02 00 02", "90 00"),
            ("B0 3A 00 00 0B", "04 03 FF 04 00 FF FF 00 02 00 02 90 00"),
            ("B0 3A 01 00 0B", "67 00"),
            ("B0 34 04 00 01 00", "9C 06"),
            ("B0 60 00 00", "6D 00"),
            ("B0 70 00 00", "90 00"),
        ],
    );
    assert_eq!(
        card.transmit(&bytes("B0 72 00 01 04 00 08 00 00")).len(),
        12
    );
}

#[test]
fn a_blob_that_is_none_is_refused() {
    let mut card = with_key();
    for (blob, answer) in [
        ("00", "6F 00"),
        ("00 03 04 00 00 40 AA", "6F 00"),
        ("01 03 04 00", "9C 05"),
        ("00 04 04 00", "9C 05"),
        ("00 09 04 00", "9C 09"),
        ("00 01 04 00 00 00 00 00", "6F 00"),
    ] {
        hand_over(&mut card, &bytes(blob));
        talk(
            &mut card,
            &[
                ("B0 32 06 00 07 FF FF 00 02 00 02 00", answer),
                ("B0 52 00 00 04 FF FF FF FE", "90 00"),
            ],
        );
    }
}

/// The modulus in a slot, exported.
fn modulus(card: &mut Chip, slot: &str, len: usize) -> Vec<u8> {
    talk(card, &[(&format!("B0 34 {slot} 00 01 00"), "90 00")]);
    let mut modulus = Vec::new();
    for start in (6..6 + len).step_by(128) {
        let mut read = bytes("B0 56 00 00 09 FF FF FF FF 00 00");
        read.extend(u16::try_from(start).unwrap().to_be_bytes());
        read.extend([0x80, 0x80]);
        modulus.extend(&card.transmit(&read)[..128]);
    }
    talk(card, &[("B0 52 00 00 04 FF FF FF FF", "90 00")]);
    modulus
}

/// Whether raising to 65537 gives the block back.
fn opens(modulus: &[u8], signature: &[u8], block: &[u8]) -> bool {
    let number = rsa::BoxedUint::from_be_slice_vartime;
    let key = rsa::RsaPublicKey::new(number(modulus), number(&[1, 0, 1])).unwrap();
    let bits = u32::try_from(8 * modulus.len()).unwrap();
    let signature = rsa::BoxedUint::from_be_slice(signature, bits).unwrap();
    let opened = rsa::hazmat::rsa_encrypt(&key, &signature).unwrap();
    opened.to_be_bytes().as_ref() == block
}

/// A padded block of so many bytes.
fn block(len: usize) -> Vec<u8> {
    let mut block = vec![0xFF; len];
    block[0] = 0x00;
    block[1] = 0x01;
    block[len - 21] = 0x00;
    block
}

#[test]
fn a_block_is_signed_in_a_command_of_either_length() {
    let mut card = with_key();
    let key = modulus(&mut card, "01", 128);
    let mut command = bytes("B0 36 00 03 83 01 00 80");
    command.extend(block(128));
    command.push(0x82);
    talk(&mut card, &[("B0 36 00 01 05 00 04 01 00 00", "90 00")]);
    let answer = card.transmit(&command);
    assert_eq!((answer.len(), &answer[..2]), (132, &[0x00, 0x80][..]));
    assert!(opens(&key, &answer[2..130], &block(128)));

    let long = GENERATE.replacen("00 01 10 01 04 00", "02 03 10 01 08 00", 1);
    talk(&mut card, &[(&long, "90 00")]);
    let key = modulus(&mut card, "03", 256);
    let mut command = bytes("B0 36 02 03 00 01 03 01 01 00");
    command.extend(block(256));
    command.extend([0x01, 0x02]);
    talk(&mut card, &[("B0 36 02 01 05 00 04 01 00 00", "90 00")]);
    let answer = card.transmit(&command);
    assert_eq!((answer.len(), &answer[..2]), (260, &[0x01, 0x00][..]));
    assert!(opens(&key, &answer[2..258], &block(256)));
    // More than the buffer of 268 bytes.
    command.splice(5..7, [0x01, 0x04]);
    command.insert(command.len() - 2, 0x00);
    assert_eq!(card.transmit(&command), [0x67, 0x00]);
}

#[test]
fn a_long_block_is_signed_through_objects() {
    let mut card = Chip::new(T1).with(Muscle::blank(Build::jcop().short_only()));
    let long = GENERATE.replacen("04 00", "08 00", 1);
    talk(
        &mut card,
        &[
            (SELECT, "90 00"),
            (SETUP, "90 00"),
            (VERIFY, "90 00"),
            (&long, "90 00"),
            ("B0 36 00 01 00 00 05 00 04 01 00 00", "67 00"),
            ("B0 36 00 01 05 00 04 01 00 00", "90 00"),
            ("B0 36 00 03 01 02", "9C 07"),
        ],
    );
    let key = modulus(&mut card, "01", 256);
    let mut content = vec![0x01, 0x00];
    content.extend(block(256));
    hand_over(&mut card, &content);
    talk(
        &mut card,
        &[
            ("B0 36 00 03 01 02", "90 00"),
            ("B0 56 00 00 09 FF FF FF FF 00 00 00 00 02", "01 00 90 00"),
            (
                "B0 58 00 00 0E",
                "FF FF FF FF 00 00 01 02 00 02 00 02 00 02 90 00",
            ),
        ],
    );
    let first = card.transmit(&bytes("B0 56 00 00 09 FF FF FF FF 00 00 00 02 80"));
    let second = card.transmit(&bytes("B0 56 00 00 09 FF FF FF FF 00 00 00 82 80"));
    let signature = [&first[..128], &second[..128]].concat();
    assert!(opens(&key, &signature, &block(256)));
    talk(
        &mut card,
        &[
            ("B0 52 00 00 04 FF FF FF FF", "90 00"),
            ("B0 52 00 00 04 FF FF FF FE", "90 00"),
        ],
    );
}

#[test]
fn a_cipher_is_refused_for_many_reasons() {
    let mut card = with_key();
    talk(
        &mut card,
        &[
            ("B0 36 00 03 04 01 00 01 AA", "9C FF"),
            ("B0 36 00 01 05 00 01 01 00 00", "9C 09"),
            ("B0 36 01 01 05 00 01 01 00 00", "9C 05"),
            ("B0 36 00 01 05 01 04 01 00 00", "90 00"),
            ("B0 36 00 01 05 00 04 01 00 00", "9C 03"),
            ("B0 36 00 01 05 10 04 01 00 00", "9C 09"),
            ("B0 36 00 01 05 00 05 01 00 00", "9C 0F"),
            ("B0 36 00 01 05 01 04 03 00 00", "9C 0F"),
            ("B0 36 00 02 05 01 00 02 00 01", "6F 00"),
            ("B0 36 00 03 05 01 00 02 00 01", "6F 00"),
            ("B0 36 00 03 05 01 00 03 00 01", "9C 0F"),
            ("B0 36 00 04 01 02", "9C 11"),
            ("B0 36 02 01 05 00 04 01 00 00", "9C 10"),
            // A new key of the same size has the cipher of the old one.
            (GENERATE, "90 00"),
            ("B0 36 00 01 05 00 04 01 00 00", "9C 03"),
            ("B0 60 00 00", "90 00"),
            ("B0 36 00 01 05 01 04 01 00 00", "9C 06"),
        ],
    );
    let mut card = blank(Build::jcop().without_encryption());
    talk(
        &mut card,
        &[
            (SETUP, "90 00"),
            (VERIFY, "90 00"),
            (GENERATE, "90 00"),
            ("B0 36 00 01 05 00 04 01 00 00", "9C 05"),
        ],
    );
}

#[test]
fn what_the_public_half_encrypts_the_private_one_opens() {
    let mut card = with_key();
    talk(
        &mut card,
        &[
            ("B0 36 01 01 05 01 03 01 00 00", "90 00"),
            ("B0 36 00 01 05 01 04 01 00 00", "90 00"),
        ],
    );
    let sealed = card.transmit(&bytes("B0 36 01 03 07 01 00 04 DE AD BE EF 82"));
    let mut open = bytes("B0 36 00 03 83 01");
    open.extend(&sealed[..130]);
    open.push(0x82);
    assert_eq!(card.transmit(&open), bytes("00 04 DE AD BE EF 90 00"));
}

#[test]
fn des_goes_on_from_block_to_block() {
    let mut card = ready();
    talk(&mut card, &[(VERIFY, "90 00")]);
    hand_over(
        &mut card,
        &bytes("00 06 00 40 00 08 01 23 45 67 89 AB CD EF"),
    );
    // FIPS 81, table C3.
    talk(
        &mut card,
        &[
            ("B0 32 05 00 06 FF FF 00 02 00 02", "90 00"),
            ("B0 3A 00 00 0B", "05 06 FF 00 40 00*6 90 00"),
            (
                "B0 36 05 01 0D 20 03 01 00 08 12 34 56 78 90 AB CD EF",
                "90 00",
            ),
            (
                "B0 36 05 02 0B 01 00 08 4E 6F 77 20 69 73 20 74",
                "00 08 E5 C7 CD DE 87 2B F2 7C 90 00",
            ),
            (
                "B0 36 05 03 13 01 00 10 68 65 20 74 69 6D 65 20 66 6F 72 20 61 6C 6C 20",
                "00 10 43 E9 34 00 8C 38 9C 0F 68 37 88 49 9A 7C 05 F6 90 00",
            ),
            ("B0 36 05 03 04 01 00 01 AA", "6F 00"),
        ],
    );
}

#[test]
fn a_challenge_in_an_object_leaks_until_select() {
    let free = |bytes: &str| format!("01 03 00 09 00 00 17 70 00 00 {bytes} 02 00 00 00 90 00");
    let status = "B0 3C 00 00 40";
    let mut card = ready();
    let answer = card.transmit(&bytes("B0 62 00 01 04 00 08 00 00"));
    assert_eq!((answer.len(), &answer[..2]), (12, &[0x00, 0x08][..]));
    talk(
        &mut card,
        &[
            (status, &free("17 6E")),
            ("B0 62 00 01 06 00 08 00 00", "67 00"),
            ("B0 62 00 01 04 00 FE 00 00", "9C 0F"),
            ("B0 62 00 02 04 00 08 00 00", "90 00"),
            (status, &free("17 54")),
            ("B0 62 00 02 04 00 08 00 00", "90 00"),
            (status, &free("17 3A")),
            (
                "B0 58 00 00 0E",
                "FF FF FF FF 00 00 00 0A FF FF FF FF FF FF 90 00",
            ),
            ("B0 52 00 00 04 FF FF FF FF", "9C 06"),
            ("B0 56 00 00 09 FF FF FF FF 00 00 00 02 08 08", "9C 06"),
            (SELECT, "90 00"),
            (status, &free("17 6E")),
        ],
    );
}

#[test]
fn a_key_proves_itself_against_a_challenge() {
    let mut applet = Muscle::set_up(Build::jcop(), ("00000000", "00000000"), ("0000", "0000"));
    applet.random.script(&[0x5A; 8]);
    let mut card = Chip::new(T1).with(applet);
    talk(
        &mut card,
        &[(SELECT, "90 00"), ("B0 42 01 00 04 30*4", "90 00")],
    );
    hand_over(
        &mut card,
        &bytes("00 06 00 40 00 08 01 23 45 67 89 AB CD EF"),
    );
    let key = 0x0123_4567_89AB_CDEF_u64.to_be_bytes();
    let cryptogram = super::des::crypt(&key, super::des::Way::Encrypt, &[0x5A; 8], None).unwrap();
    let mut right = bytes("B0 38 00 00 0D 21 04 01 00 08");
    right.extend(cryptogram);
    let wrong = "B0 38 00 00 0D 21 04 01 00 08 00*8";
    let challenge = ("B0 62 00 02 04 00 08 00 00", "90 00");
    talk(
        &mut card,
        &[
            ("B0 32 00 00 06 00*6", "90 00"),
            (wrong, "9C 03"),
            challenge,
            ("B0 38 00 00 01 21", "9C 0F"),
            ("B0 38 00 00 03 21 04 02", "9C 0F"),
            ("B0 38 06 00 03 21 04 01", "9C 10"),
        ],
    );
    assert_eq!(card.transmit(&right), [0x90, 0x00]);
    let status = card.transmit(&bytes("B0 3C 00 00 40"));
    assert_eq!(status[14..], [0x01, 0x02, 0x90, 0x00]);
    // The object is gone, so that the same again is none.
    assert_eq!(card.transmit(&right), [0x9C, 0x03]);
    for _ in 0..5 {
        talk(&mut card, &[challenge, (wrong, "9C 02")]);
    }
    talk(&mut card, &[challenge, (wrong, "9C 0C")]);
}

#[test]
fn any_select_is_agreed_to_and_changes_nothing() {
    let mut card = ready();
    talk(
        &mut card,
        &[
            (VERIFY, "90 00"),
            ("00 A4 04 00 05 A0 00 00 03 97", "90 00"),
            ("00 A4 00 00 02 3F 00", "90 00"),
            ("00 A4 08 0C 02 50 15", "90 00"),
            (
                "B0 3C 00 00 40",
                "01 03 00 09 00 00 17 70 00 00 17 6E 02 00 00 02 90 00",
            ),
            ("00 B0 00 00 00", "6E 00"),
            ("80 3C 00 00 40", "6E 00"),
        ],
    );
    card.reset();
    talk(&mut card, &[("00 A4 00 00 02 3F 00", "6A 82")]);
}

#[test]
fn with_t0_two_instructions_are_none_and_lengths_are_exact() {
    let mut card = Chip::new(T0).with(Muscle::set_up(
        Build::jcop(),
        ("00000000", "00000000"),
        ("00000000", "00000000"),
    ));
    let status = "01 03 00 09 00 00 17 70 00 00 17 6E 02 00 00 02 90 00";
    talk(
        &mut card,
        &[
            (SELECT, "90 00"),
            (VERIFY, "90 00"),
            ("B0 60 00 00", "6D 00"),
            ("B0 62 00 01 04 00 08 00 00", "6D 00"),
            ("B0 3C 00 00 40", "6C 10"),
            ("B0 3C 00 00 10", status),
            ("B0 48 00 00 02", "00 03 90 00"),
            ("B0 58 00 00 0E", "9C 12"),
            ("B0 5A 00 00 0E 12 34 56 78 00 00 00 04 00*6", "90 00"),
            ("B0 56 00 00 09 12 34 56 78 00 00 00 00 04", "61 04"),
            ("B0 C0 00 00 04", "00 00 00 00 90 00"),
            ("B0 34 00 00 01 00", "9C 10"),
        ],
    );
}

#[test]
fn a_card_of_somebody_is_as_opensc_leaves_it() {
    let mut card = crate::simulator::wardrobe::make("muscle-used").unwrap();
    let mut ask = |command: &str| card.transmit(&bytes(command));
    ask(SELECT);
    let mut ids = Vec::new();
    let mut record = ask("B0 58 00 00 0E");
    while record.len() == 16 {
        ids.push(u32::from_be_bytes(record[..4].try_into().unwrap()));
        record = ask("B0 58 01 00 0E");
    }
    assert_eq!(record, [0x9C, 0x12]);
    ids.reverse();
    let wanted = [
        0x5015_0000,
        0x5015_4401,
        0x5015_5031,
        0x3F00_2F00,
        0x5015_5032,
        0x5015_4946,
        0x5015_4402,
        0x5015_3000,
        0x5015_4403,
        0x5015_3100,
        0x5015_4404,
    ];
    assert_eq!(ids, wanted);
    assert_eq!(ask("B0 42 01 00 06 36 35 34 33 32 31"), [0x90, 0x00]);
    assert_eq!(ask("B0 36 00 01 05 00 04 01 00 00"), [0x90, 0x00]);
    let mut card = crate::simulator::wardrobe::make("muscle-2048-place").unwrap();
    let mut ask = |command: &str| card.transmit(&bytes(command));
    ask(SELECT);
    assert_eq!(ask("B0 58 00 00 0E"), [0x9C, 0x12]);
    ask("B0 42 01 00 06 36 35 34 33 32 31");
    assert_eq!(ask(GENERATE), [0x9C, 0x03]);
}
