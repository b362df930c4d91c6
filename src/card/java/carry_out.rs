//! One task from its first to its last command, in a secure channel of its own.
//!
//! A task that was broken off is done again as a whole: what may have been done is looked for in the
//! registry first. A package that was not loaded to its end is none: the card throws away what it has.

use super::door::Door;
use super::keys;
use super::survey::Survey;
use crate::card::setup::{Materials, Need, Occasion, SetupError};
use crate::card::task::{Deletion, Installation, Loading, SecretName, Task};
use crate::globalplatform::content::{
    self, ContentError, Install, Limits, Operation, Rounding, StatusOf,
};
use crate::globalplatform::{Aid, Edition, SecureChannel, registry};
use crate::iso7816::{Command, Response};
use crate::token::{Alphabet, LifeCycle, PinRole, PinRule, Privilege, RegistryEntry, RegistryKind};
use crate::transport::channel::Channel;

/// The bytes of a block for LOAD that every channel takes.
const PAPER_BLOCK: usize = 231;

/// The state of a card that is locked.
const CARD_LOCKED: u8 = 0x7F;

/// Does a task. `survey` becomes what is known afterwards.
///
/// # Errors
///
/// [`SetupError`]; the same task can be done again.
pub(in crate::card) fn carry_out(
    task: &Task,
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    if let Task::PutKeys(new) = task {
        return keys::put(new, survey, channel, materials, occasion);
    }
    let mut hand = Hand::open(task, survey, channel, materials, occasion)?;
    match task {
        Task::DeleteContent(deletion) => hand.delete(deletion)?,
        Task::LoadPackage(loading) => hand.load(loading)?,
        Task::InstallApplet(installation) => hand.install(installation)?,
        Task::SetLock { aid, locked } => hand.set_lock(aid, *locked)?,
        Task::SetCardState { state } => {
            hand.set_card_state(*state)?;
            survey.locked = *state == CARD_LOCKED;
        }
        Task::DeleteKeys { version } => {
            hand.delete_keys(*version)?;
            survey.key_versions.retain(|known| known != version);
        }
        _ => return Err(SetupError::OtherMake),
    }
    Ok(())
}

/// What a task asks for. The new keys are set by one task, and open the card for those after it.
pub(in crate::card) fn need(name: &SecretName, task: &Task) -> Need {
    let sets = matches!(task, Task::PutKeys(_));
    Need {
        name: name.clone(),
        fresh: *name == SecretName::NewManagerKeys && sets,
        role: PinRole::User,
        label: None,
        rule: PinRule {
            min: 16,
            max: 32,
            alphabet: Alphabet::Any,
        },
        replaces_pins: false,
        refuses_known: false,
    }
}

/// The hand that changes a card: the way to its card manager.
struct Hand<'a, 'c> {
    channel: &'a mut Channel<'c>,
    /// Nothing on paper.
    secure: Option<SecureChannel>,
    manager: Aid,
    edition: Edition,
    /// The version of the key set that opened the card; 0 if it was not named and nothing was opened.
    key_version: u8,
    again: bool,
}

impl<'a, 'c> Hand<'a, 'c> {
    fn open(
        task: &Task,
        survey: &Survey,
        channel: &'a mut Channel<'c>,
        materials: &mut dyn Materials,
        occasion: Occasion,
    ) -> Result<Self, SetupError> {
        let manager = Aid::new(&survey.manager.0).map_err(|_| SetupError::NoCardManager)?;
        // A card that is locked lets nothing be done but be unlocked.
        let may_be_locked = matches!(task, Task::SetCardState { .. });
        let door = Door::now(survey, occasion.opening);
        let secure = if occasion.paper {
            if survey.locked && !may_be_locked {
                return Err(SetupError::CardLocked);
            }
            // That they are needed is all that is asked for.
            materials.manager(&door.keys);
            None
        } else {
            Some(door.open(survey, channel, materials, may_be_locked)?)
        };
        let named = door.opening.key_version;
        Ok(Self {
            channel,
            manager,
            edition: survey.edition(&occasion.opening),
            key_version: secure.as_ref().map_or(named, SecureChannel::key_version),
            secure,
            again: occasion.again,
        })
    }

    fn transmit(&mut self, command: &Command) -> Result<Response, SetupError> {
        match &mut self.secure {
            Some(secure) => Ok(secure.transmit(self.channel, command)?),
            None => Ok(self.channel.transmit(command)?),
        }
    }

    /// Sends a command that has to be done.
    fn send(&mut self, operation: Operation, command: &Command) -> Result<(), SetupError> {
        let answer = self.transmit(command)?;
        if self.secure.is_some() {
            content::judge(operation, &answer)?;
        }
        Ok(())
    }

    /// What is on the card under this name; nothing on paper.
    fn find(&mut self, aid: &Aid) -> Result<Option<RegistryEntry>, SetupError> {
        let Some(secure) = &mut self.secure else {
            return Ok(None);
        };
        let registry = registry::read(secure, self.channel)?;
        let mut entries = registry.entries.into_iter();
        Ok(entries.find(|entry| entry.aid == aid.bytes()))
    }

    fn delete(&mut self, deletion: &Deletion) -> Result<(), SetupError> {
        // Open Platform does not know what is related (sheet, 3).
        let related = deletion.related && self.edition != Edition::OpenPlatform201;
        let command = content::delete(&deletion.aid, related);
        match self.send(Operation::Delete, &command) {
            // What is not there needs no deleting.
            Err(SetupError::Content(ContentError::NotFound { .. })) => Ok(()),
            done => done,
        }
    }

    fn load(&mut self, loading: &Loading) -> Result<(), SetupError> {
        if self.again && self.find(&loading.package)?.is_some() {
            return Ok(());
        }
        let limits = Limits {
            code: loading.code_limit.map(u32::from),
            ..Limits::default()
        };
        let domain = loading
            .domain
            .clone()
            .unwrap_or_else(|| self.manager.clone());
        let begin = content::for_load(&loading.package, &domain, &[], limits, Rounding::Exact);
        self.send(Operation::InstallForLoad, &begin)?;
        let len = match &self.secure {
            Some(secure) => secure.load_block_len(),
            None => PAPER_BLOCK,
        };
        let blocks = content::load(&loading.file.0, &[], len)
            .map_err(|_| SetupError::Content(ContentError::NoMemory))?;
        for block in blocks {
            self.send(Operation::Load, &block)?;
        }
        Ok(())
    }

    fn install(&mut self, installation: &Installation) -> Result<(), SetupError> {
        let privileges = Privilege::of_bytes(&installation.privileges.0);
        if self.again
            && let Some(entry) = self.find(&installation.instance)?
            && entry.kind != RegistryKind::Package
        {
            return match entry.life_cycle {
                LifeCycle::Installed => {
                    let command = content::make_selectable(&installation.instance, &privileges);
                    self.send(Operation::InstallOther, &command)
                }
                _ => Ok(()),
            };
        }
        let command = content::for_install(&Install {
            package: &installation.package,
            module: &installation.module,
            instance: &installation.instance,
            privileges: &privileges,
            parameters: &installation.parameters.0,
            limits: Limits {
                data: installation.data_limit.map(u32::from),
                ..Limits::default()
            },
            selectable: true,
        });
        self.send(Operation::InstallForInstall, &command)
    }

    fn set_lock(&mut self, aid: &Aid, locked: bool) -> Result<(), SetupError> {
        if self.again
            && let Some(entry) = self.find(aid)?
        {
            let is_locked = matches!(entry.life_cycle, LifeCycle::Locked | LifeCycle::Blocked);
            if is_locked == locked {
                return Ok(());
            }
        }
        // Open Platform has a state for what is locked and comes back, and wants to be told which one
        // it comes back to; FF there is for ever (sheet, 3).
        let state = match (self.edition, locked) {
            (Edition::GlobalPlatform, true) => 0x80,
            (Edition::GlobalPlatform, false) => 0x00,
            (Edition::OpenPlatform201, true) => 0x7F,
            (Edition::OpenPlatform201, false) => 0x07,
        };
        let command = content::set_status(StatusOf::Application, state, Some(aid));
        self.send(Operation::SetStatus, &command)
    }

    fn set_card_state(&mut self, state: u8) -> Result<(), SetupError> {
        if self.again {
            let manager = self.manager.clone();
            let entry = self.find(&manager)?;
            if entry.is_some_and(|entry| entry.state == state) {
                return Ok(());
            }
        }
        let command = content::set_status(StatusOf::Card, state, None);
        self.send(Operation::SetStatus, &command)
    }

    fn delete_keys(&mut self, version: u8) -> Result<(), SetupError> {
        if version == self.key_version {
            return Err(SetupError::OwnKeys { version });
        }
        let command = content::delete_key(None, Some(version));
        match self.send(Operation::DeleteKey, &command) {
            Err(SetupError::Content(ContentError::NotFound { .. })) => Ok(()),
            done => done,
        }
    }
}
