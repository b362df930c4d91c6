//! Reading an OpenPGP application, part by part.

use super::data::{self, Capabilities, PwStatus};
use super::kdf::Kdf;
use super::{get, pins};
use crate::base::hex;
use crate::card::driver::Progress;
use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, StatusWord};
use crate::pki::{certificate as x509, public_key};
use crate::token::{
    Access, Algorithm, Application, DataKind, DataObject, Evidence, Fact, FactName, FactValue, Key,
    KeyRef, PinPolicy, PublicKey, Purpose, Text,
};
use crate::transport::channel::Channel;

/// A key of the card and where its parts are in the application related data.
struct Slot {
    number: u8,
    purpose: Purpose,
    /// Control reference template that names it to GENERATE (7.2.14).
    template: [u8; 2],
    /// Tag of its algorithm attributes.
    attributes: u32,
    /// Tag of its user interaction flag.
    touch: u32,
}

const SLOTS: [Slot; 3] = [
    slot(1, Purpose::Signature, 0xB6, 0xC1, 0xD6),
    slot(2, Purpose::Decryption, 0xB8, 0xC2, 0xD7),
    slot(3, Purpose::Authentication, 0xA4, 0xC3, 0xD8),
];

const fn slot(number: u8, purpose: Purpose, template: u8, attributes: u32, touch: u32) -> Slot {
    Slot {
        number,
        purpose,
        template: [template, 0x00],
        attributes,
        touch,
    }
}

/// Length of a fingerprint in bytes.
const FINGERPRINT: usize = 20;

/// Length of the time at which a key was made, in bytes.
const TIME: usize = 4;

/// How far the reading of an application is, and what its later parts have to know.
#[derive(Default)]
pub(super) struct Reading {
    next: Part,
    /// Application related data.
    related: Vec<u8>,
    private_use: bool,
}

/// A few commands that belong together.
#[derive(Clone, Copy, Default)]
enum Part {
    #[default]
    Related,
    Holder,
    Counter,
    /// One of [`SLOTS`].
    Key(usize),
    Certificate,
    PrivateUse,
}

impl Reading {
    /// Reads the next part. `untold` says that SELECT told nothing of what it selected.
    pub(super) fn part(
        &mut self,
        untold: bool,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        self.next = match self.next {
            Part::Related => {
                let answer = get(channel, 0x00, 0x6E)?;
                // The MUSCLE applet takes any SELECT, and no other class than its own.
                if untold && answer.sw == StatusWord::NO_CLASS && iso::is_muscle(channel)? {
                    return Ok(Progress::Absent);
                }
                let related = iso::present(answer, "GET DATA")?;
                self.related =
                    related.ok_or(CardError::Malformed("no application related data"))?;
                if !ber::is_shallow(&self.related) {
                    return Err(CardError::Malformed("data objects too deep inside others"));
                }
                let related = Related::new(&self.related);
                related.check(application);
                let capabilities = related.fill(application, channel)?;
                self.private_use = capabilities.is_some_and(Capabilities::private_use);
                Part::Holder
            }
            Part::Holder => {
                read_holder(application, channel)?;
                Part::Counter
            }
            Part::Counter => {
                read_counter(application, channel)?;
                self.next = Part::Key(0);
                return Ok(Progress::Picture);
            }
            Part::Key(index) => match SLOTS.get(index) {
                Some(slot) => {
                    let key = Related::new(&self.related).key(slot, application, channel)?;
                    application.keys.extend(key);
                    Part::Key(index + 1)
                }
                None => Part::Certificate,
            },
            Part::Certificate => {
                read_certificate(application, channel)?;
                Part::PrivateUse
            }
            Part::PrivateUse => {
                if self.private_use {
                    read_private_use(application, channel)?;
                }
                return Ok(Progress::Whole);
            }
        };
        Ok(Progress::More)
    }
}

/// Private use objects: two that everybody may read, and two that are only named.
fn read_private_use(
    application: &mut Application,
    channel: &mut Channel<'_>,
) -> Result<(), CardError> {
    for number in [1, 2] {
        let content = read_object(application, channel, 0x01, number)?;
        push(
            application,
            DataKind::PrivateUse(number),
            content,
            Vec::new(),
        );
    }
    for (number, pin) in [(3, pins::USER), (4, pins::ADMIN)] {
        application.data.push(DataObject {
            kind: DataKind::PrivateUse(number),
            access: Access::Pin(pin),
            content: None,
            facts: Vec::new(),
            label: None,
        });
    }
    Ok(())
}

/// Application related data, 6E. Cards of version 2 may have its parts without the 73 around.
struct Related<'a> {
    outer: &'a [u8],
    inner: &'a [u8],
}

impl<'a> Related<'a> {
    fn new(data: &'a [u8]) -> Self {
        let outer = ber::find(data, &[0x6E]).unwrap_or(data);
        Self {
            outer,
            inner: ber::find(outer, &[0x73]).unwrap_or(outer),
        }
    }

    fn get(&self, tag: u32) -> Option<&'a [u8]> {
        ber::find(self.inner, &[tag]).or_else(|| ber::find(self.outer, &[tag]))
    }

    /// Notes what has a length that it cannot have; it is not shown then.
    fn check(&self, application: &mut Application) {
        for (tag, size) in [(0xC5, FINGERPRINT), (0xCD, TIME)] {
            if self.list(tag, size).is_none()
                && let Some(list) = self.get(tag)
            {
                let len = list.len();
                application.mark(&format!("object {tag:02X}: {len} bytes"));
            }
        }
        for slot in &SLOTS {
            let tag = slot.attributes;
            if self.get(tag).is_some_and(<[u8]>::is_empty) {
                application.mark(&format!("object {tag:02X}: no algorithm"));
            }
        }
        // Two bytes for each key.
        if self.get(0xDE).is_some_and(|list| list.len() % 2 != 0) {
            application.mark("object DE: half an entry");
        }
        let limits = self.get(0x7F66).filter(|limits| !limits.is_empty());
        if limits.is_some_and(|limits| data::limits(limits).len() < 2) {
            application.mark("object 7F66: no two lengths");
        }
    }

    /// A list of one entry for each key, or more: some cards have more keys.
    fn list(&self, tag: u32, size: usize) -> Option<&'a [u8]> {
        let keys = SLOTS.len();
        self.get(tag)
            .filter(|list| list.len() >= keys * size && list.len() % size == 0)
    }

    /// Everything but the keys.
    fn fill(
        &self,
        application: &mut Application,
        channel: &mut Channel<'_>,
    ) -> Result<Option<Capabilities>, CardError> {
        let aid = self
            .get(0x4F)
            .ok_or(CardError::Malformed("no application identifier"))?;
        if data::is_identifier(aid) {
            application.aid = aid.to_vec();
            application.facts = data::identifier(aid);
        } else {
            application.mark("object 4F: no identifier of this application");
        }
        application.version = application.facts.iter().find_map(|fact| match &fact.value {
            FactValue::Text(version) if fact.name == FactName::Version => Some(version.clone()),
            _ => None,
        });
        if let Some(historical) = self.get(0x5F52) {
            let extended = iso::announces_extended(historical);
            channel.allow_extended(extended);
            application
                .facts
                .push(Fact::flag(FactName::ExtendedLength, extended));
        }
        let capabilities = self.get(0xC0).and_then(Capabilities::parse);
        let mut derived = Some(false);
        match capabilities {
            Some(capabilities) => {
                if capabilities.key_derivation() {
                    let read = read_kdf(application, channel);
                    derived = iso::noted(application, "object F9", read)?;
                }
                application.facts.extend(capabilities.facts());
            }
            None => application.mark("object C0: no extended capabilities"),
        }
        let derived_fact = derived.map(|on| Fact::flag(FactName::KeyDerivation, on));
        application.facts.extend(derived_fact);
        if let Some(limits) = self.get(0x7F66) {
            application.facts.extend(data::limits(limits));
        }
        match self.get(0xC4).and_then(PwStatus::parse) {
            Some(status) => {
                application.pins = pins::list(&status, derived == Some(true));
                let every = !status.several_signatures;
                application
                    .facts
                    .push(Fact::flag(FactName::PinBeforeEverySignature, every));
            }
            None => application.mark("object C4: no PW status"),
        }
        Ok(capabilities)
    }

    /// A key, if the card has one in the slot.
    fn key(
        &self,
        slot: &Slot,
        application: &mut Application,
        channel: &mut Channel<'_>,
    ) -> Result<Option<Key>, CardError> {
        let index = usize::from(slot.number - 1);
        let part = |tag, len: usize| {
            let bytes = self.list(tag, len)?.chunks_exact(len).nth(index);
            bytes.filter(|bytes| bytes.iter().any(|&byte| byte != 0))
        };
        let fingerprint = part(0xC5, FINGERPRINT);
        let origin = data::origin(self.get(0xDE), slot.number);
        let absent = match origin {
            Some(origin) => origin.is_none(),
            // Cards before 3.4 do not tell; a key that GnuPG knows has a fingerprint.
            None => fingerprint.is_none(),
        };
        if absent {
            return Ok(None);
        }
        let algorithm = self.get(slot.attributes).and_then(data::algorithm);
        let public_key = read_public_key(slot, algorithm.as_ref(), channel);
        let damaged = public_key.is_err();
        let name = format!("public key {}", slot.number);
        let public_key = iso::noted(application, &name, public_key)?;
        if public_key.is_none() && origin.is_none() && !damaged {
            return Ok(None);
        }
        let status = self.get(0xC4).and_then(PwStatus::parse);
        let several = status.is_some_and(|status| status.several_signatures);
        let every = slot.purpose == Purpose::Signature && !several;
        let created = part(0xCD, TIME).and_then(|bytes| bytes.try_into().ok());
        Ok(Some(Key {
            reference: KeyRef(slot.number),
            purpose: slot.purpose,
            algorithm,
            origin: origin.flatten(),
            pin_policy: Some(if every {
                PinPolicy::Always
            } else {
                PinPolicy::Once
            }),
            touch_policy: self.get(slot.touch).and_then(data::touch),
            public_key,
            evidence: Evidence::Card,
            fingerprint: fingerprint.map(<[u8]>::to_vec),
            created: created.map(|bytes| i64::from(u32::from_be_bytes(bytes))),
            label: None,
            facts: Vec::new(),
        }))
    }
}

/// GENERATE ASYMMETRIC KEY PAIR with P1 = 81 reads the public key (7.2.14).
fn read_public_key(
    slot: &Slot,
    algorithm: Option<&Algorithm>,
    channel: &mut Channel<'_>,
) -> Result<Option<PublicKey>, CardError> {
    let command = Command::new([0x00, 0x47, 0x81, 0x00])
        .data(slot.template)
        .expecting(Le::ALL);
    let answer = channel.transmit(&command)?;
    let Some(data) = iso::present(answer, "GENERATE ASYMMETRIC KEY PAIR")? else {
        return Ok(None);
    };
    let key = ber::find(&data, &[0x7F49]);
    let key = key.ok_or(CardError::Malformed("a public key without its template"))?;
    let made = match algorithm {
        Some(Algorithm::Rsa { .. }) => {
            let (modulus, exponent) = (ber::find(key, &[0x81]), ber::find(key, &[0x82]));
            modulus
                .zip(exponent)
                .and_then(|(n, e)| public_key::rsa(n, e).ok())
        }
        Some(Algorithm::Elliptic { curve }) => {
            ber::find(key, &[0x86]).and_then(|point| public_key::elliptic(*curve, point).ok())
        }
        Some(Algorithm::Other { .. }) | None => return Ok(None),
    };
    let other = CardError::Malformed("another key than its attributes say");
    made.map(Some).ok_or(other)
}

/// Whether PINs are derived; nothing if that could not be found out.
fn read_kdf(
    application: &mut Application,
    channel: &mut Channel<'_>,
) -> Result<Option<bool>, CardError> {
    let Some(content) = iso::present(get(channel, 0x00, 0xF9)?, "GET DATA")? else {
        return Ok(Some(false));
    };
    let on = Kdf::parse(&content)?.is_on();
    let facts = vec![Fact::flag(FactName::KeyDerivation, on)];
    push(application, DataKind::KeyDerivation, Some(content), facts);
    Ok(Some(on))
}

/// GET DATA of an object that everybody may read. One that is damaged is noted, and not there.
fn read_object(
    application: &mut Application,
    channel: &mut Channel<'_>,
    p1: u8,
    p2: u8,
) -> Result<Option<Vec<u8>>, CardError> {
    let answer = get(channel, p1, p2)?;
    let part = format!("object {}", hex::encode(&[p1, p2]));
    iso::noted(application, &part, iso::present(answer, "GET DATA"))
}

fn read_holder(application: &mut Application, channel: &mut Channel<'_>) -> Result<(), CardError> {
    if let Some(content) = read_object(application, channel, 0x00, 0x65)? {
        if !data::is_object(&content, 0x65) {
            application.mark("object 0065: no data objects");
        }
        let facts = data::cardholder(&content);
        application.facts.extend(facts.iter().cloned());
        push(application, DataKind::Cardholder, Some(content), facts);
    }
    let objects = [
        (0x00, 0x5E, DataKind::Login, FactName::Login),
        (0x5F, 0x50, DataKind::Url, FactName::Url),
    ];
    for (p1, p2, kind, name) in objects {
        let content = read_object(application, channel, p1, p2)?;
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            continue;
        };
        let fact = Fact::text(name, Text::from_either(&content));
        application.facts.push(fact.clone());
        push(application, kind, Some(content), vec![fact]);
    }
    Ok(())
}

fn read_counter(application: &mut Application, channel: &mut Channel<'_>) -> Result<(), CardError> {
    let Some(content) = read_object(application, channel, 0x00, 0x7A)? else {
        return Ok(());
    };
    let count = data::signature_counter(&content);
    if count.is_none() {
        application.mark("object 007A: no signature counter");
    }
    application
        .facts
        .extend(count.map(|count| Fact::number(FactName::SignatureCounter, count)));
    Ok(())
}

/// The cardholder certificate: the first of three occurrences belongs to the authentication
/// key; the others would cost two commands each.
fn read_certificate(
    application: &mut Application,
    channel: &mut Channel<'_>,
) -> Result<(), CardError> {
    let content = read_object(application, channel, 0x7F, 0x21)?;
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Ok(());
    };
    // Some cards send the object, some its value.
    let der = ber::find(&content, &[0x7F21]).unwrap_or(&content).to_vec();
    application.certificates.push(x509::stored(KeyRef(3), der));
    Ok(())
}

fn push(application: &mut Application, kind: DataKind, content: Option<Vec<u8>>, facts: Vec<Fact>) {
    if content.as_ref().is_some_and(|content| !content.is_empty()) {
        application.data.push(DataObject {
            kind,
            access: Access::Public,
            content,
            facts,
            label: None,
        });
    }
}
