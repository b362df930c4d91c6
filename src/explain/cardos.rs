//! What a CardOS card tells of itself, and what it is when nothing is on it.

use super::{bytes, facts, list, status};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};
use crate::iso7816::StatusWord;
use crate::token::{
    AtrSource, CardCondition, CardOsHardware, CardOsLife, CardOsObject, CardOsPackage,
    CardOsPackages, CardOsSheet, CardOsVersion, CardSystem, FactName, KnownPackage, LifePhase,
    NotTold, SystemKey, Token, Told,
};

/// One line of the sheet: what it is about, and what it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is about: "Life cycle".
    pub name: String,
    /// What it says, in words.
    pub value: String,
}

/// The sheet in words, line by line.
#[must_use]
pub fn lines(sheet: &CardOsSheet) -> Vec<Line> {
    let mut lines = Lines::default();
    lines.told(CardOsObject::Info, sheet.info.as_ref(), ToString::to_string);
    lines.told(CardOsObject::Version, sheet.version.as_ref(), version);
    lines.told(CardOsObject::LifeCycle, sheet.life_cycle.as_ref(), life);
    let chip = sheet.chip.as_ref();
    match chip.and_then(|chip| chip.value.as_ref()) {
        Some(chip) => {
            let serial = facts::name(FactName::Serial);
            lines.add(serial, hex::encode(&chip.serial));
            if let Some(kind) = chip.kind {
                lines.add(gettext("Type of chip"), kind.to_string());
            }
        }
        None => lines.told(CardOsObject::Chip, chip, |_| String::new()),
    }
    lines.told(CardOsObject::Hardware, sheet.hardware.as_ref(), hardware);
    let count = |count: &u32| bytes(usize::try_from(*count).unwrap_or(usize::MAX));
    lines.told(CardOsObject::FreeEeprom, sheet.free_eeprom.as_ref(), count);
    lines.told(CardOsObject::FreeMemory, sheet.free_memory.as_ref(), count);
    let longest = sheet.longest_data.as_ref();
    lines.told(CardOsObject::LongestData, longest, count);
    lines.told(CardOsObject::AtrStatus, sheet.atr_status.as_ref(), source);
    lines.told(CardOsObject::Packages, sheet.packages.as_ref(), packages);
    match sheet.keys.as_ref().and_then(|keys| keys.value) {
        Some(keys) => {
            lines.add(
                gettext("Key for packages (PackageLoadKey)"),
                key(keys.package_load),
            );
            lines.add(gettext("Key for erasing (StartKey)"), key(keys.start));
        }
        None => lines.told(CardOsObject::Keys, sheet.keys.as_ref(), |_| String::new()),
    }
    if let Some(raw) = &sheet.security_status {
        let words = if raw.is_empty() {
            gettext("No right is proved")
        } else {
            hex::grouped(raw, 1)
        };
        lines.add(object(CardOsObject::SecurityStatus), words);
    }
    if let Some(path) = &sheet.path {
        lines.add(object(CardOsObject::Path), self::path(path));
    }
    if !sheet.not_told.is_empty() {
        let all: Vec<String> = sheet.not_told.iter().map(not_told).collect();
        lines.add(gettext("The card does not tell"), all.join("\n"));
    }
    lines.0
}

/// The bytes behind the words, with their names; what is empty is left out.
#[must_use]
pub fn raw(sheet: &CardOsSheet) -> Vec<(String, &[u8])> {
    fn of<T>(told: &Option<Told<T>>) -> Option<&[u8]> {
        told.as_ref().map(|told| told.raw.as_slice())
    }
    let all = [
        (CardOsObject::Info, of(&sheet.info)),
        (CardOsObject::Version, of(&sheet.version)),
        (CardOsObject::LifeCycle, of(&sheet.life_cycle)),
        (CardOsObject::Chip, of(&sheet.chip)),
        (CardOsObject::Hardware, of(&sheet.hardware)),
        (CardOsObject::FreeEeprom, of(&sheet.free_eeprom)),
        (CardOsObject::FreeMemory, of(&sheet.free_memory)),
        (CardOsObject::LongestData, of(&sheet.longest_data)),
        (CardOsObject::AtrStatus, of(&sheet.atr_status)),
        (CardOsObject::Packages, of(&sheet.packages)),
        (CardOsObject::Keys, of(&sheet.keys)),
        (
            CardOsObject::SecurityStatus,
            sheet.security_status.as_deref(),
        ),
        (CardOsObject::Path, sheet.path.as_deref()),
    ];
    all.into_iter()
        .filter_map(|(name, raw)| Some((object(name), raw.filter(|raw| !raw.is_empty())?)))
        .collect()
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, name: String, value: String) {
        self.0.push(Line { name, value });
    }

    /// What was told, in words; nothing where it was not.
    fn told<T>(
        &mut self,
        name: CardOsObject,
        told: Option<&Told<T>>,
        words: impl Fn(&T) -> String,
    ) {
        if let Some(told) = told {
            let unread = || gettext("Not in a form that is known");
            let value = told.value.as_ref().map_or_else(unread, words);
            self.add(object(name), value);
        }
    }
}

/// What a line is about.
fn object(object: CardOsObject) -> String {
    match object {
        CardOsObject::Info => gettext("Operating system"),
        CardOsObject::Chip => gettext("Chip"),
        CardOsObject::Version => gettext("Version"),
        CardOsObject::LifeCycle => gettext("Life cycle"),
        CardOsObject::SecurityStatus => gettext("Security status of the directory"),
        CardOsObject::FreeMemory => gettext("Free memory of the directory"),
        CardOsObject::AtrStatus => gettext("Source of the answer to reset"),
        CardOsObject::Packages => gettext("Packages"),
        CardOsObject::Hardware => gettext("Memory and processor"),
        CardOsObject::FreeEeprom => gettext("Free memory of the card"),
        CardOsObject::LongestData => gettext("Longest data of a command"),
        CardOsObject::Keys => gettext("System keys"),
        CardOsObject::Path => gettext("Selected directory"),
    }
}

fn version(version: &CardOsVersion) -> String {
    let numbers = format!("{}.{}", version.major, version.minor);
    match version.name {
        Some(name) => format!("{name} ({numbers})"),
        None => numbers,
    }
}

fn life(life: &CardOsLife) -> String {
    let phase = match life.phase {
        LifePhase::Manufacturing => gettext("Manufacturing"),
        LifePhase::Initialization => gettext("Initialization"),
        LifePhase::PhysicalPersonalization => gettext("Physical personalization"),
        LifePhase::Personalization => gettext("Personalization"),
        LifePhase::Administration => gettext("Administration"),
        LifePhase::Operational => gettext("Operational"),
        LifePhase::EraseInProgress => gettext("Erasing not finished"),
        LifePhase::Death => gettext("End of life"),
        // TRANSLATORS: The phase in the life of a card.
        LifePhase::Unknown => pgettext("phase", "Unknown"),
    };
    let meaning = match life.phase {
        LifePhase::Manufacturing => gettext(
            "It is as its maker delivers it, and cannot be initialized with public knowledge: that takes a secret key of the maker.",
        ),
        LifePhase::Initialization
        | LifePhase::PhysicalPersonalization
        | LifePhase::Personalization => {
            gettext("It is on its way from the maker to whoever issues it.")
        }
        LifePhase::Administration => gettext("Files and keys can be made and removed."),
        LifePhase::Operational => gettext("In everyday use."),
        LifePhase::EraseInProgress => gettext("Formatting it ends the erasing."),
        LifePhase::Death => gettext("It does nothing any more."),
        LifePhase::Unknown => String::new(),
    };
    super::sentences(&[format!("{phase} ({}).", life.number), meaning])
}

fn hardware(hardware: &CardOsHardware) -> String {
    let hex = |number: u8| hex::encode(&[number]);
    let mut parts = vec![
        gettext_f(
            "{count} KiB of RAM",
            &[("count", &hardware.ram.to_string())],
        ),
        gettext_f(
            "{count} KiB of EEPROM",
            &[("count", &hardware.eeprom.to_string())],
        ),
        gettext_f("processor {number}", &[("number", &hex(hardware.cpu))]),
        gettext_f(
            "configuration {number}",
            &[("number", &hardware.configuration.to_string())],
        ),
    ];
    if let Some(number) = hardware.manufacturer {
        let number = hex(number);
        parts.push(gettext_f("maker {number}", &[("number", &number)]));
    }
    super::dotted(&parts)
}

fn source(source: &AtrSource) -> String {
    match source {
        AtrSource::Rom => gettext("As its maker set it (ROM)"),
        AtrSource::Eeprom => gettext("Set later (EEPROM)"),
        // TRANSLATORS: Where the answer to reset of a card comes from.
        AtrSource::Unknown => pgettext("source", "Unknown"),
    }
}

fn packages(packages: &CardOsPackages) -> String {
    let mut lines: Vec<String> = packages.list.iter().map(package).collect();
    if packages.damaged {
        lines.push(gettext("The list holds something that is no package"));
    }
    if lines.is_empty() {
        lines.push(pgettext("packages", "None"));
    }
    lines.join("\n")
}

fn package(package: &CardOsPackage) -> String {
    let known = package.known.map(|known| match known {
        KnownPackage::LongKeys => gettext("RSA keys of 2048 bits"),
        KnownPackage::TriesLeft => gettext("Tells the tries left after a wrong PIN"),
    });
    let licence = package.licensed.map(|licensed| {
        if licensed {
            gettext("licensed")
        } else {
            gettext("not licensed")
        }
    });
    let maker = hex::encode(&[package.manufacturer]);
    let number = hex::encode(&package.id);
    super::dotted(&[
        known.unwrap_or_default(),
        gettext_f(
            "package {number} of maker {maker}",
            &[("number", &number), ("maker", &maker)],
        ),
        licence.unwrap_or_default(),
    ])
}

fn key(key: SystemKey) -> String {
    let version = hex::encode(&[key.version]);
    let version = gettext_f("version {number}", &[("number", &version)]);
    let tries = ngettext_f(
        "{count} try left",
        "{count} tries left",
        u32::from(key.tries),
        &[("count", &key.tries.to_string())],
    );
    super::dotted(&[version, tries])
}

fn path(path: &[u8]) -> String {
    if path.is_empty() {
        // TRANSLATORS: 3F00 is the number of the root of the file system.
        return gettext("The root (3F00)");
    }
    format!("3F00 {}", hex::grouped(path, 2))
}

fn not_told(not: &NotTold) -> String {
    let name = object(not.object);
    match not.status {
        Some(status) => {
            let meaning = status::meaning(StatusWord(status));
            format!("{name}: {status:04X} ({meaning})")
        }
        None => name,
    }
}

/// What a card is on which no application answers: title and explanation. Nothing if an application
/// answers, or if nothing is known of its system.
#[must_use]
pub fn condition(token: &Token) -> Option<(String, String)> {
    let system = token.card.system?;
    if !token.is_without_application() {
        return None;
    }
    Some(match (token.card.condition, system) {
        (Some(CardCondition::Blank), CardSystem::Cardos4) => (
            gettext("This token is blank"),
            gettext(
                "It is formatted, and nothing is on it yet. It can be set up with PINs, keys and certificates.",
            ),
        ),
        (Some(CardCondition::Blank), CardSystem::Cardos5) => (
            gettext("This token is blank"),
            gettext(
                "Nothing is on it yet. How this version is set up is not public: only the software of its maker can.",
            ),
        ),
        (Some(CardCondition::Raw), _) => (
            gettext("This card is as its maker delivers it"),
            gettext(
                "It cannot be initialized with public knowledge: that takes a secret key of the maker.",
            ),
        ),
        (Some(CardCondition::Erased), _) => (
            gettext("Erasing this card was not finished"),
            gettext("Nothing is on it. It can be used again after it is formatted."),
        ),
        (Some(CardCondition::Foreign), _) => (
            gettext("Nothing that Symbolon reads is on this card"),
            gettext(
                "It holds files, but no PKCS#15 application. Setting it up anew would mean erasing it.",
            ),
        ),
        (None, _) => (
            gettext("Nothing that Symbolon reads is on this card"),
            gettext("Its operating system is known, but no PKCS#15 application answers."),
        ),
    })
}

/// Why another card has no such sheet.
#[must_use]
pub fn only_cardos(token: &Token) -> (String, String) {
    let names: Vec<String> = token
        .applications
        .iter()
        .map(|application| application.kind.name().to_owned())
        .collect();
    let title = gettext("Only CardOS cards tell more of themselves");
    let body = if names.is_empty() {
        gettext("This one is none. “symbolonctl show” tells what is known of it.")
    } else {
        gettext_f(
            // TRANSLATORS: {applications} is "PIV and OpenPGP", for example.
            "This one is none: it has {applications}. “symbolonctl show” tells everything about it.",
            &[("applications", &list(&names))],
        )
    };
    (title, body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{Application, ApplicationKind, CardOsChip, CardOsKeys};

    fn told<T>(raw: &[u8], value: T) -> Option<Told<T>> {
        let (raw, value) = (raw.to_vec(), Some(value));
        Some(Told { raw, value })
    }

    fn sheet() -> CardOsSheet {
        let key = |version, tries| SystemKey { version, tries };
        CardOsSheet {
            version: told(
                &[0xC8, 0x09],
                CardOsVersion {
                    major: 200,
                    minor: 9,
                    name: Some("CardOS M4.2B"),
                },
            ),
            life_cycle: told(
                &[0x34],
                CardOsLife {
                    number: 52,
                    phase: LifePhase::Manufacturing,
                },
            ),
            chip: told(
                &[0x33],
                CardOsChip {
                    kind: Some(123),
                    serial: vec![0x27, 0x37],
                },
            ),
            packages: told(
                &[0xE1],
                CardOsPackages {
                    list: vec![CardOsPackage {
                        manufacturer: 1,
                        id: vec![0x1C, 0x01, 0xC8, 0x06],
                        licensed: Some(true),
                        known: Some(KnownPackage::LongKeys),
                    }],
                    damaged: true,
                },
            ),
            free_eeprom: Some(Told {
                raw: vec![0x6C],
                value: None,
            }),
            keys: told(
                &[0xFE],
                CardOsKeys {
                    package_load: key(0xFE, 10),
                    start: key(0xFF, 1),
                },
            ),
            security_status: Some(Vec::new()),
            path: Some(vec![0x50, 0x15]),
            not_told: vec![
                NotTold {
                    object: CardOsObject::Hardware,
                    status: Some(0x6A88),
                },
                NotTold {
                    object: CardOsObject::Info,
                    status: None,
                },
            ],
            ..CardOsSheet::default()
        }
    }

    #[test]
    fn a_sheet_is_words_first() {
        let lines = lines(&sheet());
        let value = |name: &str| {
            let line = lines.iter().find(|line| line.name == name);
            line.map(|line| line.value.as_str())
        };
        assert_eq!(value("Version"), Some("CardOS M4.2B (200.9)"));
        let life = value("Life cycle").unwrap();
        assert!(life.starts_with("Manufacturing (52). ") && life.contains("public knowledge"));
        assert_eq!(value("Serial number"), Some("2737"));
        assert_eq!(value("Type of chip"), Some("123"));
        assert_eq!(
            value("Packages"),
            Some(
                "RSA keys of 2048 bits · package 1C01C806 of maker 01 · licensed\n\
                 The list holds something that is no package"
            )
        );
        assert_eq!(
            value("Free memory of the card"),
            Some("Not in a form that is known")
        );
        assert_eq!(
            value("Key for erasing (StartKey)"),
            Some("version FF · 1 try left")
        );
        assert_eq!(
            value("Security status of the directory"),
            Some("No right is proved")
        );
        assert_eq!(value("Selected directory"), Some("3F00 5015"));
        assert_eq!(
            value("The card does not tell"),
            Some("Memory and processor: 6A88 (referenced data not found)\nOperating system")
        );
        assert_eq!(value("Longest data of a command"), None);
        let names: Vec<String> = raw(&sheet()).into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"Chip".to_owned()));
        // There are no bytes behind what is empty.
        assert!(!names.contains(&"Security status of the directory".to_owned()));
    }

    #[test]
    fn a_card_without_application_is_explained() {
        let mut token = Token {
            complete: true,
            ..Token::default()
        };
        assert_eq!(condition(&token), None);
        token.card.system = Some(CardSystem::Cardos4);
        token.card.condition = Some(CardCondition::Blank);
        let (title, body) = condition(&token).unwrap();
        assert_eq!(title, "This token is blank");
        assert!(body.contains("can be set up"), "{body}");
        token.card.condition = Some(CardCondition::Raw);
        assert!(condition(&token).unwrap().1.contains("public knowledge"));
        token
            .applications
            .push(Application::new(ApplicationKind::Pkcs15, &[]));
        assert_eq!(condition(&token), None);
        assert!(only_cardos(&token).1.contains("it has PKCS#15"));
    }
}
