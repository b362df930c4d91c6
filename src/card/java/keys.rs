//! New keys for a card manager.
//!
//! The first new key set takes the place of the factory's on most cards: from then on nothing but the new
//! keys opens the card, and the old ones would be wrong tries. So a task that was broken off looks first
//! what the card has by now, which it tells to everybody.

use super::door::Door;
use super::survey::Survey;
use crate::base::hex::Hex;
use crate::card::setup::{Materials, Occasion, SetupError};
use crate::card::task::{NewKeys, SecretName};
use crate::globalplatform::content::{self, DesKeyType, Operation};
use crate::globalplatform::discovery;
use crate::globalplatform::{ChannelError, Edition, Keys};
use crate::iso7816::Command;
use crate::transport::channel::Channel;

/// Puts the new keys there, and opens a channel with them: only who has seen that they open the card may
/// take the old ones away. `survey` knows that they do afterwards.
pub(super) fn put(
    new: &NewKeys,
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    let (_, replaced) = content::versions(new.version, new.replaces).map_err(ChannelError::from)?;
    if survey.key_versions.contains(&new.version) && !is_in_place(new) {
        let version = new.version;
        return Err(SetupError::KeyVersion { version });
    }
    let name = SecretName::NewManagerKeys;
    if occasion.paper {
        if survey.locked {
            return Err(SetupError::CardLocked);
        }
        // That they are needed is all that is asked for; what is sent depends on the session, and so
        // there is its header alone.
        materials.manager(&Door::now(survey, occasion.opening).keys);
        materials.manager(&name);
        channel.transmit(&Command::new([0x80, 0xD8, replaced, 0x81]))?;
    } else {
        let (keys, ..) = materials.manager(&name);
        check(new, keys.ok_or(SetupError::Missing(name))?)?;
        let fresh = Door::of_new_keys(new.version, occasion.opening);
        if !(occasion.again && are_there(new, &fresh, survey, channel, materials)?) {
            send(new, survey, channel, materials, occasion)?;
            fresh.open(survey, channel, materials, false)?;
        }
    }
    survey
        .key_versions
        .retain(|&version| Some(version) != new.replaces);
    survey.key_versions.push(new.version);
    survey.new_keys = Some(new.version);
    Ok(())
}

/// Whether a key set of the same version makes way, so that lists look the same before and after.
fn is_in_place(new: &NewKeys) -> bool {
    new.replaces == Some(new.version)
}

/// Whether the card took the new keys when this was begun before. If so, they have opened it.
fn are_there(
    new: &NewKeys,
    fresh: &Door,
    survey: &Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
) -> Result<bool, SetupError> {
    survey.reach(channel)?;
    let listed = discovery::keys(channel)?;
    if let Some(keys) = listed.filter(|keys| !keys.is_empty() && !is_in_place(new)) {
        let there = keys.iter().any(|key| key.version == new.version);
        if there {
            fresh.open(survey, channel, materials, false)?;
        }
        return Ok(there);
    }
    // Nothing but a try tells. The new ones first: the card proves by itself whether it has them, and
    // EXTERNAL AUTHENTICATE does not leave if it has not.
    match fresh.open(survey, channel, materials, false) {
        Ok(_) => Ok(true),
        Err(SetupError::Manager(
            ChannelError::WrongKeys { .. }
            | ChannelError::FailedBefore { .. }
            | ChannelError::NoKeySet,
        )) => Ok(false),
        Err(error) => Err(error),
    }
}

/// PUT KEY, in a channel with the keys of before.
fn send(
    new: &NewKeys,
    survey: &Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    let door = Door::now(survey, occasion.opening);
    let mut secure = door.open(survey, channel, materials, false)?;
    let name = SecretName::NewManagerKeys;
    let (keys, attempts, _) = materials.manager(&name);
    let keys = keys.ok_or(SetupError::Missing(name))?;
    let des = match secure.edition() {
        Edition::OpenPlatform201 => DesKeyType::DesEcb,
        Edition::GlobalPlatform => DesKeyType::Des,
    };
    let put = content::put_key(&secure, new.version, new.replaces, keys, des)?;
    // A key set that is new counts its channels from the beginning, even if the card had the same one
    // before. If that cannot be forgotten, a person is told that the counter did not grow.
    let _ = attempts.forget(&survey.card(channel.atr()));
    let answer = secure.transmit(channel, &put.command)?;
    content::judge(Operation::PutKey, &answer)?;
    put.check(&answer.data)?;
    Ok(())
}

/// That the keys are those which the plan was made for.
fn check(new: &NewKeys, keys: &Keys) -> Result<(), SetupError> {
    let values = keys.check_values().map_err(ChannelError::from)?;
    let given = values.map(|value| Hex(value.0.to_vec()));
    if given == new.check_values {
        Ok(())
    } else {
        Err(SetupError::Other(SecretName::NewManagerKeys))
    }
}
