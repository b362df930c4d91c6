//! Every item of the corpus as the answer to every command of every family's reading.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use symbolon::iso7816::tlv::ber;
use symbolon::simulator::faults::{Fault, Scripted, Trigger};

use crate::corpus::{self, Item};
use crate::desk::{Desk, Shared};
use crate::families::{FAMILIES, Family, neighbour};
use crate::oracle::{Allowed, Good, OUTLETS};

/// How long one reading may take before the whole run is given up as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The fewest readings that are worth the name.
const FEWEST: usize = 10_000;

/// A reading to be done: what happens at which command.
struct Case {
    name: String,
    trigger: Trigger,
    fault: Box<dyn Fn() -> Fault + Send + Sync>,
    atr: Option<Vec<u8>>,
    allowed: Allowed,
}

#[test]
fn every_item_to_every_driver() {
    let started = Instant::now();
    let desks = desks();
    let good: Vec<Good> = desks.iter().map(Good::of).collect();
    let cases: Vec<(usize, Case)> = FAMILIES
        .iter()
        .enumerate()
        .flat_map(|(at, family)| {
            cases(family, &good[at])
                .into_iter()
                .map(move |case| (at, case))
        })
        .collect();
    let readings = cases.len();
    let failures = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || {
        // A desk has one card, so each thread has desks of its own.
        let desks = self::desks();
        let watchdog = Watchdog::start();
        while let Some((at, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            watchdog.feed(&case.name);
            let wrong = judge(&desks[*at], &good[*at], case);
            if !wrong.is_empty() {
                let line = format!("{}: {}", case.name, wrong.join("; "));
                failures.lock().unwrap().push(line);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism()
            .map_or(2, usize::from)
            .min(8)
        {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    let items: usize = ["tlv", "apdu", "atr"]
        .map(|kind| corpus::of(kind).len())
        .iter()
        .sum();
    println!(
        "hostile cards: {items} items x {} drivers x {OUTLETS} outlets = {} combinations in {readings} readings, failures {}, {} s",
        FAMILIES.len(),
        readings * OUTLETS,
        failures.len(),
        started.elapsed().as_secs()
    );
    for failure in failures.iter().take(40) {
        println!("{failure}");
    }
    assert!(readings >= FEWEST, "{readings} readings");
    assert!(
        failures.is_empty(),
        "{} of {readings} readings failed",
        failures.len()
    );
}

fn desks() -> Vec<Desk> {
    let desk = |family| Desk::new(family, neighbour(family));
    FAMILIES.iter().map(desk).collect()
}

fn judge(desk: &Desk, good: &Good, case: &Case) -> Vec<String> {
    let spoil = |card: Scripted<Shared>| card.with(case.trigger, (case.fault)());
    let outcome = if case.atr.is_some() {
        desk.read(|card| card, case.atr.as_deref())
    } else {
        desk.read(spoil, None)
    };
    good.judge(desk, &outcome, &case.allowed)
}

/// All cases of a family. The first command is its SELECT.
fn cases(family: &Family, good: &Good) -> Vec<Case> {
    let mut cases = Vec::new();
    let commands = 1..=good.commands;
    for (index, item) in corpus::of("tlv").iter().enumerate() {
        for number in commands.clone() {
            if !is_worth(index, number) {
                continue;
            }
            // In turn: as it is, and inside each object of the family.
            let how = (index + number) % (family.objects.len() + 1);
            let tags = family.objects.get(how).copied().unwrap_or_default();
            let wrap = |inner: Vec<u8>, &tag: &u32| ber::encode(tag, &inner);
            let whole = tags.iter().rev().fold(item.bytes(), wrap);
            cases.push(data(
                family,
                item,
                Trigger::Number(number),
                &format!("in {tags:02X?}"),
                whole,
            ));
        }
        for number in commands.clone().step_by(5) {
            cases.push(data(
                family,
                item,
                Trigger::From(number),
                "and on",
                item.bytes(),
            ));
        }
    }
    for (index, item) in corpus::of("apdu").iter().enumerate() {
        for number in commands.clone().filter(|&number| is_worth(index, number)) {
            for trigger in [Trigger::Number(number), Trigger::From(number)] {
                let answers = item.lines.clone();
                let mut allowed = allowed(family, item, trigger);
                let instruction = &good.instructions[number - 1];
                allowed.absence |= family.optional.contains(instruction);
                let has_data = |line: &&Vec<u8>| line.len() > 2;
                let mut with_data = item.lines.iter().filter(has_data);
                allowed.absence |= with_data.any(|line| family.is_empty_list(line));
                cases.push(Case {
                    name: format!("{} at {trigger:?} of {}", item.name, family.name),
                    trigger,
                    fault: Box::new(move || Fault::answers(answers.clone())),
                    atr: None,
                    allowed,
                });
            }
        }
    }
    cases.extend(commands.flat_map(|number| without_bytes(family, number)));
    for item in &corpus::of("atr") {
        cases.push(Case {
            name: format!("{} of {}", item.name, family.name),
            trigger: Trigger::Number(usize::MAX),
            fault: Box::new(|| Fault::Echo),
            atr: Some(item.bytes()),
            // Without extended length the attestation certificate is left out.
            allowed: Allowed {
                absence: true,
                ..Allowed::default()
            },
        });
    }
    cases
}

/// What needs no bytes of the corpus: the card is pulled at a command, or echoes it.
fn without_bytes(family: &Family, number: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    let trigger = Trigger::Number(number);
    let mut cut = |name: &str, carried_out| {
        cases.push(Case {
            name: format!("{name} at {trigger:?} of {}", family.name),
            trigger,
            fault: Box::new(move || Fault::Cut { carried_out }),
            atr: None,
            allowed: Allowed {
                no_token: true,
                ..Allowed::default()
            },
        });
    };
    cut("pulled before", false);
    cut("pulled after", true);
    let first = number <= family.proofs;
    for trigger in [trigger, Trigger::From(number)] {
        cases.push(Case {
            name: format!("echo at {trigger:?} of {}", family.name),
            trigger,
            fault: Box::new(|| Fault::Echo),
            atr: None,
            allowed: Allowed {
                missing: first,
                // A command begins with 00, and so may a list in which nothing is.
                absence: first || family.is_empty_list(&[0x00]),
                ..Allowed::default()
            },
        });
    }
    cases
}

/// The retired slots of a PIV card are asked one like the other: from the second on, each gets
/// some of the items.
fn is_worth(item: usize, command: usize) -> bool {
    command <= 24 || (item + command).is_multiple_of(6)
}

/// Success with `data` at that command.
fn data(family: &Family, item: &Item, trigger: Trigger, how: &str, data: Vec<u8>) -> Case {
    let mut allowed = allowed(family, item, trigger);
    allowed.absence |= family.is_empty_list(&data);
    Case {
        name: format!("{} {how} at {trigger:?} of {}", item.name, family.name),
        trigger,
        fault: Box::new(move || Fault::data(&data)),
        atr: None,
        allowed,
    }
}

fn allowed(family: &Family, item: &Item, trigger: Trigger) -> Allowed {
    // A SELECT that the card did not carry out leaves it without an application.
    let first = matches!(trigger, Trigger::Number(number) | Trigger::From(number) if number <= family.proofs);
    Allowed {
        missing: first,
        absence: first || item.absence,
        numbers: item.numbers.clone(),
        ..Allowed::default()
    }
}

/// Ends the program if nobody feeds it for [`PATIENCE`]: a reading that sends nothing and does
/// not end cannot be stopped otherwise.
struct Watchdog(Arc<(Mutex<Fed>, Condvar)>);

/// What was begun last, and when; nothing at the end.
type Fed = Option<(String, Instant)>;

impl Watchdog {
    fn start() -> Self {
        let state = Arc::new((
            Mutex::new(Some((String::new(), Instant::now()))),
            Condvar::new(),
        ));
        let watched = Arc::clone(&state);
        std::thread::spawn(move || {
            let (fed, changed) = &*watched;
            let mut fed = fed.lock().unwrap();
            while let Some((name, since)) = fed.as_ref() {
                if since.elapsed() > PATIENCE {
                    eprintln!("no end after {PATIENCE:?}: {name}");
                    std::process::abort();
                }
                fed = changed.wait_timeout(fed, PATIENCE).unwrap().0;
            }
        });
        Self(state)
    }

    fn feed(&self, name: &str) {
        *self.0.0.lock().unwrap() = Some((name.to_owned(), Instant::now()));
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() = None;
        self.0.1.notify_all();
    }
}
