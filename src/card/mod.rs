//! The card drivers, and what they share.
//!
//! [`driver::PROBES`] is the list of families; [`read()`] asks a card for all of them.

pub mod driver;
mod error;
pub mod guard;
mod iso;
mod listed;
mod openpgp;
mod piv;
mod read;
mod unknown;

pub use error::CardError;
pub use read::{identify, open, read};
