//! SELECT (ISO/IEC 7816-4:2020, 11.2.2) and the description of what was selected (7.4).

use super::{Filed, Result, is_below};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;

/// Something that SELECT has found.
enum Found {
    Directory(Vec<u8>),
    File(usize),
}

impl Filed {
    pub(super) fn select(&mut self, [p1, p2]: [u8; 2], data: &[u8]) -> Result {
        let found = match p1 {
            0x00 if matches!(data, [] | [0x3F, 0x00]) => Some(Found::Directory(Vec::new())),
            0x00 if data == self.current.rchunks(2).next().unwrap_or_default() => {
                Some(Found::Directory(self.current.clone()))
            }
            0x00 => self.at(&[&self.current, data].concat()),
            0x01 | 0x02 | 0x09 => self.at(&[&self.current, data].concat()),
            0x03 => {
                let above = self.current.len().saturating_sub(2);
                Some(Found::Directory(
                    self.current.iter().copied().take(above).collect(),
                ))
            }
            0x04 => self.called(data),
            0x08 => self.at(data),
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let found = found.filter(|found| match found {
            Found::Directory(_) => p1 != 0x02,
            Found::File(_) => p1 != 0x01,
        });
        let found = found.ok_or(StatusWord::NOT_FOUND)?;
        let description = self.description(&found);
        match found {
            Found::Directory(path) => self.enter(path, None),
            Found::File(index) => {
                let path = self.files.get(index).map(|file| file.path.as_slice());
                let path = path.unwrap_or_default();
                let above = path.len().saturating_sub(2);
                let directory = path.get(..above).unwrap_or_default().to_vec();
                self.enter(directory, Some(index));
            }
        }
        match p2 & 0x0C {
            0x00 => Ok(ber::encode(0x6F, &description)),
            0x04 => Ok(ber::encode(0x62, &description)),
            0x0C => Ok(Vec::new()),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// A PIN holds in its directory and below.
    fn enter(&mut self, directory: Vec<u8>, file: Option<usize>) {
        self.verified.retain(|(of, _)| is_below(&directory, of));
        self.current = directory;
        self.file = file;
    }

    /// What is at a path below the root.
    fn at(&self, path: &[u8]) -> Option<Found> {
        if path.is_empty() {
            return Some(Found::Directory(Vec::new()));
        }
        let file = self.files.iter().position(|file| file.path == path);
        let directory = || {
            let mut all = self.directories.iter();
            all.any(|directory| directory.path == path)
                .then(|| Found::Directory(path.to_vec()))
        };
        file.map(Found::File).or_else(directory)
    }

    /// The first directory whose name begins so.
    fn called(&self, name: &[u8]) -> Option<Found> {
        let mut all = self.directories.iter();
        let found = all.find(|directory| !name.is_empty() && directory.name.starts_with(name))?;
        Some(Found::Directory(found.path.clone()))
    }

    fn description(&self, found: &Found) -> Vec<u8> {
        let identifier = |path: &[u8]| match path {
            [.., high, low] => vec![*high, *low],
            _ => vec![0x3F, 0x00],
        };
        let mut description = Vec::new();
        match found {
            Found::Directory(path) => {
                ber::push(&mut description, 0x82, &[0x38]);
                ber::push(&mut description, 0x83, &identifier(path));
                let mut all = self.directories.iter();
                if let Some(known) = all.find(|directory| directory.path == *path) {
                    ber::push(&mut description, 0x84, &known.name);
                }
            }
            Found::File(index) => {
                let Some(file) = self.files.get(*index) else {
                    return description;
                };
                let size = u16::try_from(file.content.len()).unwrap_or(u16::MAX);
                ber::push(&mut description, 0x80, &size.to_be_bytes());
                ber::push(&mut description, 0x82, &[0x01]);
                ber::push(&mut description, 0x83, &identifier(&file.path));
            }
        }
        // Operational, activated (table 14).
        ber::push(&mut description, 0x8A, &[0x05]);
        description
    }
}
