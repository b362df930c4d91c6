//! `symbolonctl` in odd homes: without a home, with one that is full or closed, in every language
//! and none, with standard streams that are shut.
//!
//! Every command of the product is run once at an ordinary desk, and that run is what all others
//! are held against: the same numbers, the same JSON to the byte, the same exit code. Where a
//! condition must make a difference, the table says which.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod commands;
mod conditions;
mod desk;
mod judge;
mod locales;
#[path = "../support/mod.rs"]
mod support;
mod terminal;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use commands::{COMMANDS, Command};
use conditions::{CONDITIONS, Condition, ORDINARY, PLANTED};
use desk::{Desk, Ended};

/// Runs every command under every condition, and tells what is not as it must be.
fn failures(desk: &Desk, conditions: &[Condition]) -> (usize, Vec<(&'static str, String)>) {
    let ordinary: Vec<Ended> = COMMANDS
        .iter()
        .map(|command| reference(desk, command))
        .collect();
    let pairs: Vec<_> = conditions
        .iter()
        .flat_map(|condition| {
            COMMANDS
                .iter()
                .zip(&ordinary)
                .map(move |it| (condition, it))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((condition, (command, ordinary))) =
                    pairs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let ended = desk.run(condition, command);
                    if let Err(fault) = judge::judge(condition, command, ordinary, &ended) {
                        let words = format!(
                            "{}: symbolonctl {}: {fault}\n{ended}",
                            condition.name, command.line
                        );
                        found.lock().unwrap().push((condition.name, words));
                    }
                }
            });
        }
    });
    (pairs.len(), found.into_inner().unwrap())
}

/// The run at an ordinary desk, which ends as the table says.
fn reference(desk: &Desk, command: &Command) -> Ended {
    let ended = desk.run(&ORDINARY, command);
    assert_eq!(ended.code, Some(command.code), "{}: {ended}", command.line);
    ended
}

/// The day in UTC. Certificates are so many days from their end, and runs before and after
/// midnight differ by one.
fn day() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs() / 86_400
}

#[test]
fn every_command_in_every_home() {
    let desk = Desk::new();
    let (runs, failed) = loop {
        let before = day();
        let outcome = failures(&desk, CONDITIONS);
        if before == day() {
            break outcome;
        }
    };
    let words: Vec<_> = failed.iter().map(|(_, words)| words.as_str()).collect();
    println!(
        "odd homes: {} conditions x {} commands = {runs} runs of symbolonctl, failures {}",
        CONDITIONS.len(),
        COMMANDS.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", words.join("\n\n"));
}

/// The control: what is planted is found, in every run in which it shows.
#[test]
fn a_program_that_does_what_it_must_not_is_found() {
    let desk = Desk::new();
    let (runs, failed) = failures(&desk, PLANTED);
    for condition in PLANTED {
        let count = failed
            .iter()
            .filter(|(name, _)| *name == condition.name)
            .count();
        let visible = COMMANDS.iter().filter(|command| {
            let ended = desk.run(&ORDINARY, command);
            match condition.name {
                "planted: another digit" => ended.stdout.contains(&b'3'),
                "planted: always well" => command.code != 0,
                _ => true,
            }
        });
        let visible = visible.count();
        println!("control: {}, {count} of {visible} found", condition.name);
        assert!(visible > COMMANDS.len() / 4, "{visible}");
        assert_eq!(count, visible, "{}", condition.name);
    }
    assert_eq!(runs, PLANTED.len() * COMMANDS.len());
}
