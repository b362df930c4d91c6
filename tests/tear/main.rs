//! Cards torn out of a real smart card service, programs killed and services crashed in the middle of a
//! plan: `symbolonctl plan resume` ends with the same card.
//!
//! At every n-th command that the card gets one of three things happens: the card is pulled, the program
//! gets SIGKILL, the service gets SIGKILL. `make test` tries a sample, `make tear` every n
//! (`SYMBOLON_TEAR` is the distance between two). That a link is cut at every command, once before it
//! arrives and once after, is in `tests/plans`, for every recipe.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod desk;
#[path = "../support/mod.rs"]
mod support;

use desk::{Blow, Desk};

/// A plan with an officer, a PIN, a key that is made and data that comes from a file.
const PROFILE: &str = "name = 'Torn'\nlabel = 'VPN Anna Rossi'\n[so-pin]\nmin = 6\n[[pin]]\n[[key]]\nsize = 1024\n\
     [[data]]\nlabel = 'note'\nprogram = 'demo'\nfile = 'note.txt'\n";

/// How far apart the blows of a sample are: about three of each kind, twice.
const USUAL_DISTANCE: usize = 29;

fn distance() -> usize {
    std::env::var("SYMBOLON_TEAR").map_or(USUAL_DISTANCE, |text| text.parse().unwrap())
}

#[test]
fn whatever_is_torn_the_card_is_the_same_in_the_end() {
    let mut desk = Desk::new(PROFILE);
    let (expected, commands) = desk.undisturbed();
    let distance = distance();
    let mut tried = [0; 3];
    for (kind, blow) in [Blow::Pull, Blow::Kill, Blow::Crash]
        .into_iter()
        .enumerate()
    {
        // Each kind begins elsewhere, so that a sample has more places.
        let first = kind * distance / 3;
        for at in (first..commands).step_by(distance) {
            for carried_out in [false, true] {
                desk.torn(blow, at, carried_out);
                let image = desk.image();
                assert!(
                    image == expected,
                    "{blow:?} at {at}, carried out: {carried_out}: {}",
                    desk::difference(&expected, &image)
                );
                tried[kind] += 1;
            }
        }
    }
    println!(
        "torn in a real service: {commands} commands, {} cards pulled, {} programs killed, {} services crashed; \
         each went on to the same card",
        tried[0], tried[1], tried[2]
    );
}
