//! How long a window takes until something is painted in it, and what memory it needs then,
//! beside the windows of `seahorse` and `kleopatra`: `cargo bench --bench window`.
//!
//! All of them in turn, several rounds, on one screen with one session bus and one home, each
//! alone. A round before the first is not counted: the first start of all writes settings and
//! starts services, and brings the files into memory. `seahorse` and `kleopatra` show what keys
//! there are, none here; Symbolon once no reader, and once six practice cards, which it reads.
//!
//! Where OpenSC is installed, `seahorse` would load its module for PKCS #11, as no computer
//! without smart cards has it: the bench runs where that module is not seen (a mount namespace
//! of its own, as root or in a user namespace).
//!
//! `common::start` says what *painted* and *at rest* mean. Pictures of both moments are kept in
//! `target/bench`, for whoever wants to see what was measured.

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
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

use common::desktop::{Desktop, end};
use common::start::{Middle, Start, spread};
use common::table::{Table, ratio};
use common::{in_english, print_conditions};
use support::process::find;

/// How many starts of each program are counted; `SYMBOLON_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 15;

/// A program with a window.
struct Peer {
    /// How the table calls it.
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
}

fn peers() -> Vec<Peer> {
    let ours = || PathBuf::from(env!("CARGO_BIN_EXE_symbolon"));
    let peer = |name, program, arguments| Peer {
        name,
        program,
        arguments,
    };
    vec![
        peer("symbolon, no reader", ours(), &["--no-readers"]),
        peer(
            "symbolon, 6 practice cards",
            ours(),
            &["--no-readers", "--practice"],
        ),
        peer("seahorse", find("seahorse", "seahorse"), &[]),
        peer("kleopatra", find("kleopatra", "kleopatra"), &[]),
    ]
}

/// Starts a program and ends it when it is at rest.
fn start(desktop: &mut Desktop, peer: &Peer) -> Start {
    let mut command = desktop.command(&peer.program);
    command.args(peer.arguments);
    Start::measure(desktop, peer.name, || command.spawn().unwrap(), end)
}

/// What has p11-kit load OpenSC's module.
const OPENSC_MODULE: &str = "/usr/share/p11-kit/modules/opensc-pkcs11.module";

/// Says to the bench that it runs where OpenSC's module is not seen.
const HIDDEN: &str = "SYMBOLON_BENCH_WITHOUT_OPENSC";

/// Runs this bench again where OpenSC's module is not seen, and ends as it ends.
fn hide_opensc() {
    if env::var_os(HIDDEN).is_some() || !Path::new(OPENSC_MODULE).exists() {
        return;
    }
    let root = rustix::process::getuid().is_root();
    let hide = format!("mount --bind /dev/null {OPENSC_MODULE} && exec \"$@\"");
    let status = Command::new(find("unshare", "util-linux"))
        .arg(if root { "-m" } else { "-rm" })
        .args(["sh", "-c", &hide, "sh"])
        .arg(env::current_exe().unwrap())
        .env(HIDDEN, "1")
        .status();
    exit(status.unwrap().code().unwrap_or(1));
}

fn main() {
    hide_opensc();
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
        "at rest, ms",
        "processor, ms",
        "RSS, MiB",
        "PSS, MiB",
    ]);
    for ((peer, middle), starts) in peers.iter().zip(&middles).zip(starts) {
        let proportional = middle.proportional;
        table.row([
            peer.name.to_owned(),
            format!("{:.0}", middle.painted),
            spread(starts),
            format!("{:.0}", middle.rest),
            format!("{:.0}", middle.computed),
            format!("{:.0}", middle.resident),
            proportional.map_or("only root may know".into(), |pss| format!("{pss:.0}")),
        ]);
    }
    table.print();
    let mut table = Table::new(["how many times as much", "painted", "RSS", "PSS"]);
    let (ours, theirs) = middles.split_at(2);
    for (our, we) in peers.iter().zip(ours) {
        for (their, they) in peers[2..].iter().zip(theirs) {
            let pss = we.proportional.zip(they.proportional);
            table.row([
                format!("{} / {}", our.name, their.name),
                ratio(we.painted, they.painted),
                ratio(we.resident, they.resident),
                pss.map_or("-".into(), |(we, they)| ratio(we, they)),
            ]);
        }
    }
    table.print();
}
