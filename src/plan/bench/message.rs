//! What the bench hears and what it says.

use std::sync::Arc;

use super::Trouble;
use super::letters::Letter;
use crate::base::hex::Hex;
use crate::plan::journal::Unfinished;
use crate::plan::recipe::RecipeError;
use crate::plan::secrets::Secrets;
use crate::plan::{Plan, Promise, Survey, Task};
use crate::token::{ReaderId, Text, Token};

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A reader came. With `practice` its cards have journals in memory alone.
    Added {
        /// Which.
        reader: ReaderId,
        /// Whether it is a practice reader.
        practice: bool,
    },
    /// A reader went, with what was in it.
    Gone {
        /// Which.
        reader: ReaderId,
    },
    /// A card was put in, and is read.
    Inserted {
        /// Where.
        reader: ReaderId,
        /// What was read.
        token: Arc<Token>,
    },
    /// A card was pulled.
    Removed {
        /// Where.
        reader: ReaderId,
    },
    /// What plans have to know is known: the end of [`Decision::Survey`].
    Surveyed {
        /// Where.
        reader: ReaderId,
        /// What is known.
        survey: Arc<Survey>,
        /// A plan that was broken off on this card.
        unfinished: Option<Arc<Unfinished>>,
    },
    /// A step begins.
    Stepped {
        /// Where.
        reader: ReaderId,
        /// Its number, from 0.
        step: usize,
    },
    /// A plan was carried out to its end.
    Finished {
        /// Where.
        reader: ReaderId,
        /// The token, as it was read after that.
        token: Arc<Token>,
        /// What became of what was promised.
        promises: Arc<Vec<Promise>>,
    },
    /// What was decided could not be done.
    Failed {
        /// Where.
        reader: ReaderId,
        /// Why.
        why: Trouble,
    },
    /// Nothing new is to be begun.
    Pause,
    /// Go on.
    Continue,
    /// Try the name of a lane once more.
    Retry {
        /// Which lane.
        reader: ReaderId,
    },
    /// Give the name of a lane up.
    Skip {
        /// Which lane.
        reader: ReaderId,
    },
    /// Give up the plan for which the card of a lane is not taken.
    GiveUp {
        /// Which lane.
        reader: ReaderId,
    },
    /// That plan is given up: the end of [`Decision::GiveUp`].
    GivenUp {
        /// Where.
        reader: ReaderId,
    },
    /// It is over: what is not done stays so.
    End,
}

/// Something to be done.
#[derive(Debug)]
pub enum Decision {
    /// Ask the card what plans have to know.
    Survey {
        /// Where.
        reader: ReaderId,
    },
    /// Give up what was broken off on this card.
    GiveUp {
        /// Where.
        reader: ReaderId,
    },
    /// Carry this out.
    Run {
        /// Where.
        reader: ReaderId,
        /// What.
        plan: Arc<Plan>,
        /// What it needs.
        secrets: Secrets,
    },
    /// Go on with what was broken off on this card.
    Resume {
        /// Where.
        reader: ReaderId,
        /// What the rest of it needs.
        secrets: Secrets,
    },
    /// Tell this.
    Say {
        /// About which lane.
        reader: ReaderId,
        /// Whose turn it is there.
        name: Option<Text>,
        /// What.
        what: Said,
    },
    /// This is to be told to the holder, and known to nobody else.
    Letter(Letter),
    /// A name has come to its end, and its row does not change any more.
    Ended {
        /// Its place in the list.
        place: usize,
    },
}

/// What is told about a lane.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// A plan begins.
    Begins {
        /// Its steps.
        steps: usize,
    },
    /// A plan that was broken off goes on.
    GoesOn {
        /// At this step, from 0.
        step: usize,
        /// Of so many.
        steps: usize,
    },
    /// A step begins.
    Step {
        /// Its number, from 0.
        step: usize,
        /// Of so many.
        steps: usize,
        /// What it is.
        task: Task,
    },
    /// The token is ready, and has this serial number.
    Done(Hex),
    /// It could not be done; the lane waits for somebody to try again or skip.
    Failed(Trouble),
    /// The card is not taken.
    Refused(Refusal),
    /// The name was given up.
    Skipped,
}

/// Why a card is not taken. Its lane takes another one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It was done on this bench before.
    DoneAlready,
    /// It is being worked on in another reader, or another card says that it is this one.
    Elsewhere,
    /// A plan that is not of this bench was broken off on it.
    Unfinished,
    /// It is no card that can be set up.
    OtherMake,
    /// There is no plan for it by this profile.
    NoPlan(RecipeError),
    /// Its lane was skipped: it may be half done.
    Skipped,
    /// It is another card than the one that its lane waits for.
    NotThisOne,
}
