//! Simulated Java cards from outside, by bytes: nothing here knows how a host is programmed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod channels;
mod content;
mod desk;
mod load;
mod states;
mod torn;
