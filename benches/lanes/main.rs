//! Eight readers side by side and one alone, each setting up a blank CardOS card by the same profile:
//! `cargo bench --bench lanes`.
//!
//! The cards are simulated, and each takes two seconds to make its key, as a quick real one does (sheet
//! "cardos", 8: 5 to 60 seconds); everything else goes the whole way through the backend. A lane that waited for
//! another would show at once.

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

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::table::{Table, ratio};
use common::{median, print_conditions};
use symbolon::backend::{self, Options, Workbench};
use symbolon::base::secret::Secret;
use symbolon::plan::SecretName;
use symbolon::plan::bench::codes::System;
use symbolon::plan::bench::names::Names;
use symbolon::plan::bench::{Bench, Common, Decision, State};
use symbolon::plan::profile::Profile;
use symbolon::simulator::{Card, CardOs, CardOsModel, SimulatedReader};

const PROFILE: &str =
    "name = 'Bench'\nlabel = 'VPN {name}'\n[so-pin]\n[[pin]]\nmin = 6\n[[key]]\nsize = 2048\n";

/// How long a card takes to make a key.
const KEY_TIME: Duration = Duration::from_secs(2);

/// How many readers there are.
const LANES: u8 = 8;

/// How often each is measured.
const RUNS: u8 = 3;

/// How many times as long all of them may take together as one alone.
const MOST: f64 = 1.25;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A card that takes its time to make a key.
struct Slow(CardOs);

impl Card for Slow {
    fn atr(&self) -> &[u8] {
        self.0.atr()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0x46]) {
            thread::sleep(KEY_TIME);
        }
        self.0.transmit(command)
    }
}

fn main() {
    print_conditions();
    let mut alone = Vec::new();
    let mut together = Vec::new();
    for _ in 0..RUNS {
        alone.push(set_up(1));
        together.push(set_up(LANES));
    }
    let (alone, together) = (median(alone), median(together));
    let mut table = Table::new(["tokens set up by one profile", "time"]);
    let seconds = |time: f64| format!("{time:.2} s");
    table.row(["one reader".to_owned(), seconds(alone)]);
    table.row([format!("{LANES} readers at once"), seconds(together)]);
    table.print();
    println!(
        "{LANES} at once take {} times as long as one alone ({MOST} at most), {} s for a token.",
        ratio(together, alone),
        ratio(together, f64::from(LANES))
    );
    assert!(
        together <= MOST * alone,
        "lanes wait for each other: {together:.2} s beside {alone:.2} s"
    );
}

/// Seconds from the moment that the cards are put in until the last token is done.
fn set_up(lanes: u8) -> f64 {
    let (sink, events) = mpsc::channel();
    let options = Options {
        pcsc: false,
        practice: Vec::new(),
        cache: None,
    };
    let handle = backend::start(options, move |event| {
        let _ = sink.send(event);
    })
    .unwrap();
    let names: String = (1..=lanes).map(|lane| format!("Person {lane}\n")).collect();
    let names = Names::parse(format!("name\n{names}").as_bytes()).unwrap();
    let common = Common {
        pins: [
            (SecretName::Pin { number: 1 }, Secret::new(b"24681357")),
            (SecretName::Puk { number: 1 }, Secret::new(b"11335577")),
        ]
        .into(),
        ..Common::default()
    };
    let profile = Profile::parse(PROFILE).unwrap();
    let bench = Bench::new(profile, names.people, common, Box::new(System));
    let mut workbench = Workbench::new(bench, handle.clone());
    let readers: Vec<_> = (1..=lanes)
        .map(|lane| (lane, SimulatedReader::new(&format!("reader {lane}"))))
        .collect();
    for (_, reader) in &readers {
        handle.plug(reader.clone());
    }
    let started = Instant::now();
    for (lane, reader) in &readers {
        let model = CardOsModel::m4_2b([0x27, 0x37, 0xC0, 0x09, 0x2B, *lane]);
        reader.insert(Box::new(Slow(CardOs::blank(model))));
    }
    let mut letters = 0;
    while !workbench.bench().is_over() {
        let event = events.recv_timeout(PATIENCE).expect("it does not get on");
        for decision in workbench.hear(&event, 1_795_269_430) {
            letters += u8::from(matches!(decision, Decision::Letter(_)));
        }
    }
    let time = started.elapsed().as_secs_f64();
    let rows = workbench.bench().rows().iter();
    assert!(
        rows.clone()
            .all(|row| row.state == State::Done && row.keys.len() == 1)
    );
    assert_eq!(letters, lanes);
    handle.close();
    time
}
