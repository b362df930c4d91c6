//! One part of a reading is bad: what stands before and behind it is there, and what is wrong
//! is said.

use std::collections::BTreeSet;

use symbolon::base::hex;
use symbolon::iso7816::Parsed;
use symbolon::simulator::faults::{Fault, Trigger};
use symbolon::token::{
    Application, ApplicationKind, ApplicationState, Fact, FactName, FactValue, KeyRef, Pin,
    PinReference, TriesLeft,
};
use symbolon::transport::trace::{Entry, Shown};

use crate::corpus;
use crate::desk::{Desk, Outcome};
use crate::families::{FAMILIES, neighbour};
use crate::oracle::Good;

pub(crate) fn desk(card: &str) -> Desk {
    let family = FAMILIES.iter().find(|family| family.card == card).unwrap();
    Desk::new(family, neighbour(family))
}

/// The hostile application after one command of its reading was answered by `fault`.
fn read(desk: &Desk, number: usize, fault: Fault) -> Application {
    let outcome = desk.read(|card| card.with(Trigger::Number(number), fault), None);
    application(desk, &outcome)
}

pub(crate) fn application(desk: &Desk, outcome: &Outcome) -> Application {
    let token = outcome.ended.as_ref().unwrap().as_ref().unwrap();
    token.application(desk.family.kind).unwrap().clone()
}

/// Why it is marked; nothing if it is not.
pub(crate) fn mark(application: &Application) -> Option<&str> {
    match &application.state {
        ApplicationState::Unreadable(why) => Some(why.detail.as_str()),
        ApplicationState::Readable | ApplicationState::Terminated => None,
    }
}

/// The number of the command whose name in the trace is `name`.
pub(crate) fn command(desk: &Desk, name: &str) -> usize {
    let outcome = desk.read(|card| card, None);
    let names: Vec<&str> = outcome
        .trace
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    // SELECT of the neighbour may stand before.
    let select = format!("SELECT {}", desk.family.kind.name());
    let first = names.iter().position(|&known| known == select).unwrap();
    let found = names[first..].iter().position(|&known| known == name);
    found.unwrap_or_else(|| panic!("{name} is not among {names:#?}")) + 1
}

/// What an OpenPGP card says when its first object is an item of the corpus.
fn related(item: &str) -> Application {
    let desk = desk("openpgp-used");
    let number = command(&desk, "GET DATA application related data");
    read(&desk, number, Fault::data(&corpus::item(item).bytes()))
}

fn fact(application: &Application, name: FactName) -> Option<&FactValue> {
    let found = application.facts.iter().find(|fact| fact.name == name);
    found.map(|fact| &fact.value)
}

#[test]
fn openpgp_objects_of_the_wrong_size_are_missing_and_said_so() {
    for (item, object) in [
        ("tlv/openpgp-fingerprints-19", "object C5: 19 bytes"),
        ("tlv/openpgp-fingerprints-61", "object C5: 61 bytes"),
        ("tlv/openpgp-pw-status-1", "object C4"),
        ("tlv/openpgp-capabilities-1", "object C0"),
        ("tlv/openpgp-identifier-5", "object 4F"),
        ("tlv/openpgp-identifier-of-another", "object 4F"),
        ("tlv/openpgp-identifier-300", "object 4F"),
        ("tlv/openpgp-times-11", "object CD: 11 bytes"),
    ] {
        let found = related(item);
        let said = mark(&found);
        assert!(
            said.is_some_and(|said| said.contains(object)),
            "{item}: {said:?}"
        );
    }
    assert!(related("tlv/openpgp-pw-status-1").pins.is_empty());
    let capabilities = related("tlv/openpgp-capabilities-1");
    assert_eq!(fact(&capabilities, FactName::MaxCertificate), None);
    assert_eq!(fact(&capabilities, FactName::KeyImport), None);
    for item in ["tlv/openpgp-fingerprints-19", "tlv/openpgp-fingerprints-61"] {
        let keys = related(item).keys;
        assert!(
            keys.iter().all(|key| key.fingerprint.is_none()),
            "{item}: {keys:?}"
        );
    }
    let times = related("tlv/openpgp-times-11").keys;
    assert!(times.iter().all(|key| key.created.is_none()), "{times:?}");
    for item in [
        "tlv/openpgp-identifier-5",
        "tlv/openpgp-identifier-of-another",
    ] {
        let found = related(item);
        assert_eq!(fact(&found, FactName::Serial), None, "{item}");
        assert_eq!(found.aid, [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01], "{item}");
    }
    // The first of two counts, and the rest of a whole one is there.
    let twice = related("tlv/openpgp-twice");
    assert_eq!(twice.pins[0].tries.left, TriesLeft::Known(3));
    assert_eq!(fact(&twice, FactName::MaxResponse), None);
    let limits = related("tlv/openpgp-limits");
    assert_eq!(fact(&limits, FactName::MaxCommand), None);
    assert_eq!(
        fact(&limits, FactName::MaxResponse),
        Some(&FactValue::Number(2048))
    );
    let counter = |item: &str| {
        let desk = desk("openpgp-used");
        let number = command(&desk, "GET DATA signature counter");
        read(&desk, number, Fault::data(&corpus::item(item).bytes()))
    };
    for item in ["tlv/openpgp-counter-0", "tlv/openpgp-counter-4"] {
        let found = counter(item);
        assert_eq!(fact(&found, FactName::SignatureCounter), None, "{item}");
        assert!(mark(&found).is_some(), "{item}");
    }
}

#[test]
fn more_retired_keys_than_slots_are_cut_and_said_so() {
    let desk = desk("piv-used");
    let number = command(&desk, "GET DATA key history");
    let good = Good::of(&desk);
    for item in ["tlv/key-history-too-many", "tlv/key-history-255"] {
        let history = corpus::item(item).bytes();
        let history = symbolon::iso7816::tlv::ber::encode(0x53, &history);
        let outcome = desk.read(
            |card| card.with(Trigger::Number(number), Fault::data(&history)),
            None,
        );
        let found = application(&desk, &outcome);
        let facts = found.data.iter().flat_map(|data| &data.facts);
        let numbers: Vec<u64> = facts
            .filter_map(|fact| match fact.value {
                FactValue::Number(number) => Some(number),
                _ => None,
            })
            .collect();
        assert_eq!(numbers, [20, 0], "{item}");
        assert!(
            mark(&found).is_some_and(|said| said.contains("5FC10C")),
            "{item}"
        );
        let sent = outcome.sent.iter().filter(|sent| sent.to_target).count();
        assert!(sent <= good.commands + 20, "{item}: {sent} commands");
    }
}

#[test]
fn keys_that_are_none_are_not_shown_as_keys() {
    let desk = desk("openpgp-curves");
    let number = command(&desk, "READ PUBLIC KEY signature");
    for item in corpus::of("tlv").iter().filter(|item| item.id == "H-05") {
        let found = read(&desk, number, Fault::data(&item.bytes()));
        let key = found.keys.iter().find(|key| key.reference == KeyRef(1));
        assert!(
            key.is_some_and(|key| key.public_key.is_none()),
            "{}: {key:?}",
            item.name
        );
        assert!(mark(&found).is_some(), "{}", item.name);
    }
    let rsa = self::desk("openpgp-used");
    let number = command(&rsa, "READ PUBLIC KEY signature");
    for item in corpus::of("tlv").iter().filter(|item| item.id == "H-05") {
        let found = read(&rsa, number, Fault::data(&item.bytes()));
        let key = found
            .keys
            .iter()
            .find(|key| key.reference == KeyRef(1))
            .unwrap();
        // A modulus of 16384 bits is long, but a number.
        let known = item.name == "tlv/rsa-modulus-16384";
        assert_eq!(key.public_key.is_some(), known, "{}", item.name);
        assert_eq!(mark(&found).is_none(), known, "{}", item.name);
    }
}

/// The facts that a command brings, and no other does.
fn brought_by(command: &str) -> &'static [FactName] {
    use FactName as F;
    match command {
        "GET VERSION" => &[F::Firmware],
        "GET SERIAL" => &[F::Serial],
        "GET DATA card holder identifier" => &[F::Guid],
        "GET DATA application related data" => &[
            F::Version,
            F::Manufacturer,
            F::Serial,
            F::ExtendedLength,
            F::KeyImport,
            F::AlgorithmsChangeable,
            F::MaxCertificate,
            F::MaxCommand,
            F::MaxResponse,
            F::PinBeforeEverySignature,
        ],
        "GET DATA cardholder" => &[F::Holder, F::Languages, F::Salutation],
        "GET DATA login data" => &[F::Login],
        "GET DATA public key address" => &[F::Url],
        "GET DATA signature counter" => &[F::SignatureCounter],
        // TokenInfo (PKCS #15 v1.1, 6.9).
        "READ BINARY 50155032" => &[
            F::Serial,
            F::Manufacturer,
            F::Label,
            F::TokenFlags,
            F::LastUpdate,
        ],
        _ => &[],
    }
}

/// The last of these commands by its name; where it reads a file, with the path of that.
fn named<'a>(commands: impl DoubleEndedIterator<Item = &'a Entry> + Clone) -> String {
    let last = commands.clone().next_back().unwrap();
    let mut selects = commands.filter(|entry| entry.name == "SELECT FILE");
    let file = selects.next_back().filter(|_| last.name == "READ BINARY");
    match file.map(|select| &select.command) {
        Some(Shown::Bytes(select)) => {
            let path = Parsed::from_bytes(select).unwrap().data;
            format!("{} {}", last.name, hex::encode(path))
        }
        _ => last.name.clone(),
    }
}

/// What a reading shows of tries that the card told, by PIN.
fn counters(application: &Application) -> Vec<(PinReference, TriesLeft)> {
    let told = |pin: &&Pin| {
        matches!(
            pin.tries.left,
            TriesLeft::Known(_) | TriesLeft::Blocked | TriesLeft::NotSet
        )
    };
    let pins = application.pins.iter().filter(told);
    pins.map(|pin| (pin.reference, pin.tries.left)).collect()
}

#[test]
fn nothing_is_no_zero_and_no_old_number() {
    // Success without data at one command after the other: what it was to bring is not there,
    // neither as a number of now nor as one of before, and everything else is as it was.
    let (mut tried, mut gone, mut untold) = (0, BTreeSet::new(), 0);
    for family in FAMILIES {
        let desk = Desk::new(family, neighbour(family));
        let outcome = desk.read(|card| card, None);
        let then = application(&desk, &outcome);
        let mine = outcome.trace.iter().zip(&outcome.sent);
        let mine: Vec<_> = mine.filter(|(_, sent)| sent.to_target).collect();
        for (index, (_, sent)) in mine.iter().enumerate().skip(family.proofs) {
            let name = named(mine[..=index].iter().map(|(exchange, _)| *exchange));
            let what = format!("{}, {name}", family.name);
            let fault = Fault::data(&[]);
            let outcome = desk.read(|card| card.with(Trigger::Number(index + 1), fault), None);
            let found = application(&desk, &outcome);
            let brought = brought_by(&name);
            for known in &then.facts {
                let now = fact(&found, known.name);
                if brought.contains(&known.name) {
                    assert_eq!(now, None, "{what}: {:?}", known.name);
                    gone.insert(format!("{:?}", known.name));
                } else {
                    assert!(
                        now.is_none_or(|now| *now == known.value),
                        "{what}: {:?} {now:?}",
                        known.name
                    );
                }
            }
            let new = |one: &&Fact| fact(&then, one.name).is_none();
            assert_eq!(found.facts.iter().find(new), None, "{what}");
            let (before, now) = (counters(&then), counters(&found));
            assert!(
                now.iter().all(|one| before.contains(one)),
                "{what}: {now:?}"
            );
            // The command that tells the tries of this PIN; a YubiKey is asked in a second way then.
            let pin = match (sent.header, family.kind) {
                ([_, 0xCA, 0x00, 0x6E], _) => Some(None),
                ([_, 0x20, _, pin] | [_, 0xF7, _, pin @ 0x81], ApplicationKind::Piv) => {
                    Some(Some(PinReference(pin)))
                }
                _ => None,
            };
            if let Some(pin) = pin {
                let mut told = now.iter();
                let old = told.find(|(told, _)| pin.is_none_or(|pin| pin == *told));
                assert_eq!(old, None, "{what}");
                untold += 1;
            }
            tried += 1;
        }
    }
    assert!(gone.len() >= 14, "{gone:?}");
    assert!(untold >= 6, "{untold}");
    println!(
        "hostile cards: {tried} answers without data, none became a number; {} kinds of facts and {untold} counters were not there then",
        gone.len()
    );
}

#[test]
fn all_kinds_are_here() {
    for kind in [
        ApplicationKind::Piv,
        ApplicationKind::OpenPgp,
        ApplicationKind::Pkcs15,
    ] {
        assert!(FAMILIES.iter().any(|family| family.kind == kind));
    }
}
