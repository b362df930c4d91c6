//! Reading a PIV application: in which order, and at what price.

use super::metadata::{self, Metadata};
use super::pins::{self, Known};
use super::slots::{self, Slot};
use super::{AID, objects};
use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::pki::certificate as x509;
use crate::token::{
    Access, Application, ApplicationState, Certificate, DataKind, DataObject, Evidence, Fact,
    FactName, Key, PinPolicy, Text, Tries, TriesLeft, Unreadable,
};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// Reads the application that answered SELECT with `template`.
pub(super) fn read(
    template: &[u8],
    channel: &mut Channel<'_>,
    report: &mut dyn FnMut(&Application),
) -> Result<Application, LinkError> {
    let mut reading = Reading {
        application: Application::new(crate::token::ApplicationKind::Piv, &AID),
        has_metadata: false,
    };
    if let Some(aid) = ber::find(template, &[0x61, 0x4F]) {
        // The template gives the identifier without the provider's part.
        if aid.starts_with(&AID) {
            reading.application.aid = aid.to_vec();
        }
    }
    match reading.run(channel, report) {
        Ok(()) => {}
        Err(CardError::Link(error)) => return Err(error),
        Err(error) => {
            let detail = Text::from(error.to_string());
            reading.application.state = ApplicationState::Unreadable(Unreadable { detail });
        }
    }
    Ok(reading.application)
}

struct Reading {
    application: Application,
    has_metadata: bool,
}

impl Reading {
    fn run(
        &mut self,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Application),
    ) -> Result<(), CardError> {
        let vendor = self.read_vendor(channel)?;
        let global = self.read_data(channel)?;
        self.read_pins(channel, vendor, global)?;
        for slot in &slots::MAIN {
            let found = self.metadata(channel, slot)?;
            self.read_slot(channel, slot, found, true)?;
        }
        if self.has_metadata {
            // With extended length the certificate is one command; without, four, for
            // something that nobody looks for first. Its key matters only beside it.
            let found = metadata::read_head(channel, slots::ATTESTATION.reference.0)?;
            let extended = channel.takes_extended();
            self.read_slot(channel, &slots::ATTESTATION, found, extended)?;
        }
        report(&self.application);
        self.read_retired(channel)
    }

    /// Version and serial number of a YubiKey, and of others that took over its commands.
    fn read_vendor(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let answer = super::vendor(channel, [0x00, 0xFD, 0x00, 0x00])?;
        let [major, minor, patch] = *answer.data else {
            return Ok(false);
        };
        if !answer.sw.is_ok() {
            return Ok(false);
        }
        let version = Text::from(format!("{major}.{minor}.{patch}"));
        self.application.version = Some(version.clone());
        self.application
            .facts
            .push(Fact::text(FactName::Firmware, version));
        if major >= 5 {
            self.application.facts.extend(serial(channel)?);
        }
        Ok(true)
    }

    /// The objects that everybody may read. Tells whether there is a global PIN.
    fn read_data(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let mut global = false;
        if let Some(value) = object(channel, &objects::DISCOVERY)? {
            let facts = objects::discovery(&value);
            global = facts.contains(&Fact::flag(FactName::GlobalPin, true));
            self.push_data(DataKind::Discovery, value, facts);
        }
        if let Some(value) = object(channel, &objects::CHUID)? {
            self.application.facts.extend(objects::guid(&value));
            let facts = objects::chuid(&value);
            self.push_data(DataKind::Chuid, value, facts);
        }
        if let Some(value) = object(channel, &objects::CCC)? {
            let facts = objects::capabilities(&value);
            self.push_data(DataKind::CardCapabilities, value, facts);
        }
        Ok(global)
    }

    fn push_data(&mut self, kind: DataKind, value: Vec<u8>, facts: Vec<Fact>) {
        let (access, content) = (Access::Public, Some(value));
        self.application.data.push(DataObject {
            kind,
            access,
            content,
            facts,
        });
    }

    fn read_pins(
        &mut self,
        channel: &mut Channel<'_>,
        vendor: bool,
        global: bool,
    ) -> Result<(), CardError> {
        let unknown = Tries {
            left: TriesLeft::Unknown,
            max: None,
        };
        let mut known = Known {
            pin: unknown,
            puk: unknown,
            pin_factory: None,
            puk_factory: None,
            global: None,
            vendor,
        };
        let pin = if vendor {
            metadata::read(channel, pins::PIN.0)?
        } else {
            None
        };
        let counted = |(total, left)| Tries {
            left: TriesLeft::from_counter(left),
            max: Some(total),
        };
        if let Some(pin) = pin {
            self.has_metadata = true;
            known.pin = pin.tries.map_or(unknown, counted);
            known.pin_factory = pin.factory;
            if let Some(puk) = metadata::read(channel, pins::PUK.0)? {
                known.puk = puk.tries.map_or(unknown, counted);
                known.puk_factory = puk.factory;
            }
        } else {
            known.pin.left = pins::ask(channel, pins::PIN)?;
        }
        if global {
            known.global = Some(pins::ask(channel, pins::GLOBAL)?);
        }
        self.application.pins = pins::list(&known);
        Ok(())
    }

    fn metadata(
        &self,
        channel: &mut Channel<'_>,
        slot: &Slot,
    ) -> Result<Option<Metadata>, LinkError> {
        if self.has_metadata {
            metadata::read(channel, slot.reference.0)
        } else {
            Ok(None)
        }
    }

    /// What a slot holds: the key by metadata, else by its certificate.
    fn read_slot(
        &mut self,
        channel: &mut Channel<'_>,
        slot: &Slot,
        found: Option<Metadata>,
        with_certificate: bool,
    ) -> Result<(), CardError> {
        let mut key = found.map(|found| Key {
            algorithm: found.algorithm,
            origin: found.origin,
            pin_policy: found.pin_policy,
            touch_policy: found.touch_policy,
            public_key: found.public_key,
            ..bare_key(slot, Evidence::Card)
        });
        if with_certificate && let Some(certificate) = read_certificate(channel, slot)? {
            if key.is_none() && !self.has_metadata {
                key = certificate.summary.as_ref().map(|summary| Key {
                    algorithm: Some(summary.public_key.algorithm.clone()),
                    public_key: Some(summary.public_key.clone()),
                    ..bare_key(slot, Evidence::Certificate)
                });
            }
            self.application.certificates.push(certificate);
        }
        self.application.keys.extend(key);
        Ok(())
    }

    /// Former decryption keys. The key history says how many certificates are on the card,
    /// the first slots first; who has metadata is asked for every slot as well, since few
    /// programs write a history.
    fn read_retired(&mut self, channel: &mut Channel<'_>) -> Result<(), CardError> {
        let mut on_card = 0;
        if let Some(value) = object(channel, &objects::KEY_HISTORY)? {
            on_card = objects::retired_on_card(&value);
            let facts = objects::key_history(&value);
            self.push_data(DataKind::KeyHistory, value, facts);
        }
        for (index, slot) in slots::retired().enumerate() {
            let found = self.metadata(channel, &slot)?;
            let with_certificate = found.is_some() || index < on_card;
            self.read_slot(channel, &slot, found, with_certificate)?;
        }
        Ok(())
    }
}

/// A key of which nothing is known but its slot.
fn bare_key(slot: &Slot, evidence: Evidence) -> Key {
    Key {
        reference: slot.reference,
        purpose: slot.purpose,
        algorithm: None,
        origin: None,
        pin_policy: slots::default_policy(slot.reference.0).or(Some(PinPolicy::Once)),
        touch_policy: None,
        public_key: None,
        evidence,
        fingerprint: None,
        created: None,
    }
}

fn read_certificate(
    channel: &mut Channel<'_>,
    slot: &Slot,
) -> Result<Option<Certificate>, CardError> {
    let Some(value) = object(channel, &slot.object)? else {
        return Ok(None);
    };
    let Some(der) = objects::certificate(&value) else {
        return Ok(None);
    };
    let summary = x509::Certificate::parse(&der)
        .ok()
        .map(|parsed| parsed.summary());
    Ok(Some(Certificate {
        slot: slot.reference,
        der,
        summary,
    }))
}

/// Serial number of the token (YubiKey, from firmware 5).
pub(super) fn serial(channel: &mut Channel<'_>) -> Result<Option<Fact>, LinkError> {
    let answer = super::vendor(channel, [0x00, 0xF8, 0x00, 0x00])?;
    let bytes = <[u8; 4]>::try_from(answer.data.as_slice()).ok();
    Ok(bytes.filter(|_| answer.sw.is_ok()).map(|bytes| {
        let number = u32::from_be_bytes(bytes);
        Fact::text(FactName::Serial, number.to_string().into())
    }))
}

/// GET DATA (SP 800-73-4 Part 2, 3.1.2): the content of the `53`, or the discovery object
/// whole. Nothing if it is absent, empty or behind a PIN.
pub(super) fn object(channel: &mut Channel<'_>, tag: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    let command = Command::new([0x00, 0xCB, 0x3F, 0xFF])
        .data(ber::encode(0x5C, tag))
        .expecting(Le::ALL);
    let answer = channel.transmit(&command)?;
    if answer.sw == crate::iso7816::StatusWord::SECURITY {
        return Ok(None);
    }
    let Some(data) = iso::present(answer, "GET DATA")? else {
        return Ok(None);
    };
    let first = ber::objects(&data).next();
    let first = first.ok_or(CardError::Malformed("GET DATA brought no data object"))?;
    let content = match first.tag.0 {
        0x53 | 0x7E => first.value,
        _ => return Err(CardError::Malformed("GET DATA brought another object")),
    };
    Ok((!content.is_empty()).then(|| content.to_vec()))
}
