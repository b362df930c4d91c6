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
use crate::plan::{Need, RunError, SecretName, SetupError};
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

/// What the token, or the program itself, does not take as a new PIN: other ones have to be thought of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// The PIN of this number, or its PUK.
    Number(u8),
    /// One of those that are new; nobody says which.
    Any,
}

impl Refused {
    /// Whether it may have been this.
    pub(super) fn is_of(self, need: &Need) -> bool {
        match (self, &need.name) {
            (Self::Number(refused), SecretName::Pin { number } | SecretName::Puk { number }) => {
                refused == *number
            }
            (Self::Number(_), _) => false,
            (Self::Any, _) => need.fresh,
        }
    }
}

/// What was refused in `failure`: sent again, it would be refused again.
pub(super) fn refused(failure: &Failure) -> Option<Refused> {
    let Failure::Plan {
        why: RunError::Setup(error),
        ..
    } = failure
    else {
        return None;
    };
    match error {
        SetupError::KnownPin { number } => Some(Refused::Number(*number)),
        SetupError::Card(error) if error.refuses_pins() => Some(Refused::Any),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Alphabet, Breach, PinRule};

    #[test]
    fn a_new_pin_that_is_refused_is_thought_of_anew() {
        let need = |name, fresh| Need {
            name,
            fresh,
            role: PinRole::User,
            label: None,
            rule: PinRule {
                min: 4,
                max: 8,
                alphabet: Alphabet::Ascii,
            },
            replaces_pins: false,
            refuses_known: fresh,
        };
        let needs = [
            need(SecretName::TransportPin, false),
            need(SecretName::Pin { number: 0 }, true),
            need(SecretName::Pin { number: 1 }, true),
            need(SecretName::Puk { number: 1 }, true),
        ];
        let anew = |error| {
            let why = RunError::Setup(error);
            let refused = refused(&Failure::Plan { step: 0, why })?;
            Some(needs.each_ref().map(|need| refused.is_of(need)))
        };
        assert_eq!(
            anew(SetupError::KnownPin { number: 1 }),
            Some([false, false, true, true])
        );
        let (role, breach) = (PinRole::User, Breach::Character);
        assert_eq!(
            anew(CardError::Rule { role, breach }.into()),
            Some([false, true, true, true])
        );
        assert_eq!(anew(SetupError::NotSetUp), None);
        let left = TriesLeft::Unknown;
        assert_eq!(anew(CardError::WrongPin { role, left }.into()), None);
    }

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
