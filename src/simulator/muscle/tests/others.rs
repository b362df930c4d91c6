//! Challenges, SELECT and T=0.

use super::{GENERATE, SELECT, SETUP, T0, T1, VERIFY, blank, bytes, hand_over, ready, talk};
use crate::simulator::muscle::{Build, Muscle};
use crate::simulator::{Card, Chip};

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
    let cryptogram =
        super::super::des::crypt(&key, super::super::des::Way::Encrypt, &[0x5A; 8], None).unwrap();
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
fn builds_differ_in_what_their_names_say() {
    let build = Build::jcop()
        .with_applet_version(0x00, 0x07)
        .with_rsa(&[768])
        .keeping_import_rights()
        .with_list_that_ends_aloud();
    let mut card = blank(build);
    let small = GENERATE.replacen("04 00", "03 00", 1);
    talk(
        &mut card,
        &[
            (SETUP, "90 00"),
            (
                "B0 3C 00 00 40",
                "01 03 00 07 00 00 17 70 00 00 17 6E 02 00 00 00 90 00",
            ),
            (VERIFY, "90 00"),
            (GENERATE, "6F 00"),
            (&small, "90 00"),
        ],
    );
    hand_over(
        &mut card,
        &bytes("00 06 00 40 00 08 01 23 45 67 89 AB CD EF"),
    );
    talk(
        &mut card,
        &[
            ("B0 32 05 00 06 FF FF 00 02 00 02", "90 00"),
            ("B0 3A 00 00 0B", "00 03 FF 03 00 FF FF 00 02 00 02 90 00"),
            ("B0 3A 01 00 0B", "01 01 FF 03 00 00 00 00 02 00 00 90 00"),
            ("B0 3A 01 00 0B", "05 06 FF 00 40 FF FF 00 02 00 02 90 00"),
            ("B0 3A 01 00 0B", "67 00"),
            ("B0 3A 01 00 0B", "67 00"),
        ],
    );
}

/// No command makes the card stumble, however it is cut or filled up.
#[test]
fn every_command_has_an_answer_whatever_is_in_it() {
    let mut card = blank(Build::jcop());
    talk(&mut card, &[(SETUP, "90 00")]);
    let mut answered = 0;
    for ins in 0..=0xFF {
        for (p1, p2) in [(0, 0), (0, 1), (1, 2), (4, 3), (1, 0), (0xFF, 0xFF), (2, 2)] {
            for fill in [0x00, 0x01, 0x02, 0x04, 0x7F, 0xFF] {
                for len in [0_u8, 1, 2, 3, 5, 6, 9, 14, 16, 40] {
                    talk(
                        &mut card,
                        &[("B0 42 00 00 08 30*8", "90 00"), (VERIFY, "90 00")],
                    );
                    let mut command = vec![0xB0, ins, p1, p2, len];
                    command.resize(5 + usize::from(len), fill);
                    let answer = card.transmit(&command);
                    assert!((2..=258).contains(&answer.len()), "{command:02X?}");
                    answered += 1;
                    // Keeps the PINs as they are.
                    card.transmit(&bytes("B0 46 01 00 08 30*8"));
                    card.transmit(&bytes("B0 46 00 00 08 30*8"));
                }
            }
        }
    }
    assert_eq!(answered, 256 * 7 * 6 * 10);
}
