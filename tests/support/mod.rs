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
//! assert_eq!(gnupg.card_status().signature_counter, 4);
//! let ours = service.slot(0).command(env!("CARGO_BIN_EXE_symbolonctl"));
//! ```

#![allow(
    dead_code,
    unused_imports,
    reason = "every test file compiles this module and uses its part of it"
)]

mod cards;
mod certificate;
mod gnupg;
mod pcscd;
mod process;
mod yubico;

pub(crate) use cards::IndependentCard;
pub(crate) use certificate::{Certificate, issue};
pub(crate) use gnupg::{CardStatus, GnuPg, Pins};
pub(crate) use pcscd::{Exchange, PrivatePcscd, Slot};
pub(crate) use process::{Daemon, Finished, find, finish, tool, wait_for};
pub(crate) use yubico::{MANAGEMENT_KEY, PivSlot, PivStatus, YubicoPivTool};
