//! Certificates and public keys on paper; knows no card.

pub mod certificate;
