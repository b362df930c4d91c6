//! What can go wrong with a card.

use super::muscle::MuscleError;
use crate::iso7816::StatusWord;
use crate::token::{Breach, PinRole, TriesLeft};
use crate::transport::link::LinkError;

/// A failed card operation.
///
/// One variant for each thing that a caller would do differently; everything else is
/// [`CardError::Status`] with the raw status word kept for the details.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CardError {
    /// The way to the card broke.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A PIN was wrong; the card has counted the try.
    #[error("wrong {role:?} PIN ({left:?})")]
    WrongPin {
        /// Which PIN.
        role: PinRole,
        /// Tries that the card still allows.
        left: TriesLeft,
    },
    /// The counter of a PIN is at zero: the card did not compare anything.
    #[error("{role:?} PIN blocked")]
    Blocked {
        /// Which PIN.
        role: PinRole,
    },
    /// Only one try is left and nobody said that it may be used. Nothing was sent.
    #[error("last try of the {role:?} PIN kept")]
    LastTry {
        /// Which PIN.
        role: PinRole,
    },
    /// Another program verified the PIN, and the card hides the counter and does not take it
    /// back, so the next try may be the last. Nothing was sent.
    #[error("the {role:?} PIN is unlocked by another program, its counter hidden")]
    Unlocked {
        /// Which PIN.
        role: PinRole,
    },
    /// A PIN cannot be right, or cannot become the new one. Nothing was sent.
    #[error("a {role:?} PIN of this card is not like that ({breach:?})")]
    Rule {
        /// Which PIN.
        role: PinRole,
        /// What is wrong with it.
        breach: Breach,
    },
    /// The card in the reader is not the one that the person was shown. Nothing was sent.
    #[error("another card than the one shown")]
    OtherCard,
    /// The family, or this card of it, has no such operation. Nothing was sent.
    #[error("this card does not support {0}")]
    Unsupported(&'static str),
    /// The card holds no such application, file or object.
    #[error("{what} not found")]
    NotFound {
        /// The missing thing, as a noun phrase.
        what: &'static str,
    },
    /// A cryptogram that could not be opened. Nobody learns what was wrong with it.
    #[error("could not be decrypted")]
    NotDecrypted,
    /// What the MUSCLE applet has to say that no other family has.
    #[error(transparent)]
    Muscle(#[from] MuscleError),
    /// The card speaks, but not the language of its own standard.
    #[error("malformed answer from the card: {0}")]
    Malformed(&'static str),
    /// A status word that no rule above covers.
    #[error("{operation} answered {sw}")]
    Status {
        /// The command, by its name in the standard.
        operation: &'static str,
        /// What the card said.
        sw: StatusWord,
    },
}

impl CardError {
    /// Whether the card, or what is known of it, does not take a PIN as a new one.
    #[must_use]
    pub fn refuses_pins(&self) -> bool {
        matches!(
            self,
            Self::Rule { .. } | Self::Muscle(MuscleError::PinsRefused)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_applet_that_takes_no_new_pins_says_so_in_its_own_way() {
        assert!(CardError::from(MuscleError::PinsRefused).refuses_pins());
        assert!(!CardError::from(MuscleError::Full).refuses_pins());
    }
}
