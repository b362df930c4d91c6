//! Everything that a CardOS card tells of itself: the objects that `cardos-tool --info` asks for,
//! in its order (sheet "cardos", 2).

use crate::base::hex;
use crate::card::{self, CardError, pkcs15};
use crate::iso7816::{Command, Le, StatusWord};
use crate::token::{
    ApplicationState, AtrSource, CardOsChip, CardOsHardware, CardOsKeys, CardOsLife, CardOsObject,
    CardOsPackage, CardOsPackages, CardOsSheet, CardOsVersion, CardSystem, KnownPackage, LifePhase,
    NotTold, SystemKey, Text, Token, Told,
};
use crate::transport::channel::Channel;

/// What is asked for, and its number.
const OBJECTS: [(CardOsObject, u8); 13] = [
    (CardOsObject::Info, 0x80),
    (CardOsObject::Version, 0x82),
    (CardOsObject::Chip, 0x81),
    (CardOsObject::LifeCycle, 0x83),
    (CardOsObject::SecurityStatus, 0x84),
    (CardOsObject::FreeMemory, 0x85),
    (CardOsObject::AtrStatus, 0x86),
    (CardOsObject::Packages, 0x88),
    (CardOsObject::Hardware, 0x89),
    (CardOsObject::FreeEeprom, 0x8A),
    (CardOsObject::LongestData, 0x8D),
    (CardOsObject::Keys, 0x96),
    (CardOsObject::Path, 0x87),
];

/// Done, and a weakness of the memory was noticed (sheet, 10).
const OK_BUT_WEAK: StatusWord = StatusWord(0x9001);

/// A package in the list of packages, and the flag in it that says whether it may be used.
const PACKAGE: u8 = 0xE1;
const LICENCE: u8 = 0x8F;

/// The longest identifier of a package that is believed; real ones have four or six bytes.
const MAX_PACKAGE_ID: usize = 16;

/// GET DATA of one object.
pub(super) fn question(number: u8) -> Command {
    Command::new([0x00, 0xCA, 0x01, number]).expecting(Le::ALL)
}

/// Reads the sheet of the card that `shown` was read from. That costs one command for each of the
/// thirteen objects; where the number of the chip is not the serial number that was shown, the
/// application is asked for its own on top.
///
/// # Errors
///
/// [`CardError::OtherCard`] if it is another card, [`CardError::Unsupported`] if it is no CardOS
/// card and nothing was asked, or [`CardError::Link`].
pub fn read_of(channel: &mut Channel<'_>, shown: &Token) -> Result<CardOsSheet, CardError> {
    if channel.atr() != shown.card.atr {
        return Err(CardError::OtherCard);
    }
    let sheet = read(channel)?;
    let chip = sheet.chip.as_ref().and_then(|chip| chip.value.as_ref());
    let serial = chip.map(|chip| hex::encode(&chip.serial));
    let known = shown.serial.as_ref().map(Text::as_str);
    if serial.is_some() && serial.as_deref() == known {
        return Ok(sheet);
    }
    let readable = |state: &ApplicationState| *state == ApplicationState::Readable;
    let mut applications = shown.applications.iter();
    match applications.find(|found| readable(&found.state)) {
        Some(application) => {
            let kind = application.kind;
            let mut driver = card::open(channel, kind).map_err(|error| match error {
                CardError::NotFound { .. } => CardError::OtherCard,
                other => other,
            })?;
            card::identify(driver.as_mut(), channel, shown, kind)?;
            Ok(sheet)
        }
        None if known.is_some() && shown.applications.is_empty() => Err(CardError::OtherCard),
        // Nothing tells this card from another of its kind.
        None => Ok(sheet),
    }
}

/// Reads the sheet. An object that the card does not tell is named as such.
///
/// # Errors
///
/// As [`read_of`].
pub fn read(channel: &mut Channel<'_>) -> Result<CardOsSheet, CardError> {
    let system = pkcs15::system(channel.atr());
    let system = system.ok_or(CardError::Unsupported("the questions of CardOS"))?;
    let mut sheet = CardOsSheet::default();
    for (object, number) in OBJECTS {
        let status = match channel.transmit(&question(number)) {
            Ok(answer) if matches!(answer.sw, StatusWord::OK | OK_BUT_WEAK) => {
                take(&mut sheet, system, object, answer.data);
                continue;
            }
            Ok(answer) => Some(answer.sw.0),
            Err(error) if error.is_bad_answer() => None,
            Err(error) => return Err(error.into()),
        };
        sheet.not_told.push(NotTold { object, status });
    }
    Ok(sheet)
}

/// Puts what was told into its place.
fn take(sheet: &mut CardOsSheet, system: CardSystem, object: CardOsObject, raw: Vec<u8>) {
    match object {
        CardOsObject::Info => sheet.info = Some(told(raw, info)),
        CardOsObject::Chip => sheet.chip = Some(told(raw, chip)),
        CardOsObject::Version => sheet.version = Some(told(raw, version)),
        CardOsObject::LifeCycle => sheet.life_cycle = Some(told(raw, life_cycle)),
        CardOsObject::SecurityStatus => sheet.security_status = Some(raw),
        CardOsObject::FreeMemory => sheet.free_memory = Some(told(raw, number)),
        CardOsObject::AtrStatus => sheet.atr_status = Some(told(raw, atr_source)),
        CardOsObject::Packages => sheet.packages = Some(told(raw, |raw| Some(packages(raw)))),
        CardOsObject::Hardware => {
            sheet.hardware = Some(told(raw, |raw| hardware(system, raw)));
        }
        CardOsObject::FreeEeprom => sheet.free_eeprom = Some(told(raw, number)),
        CardOsObject::LongestData => sheet.longest_data = Some(told(raw, number)),
        CardOsObject::Keys => sheet.keys = Some(told(raw, keys)),
        CardOsObject::Path => sheet.path = Some(raw),
    }
}

fn told<T>(raw: Vec<u8>, read: impl Fn(&[u8]) -> Option<T>) -> Told<T> {
    let value = read(&raw);
    Told { raw, value }
}

/// Text, which a zero may end.
fn info(raw: &[u8]) -> Option<Text> {
    let text = raw.split(|&byte| byte == 0x00).next()?;
    (!text.is_empty()).then(|| Text::from_latin1(text))
}

/// Type and serial number among the bytes of the production; version 5 has the number alone.
pub(super) fn chip(raw: &[u8]) -> Option<CardOsChip> {
    match raw {
        [_, _, _, _, _, _, _, _, kind, _, rest @ ..] => Some(CardOsChip {
            kind: Some(*kind),
            serial: rest.get(..6)?.to_vec(),
        }),
        _ if raw.len() == 8 => Some(CardOsChip {
            kind: None,
            serial: raw.to_vec(),
        }),
        _ => None,
    }
}

fn version(raw: &[u8]) -> Option<CardOsVersion> {
    let &[major, minor, ..] = raw else {
        return None;
    };
    Some(CardOsVersion {
        major,
        minor,
        name: pkcs15::version([major, minor]),
    })
}

fn life_cycle(raw: &[u8]) -> Option<CardOsLife> {
    let &number = raw.first()?;
    let phase = match number {
        0x34 => LifePhase::Manufacturing,
        0x26 => LifePhase::Initialization,
        0x23 => LifePhase::PhysicalPersonalization,
        0x24 => LifePhase::Personalization,
        0x20 => LifePhase::Administration,
        0x10 => LifePhase::Operational,
        0x29 => LifePhase::EraseInProgress,
        0x3F => LifePhase::Death,
        _ => LifePhase::Unknown,
    };
    Some(CardOsLife { number, phase })
}

/// A number of two bytes, or of four in version 5.
fn number(raw: &[u8]) -> Option<u32> {
    if !matches!(raw.len(), 2..=4) {
        return None;
    }
    let add = |number, &byte| (number << 8) | u32::from(byte);
    Some(raw.iter().fold(0, add))
}

/// OpenSC has 90 where others have 80.
fn atr_source(raw: &[u8]) -> Option<AtrSource> {
    Some(match raw.first()? {
        0x00 => AtrSource::Rom,
        0x80 | 0x90 => AtrSource::Eeprom,
        _ => AtrSource::Unknown,
    })
}

/// The list of packages. Behind something that is none it goes on with the next one that is.
fn packages(raw: &[u8]) -> CardOsPackages {
    let mut found = CardOsPackages::default();
    let mut rest = raw;
    while let Some((&first, behind)) = rest.split_first() {
        match package(rest) {
            Some((package, end)) => {
                found.list.push(package);
                rest = end;
            }
            None => {
                found.damaged |= first != 0x00 && first != 0xFF;
                rest = behind;
            }
        }
    }
    found
}

/// `E1`, length, maker, identifier with its length, `8F 01` and the licence; and what is behind it.
fn package(bytes: &[u8]) -> Option<(CardOsPackage, &[u8])> {
    let (body, rest) = match bytes {
        [PACKAGE, len, rest @ ..] => rest.split_at_checked(usize::from(*len))?,
        _ => return None,
    };
    let [manufacturer, len, body @ ..] = body else {
        return None;
    };
    let (id, flags) = body.split_at_checked(usize::from(*len))?;
    if id.is_empty() || id.len() > MAX_PACKAGE_ID {
        return None;
    }
    let licensed = match flags {
        [] => None,
        [LICENCE, 0x01, licensed] => Some(*licensed == 0x01),
        _ => return None,
    };
    let package = CardOsPackage {
        manufacturer: *manufacturer,
        id: id.to_vec(),
        licensed,
        known: known(*manufacturer, id),
    };
    Some((package, rest))
}

/// The packages whose meaning is public (sheet, 2).
fn known(manufacturer: u8, id: &[u8]) -> Option<KnownPackage> {
    match (manufacturer, id) {
        (0x01, [0x1C, ..]) => Some(KnownPackage::LongKeys),
        (0x01, [0x07, _, 0xC8, 0x08, ..]) | (0x03, [0x02, _, 0xC8, 0x0D, ..]) => {
            Some(KnownPackage::TriesLeft)
        }
        _ => None,
    }
}

fn hardware(system: CardSystem, raw: &[u8]) -> Option<CardOsHardware> {
    let &[ram_high, ram_low, high, low, cpu, fifth, ref rest @ ..] = raw else {
        return None;
    };
    let (configuration, manufacturer) = match (system, rest) {
        (CardSystem::Cardos5, &[configuration, manufacturer, ..]) => {
            (configuration, Some(manufacturer))
        }
        _ => (fifth, None),
    };
    Some(CardOsHardware {
        ram: u16::from_be_bytes([ram_high, ram_low]),
        eeprom: u16::from_be_bytes([high, low]),
        cpu,
        configuration,
        manufacturer,
    })
}

fn keys(raw: &[u8]) -> Option<CardOsKeys> {
    let &[load_version, load_tries, version, tries, ..] = raw else {
        return None;
    };
    Some(CardOsKeys {
        package_load: SystemKey {
            version: load_version,
            tries: load_tries,
        },
        start: SystemKey { version, tries },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
