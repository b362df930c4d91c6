//! CardOS M4: what is asked of the chip, and a PKCS #15 application made, filled and taken away on
//! it. Facts: sheets "cardos" and "iso7816-pkcs15".
//!
//! Everything that writes is a [`Task`](super::task::Task), and is carried out by [`carry_out()`].

pub(super) mod blank;
mod carry_out;
mod create;
mod delete;
mod hand;
mod keys;
mod lists;
mod needs;
mod objects;
mod rename;
mod sealed;
pub mod sheet;
mod store;
mod survey;
pub(super) mod weakness;

pub use carry_out::carry_out;
pub(super) use needs::{need, with_number};
pub use survey::{Area, FileEntry, Phase, StartKey, Survey};
