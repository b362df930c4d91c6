//! What a reader of the bench is doing.

use std::sync::Arc;

use super::{Refusal, Trouble};
use crate::base::hex::Hex;
use crate::plan::Plan;
use crate::token::Token;

/// A reader of the bench.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) stage: Stage,
    /// The name that is made here, by its place in the list.
    pub(super) place: Option<usize>,
    /// Whether the name stays here even without a card: something was tried with it.
    pub(super) keeps: bool,
    /// What is in the reader.
    pub(super) card: Option<Arc<Token>>,
    /// Whether nobody has looked yet which card that is.
    pub(super) unknown: bool,
    /// Whether the reader is one of this program.
    pub(super) practice: bool,
}

impl Lane {
    pub(super) fn new(practice: bool) -> Self {
        Self {
            stage: Stage::Empty,
            place: None,
            keeps: false,
            card: None,
            unknown: false,
            practice,
        }
    }
}

/// How far a lane is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stage {
    /// There is no card.
    Empty,
    /// There is a card, and it is not its turn: it is paused, or there are no names left.
    Waiting,
    /// The card is asked which one it is.
    Surveying {
        /// What had failed here, if it may be the card that this lane waits for.
        waited: Option<Trouble>,
    },
    /// A plan is carried out.
    Working {
        /// The card.
        serial: Hex,
        /// What.
        plan: Arc<Plan>,
        /// The step that is being done, from 0.
        step: usize,
    },
    /// The token is ready; it waits to be taken out.
    Done,
    /// The card is not taken; it waits to be taken out.
    Refused(Refusal),
    /// It could not be done; the name waits for the same card, or for somebody to try again with
    /// another or to skip it.
    Failed(Trouble),
}

impl Stage {
    /// What had failed, if this lane looks whether a card is the one that it waits for.
    pub(super) fn waits_for(&self) -> Option<Trouble> {
        match self {
            Self::Surveying { waited } => waited.clone(),
            _ => None,
        }
    }
}
