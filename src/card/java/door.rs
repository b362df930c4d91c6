//! Which keys open a card manager, as it is now and after it was given others.

use super::survey::Survey;
use crate::card::setup::{Materials, SetupError};
use crate::card::task::{Opening, SecretName};
use crate::globalplatform::{Diversification, SecureChannel, Wish};
use crate::transport::channel::Channel;

/// A way into a card manager.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// The keys that open it.
    pub(super) keys: SecretName,
    /// How.
    pub(super) opening: Opening,
}

impl Door {
    /// The way in as far as it is known: with the keys of before, or with those that a plan has put
    /// there.
    pub(super) fn now(survey: &Survey, opening: Opening) -> Self {
        match survey.new_keys {
            Some(version) => Self::of_new_keys(version, opening),
            None => Self {
                keys: SecretName::ManagerKeys,
                opening,
            },
        }
    }

    /// The way in with the new keys. They are put onto the card as they are given, so nothing is
    /// derived from them.
    pub(super) fn of_new_keys(version: u8, opening: Opening) -> Self {
        Self {
            keys: SecretName::NewManagerKeys,
            opening: Opening {
                key_version: version,
                diversification: Diversification::None,
                ..opening
            },
        }
    }

    /// Selects the card manager of this card and opens a channel to it.
    ///
    /// # Errors
    ///
    /// [`SetupError`]; on another card, or on one that is not as the task needs it, no key was tried.
    pub(super) fn open(
        &self,
        survey: &Survey,
        channel: &mut Channel<'_>,
        materials: &mut dyn Materials,
        may_be_locked: bool,
    ) -> Result<SecureChannel, SetupError> {
        if survey.reach(channel)? && !may_be_locked {
            return Err(SetupError::CardLocked);
        }
        let (keys, attempts, try_again) = materials.manager(&self.keys);
        let keys = keys.ok_or_else(|| SetupError::Missing(self.keys.clone()))?;
        let atr = channel.atr();
        let wish = Wish {
            card: survey.card(atr),
            try_again,
            ..self.opening.wish(&survey.manager(), atr)
        };
        Ok(SecureChannel::open(channel, keys, &wish, attempts)?)
    }
}
