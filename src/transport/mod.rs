//! The way to one card.

pub mod channel;
pub mod link;
pub mod names;
pub mod pcsc;
pub mod pinpad;
pub mod replay;
mod service;
pub mod trace;
pub mod watch;
