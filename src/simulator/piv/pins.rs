//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (SP 800-73-4 Part 2, 3.2.1 to 3.2.3).

use super::Piv;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;
use crate::simulator::pin::Pin;

/// Key reference of the PIN.
pub(super) const PIN: u8 = 0x80;
/// Reference of the PIN of the whole card.
const GLOBAL: u8 = 0x00;
/// Key reference of the PUK.
pub(super) const PUK: u8 = 0x81;
/// Bytes of reference data in a command.
const BLOCK: usize = 8;

impl Piv {
    pub(super) fn verify(&mut self, command: &Parsed<'_>) -> Result {
        let [_, _, p1, p2] = command.header;
        if p1 == 0xFF && !self.takes_back {
            return Err(StatusWord::WRONG_P1P2);
        }
        if p2 == GLOBAL {
            return self.verify_global(p1, command.data);
        }
        if p2 != PIN {
            return Err(StatusWord::NO_OBJECT);
        }
        match (p1, command.data) {
            (0x00, []) if self.verified => Ok(Vec::new()),
            (0x00, []) => Err(self.pin.status()),
            (0xFF, []) => {
                self.verified = false;
                Ok(Vec::new())
            }
            (0x00, pin) => {
                self.well_formed_pin(pin)?;
                self.verified = false;
                self.pin.check(pin).or_status()?;
                self.verified = true;
                self.fresh = true;
                Ok(Vec::new())
            }
            (0xFF, _) => Err(StatusWord::WRONG_LENGTH),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    fn verify_global(&mut self, p1: u8, data: &[u8]) -> Result {
        if !data.is_empty() {
            self.well_formed_pin(data)?;
        }
        let (pin, verified) = self.global.as_mut().ok_or(StatusWord::NO_OBJECT)?;
        match (p1, data) {
            (0x00, []) if *verified => Ok(Vec::new()),
            (0x00, []) => Err(pin.status()),
            (0xFF, []) => {
                *verified = false;
                Ok(Vec::new())
            }
            (0x00, data) => {
                *verified = false;
                pin.check(data).or_status()?;
                *verified = true;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    pub(super) fn change(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let (old, new) = blocks(data)?;
        if p2 != PUK {
            self.well_formed_pin(new)?;
        }
        let pin = self.reference(p2)?;
        pin.check(old).or_status()?;
        pin.replace(new);
        Ok(Vec::new())
    }

    pub(super) fn unblock(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(StatusWord::WRONG_P1P2);
        }
        if p2 != PIN {
            return Err(StatusWord::NO_OBJECT);
        }
        let (puk, new) = blocks(data)?;
        self.well_formed_pin(new)?;
        self.puk.check(puk).or_status()?;
        self.pin.replace(new);
        Ok(Vec::new())
    }

    fn reference(&mut self, p2: u8) -> Result<&mut Pin> {
        match p2 {
            PIN => Ok(&mut self.pin),
            PUK => Ok(&mut self.puk),
            GLOBAL => match &mut self.global {
                Some((pin, _)) => Ok(pin),
                None => Err(StatusWord::NO_OBJECT),
            },
            _ => Err(StatusWord::NO_OBJECT),
        }
    }

    /// Six to eight characters, filled up with FF; digits only unless it is a YubiKey
    /// (SP 800-73-4 Part 2, 2.4.3). What is not a PIN at all is refused without counting.
    fn well_formed_pin(&self, block: &[u8]) -> Result<()> {
        if block.len() != BLOCK {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let len = block.iter().take_while(|&&byte| byte != 0xFF).count();
        let filled = block.iter().skip(len).all(|&byte| byte == 0xFF);
        let digits = block.iter().take(len).all(u8::is_ascii_digit);
        if len >= 6 && filled && (digits || self.yubikey.is_some()) {
            Ok(())
        } else {
            Err(StatusWord::WRONG_DATA)
        }
    }
}

/// Old and new reference data.
fn blocks(data: &[u8]) -> Result<(&[u8], &[u8])> {
    if data.len() == 2 * BLOCK {
        data.split_at_checked(BLOCK).ok_or(StatusWord::WRONG_LENGTH)
    } else {
        Err(StatusWord::WRONG_LENGTH)
    }
}
