//! Plans: what is going to be done to a token, as data, before, while and after it is done.
//!
//! A profile says what a site wants, [`files`] are what it names, [`recipe`] makes the tasks for one card of it, [`preview`] tells
//! what they are and need, [`run`] does them one after the other, and [`journal`] keeps what was
//! begun and done, so that a plan that was broken off goes on where it was. [`mod@bench`] does the same to
//! many tokens, side by side. [`applet`] has what is decided of an applet of its own.

pub mod applet;
pub mod bench;
mod check;
pub mod content;
pub mod files;
pub mod given_keys;
pub mod gpshell;
pub mod journal;
pub mod preview;
pub mod profile;
pub mod recipe;
pub mod run;
pub mod secrets;

pub use check::{Promise, Promised, compare, key_for};
pub use run::{Run, RunError};

use serde::{Deserialize, Serialize};

use crate::base::hex::Hex;
pub use crate::card::cardos::{self, FileEntry, Phase, StartKey};
pub use crate::card::muscle::is_known;
pub use crate::card::setup::{About, Need, Private, SetupError, Survey};
pub use crate::card::task::{
    AppletSetUp, Creation, Deletion, Installation, KeyPurpose, Loading, Named, NewCertificate,
    NewData, NewKey, NewKeys, NewPin, Opening, SecretName, Task,
};

/// What is going to be done to one card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What the profile is called that it was made from.
    pub name: String,
    /// The card.
    pub subject: Subject,
    /// When it was made, in seconds since 1970; this is what the card is told as its last change.
    pub made: i64,
    /// How the card manager is opened, where it is.
    #[serde(default)]
    pub opening: Opening,
    /// What is done, in this order.
    pub tasks: Vec<Task>,
}

/// The card of a plan.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The serial number of its chip.
    pub serial: Hex,
    /// Its answer to reset.
    pub atr: Hex,
    /// What it was called when the plan was made.
    pub label: Option<String>,
}

impl Plan {
    /// What it is about: one plan is for the token or for what is on the card, never for both.
    #[must_use]
    pub fn about(&self) -> About {
        match self.tasks.first() {
            Some(task) if task.is_content() => About::Content,
            _ => About::Token,
        }
    }

    /// The first task after which there is no way back to what was on the card; nothing if
    /// nothing is lost.
    #[must_use]
    pub fn point_of_no_return(&self) -> Option<usize> {
        self.tasks.iter().position(is_final)
    }
}

/// What locks a card, which can be unlocked again (GlobalPlatform Card Specification 2.3.1, 5.1.1.4).
const CARD_LOCKED: u8 = 0x7F;

/// Whether a task takes away what nobody can bring back.
#[must_use]
pub fn is_final(task: &Task) -> bool {
    if let Task::SetCardState { state } = task {
        return *state != CARD_LOCKED;
    }
    matches!(
        task,
        Task::Format
            | Task::DeleteApplication
            | Task::DeleteKey { .. }
            | Task::DeleteCertificate { .. }
            | Task::DeleteData { .. }
            | Task::DeleteContent(_)
            | Task::DeleteKeys { .. }
    )
}
