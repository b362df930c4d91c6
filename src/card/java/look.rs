//! What a card manager tells to everybody, and to who has its keys.

use crate::card::CardError;
use crate::card::setup::SetupError;
use crate::card::task::Opening;
use crate::globalplatform::attempts::Recall;
use crate::globalplatform::discovery::{discover, signs};
use crate::globalplatform::registry;
use crate::globalplatform::{Attempts, Edition, Keys, Level, SecureChannel, WellKnownKey, Wish};
use crate::token::{CardManager, Registry, SecureChannelProtocol};
use crate::transport::channel::Channel;

/// A card manager and what it said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Look {
    /// What it tells to everybody.
    pub manager: CardManager,
    /// Failed tries with wrong keys that are remembered of this card; nothing if that is not known.
    pub tries: Option<u32>,
    /// The secure channel that was opened, if keys were given.
    pub opened: Option<Opened>,
    /// What is on the card, if keys were given.
    pub registry: Option<Registry>,
}

/// A secure channel that was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Opened {
    /// Its protocol.
    pub protocol: SecureChannelProtocol,
    /// The standard that the card turned out to follow.
    pub edition: Edition,
    /// What it protects.
    pub level: Level,
    /// The version of the key set.
    pub key_version: u8,
    /// Whether everybody knows its keys.
    pub well_known: Option<WellKnownKey>,
    /// Whether the challenge of the card was the one that it should have been; nothing if it was
    /// random.
    pub challenge_fits: Option<bool>,
}

/// How a card manager is opened, with the keys for that.
#[derive(Debug)]
pub struct ManagerAccess {
    /// How.
    pub opening: Opening,
    /// The keys.
    pub keys: Keys,
    /// The explicit word to try keys that failed on this card before, or whose counter began anew.
    pub try_again: bool,
}

impl Opening {
    /// What is wished of a channel to this card manager.
    #[must_use]
    pub fn wish(&self, manager: &CardManager, atr: &[u8]) -> Wish {
        Wish {
            key_version: self.key_version,
            key_index: self.key_index,
            level: self.level,
            diversification: self.diversification,
            edition: self.edition.unwrap_or_else(|| edition(manager)),
            edition_guessed: self.edition.is_none(),
            ..Wish::for_manager(manager, atr)
        }
    }
}

/// The standard of a card: those of Open Platform have no recognition data, and a name of Visa's.
#[must_use]
pub fn edition(manager: &CardManager) -> Edition {
    const VISA: [u8; 5] = [0xA0, 0x00, 0x00, 0x00, 0x03];
    if manager.recognition.is_none() && manager.aid.starts_with(&VISA) {
        Edition::OpenPlatform201
    } else {
        Edition::GlobalPlatform
    }
}

/// Finds the card manager and reads what it tells; with keys, what is on the card as well.
///
/// # Errors
///
/// [`SetupError::NoCardManager`] if there is none, [`SetupError::Manager`] if the keys do not open it,
/// or [`CardError::Link`].
pub fn look(
    channel: &mut Channel<'_>,
    access: Option<&ManagerAccess>,
    attempts: &mut dyn Attempts,
) -> Result<Look, SetupError> {
    let found = discover(channel).map_err(CardError::Link)?;
    let mut manager = found.ok_or(SetupError::NoCardManager)?;
    let wish = Wish::for_manager(&manager, channel.atr());
    let (mut opened, mut listed) = (None, None);
    if let Some(access) = access {
        let wish = Wish {
            try_again: access.try_again,
            ..access.opening.wish(&manager, channel.atr())
        };
        let mut secure = SecureChannel::open(channel, &access.keys, &wish, attempts)?;
        listed = Some(registry::read(&mut secure, channel)?);
        opened = Some(Opened {
            protocol: secure.protocol(),
            edition: secure.edition(),
            level: secure.level(),
            key_version: secure.key_version(),
            well_known: secure.well_known(),
            challenge_fits: secure.challenge_fits(),
        });
    }
    manager.signs = signs(
        &manager,
        channel.atr(),
        listed.as_ref(),
        opened.and_then(|opened| opened.well_known),
    );
    let tries = match attempts.recall(&wish.card) {
        Recall::Known(remembered) => Some(remembered.tries),
        Recall::Unsure => None,
    };
    Ok(Look {
        manager,
        tries,
        opened,
        registry: listed,
    })
}
