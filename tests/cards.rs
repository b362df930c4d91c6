//! The drivers and the PIN guard over simulated cards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon::base::hex;
use symbolon::base::secret::Secret;
use symbolon::card::guard::{self, Deed, Shown};
use symbolon::card::{self, CardError};
use symbolon::iso7816::Command;
use symbolon::simulator::{
    Card, CardOs, CardOsModel, CardOsOwner, Chip, Model, OpenPgp, Piv, PrivateKey, SimulatedReader,
    wardrobe,
};
use symbolon::token::{
    ApplicationKind, ApplicationState, FactName, FactValue, KeyRow, OperationKind, Pin,
    PinReference, PinRole, ReaderId, Token, TriesLeft,
};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{Link, LinkError, PinPadFeatures, Reader};
use symbolon::transport::trace::{Entry, Tracer};

use ApplicationKind::{OpenPgp as OPENPGP, Piv as PIV, Pkcs15 as PKCS15};

const PIN: PinReference = PinReference(0x80);
const PUK: PinReference = PinReference(0x81);
const PW1: PinReference = PinReference(0x81);
const PW3: PinReference = PinReference(0x83);
const RESETTING_CODE: PinReference = PinReference(0xD3);

const ATR: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

/// A card in a reader, and everything that was sent to it.
struct Bench {
    reader: SimulatedReader,
    trace: Arc<Mutex<Vec<Entry>>>,
}

impl Bench {
    fn with(chip: Chip) -> Self {
        let reader = SimulatedReader::new("bench");
        reader.insert(Box::new(chip));
        Self {
            reader,
            trace: Arc::default(),
        }
    }

    fn practice(name: &str) -> Self {
        let reader = SimulatedReader::new("bench");
        reader.insert(wardrobe::make(name).unwrap());
        Self {
            reader,
            trace: Arc::default(),
        }
    }

    fn talk<T>(&self, talk: impl FnOnce(&mut Channel<'_>) -> T) -> T {
        let mut link = self.reader.clone().connect().unwrap();
        let trace = Arc::clone(&self.trace);
        let note = Arc::new(move |entry| trace.lock().unwrap().push(entry));
        let tracer = Tracer::new(ReaderId(1), Arc::default(), note);
        talk(&mut Channel::new(link.as_mut(), &tracer, Cancel::default()))
    }

    fn read(&self) -> Token {
        let protocol = self.reader.clone().connect().unwrap().protocol();
        self.talk(|channel| card::read(channel, protocol, &mut |_| {}).unwrap())
    }

    fn pin(&self, kind: ApplicationKind, reference: PinReference) -> Pin {
        self.read().pin(kind, reference).unwrap().clone()
    }

    fn left(&self, kind: ApplicationKind, reference: PinReference) -> TriesLeft {
        self.pin(kind, reference).tries.left
    }

    fn run(
        &self,
        kind: ApplicationKind,
        reference: PinReference,
        deed: &Deed<'_>,
        use_last_try: bool,
    ) -> Result<(), CardError> {
        let token = self.read();
        let shown = Shown {
            token: &token,
            application: kind,
            pin: token.pin(kind, reference).unwrap(),
        };
        self.talk(|channel| {
            let mut driver = card::open(channel, kind)?;
            guard::run(driver.as_mut(), channel, &shown, deed, use_last_try)
        })
    }

    fn verify(
        &self,
        kind: ApplicationKind,
        reference: PinReference,
        pin: &str,
    ) -> Result<(), CardError> {
        self.run(kind, reference, &Deed::Verify(&secret(pin)), false)
    }

    fn change(
        &self,
        kind: ApplicationKind,
        reference: PinReference,
        from: &str,
        to: &str,
    ) -> Result<(), CardError> {
        self.run(
            kind,
            reference,
            &Deed::Change(&secret(from), &secret(to)),
            false,
        )
    }

    fn unblock(
        &self,
        kind: ApplicationKind,
        with: PinReference,
        code: &str,
        new: &str,
    ) -> Result<(), CardError> {
        let reference = if kind == PIV { PIN } else { PW1 };
        let with = self.pin(kind, with);
        self.run(
            kind,
            reference,
            &Deed::Unblock(&with, &secret(code), &secret(new)),
            false,
        )
    }

    /// How many commands with this name were sent.
    fn count(&self, name: &str) -> usize {
        let trace = self.trace.lock().unwrap();
        trace
            .iter()
            .filter(|entry| entry.name.starts_with(name))
            .count()
    }

    fn trace_text(&self) -> String {
        let trace = self.trace.lock().unwrap();
        trace.iter().map(|entry| entry.to_lines() + "\n").collect()
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}

fn yubikey() -> Bench {
    Bench::with(Chip::new(ATR).with(Piv::yubikey([5, 7, 1], 14_725_836)))
}

fn generic() -> Bench {
    Bench::with(Chip::new(ATR).with(Piv::generic()))
}

fn openpgp(model: Model) -> Bench {
    Bench::with(Chip::new(ATR).with(OpenPgp::new(model)))
}

#[track_caller]
fn wrong(result: Result<(), CardError>, role: PinRole, tries: u8) {
    assert_eq!(
        result,
        Err(CardError::WrongPin {
            role,
            left: TriesLeft::Known(tries)
        })
    );
}

#[test]
fn the_last_try_is_kept_until_somebody_says_so() {
    for bench in [yubikey(), generic()] {
        wrong(bench.verify(PIV, PIN, "111111"), PinRole::User, 2);
        wrong(bench.verify(PIV, PIN, "111111"), PinRole::User, 1);
        assert!(bench.pin(PIV, PIN).is_last_try());
        // The empty VERIFY that asks for the counter is no try.
        let tried = || bench.count("VERIFY PIN") - bench.count("VERIFY PIN (asks");
        let before = tried();
        let kept = bench.verify(PIV, PIN, "123456");
        assert_eq!(
            kept,
            Err(CardError::LastTry {
                role: PinRole::User
            })
        );
        assert_eq!(tried(), before, "something was sent");
        bench
            .run(PIV, PIN, &Deed::Verify(&secret("123456")), true)
            .unwrap();
    }
}

#[test]
fn a_blocked_pin_is_unblocked_with_the_puk() {
    let bench = yubikey();
    for _ in 0..2 {
        let _ = bench.verify(PIV, PIN, "111111");
    }
    let last = bench.run(PIV, PIN, &Deed::Verify(&secret("111111")), true);
    assert_eq!(
        last,
        Err(CardError::Blocked {
            role: PinRole::User
        })
    );
    assert_eq!(bench.left(PIV, PIN), TriesLeft::Blocked);
    let pin = bench.pin(PIV, PIN);
    assert!(
        pin.operation(OperationKind::Change)
            .unwrap()
            .impossible
            .is_some()
    );
    assert!(
        pin.operation(OperationKind::Unblock)
            .unwrap()
            .impossible
            .is_none()
    );
    wrong(
        bench.unblock(PIV, PUK, "00000000", "654321"),
        PinRole::Puk,
        2,
    );
    bench.unblock(PIV, PUK, "12345678", "654321").unwrap();
    bench.verify(PIV, PIN, "654321").unwrap();
    assert_eq!(bench.left(PIV, PUK), TriesLeft::Known(3));
}

#[test]
fn change_spends_a_try_of_the_old_pin_only() {
    for bench in [yubikey(), generic()] {
        wrong(bench.change(PIV, PIN, "111111", "654321"), PinRole::User, 2);
        bench.change(PIV, PIN, "123456", "654321").unwrap();
        bench.verify(PIV, PIN, "654321").unwrap();
    }
    let bench = yubikey();
    bench.change(PIV, PUK, "12345678", "87654321").unwrap();
    wrong(
        bench.change(PIV, PUK, "12345678", "87654321"),
        PinRole::Puk,
        2,
    );
}

#[test]
fn openpgp_pins_of_cards_that_count_aloud_and_of_those_that_do_not() {
    for model in [
        Model::version_3(1),
        Model::version_2(1),
        Model::yubikey([5, 7, 1], 1),
    ] {
        let bench = openpgp(model);
        wrong(bench.verify(OPENPGP, PW1, "111111"), PinRole::User, 2);
        wrong(bench.verify(OPENPGP, PW1, "111111"), PinRole::User, 1);
        bench
            .run(OPENPGP, PW1, &Deed::Verify(&secret("123456")), true)
            .unwrap();
        wrong(
            bench.change(OPENPGP, PW3, "00000000", "87654321"),
            PinRole::Admin,
            2,
        );
        bench.change(OPENPGP, PW3, "12345678", "87654321").unwrap();
        bench.change(OPENPGP, PW1, "123456", "pass phrase").unwrap();
        bench.verify(OPENPGP, PW1, "pass phrase").unwrap();
        bench.verify(OPENPGP, PW3, "87654321").unwrap();
    }
}

#[test]
fn a_card_that_counts_in_silence_is_asked_for_no_counter() {
    const USER: PinReference = PinReference(0x83);
    const OFFICER: PinReference = PinReference(0x81);
    let bench = Bench::practice("cardos-used");
    let unknown = |role| CardError::WrongPin {
        role,
        left: TriesLeft::Unknown,
    };
    assert_eq!(bench.verify(PKCS15, USER, "654321"), Ok(()));
    assert_eq!(bench.verify(PKCS15, OFFICER, "12345678"), Ok(()));
    assert_eq!(bench.change(PKCS15, USER, "654321", "246813"), Ok(()));
    for _ in 0..3 {
        let refused = bench.verify(PKCS15, USER, "654321");
        assert_eq!(refused, Err(unknown(PinRole::User)));
    }
    let blocked = Err(CardError::Blocked {
        role: PinRole::User,
    });
    assert_eq!(bench.verify(PKCS15, USER, "246813"), blocked);
    let puk = bench.pin(PKCS15, PinReference(USER.0 + 1));
    let unblock = |code: &str| {
        let [code, new] = [code, "135799"].map(secret);
        bench.run(PKCS15, USER, &Deed::Unblock(&puk, &code, &new), false)
    };
    assert_eq!(unblock("12345678"), Err(unknown(PinRole::Puk)));
    assert_eq!(unblock("87654321"), Ok(()));
    assert_eq!(bench.verify(PKCS15, USER, "135799"), Ok(()));
    let trace = bench.trace.lock().unwrap();
    assert!(trace.iter().all(|entry| !entry.name.contains("asks for")));
}

#[test]
fn a_resetting_code_is_set_by_the_admin_and_used_by_the_holder() {
    let bench = openpgp(Model::version_3(1));
    assert_eq!(bench.left(OPENPGP, RESETTING_CODE), TriesLeft::NotSet);
    let admin = bench.pin(OPENPGP, PW3);
    let set = Deed::Set(&admin, &secret("12345678"), &secret("helpdesk-1"));
    bench.run(OPENPGP, RESETTING_CODE, &set, false).unwrap();
    assert_eq!(bench.left(OPENPGP, RESETTING_CODE), TriesLeft::Known(3));
    for _ in 0..3 {
        let _ = bench.run(OPENPGP, PW1, &Deed::Verify(&secret("111111")), true);
    }
    assert_eq!(bench.left(OPENPGP, PW1), TriesLeft::Blocked);
    wrong(
        bench.unblock(OPENPGP, RESETTING_CODE, "helpdesk-2", "654321"),
        PinRole::ResettingCode,
        2,
    );
    bench
        .unblock(OPENPGP, RESETTING_CODE, "helpdesk-1", "654321")
        .unwrap();
    bench.verify(OPENPGP, PW1, "654321").unwrap();
    bench.unblock(OPENPGP, PW3, "12345678", "123456").unwrap();
    bench.verify(OPENPGP, PW1, "123456").unwrap();
}

#[test]
fn a_code_that_gives_no_right_is_not_sent() {
    let bench = openpgp(Model::version_3(1));
    let admin = bench.pin(OPENPGP, PW3);
    let set = Deed::Set(&admin, &secret("12345678"), &secret("helpdesk-1"));
    bench.run(OPENPGP, RESETTING_CODE, &set, false).unwrap();
    let user = bench.pin(OPENPGP, PW1);
    let code = bench.pin(OPENPGP, RESETTING_CODE);
    // The card would take each of these for a wrong PIN of the holder, or of the administrator.
    for (pin, deed) in [
        (
            RESETTING_CODE,
            Deed::Set(&code, &secret("helpdesk-1"), &secret("helpdesk-2")),
        ),
        (
            RESETTING_CODE,
            Deed::Set(&user, &secret("123456"), &secret("helpdesk-2")),
        ),
        (RESETTING_CODE, Deed::Verify(&secret("helpdesk-1"))),
        (
            PW1,
            Deed::Unblock(&user, &secret("123456"), &secret("654321")),
        ),
        (
            PW3,
            Deed::Unblock(&user, &secret("123456"), &secret("87654321")),
        ),
    ] {
        let refused = bench.run(OPENPGP, pin, &deed, true);
        assert!(
            matches!(refused, Err(CardError::Unsupported(_))),
            "{pin:?}, {deed:?}: {refused:?}"
        );
    }
    for pin in [PW1, RESETTING_CODE, PW3] {
        assert_eq!(bench.left(OPENPGP, pin), TriesLeft::Known(3), "{pin:?}");
    }
}

#[test]
fn derived_pins_are_sent_as_digests() {
    let kdf = hex::decode(concat!(
        "810103820108830400",
        "0186A0",
        "84083031323334353637",
        "85083131323334353637",
        "86084142434445464748",
        "8720773784A602B6C81E3F092F4D7D00E17CC822D88F7360FCF2D2EF2D9D901F44B6",
        "88202675D6164A0D4827D1D00C7EEA620D015C00030A1CAB38B4D0DD600B27DC9630"
    ));
    let bench = openpgp(Model::version_3(1));
    // Writing the settings sets the PINs back to the initial digests in them.
    bench.talk(|channel| {
        card::open(channel, OPENPGP).unwrap();
        let admin = Command::new([0x00, 0x20, 0x00, 0x83]).secret(secret("12345678"));
        let settings = Command::new([0x00, 0xDA, 0x00, 0xF9]).data(kdf.unwrap());
        for command in [admin, settings] {
            assert!(channel.transmit(&command).unwrap().sw.is_ok());
        }
    });
    let application = bench.read();
    let application = application.application(OPENPGP).unwrap();
    let derived = application
        .facts
        .iter()
        .filter(|fact| fact.name == FactName::KeyDerivation);
    assert!(
        derived
            .clone()
            .any(|fact| fact.value == FactValue::Flag(true))
    );
    bench.change(OPENPGP, PW1, "123456", "654321").unwrap();
    wrong(bench.verify(OPENPGP, PW1, "123456"), PinRole::User, 2);
    bench.verify(OPENPGP, PW1, "654321").unwrap();
}

#[test]
fn a_pin_never_appears_in_the_trace() {
    let bench = Bench::practice("both");
    bench.change(PIV, PIN, "123456", "765432").unwrap();
    let _ = bench.verify(PIV, PIN, "998877");
    let text = bench.trace_text();
    assert!(text.contains("CHANGE REFERENCE DATA"));
    for pin in ["123456", "765432", "998877"] {
        assert!(!text.contains(&hex::encode(pin.as_bytes())), "{pin}");
        assert!(!text.contains(pin), "{pin}");
    }
}

#[test]
fn typed_on_the_reader() {
    let features = PinPadFeatures {
        verify: true,
        modify: true,
    };
    for (kind, reference, chip) in [
        (PIV, PIN, Chip::new(ATR).with(Piv::yubikey([5, 7, 1], 1))),
        (
            OPENPGP,
            PW1,
            Chip::new(ATR).with(OpenPgp::new(Model::version_3(1))),
        ),
    ] {
        let reader = SimulatedReader::with_pinpad("pad", features);
        reader.insert(Box::new(chip));
        let bench = Bench {
            reader,
            trace: Arc::default(),
        };
        let keys = bench.reader.clone();
        keys.keys().enter(&["111111"]);
        wrong(
            bench.run(kind, reference, &Deed::VerifyOnReader, false),
            PinRole::User,
            2,
        );
        keys.keys().enter(&["123456"]);
        bench
            .run(kind, reference, &Deed::VerifyOnReader, false)
            .unwrap();
        keys.keys().enter(&["123456", "654321", "654321"]);
        bench
            .run(kind, reference, &Deed::ChangeOnReader, false)
            .unwrap();
        bench.verify(kind, reference, "654321").unwrap();
        keys.keys().enter(&["654321", "777777", "888888"]);
        let differ = bench.run(kind, reference, &Deed::ChangeOnReader, false);
        assert_eq!(differ, Err(CardError::Link(LinkError::PinPadMismatch)));
        keys.keys().press(symbolon::simulator::Typed::Cancel);
        let cancelled = bench.run(kind, reference, &Deed::VerifyOnReader, false);
        assert_eq!(cancelled, Err(CardError::Link(LinkError::PinPadCancelled)));
        assert_eq!(bench.left(kind, reference), TriesLeft::Known(3));
    }
}

#[test]
fn a_reader_without_keys_is_not_asked() {
    let refused = yubikey().run(PIV, PIN, &Deed::VerifyOnReader, false);
    assert!(
        matches!(refused, Err(CardError::Unsupported(_))),
        "{refused:?}"
    );
}

#[test]
fn a_pin_goes_to_the_card_that_was_shown_only() {
    let shown = yubikey().read();
    let other = Bench::with(Chip::new(ATR).with(Piv::yubikey([5, 7, 1], 14_725_837)));
    let refused = other.talk(|channel| {
        let mut driver = card::open(channel, PIV).unwrap();
        card::identify(driver.as_mut(), channel, &shown, PIV)
    });
    assert_eq!(refused, Err(CardError::OtherCard));
    let same = yubikey().talk(|channel| {
        let mut driver = card::open(channel, PIV).unwrap();
        card::identify(driver.as_mut(), channel, &shown, PIV)
    });
    assert_eq!(same, Ok(()));
}

/// Reads in as many parts as there are; `between` is done to the card after each.
fn read_in_parts(
    bench: &Bench,
    between: &mut dyn FnMut(&mut dyn Link),
) -> Result<(Token, usize), LinkError> {
    let mut link = bench.reader.clone().connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    let mut reading = card::Reading::new(link.atr(), link.protocol());
    let mut parts = 0;
    loop {
        let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
        parts += 1;
        if reading.go_on(&mut channel, Some(Duration::ZERO), &mut |_| {})? {
            return Ok((reading.into_token(), parts));
        }
        between(link.as_mut());
    }
}

#[test]
fn a_reading_in_parts_brings_the_same_token_whatever_others_do_in_between() {
    let other = |link: &mut dyn Link| {
        // A payment application, which is not there: nothing is selected any more.
        let select = hex::decode("00A4040007A000000003101000").unwrap();
        link.exchange(&select).unwrap();
    };
    for name in [
        "both",
        "piv-used",
        "piv-plain",
        "openpgp-used",
        "openpgp-2",
        "cardos-used",
        "unknown",
    ] {
        let mut whole = Bench::practice(name).read();
        let (mut token, parts) = read_in_parts(&Bench::practice(name), &mut { other }).unwrap();
        assert!(parts > 2, "{name}");
        assert!(
            token.cost.commands >= whole.cost.commands,
            "{:?} {:?}",
            token.cost,
            whole.cost
        );
        (token.cost, whole.cost) = Default::default();
        assert_eq!(token, whole, "{name}");
    }
}

/// Two cards of which one answers; nobody sees the change.
struct Relay {
    cards: [Box<dyn Card>; 2],
    second: Arc<AtomicBool>,
}

impl Card for Relay {
    fn atr(&self) -> &[u8] {
        self.cards[0].atr()
    }

    fn reset(&mut self) {
        self.cards.iter_mut().for_each(|card| card.reset());
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.cards[usize::from(self.second.load(Ordering::Relaxed))].transmit(command)
    }
}

/// A CardOS token with this at the end of its serial number.
fn pkcs15(serial: u8) -> Box<dyn Card> {
    let model = CardOsModel::m4_2b([0x27, 0x37, 0xC0, 0x09, 0x2B, serial]);
    let owner = CardOsOwner {
        label: "VPN",
        pin_label: "User",
        pin: "654321",
        puk: "87654321",
        so_pin: "12345678",
        so_puk: "11223344",
        key: PrivateKey::from_pkcs8(include_bytes!("../data/practice/anna-authentication.key"))
            .unwrap(),
        certificate: include_bytes!("../data/practice/anna-authentication.crt"),
    };
    Box::new(CardOs::personal(model, &owner).unwrap())
}

#[test]
fn another_card_between_two_parts_ends_the_reading() {
    let chip = || Chip::new(ATR);
    let piv = |serial: u8| -> Box<dyn Card> {
        Box::new(chip().with(Piv::yubikey([5, 7, 1], serial.into())))
    };
    let openpgp = |serial: u8| -> Box<dyn Card> {
        Box::new(chip().with(OpenPgp::new(Model::version_3(serial.into()))))
    };
    let first = |card: Box<dyn Card>| {
        let reader = SimulatedReader::new("bench");
        reader.insert(card);
        Bench {
            reader,
            trace: Arc::default(),
        }
    };
    // The first parts know no card yet: the name of a PKCS#15 card comes after three SELECTs.
    type Make<'a> = &'a dyn Fn(u8) -> Box<dyn Card>;
    let makes: [(Make<'_>, usize); 3] = [(&piv, 3), (&openpgp, 3), (&pkcs15, 4)];
    for (card, known) in makes {
        // After the last nothing is asked any more.
        let (_, parts) = read_in_parts(&first(card(1)), &mut |_| {}).unwrap();
        assert!(parts > known + 3, "{parts}");
        for at in known..parts {
            let second = Arc::new(AtomicBool::new(false));
            let reader = SimulatedReader::new("bench");
            reader.insert(Box::new(Relay {
                cards: [card(1), card(2)],
                second: Arc::clone(&second),
            }));
            let bench = Bench {
                reader,
                trace: Arc::default(),
            };
            let mut seen = 0;
            let ended = read_in_parts(&bench, &mut |_| {
                seen += 1;
                second.store(seen >= at, Ordering::Relaxed);
            });
            assert_eq!(
                ended.err(),
                Some(LinkError::Removed),
                "after part {at} of {parts}"
            );
        }
    }
}

#[test]
fn a_certificate_for_another_key_is_a_mismatch() {
    let key = include_bytes!("../data/practice/pool-rsa2048-1.key");
    let certificate = include_bytes!("../data/practice/thomas-signature.crt");
    let piv = Piv::yubikey([5, 7, 1], 1)
        .with_key(0x9A, PrivateKey::from_pkcs8(key).unwrap())
        .with_certificate(0x9A, certificate);
    let token = Bench::with(Chip::new(ATR).with(piv)).read();
    let rows = token.application(PIV).unwrap().key_rows();
    assert!(
        rows.iter().any(|row| matches!(row, KeyRow::Mismatch(..))),
        "{rows:?}"
    );
}

#[test]
fn every_practice_card_can_be_read_to_the_end() {
    for practice in wardrobe::PRACTICE {
        let bench = Bench::practice(practice.name);
        // One of them leaves, one takes twenty seconds.
        if ["pulled", "slow"].contains(&practice.name) {
            continue;
        }
        let token = bench.read();
        assert!(token.complete, "{}", practice.name);
        let unreadable = token
            .applications
            .iter()
            .any(|application| application.state != ApplicationState::Readable);
        assert_eq!(
            unreadable,
            practice.name == "rubbish",
            "{}: {token:#?}",
            practice.name
        );
    }
}

#[test]
fn openpgp_certificate_and_keys_belong_together() {
    let token = Bench::practice("openpgp-used").read();
    let application = token.application(OPENPGP).unwrap();
    assert_eq!(application.keys.len(), 3);
    let rows = application.key_rows();
    assert!(
        rows.iter().any(|row| matches!(row, KeyRow::Pair(..))),
        "{rows:?}"
    );
    for key in &application.keys {
        assert_eq!(key.fingerprint.as_ref().unwrap().len(), 20);
        assert!(key.public_key.is_some() && key.created.is_some(), "{key:?}");
    }
}

#[test]
fn a_new_token_does_not_bear_its_makers_name() {
    let token = Bench::practice("piv-fresh").read();
    assert_eq!(token.label, None);
    let attestation = &token.application(PIV).unwrap().certificates;
    assert_eq!(attestation.len(), 1);
}
