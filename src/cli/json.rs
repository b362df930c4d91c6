//! The documents that programs read. `data/json.md` and the schemas beside it describe them.
//!
//! Fields are only ever added, and each addition is in the schema of the same commit; what would
//! break a reader gets a new number.

use serde::Serialize;

use super::session::Found;
use super::state::Numbered;
use crate::token::{
    ApplicationKind, CardOsSheet, Certificate, KeyRef, Pin, Reader, ServiceState, SlotState, Token,
};

/// `symbolon.token/1`: a token, and what reading it cost.
#[derive(Debug, Serialize)]
pub(super) struct TokenDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    token: Option<&'a Token>,
    /// Why there is no token, in English.
    problem: Option<String>,
    commands: u32,
    bytes_sent: u64,
    bytes_received: u64,
}

impl<'a> TokenDocument<'a> {
    /// For a token that was read.
    pub(super) fn new(found: &'a Found) -> Self {
        let cost = found.token.cost;
        Self {
            schema: "symbolon.token/1",
            reader: ReaderPart::new(found.number, &found.reader),
            token: Some(&found.token),
            problem: None,
            commands: cost.commands,
            bytes_sent: cost.bytes_sent,
            bytes_received: cost.bytes_received,
        }
    }

    /// For a card that could not be read.
    pub(super) fn unreadable(known: Numbered<'a>, problem: String) -> Self {
        Self {
            schema: "symbolon.token/1",
            reader: ReaderPart::new(known.number, known.reader),
            token: None,
            problem: Some(problem),
            commands: 0,
            bytes_sent: 0,
            bytes_received: 0,
        }
    }
}

/// A reader, as every document names it.
#[derive(Debug, Serialize)]
pub(super) struct ReaderPart<'a> {
    number: usize,
    name: &'a str,
    driver: &'static str,
    pinpad: bool,
}

impl<'a> ReaderPart<'a> {
    /// For a reader with its number in the table of readers.
    pub(super) fn new(number: usize, reader: &'a Reader) -> Self {
        Self {
            number,
            name: reader.name.as_str(),
            driver: if reader.practice { "practice" } else { "pcsc" },
            pinpad: reader.pinpad,
        }
    }
}

/// `symbolon.readers/1`: the readers and what is in them.
#[derive(Debug, Serialize)]
pub(super) struct ReadersDocument<'a> {
    schema: &'static str,
    service: ServiceState,
    readers: Vec<ReaderState<'a>>,
}

#[derive(Debug, Serialize)]
struct ReaderState<'a> {
    #[serde(flatten)]
    reader: ReaderPart<'a>,
    state: &'static str,
    /// The program that keeps the card for itself.
    held_by: Option<&'a str>,
    /// The name of the token, once it is read.
    token: Option<String>,
}

impl<'a> ReadersDocument<'a> {
    /// For these readers, each with the name of what is in it.
    pub(super) fn new(
        service: ServiceState,
        readers: impl Iterator<Item = (Numbered<'a>, Option<String>)>,
    ) -> Self {
        let states = readers.map(|(known, token)| {
            let (state, held_by) = match &known.reader.slot {
                SlotState::Empty => ("empty", None),
                SlotState::Present { .. } => ("present", None),
                SlotState::Held { by } => ("held", by.as_ref().map(|program| program.as_str())),
                SlotState::Mute => ("mute", None),
                SlotState::Unavailable => ("unavailable", None),
            };
            ReaderState {
                reader: ReaderPart::new(known.number, known.reader),
                state,
                held_by,
                token,
            }
        });
        Self {
            schema: "symbolon.readers/1",
            service,
            readers: states.collect(),
        }
    }
}

/// `symbolon.pins/1`: the PINs of a token.
#[derive(Debug, Serialize)]
pub(super) struct PinsDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    pins: Vec<PinPart<'a>>,
}

#[derive(Debug, Serialize)]
struct PinPart<'a> {
    application: ApplicationKind,
    #[serde(flatten)]
    pin: &'a Pin,
}

impl<'a> PinsDocument<'a> {
    /// For these PINs of a token.
    pub(super) fn new(
        found: &'a Found,
        pins: impl Iterator<Item = (ApplicationKind, &'a Pin)>,
    ) -> Self {
        Self {
            schema: "symbolon.pins/1",
            reader: ReaderPart::new(found.number, &found.reader),
            pins: pins
                .map(|(application, pin)| PinPart { application, pin })
                .collect(),
        }
    }
}

/// `symbolon.certificates/1`: certificates of a token.
#[derive(Debug, Serialize)]
pub(super) struct CertificatesDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    certificates: Vec<CertificatePart<'a>>,
}

#[derive(Debug, Serialize)]
struct CertificatePart<'a> {
    application: ApplicationKind,
    /// The slot of the key that it belongs to, if that key is on the token.
    key: Option<KeyRef>,
    #[serde(flatten)]
    certificate: &'a Certificate,
}

impl<'a> CertificatesDocument<'a> {
    /// For these certificates, each with the slot of its key.
    pub(super) fn new(
        found: &'a Found,
        certificates: impl Iterator<Item = (ApplicationKind, Option<KeyRef>, &'a Certificate)>,
    ) -> Self {
        let parts = certificates.map(|(application, key, certificate)| CertificatePart {
            application,
            key,
            certificate,
        });
        Self {
            schema: "symbolon.certificates/1",
            reader: ReaderPart::new(found.number, &found.reader),
            certificates: parts.collect(),
        }
    }
}

/// `symbolon.card/1`: what the card below the applications tells of itself.
#[derive(Debug, Serialize)]
pub(super) struct CardDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    cardos: &'a CardOsSheet,
}

impl<'a> CardDocument<'a> {
    /// For a CardOS card.
    pub(super) fn new(found: &'a Found, cardos: &'a CardOsSheet) -> Self {
        Self {
            schema: "symbolon.card/1",
            reader: ReaderPart::new(found.number, &found.reader),
            cardos,
        }
    }
}

/// `symbolon.answers/1`: what a card answered to raw commands.
#[derive(Debug, Serialize)]
pub(super) struct AnswersDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    answers: Vec<AnswerPart>,
}

/// The answer to one raw command.
#[derive(Debug, Serialize)]
pub(super) struct AnswerPart {
    /// The data, in hexadecimal.
    pub(super) data: String,
    /// The status word, four hexadecimal digits.
    pub(super) status: String,
    /// What the standard says that it means, in English.
    pub(super) meaning: &'static str,
}

impl<'a> AnswersDocument<'a> {
    /// For these answers, in the order of the commands.
    pub(super) fn new(known: Numbered<'a>, answers: Vec<AnswerPart>) -> Self {
        Self {
            schema: "symbolon.answers/1",
            reader: ReaderPart::new(known.number, known.reader),
            answers,
        }
    }
}

/// `symbolon.practice/1`: the practice cards.
#[derive(Debug, Serialize)]
pub(super) struct PracticeDocument<'a> {
    schema: &'static str,
    cards: Vec<PracticeCard<'a>>,
}

#[derive(Debug, Serialize)]
struct PracticeCard<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
}

impl<'a> PracticeDocument<'a> {
    /// For these cards: name, title, description.
    pub(super) fn new(cards: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let cards = cards.map(|(name, title, description)| PracticeCard {
            name,
            title,
            description,
        });
        Self {
            schema: "symbolon.practice/1",
            cards: cards.collect(),
        }
    }
}
