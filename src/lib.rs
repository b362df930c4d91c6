//! Symbolon: look at, set up and use smart cards and crypto tokens.

pub mod backend;
pub mod base;
pub mod card;
pub mod explain;
pub mod iso7816;
pub mod pki;
pub mod simulator;
pub mod token;
pub mod transport;

// Relm4 makes a public `XxxWidgets` for every component, which cannot be documented.
#[allow(missing_docs, reason = "generated types")]
pub mod ui;
