//! Two cards that this project did not write, put into a real `pcscd` through vsmartcard's vpcd.
//!
//! A driver that was only ever tried on our own simulated cards may share a misunderstanding with
//! them. [`opcard`] (OpenPGP card 3.4) and [`piv_authenticator`] (PIV, SP 800-73-4) are the firmware
//! of the Nitrokey 3. Here they run as they are, as programs, so that the drivers, GnuPG and
//! yubico-piv-tool meet on a card that none of them knows from the inside.
//!
//! What belongs to a card but not to those crates is here:
//!
//! | module | part of the card |
//! |---|---|
//! | [`arguments`] | which card: its port, serial number, memory |
//! | [`vpcd`] | the contacts: power, reset and messages from the reader |
//! | [`front_end`] | the card's operating system: command chaining, GET RESPONSE |
//! | [`openpgp`], [`piv`] | the two applications |
//! | [`firmware`] | the platform under an application, from power-up to power-down |
//! | [`dispatch`] | which part of the firmware does what for an application |

pub mod arguments;
pub mod dispatch;
pub mod firmware;
pub mod front_end;
pub mod openpgp;
pub mod piv;
pub mod vpcd;
