//! What a person sees: readers, tokens and everything on them, as plain data.
//!
//! Drivers fill these values; the window, the tables, the JSON output and the tests show
//! them. Nothing here talks to a card and nothing here knows how to say it in a language:
//! words are in `explain`.

mod application;
pub mod attention;
mod card_manager;
mod cardos;
mod certificate;
mod cplc;
mod data_object;
mod fact;
mod key;
mod key_use;
mod operation;
mod pin;
mod reader;
mod registry;
mod text;

pub use application::{
    Application, ApplicationKind, ApplicationState, Further, KeyRow, Unreadable,
};
pub use card_manager::{
    CardKey, CardKeyComponent, CardKeyKind, CardManager, CardRecognition, CardResources,
    DeveloperSign, SecureChannelProtocol,
};
pub use cardos::{
    AtrSource, CardCondition, CardOsChip, CardOsHardware, CardOsKeys, CardOsLife, CardOsObject,
    CardOsPackage, CardOsPackages, CardOsSheet, CardOsVersion, CardSystem, KnownPackage, LifePhase,
    NotTold, SystemKey, Told,
};
pub use certificate::{Certificate, CertificateSummary, Flaw};
pub use cplc::{Cplc, CplcDate, Day};
pub use data_object::{Access, DataKind, DataObject};
pub use fact::{Fact, FactName, FactValue, Flag, PinCoding, Salutation, Space};
pub use key::{
    Algorithm, Curve, Evidence, Key, KeyRef, Origin, PinPolicy, PublicKey, PublicKeyObject,
    Purpose, TouchPolicy,
};
pub use key_use::{KeyUse, Unusable, Usable};
pub use operation::{Operation, OperationKind, Reason};
pub use pin::{
    Alphabet, Breach, Factory, Pin, PinReference, PinRole, PinRule, PinUse, Tries, TriesLeft,
};
pub use reader::{CardProtocol, Identity, Reader, ReaderId, ServiceState, SlotState};
pub use registry::{LifeCycle, PackageVersion, Privilege, Registry, RegistryEntry, RegistryKind};
pub use text::Text;

use serde::Serialize;

/// A token: the card in a reader with all applications that answered.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Token {
    /// What its owner calls it: the holder's name or the label on the card.
    pub label: Option<Text>,
    /// The product, as far as the card tells it.
    pub model: Option<Text>,
    /// Who made it.
    pub manufacturer: Option<Text>,
    /// The serial number as printed on the token, where an application tells it.
    pub serial: Option<Text>,
    /// The card below the applications.
    pub card: Card,
    /// What was found, in the order of the probes.
    pub applications: Vec<Application>,
    /// Names of well-known applications that answered SELECT but have no driver here.
    pub answering: Vec<AnsweringApplication>,
    /// Whether everything was read, or more is coming.
    pub complete: bool,
    /// What this reading cost.
    pub cost: Cost,
    /// Whether it is shown as it was read the last time; the card has only said that it is the
    /// one, and is being read.
    #[serde(skip)]
    pub remembered: bool,
}

/// The ISO 7816 side of a token.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Card {
    /// Answer to reset, 2 to 33 bytes.
    #[serde(serialize_with = "as_hex")]
    pub atr: Vec<u8>,
    /// The name that the list of pcsc-tools has for this answer to reset.
    pub listed_as: Vec<Text>,
    /// The transmission protocol in use.
    pub protocol: Option<CardProtocol>,
    /// Its operating system, where the answer to reset tells it.
    pub system: Option<CardSystem>,
    /// What it is if no application answers, as far as its system tells.
    pub condition: Option<CardCondition>,
    /// The answer to reset in words, and what else belongs to the card as a whole.
    pub facts: Vec<Fact>,
}

/// A well-known application that is on the card, though nothing here reads it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct AnsweringApplication {
    /// Its usual name; a proper noun, so never translated.
    pub name: Text,
    /// Application identifier, 5 to 16 bytes (ISO/IEC 7816-4:2020, 12.3.4).
    #[serde(serialize_with = "as_hex")]
    pub aid: Vec<u8>,
}

/// What a reading cost; commands are the currency of card time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Cost {
    /// Commands sent, GET RESPONSE counted, SELECTs of absent applications not.
    pub commands: u32,
    /// SELECTs that were answered with "not found".
    pub absent_selects: u32,
    /// Bytes of all commands.
    pub bytes_sent: u64,
    /// Bytes of all responses, status words included.
    pub bytes_received: u64,
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            commands: self.commands + other.commands,
            absent_selects: self.absent_selects + other.absent_selects,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            bytes_received: self.bytes_received + other.bytes_received,
        }
    }
}

impl Token {
    /// The application of a kind.
    #[must_use]
    pub fn application(&self, kind: ApplicationKind) -> Option<&Application> {
        self.applications.iter().find(|found| found.kind == kind)
    }

    /// A PIN by where it is.
    #[must_use]
    pub fn pin(&self, application: ApplicationKind, reference: PinReference) -> Option<&Pin> {
        self.application(application)?
            .pins
            .iter()
            .find(|pin| pin.reference == reference)
    }

    /// Whether no application was found on it.
    #[must_use]
    pub fn is_without_application(&self) -> bool {
        self.complete && self.applications.is_empty()
    }

    /// Whether nothing here knows what it is.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.is_without_application() && self.card.system.is_none()
    }

    /// Whether the card manager of a Java card answered, though nothing else here knows the card.
    #[must_use]
    pub fn has_card_manager(&self) -> bool {
        let mut answering = self.answering.iter();
        self.is_unknown() && answering.any(AnsweringApplication::is_card_manager)
    }

    /// Whether the card manager of a Java card is all that answered.
    #[must_use]
    pub fn is_empty_java_card(&self) -> bool {
        let managers = |found: &AnsweringApplication| found.is_card_manager();
        self.has_card_manager() && self.answering.iter().all(managers)
    }
}

impl AnsweringApplication {
    /// What card managers are selected by begins with one of these: Visa's and GlobalPlatform's
    /// (sheet "globalplatform", 1.1).
    const CARD_MANAGERS: [[u8; 7]; 2] = [[0xA0, 0, 0, 0, 3, 0, 0], [0xA0, 0, 0, 1, 0x51, 0, 0]];

    /// Whether it is a card manager.
    #[must_use]
    pub fn is_card_manager(&self) -> bool {
        let begins = |known: &[u8; 7]| self.aid.starts_with(known);
        Self::CARD_MANAGERS.iter().any(begins)
    }
}

/// Bytes in serialised values are upper-case hexadecimal text.
fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::base::hex::encode(bytes))
}

/// As [`as_hex`], for what may be absent.
fn as_optional_hex<S: serde::Serializer>(
    bytes: &Option<Vec<u8>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => as_hex(bytes, serializer),
        None => serializer.serialize_none(),
    }
}
