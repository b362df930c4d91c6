//! What asks for passphrases and PINs on behalf of GnuPG.

pub mod keyring;
