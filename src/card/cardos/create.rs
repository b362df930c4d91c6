//! A new application.
//!
//! It is closed as soon as it has the PIN that it belongs to: from then on nobody adds or changes
//! anything who does not know that PIN. Cards that OpenSC makes without a security officer never are
//! (sheet "cardos", 14).

use super::hand::Hand;
use super::lists::{ODF, TOKEN_INFO, owner, writable_by};
use super::survey::{condition, of_directory};
use super::{Area, Survey, objects};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::pkcs15::{AID, encode, files};
use crate::card::setup::SetupError;
use crate::card::task::{Creation, NewPin, SecretName};
use crate::iso7816::tlv::ber;
use crate::token::{Alphabet, PinRole, PinRule};

/// Bytes that the card keeps for the application.
const AREA_SIZE: u16 = 0x1000;

/// Bytes of the file that tells of the token: a new name has room in it.
const INFO_SIZE: usize = 128;

/// Bytes of the directory of lists.
const ODF_SIZE: usize = 128;

/// Bytes of EF.DIR.
const DIR_SIZE: u16 = 128;

/// The rules of a closed application: its objects, its files and these rules belong to `owner`.
/// Deleting it is not forbidden, as its PINs are not known outside of it; but a card deletes no
/// directory with files in it.
fn closed(owner: u8) -> [u8; 9] {
    [0x00, owner, owner, owner, owner, 0x00, owner, owner, 0x00]
}

impl Hand<'_, '_> {
    pub(super) fn make_application(
        &mut self,
        new: &Creation,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        if survey.area.is_some() {
            return Err(SetupError::SetUpAlready);
        }
        name_fits(&new.label, encode::MAX_TOKEN_LABEL)?;
        name_fits(&new.owner.label, encode::MAX_LABEL)?;
        self.check_pin(&new.owner)?;
        let owner = new.owner.number;
        let entry = encode::pin(&new.owner);
        if let Some(entry) = ber::objects(&entry).next() {
            self.learn(&entry);
        }
        self.root()?;
        let open = self.make_directory()?;
        let mut area = Area::default();
        if open {
            self.put(&objects::environment())?;
            self.put_pin(&new.owner)?;
            self.verify(owner)?;
            self.close(owner)?;
        }
        area.access = Hex(closed(owner).to_vec());
        survey.area = Some(area);
        self.verify(owner)?;
        if !open {
            // It has its PIN; what its PUK shall be was given once more, and nobody else would
            // notice another one.
            self.put_pin(&new.owner)?;
        }
        self.create_file(survey, ODF, (0x01, ODF_SIZE), writable_by(owner))?;
        self.write_list(survey, crate::card::pkcs15::directory::Kind::Pins, &[entry])?;
        self.create_file(survey, TOKEN_INFO, (0x01, INFO_SIZE), writable_by(owner))?;
        let info = encode::token_info(&survey.serial.0, &new.label, self.moment);
        self.replace(survey, TOKEN_INFO, info)?;
        self.announce(survey)
    }

    /// Makes the directory, if that was not done before. Tells whether it is still open.
    fn make_directory(&mut self) -> Result<bool, SetupError> {
        if self.again
            && let Some(description) = self.area_description()?
        {
            let access = ber::find(&description, &[0x6F, 0x86]).unwrap_or_default();
            let access = Hex(access.to_vec());
            return Ok(condition(&access, of_directory::UPDATE) == 0x00);
        }
        self.root()?;
        let mut inner = ber::encode(0x81, &AREA_SIZE.to_be_bytes());
        ber::push(&mut inner, 0x82, &[0x38]);
        ber::push(&mut inner, 0x83, &[0x50, 0x15]);
        ber::push(&mut inner, 0x84, &AID);
        ber::push(&mut inner, 0x85, &[0x00]);
        ber::push(&mut inner, 0x86, &[0x00; 9]);
        self.create_directory(&ber::encode(0x62, &inner))?;
        Ok(true)
    }

    /// What is going to be a PIN has to fit, before anything is sent.
    pub(super) fn check_pin(&mut self, new: &NewPin) -> Result<(), SetupError> {
        let number = new.number;
        let mut check = |name, min: u8, role| {
            let rule = PinRule {
                min: min.into(),
                max: objects::PIN_LEN,
                alphabet: Alphabet::Ascii,
            };
            match rule.check(self.secret(name)?) {
                Err(breach) => Err(SetupError::from(CardError::Rule { role, breach })),
                Ok(()) => Ok(()),
            }
        };
        if new.puk_tries.is_some() {
            check(SecretName::Puk { number }, new.min.min(4), PinRole::Puk)?;
        }
        let role = if new.officer {
            PinRole::SecurityOfficer
        } else {
            PinRole::User
        };
        check(SecretName::Pin { number }, new.min, role)
    }

    /// The PUK first: a PIN is there with everything that belongs to it.
    pub(super) fn put_pin(&mut self, new: &NewPin) -> Result<(), SetupError> {
        let number = new.number;
        if let Some(tries) = new.puk_tries {
            let puk = self.secret(SecretName::Puk { number })?;
            let command = objects::puk(new, tries, puk);
            self.put(&command)?;
        }
        let pin = self.secret(SecretName::Pin { number })?;
        let command = objects::pin(new, pin);
        self.put(&command)
    }

    fn close(&mut self, owner: u8) -> Result<(), SetupError> {
        self.area()?;
        let command = objects::access(&closed(owner));
        let command = command.ok_or(SetupError::Never)?;
        self.send("PUT DATA", &command).map(drop)
    }

    /// EF.DIR tells other programs of the application.
    fn announce(&mut self, survey: &mut Survey) -> Result<(), SetupError> {
        self.root()?;
        let record = encode::directory();
        let mut known = Vec::new();
        if survey.directory {
            let selection = files::selection(&[0x3F, 0x00, 0x2F, 0x00]);
            if self.paper {
                self.send("SELECT", &selection)?;
                self.read([0x00, 0xB0, 0x00, 0x00])?;
                return Ok(());
            }
            known = files::read_list(self.channel, &[0x3F, 0x00, 0x2F, 0x00])?.unwrap_or_default();
            if known.windows(AID.len()).any(|window| window == AID) {
                return Ok(());
            }
            let kept = known.len() - files::entries(&known).1.len();
            known.truncate(kept);
        } else {
            let mut inner = ber::encode(0x80, &DIR_SIZE.to_be_bytes());
            ber::push(&mut inner, 0x82, &[0x01]);
            ber::push(&mut inner, 0x83, &[0x2F, 0x00]);
            ber::push(&mut inner, 0x85, &[0x00]);
            ber::push(&mut inner, 0x86, &[0x00; 9]);
            self.create_in_root(&ber::encode(0x62, &inner))?;
            if self.again {
                let path = files::selection(&[0x3F, 0x00, 0x2F, 0x00]);
                self.send("SELECT", &path)?;
            }
        }
        match self.write(known.len(), &record) {
            // The application is found without it, too; who filled it up needs what is there.
            Err(SetupError::Full { .. } | SetupError::Card(CardError::Status { .. }))
                if survey.directory => {}
            written => written?,
        }
        survey.directory = true;
        Ok(())
    }

    /// The application is closed that was left open.
    pub(super) fn secure(&mut self, survey: &mut Survey) -> Result<(), SetupError> {
        let owner = owner(survey)?;
        if owner == 0x00 {
            return Err(SetupError::NotSetUp);
        }
        let mut closed_before = false;
        if self.again {
            let description = self.area_description()?.unwrap_or_default();
            let access = ber::find(&description, &[0x6F, 0x86]);
            closed_before = access == Some(closed(owner).as_slice());
        }
        if !closed_before {
            let admin = condition(&survey.area()?.access, of_directory::ADMIN);
            self.right(admin)?;
            // Whoever cannot show the PIN now could never open it again.
            self.verify(owner)?;
            self.close(owner)?;
        }
        survey.area_mut()?.access = Hex(closed(owner).to_vec());
        Ok(())
    }
}

/// A name has its place.
pub(super) fn name_fits(name: &str, most: usize) -> Result<(), SetupError> {
    let len = name.len();
    if len <= most {
        Ok(())
    } else {
        Err(SetupError::Name { len, most })
    }
}
