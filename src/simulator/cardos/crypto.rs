//! MANAGE SECURITY ENVIRONMENT and PERFORM SECURITY OPERATION (sheet "cardos", 9).

use super::CardOs;
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;

impl CardOs {
    pub(super) fn manage_security_environment(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        match (p1, p2, data) {
            (0x41, 0xB6, [0x83, 0x01, key]) => self.environment.sign = Some(*key),
            (0x41, 0xB8, [0x83, 0x01, key]) => self.environment.decipher = Some(*key),
            // RESTORE takes back what was set.
            (0x03, _, []) => self.environment = super::Environment::default(),
            (0x41, 0xB6 | 0xB8, _) => return Err(StatusWord::WRONG_DATA),
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(Vec::new())
    }

    pub(super) fn perform_security_operation(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        match (p1, p2) {
            (0x9E, 0x9A) => self.sign(data),
            (0x80, 0x86) => self.decipher(data),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// GET CHALLENGE: random bytes (sheet "iso7816-pkcs15", 2), eight if nobody says how many.
    pub(super) fn challenge(&mut self, le: Option<usize>) -> Result {
        let count = match le {
            None | Some(256..) => 8,
            Some(count) => count,
        };
        Ok(self.random.bytes(count))
    }

    /// COMPUTE DIGITAL SIGNATURE: what is padded already, or what the card shall pad.
    fn sign(&self, data: &[u8]) -> Result {
        let number = self.environment.sign.ok_or(StatusWord::NO_OBJECT)?;
        let (key, object) = self.key(number)?;
        let signature = match object.algorithm() {
            0x8A | 0x8C if data.len() == key.modulus_len() => key.rsa(data),
            0x88 => key.rsa_sign(data),
            // A key for decryption does not sign.
            _ => None,
        };
        signature.ok_or(StatusWord::WRONG_DATA)
    }

    /// DECIPHER: an indicator byte, then the cryptogram.
    fn decipher(&self, data: &[u8]) -> Result {
        let number = self.environment.decipher.ok_or(StatusWord::NO_OBJECT)?;
        let (key, object) = self.key(number)?;
        let Some((0x00, cryptogram)) = data.split_first() else {
            return Err(StatusWord::WRONG_DATA);
        };
        let plain = match object.algorithm() {
            0x0A | 0x0C => key.rsa(cryptogram),
            0x08 => key.rsa_decrypt(cryptogram),
            _ => None,
        };
        plain.ok_or(StatusWord::WRONG_DATA)
    }
}
