//! Strings and certificates that lie: every string of the corpus in every field, and what comes out at every place where
//! something comes out; every broken certificate, on its own and on a card.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop, and tell what they did"
)]

mod card;
mod certificates;
mod clean;
mod corpus;
mod frame;
mod memory;
mod program;
#[path = "../simulator/served.rs"]
#[allow(dead_code, reason = "shared with the tests of the simulator")]
mod served;
#[path = "../support/mod.rs"]
mod support;
mod words;
