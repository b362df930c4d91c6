//! The pinentry as agents know it: what they said to others is said to it, the same lines go to Debian's pinentries, and
//! whatever comes, it is never out of step.
//!
//! In process over pipes, with dialogs that do what the test says; only `peers.rs` and `gone.rs` start programs.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, all of them are how it fails, and the figures are what it prints"
)]

#[path = "../outlets/clean.rs"]
#[allow(dead_code, reason = "no text here has several lines")]
mod clean;
#[path = "../outlets/corpus.rs"]
#[allow(dead_code, reason = "strings alone, without certificates")]
mod corpus;
mod ends;
mod gone;
mod model;
mod peers;
mod screen;
mod script;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod talk;
mod texts;
mod transcripts;
