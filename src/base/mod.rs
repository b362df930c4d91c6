//! What every room stands on: secrets, files, the clock, hexadecimal text, the translated word, the operating system.

pub mod clock;
pub mod file;
pub mod hex;
pub mod i18n;
pub mod interrupt;
pub mod keyboard;
pub mod os;
pub mod paths;
pub mod process;
pub mod secret;
pub mod settings;
pub mod terminal;
