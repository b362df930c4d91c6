//! Ciphers and authentication codes, as sheet "globalplatform", 2.2 to 2.4 names them. Every
//! function that takes blocks ignores an unfinished last one; callers pad or check before.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};

/// Bytes of a block of DES.
pub(in super::super) const DES_BLOCK: usize = 8;
/// Bytes of a block of AES.
pub(in super::super) const AES_BLOCK: usize = 16;

/// A cipher with its key.
pub(in super::super) enum Cipher {
    Single(Box<Des>),
    Triple(Box<TdesEde2>),
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl Cipher {
    /// 3DES with two keys; nothing if there are not 16 bytes.
    pub(in super::super) fn triple(key: &[u8]) -> Option<Self> {
        let cipher = TdesEde2::new_from_slice(key).ok()?;
        Some(Self::Triple(Box::new(cipher)))
    }

    /// DES with the left half of a key for 3DES.
    pub(in super::super) fn left_half(key: &[u8]) -> Option<Self> {
        let cipher = Des::new_from_slice(key.get(..DES_BLOCK)?).ok()?;
        Some(Self::Single(Box::new(cipher)))
    }

    /// AES with a key of 16, 24 or 32 bytes.
    pub(in super::super) fn aes(key: &[u8]) -> Option<Self> {
        Some(match key.len() {
            16 => Self::Aes128(Box::new(Aes128::new_from_slice(key).ok()?)),
            24 => Self::Aes192(Box::new(Aes192::new_from_slice(key).ok()?)),
            32 => Self::Aes256(Box::new(Aes256::new_from_slice(key).ok()?)),
            _ => return None,
        })
    }

    fn block_len(&self) -> usize {
        match self {
            Self::Single(_) | Self::Triple(_) => DES_BLOCK,
            Self::Aes128(_) | Self::Aes192(_) | Self::Aes256(_) => AES_BLOCK,
        }
    }

    /// One block, enciphered in place.
    fn encipher(&self, block: &mut [u8]) {
        match self {
            Self::Single(cipher) => forwards(&**cipher, block),
            Self::Triple(cipher) => forwards(&**cipher, block),
            Self::Aes128(cipher) => forwards(&**cipher, block),
            Self::Aes192(cipher) => forwards(&**cipher, block),
            Self::Aes256(cipher) => forwards(&**cipher, block),
        }
    }

    /// One block, deciphered in place.
    fn decipher(&self, block: &mut [u8]) {
        match self {
            Self::Single(cipher) => backwards(&**cipher, block),
            Self::Triple(cipher) => backwards(&**cipher, block),
            Self::Aes128(cipher) => backwards(&**cipher, block),
            Self::Aes192(cipher) => backwards(&**cipher, block),
            Self::Aes256(cipher) => backwards(&**cipher, block),
        }
    }

    /// Every block for itself, enciphered (ECB).
    pub(in super::super) fn each(&self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for block in data.chunks_exact_mut(self.block_len()) {
            self.encipher(block);
        }
        data
    }

    /// Every block for itself, deciphered (ECB).
    pub(in super::super) fn each_back(&self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for block in data.chunks_exact_mut(self.block_len()) {
            self.decipher(block);
        }
        data
    }

    /// Chained blocks, enciphered (CBC).
    pub(in super::super) fn chained(&self, iv: &[u8], data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        let mut before = iv.to_vec();
        for block in data.chunks_exact_mut(self.block_len()) {
            mix(block, &before);
            self.encipher(block);
            before = block.to_vec();
        }
        data
    }

    /// Chained blocks, deciphered (CBC).
    pub(in super::super) fn chained_back(&self, iv: &[u8], data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        let mut before = iv.to_vec();
        for block in data.chunks_exact_mut(self.block_len()) {
            let sent = block.to_vec();
            self.decipher(block);
            mix(block, &before);
            before = sent;
        }
        data
    }
}

fn forwards<C: BlockCipherEncrypt + BlockSizeUser>(cipher: &C, block: &mut [u8]) {
    if let Ok(block) = <&mut Array<u8, C::BlockSize>>::try_from(block) {
        cipher.encrypt_block(block);
    }
}

fn backwards<C: BlockCipherDecrypt + BlockSizeUser>(cipher: &C, block: &mut [u8]) {
    if let Ok(block) = <&mut Array<u8, C::BlockSize>>::try_from(block) {
        cipher.decrypt_block(block);
    }
}

fn mix(block: &mut [u8], with: &[u8]) {
    for (byte, other) in block.iter_mut().zip(with) {
        *byte ^= other;
    }
}

/// Appends 80 and as many zeros as complete a block.
pub(in super::super) fn pad(mut data: Vec<u8>, block: usize) -> Vec<u8> {
    data.push(0x80);
    data.resize(data.len().next_multiple_of(block), 0);
    data
}

/// Takes the padding of [`pad()`] away; nothing if there is none.
pub(in super::super) fn unpad(mut data: Vec<u8>) -> Option<Vec<u8>> {
    while data.pop_if(|byte| *byte == 0).is_some() {}
    data.pop_if(|byte| *byte == 0x80)?;
    Some(data)
}

/// The last block of 3DES in CBC mode over padded data.
pub(super) fn full_mac(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let sealed = Cipher::triple(key)?.chained(iv, &pad(data.to_vec(), DES_BLOCK));
    Some(sealed.last_chunk::<DES_BLOCK>()?.to_vec())
}

/// Single DES over padded data, and 3DES on the last block (ISO/IEC 9797-1, algorithm 3).
pub(super) fn retail_mac(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let data = pad(data.to_vec(), DES_BLOCK);
    let (first, last) = data.split_last_chunk::<DES_BLOCK>()?;
    let single = Cipher::left_half(key)?.chained(iv, first);
    let before = single
        .last_chunk::<DES_BLOCK>()
        .map_or(iv, <[u8; DES_BLOCK]>::as_slice);
    Some(Cipher::triple(key)?.chained(before, last))
}

/// AES-CMAC, 16 bytes.
pub(in super::super) fn cmac(key: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
    fn run<M: KeyInit + Mac>(key: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac.finalize().into_bytes().to_vec())
    }
    match key.len() {
        16 => run::<Cmac<Aes128>>(key, parts),
        24 => run::<Cmac<Aes192>>(key, parts),
        32 => run::<Cmac<Aes256>>(key, parts),
        _ => None,
    }
}

/// Derives `len` bytes in counter mode (sheet, 2.4).
pub(super) fn derive(key: &[u8], constant: u8, len: usize, context: &[u8]) -> Option<Vec<u8>> {
    let bits = u16::try_from(len * 8).ok()?.to_be_bytes();
    let mut out = Vec::new();
    for number in 1..=len.div_ceil(AES_BLOCK) {
        let label = [&[0; 11], &[constant, 0][..], &bits].concat();
        let number = u8::try_from(number).ok()?;
        out.extend(cmac(key, &[&label, &[number], context])?);
    }
    out.truncate(len);
    Some(out)
}
