//! Services that lie (H-47): each is asked for its readers and for the tokens in them, and watched
//! until it tells the truth again.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::lies::{self, Case};
use crate::program::{self, Ended, Running};
use crate::support::fake_service::{FakeService, Manner, with_card};

/// What is wrong with how it ended, if anything.
fn faults(what: &str, ended: &Ended, (code, words): (i32, &str)) -> Vec<String> {
    let mut faults = Vec::new();
    if ended.code != Some(code) {
        faults.push(format!("{what} ended with {:?}, not {code}", ended.code));
    }
    if !format!("{}{}", ended.stdout, ended.stderr).contains(words) {
        faults.push(format!("{what} does not say “{words}”"));
    }
    for text in [&ended.stdout, &ended.stderr] {
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' || c == '\u{202E}')
        {
            faults.push(format!("{what} lets control characters through"));
        }
    }
    // The `pcsc` crate's own panics about numbers that PC/SC does not know are caught where it is
    // called; its words about them stay.
    let panics = ended
        .stderr
        .lines()
        .filter(|line| line.contains("panicked at"));
    if panics.filter(|line| !line.contains("/pcsc-2.")).count() > 0 {
        faults.push(format!("{what} panicked"));
    }
    if !faults.is_empty() {
        faults.push(format!("{ended:?}"));
    }
    faults
}

/// Both commands at once, each beside a service of its own.
fn ask(case: &Case) -> Vec<String> {
    thread::scope(|scope| {
        let runs = [("readers", case.readers), ("show", case.show)].map(|(command, wanted)| {
            scope.spawn(move || {
                let service = FakeService::start(case.manner.clone());
                faults(
                    command,
                    &program::run(&service.socket(), &[command]),
                    wanted,
                )
            })
        });
        runs.into_iter()
            .flat_map(|run| run.join().unwrap())
            .collect()
    })
}

/// A second of watching, and then the truth.
fn watch(case: &Case) -> (Vec<String>, Duration) {
    let mut service = FakeService::start(case.manner.clone());
    let mut watching = Running::start(&service.socket(), &["readers", "--watch"]);
    watching.until_quiet(Duration::from_millis(500));
    let before = watching.usage();
    thread::sleep(Duration::from_secs(1));
    let busy = watching.usage().cpu.saturating_sub(before.cpu);
    let mut faults = Vec::new();
    if busy > Duration::from_millis(100) {
        faults.push(format!("{busy:?} of a second busy"));
    }
    service.restart(Manner::good(vec![with_card(b"Honest 00 00")]));
    let back = watching.until_line(&["Honest 00 00", "Thomas Mustermann"]);
    let ended = watching.interrupt();
    faults.extend(self::faults("watching", &ended, (0, "")));
    let back = back.unwrap_or_else(|| {
        faults.push(format!("it does not see the truth: {ended:?}"));
        program::PATIENCE
    });
    (faults, back)
}

#[test]
fn a_service_that_lies_is_seen_through() {
    let cases = lies::all();
    let count = cases.len();
    let queue = Mutex::new(cases);
    let results = Mutex::new((Vec::new(), Vec::new()));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                // One at a time: the lock is not held during the case.
                while let Some(case) = { queue.lock().unwrap().pop() } {
                    let mut faults = ask(&case);
                    let (more, back) = watch(&case);
                    faults.extend(more);
                    let mut results = results.lock().unwrap();
                    results.1.push(back);
                    if !faults.is_empty() {
                        results
                            .0
                            .push(format!("{}:\n  {}", case.name, faults.join("\n  ")));
                    }
                }
            });
        }
    });
    let (faults, mut back) = results.into_inner().unwrap();
    back.sort_unstable();
    println!(
        "{count} lies x 3 commands in {:?}: {} failed; the truth is told after {:?} (median), {:?} (longest)",
        began.elapsed(),
        faults.len(),
        back[back.len() / 2],
        back[back.len() - 1]
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
