//! INSTALL [for load], LOAD, and INSTALL [for install] (sheet "globalplatform", 4).

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::cap;
use super::model::{DOMAIN_MODULE, Model};
use super::registry::{
    DEFAULT_SELECTED, INSTALLED, Instance, Package, Registry, SECURITY_DOMAIN, SELECTABLE,
};
use super::small::{Inert, Subordinate};
use super::{Factory, NO_MEMORY};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Applet;

/// In P1 of INSTALL.
const FOR_INSTALL: u8 = 0x04;
/// In P1 of INSTALL.
const MAKE_SELECTABLE: u8 = 0x08;
/// Bytes that an instance takes where no parameter says more.
const INSTANCE_SIZE: usize = 128;

/// A load file on its way.
pub(super) struct Loading {
    aid: Vec<u8>,
    domain: Vec<u8>,
    hash: Vec<u8>,
    /// The most bytes of code that the parameters allow.
    limit: Option<usize>,
    next_block: u16,
    bytes: Vec<u8>,
}

/// Takes a list of values behind their lengths apart; nothing if there are not just so many.
fn values<const N: usize>(mut data: &[u8]) -> Option<[&[u8]; N]> {
    let mut values = [&[][..]; N];
    for value in &mut values {
        let (len, rest) = match data {
            [0x81, len, rest @ ..] => (*len, rest),
            [len @ 0..=0x7F, rest @ ..] => (*len, rest),
            _ => return None,
        };
        (*value, data) = rest.split_at_checked(usize::from(len))?;
    }
    data.is_empty().then_some(values)
}

/// A number of bytes in the parameters, of two or four bytes.
fn number(value: &[u8]) -> Option<usize> {
    let number = match *value {
        [a, b] => u32::from_be_bytes([0, 0, a, b]),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        _ => return None,
    };
    usize::try_from(number).ok()
}

/// What the system parameters ask for in one of their objects.
fn asked(parameters: &[u8], tag: u32) -> Result<Option<usize>, StatusWord> {
    match ber::find(parameters, &[0xEF, tag]) {
        None => Ok(None),
        Some(value) => number(value).map(Some).ok_or(StatusWord::WRONG_DATA),
    }
}

fn is_name(aid: &[u8]) -> bool {
    (5..=16).contains(&aid.len())
}

impl Loading {
    /// INSTALL [for load].
    ///
    /// # Errors
    ///
    /// The data is no list of five, a name is taken, there is no such security domain, or not
    /// enough room.
    pub(super) fn begin(
        registry: &Registry,
        model: &Model,
        data: &[u8],
    ) -> Result<Self, StatusWord> {
        let [aid, domain, hash, parameters, _token] = values(data).ok_or(StatusWord::WRONG_DATA)?;
        let hash_len = matches!(hash.len(), 0 | 20 | 32);
        if !is_name(aid) || !hash_len || registry.is_taken(aid) || model.resident(aid).is_some() {
            return Err(StatusWord::WRONG_DATA);
        }
        if !registry.is_domain(domain) {
            return Err(StatusWord::NO_OBJECT);
        }
        let limit = asked(parameters, 0xC6)?;
        let others = [asked(parameters, 0xC8)?, limit];
        if others.iter().flatten().sum::<usize>() > registry.free()
            || asked(parameters, 0xC7)?.is_some_and(|bytes| bytes > registry.free_volatile())
        {
            return Err(NO_MEMORY);
        }
        Ok(Self {
            aid: aid.to_vec(),
            domain: if domain.is_empty() {
                registry.aid.clone()
            } else {
                domain.to_vec()
            },
            hash: hash.to_vec(),
            limit,
            next_block: 0,
            bytes: Vec::new(),
        })
    }

    /// One block. After an error, the load file is to be thrown away.
    ///
    /// # Errors
    ///
    /// It is not the next one, or there is not enough room.
    pub(super) fn block(
        &mut self,
        registry: &Registry,
        number: u8,
        block: &[u8],
    ) -> Result<(), StatusWord> {
        if u16::from(number) != self.next_block {
            return Err(StatusWord::WRONG_P1P2);
        }
        if block.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        self.next_block += 1;
        self.bytes.extend_from_slice(block);
        // What is around the load file itself takes no room, but never much.
        let around = 512;
        if self.bytes.len() > registry.free() + around {
            return Err(NO_MEMORY);
        }
        Ok(())
    }

    /// The package, when all blocks are there.
    ///
    /// # Errors
    ///
    /// It is no load file, or none for this card.
    pub(super) fn finish(&self, registry: &Registry, model: &Model) -> Result<Package, StatusWord> {
        let mut objects = ber::objects(&self.bytes);
        let file = objects
            .by_ref()
            .find(|object| object.tag != ber::Tag(0xE2))
            .filter(|object| object.tag == ber::Tag(0xC4))
            .map(|object| object.value)
            .filter(|_| objects.rest().is_empty())
            .ok_or(StatusWord::WRONG_DATA)?;
        if self.limit.is_some_and(|limit| file.len() > limit) {
            return Err(NO_MEMORY);
        }
        let right = match self.hash.len() {
            20 => Sha1::digest(file)[..] == *self.hash,
            32 => Sha256::digest(file)[..] == *self.hash,
            _ => true,
        };
        if !right {
            return Err(StatusWord::WRONG_DATA);
        }
        let package = cap::check(file, &self.aid, model, registry)?;
        Ok(Package {
            domain: self.domain.clone(),
            ..package
        })
    }
}

/// INSTALL [for install], [for make selectable], or both.
///
/// # Errors
///
/// There is no such package or module, the name is taken, or not enough room.
pub(super) fn install(
    registry: &mut Registry,
    model: &Model,
    factory: Option<Factory>,
    p1: u8,
    data: &[u8],
) -> Result<(), StatusWord> {
    let [package, module, aid, privileges, parameters, _token] =
        values(data).ok_or(StatusWord::WRONG_DATA)?;
    let privileges = match *privileges {
        [] => [0; 3],
        [first] => [first, 0, 0],
        [first, second, third] if !model.open_platform => [first, second, third],
        _ => return Err(StatusWord::WRONG_DATA),
    };
    if p1 == MAKE_SELECTABLE {
        return make_selectable(registry, aid, privileges);
    }
    let [first, ..] = privileges;
    let [resident, loaded] = [
        model
            .resident(package)
            .map(|one| one.modules.contains(&module)),
        registry
            .package(package)
            .map(|one| one.modules.iter().any(|known| known == module)),
    ];
    if resident.or(loaded) != Some(true) {
        return Err(StatusWord::NO_OBJECT);
    }
    let own = ber::find(parameters, &[0xC9]).ok_or(StatusWord::WRONG_DATA)?;
    let domain = resident.is_some() && module == DOMAIN_MODULE;
    let default_taken = first & DEFAULT_SELECTED != 0
        && registry
            .instances
            .iter()
            .any(|one| one.has(DEFAULT_SELECTED));
    if !is_name(aid)
        || registry.is_taken(aid)
        || model.resident(aid).is_some()
        || default_taken
        || domain != (first & SECURITY_DOMAIN != 0)
    {
        return Err(StatusWord::WRONG_DATA);
    }
    let size = asked(parameters, 0xC8)?.unwrap_or(0).max(INSTANCE_SIZE);
    let volatile = asked(parameters, 0xC7)?.unwrap_or(0);
    if size > registry.free() || volatile > registry.free_volatile() {
        return Err(NO_MEMORY);
    }
    let made: Option<Box<dyn Applet>> = if domain {
        Some(Box::new(Subordinate::new(aid)))
    } else {
        factory.and_then(|factory| factory(package, module, aid, own))
    };
    let owner = registry.package(package).map(|one| one.domain.clone());
    registry.instances.push(Instance {
        aid: aid.to_vec(),
        state: if p1 == FOR_INSTALL {
            INSTALLED
        } else {
            SELECTABLE
        },
        privileges,
        package: package.to_vec(),
        module: module.to_vec(),
        domain: owner.unwrap_or_else(|| registry.aid.clone()),
        size,
        volatile,
        applet: made.unwrap_or_else(|| Box::new(Inert::new(aid))),
    });
    Ok(())
}

fn make_selectable(
    registry: &mut Registry,
    aid: &[u8],
    [first, second, third]: [u8; 3],
) -> Result<(), StatusWord> {
    let default = first & DEFAULT_SELECTED;
    let taken = registry
        .instances
        .iter()
        .any(|one| one.aid != aid && one.has(DEFAULT_SELECTED));
    let instance = registry.instance_mut(aid).ok_or(StatusWord::NO_OBJECT)?;
    if instance.state != INSTALLED {
        return Err(StatusWord::CONDITIONS);
    }
    if default != 0 && taken {
        return Err(StatusWord::WRONG_DATA);
    }
    instance.state = SELECTABLE;
    let [one, two, three] = &mut instance.privileges;
    *one |= default;
    *two |= second;
    *three |= third;
    Ok(())
}
