//! The same backend as the window's, on the command line.

use std::process::ExitCode;

use symbolon::base::os;
use symbolon::cli;

fn main() -> ExitCode {
    os::forbid_core_dumps();
    os::take_locale();
    cli::run(std::env::args_os())
}
