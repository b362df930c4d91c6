//! What is known of a card before something is done to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{lists, store};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::files::{self, HOME};
use crate::card::pkcs15::{encode, profile};
use crate::card::setup::SetupError;
use crate::card::setup::{Counts, Taken};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::transport::channel::Channel;

/// The most files in a directory that are looked at.
const MAX_FILES: usize = 128;

/// Everything that tasks have to know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// The serial number of the chip.
    pub serial: Hex,
    /// The second byte of the version: 09 is M4.2B.
    pub version: u8,
    /// Where in its life the card is.
    pub phase: Phase,
    /// EEPROM that is free, in bytes.
    pub free: u32,
    /// Whether there are packages of the maker.
    pub packages: bool,
    /// The key for erasing, if the card tells of it.
    pub start_key: Option<StartKey>,
    /// Whether there is EF.DIR.
    pub directory: bool,
    /// The application, if there is one.
    pub area: Option<Area>,
}

/// The key with which the card is erased.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StartKey {
    /// FF is the one that everybody knows.
    pub version: u8,
    /// Tries left.
    pub tries: u8,
}

/// Where in its life a card is (sheet "cardos", 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Everyday use.
    Operational,
    /// Files and objects can be made.
    Administration,
    /// Nothing works without a secret of the vendor.
    Manufacturing,
    /// It was being erased when that was broken off.
    Erasing,
    /// The end.
    Dead,
    /// Another one, by its number.
    Other(u8),
}

impl Phase {
    fn of(byte: u8) -> Self {
        match byte {
            0x10 => Self::Operational,
            0x20 => Self::Administration,
            0x34 => Self::Manufacturing,
            0x29 => Self::Erasing,
            0x3F => Self::Dead,
            other => Self::Other(other),
        }
    }
}

/// The application directory 5015.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Its access conditions.
    pub access: Hex,
    /// Its files.
    #[serde(with = "by_number")]
    pub files: BTreeMap<u16, FileEntry>,
    /// What is in the lists and in the files that tell of them: up to the filling bytes.
    #[serde(with = "by_number")]
    pub contents: BTreeMap<u16, Hex>,
}

/// A file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where it stands among the others.
    pub place: usize,
    /// Bytes.
    pub size: u16,
    /// Its access conditions.
    pub access: Hex,
}

/// Files are written down under their numbers in hexadecimal, as everybody names them; and as text,
/// since no other keys come back from inside of a value that is told by its tag.
mod by_number {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        files: &BTreeMap<u16, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(files.iter().map(|(id, file)| (format!("{id:04X}"), file)))
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<u16, T>, D::Error> {
        let files: BTreeMap<String, T> = BTreeMap::deserialize(deserializer)?;
        let number = |(id, file): (String, T)| {
            let id = u16::from_str_radix(&id, 16);
            id.map(|id| (id, file))
                .map_err(|_| D::Error::custom("no number of a file"))
        };
        files.into_iter().map(number).collect()
    }
}

/// What conditions are for, of files.
pub(super) mod of_file {
    pub(in crate::card::cardos) const UPDATE: usize = 1;
    pub(in crate::card::cardos) const DELETE: usize = 5;
}

/// What conditions are for, of directories.
pub(super) mod of_directory {
    pub(in crate::card::cardos) const UPDATE: usize = 1;
    pub(in crate::card::cardos) const APPEND: usize = 2;
    pub(in crate::card::cardos) const ADMIN: usize = 6;
    pub(in crate::card::cardos) const CREATE: usize = 7;
}

/// One condition out of nine; what a short list does not tell is never fulfilled.
pub(super) fn condition(access: &Hex, index: usize) -> u8 {
    access.0.get(index).copied().unwrap_or(0xFF)
}

impl Survey {
    /// The version of a card that can be set up, by its answer to reset; nothing if it is another.
    #[must_use]
    pub fn is_for(atr: &[u8]) -> Option<u8> {
        profile::cardos_4(atr)
    }

    /// Asks the card.
    ///
    /// # Errors
    ///
    /// [`SetupError::OtherMake`] if it is no CardOS M4, else as for any reading.
    pub fn read(channel: &mut Channel<'_>) -> Result<Self, SetupError> {
        let version = Self::is_for(channel.atr()).ok_or(SetupError::OtherMake)?;
        let (serial, phase) = identity(channel)?;
        let free = get(channel, 0x8A)?.unwrap_or_default();
        let free = free
            .iter()
            .fold(0, |free, &byte| free << 8 | u32::from(byte));
        let (packages, start_key) = guards(channel)?;
        let mut survey = Self {
            serial,
            version,
            phase,
            free,
            packages,
            start_key,
            directory: false,
            area: None,
        };
        if matches!(phase, Phase::Operational | Phase::Administration) {
            let root = channel.transmit(&files::selection(&HOME[..2]))?;
            done("SELECT", &root)?;
            survey.directory = listed(channel)?.contains(&0x2F00);
            survey.area = Area::read(channel)?;
        }
        Ok(survey)
    }

    /// Whether what was found out before still holds, as far as the token tells when it was changed
    /// last: two commands where it is set up, none where it is not. That it is the same card is asked
    /// before each task.
    ///
    /// # Errors
    ///
    /// As for any reading.
    pub fn still_holds(&self, channel: &mut Channel<'_>) -> Result<bool, SetupError> {
        let Some(area) = &self.area else {
            return Ok(true);
        };
        let path = files::in_home(lists::TOKEN_INFO.to_be_bytes());
        let info = files::read_list(channel, &path)?.unwrap_or_default();
        let kept = without_filling(info);
        Ok(area.contents.get(&lists::TOKEN_INFO) == Some(&Hex(kept)))
    }

    /// Whether a card of which `before` was known when a task was begun still is as that task found it,
    /// or as it leaves it: every program says in TokenInfo when it changed something. `moment` is
    /// what the task writes there.
    #[must_use]
    pub fn is_as_begun(&self, before: &Self, moment: i64) -> bool {
        let info = |survey: &Self| {
            let area = survey.area.as_ref()?;
            let info = area.contents.get(&lists::TOKEN_INFO)?;
            (!info.0.is_empty()).then(|| info.0.clone())
        };
        match info(self) {
            None => true,
            now if now == info(before) => true,
            Some(now) => encode::time(moment)
                .is_some_and(|time| now.windows(time.len()).any(|window| window == time)),
        }
    }

    /// Whether everybody may change the objects or the rules of the application (sheet "cardos", 14).
    #[must_use]
    pub fn is_unguarded(&self) -> bool {
        self.area.as_ref().is_some_and(|area| {
            let open = |right| condition(&area.access, right) == 0x00;
            open(of_directory::UPDATE) || open(of_directory::ADMIN)
        })
    }

    /// The application.
    pub(super) fn area(&self) -> Result<&Area, SetupError> {
        self.area.as_ref().ok_or(SetupError::NotSetUp)
    }

    pub(super) fn area_mut(&mut self) -> Result<&mut Area, SetupError> {
        self.area.as_mut().ok_or(SetupError::NotSetUp)
    }

    /// How many objects the lists name.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |kind| lists::entries(self, kind).map_or(0, |entries| entries.len());
        Counts {
            pins: count(Kind::Pins),
            keys: count(Kind::PrivateKeys),
            certificates: count(Kind::Certificates),
            data: count(Kind::Data),
        }
    }

    /// The identifiers that keys and certificates have, and the numbers of keys on the card.
    #[must_use]
    pub fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        for kind in [Kind::PrivateKeys, Kind::PublicKeys, Kind::Certificates] {
            for entry in lists::entries(self, kind).unwrap_or_default() {
                taken.ids.extend(lists::id(kind, &entry).map(Hex));
                if kind == Kind::PrivateKeys {
                    taken
                        .keys
                        .extend(store::key_of(&entry).map(|(number, _)| number));
                }
            }
        }
        for entry in lists::entries(self, Kind::Pins).unwrap_or_default() {
            let number = lists::pin_number(&entry);
            let id = lists::id(Kind::Pins, &entry).map(Hex);
            taken.pins.extend(id.zip(number));
        }
        taken
    }

    /// What the token says that it is called.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let info = self.area.as_ref()?.contents.get(&lists::TOKEN_INFO)?;
        let label = ber::find(&info.0, &[0x30, 0x80])?;
        Some(crate::token::Text::from_either(label).to_string())
    }

    /// Whether the files of the application can be deleted by who knows its PINs: nothing forbids it
    /// for ever, and every PIN that the card wants for it is in a list.
    #[must_use]
    pub fn can_be_deleted(&self) -> bool {
        let pins = lists::pins(self).unwrap_or_default();
        let is_known = |wanted: u8| {
            let mut numbers = pins.iter().filter_map(|entry| lists::pin_number(entry));
            wanted == 0x00 || numbers.any(|number| number == wanted)
        };
        let files = self.area.iter().flat_map(|area| area.files.values());
        let mut wanted = files.map(|file| condition(&file.access, of_file::DELETE));
        wanted.all(is_known)
    }

    /// Sizes of RSA keys that the card makes and takes (sheet "cardos", 8).
    #[must_use]
    pub fn key_sizes(&self) -> &'static [u16] {
        match self.version {
            0x08 | 0x09 | 0x0B | 0x0D => &[2048, 1792, 1536, 1280, 1024, 768, 512],
            _ => &[1024, 768, 512],
        }
    }

    /// Whether the card can be erased with the key that everybody knows (sheet "cardos", 4).
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn can_be_formatted(&self) -> Result<(), SetupError> {
        if !matches!(self.version, 0x08 | 0x09 | 0x0B | 0x0D) {
            return Err(SetupError::OtherMake);
        }
        if self.packages {
            return Err(SetupError::Packages);
        }
        let known = matches!(
            self.phase,
            Phase::Administration | Phase::Operational | Phase::Erasing
        );
        if !known {
            return Err(SetupError::Phase(self.phase));
        }
        match self.start_key {
            Some(StartKey {
                version: 0xFF,
                tries,
            }) if tries >= 5 => Ok(()),
            Some(StartKey {
                version: 0xFF,
                tries,
            }) => Err(SetupError::StartKeyTries { left: tries }),
            Some(StartKey { version, .. }) => Err(SetupError::StartKey { version }),
            None => Err(SetupError::StartKey { version: 0x00 }),
        }
    }
}

impl Area {
    /// Nothing if there is no such directory.
    fn read(channel: &mut Channel<'_>) -> Result<Option<Self>, SetupError> {
        let answer = channel.transmit(&files::selection(&HOME))?;
        if answer.sw == StatusWord::NOT_FOUND {
            return Ok(None);
        }
        done("SELECT", &answer)?;
        let mut area = Self {
            access: Hex(access(&answer.data)),
            ..Self::default()
        };
        for (place, id) in listed(channel)?.into_iter().enumerate() {
            let [high, low] = id.to_be_bytes();
            let path = files::in_home([high, low]);
            let answer = channel.transmit(&files::selection(&path))?;
            done("SELECT", &answer)?;
            let size = files::size(&answer.data).unwrap_or(0);
            let entry = FileEntry {
                place,
                size: u16::try_from(size).unwrap_or(u16::MAX),
                access: Hex(access(&answer.data)),
            };
            area.files.insert(id, entry);
            if matches!(id, 0x5031 | 0x5032 | 0x4400..=0x44FF) {
                let content = files::read_selected(channel, size, |bytes| {
                    files::is_filling(files::entries(bytes).1)
                })?;
                area.contents.insert(id, Hex(without_filling(content)));
            }
        }
        Ok(Some(area))
    }

    /// The files, in the order of the card.
    pub(super) fn in_order(&self) -> Vec<u16> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|(_, entry)| entry.place);
        files.into_iter().map(|(&id, _)| id).collect()
    }
}

/// A list up to the filling bytes, byte by byte as it is: where its entries begin is where they are
/// written.
fn without_filling(mut content: Vec<u8>) -> Vec<u8> {
    let rest = files::entries(&content).1.len();
    content.truncate(content.len() - rest);
    content
}

/// What forbids formatting: packages of the maker, and the key for it.
pub(super) fn guards(channel: &mut Channel<'_>) -> Result<(bool, Option<StartKey>), SetupError> {
    let packages = get(channel, 0x88)?.is_some_and(|list| !list.is_empty());
    let start_key = get(channel, 0x96)?.and_then(|keys| match keys.as_slice() {
        [_, _, version, tries, ..] => Some(StartKey {
            version: *version,
            tries: *tries,
        }),
        _ => None,
    });
    Ok((packages, start_key))
}

/// Serial number and phase: that it is still the same card, and what it lets be done.
pub(super) fn identity(channel: &mut Channel<'_>) -> Result<(Hex, Phase), SetupError> {
    let chip = get(channel, 0x81)?.unwrap_or_default();
    // Up to M4 in the middle of the data of its production.
    let serial = chip.get(10..16).ok_or(CardError::Malformed("chip data"))?;
    let phase = get(channel, 0x83)?.unwrap_or_default();
    let &[phase] = phase.as_slice() else {
        return Err(CardError::Malformed("life cycle").into());
    };
    Ok((Hex(serial.to_vec()), Phase::of(phase)))
}

/// GET DATA (sheet "cardos", 2); nothing if the card has no such object.
fn get(channel: &mut Channel<'_>, object: u8) -> Result<Option<Vec<u8>>, SetupError> {
    let command = Command::new([0x00, 0xCA, 0x01, object]).expecting(Le::ALL);
    let answer = channel.transmit(&command)?;
    if answer.sw.is_absence() {
        return Ok(None);
    }
    done("GET DATA", &answer)?;
    Ok(Some(answer.data))
}

/// DIRECTORY: the files in the directory that is selected (sheet "cardos", 5).
fn listed(channel: &mut Channel<'_>) -> Result<Vec<u16>, SetupError> {
    let mut found = Vec::new();
    let mut from = 0;
    loop {
        let command = Command::new([0x80, 0x16, 0x02, from]).expecting(Le::ALL);
        let answer = channel.transmit(&command)?;
        done("DIRECTORY", &answer)?;
        let mut next = None;
        for record in ber::objects(&answer.data) {
            let id = record.children().find(|part| part.tag.0 == 0x86);
            if let Some([high, low]) = id.map(|id| id.value) {
                found.push(u16::from_be_bytes([*high, *low]));
            }
            let more = record.children().find(|part| part.tag.0 == 0x8A);
            next = more.and_then(|more| more.value.first().copied()).or(next);
        }
        match next {
            // A list that does not get on has no end.
            Some(next) if next > from && found.len() < MAX_FILES => from = next,
            _ => return Ok(found),
        }
    }
}

/// The access conditions in a description (sheet "cardos", 5).
fn access(description: &[u8]) -> Vec<u8> {
    let inner = ber::find(description, &[0x6F]).or_else(|| ber::find(description, &[0x62]));
    let access = inner.and_then(|inner| ber::find(inner, &[0x86]));
    access.unwrap_or_default().to_vec()
}

/// Anything but done is an error. Two answers mean "done, but" (sheet "cardos", 10).
pub(super) fn done(operation: &'static str, answer: &Response) -> Result<(), SetupError> {
    match answer.sw.0 {
        0x9000 | 0x9001 | 0x9850 => Ok(()),
        _ => Err(CardError::Status {
            operation,
            sw: answer.sw,
        }
        .into()),
    }
}
