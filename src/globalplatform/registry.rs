//! What is on a card: GET STATUS (sheet "globalplatform", 4).

use super::channel::{ChannelError, Edition, SecureChannel};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, StatusWord};
use crate::token::{LifeCycle, PackageVersion, Privilege, Registry, RegistryEntry, RegistryKind};
use crate::transport::channel::Channel;

/// The most pieces of one list: a card that says "more" after each has no end.
const MAX_PIECES: usize = 64;

/// The most entries of all lists.
const MAX_ENTRIES: usize = 1024;

/// The most applets of a package, and of anything else that an entry may have several of.
const MAX_MODULES: usize = 64;

/// "More of this list follows".
const MORE: StatusWord = StatusWord(0x6310);

/// Why there is no registry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RegistryError {
    /// The secure channel.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The card does not tell what is on it.
    #[error("GET STATUS: {sw}")]
    Refused {
        /// What it said.
        sw: StatusWord,
    },
}

/// What is asked for (P1 of GET STATUS).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    CardManager,
    Applications,
    Packages,
    PackagesWithModules,
}

impl Part {
    fn p1(self) -> u8 {
        match self {
            Self::CardManager => 0x80,
            Self::Applications => 0x40,
            Self::Packages => 0x20,
            Self::PackagesWithModules => 0x10,
        }
    }
}

/// The form of the answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layout {
    /// `E3 {..}`, of GlobalPlatform 2.1.1 and later.
    Tlv,
    /// Length, name, state, privileges.
    Plain,
}

/// Reads what is on the card, through an open channel.
///
/// # Errors
///
/// [`RegistryError`]; nothing was changed on the card.
pub fn read(
    secure: &mut SecureChannel,
    channel: &mut Channel<'_>,
) -> Result<Registry, RegistryError> {
    let old = secure.edition() == Edition::OpenPlatform201;
    let mut asking = Asking {
        layout: if old { Layout::Plain } else { Layout::Tlv },
        old,
        secure,
        channel,
        registry: Registry::default(),
    };
    for part in [Part::CardManager, Part::Applications] {
        if let Some(sw) = asking.list(part)? {
            return Err(RegistryError::Refused { sw });
        }
    }
    // The modules came with 2.1; a card without them says so in one way or another.
    let modules = match old {
        true => Some(StatusWord::WRONG_P1P2),
        false => asking.list(Part::PackagesWithModules)?,
    };
    if modules.is_some()
        && let Some(sw) = asking.list(Part::Packages)?
    {
        return Err(RegistryError::Refused { sw });
    }
    Ok(asking.registry)
}

struct Asking<'a, 'b> {
    layout: Layout,
    old: bool,
    secure: &'a mut SecureChannel,
    channel: &'a mut Channel<'b>,
    registry: Registry,
}

impl Asking<'_, '_> {
    /// Reads one list; the status word if the card does not have it.
    fn list(&mut self, part: Part) -> Result<Option<StatusWord>, RegistryError> {
        let mut before = None;
        for piece in 0..MAX_PIECES {
            let mut answer = self.ask(part, piece > 0)?;
            if piece == 0 && answer.sw == StatusWord::WRONG_P1P2 && self.layout == Layout::Tlv {
                self.layout = Layout::Plain;
                answer = self.ask(part, false)?;
                if answer.sw == StatusWord::WRONG_P1P2 {
                    // It was not the form that the card minds.
                    self.layout = Layout::Tlv;
                }
            }
            match answer.sw {
                StatusWord::OK | MORE => {}
                StatusWord::NO_OBJECT | StatusWord::NOT_FOUND => return Ok(None),
                sw if piece == 0 => return Ok(Some(sw)),
                _ => {
                    self.registry.cut_short = true;
                    return Ok(None);
                }
            }
            self.take(part, &answer.data);
            if answer.sw.is_ok() {
                return Ok(None);
            }
            // The same again, or nothing, has no end.
            let stuck = answer.data.is_empty() || before.as_ref() == Some(&answer.data);
            if stuck || self.registry.entries.len() >= MAX_ENTRIES {
                break;
            }
            before = Some(answer.data);
        }
        self.registry.cut_short = true;
        Ok(None)
    }

    fn ask(&mut self, part: Part, next: bool) -> Result<crate::iso7816::Response, ChannelError> {
        let form = match self.layout {
            Layout::Tlv => 0x02,
            Layout::Plain => 0x00,
        };
        let command = Command::new([0x80, 0xF2, part.p1(), form | u8::from(next)])
            .data([0x4F, 0x00])
            .expecting(Le::ALL);
        self.secure.transmit(self.channel, &command)
    }

    fn take(&mut self, part: Part, data: &[u8]) {
        // Some cards answer in the old form whatever they are asked for.
        let (mut entries, whole) = if data.first() == Some(&0xE3) {
            tagged(part, data)
        } else {
            plain(part, data)
        };
        if self.old {
            for entry in &mut entries {
                entry.life_cycle = LifeCycle::of_open_platform(entry.kind, entry.state);
            }
        }
        let all = &mut self.registry.entries;
        let room = MAX_ENTRIES.saturating_sub(all.len());
        self.registry.cut_short |= !whole || entries.len() > room;
        all.extend(entries.into_iter().take(room));
    }
}

/// What something is, by the list that it is in and its privileges.
fn kind(part: Part, privileges: &[u8]) -> RegistryKind {
    let domain = privileges.first().is_some_and(|first| first & 0x80 != 0);
    match part {
        Part::CardManager => RegistryKind::IssuerSecurityDomain,
        Part::Applications if domain => RegistryKind::SecurityDomain,
        Part::Applications => RegistryKind::Application,
        Part::Packages | Part::PackagesWithModules => RegistryKind::Package,
    }
}

fn entry(part: Part, aid: &[u8], state: u8, privileges: &[u8]) -> RegistryEntry {
    let kind = kind(part, privileges);
    let privileges = match kind {
        RegistryKind::Package => Vec::new(),
        _ => Privilege::of_bytes(privileges),
    };
    RegistryEntry {
        kind,
        aid: aid.to_vec(),
        life_cycle: LifeCycle::of(kind, state),
        state,
        privileges,
        version: None,
        package: None,
        modules: Vec::new(),
        security_domain: None,
    }
}

/// Whether bytes may be a name: cards have empty ones for "none".
fn is_aid(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 5..=16)
}

/// Reads the form with tags; whether that was all.
fn tagged(part: Part, data: &[u8]) -> (Vec<RegistryEntry>, bool) {
    let mut objects = ber::objects(data);
    let mut entries = Vec::new();
    let mut whole = true;
    for object in objects.by_ref().filter(|object| object.tag.0 == 0xE3) {
        match tagged_entry(part, object.value) {
            Some(entry) => entries.push(entry),
            None => whole = false,
        }
    }
    (entries, whole && objects.rest().is_empty())
}

fn tagged_entry(part: Part, bytes: &[u8]) -> Option<RegistryEntry> {
    let find = |tag| ber::find(bytes, &[tag]);
    let names = |tag| {
        let named = ber::objects(bytes).filter(move |object| object.tag.0 == tag);
        named.map(|object| object.value).filter(|aid| is_aid(aid))
    };
    let aid = find(0x4F).filter(|aid| is_aid(aid))?;
    let state = find(0x9F70)?.first().copied()?;
    let mut found = entry(part, aid, state, find(0xC5).unwrap_or_default());
    found.package = names(0xC4).next().map(<[u8]>::to_vec);
    found.security_domain = names(0xCC).next().map(<[u8]>::to_vec);
    found.modules = names(0x84).take(MAX_MODULES).map(<[u8]>::to_vec).collect();
    found.version = match find(0xCE) {
        Some(&[major, minor]) => Some(PackageVersion { major, minor }),
        _ => None,
    };
    Some(found)
}

/// Reads the form without tags; whether that was all.
fn plain(part: Part, mut data: &[u8]) -> (Vec<RegistryEntry>, bool) {
    let mut entries = Vec::new();
    while !data.is_empty() {
        let Some((found, rest)) = plain_entry(part, data) else {
            return (entries, false);
        };
        entries.push(found);
        data = rest;
    }
    (entries, true)
}

fn plain_entry(part: Part, data: &[u8]) -> Option<(RegistryEntry, &[u8])> {
    let (aid, rest) = plain_aid(data)?;
    let (&[state, privileges], mut rest) = rest.split_first_chunk()?;
    let mut found = entry(part, aid, state, &[privileges]);
    if part == Part::PackagesWithModules {
        let (&count, tail) = rest.split_first()?;
        rest = tail;
        for _ in 0..count {
            let (module, tail) = plain_aid(rest)?;
            if found.modules.len() < MAX_MODULES {
                found.modules.push(module.to_vec());
            }
            rest = tail;
        }
    }
    Some((found, rest))
}

fn plain_aid(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&len, rest) = data.split_first()?;
    let (aid, rest) = rest.split_at_checked(len.into())?;
    is_aid(aid).then_some((aid, rest))
}

#[cfg(test)]
mod tests {
    use super::{Part, plain, tagged};

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            for part in [Part::CardManager, Part::Applications, Part::Packages, Part::PackagesWithModules] {
                let (entries, _) = plain(part, &bytes);
                proptest::prop_assert!(entries.len() <= bytes.len());
                let (entries, _) = tagged(part, &bytes);
                proptest::prop_assert!(entries.len() <= bytes.len());
            }
        }
    }
}
