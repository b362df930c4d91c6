//! The window.

use std::process::ExitCode;

use symbolon::base::os;
use symbolon::ui::launch;

fn main() -> ExitCode {
    os::forbid_core_dumps();
    // GTK 4.8 opens EGL even when it draws with Cairo, which costs 60 MiB and 60 ms for nothing.
    os::set_env_before_threads("GDK_DEBUG", "gl-disable");
    os::set_env_before_threads("GSK_RENDERER", "cairo");
    os::take_locale();
    launch::run()
}
