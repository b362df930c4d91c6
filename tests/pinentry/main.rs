//! The dialogs of `pinentry-symbolon` as a person meets them: GnuPG, ssh and a card ask, on a screen of
//! its own, and the answers are typed and clicked.
//!
//! What GnuPG says in these tests is what its version 2.2 says; its words are the agent's own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may stop"
)]

mod card;
#[path = "../window/driver/mod.rs"]
mod driver;
mod ends;
mod keyboard;
mod keyring;
mod keys;
mod looks;
mod reader;
mod room;
mod smime;
mod ssh;
mod straight;
#[path = "../support/mod.rs"]
mod support;
mod symmetric;
