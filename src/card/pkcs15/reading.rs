//! Reading an application, part by part: what the token says of itself, the directory, each list, and
//! then what the lists point at.

use super::bits::{BOOLEAN, INTEGER, OCTET_STRING, next_if, number};
use super::directory::{self, Kind, List};
use super::ef_dir::Directories;
use super::elsewhere::{self, Elsewhere};
use super::files::{self, ODF, TOKEN_INFO, UNUSED_SPACE};
use super::objects::{Common, Entry, KeyClass, Place, Value, program};
use super::pins;
use super::private;
use super::profile::{self, Profile};
use super::public_keys;
use super::space;
use super::token_info;
use crate::card::cardos::weakness;
use crate::card::driver::Progress;
use crate::card::{CardError, iso};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber::{self, Tlv};
use crate::pki::certificate as x509;
use crate::token::{
    Access, Algorithm, Application, ApplicationKind, CardSystem, Certificate, DataKind, DataObject,
    Evidence, Fact, FactName, Flag, Key, KeyRef, Origin, Pin, PinReference, PinRole, PublicKey,
    PublicKeyObject, Purpose, Text,
};
use crate::transport::channel::Channel;

/// The most objects of one list.
const MAX_ENTRIES: usize = 64;

/// How far the reading of an application is, and what its later parts have to know.
#[derive(Default)]
pub(super) struct Reading {
    next: Part,
    /// What SELECT told of the directory of the application.
    directory: Vec<u8>,
    elsewhere: Option<Elsewhere>,
    /// What EF.DIR names besides, once it was asked.
    beside: Option<Directories>,
    lists: Vec<List>,
    /// Identifiers in the order in which they came: the first is number 1.
    ids: Vec<Vec<u8>>,
    certificates: Vec<Listed>,
    public_keys: Vec<(KeyRef, Value)>,
    /// Data, and the PIN that each may need.
    data: Vec<(Value, PinReference)>,
    /// The PIN that was right just now, and what was shown without it.
    verified: Option<(PinReference, Application)>,
}

/// A certificate that is in a list.
#[derive(Clone)]
struct Listed {
    reference: KeyRef,
    label: Option<Text>,
    facts: Vec<Fact>,
    value: Value,
    /// The PIN that it may need.
    guardian: PinReference,
}

/// A few commands that belong together.
#[derive(Clone, Copy, Default)]
enum Part {
    /// First what tells this card from others.
    #[default]
    Info,
    /// Before the lists: what is asked for last leaves its directory selected.
    Beside,
    Directory,
    List(usize),
    Certificate(usize),
    PublicKey(usize),
    Data(usize),
    Space,
}

impl Reading {
    /// The application was selected, and this was told of its directory.
    pub(super) fn found(&mut self, directory: Vec<u8>) {
        self.directory = directory;
    }

    /// The reading of an application that is not where the standard has it.
    pub(super) fn elsewhere(found: &Elsewhere) -> Self {
        Self {
            elsewhere: Some(found.clone()),
            ..Self::default()
        }
    }

    /// The reading of what a PIN opens, of an application that was read without it.
    pub(super) fn after(
        pin: PinReference,
        shown: &Application,
        elsewhere: Option<&Elsewhere>,
    ) -> Self {
        Self {
            elsewhere: elsewhere.cloned(),
            beside: Some(Directories::default()),
            verified: Some((pin, shown.clone())),
            ..Self::default()
        }
    }

    /// Whether an object can be read by now.
    fn is_open(&self, access: Access) -> bool {
        match &self.verified {
            Some((pin, _)) => private::opens(*pin, access),
            None => access == Access::Public,
        }
    }

    /// A file in the directory of the application.
    fn at_home(&self, file: [u8; 2]) -> Vec<u8> {
        elsewhere::at_home(self.elsewhere.as_ref(), file)
    }

    /// Where something is on this card.
    fn path(&self, place: &Place) -> Result<Vec<u8>, CardError> {
        elsewhere::resolve(self.elsewhere.as_ref(), &place.path)
            .ok_or(CardError::Malformed("a path that leads nowhere"))
    }

    /// What the place of an application has to say: where it is, and its name in EF.DIR if it has
    /// none itself.
    fn place_facts(&self, named: bool) -> Vec<Fact> {
        let Some(elsewhere) = &self.elsewhere else {
            return Vec::new();
        };
        let unusual = elsewhere.home != files::HOME;
        let path = unusual.then(|| Fact::hex(FactName::Path, &elsewhere.home));
        let label = elsewhere.label.clone().filter(|_| !named);
        let label = label.map(|label| Fact::text(FactName::Label, label));
        path.into_iter().chain(label).collect()
    }

    /// Reads the next part.
    pub(super) fn part(
        &mut self,
        profile: &Profile,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        self.next = match self.next {
            Part::Info => {
                self.info(profile, channel, application)?;
                Part::Beside
            }
            Part::Beside => {
                self.look_beside(channel, application)?;
                Part::Directory
            }
            Part::Directory => {
                let odf = files::read_list(channel, &self.at_home(ODF))?;
                let odf = odf.ok_or(CardError::NotFound {
                    what: "the object directory file",
                })?;
                note_cut(application, "ODF", &odf);
                let (lists, wrong) = directory::lists(&odf);
                for wrong in wrong {
                    application.mark(&format!("ODF: {wrong}"));
                }
                self.lists = lists;
                Part::List(0)
            }
            Part::List(index) => match self.lists.get(index).cloned() {
                Some(list) => {
                    self.list(&list, profile, channel, application)?;
                    self.next = Part::List(index + 1);
                    return Ok(if list.kind == Kind::PrivateKeys {
                        Progress::Picture
                    } else {
                        Progress::More
                    });
                }
                None => Part::Certificate(0),
            },
            Part::Certificate(index) => match self.certificates.get(index).cloned() {
                Some(found) => {
                    self.read_certificate(found, channel, application)?;
                    Part::Certificate(index + 1)
                }
                None => Part::PublicKey(0),
            },
            Part::PublicKey(index) => match self.public_keys.get(index).cloned() {
                Some(found) => {
                    self.read_public_key(index, found, channel, application)?;
                    Part::PublicKey(index + 1)
                }
                None => Part::Data(0),
            },
            Part::Data(index) => match self.data.get(index).cloned() {
                Some((value, guardian)) => {
                    self.read_data(index, &value, guardian, channel, application)?;
                    Part::Data(index + 1)
                }
                None => Part::Space,
            },
            Part::Space => {
                self.space(channel, application)?;
                return Ok(Progress::Whole);
            }
        };
        Ok(Progress::More)
    }

    /// The certificate of a number, read anew. Where it is, the lists tell: they are read if
    /// that was not done.
    pub(super) fn certificate(
        &mut self,
        profile: &Profile,
        channel: &mut Channel<'_>,
        slot: KeyRef,
    ) -> Result<Option<Vec<u8>>, CardError> {
        let mut unseen = Application::new(ApplicationKind::Pkcs15, &[]);
        while matches!(
            self.next,
            Part::Info | Part::Beside | Part::Directory | Part::List(_)
        ) {
            // Nobody asks who is beside it.
            if matches!(self.next, Part::Beside) {
                self.next = Part::Directory;
            }
            self.part(profile, channel, &mut unseen)?;
        }
        match self
            .certificates
            .iter()
            .find(|found| found.reference == slot)
        {
            Some(found) => self.content(&found.value, channel),
            None => Ok(None),
        }
    }

    /// What the token says of itself, what its answer to reset says, and how its directory is guarded.
    fn info(
        &self,
        profile: &Profile,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let info = files::read(channel, &self.at_home(TOKEN_INFO));
        let info = iso::noted(application, "TokenInfo", info)?;
        match info.as_deref().map(token_info::facts) {
            Some(Some(facts)) => application.facts = facts,
            Some(None) => application.mark("TokenInfo: not what a token says of itself"),
            None => {}
        }
        let model = profile::model(channel.atr());
        let model = model.map(|model| Fact::text(FactName::Model, model.into()));
        application.facts.extend(model);
        if profile.system == Some(CardSystem::Cardos4) {
            application.facts.extend(weakness::facts(&self.directory));
        }
        let named = application.label().is_some();
        application.facts.extend(self.place_facts(named));
        Ok(())
    }

    /// Where there is room for more. Most cards do not say.
    fn space(
        &self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let content = files::read_list(channel, &self.at_home(UNUSED_SPACE));
        if matches!(content, Ok(None)) {
            channel.count_as_absent();
        }
        let content = iso::noted(application, "UnusedSpace", content)?;
        let (pieces, wrong) = space::of(&content.unwrap_or_default());
        application.facts.extend(pieces);
        for number in wrong {
            application.mark(&format!("UnusedSpace: entry {number} is none"));
        }
        Ok(())
    }

    /// What EF.DIR names besides. It is not needed for this application: a bad one is noted.
    fn look_beside(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        if self.beside.is_some() {
            return Ok(());
        }
        match elsewhere::beside(self.elsewhere.as_ref(), channel) {
            Ok(listed) => self.beside = Some(listed),
            Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error.into()),
            Err(error) => {
                application.mark(&format!("EF.DIR: {error}"));
                self.beside = Some(Directories::default());
            }
        }
        Ok(())
    }

    /// What EF.DIR names besides, if it was asked; it is taken out.
    pub(super) fn take_beside(&mut self) -> Option<Directories> {
        self.beside.take()
    }

    fn list(
        &mut self,
        list: &List,
        profile: &Profile,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let name = name(list.kind);
        let bytes = match &list.value {
            Value::Direct(bytes) => Ok(Some(bytes.clone())),
            Value::At(place) => match self.path(place) {
                Ok(path) => files::read_list(channel, &path),
                Err(nowhere) => Err(nowhere),
            },
        };
        if is_locked(&bytes) {
            let fact = Fact::text(FactName::Locked, name.into());
            application.facts.push(fact);
            return Ok(());
        }
        let Some(bytes) = iso::noted(application, name, bytes)? else {
            return Ok(());
        };
        note_cut(application, name, &bytes);
        if !ber::is_shallow(&bytes) {
            application.mark(&format!("{name}: data objects too deep inside others"));
            return Ok(());
        }
        let (entries, _) = files::entries(&bytes);
        if entries.len() > MAX_ENTRIES {
            application.mark(&format!("{name}: list cut short after {MAX_ENTRIES}"));
        }
        for (index, entry) in entries.iter().take(MAX_ENTRIES).enumerate() {
            // The same once more is nothing more.
            let mut before = entries.iter().take(index);
            if before.any(|other| other.value == entry.value) {
                continue;
            }
            let taken = match list.kind {
                Kind::Pins => self.take_pin(entry, profile, application),
                Kind::PrivateKeys => self.take_key(entry, application),
                Kind::Certificates => self.take_certificate(entry, application),
                Kind::PublicKeys => self.take_public_key(entry, application),
                Kind::Data => self.take_data(entry, application),
            };
            if taken.is_none() {
                application.mark(&format!("{name}: entry {} is none", index + 1));
            }
        }
        Ok(())
    }

    /// The number of an identifier.
    fn place(&mut self, id: &[u8]) -> Option<KeyRef> {
        let index = match self.ids.iter().position(|known| known == id) {
            Some(index) => index,
            None => {
                self.ids.push(id.to_vec());
                self.ids.len() - 1
            }
        };
        u8::try_from(index + 1).ok().map(KeyRef)
    }

    fn take_pin(
        &mut self,
        entry: &Tlv<'_>,
        profile: &Profile,
        application: &mut Application,
    ) -> Option<()> {
        let found = pins::of(entry, profile)?;
        // The holder's come first.
        let officer = |pin: &Pin| pin.role == PinRole::SecurityOfficer;
        let mut at = match application.pins.iter().position(officer) {
            Some(at) if !found.iter().any(officer) => at,
            _ => application.pins.len(),
        };
        for pin in found {
            let known = |other: &Pin| other.reference == pin.reference;
            if !application.pins.iter().any(known) {
                application.pins.insert(at, pin);
                at += 1;
            }
        }
        Some(())
    }

    fn take_key(&mut self, entry: &Tlv<'_>, application: &mut Application) -> Option<()> {
        let Entry {
            common,
            class,
            kind,
            is_elliptic,
        } = Entry::of(entry)?;
        let class = KeyClass::of(class)?;
        let reference = self.place(&class.id)?;
        let mut facts = common.facts();
        facts.extend(class.facts());
        let value = Value::of(&kind)?;
        facts.extend(value.place().map(Place::fact));
        let (size, algorithm) = size(&kind, is_elliptic);
        facts.extend(size);
        let local = class
            .access
            .as_ref()
            .map(|access| access.contains(&Flag::Local));
        application.keys.push(Key {
            reference,
            purpose: purpose(&class.usage),
            algorithm,
            origin: local.map(|local| {
                if local {
                    Origin::Generated
                } else {
                    Origin::Imported
                }
            }),
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: common.label,
            facts,
        });
        Some(())
    }

    fn take_certificate(&mut self, entry: &Tlv<'_>, application: &Application) -> Option<()> {
        let Entry {
            common,
            mut class,
            kind,
            ..
        } = Entry::of(entry)?;
        let id = next_if(&mut class, OCTET_STRING)?;
        let authority = next_if(&mut class, BOOLEAN).map(|value| value != [0x00]);
        let reference = self.place(id)?;
        let value = Value::of(&kind)?;
        let mut facts = common.facts();
        facts.push(Fact::hex(FactName::Id, id));
        facts.push(Fact::flag(FactName::Authority, authority == Some(true)));
        facts.extend(value.place().map(Place::fact));
        self.certificates.push(Listed {
            reference,
            guardian: guardian(&common, application),
            label: common.label,
            facts,
            value,
        });
        Some(())
    }

    fn take_public_key(&mut self, entry: &Tlv<'_>, application: &mut Application) -> Option<()> {
        let entry = Entry::of(entry)?;
        let class = KeyClass::of(entry.class)?;
        let reference = self.place(&class.id)?;
        let value = Value::of(&entry.kind)?;
        let (size, _) = size(&entry.kind, entry.is_elliptic);
        let mut facts = entry.common.facts();
        facts.extend(class.facts());
        facts.extend(size);
        facts.extend(value.place().map(Place::fact));
        application.public_keys.push(PublicKeyObject {
            reference,
            label: entry.common.label,
            public_key: None,
            facts,
        });
        self.public_keys.push((reference, value));
        Some(())
    }

    fn read_certificate(
        &self,
        found: Listed,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let read = match self.known_certificate(&found) {
            Some(der) => Ok(Some(der)),
            None => self.content(&found.value, channel),
        };
        if is_locked(&read) {
            application.data.push(DataObject {
                kind: DataKind::Named,
                label: found.label,
                access: Access::Pin(found.guardian),
                content: None,
                facts: found.facts,
            });
            return Ok(());
        }
        let der = iso::noted(application, "certificate", read)?;
        let Some(der) = der else {
            return Ok(());
        };
        let certificate = Certificate {
            label: found.label,
            facts: found.facts,
            ..x509::stored(found.reference, whole(&der).to_vec())
        };
        // The lists tell the size of a curve, and the certificate which it is.
        if let Some(summary) = &certificate.summary {
            tell_kind(application, found.reference, &summary.public_key);
        }
        application.certificates.push(certificate);
        Ok(())
    }

    /// The public half of a key, where no certificate has it.
    fn read_public_key(
        &self,
        index: usize,
        (reference, value): (KeyRef, Value),
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let in_certificate = application
            .certificates
            .iter()
            .any(|certificate| certificate.slot == reference && certificate.summary.is_some());
        let has_private = application
            .keys
            .iter()
            .any(|key| key.reference == reference);
        let wanted = |key: &Key| key.reference == reference && key.public_key.is_none();
        if in_certificate || has_private && !application.keys.iter().any(wanted) {
            return Ok(());
        }
        let bytes = self.content(&value, channel);
        if is_locked(&bytes) {
            return Ok(());
        }
        let Some(bytes) = iso::noted(application, "public key", bytes)? else {
            return Ok(());
        };
        let Some(found) = public_keys::of(&bytes) else {
            if !public_keys::is_bare_point(&bytes) {
                application.mark("public key: none");
            }
            return Ok(());
        };
        tell_kind(application, reference, &found);
        for key in application.keys.iter_mut().filter(|key| wanted(key)) {
            key.public_key = Some(found.clone());
        }
        if let Some(object) = application.public_keys.get_mut(index) {
            object.public_key = Some(found);
        }
        Ok(())
    }

    /// What a value holds. There always is something: what is not there is an error.
    fn content(
        &self,
        value: &Value,
        channel: &mut Channel<'_>,
    ) -> Result<Option<Vec<u8>>, CardError> {
        match value {
            Value::Direct(bytes) => Ok(Some(bytes.clone())),
            Value::At(place) => {
                let file = files::read(channel, &self.path(place)?)?;
                let file = file.ok_or(CardError::NotFound {
                    what: "the file of an object",
                })?;
                let cut = place.cut(file);
                cut.map(Some)
                    .ok_or(CardError::Malformed("a part of a file that is not there"))
            }
        }
    }

    fn take_data(&mut self, entry: &Tlv<'_>, application: &mut Application) -> Option<()> {
        let Entry {
            common,
            class,
            kind,
            ..
        } = Entry::of(entry)?;
        let value = Value::of(&kind)?;
        let mut facts = common.facts();
        let program = program(class);
        facts.extend(program.map(|name| Fact::text(FactName::ForProgram, name)));
        facts.extend(value.place().map(Place::fact));
        let guardian = guardian(&common, application);
        let access = if common.is_private() {
            Access::Pin(guardian)
        } else {
            Access::Public
        };
        application.data.push(DataObject {
            kind: DataKind::Named,
            label: common.label,
            access,
            content: None,
            facts,
        });
        self.data.push((value, guardian));
        Some(())
    }

    /// Data that can be read. What only a PIN opens is named, and not asked for without it.
    fn read_data(
        &self,
        index: usize,
        value: &Value,
        guardian: PinReference,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), CardError> {
        let Some(object) = application.data.get_mut(index) else {
            return Ok(());
        };
        if !self.is_open(object.access) {
            return Ok(());
        }
        let content = match self.known_data(object) {
            Some(content) => Ok(Some(content)),
            None => self.content(value, channel),
        };
        if is_locked(&content) {
            object.access = Access::Pin(guardian);
            return Ok(());
        }
        let content = iso::noted(application, "data", content)?;
        if let Some(object) = application.data.get_mut(index) {
            object.content = content;
        }
        Ok(())
    }

    /// A certificate that was shown before the PIN: it is not read twice.
    fn known_certificate(&self, found: &Listed) -> Option<Vec<u8>> {
        let (_, shown) = self.verified.as_ref()?;
        let mut all = shown.certificates.iter();
        let known = all.find(|known| known.facts == found.facts && known.label == found.label)?;
        Some(known.der.clone())
    }

    /// The same for data.
    fn known_data(&self, found: &DataObject) -> Option<Vec<u8>> {
        let (_, shown) = self.verified.as_ref()?;
        let mut all = shown.data.iter();
        let known = all.find(|known| known.facts == found.facts && known.label == found.label)?;
        known.content.clone()
    }
}

/// Whether the card wants a PIN first.
fn is_locked<T>(read: &Result<T, CardError>) -> bool {
    matches!(read, Err(CardError::Status { sw, .. }) if *sw == StatusWord::SECURITY)
}

/// The PIN of which an object says that it guards it.
fn guardian(common: &Common, application: &Application) -> PinReference {
    let auth = common.auth.as_deref().unwrap_or_default();
    let wanted = Fact::hex(FactName::AuthId, auth);
    let mut pins = application.pins.iter();
    pins.find(|pin| pin.facts.contains(&wanted))
        .map_or(PinReference(0), |pin| pin.reference)
}

/// The size of a key as its list tells it, and its kind where that is all there is to know.
fn size(kind: &Tlv<'_>, is_elliptic: bool) -> (Option<Fact>, Option<Algorithm>) {
    let mut rest = kind.children();
    let _ = rest.next();
    let bits = next_if(&mut rest, INTEGER).and_then(number);
    match bits {
        None => (None, None),
        Some(bits) if is_elliptic => (Some(Fact::number(FactName::FieldSize, bits)), None),
        Some(bits) => (
            Some(Fact::number(FactName::ModulusLength, bits)),
            u32::try_from(bits).ok().map(|bits| Algorithm::Rsa { bits }),
        ),
    }
}

/// The kind of a key whose entry does not tell it.
fn tell_kind(application: &mut Application, reference: KeyRef, public: &PublicKey) {
    for key in &mut application.keys {
        if key.reference == reference && key.algorithm.is_none() {
            key.algorithm = Some(public.algorithm.clone());
        }
    }
}

/// What a key is for, by what it may do.
fn purpose(usage: &[Flag]) -> Purpose {
    let has = |flags: &[Flag]| flags.iter().any(|flag| usage.contains(flag));
    let signs = has(&[Flag::Sign, Flag::SignRecover, Flag::NonRepudiation]);
    let decrypts = has(&[Flag::Decrypt, Flag::Unwrap, Flag::Derive]);
    match (signs, decrypts) {
        (true, false) => Purpose::Signature,
        (false, true) => Purpose::Decryption,
        _ => Purpose::General,
    }
}

/// The first object in a file that may be longer.
pub(super) fn whole(bytes: &[u8]) -> &[u8] {
    let mut objects = ber::objects(bytes);
    match objects.next() {
        Some(_) => bytes
            .get(..bytes.len() - objects.rest().len())
            .unwrap_or(bytes),
        None => bytes,
    }
}

/// The names of the lists, as the standard has them.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Pins => "AODF",
        Kind::PrivateKeys => "PrKDF",
        Kind::PublicKeys => "PuKDF",
        Kind::Certificates => "CDF",
        Kind::Data => "DODF",
    }
}

fn note_cut(application: &mut Application, name: &str, list: &[u8]) {
    if files::is_too_long(list) {
        application.mark(&format!("{name}: list cut short, it is too long"));
    } else if files::is_cut_short(list) {
        application.mark(&format!("{name}: ends in something that is no object"));
    }
}
