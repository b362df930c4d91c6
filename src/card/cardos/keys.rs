//! Keys are made on the card or come to it (sheet "cardos", 8), and each is tried before anything
//! names it.

use super::Survey;
use super::create::name_fits;
use super::hand::{Hand, take_key};
use super::lists::{self, owner, writable_by};
use super::objects::{SMALL, algorithm, empty_parts, prefix};
use super::store::{PUBLIC_KEYS, file_of, free_file};
use crate::base::hex::Hex;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::{encode, files};
use crate::card::setup::SetupError;
use crate::card::task::{KeyPurpose, NewKey, SecretName};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::pki::trial::Trial;

/// The file into which the card writes the public half.
const OUTPUT: u16 = 0x7EAD;

/// Its size.
const OUTPUT_SIZE: usize = 0x0200;

/// A public key.
struct Public {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Hand<'_, '_> {
    pub(super) fn generate_key(
        &mut self,
        new: &NewKey,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        let bytes = self.check_key(new, survey)?;
        self.right(new.pin)?;
        let mut public = None;
        // A plan that was given up has left it, or OpenSC: then it is not known whose it is.
        let left = survey.area()?.files.contains_key(&OUTPUT);
        if self.again && !left {
            if self.file(OUTPUT)? {
                // The answer may have been lost, and the key is there.
                public = self.read_output(bytes).ok();
            } else if self.is_listed(new)? {
                return self.finish_survey(survey);
            }
        }
        let values = empty_parts(bytes);
        if left {
            self.delete_file(survey, OUTPUT)?;
        }
        if public.is_none() {
            let access = writable_by(new.pin);
            let kind = if bytes <= SMALL { 0x05 } else { 0x01 };
            let mut scratch = survey.clone();
            self.create_file(&mut scratch, OUTPUT, (kind, OUTPUT_SIZE), access)?;
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let algorithm = algorithm(bytes, new.purpose);
            self.put_key(survey, (new.number, new.pin, algorithm), &values)?;
            let [high, low] = OUTPUT.to_be_bytes();
            let generate = [0x20, new.number, high, low, 0x00, 0x10, 0x00, 0x20];
            self.area()?;
            self.send(
                "GENERATE KEY",
                &Command::new([0x00, 0x46, 0x00, 0x00]).data(generate),
            )?;
            self.file(OUTPUT)?;
            public = Some(self.read_output(bytes)?);
        }
        take_key(survey, &values)?;
        let public = public.ok_or(SetupError::BadKey("no public key"))?;
        self.list_key(new, &public, survey)?;
        // Last, so that the public half is somewhere at every moment.
        self.area()?;
        self.right(new.pin)?;
        self.delete(OUTPUT)
    }

    pub(super) fn import_key(
        &mut self,
        new: &NewKey,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        let bytes = self.check_key(new, survey)?;
        self.right(new.pin)?;
        let area = survey.area()?.clone();
        self.object_rights(&area)?;
        let name = || SecretName::Key { id: new.id.clone() };
        let key = self
            .materials
            .key(&new.id.0)
            .ok_or_else(|| SetupError::Missing(name()))?;
        let same = new
            .modulus
            .as_ref()
            .is_some_and(|modulus| modulus.0 == key.modulus);
        if !same && !self.paper {
            return Err(SetupError::Other(name()));
        }
        let public = Public {
            modulus: key.modulus.clone(),
            exponent: key.exponent.clone(),
        };
        let parts = if bytes <= SMALL {
            let [modulus, exponent] = [key.modulus.as_slice(), key.private_exponent.expose()];
            [modulus, exponent]
                .map(|number| {
                    let mut value = crate::base::secret::Secret::with_capacity(bytes + 2);
                    value.extend(&prefix(bytes));
                    value.extend(number);
                    value
                })
                .into()
        } else {
            key.primes
                .iter()
                .map(crate::base::secret::Secret::duplicate)
                .collect::<Vec<_>>()
        };
        take_key(survey, &empty_parts(bytes))?;
        let values: Vec<&[u8]> = parts
            .iter()
            .map(crate::base::secret::Secret::expose)
            .collect();
        let algorithm = algorithm(bytes, new.purpose);
        self.put_key(survey, (new.number, new.pin, algorithm), &values)?;
        self.list_key(new, &public, survey)
    }

    /// Whether the card can have such a key; its size in bytes.
    fn check_key(&mut self, new: &NewKey, survey: &Survey) -> Result<usize, SetupError> {
        name_fits(&new.label, encode::MAX_LABEL)?;
        if !survey.key_sizes().contains(&new.bits) {
            return Err(SetupError::KeySize { bits: new.bits });
        }
        if lists::find(survey, Kind::PrivateKeys, &new.id.0)?.is_some() {
            return Err(SetupError::InUse(new.id.clone()));
        }
        // Another program may have taken it since the plan was made.
        if survey.taken().keys.contains(&new.number) {
            return Err(SetupError::InUse(Hex(vec![new.number])));
        }
        Ok(usize::from(new.bits / 8))
    }

    /// Whether the list on the card names the key by now.
    fn is_listed(&mut self, new: &NewKey) -> Result<bool, SetupError> {
        let live = Survey::read(self.channel);
        self.lost();
        let live = live?;
        let private = lists::find(&live, Kind::PrivateKeys, &new.id.0)?;
        let public = lists::find(&live, Kind::PublicKeys, &new.id.0)?;
        Ok(private.is_some() && public.is_some())
    }

    /// Everything was done before; what is known is what the card says now.
    fn finish_survey(&mut self, survey: &mut Survey) -> Result<(), SetupError> {
        *survey = Survey::read(self.channel)?;
        Ok(())
    }

    /// The public half, as the card wrote it (sheet "cardos", 8).
    fn read_output(&mut self, bytes: usize) -> Result<Public, SetupError> {
        const NONE: SetupError = SetupError::BadKey("not a public key of this size");
        let public = if bytes <= SMALL {
            // Tag, length, length of the number and 00 before it.
            let number = |record: Vec<u8>| Some(record.get(4..)?.to_vec());
            let modulus = self.read([0x00, 0xB2, 0x01, 0x04])?;
            let exponent = self.read([0x00, 0xB2, 0x02, 0x04])?;
            number(modulus).zip(number(exponent))
        } else {
            let content = self.read_template()?;
            let part = |tag| ber::find(&content, &[0x7F49, tag]).map(<[u8]>::to_vec);
            part(0x81).zip(part(0x82))
        };
        if self.paper {
            let modulus = vec![0xFF; bytes];
            return Ok(Public {
                modulus,
                exponent: vec![0x01, 0x00, 0x01],
            });
        }
        let (modulus, exponent) = public.ok_or(NONE)?;
        let first = modulus.first().is_some_and(|&first| first >= 0x80);
        let last = modulus.last().is_some_and(|last| last % 2 == 1);
        if modulus.len() != bytes || !first || !last || exponent != [0x01, 0x00, 0x01] {
            return Err(NONE);
        }
        Ok(Public { modulus, exponent })
    }

    /// The template with the numbers of a large key; the rest of the file is filled up.
    fn read_template(&mut self) -> Result<Vec<u8>, SetupError> {
        if self.paper {
            self.read([0x00, 0xB0, 0x00, 0x00])?;
            return self.read([0x00, 0xB0, 0x01, 0x00]);
        }
        let whole = |bytes: &[u8]| ber::objects(bytes).next().is_some();
        Ok(files::read_selected(self.channel, OUTPUT_SIZE, whole)?)
    }

    /// A key is tried, and then the lists name it.
    fn list_key(
        &mut self,
        new: &NewKey,
        public: &Public,
        survey: &mut Survey,
    ) -> Result<(), SetupError> {
        self.try_key(new, public)?;
        let entry = encode::private_key(new);
        self.add_entry(survey, Kind::PrivateKeys, entry)?;
        let content = encode::rsa_public_key(&public.modulus, &public.exponent);
        let old = lists::find(survey, Kind::PublicKeys, &new.id.0)?;
        let file = free_file(survey, PUBLIC_KEYS)?;
        let owner = owner(survey)?;
        self.create_file(survey, file, (0x01, content.len()), writable_by(owner))?;
        self.fill(survey, file, (0, &content))?;
        let entry = encode::public_key(new, file);
        self.add_entry(survey, Kind::PublicKeys, entry)?;
        self.touch(survey, None)?;
        match old.as_deref().and_then(file_of) {
            Some(old) => self.delete_file(survey, old),
            None => Ok(()),
        }
    }

    /// The key does with its public half what it is for (sheet "cardos", 9).
    fn try_key(&mut self, new: &NewKey, public: &Public) -> Result<(), SetupError> {
        let trial = Trial::new(&public.modulus, &public.exponent);
        let trial = trial.ok_or(SetupError::BadKey("its numbers are none"))?;
        self.area()?;
        self.right(new.pin)?;
        let (usage, header) = match new.purpose {
            KeyPurpose::Sign => (0xB6, [0x00, 0x2A, 0x9E, 0x9A]),
            KeyPurpose::Decrypt => (0xB8, [0x00, 0x2A, 0x80, 0x86]),
        };
        let set = Command::new([0x00, 0x22, 0x41, usage]).data([0x83, 0x01, new.number]);
        self.send("MANAGE SECURITY ENVIRONMENT", &set)?;
        let question = match new.purpose {
            KeyPurpose::Sign => trial.to_sign().to_vec(),
            KeyPurpose::Decrypt => [&[0x00], trial.cryptogram()].concat(),
        };
        let le = Le::bytes(new.bits / 8);
        let command = Command::new(header).data(question).expecting(le);
        let answer = self.send("PERFORM SECURITY OPERATION", &command)?.data;
        let right = match new.purpose {
            KeyPurpose::Sign => trial.is_signature(&answer),
            KeyPurpose::Decrypt => trial.is_plain(&answer),
        };
        if right || self.paper {
            Ok(())
        } else {
            Err(SetupError::BadKey("it does not belong to its public half"))
        }
    }
}
