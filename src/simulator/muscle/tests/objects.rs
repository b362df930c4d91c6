//! Objects.

use super::{GENERATE, SELECT, bytes, ready, talk};
use crate::simulator::Card;

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
