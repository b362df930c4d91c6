//! What takes several pages: a token is set up.

pub mod setup;
