//! `symbolonctl` as a process: what it prints, what it asks, how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/cap.rs"]
mod cap;
#[path = "../support/mod.rs"]
mod support;

mod apdu;
mod bench;
mod certificates;
mod gp;
mod howto;
mod json;
mod keys;
mod pins;
mod plan;
mod program;
mod readers;
mod service;
mod terminal;
