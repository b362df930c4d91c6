//! The driver of the MUSCLE applet, against what the real applet answered to OpenSC, and against a
//! small one that is held to the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod applet;
mod hostile;
mod looking;
mod pins;
mod pool;
mod recorded;
mod shared;
mod using;
mod writing;
