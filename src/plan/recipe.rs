//! From a profile to the plan for one card.

use std::collections::BTreeMap;

use super::applet::{Creatable, Creator};
use super::check::public_key_of;
use super::profile::{Erase, KeyPolicy, NAME, PinPolicy, Profile};
use super::{
    AppletSetUp, Creation, Named, NewCertificate, NewData, NewKey, NewPin, Opening, Plan,
    SetupError, Subject, Survey, Task,
};
use crate::base::hex::Hex;
use crate::base::i18n::fill;
use crate::pki::certificate as x509;
use crate::token::{ApplicationKind, Fact, FactName, Token};

/// The first identifier of a key: "45" is what everybody uses (sheet "iso7816-pkcs15", 5).
const FIRST_ID: u8 = 0x45;

/// Numbers of keys on the card (sheet "cardos", 6).
const KEY_NUMBERS: std::ops::RangeInclusive<u8> = 0x10..=0x1F;

/// The number of the holder's PIN on the MUSCLE applet (sheet "muscle", 4).
const HOLDER: u8 = 1;

/// Numbers of PINs: odd ones, each with its PUK behind it.
const MAX_PIN_NUMBER: u8 = 15;

/// What a profile does not say of one card.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The name of the person; takes the place of `{name}` in names. Nothing if nobody gave one.
    pub name: Option<String>,
    /// What else is known of the person: `{department}` in names stands for the one of that name.
    pub columns: BTreeMap<String, String>,
    /// Now, in seconds since 1970.
    pub now: i64,
    /// The moduli of keys from files, by their place in the profile.
    pub keys: BTreeMap<usize, Vec<u8>>,
    /// The certificates from files, by their place in the profile.
    pub certificates: BTreeMap<usize, Vec<u8>>,
    /// The certificates in the files of keys, by the places of the keys in the profile.
    pub chains: BTreeMap<usize, Vec<InKeyFile>>,
    /// The lengths of data from files, by its place in the profile.
    pub data: BTreeMap<usize, usize>,
}

/// A certificate in the file of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InKeyFile {
    /// Whether it is not that of the key, but of one of those above it.
    pub authority: bool,
    /// Whose it is.
    pub name: Option<String>,
    /// The certificate.
    pub der: Vec<u8>,
}

/// Why there is no plan for a card. Nothing was sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// The token is set up already, and the profile does not erase it.
    #[error("set up already")]
    SetUpAlready,
    /// The token is not set up, and the profile does not do it.
    #[error("not set up")]
    NotSetUp,
    /// The card cannot be erased in this way.
    #[error("cannot be erased: {0}")]
    Erase(SetupError),
    /// The card is not in a state in which something can be set up.
    #[error("not ready: {0}")]
    NotReady(SetupError),
    /// The card has no keys of this size.
    #[error("no keys of {bits} bits")]
    KeySize {
        /// What was asked for.
        bits: u16,
        /// The most that it has.
        most: u16,
    },
    /// The identifier is in use on this card.
    #[error("{0} is in use")]
    InUse(Hex),
    /// There is no PIN with this identifier.
    #[error("no PIN {0}")]
    NoPin(Hex),
    /// There is no place for another key or PIN.
    #[error("no place for another one")]
    NoPlace,
    /// There is no place for a key of this size.
    #[error("no place for the key: {0}")]
    KeyPlace(SetupError),
    /// The applet has one PIN for its holder, no more and no less.
    #[error("one PIN for the holder")]
    OnePin,
    /// This make of card cannot do that.
    #[error("not on this card")]
    NotOnThisCard,
    /// With these rules of an applet the plan could not go on after its first set-up.
    #[error("{creator:?} may create {what:?}")]
    Creator {
        /// What the plan has to create.
        what: Creatable,
        /// Who alone could.
        creator: Creator,
    },
    /// A certificate belongs to another key than the one with its identifier.
    #[error("certificate {0} belongs to another key")]
    OtherKey(Hex),
    /// A file of the profile was not given.
    #[error("{0} is missing")]
    MissingFile(String),
    /// A name is too long with the name of the person in it.
    #[error("{0}: too long")]
    Label(String),
    /// The profile has a place for the name of the person, and none was given.
    #[error("no name")]
    NoName,
    /// The profile has a place for a column of a table, which only a bench has.
    #[error("no column {0}")]
    NoColumn(String),
}

/// The plan.
///
/// # Errors
///
/// [`RecipeError`].
pub fn plan(
    profile: &Profile,
    survey: &Survey,
    token: &Token,
    given: &Given,
) -> Result<Plan, RecipeError> {
    given.fills(profile)?;
    let mut maker = Maker {
        profile,
        given,
        survey,
        token,
        tasks: Vec::new(),
        pins: Vec::new(),
        keys: Vec::new(),
        ids: Vec::new(),
        gone: Vec::new(),
        fresh: false,
    };
    maker.can_do()?;
    maker.begin()?;
    maker.pins()?;
    maker.deletions();
    maker.make_keys()?;
    maker.certificates()?;
    maker.data()?;
    maker.rest()?;
    Ok(Plan {
        name: profile.name.clone(),
        subject: Subject {
            serial: survey.serial().clone(),
            atr: Hex(token.card.atr.clone()),
            label: survey.label(),
        },
        made: given.now,
        opening: Opening::default(),
        tasks: maker.tasks,
    })
}

struct Maker<'a> {
    profile: &'a Profile,
    given: &'a Given,
    survey: &'a Survey,
    token: &'a Token,
    tasks: Vec<Task>,
    /// Identifiers and numbers of PINs, as they are after the tasks so far; so are those below.
    pins: Vec<(Hex, u8)>,
    keys: Vec<u8>,
    ids: Vec<Hex>,
    /// Numbers of PINs that are asked for when the application is erased.
    gone: Vec<u8>,
    /// Whether the token is empty after the first task.
    fresh: bool,
}

impl Maker<'_> {
    /// The applet has no data, no other names and no rules of its own here, and nobody formats its card.
    fn can_do(&self) -> Result<(), RecipeError> {
        let profile = self.profile;
        let more = !profile.data.is_empty()
            || !profile.delete_data.is_empty()
            || !profile.renames.is_empty()
            || profile.secure
            || profile.erase == Some(Erase::Card);
        if self.survey.is_applet() && more {
            return Err(RecipeError::NotOnThisCard);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), RecipeError> {
        let there = self.survey.is_set_up();
        match self.profile.erase {
            Some(Erase::Card) => {
                self.survey.can_be_formatted().map_err(RecipeError::Erase)?;
                self.tasks.push(Task::Format);
            }
            Some(Erase::Application) if there => {
                self.tasks.push(Task::DeleteApplication);
                let pins = self.survey.taken().pins;
                self.gone = pins.into_iter().map(|(_, number)| number).collect();
            }
            Some(Erase::Application) | None => {}
        }
        self.fresh = self.profile.erase.is_some() || !there;
        if self.profile.erase != Some(Erase::Card) {
            self.survey.is_ready().map_err(RecipeError::NotReady)?;
        }
        if self.profile.create.is_some() && !self.fresh {
            return Err(RecipeError::SetUpAlready);
        }
        let only_erases = self.profile.erase.is_some()
            && Profile {
                erase: None,
                ..self.profile.clone()
            }
            .does_nothing();
        if self.profile.create.is_none() && self.fresh && !only_erases {
            return Err(RecipeError::NotSetUp);
        }
        if !self.fresh {
            let taken = self.survey.taken();
            (self.pins, self.keys, self.ids) = (taken.pins, taken.keys, taken.ids);
        }
        Ok(())
    }

    /// The applet has its two PINs from its first set-up, and no others: the application is made for
    /// the holder's.
    fn applet_pins(&mut self) -> Result<(), RecipeError> {
        let Some(label) = &self.profile.create else {
            return match self.profile.pins.as_slice() {
                [] => Ok(()),
                _ => Err(RecipeError::NoPlace),
            };
        };
        let [holder] = self.profile.pins.as_slice() else {
            return Err(RecipeError::OnePin);
        };
        if self.survey.is_blank() {
            let new = self.first_set_up(holder)?;
            self.tasks.push(Task::SetUpApplet(new));
        }
        self.pins.push((holder.id.clone(), HOLDER));
        let owner = NewPin {
            number: HOLDER,
            auth_id: holder.id.clone(),
            label: self.filled(&holder.label, 64)?,
            officer: false,
            min: holder.min,
            tries: holder.tries,
            puk_tries: holder.puk_tries,
        };
        let label = self.filled(label, 32)?;
        self.tasks.push(Task::Create(Creation { label, owner }));
        Ok(())
    }

    /// What an applet that takes nothing else gets, with the usual numbers for what is not said.
    fn first_set_up(&self, holder: &PinPolicy) -> Result<AppletSetUp, RecipeError> {
        let usual = AppletSetUp::default();
        let tries = |policy: &PinPolicy, usual: (u8, u8)| {
            (policy.tries, policy.puk_tries.unwrap_or(usual.1))
        };
        let officer = self.profile.officer.as_ref();
        let mut new = AppletSetUp {
            label: self.filled(&holder.label, 64)?,
            officer_tries: officer.map_or(usual.officer_tries, |officer| {
                tries(officer, usual.officer_tries)
            }),
            user_tries: tries(holder, usual.user_tries),
            least: [
                officer.map_or(usual.least[0], |officer| officer.min),
                holder.min,
            ],
            memory: self.profile.memory.unwrap_or(usual.memory),
            may_create: usual.may_create,
        };
        let wanted = Creatable::ALL.into_iter().zip(self.profile.may_create);
        for (rule, (what, creator)) in new.may_create.iter_mut().zip(wanted) {
            let Some(creator) = creator else { continue };
            let needed = match what {
                Creatable::Objects => true,
                Creatable::Keys => !self.profile.keys.is_empty(),
                Creatable::Pins => false,
            };
            if needed && !creator.is_holder() {
                return Err(RecipeError::Creator { what, creator });
            }
            *rule = creator.rule();
        }
        Ok(new)
    }

    fn pins(&mut self) -> Result<(), RecipeError> {
        if self.survey.is_applet() {
            return self.applet_pins();
        }
        let mut pins = self.profile.pins.iter();
        if let Some(label) = &self.profile.create {
            let owner = match &self.profile.officer {
                Some(officer) => self.pin(officer, true)?,
                None => {
                    let first = pins.next();
                    self.pin(first.ok_or(RecipeError::NoPlace)?, false)?
                }
            };
            let label = self.filled(label, 32)?;
            self.tasks.push(Task::Create(Creation { label, owner }));
        }
        for pin in pins {
            let pin = self.pin(pin, false)?;
            self.tasks.push(Task::StorePin(pin));
        }
        Ok(())
    }

    fn pin(&mut self, policy: &PinPolicy, officer: bool) -> Result<NewPin, RecipeError> {
        if self.pins.iter().any(|(id, _)| *id == policy.id) {
            return Err(RecipeError::InUse(policy.id.clone()));
        }
        let number = self.pin_number().ok_or(RecipeError::NoPlace)?;
        self.pins.push((policy.id.clone(), number));
        Ok(NewPin {
            number,
            auth_id: policy.id.clone(),
            label: self.filled(&policy.label, 64)?,
            officer,
            min: policy.min,
            tries: policy.tries,
            puk_tries: policy.puk_tries,
        })
    }

    /// A number for another PIN: above all others, or else the first one that is free. Those that
    /// the token had before it is erased are left out, too: both PINs would be asked for by one
    /// name, and the new one would have to be the same as the old one.
    fn pin_number(&self) -> Option<u8> {
        let new = self.pins.iter().map(|(_, number)| number | 1);
        let used: Vec<u8> = new
            .chain(self.gone.iter().map(|number| number | 1))
            .collect();
        let above = used.iter().max().map_or(1, |number| number + 2);
        let mut all = (1..=MAX_PIN_NUMBER).step_by(2);
        match above {
            1..=MAX_PIN_NUMBER => Some(above),
            _ => all.find(|number| !used.contains(number)),
        }
    }

    fn number_of(&self, pin: &Hex) -> Result<u8, RecipeError> {
        let found = self.pins.iter().find(|(id, _)| id == pin);
        found
            .map(|(_, number)| *number)
            .ok_or_else(|| RecipeError::NoPin(pin.clone()))
    }

    fn deletions(&mut self) {
        for id in &self.profile.delete_keys {
            self.tasks.push(Task::DeleteKey { id: id.clone() });
            self.ids.retain(|known| known != id);
        }
        for id in &self.profile.delete_certificates {
            self.tasks.push(Task::DeleteCertificate { id: id.clone() });
        }
        for label in &self.profile.delete_data {
            self.tasks.push(Task::DeleteData {
                label: label.clone(),
            });
        }
    }

    fn make_keys(&mut self) -> Result<(), RecipeError> {
        for (place, policy) in self.profile.keys.iter().enumerate() {
            let key = self.key(place, policy)?;
            let id = key.id.clone();
            self.tasks.push(match key.modulus {
                None => Task::GenerateKey(key),
                Some(_) => Task::ImportKey(key),
            });
            if policy.certificates {
                self.chain(place, &id)?;
            }
        }
        Ok(())
    }

    /// The certificates that came with a key: that of the key under its identifier, those above it
    /// under free ones, unless they are there.
    fn chain(&mut self, place: usize, key: &Hex) -> Result<(), RecipeError> {
        let chain = self.given.chains.get(&place);
        for found in chain.into_iter().flatten() {
            let there = self.is_stored(&found.der);
            if there && found.authority {
                continue;
            }
            let id = if found.authority {
                self.free_id()?
            } else {
                key.clone()
            };
            let name = found.name.as_deref().unwrap_or("Certificate");
            self.ids.push(id.clone());
            self.tasks.push(Task::StoreCertificate(NewCertificate {
                id,
                label: cut(name, 64).to_owned(),
                authority: found.authority,
                der: Hex(found.der.clone()),
            }));
        }
        Ok(())
    }

    /// Whether a certificate is on the token, or comes there before.
    fn is_stored(&self, der: &[u8]) -> bool {
        let made = |task: &Task| matches!(task, Task::StoreCertificate(new) if new.der.0 == der);
        let application = self.token.application(ApplicationKind::Pkcs15);
        let there = application.filter(|_| !self.fresh);
        let mut stored = there.into_iter().flat_map(|read| &read.certificates);
        self.tasks.iter().any(made) || stored.any(|stored| stored.der == der)
    }

    fn free_id(&self) -> Result<Hex, RecipeError> {
        (FIRST_ID..=0xFF)
            .map(|id| Hex(vec![id]))
            .find(|id| !self.ids.contains(id))
            .ok_or(RecipeError::NoPlace)
    }

    fn key(&mut self, place: usize, policy: &KeyPolicy) -> Result<NewKey, RecipeError> {
        let modulus = match &policy.file {
            None => None,
            Some(file) => {
                let modulus = self.given.keys.get(&place).cloned();
                Some(modulus.ok_or_else(|| RecipeError::MissingFile(file.clone()))?)
            }
        };
        let bits = match &modulus {
            Some(modulus) => u16::try_from(8 * modulus.len()).unwrap_or(u16::MAX),
            None => policy.size,
        };
        let sizes = self.survey.key_sizes();
        if !sizes.contains(&bits) {
            let most = sizes.first().copied().unwrap_or(0);
            return Err(RecipeError::KeySize { bits, most });
        }
        let id = match &policy.id {
            Some(id) => id.clone(),
            None => self.free_id()?,
        };
        if self.ids.contains(&id) && self.has_key(&id) {
            return Err(RecipeError::InUse(id));
        }
        let number = match self.survey.key_place(bits, &self.keys) {
            Some(place) => place.map_err(RecipeError::KeyPlace)?,
            None => KEY_NUMBERS
                .into_iter()
                .find(|number| !self.keys.contains(number))
                .ok_or(RecipeError::NoPlace)?,
        };
        self.ids.push(id.clone());
        self.keys.push(number);
        Ok(NewKey {
            id,
            number,
            pin: self.number_of(&policy.pin)?,
            auth_id: policy.pin.clone(),
            label: self.filled(&policy.label, 64)?,
            bits,
            purpose: policy.purpose,
            modulus: modulus.map(Hex),
        })
    }

    /// Whether a key has this identifier: those that are there, and those that are made.
    fn has_key(&self, id: &Hex) -> bool {
        let made = |task: &Task| matches!(task, Task::GenerateKey(new) | Task::ImportKey(new) if new.id == *id);
        let deleted = self.profile.delete_keys.contains(id);
        self.tasks.iter().any(made) || !self.fresh && !deleted && self.key_there(id).is_some()
    }

    fn key_there(&self, id: &Hex) -> Option<&crate::token::Key> {
        let application = self.token.application(ApplicationKind::Pkcs15)?;
        let fact = Fact::hex(FactName::Id, &id.0);
        application
            .keys
            .iter()
            .find(|key| key.facts.contains(&fact))
    }

    fn certificates(&mut self) -> Result<(), RecipeError> {
        for (place, policy) in self.profile.certificates.iter().enumerate() {
            let der = self.given.certificates.get(&place).cloned();
            let der = der.ok_or_else(|| RecipeError::MissingFile(policy.file.clone()))?;
            self.belongs(&policy.id, &der)?;
            let label = self.filled(&policy.label, 64)?;
            self.tasks.push(Task::StoreCertificate(NewCertificate {
                id: policy.id.clone(),
                label,
                authority: policy.authority,
                der: Hex(der),
            }));
        }
        Ok(())
    }

    /// A certificate of another key than the one with its identifier is of no use.
    fn belongs(&self, id: &Hex, der: &[u8]) -> Result<(), RecipeError> {
        let other = || RecipeError::OtherKey(id.clone());
        let Ok(certificate) = x509::Certificate::parse(der) else {
            return Err(other());
        };
        let imported = self.tasks.iter().find_map(|task| match task {
            Task::ImportKey(new) if new.id == *id => new.modulus.as_ref(),
            _ => None,
        });
        if let Some(modulus) = imported {
            let material = crate::pki::public_key::material(&certificate.public_key);
            let same = matches!(
                material,
                Some(crate::pki::public_key::Material::Rsa { modulus: other, .. }) if other == modulus.0
            );
            return if same { Ok(()) } else { Err(other()) };
        }
        let made = |task: &Task| matches!(task, Task::GenerateKey(new) if new.id == *id);
        // Nobody has a certificate for a key that is not made yet.
        if self.tasks.iter().any(made) {
            return Err(other());
        }
        let application = self.token.application(ApplicationKind::Pkcs15);
        let there = self.key_there(id).filter(|_| !self.fresh);
        let there = application.zip(there);
        match there.and_then(|(read, key)| public_key_of(read, key)) {
            Some(key) if key != certificate.public_key => Err(other()),
            _ => Ok(()),
        }
    }

    fn data(&mut self) -> Result<(), RecipeError> {
        for (place, policy) in self.profile.data.iter().enumerate() {
            let len = self.given.data.get(&place).copied();
            let len = len.ok_or_else(|| RecipeError::MissingFile(policy.file.clone()))?;
            let guard = match &policy.pin {
                None => None,
                Some(pin) => Some((self.number_of(pin)?, pin.clone())),
            };
            let label = self.filled(&policy.label, 64)?;
            self.tasks.push(Task::StoreData(NewData {
                label,
                program: policy.program.clone(),
                len: u16::try_from(len).map_err(|_| RecipeError::NoPlace)?,
                guard,
            }));
        }
        Ok(())
    }

    fn rest(&mut self) -> Result<(), RecipeError> {
        for (what, label) in &self.profile.renames {
            let most = if *what == Named::Token { 32 } else { 64 };
            let label = self.filled(label, most)?;
            self.tasks.push(Task::Rename {
                what: what.clone(),
                label,
            });
        }
        if self.profile.secure {
            self.tasks.push(Task::Secure);
        }
        // As it was found: a card that is formatted is in administration, as its maker has it.
        if self.survey.is_activated() && !self.tasks.contains(&Task::Format) {
            self.tasks.push(Task::Activate);
        }
        Ok(())
    }

    /// A name with that of the person in it.
    fn filled(&self, label: &str, most: usize) -> Result<String, RecipeError> {
        let filled = self.given.fill(label);
        if filled.len() > most {
            return Err(RecipeError::Label(filled));
        }
        Ok(filled)
    }
}

/// The beginning of a name that has room, in whole characters.
fn cut(name: &str, most: usize) -> &str {
    let mut end = name.len().min(most);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

impl Given {
    /// Whether every place in the names of a profile can be filled.
    fn fills(&self, profile: &Profile) -> Result<(), RecipeError> {
        let places = profile.places();
        // A name alone would not do where there are columns, too.
        let mut columns = places.iter().filter(|&&place| place != NAME);
        if let Some(column) = columns.find(|&&column| !self.columns.contains_key(column)) {
            return Err(RecipeError::NoColumn((*column).to_owned()));
        }
        if places.contains(NAME) && self.name.is_none() {
            return Err(RecipeError::NoName);
        }
        Ok(())
    }

    /// A name with what is known of the person in it. What nobody knows stays as it is.
    #[must_use]
    pub fn fill(&self, label: &str) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        let columns = self.columns.iter();
        let mut values = vec![(NAME, name)];
        values.extend(columns.map(|(column, value)| (column.as_str(), value.as_str())));
        fill(label, &values)
    }
}
