//! ISO/IEC 7816-4 on paper: bytes in, values out. Nothing here talks to a card, and nothing
//! here panics on any bytes.

pub mod atr;
mod command;
mod response;
mod status;
pub mod tlv;

pub use command::{Command, Form, Le, Parsed};
pub use response::Response;
pub use status::StatusWord;
