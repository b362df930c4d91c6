//! Dialogs about one thing on a token: a PIN, a certificate, a key, a command.

pub mod certificate;
pub(in crate::ui) mod chooser;
pub mod command;
pub(in crate::ui) mod frame;
pub mod key;
pub mod manager;
pub(in crate::ui) mod password;
pub mod pin;
