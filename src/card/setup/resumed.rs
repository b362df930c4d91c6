//! Tasks that were broken off: whether a card is the one, and whether it was touched.

use super::{SetupError, Survey};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::muscle::{self, MuscleError};
use crate::card::task::Task;

/// Whether it is sure that a task which failed in this way, at its first try, left the card as it was.
#[must_use]
pub fn left_untouched(task: &Task, error: &SetupError) -> bool {
    match task {
        Task::SetUpApplet(_) => muscle::tasks::was_not_set_up(error),
        // Each of the others looks for itself at what was done.
        _ => false,
    }
}

/// Whether a task stopped to say that a key stays on the card: the person decides then, and who goes on
/// has heard it.
#[must_use]
pub fn says_that_key_stays(error: &SetupError) -> bool {
    matches!(
        error,
        SetupError::Card(CardError::Muscle(MuscleError::KeyStays { .. }))
    )
}

impl Survey {
    /// Whether a card of which `before` was known when a task was begun still is as that task found it,
    /// or as it leaves it. `moment` is what the task writes there as the last change.
    #[must_use]
    pub fn is_as_begun(&self, before: &Self, task: Option<&Task>, moment: i64) -> bool {
        match (self, before) {
            (Self::CardOs(now), Self::CardOs(before)) => now.is_as_begun(before, moment),
            (Self::Java(now), Self::Java(before)) => now.is_as_begun(before, task),
            (Self::Muscle(now), Self::Muscle(before)) => now.is_as_begun(before, task),
            _ => false,
        }
    }

    /// The same after that task, before the next one was begun: as far as a card that tells no number of
    /// its own can be told from others.
    #[must_use]
    pub fn is_as_left(&self, before: &Self, task: Option<&Task>) -> bool {
        match (self, before) {
            (Self::CardOs(_), Self::CardOs(_)) => true,
            _ => self.is_as_begun(before, task, 0),
        }
    }

    /// Whether nothing tells it from other cards of its kind.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        match self {
            Self::Muscle(survey) => survey.is_nameless(),
            Self::CardOs(_) | Self::Java(_) => false,
        }
    }

    /// Whether it can be the card of which `before` was known when a task was begun that takes its name
    /// away, or that came after that.
    #[must_use]
    pub fn was_unnamed_by(&self, before: &Self, task: Option<&Task>, atr: &[u8]) -> bool {
        match (self, before) {
            (Self::Muscle(now), Self::Muscle(before)) => now.was_unnamed_by(before, task, atr),
            _ => false,
        }
    }

    /// The same card by the name that it had.
    #[must_use]
    pub fn called(self, serial: &Hex) -> Self {
        match self {
            Self::Muscle(survey) => Self::Muscle(survey.called(serial)),
            other => other,
        }
    }

    /// The same card by the name that it had, where these tasks have taken it away.
    #[must_use]
    pub fn renamed(self, serial: &Hex, done: &[Task]) -> Self {
        let mut last = done.iter().rev();
        let last = last.find(|task| matches!(task, Task::DeleteApplication | Task::Create(_)));
        if self.is_nameless() && last == Some(&Task::DeleteApplication) {
            self.called(serial)
        } else {
            self
        }
    }
}
