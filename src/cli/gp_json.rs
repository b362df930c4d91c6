//! The documents about Java cards that programs read, beside those in `json`.

use serde::Serialize;

use super::json::ReaderPart;
use super::session::Found;
use crate::backend::Look;
use crate::base::hex::Hex;
use crate::explain::cap as words;
use crate::plan::content::cap::FindingWeight;
use crate::plan::content::{self, CapFile, CapFinding, KeyFamily, WellKnownKey};
use crate::token::{CardManager, Registry, SecureChannelProtocol};

/// `symbolon.manager/1`: what a card manager tells without keys.
#[derive(Debug, Serialize)]
pub(super) struct ManagerDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    manager: &'a CardManager,
    /// What its keys are for.
    key_family: KeyFamily,
    /// Tries with wrong keys that are remembered of this card; null if that is not known.
    failed_tries: Option<u32>,
}

impl<'a> ManagerDocument<'a> {
    /// For a card manager that was looked at.
    pub(super) fn new(found: &'a Found, look: &'a Look) -> Self {
        Self {
            schema: "symbolon.manager/1",
            reader: ReaderPart::new(found.number, &found.reader),
            manager: &look.manager,
            key_family: content::family(&look.manager),
            failed_tries: look.tries,
        }
    }
}

/// `symbolon.registry/1`: what is on a Java card.
#[derive(Debug, Serialize)]
pub(super) struct RegistryDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    channel: Option<ChannelPart>,
    registry: Option<&'a Registry>,
}

/// The secure channel through which it was read.
#[derive(Debug, Serialize)]
struct ChannelPart {
    protocol: SecureChannelProtocol,
    /// The byte of the level.
    level: u8,
    key_version: u8,
    well_known_keys: Option<WellKnownKey>,
}

impl<'a> RegistryDocument<'a> {
    /// For what was listed.
    pub(super) fn new(found: &'a Found, look: &'a Look) -> Self {
        Self {
            schema: "symbolon.registry/1",
            reader: ReaderPart::new(found.number, &found.reader),
            channel: look.opened.map(|opened| ChannelPart {
                protocol: opened.protocol,
                level: opened.level.byte(),
                key_version: opened.key_version,
                well_known_keys: opened.well_known,
            }),
            registry: look.registry.as_ref(),
        }
    }
}

/// `symbolon.cap/1`: what is in a CAP file.
#[derive(Debug, Serialize)]
pub(super) struct CapDocument<'a> {
    schema: &'static str,
    /// The card that it was held against; null if there was none.
    reader: Option<ReaderPart<'a>>,
    package: Hex,
    version: String,
    name: Option<&'a str>,
    applets: Vec<Hex>,
    imports: Vec<ImportPart>,
    java_card: Option<String>,
    uses_int: bool,
    components: Vec<ComponentPart>,
    load_size: usize,
    sha256: Hex,
    findings: Vec<FindingPart>,
}

#[derive(Debug, Serialize)]
struct ImportPart {
    package: Hex,
    version: String,
}

#[derive(Debug, Serialize)]
struct ComponentPart {
    name: &'static str,
    size: usize,
}

#[derive(Debug, Serialize)]
struct FindingPart {
    finding: &'static str,
    weight: &'static str,
    /// For people, in their language.
    text: String,
}

impl<'a> CapDocument<'a> {
    /// For a file, and the card that it was held against.
    pub(super) fn new(cap: &'a CapFile, findings: &[CapFinding], found: Option<&'a Found>) -> Self {
        let imports = cap.imports().iter().map(|import| ImportPart {
            package: import.aid.clone().into(),
            version: import.version.to_string(),
        });
        let components = cap.sizes().map(|(kind, size)| ComponentPart {
            name: kind.name(),
            size,
        });
        Self {
            schema: "symbolon.cap/1",
            reader: found.map(|found| ReaderPart::new(found.number, &found.reader)),
            package: cap.package().clone().into(),
            version: cap.package_version().to_string(),
            name: cap.name().map(|name| name.as_str()),
            applets: cap
                .applets()
                .iter()
                .map(|applet| applet.aid.clone().into())
                .collect(),
            imports: imports.collect(),
            java_card: cap.java_card().map(|version| version.to_string()),
            uses_int: cap.flags().uses_int(),
            components: components.collect(),
            load_size: cap.size(false),
            sha256: Hex(cap.sha256(false).to_vec()),
            findings: findings.iter().map(finding).collect(),
        }
    }
}

fn finding(finding: &CapFinding) -> FindingPart {
    let code = match finding {
        CapFinding::Fits { .. } => "fits",
        CapFinding::TooBig { .. } => "too_big",
        CapFinding::RoomUnknown { .. } => "room_unknown",
        CapFinding::JavaCardTooOld { .. } => "java_card_too_old",
        CapFinding::JavaCardOlder { .. } => "java_card_older",
        CapFinding::JavaCardUnknown { .. } => "java_card_unknown",
        CapFinding::FrameworkUnknown { .. } => "framework_unknown",
        CapFinding::NeedsInt => "needs_int",
        CapFinding::PackagePresent { .. } => "package_present",
        CapFinding::InstancePresent { .. } => "instance_present",
        CapFinding::AidTaken { .. } => "aid_taken",
        CapFinding::ImportNotListed { .. } => "import_not_listed",
        CapFinding::UnusualAid { .. } => "unusual_aid",
        CapFinding::NoApplet => "no_applet",
        CapFinding::DirectoryDiffers { .. } => "directory_differs",
    };
    let weight = match finding.weight() {
        FindingWeight::Hint => "hint",
        FindingWeight::Warning => "warning",
        FindingWeight::Blocking => "blocking",
    };
    FindingPart {
        finding: code,
        weight,
        text: words::finding(finding),
    }
}
