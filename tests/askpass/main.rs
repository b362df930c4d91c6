//! `pinentry-symbolon-tty` on a terminal, as a person meets it: asked by an agent, by the real
//! GnuPG, by the real ssh.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/mod.rs"]
mod support;

mod desk;
mod gnupg;
mod questions;
mod ssh;
