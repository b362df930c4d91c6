//! The card management key in slot 9B, and the two ways to prove that one has it
//! (SP 800-73-4 Part 2, 3.2.4 and A.1).

use aes::cipher::{Array, BlockCipherEncrypt, BlockSizeUser, KeyInit};

use super::Piv;
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;

/// The key on which every card is sold.
pub(super) const FACTORY: [u8; 24] = [
    1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
];

/// A management key.
pub(super) struct Management {
    pub(super) algorithm: u8,
    pub(super) key: Vec<u8>,
    pub(super) touch: u8,
}

/// What the card waits for after the first half of a proof.
pub(super) enum Challenge {
    /// The host has to return this number, deciphered (mutual authentication).
    Witness(Vec<u8>),
    /// The host has to return this number, enciphered.
    Sent(Vec<u8>),
}

impl Management {
    /// As sold: the same bytes as a key of 3DES, or of AES-192.
    pub(super) fn factory(aes: bool) -> Self {
        Self {
            algorithm: if aes { 0x0A } else { 0x03 },
            key: FACTORY.to_vec(),
            touch: super::keys::NO_TOUCH,
        }
    }

    /// Bytes of a key of the algorithm; nothing if it is none for slot 9B.
    pub(super) fn key_len(algorithm: u8) -> Option<usize> {
        match algorithm {
            0x00 | 0x03 | 0x0A => Some(24),
            0x08 => Some(16),
            0x0C => Some(32),
            _ => None,
        }
    }

    fn block_len(&self) -> usize {
        if self.algorithm == 0x03 { 8 } else { 16 }
    }

    /// One block enciphered.
    pub(super) fn encipher(&self, block: &[u8]) -> Option<Vec<u8>> {
        match self.algorithm {
            0x03 => ecb::<des::TdesEde3>(&self.key, block),
            0x08 => ecb::<aes::Aes128>(&self.key, block),
            0x0A => ecb::<aes::Aes192>(&self.key, block),
            _ => ecb::<aes::Aes256>(&self.key, block),
        }
    }
}

/// One block in electronic codebook mode.
fn ecb<C>(key: &[u8], block: &[u8]) -> Option<Vec<u8>>
where
    C: KeyInit + BlockSizeUser + BlockCipherEncrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let mut block = Array::try_from(block).ok()?;
    cipher.encrypt_block(&mut block);
    Some(block.to_vec())
}

impl Piv {
    /// GENERAL AUTHENTICATE with slot 9B.
    pub(super) fn prove_management(
        &mut self,
        algorithm: u8,
        template: &[u8],
        challenge: Option<Challenge>,
    ) -> Result {
        let algorithm = if algorithm == 0x00 { 0x03 } else { algorithm };
        if algorithm != self.management.algorithm {
            return Err(StatusWord::WRONG_P1P2);
        }
        let len = self.management.block_len();
        let part = |tag| ber::find(template, &[tag]);
        match (part(0x80), part(0x81), part(0x82), challenge) {
            (Some([]), None, None, _) => {
                let witness = self.random.bytes(len);
                let answer = self.management.encipher(&witness);
                self.challenge = Some(Challenge::Witness(witness));
                wrapped(0x80, answer)
            }
            (None, Some([]), None, _) => {
                let number = self.random.bytes(len);
                let answer = Some(number.clone());
                self.challenge = Some(Challenge::Sent(number));
                wrapped(0x81, answer)
            }
            (Some(returned), Some(number), _, Some(Challenge::Witness(witness))) => {
                self.proved(returned == witness && number.len() == len)?;
                wrapped(0x82, self.management.encipher(number))
            }
            (None, None, Some(returned), Some(Challenge::Sent(number))) => {
                self.proved(
                    self.management
                        .encipher(&number)
                        .is_some_and(|right| right == returned),
                )?;
                Ok(Vec::new())
            }
            (Some(_), Some(_), _, _) | (None, None, Some(_), _) => Err(StatusWord::CONDITIONS),
            _ => Err(StatusWord::WRONG_DATA),
        }
    }

    fn proved(&mut self, right: bool) -> Result<()> {
        self.managed = right;
        if right {
            Ok(())
        } else if self.yubikey.is_some() {
            Err(StatusWord::SECURITY)
        } else {
            Err(StatusWord::WRONG_DATA)
        }
    }
}

/// A dynamic authentication template with one object.
pub(super) fn wrapped(tag: u32, value: Option<Vec<u8>>) -> Result {
    let value = value.ok_or(StatusWord::WRONG_DATA)?;
    Ok(ber::encode(0x7C, &ber::encode(tag, &value)))
}
