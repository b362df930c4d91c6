//! The window as a person meets it: started as a program on a screen of its own, used through
//! the accessibility bus and the keyboard, with practice cards in its readers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests may stop"
)]

mod certificates;
mod driver;
mod keyboard;
mod looks;
mod pages;
mod pins;
mod readers;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod tools;
