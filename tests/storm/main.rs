//! A storm over the smart card service: killed, ended, frozen, started with other readers, its socket
//! gone, deaf or shut in our face, in an order that a seed decides. After each blow the backend is
//! back by itself, knows exactly the readers that the service knows, and every request has ended
//! exactly once. What is left behind is counted at the end.
//!
//! `SYMBOLON_STORM` is the number of blows (100), `SYMBOLON_SEED` decides their order.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod blows;
mod children;
mod desk;
mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::time::Duration;

use blows::{Blow, Weather};
use desk::Desk;
use figures::{Census, Latencies};
use symbolon::base::os::set_env_before_threads;

/// Within which time the backend knows the readers of a service that answers again, and the card in
/// one of them.
const BACK_LIMIT: Duration = Duration::from_secs(2);

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number"))
    })
}

/// All in one test: where the service listens, and where programs are, is in the environment of the
/// process.
#[test]
fn a_storm_over_the_service_leaves_nothing_behind() {
    let rounds = number("SYMBOLON_STORM", 100);
    let seed = number("SYMBOLON_SEED", 0x5359_4D42);
    println!("{rounds} blows, SYMBOLON_SEED={seed}");

    let stubs = children::Stubs::write();
    let mut weather = Weather::new(seed);
    set_env_before_threads("PCSCLITE_CSOCK_NAME", weather.socket());
    set_env_before_threads("PATH", stubs.path());

    let mut desk = Desk::open();
    desk.until_readers("the first look", &weather.readers());
    desk.until_token("the first card");
    let before = Census::take();

    let mut back = Latencies::new("readers known again after the service answers");
    let mut read = Latencies::new("card read again after the service answers");
    for round in 0..rounds {
        let blow = weather.choose();
        let what = format!("round {round}, {blow:?}");
        desk.ask_in_the_middle(&what);
        let answers = weather.strike(&blow, &mut desk);
        let known = desk.until_readers(&what, &weather.readers());
        back.add(blow.name(), known.saturating_duration_since(answers));
        let token = desk.until_token(&what);
        read.add(blow.name(), token.saturating_duration_since(answers));
        desk.until_all_ended(&what);
    }
    println!("order: {}", weather.order());
    back.print();
    read.print();
    desk.print_ends();

    // The first configuration again, so that like is compared with like.
    let answers = weather.strike(&Blow::first_readers(), &mut desk);
    let known = desk.until_readers("the end", &weather.readers());
    back.add("end", known.saturating_duration_since(answers));
    let token = desk.until_token("the end");
    read.add("end", token.saturating_duration_since(answers));
    before.assert_level(&mut desk);

    children::hold_no_context(&stubs, &mut desk);
    desk.close();
    for (what, longest) in [("readers", back.longest()), ("card", read.longest())] {
        assert!(
            longest <= BACK_LIMIT,
            "{what} back after {longest:?}, and no later than {BACK_LIMIT:?} is promised"
        );
    }
}
