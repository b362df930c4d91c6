//! The entries of the lists: what each becomes of an application.

use super::{Listed, Reading};
use crate::card::pkcs15::bits::{BOOLEAN, INTEGER, OCTET_STRING, next_if, number};
use crate::card::pkcs15::objects::{Common, Entry, KeyClass, Place, Value, program};
use crate::card::pkcs15::pins;
use crate::card::pkcs15::profile::Profile;
use crate::iso7816::tlv::ber::Tlv;
use crate::token::{
    Access, Algorithm, Application, DataKind, DataObject, Evidence, Fact, FactName, Flag, Key,
    KeyRef, Origin, Pin, PinReference, PinRole, PublicKeyObject, Purpose,
};

impl Reading {
    /// The number of an identifier.
    fn place(&mut self, id: &[u8]) -> Option<KeyRef> {
        let index = match self.ids.iter().position(|known| known == id) {
            Some(index) => index,
            None => {
                self.ids.push(id.to_vec());
                self.ids.len() - 1
            }
        };
        u8::try_from(index + 1).ok().map(KeyRef)
    }

    pub(super) fn take_pin(
        &mut self,
        entry: &Tlv<'_>,
        profile: &Profile,
        application: &mut Application,
    ) -> Option<()> {
        let found = pins::of(entry, profile)?;
        // The holder's come first.
        let officer = |pin: &Pin| pin.role == PinRole::SecurityOfficer;
        let mut at = match application.pins.iter().position(officer) {
            Some(at) if !found.iter().any(officer) => at,
            _ => application.pins.len(),
        };
        for pin in found {
            let known = |other: &Pin| other.reference == pin.reference;
            if !application.pins.iter().any(known) {
                application.pins.insert(at, pin);
                at += 1;
            }
        }
        Some(())
    }

    pub(super) fn take_key(
        &mut self,
        entry: &Tlv<'_>,
        application: &mut Application,
    ) -> Option<()> {
        let Entry {
            common,
            class,
            kind,
            is_elliptic,
        } = Entry::of(entry)?;
        let class = KeyClass::of(class)?;
        let reference = self.place(&class.id)?;
        let mut facts = common.facts();
        facts.extend(class.facts());
        let value = Value::of(&kind)?;
        facts.extend(value.place().map(Place::fact));
        let (size, algorithm) = size(&kind, is_elliptic);
        facts.extend(size);
        let local = class
            .access
            .as_ref()
            .map(|access| access.contains(&Flag::Local));
        application.keys.push(Key {
            reference,
            purpose: purpose(&class.usage),
            algorithm,
            origin: local.map(|local| {
                if local {
                    Origin::Generated
                } else {
                    Origin::Imported
                }
            }),
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: common.label,
            facts,
        });
        Some(())
    }

    pub(super) fn take_certificate(
        &mut self,
        entry: &Tlv<'_>,
        application: &Application,
    ) -> Option<()> {
        let Entry {
            common,
            mut class,
            kind,
            ..
        } = Entry::of(entry)?;
        let id = next_if(&mut class, OCTET_STRING)?;
        let authority = next_if(&mut class, BOOLEAN).map(|value| value != [0x00]);
        let reference = self.place(id)?;
        let value = Value::of(&kind)?;
        let mut facts = common.facts();
        facts.push(Fact::hex(FactName::Id, id));
        facts.push(Fact::flag(FactName::Authority, authority == Some(true)));
        facts.extend(value.place().map(Place::fact));
        self.certificates.push(Listed {
            reference,
            guardian: guardian(&common, application),
            label: common.label,
            facts,
            value,
        });
        Some(())
    }

    pub(super) fn take_public_key(
        &mut self,
        entry: &Tlv<'_>,
        application: &mut Application,
    ) -> Option<()> {
        let entry = Entry::of(entry)?;
        let class = KeyClass::of(entry.class)?;
        let reference = self.place(&class.id)?;
        let value = Value::of(&entry.kind)?;
        let (size, _) = size(&entry.kind, entry.is_elliptic);
        let mut facts = entry.common.facts();
        facts.extend(class.facts());
        facts.extend(size);
        facts.extend(value.place().map(Place::fact));
        application.public_keys.push(PublicKeyObject {
            reference,
            label: entry.common.label,
            public_key: None,
            facts,
        });
        self.public_keys.push((reference, value));
        Some(())
    }

    pub(super) fn take_data(
        &mut self,
        entry: &Tlv<'_>,
        application: &mut Application,
    ) -> Option<()> {
        let Entry {
            common,
            class,
            kind,
            ..
        } = Entry::of(entry)?;
        let value = Value::of(&kind)?;
        let mut facts = common.facts();
        let program = program(class);
        facts.extend(program.map(|name| Fact::text(FactName::ForProgram, name)));
        facts.extend(value.place().map(Place::fact));
        let guardian = guardian(&common, application);
        let access = if common.is_private() {
            Access::Pin(guardian)
        } else {
            Access::Public
        };
        application.data.push(DataObject {
            kind: DataKind::Named,
            label: common.label,
            access,
            content: None,
            facts,
        });
        self.data.push((value, guardian));
        Some(())
    }
}

/// The PIN of which an object says that it guards it.
fn guardian(common: &Common, application: &Application) -> PinReference {
    let auth = common.auth.as_deref().unwrap_or_default();
    let wanted = Fact::hex(FactName::AuthId, auth);
    let mut pins = application.pins.iter();
    pins.find(|pin| pin.facts.contains(&wanted))
        .map_or(PinReference(0), |pin| pin.reference)
}

/// The size of a key as its list tells it, and its kind where that is all there is to know.
fn size(kind: &Tlv<'_>, is_elliptic: bool) -> (Option<Fact>, Option<Algorithm>) {
    let mut rest = kind.children();
    let _ = rest.next();
    let bits = next_if(&mut rest, INTEGER).and_then(number);
    match bits {
        None => (None, None),
        Some(bits) if is_elliptic => (Some(Fact::number(FactName::FieldSize, bits)), None),
        Some(bits) => (
            Some(Fact::number(FactName::ModulusLength, bits)),
            u32::try_from(bits).ok().map(|bits| Algorithm::Rsa { bits }),
        ),
    }
}

/// What a key is for, by what it may do.
fn purpose(usage: &[Flag]) -> Purpose {
    let has = |flags: &[Flag]| flags.iter().any(|flag| usage.contains(flag));
    let signs = has(&[Flag::Sign, Flag::SignRecover, Flag::NonRepudiation]);
    let decrypts = has(&[Flag::Decrypt, Flag::Unwrap, Flag::Derive]);
    match (signs, decrypts) {
        (true, false) => Purpose::Signature,
        (false, true) => Purpose::Decryption,
        _ => Purpose::General,
    }
}
