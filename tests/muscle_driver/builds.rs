//! Builds of the applet that differ: what each refuses has a name, and what it takes is done.

use symbolon::card::CardError;
use symbolon::card::muscle::write;
use symbolon::card::muscle::{MuscleError, find};
use symbolon::simulator::MuscleBuild;
use symbolon::token::{ApplicationKind, ApplicationState, PinRole, TriesLeft};

use crate::bench::{Bench, JCOP};
use crate::life::{CERTIFICATE, PIN, certificate, key, set_up, show, surveyed, until};

/// The first set-up of a new card of that build.
fn first(build: MuscleBuild, default: &[u8], pin: &[u8]) -> Result<(), CardError> {
    Bench::built(build, JCOP).with(|channel| {
        find(channel)?;
        set_up(channel, default, pin, false)
    })
}

/// Version 0.9.11 ends lists aloud, keeps the rules of imported keys, and wants two kinds of characters.
#[test]
fn an_older_build_lives_the_same_life() {
    let card = Bench::built(MuscleBuild::version_0_9_11(), JCOP);
    until(&card, "delete a certificate");
    let token = card.read();
    let found = token.application(ApplicationKind::Pkcs15).unwrap();
    assert_eq!(found.state, ApplicationState::Readable);
    assert_eq!((found.keys.len(), found.certificates.len()), (2, 1));
    let survey = card.with(surveyed).unwrap();
    let rules: Vec<_> = survey.places.iter().map(|place| place.rules.0).collect();
    let pair = [[0xFFFF, 0x0002, 0x0002], [0x0000, 0x0002, 0x0000]];
    assert_eq!(rules, [pair, pair].concat());
}

#[test]
fn a_refused_set_up_says_why() {
    let jcop = MuscleBuild::jcop;
    let digits = first(jcop().with_pin_policy(), b"Muscle00", b"11111111");
    assert_eq!(digits, Err(MuscleError::PinsRefused.into()));
    assert_eq!(first(jcop().with_pin_policy(), b"Muscle00", PIN), Ok(()));
    let role = PinRole::SecurityOfficer;
    let left = TriesLeft::Unknown;
    let other = first(
        jcop().with_transport_pin(Some("Secret00")),
        b"Muscle00",
        PIN,
    );
    assert_eq!(other, Err(CardError::WrongPin { role, left }));
    let right = first(
        jcop().with_transport_pin(Some("Secret00")),
        b"Secret00",
        PIN,
    );
    assert_eq!(right, Ok(()));
    assert_eq!(
        first(jcop().with_transport_pin(None), b"Whatever", PIN),
        Ok(())
    );
}

#[test]
fn a_size_that_the_card_has_not_is_named() {
    let card = Bench::built(MuscleBuild::cyberflex(), JCOP);
    until(&card, "generate");
    let made = |bits| {
        card.with(|channel| {
            let mut survey = surveyed(channel)?;
            show(channel, &survey)?;
            write::generate_key(channel, &mut survey, &key(0x45, 0, bits)).map(|_| ())
        })
    };
    assert_eq!(made(2048), Err(MuscleError::KeySize { bits: 2048 }.into()));
    assert_eq!(made(1024), Ok(()));
}

/// What has no room is refused, and what was there is there as it was.
#[test]
fn a_full_card_stays_what_it_was() {
    let card = Bench::blank(JCOP);
    until(&card, "generate");
    let store = |id| {
        card.with(|channel| {
            let mut survey = surveyed(channel)?;
            show(channel, &survey)?;
            write::store_certificate(channel, &mut survey, &certificate(id, CERTIFICATE))
        })
    };
    let mut stored = 0;
    let refused = loop {
        match store(0x50 + stored) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, MuscleError::Full.into());
    assert!(stored >= 7, "{stored}");
    let token = card.read();
    let found = token.application(ApplicationKind::Pkcs15).unwrap();
    assert_eq!(found.state, ApplicationState::Readable);
    assert_eq!(found.certificates.len(), usize::from(stored));
    // A second one of the same size is refused in the same way: nothing eats memory.
    assert_eq!(store(0x70), Err(MuscleError::Full.into()));
}

/// The applet has the officer's PIN in the place of its transport PIN then.
#[test]
fn a_set_up_that_was_refused_is_done_again() {
    let again = |card: &Bench, pin, again| {
        card.with(|channel| {
            find(channel)?;
            set_up(channel, b"Muscle00", pin, again)
        })
    };
    let refused = Err(MuscleError::PinsRefused.into());
    let card = Bench::built(MuscleBuild::jcop().with_pin_policy(), JCOP);
    assert_eq!(again(&card, b"11111111", false), refused);
    for _ in 0..8 {
        assert_eq!(again(&card, b"22222222", true), refused);
    }
    assert_eq!(again(&card, PIN, true), Ok(()));
    // As long as memory is missing, no try is lost for good.
    let card = Bench::built(MuscleBuild::jcop().with_memory(4096), JCOP);
    let exception = again(&card, PIN, false);
    assert!(
        matches!(exception, Err(CardError::Status { .. })),
        "{exception:?}"
    );
    for _ in 0..8 {
        assert_eq!(again(&card, PIN, true), exception);
    }
}
