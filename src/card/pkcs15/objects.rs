//! One entry of a list: what every object has, and what its class and kind add (PKCS #15 v1.1, 6.1;
//! sheet, 6).

use super::bits::{
    self, BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, SEQUENCE, UTF8_STRING, first, next_if,
    number,
};
use super::files;
use crate::iso7816::tlv::ber::{Objects, Tag, Tlv};
use crate::token::{Fact, FactName, FactValue, Flag, Text};

/// The kind of a private or public key that is on a curve; RSA is a plain sequence.
const ELLIPTIC: Tag = Tag(0xA0);

/// What every object has.
#[derive(Clone, Debug, Default)]
pub(in crate::card) struct Common {
    pub(in crate::card) label: Option<Text>,
    flags: Vec<Flag>,
    pub(in crate::card) auth: Option<Vec<u8>>,
}

/// An entry, taken apart into its three or four parts.
pub(in crate::card) struct Entry<'a> {
    pub(in crate::card) common: Common,
    pub(in crate::card) class: Objects<'a>,
    /// What belongs to the kind of object.
    pub(in crate::card) kind: Tlv<'a>,
    pub(in crate::card) is_elliptic: bool,
}

impl<'a> Entry<'a> {
    /// Nothing if it is no object of any class.
    pub(in crate::card) fn of(object: &Tlv<'a>) -> Option<Self> {
        let mut parts = object.children();
        let common = Common::of(next_if(&mut parts, SEQUENCE)?);
        let class = Tlv {
            tag: SEQUENCE,
            value: next_if(&mut parts, SEQUENCE)?,
        };
        let _ = next_if(&mut parts, Tag(0xA0));
        let kind = next_if(&mut parts, Tag(0xA1))?;
        let kind = Tlv {
            tag: Tag(0xA1),
            value: kind,
        };
        Some(Self {
            common,
            class: class.children(),
            kind: first(&kind, 0x30)?,
            is_elliptic: object.tag == ELLIPTIC,
        })
    }
}

impl Common {
    fn of(value: &[u8]) -> Self {
        let whole = Tlv {
            tag: SEQUENCE,
            value,
        };
        let mut parts = whole.children();
        let label = next_if(&mut parts, UTF8_STRING).map(Text::from_either);
        let set = next_if(&mut parts, BIT_STRING).map(bits::bits);
        Self {
            label: label.filter(|label| !label.is_empty()),
            flags: bits::flags(set.unwrap_or(0), &bits::OBJECT),
            auth: next_if(&mut parts, OCTET_STRING).map(<[u8]>::to_vec),
        }
    }

    /// Whether only who knows a PIN sees it.
    pub(in crate::card) fn is_private(&self) -> bool {
        self.flags.contains(&Flag::Private)
    }

    pub(in crate::card) fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![Fact {
            name: FactName::ObjectFlags,
            value: FactValue::Flags(self.flags.clone()),
        }];
        let auth = self.auth.as_deref();
        facts.extend(auth.map(|auth| Fact::hex(FactName::AuthId, auth)));
        facts
    }
}

/// Where something is: in a file, or a part of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::card) struct Place {
    /// As it is written.
    pub(in crate::card) path: Vec<u8>,
    /// The first byte and how many, if it is not the whole file.
    part: Option<(usize, usize)>,
}

impl Place {
    /// From `Path ::= SEQUENCE { path, index, length }`.
    pub(in crate::card) fn of(sequence: &Tlv<'_>) -> Option<Self> {
        let mut parts = sequence.children();
        let path = next_if(&mut parts, OCTET_STRING)?.to_vec();
        let index = next_if(&mut parts, INTEGER).and_then(number);
        let length = next_if(&mut parts, Tag(0x80)).and_then(number);
        let part = index.zip(length).and_then(|(index, length)| {
            Some((usize::try_from(index).ok()?, usize::try_from(length).ok()?))
        });
        Some(Self { path, part })
    }

    pub(in crate::card) fn fact(&self) -> Fact {
        Fact::hex(FactName::Path, &self.path)
    }

    /// The path as a card takes it whose application is in the usual directory.
    pub(in crate::card) fn absolute(&self) -> Option<Vec<u8>> {
        files::absolute(&self.path, &files::HOME)
    }

    /// The first byte and how many, if it is not the whole file.
    pub(super) fn part(&self) -> Option<(usize, usize)> {
        self.part
    }

    /// What of the file is meant.
    pub(in crate::card) fn cut(&self, file: Vec<u8>) -> Option<Vec<u8>> {
        match self.part {
            None => Some(file),
            Some((index, length)) => {
                let end = index.checked_add(length)?;
                Some(file.get(index..end)?.to_vec())
            }
        }
    }
}

/// A value: where it is, or itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::card) enum Value {
    At(Place),
    Direct(Vec<u8>),
}

impl Value {
    /// The first part of the kind: a path, or `[0]` with what would be in the file.
    pub(in crate::card) fn of(kind: &Tlv<'_>) -> Option<Self> {
        let value = kind.children().next()?;
        match value.tag {
            // Data of OpenSC: the path alone.
            OCTET_STRING => Some(Self::At(Place::of(kind)?)),
            SEQUENCE => Some(Self::At(Place::of(&value)?)),
            Tag(0xA0) => Some(Self::Direct(value.value.to_vec())),
            _ => None,
        }
    }

    pub(in crate::card) fn place(&self) -> Option<&Place> {
        match self {
            Self::At(place) => Some(place),
            Self::Direct(_) => None,
        }
    }
}

/// What every key has (PKCS #15 v1.1, 6.3.1).
pub(in crate::card) struct KeyClass {
    pub(in crate::card) id: Vec<u8>,
    pub(in crate::card) usage: Vec<Flag>,
    pub(in crate::card) native: bool,
    pub(in crate::card) access: Option<Vec<Flag>>,
    pub(in crate::card) reference: Option<u64>,
}

impl KeyClass {
    pub(in crate::card) fn of(mut parts: Objects<'_>) -> Option<Self> {
        let id = next_if(&mut parts, OCTET_STRING)?.to_vec();
        let usage = next_if(&mut parts, BIT_STRING).map_or(0, bits::bits);
        let native = next_if(&mut parts, BOOLEAN);
        let access = next_if(&mut parts, BIT_STRING).map(bits::bits);
        let reference = next_if(&mut parts, INTEGER).and_then(number);
        Some(Self {
            id,
            usage: bits::flags(usage, &bits::USAGE),
            native: native.is_none_or(|value| value != [0x00]),
            access: access.map(|access| bits::flags(access, &bits::ACCESS)),
            reference,
        })
    }

    pub(in crate::card) fn facts(&self) -> Vec<Fact> {
        let flags = |name, flags: &[Flag]| Fact {
            name,
            value: FactValue::Flags(flags.to_vec()),
        };
        let mut facts = vec![
            Fact::hex(FactName::Id, &self.id),
            flags(FactName::Usage, &self.usage),
            Fact::flag(FactName::Native, self.native),
        ];
        let access = self.access.as_deref();
        facts.extend(access.map(|access| flags(FactName::AccessFlags, access)));
        let reference = self.reference;
        facts.extend(reference.map(|number| Fact::number(FactName::KeyReference, number)));
        facts
    }
}

/// Names of a program that data is for: its name, else its object identifier.
pub(in crate::card) fn program(mut class: Objects<'_>) -> Option<Text> {
    if let Some(name) = next_if(&mut class, UTF8_STRING) {
        return Some(Text::from_either(name));
    }
    let oid = next_if(&mut class, OID)?;
    Some(Text::from(crate::base::hex::encode(oid)))
}
