//! What takes several pages, or several tokens: one is set up, or many are.

pub mod bench;
pub mod content;
pub(in crate::ui) mod parts;
pub mod plan;
pub(in crate::ui) mod profile_file;
mod secrets;
pub mod setup;
