//! What may stand behind `symbolonctl key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ApplicationChoice, SecretSource, SlotChoice, Target};
use crate::base::i18n::gettext;
use crate::pki::pkcs1::DigestKind;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeyCommand {
    #[command(about = gettext("Sign a file with a private key in a MUSCLE applet. Writes the bare signature (RSA, PKCS#1 v1.5)"))]
    Sign {
        #[command(flatten)]
        work: KeyArguments,
        #[arg(
            long,
            value_name = "sha1|sha256|sha384|sha512",
            hide_possible_values = true,
            hide_default_value = true,
            default_value = "sha256",
            help = gettext("The digest that is signed; sha256 without this option"),
        )]
        digest: DigestName,
    },
    #[command(about = gettext("Decrypt a file with a private key in a MUSCLE applet (RSA, PKCS#1 v1.5)"))]
    Decrypt {
        #[command(flatten)]
        work: KeyArguments,
    },
}

/// A key, what it is given, and where the result goes.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct KeyArguments {
    #[arg(
        value_name = gettext("KEY"),
        // Under a heading of their own, arguments are sorted by their names.
        display_order = 1,
        help = gettext("The number of the key, as “symbolonctl cert list” shows it"),
    )]
    pub(in crate::cli) key: String,
    #[arg(
        value_name = gettext("FILE"),
        display_order = 2,
        help = gettext("What is signed or decrypted; standard input without it"),
    )]
    pub(in crate::cli) file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) application: ApplicationChoice,
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[command(flatten)]
    pub(in crate::cli) secrets: SecretSource,
    #[arg(long, help = gettext("Go on although a single try is left: a wrong PIN then blocks it"))]
    pub(in crate::cli) use_last_try: bool,
}

impl KeyArguments {
    /// The place of the key.
    pub(in crate::cli) fn slot(&self) -> SlotChoice {
        SlotChoice {
            slot: self.key.clone(),
            application: self.application,
        }
    }
}

/// Digests by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum DigestName {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl From<DigestName> for DigestKind {
    fn from(name: DigestName) -> Self {
        match name {
            DigestName::Sha1 => Self::Sha1,
            DigestName::Sha256 => Self::Sha256,
            DigestName::Sha384 => Self::Sha384,
            DigestName::Sha512 => Self::Sha512,
        }
    }
}
