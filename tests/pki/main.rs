//! Certificates, keys and chains against OpenSSL and OpenSSH, and against any bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that tells"
)]

mod any_bytes;
mod chains;
mod fields;
mod import;
mod keys;
mod openssl;
