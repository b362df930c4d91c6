//! Java cards: what their card manager tells, and what is done to their contents through it (sheet
//! "globalplatform").

mod carry_out;
mod door;
mod keys;
mod look;
mod survey;

pub(super) use carry_out::{carry_out, need};
pub use look::{Look, ManagerAccess, Opened, edition, look};
pub use survey::Survey;
pub(super) use survey::chip_number_of;
