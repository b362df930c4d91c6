//! Beside other programs on one token: GnuPG's daemon (sharing, and keeping the card for itself as
//! it does unless told otherwise), OpenSC, `pcsc_scan` and a second Symbolon.
//!
//! Every neighbour runs without us first. With us, none may fail that did not fail before; we may
//! be refused by nobody but the one who keeps the card for itself, who is named; and we keep a card
//! for a second at most, however slow it is. While somebody keeps the card, the others are refused,
//! too: each run has to end with just that.
//!
//! `SYMBOLON_NEIGHBOURS` is how long all of them are beside us on one token, in seconds; everything
//! else comes on top. In `make neighbours` that are five minutes, and the whole takes ten.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod others;
mod ours;
mod proxy;
mod slow;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use others::{Neighbour, Street};
use ours::{Ours, Pin};
use proxy::{Proxy, Seen};
use support::cards::IndependentCard;
use support::gnupg::GnuPg;
use support::pcscd::{PrivatePcscd, Slot};
use symbolon::base::os::set_env_before_threads;
use symbolon::token::ApplicationKind;

/// The longest that the card may be ours.
const LONGEST_HOLD: Duration = Duration::from_secs(1);

/// How long all of them are together if nobody says how long, in seconds.
const USUAL: u64 = 10;

/// The longest that any other part takes.
const LONGEST_PART: Duration = Duration::from_secs(60);

/// All in one test: where the service listens is in the environment of the process.
#[test]
fn good_neighbours() {
    let wanted = std::env::var("SYMBOLON_NEIGHBOURS").ok();
    let seconds = wanted.map_or(USUAL, |wanted| wanted.parse().expect("seconds"));
    let all_together = Duration::from_secs(seconds);
    let share = |percent: u32| (all_together * percent / 100).min(LONGEST_PART);

    let service = PrivatePcscd::start(4);
    let proxy = Proxy::to(&service.slot(0).socket);
    set_env_before_threads("PCSCLITE_CSOCK_NAME", proxy.socket());
    let _cards = (
        IndependentCard::openpgp(service.slot(0)),
        IndependentCard::piv(service.slot(1)),
        slow::Served::start(service.slot(2), Duration::from_millis(60)),
    );
    let mut holds = Seen::default();
    let mut failures = Vec::new();
    let openpgp = Pin {
        application: ApplicationKind::OpenPgp,
        text: "123456",
    };
    let piv = Pin {
        application: ApplicationKind::Piv,
        text: "123456",
    };
    let gnupg = GnuPg::new(service.slot(0));
    for (slot, pin, gnupg, alone, together) in [
        (
            service.slot(0),
            openpgp,
            Some(&gnupg),
            share(40),
            all_together,
        ),
        (service.slot(1), piv, None, share(25), share(50)),
    ] {
        let street = |ours: bool| Street {
            slot,
            gnupg,
            second: ours.then(|| (proxy.socket(), pin)),
            rest: Duration::ZERO,
            kept_by: None,
        };
        let reference = street(false).live(alone, || ());
        tell("without us", slot, &reference);
        let mut here = Ours::start(slot);
        let beside = street(true).live(together, || here.work(slot, pin));
        tell(&format!("with us for {together:?}"), slot, &beside);
        failures.extend(judge(&reference, &beside));
        failures.extend(here.end(slot, pin));
        add(&mut holds, proxy.take());
    }
    drop(gnupg);

    let second = (proxy.socket(), openpgp);
    failures.extend(kept_by_scdaemon(service.slot(0), &second, share(60)));
    failures.extend(kept_for_a_moment(service.slot(1), piv, share(20)));
    add(&mut holds, proxy.take());

    failures.extend(slow_card(service.slot(2), share(50)));
    let slow = proxy.take();
    tell_holds("slow card", &slow);
    add(&mut holds, slow);
    tell_holds("all cards", &holds);

    control(service.slot(0), &proxy);
    let longest = holds.holds.iter().max().copied().unwrap_or_default();
    assert!(holds.holds.len() > 20, "{holds:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(longest <= LONGEST_HOLD, "the card was ours for {longest:?}");
}

/// A card on which a reading takes many seconds.
fn slow_card(slot: &Slot, time: Duration) -> Vec<String> {
    let street = Street {
        slot,
        gnupg: None,
        second: None,
        rest: Duration::from_secs(3),
        kept_by: None,
    };
    let mut here = Ours::start(slot);
    let pin = Pin {
        application: ApplicationKind::Piv,
        text: "654321",
    };
    here.verify(slot, pin);
    let beside = street.live(time, || here.work(slot, pin));
    tell("with us, slow card", slot, &beside);
    let mut failures = judge(&[], &beside);
    failures.extend(here.end(slot, pin));
    failures
}

/// The control: a program that keeps the card too long, and a neighbour that fails, are found.
fn control(slot: &Slot, proxy: &Proxy) {
    let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
    let name = std::ffi::CString::new(slot.reader.as_str()).unwrap();
    let (shared, any) = (pcsc::ShareMode::Shared, pcsc::Protocols::ANY);
    let mut card = context.connect(&name, shared, any).unwrap();
    let transaction = card.transaction().unwrap();
    std::thread::sleep(LONGEST_HOLD + Duration::from_millis(50));
    drop(transaction);
    drop(card);
    let seen = proxy.take();
    assert!(
        seen.holds.iter().any(|hold| *hold > LONGEST_HOLD),
        "{seen:?}"
    );
    let failed = Neighbour {
        name: "planted",
        runs: 1,
        failures: vec!["planted".to_owned()],
    };
    assert_eq!(judge(&[], &[failed]).len(), 1);
    println!("control: a hold of {LONGEST_HOLD:?} and more, and a neighbour that fails, are found");
}

#[test]
fn a_card_that_nobody_pulled_is_not_removed() {
    let block = |reader: &str, event: u8, state: &str| {
        format!("\n Reader 0: {reader}\n  Event number: {event}\n  Card state: {state}, \n")
    };
    let faults = |blocks: &[String]| others::judge_scan(&blocks.concat(), "A").len();
    let found = [
        block("A", 1, "Card inserted, Shared Mode"),
        block("B", 0, "Card removed"),
    ]
    .concat();
    assert_eq!(faults(std::slice::from_ref(&found)), 0);
    assert_eq!(faults(&[found.clone(), block("A", 1, "Card inserted")]), 0);
    for wrong in [
        block("A", 2, "Card removed"),
        // It was away in between.
        block("A", 3, "Card inserted, Shared Mode"),
        block("A", 1, "Card inserted, Unresponsive card"),
        block("B", 1, "Card inserted"),
        "SCardGetStatusChange: Service not available.\n".to_owned(),
    ] {
        assert!(faults(&[found.clone(), wrong.clone()]) > 0, "{wrong}");
    }
    assert!(faults(&[block("B", 0, "Card removed")]) > 0);
    assert!(faults(&[]) > 0);
}

/// GnuPG keeps the card: we say so, name it, and read by ourselves when it lets go. The others are
/// refused as well.
fn kept_by_scdaemon(slot: &Slot, second: &(PathBuf, Pin), time: Duration) -> Vec<String> {
    const ROUNDS: u32 = 2;
    let gnupg = GnuPg::keeping(slot);
    let mut here = Ours::start(slot);
    let mut failures = Vec::new();
    for _ in 0..ROUNDS {
        // It gets the card for itself only while nobody else has it; then everybody comes.
        let status = support::process::finish(gnupg.gpg().arg("--card-status"), "");
        if !status.status.success() {
            failures.push(format!("gpg --card-status: {status}"));
        }
        let street = Street {
            slot,
            gnupg: Some(&gnupg),
            second: Some(second.clone()),
            rest: Duration::ZERO,
            kept_by: Some("scdaemon"),
        };
        let beside = street.live(time / ROUNDS, || here.is_refused(slot, "scdaemon"));
        tell("kept by scdaemon", slot, &beside);
        failures.extend(judge(&[], &beside));
        gnupg.release_card();
        here.reads_by_itself(slot);
    }
    println!(
        "kept by scdaemon: {ROUNDS} times, {} refusals, read again by itself {ROUNDS} times; holders named: {:?}",
        here.refusals(),
        here.holders()
    );
    if here.holders() != ["scdaemon"] {
        failures.push(format!("holders named: {:?}", here.holders()));
    }
    failures.extend(here.end(slot, second.1));
    failures
}

/// A program that keeps the card for less time than the service takes to tell of it.
fn kept_for_a_moment(slot: &Slot, pin: Pin, time: Duration) -> Vec<String> {
    let mut here = Ours::start(slot);
    let (mut rounds, started) = (0, Instant::now());
    while started.elapsed() < time || rounds < 3 {
        rounds += 1;
        here.is_kept_for_a_moment(slot);
        here.reads_by_itself(slot);
    }
    println!("kept for a moment: {rounds} times, read again by itself {rounds} times");
    here.end(slot, pin)
}

fn add(all: &mut Seen, more: Seen) {
    all.holds.extend(more.holds);
    all.connects += more.connects;
    all.commands += more.commands;
}

fn tell(when: &str, slot: &Slot, neighbours: &[Neighbour]) {
    for neighbour in neighbours {
        println!(
            "{when}, {}: {}: {} runs, failures {}",
            slot.reader,
            neighbour.name,
            neighbour.runs,
            neighbour.failures.len()
        );
        for failure in neighbour.failures.iter().take(3) {
            println!("{failure}");
        }
    }
}

fn tell_holds(what: &str, seen: &Seen) {
    let mut holds = seen.holds.clone();
    holds.sort();
    let at = |part: usize| holds.get(part).copied().unwrap_or_default();
    println!(
        "holds by us, {what}: {} in {} connections with {} commands; median {:?}, longest {:?}",
        holds.len(),
        seen.connects,
        seen.commands,
        at(holds.len() / 2),
        at(holds.len().saturating_sub(1))
    );
}

/// What failed with us and not without us.
fn judge(without: &[Neighbour], with: &[Neighbour]) -> Vec<String> {
    for neighbour in without.iter().chain(with) {
        assert!(neighbour.runs > 0, "{} never ran", neighbour.name);
    }
    with.iter()
        .filter(|neighbour| {
            let failed_before = without
                .iter()
                .any(|before| before.name == neighbour.name && !before.failures.is_empty());
            assert!(!failed_before, "{} is no reference", neighbour.name);
            !neighbour.failures.is_empty()
        })
        .map(|neighbour| {
            format!(
                "{}: {} of {} runs failed; the first:\n{}",
                neighbour.name,
                neighbour.failures.len(),
                neighbour.runs,
                neighbour.failures[0]
            )
        })
        .collect()
}
