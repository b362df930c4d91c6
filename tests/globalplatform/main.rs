//! The host side of GlobalPlatform, against published exchanges: a scripted card takes exactly the bytes of the sheet
//! "globalplatform", 6, and answers with those that stand there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod script;

mod content;
mod discovery;
mod generated;
mod hostile;
mod messages;
mod refusals;
mod registry;
mod scp01;
mod scp02;
mod scp03;
mod tries;
