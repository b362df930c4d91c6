//! A card that is nothing but files, by ISO/IEC 7816-4:2020 alone: directories, files, and PINs that
//! guard what is in a directory. It computes nothing.

mod select;
mod two;

use super::card::Card;
use super::pin::Pin;
use crate::iso7816::{Parsed, StatusWord};

pub(super) use two::{Contents, two_applications};

/// The data of a response, or the status word of a refusal.
type Result<T = Vec<u8>> = std::result::Result<T, StatusWord>;

/// Bytes in which a PIN is stored, filled up with FF.
const PIN_LEN: usize = 8;

/// A command is not possible without a current file (ISO/IEC 7816-4:2020, table 6).
const NO_FILE: StatusWord = StatusWord(0x6986);
/// An offset behind the end of a file.
const BEHIND_THE_END: StatusWord = StatusWord(0x6B00);

/// A card with files.
pub struct Filed {
    atr: Vec<u8>,
    directories: Vec<Directory>,
    files: Vec<File>,
    /// The directory that is selected, below the root.
    current: Vec<u8>,
    /// The file that is.
    file: Option<usize>,
    /// PINs that were right, by directory and number.
    verified: Vec<(Vec<u8>, u8)>,
}

/// A directory below the root.
struct Directory {
    path: Vec<u8>,
    /// What it can be selected by.
    name: Vec<u8>,
    pins: Vec<(u8, Pin)>,
}

/// A transparent file.
struct File {
    path: Vec<u8>,
    content: Vec<u8>,
    /// The PIN of its directory without which it cannot be read.
    needs: Option<u8>,
}

impl Filed {
    /// A card with nothing but its root.
    #[must_use]
    pub fn new(atr: impl Into<Vec<u8>>) -> Self {
        Self {
            atr: atr.into(),
            directories: Vec::new(),
            files: Vec::new(),
            current: Vec::new(),
            file: None,
            verified: Vec::new(),
        }
    }

    /// A directory below the root with a name and one PIN, which has three tries.
    #[must_use]
    pub fn with_directory(mut self, path: &[u8], name: &[u8], (number, pin): (u8, &str)) -> Self {
        let pin = Pin::new(&stored(pin.as_bytes()), 3);
        self.directories.push(Directory {
            path: path.to_vec(),
            name: name.to_vec(),
            pins: vec![(number, pin)],
        });
        self
    }

    /// A file that everybody can read.
    #[must_use]
    pub fn with_file(mut self, path: &[u8], content: &[u8]) -> Self {
        self.files.push(File {
            path: path.to_vec(),
            content: content.to_vec(),
            needs: None,
        });
        self
    }

    /// A file that can be read after a PIN of its directory.
    #[must_use]
    pub fn with_guarded_file(mut self, path: &[u8], content: &[u8], pin: u8) -> Self {
        self.files.push(File {
            path: path.to_vec(),
            content: content.to_vec(),
            needs: Some(pin),
        });
        self
    }

    fn carry_out(&mut self, command: &Parsed<'_>) -> Result {
        let [class, instruction, p1, p2] = command.header;
        if class != 0x00 {
            return Err(StatusWord::NO_CLASS);
        }
        match instruction {
            0xA4 => self.select([p1, p2], command.data),
            0xB0 => self.read_binary([p1, p2], command.le),
            0x20 if p1 == 0 => self.verify(p2, command.data),
            0x24 if p1 == 0 => self.change(p2, command.data),
            0x20 | 0x24 => Err(StatusWord::WRONG_P1P2),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }

    fn read_binary(&self, [p1, p2]: [u8; 2], le: Option<usize>) -> Result {
        if p1 & 0x80 != 0 {
            // Files have no short identifiers here.
            return Err(StatusWord::NOT_FOUND);
        }
        let file = self.file.and_then(|index| self.files.get(index));
        let file = file.ok_or(NO_FILE)?;
        if let Some(number) = file.needs
            && !self.is_verified(&file.path, number)
        {
            return Err(StatusWord::SECURITY);
        }
        let rest = file
            .content
            .get(usize::from(u16::from_be_bytes([p1, p2]))..);
        let rest = rest.filter(|rest| !rest.is_empty()).ok_or(BEHIND_THE_END)?;
        let count = le.unwrap_or(0).min(rest.len());
        Ok(rest.get(..count).unwrap_or_default().to_vec())
    }

    /// Whether the PIN of a number was right in the directory of a file.
    fn is_verified(&self, file: &[u8], number: u8) -> bool {
        let mut all = self.verified.iter();
        all.any(|(directory, known)| *known == number && is_below(file, directory))
    }

    /// The PIN of a number in the directory that is selected.
    fn pin(&mut self, number: u8) -> Result<&mut Pin> {
        let current = &self.current;
        let mut here = self.directories.iter_mut();
        let here = here.find(|directory| directory.path == *current);
        let pins = here.map(|directory| &mut directory.pins);
        let mut pins = pins.into_iter().flatten();
        let found = pins.find(|(known, _)| *known == number);
        found.map(|(_, pin)| pin).ok_or(StatusWord::NO_OBJECT)
    }

    fn verify(&mut self, number: u8, value: &[u8]) -> Result {
        let current = self.current.clone();
        let is_verified = self.verified.contains(&(current.clone(), number));
        let pin = self.pin(number)?;
        if value.is_empty() {
            // A question, which costs nothing (ISO/IEC 7816-4:2020, 11.6.6).
            return if is_verified {
                Ok(Vec::new())
            } else {
                Err(pin.status())
            };
        }
        let verdict = pin.check(value).or_status();
        self.verified
            .retain(|known| *known != (current.clone(), number));
        verdict?;
        self.verified.push((current, number));
        Ok(Vec::new())
    }

    fn change(&mut self, number: u8, values: &[u8]) -> Result {
        let (old, new) = values
            .split_at_checked(PIN_LEN)
            .ok_or(StatusWord::WRONG_LENGTH)?;
        if new.len() != PIN_LEN {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let pin = self.pin(number)?;
        pin.check(old).or_status()?;
        pin.replace(new);
        Ok(Vec::new())
    }
}

/// A PIN as it is stored and sent.
fn stored(pin: &[u8]) -> Vec<u8> {
    let mut bytes = pin.to_vec();
    bytes.resize(PIN_LEN, 0xFF);
    bytes
}

/// Whether a path is in a directory, or further below.
fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.starts_with(directory)
}

impl Card for Filed {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.current.clear();
        self.file = None;
        self.verified.clear();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let done = match Parsed::from_bytes(command) {
            Some(command) => self.carry_out(&command),
            None => Err(StatusWord::WRONG_LENGTH),
        };
        let (mut answer, sw) = match done {
            Ok(data) => (data, StatusWord::OK),
            Err(sw) => (Vec::new(), sw),
        };
        answer.extend(sw.0.to_be_bytes());
        answer
    }
}
