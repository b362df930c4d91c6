//! What is known of a Java card before its contents are changed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::setup::SetupError;
use crate::globalplatform::KeyFamily;
use crate::globalplatform::discovery::{announced_family, discover, production};
use crate::iso7816::{Command, Le, StatusWord};
use crate::token::{CardManager, CardRecognition, SecureChannelProtocol};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// "Selected, but locked".
const LOCKED: StatusWord = StatusWord(0x6283);

/// Card managers of GlobalPlatform and of Open Platform.
const MANAGERS: [[u8; 8]; 2] = [
    [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00],
    [0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00],
];

/// Bytes of the number of a card whose chip tells none.
const NAMELESS: usize = 8;

/// Everything that tasks have to know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// What this card is told from others by: [`chip_number`].
    pub serial: Hex,
    /// The name of the card manager.
    pub manager: Hex,
    /// The secure channels that the card announced: number and variant.
    pub protocols: Vec<(u8, u16)>,
    /// Whether it has recognition data, as cards of GlobalPlatform do.
    pub recognition: bool,
    /// What the keys have to be for; nothing if the card does not tell.
    pub family: Option<KeyFamily>,
    /// The versions of its key sets.
    pub key_versions: Vec<u8>,
}

impl Survey {
    /// Asks the card. Its card manager stays selected.
    ///
    /// # Errors
    ///
    /// [`SetupError::NoCardManager`], else as for any reading.
    pub fn read(channel: &mut Channel<'_>) -> Result<Self, SetupError> {
        let found = discover(channel).map_err(CardError::Link)?;
        let manager = found.ok_or(SetupError::NoCardManager)?;
        let serial = number(&manager, channel.atr());
        let known = manager.recognition.as_ref();
        let protocols = known.map(|known| &known.protocols).into_iter().flatten();
        let protocols = protocols.map(|protocol| (protocol.scp, protocol.i));
        let mut key_versions: Vec<u8> = manager
            .keys
            .iter()
            .flatten()
            .map(|key| key.version)
            .collect();
        key_versions.dedup();
        Ok(Self {
            serial: Hex(serial),
            manager: Hex(manager.aid.clone()),
            protocols: protocols.collect(),
            recognition: known.is_some(),
            family: announced_family(&manager),
            key_versions,
        })
    }

    /// Selects the card manager, and makes sure that it is the same one.
    ///
    /// # Errors
    ///
    /// [`CardError::OtherCard`], else as for any reading.
    pub(super) fn reach(&self, channel: &mut Channel<'_>) -> Result<(), SetupError> {
        let command = Command::new([0x00, 0xA4, 0x04, 0x00])
            .data(self.manager.0.as_slice())
            .expecting(Le::ALL);
        let answer = channel.transmit(&command)?;
        if !answer.sw.is_ok() && answer.sw != LOCKED {
            return Err(SetupError::NoCardManager);
        }
        let manager = CardManager {
            aid: self.manager.0.clone(),
            cplc: production(channel)?,
            ..CardManager::default()
        };
        if number(&manager, channel.atr()) == self.serial.0 {
            Ok(())
        } else {
            Err(CardError::OtherCard.into())
        }
    }

    /// The card manager, as far as a secure channel to it has to know it.
    pub(super) fn manager(&self) -> CardManager {
        let protocols = self.protocols.iter();
        let protocols = protocols.map(|&(scp, i)| SecureChannelProtocol { scp, i });
        CardManager {
            aid: self.manager.0.clone(),
            recognition: self.recognition.then(|| CardRecognition {
                protocols: protocols.collect(),
                ..CardRecognition::default()
            }),
            ..CardManager::default()
        }
    }
}

/// What a card is told from others by: the number of its chip. A card without one is any of its kind;
/// then its keys and what is on it have to do.
fn number(manager: &CardManager, atr: &[u8]) -> Vec<u8> {
    match manager.cplc.as_ref().and_then(|cplc| cplc.unique_id()) {
        Some(id) => id.to_vec(),
        None => Sha256::digest([atr, &manager.aid].concat())
            .iter()
            .take(NAMELESS)
            .copied()
            .collect(),
    }
}

/// The number of the chip of a card, asked of its card manager, which stays selected; nothing if the card
/// has none, or if that does not tell.
///
/// # Errors
///
/// [`LinkError`].
pub(in crate::card) fn chip_number_of(
    channel: &mut Channel<'_>,
) -> Result<Option<Vec<u8>>, LinkError> {
    for aid in MANAGERS {
        let command = Command::new([0x00, 0xA4, 0x04, 0x00])
            .data(aid)
            .expecting(Le::ALL);
        let answer = channel.transmit(&command)?;
        // An applet that agrees to every SELECT tells nothing of the card.
        if !answer.sw.is_ok() && answer.sw != LOCKED || answer.data.is_empty() {
            continue;
        }
        if let Some(told) = production(channel)? {
            return Ok(told.unique_id().map(|id| id.to_vec()));
        }
    }
    Ok(None)
}
