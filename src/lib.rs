//! Symbolon: look at, set up and use smart cards and crypto tokens.

pub mod base;
pub mod iso7816;
pub mod token;
