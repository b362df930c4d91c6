//! How long a pinentry takes from its start until its question is painted, and what memory it needs
//! then, beside Debian's: `cargo bench --bench pinentry`.
//!
//! All of them in turn, several rounds, on one screen with one session bus, each alone, each asked
//! the same as gpg-agent does it. A round before the first is not counted.
//!
//! The window of `pinentry-gnome3` is drawn by another program, `gcr-prompter`, which the session bus
//! starts, and which stays for a while. It is ended after each round: what is measured is the first
//! PIN of a day. Its memory is not counted.

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

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::desktop::{Desktop, end};
use common::start::{Middle, Start, spread};
use common::table::{Table, ratio};
use common::{in_english, print_conditions};
use support::process::find;

/// How many starts of each program are counted; `SYMBOLON_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 15;

/// What gpg-agent sends before it asks, one line and its answer after the other.
const LINES: [&str; 10] = [
    "OPTION no-grab",
    "OPTION ttytype=xterm",
    "OPTION lc-ctype=C.UTF-8",
    "OPTION default-ok=_OK",
    "OPTION default-cancel=_Cancel",
    "GETINFO flavor",
    "GETINFO version",
    "SETKEYINFO --clear",
    "SETDESC Please unlock the card%0A%0ANumber: 0006 12345678%0AHolder: Alice Test%0ACounter: 0",
    "SETPROMPT PIN",
];

/// A pinentry.
struct Peer {
    name: &'static str,
    program: PathBuf,
    /// Whether another program draws for it.
    drawn: bool,
}

fn peers() -> Vec<Peer> {
    let peer = |name, program, drawn| Peer {
        name,
        program,
        drawn,
    };
    vec![
        peer(
            "pinentry-symbolon",
            PathBuf::from(env!("CARGO_BIN_EXE_pinentry-symbolon")),
            false,
        ),
        peer(
            "pinentry-gtk-2",
            find("pinentry-gtk-2", "pinentry-gtk2"),
            false,
        ),
        peer(
            "pinentry-gnome3, first start",
            find("pinentry-gnome3", "pinentry-gnome3"),
            true,
        ),
        peer("pinentry-qt", find("pinentry-qt", "pinentry-qt"), false),
    ]
}

/// Starts it and asks for a PIN.
fn ask(command: &mut Command) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let mut answered = || {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(from.read_line(&mut line).unwrap() > 0, "it ended");
            if line.starts_with("OK") {
                return;
            }
            assert!(!line.starts_with("ERR"), "{line}");
        }
    };
    answered();
    for line in LINES {
        writeln!(to, "{line}").unwrap();
        answered();
    }
    writeln!(to, "GETPIN").unwrap();
    child.stdin = Some(to);
    child.stdout = Some(from.into_inner());
    child
}

fn start(desktop: &mut Desktop, peer: &Peer) -> Start {
    let mut command = desktop.command(&peer.program);
    command.env("LC_ALL", "C.UTF-8");
    Start::measure(
        desktop,
        peer.name,
        || ask(&mut command),
        |mut child| {
            drop(child.stdin.take());
            drop(child.stdout.take());
            end(child);
            // Its window would stay without the one who asked for it.
            if peer.drawn {
                end_prompters();
            }
        },
    )
}

/// Ends the programs that draw for `pinentry-gnome3`, and waits until they are gone.
fn end_prompters() {
    for pid in prompters() {
        let process = rustix::process::Pid::from_raw(pid.cast_signed());
        let _ = rustix::process::kill_process(process.unwrap(), rustix::process::Signal::TERM);
        while Path::new(&format!("/proc/{pid}")).exists() {
            std::thread::yield_now();
        }
    }
}

fn prompters() -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| {
            let pid = process.file_name().to_str()?.parse().ok()?;
            let name = fs::read_to_string(process.path().join("comm")).ok()?;
            (name.trim() == "gcr-prompter").then_some(pid)
        })
        .collect()
}

fn main() {
    in_english();
    print_conditions();
    let rounds = env::var("SYMBOLON_BENCH_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut desktop = Desktop::start();
    let peers = peers();
    for peer in &peers {
        start(&mut desktop, peer);
    }
    let mut starts: Vec<Vec<Start>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (peer, starts) in peers.iter().zip(&mut starts) {
            starts.push(start(&mut desktop, peer));
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench");
    for (peer, starts) in peers.iter().zip(&starts) {
        starts[rounds - 1].keep_pictures(peer.name, &folder);
    }
    print(&peers, &starts, rounds);
}

fn print(peers: &[Peer], starts: &[Vec<Start>], rounds: usize) {
    let middles: Vec<Middle> = starts.iter().map(|starts| Middle::of(starts)).collect();
    println!("Middle of {rounds} starts, in turn:\n");
    let mut table = Table::new([
        "program",
        "painted, ms",
        "least-most",
        "RSS, MiB",
        "PSS, MiB",
        "ours to it, painted",
    ]);
    for ((peer, middle), starts) in peers.iter().zip(&middles).zip(starts) {
        let proportional = middle.proportional;
        table.row([
            peer.name.to_owned(),
            format!("{:.0}", middle.painted),
            spread(starts),
            format!("{:.0}", middle.resident),
            proportional.map_or("only root may know".into(), |pss| format!("{pss:.0}")),
            ratio(middles[0].painted, middle.painted),
        ]);
    }
    table.print();
}
