//! `symbolonctl` beside GnuPG and yubico-piv-tool on the same cards, through a real `pcscd`:
//! they say the same, field by field, and each accepts the PINs that the other set.
//!
//! The cards are `opcard` and `piv-authenticator`, which this project did not write, set up by
//! those tools; and then the practice cards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod cardos;
mod openpgp;
mod piv;
mod pkcs15;
mod program;
#[allow(dead_code, reason = "another test uses the rest of it")]
#[path = "../simulator/served.rs"]
mod served;
#[path = "../support/mod.rs"]
mod support;
mod two;
