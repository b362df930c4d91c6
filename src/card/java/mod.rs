//! Java cards: what their card manager tells, and what is done to their contents through it (sheet
//! "globalplatform").

mod look;

pub use look::{Look, ManagerAccess, Opened, look};
