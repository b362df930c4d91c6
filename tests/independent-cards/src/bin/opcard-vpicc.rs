//! The OpenPGP card as a program.

use std::process::ExitCode;

use independent_cards::openpgp;
use independent_cards::vpcd::{self, Kind};

fn main() -> ExitCode {
    vpcd::main(Kind {
        name: "opcard",
        atr: openpgp::ATR,
        power_up: openpgp::power_up,
    })
}
