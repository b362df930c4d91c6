//! GET STATUS and SET STATUS (sheet "globalplatform", 4).

use super::model::Model;
use super::registry::{
    CARD_LOCKED, INITIALIZED, LOADED, LOCKED, OP_READY, Registry, SECURED, SECURITY_DOMAIN,
    SELECTABLE, TERMINATED,
};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;

/// The most bytes of entries in one answer; what protects an answer still fits.
const PAGE: usize = 239;

/// In P1 of GET STATUS: the issuer security domain.
const ISSUER: u8 = 0x80;
/// In P1 of GET STATUS: instances and other security domains.
const INSTANCES: u8 = 0x40;
/// In P1 of GET STATUS: packages.
const PACKAGES: u8 = 0x20;
/// In P1 of GET STATUS: packages with their modules.
const MODULES: u8 = 0x10;
/// In P2 of GET STATUS: what did not fit before.
const NEXT: u8 = 0x01;
/// In P2 of GET STATUS: entries in TLV.
const TLV: u8 = 0x02;

/// Entries that did not fit, and the question they belong to.
#[derive(Debug, Default)]
pub(super) struct Remaining {
    question: Option<[u8; 2]>,
    entries: Vec<Vec<u8>>,
}

/// An entry of the registry, as it is listed.
struct Line<'a> {
    aid: &'a [u8],
    state: u8,
    privileges: Option<[u8; 3]>,
    version: Option<[u8; 2]>,
    package: Option<&'a [u8]>,
    domain: Option<&'a [u8]>,
    modules: Option<Vec<&'a [u8]>>,
}

impl Remaining {
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// One page of the answer to GET STATUS, and whether there is more.
    ///
    /// # Errors
    ///
    /// The question is no question, or the list is empty.
    pub(super) fn page(
        &mut self,
        registry: &Registry,
        model: &Model,
        [p1, p2]: [u8; 2],
        data: &[u8],
    ) -> Result<(Vec<u8>, bool), StatusWord> {
        let known = ISSUER | INSTANCES | PACKAGES | MODULES;
        let no_tlv = model.open_platform && p2 & TLV != 0;
        if p1 & !known != 0 || p1 == 0 || p2 & !(NEXT | TLV) != 0 || no_tlv {
            return Err(StatusWord::WRONG_P1P2);
        }
        let [0x4F, len, rest @ ..] = data else {
            return Err(StatusWord::WRONG_DATA);
        };
        let prefix = rest
            .get(..usize::from(*len))
            .filter(|_| *len <= 16)
            .ok_or(StatusWord::WRONG_DATA)?;
        let question = [p1, p2 & !NEXT];
        if p2 & NEXT == 0 {
            self.entries = entries(registry, model, question, prefix);
            self.question = Some(question);
        } else if self.question != Some(question) || self.entries.is_empty() {
            self.forget();
            return Err(StatusWord::CONDITIONS);
        }
        if self.entries.is_empty() {
            return Err(StatusWord::NO_OBJECT);
        }
        let mut page = Vec::new();
        let mut count = 0;
        for entry in &self.entries {
            if count > 0 && page.len() + entry.len() > PAGE {
                break;
            }
            page.extend_from_slice(entry);
            count += 1;
        }
        self.entries.drain(..count);
        Ok((page, !self.entries.is_empty()))
    }
}

fn entries(registry: &Registry, model: &Model, [p1, p2]: [u8; 2], prefix: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    if p1 & ISSUER != 0 {
        lines.push(Line {
            aid: &registry.aid,
            state: registry.state,
            privileges: Some([if model.open_platform { 0 } else { 0x9E }, 0, 0]),
            version: None,
            package: None,
            domain: None,
            modules: None,
        });
    }
    if p1 & INSTANCES != 0 {
        lines.extend(registry.instances.iter().map(|one| Line {
            aid: &one.aid,
            state: one.state,
            privileges: Some(one.privileges),
            version: None,
            package: Some(&one.package),
            domain: Some(&one.domain),
            modules: None,
        }));
    }
    if p1 & (PACKAGES | MODULES) != 0 {
        let with_modules = p1 & MODULES != 0;
        let residents = model.residents.iter().filter(|package| package.listed);
        lines.extend(residents.map(|package| Line {
            modules: with_modules.then(|| package.modules.to_vec()),
            ..package_line(package.aid, package.version, &registry.aid)
        }));
        lines.extend(registry.packages.iter().map(|package| Line {
            modules: with_modules.then(|| package.modules.iter().map(Vec::as_slice).collect()),
            ..package_line(&package.aid, package.version, &package.domain)
        }));
    }
    let lines = lines.iter().filter(|line| line.aid.starts_with(prefix));
    lines
        .map(|line| {
            if p2 & TLV == 0 {
                line.plain()
            } else {
                line.tagged(model)
            }
        })
        .collect()
}

fn package_line<'a>(aid: &'a [u8], version: [u8; 2], domain: &'a [u8]) -> Line<'a> {
    Line {
        aid,
        state: LOADED,
        privileges: None,
        version: Some(version),
        package: None,
        domain: Some(domain),
        modules: None,
    }
}

impl Line<'_> {
    /// Length, name, state, privileges: the form of Open Platform.
    fn plain(&self) -> Vec<u8> {
        let [privileges, ..] = self.privileges.unwrap_or_default();
        let mut line = counted(self.aid);
        line.extend([self.state, privileges]);
        if let Some(modules) = &self.modules {
            line.extend(u8::try_from(modules.len()));
            line.extend(modules.iter().flat_map(|module| counted(module)));
        }
        line
    }

    fn tagged(&self, model: &Model) -> Vec<u8> {
        let mut entry = ber::encode(0x4F, self.aid);
        ber::push(&mut entry, 0x9F70, &[self.state]);
        if let Some(privileges) = self
            .privileges
            .as_ref()
            .and_then(|privileges| privileges.get(..model.privileges))
        {
            ber::push(&mut entry, 0xC5, privileges);
        }
        // The associations came with version 2.2.
        if model.version >= [2, 2].as_slice() {
            if let Some(package) = self.package {
                ber::push(&mut entry, 0xC4, package);
            }
            if let Some(version) = self.version {
                ber::push(&mut entry, 0xCE, &version);
            }
            if let Some(domain) = self.domain {
                ber::push(&mut entry, 0xCC, domain);
            }
        }
        for module in self.modules.iter().flatten() {
            ber::push(&mut entry, 0x84, module);
        }
        ber::encode(0xE3, &entry)
    }
}

fn counted(aid: &[u8]) -> Vec<u8> {
    let len = u8::try_from(aid.len()).unwrap_or(0);
    [&[len], aid].concat()
}

/// SET STATUS.
///
/// # Errors
///
/// There is no way from the state that is to the one that shall be, or nothing to have it.
pub(super) fn set(
    registry: &mut Registry,
    model: &Model,
    [p1, state]: [u8; 2],
    aid: &[u8],
) -> Result<(), StatusWord> {
    match p1 {
        0x80 => set_card(registry, state),
        0x40 | 0x60 => {
            let instance = registry.instance_mut(aid).ok_or(StatusWord::NO_OBJECT)?;
            let domain = instance.has(SECURITY_DOMAIN);
            if p1 == 0x60 && !domain {
                return Err(StatusWord::NO_OBJECT);
            }
            instance.state = next_state(model, instance.state, state, domain)?;
            if p1 == 0x60 {
                for instance in &mut registry.instances {
                    if instance.domain == aid
                        && let Ok(next) = next_state(model, instance.state, state, false)
                    {
                        instance.state = next;
                    }
                }
            }
            Ok(())
        }
        _ => Err(StatusWord::WRONG_P1P2),
    }
}

fn set_card(registry: &mut Registry, state: u8) -> Result<(), StatusWord> {
    let allowed = matches!(
        (registry.state, state),
        (OP_READY, INITIALIZED)
            | (INITIALIZED, SECURED)
            | (SECURED, CARD_LOCKED)
            | (CARD_LOCKED, SECURED)
            | (_, TERMINATED)
    );
    if !allowed {
        return Err(match state {
            OP_READY | INITIALIZED | SECURED | CARD_LOCKED => StatusWord::CONDITIONS,
            _ => StatusWord::WRONG_P1P2,
        });
    }
    registry.state = state;
    Ok(())
}

/// The state of an instance after SET STATUS.
fn next_state(model: &Model, now: u8, wanted: u8, domain: bool) -> Result<u8, StatusWord> {
    if model.open_platform {
        // Blocked comes and goes; locked stays (sheet, 3).
        return match (now, wanted) {
            (0xFF | 0x03, _) if wanted != 0xFF => Err(StatusWord::CONDITIONS),
            (_, 0x07 | 0x0F | 0x7F | 0xFF) => Ok(wanted),
            _ => Err(StatusWord::WRONG_P1P2),
        };
    }
    if wanted & LOCKED != 0 {
        return Ok(now | LOCKED);
    }
    if now & LOCKED != 0 {
        return Ok(now & !LOCKED);
    }
    match wanted {
        // Not on the way back from being locked, so there is nothing to do.
        0x00 => Err(StatusWord::CONDITIONS),
        0x0F if domain && now == SELECTABLE => Ok(wanted),
        _ if !domain && now != 0x03 && wanted & SELECTABLE == SELECTABLE => Ok(wanted),
        _ => Err(StatusWord::CONDITIONS),
    }
}
