//! One task from its first to its last command, in a secure channel of its own.
//!
//! A task that was broken off is done again as a whole: what may have been done is looked for in the
//! registry first. A package that was not loaded to its end is none: the card throws away what it has.

use super::survey::Survey;
use crate::card::setup::{Materials, Need, Occasion, SetupError};
use crate::card::task::{Deletion, Installation, Loading, NewKeys, Opening, SecretName, Task};
use crate::globalplatform::content::{
    self, ContentError, DesKeyType, Install, Limits, Operation, Rounding, StatusOf,
};
use crate::globalplatform::discovery::key_information;
use crate::globalplatform::{Aid, CardId, Edition, Keys, Level, SecureChannel, Wish, registry};
use crate::iso7816::{Command, Le, Response};
use crate::token::{Alphabet, LifeCycle, PinRole, PinRule, Privilege, RegistryEntry, RegistryKind};
use crate::transport::channel::Channel;

/// The bytes of a block for LOAD that every channel takes.
const PAPER_BLOCK: usize = 231;

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
    let mut hand = Hand::open(survey, channel, materials, occasion)?;
    match task {
        Task::DeleteContent(deletion) => hand.delete(deletion),
        Task::LoadPackage(loading) => hand.load(loading),
        Task::InstallApplet(installation) => hand.install(installation),
        Task::SetLock { aid, locked } => hand.set_lock(aid, *locked),
        Task::SetCardState { state } => hand.set_card_state(*state),
        Task::PutKeys(new) => {
            hand.put_keys(new, survey, materials, occasion)?;
            if !survey.key_versions.contains(&new.version) {
                survey.key_versions.push(new.version);
            }
            Ok(())
        }
        Task::DeleteKeys { version } => {
            hand.delete_keys(*version)?;
            survey.key_versions.retain(|known| known != version);
            Ok(())
        }
        _ => Err(SetupError::OtherMake),
    }
}

/// What a task asks for.
pub(in crate::card) fn need(name: &SecretName) -> Need {
    Need {
        name: name.clone(),
        fresh: *name == SecretName::NewManagerKeys,
        role: PinRole::User,
        label: None,
        rule: PinRule {
            min: 16,
            max: 32,
            alphabet: Alphabet::Any,
        },
    }
}

/// The hand that changes a card: the way to its card manager.
struct Hand<'a, 'c> {
    channel: &'a mut Channel<'c>,
    /// Nothing on paper.
    secure: Option<SecureChannel>,
    manager: Aid,
    edition: Edition,
    again: bool,
}

impl<'a, 'c> Hand<'a, 'c> {
    fn open(
        survey: &Survey,
        channel: &'a mut Channel<'c>,
        materials: &mut dyn Materials,
        occasion: Occasion,
    ) -> Result<Self, SetupError> {
        let wish = wish(survey, occasion.opening, channel.atr());
        let manager = Aid::new(&survey.manager.0).map_err(|_| SetupError::NoCardManager)?;
        let edition = wish.edition;
        let secure = if occasion.paper {
            // That they are needed is all that is asked for.
            materials.manager(&SecretName::ManagerKeys);
            None
        } else {
            survey.reach(channel)?;
            Some(open(channel, &wish, &SecretName::ManagerKeys, materials)?)
        };
        Ok(Self {
            channel,
            secure,
            manager,
            edition,
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
            let is_locked = entry.life_cycle == LifeCycle::Locked;
            if is_locked == locked {
                return Ok(());
            }
        }
        let state = if locked { 0x80 } else { 0x00 };
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

    /// The new keys beside the old ones, and then a channel with them: only who has seen that they open
    /// the card may take the old ones away.
    fn put_keys(
        &mut self,
        new: &NewKeys,
        survey: &Survey,
        materials: &mut dyn Materials,
        occasion: Occasion,
    ) -> Result<(), SetupError> {
        let name = SecretName::NewManagerKeys;
        let (keys, ..) = materials.manager(&name);
        let keys = keys.ok_or(SetupError::Missing(name.clone()))?;
        let Some(secure) = &mut self.secure else {
            // What is sent depends on the session; on paper there is its header alone.
            self.channel
                .transmit(&Command::new([0x80, 0xD8, 0x00, 0x81]))?;
            return Ok(());
        };
        check(new, keys)?;
        let there = self.again && is_listed(secure, self.channel, new.version)?;
        if !there {
            let des = match self.edition {
                Edition::OpenPlatform201 => DesKeyType::DesEcb,
                Edition::GlobalPlatform => DesKeyType::Des,
            };
            let put = content::put_key(secure, new.version, new.replaces, keys, des)?;
            let answer = secure.transmit(self.channel, &put.command)?;
            content::judge(Operation::PutKey, &answer)?;
            put.check(&answer.data)?;
        }
        let opening = Opening {
            key_version: new.version,
            level: Level::Mac,
            ..occasion.opening
        };
        let wish = wish(survey, opening, self.channel.atr());
        survey.reach(self.channel)?;
        self.secure = Some(open(self.channel, &wish, &name, materials)?);
        Ok(())
    }

    fn delete_keys(&mut self, version: u8) -> Result<(), SetupError> {
        let command = content::delete_key(None, Some(version));
        match self.send(Operation::DeleteKey, &command) {
            Err(SetupError::Content(ContentError::NotFound { .. })) => Ok(()),
            done => done,
        }
    }
}

fn wish(survey: &Survey, opening: Opening, atr: &[u8]) -> Wish {
    Wish {
        card: CardId::of_chip(&survey.serial.0),
        ..opening.wish(&survey.manager(), atr)
    }
}

fn open(
    channel: &mut Channel<'_>,
    wish: &Wish,
    name: &SecretName,
    materials: &mut dyn Materials,
) -> Result<SecureChannel, SetupError> {
    let (keys, attempts, try_again) = materials.manager(name);
    let keys = keys.ok_or_else(|| SetupError::Missing(name.clone()))?;
    let wish = Wish {
        try_again,
        ..wish.clone()
    };
    Ok(SecureChannel::open(channel, keys, &wish, attempts)?)
}

/// Whether the card has keys of this version by now, as far as it tells.
fn is_listed(
    secure: &mut SecureChannel,
    channel: &mut Channel<'_>,
    version: u8,
) -> Result<bool, SetupError> {
    let question = Command::new([0x80, 0xCA, 0x00, 0xE0]).expecting(Le::ALL);
    let answer = secure.transmit(channel, &question)?;
    let keys = key_information::parse(&answer.data).unwrap_or_default();
    Ok(keys.iter().any(|key| key.version == version))
}

/// That the keys are those which the plan was made for.
fn check(new: &NewKeys, keys: &Keys) -> Result<(), SetupError> {
    let values = keys
        .check_values()
        .map_err(crate::globalplatform::ChannelError::from)?;
    let same = values
        .iter()
        .zip(&new.check_values)
        .all(|(value, wanted)| value.0[..] == wanted.0[..]);
    if same {
        Ok(())
    } else {
        Err(SetupError::Other(SecretName::NewManagerKeys))
    }
}
