//! Reading a PIV application: in which order, in which parts, and at what price.

use super::AID;
use super::metadata::{self, Metadata};
use super::objects::{self, Stored};
use super::pins::{self, Known};
use super::slots::{self, Slot};
use crate::base::hex;
use crate::card::driver::Progress;
use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::pki::certificate as x509;
use crate::token::{
    Access, Application, Certificate, DataKind, DataObject, Evidence, Fact, FactName, Flaw, Key,
    PinPolicy, Text, Tries, TriesLeft,
};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// The longest application identifier in bytes (ISO/IEC 7816-4:2020, 12.3.4).
const MAX_AID: usize = 16;

/// How far the reading of an application is, and what its later parts have to know.
#[derive(Default)]
pub(super) struct Reading {
    next: Part,
    /// Whether the card knows the commands of YubiKeys.
    vendor: bool,
    has_metadata: bool,
    /// Whether there is a global PIN.
    global: bool,
    /// Retired certificates on the card.
    retired: usize,
}

/// A few commands that belong together.
#[derive(Clone, Copy, Default)]
enum Part {
    #[default]
    Vendor,
    Data,
    Pins,
    /// One of [`slots::MAIN`].
    Slot(usize),
    Attestation,
    History,
    /// One of [`slots::retired`].
    Retired(usize),
}

impl Reading {
    /// Reads the next part of the application that answered SELECT with `template`.
    pub(super) fn part(
        &mut self,
        template: &[u8],
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        let mut work = Work {
            reading: self,
            application,
        };
        let next = match work.reading.next {
            Part::Vendor => {
                work.take_identifier(template);
                work.reading.vendor = work.read_vendor(channel)?;
                Part::Data
            }
            Part::Data => {
                work.reading.global = work.read_data(channel)?;
                Part::Pins
            }
            Part::Pins => {
                work.read_pins(channel)?;
                Part::Slot(0)
            }
            Part::Slot(index) => match slots::MAIN.get(index) {
                Some(slot) => {
                    let found = work.metadata(channel, slot)?;
                    work.read_slot(channel, slot, found, true)?;
                    Part::Slot(index + 1)
                }
                None => Part::Attestation,
            },
            Part::Attestation => {
                work.read_attestation(channel)?;
                self.next = Part::History;
                return Ok(Progress::Picture);
            }
            Part::History => {
                work.reading.retired = work.read_history(channel)?;
                Part::Retired(0)
            }
            Part::Retired(index) => match slots::retired().nth(index) {
                Some(slot) => {
                    let found = work.metadata(channel, &slot)?;
                    let with_certificate = found.is_some() || index < work.reading.retired;
                    work.read_slot(channel, &slot, found, with_certificate)?;
                    Part::Retired(index + 1)
                }
                None => return Ok(Progress::Whole),
            },
        };
        self.next = next;
        Ok(Progress::More)
    }
}

/// A reading and what it fills.
struct Work<'a> {
    reading: &'a mut Reading,
    application: &'a mut Application,
}

impl Work<'_> {
    /// The template gives the identifier without the provider's part.
    fn take_identifier(&mut self, template: &[u8]) {
        if let Some(aid) = ber::find(template, &[0x61, 0x4F])
            && aid.starts_with(&AID)
            && aid.len() <= MAX_AID
        {
            self.application.aid = aid.to_vec();
        }
        // Some cards answer without a template, some with another one.
        let mut objects = ber::objects(template);
        let sound = objects.by_ref().count() > 0 && objects.rest().is_empty();
        let sound = sound && ber::is_shallow(template);
        if !template.is_empty() && !sound {
            self.application.mark("SELECT: no data objects");
        }
    }

    /// An object that everybody may read. One that is damaged is noted, and not there.
    fn object(
        &mut self,
        channel: &mut Channel<'_>,
        tag: &[u8],
    ) -> Result<Option<Vec<u8>>, CardError> {
        let part = format!("object {}", hex::encode(tag));
        iso::noted(self.application, &part, object(channel, tag))
    }

    /// Version and serial number of a YubiKey, and of others that took over its commands.
    fn read_vendor(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let answer = super::vendor(channel, [0x00, 0xFD, 0x00, 0x00])?;
        if !answer.sw.is_ok() || answer.data.is_empty() {
            return Ok(false);
        }
        let [major, minor, patch] = *answer.data else {
            self.application.mark("GET VERSION: no three numbers");
            return Ok(false);
        };
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
        if let Some(value) = self.object(channel, &objects::DISCOVERY)? {
            let facts = objects::discovery(&value);
            global = facts.contains(&Fact::flag(FactName::GlobalPin, true));
            self.push_data(DataKind::Discovery, value, facts);
        }
        if let Some(value) = self.object(channel, &objects::CHUID)? {
            self.application.facts.extend(objects::guid(&value));
            let facts = objects::chuid(&value);
            self.push_data(DataKind::Chuid, value, facts);
        }
        if let Some(value) = self.object(channel, &objects::CCC)? {
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
            label: None,
        });
    }

    fn read_pins(&mut self, channel: &mut Channel<'_>) -> Result<(), CardError> {
        let (vendor, global) = (self.reading.vendor, self.reading.global);
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
            let read = metadata::read(channel, pins::PIN.0);
            // Whose answer is damaged has them all the same.
            self.reading.has_metadata = read.is_err();
            iso::noted(self.application, "metadata of the PIN", read)?
        } else {
            None
        };
        let counted = |(total, left)| Tries {
            left: TriesLeft::from_counter(left),
            max: Some(total),
        };
        if let Some(pin) = pin {
            self.reading.has_metadata = true;
            known.pin = pin.tries.map_or(unknown, counted);
            known.pin_factory = pin.factory;
            let puk = metadata::read(channel, pins::PUK.0);
            if let Some(puk) = iso::noted(self.application, "metadata of the PUK", puk)? {
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
        &mut self,
        channel: &mut Channel<'_>,
        slot: &Slot,
    ) -> Result<Option<Metadata>, CardError> {
        if !self.reading.has_metadata {
            return Ok(None);
        }
        let slot = slot.reference.0;
        let read = metadata::read(channel, slot);
        iso::noted(self.application, &format!("metadata of {slot:02X}"), read)
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
        if with_certificate && let Some(certificate) = self.read_certificate(channel, slot)? {
            if key.is_none() && !self.reading.has_metadata {
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

    /// The key that vouches for others, of cards that have metadata.
    fn read_attestation(&mut self, channel: &mut Channel<'_>) -> Result<(), CardError> {
        if !self.reading.has_metadata {
            return Ok(());
        }
        // With extended length the certificate is one command; without, four, for
        // something that nobody looks for first. Its key matters only beside it.
        let found = metadata::read_head(channel, slots::ATTESTATION.reference.0);
        let found = iso::noted(self.application, "metadata of F9", found)?;
        let extended = channel.takes_extended();
        self.read_slot(channel, &slots::ATTESTATION, found, extended)
    }

    /// Former decryption keys: how many certificates are on the card, the first slots first.
    /// Who has metadata is asked for every slot as well, since few programs write a history.
    fn read_history(&mut self, channel: &mut Channel<'_>) -> Result<usize, CardError> {
        let Some(value) = self.object(channel, &objects::KEY_HISTORY)? else {
            return Ok(0);
        };
        let history = objects::key_history(&value);
        if history.facts.is_empty() {
            self.application.mark("object 5FC10C: no key history");
        } else if history.incomplete {
            self.application
                .mark("object 5FC10C: a number of former keys is missing");
        }
        if history.impossible {
            self.application
                .mark("object 5FC10C: more former keys than there are slots");
        }
        self.push_data(DataKind::KeyHistory, value, history.facts);
        Ok(history.on_card)
    }

    fn read_certificate(
        &mut self,
        channel: &mut Channel<'_>,
        slot: &Slot,
    ) -> Result<Option<Certificate>, CardError> {
        let Some(value) = self.object(channel, &slot.object)? else {
            return Ok(None);
        };
        let Some(stored) = objects::certificate(&value) else {
            let tag = hex::encode(&slot.object);
            self.application
                .mark(&format!("object {tag}: no certificate in it"));
            return Ok(None);
        };
        Ok(Some(certificate(slot, stored)))
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
        label: None,
        facts: Vec::new(),
    }
}

/// The certificate of a slot by itself: what tells a card without a serial number from others.
pub(super) fn read_certificate(
    channel: &mut Channel<'_>,
    slot: &Slot,
) -> Result<Option<Certificate>, CardError> {
    let value = object(channel, &slot.object)?;
    let stored = value.and_then(|value| objects::certificate(&value));
    Ok(stored.map(|stored| certificate(slot, stored)))
}

fn certificate(slot: &Slot, stored: Stored) -> Certificate {
    match stored {
        Stored::Plain(der) => x509::stored(slot.reference, der),
        Stored::Compressed(bytes) => Certificate {
            slot: slot.reference,
            der: bytes,
            summary: None,
            flaw: Some(Flaw::Compression),
            label: None,
            facts: Vec::new(),
        },
    }
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
    if !ber::is_shallow(content) {
        return Err(CardError::Malformed("data objects too deep inside others"));
    }
    Ok((!content.is_empty()).then(|| content.to_vec()))
}
