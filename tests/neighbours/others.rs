//! The neighbours: programs of others, each run again and again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::ours::Pin;
use crate::support::gnupg::GnuPg;
use crate::support::pcscd::{SOCKET_VARIABLE, Slot};
use crate::support::process::{Daemon, find, finish, limited, private_directory};

/// A neighbour and what became of it.
#[derive(Debug)]
pub(crate) struct Neighbour {
    pub(crate) name: &'static str,
    pub(crate) runs: usize,
    pub(crate) failures: Vec<String>,
}

/// Who lives beside us on one token.
pub(crate) struct Street<'a> {
    pub(crate) slot: &'a Slot,
    /// GnuPG, where the card is for it.
    pub(crate) gnupg: Option<&'a GnuPg>,
    /// A second Symbolon, on this way to the service, which knows the PIN.
    pub(crate) second: Option<(PathBuf, Pin)>,
    /// How long each rests after a run. One that never rests keeps everybody out of a slow card,
    /// us too: the service gives the card to whoever asks first, not to whoever waits longest.
    pub(crate) rest: Duration,
    /// The program that keeps the card for itself: all but GnuPG and `pcsc_scan` are to be refused
    /// because of it.
    pub(crate) kept_by: Option<&'a str>,
}

impl Street<'_> {
    /// Lets everybody live for a time, and does `ours` over and over beside them.
    pub(crate) fn live(&self, time: Duration, mut ours: impl FnMut()) -> Vec<Neighbour> {
        let over = AtomicBool::new(false);
        let until = Instant::now() + time;
        thread::scope(|scope| {
            let mut all = vec![
                scope.spawn(|| again("pkcs15-tool --dump", self.rest, &over, || self.pkcs15())),
                scope.spawn(|| self.scan(&over)),
            ];
            if self.gnupg.is_some() {
                all.push(
                    scope.spawn(|| {
                        again("gpg --card-status", self.rest, &over, || self.card_status())
                    }),
                );
            }
            if self.second.is_some() {
                all.push(scope.spawn(|| {
                    let mut round = 0;
                    again("a second Symbolon", self.rest, &over, || {
                        round += 1;
                        self.symbolon(round)
                    })
                }));
            }
            while Instant::now() < until {
                ours();
                // Without us there is nothing to do but wait.
                thread::sleep(Duration::from_millis(20));
            }
            over.store(true, Ordering::Relaxed);
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    fn pkcs15(&self) -> Result<(), String> {
        let mut tool = self.slot.tool("pkcs15-tool", "opensc");
        let dump = tool.args(["--dump", "--reader", &self.slot.reader]);
        match self.kept_by {
            None => judge(dump, "", "PKCS#15 Card"),
            Some(_) => is_refused(dump, "", "in use by another application"),
        }
    }

    fn card_status(&self) -> Result<(), String> {
        let gnupg = self.gnupg.unwrap();
        judge(gnupg.gpg().arg("--card-status"), "", "Serial number")
    }

    fn symbolon(&self, round: usize) -> Result<(), String> {
        let (socket, pin) = self.second.as_ref().unwrap();
        let mut program = limited(env!("CARGO_BIN_EXE_symbolonctl"));
        program
            .env(SOCKET_VARIABLE, socket)
            .env("LC_ALL", "C.UTF-8")
            .args(["--reader", &self.slot.reader]);
        if round.is_multiple_of(4) {
            let verify = program.args(["pin", "verify", "--pin-fd", "0"]);
            return match self.kept_by {
                None => judge(verify, pin.text, "The PIN is right."),
                Some(by) => is_refused(verify, pin.text, by),
            };
        }
        let show = program.args(["show", "--json"]);
        match self.kept_by {
            None => judge(show, "", "symbolon.token/1"),
            Some(by) => is_refused(show, "", by),
        }
    }

    /// It looks on all the time and says what happens; nothing does.
    fn scan(&self, over: &AtomicBool) -> Neighbour {
        let folder = private_directory("scan-");
        let log = folder.path().join("log");
        // Without a time limit: it lives as long as everybody.
        let mut program = Command::new(find("pcsc_scan", "pcsc-tools"));
        program.env(SOCKET_VARIABLE, &self.slot.socket);
        program.env("LC_ALL", "C.UTF-8").arg("-n");
        let mut scan = Daemon::spawn(&mut program, &log);
        let mut failures = Vec::new();
        while !over.load(Ordering::Relaxed) {
            if let Some(status) = scan.ended() {
                failures.push(format!("it ended: {status}"));
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        drop(scan);
        let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
        failures.extend(judge_scan(&text, &self.slot.reader));
        Neighbour {
            name: "pcsc_scan",
            runs: 1,
            failures,
        }
    }
}

/// What `pcsc_scan` tells that should not be: an error, or something that nobody did. Every card was
/// there before it began, and nobody puts one in or pulls one.
pub(crate) fn judge_scan(text: &str, reader: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let words = ["Scard", "SCard", "rror"];
    if words.iter().any(|word| text.contains(word)) {
        faults.push("an error".to_owned());
    }
    // " Reader 0: NAME", "  Event number: 1", "  Card state: Card inserted, Shared Mode, ".
    let mut first = BTreeMap::new();
    let (mut name, mut number) = ("", "");
    for line in text.lines() {
        let line = line.trim();
        if let Some((_, of)) = line
            .strip_prefix("Reader ")
            .and_then(|it| it.split_once(": "))
        {
            name = of;
        } else if let Some(of) = line.strip_prefix("Event number: ") {
            number = of;
        } else if let Some(state) = line.strip_prefix("Card state: ") {
            let inserted = state.contains("Card inserted") && !state.contains("Unresponsive");
            let then = *first.entry(name).or_insert((number, inserted));
            if then != (number, inserted) {
                faults.push(format!("{name}: event {number}, {state}"));
            }
        }
    }
    if !first.get(reader).is_some_and(|(_, inserted)| *inserted) {
        faults.push(format!("no card in {reader}"));
    }
    if !faults.is_empty() {
        faults.push(text.to_owned());
    }
    faults
}

/// Runs until it is over, and once at least.
fn again(
    name: &'static str,
    rest: Duration,
    over: &AtomicBool,
    mut run: impl FnMut() -> Result<(), String>,
) -> Neighbour {
    let mut neighbour = Neighbour {
        name,
        runs: 0,
        failures: Vec::new(),
    };
    while neighbour.runs == 0 || !over.load(Ordering::Relaxed) {
        neighbour.runs += 1;
        neighbour.failures.extend(run().err());
        thread::sleep(rest);
    }
    neighbour
}

/// A run that ends well and says what it is to say.
fn judge(command: &mut Command, input: &str, words: &str) -> Result<(), String> {
    let done = finish(command, input);
    let well = done.status.success() && done.stdout.contains(words);
    if well { Ok(()) } else { Err(done.to_string()) }
}

/// A run that is refused in these words.
fn is_refused(command: &mut Command, input: &str, words: &str) -> Result<(), String> {
    let done = finish(command, input);
    let said = done.stdout.contains(words) || done.stderr.contains(words);
    let refused = !done.status.success() && said;
    if refused {
        Ok(())
    } else {
        Err(done.to_string())
    }
}
