//! Setting cards up, whatever their make: what is known of one before, and one task carried out on it
//! or on paper.

mod error;
mod materials;
mod rehearse;
mod resumed;

use serde::{Deserialize, Serialize};

use super::CardError;
use super::cardos::{self, Phase};
use super::task::{Opening, Task};
use super::{java, muscle};
use crate::base::hex::Hex;
use crate::token::{Application, ApplicationKind, Fact, FactName, Token};
use crate::transport::channel::Channel;
pub use error::SetupError;
pub use materials::{Materials, Occasion, Private};
pub use rehearse::{Need, Rehearsal, rehearse};
pub use resumed::{left_untouched, says_that_key_stays};

/// Everything that the tasks of a plan have to know of a card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "make")]
pub enum Survey {
    /// CardOS M4.
    #[serde(rename = "cardos")]
    CardOs(cardos::Survey),
    /// The MUSCLE applet on a Java card.
    #[serde(rename = "muscle")]
    Muscle(muscle::tasks::Survey),
    /// A Java card, of which the contents are changed through its card manager.
    #[serde(rename = "java")]
    Java(java::Survey),
}

/// What a plan is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// The token: PINs, keys, certificates, data.
    Token,
    /// What is on a Java card: packages, applets, the keys of its card manager.
    Content,
}

/// How many objects of each kind there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// PINs.
    pub pins: usize,
    /// Private keys.
    pub keys: usize,
    /// Certificates.
    pub certificates: usize,
    /// Data objects.
    pub data: usize,
}

/// Identifiers and numbers that are in use.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Taken {
    /// Identifiers of keys and certificates.
    pub ids: Vec<Hex>,
    /// Numbers of keys on the card.
    pub keys: Vec<u8>,
    /// Identifiers of PINs with their numbers on the card.
    pub pins: Vec<(Hex, u8)>,
}

impl From<cardos::Survey> for Survey {
    fn from(survey: cardos::Survey) -> Self {
        Self::CardOs(survey)
    }
}

impl Survey {
    /// Whether a token can be set up: CardOS by its answer to reset, other cards by their applet.
    #[must_use]
    pub fn is_for(token: &Token) -> bool {
        let kept = |fact: &Fact| fact.name == FactName::KeptBy;
        let has_applet = |read: &Application| {
            read.kind == ApplicationKind::Muscle || read.facts.iter().any(kept)
        };
        cardos::Survey::is_for(&token.card.atr).is_some()
            || token.applications.iter().any(has_applet)
    }

    /// Whether the serial number that such a token tells is what it is called in its journal.
    #[must_use]
    pub fn is_told_by_token(token: &Token) -> bool {
        cardos::Survey::is_for(&token.card.atr).is_some()
    }

    /// Asks the card.
    ///
    /// # Errors
    ///
    /// [`SetupError::OtherMake`] if it is of no make that can be set up, else as for any reading.
    pub fn read(channel: &mut Channel<'_>, about: About) -> Result<Self, SetupError> {
        match about {
            About::Token if cardos::Survey::is_for(channel.atr()).is_some() => {
                cardos::Survey::read(channel).map(Self::CardOs)
            }
            About::Token => muscle::tasks::Survey::read(channel).map(Self::Muscle),
            About::Content => java::Survey::read(channel).map(Self::Java),
        }
    }

    /// For which plans it is.
    #[must_use]
    pub fn about(&self) -> About {
        match self {
            Self::CardOs(_) => About::Token,
            Self::Muscle(_) => About::Token,
            Self::Java(_) => About::Content,
        }
    }

    /// What this card is told from others by: the serial number of its chip.
    #[must_use]
    pub fn serial(&self) -> &Hex {
        match self {
            Self::CardOs(survey) => &survey.serial,
            Self::Muscle(survey) => &survey.serial,
            Self::Java(survey) => &survey.serial,
        }
    }

    /// Whether what was found out before still holds, as far as the token tells when it was changed
    /// last. That it is the same card is asked before each task.
    ///
    /// # Errors
    ///
    /// As for any reading.
    pub fn still_holds(&self, channel: &mut Channel<'_>) -> Result<bool, SetupError> {
        match self {
            Self::CardOs(survey) => survey.still_holds(channel),
            // Its tasks look for themselves.
            Self::Java(_) => Ok(true),
            // It tells nothing by which that could be seen.
            Self::Muscle(_) => Ok(false),
        }
    }

    /// What is known after these tasks of a plan, where the card itself does not tell it.
    #[must_use]
    pub fn after(self, done: &[Task]) -> Self {
        match self {
            Self::CardOs(_) | Self::Muscle(_) => self,
            Self::Java(survey) => Self::Java(survey.after(done)),
        }
    }

    /// Whether the way in which a card manager is opened lets others learn keys by how the card refuses
    /// wrong padding.
    #[must_use]
    pub fn has_padding_oracle(&self, opening: &Opening) -> bool {
        match self {
            Self::CardOs(_) | Self::Muscle(_) => false,
            Self::Java(survey) => survey.has_padding_oracle(opening),
        }
    }

    /// Whether a task leaves a private key on the card that it takes away.
    #[must_use]
    pub fn keeps_key(&self, task: &Task) -> bool {
        match self {
            Self::Muscle(survey) => survey.keeps_key(task),
            Self::CardOs(_) | Self::Java(_) => false,
        }
    }

    /// Whether there is an application for keys and certificates.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        match self {
            Self::CardOs(survey) => survey.area.is_some(),
            Self::Muscle(survey) => survey.applet.is_personalised(),
            Self::Java(_) => false,
        }
    }

    /// Whether the card is in a phase of its life in which something can be set up.
    ///
    /// # Errors
    ///
    /// [`SetupError::Phase`] with the phase that it is in instead.
    pub fn is_ready(&self) -> Result<(), SetupError> {
        match self {
            Self::CardOs(survey) => match survey.phase {
                Phase::Operational | Phase::Administration => Ok(()),
                phase => Err(SetupError::Phase(phase)),
            },
            Self::Java(_) => Ok(()),
            Self::Muscle(_) => Ok(()),
        }
    }

    /// Whether it was being erased when that was broken off.
    #[must_use]
    pub fn is_half_erased(&self) -> bool {
        match self {
            Self::CardOs(survey) => survey.phase == Phase::Erasing,
            Self::Muscle(_) => false,
            Self::Java(_) => false,
        }
    }

    /// Whether it is in the phase for everyday use, which is left while something is set up.
    #[must_use]
    pub fn is_activated(&self) -> bool {
        match self {
            Self::CardOs(survey) => survey.phase == Phase::Operational,
            Self::Muscle(_) => false,
            Self::Java(_) => false,
        }
    }

    /// Whether it is the MUSCLE applet, which has its PINs by itself.
    #[must_use]
    pub fn is_applet(&self) -> bool {
        matches!(self, Self::Muscle(_))
    }

    /// Whether it is an applet that takes nothing but its first set-up.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Muscle(survey) => survey.is_blank(),
            Self::CardOs(_) | Self::Java(_) => false,
        }
    }

    /// Where a key of this size goes beside those in `used`, on a card whose places keep the size of
    /// their first key; nothing for other cards.
    #[must_use]
    pub fn key_place(&self, bits: u16, used: &[u8]) -> Option<Result<u8, SetupError>> {
        match self {
            Self::Muscle(survey) => Some(
                survey
                    .key_number(bits, used)
                    .map_err(|error| CardError::from(error).into()),
            ),
            Self::CardOs(_) | Self::Java(_) => None,
        }
    }

    /// Whether everybody may change the objects or the rules of the application.
    #[must_use]
    pub fn is_unguarded(&self) -> bool {
        match self {
            Self::CardOs(survey) => survey.is_unguarded(),
            Self::Muscle(_) => false,
            Self::Java(_) => false,
        }
    }

    /// How many objects the lists name.
    #[must_use]
    pub fn counts(&self) -> Counts {
        match self {
            Self::CardOs(survey) => survey.counts(),
            Self::Muscle(survey) => survey.counts(),
            Self::Java(_) => Counts::default(),
        }
    }

    /// The identifiers that keys and certificates have, and the numbers of keys on the card.
    #[must_use]
    pub fn taken(&self) -> Taken {
        match self {
            Self::CardOs(survey) => survey.taken(),
            Self::Muscle(survey) => survey.taken(),
            Self::Java(_) => Taken::default(),
        }
    }

    /// What the token says that it is called.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        match self {
            Self::CardOs(survey) => survey.label(),
            Self::Muscle(survey) => survey.applet.label(),
            Self::Java(_) => None,
        }
    }

    /// Whether the application can be deleted by who knows its PINs.
    #[must_use]
    pub fn can_be_deleted(&self) -> bool {
        match self {
            Self::CardOs(survey) => survey.can_be_deleted(),
            Self::Muscle(survey) => survey.applet.can_be_erased(),
            Self::Java(_) => true,
        }
    }

    /// Whether everything on the card can be erased with the key of its maker.
    ///
    /// # Errors
    ///
    /// What is in the way; nothing is sent.
    pub fn can_be_formatted(&self) -> Result<(), SetupError> {
        match self {
            Self::CardOs(survey) => survey.can_be_formatted(),
            Self::Muscle(_) => Err(SetupError::OtherMake),
            Self::Java(_) => Err(SetupError::OtherMake),
        }
    }

    /// Sizes of RSA keys that the card makes and takes, in bits, the largest first.
    #[must_use]
    pub fn key_sizes(&self) -> &'static [u16] {
        match self {
            Self::CardOs(survey) => survey.key_sizes(),
            // Whether it was built for them, the applet says when it is asked for one.
            Self::Muscle(_) => &[2048, 1024],
            Self::Java(_) => &[],
        }
    }
}

/// Does a task. `survey` becomes what is known afterwards; if it fails, it stays as it was. What is found
/// out on the way and has to be known if the task is broken off goes to `note`, which keeps it before
/// anything is changed.
///
/// # Errors
///
/// [`SetupError`]. What was done until then is done; doing the task again with the same survey
/// goes on from there.
pub fn carry_out(
    task: &Task,
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
    note: &mut dyn FnMut(&Survey) -> Result<(), SetupError>,
) -> Result<(), SetupError> {
    match survey {
        Survey::CardOs(survey) => cardos::carry_out(task, survey, channel, materials, occasion),
        Survey::Java(survey) => {
            let mut note = |known: &java::Survey| note(&Survey::Java(known.clone()));
            java::carry_out(task, survey, channel, materials, occasion, &mut note)
        }
        Survey::Muscle(survey) => {
            muscle::tasks::carry_out(task, survey, channel, materials, occasion)
        }
    }
}
