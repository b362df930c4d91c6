//! Plans for what is on a Java card: what is needed to make them, and the plans.

pub use super::given_keys::{GivenKeys, KeyTextError};
pub use crate::card::java::edition;
pub use crate::card::task::Opening;
pub use crate::globalplatform::attempts::MAX_USUAL_TRIES;
pub use crate::globalplatform::cap::{
    self, CapError, CapFile, CapFinding, CardSide, JavaCardVersion, PresentKind,
};
pub use crate::globalplatform::content::versions as key_versions;
pub use crate::globalplatform::keys::{CheckValue, KeyError};
pub use crate::globalplatform::script::{self, Script};
pub use crate::globalplatform::{
    Aid, AidError, ChannelError, Diversification, Edition, KeyFamily, Keys, Level, WellKnownKey,
};

use std::fmt;

use super::{Deletion, Installation, Loading, Plan, Subject, Survey, Task};
use crate::base::hex::Hex;
use crate::globalplatform::discovery::announced_family;
use crate::token::{CardManager, Registry, RegistryEntry, RegistryKind};

/// How a package is put onto a card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallWish {
    /// What is deleted before, in this order; what is not there is no failure.
    pub delete: Vec<Deletion>,
    /// Whether the component is loaded that most cards do not need.
    pub with_descriptor: bool,
    /// Bytes that the code may take at most, if that is said.
    pub code_limit: Option<u16>,
    /// The applets that are made of it.
    pub applets: Vec<AppletWish>,
}

/// How an applet is made.
#[derive(Clone, Eq, PartialEq)]
pub struct AppletWish {
    /// The applet in the package.
    pub module: Aid,
    /// What it is selected by.
    pub instance: Aid,
    /// Its privileges: one byte, or three (sheet "globalplatform", 4.2).
    pub privileges: Vec<u8>,
    /// What it is told when it is made: no secret, it stands in the journal.
    pub parameters: Vec<u8>,
    /// Bytes that its data may take at most, if that is said.
    pub data_limit: Option<u16>,
}

impl fmt::Debug for AppletWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppletWish")
            .field("module", &self.module)
            .field("instance", &self.instance)
            .field("privileges", &self.privileges)
            .field(
                "parameters",
                &format_args!("{} bytes", self.parameters.len()),
            )
            .field("data_limit", &self.data_limit)
            .finish()
    }
}

/// What everybody uses for the MUSCLE applet: it may change the PIN of the whole card, and is told to
/// bear the name that it was built with.
const MUSCLE_PRIVILEGES: [u8; 1] = [0x02];
const MUSCLE_PARAMETERS: [u8; 1] = [0x00];
const MUSCLE_CODE_LIMIT: u16 = 16_000;
const MUSCLE_DATA_LIMIT: u16 = 32_000;

impl InstallWish {
    /// The usual way for a package: its applets under their own names, and what has these names
    /// deleted before. Of the MUSCLE applet every version goes: it is there once or not at all.
    #[must_use]
    pub fn usual(cap: &CapFile) -> Self {
        let of_muscle = cap.package().bytes() == cap::known::MUSCLE_PACKAGE;
        let mut names: Vec<Aid> = cap
            .applets()
            .iter()
            .map(|applet| applet.aid.clone())
            .collect();
        names.push(cap.package().clone());
        if of_muscle {
            let older = [
                &cap::known::MUSCLE_OLDER[..],
                &cap::known::MUSCLE_OLDER_PACKAGE,
            ];
            names.extend(older.into_iter().filter_map(|aid| Aid::new(aid).ok()));
        }
        let delete = names.into_iter().map(|aid| Deletion {
            aid,
            related: false,
        });
        let applets = cap.applets().iter().map(|applet| AppletWish {
            module: applet.aid.clone(),
            instance: applet.aid.clone(),
            privileges: if of_muscle {
                MUSCLE_PRIVILEGES.to_vec()
            } else {
                vec![0x00]
            },
            parameters: if of_muscle {
                MUSCLE_PARAMETERS.to_vec()
            } else {
                Vec::new()
            },
            data_limit: of_muscle.then_some(MUSCLE_DATA_LIMIT),
        });
        Self {
            delete: delete.collect(),
            with_descriptor: false,
            code_limit: of_muscle.then_some(MUSCLE_CODE_LIMIT),
            applets: applets.collect(),
        }
    }

    /// The same on a card on which this is: with a package go all applets that were made of it, whatever
    /// they are called, one by one before it, so that a card refuses none of it for what it does not know
    /// of. A security domain is never deleted by the way: what has its name is in the way.
    #[must_use]
    pub fn completed(mut self, registry: &Registry) -> Self {
        let mut all: Vec<Deletion> = Vec::new();
        for deletion in std::mem::take(&mut self.delete) {
            let mut entries = registry.entries.iter();
            let is_domain = entries.any(|entry| {
                entry.aid == deletion.aid.bytes()
                    && matches!(
                        entry.kind,
                        RegistryKind::IssuerSecurityDomain | RegistryKind::SecurityDomain
                    )
            });
            if is_domain {
                continue;
            }
            let before = made_of(registry, &deletion.aid);
            let before = before.into_iter().map(|aid| Deletion {
                aid,
                related: false,
            });
            for one in before.chain([deletion]) {
                if !all.iter().any(|known| known.aid == one.aid) {
                    all.push(one);
                }
            }
        }
        self.delete = all;
        self
    }

    /// What is on the card and deleted before.
    pub fn replaced<'a>(&'a self, card: &'a CardSide) -> impl Iterator<Item = &'a Aid> {
        let there = |aid: &Aid| {
            let mut present = card.present.iter();
            present.any(|(present, kind)| present == aid && *kind != PresentKind::SecurityDomain)
        };
        let names = self.delete.iter().map(|deletion| &deletion.aid);
        names.filter(move |aid| there(aid))
    }

    /// What is to be known before the package is put onto a card in this way.
    #[must_use]
    pub fn findings(&self, cap: &CapFile, card: &CardSide) -> Vec<CapFinding> {
        let mut card = card.clone();
        let gone: Vec<Aid> = self.replaced(&card).cloned().collect();
        if !gone.is_empty() {
            // What goes makes room, nobody knows how much.
            card.free_memory = None;
            card.present.retain(|(aid, _)| !gone.contains(aid));
        }
        let mut findings = cap.check(&card);
        // Of the names in the file, only those that are used.
        let used = |aid: &Aid| self.applets.iter().any(|applet| applet.instance == *aid);
        findings.retain(|finding| match finding {
            CapFinding::InstancePresent { aid } => used(aid),
            _ => true,
        });
        let told = |aid: &Aid| {
            let same = CapFinding::InstancePresent { aid: aid.clone() };
            findings.contains(&same)
        };
        let taken = |aid: &Aid| card.present.contains(&(aid.clone(), PresentKind::Instance));
        let others: Vec<CapFinding> = self
            .applets
            .iter()
            .map(|applet| &applet.instance)
            .filter(|aid| taken(aid) && !told(aid))
            .map(|aid| CapFinding::InstancePresent { aid: aid.clone() })
            .collect();
        findings.extend(others);
        findings
    }

    /// The steps. `name` is what the file is called.
    #[must_use]
    pub fn tasks(&self, cap: &CapFile, name: &str) -> Vec<Task> {
        let delete = self.delete.iter().cloned().map(Task::DeleteContent);
        let load = Task::LoadPackage(Loading {
            package: cap.package().clone(),
            name: name.to_owned(),
            file: Hex(cap.load_file(self.with_descriptor)),
            code_limit: self.code_limit,
            domain: None,
        });
        let install = self.applets.iter().map(|applet| {
            Task::InstallApplet(Installation {
                package: cap.package().clone(),
                module: applet.module.clone(),
                instance: applet.instance.clone(),
                privileges: Hex(applet.privileges.clone()),
                parameters: Hex(applet.parameters.clone()),
                data_limit: applet.data_limit,
            })
        });
        delete.chain([load]).chain(install).collect()
    }
}

/// Deletes something from a card on which this is; with what was made of it if wished: each applet by
/// its name first, because old cards do not know what is related.
#[must_use]
pub fn deletions(registry: &Registry, aid: &Aid, related: bool) -> Vec<Deletion> {
    let before = if related {
        made_of(registry, aid)
    } else {
        Vec::new()
    };
    let before = before.into_iter().map(|aid| Deletion {
        aid,
        related: false,
    });
    let own = Deletion {
        aid: aid.clone(),
        related,
    };
    before.chain([own]).collect()
}

/// The applets on a card that were made of a package. Old cards do not tell of which package an applet
/// is: there it is the one that lists it, else the one that begins as it is called, by custom.
#[must_use]
pub fn made_of(registry: &Registry, package: &Aid) -> Vec<Aid> {
    let packages = || {
        let entries = registry.entries.iter();
        entries.filter(|entry| entry.kind == RegistryKind::Package)
    };
    let owner = |applet: &RegistryEntry| {
        let listed = packages().find(|entry| entry.modules.contains(&applet.aid));
        let named = packages()
            .filter(|entry| applet.aid.starts_with(&entry.aid))
            .max_by_key(|entry| entry.aid.len());
        let found = listed.or(named).map(|entry| entry.aid.clone());
        applet.package.clone().or(found)
    };
    let entries = registry.entries.iter();
    let of_it = entries.filter(|entry| {
        entry.kind == RegistryKind::Application && owner(entry).as_deref() == Some(package.bytes())
    });
    of_it
        .filter_map(|entry| Aid::new(&entry.aid).ok())
        .collect()
}

/// What the keys of a card are for. A card that does not tell is an old one.
#[must_use]
pub fn family(manager: &CardManager) -> KeyFamily {
    announced_family(manager).unwrap_or(KeyFamily::TripleDes)
}

/// The plan of these steps for a card; nothing if it is not known as a Java card.
#[must_use]
pub fn plan(
    name: &str,
    survey: &Survey,
    atr: &[u8],
    opening: Opening,
    tasks: Vec<Task>,
    now: i64,
) -> Option<Plan> {
    let Survey::Java(known) = survey else {
        return None;
    };
    Some(Plan {
        name: name.to_owned(),
        subject: Subject {
            serial: known.serial.clone(),
            atr: Hex(atr.to_vec()),
            label: None,
        },
        made: now,
        opening,
        tasks,
    })
}

/// What a package is held against before it is loaded, as far as the card told it.
#[must_use]
pub fn card_side(manager: &CardManager, registry: Option<&Registry>) -> CardSide {
    let resources = manager.resources.as_ref();
    let recognition = manager.recognition.as_ref();
    let entries = registry.iter().flat_map(|registry| &registry.entries);
    let present = entries.flat_map(|entry| {
        let kind = match entry.kind {
            RegistryKind::IssuerSecurityDomain | RegistryKind::SecurityDomain => {
                PresentKind::SecurityDomain
            }
            RegistryKind::Application => PresentKind::Instance,
            RegistryKind::Package => PresentKind::Package,
        };
        let modules = entry.modules.iter().map(|aid| (aid, PresentKind::Module));
        std::iter::once((&entry.aid, kind)).chain(modules)
    });
    CardSide {
        free_memory: resources.and_then(|resources| resources.free_memory),
        java_card: recognition
            .and_then(|known| u8::try_from(known.java_card?).ok())
            .map(JavaCardVersion::generation),
        present: present
            .filter_map(|(aid, kind)| Some((Aid::new(aid).ok()?, kind)))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
