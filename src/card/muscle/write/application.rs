//! A PKCS #15 application in the objects: made, and taken away (sheet "muscle", 10).

use super::hand::{GUARDED, Hand};
use super::overwrite::is_open_to_holder;
use super::{ODF, Survey, TOKEN_INFO};
use crate::card::CardError;
use crate::card::muscle::commands::{INPUT, OUTPUT};
use crate::card::muscle::{MuscleError, ObjectId, Rules, State};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::encode;
use crate::card::task::NewPin;
use crate::transport::channel::Channel;

/// Nobody but the holder.
const PRIVATE: Rules = Rules([0x0002; 3]);

/// What stands for the directory of the application.
const MARKER: ObjectId = ObjectId([0x50, 0x15, 0x00, 0x00]);

/// What stands for the root, where a program has made one.
const ROOT: ObjectId = ObjectId([0x3F, 0x00, 0x00, 0x00]);

const AODF: ObjectId = ObjectId([0x50, 0x15, 0x44, 0x01]);
const EF_DIR: ObjectId = ObjectId([0x3F, 0x00, 0x2F, 0x00]);

/// In which OpenSC keeps the names of the profiles that a token was made by.
const PROFILE: ObjectId = ObjectId([0x50, 0x15, 0x49, 0x46]);

/// The names "pkcs15" and "onepin", by which later runs of OpenSC find the same rules.
const PROFILE_NAMES: &[u8] = b"\x01\x06pkcs15\x02\x06onepin";

/// Makes the application with one PIN, which the applet has already: objects, sizes and rules are
/// those that OpenSC's profile "onepin" leaves. `serial` tells the token from others; `moment` is in
/// seconds since 1970. The directory comes last: before that, there is no application.
///
/// # Errors
///
/// [`MuscleError::NotSetUp`], [`MuscleError::InUse`] where there is an application already,
/// [`MuscleError::Full`], or another [`CardError`]; it may be done again.
pub fn personalise(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    (serial, label): (&[u8], &str),
    pin: &NewPin,
    moment: i64,
) -> Result<(), CardError> {
    check(survey, pin)?;
    if survey.is_personalised() {
        return Err(MuscleError::InUse.into());
    }
    let mut hand = Hand::new(channel, survey);
    hand.put(MARKER, 1, PRIVATE, &[])?;
    hand.put_list(AODF, 0x100, GUARDED, encode::plain_pin(pin))?;
    hand.put(EF_DIR, 0x80, Rules::OPEN, &encode::directory())?;
    let info = encode::token_info(serial, label, moment);
    hand.put_list(TOKEN_INFO, 0x80, Rules::OPEN, info)?;
    hand.put(PROFILE, 0x80, GUARDED, PROFILE_NAMES)?;
    let [_, _, high, low] = AODF.0;
    let odf = encode::list(0xA8, u16::from_be_bytes([high, low]));
    hand.put_list(ODF, 0x100, Rules::OPEN, odf)?;
    *survey = hand.survey;
    Ok(())
}

/// Names a PIN of the applet in the list of PINs.
///
/// # Errors
///
/// As [`personalise`]; [`MuscleError::NotPersonalised`].
pub fn store_pin(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    pin: &NewPin,
) -> Result<(), CardError> {
    check(survey, pin)?;
    let mut hand = Hand::new(channel, survey);
    let entry = encode::plain_pin(pin);
    hand.edit(Kind::Pins, &pin.auth_id.0, Some(entry))?;
    *survey = hand.survey;
    Ok(())
}

/// Whether the applet has the PIN.
fn check(survey: &Survey, pin: &NewPin) -> Result<(), CardError> {
    if survey.state == State::Blank {
        return Err(MuscleError::NotSetUp.into());
    }
    if survey.pins.contains(&pin.number) {
        Ok(())
    } else {
        Err(CardError::NotFound { what: "this PIN" })
    }
}

/// Takes the application away: what is left of a transfer, then throw-away keys over the keys that it names (see
/// `overwrite`), then all objects, their bytes overwritten, the directory first, and
/// what the token is called by last. PINs and key places stay (sheet "muscle", 11).
///
/// # Errors
///
/// [`MuscleError::Undeletable`] before anything is changed; [`MuscleError::KeyStays`], unless that was
/// `said`; else [`CardError`]; it may be done again.
pub fn erase(channel: &mut Channel<'_>, survey: &mut Survey, said: bool) -> Result<(), CardError> {
    if let Some(id) = survey.undeletable() {
        return Err(MuscleError::Undeletable { id }.into());
    }
    let all: Vec<ObjectId> = survey.objects.iter().map(|object| object.id).collect();
    let (left, mut all): (Vec<_>, Vec<_>) = all.into_iter().partition(|id| is_transfer(*id));
    all.retain(|id| is_ours(*id));
    all.sort_by_key(|id| match *id {
        ODF => 1,
        MARKER => 3,
        ROOT => 4,
        TOKEN_INFO => 5,
        _ => 2,
    });
    let mut hand = Hand::new(channel, survey);
    // If what is left of a transfer cannot be deleted, nothing else is, and no key is lost.
    for id in left {
        hand.remove(id, true)?;
    }
    hand.overwrite_keys(None, said)?;
    for id in all {
        hand.remove(id, true)?;
    }
    *survey = hand.survey;
    Ok(())
}

/// Whether an object belongs to the application, as OpenSC deletes it.
fn is_ours(id: ObjectId) -> bool {
    matches!(id.0, [0x50, ..] | [0x3F, 0x00, ..])
}

fn is_transfer(id: ObjectId) -> bool {
    [INPUT, OUTPUT].contains(&id)
}

impl Survey {
    /// An object of the application that the holder may not delete.
    fn undeletable(&self) -> Option<ObjectId> {
        let mut ours = self.objects.iter().filter(|object| is_ours(object.id));
        let kept = ours.find(|object| {
            let Rules([_, _, delete]) = object.rules;
            !is_open_to_holder(delete)
        });
        kept.map(|object| object.id)
    }

    /// Whether the holder may delete all objects of the application.
    pub(in crate::card) fn can_be_erased(&self) -> bool {
        self.undeletable().is_none()
    }
}
