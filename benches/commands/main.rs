//! How many commands and bytes a full view of a token costs: `symbolonctl show` beside OpenSC,
//! GnuPG and yubico-piv-tool, `cargo bench --bench commands`.
//!
//! Every program reads the same card in the same reader of a private smart card service, one
//! after the other; counted is what the service noted in its log. GET RESPONSE is a command, as
//! every other. The cards are two that this project did not write, set up by GnuPG and
//! yubico-piv-tool, and practice cards. With `SYMBOLON_BENCH_EXCHANGES=1` every command is
//! printed with its response.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod cards;
#[path = "../common/mod.rs"]
mod common;
mod readings;
#[path = "../../tests/support/mod.rs"]
mod support;

use cards::{Bench, CARDS};
use common::in_english;
use common::table::{Table, ratio};
use readings::Reading;
use support::pcscd::PrivatePcscd;

fn main() {
    in_english();
    let mut figures = Table::new([
        "card",
        "program",
        "commands",
        "bytes to the card",
        "bytes from it",
    ]);
    let mut ratios = Table::new([
        "Symbolon / …",
        "OpenSC",
        "OpenSC, one driver",
        "GnuPG",
        "yubico-piv-tool",
    ]);
    for card in CARDS {
        let service = PrivatePcscd::start(1);
        let bench = Bench::new(card, &service);
        let readings = bench.read_by_all();
        for (program, reading) in &readings {
            figures.row([
                card.name.to_owned(),
                (*program).to_owned(),
                reading.commands.to_string(),
                reading.sent.to_string(),
                reading.received.to_string(),
            ]);
        }
        let (_, ours) = &readings[0];
        let against = |program: &str| {
            let theirs = readings.iter().find(|(name, _)| *name == program);
            theirs.map_or("-".to_owned(), |(_, theirs)| compared(ours, theirs))
        };
        ratios.row([
            card.name.to_owned(),
            against(readings::OPENSC),
            against(readings::OPENSC_ONE_DRIVER),
            against(readings::GNUPG),
            against(readings::YUBICO),
        ]);
    }
    figures.print();
    println!("How many times as much, in commands and in bytes both ways:\n");
    ratios.print();
}

/// Commands, and bytes both ways.
fn compared(ours: &Reading, theirs: &Reading) -> String {
    let bytes = |reading: &Reading| f64::from(reading.sent + reading.received);
    format!(
        "{}, {}",
        ratio(f64::from(ours.commands), f64::from(theirs.commands)),
        ratio(bytes(ours), bytes(theirs))
    )
}
