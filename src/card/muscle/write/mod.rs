//! Writing on the applet: its first set-up, a PKCS #15 application in its objects as OpenSC makes it,
//! keys and certificates (sheet "muscle", 3, 6, 10 and 11).
//!
//! Everything works on a [`Survey`], and brings it up to date only when all was done. Every command
//! may be sent twice: work that was broken off is done again with the survey that it was begun with.
//! The PIN of the holder was shown before ([`show_pin`]), but for [`set_up`] and [`survey`].

mod application;
mod certificates;
mod hand;
mod keys;
mod overwrite;

pub use application::{erase, personalise, store_pin};
pub use certificates::{delete_certificate, store_certificate};
pub use keys::{ImportedKey, NewPublic, choose, delete_key, generate_key, import_key};

use serde::{Deserialize, Serialize};

use super::commands::{self, SetUp};
use super::status::{self, AUTH_FAILED, INVALID, MuscleError};
use super::{KeyPlace, ObjectId, ObjectRecord, State, Status, applet, pins, store};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::card::pkcs15::directory::{self, Kind, List};
use crate::card::pkcs15::files;
use crate::card::{CardError, guard};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Response, StatusWord};
use crate::token::{Pin, PinRole, Text, TriesLeft};
use crate::transport::channel::Channel;

/// What is on an applet.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Its state. Nothing else is known of a new one.
    pub state: State,
    /// Numbers of its PINs.
    pub pins: Vec<u8>,
    /// Key places that are used up.
    pub places: Vec<KeyPlace>,
    /// Its objects.
    pub objects: Vec<ObjectRecord>,
    /// What is in the directory and in the lists that it names, by their objects.
    lists: Vec<(ObjectId, Hex)>,
    /// Whether nothing answers: only the commands are of interest.
    #[serde(skip)]
    pub(super) paper: bool,
}

/// The object directory file.
const ODF: ObjectId = ObjectId([0x50, 0x15, 0x50, 0x31]);

/// What the token says of itself.
const TOKEN_INFO: ObjectId = ObjectId([0x50, 0x15, 0x50, 0x32]);

impl Survey {
    /// Whether a PKCS #15 application is in the objects.
    #[must_use]
    pub fn is_personalised(&self) -> bool {
        self.content(ODF).is_some()
    }

    /// An applet after its first set-up, on paper.
    pub(super) fn fresh(memory: u16) -> Self {
        Self {
            state: State::Ready(Status::fresh(memory.into())),
            pins: vec![pins::OFFICER, 1],
            places: Vec::new(),
            objects: Vec::new(),
            lists: Vec::new(),
            paper: true,
        }
    }

    /// How many entries a list has.
    pub(super) fn entries(&self, kind: Kind) -> usize {
        let list = self.list(kind).map(|(_, list)| list);
        files::entries(list.unwrap_or_default()).0.len()
    }

    /// The identifiers in a list.
    pub(super) fn ids(&self, kind: Kind) -> Vec<Vec<u8>> {
        let list = self.list(kind).map(|(_, list)| list);
        let (entries, _) = files::entries(list.unwrap_or_default());
        entries
            .iter()
            .filter_map(hand::id)
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// The numbers of the keys that the lists name: their pairs of places.
    pub(super) fn key_numbers(&self) -> Vec<u8> {
        let list = self.list(Kind::PrivateKeys).map(|(_, list)| list);
        let (entries, _) = files::entries(list.unwrap_or_default());
        entries.iter().filter_map(keys::number).collect()
    }

    /// Whether the token says what it is called, be its application whole or not.
    pub(super) fn tells_of_itself(&self) -> bool {
        self.content(TOKEN_INFO).is_some()
    }

    /// Whether it says the same of itself.
    pub(super) fn is_called_as(&self, other: &Self) -> bool {
        self.content(TOKEN_INFO) == other.content(TOKEN_INFO)
    }

    /// Whether what is there was there in another one, which had more.
    pub(super) fn is_part_of(&self, whole: &Self) -> bool {
        let known = |object: &ObjectRecord| whole.objects.contains(object);
        let same = |id: ObjectId| {
            let content = self.content(id);
            content.is_none() || content == whole.content(id)
        };
        self.objects.iter().all(known) && same(ODF) && same(TOKEN_INFO)
    }

    /// What is in a list; nothing if there is none.
    pub(super) fn entries_of(&self, kind: Kind) -> &[u8] {
        self.list(kind).map(|(_, list)| list).unwrap_or_default()
    }

    /// What the token is called.
    pub(in crate::card) fn label(&self) -> Option<String> {
        let label = ber::find(self.content(TOKEN_INFO)?, &[0x30, 0x80])?;
        Some(Text::from_either(label).to_string())
    }

    fn content(&self, id: ObjectId) -> Option<&[u8]> {
        let mut all = self.lists.iter();
        let (_, content) = all.find(|(known, _)| *known == id)?;
        Some(&content.0)
    }

    fn keep(&mut self, id: ObjectId, content: Vec<u8>) {
        self.lists.retain(|(known, _)| *known != id);
        self.lists.push((id, Hex(content)));
    }

    /// The lists that the directory names.
    fn named(&self) -> Vec<List> {
        directory::lists(self.content(ODF).unwrap_or_default()).0
    }

    /// Where a list is, and what is in it.
    fn list(&self, kind: Kind) -> Option<(ObjectId, &[u8])> {
        let named = self.named();
        let list = named.iter().find(|list| list.kind == kind)?;
        let id = object_of(list)?;
        Some((id, self.content(id).unwrap_or_default()))
    }
}

/// The object that a list is in.
fn object_of(list: &List) -> Option<ObjectId> {
    store::object(&list.value.place()?.absolute()?)
}

/// Finds out what is on the applet that is selected.
///
/// # Errors
///
/// [`MuscleError::Endless`] and [`CardError::Malformed`] for lists that are none; nothing was changed.
pub fn survey(channel: &mut Channel<'_>) -> Result<Survey, CardError> {
    let state = applet::state(channel)?.ok_or(CardError::NotFound {
        what: "the MUSCLE applet",
    })?;
    let mut survey = Survey {
        state,
        pins: Vec::new(),
        places: Vec::new(),
        objects: Vec::new(),
        lists: Vec::new(),
        paper: false,
    };
    if survey.state == State::Blank {
        return Ok(survey);
    }
    survey.pins = applet::pins(channel)?;
    survey.places = applet::keys(channel)?.whole()?;
    survey.objects = applet::objects(channel)?.whole()?;
    for id in [ODF, TOKEN_INFO] {
        read_into(&mut survey, channel, id)?;
    }
    for list in survey.named() {
        if let Some(id) = object_of(&list) {
            read_into(&mut survey, channel, id)?;
        }
    }
    Ok(survey)
}

/// The entries of a list, or the beginning of a file, if it is there.
fn read_into(
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    id: ObjectId,
) -> Result<(), CardError> {
    if !survey.objects.iter().any(|object| object.id == id) {
        return Ok(());
    }
    let path = [&[0x3F, 0x00], id.0.as_slice()].concat();
    if let Some(mut content) = (store::SOURCE.list)(channel, &path)? {
        let filling = files::entries(&content).1.len();
        content.truncate(content.len() - filling);
        survey.keep(id, content);
    }
    Ok(())
}

/// Shows a PIN, by the gate that all PINs go through: the applet knows it until the next SELECT.
///
/// # Errors
///
/// [`CardError::Rule`] before anything is sent; [`CardError::WrongPin`] and [`CardError::Blocked`].
pub fn show_pin(channel: &mut Channel<'_>, number: u8, value: &Secret) -> Result<(), CardError> {
    let all = pins::of(&[number]);
    let pin = all
        .first()
        .ok_or(CardError::NotFound { what: "this PIN" })?;
    guard::present_to(
        channel,
        pin,
        value,
        |deed| pins::step(pin, deed),
        status::judge,
    )
}

/// Does the first set-up. `again` says that it was begun before: then it may be done already, which the
/// holder's new PIN shows; or in part (see `send`).
///
/// # Errors
///
/// [`CardError::Rule`] before anything is sent; [`MuscleError::PinsRefused`] where the applet wants
/// characters of two kinds; [`MuscleError::SetUpAlready`]; [`CardError::WrongPin`] of the security officer
/// if the applet was compiled with another PIN: one of its three tries is gone then, and a second one if it
/// is done `again`.
pub fn set_up(channel: &mut Channel<'_>, new: &SetUp<'_>, again: bool) -> Result<(), CardError> {
    let all = pins::of(&[pins::OFFICER, 1]);
    for (identity, role) in [
        (&new.officer, PinRole::SecurityOfficer),
        (&new.user, PinRole::User),
    ] {
        let rule = all.iter().find(|pin: &&Pin| pin.role == role);
        for value in [identity.pin, identity.puk] {
            let breach = rule.map_or(Ok(()), |pin| pin.rule.check(value));
            breach.map_err(|breach| CardError::Rule { role, breach })?;
        }
    }
    match applet::state(channel)? {
        Some(State::Blank) => {}
        Some(State::Ready(_)) if again => return show_pin(channel, 1, new.user.pin),
        Some(State::Ready(_)) => return Err(MuscleError::SetUpAlready.into()),
        None => {
            return Err(CardError::NotFound {
                what: "the MUSCLE applet",
            });
        }
    }
    let answer = send(channel, new, again)?;
    match answer.sw {
        AUTH_FAILED => Err(CardError::WrongPin {
            role: PinRole::SecurityOfficer,
            left: TriesLeft::Unknown,
        }),
        StatusWord::NO_INSTRUCTION => Err(MuscleError::SetUpAlready.into()),
        // The lengths are right: what is left is a build with rules for characters.
        INVALID => Err(MuscleError::PinsRefused.into()),
        _ => status::done("Setup", answer).map(|_| ()),
    }
}

/// Sends Setup. The applet keeps each PIN as soon as it was looked at, the officer's first, and that in
/// the place of the transport PIN; only then it looks at the others, and for memory. So one whose set-up
/// failed, or was torn, asks for the officer's PIN instead, with the tries that this was given. Nothing
/// tells which of the two it is: done `again`, Setup is sent with the one, and with the other if that was
/// wrong. That costs a try, which the right one gives back; an officer's PIN that has a single try is
/// therefore given first.
fn send(channel: &mut Channel<'_>, new: &SetUp<'_>, again: bool) -> Result<Response, CardError> {
    let mut pins = [new.default_pin, new.officer.pin];
    if again && new.officer.tries == 1 {
        pins.reverse();
    }
    let [first, second] = pins.map(|default_pin| SetUp {
        default_pin,
        ..*new
    });
    let answer = channel.transmit(&commands::set_up(&first))?;
    if !again || answer.sw != AUTH_FAILED || first.default_pin.same_as(second.default_pin) {
        return Ok(answer);
    }
    Ok(channel.transmit(&commands::set_up(&second))?)
}
