//! What may stand behind `symbolonctl gp`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Consent;
use crate::base::i18n::gettext;
use crate::plan::content::{Diversification, Edition, KeyFamily, Level};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GpCommand {
    #[command(about = gettext("Show what the card manager tells without keys: who made the card, its protocols, keys and memory, and whether it is one for developers"))]
    Info,
    #[command(about = gettext("List what is on the card: packages, applets, security domains. Needs the keys"))]
    List {
        #[command(flatten)]
        keys: KeyChoice,
    },
    #[command(about = gettext("Show what is in a CAP or IJC file, and what is to be known before it is loaded onto the card in the reader"))]
    Cap(Cap),
    #[command(about = gettext("Load a CAP or IJC file: delete what is there of it, load the package, install its applets"))]
    Load(Load),
    #[command(about = gettext("Install an applet of a package that is on the card"))]
    Install(Install),
    #[command(about = gettext("Delete applets and packages from the card"))]
    Delete {
        #[arg(value_name = "AID", required = true, help = gettext("What is deleted, in this order; what is not there is no failure"))]
        aids: Vec<String>,
        #[arg(long, help = gettext("Delete with each package what was made of it"))]
        related: bool,
        #[command(flatten)]
        change: ChangeChoice,
    },
    #[command(about = gettext("Lock an applet: it cannot be selected any more"))]
    Lock(One),
    #[command(about = gettext("Unlock an applet"))]
    Unlock(One),
    #[command(
        about = gettext("Give the card manager new keys. The old ones go only when the new ones have opened the card"),
        after_help = gettext("Keep the new keys: who loses them can never manage the card again."),
    )]
    PutKeys(PutKeys),
    #[command(about = gettext("Delete a key set of the card manager"))]
    DeleteKeys {
        #[arg(long, value_name = gettext("N"), help = gettext("The version of the key set"))]
        version: u8,
        #[command(flatten)]
        change: ChangeChoice,
    },
    #[command(about = gettext("Put the card into another state of its life. There is no way back from most of them"))]
    SetState {
        #[arg(value_name = "initialized|secured|locked|terminated", hide_possible_values = true, help = gettext("The state; “secured” unlocks the card as well"))]
        state: StateName,
        #[command(flatten)]
        change: ChangeChoice,
    },
    #[command(
        about = gettext("Do what a script of gpshell says. It is read whole before anything of it is done"),
        after_help = gettext("Keys that stand in the script are used; where it has none, those of --keys. Files are looked for beside the script."),
    )]
    Script(Script),
    #[command(
        about = gettext("Write the loading of a CAP or IJC file as a script of gpshell, without keys"),
    )]
    Export {
        #[command(flatten)]
        package: PackageChoice,
        #[command(flatten)]
        opening: OpeningChoice,
        #[command(flatten)]
        target: super::Target,
    },
    #[command(subcommand, about = gettext("Keep keys of card managers in the keyring of the desktop"))]
    Keys(GpKeysCommand),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GpKeysCommand {
    #[command(about = gettext("Save keys in the keyring under a name; --keys keyring:NAME uses them then"))]
    Save {
        #[arg(value_name = gettext("NAME"), help = gettext("What they are called"))]
        name: String,
        #[arg(
            long,
            value_name = "file:PATH",
            help = gettext("Where they come from; without it they are asked for"),
        )]
        keys: Option<OsString>,
    },
    #[command(about = gettext("Remove keys from the keyring. Are they kept nowhere else, the card can never be managed again"))]
    Forget {
        #[arg(value_name = gettext("NAME"), help = gettext("What they are called"))]
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
    #[command(about = gettext("List the names of the keys in the keyring"))]
    List,
}

/// The keys of a card manager.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct KeySource {
    #[arg(
        long,
        value_name = "test|file:PATH|keyring:NAME",
        help = gettext("The keys of the card manager: the public test keys 404142…4F, a file with one key or three (ENC, MAC, DEK) in hexadecimal, or the keyring; without it they are asked for. Never the keys themselves: other users of the machine see arguments"),
    )]
    pub(in crate::cli) keys: Option<OsString>,
    #[arg(
        long,
        value_name = "3des|aes",
        hide_possible_values = true,
        help = gettext("What the keys are for; found out if the card tells it"),
    )]
    pub(in crate::cli) family: Option<FamilyName>,
    #[arg(long, help = gettext("Try keys that were wrong on this card before once more, or whose counter on the card began anew because they were put there again. After some ten wrong tries a card manager is closed for ever"))]
    pub(in crate::cli) try_again: bool,
    #[arg(long, help = gettext("Send the public test keys to a card that hardly has them: nobody is asked. After some ten wrong tries a card manager is closed for ever"))]
    pub(in crate::cli) test_keys_anyway: bool,
}

/// The keys, and how they open the card manager.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct KeyChoice {
    #[command(flatten)]
    pub(in crate::cli) source: KeySource,
    #[command(flatten)]
    pub(in crate::cli) opening: OpeningChoice,
}

/// How keys open the card manager.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct OpeningChoice {
    #[arg(long, value_name = gettext("N"), help = gettext("The version of the key set; 0 for the first that the card has"))]
    pub(in crate::cli) key_version: Option<u8>,
    #[arg(long, value_name = gettext("N"), help = gettext("The index of the key set, for cards of Open Platform"))]
    pub(in crate::cli) key_index: Option<u8>,
    #[arg(
        long,
        value_name = "clear|mac|enc|rmac|rmac-enc|all",
        hide_possible_values = true,
        help = gettext("What is protected: nothing; commands from changes; commands from changes and reading; and answers too"),
    )]
    pub(in crate::cli) level: Option<LevelName>,
    #[arg(
        long,
        value_name = "none|visa2|emv|kdf3",
        hide_possible_values = true,
        help = gettext("How the keys of the card come from those that are given, if these are master keys"),
    )]
    pub(in crate::cli) diversify: Option<DiversifyName>,
    #[arg(
        long,
        value_name = "op201|gp211",
        hide_possible_values = true,
        help = gettext("The standard of the card: Open Platform 2.0.1, or GlobalPlatform 2.1.1 and later; without it, what the card says, and without a card the later one"),
    )]
    pub(in crate::cli) edition: Option<EditionName>,
}

/// How something on the card is changed.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ChangeChoice {
    #[arg(long, help = gettext("Try every step on paper and write nothing; the keys of the card are not asked for"))]
    pub(in crate::cli) dry_run: bool,
    #[arg(long, help = gettext("Show the commands of every step too"))]
    pub(in crate::cli) commands: bool,
    #[arg(
        long,
        value_name = gettext("FILE"),
        conflicts_with_all = ["dry_run", "commands"],
        help = gettext("Write it to this new file as a script of gpshell, “-” for standard output, and change nothing; without --keys what is on the card is not looked at. No key is written"),
    )]
    pub(in crate::cli) export: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
    #[command(flatten)]
    pub(in crate::cli) keys: KeyChoice,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Cap {
    #[arg(value_name = gettext("FILE"), required_unless_present = "howto", help = gettext("The CAP or IJC file"))]
    pub(in crate::cli) file: Option<PathBuf>,
    #[arg(long, conflicts_with = "file", help = gettext("Show how the MUSCLE applet is built for an old card"))]
    pub(in crate::cli) howto: bool,
    #[command(flatten)]
    pub(in crate::cli) keys: KeyChoice,
}

/// A package, and how it goes onto a card.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct PackageChoice {
    #[arg(value_name = gettext("FILE"), help = gettext("The CAP or IJC file"))]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) applet: AppletChoice,
    #[arg(long, value_name = gettext("BYTES"), help = gettext("Bytes that the code may take at most"))]
    pub(in crate::cli) code_limit: Option<u16>,
    #[arg(long, help = gettext("Load the package and install nothing"))]
    pub(in crate::cli) no_install: bool,
    #[arg(long, help = gettext("Load the component Descriptor too, which most cards do not need"))]
    pub(in crate::cli) with_descriptor: bool,
    #[arg(long, help = gettext("Do not delete what is there of it"))]
    pub(in crate::cli) keep_old: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Load {
    #[command(flatten)]
    pub(in crate::cli) package: PackageChoice,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeChoice,
}

/// How an applet is made; what is not said is the usual way of the package.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct AppletChoice {
    #[arg(long, value_name = "AID", help = gettext("What the applet is selected by; its own name without it"))]
    pub(in crate::cli) instance: Option<String>,
    #[arg(long, value_name = "HEX", help = gettext("Its privileges: one byte, or three"))]
    pub(in crate::cli) privileges: Option<String>,
    #[arg(long, value_name = "HEX", help = gettext("What the applet is told when it is made; no secret: it is written into the journal, and other users of the machine see arguments"))]
    pub(in crate::cli) parameters: Option<String>,
    #[arg(long, value_name = gettext("BYTES"), help = gettext("Bytes that its data may take at most"))]
    pub(in crate::cli) data_limit: Option<u16>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Install {
    #[arg(value_name = gettext("PACKAGE"), help = gettext("The AID of the package"))]
    pub(in crate::cli) package: String,
    #[arg(value_name = gettext("APPLET"), help = gettext("The AID of the applet in it"))]
    pub(in crate::cli) module: String,
    #[command(flatten)]
    pub(in crate::cli) applet: AppletChoice,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeChoice,
}

/// Something on the card.
#[derive(Args, Debug)]
pub(in crate::cli) struct One {
    #[arg(value_name = "AID", help = gettext("Which"))]
    pub(in crate::cli) aid: String,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeChoice,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct PutKeys {
    #[arg(
        long,
        value_name = "test|file:PATH|keyring:NAME",
        help = gettext("The new keys, as --keys; without it they are asked for"),
    )]
    pub(in crate::cli) new_keys: Option<OsString>,
    #[arg(
        long,
        value_name = gettext("N"),
        help = gettext("The version of the new key set, 1 to 127"),
    )]
    pub(in crate::cli) version: u8,
    #[arg(
        long,
        value_name = gettext("N"),
        help = gettext("The version of the key set that it takes the place of, 1 to 127; without it, it is added. Keys of the factory, 255, make way for the first new ones by themselves"),
    )]
    pub(in crate::cli) replace: Option<u8>,
    #[command(flatten)]
    pub(in crate::cli) change: ChangeChoice,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Script {
    #[arg(value_name = gettext("FILE"), help = gettext("The script"))]
    pub(in crate::cli) file: PathBuf,
    #[arg(long, help = gettext("Try every step on paper and write nothing; the keys of the card are not asked for"))]
    pub(in crate::cli) dry_run: bool,
    #[arg(long, help = gettext("Show the commands of every step too"))]
    pub(in crate::cli) commands: bool,
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
    #[command(flatten)]
    pub(in crate::cli) source: KeySource,
}

/// Ciphers by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum FamilyName {
    #[value(name = "3des")]
    TripleDes,
    Aes,
}

impl From<FamilyName> for KeyFamily {
    fn from(name: FamilyName) -> Self {
        match name {
            FamilyName::TripleDes => Self::TripleDes,
            FamilyName::Aes => Self::Aes,
        }
    }
}

/// Standards by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum EditionName {
    Op201,
    Gp211,
}

impl From<EditionName> for Edition {
    fn from(name: EditionName) -> Self {
        match name {
            EditionName::Op201 => Self::OpenPlatform201,
            EditionName::Gp211 => Self::GlobalPlatform,
        }
    }
}

/// Levels of protection by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum LevelName {
    Clear,
    Mac,
    Enc,
    Rmac,
    RmacEnc,
    All,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Clear => Self::Clear,
            LevelName::Mac => Self::Mac,
            LevelName::Enc => Self::MacEncryption,
            LevelName::Rmac => Self::MacBoth,
            LevelName::RmacEnc => Self::MacBothEncryption,
            LevelName::All => Self::All,
        }
    }
}

/// Ways to derive keys by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum DiversifyName {
    None,
    Visa2,
    Emv,
    Kdf3,
}

impl From<DiversifyName> for Diversification {
    fn from(name: DiversifyName) -> Self {
        match name {
            DiversifyName::None => Self::None,
            DiversifyName::Visa2 => Self::Visa2,
            DiversifyName::Emv => Self::Emv,
            DiversifyName::Kdf3 => Self::Kdf3,
        }
    }
}

/// States of the card by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum StateName {
    Initialized,
    Secured,
    Locked,
    Terminated,
}

impl StateName {
    /// The byte for SET STATUS (GlobalPlatform Card Specification, 11.1.1).
    pub(in crate::cli) fn byte(self) -> u8 {
        match self {
            Self::Initialized => 0x07,
            Self::Secured => 0x0F,
            Self::Locked => 0x7F,
            Self::Terminated => 0xFF,
        }
    }
}
