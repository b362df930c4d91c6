//! Cards that lie, flood, stall and are swapped, against every driver: bytes in place of a card.
//!
//! The corpus (`corpus/README.md`) goes to every family (`families.rs`) as the answer to every
//! command of its reading, and one oracle (`oracle.rs`) says of every reading what is wrong with
//! it. The other files hold what one class of attack needs beyond that.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, all of them are how it fails, and the figures are what it prints"
)]

#[path = "../support/mod.rs"]
mod support;

mod alone;
mod control;
mod corpus;
mod desk;
mod families;
mod independent;
mod lanes;
mod levels;
mod lists;
mod memory;
mod nesting;
mod oracle;
mod parts;
mod pkcs15;
mod sweep;
mod transport;
