//! CardOS M4: what is asked of the chip, and a PKCS #15 application made, filled and taken away on
//! it. Facts: sheets "cardos" and "iso7816-pkcs15".
//!
//! Everything that writes is a [`Task`](super::task::Task), and is carried out by [`carry_out()`].

pub(super) mod blank;
mod carry_out;
mod create;
mod delete;
mod error;
mod hand;
mod keys;
mod lists;
mod objects;
mod rehearse;
mod rename;
mod sealed;
pub mod sheet;
mod store;
mod survey;
pub(super) mod weakness;

pub use carry_out::{Materials, Occasion, Private, carry_out};
pub use error::SetupError;
pub use rehearse::{Need, Rehearsal, rehearse};
pub use survey::{Area, Counts, FileEntry, Phase, StartKey, Survey, Taken};
