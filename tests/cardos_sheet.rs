//! The sheet of CardOS cards, asked of simulated ones: which card it is of, what it costs, and what
//! a card is on which no application answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

use symbolon::base::hex;
use symbolon::card::cardos::sheet::{read, read_of};
use symbolon::card::{self, CardError};
use symbolon::iso7816::Parsed;
use symbolon::simulator::{Card, CardOs, CardOsModel, SimulatedReader, wardrobe};
use symbolon::token::{CardCondition, CardOsObject, Fact, FactName, ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader;
use symbolon::transport::trace::Tracer;

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

fn token(card: impl Card + 'static) -> Token {
    with(card, |channel| {
        let protocol = channel.link().protocol();
        card::read(channel, protocol, &mut |_| {}).unwrap()
    })
}

#[test]
fn a_sheet_is_thirteen_commands() {
    let (sheet, commands) = with(CardOs::blank(CardOsModel::m4_2b(SERIAL)), |channel| {
        (read(channel).unwrap(), channel.cost().commands)
    });
    assert_eq!((commands, sheet.not_told), (13, Vec::new()));
    assert_eq!(sheet.chip.unwrap().value.unwrap().serial, SERIAL);
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
    renamed.applications[0]
        .facts
        .push(Fact::text(FactName::Serial, "0815".into()));
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
    // These refuse the search in other places as well, in a way of their own.
    assert_eq!(of(CardOs::raw(model())), (Some(CardCondition::Raw), 5));
    let mut erased = CardOs::blank(model());
    erased.transmit(&bytes("84060000100600000800000000F76AFC09E6D5F465"));
    assert_eq!(of(erased), (Some(CardCondition::Erased), 5));
    let mut foreign = CardOs::blank(model());
    let create = "00E000001B621980020100820101830244018501008609000000000000000000";
    assert_eq!(foreign.transmit(&bytes(create)), [0x90, 0x00]);
    assert_eq!(of(foreign), (Some(CardCondition::Foreign), 3));
}
