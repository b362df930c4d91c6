//! The simulated applet lies at one command or at all of a kind (sheet "hostile-cards", H-07, H-09, H-15).

use symbolon::base::secret::Secret;
use symbolon::card::muscle::write::{self, Survey, show_pin};
use symbolon::card::muscle::{MuscleError, State, compute, find};
use symbolon::card::{self, CardError};
use symbolon::simulator::faults::{Fault, Trigger};
use symbolon::token::ApplicationState;
use symbolon::transport::link::{LinkError, Protocol};

use crate::bench::{Bench, JCOP};
use crate::life::{PIN, key, show, surveyed, until};

/// Lengths that are told, and what comes with them.
const LENGTHS: [&[u8]; 5] = [
    &[0x7F, 0xFF, 0x00],
    &[0xFF, 0xFF, 0x00],
    &[0xFF, 0xFF],
    &[0x00, 0x00],
    &[0x00],
];

/// FINAL is the fifth command: after SELECT, GetStatus, VerifyPIN and INIT.
#[test]
fn a_length_before_a_result_is_not_believed() {
    for answer in LENGTHS {
        let card = Bench::blank(JCOP);
        until(&card, "store a certificate");
        let done = card.scripted(Trigger::Number(5), Fault::data(answer), |channel| {
            find(channel).unwrap();
            show_pin(channel, 1, &Secret::new(PIN)).unwrap();
            compute::sign(channel, 2, &[0x11; 128])
        });
        assert!(matches!(done, Err(CardError::Malformed(_))), "{done:?}");
    }
}

/// By objects: the first ReadObject brings the length of the result. Nothing is left on the card.
#[test]
fn nor_is_one_in_an_object() {
    for answer in LENGTHS {
        let card = Bench::practice("muscle-t0");
        let (done, left) = card.scripted(Trigger::Ins(0x56), Fault::data(answer), |channel| {
            find(channel).unwrap();
            show_pin(channel, 1, &Secret::new(b"654321")).unwrap();
            let done = compute::sign(channel, 0, &[0x11; 256]);
            (done, write::survey(channel).unwrap().objects)
        });
        // More than was asked for is no answer at all.
        let refused = matches!(
            done,
            Err(CardError::Malformed(_) | CardError::Link(LinkError::Protocol(_)))
        );
        assert!(refused, "{done:?}");
        assert!(left.iter().all(|object| object.id.0[..3] != [0xFF; 3]));
    }
}

#[test]
fn lists_that_never_end_are_cut_short() {
    let object = [0x12, 0x34, 0x56, 0x78, 0, 0, 0, 9, 0, 0, 0, 2, 0, 2];
    let place = [0, 3, 0xFF, 8, 0, 0xFF, 0xFF, 0, 2, 0, 2];
    for (ins, entry) in [(0x58, &object[..]), (0x3A, &place)] {
        let card = Bench::practice("muscle-2048-place");
        let lie = || Fault::data(entry);
        let (token, spent) = card.scripted(Trigger::EveryIns(ins), lie(), |channel| {
            let token = card::read(channel, Protocol::T1, &mut |_| {}).unwrap();
            (token, channel.cost().commands)
        });
        let ApplicationState::Unreadable(why) = &token.applications[0].state else {
            panic!("{ins:02X}: {:?}", token.applications[0].state);
        };
        assert!(why.detail.as_str().contains("list cut short"), "{why:?}");
        assert!(spent < 500, "{ins:02X}: {spent}");
        let survey = card.scripted(Trigger::EveryIns(ins), lie(), surveyed);
        assert_eq!(survey.err(), Some(MuscleError::Endless.into()), "{ins:02X}");
    }
}

/// What is in the objects, whatever the key places are.
fn stored(mut survey: Survey) -> Survey {
    survey.places.clear();
    survey.objects.sort_by_key(|object| object.id);
    survey.state = State::Blank;
    survey
}

/// The card says of its new key what is none, or another one: of what it says, everything is looked at
/// before anything names the key.
#[test]
fn a_new_key_that_is_none_is_refused_before_anything_is_stored() {
    let even = [vec![0x80; 127], vec![0x02]].concat();
    let short = [vec![0x00; 8], vec![0x81; 120]].concat();
    let another = vec![0x81; 128];
    // In turn: the header, the length of the modulus, the modulus, the length of the exponent, and
    // the exponent.
    for (number, bytes) in [
        (1, vec![0x00, 0x01, 0x08, 0x00]),
        (1, vec![0x00, 0x03, 0x04, 0x00]),
        (1, vec![0x01, 0x01, 0x04, 0x00]),
        (2, vec![0x00, 0x40]),
        (2, vec![0xFF, 0xFF]),
        (3, even),
        (3, short),
        (3, another),
        (3, vec![0x00; 128]),
        (4, vec![0x00, 0x00]),
        (4, vec![0xFF, 0xFF]),
        (5, vec![0x00, 0x00, 0x00]),
        (5, vec![0x00, 0x00, 0x01]),
        (5, vec![0x01, 0x00, 0x00]),
    ] {
        let card = Bench::blank(JCOP);
        until(&card, "generate");
        let before = card.with(surveyed).unwrap();
        // SELECT, GetStatus, VerifyPIN, the list of keys (one command), GenerateKeyPair, ExportKey.
        let trigger = Trigger::Number(6 + number);
        let mut survey = before.clone();
        let done = card.scripted(trigger, Fault::data(&bytes), |channel| {
            find(channel)?;
            show(channel, &before)?;
            write::generate_key(channel, &mut survey, &key(0x45, 0, 1024)).map(|_| ())
        });
        let what = format!("{number}: {bytes:02X?}");
        assert_eq!(done, Err(MuscleError::BadKey.into()), "{what}");
        assert_eq!(survey, before, "{what}");
        let after = card.with(surveyed).unwrap();
        assert_eq!(stored(after), stored(before), "{what}");
    }
}
