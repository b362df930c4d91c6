//! The lists that the object directory file names (PKCS #15 v1.1, 6.2).

use super::files;
use super::objects::{Place, Value};
use crate::iso7816::tlv::ber::{Tag, Tlv};

/// What is in a list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::card) enum Kind {
    /// PINs: they are read first, since everybody looks for them.
    Pins,
    PrivateKeys,
    Certificates,
    PublicKeys,
    Data,
}

/// A list.
#[derive(Clone, Debug)]
pub(in crate::card) struct List {
    pub(in crate::card) kind: Kind,
    pub(in crate::card) value: Value,
}

/// All lists, in the order in which they are read, and what is wrong with the directory.
pub(in crate::card) fn lists(odf: &[u8]) -> (Vec<List>, Vec<String>) {
    let (entries, _) = files::entries(odf);
    let mut lists: Vec<List> = Vec::new();
    let mut wrong = Vec::new();
    if entries.len() > MAX_LISTS {
        wrong.push(format!("list cut short after {MAX_LISTS}"));
    }
    for (index, entry) in entries.iter().take(MAX_LISTS).enumerate() {
        match list(entry) {
            // A list that is named twice is read once.
            Ok(Some(list)) if lists.iter().any(|known| known.is_at(&list)) => {}
            Ok(list) => lists.extend(list),
            Err(NoList) => wrong.push(format!("entry {} is none", index + 1)),
        }
    }
    lists.sort_by_key(|list| list.kind);
    (lists, wrong)
}

/// An entry that leads to no list, or back to the directory.
struct NoList;

/// Nothing for kinds of objects that nothing is made of: secret keys, and what is not of this
/// version.
fn list(entry: &Tlv<'_>) -> Result<Option<List>, NoList> {
    let kind = match entry.tag {
        Tag(0xA0) => Kind::PrivateKeys,
        Tag(0xA1 | 0xA2) => Kind::PublicKeys,
        Tag(0xA4..=0xA6) => Kind::Certificates,
        Tag(0xA7) => Kind::Data,
        Tag(0xA8) => Kind::Pins,
        Tag(0xA3 | 0xA9..=0xBE) => return Ok(None),
        _ => return Err(NoList),
    };
    let value = entry.children().next().ok_or(NoList)?;
    let value = match value.tag {
        Tag(0x30) => Value::At(Place::of(&value).ok_or(NoList)?),
        Tag(0xA0) => Value::Direct(value.value.to_vec()),
        _ => return Err(NoList),
    };
    let path = value.place().map(Place::absolute);
    if path == Some(None) || path == Some(Some(files::in_home(files::ODF))) {
        return Err(NoList);
    }
    Ok(Some(List { kind, value }))
}

impl List {
    /// Whether both are in one file.
    fn is_at(&self, other: &Self) -> bool {
        let path = |list: &Self| list.value.place().and_then(Place::absolute);
        path(self).is_some() && path(self) == path(other)
    }
}

/// The most lists that are read.
const MAX_LISTS: usize = 16;
