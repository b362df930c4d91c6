//! What the backend can be asked to do.

use std::sync::Arc;

use crate::base::secret::Secret;
use crate::card::driver::KeyWork;
use crate::card::java::ManagerAccess;
use crate::plan::secrets::Secrets;
use crate::plan::{About, Plan};
use crate::token::{ApplicationKind, Identity, KeyRef, PinReference, ReaderId};

/// Ties every answer to its question; unique while the program runs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// A request. Imperative names; every one gets exactly one `Event::Finished`.
#[derive(Debug)]
pub enum Command {
    /// Read the token in a reader again.
    Read {
        /// Where it is.
        reader: ReaderId,
    },
    /// Read what a CardOS card tells of itself beyond what is on it.
    ReadSheet {
        /// The card that the person was shown.
        identity: Identity,
    },
    /// Read what the card manager of a Java card tells, and what is on the card if its keys are given.
    ReadManager {
        /// The card that the person was shown.
        identity: Identity,
        /// The keys, and how they open it.
        access: Option<Box<ManagerAccess>>,
    },
    /// Do something to a PIN.
    Pin(PinCommand),
    /// Use a private key.
    UseKey(KeyCommand),
    /// Send one command as it stands, and mark the token as changed by hand.
    Send {
        /// To which card.
        identity: Identity,
        /// The command APDU in bytes; treated as a secret, since it may hold one.
        bytes: Secret,
    },
    /// Something about a plan for a card.
    Plan(PlanCommand),
    /// Change what is in a practice reader.
    Practice(PracticeCommand),
    /// Start the smart card service (the desktop asks for the right to do so).
    StartService,
    /// Ask the program that holds the card of a reader to let go. Nothing is ended.
    AskToLetGo {
        /// The reader.
        reader: ReaderId,
    },
}

/// Something to be done to a PIN, behind the PIN guard.
#[derive(Debug)]
pub struct PinCommand {
    /// The card that the person was shown.
    pub identity: Identity,
    /// The application of the PIN.
    pub application: ApplicationKind,
    /// Which PIN.
    pub pin: PinReference,
    /// What to do.
    pub action: PinAction,
    /// Whether the person said that the last try may be used.
    pub use_last_try: bool,
}

/// What to do to a PIN.
#[derive(Debug)]
pub enum PinAction {
    /// Check it.
    Verify {
        /// The PIN.
        pin: Secret,
    },
    /// Replace it.
    Change {
        /// The PIN as it is now.
        current: Secret,
        /// The PIN as it shall be.
        new: Secret,
    },
    /// Give a new PIN with the help of another code.
    Unblock {
        /// Which code: PUK, resetting code, admin PIN.
        with: PinReference,
        /// The code.
        code: Secret,
        /// The PIN as it shall be.
        new: Secret,
    },
    /// Give the tries back with the help of another code; the PIN stays what it was.
    Release {
        /// Which code: PUK.
        with: PinReference,
        /// The code.
        code: Secret,
    },
    /// Set a PIN that is not there yet, or anew, with another PIN.
    Set {
        /// Which PIN gives the right.
        with: PinReference,
        /// That PIN.
        code: Secret,
        /// The PIN as it shall be.
        new: Secret,
    },
    /// Check it, typed on the reader.
    VerifyOnReader,
    /// Replace it, everything typed on the reader.
    ChangeOnReader,
}

/// Something to be done with a private key. Its PIN goes through the PIN guard, and is taken back
/// when it is done.
#[derive(Debug)]
pub struct KeyCommand {
    /// The card that the person was shown.
    pub identity: Identity,
    /// The application of the key.
    pub application: ApplicationKind,
    /// Which key.
    pub key: KeyRef,
    /// What it does.
    pub work: KeyWork,
    /// The PIN that guards it.
    pub pin: Secret,
    /// Whether the person said that the last try may be used.
    pub use_last_try: bool,
}

/// Something about a plan.
#[derive(Debug)]
pub struct PlanCommand {
    /// The card that the person was shown.
    pub identity: Identity,
    /// What.
    pub action: PlanAction,
}

/// What can be done about a plan.
#[derive(Debug)]
pub enum PlanAction {
    /// Find out what a plan has to know of the card, and whether one was broken off on it.
    Survey {
        /// For which kind of plan; nothing for the kind that was broken off, else a plan for the token.
        about: Option<About>,
    },
    /// Find out whether the steps of a plan would work on the card as it is now. Nothing is written.
    DryRun {
        /// The plan.
        plan: Arc<Plan>,
    },
    /// Carry a plan out. Cancelled, it stops after the step that is being done.
    Run {
        /// The plan.
        plan: Arc<Plan>,
        /// What it needs.
        secrets: Secrets,
    },
    /// Go on with the plan that was broken off on this card, by its journal.
    Resume {
        /// What the rest of it needs.
        secrets: Secrets,
    },
    /// Decide that it is not gone on with.
    GiveUp,
}

impl PlanAction {
    /// A survey for a plan for the token.
    pub const SURVEY_TOKEN: Self = Self::Survey {
        about: Some(About::Token),
    };
}

/// What can be done to practice readers.
#[derive(Debug)]
pub enum PracticeCommand {
    /// Put a ready-made card into a practice reader of its own.
    Insert {
        /// Its name in the wardrobe.
        card: String,
    },
    /// Pull the card; the reader stays.
    Pull {
        /// The practice reader.
        reader: ReaderId,
    },
    /// Put the card back that was pulled.
    PutBack {
        /// The practice reader.
        reader: ReaderId,
    },
    /// Take the practice reader away with what is in it.
    Remove {
        /// The practice reader.
        reader: ReaderId,
    },
}
