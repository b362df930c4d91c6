//! What takes several pages, or several tokens: one is set up, or many are.

pub mod bench;
mod parts;
mod profile_file;
mod secrets;
pub mod setup;
