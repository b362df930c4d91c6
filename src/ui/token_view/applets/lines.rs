//! What the page of applets shows, as data.

use super::acts::ManagerAct;
use crate::backend::{Failure, Look};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation, cap, card_manager};
use crate::plan::content::{Aid, WellKnownKey};
use crate::token::{
    ApplicationKind, CardManager, FactName, LifeCycle, Registry, RegistryEntry, RegistryKind, Token,
};
use crate::ui::widgets::{Chip, ChipKind, FactText};
use crate::ui::wizards::content::{Change, Choice};

/// Whether a token may have a card manager of which anything is to be said: an unknown card, or one
/// with the MUSCLE applet.
pub(in super::super) fn may_have_manager(token: &Token) -> bool {
    let muscle = token.applications.iter().any(|application| {
        let kept = application
            .facts
            .iter()
            .any(|fact| fact.name == FactName::KeptBy);
        application.kind == ApplicationKind::Muscle || kept
    });
    token.is_unknown() || muscle
}

/// Whether the card manager of a token can be asked at all: those with another operating system
/// have none.
pub(in super::super) fn may_be_asked(token: &Token) -> bool {
    token.complete && !token.remembered && token.card.system.is_none()
}

/// A row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Line {
    /// Whether it is a card for developers.
    Verdict {
        words: String,
        /// A sentence for each sign.
        reasons: Vec<String>,
    },
    /// Everybody knows the keys.
    Warning { title: String, body: String },
    /// The secure channel.
    Channel(ChannelLine),
    /// The way to a file.
    Load,
    /// How the MUSCLE applet is built.
    Building,
    /// Something in words.
    Fact(FactText),
    /// Facts, folded away.
    Folded {
        title: String,
        caption: String,
        facts: Vec<FactText>,
    },
    /// The card manager, a security domain or an applet.
    Entry(EntryLine),
    /// A package with what was made of it.
    Package {
        package: EntryLine,
        applets: Vec<EntryLine>,
    },
    /// There is none.
    Nothing(String),
}

/// The secure channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ChannelLine {
    pub(super) title: String,
    pub(super) caption: String,
    /// Tries that failed, in words.
    pub(super) failed: Option<String>,
    /// Whether it was opened.
    pub(super) open: bool,
    /// Whether the way to other keys stands here; where everybody knows them it stands there.
    pub(super) change_keys: bool,
    /// What else can be done to the card manager.
    pub(super) menu: Vec<ManagerAct>,
}

/// Something in the registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct EntryLine {
    /// What it is called, or what it is.
    pub(super) name: String,
    pub(super) aid: String,
    pub(super) kind: RegistryKind,
    pub(super) state: Chip,
    /// Version and privileges.
    pub(super) caption: String,
    pub(super) menu: Vec<MenuItem>,
}

/// Something that can be done to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct MenuItem {
    /// The words on the item.
    pub(super) words: String,
    /// The same with what it is done to, for those who do not see where the menu stands.
    pub(super) spoken: String,
    pub(super) choice: Choice,
}

impl EntryLine {
    /// What tells it from all others on the card.
    pub(super) fn full_name(&self) -> String {
        gettext_f(
            // TRANSLATORS: {name} is for example "MUSCLE applet", {aid} its identifier.
            "{name} ({aid})",
            &[("name", &self.name), ("aid", &self.aid)],
        )
    }
}

/// Heading, words below it, rows.
pub(super) type Group = (String, Option<String>, Vec<Line>);

/// Why there is nothing to show of a card manager.
pub(super) fn trouble(failure: &Failure) -> Explanation {
    explain::failure(failure)
}

/// Everything, from the verdict to the date of the chip.
pub(super) fn groups(look: &Look, this_year: i32) -> Vec<Group> {
    let mut groups = vec![(gettext("Card manager"), None, first(look))];
    if let Some(registry) = &look.registry {
        groups.extend(contents(registry));
    }
    let told = CardManager {
        cplc: None,
        ..look.manager.clone()
    };
    // Its identifier is the only thing that anybody has to type elsewhere.
    let aid = hex::encode(&told.aid);
    let name = gettext("Application identifier (AID)");
    let aid = (!aid.is_empty()).then(|| FactText::new(name, aid).monospace());
    let told = CardManager {
        aid: Vec::new(),
        ..told
    };
    let mut lines: Vec<Line> = aid.into_iter().map(Line::Fact).collect();
    let others = card_manager::lines(&told, this_year)
        .into_iter()
        .map(|line| FactText::new(line.name, line.value).without_copy())
        .map(Line::Fact);
    lines.extend(others);
    let production = CardManager {
        cplc: look.manager.cplc,
        ..CardManager::default()
    };
    let production: Vec<FactText> = card_manager::lines(&production, this_year)
        .into_iter()
        .map(|line| FactText::new(line.name, line.value).without_copy())
        .collect();
    if !production.is_empty() {
        lines.push(Line::Folded {
            title: gettext("Production"),
            caption: gettext("Who made the card, and when"),
            facts: production,
        });
    }
    groups.push((gettext("What it tells everybody"), None, lines));
    groups.retain(|(_, _, lines)| !lines.is_empty());
    groups
}

fn first(look: &Look) -> Vec<Line> {
    let verdict = Line::Verdict {
        words: card_manager::verdict(&look.manager),
        reasons: card_manager::reasons(&look.manager),
    };
    let opened = look.opened.as_ref();
    let warning = opened
        .and_then(|opened| opened.well_known)
        .map(|known| match known {
            WellKnownKey::Test => Line::Warning {
                title: gettext("Everybody knows the keys of this card"),
                body: card_manager::well_known(),
            },
        });
    [verdict, Line::Channel(channel(look))]
        .into_iter()
        .chain(warning)
        .chain([Line::Load, Line::Building])
        .collect()
}

fn channel(look: &Look) -> ChannelLine {
    let tries = card_manager::tries(look.tries);
    let failed = look.tries != Some(0);
    match &look.opened {
        Some(opened) => ChannelLine {
            title: gettext("Secure channel opened"),
            caption: explain::dotted(&[
                card_manager::protocol(opened.protocol),
                key_set(opened.key_version),
                card_manager::level(opened.level),
            ]),
            failed: failed.then_some(tries),
            open: true,
            change_keys: opened.well_known.is_none(),
            menu: ManagerAct::all(look),
        },
        None => ChannelLine {
            title: gettext("Secure channel closed"),
            caption: if failed {
                String::new()
            } else {
                gettext("No failed try is remembered")
            },
            failed: failed.then_some(tries),
            open: false,
            change_keys: false,
            menu: Vec::new(),
        },
    }
}

/// Which keys opened it.
fn key_set(version: u8) -> String {
    match version {
        0xFF => gettext("keys of the factory"),
        version => gettext_f(
            "keys of version {version}",
            &[("version", &version.to_string())],
        ),
    }
}

/// What is on the card.
fn contents(registry: &Registry) -> Vec<Group> {
    let [package, applet, domain] = cap::glossary();
    let is_domain = |entry: &&RegistryEntry| {
        matches!(
            entry.kind,
            RegistryKind::IssuerSecurityDomain | RegistryKind::SecurityDomain
        )
    };
    let of = |kind: RegistryKind| registry.entries.iter().filter(move |one| one.kind == kind);
    let domains = registry.entries.iter().filter(is_domain);
    let domains = domains.map(|one| Line::Entry(entry(one))).collect();
    let mut packages: Vec<Line> = of(RegistryKind::Package)
        .map(|one| {
            let applets = of(RegistryKind::Application).filter(|applet| belongs(applet, one));
            let applets: Vec<EntryLine> = applets.map(entry).collect();
            Line::Package {
                package: package_entry(one, !applets.is_empty()),
                applets,
            }
        })
        .collect();
    if packages.is_empty() {
        packages.push(Line::Nothing(gettext("Nothing is loaded.")));
    }
    if registry.cut_short {
        packages.push(Line::Nothing(gettext(
            "There is more on the card that could not be read.",
        )));
    }
    let alone = |applet: &&RegistryEntry| {
        !of(RegistryKind::Package).any(|package| belongs(applet, package))
    };
    let alone = of(RegistryKind::Application).filter(alone);
    let alone: Vec<Line> = alone.map(|one| Line::Entry(entry(one))).collect();
    let word = |(word, words): &(String, String)| {
        // TRANSLATORS: A term and what it means.
        gettext_f("{word}: {meaning}", &[("word", word), ("meaning", words)])
    };
    vec![
        (gettext("Security domains"), Some(domain.1), domains),
        (
            gettext("Packages and their applets"),
            Some(format!("{}\n{}", word(&package), word(&applet))),
            packages,
        ),
        (
            gettext("Applets"),
            Some(gettext(
                "The card does not tell of which package they were made.",
            )),
            alone,
        ),
    ]
}

/// Whether an applet was made of a package, as far as the card tells it.
fn belongs(applet: &RegistryEntry, package: &RegistryEntry) -> bool {
    match &applet.package {
        Some(of) => *of == package.aid,
        None => package.modules.contains(&applet.aid),
    }
}

fn entry(one: &RegistryEntry) -> EntryLine {
    let name = Aid::new(&one.aid).ok().and_then(|aid| cap::name(&aid));
    let privileges = card_manager::privileges(&one.privileges);
    let kind = name.is_some().then(|| card_manager::kind(one.kind));
    let line = EntryLine {
        name: name.unwrap_or_else(|| card_manager::kind(one.kind)),
        aid: hex::encode(&one.aid),
        kind: one.kind,
        state: state(one.life_cycle),
        caption: explain::dotted(
            &kind
                .into_iter()
                .filter(|_| one.kind != RegistryKind::Application)
                .chain(privileges)
                .collect::<Vec<_>>(),
        ),
        menu: Vec::new(),
    };
    EntryLine {
        menu: menu(one, &line.full_name()),
        ..line
    }
}

fn package_entry(one: &RegistryEntry, has_applets: bool) -> EntryLine {
    let line = entry(one);
    let version = one.version.map(|version| {
        let version = format!("{}.{}", version.major, version.minor);
        gettext_f("version {version}", &[("version", &version)])
    });
    let menu = Aid::new(&one.aid).ok().map(|aid| {
        let what = Change::Delete {
            related: has_applets,
        };
        item(&line.full_name(), Choice { aid, what })
    });
    EntryLine {
        caption: version.unwrap_or_default(),
        menu: menu.into_iter().collect(),
        ..line
    }
}

fn state(state: LifeCycle) -> Chip {
    let kind = match state {
        LifeCycle::CardLocked
        | LifeCycle::Terminated
        | LifeCycle::Blocked
        | LifeCycle::Locked
        | LifeCycle::Unknown(_) => ChipKind::Error,
        LifeCycle::OpReady | LifeCycle::Initialized | LifeCycle::Installed => ChipKind::Warning,
        LifeCycle::Secured
        | LifeCycle::Loaded
        | LifeCycle::Selectable
        | LifeCycle::Personalized
        | LifeCycle::Own(_) => ChipKind::Plain,
    };
    Chip::new(kind, card_manager::life_cycle(state))
}

/// What can be done to it. The card manager stays as it is.
fn menu(one: &RegistryEntry, name: &str) -> Vec<MenuItem> {
    let Ok(aid) = Aid::new(&one.aid) else {
        return Vec::new();
    };
    let lock = Change::Lock(one.life_cycle != LifeCycle::Locked);
    let delete = Change::Delete { related: false };
    let changes = match one.kind {
        RegistryKind::IssuerSecurityDomain => Vec::new(),
        RegistryKind::SecurityDomain | RegistryKind::Application => vec![lock, delete],
        RegistryKind::Package => vec![delete],
    };
    let one = |what| {
        let aid = aid.clone();
        item(name, Choice { aid, what })
    };
    changes.into_iter().map(one).collect()
}

/// An item with its words.
fn item(name: &str, choice: Choice) -> MenuItem {
    let name = [("name", name)];
    let (words, spoken) = match choice.what {
        Change::Delete { related: true } => (
            gettext("Delete with Its Applets…"),
            gettext_f("Delete {name} with its applets…", &name),
        ),
        Change::Delete { related: false } => {
            (gettext("Delete…"), gettext_f("Delete {name}…", &name))
        }
        Change::Lock(true) => (gettext("Lock…"), gettext_f("Lock {name}…", &name)),
        Change::Lock(false) => (gettext("Unlock…"), gettext_f("Unlock {name}…", &name)),
    };
    MenuItem {
        words,
        spoken,
        choice,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{Application, PackageVersion, Privilege};

    fn one(kind: RegistryKind, aid: &[u8], life_cycle: LifeCycle) -> RegistryEntry {
        RegistryEntry {
            kind,
            aid: aid.to_vec(),
            life_cycle,
            state: 0,
            privileges: Vec::new(),
            version: None,
            package: None,
            modules: Vec::new(),
            security_domain: None,
        }
    }

    fn look(tries: Option<u32>, registry: Option<Registry>) -> Look {
        Look {
            manager: CardManager::default(),
            tries,
            opened: None,
            registry,
        }
    }

    #[test]
    fn an_unknown_card_and_one_with_the_muscle_applet_have_the_page() {
        let mut token = Token::default();
        assert!(!may_have_manager(&token));
        token.complete = true;
        assert!(may_have_manager(&token));
        token.applications = vec![Application::new(ApplicationKind::Piv, &[])];
        assert!(!may_have_manager(&token));
        token.applications = vec![Application::new(ApplicationKind::Muscle, &[])];
        assert!(may_have_manager(&token));
    }

    #[test]
    fn failed_tries_stand_where_the_channel_is_opened() {
        let line = channel(&look(Some(1), None));
        assert_eq!(
            line.failed.as_deref(),
            Some("1 failed try of usually 10 is remembered for this card")
        );
        assert!(!line.open && line.caption.is_empty());
        let line = channel(&look(Some(0), None));
        assert_eq!(
            (line.failed, line.caption.as_str()),
            (None, "No failed try is remembered")
        );
        assert!(channel(&look(None, None)).failed.is_some());
    }

    #[test]
    fn applets_stand_in_their_packages() {
        let muscle = [0xA0, 0, 0, 0, 1];
        let applet = [0xA0, 0, 0, 0, 1, 1];
        let mut package = one(RegistryKind::Package, &muscle, LifeCycle::Loaded);
        package.version = Some(PackageVersion { major: 1, minor: 0 });
        package.modules = vec![applet.to_vec()];
        let mut made = one(RegistryKind::Application, &applet, LifeCycle::Selectable);
        made.privileges = vec![Privilege::CvmManagement];
        let other = one(RegistryKind::Application, &[9; 6], LifeCycle::Locked);
        let registry = Registry {
            entries: vec![made, other, package],
            cut_short: false,
        };
        let groups = contents(&registry);
        let packages = &groups.get(1).unwrap().2;
        let [Line::Package { package, applets }] = &packages[..] else {
            panic!("{packages:?}");
        };
        assert_eq!(package.name, "MUSCLE package");
        assert_eq!(package.caption, "version 1.0");
        assert_eq!(
            package.menu.first().unwrap().words,
            "Delete with Its Applets…"
        );
        let applet = applets.first().unwrap();
        assert_eq!(applet.name, "MUSCLE applet");
        assert_eq!(applet.aid, "A00000000101");
        assert_eq!(applet.caption, "may change the PIN of the whole card");
        let alone = &groups.get(2).unwrap().2;
        let [Line::Entry(alone)] = &alone[..] else {
            panic!("{alone:?}");
        };
        assert_eq!(alone.name, "Applet");
        let words: Vec<&str> = alone.menu.iter().map(|item| item.words.as_str()).collect();
        assert_eq!(words, ["Unlock…", "Delete…"]);
    }

    #[test]
    fn the_card_manager_cannot_be_deleted_here() {
        let manager = one(
            RegistryKind::IssuerSecurityDomain,
            &[0xA0, 0, 0, 0, 3, 0, 0, 0],
            LifeCycle::OpReady,
        );
        let line = entry(&manager);
        assert_eq!(line.menu, []);
        assert_eq!(line.state.kind, ChipKind::Warning);
    }
}
