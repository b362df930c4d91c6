//! One entry of a list is damaged, each in turn (H-11): those before and behind it are there as they
//! were, nothing is there twice, and the application is marked with the damaged one.

use std::collections::BTreeMap;

use symbolon::base::hex;
use symbolon::iso7816::Parsed;
use symbolon::iso7816::tlv::ber;
use symbolon::simulator::faults::{Fault, Trigger};
use symbolon::token::{Application, ApplicationKind};
use symbolon::transport::trace::{Entry, Shown};

use crate::corpus;
use crate::desk::Desk;
use crate::families::{FAMILIES, neighbour};
use crate::parts::{application, command, desk, mark};

/// Everything that is known of an application: each thing by its place.
pub(crate) type Picture = BTreeMap<String, String>;

pub(crate) fn picture(of: &Application) -> Picture {
    let mut all = Vec::new();
    let pins = of.pins.iter();
    all.extend(pins.map(|one| (format!("{:?}", one.reference), format!("{one:?}"))));
    let keys = of.keys.iter();
    all.extend(keys.map(|one| (format!("{:?}", one.reference), format!("{one:?}"))));
    let certificates = of.certificates.iter();
    all.extend(certificates.map(|one| (format!("certificate {:?}", one.slot), format!("{one:?}"))));
    let data = of.data.iter();
    all.extend(data.map(|one| (format!("data {:?}", one.kind), format!("{one:?}"))));
    let facts = of.facts.iter();
    all.extend(facts.map(|one| (format!("fact {:?}", one.name), format!("{:?}", one.value))));
    all.extend(
        of.version
            .iter()
            .map(|it| ("version".to_owned(), it.to_string())),
    );
    all.push(("identifier".to_owned(), hex::encode(&of.aid)));
    let count = all.len();
    let picture: Picture = all.into_iter().collect();
    assert_eq!(picture.len(), count, "something twice: {of:#?}");
    picture
}

/// Places that are not as they were, and those of them where nothing is any more.
fn differences<'a>(before: &'a Picture, now: &'a Picture) -> (Vec<&'a str>, Vec<&'a str>) {
    let changed = |place: &&String| before.get(*place) != now.get(*place);
    let lost = before.keys().filter(|place| !now.contains_key(*place));
    let new = now.keys().filter(|place| !before.contains_key(*place));
    let all = before.keys().filter(changed).chain(new);
    let all = all.map(String::as_str).collect();
    (all, lost.map(String::as_str).collect())
}

fn read(desk: &Desk, number: usize, fault: Fault) -> Application {
    let outcome = desk.read(|card| card.with(Trigger::Number(number), fault), None);
    application(desk, &outcome)
}

/// How a mark names what a command is to bring; nothing if it brings no entry of a list.
fn entry_of(exchange: &Entry) -> Option<String> {
    let Shown::Bytes(bytes) = &exchange.command else {
        return None;
    };
    let parsed = Parsed::from_bytes(bytes).unwrap();
    match parsed.header {
        [_, 0xCB, ..] => {
            let tag = ber::find(parsed.data, &[0x5C]).unwrap();
            Some(format!("object {}", hex::encode(tag)))
        }
        // The first object of an OpenPGP application is a list of its own, see below.
        [_, 0xCA, 0x00, 0x6E] => None,
        [_, 0xCA, 0x00, 0xF9] => Some("object F9".to_owned()),
        [_, 0xCA, p1, p2] => Some(format!("object {p1:02X}{p2:02X}")),
        [_, 0xF7, _, 0x80] => Some("metadata of the PIN".to_owned()),
        [_, 0xF7, _, 0x81] => Some("metadata of the PUK".to_owned()),
        [_, 0xF7, _, slot] => Some(format!("metadata of {slot:02X}")),
        [_, 0x47, ..] => {
            let key = match parsed.data[0] {
                0xB6 => 1,
                0xB8 => 2,
                _ => 3,
            };
            Some(format!("public key {key}"))
        }
        _ => None,
    }
}

/// Whether a thing may be any bytes, or shows by itself that it is not understood.
fn speaks_for_itself(place: &str, of: &Application) -> bool {
    let free = ["Login", "Url", "PrivateUse"];
    let certificate = |slot: &str| {
        let mut all = of.certificates.iter();
        let found = all.find(|one| format!("certificate {:?}", one.slot) == slot);
        found.is_some_and(|one| one.summary.is_none())
    };
    free.iter().any(|name| place.contains(name)) || certificate(place)
}

#[test]
fn a_damaged_entry_hides_no_other() {
    let mut tried = 0;
    for family in FAMILIES {
        let desk = Desk::new(family, neighbour(family));
        let outcome = desk.read(|card| card, None);
        let whole = picture(&application(&desk, &outcome));
        let mine = outcome.trace.iter().zip(&outcome.sent);
        let mine = mine.filter(|(_, sent)| sent.to_target);
        for (index, (exchange, _)) in mine.enumerate() {
            let Some(entry) = entry_of(exchange).filter(|_| !exchange.response.is_empty()) else {
                continue;
            };
            // What this entry is about goes when the card says that there is no such thing.
            let absent = picture(&read(&desk, index + 1, Fault::answers([[0x6A, 0x82]])));
            let (own, _) = differences(&whole, &absent);
            let is_own = |place: &str| match entry.as_str() {
                "metadata of the PIN" | "metadata of the PUK" => place.starts_with("PinReference"),
                // That PINs are not derived is said of a card without such an object, too.
                "object F9" => place.ends_with("KeyDerivation"),
                _ => own.contains(&place),
            };
            for (how, fault) in [
                ("cut", Fault::data(&corpus::item("tlv/length-cut").bytes())),
                (
                    "long",
                    Fault::data(&corpus::item("tlv/four-byte-length").bytes()),
                ),
                ("refused", Fault::answers([[0x6F, 0x00]])),
            ] {
                let what = format!("{}, {entry}, {how}", family.name);
                let found = read(&desk, index + 1, fault);
                let now = picture(&found);
                let (changed, lost) = differences(&whole, &now);
                let others: Vec<_> = changed.iter().filter(|place| !is_own(place)).collect();
                assert!(others.is_empty(), "{what}: {others:?} is of others");
                let said = changed.iter().all(|place| speaks_for_itself(place, &found));
                let said = said && lost.is_empty();
                let named = mark(&found).is_some_and(|mark| mark.contains(&entry));
                assert!(said || named, "{what}: {changed:?} {:?}", mark(&found));
                tried += 1;
            }
        }
    }
    assert!(tried > 130, "{tried}");
    println!(
        "hostile cards: {tried} damaged entries of lists, each hid itself alone and was named"
    );
}

/// Where the fields of the first object of an OpenPGP application are seen, besides those of which
/// the program makes nothing.
fn places(tag: u32) -> &'static [&'static str] {
    match tag {
        0x4F => &[
            "identifier",
            "version",
            "fact Version",
            "fact Manufacturer",
            "fact Serial",
        ],
        0x5F52 => &["fact ExtendedLength"],
        0x7F66 => &["fact MaxCommand", "fact MaxResponse"],
        0xC0 => &[
            "fact KeyImport",
            "fact AlgorithmsChangeable",
            "fact MaxCertificate",
            "fact KeyDerivation",
            "data KeyDerivation",
            "data PrivateUse",
        ],
        0xC1 | 0xD6 => &["KeyRef(1)"],
        0xC2 | 0xD7 => &["KeyRef(2)"],
        0xC3 | 0xD8 => &["KeyRef(3)"],
        0xC4 => &["PinReference", "fact PinBeforeEverySignature", "KeyRef(1)"],
        0xC5 | 0xCD | 0xDE => &["KeyRef"],
        _ => &[],
    }
}

/// The objects of the template with each in turn changed by `spoil`; tags and what came of them.
fn spoilt(data: &[u8], spoil: fn(&[u8]) -> Vec<u8>) -> Vec<(u32, Vec<u8>)> {
    let objects: Vec<_> = ber::objects(data)
        .map(|one| (one.tag.0, one.value))
        .collect();
    let with = |at: usize, value: &[u8]| {
        let part = |(index, (tag, old)): (usize, &(u32, &[u8]))| {
            ber::encode(*tag, if index == at { value } else { old })
        };
        objects
            .iter()
            .enumerate()
            .flat_map(part)
            .collect::<Vec<u8>>()
    };
    let mut all = Vec::new();
    for (index, (tag, value)) in objects.iter().enumerate() {
        if matches!(tag, 0x6E | 0x73) {
            let inside = spoilt(value, spoil).into_iter();
            all.extend(inside.map(|(tag, value)| (tag, with(index, &value))));
        } else {
            all.push((*tag, with(index, &spoil(value))));
        }
    }
    all
}

#[test]
fn a_damaged_field_of_an_openpgp_card_hides_no_other() {
    let empty: fn(&[u8]) -> Vec<u8> = |_| Vec::new();
    let short: fn(&[u8]) -> Vec<u8> = |value| value[..value.len().saturating_sub(1)].to_vec();
    let mut tried = 0;
    let families = FAMILIES.iter();
    for family in families.filter(|family| family.kind == ApplicationKind::OpenPgp) {
        let desk = Desk::new(family, neighbour(family));
        let outcome = desk.read(|card| card, None);
        let whole = picture(&application(&desk, &outcome));
        let number = command(&desk, "GET DATA application related data");
        let exchanges = outcome
            .trace
            .iter()
            .filter(|entry| entry.name.ends_with("GET DATA application related data"));
        let related: Vec<u8> = exchanges
            .flat_map(|entry| match &entry.response {
                Shown::Bytes(bytes) => bytes.clone(),
                Shown::Hidden { .. } => panic!("{entry:?}"),
            })
            .collect();
        for (how, spoil) in [("empty", empty), ("a byte short", short)] {
            for (tag, damaged) in spoilt(&related, spoil) {
                let what = format!("{}, {tag:02X} {how}", family.name);
                let found = read(&desk, number, Fault::answers(pieces(&damaged)));
                let now = picture(&found);
                let (changed, _) = differences(&whole, &now);
                let is_own = |place: &&&str| places(tag).iter().any(|own| place.starts_with(own));
                let others: Vec<_> = changed.iter().filter(|place| !is_own(place)).collect();
                assert!(others.is_empty(), "{what}: {others:?} is of others");
                // What need not be there is not missed when it is empty; and that an algorithm or
                // historical bytes lack one of theirs, nobody can know.
                let optional =
                    matches!(tag, 0x5F52 | 0x7F66 | 0xD6..=0xD8 | 0xDE) && how == "empty";
                let unseen = matches!(tag, 0x5F52 | 0xC1..=0xC3) && how != "empty";
                let named =
                    mark(&found).is_some_and(|mark| mark.contains(&format!("object {tag:02X}")));
                let silent = changed.is_empty() || optional || unseen;
                assert!(named || silent, "{what}: {changed:?} {:?}", mark(&found));
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
    println!("hostile cards: {tried} damaged fields of OpenPGP cards, each hid itself alone");
}

/// A long answer as a card without extended length gives it.
fn pieces(data: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = data.chunks(0xF0).map(<[u8]>::to_vec).collect();
    let mut left = data.len();
    for piece in &mut pieces {
        left -= piece.len();
        let more = u8::try_from(left.min(0xF0)).unwrap();
        piece.extend(if left == 0 {
            [0x90, 0x00]
        } else {
            [0x61, more]
        });
    }
    pieces
}

#[test]
fn a_damaged_number_of_the_key_history_hides_no_other() {
    let desk = desk("piv-used");
    let number = command(&desk, "GET DATA key history");
    let whole = picture(&application(&desk, &desk.read(|card| card, None)));
    let good = [(0xC1, &[2][..]), (0xC2, &[0]), (0xF3, b"http://a.example/")];
    let history = |damaged: usize, value: &[u8]| {
        let object = |(index, (tag, good)): (usize, &(u32, &[u8]))| {
            ber::encode(*tag, if index == damaged { value } else { good })
        };
        let content: Vec<u8> = good.iter().enumerate().flat_map(object).collect();
        read(&desk, number, Fault::data(&ber::encode(0x53, &content)))
    };
    let facts = |of: &Application| {
        let data = of.data.iter().flat_map(|data| &data.facts);
        let names = data.map(|fact| format!("{:?}", fact.name));
        names
            .filter(|name| name.starts_with("Retired"))
            .collect::<Vec<_>>()
    };
    let names = ["RetiredOnCard", "RetiredOffCard", "RetiredUrl"];
    assert_eq!(facts(&history(usize::MAX, &[])), names, "the control");
    for (index, damaged) in names.iter().enumerate() {
        for value in [&[][..], &[2, 2]] {
            // Two bytes are an address as good as any.
            if index == 2 && !value.is_empty() {
                continue;
            }
            let found = history(index, value);
            let left: Vec<_> = names.iter().filter(|name| *name != damaged).collect();
            assert_eq!(facts(&found).iter().collect::<Vec<_>>(), left, "{damaged}");
            let now = picture(&found);
            let (changed, _) = differences(&whole, &now);
            assert_eq!(
                changed,
                ["data KeyHistory"],
                "{damaged}: keys and certificates stay"
            );
            // An address need not be there.
            let named = mark(&found).is_some_and(|mark| mark.contains("5FC10C"));
            assert_eq!(named, index < 2, "{damaged}: {:?}", mark(&found));
        }
    }
    println!("hostile cards: 5 damaged entries of a key history, the others were there");
}
