//! Cards that say something else than they did, in the middle of a plan.

use std::sync::{Arc, Mutex};

use symbolon::plan::recipe::Given;
use symbolon::plan::{RunError, SetupError};
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Desk, Lie, secrets, setup};
use crate::opensc::SERIAL;

const SET_UP: &str = "name='a'\nlabel='T'\n[so-pin]\n[[pin]]\n";
const KEY: &str = "name='a'\n[[key]]\n";

fn prepared(profiles: &[&str]) -> Desk {
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    for profile in profiles {
        let plan = desk.plan(profile, Given::default());
        desk.run(&plan, &mut secrets(), None).result.unwrap();
    }
    desk
}

/// A card that answers the n-th command with something wrong, once without and once with having
/// done it: the plan stops with a reason, and goes on to the same card.
#[test]
fn an_error_at_any_command_stops_a_plan_that_goes_on_afterwards() {
    for (name, before, profile) in [
        ("set up", &[][..], SET_UP),
        ("key", &[SET_UP][..], KEY),
        (
            "erase",
            &[SET_UP, KEY][..],
            "name='a'\nerase='application'\n",
        ),
    ] {
        let whole = prepared(before);
        let plan = whole.plan(profile, Given::default());
        let commands = whole.run(&plan, &mut secrets(), None).commands;
        let expected = whole.image();
        let mut tried = 0;
        for sw in [0x6F00_u16, 0x6982, 0x6581] {
            for at in 0..commands {
                for carried_out in [false, true] {
                    let desk = prepared(before);
                    let plan = desk.plan(profile, Given::default());
                    let answer = Arc::new(Mutex::new(Some(sw.to_be_bytes().to_vec())));
                    let lie = Lie::at(at, carried_out, answer);
                    let ended = desk.run_lied_to(&plan, &mut secrets(), lie);
                    // Some answers are of no importance.
                    if ended.result.is_err() {
                        let resumed = desk.resume(&mut secrets(), None).result;
                        resumed.unwrap_or_else(|error| panic!("{name}, {sw:04X} at {at}: {error}"));
                    }
                    assert!(desk.image() == expected, "{name}, {sw:04X} at {at}");
                    tried += 1;
                }
            }
        }
        println!("lies in the middle of “{name}”: {tried}, each went on to the same card");
    }
}

/// The file in which the card writes the public half of a new key.
fn output(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut inner = vec![0x81, 0x82, 0x01, 0x00];
    inner.extend(modulus);
    inner.extend([0x82, u8::try_from(exponent.len()).unwrap()]);
    inner.extend(exponent);
    let [high, low] = u16::try_from(inner.len()).unwrap().to_be_bytes();
    let mut file = vec![0x7F, 0x49, 0x82, high, low];
    file.extend(inner);
    file.resize(512, 0x00);
    file.extend([0x90, 0x00]);
    file
}

/// A key that is none, of another size or even, one that belongs to somebody else, and a signature
/// that does not belong to it: none of them is ever listed.
#[test]
fn a_new_key_that_is_none_is_not_listed() {
    let odd = |first: u8, last: u8, len: usize| {
        let mut modulus = vec![0x5A; len];
        modulus[0] = first;
        modulus[len - 1] = last;
        modulus
    };
    let f4 = [0x01, 0x00, 0x01];
    let short = {
        let mut file = vec![0x7F, 0x49, 0x81, 0x88, 0x81, 0x81, 0x80];
        file.extend(odd(0xC5, 0x5B, 128));
        file.extend([0x82, 0x03, 0x01, 0x00, 0x01]);
        file.resize(512, 0x00);
        file.extend([0x90, 0x00]);
        file
    };
    let answers = [
        ("a modulus of ones", output(&[0xFF; 256], &f4)),
        ("another key", output(&odd(0xC5, 0x5B, 256), &f4)),
        ("an even modulus", output(&odd(0xC5, 0x5A, 256), &f4)),
        (
            "a modulus with a leading zero",
            output(&odd(0x00, 0x5B, 256), &f4),
        ),
        ("another exponent", output(&odd(0xC5, 0x5B, 256), &[0x03])),
        ("1024 bits", short),
        ("nothing", vec![0x90, 0x00]),
        ("noise", [vec![0xA5; 512], vec![0x90, 0x00]].concat()),
    ];
    let desk = prepared(&[SET_UP]);
    for (name, answer) in answers {
        let plan = desk.plan(KEY, Given::default());
        // READ BINARY of the new public half.
        let lie = Lie::to([0x00, 0xB0, 0x00, 0x00], answer);
        let error = desk
            .run_lied_to(&plan, &mut secrets(), lie)
            .result
            .unwrap_err();
        assert!(is_bad_key(&error), "{name}: {error}");
        assert_eq!(desk.token().applications[0].keys.len(), 0, "{name}");
        desk.give_up();
    }
    for (name, answer) in [
        (
            "a signature of ones",
            [vec![0xFF; 256], vec![0x90, 0x00]].concat(),
        ),
        ("no signature", vec![0x90, 0x00]),
    ] {
        let plan = desk.plan(KEY, Given::default());
        let lie = Lie::to([0x00, 0x2A, 0x9E, 0x9A], answer);
        let error = desk
            .run_lied_to(&plan, &mut secrets(), lie)
            .result
            .unwrap_err();
        assert!(is_bad_key(&error), "{name}: {error}");
        assert_eq!(desk.token().applications[0].keys.len(), 0, "{name}");
        desk.give_up();
    }
    // The same card, no longer lied about, has its key.
    let plan = desk.plan(KEY, Given::default());
    desk.run(&plan, &mut secrets(), None).result.unwrap();
}

fn is_bad_key(error: &RunError) -> bool {
    matches!(setup(error), SetupError::BadKey(_) | SetupError::Card(_))
}
