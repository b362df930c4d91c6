//! What the backend reports.

use std::sync::Arc;

use super::RequestId;
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::java::Look;
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::{Promise, RunError, SetupError, Survey};
use crate::token::{CardOsSheet, Identity, Reader, ReaderId, ServiceState, Token};
use crate::transport::trace::Entry;

/// A fact, in the past tense.
#[derive(Clone, Debug)]
pub enum Event {
    /// The smart card service came, went or refused.
    ServiceChanged(ServiceState),
    /// A reader came.
    ReaderAdded(Reader),
    /// Something about a reader changed, its slot for example.
    ReaderChanged(Reader),
    /// A reader went, and what was in it.
    ReaderRemoved(ReaderId),
    /// The reading of a token has begun.
    ReadingStarted(Identity),
    /// A token was read: first what was known soon (`complete` is false), then all of it.
    TokenRead {
        /// Which card in which reader.
        identity: Identity,
        /// Everything known of it.
        token: Arc<Token>,
    },
    /// A token could not be read at all.
    TokenUnreadable {
        /// Which card in which reader.
        identity: Identity,
        /// Why.
        error: CardError,
    },
    /// A plan was broken off on a card that was just read, and can be gone on with.
    PlanUnfinished {
        /// Which card in which reader.
        identity: Identity,
        /// The plan and how far it is.
        unfinished: Arc<Unfinished>,
    },
    /// Every reader that there is has been told once.
    Settled,
    /// An exchange took place.
    Traced(Arc<Entry>),
    /// A request got on.
    Progressed {
        /// Which request.
        id: RequestId,
        /// How.
        progress: Progress,
    },
    /// A request ended; exactly one of these for each request.
    Finished {
        /// Which request.
        id: RequestId,
        /// How it ended.
        outcome: Result<Done, Failure>,
    },
}

/// What a request is waiting for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// The person is to type on the reader.
    TypeOnReader {
        /// Seconds that the reader waits.
        seconds: u64,
    },
    /// A step of a plan begins; those before it are done.
    Step {
        /// Its number, from 0.
        step: usize,
    },
}

/// What a request that went well brought.
#[derive(Clone, Debug)]
pub enum Done {
    /// The token as it now is.
    Read(Arc<Token>),
    /// What the card tells of itself.
    Sheet(Arc<CardOsSheet>),
    /// What the card manager tells.
    Manager(Arc<Look>),
    /// The PIN was right.
    PinVerified,
    /// The PIN is now the new one.
    PinChanged,
    /// The PIN is now the new one, and no longer blocked.
    PinUnblocked,
    /// The PIN is set.
    PinSet,
    /// The signature.
    Signed(Vec<u8>),
    /// What was in the cryptogram.
    Decrypted(Arc<Secret>),
    /// The card's answer to a raw command, status word included.
    Answered(Vec<u8>),
    /// What plans have to know of the card, and the plan that was broken off on it.
    Surveyed {
        /// What is known.
        survey: Arc<Survey>,
        /// A plan that is not at its end.
        unfinished: Option<Arc<Unfinished>>,
    },
    /// Every step would work; nothing was written.
    Rehearsed(Arc<Preview>),
    /// The plan is carried out, and this is what the card says of what it promised.
    PlanDone(Arc<Vec<Promise>>),
    /// The plan is not gone on with.
    PlanGivenUp,
    /// The practice card is in this reader, or no longer.
    Practised(ReaderId),
    /// The service was asked to start; `ServiceChanged` tells whether it did.
    ServiceAsked,
    /// The holder was asked to let go.
    HolderAsked,
}

/// Why a request ended without doing what it was asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The card, or the way to it.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A plan stopped.
    #[error("step {step}: {why}")]
    Plan {
        /// At this step, from 0.
        step: usize,
        /// Why.
        why: RunError,
    },
    /// Something about a plan could not be done, and no step was begun.
    #[error(transparent)]
    NoPlan(#[from] RunError),
    /// A plan was stopped on this card; it is gone on with or given up before another one begins.
    #[error("a plan was stopped on this card")]
    Unfinished(Arc<Unfinished>),
    /// There is no plan on this card to go on with.
    #[error("nothing to go on with")]
    NothingUnfinished,
    /// It was cancelled. What the card was doing meanwhile is not known until it is read again.
    #[error("cancelled")]
    Cancelled,
    /// The card took too long. What it was doing is not known until it is read again.
    #[error("no answer in time")]
    TimedOut,
    /// The card manager of a Java card could not be read or opened.
    #[error(transparent)]
    Manager(SetupError),
    /// There is no such reader (any more).
    #[error("no such reader")]
    NoReader,
    /// There is no card in the reader.
    #[error("no card in the reader")]
    NoCard,
    /// No practice card has this name.
    #[error("no such practice card")]
    NoSuchPracticeCard,
    /// The helper program that was needed is not there, or said no.
    #[error("{program} did not do it")]
    Program {
        /// Its name.
        program: &'static str,
    },
    /// The program is closing.
    #[error("closing")]
    Closing,
}
