//! Card managers on a lane, and where failed tries to open them are kept.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::lane::Worker;
use super::{Done, Failure};
use crate::base::paths;
use crate::card::CardError;
use crate::card::java::{self, ManagerAccess};
use crate::globalplatform::attempts::{NotKept, PassingAttempts, Recall, Tried};
use crate::globalplatform::{Attempts, CardId, KeptAttempts};
use crate::plan::SetupError;
use crate::token::Identity;
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::After;

/// The folder of what is kept, below that for what must not be lost.
const FOLDER: &str = "card-managers";

/// Keeps failed tries. Clones are one book.
#[derive(Clone, Debug)]
pub(super) enum AttemptBook {
    /// On the disk.
    Kept(KeptAttempts),
    /// As long as the program runs.
    Passing(Arc<Mutex<PassingAttempts>>),
}

impl AttemptBook {
    /// On the disk; in memory if the user has no home.
    pub(super) fn usual() -> Self {
        let state = paths::state();
        state.map_or_else(Self::passing, |state| Self::in_folder(&state))
    }

    fn in_folder(state: &Path) -> Self {
        Self::Kept(KeptAttempts::new(state.join(FOLDER)))
    }

    /// For practice cards, which are fresh with every start.
    pub(super) fn passing() -> Self {
        Self::Passing(Arc::default())
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut dyn Attempts) -> T) -> T {
        match self {
            Self::Kept(kept) => work(kept),
            Self::Passing(passing) => {
                let mut passing = passing.lock().unwrap_or_else(PoisonError::into_inner);
                work(&mut *passing)
            }
        }
    }
}

impl Attempts for AttemptBook {
    fn recall(&mut self, card: &CardId) -> Recall {
        self.with(|attempts| attempts.recall(card))
    }

    fn note_failure(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.with(|attempts| attempts.note_failure(card, tried))
    }

    fn note_success(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.with(|attempts| attempts.note_success(card, tried))
    }

    fn forget(&mut self, card: &CardId) -> Result<(), NotKept> {
        self.with(|attempts| attempts.forget(card))
    }
}

impl Worker {
    /// Reads what the card manager tells. An open channel ends with a reset: nobody else goes on in
    /// it.
    pub(super) fn manager(
        &mut self,
        identity: Identity,
        access: Option<&ManagerAccess>,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let tracer = self.tracer.clone();
        let mut attempts = self.attempts.clone();
        let look = self.exclusively(identity, &mut |link| {
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            let look = java::look(&mut channel, access, &mut attempts);
            let after = match access {
                Some(_) => After::Reset,
                None => After::Leave,
            };
            (look, after)
        });
        match look.map_err(CardError::Link)? {
            Ok(look) => Ok(Done::Manager(Arc::new(look))),
            Err(SetupError::Card(error)) => Err(error.into()),
            Err(error) => Err(Failure::Manager(error)),
        }
    }
}
