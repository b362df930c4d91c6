//! Real cards (sheet "cardos", 2), hostile ones, and which questions are asked.

use super::{packages, question, read, read_of, take};
use crate::base::hex;
use crate::card::CardError;
use crate::iso7816::{Form, Parsed};
use crate::simulator::{Card, CardOs, CardOsModel, SimulatedReader, wardrobe};
use crate::token::{
    AtrSource, CardCondition, CardOsObject, CardOsSheet, CardSystem, KnownPackage, LifePhase,
    ReaderId, Token,
};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::Reader;
use crate::transport::trace::Tracer;

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// Does something with a card in a reader.
fn with<T>(card: impl Card + 'static, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let mut reader = SimulatedReader::new("sheet");
    reader.insert(Box::new(card));
    let mut link = reader.connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    work(&mut Channel::new(link.as_mut(), &tracer, Cancel::default()))
}

/// A card that tells this of some objects, and of the others what another card tells.
struct Telling {
    card: CardOs,
    told: Vec<(u8, Vec<u8>)>,
}

impl Card for Telling {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let own = Parsed::from_bytes(command).and_then(|parsed| match parsed.header {
            [0x00, 0xCA, 0x01, number] => self.told.iter().find(|(own, _)| *own == number),
            _ => None,
        });
        match own {
            Some((_, answer)) => answer.clone(),
            None => self.card.transmit(command),
        }
    }
}

fn telling(told: &[(u8, &str)]) -> Telling {
    let told = told.iter().map(|(number, text)| (*number, bytes(text)));
    Telling {
        card: CardOs::blank(CardOsModel::m4_2b(SERIAL)),
        told: told.collect(),
    }
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
    let (sheet, commands) = with(CardOs::blank(CardOsModel::m4_2b(SERIAL)), |channel| {
        (read(channel).unwrap(), channel.cost().commands)
    });
    assert_eq!(commands, 13);
    assert_eq!(sheet.not_told, []);
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
    assert_eq!((chip.kind, chip.serial), (Some(123), SERIAL.to_vec()));
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
    assert_eq!(sheet.longest_data.unwrap().value, Some(300));
    let keys = sheet.keys.unwrap().value.unwrap();
    assert_eq!(
        (keys.package_load.version, keys.package_load.tries),
        (0xFE, 10)
    );
    assert_eq!((keys.start.version, keys.start.tries), (0xFF, 10));
    assert_eq!(sheet.path, Some(vec![]));
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

#[test]
fn what_a_card_does_not_tell_hides_nothing_else() {
    let card = telling(&[
        (0x88, "6A88"),
        (0x84, "6D00"),
        (0x81, ""),
        (0x8A, "9000"),
        (0x85, "049001"),
    ]);
    let sheet = with(card, |channel| read(channel).unwrap());
    let not_told: Vec<_> = sheet
        .not_told
        .iter()
        .map(|not| (not.object, not.status))
        .collect();
    assert_eq!(
        not_told,
        [
            (CardOsObject::Chip, None),
            (CardOsObject::SecurityStatus, Some(0x6D00)),
            (CardOsObject::Packages, Some(0x6A88)),
        ]
    );
    assert!(sheet.chip.is_none() && sheet.packages.is_none() && sheet.security_status.is_none());
    // Told, and too short to say anything.
    assert_eq!(sheet.free_eeprom.unwrap().value, None);
    let free = sheet.free_memory.unwrap();
    assert_eq!((free.raw, free.value), (vec![0x04], None));
    assert_eq!(sheet.longest_data.unwrap().value, Some(300));
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

fn token(card: impl Card + 'static) -> Token {
    with(card, |channel| {
        let protocol = channel.link().protocol();
        crate::card::read(channel, protocol, &mut |_| {}).unwrap()
    })
}

#[test]
fn the_sheet_is_that_of_the_card_on_show() {
    let blank = || CardOs::blank(CardOsModel::m4_2b(SERIAL));
    let shown = token(blank());
    assert_eq!(shown.card.condition, Some(CardCondition::Blank));
    assert!(with(blank(), |channel| read_of(channel, &shown)).is_ok());
    let other = CardOs::blank(CardOsModel::m4_2b([1, 2, 3, 4, 5, 6]));
    let refused = with(other, |channel| read_of(channel, &shown));
    assert_eq!(refused.unwrap_err(), CardError::OtherCard);
    let other = CardOs::blank(CardOsModel::m4_3b(SERIAL));
    let refused = with(other, |channel| {
        let refused = read_of(channel, &shown);
        assert_eq!(channel.cost().commands, 0);
        refused
    });
    assert_eq!(refused.unwrap_err(), CardError::OtherCard);

    let used = || wardrobe::make("cardos-used").unwrap();
    let shown = token(used());
    let cost = with(used(), |channel| {
        read_of(channel, &shown).unwrap();
        channel.cost().commands
    });
    assert_eq!(cost, 13);
    let refused = with(blank(), |channel| read_of(channel, &shown));
    assert_eq!(refused.unwrap_err(), CardError::OtherCard);
    // The number on the application is not that of the chip: the application decides.
    let mut renamed = shown.clone();
    renamed.serial = Some("0815".into());
    assert!(with(used(), |channel| read_of(channel, &renamed)).is_ok());
    renamed.applications[0].facts.clear();
    renamed.applications[0].certificates.clear();
    renamed.applications[0].facts.push(crate::token::Fact::text(
        crate::token::FactName::Serial,
        "0815".into(),
    ));
    let refused = with(used(), |channel| read_of(channel, &renamed));
    assert_eq!(refused.unwrap_err(), CardError::OtherCard);
}

#[test]
fn other_cards_are_not_asked() {
    let refused = with(wardrobe::make("piv-used").unwrap(), |channel| {
        let refused = read(channel);
        assert_eq!(channel.cost().commands, 0);
        refused
    });
    assert!(matches!(refused, Err(CardError::Unsupported(_))));
}

#[test]
fn a_card_without_application_is_what_its_system_tells() {
    let of = |card: CardOs| {
        let token = token(card);
        assert!(!token.is_unknown() && token.is_without_application());
        assert_eq!(token.model.as_ref().unwrap().as_str(), "CardOS M4.2B");
        assert_eq!(token.serial.as_ref().unwrap().as_str(), "2737C0092B18");
        (token.card.condition, token.cost.commands)
    };
    let model = || CardOsModel::m4_2b(SERIAL);
    assert_eq!(of(CardOs::blank(model())), (Some(CardCondition::Blank), 3));
    assert_eq!(of(CardOs::raw(model())), (Some(CardCondition::Raw), 3));
    let mut erased = CardOs::blank(model());
    erased.transmit(&bytes("84060000100600000800000000F76AFC09E6D5F465"));
    assert_eq!(of(erased), (Some(CardCondition::Erased), 3));
    let mut foreign = CardOs::blank(model());
    let create = "00E000001B621980020100820101830244018501008609000000000000000000";
    assert_eq!(foreign.transmit(&bytes(create)), [0x90, 0x00]);
    assert_eq!(of(foreign), (Some(CardCondition::Foreign), 3));
}

#[test]
fn a_question_is_five_bytes() {
    let command = question(0x83).to_bytes(Form::Short, false);
    assert_eq!(command.expose(), [0x00, 0xCA, 0x01, 0x83, 0x00]);
}
