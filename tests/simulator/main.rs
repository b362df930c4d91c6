//! The practice cards before judges that this project did not write: the `openpgp-card` crate in
//! the process, and GnuPG, yubico-piv-tool and OpenSC through a real `pcscd`.
//!
//! Our own drivers have no say here: they might misunderstand the standards in the same way as the
//! simulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/mod.rs"]
mod support;

mod cardos;
mod gnupg;
mod muscle;
mod muscle_recorded;
mod opensc;
mod second_opinion;
mod served;
mod yubico;
