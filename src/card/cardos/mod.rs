//! What CardOS cards have beyond the applications on them (sheet "cardos").

pub(super) mod blank;
pub mod sheet;
pub(super) mod weakness;
