//! What may stand on the command line.
//!
//! The texts are expressions, so that they are in the user's language by the time they are shown: the locale is taken
//! before the arguments are read.

mod gp;
mod key;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::base::i18n::gettext;
use crate::token::{ApplicationKind, Further, PinRole};

pub(super) use gp::{
    AppletChoice, Cap, ChangeChoice, GpCommand, GpKeysCommand, Install, KeyChoice, KeySource, Load,
    OpeningChoice, PackageChoice, PutKeys, Script, StateName,
};
pub(super) use key::{KeyArguments, KeyCommand};

#[derive(Debug, Parser)]
#[command(
    name = "symbolonctl",
    version,
    about = gettext("Looks at smart cards and crypto tokens, sets them up and manages their PINs, on the command line"),
    after_help = super::help::exit_codes(),
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) globals: Globals,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options that go with every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = gettext("Options for every command"))]
pub(super) struct Globals {
    #[arg(
        long,
        short,
        global = true,
        value_name = gettext("NAME|NUMBER"),
        help = gettext("The reader: its number in the table of readers, its name, or a part that only its name has"),
    )]
    pub(super) reader: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = gettext("CARD,…"),
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "",
        help = gettext("Put practice cards into practice readers; without a name: a choice of them. Unless a reader is named, the practice readers alone are then meant"),
    )]
    pub(super) practice: Vec<String>,
    #[arg(
        long,
        global = true,
        help = gettext("Show every exchange with the card and its meaning beside the result; PINs and keys are never in it"),
    )]
    pub(super) trace: bool,
    #[arg(
        long,
        global = true,
        value_name = gettext("FILE"),
        help = gettext("Append every exchange with the card and its meaning to this file"),
    )]
    pub(super) trace_file: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        help = gettext("Write the result as JSON, for programs"),
    )]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(about = gettext("List the readers and what is in them"))]
    Readers(Readers),
    #[command(about = gettext("Show everything on a token: applications, PINs, keys, certificates, data"))]
    Show,
    #[command(subcommand, about = gettext("List, show and export certificates and public keys"))]
    Cert(CertCommand),
    #[command(subcommand, about = gettext("Show, verify, change, unblock and set PINs"))]
    Pin(PinCommand),
    #[command(subcommand, about = gettext("Sign and decrypt with private keys"))]
    Key(KeyCommand),
    #[command(subcommand, about = gettext("Show what the card below the applications tells of itself"))]
    Card(CardCommand),
    #[command(subcommand, about = gettext("Set tokens up by a profile, step by step, and go on where that was stopped"))]
    Plan(PlanCommand),
    #[command(subcommand, about = gettext("Look at Java cards, load and delete what is on them, and manage their keys"))]
    Gp(GpCommand),
    #[command(
        about = gettext("Send commands to the card as they stand"),
        after_help = gettext("A right PIN in a command leaves the card unlocked, for other programs too, until it is reset or removed."),
    )]
    Apdu(Apdu),
    #[command(subcommand, about = gettext("List the practice cards, and lend one to other programs"))]
    Practice(PracticeCommand),
}

#[derive(Args, Debug)]
pub(super) struct Readers {
    #[arg(long, short, help = gettext("Go on reporting what changes, until Ctrl+C"))]
    pub(super) watch: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum CertCommand {
    #[command(about = gettext("List the certificates and keys"))]
    List {
        #[command(flatten)]
        application: ApplicationChoice,
    },
    #[command(about = gettext("Show everything in a certificate"))]
    Show {
        #[command(flatten)]
        slot: SlotChoice,
    },
    #[command(about = gettext("Write a certificate to a file or to standard output, as PEM"))]
    Export {
        #[command(flatten)]
        slot: SlotChoice,
        #[arg(long, help = gettext("As DER instead of PEM"))]
        der: bool,
        #[command(flatten)]
        target: Target,
    },
    #[command(about = gettext("Write the public key as the line that SSH servers want"))]
    Ssh {
        #[command(flatten)]
        slot: SlotChoice,
        #[command(flatten)]
        target: Target,
    },
    #[command(about = gettext("Write the public key as PEM"))]
    Key {
        #[command(flatten)]
        slot: SlotChoice,
        #[command(flatten)]
        target: Target,
    },
}

/// An application, where the person says which.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct ApplicationChoice {
    #[arg(
        long,
        short,
        value_name = "piv|openpgp|pkcs15",
        hide_possible_values = true,
        help = gettext("The application on the token; needed only where several have what is asked for"),
    )]
    pub(super) application: Option<ApplicationName>,
}

/// A slot of an application.
#[derive(Args, Clone, Debug)]
pub(super) struct SlotChoice {
    #[arg(
        value_name = gettext("SLOT"),
        help = gettext("PIV: the slot, as 9A. OpenPGP: 1 for signatures, 2 for decryption, 3 for signing in. PKCS#15: the number in the list"),
    )]
    pub(super) slot: String,
    #[command(flatten)]
    pub(super) application: ApplicationChoice,
}

/// Where something is written.
#[derive(Args, Clone, Debug)]
pub(super) struct Target {
    #[arg(
        long,
        short,
        value_name = gettext("FILE"),
        help = gettext("Write to this new file instead of standard output"),
    )]
    pub(super) output: Option<PathBuf>,
    #[arg(long, help = gettext("Replace the file if there is one"))]
    pub(super) force: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum CardCommand {
    #[command(about = gettext("Show everything that a CardOS card tells of itself: version, life cycle, memory, packages, keys"))]
    Info,
}

#[derive(Debug, Subcommand)]
pub(super) enum PinCommand {
    #[command(about = gettext("Show the PINs, the tries left and what can be done"))]
    Status {
        #[command(flatten)]
        application: ApplicationChoice,
    },
    #[command(about = gettext("Check a PIN. A right one brings all tries back"))]
    Verify {
        #[command(flatten)]
        pin: PinChoice,
        #[command(flatten)]
        secrets: SecretSource,
        #[command(flatten)]
        pad: PadChoice,
    },
    #[command(about = gettext("Replace a PIN. Asks for the PIN as it is, then for the new one"))]
    Change {
        #[command(flatten)]
        pin: PinChoice,
        #[command(flatten)]
        secrets: SecretSource,
        #[command(flatten)]
        pad: PadChoice,
    },
    #[command(about = gettext("Give a new PIN. Asks for the code that unblocks it, then for the new PIN; on a token that keeps the old one, for the code alone"))]
    Unblock {
        #[command(flatten)]
        pin: PinChoice,
        #[command(flatten)]
        secrets: SecretSource,
        #[command(flatten)]
        with: WithChoice,
    },
    #[command(about = gettext("Set a PIN or code that is not there yet, or anew. Asks for the PIN that allows it, then for the new one"))]
    Set {
        #[command(flatten)]
        pin: PinChoice,
        #[command(flatten)]
        secrets: SecretSource,
        #[command(flatten)]
        with: WithChoice,
    },
}

/// A PIN, and how careful to be with it.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PinChoice {
    #[command(flatten)]
    pub(super) application: ApplicationChoice,
    #[arg(
        long,
        short,
        value_name = "user|puk|admin|resetting-code|so",
        hide_possible_values = true,
        help = gettext("Which PIN. Without it: the user PIN, and for “set” the resetting code"),
    )]
    pub(super) pin: Option<PinName>,
    #[arg(long, help = gettext("Go on although a single try is left: a wrong PIN then blocks it"))]
    pub(super) use_last_try: bool,
}

/// Where secrets come from if not from the terminal.
#[derive(Args, Clone, Debug)]
#[group(multiple = false)]
pub(super) struct SecretSource {
    #[arg(
        long,
        value_name = gettext("N"),
        help = gettext("Read the secrets from this open file descriptor, one line each, in the order in which they would be asked"),
    )]
    pub(super) pin_fd: Option<u16>,
    #[arg(
        long,
        value_name = gettext("FILE"),
        help = gettext("Read the secrets from this file, one line each, in the order in which they would be asked"),
    )]
    pub(super) pin_file: Option<PathBuf>,
}

/// Whether the PIN is typed on the reader.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PadChoice {
    #[arg(
        long,
        conflicts_with_all = ["pin_fd", "pin_file"],
        help = gettext("Type on the keys of the reader instead of the keyboard"),
    )]
    pub(super) on_reader: bool,
}

/// Which code gives the right.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct WithChoice {
    #[arg(
        long,
        value_name = "puk|admin|resetting-code|so",
        hide_possible_values = true,
        help = gettext("The PIN or code that gives the right to do it; needed only where there is more than one"),
    )]
    pub(super) with: Option<PinName>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    #[command(about = gettext("Show what a profile would do to the token, what is lost, what it costs and what is asked for"))]
    Show {
        #[command(flatten)]
        profile: ProfileChoice,
        #[command(flatten)]
        secrets: SecretSource,
    },
    #[command(about = gettext("Set the token up: show the plan, ask for what it needs, and carry it out"))]
    Run {
        #[command(flatten)]
        profile: ProfileChoice,
        #[arg(long, help = gettext("Try every step on paper, on the token as it is now, and write nothing"))]
        dry_run: bool,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        secrets: SecretSource,
    },
    #[command(
        about = gettext("Set many tokens up, in all readers side by side: one for each name of a table"),
        after_help = gettext("PINs and PUKs of holders are made up. They are in the letters alone: print them, then delete the file."),
    )]
    Bench(Bench),
    #[command(about = gettext("Go on with the plan that was stopped on this token"))]
    Resume {
        #[arg(
            value_name = gettext("PROFILE"),
            help = gettext("The profile of the plan; needed only if the rest of it stores data or keys from files"),
        )]
        profile: Option<PathBuf>,
        #[arg(long, help = gettext("Show the commands of every step too"))]
        commands: bool,
        #[command(flatten)]
        secrets: SecretSource,
        #[command(flatten)]
        keys: KeySource,
        #[arg(
            long,
            value_name = "test|file:PATH|keyring:NAME",
            help = gettext("The new keys of the card manager, if the rest of the plan puts them on the card"),
        )]
        new_keys: Option<OsString>,
    },
    #[command(about = gettext("Decide that the plan that was stopped on this token is not gone on with"))]
    GiveUp {
        #[command(flatten)]
        consent: Consent,
    },
    #[command(about = gettext("List the journals of what was done to tokens, or show one of them"))]
    Journal {
        #[arg(
            value_name = gettext("SERIAL"),
            help = gettext("The serial number of the token, as the list shows it"),
        )]
        serial: Option<String>,
    },
}

/// Many tokens.
#[derive(Args, Debug)]
pub(super) struct Bench {
    #[arg(
        value_name = gettext("PROFILE"),
        help = gettext("The file that says what the tokens shall be like; see symbolon-profile(5)"),
    )]
    pub(super) profile: PathBuf,
    #[arg(
        long,
        value_name = gettext("FILE"),
        help = gettext("A table (CSV) with the column “name”; every other column takes its place in the profile, too"),
    )]
    pub(super) names: PathBuf,
    #[arg(
        long,
        value_name = gettext("FILE"),
        help = gettext("The new table of what came of each name; it is written after each token"),
    )]
    pub(super) results: PathBuf,
    #[arg(
        long,
        value_name = gettext("FILE"),
        help = gettext("The new file (PDF) for the letters with PINs and PUKs; needed where the profile has any for holders"),
    )]
    pub(super) letters: Option<PathBuf>,
    #[command(flatten)]
    pub(super) consent: Consent,
    #[command(flatten)]
    pub(super) secrets: SecretSource,
}

/// A profile, and what it does not say.
#[derive(Args, Clone, Debug)]
pub(super) struct ProfileChoice {
    #[arg(
        value_name = gettext("PROFILE"),
        help = gettext("The file that says what the token shall be like; see symbolon-profile(5)"),
    )]
    pub(super) profile: PathBuf,
    #[arg(
        long,
        value_name = gettext("NAME"),
        help = gettext("The name of the holder; takes the place of {name} in the profile"),
    )]
    pub(super) name: Option<String>,
    #[arg(long, help = gettext("Show the commands of every step too"))]
    pub(super) commands: bool,
}

/// Whether the person has agreed beforehand.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Consent {
    #[arg(long, short, help = gettext("Do not ask first"))]
    pub(super) yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct Apdu {
    #[arg(
        value_name = "HEX",
        required_unless_present = "file",
        help = gettext("Commands in hexadecimal, sent in this order. Arguments can be seen by other users of the machine: send what holds a secret with --file"),
    )]
    pub(super) commands: Vec<String>,
    #[arg(
        long,
        short,
        value_name = gettext("FILE"),
        conflicts_with = "commands",
        help = gettext("Read the commands from a file, one line each; “-” is standard input"),
    )]
    pub(super) file: Option<PathBuf>,
    #[arg(long, short, help = gettext("Do not ask first"))]
    pub(super) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum PracticeCommand {
    #[command(about = gettext("List the practice cards"))]
    List,
    #[command(about = gettext("Put a practice card into the smart card service, for every program, until Ctrl+C"))]
    Serve {
        #[arg(value_name = gettext("CARD"), help = gettext("Its name in the list"))]
        name: String,
        #[arg(
            long,
            value_name = gettext("N"),
            default_value_t = 35963,
            hide_default_value = true,
            help = gettext("The port on which the driver vpcd listens; 35963 without this option"),
        )]
        port: u16,
    },
}

/// Applications by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ApplicationName(ApplicationKind);

impl ValueEnum for ApplicationName {
    fn value_variants<'a>() -> &'a [Self] {
        const fn further(number: Further) -> ApplicationName {
            ApplicationName(ApplicationKind::FurtherPkcs15(number))
        }
        const ALL: [ApplicationName; 11] = {
            let [second, third, fourth, fifth, sixth, seventh, eighth] = Further::ALL;
            [
                ApplicationName(ApplicationKind::Piv),
                ApplicationName(ApplicationKind::OpenPgp),
                ApplicationName(ApplicationKind::Pkcs15),
                ApplicationName(ApplicationKind::Muscle),
                further(second),
                further(third),
                further(fourth),
                further(fifth),
                further(sixth),
                further(seventh),
                further(eighth),
            ]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        // Hardly any card has more than one; where one has, the page shows how they are called.
        let rare = self.0 != self.0.family();
        Some(PossibleValue::new(self.0.code()).hide(rare))
    }
}

impl ApplicationChoice {
    /// Whether the person means this one.
    pub(super) fn admits(self, kind: ApplicationKind) -> bool {
        self.application
            .is_none_or(|ApplicationName(wanted)| wanted == kind)
    }
}

/// PINs by the names that the command line has for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum PinName {
    User,
    Puk,
    Admin,
    ResettingCode,
    So,
}

impl From<PinName> for PinRole {
    fn from(name: PinName) -> Self {
        match name {
            PinName::User => Self::User,
            PinName::Puk => Self::Puk,
            PinName::Admin => Self::Admin,
            PinName::ResettingCode => Self::ResettingCode,
            PinName::So => Self::SecurityOfficer,
        }
    }
}
