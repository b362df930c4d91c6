//! The window as a person meets it: started as a program on a screen of its own, used through
//! the accessibility bus and the keyboard, with practice cards in its readers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may stop"
)]

mod applets;
mod bench;
#[path = "../outlets/card.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod card;
#[path = "../support/cap.rs"]
mod card_file;
mod certificates;
#[path = "../outlets/clean.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod clean;
#[path = "../outlets/corpus.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod corpus;
mod driver;
#[path = "../outlets/frame.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod frame;
mod homes;
mod hostile;
mod keyboard;
mod looks;
mod packages;
mod pages;
mod pin_prompts;
mod pins;
mod readers;
#[path = "../simulator/served.rs"]
#[allow(dead_code, reason = "shared with the tests of the simulator")]
mod served;
mod service;
mod setup;
#[path = "../support/mod.rs"]
mod support;
mod tools;
