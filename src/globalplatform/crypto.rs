//! Block ciphers as the secure channels use them: ECB, CBC and MACs over DES and AES.
//!
//! What comes out may be a key: it is wiped, and so are the schedules of the ciphers. Nothing here
//! knows a protocol.

use aes::{Aes128, Aes192, Aes256};
use cmac::Cmac;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde2};
use zeroize::Zeroizing;

use super::keys::KeyError;

/// Bytes that may be a key.
pub(super) type Wiped = Zeroizing<Vec<u8>>;

/// A block cipher with its key.
pub(super) struct Cipher(Box<dyn Blocks>);

trait Blocks {
    fn size(&self) -> usize;
    fn encrypt(&self, block: &mut [u8]);
    fn decrypt(&self, block: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt> Blocks for C {
    fn size(&self) -> usize {
        <C as des::cipher::BlockSizeUser>::block_size()
    }

    // Only whole blocks come here: `Cipher` cuts by `size`.
    fn encrypt(&self, block: &mut [u8]) {
        if let Ok(block) = block.try_into() {
            self.encrypt_block(block);
        }
    }

    fn decrypt(&self, block: &mut [u8]) {
        if let Ok(block) = block.try_into() {
            self.decrypt_block(block);
        }
    }
}

impl Cipher {
    /// Single DES with the left half of a key of 16 bytes.
    pub(super) fn left_des(key: &[u8]) -> Result<Self, KeyError> {
        let left = key.get(..8).unwrap_or(key);
        Self::with::<Des>(left)
    }

    /// Triple DES with two keys of 8 bytes.
    pub(super) fn triple_des(key: &[u8]) -> Result<Self, KeyError> {
        Self::with::<TdesEde2>(key)
    }

    /// AES with a key of 16, 24 or 32 bytes.
    pub(super) fn aes(key: &[u8]) -> Result<Self, KeyError> {
        match key.len() {
            16 => Self::with::<Aes128>(key),
            24 => Self::with::<Aes192>(key),
            _ => Self::with::<Aes256>(key),
        }
    }

    fn with<C>(key: &[u8]) -> Result<Self, KeyError>
    where
        C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit + 'static,
    {
        let cipher = C::new_from_slice(key).map_err(|_| KeyError::Length { len: key.len() })?;
        Ok(Self(Box::new(cipher)))
    }

    /// Encrypts each block by itself. What does not fill a block is left out.
    pub(super) fn ecb(&self, data: &[u8]) -> Wiped {
        let mut out = self.whole_blocks(data);
        for block in out.chunks_exact_mut(self.0.size()) {
            self.0.encrypt(block);
        }
        out
    }

    /// Encrypts with each block depending on those before, from an initial vector of one block.
    pub(super) fn cbc(&self, iv: &[u8], data: &[u8]) -> Wiped {
        let mut out = self.whole_blocks(data);
        // What is encrypted may be halves of session keys.
        let mut before = Zeroizing::new(iv.to_vec());
        for block in out.chunks_exact_mut(self.0.size()) {
            xor(block, &before);
            self.0.encrypt(block);
            before.copy_from_slice(block);
        }
        out
    }

    /// The reverse of [`Cipher::cbc`].
    pub(super) fn cbc_decrypt(&self, iv: &[u8], data: &[u8]) -> Wiped {
        let mut out = self.whole_blocks(data);
        let mut before = iv;
        let size = self.0.size();
        for (block, sent) in out.chunks_exact_mut(size).zip(data.chunks_exact(size)) {
            self.0.decrypt(block);
            xor(block, before);
            before = sent;
        }
        out
    }

    fn whole_blocks(&self, data: &[u8]) -> Wiped {
        let whole = data.len() - data.len() % self.0.size();
        Zeroizing::new(data.get(..whole).unwrap_or_default().to_vec())
    }
}

fn xor(block: &mut [u8], with: &[u8]) {
    for (byte, other) in block.iter_mut().zip(with) {
        *byte ^= other;
    }
}

/// `data` with `80 00 ..` behind, to a multiple of `block` bytes (ISO/IEC 9797-1, padding method 2).
pub(super) fn pad(data: &[u8], block: usize) -> Wiped {
    let len = (data.len() + 1).next_multiple_of(block);
    let mut padded = Zeroizing::new(Vec::with_capacity(len));
    padded.extend_from_slice(data);
    padded.push(0x80);
    padded.resize(len, 0);
    padded
}

/// What [`pad`] was given; nothing if there is no such padding at the end.
pub(super) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|&byte| byte != 0)?;
    let (data, padding) = padded.split_at_checked(end)?;
    (padding.first() == Some(&0x80)).then_some(data)
}

/// The last block of triple DES in CBC mode over the padded data: the MAC of SCP01 and of all
/// cryptograms with DES.
pub(super) fn full_mac(key: &[u8], icv: [u8; 8], data: &[u8]) -> Result<[u8; 8], KeyError> {
    let out = Cipher::triple_des(key)?.cbc(&icv, &pad(data, 8));
    Ok(last_block(&out))
}

/// Single DES over all blocks but the last, triple DES over that (ISO/IEC 9797-1, algorithm 3): the
/// MAC of SCP02.
pub(super) fn retail_mac(key: &[u8], icv: [u8; 8], data: &[u8]) -> Result<[u8; 8], KeyError> {
    let padded = pad(data, 8);
    let before_last = padded.len() - 8;
    let (first, last) = padded.split_at_checked(before_last).unwrap_or_default();
    let chained = Cipher::left_des(key)?.cbc(&icv, first);
    let icv = if first.is_empty() {
        icv
    } else {
        last_block(&chained)
    };
    Ok(last_block(&Cipher::triple_des(key)?.cbc(&icv, last)))
}

/// CMAC with AES (NIST SP 800-38B) over some pieces, one after the other.
pub(super) fn aes_cmac(key: &[u8], pieces: &[&[u8]]) -> Result<[u8; 16], KeyError> {
    let len = key.len();
    let bad = |_| KeyError::Length { len };
    Ok(match len {
        16 => finish(Cmac::<Aes128>::new_from_slice(key).map_err(bad)?, pieces),
        24 => finish(Cmac::<Aes192>::new_from_slice(key).map_err(bad)?, pieces),
        _ => finish(Cmac::<Aes256>::new_from_slice(key).map_err(bad)?, pieces),
    })
}

fn finish<M>(mut mac: M, pieces: &[&[u8]]) -> [u8; 16]
where
    M: cmac::Mac<OutputSize = des::cipher::consts::U16>,
{
    for piece in pieces {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

fn last_block(out: &[u8]) -> [u8; 8] {
    out.last_chunk().copied().unwrap_or_default()
}

/// Whether both are the same, in a time that depends on the lengths only.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let differing = one
        .iter()
        .zip(other)
        .fold(0, |seen, (one, other)| seen | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Cipher, aes_cmac, pad, same, unpad};
    use crate::base::hex;

    #[test]
    fn padding_comes_off_as_it_went_on() {
        for len in 0..40 {
            let data = vec![0x80; len];
            let padded = pad(&data, 16);
            assert_eq!(padded.len() % 16, 0);
            assert_eq!(unpad(&padded), Some(&data[..]));
        }
        for bad in [&[][..], &[0; 16], &[1], &[0x80, 1]] {
            assert_eq!(unpad(bad), None);
        }
    }

    #[test]
    fn cmac_of_the_standard() {
        // RFC 4493, 4, examples 1 and 2.
        let key = hex::decode("2B7E151628AED2A6ABF7158809CF4F3C").unwrap();
        let data = hex::decode("6BC1BEE22E409F96E93D7E117393172A").unwrap();
        let mac = |pieces: &[&[u8]]| hex::encode(&aes_cmac(&key, pieces).unwrap());
        assert_eq!(mac(&[]), "BB1D6929E95937287FA37D129B756746");
        assert_eq!(mac(&[&data]), "070A16B46B4D4144F79BDD9DD04A287C");
        let (one, two) = data.split_at(3);
        assert_eq!(mac(&[one, two]), "070A16B46B4D4144F79BDD9DD04A287C");
    }

    #[test]
    fn what_was_encrypted_is_decrypted() {
        let data: Vec<u8> = (0..64).collect();
        let ciphers = [
            (8, Cipher::triple_des(&[7; 16]).unwrap()),
            (16, Cipher::aes(&[7; 16]).unwrap()),
            (16, Cipher::aes(&[7; 24]).unwrap()),
            (16, Cipher::aes(&[7; 32]).unwrap()),
        ];
        for (block, cipher) in ciphers {
            let iv = vec![3; block];
            let encrypted = cipher.cbc(&iv, &data);
            assert_ne!(&encrypted[..], &data[..]);
            assert_eq!(&cipher.cbc_decrypt(&iv, &encrypted)[..], &data[..]);
        }
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for len in [0, 8, 15, 17, 24, 33] {
            assert!(Cipher::triple_des(&vec![0; len]).is_err());
        }
        for len in [0, 8, 15, 17, 33] {
            assert!(Cipher::aes(&vec![0; len]).is_err());
            assert!(aes_cmac(&vec![0; len], &[]).is_err());
        }
    }

    #[test]
    fn comparison_minds_each_bit_and_the_length() {
        assert!(same(&[], &[]));
        assert!(same(&[1, 2], &[1, 2]));
        assert!(!same(&[1, 2], &[1]));
        for bit in 0..16 {
            let mut other = [1_u8, 2];
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same(&[1, 2], &other));
        }
    }
}
