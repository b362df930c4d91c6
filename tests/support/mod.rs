//! Real programs for integration tests: a private PC/SC service, cards that this project did not
//! write, GnuPG, yubico-piv-tool.
//!
//! `mod support;` in a test file brings all of it. Everything has a directory, ports and processes
//! of its own, so tests run side by side, beside a `pcscd` of the system as well; everything ends
//! when its value is dropped. A program that is not installed is a failure that names its Debian
//! package, never a test left out.
//!
//! ```text
//! let service = PrivatePcscd::start(2);
//! let card = IndependentCard::openpgp(service.slot(0));
//! let gnupg = GnuPg::new(service.slot(0));
//! gnupg.generate_keys("Ada Lovelace", "ada@example.org");
//! assert_eq!(gnupg.card_status().tries_left, [3, 0, 3]);
//! let mut ours = service.slot(0).command(env!("CARGO_BIN_EXE_symbolonctl"));
//! let json = finish(ours.args(["show", "--json"]), "").succeeded();
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, all of them are how it fails"
)]
#![allow(
    dead_code,
    reason = "every test file compiles this module and uses its part of it"
)]

pub(crate) mod card_status;
pub(crate) mod cards;
pub(crate) mod certificate;
pub(crate) mod fake_service;
pub(crate) mod forwarded;
pub(crate) mod gnupg;
pub(crate) mod on_terminal;
pub(crate) mod pcsc_wire;
pub(crate) mod pcscd;
pub(crate) mod process;
pub(crate) mod yubico;
