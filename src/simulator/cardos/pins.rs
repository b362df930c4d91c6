//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (sheet "cardos", 7).

use super::CardOs;
use super::objects::PIN;
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;

/// Bytes of a PIN in a command; unused ones are 00.
const BLOCK: usize = 8;

impl CardOs {
    /// VERIFY. An empty one is a wrong PIN like any other: on M4 it costs a try.
    pub(super) fn verify(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let number = reference(p1, p2)?;
        let owner = self.owner(PIN, number).ok_or(StatusWord::NO_OBJECT)?;
        self.verified.remove(&(owner.clone(), number));
        self.compare(number, data)?;
        self.verified.insert((owner, number));
        Ok(Vec::new())
    }

    /// The old PIN, then the new one.
    pub(super) fn change(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let number = reference(p1, p2)?;
        let (old, new) = blocks(data)?;
        self.compare(number, old)?;
        self.object_mut(PIN, number)?.value = new.to_vec();
        Ok(Vec::new())
    }

    /// The PUK, then the new PIN.
    pub(super) fn unblock(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let number = reference(p1, p2)?;
        let (code, new) = blocks(data)?;
        let with = self.object(PIN, number)?.to_unblock();
        if with == 0xFF {
            return Err(StatusWord::SECURITY);
        }
        self.compare(with, code)?;
        let object = self.object_mut(PIN, number)?;
        object.value = new.to_vec();
        object.left = object.tries();
        Ok(Vec::new())
    }

    /// Compares, and counts before it does.
    fn compare(&mut self, number: u8, data: &[u8]) -> Result<()> {
        let aloud = self.model.counts_aloud;
        let object = self.object_mut(PIN, number)?;
        if object.left == 0 {
            return Err(StatusWord::BLOCKED);
        }
        object.left -= 1;
        if object.value != data {
            return Err(if aloud {
                StatusWord(0x63C0 | u16::from(object.left))
            } else {
                StatusWord::CHECK_FAILED
            });
        }
        object.left = object.tries();
        Ok(())
    }
}

/// The number of a PIN object; without the bit that says "from here upwards" there is none
/// (sheet, 13, item 8).
fn reference(p1: u8, p2: u8) -> Result<u8> {
    match (p1, p2) {
        (0x00, 0x81..=0xFE) => Ok(p2 & 0x7F),
        (0x00, _) => Err(StatusWord::NO_FUNCTION),
        _ => Err(StatusWord::WRONG_P1P2),
    }
}

fn blocks(data: &[u8]) -> Result<(&[u8], &[u8])> {
    if data.len() == 2 * BLOCK {
        data.split_at_checked(BLOCK).ok_or(StatusWord::WRONG_LENGTH)
    } else {
        Err(StatusWord::WRONG_LENGTH)
    }
}
