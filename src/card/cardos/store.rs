//! PINs, certificates and data come to an application.

use super::Survey;
use super::create::name_fits;
use super::hand::{Hand, take};
use super::lists::{self, owner, readable_by, writable_by};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::pkcs15::bits::{OCTET_STRING, SEQUENCE, next_if};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::encode;
use crate::card::pkcs15::objects::{Entry, Value};
use crate::card::setup::SetupError;
use crate::card::task::{NewCertificate, NewData, NewPin};
use crate::iso7816::tlv::ber;

/// Where files of a kind begin (sheet "iso7816-pkcs15", 5).
pub(super) const PUBLIC_KEYS: u16 = 0x3003;
const CERTIFICATES: u16 = 0x3104;
const DATA: u16 = 0x3302;
const PRIVATE_DATA: u16 = 0x3403;

/// Files of one kind at most.
const MAX_FILES: u16 = 64;

impl Hand<'_, '_> {
    pub(super) fn store_pin(
        &mut self,
        new: &NewPin,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        name_fits(&new.label, encode::MAX_LABEL)?;
        if lists::find(survey, Kind::Pins, &new.auth_id.0)?.is_some() {
            return Err(SetupError::InUse(new.auth_id.clone()));
        }
        let taken = survey.taken().pins;
        if taken.iter().any(|(_, number)| *number == new.number) {
            return Err(SetupError::InUse(Hex(vec![new.number])));
        }
        self.check_pin(new)?;
        take(survey, 2 * 28)?;
        let area = survey.area()?.clone();
        self.object_rights(&area)?;
        self.put_pin(new)?;
        let entry = encode::pin(new);
        if let Some(entry) = ber::objects(&entry).next() {
            self.learn(&entry);
        }
        self.add_entry(survey, Kind::Pins, entry)?;
        self.touch(survey, None)
    }

    /// The new certificate is whole before the list names it, and the old one goes last.
    pub(super) fn store_certificate(
        &mut self,
        new: &NewCertificate,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        name_fits(&new.label, encode::MAX_LABEL)?;
        let old = lists::find(survey, Kind::Certificates, &new.id.0)?;
        let file = free_file(survey, CERTIFICATES)?;
        let owner = owner(survey)?;
        self.create_file(survey, file, (0x01, new.der.0.len()), writable_by(owner))?;
        self.fill(survey, file, (0, &new.der.0))?;
        let entry = encode::certificate(new, file);
        self.add_entry(survey, Kind::Certificates, entry)?;
        self.touch(survey, None)?;
        match old.as_deref().and_then(file_of) {
            Some(old) => self.delete_file(survey, old),
            None => Ok(()),
        }
    }

    pub(super) fn store_data(
        &mut self,
        new: &NewData,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        name_fits(&new.label, encode::MAX_LABEL)?;
        name_fits(&new.program, encode::MAX_LABEL)?;
        let data = self.data(&new.label, new.len.into())?;
        let old = lists::find(survey, Kind::Data, new.label.as_bytes())?;
        let owner = owner(survey)?;
        let (base, access) = match new.guard {
            None => (DATA, writable_by(owner)),
            Some((guard, _)) => (PRIVATE_DATA, readable_by(guard, owner)),
        };
        let file = free_file(survey, base)?;
        self.create_file(survey, file, (0x01, data.len()), access)?;
        self.hidden = new.guard.is_some();
        let filled = self.fill(survey, file, (0, data.expose()));
        self.hidden = false;
        filled?;
        self.add_entry(survey, Kind::Data, encode::data(new, file))?;
        self.touch(survey, None)?;
        match old.as_deref().and_then(file_of) {
            Some(old) => self.delete_file(survey, old),
            None => Ok(()),
        }
    }
}

/// The file that an entry of a list leads to, in the application.
pub(super) fn file_of(entry: &[u8]) -> Option<u16> {
    let entry = ber::objects(entry).next()?;
    let entry = Entry::of(&entry)?;
    let value = Value::of(&entry.kind)?;
    match value.place()?.absolute()?.as_slice() {
        [0x3F, 0x00, 0x50, 0x15, high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// The first number that no file has.
pub(super) fn free_file(survey: &Survey, base: u16) -> Result<u16, SetupError> {
    let area = survey.area()?;
    let mut numbers = base..base + MAX_FILES;
    let free = numbers.find(|number| !area.files.contains_key(number));
    free.ok_or_else(|| CardError::Unsupported("so many files").into())
}

/// The number on the card and the size of a private key, by its entry.
pub(super) fn key_of(entry: &[u8]) -> Option<(u8, u16)> {
    let whole = ber::objects(entry).next()?;
    let entry = Entry::of(&whole)?;
    let class = crate::card::pkcs15::objects::KeyClass::of(entry.class)?;
    let mut parts = entry.kind.children();
    let _ = next_if(&mut parts, SEQUENCE).or_else(|| next_if(&mut parts, OCTET_STRING));
    let bits = next_if(&mut parts, crate::card::pkcs15::bits::INTEGER);
    let bits = bits.and_then(crate::card::pkcs15::bits::number)?;
    Some((
        u8::try_from(class.reference?).ok()?,
        u16::try_from(bits).ok()?,
    ))
}
