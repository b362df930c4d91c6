//! Reading an application, part by part: what the token says of itself, the directory, each list, and
//! then what the lists point at.

mod contents;
mod entries;

use super::directory::{self, Kind, List};
use super::ef_dir::Directories;
use super::elsewhere::{self, Elsewhere};
use super::files::{self, ODF, Source, TOKEN_INFO, UNUSED_SPACE};
use super::objects::{Place, Value};
use super::private;
use super::profile::{self, Profile};
use super::space;
use super::token_info;
use crate::card::cardos::weakness;
use crate::card::driver::Progress;
use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::token::{
    Access, Application, ApplicationKind, CardSystem, Fact, FactName, KeyRef, PinReference, Text,
};
use crate::transport::channel::Channel;
use contents::is_locked;
pub(in crate::card) use contents::whole;

/// The most objects of one list.
const MAX_ENTRIES: usize = 64;

/// How far the reading of an application is, and what its later parts have to know.
#[derive(Default)]
pub(in crate::card) struct Reading {
    next: Part,
    source: Source,
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

    /// Whether SELECT told nothing.
    pub(super) fn is_untold(&self) -> bool {
        self.directory.is_empty()
    }

    /// The reading of an application that is not where the standard has it.
    pub(super) fn elsewhere(found: &Elsewhere) -> Self {
        Self {
            elsewhere: Some(found.clone()),
            ..Self::default()
        }
    }

    /// The reading of an application that is kept by something else than the file system.
    pub(in crate::card) fn from(source: Source) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    /// The reading of what a PIN opens, of an application that was read without it.
    pub(in crate::card) fn after(pin: PinReference, shown: &Application, source: Source) -> Self {
        Self {
            source,
            beside: Some(Directories::default()),
            verified: Some((pin, shown.clone())),
            ..Self::default()
        }
    }

    /// The same in another place.
    pub(super) fn at(self, elsewhere: Option<&Elsewhere>) -> Self {
        Self {
            elsewhere: elsewhere.cloned(),
            ..self
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
    pub(in crate::card) fn part(
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
                let odf = (self.source.list)(channel, &self.at_home(ODF))?;
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
    pub(in crate::card) fn certificate(
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
            Some(found) => self.first_object(&found.value, channel),
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
        let info = (self.source.object)(channel, &self.at_home(TOKEN_INFO));
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
        if !self.source.asks_beside {
            return Ok(());
        }
        let content = (self.source.list)(channel, &self.at_home(UNUSED_SPACE));
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
        if self.beside.is_some() || !self.source.asks_beside {
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
                Ok(path) => (self.source.list)(channel, &path),
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
