//! What is done to the card manager itself, from the menu of its secure channel. The end of a card's
//! life is not among it.

use crate::backend::Look;
use crate::base::i18n::{gettext, gettext_f};
use crate::plan::Task;
use crate::token::{LifeCycle, RegistryKind};

/// Something that can be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ManagerAct {
    /// The key set of this version is deleted.
    DeleteKeys(u8),
    /// Nothing but the card manager can be used any more, until the card is unlocked.
    Lock,
    /// Everything on the card can be used again.
    Unlock,
}

/// States of a card (GlobalPlatform Card Specification 2.3.1, table 11-6).
const SECURED: u8 = 0x0F;
const CARD_LOCKED: u8 = 0x7F;

impl ManagerAct {
    /// What can be done to this one; nothing before it is open. A card is locked only where it can be
    /// unlocked to what it was, and the keys that opened it stay.
    pub(super) fn all(look: &Look) -> Vec<Self> {
        let Some(opened) = &look.opened else {
            return Vec::new();
        };
        let keys = look.manager.keys.iter().flatten();
        let mut versions: Vec<u8> = keys.map(|key| key.version).collect();
        versions.sort_unstable();
        versions.dedup();
        // Of the keys of the factory many cards do not know the number.
        versions.retain(|version| *version != opened.key_version && (1..0x80).contains(version));
        let entries = look.registry.iter().flat_map(|all| &all.entries);
        let mut managers = entries.filter(|one| one.kind == RegistryKind::IssuerSecurityDomain);
        let lock = managers.next().and_then(|one| match one.life_cycle {
            LifeCycle::Secured => Some(Self::Lock),
            LifeCycle::CardLocked => Some(Self::Unlock),
            _ => None,
        });
        versions
            .into_iter()
            .map(Self::DeleteKeys)
            .chain(lock)
            .collect()
    }

    /// Its entry in the menu.
    pub(super) fn words(self) -> String {
        match self {
            Self::DeleteKeys(version) => gettext_f(
                "Delete Keys of Version {version}…",
                &[("version", &version.to_string())],
            ),
            Self::Lock => gettext("Lock Card…"),
            Self::Unlock => gettext("Unlock Card…"),
        }
    }

    /// What the plan is called, and its steps.
    #[must_use]
    pub fn steps(self) -> (String, Vec<Task>) {
        match self {
            Self::DeleteKeys(version) => (
                gettext("Delete keys of the card manager"),
                vec![Task::DeleteKeys { version }],
            ),
            Self::Lock => (
                gettext("Lock the card"),
                vec![Task::SetCardState { state: CARD_LOCKED }],
            ),
            Self::Unlock => (
                gettext("Unlock the card"),
                vec![Task::SetCardState { state: SECURED }],
            ),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::backend::Opened;
    use crate::plan::content::{Edition, Level};
    use crate::token::{CardKey, CardManager, Registry, RegistryEntry, SecureChannelProtocol};

    fn look(versions: &[u8], state: LifeCycle) -> Look {
        let key = |version: &u8| CardKey {
            id: 1,
            version: *version,
            components: Vec::new(),
        };
        Look {
            manager: CardManager {
                keys: Some(versions.iter().map(key).collect()),
                ..CardManager::default()
            },
            tries: Some(0),
            opened: Some(Opened {
                protocol: SecureChannelProtocol { scp: 2, i: 0x15 },
                edition: Edition::GlobalPlatform,
                key_version: 1,
                level: Level::Mac,
                well_known: None,
                challenge_fits: None,
            }),
            registry: Some(Registry {
                entries: vec![RegistryEntry {
                    kind: RegistryKind::IssuerSecurityDomain,
                    aid: vec![0xA0, 0, 0, 0, 3],
                    life_cycle: state,
                    state: 0,
                    privileges: Vec::new(),
                    version: None,
                    package: None,
                    modules: Vec::new(),
                    security_domain: None,
                }],
                cut_short: false,
            }),
        }
    }

    #[test]
    fn the_keys_that_opened_the_card_stay() {
        let acts = ManagerAct::all(&look(&[1, 2, 2, 0xFF], LifeCycle::OpReady));
        assert_eq!(acts, [ManagerAct::DeleteKeys(2)]);
        assert_eq!(ManagerAct::all(&look(&[1], LifeCycle::OpReady)), []);
        let mut closed = look(&[1, 2], LifeCycle::Secured);
        closed.opened = None;
        assert_eq!(ManagerAct::all(&closed), []);
    }

    #[test]
    fn a_card_is_locked_where_it_can_be_unlocked_and_never_ended() {
        let lock = ManagerAct::all(&look(&[1], LifeCycle::Secured));
        assert_eq!(lock, [ManagerAct::Lock]);
        let unlock = ManagerAct::all(&look(&[1], LifeCycle::CardLocked));
        assert_eq!(unlock, [ManagerAct::Unlock]);
        assert_eq!(ManagerAct::all(&look(&[1], LifeCycle::Terminated)), []);
        let states = [ManagerAct::Lock, ManagerAct::Unlock].map(|act| act.steps().1);
        let expected = [0x7F, 0x0F].map(|state| vec![Task::SetCardState { state }]);
        assert_eq!(states, expected);
    }
}
