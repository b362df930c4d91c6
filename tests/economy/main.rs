//! The economy of PINs: what is typed once goes out at most once, to the card that was shown and to
//! no other, never as the last try unless somebody said so; and nothing stays verified.
//!
//! Lying, swapped and broken cards are simulated, and everything passes the whole backend. What ends
//! a verified state when a program is killed is asked of a real smart card service.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

mod between;
mod careless;
mod deck;
mod desk;
mod families;
mod judge;
mod lies;
mod prompts;
mod rules;
mod silent;
mod sweep;
mod verified;
