//! CREATE FILE, DELETE FILE, and the conditions of access to a directory (sheet "cardos", 5 and 14).

use super::files::{Access, Body, Directory, Entry, File, one, right};
use super::objects::Objects;
use super::{CardOs, Phase, WRONG_PHASE};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;

/// The card is full.
const FULL: StatusWord = StatusWord(0x6A84);
/// There is such a file already.
const EXISTS: StatusWord = StatusWord(0x6A89);

impl CardOs {
    /// CREATE FILE: in the directory that is selected, and selected then.
    pub(super) fn create(&mut self, data: &[u8]) -> Result {
        self.changeable()?;
        self.check(self.here().access[right::CREATE])?;
        let entry = parse(data).ok_or(StatusWord::WRONG_DATA)?;
        if self.here().entry(entry.id()).is_some() {
            return Err(EXISTS);
        }
        let need = match &entry {
            Entry::Directory(directory) => directory.weight(),
            Entry::File(file) => 24 + usize::from(file.size),
        };
        self.room_for(need)?;
        let path = self.place.path.clone();
        let here = self.root.at_mut(&path).ok_or(StatusWord::NOT_FOUND)?;
        match &entry {
            Entry::Directory(directory) => self.place.path.push(directory.id),
            Entry::File(_) => {}
        }
        self.place.file = match &entry {
            Entry::Directory(_) => None,
            Entry::File(file) => Some(file.id),
        };
        here.entries.push(entry);
        Ok(Vec::new())
    }

    /// DELETE FILE: something in the directory that is selected. A directory goes with the objects
    /// in it, once its files are gone.
    pub(super) fn delete(&mut self, data: &[u8]) -> Result {
        self.changeable()?;
        let id = one(data)?;
        let entry = self.here().entry(id).ok_or(StatusWord::NOT_FOUND)?;
        self.check(entry.access()[right::DELETE])?;
        if matches!(entry, Entry::Directory(directory) if !directory.entries.is_empty()) {
            return Err(StatusWord::CONDITIONS);
        }
        let path = self.place.path.clone();
        let here = self.root.at_mut(&path).ok_or(StatusWord::NOT_FOUND)?;
        here.entries.retain(|entry| entry.id() != id);
        self.place.file = None;
        Ok(Vec::new())
    }

    /// PUT DATA of the file control information: new conditions of access to this directory.
    pub(super) fn put_access(&mut self, data: &[u8]) -> Result {
        self.check(self.here().access[right::ADMIN])?;
        let access = ber::find(data, &[0x86]).ok_or(StatusWord::WRONG_DATA)?;
        let access = conditions(access);
        let path = self.place.path.clone();
        let here = self.root.at_mut(&path).ok_or(StatusWord::NOT_FOUND)?;
        here.access = access;
        Ok(Vec::new())
    }

    /// The same card with other conditions of access to its first application: older programs left
    /// them open (sheet, 14).
    #[must_use]
    pub fn with_application_access(mut self, access: Access) -> Self {
        let directories = self.root.entries.iter_mut();
        let first = directories.filter_map(|entry| match entry {
            Entry::Directory(directory) => Some(directory),
            Entry::File(_) => None,
        });
        for application in first.take(1) {
            application.access = access;
        }
        self
    }

    /// Files and objects are made and removed in administration only: OpenSC asks for the phase
    /// before each of these commands, and changes it where it has to.
    pub(super) fn changeable(&self) -> Result<()> {
        if self.phase == Phase::Administration {
            Ok(())
        } else {
            Err(WRONG_PHASE)
        }
    }

    /// EEPROM that is not in use.
    pub(super) fn free(&self) -> usize {
        usize::from(self.model.room).saturating_sub(self.root.weight())
    }

    pub(super) fn room_for(&self, need: usize) -> Result<()> {
        if need <= self.free() {
            Ok(())
        } else {
            Err(FULL)
        }
    }
}

/// A file or a directory from its description.
fn parse(data: &[u8]) -> Option<Entry> {
    let description = ber::find(data, &[0x62])?;
    let get = |tag| ber::find(description, &[tag]);
    let number = |bytes: &[u8]| Some(u16::from_be_bytes(bytes.try_into().ok()?));
    let id = number(get(0x83)?)?;
    let access = conditions(get(0x86)?);
    // Bit 7 says that several channels may use it.
    Some(match get(0x82)?.first()? & !0x40 {
        0x38 => Entry::Directory(Directory {
            id,
            name: get(0x84).unwrap_or_default().to_vec(),
            size: number(get(0x81)?)?,
            access,
            entries: Vec::new(),
            objects: Objects::default(),
        }),
        kind @ (0x01 | 0x05) => {
            let size = number(get(0x80)?)?;
            let body = if kind == 0x01 {
                Body::Bytes(vec![0; usize::from(size)])
            } else {
                Body::Records(Vec::new())
            };
            Entry::File(File {
                id,
                size,
                access,
                body,
            })
        }
        _ => return None,
    })
}

/// What is missing at the end of a list of conditions is never fulfilled.
fn conditions(bytes: &[u8]) -> Access {
    let mut access = [0xFF; 9];
    for (condition, &byte) in access.iter_mut().zip(bytes) {
        *condition = byte;
    }
    access
}
