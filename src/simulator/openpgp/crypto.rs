//! PERFORM SECURITY OPERATION and INTERNAL AUTHENTICATE (7.2.10 to 7.2.13).

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};

use super::{KeyRef, OpenPgp, model};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// Bytes of a block of AES.
const BLOCK: usize = 16;

impl OpenPgp {
    /// PSO: COMPUTE DIGITAL SIGNATURE.
    pub(super) fn sign(&mut self, input: &[u8]) -> Result {
        if !self.verified.signing {
            return Err(StatusWord::SECURITY);
        }
        let key = self.key(KeyRef::Signature)?;
        let signature = signature(key, input)?;
        // The counter has three bytes and stays at its end (4.4.3.2).
        self.signatures = (self.signatures + 1).min(0x00FF_FFFF);
        if !self.lasting {
            self.verified.signing = false;
        }
        Ok(signature)
    }

    pub(super) fn internal_authenticate(&self, input: &[u8]) -> Result {
        if !self.verified.other {
            return Err(StatusWord::SECURITY);
        }
        signature(self.key(self.environment.authenticate)?, input)
    }

    /// PSO: DECIPHER. The first byte says what the rest is.
    pub(super) fn decipher(&self, data: &[u8]) -> Result {
        if !self.verified.other {
            return Err(StatusWord::SECURITY);
        }
        let plain = match data {
            [0x02, blocks @ ..] if self.model.has(model::AES) => {
                return self.aes(blocks, false);
            }
            [0x00, cryptogram @ ..] => self.key(self.environment.decipher)?.rsa_decrypt(cryptogram),
            [0xA6, ..] => {
                let point = ber::find(data, &[0xA6, 0x7F49, 0x86]);
                let key = self.key(self.environment.decipher)?;
                point.and_then(|point| key.agree(point))
            }
            _ => None,
        };
        plain.ok_or(StatusWord::WRONG_DATA)
    }

    /// PSO: ENCIPHER, with the AES key.
    pub(super) fn encipher(&self, data: &[u8]) -> Result {
        if !self.model.has(model::AES) {
            return Err(StatusWord::NO_INSTRUCTION);
        }
        if !self.verified.other {
            return Err(StatusWord::SECURITY);
        }
        let mut answer = vec![0x02];
        answer.extend(self.aes(data, true)?);
        Ok(answer)
    }

    fn key(&self, key: KeyRef) -> Result<&PrivateKey> {
        self.slot(key).key.as_ref().ok_or(StatusWord::NO_OBJECT)
    }

    /// AES in CBC mode, the initial value all zeros (7.2.11).
    fn aes(&self, data: &[u8], encrypt: bool) -> Result {
        let key = self.objects.get(&0xD5).filter(|key| !key.is_empty());
        let key = key.ok_or(StatusWord::NO_OBJECT)?;
        if data.is_empty() || !data.len().is_multiple_of(BLOCK) {
            return Err(StatusWord::WRONG_DATA);
        }
        let result = match key.len() {
            16 => cbc::<aes::Aes128>(key, data, encrypt),
            _ => cbc::<aes::Aes256>(key, data, encrypt),
        };
        result.ok_or(StatusWord::WRONG_DATA)
    }
}

/// RSA pads what it gets; curves take it as a digest, Ed25519 as the message.
fn signature(key: &PrivateKey, input: &[u8]) -> Result {
    let signature = match key.kind() {
        // At most 40 % of the modulus (7.2.10).
        KeyKind::Rsa(_) if input.len() * 5 > key.modulus_len() * 2 => None,
        KeyKind::Rsa(_) => key.rsa_sign(input),
        KeyKind::P256 | KeyKind::P384 => key.ecdsa(input),
        KeyKind::Ed25519 => key.eddsa(input),
        KeyKind::X25519 => None,
    };
    signature.ok_or(StatusWord::WRONG_DATA)
}

fn cbc<C>(key: &[u8], data: &[u8], encrypt: bool) -> Option<Vec<u8>>
where
    C: KeyInit + BlockSizeUser + BlockCipherEncrypt + BlockCipherDecrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let mut last = vec![0; BLOCK];
    let mut result = Vec::with_capacity(data.len());
    let xor = |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).map(|(a, b)| a ^ b).collect() };
    for block in data.chunks_exact(BLOCK) {
        if encrypt {
            let mut mixed = Array::try_from(xor(block, &last).as_slice()).ok()?;
            cipher.encrypt_block(&mut mixed);
            last = mixed.to_vec();
            result.extend_from_slice(&last);
        } else {
            let mut plain = Array::try_from(block).ok()?;
            cipher.decrypt_block(&mut plain);
            result.extend(xor(&plain, &last));
            last = block.to_vec();
        }
    }
    Some(result)
}
