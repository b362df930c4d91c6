//! Personal Identity Verification (SP 800-73-4), with the extensions of YubiKeys where the
//! card has them. Facts: sheet "openpgp-piv", part B.

mod metadata;
mod objects;
mod pins;
mod reading;
mod slots;

use super::driver::{Driver, PINPAD_TIMEOUT};
use super::{CardError, guard, iso};
use crate::base::secret::Secret;
use crate::iso7816::atr::Atr;
use crate::iso7816::{Command, Le, Response};
use crate::token::{Application, Fact, PinReference, PinRole, TriesLeft};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, PinEntry};

/// The application identifier without its version (SP 800-73-4 Part 1, 2.2).
const AID: [u8; 5] = [0xA0, 0x00, 0x00, 0x03, 0x08];

/// A PIV application that is selected.
struct Piv {
    /// Answer to SELECT: the application property template.
    template: Vec<u8>,
}

/// Selects the application.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let Some(answer) = iso::select(channel, &AID)? else {
        return Ok(None);
    };
    // PIV has no announcement of its own; the historical bytes have one.
    let extended =
        Atr::parse(channel.atr()).is_some_and(|atr| iso::announces_extended(atr.historical));
    channel.allow_extended(extended);
    Ok(Some(Box::new(Piv {
        template: answer.data,
    })))
}

impl Driver for Piv {
    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Application),
    ) -> Result<Application, LinkError> {
        reading::read(&self.template, channel, report)
    }

    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError> {
        if let Some(serial) = reading::serial(channel)? {
            return Ok(Some(serial));
        }
        let chuid = reading::object(channel, &objects::CHUID)?;
        Ok(chuid.and_then(|chuid| objects::guid(&chuid)))
    }

    fn tries_left(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<TriesLeft, CardError> {
        pins::tries_left(channel, pin)
    }

    fn verify(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        value: &Secret,
    ) -> Result<(), CardError> {
        let command = Command::new([0x00, 0x20, 0x00, pin.0]).secret(pins::block(&[value])?);
        let answer = channel.transmit(&command)?;
        guard::standard_verdict(&answer, self.role(pin), "VERIFY")
    }

    fn change(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        current: &Secret,
        new: &Secret,
    ) -> Result<(), CardError> {
        let data = pins::block(&[current, new])?;
        let answer = channel.transmit(&Command::new([0x00, 0x24, 0x00, pin.0]).secret(data))?;
        guard::standard_verdict(&answer, self.role(pin), "CHANGE REFERENCE DATA")
    }

    fn unblock(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        with: PinReference,
        code: &Secret,
        new: &Secret,
    ) -> Result<(), CardError> {
        let data = pins::block(&[code, new])?;
        let answer = channel.transmit(&Command::new([0x00, 0x2C, 0x00, pin.0]).secret(data))?;
        guard::standard_verdict(&answer, self.role(with), "RESET RETRY COUNTER")
    }

    fn set(
        &mut self,
        _channel: &mut Channel<'_>,
        _pin: PinReference,
        _with: PinReference,
        _code: &Secret,
        _new: &Secret,
    ) -> Result<(), CardError> {
        Err(CardError::Unsupported(
            "setting a PIN without its old value",
        ))
    }

    fn entry(&self, pin: PinReference, modify: bool) -> Option<PinEntry> {
        Some(PinEntry {
            header: [0x00, if modify { 0x24 } else { 0x20 }, 0x00, pin.0],
            min: pins::MIN,
            max: pins::LEN,
            block: Some(pins::LEN),
            current: modify,
            timeout: PINPAD_TIMEOUT,
        })
    }

    fn judge(
        &mut self,
        _channel: &mut Channel<'_>,
        pin: PinReference,
        answer: &Response,
    ) -> Result<(), CardError> {
        guard::standard_verdict(answer, self.role(pin), "PIN entry on the reader")
    }

    fn role(&self, pin: PinReference) -> PinRole {
        if pin == pins::PUK {
            PinRole::Puk
        } else {
            PinRole::User
        }
    }
}

/// GET DATA of a YubiKey's own: no data field, everything in the header.
fn vendor(channel: &mut Channel<'_>, header: [u8; 4]) -> Result<Response, LinkError> {
    channel.transmit(&Command::new(header).expecting(Le::ALL))
}
