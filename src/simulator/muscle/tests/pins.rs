//! Setup and PINs.

use super::{SELECT, SETUP, VERIFY, blank, ready, talk};
use crate::simulator::Card;
use crate::simulator::muscle::Build;

#[test]
fn a_blank_applet_takes_setup_once_and_nothing_else() {
    let mut card = blank(Build::jcop());
    talk(
        &mut card,
        &[
            ("B0 3C 00 00 40", "9C 05"),
            ("B0 77 00 00", "9C 05"),
            (SETUP, "90 00"),
            (SETUP, "6D 00"),
            (
                "B0 3C 00 00 40",
                "01 03 00 09 00 00 17 70 00 00 17 6E 02 00 00 00 90 00",
            ),
            ("B0 48 00 00 02", "00 03 90 00"),
            ("B0 48 00 00 03", "67 00"),
        ],
    );
}

#[test]
fn the_transport_pin_has_three_tries_where_it_is_looked_at() {
    let wrong = SETUP.replacen("4D", "4E", 1);
    let mut card = blank(Build::jcop());
    talk(
        &mut card,
        &[
            (&wrong, "9C 02"),
            (&wrong, "9C 02"),
            (&wrong, "9C 02"),
            (SETUP, "9C 0C"),
        ],
    );
    let mut card = blank(Build::jcop().with_transport_pin(None));
    talk(&mut card, &[(&wrong, "90 00")]);
    let mut card = blank(Build::jcop().with_transport_pin(Some("Nuscle00")));
    talk(&mut card, &[(SETUP, "9C 02"), (&wrong, "90 00")]);
    let mut card = blank(Build::jcop().with_memory(5999));
    talk(&mut card, &[(SETUP, "6F 00"), ("B0 3C 00 00 40", "9C 05")]);
}

#[test]
fn a_build_with_policy_wants_two_kinds_of_characters() {
    let mut card = blank(Build::jcop().with_pin_policy());
    let better = SETUP.replace("30*8", "41 30*7");
    talk(
        &mut card,
        &[
            (SETUP, "9C 0F"),
            (&better, "90 00"),
            (VERIFY, "9C 0F"),
            ("B0 42 01 00 08 41 30*7", "90 00"),
        ],
    );
}

/// The source keeps the admin's PIN before it looks at what follows.
#[test]
fn a_setup_that_fails_leaves_the_new_admin_pin_in_the_place_of_the_transport_pin() {
    let by_admin = |setup: &str| setup.replacen("4D 75 73 63 6C 65 30 30", "31 30*7", 1);
    let setup = SETUP.replacen("04 01 08 30*8", "04 01 08 31 30*7", 1);
    let fits = by_admin(&setup).replace("17 70", "10 00");
    // Too much memory.
    let mut card = blank(Build::jcop().with_memory(5999));
    talk(
        &mut card,
        &[
            (&setup, "6F 00"),
            (&setup, "9C 02"),
            (&by_admin(&setup), "6F 00"),
            (&setup, "9C 02"),
            (&setup, "9C 02"),
            (&setup, "9C 02"),
            (&fits, "90 00"),
        ],
    );
    let mut card = blank(Build::jcop().with_memory(5999));
    talk(&mut card, &[(&setup, "6F 00")]);
    talk(&mut card, &[(setup.as_str(), "9C 02"); 4]);
    talk(&mut card, &[(&fits, "9C 0C")]);
    // One of the other codes.
    let mixed = SETUP.replacen("04 01 08 30*8", "04 01 08 41 30*7", 1);
    let better = SETUP.replace("30*8", "41 30*7");
    let by_mixed = better.replacen("4D 75 73 63 6C 65 30 30", "41 30*7", 1);
    let mut card = blank(Build::jcop().with_pin_policy());
    talk(
        &mut card,
        &[
            (&mixed, "9C 0F"),
            (&better, "9C 02"),
            (&by_admin(SETUP), "9C 0F"),
            (&by_mixed, "90 00"),
        ],
    );
}

#[test]
fn pins_are_verified_changed_and_unblocked() {
    let mut card = ready();
    talk(
        &mut card,
        &[
            (VERIFY, "90 00"),
            ("B0 42 01 00 08 31*8", "9C 02"),
            ("B0 42 01 00 03 31*3", "9C 0F"),
            ("B0 42 05 00 08 30*8", "9C 10"),
            ("B0 42 01 01 08 30*8", "9C 11"),
            ("B0 44 01 00 12 08 30*8 08 31*8", "90 00"),
            ("B0 46 01 00 08 30*8", "9C 03"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "9C 06"),
            ("B0 42 00 00 08 30*8", "90 00"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "90 00"),
            ("B0 40 02 03 0A 04 31 32 33 34 04 35 36 37 38", "9C 10"),
            ("B0 48 00 00 02", "00 07 90 00"),
            ("B0 44 02 00 0A 04 31 32 33 34 04 39 39 39 39", "90 00"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 38*4", "9C 02"),
            ("B0 42 02 00 04 39*4", "9C 0C"),
            ("B0 46 02 00 04 36*4", "9C 02"),
            ("B0 46 02 00 04 35 36 37 38", "90 00"),
            ("B0 42 02 00 04 39*4", "90 00"),
        ],
    );
}

#[test]
fn an_unblock_code_is_blocked_as_well() {
    let mut card = ready();
    for _ in 0..5 {
        talk(&mut card, &[("B0 42 01 00 04 38*4", "9C 02")]);
    }
    talk(
        &mut card,
        &[
            (VERIFY, "9C 0C"),
            ("B0 46 01 00 08 31*8", "9C 02"),
            ("B0 46 01 00 08 31*8", "9C 02"),
            ("B0 46 01 00 08 30*8", "9C 0C"),
        ],
    );
}

#[test]
fn identities_come_and_go() {
    let logged = |bits: &str| format!("01 03 00 09 00 00 17 70 00 00 17 6E 02 00 {bits} 90 00");
    let status = "B0 3C 00 00 40";
    let mut card = ready();
    talk(
        &mut card,
        &[
            ("B0 42 00 00 08 30*8", "90 00"),
            (VERIFY, "90 00"),
            (status, &logged("00 03")),
            ("B0 42 00 00 08 31*8", "9C 02"),
            (status, &logged("00 02")),
            ("B0 44 01 00 12 08 30*8 08 30*8", "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
            ("B0 60 12 34", "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
            (SELECT, "90 00"),
            (status, &logged("00 00")),
            (VERIFY, "90 00"),
        ],
    );
    card.reset();
    talk(&mut card, &[(SELECT, "90 00"), (status, &logged("00 00"))]);
}
