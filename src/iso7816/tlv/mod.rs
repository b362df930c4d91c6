//! Data objects: tag, length, value.

pub mod ber;
pub mod compact;
