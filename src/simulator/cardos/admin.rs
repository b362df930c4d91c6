//! GET DATA, PHASE CONTROL, ERASE and FORMAT (sheet "cardos", 2 to 4).

use super::files::{Directory, Place};
use super::{CardOs, Phase};
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;

impl CardOs {
    /// GET DATA: what the card tells of itself.
    pub(super) fn get_data(&self, p1: u8, p2: u8) -> Result {
        if p1 != 0x01 {
            return Err(StatusWord::NO_OBJECT);
        }
        let free = u16::try_from(self.free()).unwrap_or(u16::MAX);
        Ok(match p2 {
            0x80 => [self.model.info.as_bytes(), &[0x00]].concat(),
            0x81 => self.chip(),
            0x82 => self.model.version.to_vec(),
            0x83 => vec![self.phase.byte()],
            // Rights that are proved here; nothing is known of their form.
            0x84 => Vec::new(),
            0x85 => vec![0x04, 0x00],
            0x86 => vec![0x00],
            0x87 => self
                .place
                .path
                .iter()
                .flat_map(|id| id.to_be_bytes())
                .collect(),
            0x88 => self.packages(),
            0x89 => vec![0x00, 0x04, 0x00, 0x20, 0x66, 0x3F],
            0x8A => free.to_be_bytes().to_vec(),
            0x8D => self.model.longest.to_be_bytes().to_vec(),
            0x96 => {
                let key = &self.start_key;
                vec![0xFE, 0x0A, key.version, key.tries, 0x00, 0x00]
            }
            _ => return Err(StatusWord::NO_OBJECT),
        })
    }

    /// 32 bytes of the chip's production: the type at 8, the serial number at 10.
    fn chip(&self) -> Vec<u8> {
        let [kind, filler] = self.model.chip;
        let mut data = vec![0x33, 0x66, 0x00, kind];
        data.extend([filler; 4]);
        data.extend([0x7B, 0xFF]);
        data.extend(self.model.serial);
        data.extend([0x00, 0x00, 0x00, 0x00, 0x01]);
        data.resize(32, 0x00);
        data
    }

    fn packages(&self) -> Vec<u8> {
        let packages = self.model.packages.iter().map(|(maker, id, licensed)| {
            let mut package = vec![0xE1, 0x09, *maker, 0x04];
            package.extend(id);
            package.extend([0x8F, 0x01, u8::from(*licensed)]);
            package
        });
        packages.flatten().collect()
    }

    /// PHASE CONTROL: to and fro between administration and everyday use.
    pub(super) fn phase_control(&mut self) -> Result {
        self.phase = match self.phase {
            Phase::Administration => Phase::Operational,
            Phase::Operational => Phase::Administration,
            Phase::Manufacturing | Phase::Erased => return Err(super::WRONG_PHASE),
        };
        Ok(Vec::new())
    }

    /// ERASE FILES: everything goes, packages too.
    pub(super) fn erase(&mut self) -> Result {
        if !matches!(self.phase, Phase::Administration | Phase::Erased) {
            return Err(super::WRONG_PHASE);
        }
        self.phase = Phase::Erased;
        self.root = Directory::root();
        self.place = Place::default();
        self.verified.clear();
        self.model.packages.clear();
        Ok(Vec::new())
    }

    /// FORMAT: a new root. The last parameter is the phase in which it ends.
    pub(super) fn format(&mut self, p2: u8) -> Result {
        if self.phase == Phase::Operational || p2 != 0x01 {
            return Err(super::WRONG_PHASE);
        }
        self.root = Directory::root();
        self.phase = Phase::Administration;
        Ok(Vec::new())
    }
}
