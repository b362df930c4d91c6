//! OpenPGP cards 2.0 to 3.4 ("Functional specification of the OpenPGP application on ISO
//! smart card operating systems"). Facts: sheet "openpgp-piv", part A.

mod data;
mod kdf;
mod manufacturers;
mod pins;
mod reading;

use super::CardError;
use super::driver::{Driver, PINPAD_TIMEOUT, Progress};
use super::guard::{Deed, Step};
use super::iso::{self, Verdict};
use crate::base::secret::Secret;
use crate::iso7816::atr::Atr;
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::{
    Application, ApplicationState, Fact, FactName, PinReference, PinRole, TriesLeft,
};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, PinEntry};
use kdf::Kdf;

/// Registered provider and application "OpenPGP" (4.2.1).
pub(super) const AID: [u8; 6] = [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01];

/// P2 of VERIFY for everything but signatures (7.2.2): PW1 under its second number.
const VERIFY_OTHER: u8 = 0x82;

/// An OpenPGP application that is selected.
#[derive(Default)]
struct OpenPgp {
    /// Whether it was put out of use; only activation is possible then.
    terminated: bool,
    /// Whether SELECT told nothing, as on most cards.
    untold: bool,
    /// How PINs are derived, once it was asked.
    kdf: Option<Kdf>,
    reading: reading::Reading,
}

/// Selects the application.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let mut openpgp = OpenPgp::default();
    let found = openpgp.select(channel)?;
    Ok(found.then(|| Box::new(openpgp) as Box<dyn Driver>))
}

impl OpenPgp {
    /// How this card wants its PINs (4.3.2). Asked once for each selection.
    ///
    /// A PIN in the wrong form would cost a try: a card that says something else than when it
    /// was shown, or refuses to say it, gets none.
    fn kdf(&mut self, channel: &mut Channel<'_>, shown: &Application) -> Result<&Kdf, CardError> {
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
        let derived = Fact::flag(FactName::KeyDerivation, true);
        if kdf.is_on() != shown.facts.contains(&derived) {
            return Err(CardError::Malformed("other key derivation than shown"));
        }
        Ok(self.kdf.insert(kdf))
    }

    /// The right of another PIN, which the next command needs.
    fn right(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        value: &Secret,
    ) -> Result<Step, CardError> {
        let p2 = match pin {
            pins::ADMIN => pin.0,
            pins::USER => VERIFY_OTHER,
            // The resetting code is for RESET RETRY COUNTER alone.
            _ => return Err(CardError::Unsupported("checking this code")),
        };
        let data = self.kdf(channel, shown)?.derive(pin, value);
        Ok(Step {
            command: Command::new([0x00, 0x20, 0x00, p2]).secret(data),
            role: Some(pins::role(pin)),
            operation: "VERIFY",
        })
    }

    /// Two PINs in one command, without anything between (7.2.3, 7.2.4).
    fn both(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        current: (PinReference, &Secret),
        new: (PinReference, &Secret),
    ) -> Result<Secret, CardError> {
        let kdf = self.kdf(channel, shown)?;
        let mut both = kdf.derive(current.0, current.1);
        both.extend(kdf.derive(new.0, new.1).expose());
        Ok(both)
    }

    /// A new PIN for which the right was given before.
    fn new_value(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        new: (PinReference, &Secret),
        header: [u8; 4],
        operation: &'static str,
    ) -> Result<Step, CardError> {
        let data = self.kdf(channel, shown)?.derive(new.0, new.1);
        Ok(Step {
            command: Command::new(header).secret(data),
            role: None,
            operation,
        })
    }
}

impl Driver for OpenPgp {
    fn select(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let Some(answer) = iso::select(channel, &AID)? else {
            return Ok(false);
        };
        // What the application itself announces is read with the first object.
        let extended =
            Atr::parse(channel.atr()).is_some_and(|atr| iso::announces_extended(atr.historical));
        channel.allow_extended(extended);
        self.terminated = answer.sw == StatusWord::TERMINATED;
        self.untold = answer.data.is_empty();
        self.kdf = None;
        Ok(true)
    }

    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        if self.terminated {
            application.state = ApplicationState::Terminated;
            return Ok(Progress::Whole);
        }
        self.reading.part(self.untold, channel, application)
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

    fn take_back(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<bool, CardError> {
        // Before version 3, an empty VERIFY may count as a wrong PIN.
        let aid = iso::present(get(channel, 0x00, 0x4F)?, "GET DATA")?;
        let version = aid.and_then(|aid| aid.get(6).copied());
        if version.is_none_or(|major| major < 3) {
            return Ok(false);
        }
        let used: &[u8] = if pin == pins::ADMIN {
            &[pins::ADMIN.0]
        } else {
            &[pins::USER.0, VERIFY_OTHER]
        };
        for &p2 in used {
            // P1 = FF takes back; a card that knows that knows the empty VERIFY as a question
            // (7.2.2), and only then it is asked.
            let command = |p1| Command::new([0x00, 0x20, p1, p2]);
            if !channel.transmit(&command(0xFF))?.sw.is_ok() {
                return Ok(false);
            }
            let answer = channel.transmit(&command(0x00))?;
            if !matches!(verdict(answer.sw), Verdict::Refused(_)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn prepare(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        deed: &Deed<'_>,
    ) -> Result<Vec<Step>, CardError> {
        match deed {
            Deed::Verify(value) => Ok(vec![self.right(channel, shown, pin, value)?]),
            Deed::Change(current, new) => {
                let data = self.both(channel, shown, (pin, current), (pin, new))?;
                Ok(vec![Step {
                    command: Command::new([0x00, 0x24, 0x00, pin.0]).secret(data),
                    role: Some(pins::role(pin)),
                    operation: "CHANGE REFERENCE DATA",
                }])
            }
            // 7.2.4: P1 = 00 with the resetting code before the new PIN, 02 after PW3.
            Deed::Unblock(with, code, new) if with.reference == pins::RESETTING_CODE => {
                let data = self.both(channel, shown, (with.reference, code), (pin, new))?;
                Ok(vec![Step {
                    command: Command::new([0x00, 0x2C, 0x00, pin.0]).secret(data),
                    role: Some(pins::role(with.reference)),
                    operation: "RESET RETRY COUNTER",
                }])
            }
            Deed::Unblock(with, code, new) => {
                let right = self.right(channel, shown, with.reference, code)?;
                let header = [0x00, 0x2C, 0x02, pin.0];
                let operation = "RESET RETRY COUNTER";
                let new = self.new_value(channel, shown, (pin, new), header, operation)?;
                Ok(vec![right, new])
            }
            Deed::Set(with, code, new) if pin == pins::RESETTING_CODE => {
                let right = self.right(channel, shown, with.reference, code)?;
                let header = [0x00, 0xDA, 0x00, 0xD3];
                let new = self.new_value(channel, shown, (pin, new), header, "PUT DATA")?;
                Ok(vec![right, new])
            }
            Deed::Set(..) => Err(CardError::Unsupported("setting this PIN")),
            Deed::Release(..) => Err(CardError::Unsupported("unblocking without a new PIN")),
            Deed::VerifyOnReader | Deed::ChangeOnReader => {
                Err(CardError::Unsupported("a PIN without a PIN"))
            }
        }
    }

    fn entry(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        modify: bool,
    ) -> Result<Option<PinEntry>, CardError> {
        // A reader cannot derive PINs.
        let derived = self.kdf(channel, shown)?.is_on();
        let p2 = match (pin == pins::ADMIN, modify) {
            (true, _) => pin.0,
            (false, true) => pins::USER.0,
            (false, false) => VERIFY_OTHER,
        };
        Ok(
            (!derived && pin != pins::RESETTING_CODE).then_some(PinEntry {
                header: [0x00, if modify { 0x24 } else { 0x20 }, 0x00, p2],
                min: if pin == pins::ADMIN { 8 } else { 6 },
                max: 15,
                block: None,
                current: modify,
                timeout: PINPAD_TIMEOUT,
            }),
        )
    }

    fn judge(
        &self,
        role: PinRole,
        operation: &'static str,
        answer: &Response,
    ) -> Result<(), CardError> {
        verdict(answer.sw).judge(role, operation)
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
