//! The driver of the MUSCLE applet, against what the real applet answered to OpenSC, and against a
//! small one that is held to the same, against the practice cards, and beside OpenSC and OpenSSL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[allow(dead_code, reason = "of the other binary, which uses all of it")]
#[path = "../simulator/served.rs"]
mod served;
#[path = "../support/mod.rs"]
mod support;

mod applet;
mod bench;
mod builds;
mod hostile;
mod lies;
mod life;
mod looking;
mod opensc;
mod openssl;
mod overwriting;
mod pins;
mod pool;
mod practice;
mod recorded;
mod resumed;
mod shared;
mod tight;
mod torn;
mod using;
mod writing;
