//! Other names.

use super::Survey;
use super::create::name_fits;
use super::hand::Hand;
use super::lists::{self, TOKEN_INFO, owner, writable_by};
use crate::base::hex::Hex;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::encode;
use crate::card::setup::SetupError;
use crate::card::task::Named;
use crate::iso7816::tlv::ber;

/// Bytes of the file that tells of the token, when it is made anew.
const INFO_SIZE: usize = 128;

impl Hand<'_, '_> {
    pub(super) fn rename(
        &mut self,
        what: &Named,
        label: &str,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        match what {
            Named::Token => return self.rename_token(label, survey),
            Named::Pin { auth_id } => self.rename_entry(Kind::Pins, auth_id, label, survey)?,
            Named::Key { id } => {
                self.rename_entry(Kind::PrivateKeys, id, label, survey)?;
                if lists::find(survey, Kind::PublicKeys, &id.0)?.is_some() {
                    self.rename_entry(Kind::PublicKeys, id, label, survey)?;
                }
            }
            Named::Certificate { id } => {
                self.rename_entry(Kind::Certificates, id, label, survey)?;
            }
        }
        self.touch(survey, None)
    }

    fn rename_entry(
        &mut self,
        kind: Kind,
        id: &Hex,
        label: &str,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        name_fits(label, encode::MAX_LABEL)?;
        let old = lists::find(survey, kind, &id.0)?;
        let old = old.ok_or_else(|| SetupError::NoSuch(id.clone()))?;
        let Some(entry) = ber::objects(&old).next() else {
            return Err(SetupError::NoSuch(id.clone()));
        };
        let entry = encode::renamed(&entry, label);
        self.add_entry(survey, kind, entry)
    }

    /// OpenSC makes the file as long as the name was: for a longer one it is made anew.
    fn rename_token(&mut self, label: &str, survey: &mut Survey) -> Result<(), SetupError> {
        name_fits(label, encode::MAX_TOKEN_LABEL)?;
        let area = survey.area()?;
        let info = area.contents.get(&TOKEN_INFO).cloned().unwrap_or_default();
        let size = area.files.get(&TOKEN_INFO).map_or(0, |file| file.size);
        let new = encode::token_info_changed(&info.0, Some(label), self.moment);
        let new = new.ok_or(SetupError::NotSetUp)?;
        if new.len() > usize::from(size) {
            let owner = owner(survey)?;
            self.delete_file(survey, TOKEN_INFO)?;
            self.create_file(survey, TOKEN_INFO, (0x01, INFO_SIZE), writable_by(owner))?;
            return self.replace(survey, TOKEN_INFO, new);
        }
        self.touch(survey, Some(label))
    }
}
