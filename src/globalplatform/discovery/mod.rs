//! Finding the card manager, and what it tells to everybody (sheet "globalplatform", 1).
//!
//! Nothing here changes the card or counts anything on it: SELECT and GET DATA alone.

pub mod cplc;
pub mod key_information;
pub mod recognition;
pub mod resources;

use super::keys::{KeyFamily, WellKnownKey};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, StatusWord};
use crate::token::{
    CardKey, CardKeyKind, CardManager, Cplc, DeveloperSign, LifeCycle, Registry, RegistryKind,
};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// Card managers by their names, in the order in which they are asked for.
const AIDS: [&[u8]; 5] = [
    // GlobalPlatform.
    &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00],
    // Open Platform, in its two lengths.
    &[0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00],
    &[0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00],
    // Gemplus GemXpresso.
    &[0xA0, 0x00, 0x00, 0x00, 0x18, 0x43, 0x4D, 0x00],
    &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00],
];

/// Whose names card managers have: GlobalPlatform, Visa, Gemplus.
const ISSUERS: [&[u8]; 3] = [
    &[0xA0, 0x00, 0x00, 0x01, 0x51],
    &[0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00],
    &[0xA0, 0x00, 0x00, 0x00, 0x18, 0x43, 0x4D],
];

/// Cards that are sold with an applet of their maker's and keys that only the maker has: eToken PRO 72K
/// Java, which differ in the length of their blocks alone (sheet "other-cards", trap 2).
const MAKERS: [&[u8]; 2] = [
    &[
        0x3B, 0xD5, 0x18, 0x00, 0x81, 0x31, 0x3A, 0x7D, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x30,
    ],
    &[
        0x3B, 0xD5, 0x18, 0x00, 0x81, 0x31, 0xFE, 0x7D, 0x80, 0x73, 0xC8, 0x21, 0x10, 0xF4,
    ],
];

/// "Selected, but locked".
const LOCKED: StatusWord = StatusWord(0x6283);

/// The longest name, in bytes.
const MAX_AID: usize = 16;

/// Selects the card manager and reads what it tells; nothing if the card has none. It stays
/// selected.
///
/// # Errors
///
/// [`LinkError`] if the way to the card is broken. A bad answer is only one that is missing.
pub fn discover(channel: &mut Channel<'_>) -> Result<Option<CardManager>, LinkError> {
    if let Some(mut manager) = select(channel, &[])? {
        let named = ISSUERS.iter().any(|issuer| manager.aid.starts_with(issuer));
        read(channel, &mut manager)?;
        // What is selected without a name may be an application that was made the default one.
        if named || manager.recognition.is_some() || manager.keys.is_some() {
            return Ok(Some(manager));
        }
    }
    for aid in AIDS {
        if let Some(mut manager) = select(channel, aid)? {
            if manager.aid.is_empty() {
                manager.aid = aid.to_vec();
            }
            read(channel, &mut manager)?;
            return Ok(Some(manager));
        }
    }
    Ok(None)
}

/// What the keys have to be for, as far as the card tells.
#[must_use]
pub fn announced_family(manager: &CardManager) -> Option<KeyFamily> {
    let of_keys = || {
        let mut sets = manager.keys.iter().flatten().filter(|key| key.id == 1);
        sets.find_map(|key| match key.components.first()?.kind {
            CardKeyKind::Aes => Some(KeyFamily::Aes),
            CardKeyKind::Des => Some(KeyFamily::TripleDes),
            _ => None,
        })
    };
    let of_protocols = || {
        let mut known = manager
            .recognition
            .iter()
            .flat_map(|known| &known.protocols);
        known.find_map(|protocol| match protocol.scp {
            1 | 2 => Some(KeyFamily::TripleDes),
            3 => Some(KeyFamily::Aes),
            _ => None,
        })
    };
    of_keys().or_else(of_protocols)
}

/// What tells whether this is a card for developers, with all that is known by now.
#[must_use]
pub fn signs(
    manager: &CardManager,
    atr: &[u8],
    registry: Option<&Registry>,
    opened_with: Option<WellKnownKey>,
) -> Vec<DeveloperSign> {
    let mut signs = Vec::new();
    if MAKERS.contains(&atr) {
        signs.push(DeveloperSign::MakersApplet);
    }
    if let Some(keys) = &manager.keys
        && !keys.is_empty()
    {
        let factory = keys.iter().any(|key| key.version == 0xFF);
        signs.push(if factory {
            DeveloperSign::FactoryKeys
        } else {
            DeveloperSign::OwnKeys
        });
    }
    if let Some(cplc) = &manager.cplc
        && matches!(cplc.personaliser, 0 | 0xFFFF)
        && !cplc.personalisation.is_set()
    {
        signs.push(DeveloperSign::NotPersonalised);
    }
    let entries = registry.iter().flat_map(|registry| &registry.entries);
    let state = entries
        .filter(|entry| entry.kind == RegistryKind::IssuerSecurityDomain)
        .map(|entry| entry.life_cycle)
        .next();
    match state {
        Some(LifeCycle::OpReady | LifeCycle::Initialized) => signs.push(DeveloperSign::NotSecured),
        Some(LifeCycle::Secured) => signs.push(DeveloperSign::Secured),
        Some(LifeCycle::CardLocked | LifeCycle::Terminated) => signs.push(DeveloperSign::Closed),
        _ if manager.locked => signs.push(DeveloperSign::Closed),
        _ => {}
    }
    if opened_with.is_some() {
        signs.push(DeveloperSign::WellKnownKeys);
    }
    signs
}

/// Selects by name, or what is selected without one.
fn select(channel: &mut Channel<'_>, aid: &[u8]) -> Result<Option<CardManager>, LinkError> {
    let command = Command::new([0x00, 0xA4, 0x04, 0x00])
        .data(aid)
        .expecting(Le::bytes(256));
    let answer = match channel.transmit(&command) {
        Ok(answer) => answer,
        Err(error) if error.is_bad_answer() => return Ok(None),
        Err(error) => return Err(error),
    };
    if !answer.sw.is_ok() && answer.sw != LOCKED {
        channel.count_as_absent();
        return Ok(None);
    }
    let fci = ber::find(&answer.data, &[0x6F]).unwrap_or_default();
    let name = ber::find(fci, &[0x84]).filter(|name| name.len() <= MAX_AID);
    let own = ber::find(fci, &[0xA5]).unwrap_or_default();
    let longest = ber::find(own, &[0x9F65]).filter(|len| matches!(len.len(), 1 | 2));
    Ok(Some(CardManager {
        aid: name.unwrap_or_default().to_vec(),
        locked: answer.sw == LOCKED,
        longest_data: longest
            .map(|len| len.iter().fold(0, |all, &byte| all << 8 | u32::from(byte))),
        recognition: recognition::parse(own),
        ..CardManager::default()
    }))
}

/// What is told to everybody.
fn read(channel: &mut Channel<'_>, manager: &mut CardManager) -> Result<(), LinkError> {
    let mut objects = Objects {
        channel,
        class: 0x80,
    };
    manager.cplc = objects.get([0x9F, 0x7F], cplc::parse)?;
    if manager.recognition.is_none() {
        manager.recognition = objects.get([0x00, 0x66], recognition::parse)?;
    }
    manager.keys = objects.get([0x00, 0xE0], key_information::parse)?;
    // Cards of Open Platform have neither of these.
    if manager.recognition.is_some() {
        manager.resources = objects.get([0xFF, 0x21], resources::parse)?;
        manager.capabilities = objects.get([0x00, 0x67], |bytes| Some(bytes.to_vec()))?;
    }
    manager.signs = signs(manager, objects.channel.atr(), None, None);
    Ok(())
}

/// When and by whom the card was made, asked of what is selected.
///
/// # Errors
///
/// [`LinkError`] if the way to the card is broken.
pub fn production(channel: &mut Channel<'_>) -> Result<Option<Cplc>, LinkError> {
    let mut objects = Objects {
        channel,
        class: 0x80,
    };
    objects.get([0x9F, 0x7F], cplc::parse)
}

/// The keys of what is selected, as everybody is told them; nothing if they are not told.
///
/// # Errors
///
/// [`LinkError`] if the way to the card is broken.
pub fn keys(channel: &mut Channel<'_>) -> Result<Option<Vec<CardKey>>, LinkError> {
    let mut objects = Objects {
        channel,
        class: 0x80,
    };
    objects.get([0x00, 0xE0], key_information::parse)
}

/// GET DATA, in the class that the card takes.
struct Objects<'a, 'b> {
    channel: &'a mut Channel<'b>,
    class: u8,
}

impl Objects<'_, '_> {
    fn get<T>(
        &mut self,
        tag: [u8; 2],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, LinkError> {
        let [p1, p2] = tag;
        for _ in 0..2 {
            let command = Command::new([self.class, 0xCA, p1, p2]).expecting(Le::bytes(256));
            let answer = match self.channel.transmit(&command) {
                Ok(answer) => answer,
                Err(error) if error.is_bad_answer() => return Ok(None),
                Err(error) => return Err(error),
            };
            let refused = matches!(answer.sw, StatusWord::NO_CLASS | StatusWord::NO_INSTRUCTION);
            if refused && self.class != 0x00 {
                self.class = 0x00;
                continue;
            }
            let data = answer.sw.is_ok().then_some(answer.data);
            return Ok(data.and_then(|data| parse(&data)));
        }
        Ok(None)
    }
}
