//! Whether a package goes onto a card, as far as both tell.

use super::{CapFile, ComponentKind, JavaCardVersion, Version, known};
use crate::globalplatform::Aid;

/// What is known of a card; the less, the less is said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CardSide {
    /// Free memory that keeps its contents, in bytes.
    pub free_memory: Option<u32>,
    /// The Java Card version of the card.
    pub java_card: Option<JavaCardVersion>,
    /// What is in its registry.
    pub present: Vec<(Aid, PresentKind)>,
}

/// What an entry in the registry of a card is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PresentKind {
    /// A load file.
    Package,
    /// An applet class in a load file.
    Module,
    /// An installed applet.
    Instance,
    /// A security domain, the issuer's as well.
    SecurityDomain,
}

/// How much a finding stands in the way.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FindingWeight {
    /// Good to know.
    Hint,
    /// It can be done, and may not be what was meant.
    Warning,
    /// The card will refuse.
    Blocking,
}

/// One thing to know before a package is loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CapFinding {
    /// There is room for the package; instances need more.
    Fits {
        /// What it needs, in bytes.
        needed: u32,
        /// What the card has, in bytes.
        free: u32,
    },
    /// There is not.
    TooBig {
        /// What it needs, in bytes.
        needed: u32,
        /// What the card has, in bytes.
        free: u32,
    },
    /// The card does not tell how much room it has.
    RoomUnknown {
        /// What it needs, in bytes.
        needed: u32,
    },
    /// It was built against a later Java Card than the card has.
    JavaCardTooOld {
        /// What it needs.
        needed: JavaCardVersion,
        /// What the card has.
        card: JavaCardVersion,
    },
    /// It was built against a Java Card of a later generation than the card says it has. Some cards
    /// say less than they can.
    JavaCardOlder {
        /// What it needs.
        needed: JavaCardVersion,
        /// The generation that the card tells.
        card: u8,
    },
    /// The card does not tell its version.
    JavaCardUnknown {
        /// What it needs.
        needed: JavaCardVersion,
    },
    /// It was built against a version of `javacard.framework` that is not in the list.
    FrameworkUnknown {
        /// That version.
        framework: Version,
    },
    /// It calculates with 32-bit integers, which small cards do not.
    NeedsInt,
    /// There is a load file of this name already: it has to be deleted first.
    PackagePresent {
        /// The identifier of the package.
        aid: Aid,
    },
    /// There is an instance of the name that the applet would get: it has to be deleted first, or
    /// the new one to be named otherwise.
    InstancePresent {
        /// The identifier of the applet.
        aid: Aid,
    },
    /// Something else on the card has the name of the package or of an applet.
    AidTaken {
        /// The identifier.
        aid: Aid,
        /// What has it.
        by: PresentKind,
    },
    /// The card does not list a package that this one uses. Cards do not list what is in their ROM.
    ImportNotListed {
        /// The identifier of the package.
        aid: Aid,
        /// The version it was built against.
        version: Version,
        /// Its name, if it is a known one.
        name: Option<&'static str>,
    },
    /// This looks like the MUSCLE applet under another name than the one that other programs look for.
    UnusualAid {
        /// The name it has.
        aid: Aid,
        /// The name they look for.
        expected: Aid,
        /// Whether it is the name of older builds.
        older_build: bool,
    },
    /// Nothing in it can be installed: a library.
    NoApplet,
    /// The directory tells a component otherwise than it is: the file was changed after it was built.
    DirectoryDiffers {
        /// The component.
        component: ComponentKind,
    },
}

impl CapFinding {
    /// How much it stands in the way.
    #[must_use]
    pub fn weight(&self) -> FindingWeight {
        match self {
            Self::Fits { .. }
            | Self::RoomUnknown { .. }
            | Self::JavaCardUnknown { .. }
            | Self::FrameworkUnknown { .. }
            | Self::NeedsInt
            | Self::ImportNotListed { .. }
            | Self::NoApplet => FindingWeight::Hint,
            Self::JavaCardOlder { .. }
            | Self::UnusualAid { .. }
            | Self::DirectoryDiffers { .. } => FindingWeight::Warning,
            Self::TooBig { .. }
            | Self::JavaCardTooOld { .. }
            | Self::PackagePresent { .. }
            | Self::InstancePresent { .. }
            | Self::AidTaken { .. } => FindingWeight::Blocking,
        }
    }
}

pub(super) fn findings(cap: &CapFile, card: &CardSide) -> Vec<CapFinding> {
    let mut findings = vec![room(cap, card)];
    findings.extend(java_card(cap, card));
    if cap.flags().uses_int() {
        findings.push(CapFinding::NeedsInt);
    }
    names(cap, card, &mut findings);
    imports(cap, card, &mut findings);
    findings.extend(unusual_aid(cap));
    if cap.applets().is_empty() {
        findings.push(CapFinding::NoApplet);
    }
    if let Some(component) = cap.differs_from_directory() {
        findings.push(CapFinding::DirectoryDiffers { component });
    }
    findings
}

fn room(cap: &CapFile, card: &CardSide) -> CapFinding {
    let needed = cap.memory().total();
    match card.free_memory {
        None => CapFinding::RoomUnknown { needed },
        Some(free) if needed <= free => CapFinding::Fits { needed, free },
        Some(free) => CapFinding::TooBig { needed, free },
    }
}

fn java_card(cap: &CapFile, card: &CardSide) -> Option<CapFinding> {
    let framework = cap.framework()?;
    let Some(needed) = cap.java_card() else {
        return Some(CapFinding::FrameworkUnknown { framework });
    };
    match card.java_card {
        None => Some(CapFinding::JavaCardUnknown { needed }),
        Some(card) if card.is_generation() && card < needed => Some(CapFinding::JavaCardOlder {
            needed,
            card: card.major,
        }),
        Some(card) if card < needed => Some(CapFinding::JavaCardTooOld { needed, card }),
        Some(_) => None,
    }
}

/// A registry has one entry of a name. The modules of a load file may share theirs with the instance.
fn names(cap: &CapFile, card: &CardSide, findings: &mut Vec<CapFinding>) {
    let there = |aid: &Aid| {
        card.present
            .iter()
            .filter(move |(present, _)| present == aid)
            .map(|(_, kind)| *kind)
            .collect::<Vec<_>>()
    };
    let package = there(cap.package());
    let aid = cap.package().clone();
    if package.contains(&PresentKind::Package) {
        findings.push(CapFinding::PackagePresent { aid });
    } else if let Some(&by) = package.first() {
        findings.push(CapFinding::AidTaken { aid, by });
    }
    for applet in cap.applets() {
        let kinds = there(&applet.aid);
        let aid = applet.aid.clone();
        if kinds.contains(&PresentKind::Instance) {
            findings.push(CapFinding::InstancePresent { aid });
            continue;
        }
        let taken = kinds
            .into_iter()
            .find(|kind| matches!(kind, PresentKind::Package | PresentKind::SecurityDomain));
        if let Some(by) = taken {
            findings.push(CapFinding::AidTaken { aid, by });
        }
    }
}

/// Only where the card lists packages at all is it worth a word that one is not among them.
fn imports(cap: &CapFile, card: &CardSide, findings: &mut Vec<CapFinding>) {
    let listed: Vec<&Aid> = card
        .present
        .iter()
        .filter(|(_, kind)| *kind == PresentKind::Package)
        .map(|(aid, _)| aid)
        .collect();
    if listed.is_empty() {
        return;
    }
    let missing = cap
        .imports()
        .iter()
        .filter(|import| !listed.contains(&&import.aid));
    findings.extend(missing.map(|import| CapFinding::ImportNotListed {
        aid: import.aid.clone(),
        version: import.version,
        name: known::package(&import.aid),
    }));
}

/// Whoever builds the MUSCLE applet under a name of his own has to tell every tool that name.
fn unusual_aid(cap: &CapFile) -> Option<CapFinding> {
    let expected = Aid::new(&known::MUSCLE).ok()?;
    if !known::looks_like_muscle(cap) || cap.applets().iter().any(|a| a.aid == expected) {
        return None;
    }
    let aid = cap.applets().first()?.aid.clone();
    Some(CapFinding::UnusualAid {
        older_build: aid.bytes() == known::MUSCLE_OLDER,
        aid,
        expected,
    })
}
