//! PINs, their rules and their counters.

use serde::Serialize;

use super::{Fact, FactName, FactValue, Operation, OperationKind, Text};
use crate::base::secret::Secret;

/// The reference of a PIN in the commands of its application (P2 of VERIFY, or the tag of a
/// code that is only ever used to unblock).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PinReference(pub u8);

/// What a PIN is for, in the words of its family.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinRole {
    /// The holder's everyday PIN.
    User,
    /// Unblocks the user PIN (PIV, SIM).
    Puk,
    /// OpenPGP: unblocks the user PIN, set by the admin for a helpdesk.
    ResettingCode,
    /// OpenPGP: changes settings and keys (PW3).
    Admin,
    /// PKCS#11 and PKCS#15: the security officer's.
    SecurityOfficer,
}

/// A PIN of an application.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Pin {
    /// Where it is in its application.
    pub reference: PinReference,
    /// What it is.
    pub role: PinRole,
    /// Its name on the card, where cards name their PINs.
    pub label: Option<Text>,
    /// The counter.
    pub tries: Tries,
    /// What a PIN must look like.
    pub rule: PinRule,
    /// Whether it is still the one that it was delivered with.
    pub factory: Factory,
    /// When the card asks for it.
    pub uses: Vec<PinUse>,
    /// What can be done to it, and why not.
    pub operations: Vec<Operation>,
    /// What else the card says of it.
    pub facts: Vec<Fact>,
}

impl Pin {
    /// The operation of a kind, if this PIN has such.
    #[must_use]
    pub fn operation(&self, kind: OperationKind) -> Option<&Operation> {
        self.operations.iter().find(|known| known.kind == kind)
    }

    /// Whether what unblocks it gives its tries back and sets no new PIN.
    #[must_use]
    pub fn stays_when_unblocked(&self) -> bool {
        let stays =
            |fact: &Fact| fact.name == FactName::KeepsPin && fact.value == FactValue::Flag(true);
        self.facts.iter().any(stays)
    }

    /// Whether the next wrong PIN blocks it.
    #[must_use]
    pub fn is_last_try(&self) -> bool {
        self.tries.left == TriesLeft::Known(1)
    }
}

/// A try counter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Tries {
    /// What is left.
    #[serde(flatten)]
    pub left: TriesLeft,
    /// The full count, where it is known.
    pub max: Option<u8>,
}

/// What is left of a try counter. There is no guess among the values.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "left")]
pub enum TriesLeft {
    /// So many wrong PINs until it is blocked; at least 1.
    Known(u8),
    /// The counter is at zero.
    Blocked,
    /// The card has no such PIN (yet).
    NotSet,
    /// Another program verified it, and the card does not tell the counter as long as that
    /// holds. It says nothing about the person at this program.
    Unlocked,
    /// This card does not tell.
    Unknown,
    /// The card was not asked yet: the rest is remembered, and no counter is. Only a token that
    /// is [remembered](super::Token::remembered) has it, so it is in no document.
    #[serde(skip_serializing)]
    Unread,
}

impl TriesLeft {
    /// From a counter of the card.
    #[must_use]
    pub fn from_counter(left: u8) -> Self {
        if left == 0 {
            Self::Blocked
        } else {
            Self::Known(left)
        }
    }
}

/// Whether a PIN is the factory one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "value")]
pub enum Factory {
    /// It is, and this is it (as everybody can read in the manual).
    Unchanged(&'static str),
    /// It is not.
    Changed,
    /// The card does not tell; new ones of its kind come with this one, if any.
    Unknown(Option<&'static str>),
}

impl Factory {
    /// The value that this kind of card is delivered with.
    #[must_use]
    pub fn value(self) -> Option<&'static str> {
        match self {
            Self::Unchanged(value) => Some(value),
            Self::Changed => None,
            Self::Unknown(value) => value,
        }
    }
}

/// When a card asks for a PIN, or what a code is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinUse {
    /// Before signatures.
    Signing,
    /// Before signing in (authentication, SSH).
    SigningIn,
    /// Before decrypting.
    Decrypting,
    /// It unblocks the user PIN.
    Unblocking,
    /// It lets a helpdesk unblock the user PIN.
    HelpdeskUnblocking,
    /// Before settings and keys are changed.
    Administration,
}

/// What a PIN must look like to be worth sending.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PinRule {
    /// The fewest characters.
    pub min: usize,
    /// The most characters; the bytes of the text in UTF-8 must fit as well.
    pub max: usize,
    /// Which characters.
    pub alphabet: Alphabet,
}

/// Which characters a PIN may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// 0 to 9.
    Digits,
    /// Printable ASCII.
    Ascii,
    /// Any text (UTF-8).
    Any,
}

/// What is wrong with a PIN before it was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Breach {
    /// Too few or too many characters.
    Length,
    /// A character that the card does not take.
    Character,
}

impl PinRule {
    /// Whether `pin` can be right, or could become the new PIN.
    ///
    /// # Errors
    ///
    /// The first breach; nothing was sent to the card.
    pub fn check(&self, pin: &Secret) -> Result<(), Breach> {
        if !self.length_fits(pin) {
            return Err(Breach::Length);
        }
        if !self.characters_fit(pin) {
            return Err(Breach::Character);
        }
        Ok(())
    }

    /// Whether the number of characters fits, and the bytes too.
    #[must_use]
    pub fn length_fits(&self, pin: &Secret) -> bool {
        pin.chars()
            .is_some_and(|count| (self.min..=self.max).contains(&count))
            && pin.len() <= self.max
    }

    /// Whether every character is in the alphabet (an empty PIN has none that is not).
    #[must_use]
    pub fn characters_fit(&self, pin: &Secret) -> bool {
        let bytes = pin.expose();
        match self.alphabet {
            Alphabet::Digits => bytes.iter().all(u8::is_ascii_digit),
            Alphabet::Ascii => bytes.iter().all(|byte| (0x20..0x7F).contains(byte)),
            Alphabet::Any => std::str::from_utf8(bytes).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Alphabet, Breach, PinRule};
    use crate::base::secret::Secret;

    #[test]
    fn a_rule_counts_characters_and_bytes() {
        let rule = PinRule {
            min: 6,
            max: 8,
            alphabet: Alphabet::Any,
        };
        let check = |text: &str| rule.check(&Secret::new(text.as_bytes()));
        assert_eq!(check("äöüäö"), Err(Breach::Length));
        assert_eq!(check("äöüabc"), Err(Breach::Length));
        assert_eq!(check("äbcdef"), Ok(()));
        let digits = PinRule {
            alphabet: Alphabet::Digits,
            ..rule
        };
        assert_eq!(
            digits.check(&Secret::new(b"12345a")),
            Err(Breach::Character)
        );
        assert_eq!(digits.check(&Secret::new(b"")), Err(Breach::Length));
    }
}
