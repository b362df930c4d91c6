//! Reading an OpenPGP application.

use super::data::{self, Capabilities, PwStatus};
use super::kdf::Kdf;
use super::{AID, get, pins};
use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::pki::{certificate as x509, public_key};
use crate::token::{
    Access, Algorithm, Application, ApplicationKind, ApplicationState, Certificate, DataKind,
    DataObject, Evidence, Fact, FactName, FactValue, Key, KeyRef, PinPolicy, PublicKey, Purpose,
    Text, Unreadable,
};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

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

/// Reads the application.
pub(super) fn read(
    terminated: bool,
    channel: &mut Channel<'_>,
    report: &mut dyn FnMut(&Application),
) -> Result<Application, LinkError> {
    let mut application = Application::new(ApplicationKind::OpenPgp, &AID);
    if terminated {
        application.state = ApplicationState::Terminated;
        return Ok(application);
    }
    match fill(&mut application, channel, report) {
        Ok(()) => {}
        Err(CardError::Link(error)) => return Err(error),
        Err(error) => {
            let detail = Text::from(error.to_string());
            application.state = ApplicationState::Unreadable(Unreadable { detail });
        }
    }
    Ok(application)
}

fn fill(
    application: &mut Application,
    channel: &mut Channel<'_>,
    report: &mut dyn FnMut(&Application),
) -> Result<(), CardError> {
    let related = iso::present(get(channel, 0x00, 0x6E)?, "GET DATA")?;
    let related = related.ok_or(CardError::Malformed("no application related data"))?;
    let related = Related::new(&related);
    let capabilities = related.fill(application, channel)?;
    read_holder(application, channel)?;
    read_counter(application, channel)?;
    report(application);
    for slot in &SLOTS {
        application.keys.extend(related.key(slot, channel)?);
    }
    read_certificate(application, channel)?;
    if capabilities.private_use() {
        for number in [1, 2] {
            let content = iso::present(get(channel, 0x01, number)?, "GET DATA")?;
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
            });
        }
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

    /// Everything but the keys.
    fn fill(
        &self,
        application: &mut Application,
        channel: &mut Channel<'_>,
    ) -> Result<Capabilities, CardError> {
        let aid = self
            .get(0x4F)
            .ok_or(CardError::Malformed("no application identifier"))?;
        application.aid = aid.to_vec();
        application.facts = data::identifier(aid);
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
        let capabilities = self.get(0xC0).map(Capabilities::parse).unwrap_or_default();
        let status = self.get(0xC4).and_then(PwStatus::parse);
        let status = status.ok_or(CardError::Malformed("no PW status"))?;
        let derived = capabilities.key_derivation() && read_kdf(application, channel)?;
        application.pins = pins::list(&status, derived);
        application.facts.extend(capabilities.facts());
        application
            .facts
            .push(Fact::flag(FactName::KeyDerivation, derived));
        if let Some(limits) = self.get(0x7F66) {
            let number = |bytes: &[u8]| bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b));
            let limits = ber::objects(limits).filter(|limit| limit.value.len() <= 4);
            for (name, limit) in [FactName::MaxCommand, FactName::MaxResponse]
                .into_iter()
                .zip(limits)
            {
                application
                    .facts
                    .push(Fact::number(name, number(limit.value)));
            }
        }
        let every = !status.several_signatures;
        application
            .facts
            .push(Fact::flag(FactName::PinBeforeEverySignature, every));
        Ok(capabilities)
    }

    /// A key, if the card has one in the slot.
    fn key(&self, slot: &Slot, channel: &mut Channel<'_>) -> Result<Option<Key>, CardError> {
        let index = usize::from(slot.number - 1);
        let part = |tag, len: usize| {
            let bytes: Option<&[u8]> = self.get(tag)?.get(index * len..(index + 1) * len);
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
        let public_key = read_public_key(slot, algorithm.as_ref(), channel)?;
        if public_key.is_none() && origin.is_none() {
            return Ok(None);
        }
        let status = self.get(0xC4).and_then(PwStatus::parse);
        let several = status.is_some_and(|status| status.several_signatures);
        let every = slot.purpose == Purpose::Signature && !several;
        let created = part(0xCD, 4).and_then(|bytes| bytes.try_into().ok());
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
    Ok(match algorithm {
        Some(Algorithm::Rsa { .. }) => {
            let (modulus, exponent) = (ber::find(key, &[0x81]), ber::find(key, &[0x82]));
            modulus
                .zip(exponent)
                .and_then(|(n, e)| public_key::rsa(n, e).ok())
        }
        Some(Algorithm::Elliptic { curve }) => {
            ber::find(key, &[0x86]).and_then(|point| public_key::elliptic(*curve, point).ok())
        }
        _ => None,
    })
}

fn read_kdf(application: &mut Application, channel: &mut Channel<'_>) -> Result<bool, CardError> {
    let Some(content) = iso::present(get(channel, 0x00, 0xF9)?, "GET DATA")? else {
        return Ok(false);
    };
    let on = Kdf::parse(&content)?.is_on();
    let facts = vec![Fact::flag(FactName::KeyDerivation, on)];
    push(application, DataKind::KeyDerivation, Some(content), facts);
    Ok(on)
}

fn read_holder(application: &mut Application, channel: &mut Channel<'_>) -> Result<(), CardError> {
    if let Some(content) = iso::present(get(channel, 0x00, 0x65)?, "GET DATA")? {
        let facts = data::cardholder(&content);
        application.facts.extend(facts.iter().cloned());
        push(application, DataKind::Cardholder, Some(content), facts);
    }
    let objects = [
        (0x00, 0x5E, DataKind::Login, FactName::Login),
        (0x5F, 0x50, DataKind::Url, FactName::Url),
    ];
    for (p1, p2, kind, name) in objects {
        let content = iso::present(get(channel, p1, p2)?, "GET DATA")?;
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
    let content = iso::present(get(channel, 0x00, 0x7A)?, "GET DATA")?;
    let count = content.as_deref().and_then(data::signature_counter);
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
    let content = iso::present(get(channel, 0x7F, 0x21)?, "GET DATA")?;
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Ok(());
    };
    // Some cards send the object, some its value.
    let der = ber::find(&content, &[0x7F21]).unwrap_or(&content).to_vec();
    let summary = x509::Certificate::parse(&der)
        .ok()
        .map(|parsed| parsed.summary());
    application.certificates.push(Certificate {
        slot: KeyRef(3),
        der,
        summary,
    });
    Ok(())
}

fn push(application: &mut Application, kind: DataKind, content: Option<Vec<u8>>, facts: Vec<Fact>) {
    if content.as_ref().is_some_and(|content| !content.is_empty()) {
        application.data.push(DataObject {
            kind,
            access: Access::Public,
            content,
            facts,
        });
    }
}
