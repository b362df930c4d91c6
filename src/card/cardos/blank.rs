//! What a CardOS card is on which no application answers.

use super::sheet;
use crate::base::hex;
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::{Card, CardCondition, Fact, FactName, Text};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// Finds out what the card is, with three questions, and by which number it is told from others.
///
/// # Errors
///
/// [`LinkError`], but not for a bad answer.
pub(in crate::card) fn look(channel: &mut Channel<'_>, card: &mut Card) -> Result<(), LinkError> {
    let chip = answered(channel, &sheet::question(0x81))?;
    let chip = chip.filter(|answer| answer.sw.is_ok());
    let chip = chip.and_then(|answer| sheet::chip(&answer.data));
    card.facts.extend(chip.map(|chip| {
        let serial = Text::from(hex::encode(&chip.serial));
        Fact::text(FactName::Serial, serial)
    }));
    let root = Command::new([0x00, 0xA4, 0x00, 0x00])
        .data([0x3F, 0x00])
        .expecting(Le::ALL);
    card.condition = match answered(channel, &root)?.map(|answer| answer.sw) {
        Some(StatusWord::OK) => content(channel)?,
        // No file system: never begun, or not begun again (sheet, 3).
        Some(StatusWord::NO_INSTRUCTION) => phase(channel)?,
        _ => None,
    };
    Ok(())
}

/// DIRECTORY of everything in the root (sheet, 5).
fn content(channel: &mut Channel<'_>) -> Result<Option<CardCondition>, LinkError> {
    let list = Command::new([0x80, 0x16, 0x02, 0x00]).expecting(Le::ALL);
    let list = answered(channel, &list)?.filter(|answer| answer.sw.is_ok());
    Ok(list.map(|list| {
        if list.data.is_empty() {
            CardCondition::Blank
        } else {
            CardCondition::Foreign
        }
    }))
}

fn phase(channel: &mut Channel<'_>) -> Result<Option<CardCondition>, LinkError> {
    let phase = answered(channel, &sheet::question(0x83))?.filter(|answer| answer.sw.is_ok());
    Ok(match phase.as_ref().and_then(|phase| phase.data.first()) {
        Some(0x34) => Some(CardCondition::Raw),
        Some(0x29) => Some(CardCondition::Erased),
        _ => None,
    })
}

/// An answer, if it is one.
fn answered(channel: &mut Channel<'_>, command: &Command) -> Result<Option<Response>, LinkError> {
    match channel.transmit(command) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_bad_answer() => Ok(None),
        Err(error) => Err(error),
    }
}
