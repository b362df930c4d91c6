//! What the applet tells of itself: versions and memory, its PINs, its key places, its objects.

use serde::{Deserialize, Serialize};

use super::commands::{self, KEY_LEN, Next, OBJECT_LEN, ObjectId, Rules, STATUS_LEN};
use super::status::{self, MuscleError, SEQUENCE_END, UNSUPPORTED};
use crate::card::CardError;
use crate::iso7816::StatusWord;
use crate::transport::channel::Channel;

/// Key places that an applet has (sheet "muscle", 12).
pub(super) const PLACES: u8 = 8;

/// PINs that an applet has.
const PINS: u8 = 8;

/// The most objects that a list is believed to have. Twenty are a full token.
const MAX_OBJECTS: usize = 128;

/// What GetStatus tells.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Major and minor version of the protocol.
    pub protocol: [u8; 2],
    /// Major and minor version of the applet.
    pub applet: [u8; 2],
    /// Bytes for objects.
    pub total: u32,
    /// Bytes that are free.
    pub free: u32,
    /// PINs.
    pub pins: u8,
    /// Key places that are used up. They stay so.
    pub keys: u8,
    /// Identities that were shown since SELECT.
    pub identities: u16,
}

impl Status {
    /// What GetStatus brings from an applet on paper.
    pub(in crate::card) const ON_PAPER: [u8; STATUS_LEN] = [
        0x01, 0x03, 0x00, 0x09, 0x00, 0x00, 0x7F, 0xFF, 0x00, 0x00, 0x7F, 0xFF, 0x02, 0x00, 0x00,
        0x00,
    ];

    /// An applet after its first set-up, with so many bytes for objects.
    pub(super) fn fresh(memory: u32) -> Self {
        Self {
            protocol: [0x01, 0x03],
            applet: [0x00, 0x09],
            total: memory,
            free: memory,
            pins: 2,
            keys: 0,
            identities: 0,
        }
    }

    /// Nothing for another protocol.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; STATUS_LEN] = bytes.first_chunk()?;
        let [
            major,
            minor,
            applet_major,
            applet_minor,
            t0,
            t1,
            t2,
            t3,
            f0,
            f1,
            f2,
            f3,
            pins,
            keys,
            i0,
            i1,
        ] = *bytes;
        (major == 0x01).then_some(Self {
            protocol: [major, minor],
            applet: [applet_major, applet_minor],
            total: u32::from_be_bytes([t0, t1, t2, t3]),
            free: u32::from_be_bytes([f0, f1, f2, f3]),
            pins,
            keys,
            identities: u16::from_be_bytes([i0, i1]),
        })
    }
}

/// In which state the applet is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum State {
    /// New: it takes nothing but its set-up.
    Blank,
    /// Set up.
    Ready(Status),
}

/// Asks for the state. Nothing if what is selected is no such applet.
///
/// # Errors
///
/// [`CardError::Link`].
pub(super) fn state(channel: &mut Channel<'_>) -> Result<Option<State>, CardError> {
    let answer = channel.transmit(&commands::get_status())?;
    Ok(match answer.sw {
        StatusWord::OK => Status::parse(&answer.data).map(State::Ready),
        UNSUPPORTED => Some(State::Blank),
        _ => None,
    })
}

/// The numbers of the PINs.
pub(super) fn pins(channel: &mut Channel<'_>) -> Result<Vec<u8>, CardError> {
    let answer = channel.transmit(&commands::list_pins())?;
    let data = status::done("ListPINs", answer)?;
    let mask = data.first_chunk().copied().map(u16::from_be_bytes);
    let mask = mask.ok_or(CardError::Malformed("a list of PINs that is none"))?;
    Ok((0..PINS)
        .filter(|number| mask & (1 << number) != 0)
        .collect())
}

/// A key place that is used up: it is for ever of this kind and size.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeyPlace {
    /// The place, 0 to 7.
    pub slot: u8,
    /// What kind of key.
    pub kind: KeyKind,
    /// Its size in bits.
    pub bits: u16,
    /// Who may read, overwrite and use it.
    pub rules: Rules,
}

/// Kinds of keys, by their number in lists and blobs (sheet "muscle", 6).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum KeyKind {
    RsaPublic,
    RsaPrivate,
    RsaPrivateCrt,
    DsaPublic,
    DsaPrivate,
    Des,
    TripleDes,
    TripleDes3,
    Other(u8),
}

impl KeyKind {
    fn of(number: u8) -> Self {
        match number {
            1 => Self::RsaPublic,
            2 => Self::RsaPrivate,
            3 => Self::RsaPrivateCrt,
            4 => Self::DsaPublic,
            5 => Self::DsaPrivate,
            6 => Self::Des,
            7 => Self::TripleDes,
            8 => Self::TripleDes3,
            other => Self::Other(other),
        }
    }

    /// Whether it is half of a pair that everybody may know.
    #[must_use]
    pub fn is_public(self) -> bool {
        matches!(self, Self::RsaPublic | Self::DsaPublic)
    }

    /// The technical name of what is not RSA.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RsaPublic | Self::RsaPrivate | Self::RsaPrivateCrt => "RSA",
            Self::DsaPublic | Self::DsaPrivate => "DSA",
            Self::Des => "DES",
            Self::TripleDes | Self::TripleDes3 => "3DES",
            Self::Other(_) => "?",
        }
    }
}

impl KeyPlace {
    fn parse(entry: &[u8]) -> Option<Self> {
        let &[slot, kind, _partner, b0, b1, r0, r1, w0, w1, u0, u1] = entry else {
            return None;
        };
        (slot < PLACES).then_some(Self {
            slot,
            kind: KeyKind::of(kind),
            bits: u16::from_be_bytes([b0, b1]),
            rules: Rules::from_bytes([r0, r1, w0, w1, u0, u1]),
        })
    }
}

/// A list, and whether it was cut short.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Listed<T> {
    pub(super) all: Vec<T>,
    pub(super) cut_short: bool,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            cut_short: false,
        }
    }
}

impl<T> Listed<T> {
    /// The list, if it has an end.
    pub(super) fn whole(self) -> Result<Vec<T>, CardError> {
        if self.cut_short {
            return Err(MuscleError::Endless.into());
        }
        Ok(self.all)
    }
}

/// All key places that are used up. The list ends with an empty answer, on version 0.9.11 with
/// "wrong length".
pub(super) fn keys(channel: &mut Channel<'_>) -> Result<Listed<KeyPlace>, CardError> {
    let mut listed = Listed::default();
    let mut next = Next::First;
    loop {
        let answer = channel.transmit(&commands::list_keys(next))?;
        if answer.sw == StatusWord::WRONG_LENGTH || answer.sw == SEQUENCE_END {
            return Ok(listed);
        }
        let data = status::done("ListKeys", answer)?;
        if data.is_empty() {
            return Ok(listed);
        }
        let known = listed.all.len();
        let place = data.get(..KEY_LEN).and_then(KeyPlace::parse);
        let place = place.filter(|_| data.len() == KEY_LEN);
        let place = place.ok_or(CardError::Malformed("an entry of the list of keys"))?;
        // Each place is there once, so that this has an end.
        if listed
            .all
            .iter()
            .any(|other: &KeyPlace| other.slot == place.slot)
            || known >= PLACES.into()
        {
            listed.cut_short = true;
            return Ok(listed);
        }
        listed.all.push(place);
        next = Next::Following;
    }
}

/// An object.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Its name.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: u32,
    /// Who may read, write and delete it.
    pub rules: Rules,
}

impl ObjectRecord {
    fn parse(entry: &[u8]) -> Option<Self> {
        let (id, rest) = entry.split_first_chunk()?;
        let (size, rules) = rest.split_first_chunk()?;
        Some(Self {
            id: ObjectId(*id),
            size: u32::from_be_bytes(*size),
            rules: Rules::from_bytes(*rules.first_chunk()?),
        })
    }
}

/// All objects, the newest first.
pub(super) fn objects(channel: &mut Channel<'_>) -> Result<Listed<ObjectRecord>, CardError> {
    let mut listed = Listed::default();
    let mut next = Next::First;
    loop {
        let answer = channel.transmit(&commands::list_objects(next))?;
        if answer.sw == SEQUENCE_END {
            return Ok(listed);
        }
        let data = status::done("ListObjects", answer)?;
        let object = data.get(..OBJECT_LEN).and_then(ObjectRecord::parse);
        let object = object.ok_or(CardError::Malformed("an entry of the list of objects"))?;
        // Two challenges leave two objects of one name: that alone is no circle.
        if listed.all.len() >= MAX_OBJECTS {
            listed.cut_short = true;
            return Ok(listed);
        }
        listed.all.push(object);
        next = Next::Following;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_applet_says_is_taken_apart() {
        let bytes = [1, 3, 0, 9, 0, 0, 0x17, 0x70, 0, 0, 0x15, 0xDC, 2, 7, 0, 2];
        let status = Status::parse(&bytes);
        assert_eq!(
            status,
            Some(Status {
                protocol: [1, 3],
                applet: [0, 9],
                total: 6000,
                free: 0x15DC,
                pins: 2,
                keys: 7,
                identities: 2
            })
        );
        assert_eq!(Status::parse(&[2; 16]), None);
        assert_eq!(Status::parse(&[1; 15]), None);
        let place = KeyPlace::parse(&[4, 3, 0xFF, 8, 0, 0xFF, 0xFF, 0, 2, 0, 2]);
        let place = place.map(|place| (place.slot, place.kind, place.bits, place.rules));
        let rules = Rules([0xFFFF, 2, 2]);
        assert_eq!(place, Some((4, KeyKind::RsaPrivateCrt, 2048, rules)));
        assert_eq!(KeyPlace::parse(&[8, 3, 0xFF, 8, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_something_or_nothing(bytes: Vec<u8>) {
            let _ = Status::parse(&bytes);
            let _ = KeyPlace::parse(&bytes);
            let _ = ObjectRecord::parse(&bytes);
        }
    }
}
