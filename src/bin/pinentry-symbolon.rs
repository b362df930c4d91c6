//! Asks for PINs and passphrases, in a window or on the terminal.

use std::process::ExitCode;

use symbolon::base::os;
use symbolon::ui::pinentry_dialog;

fn main() -> ExitCode {
    os::forbid_core_dumps();
    os::share_heaps();
    os::take_locale();
    pinentry_dialog::run()
}
