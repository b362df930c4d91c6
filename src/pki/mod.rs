//! Certificates and public keys on paper; knows no card.
//!
//! [`certificate`] decodes X.509 (RFC 5280), [`public_key`] makes one canonical
//! SubjectPublicKeyInfo from whatever a card or a certificate has, and [`chain`] looks for
//! who signed whom. [`ssh_key`], [`openpgp_fingerprint`] and [`export`] are the ways out.
//! [`import`] opens key files; [`pkcs1`] is what RSA keys sign.

pub mod certificate;
pub mod chain;
mod decode;
pub mod export;
mod extensions;
pub mod import;
mod name;
mod oid;
pub mod openpgp_fingerprint;
pub mod pem;
pub mod pkcs1;
pub mod public_key;
mod signature;
pub mod ssh_key;
pub mod trial;
