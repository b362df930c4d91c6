//! Where secrets must not be: every PIN of every deed, looked for in every form in everything that a program of ours
//! leaves behind or shows to others, its own memory included.
//!
//! Runs as root: nobody else may read the memory of our programs. The cards are those of other makers in a real
//! `pcscd`, so that no card of ours holds a PIN inside the process that is searched.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests may stop"
)]

mod arguments;
mod bus;
mod command_line;
mod crash;
mod desk;
#[path = "../window/driver/mod.rs"]
mod driver;
mod held;
mod home;
mod needles;
mod pasted;
mod planted;
mod process;
mod prompt;
mod shown;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod terminal;
mod window;
