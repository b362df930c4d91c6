//! Asks for PINs and passphrases on the terminal, and needs no GTK.

use std::process::ExitCode;

use symbolon::base::os;
use symbolon::pinentry::terminal;

fn main() -> ExitCode {
    os::forbid_core_dumps();
    os::take_locale();
    terminal::main()
}
