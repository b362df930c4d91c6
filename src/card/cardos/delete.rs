//! Keys, certificates and data go, and whole applications, and everything.

use super::hand::Hand;
use super::store::{file_of, key_of};
use super::survey::{guards, identity};
use super::{Phase, Survey, lists, objects, sealed};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::{AID, files};
use crate::card::setup::SetupError;
use crate::card::task::KeyPurpose;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};

impl Hand<'_, '_> {
    /// The card has no command for it: the key is overwritten (sheet "cardos", 6).
    pub(super) fn delete_key(&mut self, id: &Hex, survey: &mut Survey) -> Result<(), SetupError> {
        let private = lists::find(survey, Kind::PrivateKeys, &id.0)?;
        let public = lists::find(survey, Kind::PublicKeys, &id.0)?;
        if private.is_none() && public.is_none() {
            return Err(SetupError::NoSuch(id.clone()));
        }
        if let Some((number, bits)) = private.as_deref().and_then(key_of) {
            let bytes = usize::from(bits / 8);
            let values = objects::empty_parts(bytes);
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let algorithm = objects::algorithm(bytes, KeyPurpose::Sign);
            // Nobody can use what is left, whatever PIN is given.
            self.put_key(survey, (number, 0xFF, algorithm), &values)?;
        }
        self.remove_entry(survey, Kind::PrivateKeys, &id.0)?;
        self.remove_entry(survey, Kind::PublicKeys, &id.0)?;
        self.touch(survey, None)?;
        match public.as_deref().and_then(file_of) {
            Some(file) => self.delete_file(survey, file),
            None => Ok(()),
        }
    }

    /// What the list names goes after the list does not name it any more.
    pub(super) fn delete_object(
        &mut self,
        kind: Kind,
        id: &[u8],
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        let old = lists::find(survey, kind, id)?;
        let old = old.ok_or_else(|| SetupError::NoSuch(Hex(id.to_vec())))?;
        self.remove_entry(survey, kind, id)?;
        self.touch(survey, None)?;
        match file_of(&old) {
            Some(file) => self.delete_file(survey, file),
            None => Ok(()),
        }
    }

    /// File by file, the last one first, as their PINs go with the directory.
    pub(super) fn delete_application(&mut self, survey: &mut Survey) -> Result<(), SetupError> {
        let files = survey.area()?.in_order();
        let there = !self.again || self.area_description()?.is_some();
        if there {
            for file in files.into_iter().rev() {
                self.delete_file(survey, file)?;
            }
            self.root()?;
            self.delete(0x5015)?;
        }
        if survey.directory {
            survey.directory = self.leave_directory()?;
        }
        survey.area = None;
        Ok(())
    }

    /// EF.DIR names the application no more; it goes if it names no other. Tells whether it stays.
    fn leave_directory(&mut self) -> Result<bool, SetupError> {
        const EF_DIR: [u8; 4] = [0x3F, 0x00, 0x2F, 0x00];
        let mut others = Vec::new();
        if !self.paper {
            let known = files::read_list(self.channel, &EF_DIR)?.unwrap_or_default();
            self.lost();
            let (entries, rest) = files::entries(&known);
            let is_ours = |entry: &[u8]| entry.windows(AID.len()).any(|window| window == AID);
            for entry in entries.iter().filter(|entry| !is_ours(entry.value)) {
                ber::push(&mut others, entry.tag.0, entry.value);
            }
            if !others.is_empty() {
                others.resize(others.len().max(known.len() - rest.len()), 0x00);
            }
        }
        if others.is_empty() {
            self.root()?;
            self.delete(0x2F00)?;
            return Ok(false);
        }
        self.send("SELECT", &files::selection(&EF_DIR))?;
        self.write(0, &others)?;
        Ok(true)
    }

    /// ERASE FILES, then FORMAT. A card that lost its power between them is formatted only.
    pub(super) fn format(&mut self, survey: &mut Survey) -> Result<(), SetupError> {
        if self.again {
            // What was tried before may have cost a try of the key.
            (_, survey.phase) = identity(self.channel)?;
            (survey.packages, survey.start_key) = guards(self.channel)?;
        }
        survey.can_be_formatted()?;
        let phase = survey.phase;
        if phase == Phase::Operational {
            self.send("PHASE CONTROL", &Command::new([0x80, 0x10, 0x00, 0x00]))?;
        }
        let broken = || SetupError::Card(CardError::Unsupported("erasing"));
        if phase != Phase::Erasing {
            self.send("ERASE FILES", &sealed::erase_files().ok_or_else(broken)?)?;
        }
        self.send("FORMAT", &sealed::format().ok_or_else(broken)?)?;
        let free = Command::new([0x00, 0xCA, 0x01, 0x8A]).expecting(Le::ALL);
        let free = self.send("GET DATA", &free)?.data;
        survey.free = if self.paper {
            let kept = survey.area.iter().flat_map(|area| area.files.values());
            let kept = kept.map(|file| u32::from(file.size) + 24);
            kept.fold(survey.free, u32::saturating_add)
        } else {
            free.iter()
                .fold(0, |free, &byte| free << 8 | u32::from(byte))
        };
        survey.phase = Phase::Administration;
        survey.area = None;
        survey.directory = false;
        Ok(())
    }
}
