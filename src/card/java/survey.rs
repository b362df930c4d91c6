//! What is known of a Java card before its contents are changed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::look::edition;
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::setup::SetupError;
use crate::card::task::{Opening, Task};
use crate::globalplatform::discovery::{announced_family, discover, production};
use crate::globalplatform::{Aid, CardId, Edition, KeyFamily};
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

/// The version of the keys that a card has before its own ones.
const FIRST_KEYS: u8 = 0xFF;

/// Bytes of the number of a card whose chip tells none.
const NAMELESS: usize = 8;

/// Everything that tasks have to know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// What this card is told from others by: the number of its chip, if that has one.
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
    /// Whether nothing can be changed before it is unlocked.
    #[serde(default)]
    pub locked: bool,
    /// The version of the key set that a plan has put there: from then on the new keys open the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_keys: Option<u8>,
    /// What was on the card when the first task began for which that counts; nothing before, and after
    /// a task of which it is not known what it took away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Vec<Hex>>,
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
        key_versions.sort_unstable();
        key_versions.dedup();
        Ok(Self {
            serial: Hex(serial),
            manager: Hex(manager.aid.clone()),
            protocols: protocols.collect(),
            recognition: known.is_some(),
            family: announced_family(&manager),
            key_versions,
            locked: manager.locked,
            new_keys: None,
            present: None,
        })
    }

    /// Whether something of this name was on the card before the task.
    pub(super) fn had(&self, aid: &Aid) -> bool {
        let mut present = self.present.iter().flatten();
        present.any(|there| there.0 == aid.bytes())
    }

    /// A task has put this onto the card.
    pub(super) fn gains(&mut self, aid: &Aid) {
        if let Some(present) = &mut self.present {
            present.push(Hex(aid.bytes().to_vec()));
        }
    }

    /// A task has taken this from the card; with what was made of it, nobody has said what that was.
    pub(super) fn loses(&mut self, aid: &Aid, related: bool) {
        if related {
            self.present = None;
        } else if let Some(present) = &mut self.present {
            present.retain(|there| there.0 != aid.bytes());
        }
    }

    /// Whether a card of which `before` was known when `task` was begun can be this one. A chip that tells
    /// its number leaves no doubt; of others, the versions of the keys are compared, where both are known.
    pub(in crate::card) fn is_as_begun(&self, before: &Self, task: Option<&Task>) -> bool {
        let (now, was) = (&self.key_versions, &before.key_versions);
        if self.serial.0.len() != NAMELESS || now.is_empty() || was.is_empty() {
            return true;
        }
        let (new, old) = match task {
            Some(Task::PutKeys(keys)) => (Some(keys.version), keys.replaces),
            Some(Task::DeleteKeys { version }) => (None, Some(*version)),
            _ => (None, None),
        };
        let puts = new.is_some();
        // The keys of the first set go when others come.
        let may_go = |version: u8| Some(version) == old || puts && version == FIRST_KEYS;
        was.iter()
            .all(|&version| now.contains(&version) || may_go(version))
            && now
                .iter()
                .all(|&version| was.contains(&version) || Some(version) == new)
    }

    /// What is known after these tasks, if the card itself does not tell it.
    #[must_use]
    pub fn after(mut self, done: &[Task]) -> Self {
        for task in done {
            if let Task::PutKeys(new) = task {
                self.new_keys = Some(new.version);
            }
        }
        self
    }

    /// Whether somebody who listens and changes what is sent could learn keys by how the card refuses
    /// wrong padding, as far as it is known which protocol it speaks.
    #[must_use]
    pub fn has_padding_oracle(&self, opening: &Opening) -> bool {
        if self.edition(opening) == Edition::OpenPlatform201 || self.family == Some(KeyFamily::Aes)
        {
            return false;
        }
        let announced = self.protocols.iter().map(|(scp, _)| *scp);
        let mut spoken = announced.filter(|scp| matches!(scp, 1..=3)).peekable();
        // A card that announces nothing says it when it is asked for a channel.
        let unknown = spoken.peek().is_none();
        let level = opening.level;
        unknown && level.has_padding_oracle(2) || spoken.any(|scp| level.has_padding_oracle(scp))
    }

    /// The standard that it follows.
    pub(super) fn edition(&self, opening: &Opening) -> Edition {
        opening.edition.unwrap_or_else(|| edition(&self.manager()))
    }

    /// What failed tries to open it are remembered by: the same as when it is looked at.
    pub(super) fn card(&self, atr: &[u8]) -> CardId {
        if nameless(atr, &self.manager.0) == self.serial.0 {
            CardId::of_kind(atr, &self.manager.0)
        } else {
            CardId::of_chip(&self.serial.0)
        }
    }

    /// Selects the card manager, and makes sure that it is the same one. Whether it says that the card is
    /// locked.
    ///
    /// # Errors
    ///
    /// [`CardError::OtherCard`], else as for any reading.
    pub(super) fn reach(&self, channel: &mut Channel<'_>) -> Result<bool, SetupError> {
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
            Ok(answer.sw == LOCKED)
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
        None => nameless(atr, &manager.aid),
    }
}

/// What all cards of a kind have in place of a number: a digest of answer to reset and name.
fn nameless(atr: &[u8], aid: &[u8]) -> Vec<u8> {
    Sha256::digest([atr, aid].concat())
        .iter()
        .take(NAMELESS)
        .copied()
        .collect()
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

#[cfg(test)]
mod tests {
    use super::Survey;
    use crate::base::hex::Hex;
    use crate::card::task::{NewKeys, Task};

    fn survey(serial: usize, key_versions: &[u8]) -> Survey {
        Survey {
            serial: Hex(vec![0x11; serial]),
            manager: Hex(Vec::new()),
            protocols: Vec::new(),
            recognition: false,
            family: None,
            key_versions: key_versions.to_vec(),
            locked: false,
            new_keys: None,
            present: None,
        }
    }

    #[test]
    fn a_card_without_a_number_is_told_by_its_keys() {
        let put = |version, replaces| {
            let check_values = [(); 3].map(|()| Hex(Vec::new()));
            Task::PutKeys(NewKeys {
                version,
                replaces,
                check_values,
            })
        };
        let same = |now: &[u8], was: &[u8], task: Option<&Task>| {
            survey(8, now).is_as_begun(&survey(8, was), task)
        };
        assert!(same(&[1], &[1], None));
        assert!(!same(&[2], &[1], None));
        assert!(!same(&[1, 2], &[1], None));
        for now in [&[1][..], &[1, 2], &[2]] {
            assert!(same(now, &[1], Some(&put(2, Some(1)))), "{now:?}");
        }
        assert!(same(&[2], &[0xFF], Some(&put(2, None))));
        assert!(!same(&[2], &[1], Some(&put(2, None))));
        assert!(!same(&[3], &[1], Some(&put(2, Some(1)))));
        let delete = Task::DeleteKeys { version: 1 };
        assert!(same(&[2], &[1, 2], Some(&delete)));
        assert!(!same(&[1], &[1, 2], Some(&delete)));
        // Nothing is known of it.
        assert!(same(&[], &[1], None));
        // The number of the chip leaves no doubt.
        assert!(survey(10, &[2]).is_as_begun(&survey(10, &[1]), None));
    }
}
