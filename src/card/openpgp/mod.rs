//! OpenPGP cards 2.0 to 3.4 ("Functional specification of the OpenPGP application on ISO
//! smart card operating systems"). Facts: sheet "openpgp-piv", part A.

mod data;
mod kdf;
mod manufacturers;
mod pins;
mod reading;

use super::CardError;
use super::driver::{Driver, PINPAD_TIMEOUT};
use super::iso::{self, Verdict};
use crate::base::secret::Secret;
use crate::iso7816::atr::Atr;
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::{Application, Fact, PinReference, PinRole, TriesLeft};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, PinEntry};
use kdf::Kdf;

/// Registered provider and application "OpenPGP" (4.2.1).
const AID: [u8; 6] = [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01];

/// P2 of VERIFY for everything but signatures (7.2.2): PW1 under its second number.
const VERIFY_OTHER: u8 = 0x82;

/// An OpenPGP application that is selected.
struct OpenPgp {
    /// Whether it was put out of use; only activation is possible then.
    terminated: bool,
    /// How PINs are derived, once it was asked.
    kdf: Option<Kdf>,
}

/// Selects the application.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let Some(answer) = iso::select(channel, &AID)? else {
        return Ok(None);
    };
    // What the application itself announces is read with the first object.
    let extended =
        Atr::parse(channel.atr()).is_some_and(|atr| iso::announces_extended(atr.historical));
    channel.allow_extended(extended);
    let terminated = answer.sw == StatusWord::TERMINATED;
    Ok(Some(Box::new(OpenPgp {
        terminated,
        kdf: None,
    })))
}

impl OpenPgp {
    /// How this card wants its PINs (4.3.2). Asked once for each selection.
    fn kdf(&mut self, channel: &mut Channel<'_>) -> Result<&Kdf, CardError> {
        let kdf = match self.kdf.take() {
            Some(kdf) => kdf,
            None => {
                let answer = get(channel, 0x00, 0xF9)?;
                let data = if answer.sw.is_ok() {
                    answer.data
                } else {
                    Vec::new()
                };
                Kdf::parse(&data)?
            }
        };
        Ok(self.kdf.insert(kdf))
    }

    fn send(
        &self,
        channel: &mut Channel<'_>,
        header: [u8; 4],
        data: Secret,
        role: PinRole,
        operation: &'static str,
    ) -> Result<(), CardError> {
        let answer = channel.transmit(&Command::new(header).secret(data))?;
        verdict(answer.sw).judge(role, operation)
    }

    fn verify_as(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        value: &Secret,
    ) -> Result<(), CardError> {
        let p2 = if pin == pins::ADMIN {
            pin.0
        } else {
            VERIFY_OTHER
        };
        let data = self.kdf(channel)?.derive(pin, value);
        self.send(
            channel,
            [0x00, 0x20, 0x00, p2],
            data,
            self.role(pin),
            "VERIFY",
        )
    }
}

impl Driver for OpenPgp {
    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Application),
    ) -> Result<Application, LinkError> {
        reading::read(self.terminated, channel, report)
    }

    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError> {
        let answer = get(channel, 0x00, 0x4F)?;
        Ok(iso::present(answer, "GET DATA")?.and_then(|aid| data::serial(&aid)))
    }

    fn tries_left(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<TriesLeft, CardError> {
        let answer = get(channel, 0x00, 0xC4)?;
        let status = iso::present(answer, "GET DATA")?;
        let status = status.as_deref().and_then(data::PwStatus::parse);
        let status = status.ok_or(CardError::Malformed("PW status is too short"))?;
        Ok(status.tries(pin))
    }

    fn verify(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        value: &Secret,
    ) -> Result<(), CardError> {
        self.verify_as(channel, pin, value)
    }

    fn change(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        current: &Secret,
        new: &Secret,
    ) -> Result<(), CardError> {
        let kdf = self.kdf(channel)?;
        let mut both = kdf.derive(pin, current);
        both.extend(kdf.derive(pin, new).expose());
        let header = [0x00, 0x24, 0x00, pin.0];
        self.send(
            channel,
            header,
            both,
            self.role(pin),
            "CHANGE REFERENCE DATA",
        )
    }

    fn unblock(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        with: PinReference,
        code: &Secret,
        new: &Secret,
    ) -> Result<(), CardError> {
        // 7.2.4: P1 = 00 with the resetting code before the new PIN, 02 after PW3.
        let operation = "RESET RETRY COUNTER";
        if with == pins::RESETTING_CODE {
            let kdf = self.kdf(channel)?;
            let mut both = kdf.derive(with, code);
            both.extend(kdf.derive(pin, new).expose());
            let header = [0x00, 0x2C, 0x00, pin.0];
            return self.send(channel, header, both, self.role(with), operation);
        }
        self.verify_as(channel, with, code)?;
        let data = self.kdf(channel)?.derive(pin, new);
        let command = Command::new([0x00, 0x2C, 0x02, pin.0]).secret(data);
        done(channel.transmit(&command)?, operation)
    }

    fn set(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        with: PinReference,
        code: &Secret,
        new: &Secret,
    ) -> Result<(), CardError> {
        if pin != pins::RESETTING_CODE {
            return Err(CardError::Unsupported("setting this PIN"));
        }
        self.verify_as(channel, with, code)?;
        let data = self.kdf(channel)?.derive(pin, new);
        let command = Command::new([0x00, 0xDA, 0x00, 0xD3]).secret(data);
        done(channel.transmit(&command)?, "PUT DATA")
    }

    fn entry(&self, pin: PinReference, modify: bool) -> Option<PinEntry> {
        // A reader cannot derive PINs; whether the card wants that was seen when it was read,
        // and `run` in the guard is not offered then.
        let derived = self.kdf.as_ref().is_some_and(Kdf::is_on);
        let p2 = match (pin == pins::ADMIN, modify) {
            (true, _) => pin.0,
            (false, true) => pins::USER.0,
            (false, false) => VERIFY_OTHER,
        };
        (!derived && pin != pins::RESETTING_CODE).then_some(PinEntry {
            header: [0x00, if modify { 0x24 } else { 0x20 }, 0x00, p2],
            min: if pin == pins::ADMIN { 8 } else { 6 },
            max: 15,
            block: None,
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
        verdict(answer.sw).judge(self.role(pin), "PIN entry on the reader")
    }

    fn role(&self, pin: PinReference) -> PinRole {
        pins::role(pin)
    }
}

/// GET DATA (7.2.6).
fn get(channel: &mut Channel<'_>, p1: u8, p2: u8) -> Result<Response, LinkError> {
    channel.transmit(&Command::new([0x00, 0xCA, p1, p2]).expecting(Le::ALL))
}

/// What VERIFY and CHANGE say. ZeitControl's cards answer a wrong PIN with 6982 and no
/// number; the guard then reads the counter.
fn verdict(sw: StatusWord) -> Verdict {
    match sw {
        StatusWord::SECURITY => Verdict::Refused(TriesLeft::Unknown),
        sw => Verdict::of(sw),
    }
}

/// For commands that come after a right PIN: anything but done is no matter of PINs.
fn done(answer: Response, operation: &'static str) -> Result<(), CardError> {
    if answer.sw.is_ok() {
        Ok(())
    } else {
        Err(CardError::Status {
            operation,
            sw: answer.sw,
        })
    }
}
