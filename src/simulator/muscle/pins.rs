//! PINs and their unblock codes (sheet "muscle", 4).

use super::rights::bit;
use super::status::{
    AUTH_FAILED, BLOCKED, NOT_ALLOWED, UNAUTHORIZED, WRONG_P1, WRONG_P2, WRONG_PARAMETER,
};
use super::{Muscle, check_p1p2, counted};
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;
use crate::simulator::pin::{Pin, Verdict};

/// Lengths of PINs and unblock codes, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=16;

/// The tries of the unblock code of a PIN that CreatePIN made.
const PUK_TRIES: u8 = 3;

/// What ListPINs answers, in bytes.
const MASK_LEN: u8 = 2;

/// A PIN and what unblocks it.
#[derive(Clone)]
pub(super) struct Code {
    pin: Pin,
    puk: Pin,
}

impl Code {
    /// Each with its tries.
    pub(super) fn new(pin: (&[u8], u8), puk: (&[u8], u8)) -> Self {
        Self {
            pin: Pin::new(pin.0, pin.1),
            puk: Pin::new(puk.0, puk.1),
        }
    }
}

impl Muscle {
    /// Whether a value may be a PIN; no try is lost by one that may not.
    pub(super) fn check_policy(&self, value: &[u8]) -> Result<()> {
        let kinds = [
            u8::is_ascii_digit as fn(&u8) -> bool,
            u8::is_ascii_uppercase,
            u8::is_ascii_lowercase,
        ];
        let found = kinds.iter().filter(|kind| value.iter().any(kind)).count();
        if LENGTHS.contains(&value.len()) && (!self.build.policy || found >= 2) {
            Ok(())
        } else {
            Err(WRONG_PARAMETER)
        }
    }

    /// The PIN with a number.
    fn code(&mut self, p1: u8, p2: u8) -> Result<&mut Code> {
        let code = self.pins.get_mut(usize::from(p1));
        let code = code.and_then(Option::as_mut).ok_or(WRONG_P1)?;
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        Ok(code)
    }

    /// CreatePIN.
    pub(super) fn create_pin(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        self.may(|rules| rules.pins)?;
        if !matches!(self.pins.get(usize::from(p1)), Some(None)) {
            return Err(WRONG_P1);
        }
        if p2 == 0x00 {
            return Err(WRONG_P2);
        }
        let mut data = data;
        let (Some(pin), Some(puk), []) = (counted(&mut data), counted(&mut data), data) else {
            return Err(WRONG_PARAMETER);
        };
        self.check_policy(pin)?;
        self.check_policy(puk)?;
        let code = Code::new((pin, p2), (puk, PUK_TRIES));
        if let Some(place) = self.pins.get_mut(usize::from(p1)) {
            *place = Some(code);
        }
        Ok(Vec::new())
    }

    /// VerifyPIN.
    pub(super) fn verify(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        self.code(p1, p2)?;
        self.check_policy(data)?;
        self.compare(p1, p2, data)?;
        self.identities.log_in(p1);
        Ok(Vec::new())
    }

    /// Compares and counts; a wrong PIN logs out.
    fn compare(&mut self, p1: u8, p2: u8, value: &[u8]) -> Result<()> {
        match self.code(p1, p2)?.pin.check(value) {
            Verdict::Right => Ok(()),
            Verdict::Wrong(_) => {
                self.identities.log_out(p1);
                Err(AUTH_FAILED)
            }
            Verdict::Blocked => Err(BLOCKED),
        }
    }

    /// ChangePIN.
    pub(super) fn change(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        self.code(p1, p2)?;
        let mut data = data;
        let (Some(old), Some(new), []) = (counted(&mut data), counted(&mut data), data) else {
            return Err(WRONG_PARAMETER);
        };
        self.check_policy(old)?;
        self.check_policy(new)?;
        self.compare(p1, p2, old)?;
        self.code(p1, p2)?.pin.replace(new);
        self.identities.log_out(p1);
        Ok(Vec::new())
    }

    /// UnblockPIN: all tries come back, the value stays.
    pub(super) fn unblock(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let code = self.code(p1, p2)?;
        if !code.pin.is_blocked() {
            return Err(NOT_ALLOWED);
        }
        match code.puk.check(data) {
            Verdict::Right => {
                code.pin.left = code.pin.tries;
                Ok(Vec::new())
            }
            Verdict::Wrong(_) => Err(AUTH_FAILED),
            Verdict::Blocked => Err(BLOCKED),
        }
    }

    /// ListPINs.
    pub(super) fn list_pins(&self, p1: u8, p2: u8, len: u8) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        if len != MASK_LEN {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let mask = (0..)
            .zip(&self.pins)
            .filter(|(_, pin)| pin.is_some())
            .fold(0, |mask, (number, _)| mask | bit(number));
        Ok(mask.to_be_bytes().to_vec())
    }

    /// Whether all identities of a rule are logged in.
    pub(super) fn allowed(&self, rule: u16) -> Result<()> {
        if self.identities.all(rule) {
            Ok(())
        } else {
            Err(UNAUTHORIZED)
        }
    }
}
