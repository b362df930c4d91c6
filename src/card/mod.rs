//! The card drivers, and what they share.
//!
//! [`driver::PROBES`] is the list of families; [`Reading`] asks a card for all of them.

pub mod cardos;
pub mod driver;
mod error;
pub mod guard;
mod iso;
pub mod java;
mod listed;
pub mod muscle;
mod openpgp;
mod picture;
mod piv;
mod pkcs15;
mod read;
pub mod setup;
pub mod task;
mod unknown;

pub use error::CardError;
pub use read::{Reading, identify, open, read};
