//! GetChallenge and ExternalAuthenticate, as far as they work (sheet "muscle", 8).

use super::crypt::{DECRYPT, IN_COMMAND, RSA_PKCS1, rsa};
use super::des::{self, Way};
use super::keys::TRIES;
use super::objects::OUTPUT;
use super::status::{
    AUTH_FAILED, BLOCKED, NO_MEMORY, NOT_ALLOWED, UNSUPPORTED, WRONG_ALGORITHM, WRONG_P1, WRONG_P2,
    WRONG_PARAMETER,
};
use super::{Muscle, blob::Material, byte, counted_by_word, word};
use crate::simulator::chip::Result;

/// Keys from here on are no identities.
const IDENTITIES: u8 = 6;
/// The identity of key 0.
const FIRST_KEY: u8 = 8;

/// The most random bytes: a response less two bytes of length.
const MOST: u16 = 253;

/// Nobody reads, writes or deletes it.
const NOBODY: u16 = 0xFFFF;

impl Muscle {
    /// GetChallenge. The challenge is an object, whether there is one already or not; in the
    /// answer to the command it is gone again.
    pub(super) fn challenge(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(WRONG_P1);
        }
        if !matches!(p2, 0x01 | 0x02) {
            return Err(WRONG_P2);
        }
        let mut data = data;
        let size = word(&mut data).filter(|size| (1..=MOST).contains(size));
        let size = size.ok_or(WRONG_PARAMETER)?;
        // The seed makes no difference here.
        let seed = counted_by_word(&mut data);
        if seed.is_none() || !data.is_empty() {
            return Err(WRONG_PARAMETER);
        }
        let mut challenge = size.to_be_bytes().to_vec();
        challenge.extend(self.random.bytes(usize::from(size)));
        let answer = challenge.clone();
        self.objects
            .add(OUTPUT, [NOBODY; 3], challenge)
            .map_err(|_| NO_MEMORY)?;
        self.challenged = true;
        if p2 == 0x02 {
            return Ok(Vec::new());
        }
        self.objects.remove(OUTPUT);
        Ok(answer)
    }

    /// ExternalAuthenticate. Whether the key may be used is not asked.
    pub(super) fn authenticate(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if p1 >= IDENTITIES {
            return Err(WRONG_P1);
        }
        let slot = self.slot(p1)?;
        let tries_left = slot.tries_left;
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        let waiting = self.objects.get(OUTPUT).filter(|_| self.challenged);
        let challenge = waiting.ok_or(NOT_ALLOWED)?.bytes.clone();
        if tries_left == 0 {
            return Err(BLOCKED);
        }
        let mut data = data;
        let head = (byte(&mut data), byte(&mut data), byte(&mut data));
        let (Some(mode), Some(direction), Some(location)) = head else {
            return Err(WRONG_PARAMETER);
        };
        // The object falls into the branch of errors.
        if location != IN_COMMAND {
            return Err(WRONG_PARAMETER);
        }
        let cryptogram = counted_by_word(&mut data).filter(|_| data.is_empty());
        let cryptogram = cryptogram.ok_or(WRONG_PARAMETER)?;
        if direction != DECRYPT {
            return Err(UNSUPPORTED);
        }
        let slot = self.slot(p1)?;
        let opened = match (mode, &slot.material) {
            (0x20, Material::Des(key)) => {
                des::crypt(key, Way::Decrypt, cryptogram, Some(&mut [0; des::BLOCK]))
            }
            (0x21, Material::Des(key)) => des::crypt(key, Way::Decrypt, cryptogram, None),
            (0x00 | RSA_PKCS1, key) if !matches!(key, Material::Des(_)) => {
                rsa(key, mode, Way::Decrypt, cryptogram)
            }
            _ => return Err(WRONG_ALGORITHM),
        };
        let right = opened.as_deref() == challenge.get(2..);
        slot.tries_left = if right { TRIES } else { tries_left - 1 };
        self.objects.remove(OUTPUT);
        if !right {
            self.identities.log_out(FIRST_KEY + p1);
            return Err(AUTH_FAILED);
        }
        self.identities.log_in(FIRST_KEY + p1);
        Ok(Vec::new())
    }
}
