//! Key slots, and what goes in and out of them.

use super::{GENERATE, SETUP, VERIFY, blank, blob, bytes, hand_over, ready, talk, with_key};
use crate::simulator::Card;
use crate::simulator::muscle::Build;

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
    let exponent = |len: &str, options: &str| {
        let command = GENERATE.strip_suffix(" 00").unwrap();
        format!(
            "{} {options}",
            command.replacen("01 10 01", &format!("01 {len} 01"), 1)
        )
    };
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
            // Exponents that are none: 2, 1, 0, and five bytes.
            (&exponent("13", "01 00 01 02"), "6F 00"),
            (&exponent("13", "01 00 01 01"), "6F 00"),
            (&exponent("12", "01 00 00"), "6F 00"),
            (&exponent("13", "01 00 01 03"), "90 00"),
            (&exponent("17", "01 00 05 01 00 00 00 01"), "6F 00"),
            (&exponent("12", "01 00 01"), "9C 0F"),
            (&exponent("11", "01 00"), "9C 0F"),
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
        ("00 01 04 00 00 80 00*128 00 01 03", "6F 00"),
        ("00 01 04 00 00 80 FE*128 00 01 03", "6F 00"),
        ("00 01 04 00 00 80 FF*128 00 00", "6F 00"),
        ("00 02 04 00 00 80 FF*128 00 80 00*128", "6F 00"),
        ("00 02 04 00 00 80 FF*128 00 80 FF*128", "6F 00"),
        ("00 02 04 00 00 80 00*128 00 01 01", "6F 00"),
        ("00 02 04 00 00 00 00 00", "6F 00"),
        ("00 03 04 00 00*10", "6F 00"),
        ("00 03 04 00 00 01 01 00 01 03 00*6", "6F 00"),
        ("00 03 04 00 00 01 00 00 01 03 00*6", "6F 00"),
        ("00 03 04 00 00 01 02 00 01 04 00*6", "6F 00"),
        ("00 03 04 00 00 40 FF*64 00 40 FE*64 00*6", "6F 00"),
        ("00 03 04 00 00 01 FF 00 40 FD*64 00*6", "6F 00"),
        ("00 06 00 40 00 00", "6F 00"),
        ("00 07 00 40 00 08 AA*8", "6F 00"),
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
