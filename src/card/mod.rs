//! The card drivers, and what they share.

mod error;

pub use error::CardError;
