//! A card that no driver knows: which well-known applications answer.

use super::{CardError, iso};
use crate::token::{AnsweringApplication, Text};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;
use crate::transport::names::APPLICATIONS;

/// Asks for each well-known application; selecting one changes nothing on a card.
pub(super) fn answering(channel: &mut Channel<'_>) -> Result<Vec<AnsweringApplication>, LinkError> {
    let mut found = Vec::new();
    // The first two have drivers, which asked already.
    for (aid, name) in APPLICATIONS.iter().skip(2) {
        match iso::select(channel, aid) {
            Ok(Some(_)) => found.push(AnsweringApplication {
                name: Text::from(*name),
                aid: aid.to_vec(),
            }),
            Ok(None) => {}
            Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(found)
}
