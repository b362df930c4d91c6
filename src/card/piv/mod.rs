//! Personal Identity Verification (SP 800-73-4), with the extensions of YubiKeys where the
//! card has them. Facts: sheet "openpgp-piv", part B.

mod metadata;
mod objects;
mod pins;
mod reading;
mod slots;

use super::driver::{Driver, PINPAD_TIMEOUT, Progress};
use super::guard::{Deed, Step};
use super::{CardError, iso};
use crate::iso7816::atr::Atr;
use crate::iso7816::{Command, Le, Response};
use crate::token::{Application, Fact, KeyRef, PinReference, PinRole, TriesLeft};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, PinEntry};

/// The application identifier without its version (SP 800-73-4 Part 1, 2.2).
pub(super) const AID: [u8; 5] = [0xA0, 0x00, 0x00, 0x03, 0x08];

/// A PIV application that is selected.
#[derive(Default)]
struct Piv {
    /// Answer to SELECT: the application property template.
    template: Vec<u8>,
    reading: reading::Reading,
}

/// Selects the application.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let mut piv = Piv::default();
    let found = piv.select(channel)?;
    // A card that tells nothing of what it selected may have selected nothing.
    let found = found && (!piv.template.is_empty() || iso::knows_files(channel)?);
    Ok(found.then(|| Box::new(piv) as Box<dyn Driver>))
}

impl Driver for Piv {
    fn select(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let Some(answer) = iso::select(channel, &AID)? else {
            return Ok(false);
        };
        // PIV has no announcement of its own; the historical bytes have one.
        let extended =
            Atr::parse(channel.atr()).is_some_and(|atr| iso::announces_extended(atr.historical));
        channel.allow_extended(extended);
        self.template = answer.data;
        Ok(true)
    }

    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        self.reading.part(&self.template, channel, application)
    }

    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError> {
        if let Some(serial) = reading::serial(channel)? {
            return Ok(Some(serial));
        }
        let chuid = reading::object(channel, &objects::CHUID)?;
        Ok(chuid.and_then(|chuid| objects::guid(&chuid)))
    }

    fn certificate(
        &mut self,
        channel: &mut Channel<'_>,
        slot: KeyRef,
    ) -> Result<Option<Vec<u8>>, CardError> {
        let all = slots::MAIN.into_iter().chain([slots::ATTESTATION]);
        let mut all = all.chain(slots::retired());
        let Some(found) = all.find(|each| each.reference == slot) else {
            return Ok(None);
        };
        let certificate = reading::read_certificate(channel, &found)?;
        Ok(certificate.map(|certificate| certificate.der))
    }

    fn tries_left(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<TriesLeft, CardError> {
        pins::tries_left(channel, pin)
    }

    fn take_back(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<bool, CardError> {
        // The PUK gives nothing but a new PIN.
        let pin = if pin == pins::PUK { pins::PIN } else { pin };
        pins::lock(channel, pin)?;
        let left = pins::ask(channel, pin)?;
        Ok(matches!(left, TriesLeft::Known(_) | TriesLeft::Blocked))
    }

    fn prepare(
        &mut self,
        _channel: &mut Channel<'_>,
        _shown: &Application,
        pin: PinReference,
        deed: &Deed<'_>,
    ) -> Result<Vec<Step>, CardError> {
        pins::step(pin, deed).map(|step| vec![step])
    }

    fn entry(
        &mut self,
        _channel: &mut Channel<'_>,
        _shown: &Application,
        pin: PinReference,
        modify: bool,
    ) -> Result<Option<PinEntry>, CardError> {
        Ok(Some(PinEntry {
            header: [0x00, if modify { 0x24 } else { 0x20 }, 0x00, pin.0],
            min: pins::MIN,
            max: pins::LEN,
            block: Some(pins::LEN),
            current: modify,
            timeout: PINPAD_TIMEOUT,
        }))
    }

    fn judge(
        &self,
        role: PinRole,
        operation: &'static str,
        answer: &Response,
    ) -> Result<(), CardError> {
        iso::Verdict::of(answer.sw).judge(role, operation)
    }
}

/// GET DATA of a YubiKey's own: no data field, everything in the header.
fn vendor(channel: &mut Channel<'_>, header: [u8; 4]) -> Result<Response, LinkError> {
    channel.transmit(&Command::new(header).expecting(Le::ALL))
}
