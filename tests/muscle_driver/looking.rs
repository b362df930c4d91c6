//! What is seen of an applet, and what it costs.

use symbolon::card::{self, CardError};
use symbolon::token::{
    ApplicationKind, ApplicationState, Cost, Fact, FactName, FactValue, PinRole, ReaderId, Token,
    TriesLeft,
};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Link;
use symbolon::transport::trace::Tracer;

use crate::applet::{AID, Card, Object};
use crate::recorded::{replayed, until};
use crate::shared::Shared;

pub(crate) const LOG: &str = include_str!("onepin.txt");

/// A card that OpenSC has personalised, with a key of 2048 bits.
pub(crate) fn personalised() -> Card {
    let mut card = replayed(until(LOG, "=== pkcs15-tool --list-keys"));
    card.selected = false;
    card.logged = 0;
    card.extended = false;
    card
}

/// A certificate of 824 bytes.
const CERTIFICATE: &[u8] = include_bytes!("../../data/practice/thomas-signature.crt");

/// The same with a certificate, which a list names.
pub(crate) fn with_certificate() -> Card {
    let mut card = personalised();
    let mut list = vec![0x30, 0x26, 0x30, 0x11, 0x0C, 0x0B];
    list.extend(b"Certificate");
    list.extend([0x03, 0x02, 0x06, 0x40, 0x30, 0x03, 0x04, 0x01, 0x45]);
    list.extend([0xA1, 0x0C, 0x30, 0x0A, 0x30, 0x08, 0x04, 0x06]);
    list.extend([0x3F, 0x00, 0x50, 0x15, 0x31, 0x00]);
    list.resize(0x200, 0);
    let rules = [0, 2, 2];
    let object = |number: [u8; 2], content| Object {
        id: [0x50, 0x15, number[0], number[1]],
        rules,
        content,
    };
    card.objects.push(object([0x44, 0x04], list));
    card.objects
        .push(object([0x31, 0x00], CERTIFICATE.to_vec()));
    let odf = card
        .objects
        .iter_mut()
        .find(|o| o.id == [0x50, 0x15, 0x50, 0x31]);
    let odf = &mut odf.unwrap().content;
    let end = odf.iter().position(|&byte| byte == 0).unwrap_or(0);
    let entry = [
        0xA4, 0x0A, 0x30, 0x08, 0x04, 0x06, 0x3F, 0x00, 0x50, 0x15, 0x44, 0x04,
    ];
    // Behind the last entry: zeros are in none but at the end of these.
    let len = end.max(36);
    odf[len..len + entry.len()].copy_from_slice(&entry);
    card
}

/// Does something with a channel to a card.
pub(crate) fn with<T>(shared: &Shared, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let mut link = shared.clone();
    let tracer = Tracer::silent(ReaderId(1));
    let mut channel = Channel::new(&mut link, &tracer, Cancel::default());
    work(&mut channel)
}

pub(crate) fn look(card: Card) -> (Token, Shared) {
    let shared = Shared::new(card);
    let protocol = shared.protocol();
    let token = with(&shared, |channel| {
        card::read(channel, protocol, &mut |_| {}).unwrap()
    });
    (token, shared)
}

fn fact(token: &Token, name: FactName) -> Option<&FactValue> {
    let mut facts = token.applications[0].facts.iter();
    facts.find(|fact| fact.name == name).map(|fact| &fact.value)
}

#[test]
fn what_opensc_wrote_is_a_pkcs15_application() {
    let (token, shared) = look(with_certificate());
    let [application] = &token.applications[..] else {
        panic!("{:?}", token.applications);
    };
    assert_eq!(application.kind, ApplicationKind::Pkcs15);
    assert_eq!(application.state, ApplicationState::Readable);
    assert_eq!(application.aid, AID);
    let pins: Vec<_> = application
        .pins
        .iter()
        .map(|pin| (pin.reference.0, pin.role, pin.tries.left))
        .collect();
    let unknown = TriesLeft::Unknown;
    assert_eq!(
        pins,
        [(1, PinRole::User, unknown), (0x81, PinRole::Puk, unknown)]
    );
    assert_eq!(
        application.pins[0].label.as_ref().unwrap().as_str(),
        "User PIN"
    );
    assert_eq!(application.keys.len(), 1);
    assert_eq!(application.certificates.len(), 1);
    assert_eq!(application.certificates[0].der, CERTIFICATE);
    assert_eq!(application.label().unwrap().as_str(), "MUSCLE");
    let kept = FactValue::Text("MUSCLE".into());
    assert_eq!(fact(&token, FactName::KeptBy), Some(&kept));
    let total = FactValue::Number(6000);
    assert_eq!(fact(&token, FactName::MemoryTotal), Some(&total));
    // OpenSC gives all of them the same.
    assert_eq!(fact(&token, FactName::Serial), None);
    let listed = |command: &Vec<u8>| command[..2] == [0xB0, 0x58];
    assert!(!shared.card().sent.iter().any(listed));
}

#[track_caller]
fn hold(cost: Cost, commands: u32) {
    let all = cost.commands + cost.absent_selects;
    assert!(all <= commands, "{cost:?}, allowed {commands}");
}

/// All SELECTs are counted.
#[test]
fn the_full_view_has_its_budget() {
    for is_default in [false, true] {
        let mut card = with_certificate();
        card.selected = is_default;
        let (token, _) = look(card.clone());
        assert_eq!(token.applications[0].certificates.len(), 1);
        hold(token.cost, 20);
        card.t0 = true;
        let (token, _) = look(card);
        assert_eq!(token.applications[0].certificates.len(), 1);
        hold(token.cost, 31);
    }
}

/// The applet takes any SELECT: no other application is seen in that.
#[test]
fn a_card_whose_applet_is_selected_shows_nothing_else() {
    let mut card = with_certificate();
    card.selected = true;
    let (token, shared) = look(card);
    let kinds: Vec<_> = token.applications.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [ApplicationKind::Pkcs15]);
    assert_eq!(token.applications[0].state, ApplicationState::Readable);
    // Now the applet is selected in any case.
    with(&shared, |channel| {
        let mut driver = card::open(channel, ApplicationKind::Pkcs15).unwrap();
        card::identify(driver.as_mut(), channel, &token, ApplicationKind::Pkcs15).unwrap();
        let other = card::open(channel, ApplicationKind::Muscle).map(|_| ());
        assert!(
            matches!(other, Err(CardError::NotFound { .. })),
            "{other:?}"
        );
    });
}

#[test]
fn a_card_after_a_reset_is_opened_too() {
    let (token, shared) = look(with_certificate());
    shared.card().selected = false;
    with(&shared, |channel| {
        let mut driver = card::open(channel, ApplicationKind::Pkcs15).unwrap();
        card::identify(driver.as_mut(), channel, &token, ApplicationKind::Pkcs15).unwrap();
    });
    // Another certificate: another card.
    let certificate = |object: &&mut Object| object.id == [0x50, 0x15, 0x31, 0x00];
    let mut card = shared.card();
    card.objects.iter_mut().find(certificate).unwrap().content[600] ^= 1;
    drop(card);
    with(&shared, |channel| {
        let mut driver = card::open(channel, ApplicationKind::Pkcs15).unwrap();
        let told = card::identify(driver.as_mut(), channel, &token, ApplicationKind::Pkcs15);
        assert_eq!(told, Err(CardError::OtherCard));
    });
}

#[test]
fn a_new_applet_says_that_it_is_not_set_up() {
    let (token, _) = look(Card::default());
    assert_eq!(token.applications[0].kind, ApplicationKind::Muscle);
    let not = FactValue::Flag(false);
    assert_eq!(fact(&token, FactName::SetUp), Some(&not));
    assert_eq!(token.applications[0].state, ApplicationState::Readable);
}

#[test]
fn an_applet_without_lists_tells_its_pins_and_key_places() {
    let mut card = personalised();
    card.objects.clear();
    for is_old in [false, true] {
        card.is_old = is_old;
        let (token, shared) = look(card.clone());
        let application = &token.applications[0];
        assert_eq!(application.kind, ApplicationKind::Muscle);
        assert_eq!(application.state, ApplicationState::Readable);
        assert_eq!(application.version.as_ref().unwrap().as_str(), "0.9");
        let roles: Vec<_> = application.pins.iter().map(|pin| pin.role).collect();
        let expected = [
            PinRole::User,
            PinRole::Puk,
            PinRole::SecurityOfficer,
            PinRole::Puk,
        ];
        assert_eq!(roles, expected);
        let key = &application.keys[0];
        assert_eq!(key.algorithm.as_ref().unwrap().name(), "RSA 2048");
        let rules = Fact::hex(FactName::KeyRules, &[0xFF, 0xFF, 0, 2, 0, 2]);
        assert!(key.facts.contains(&rules));
        assert_eq!(application.public_keys.len(), 1);
        with(&shared, |channel| {
            card::open(channel, ApplicationKind::Muscle).unwrap();
            let other = card::open(channel, ApplicationKind::Pkcs15).map(|_| ());
            assert!(
                matches!(other, Err(CardError::NotFound { .. })),
                "{other:?}"
            );
        });
    }
}

/// Sheet "hostile-cards", H-09.
#[test]
fn lists_without_an_end_are_cut_short() {
    let mut card = personalised();
    card.endless = Some(0x3A);
    card.objects.clear();
    let (token, _) = look(card.clone());
    let ApplicationState::Unreadable(why) = &token.applications[0].state else {
        panic!("{:?}", token.applications[0].state);
    };
    assert!(why.detail.as_str().contains("list cut short"), "{why:?}");
    // The list of objects is asked for, since there is no such object.
    card.endless = Some(0x58);
    card.objects.push(Object {
        id: [1, 2, 3, 4],
        rules: [0; 3],
        content: vec![0],
    });
    let (token, shared) = look(card);
    let ApplicationState::Unreadable(why) = &token.applications[0].state else {
        panic!("{:?}", token.applications[0].state);
    };
    assert!(why.detail.as_str().contains("list cut short"), "{why:?}");
    assert!(shared.card().sent.len() < 500);
}

/// A list that is shorter than the first piece, one that is full, and one that is longer.
#[test]
fn lists_of_any_size_are_read() {
    for len in [57, 0x80, 0x100, 0x101] {
        let mut card = with_certificate();
        let aodf = card
            .objects
            .iter_mut()
            .find(|o| o.id == [0x50, 0x15, 0x44, 0x01]);
        let aodf = &mut aodf.unwrap().content;
        let entry = aodf[..57].to_vec();
        aodf.truncate(0);
        while aodf.len() + entry.len() <= len {
            // Another PIN each time.
            let mut entry = entry.clone();
            let number = entry
                .windows(2)
                .position(|pair| pair == [0x80, 0x01])
                .unwrap()
                + 2;
            entry[number] = 1 + u8::try_from(aodf.len() / entry.len()).unwrap();
            aodf.extend(entry);
        }
        let pins = aodf.len() / 57;
        aodf.resize(len, 0);
        let (token, _) = look(card);
        let application = &token.applications[0];
        assert_eq!(application.state, ApplicationState::Readable, "{len}");
        assert_eq!(application.pins.len(), 2 * pins, "{len}");
    }
}

/// An applet of an older build has another identifier, which is asked for where nothing else was
/// found: no card pays for that which has anything.
#[test]
fn an_older_build_is_found_last() {
    let mut card = with_certificate();
    card.aid = Some(vec![0xA0, 0x00, 0x00, 0x03, 0x23, 0x01, 0x01]);
    let (token, shared) = look(card);
    let application = &token.applications[0];
    assert_eq!(application.kind, ApplicationKind::Pkcs15);
    assert_eq!(application.aid, [0xA0, 0x00, 0x00, 0x03, 0x23, 0x01, 0x01]);
    for is_selected in [true, false] {
        shared.card().selected = is_selected;
        with(&shared, |channel| {
            let mut driver = card::open(channel, ApplicationKind::Pkcs15).unwrap();
            card::identify(driver.as_mut(), channel, &token, ApplicationKind::Pkcs15).unwrap();
        });
    }
}

/// A card with a PKCS #15 application of its own, and an applet that keeps another.
#[test]
fn one_of_two_applications_of_a_kind_is_named() {
    let mut card = with_certificate();
    card.has_pkcs15 = true;
    let (token, _) = look(card);
    let kinds: Vec<_> = token.applications.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [ApplicationKind::Pkcs15]);
    let other = FactValue::Text("MUSCLE".into());
    assert_eq!(fact(&token, FactName::OtherApplication), Some(&other));
    assert_eq!(fact(&token, FactName::KeptBy), None);
}
