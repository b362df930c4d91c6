//! A desktop of its own for each test, with the window on it, and hands to use it.

#![allow(
    dead_code,
    unused_imports,
    reason = "every test file that drives the window uses its part of it"
)]

mod atspi;
mod desktop;
mod hands;
mod program;

pub(crate) use atspi::{Node, accessibility_bus};
pub(crate) use desktop::Desktop;
pub(crate) use program::{Look, Program};

use std::time::{Duration, Instant};

/// How long anything on the screen may take. Two cores may have five desktops to carry.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until `seen` finds something; `what` is for the one who reads that it never did.
pub(crate) fn wait<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = seen() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never seen: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}
