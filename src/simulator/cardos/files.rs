//! The file system: SELECT, READ and UPDATE, DIRECTORY (sheets "cardos", 5, and "iso7816-pkcs15", 2).

use super::objects::Objects;
use super::{CardOs, NO_FILE, WRONG_STRUCTURE};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;

/// The root.
pub(super) const ROOT: u16 = 0x3F00;

/// Bytes of a reference in a file's description.
const ACCESS: usize = 9;

/// Access conditions: 00 always, FF never, else the number of a PIN object.
pub(super) type Access = [u8; ACCESS];

/// A directory with what is in it.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) id: u16,
    /// Its application identifier; empty if it has none.
    pub(super) name: Vec<u8>,
    pub(super) size: u16,
    pub(super) access: Access,
    pub(super) entries: Vec<Entry>,
    pub(super) objects: Objects,
}

/// Something in a directory.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Directory(Directory),
    File(File),
}

/// A file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) id: u16,
    pub(super) size: u16,
    pub(super) access: Access,
    pub(super) body: Body,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    /// Records of any length.
    Records(Vec<Vec<u8>>),
}

/// What the numbers in [`Access`] are for.
pub(super) mod right {
    /// Of a file: reading.
    pub(in super::super) const READ: usize = 0;
    /// Of a file: writing. Of a directory: changing the objects in it.
    pub(in super::super) const UPDATE: usize = 1;
    /// Of a directory: adding objects.
    pub(in super::super) const APPEND: usize = 2;
    pub(in super::super) const DELETE: usize = 5;
    /// Changing the access conditions.
    pub(in super::super) const ADMIN: usize = 6;
    /// Of a directory: making files in it.
    pub(in super::super) const CREATE: usize = 7;
}

/// Where the card is.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The way from the root, which is not named.
    pub(super) path: Vec<u16>,
    /// The file in that directory.
    pub(super) file: Option<u16>,
}

impl Directory {
    /// The root as FORMAT makes it: 128 bytes, and everything free.
    pub(super) fn root() -> Self {
        Self {
            id: ROOT,
            name: Vec::new(),
            size: 0x80,
            access: [0; ACCESS],
            entries: Vec::new(),
            objects: Objects::default(),
        }
    }

    pub(super) fn entry(&self, id: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id() == id)
    }

    fn child(&self, id: u16) -> Option<&Self> {
        match self.entry(id) {
            Some(Entry::Directory(directory)) => Some(directory),
            _ => None,
        }
    }

    /// The directory at the end of a way.
    pub(super) fn at(&self, path: &[u16]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |directory, &id| directory.child(id))
    }

    pub(super) fn at_mut(&mut self, path: &[u16]) -> Option<&mut Self> {
        path.iter().try_fold(self, |directory, &id| {
            directory.entries.iter_mut().find_map(|entry| match entry {
                Entry::Directory(directory) if directory.id == id => Some(directory),
                _ => None,
            })
        })
    }

    /// The EEPROM that it takes with everything in it. Each file costs 24 bytes more than it holds.
    pub(super) fn weight(&self) -> usize {
        let entries = self.entries.iter().map(|entry| match entry {
            Entry::Directory(directory) => directory.weight(),
            Entry::File(file) => 24 + usize::from(file.size),
        });
        24 + entries.sum::<usize>() + self.objects.weight()
    }

    /// File control information (sheet "cardos", 5).
    fn description(&self) -> Vec<u8> {
        let mut inner = ber::encode(0x81, &self.size.to_be_bytes());
        ber::push(&mut inner, 0x82, &[0x38]);
        ber::push(&mut inner, 0x83, &self.id.to_be_bytes());
        if !self.name.is_empty() {
            ber::push(&mut inner, 0x84, &self.name);
        }
        ber::push(&mut inner, 0x85, &[0x00]);
        ber::push(&mut inner, 0x86, &self.access);
        ber::encode(0x6F, &inner)
    }
}

impl Entry {
    pub(super) fn id(&self) -> u16 {
        match self {
            Self::Directory(directory) => directory.id,
            Self::File(file) => file.id,
        }
    }

    pub(super) fn access(&self) -> Access {
        match self {
            Self::Directory(directory) => directory.access,
            Self::File(file) => file.access,
        }
    }
}

impl File {
    fn description(&self) -> Vec<u8> {
        let kind = match self.body {
            Body::Bytes(_) => 0x01,
            Body::Records(_) => 0x05,
        };
        let mut inner = ber::encode(0x80, &self.size.to_be_bytes());
        ber::push(&mut inner, 0x82, &[kind]);
        ber::push(&mut inner, 0x83, &self.id.to_be_bytes());
        ber::push(&mut inner, 0x85, &[0x00]);
        ber::push(&mut inner, 0x86, &self.access);
        ber::encode(0x6F, &inner)
    }

    fn bytes(&self) -> Result<&[u8]> {
        match &self.body {
            Body::Bytes(bytes) => Ok(bytes),
            Body::Records(_) => Err(WRONG_STRUCTURE),
        }
    }
}

impl CardOs {
    /// The directory that is selected.
    pub(super) fn here(&self) -> &Directory {
        self.root.at(&self.place.path).unwrap_or(&self.root)
    }

    /// The file that is selected.
    fn file(&self) -> Result<&File> {
        let id = self.place.file.ok_or(NO_FILE)?;
        match self.here().entry(id) {
            Some(Entry::File(file)) => Ok(file),
            _ => Err(NO_FILE),
        }
    }

    pub(super) fn file_mut(&mut self) -> Result<&mut File> {
        let id = self.place.file.ok_or(NO_FILE)?;
        let path = self.place.path.clone();
        let directory = self.root.at_mut(&path).ok_or(NO_FILE)?;
        let found = directory.entries.iter_mut().find_map(|entry| match entry {
            Entry::File(file) if file.id == id => Some(file),
            _ => None,
        });
        found.ok_or(NO_FILE)
    }

    /// SELECT by identifier, by path, by name, or of the parent.
    pub(super) fn select(&mut self, p1: u8, p2: u8, data: &[u8], wanted: bool) -> Result {
        let place = match p1 {
            0x00 if data.is_empty() => Place::default(),
            0x00..=0x02 => self.near(one(data)?)?,
            0x03 if data.is_empty() => {
                let mut path = self.place.path.clone();
                path.pop().ok_or(StatusWord::NOT_FOUND)?;
                Place { path, file: None }
            }
            0x04 => self.named(data)?,
            0x08 => self.along(&[], data)?,
            0x09 => self.along(&self.place.path, data)?,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if !matches!(p2, 0x00 | 0x0C) {
            return Err(StatusWord::WRONG_P1P2);
        }
        self.place = place;
        if p2 == 0x0C || !wanted {
            return Ok(Vec::new());
        }
        match self.place.file {
            Some(_) => Ok(self.file()?.description()),
            None => Ok(self.here().description()),
        }
    }

    /// What an identifier alone means: the root, something in this directory, or beside it.
    fn near(&self, id: u16) -> Result<Place> {
        if id == ROOT {
            return Ok(Place::default());
        }
        if let Some(entry) = self.here().entry(id) {
            return Ok(step(&self.place.path, entry));
        }
        let (_, parent) = self.place.path.split_last().ok_or(StatusWord::NOT_FOUND)?;
        match self.root.at(parent).and_then(|parent| parent.entry(id)) {
            Some(entry @ Entry::Directory(_)) => Ok(step(parent, entry)),
            _ => Err(StatusWord::NOT_FOUND),
        }
    }

    /// The application whose name begins so.
    fn named(&self, name: &[u8]) -> Result<Place> {
        let directories = self.root.entries.iter().filter_map(|entry| match entry {
            Entry::Directory(directory) => Some(directory),
            Entry::File(_) => None,
        });
        let found = directories
            .filter(|directory| !name.is_empty() && directory.name.starts_with(name))
            .map(|directory| directory.id)
            .next();
        let path = vec![found.ok_or(StatusWord::NOT_FOUND)?];
        Ok(Place { path, file: None })
    }

    /// The end of a path.
    fn along(&self, start: &[u16], path: &[u8]) -> Result<Place> {
        if path.is_empty() || !path.len().is_multiple_of(2) {
            return Err(StatusWord(0x6A87));
        }
        let mut place = Place {
            path: start.to_vec(),
            file: None,
        };
        for id in path.chunks_exact(2) {
            let directory = self.root.at(&place.path).ok_or(StatusWord::NOT_FOUND)?;
            // A file has nothing below it.
            let entry = match place.file {
                None => directory.entry(one(id)?),
                Some(_) => None,
            };
            place = step(&place.path, entry.ok_or(StatusWord::NOT_FOUND)?);
        }
        Ok(place)
    }

    /// READ BINARY: no more than there is.
    pub(super) fn read_binary(&mut self, p1: u8, p2: u8, le: Option<usize>) -> Result {
        let file = self.file()?;
        let bytes = file.bytes()?;
        self.check(file.access[right::READ])?;
        let offset = usize::from(u16::from_be_bytes([p1 & 0x7F, p2]));
        let rest = bytes.get(offset..).unwrap_or_default();
        if rest.is_empty() {
            return Err(StatusWord(0x6B00));
        }
        let count = le.unwrap_or(256).min(rest.len());
        Ok(rest.get(..count).unwrap_or_default().to_vec())
    }

    pub(super) fn read_record(&mut self, p1: u8, p2: u8) -> Result {
        let file = self.file()?;
        let Body::Records(records) = &file.body else {
            return Err(WRONG_STRUCTURE);
        };
        self.check(file.access[right::READ])?;
        if p2 != 0x04 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let index = usize::from(p1).checked_sub(1);
        let record = index.and_then(|index| records.get(index));
        record.cloned().ok_or(StatusWord(0x6A83))
    }

    pub(super) fn update_binary(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let file = self.file()?;
        file.bytes()?;
        self.check(file.access[right::UPDATE])?;
        let offset = usize::from(u16::from_be_bytes([p1 & 0x7F, p2]));
        let Body::Bytes(bytes) = &mut self.file_mut()?.body else {
            return Err(WRONG_STRUCTURE);
        };
        let target = bytes.get_mut(offset..offset + data.len());
        target.ok_or(StatusWord(0x6A84))?.copy_from_slice(data);
        Ok(Vec::new())
    }

    /// DIRECTORY: what is in the directory that is selected, from the entry with this number on.
    /// Lists are kept below 256 bytes, as OpenSC misreads the continuation (sheet, 5).
    pub(super) fn directory(&mut self, p1: u8, p2: u8) -> Result {
        let wanted = |entry: &&Entry| match p1 {
            0x00 => matches!(entry, Entry::Directory(_)),
            0x01 => matches!(entry, Entry::File(_)),
            _ => true,
        };
        let entries: Vec<_> = self.here().entries.iter().filter(wanted).collect();
        let mut list = Vec::new();
        for (index, entry) in entries.iter().enumerate().skip(usize::from(p2)) {
            let mut inner = ber::encode(0x86, &entry.id().to_be_bytes());
            if list.len() > 240 {
                let next = u8::try_from(index + 1).map_err(|_| StatusWord::UNKNOWN)?;
                if entries.len() > usize::from(next) {
                    ber::push(&mut inner, 0x8A, &[next]);
                    ber::push(&mut list, 0x6F, &inner);
                    break;
                }
            }
            ber::push(&mut list, 0x6F, &inner);
        }
        Ok(list)
    }
}

/// From a directory to something in it.
fn step(path: &[u16], entry: &Entry) -> Place {
    match entry {
        Entry::Directory(directory) => Place {
            path: [path, &[directory.id]].concat(),
            file: None,
        },
        Entry::File(file) => Place {
            path: path.to_vec(),
            file: Some(file.id),
        },
    }
}

/// One file identifier.
pub(super) fn one(data: &[u8]) -> Result<u16> {
    let id = data.try_into().map_err(|_| StatusWord::WRONG_LENGTH)?;
    Ok(u16::from_be_bytes(id))
}
