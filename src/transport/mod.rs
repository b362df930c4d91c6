//! The way to one card.

pub mod link;
pub mod trace;
