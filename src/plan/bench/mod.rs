//! The bench: many tokens by one profile, several readers side by side.
//!
//! Names wait in a queue. A name goes to a lane when a card is put in there, and stays until its token
//! is done or somebody skips it; each lane works alone, and one that fails stops no other. This is the
//! part that decides: what happens goes into [`Bench::hear`], what is to be done comes out. It touches
//! no card and no file, and looks at no clock.

pub mod codes;
mod hear;
mod lane;
pub mod letters;
mod message;
pub mod names;
pub mod results;
#[cfg(test)]
mod tests;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::journal::Unfinished;
use super::profile::Profile;
use super::recipe::{Given, RecipeError};
use super::{Plan, RunError, SecretName};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::token::{ReaderId, Text};
use codes::{Chance, NoChance};
use lane::Lane;
pub use lane::Stage;
use letters::Code;
pub use message::{Decision, Input, Refusal, Said};
use names::Person;
pub use work::{Sample, sample, shares_key};

/// Why a name is not done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// There is no plan for this name.
    #[error(transparent)]
    NoPlan(#[from] RecipeError),
    /// The card, or the journal.
    #[error("step {step:?}: {why}")]
    Run {
        /// At this step, from 0; nothing if none was begun.
        step: Option<usize>,
        /// Why.
        why: RunError,
    },
    /// The card was pulled, or its reader is gone.
    #[error("removed")]
    Gone,
    /// Somebody ended it.
    #[error("cancelled")]
    Cancelled,
    /// Another plan was stopped on the token, and is not given up.
    #[error("another plan was stopped on it")]
    Unfinished(Box<Unfinished>),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The token is not what was promised.
    #[error("{kept} of {promised} kept")]
    Broken {
        /// How much was promised.
        promised: usize,
        /// How much of it is there.
        kept: usize,
    },
    /// Something was not given that the profile needs.
    #[error("{0:?} is missing")]
    Missing(SecretName),
    /// The system has no random numbers.
    #[error(transparent)]
    NoChance(#[from] NoChance),
}

/// How far a name is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Not at its end.
    Open,
    /// Its token is ready.
    Done,
    /// Its token could not be made.
    Failed,
    /// It was skipped before anything was tried.
    Skipped,
}

/// What came of a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The name.
    pub name: Text,
    /// How far it is.
    pub state: State,
    /// The token that was begun for it last.
    pub serial: Option<Hex>,
    /// The keys on it.
    pub keys: Vec<KeyMade>,
    /// What the journal of the token is called.
    pub journal: Option<String>,
    /// What went wrong last, if it is not done.
    pub reason: Option<Trouble>,
    /// When it came to its end, in seconds since 1970.
    pub at: Option<i64>,
}

/// A key on a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyMade {
    /// Its identifier.
    pub id: Hex,
    /// The digest (SHA-256) of its SubjectPublicKeyInfo.
    pub sha256: Hex,
}

/// What a profile does not say, and what is the same for every token.
#[derive(Default)]
pub struct Common {
    /// What is known of files.
    pub given: Given,
    /// PINs and PUKs that are not made up.
    pub pins: BTreeMap<SecretName, Secret>,
    /// What data says, in the order of the profile.
    pub data: Vec<Secret>,
}

/// What data says can be a secret too: only how much there is of it is told.
impl fmt::Debug for Common {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Common")
            .field("given", &self.given)
            .field("pins", &self.pins)
            .field("data", &self.data.len())
            .finish()
    }
}

/// How it stands: done, failed or skipped, and still to do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Tokens that are ready.
    pub done: usize,
    /// Names that were given up.
    pub failed: usize,
    /// The rest.
    pub open: usize,
}

/// A card that was begun and is not at its end.
struct Attempt {
    place: usize,
    plan: Arc<Plan>,
    codes: Vec<(SecretName, Code)>,
}

/// The bench.
pub struct Bench {
    profile: Profile,
    common: Common,
    chance: Box<dyn Chance>,
    people: Vec<Person>,
    rows: Vec<Row>,
    /// Names that no lane has. The first one is next.
    queue: BTreeSet<usize>,
    lanes: BTreeMap<ReaderId, Lane>,
    /// By the serial numbers of the cards.
    attempts: BTreeMap<Hex, Attempt>,
    /// The cards that are done.
    done: BTreeSet<Hex>,
    paused: bool,
    over: bool,
    decisions: Vec<Decision>,
}

impl Bench {
    /// A bench without lanes.
    #[must_use]
    pub fn new(
        profile: Profile,
        people: Vec<Person>,
        common: Common,
        chance: Box<dyn Chance>,
    ) -> Self {
        let row = |person: &Person| Row {
            name: person.name.clone(),
            state: State::Open,
            serial: None,
            keys: Vec::new(),
            journal: None,
            reason: None,
            at: None,
        };
        Self {
            rows: people.iter().map(row).collect(),
            queue: (0..people.len()).collect(),
            profile,
            common,
            chance,
            people,
            lanes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            done: BTreeSet::new(),
            paused: false,
            over: false,
            decisions: Vec::new(),
        }
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What came of every name, in the order of the list.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What a lane is doing, and for which name, by its place in the list.
    #[must_use]
    pub fn lane(&self, reader: ReaderId) -> Option<(&Stage, Option<usize>)> {
        let lane = self.lanes.get(&reader)?;
        Some((&lane.stage, lane.place))
    }

    /// Whether a lane waits for a certain card: one that was begun for its name, and failed.
    #[must_use]
    pub fn waits_for_its_card(&self, reader: ReaderId) -> bool {
        let Some((Stage::Failed(_), Some(place))) = self.lane(reader) else {
            return false;
        };
        let mut attempts = self.attempts.values();
        attempts.any(|attempt| attempt.place == place)
    }

    /// All lanes.
    pub fn lanes(&self) -> impl Iterator<Item = ReaderId> {
        self.lanes.keys().copied()
    }

    /// Whether nothing new is begun.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether every name has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.rows.iter().all(|row| row.at.is_some())
    }

    /// How it stands.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            match (row.state, row.at) {
                (State::Done, _) => counts.done += 1,
                (State::Failed | State::Skipped, _) => counts.failed += 1,
                (State::Open, _) => counts.open += 1,
            }
        }
        counts
    }

    /// Takes note of what happened at `now`, in seconds since 1970, and says what is to be done, in
    /// this order.
    #[must_use]
    pub fn hear(&mut self, input: Input, now: i64) -> Vec<Decision> {
        if self.over {
            return Vec::new();
        }
        match input {
            Input::Added { reader, practice } => {
                self.lanes.entry(reader).or_insert(Lane::new(practice));
            }
            Input::Gone { reader } => self.gone(reader),
            Input::Inserted { reader, token } => self.inserted(reader, token),
            Input::Removed { reader } => self.removed(reader),
            Input::Surveyed {
                reader,
                survey,
                unfinished,
            } => self.surveyed(reader, &survey, unfinished.as_deref(), now),
            Input::Stepped { reader, step } => self.stepped(reader, step),
            Input::Finished {
                reader,
                token,
                promises,
            } => self.finished(reader, &token, &promises, now),
            Input::Failed { reader, why } => self.failed(reader, why),
            Input::Pause => self.paused = true,
            Input::Continue => self.paused = false,
            Input::Retry { reader } => self.retry(reader),
            Input::Skip { reader } => self.skip(reader, now),
            Input::GiveUp { reader } => self.give_up(reader),
            Input::GivenUp { reader } => self.given_up(reader),
            Input::End => self.end(now),
        }
        self.begin_waiting();
        std::mem::take(&mut self.decisions)
    }

    fn say(&mut self, reader: ReaderId, what: Said) {
        let place = self.lanes.get(&reader).and_then(|lane| lane.place);
        let name = place.and_then(|place| self.rows.get(place));
        let name = name.map(|row| row.name.clone());
        self.decisions.push(Decision::Say { reader, name, what });
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lanes = self.lanes.iter();
        let lanes: Vec<_> = lanes
            .map(|(id, lane)| (id, lane.place, &lane.stage))
            .collect();
        f.debug_struct("Bench")
            .field("profile", &self.profile.name)
            .field("lanes", &lanes)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
