//! The program beside a smart card service that lies, hangs, floods or is not there: it says what is
//! wrong, stays quiet, and goes on by itself when the service mends its ways.
//!
//! Each case has a service and a `symbolonctl` of its own, since where the service listens is in the
//! environment of a process.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod hotplug;
mod idle;
mod liars;
mod lies;
mod program;
mod recovery;
#[path = "../support/mod.rs"]
mod support;
