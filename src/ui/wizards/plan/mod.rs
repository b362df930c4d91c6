//! The pages of a plan, whatever it is for: what is going to be done, while it is done, what came of
//! it. Nothing is written before the first of them was shown.

mod course;
mod frame;
mod page;
mod result;
mod running;
mod steps;

pub(super) use course::{Close, Course, Made, Request, Turn};
pub use course::{PlanNews, PlanOutput};
pub(super) use frame::{
    Buttons, Shown, ask_to_stop, leave_page, looking, plan_label, result_labels, running_labels,
    stacked, step_words,
};
pub(super) use page::PlanPage;
pub(super) use result::{Ending, ResultPage};
pub(super) use running::RunningPage;

use crate::backend::{CardError, Failure, LinkError};
use crate::explain::{self, Explanation};
use crate::plan::{RunError, SetupError};
use crate::token::{PinRole, TriesLeft};

/// What follows from a request that did not do it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Reaction {
    /// A PIN was wrong: it is asked for again.
    Wrong(PinRole, TriesLeft),
    /// The token is gone: it goes on when that is back.
    Gone,
    /// The person stopped it.
    Stopped,
    /// Something else.
    Failed(Explanation),
}

/// What follows from `failure`.
pub(super) fn reaction(failure: &Failure) -> Reaction {
    let card = match failure {
        Failure::Card(error)
        | Failure::Plan {
            why: RunError::Setup(SetupError::Card(error)),
            ..
        } => Some(error),
        _ => None,
    };
    match (card, failure) {
        (Some(CardError::WrongPin { role, left }), _) if *left != TriesLeft::Blocked => {
            Reaction::Wrong(*role, *left)
        }
        (Some(CardError::Link(LinkError::Removed | LinkError::NoReader)), _)
        | (_, Failure::NoCard | Failure::NoReader) => Reaction::Gone,
        (_, Failure::Cancelled) => Reaction::Stopped,
        _ => Reaction::Failed(explain::failure::failure(failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_card_said_of_a_pin_asks_for_it_again() {
        let wrong = |left| Failure::Plan {
            step: 1,
            why: RunError::Setup(SetupError::Card(CardError::WrongPin {
                role: PinRole::SecurityOfficer,
                left,
            })),
        };
        let two = TriesLeft::Known(2);
        assert_eq!(
            reaction(&wrong(two)),
            Reaction::Wrong(PinRole::SecurityOfficer, two)
        );
        assert!(matches!(
            reaction(&wrong(TriesLeft::Blocked)),
            Reaction::Failed(_)
        ));
        let removed = Failure::Card(CardError::Link(LinkError::Removed));
        assert_eq!(reaction(&removed), Reaction::Gone);
        assert_eq!(reaction(&Failure::Cancelled), Reaction::Stopped);
    }
}
