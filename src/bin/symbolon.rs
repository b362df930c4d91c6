//! The window.

use std::process::ExitCode;

use symbolon::base::{os, paths};
use symbolon::ui::launch;

fn main() -> ExitCode {
    os::forbid_core_dumps();
    os::share_heaps();
    // GTK 4.8 opens EGL even when it draws with Cairo, which costs 60 MiB and 60 ms for nothing.
    os::set_env_before_threads("GDK_DEBUG", "gl-disable");
    os::set_env_before_threads("GSK_RENDERER", "cairo");
    if !paths::session_bus_answers() {
        // GTK 4.8 finds the accessibility bus by the screen then, and falls over its own paths.
        os::set_env_before_threads("GTK_A11Y", "none");
    }
    os::take_locale();
    launch::run()
}
