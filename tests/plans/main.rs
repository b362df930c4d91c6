//! Plans carried out on simulated cards: what they leave, what is lost when they are cut off at any
//! command, and how they go on.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod backend;
mod bench;
mod budget;
mod desk;
mod files;
mod given_up;
mod liars;
mod opensc;
mod outsider;
mod refused;
#[path = "../support/mod.rs"]
mod support;
mod torn;
