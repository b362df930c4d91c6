//! The bytes of real cards (sheet "cardos", 2), and hostile ones.

use super::{packages, question, take};
use crate::base::hex;
use crate::iso7816::Form;
use crate::token::{AtrSource, CardOsObject, CardOsSheet, CardSystem, KnownPackage, LifePhase};

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// A sheet out of what a real card told.
fn sheet(system: CardSystem, told: &[(CardOsObject, &str)]) -> CardOsSheet {
    let mut sheet = CardOsSheet::default();
    for (object, text) in told {
        take(&mut sheet, system, *object, bytes(text));
    }
    sheet
}

#[test]
fn the_card_of_the_howto_tells_what_the_howto_shows() {
    let told = [
        (
            CardOsObject::Info,
            "436172644F532056342E32422028432920 5369656D656E7320414720313939342D3230303500",
        ),
        (CardOsObject::Version, "C809"),
        (
            CardOsObject::Chip,
            "33660045CBCBCBCB7BFF2737C0092B1800000000010000000000000000000000",
        ),
        (CardOsObject::LifeCycle, "20"),
        (CardOsObject::SecurityStatus, ""),
        (CardOsObject::FreeMemory, "0400"),
        (CardOsObject::AtrStatus, "00"),
        (CardOsObject::Packages, ""),
        (CardOsObject::Hardware, "00040020663F"),
        (CardOsObject::FreeEeprom, "6C26"),
        (CardOsObject::LongestData, "012C"),
        (CardOsObject::Keys, "FE0AFF0A0000"),
        (CardOsObject::Path, "5015"),
    ];
    let sheet = sheet(CardSystem::Cardos4, &told);
    let info = sheet.info.unwrap();
    assert_eq!(
        info.value.unwrap().as_str(),
        "CardOS V4.2B (C) Siemens AG 1994-2005"
    );
    assert_eq!(info.raw.last(), Some(&0x00));
    let chip = sheet.chip.unwrap();
    assert_eq!(
        hex::encode(&chip.raw),
        "33660045CBCBCBCB7BFF2737C0092B1800000000010000000000000000000000"
    );
    let chip = chip.value.unwrap();
    assert_eq!((chip.kind, chip.serial), (Some(123), bytes("2737C0092B18")));
    let version = sheet.version.unwrap().value.unwrap();
    assert_eq!((version.major, version.minor), (200, 9));
    assert_eq!(version.name, Some("CardOS M4.2B"));
    let life = sheet.life_cycle.unwrap().value.unwrap();
    assert_eq!((life.number, life.phase), (32, LifePhase::Administration));
    assert_eq!(sheet.security_status, Some(vec![]));
    assert_eq!(sheet.free_memory.unwrap().value, Some(1024));
    assert_eq!(sheet.atr_status.unwrap().value, Some(AtrSource::Rom));
    assert_eq!(sheet.packages.unwrap().value.unwrap(), packages(&[]));
    let hardware = sheet.hardware.unwrap().value.unwrap();
    assert_eq!((hardware.ram, hardware.eeprom), (4, 32));
    assert_eq!((hardware.cpu, hardware.configuration), (0x66, 63));
    assert_eq!(sheet.free_eeprom.unwrap().value, Some(27686));
    assert_eq!(sheet.longest_data.unwrap().value, Some(300));
    let keys = sheet.keys.unwrap().value.unwrap();
    assert_eq!(
        (keys.package_load.version, keys.package_load.tries),
        (0xFE, 10)
    );
    assert_eq!((keys.start.version, keys.start.tries), (0xFF, 10));
    assert_eq!(sheet.path, Some(vec![0x50, 0x15]));
}

#[test]
fn other_real_cards_are_understood() {
    use CardOsObject::{
        Chip, FreeEeprom, FreeMemory, Hardware, Keys, LifeCycle, LongestData, Packages,
    };

    // A raw V4.2B, and a raw V4.3B.
    let raw = sheet(
        CardSystem::Cardos4,
        &[
            (LifeCycle, "34"),
            (FreeMemory, "3409"),
            (FreeEeprom, "7F6C"),
            (Keys, "000A000A0000"),
        ],
    );
    let life = raw.life_cycle.unwrap().value.unwrap();
    assert_eq!((life.number, life.phase), (52, LifePhase::Manufacturing));
    assert_eq!(raw.free_memory.unwrap().value, Some(13321));
    assert_eq!(raw.free_eeprom.unwrap().value, Some(32620));
    assert_eq!(raw.keys.unwrap().value.unwrap().start.version, 0x00);
    let raw = sheet(
        CardSystem::Cardos4,
        &[
            (
                Chip,
                "33660040EBEBEBEB7BFF2081EE141A2700000000010000000000000000000000",
            ),
            (FreeMemory, "3408"),
            (FreeEeprom, "7F6D"),
            (LongestData, "012C"),
            (Packages, "E109010413 03C8088F0101"),
        ],
    );
    assert_eq!(
        hex::encode(&raw.chip.unwrap().value.unwrap().serial),
        "2081EE141A27"
    );
    assert_eq!(raw.free_memory.unwrap().value, Some(13320));
    assert_eq!(raw.free_eeprom.unwrap().value, Some(32621));
    assert_eq!(raw.longest_data.unwrap().value, Some(300));
    let list = raw.packages.unwrap().value.unwrap();
    assert!(!list.damaged);
    let [package] = list.list.try_into().unwrap();
    assert_eq!((package.manufacturer, package.licensed), (0x01, Some(true)));
    assert_eq!(
        (hex::encode(&package.id), package.known),
        ("1303C808".to_owned(), None)
    );

    // A V5.3: eight bytes of serial number, four of free memory, a longer package.
    let five = sheet(
        CardSystem::Cardos5,
        &[
            (Chip, "02084FD4000D2A0D"),
            (LifeCycle, "10"),
            (FreeMemory, "01FB"),
            (FreeEeprom, "0000D107"),
            (LongestData, "0280"),
            (Hardware, "000700537800 3F05"),
            (Packages, "E10B5306110409 01C9038F0101"),
        ],
    );
    let chip = five.chip.unwrap().value.unwrap();
    assert_eq!(
        (chip.kind, hex::encode(&chip.serial)),
        (None, "02084FD4000D2A0D".to_owned())
    );
    assert_eq!(
        five.life_cycle.unwrap().value.unwrap().phase,
        LifePhase::Operational
    );
    assert_eq!(five.free_memory.unwrap().value, Some(507));
    assert_eq!(five.free_eeprom.unwrap().value, Some(53511));
    assert_eq!(five.longest_data.unwrap().value, Some(640));
    let hardware = five.hardware.unwrap().value.unwrap();
    assert_eq!((hardware.ram, hardware.eeprom, hardware.cpu), (7, 83, 0x78));
    assert_eq!(
        (hardware.configuration, hardware.manufacturer),
        (0x3F, Some(5))
    );
    let list = five.packages.unwrap().value.unwrap();
    assert_eq!(hex::encode(&list.list[0].id), "11040901C903");
}

/// H-02 of the sheet "hostile-cards".
#[test]
fn a_damaged_list_of_packages_hides_no_good_one() {
    const GOOD: &str = "E109010407 01C8088F0101";
    for bad in [
        "",
        "E17F017F",
        "E100",
        "E181",
        "E10601FF00000000",
        "E1",
        "8F",
        "30800000",
    ] {
        let list = packages(&bytes(bad));
        assert_eq!(
            (list.list.len(), list.damaged),
            (0, !bad.is_empty()),
            "{bad}"
        );
        for text in [format!("{bad}{GOOD}"), format!("{GOOD}{bad}{GOOD}{bad}")] {
            let list = packages(&bytes(&text));
            assert_eq!(list.damaged, !bad.is_empty(), "{text}");
            assert_eq!(list.list.len(), text.matches(GOOD).count(), "{text}");
            for package in &list.list {
                assert_eq!(package.known, Some(KnownPackage::TriesLeft), "{text}");
            }
        }
    }
    // Filling bytes are none.
    assert!(!packages(&bytes(&format!("{GOOD}FFFF0000"))).damaged);
    // Licences: not given, and not told.
    assert_eq!(packages(&bytes("E109011C1C01C8068F0100")).list, []);
    let list = packages(&bytes("E10901041C01C8068F0100 E10603040201C80D")).list;
    assert_eq!(
        (list[0].licensed, list[0].known),
        (Some(false), Some(KnownPackage::LongKeys))
    );
    assert_eq!(
        (list[1].licensed, list[1].known),
        (None, Some(KnownPackage::TriesLeft))
    );
}

/// Each object with any number of any bytes: nothing ends badly.
#[test]
fn every_parser_takes_any_bytes() {
    let objects = super::OBJECTS.map(|(object, _)| object);
    for len in 0..=300 {
        for seed in [0x00, 0xFF, 0xE1, 0x01, 0x5A] {
            let raw: Vec<u8> = (0..len)
                .map(|index: usize| seed ^ u8::try_from(index * 7 % 11).unwrap())
                .collect();
            for system in [CardSystem::Cardos4, CardSystem::Cardos5] {
                for object in objects {
                    let mut sheet = CardOsSheet::default();
                    take(&mut sheet, system, object, raw.clone());
                    assert_ne!(sheet, CardOsSheet::default(), "{object:?}");
                }
            }
        }
    }
}

#[test]
fn a_question_is_five_bytes() {
    let command = question(0x83).to_bytes(Form::Short, false);
    assert_eq!(command.expose(), [0x00, 0xCA, 0x01, 0x83, 0x00]);
}
