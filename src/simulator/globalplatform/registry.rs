//! What is on the card: packages, instances and security domains, with their states and
//! privileges (sheet "globalplatform", 4.1 and 4.2), and the room they take.

use super::model::Model;
use crate::iso7816::StatusWord;
use crate::simulator::chip::Applet;

/// State of the card: sold, and open to everything.
pub(super) const OP_READY: u8 = 0x01;
/// State of the card.
pub(super) const INITIALIZED: u8 = 0x07;
/// State of the card: in the hands of who uses it.
pub(super) const SECURED: u8 = 0x0F;
/// State of the card: nothing but the issuer security domain can be selected.
pub(super) const CARD_LOCKED: u8 = 0x7F;
/// State of the card: the end.
pub(super) const TERMINATED: u8 = 0xFF;

/// State of a package.
pub(super) const LOADED: u8 = 0x01;
/// State of an instance that cannot be selected yet.
pub(super) const INSTALLED: u8 = 0x03;
/// State of an instance.
pub(super) const SELECTABLE: u8 = 0x07;
/// In the state of an instance: locked.
pub(super) const LOCKED: u8 = 0x80;

/// Privilege: a security domain.
pub(super) const SECURITY_DOMAIN: u8 = 0x80;
/// Privilege: selected after a reset, and by an empty name.
pub(super) const DEFAULT_SELECTED: u8 = 0x04;

/// A package that was loaded.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) aid: Vec<u8>,
    /// Major and minor.
    pub(super) version: [u8; 2],
    pub(super) modules: Vec<Vec<u8>>,
    pub(super) imports: Vec<Vec<u8>>,
    pub(super) domain: Vec<u8>,
    /// Bytes it takes.
    pub(super) size: usize,
}

/// An instance.
pub(super) struct Instance {
    pub(super) aid: Vec<u8>,
    pub(super) state: u8,
    pub(super) privileges: [u8; 3],
    pub(super) package: Vec<u8>,
    pub(super) module: Vec<u8>,
    pub(super) domain: Vec<u8>,
    /// Bytes it takes, without power and with.
    pub(super) size: usize,
    pub(super) volatile: usize,
    pub(super) applet: Box<dyn Applet>,
}

impl Instance {
    pub(super) fn has(&self, privilege: u8) -> bool {
        let [first, ..] = self.privileges;
        first & privilege == privilege
    }
}

/// Everything that is on a card.
pub(super) struct Registry {
    /// The name of the issuer security domain.
    pub(super) aid: Vec<u8>,
    /// The state of the card.
    pub(super) state: u8,
    pub(super) packages: Vec<Package>,
    pub(super) instances: Vec<Instance>,
    memory: usize,
    volatile: usize,
    /// Whether 7F is the state of a blocked instance and not one of its own.
    open_platform: bool,
}

/// Who can be selected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Selectable {
    /// The issuer security domain.
    Issuer,
    /// The instance with this name.
    Instance(Vec<u8>),
}

impl Registry {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            aid: model.aid.clone(),
            state: if model.open_platform {
                INITIALIZED
            } else {
                OP_READY
            },
            packages: Vec::new(),
            instances: Vec::new(),
            memory: model.memory,
            volatile: model.volatile,
            open_platform: model.open_platform,
        }
    }

    /// Bytes left for packages and instances.
    pub(super) fn free(&self) -> usize {
        let packages = self.packages.iter().map(|package| package.size);
        let instances = self.instances.iter().map(|instance| instance.size);
        self.memory
            .saturating_sub(packages.chain(instances).sum::<usize>())
    }

    /// Bytes left that forget.
    pub(super) fn free_volatile(&self) -> usize {
        let instances = self.instances.iter().map(|instance| instance.volatile);
        self.volatile.saturating_sub(instances.sum::<usize>())
    }

    pub(super) fn package(&self, aid: &[u8]) -> Option<&Package> {
        self.packages.iter().find(|package| package.aid == aid)
    }

    pub(super) fn instance(&self, aid: &[u8]) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.aid == aid)
    }

    pub(super) fn instance_mut(&mut self, aid: &[u8]) -> Option<&mut Instance> {
        self.instances
            .iter_mut()
            .find(|instance| instance.aid == aid)
    }

    /// Whether there is a security domain of this name; an empty one is the issuer's.
    pub(super) fn is_domain(&self, aid: &[u8]) -> bool {
        let other = || {
            self.instance(aid)
                .is_some_and(|one| one.has(SECURITY_DOMAIN))
        };
        aid.is_empty() || aid == self.aid || other()
    }

    /// Whether anything that was put on the card has this name, or the card itself.
    pub(super) fn is_taken(&self, aid: &[u8]) -> bool {
        aid == self.aid || self.package(aid).is_some() || self.instance(aid).is_some()
    }

    fn is_selectable(&self, instance: &Instance) -> bool {
        let blocked =
            instance.state & LOCKED != 0 || (self.open_platform && instance.state == 0x7F);
        !blocked && instance.state & SELECTABLE == SELECTABLE
    }

    /// Whether nothing but the issuer security domain can be selected.
    fn is_closed(&self) -> bool {
        matches!(self.state, CARD_LOCKED | TERMINATED)
    }

    /// Everybody whom SELECT with this name means: first who bears just this name, then those
    /// whose names go on. An empty name means the default.
    pub(super) fn bearers(&self, wanted: &[u8]) -> Vec<Selectable> {
        let mut bearers = self.everybody(wanted);
        bearers.sort_by_key(|(len, _)| *len != wanted.len());
        bearers.into_iter().map(|(_, who)| who).collect()
    }

    fn everybody(&self, wanted: &[u8]) -> Vec<(usize, Selectable)> {
        let issuer = (self.aid.len(), Selectable::Issuer);
        let locked = self.is_closed();
        if wanted.is_empty() {
            return vec![(0, self.default())];
        }
        let mut found = Vec::new();
        if self.aid.starts_with(wanted) {
            found.push(issuer);
        }
        let instances = self.instances.iter().filter(|instance| {
            !locked && self.is_selectable(instance) && instance.aid.starts_with(wanted)
        });
        found.extend(instances.map(|instance| {
            let aid = instance.aid.clone();
            (aid.len(), Selectable::Instance(aid))
        }));
        found
    }

    /// Who is selected after a reset.
    pub(super) fn default(&self) -> Selectable {
        self.default_instance()
            .map_or(Selectable::Issuer, |instance| {
                Selectable::Instance(instance.aid.clone())
            })
    }

    fn default_instance(&self) -> Option<&Instance> {
        self.instances.iter().find(|instance| {
            !self.is_closed() && instance.has(DEFAULT_SELECTED) && self.is_selectable(instance)
        })
    }

    /// DELETE of what has this name; with what depends on it if `related`.
    ///
    /// # Errors
    ///
    /// Nothing has this name, or something needs it.
    pub(super) fn delete(&mut self, aid: &[u8], related: bool) -> Result<(), StatusWord> {
        if let Some(instance) = self.instance(aid) {
            let owns = |domain: &[u8]| domain == aid;
            let owner = instance.has(SECURITY_DOMAIN)
                && (self.packages.iter().any(|package| owns(&package.domain))
                    || self.instances.iter().any(|one| owns(&one.domain)));
            if owner {
                return Err(StatusWord::CONDITIONS);
            }
            self.instances.retain(|instance| instance.aid != aid);
            return Ok(());
        }
        if self.package(aid).is_none() {
            return Err(StatusWord::NO_OBJECT);
        }
        let imported = self
            .packages
            .iter()
            .any(|other| other.aid != aid && other.imports.iter().any(|import| import == aid));
        let used = self.instances.iter().any(|one| one.package == aid);
        if imported || (used && !related) {
            return Err(StatusWord::CONDITIONS);
        }
        self.instances.retain(|instance| instance.package != aid);
        self.packages.retain(|package| package.aid != aid);
        Ok(())
    }

    /// Everything that lasts, for comparisons.
    pub(super) fn image(&self) -> String {
        let mut image = format!("{:02X} {:#?}\n", self.state, self.packages);
        for one in &self.instances {
            image += &format!(
                "{:02X?} {:02X} {:02X?} {:02X?} {:02X?} {:02X?} {}\n",
                one.aid, one.state, one.privileges, one.package, one.module, one.domain, one.size
            );
        }
        image
    }
}
