//! Plans for what is on a Java card, on simulated cards: what is left when they are cut off at any command
//! and how they go on, wrong keys, cards that lie, what cannot be done, and how many commands it takes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod backend;
mod budget;
#[path = "../support/cap.rs"]
mod cap;
mod desk;
mod impatient;
mod liars;
mod paper;
mod refusals;
mod token;
mod torn;
