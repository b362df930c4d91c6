//! The PIV card as a program.

use std::process::ExitCode;

use independent_cards::piv;
use independent_cards::vpcd::{self, Kind};

fn main() -> ExitCode {
    vpcd::main(Kind {
        name: "piv",
        atr: piv::ATR,
        power_up: piv::power_up,
    })
}
