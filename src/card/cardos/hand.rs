//! The hand that writes: it knows where the card is and which rights it has shown.

use std::collections::BTreeSet;

use super::lists;
use super::objects::Component;
use super::survey::{condition, done, of_directory, of_file};
use super::{Area, Survey};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::card::pkcs15::files::{self, HOME};
use crate::card::pkcs15::{objects, pins, profile};
use crate::card::setup::{Materials, SetupError};
use crate::card::task::SecretName;
use crate::card::{CardError, guard};
use crate::iso7816::tlv::ber::{self, Tlv};
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::Pin;
use crate::transport::channel::Channel;

/// What a file needs beside its bytes, as far as the free space of cards shows.
const FILE_OVERHEAD: usize = 24;

/// What an object needs beside its value.
const OBJECT_OVERHEAD: usize = 20;

/// The most bytes of one UPDATE BINARY.
const PIECE: usize = 255;

/// There is such a file.
const EXISTS: StatusWord = StatusWord(0x6A89);

/// No room on the card.
const NO_ROOM: StatusWord = StatusWord(0x6A84);

/// See the module.
pub(super) struct Hand<'a, 'c> {
    pub(super) channel: &'a mut Channel<'c>,
    pub(super) materials: &'a mut dyn Materials,
    /// Whether the task was begun before, so that any of its commands may have been carried out.
    pub(super) again: bool,
    /// Whether nothing answers: only the commands are of interest.
    pub(super) paper: bool,
    /// Seconds since 1970 that are written as the last update.
    pub(super) moment: i64,
    /// Whether what is written is nobody's business.
    pub(super) hidden: bool,
    /// PINs that the lists name, and those that were made meanwhile.
    pins: Vec<Pin>,
    verified: BTreeSet<u8>,
    place: Place,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Place {
    Unknown,
    Root,
    Area,
    File(u16),
}

impl<'a, 'c> Hand<'a, 'c> {
    pub(super) fn new(
        channel: &'a mut Channel<'c>,
        materials: &'a mut dyn Materials,
        (again, paper, moment): (bool, bool, i64),
        survey: &Survey,
    ) -> Self {
        let mut hand = Self {
            channel,
            materials,
            again,
            paper,
            moment,
            hidden: false,
            pins: Vec::new(),
            verified: BTreeSet::new(),
            place: Place::Unknown,
        };
        let listed = lists::pins(survey).unwrap_or_default();
        for entry in listed.iter().filter_map(|entry| ber::objects(entry).next()) {
            hand.learn(&entry);
        }
        hand
    }

    /// A PIN out of its entry in AODF.
    pub(super) fn learn(&mut self, entry: &Tlv<'_>) {
        let profile = profile::of(self.channel.atr());
        self.pins
            .extend(pins::of(entry, profile).into_iter().flatten());
    }

    /// Sends a command that has to be done.
    pub(super) fn send(
        &mut self,
        operation: &'static str,
        command: &Command,
    ) -> Result<Response, SetupError> {
        let answer = self.channel.transmit(command)?;
        if !self.paper {
            if answer.sw == NO_ROOM {
                return Err(SetupError::Full {
                    needed: command.payload().len(),
                    free: 0,
                });
            }
            done(operation, &answer)?;
        }
        Ok(answer)
    }

    /// Somebody else has selected things on this channel.
    pub(super) fn lost(&mut self) {
        self.place = Place::Unknown;
        self.verified.clear();
    }

    /// The root is selected. Rights in the application end with that (sheet "cardos", 15).
    pub(super) fn root(&mut self) -> Result<(), SetupError> {
        if self.place != Place::Root {
            let command = Command::new([0x00, 0xA4, 0x00, 0x0C]).data([0x3F, 0x00]);
            self.send("SELECT", &command)?;
            self.place = Place::Root;
            self.verified.clear();
        }
        Ok(())
    }

    /// The application is selected. It still is while a file in it is (ISO/IEC 7816-4:2020, 7.2.1);
    /// OpenSC, too, puts objects next to a file that it has just made.
    pub(super) fn area(&mut self) -> Result<(), SetupError> {
        if !matches!(self.place, Place::Area | Place::File(_)) {
            self.send(
                "SELECT",
                &Command::new([0x00, 0xA4, 0x08, 0x0C]).data(&HOME[2..]),
            )?;
            self.place = Place::Area;
        }
        Ok(())
    }

    /// The description of the application; nothing if there is none.
    pub(super) fn area_description(&mut self) -> Result<Option<Vec<u8>>, SetupError> {
        let answer = self.channel.transmit(&files::selection(&HOME))?;
        if answer.sw == StatusWord::NOT_FOUND {
            return Ok(None);
        }
        if !self.paper {
            done("SELECT", &answer)?;
        }
        self.place = Place::Area;
        Ok(Some(answer.data))
    }

    /// A file of the application is selected. Tells whether it is there.
    pub(super) fn file(&mut self, id: u16) -> Result<bool, SetupError> {
        if self.place == Place::File(id) {
            return Ok(true);
        }
        let path = files::in_home(id.to_be_bytes());
        let command = Command::new([0x00, 0xA4, 0x08, 0x0C]);
        let command = command.data(path.get(2..).unwrap_or_default());
        let answer = self.channel.transmit(&command)?;
        if answer.sw == StatusWord::NOT_FOUND {
            return Ok(false);
        }
        if !self.paper {
            done("SELECT", &answer)?;
        }
        self.place = Place::File(id);
        Ok(true)
    }

    /// Shows the right that a condition wants.
    pub(super) fn right(&mut self, condition: u8) -> Result<(), SetupError> {
        match condition {
            0x00 => Ok(()),
            0xFF => Err(SetupError::Never),
            number => self.verify(number),
        }
    }

    /// Gives the card a PIN, once in a transaction.
    pub(super) fn verify(&mut self, number: u8) -> Result<(), SetupError> {
        if self.verified.contains(&number) {
            return Ok(());
        }
        let pin = self
            .pins
            .iter()
            .find(|pin| pin.reference.0 & 0x7F == number);
        let pin = pin.cloned().ok_or(SetupError::UnknownPin { number })?;
        self.area()?;
        let name = SecretName::Pin { number };
        let value = self.materials.pin(&name).ok_or(SetupError::Missing(name))?;
        if self.paper {
            let step = pins::step(&pin, &guard::Deed::Verify(value))?;
            self.channel.transmit(&step.command)?;
        } else {
            guard::present(self.channel, &pin, value, |deed| pins::step(&pin, deed))?;
        }
        self.verified.insert(number);
        Ok(())
    }

    /// A secret of the plan.
    pub(super) fn secret(&mut self, name: SecretName) -> Result<&Secret, SetupError> {
        self.materials.pin(&name).ok_or(SetupError::Missing(name))
    }

    /// Makes a file in the application, and selects it. One that is there by an earlier try is
    /// taken as it is: it was made by the same command.
    pub(super) fn create_file(
        &mut self,
        survey: &mut Survey,
        id: u16,
        (kind, size): (u8, usize),
        access: [u8; 9],
    ) -> Result<(), SetupError> {
        let size = u16::try_from(size).map_err(|_| SetupError::Full {
            needed: size,
            free: survey.free as usize,
        })?;
        take(survey, FILE_OVERHEAD + usize::from(size))?;
        let create = condition(&survey.area()?.access, of_directory::CREATE);
        self.right(create)?;
        self.area()?;
        let [high, low] = size.to_be_bytes();
        let [first, second] = id.to_be_bytes();
        let mut inner = ber::encode(0x80, &[high, low]);
        ber::push(&mut inner, 0x82, &[kind]);
        ber::push(&mut inner, 0x83, &[first, second]);
        ber::push(&mut inner, 0x85, &[0x00]);
        ber::push(&mut inner, 0x86, &access);
        self.create(&ber::encode(0x62, &inner), Place::File(id))?;
        let area = survey.area_mut()?;
        let place = area
            .files
            .values()
            .map(|file| file.place + 1)
            .max()
            .unwrap_or(0);
        let entry = super::FileEntry {
            place,
            size,
            access: Hex(access.to_vec()),
        };
        area.files.insert(id, entry);
        Ok(())
    }

    /// CREATE FILE with this description, in the directory that is selected.
    pub(super) fn create_directory(&mut self, description: &[u8]) -> Result<(), SetupError> {
        self.create(description, Place::Area)
    }

    /// EF.DIR is made in the root, and is selected.
    pub(super) fn create_in_root(&mut self, description: &[u8]) -> Result<(), SetupError> {
        let answer = self.create(description, Place::Unknown);
        self.place = Place::Unknown;
        answer
    }

    fn create(&mut self, description: &[u8], place: Place) -> Result<(), SetupError> {
        let command = Command::new([0x00, 0xE0, 0x00, 0x00]).data(description);
        let answer = self.channel.transmit(&command)?;
        if answer.sw == EXISTS && self.again {
            if let Place::File(id) = place {
                self.file(id)?;
            }
            return Ok(());
        }
        if answer.sw == NO_ROOM && !self.paper {
            return Err(SetupError::Full { needed: 0, free: 0 });
        }
        if !self.paper {
            done("CREATE FILE", &answer)?;
        }
        self.place = place;
        Ok(())
    }

    /// Writes into the file that is selected.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), SetupError> {
        let mut at = offset;
        for piece in bytes.chunks(PIECE) {
            let [high, low] = u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes();
            let command = Command::new([0x00, 0xD6, high, low]);
            let command = if self.hidden {
                command.secret(Secret::new(piece))
            } else {
                command.data(piece)
            };
            self.send("UPDATE BINARY", &command)?;
            at += piece.len();
        }
        Ok(())
    }

    /// Puts a whole content into a new or an old file of the application, with the right that
    /// its conditions want.
    pub(super) fn fill(
        &mut self,
        survey: &Survey,
        id: u16,
        (offset, bytes): (usize, &[u8]),
    ) -> Result<(), SetupError> {
        let entry = survey.area()?.files.get(&id);
        let update = entry.map_or(0xFF, |entry| condition(&entry.access, of_file::UPDATE));
        self.right(update)?;
        if !self.file(id)? {
            return Err(CardError::NotFound {
                what: "a file that was just there",
            }
            .into());
        }
        self.write(offset, bytes)
    }

    /// READ BINARY or READ RECORD of the file that is selected.
    pub(super) fn read(&mut self, header: [u8; 4]) -> Result<Vec<u8>, SetupError> {
        let command = Command::new(header).expecting(Le::bytes(0));
        Ok(self.send("READ", &command)?.data)
    }

    /// Deletes a file of the application. One that is gone by an earlier try is gone.
    pub(super) fn delete_file(&mut self, survey: &mut Survey, id: u16) -> Result<(), SetupError> {
        let area = survey.area_mut()?;
        let Some(entry) = area.files.remove(&id) else {
            return Ok(());
        };
        area.contents.remove(&id);
        self.right(condition(&entry.access, of_file::DELETE))?;
        self.area()?;
        self.delete(id)?;
        survey.free = survey.free.saturating_add(u32::from(entry.size) + 24);
        Ok(())
    }

    /// DELETE FILE in the directory that is selected.
    pub(super) fn delete(&mut self, id: u16) -> Result<(), SetupError> {
        let command = Command::new([0x00, 0xE4, 0x00, 0x00]).data(id.to_be_bytes());
        let answer = self.channel.transmit(&command)?;
        // The file that was selected may be the one that is gone.
        self.place = match self.place {
            Place::File(_) => Place::Area,
            other => other,
        };
        if answer.sw == StatusWord::NOT_FOUND && self.again || self.paper {
            return Ok(());
        }
        done("DELETE FILE", &answer)
    }

    /// Shows the rights for new and old objects in the application.
    pub(super) fn object_rights(&mut self, area: &Area) -> Result<(), SetupError> {
        self.right(condition(&area.access, of_directory::APPEND))?;
        match condition(&area.access, of_directory::UPDATE) {
            // Objects that are there cannot be changed, but new ones can be added.
            0xFF => Ok(()),
            update => self.right(update),
        }
    }

    /// Puts an object into the application.
    pub(super) fn put(&mut self, command: &Command) -> Result<(), SetupError> {
        self.area()?;
        self.send("PUT DATA", command).map(drop)
    }

    /// Puts the parts of a key, and counts their room.
    pub(super) fn put_key(
        &mut self,
        survey: &mut Survey,
        (key, pin, algorithm): (u8, u8, u8),
        values: &[&[u8]],
    ) -> Result<(), SetupError> {
        let area = survey.area()?.clone();
        self.object_rights(&area)?;
        let parts = u8::try_from(values.len()).unwrap_or(0);
        for (part, value) in (0..parts).zip(values) {
            let component = Component {
                key,
                pin,
                part,
                parts,
                algorithm,
                value,
            };
            let command = component.command();
            let command = command.ok_or(CardError::Unsupported("keys of this size"))?;
            self.put(&command)?;
        }
        Ok(())
    }
}

/// Room for something is taken from what is free.
pub(super) fn take(survey: &mut Survey, needed: usize) -> Result<(), SetupError> {
    let free = survey.free as usize;
    let left = free
        .checked_sub(needed)
        .ok_or(SetupError::Full { needed, free })?;
    survey.free = u32::try_from(left).unwrap_or(0);
    Ok(())
}

/// Room for the objects of a key.
pub(super) fn take_key(survey: &mut Survey, values: &[Vec<u8>]) -> Result<(), SetupError> {
    let needed = values
        .iter()
        .map(|value| OBJECT_OVERHEAD + value.len())
        .sum();
    take(survey, needed)
}

/// The identifier or name by which an entry of a list is known.
pub(super) fn key_of(entry: &Tlv<'_>, by_label: bool) -> Option<Vec<u8>> {
    let mut whole = objects::Entry::of(entry)?;
    if by_label {
        let label = entry.children().next()?.children().next()?;
        return (label.tag.0 == 0x0C).then(|| label.value.to_vec());
    }
    crate::card::pkcs15::bits::next_if(&mut whole.class, crate::card::pkcs15::bits::OCTET_STRING)
        .map(<[u8]>::to_vec)
}
