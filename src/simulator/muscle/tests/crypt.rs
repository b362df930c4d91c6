//! ComputeCrypt.

use super::{GENERATE, SELECT, SETUP, T1, VERIFY, blank, bytes, hand_over, ready, talk, with_key};
use crate::simulator::muscle::{Build, Muscle};
use crate::simulator::{Card, Chip};

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
fn a_key_without_primes_signs_as_well_and_goes_out_and_in() {
    let mut card = ready();
    let plain = GENERATE
        .replacen("10 01", "10 00", 1)
        .replacen("FF FF", "00 02", 1);
    talk(
        &mut card,
        &[
            (VERIFY, "90 00"),
            (&plain, "90 00"),
            ("B0 3A 00 00 0B", "00 02 FF 04 00 00 02 00 02 00 02 90 00"),
            ("B0 36 00 01 05 00 01 01 00 00", "9C 05"),
            ("B0 36 00 01 05 00 04 01 00 00", "90 00"),
        ],
    );
    let key = modulus(&mut card, "01", 128);
    let mut command = bytes("B0 36 00 03 83 01 00 80");
    command.extend(block(128));
    command.push(0x82);
    let signature = card.transmit(&command);
    assert!(opens(&key, &signature[2..130], &block(128)));

    // 00 02 0400, and two numbers of 128 bytes.
    talk(&mut card, &[("B0 34 00 00 01 00", "90 00")]);
    let mut blob = Vec::new();
    for (start, len) in [(0, 132), (132, 132)] {
        let mut read = bytes("B0 56 00 00 09 FF FF FF FF 00 00 00");
        read.extend([start, len, len]);
        let part = card.transmit(&read);
        blob.extend(&part[..part.len() - 2]);
    }
    hand_over(&mut card, &blob);
    talk(
        &mut card,
        &[
            ("B0 32 04 00 06 00*6", "90 00"),
            ("B0 36 04 01 05 00 04 01 00 00", "90 00"),
        ],
    );
    command[2] = 0x04;
    assert_eq!(card.transmit(&command), signature);
}
