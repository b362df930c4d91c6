//! How often programs that have nothing to do wake up: `cargo bench --bench idle`.
//!
//! All of them run at once for a minute: our window and our command line, each once with a real
//! smart card service that has readers and a card, and once with practice cards; `pcsc_scan`
//! with that service; and the windows of `seahorse` and `kleopatra`. A thread that goes to sleep by itself was awake before; the
//! kernel counts that (`voluntary_ctxt_switches`). Threads are listed by name, so that what one
//! program provokes in another can be told from what it does by itself.
//!
//! `libpcsclite` (1.9) itself wakes once a minute in a program that waits for readers without a
//! limit, to see whether the service is still there.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use common::desktop::{Desktop, end};
use common::process::wakings;
use common::table::Table;
use common::{in_english, print_conditions};
use support::cards::IndependentCard;
use support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use support::process::find;

/// How long is counted.
const MINUTE: Duration = Duration::from_secs(60);

/// Every program is at rest when nothing happened in any of them for so long.
const REST: Duration = Duration::from_secs(5);

/// When they are not at rest by then, they will not be.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program under observation.
struct Sleeper {
    name: &'static str,
    child: Child,
}

/// By thread: its name and how often it was awake.
type Wakings = BTreeMap<u32, (String, u64)>;

/// Starts all of them. One window of a name runs on a bus, so the practice cards have a desktop
/// of their own.
fn sleepers(desktop: &Desktop, other: &Desktop, service: &PrivatePcscd) -> Vec<Sleeper> {
    let start = |desktop: &Desktop, name, program: PathBuf, arguments: &[&str]| {
        let mut command = desktop.command(program);
        command.args(arguments);
        command.env(SOCKET_VARIABLE, &service.slot(0).socket);
        let child = command.spawn().unwrap();
        Sleeper { name, child }
    };
    let window = || PathBuf::from(env!("CARGO_BIN_EXE_symbolon"));
    let terminal = || PathBuf::from(env!("CARGO_BIN_EXE_symbolonctl"));
    let practice = ["--no-readers", "--practice"];
    vec![
        start(desktop, "symbolon, 4 readers, 1 card", window(), &[]),
        start(other, "symbolon, 6 practice cards", window(), &practice),
        start(
            desktop,
            "symbolonctl readers --watch, 4 readers, 1 card",
            terminal(),
            &["readers", "--watch"],
        ),
        start(
            other,
            "symbolonctl readers --watch, practice cards",
            terminal(),
            &["--practice", "readers", "--watch"],
        ),
        start(
            desktop,
            "pcsc_scan, 4 readers, 1 card",
            find("pcsc_scan", "pcsc-tools"),
            &[],
        ),
        start(desktop, "seahorse", find("seahorse", "seahorse"), &[]),
        start(desktop, "kleopatra", find("kleopatra", "kleopatra"), &[]),
    ]
}

fn main() {
    in_english();
    print_conditions();
    let service = PrivatePcscd::start(4);
    let _card = IndependentCard::piv(service.slot(0));
    let (desktop, other) = (Desktop::start(), Desktop::start());
    let mut sleepers = sleepers(&desktop, &other, &service);
    wait_for_rest(&sleepers);
    let before: Vec<Wakings> = sleepers.iter().map(|one| wakings(one.child.id())).collect();
    thread::sleep(MINUTE);
    let mut table = Table::new(["program", "wakings a minute", "of the threads"]);
    for (sleeper, before) in sleepers.iter_mut().zip(&before) {
        let ended = sleeper.child.try_wait().unwrap();
        assert!(ended.is_none(), "{} ended: {ended:?}", sleeper.name);
        let of_threads = difference(before, &wakings(sleeper.child.id()));
        let all: u64 = of_threads.values().sum();
        let of_threads = of_threads
            .iter()
            .map(|(thread, times)| format!("{thread} {times}"));
        let of_threads: Vec<String> = of_threads.collect();
        table.row([
            sleeper.name.to_owned(),
            all.to_string(),
            of_threads.join(", "),
        ]);
    }
    table.print();
    for sleeper in sleepers {
        end(sleeper.child);
    }
}

/// How often threads of each name were awake between two looks.
fn difference(before: &Wakings, after: &Wakings) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (number, (name, times)) in after {
        let already = before.get(number).map_or(0, |(_, times)| *times);
        if *times > already {
            *all.entry(name.clone()).or_default() += times - already;
        }
    }
    all
}

/// Starting takes as long as it takes: until none of them did anything for a while.
///
/// A program that never rests ends the wait too, and is then counted as it is.
fn wait_for_rest(sleepers: &[Sleeper]) {
    let begin = Instant::now();
    let look = |sleepers: &[Sleeper]| -> Vec<Wakings> {
        sleepers.iter().map(|one| wakings(one.child.id())).collect()
    };
    let mut before = look(sleepers);
    let mut quiet = Instant::now();
    while quiet.elapsed() < REST && begin.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(200));
        let now = look(sleepers);
        if now != before {
            quiet = Instant::now();
            before = now;
        }
    }
}
