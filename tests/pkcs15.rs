//! PKCS #15 on cards that are nothing but files, by the standard and by what MyEID and IsoApplet make of it: where the
//! application is, keys on curves, numbers above 127, lists that end in FF.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::sync::{Arc, Mutex};

use symbolon::base::hex;
use symbolon::base::secret::Secret;
use symbolon::card::guard::{self, Deed, Shown};
use symbolon::card::{self, CardError};
use symbolon::iso7816::Parsed;
use symbolon::iso7816::tlv::ber::encode;
use symbolon::pki::certificate::Certificate;
use symbolon::pki::public_key::{Material, material};
use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::{Card, SimulatedReader, wardrobe};
use symbolon::token::{
    Algorithm, Application, ApplicationKind, ApplicationState, Curve, Fact, FactName, FactValue,
    PinReference, ReaderId, Token,
};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader;
use symbolon::transport::trace::Tracer;

const MYEID: [u8; 15] = [
    0x3B, 0xF5, 0x18, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4D, 0x79, 0x45, 0x49, 0x44, 0x9A,
];

/// T=1, and a name that nobody has.
const PLAIN: [u8; 12] = [
    0x3B, 0x95, 0x18, 0x81, 0x31, 0xFE, 0x45, 0x43, 0x41, 0x52, 0x44, 0x31,
];

const AID: &[u8] = b"\xA0\x00\x00\x00\x63PKCS-15";
const ISO_APPLET: [u8; 12] = [
    0xF2, 0x76, 0xA2, 0x88, 0xBC, 0xFB, 0xA6, 0x9D, 0x34, 0xF3, 0x10, 0x01,
];
const P256: &[u8] = include_bytes!("../data/practice/thomas-signature.crt");
const RSA: &[u8] = include_bytes!("../data/practice/anna-authentication.crt");

/// Everything that was sent to a card.
type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

/// A card with files.
#[derive(Clone, Default)]
struct Files {
    atr: Vec<u8>,
    /// The names that SELECT knows.
    names: Vec<Vec<u8>>,
    /// Whether nothing is there before one of them was selected.
    closed: bool,
    /// Paths below the root, and contents.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// The same with records.
    records: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    /// The tag that lengths are told with.
    length_tag: u32,
    open: bool,
    selected: Vec<u8>,
    heard: Heard,
}

impl Files {
    fn new(atr: &[u8]) -> Self {
        Self {
            atr: atr.to_vec(),
            length_tag: 0x80,
            ..Self::default()
        }
    }

    fn named(mut self, name: &[u8]) -> Self {
        self.names.push(name.to_vec());
        self
    }

    fn with(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = hex::decode(path).unwrap();
        self.files.push((path, content.as_ref().to_vec()));
        self
    }

    fn select(&mut self, p1: u8, data: &[u8]) -> Vec<u8> {
        if p1 == 0x04 {
            let known = self.names.iter().any(|name| name == data);
            self.open |= known;
            return if known {
                vec![0x90, 0x00]
            } else {
                vec![0x6A, 0x82]
            };
        }
        assert!(p1 == 0x08 || data == [0x3F, 0x00], "{p1:02X} {data:02X?}");
        let path = if p1 == 0x08 { data } else { &[] };
        let files = self
            .files
            .iter()
            .map(|(path, content)| (path, content.len()));
        let sum = |all: &Vec<Vec<u8>>| all.iter().map(Vec::len).sum();
        let records = self.records.iter().map(|(path, all)| (path, sum(all)));
        let mut all = files.chain(records);
        let file = all.clone().find(|(file, _)| *file == path);
        let directory = path.is_empty() || all.any(|(file, _)| file.starts_with(path));
        if self.closed && !self.open || file.is_none() && !directory {
            return vec![0x6A, 0x82];
        }
        self.selected = path.to_vec();
        let len = file.map_or(0, |(_, len)| u16::try_from(len).unwrap());
        let description = encode(0x6F, &encode(self.length_tag, &len.to_be_bytes()));
        [description, vec![0x90, 0x00]].concat()
    }
}

impl Card for Files {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.open = false;
        self.selected.clear();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.heard.lock().unwrap().push(command.to_vec());
        let parsed = Parsed::from_bytes(command).unwrap();
        let [_, ins, p1, p2] = parsed.header;
        let content = self.files.iter().find(|(path, _)| *path == self.selected);
        let records = self.records.iter().find(|(path, _)| *path == self.selected);
        match ins {
            0xA4 => self.select(p1, parsed.data),
            0xB0 if records.is_some() => vec![0x69, 0x81],
            0xB0 => {
                let Some((_, content)) = content else {
                    return vec![0x69, 0x86];
                };
                let offset = usize::from(u16::from_be_bytes([p1, p2]));
                let rest = content.get(offset..).unwrap_or_default();
                let count = parsed.le.unwrap_or(256).min(rest.len());
                [&rest[..count], &[0x90, 0x00]].concat()
            }
            0xB2 => {
                let record = records.and_then(|(_, all)| all.get(usize::from(p1) - 1));
                match record {
                    Some(record) => [&record[..], &[0x90, 0x00]].concat(),
                    None => vec![0x6A, 0x83],
                }
            }
            // A PIN that is right.
            0x20 => vec![0x90, 0x00],
            _ => vec![0x6D, 0x00],
        }
    }
}

fn talk<T>(reader: &SimulatedReader, talk: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let mut link = reader.clone().connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    talk(&mut Channel::new(link.as_mut(), &tracer, Cancel::default()))
}

fn put(card: &Files) -> SimulatedReader {
    let reader = SimulatedReader::new("files");
    reader.insert(Box::new(card.clone()));
    reader
}

fn token(reader: &SimulatedReader) -> Token {
    let protocol = reader.clone().connect().unwrap().protocol();
    talk(reader, |channel| {
        card::read(channel, protocol, &mut |_| {}).unwrap()
    })
}

#[track_caller]
fn application(card: &Files) -> Application {
    let token = token(&put(card));
    let [application] = &token.applications[..] else {
        panic!("{:?}", token.applications);
    };
    assert_eq!(application.state, ApplicationState::Readable);
    application.clone()
}

fn fact(facts: &[Fact], name: FactName) -> Option<FactValue> {
    let found = facts.iter().find(|fact| fact.name == name);
    found.map(|fact| fact.value.clone())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(0x30, &parts.concat())
}

fn path(path: &str) -> Vec<u8> {
    sequence(&[&encode(0x04, &hex::decode(path).unwrap())])
}

fn info(label: &str) -> Vec<u8> {
    sequence(&[
        &[0x02, 0x01, 0x00],
        &encode(0x04, &[0x12, 0x34]),
        &encode(0x0C, b"Maker"),
        &encode(0x80, label.as_bytes()),
        &[0x03, 0x02, 0x03, 0x08],
    ])
}

/// An entry of a list: common attributes, those of the class, those of the kind.
fn entry(tag: u32, common: &[&[u8]], class: &[&[u8]], kind: &[&[u8]]) -> Vec<u8> {
    let kind = encode(0xA1, &sequence(kind));
    encode(tag, &[sequence(common), sequence(class), kind].concat())
}

fn pin(number: &[u8], below: &str) -> Vec<u8> {
    entry(
        0x30,
        &[],
        &[&encode(0x04, &[0x01])],
        &[
            &[0x03, 0x02, 0x02, 0x4C],
            &[0x0A, 0x01, 0x01],
            &[0x02, 0x01, 0x04],
            &[0x02, 0x01, 0x08],
            &[0x02, 0x01, 0x08],
            &encode(0x80, number),
            &encode(0x04, &[0xFF]),
            &path(below),
        ],
    )
}

fn key(tag: u32, id: u8, number: &[u8], at: &str, bits: &[u8]) -> Vec<u8> {
    let id = encode(0x04, &[id]);
    let class = [&id[..], &[0x03, 0x02, 0x05, 0x20], number];
    entry(tag, &[], &class, &[&path(at), bits])
}

fn certificate(id: u8, at: &str) -> Vec<u8> {
    entry(0x30, &[], &[&encode(0x04, &[id])], &[&path(at)])
}

/// Filled up as flash memory is.
fn filled(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0xFF; 40]].concat()
}

fn odf() -> Vec<u8> {
    let list = |tag, at| encode(tag, &path(at));
    filled(&[
        list(0xA8, "4401"),
        list(0xA0, "4402"),
        list(0xA1, "4403"),
        list(0xA4, "4404"),
    ])
}

fn point_of(certificate: &[u8]) -> Vec<u8> {
    let key = Certificate::parse(certificate).unwrap().public_key;
    match material(&key) {
        Some(Material::Point(_, point)) => point,
        other => panic!("{other:?}"),
    }
}

const FIELD_256: [u8; 4] = [0x02, 0x02, 0x01, 0x00];

/// A PIN, two keys on P-256 of which one has a certificate, one with RSA, and a public key alone.
fn filed(card: Files, home: &str) -> Files {
    let at = |file: &str| format!("{home}{file}");
    // 0081 and, as OpenSC up to 0.11.4 wrote it, a negative number.
    let keys = [
        key(0xA0, 0x45, &[0x02, 0x01, 0x81], "4B01", &FIELD_256),
        key(0xA0, 0x46, &[0x02, 0x02, 0x00, 0x82], "4B02", &FIELD_256),
        key(
            0x30,
            0x47,
            &[0x02, 0x01, 0x03],
            "4B03",
            &[0x02, 0x02, 0x08, 0x00],
        ),
    ];
    let public = [
        key(0xA0, 0x45, &[], "5501", &FIELD_256),
        key(0x30, 0x47, &[], "5503", &[0x02, 0x02, 0x08, 0x00]),
        key(0xA0, 0x48, &[], "5504", &FIELD_256),
    ];
    let rsa = Certificate::parse(RSA).unwrap().public_key;
    card.with(&at("5032"), info("Files"))
        .with(&at("5031"), odf())
        .with(&at("4401"), filled(&[pin(&[0x81], "3F00")]))
        .with(&at("4402"), filled(&keys))
        .with(&at("4403"), filled(&public))
        .with(&at("4404"), filled(&[certificate(0x46, "4301")]))
        .with(&at("4301"), P256)
        .with(&at("5501"), encode(0x04, &point_of(P256)))
        .with(&at("5503"), rsa.spki)
        .with(&at("5504"), encode(0x7F49, &encode(0x86, &point_of(P256))))
}

/// Whether all of that was read.
#[track_caller]
fn check(found: &Application) {
    let [pin] = &found.pins[..] else {
        panic!("{:?}", found.pins)
    };
    assert_eq!((pin.reference, &pin.label), (PinReference(0x81), &None));
    let kinds: Vec<_> = found.keys.iter().map(|key| key.algorithm.clone()).collect();
    let p256 = Some(Algorithm::Elliptic { curve: Curve::P256 });
    let rsa = Some(Algorithm::Rsa { bits: 2048 });
    assert_eq!(kinds, [p256.clone(), p256.clone(), rsa]);
    let number = |number| Some(FactValue::Number(number));
    let size = |at: usize, name| fact(&found.keys[at].facts, name);
    assert_eq!(size(0, FactName::FieldSize), number(256));
    assert_eq!(size(1, FactName::FieldSize), number(256));
    assert_eq!(size(2, FactName::FieldSize), None);
    assert_eq!(size(2, FactName::ModulusLength), number(2048));
    assert_eq!(size(0, FactName::ModulusLength), None);
    assert_eq!(size(0, FactName::KeyReference), number(0x81));
    assert_eq!(size(1, FactName::KeyReference), number(0x82));
    let p256_key = Certificate::parse(P256).unwrap().public_key;
    assert_eq!(found.keys[0].public_key.as_ref(), Some(&p256_key));
    assert_eq!(found.certificates.len(), 1);
    assert_eq!(found.certificates[0].slot, found.keys[1].reference);

    let references: Vec<_> = found.public_keys.iter().map(|key| key.reference).collect();
    assert_eq!(
        references[..2],
        [found.keys[0].reference, found.keys[2].reference]
    );
    let sizes: Vec<_> = found
        .public_keys
        .iter()
        .map(|key| fact(&key.facts, FactName::FieldSize))
        .collect();
    assert_eq!(sizes, [number(256), None, number(256)]);
    let lone: Vec<_> = found.lone_public_keys().collect();
    assert_eq!(lone.len(), 1);
    assert_eq!(lone[0].public_key.as_ref(), Some(&p256_key));
    assert_eq!(found.public_half(found.keys[0].reference).count(), 6);
}

#[test]
fn a_myeid_card_is_read_by_its_name() {
    let mut card = filed(Files::new(&MYEID).named(AID), "5015");
    check(&application(&card));
    // The other tag for the length (7816-4:2020, table 12).
    card.length_tag = 0x81;
    check(&application(&card));
}

#[test]
fn an_applet_around_it_is_opened_first() {
    let mut card = filed(Files::new(&PLAIN).named(&ISO_APPLET), "5015");
    card.closed = true;
    check(&application(&card));
    let reader = put(&card);
    let token = token(&reader);
    let mut shown = Shown {
        token: &token,
        application: ApplicationKind::Pkcs15,
        pin: &token.applications[0].pins[0],
    };
    let pin = Secret::new(b"123456");
    let run = |shown: &Shown<'_>| -> Result<(), CardError> {
        talk(&reader, |channel| {
            let mut driver = card::open(channel, ApplicationKind::Pkcs15)?;
            guard::run(driver.as_mut(), channel, shown, &Deed::Verify(&pin), true)
        })
    };
    card.heard.lock().unwrap().clear();
    assert_eq!(run(&shown), Ok(()));
    let heard = card.heard.lock().unwrap().clone();
    let sent: Vec<_> = heard.iter().filter(|command| command[1] == 0x20).collect();
    assert_eq!(sent, [&hex::decode("0020008108313233343536FFFF").unwrap()]);
    // A PIN of another card is not sent to this one.
    let mut other = token.clone();
    other.applications[0]
        .facts
        .retain(|fact| fact.name != FactName::Serial);
    other.applications[0]
        .facts
        .push(Fact::text(FactName::Serial, "9999".into()));
    shown.token = &other;
    assert_eq!(run(&shown), Err(CardError::OtherCard));
}

fn template(aid: &[u8], label: &str, path: &str) -> Vec<u8> {
    let parts = [
        encode(0x4F, aid),
        encode(0x50, label.as_bytes()),
        encode(0x51, &hex::decode(path).unwrap()),
    ];
    encode(0x61, &parts.concat())
}

#[test]
fn ef_dir_leads_to_another_directory() {
    let entries = [
        template(&[0xD2, 0x76, 0x00], "eSign", "3F004000"),
        template(AID, "Files", "3F005016"),
        template(AID, "Gone", "5017"),
    ];
    let transparent = filed(Files::new(&PLAIN), "5016").with("2F00", filled(&entries));
    let mut linear = filed(Files::new(&PLAIN), "5016");
    let records = entries.map(|entry| [&entry[..], &[0xFF; 9]].concat());
    linear.records.push((vec![0x2F, 0x00], records.to_vec()));
    for card in [transparent, linear] {
        let found = application(&card);
        check(&found);
        let home = FactValue::Bytes(vec![0x3F, 0x00, 0x50, 0x16]);
        assert_eq!(fact(&found.facts, FactName::Path), Some(home));
        assert_eq!(fact(&found.facts, FactName::OtherApplication), None);
    }
    // One whose name is not ours, and that holds it all the same; the first that does is taken.
    let strange = template(&[0xD2, 0x76, 0x00], "", "3F005016");
    check(&application(
        &filed(Files::new(&PLAIN), "5016").with("2F00", strange),
    ));
    let gone = template(AID, "Gone", "3F005018");
    let here = template(AID, "Files", "3F005016");
    let card = filed(Files::new(&PLAIN), "5016").with("2F00", [gone, here].concat());
    check(&application(&card));
    // Without EF.DIR and without a name, the usual directory.
    check(&application(&filed(Files::new(&PLAIN), "5015")));
}

/// Another application of ISO/IEC 7816-15 has an identifier of its own.
const ISO_AID: [u8; 6] = [0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x01];

/// Two applications with the same serial number and the same numbers of PINs.
fn two(home: &str, beside: &str) -> Files {
    let dir = [
        template(AID, "First", home),
        template(&ISO_AID, "Second", beside),
        encode(0x61, &encode(0x4F, &[0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x02])),
    ];
    let card = filed(Files::new(&PLAIN), &home[4..]);
    filed(card, &beside[4..]).with("2F00", filled(&dir))
}

#[test]
fn all_applications_of_a_card_are_read() {
    for (card, named) in [
        (two("3F005015", "3F005016"), true),
        (two("3F005015", "3F005016"), false),
        // None in the usual place.
        (two("3F005016", "3F005017"), false),
    ] {
        let card = if named { card.named(AID) } else { card };
        let token = token(&put(&card));
        let [first, second] = &token.applications[..] else {
            panic!("{:?}", token.applications);
        };
        check(first);
        check(second);
        let kinds = [first.kind, second.kind].map(ApplicationKind::code);
        assert_eq!(kinds, ["pkcs15", "pkcs15-2"]);
        assert_eq!(second.aid, ISO_AID);
        assert!(fact(&second.facts, FactName::Path).is_some());
        // Of the third one nobody says where it is.
        let unread = FactValue::Text("E828BD080F02".into());
        assert_eq!(fact(&first.facts, FactName::OtherApplication), Some(unread));
        assert_eq!(fact(&second.facts, FactName::OtherApplication), None);
    }
}

/// What is said by a path from the root is where that says, in an application beside another.
#[test]
fn paths_from_the_root_lead_where_they_say() {
    let mut card = two("3F005015", "3F005016");
    for (path, content) in &mut card.files {
        if path == &[0x50, 0x16, 0x44, 0x04] {
            *content = filled(&[certificate(0x46, "3F0050154302")]);
        }
    }
    let token = token(&put(&card.with("50154302", RSA)));
    let [first, second] = &token.applications[..] else {
        panic!("{:?}", token.applications);
    };
    assert_eq!(first.certificates[0].der, P256);
    assert_eq!(second.certificates[0].der, RSA);
}

#[test]
fn a_pin_goes_to_its_own_application() {
    let card = two("3F005015", "3F005016").named(AID);
    let reader = put(&card);
    let token = token(&reader);
    let pin = Secret::new(b"123456");
    let run = |shown: &Token, at: usize| -> Result<(), CardError> {
        let application = &shown.applications[at];
        let shown = Shown {
            token: shown,
            application: application.kind,
            pin: &application.pins[0],
        };
        talk(&reader, |channel| {
            let mut driver = card::open(channel, application.kind)?;
            guard::run(driver.as_mut(), channel, &shown, &Deed::Verify(&pin), true)
        })
    };
    // The directory that the card was in when the PIN came: what was selected last before it.
    let home = || {
        let heard = card.heard.lock().unwrap();
        let verify = heard.iter().position(|command| command[1] == 0x20)?;
        let selected = heard[..verify].iter().rev();
        let selected = selected.clone().find(|command| command[1] == 0xA4)?;
        Some(hex::encode(&selected[5..7]))
    };
    for (at, expected) in [(0, "5015"), (1, "5016")] {
        // Its PIN says that it is one of the whole card, so let it be one of its directory.
        let mut shown = token.clone();
        let facts = &mut shown.applications[at].pins[0].facts;
        facts.retain(|fact| fact.name != FactName::Path);
        card.heard.lock().unwrap().clear();
        assert_eq!(run(&shown, at), Ok(()));
        assert_eq!(home().as_deref(), Some(expected));
    }
    // EF.DIR was written anew, and another application is the second: nothing is sent to it.
    let mut moved = token.clone();
    let facts = &mut moved.applications[1].facts;
    facts.retain(|fact| fact.name != FactName::Path);
    facts.push(Fact::hex(FactName::Path, &[0x3F, 0x00, 0x50, 0x18]));
    card.heard.lock().unwrap().clear();
    assert_eq!(run(&moved, 1), Err(CardError::OtherCard));
    assert_eq!(home(), None);
}

#[test]
fn directories_that_lead_nowhere_end() {
    let to_itself = template(AID, "x", "3F002F00");
    let into_itself = template(AID, "x", "2F005031");
    let many: Vec<u8> = (0..60)
        .flat_map(|n| template(AID, "x", &format!("3F0060{n:02X}")))
        .collect();
    for dir in [
        to_itself,
        into_itself,
        vec![0x61; 300],
        vec![0xFF; 128],
        many,
    ] {
        let card = Files::new(&PLAIN).with("2F00", dir);
        let token = token(&put(&card));
        assert!(token.is_unknown(), "{:?}", token.applications);
        assert!(card.heard.lock().unwrap().len() < 60);
    }
    let endless = Files {
        records: vec![(vec![0x2F, 0x00], vec![vec![0x61, 0x00]; 250])],
        ..Files::new(&PLAIN)
    };
    assert!(token(&put(&endless)).is_unknown());
    assert!(endless.heard.lock().unwrap().len() < 60);

    // A list that is its own directory, and a directory that is a list.
    let own = [
        encode(0xA8, &path("5031")),
        encode(0xA0, &path("3F0050155031")),
    ]
    .concat();
    let card = Files::new(&PLAIN)
        .named(AID)
        .with("50155032", info("x"))
        .with("50155031", own);
    let token = token(&put(&card));
    let state = &token.applications[0].state;
    assert!(
        matches!(state, ApplicationState::Unreadable(_)),
        "{state:?}"
    );
}

/// Its other places are for cards on which nobody found anything; what is beside it, EF.DIR tells.
#[test]
fn a_card_with_its_application_in_place_is_not_searched() {
    let card =
        filed(Files::new(&PLAIN).named(AID), "5015").with("2F00", template(AID, "x", "5016"));
    check(&application(&card));
    let heard = card.heard.lock().unwrap();
    let asked = |path: &[u8]| {
        heard
            .iter()
            .any(|command| command.ends_with(&[path, &[0x00]].concat()))
    };
    assert!(asked(&[0x50, 0x15, 0x50, 0x31]));
    let named = |path: [u8; 2]| {
        let named = |command: &&Vec<u8>| command[5..].starts_with(&path);
        heard.iter().filter(named).count()
    };
    assert_eq!(named([0x2F, 0x00]), 1);
    // It is not there: one question.
    assert_eq!(named([0x50, 0x16]), 1);
    assert!(!asked(&ISO_APPLET));
    drop(heard);

    // What an unknown card costs: three questions that it says no to, beside those for well-known applications.
    let unknown = Files::new(&PLAIN);
    let found = token(&put(&unknown));
    let dir = unknown
        .heard
        .lock()
        .unwrap()
        .iter()
        .filter(|command| command.ends_with(&[0x2F, 0x00, 0x00]))
        .count();
    assert_eq!((found.cost.commands, dir), (0, 1));
}

/// Whatever one command brings: the reading ends, the other application is as it was, and no PIN is
/// there that the card has not.
#[test]
fn rubbish_in_one_application_leaves_the_other_as_it_is() {
    let make = || wardrobe::make("pkcs15-two").unwrap();
    let put = |card: Box<dyn Card>| {
        let reader = SimulatedReader::new("rubbish");
        reader.insert(card);
        reader
    };
    let good = token(&put(make()));
    let directory = [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF];
    for answer in [&[][..], &[0xFF; 16], &directory, &[0x61; 200], &[0x30; 250]] {
        for number in 1..=good.cost.commands as usize + 4 {
            let fault = Scripted::new(make()).with(Trigger::Number(number), Fault::data(answer));
            let found = token(&put(Box::new(fault)));
            let what = format!("{answer:02X?} at {number}");
            assert!(found.complete && found.cost.commands < 200, "{what}");
            let same = found.applications.iter().filter(|one| {
                let twin = good.application(one.kind);
                twin.is_some_and(|twin| twin.pins == one.pins && twin.keys == one.keys)
            });
            assert!(
                same.count() >= 1 || found.applications.len() < 2,
                "{what}: {found:#?}"
            );
            for one in &found.applications {
                // One that answered where there is none is another matter.
                let Some(twin) = good.application(one.kind) else {
                    continue;
                };
                let known: Vec<_> = twin.pins.iter().map(|pin| pin.reference).collect();
                let mut pins = one.pins.iter();
                assert!(pins.all(|pin| known.contains(&pin.reference)), "{what}");
            }
        }
    }
}

/// The same behind the PIN: it was right, and what comes then is shown or is not.
#[test]
fn rubbish_behind_the_pin_is_no_failure_of_it() {
    let good = token(&{
        let reader = SimulatedReader::new("rubbish");
        reader.insert(wardrobe::make("pkcs15-two").unwrap());
        reader
    });
    let shown = Shown {
        token: &good,
        application: ApplicationKind::Pkcs15,
        pin: &good.applications[0].pins[0],
    };
    let pin = Secret::new(b"654321");
    let mut opened = 0;
    for number in 1..60 {
        let card = wardrobe::make("pkcs15-two").unwrap();
        let trigger = Trigger::Number(number);
        let reader = SimulatedReader::new("rubbish");
        reader.insert(Box::new(
            Scripted::new(card).with(trigger, Fault::data(&[0x30; 250])),
        ));
        let found = talk(&reader, |channel| {
            let mut driver = card::open(channel, ApplicationKind::Pkcs15).ok()?;
            let deed = Deed::Verify(&pin);
            guard::run(driver.as_mut(), channel, &shown, &deed, true).ok()?;
            guard::opened(driver.as_mut(), channel, &shown)
        });
        if let Some(found) = found {
            opened += 1;
            assert!(
                found.pins.len() <= 1 && found.data.len() <= 4,
                "{number}: {found:#?}"
            );
        }
    }
    assert!(opened > 30, "{opened}");
}
