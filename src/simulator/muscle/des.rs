//! DES and triple DES without padding.

use ::des::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};

/// Bytes of a block.
pub(super) const BLOCK: usize = 8;

/// Whether it goes in or out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Way {
    Encrypt,
    Decrypt,
}

/// Whole blocks with one to three keys, chained if there is a vector, which becomes that for the
/// next blocks. Nothing if a length is wrong.
pub(super) fn crypt(
    key: &[u8],
    way: Way,
    data: &[u8],
    mut vector: Option<&mut [u8; BLOCK]>,
) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(data.len());
    let (blocks, []) = data.as_chunks::<BLOCK>() else {
        return None;
    };
    for block in blocks {
        let mask = vector.as_deref().copied().unwrap_or_default();
        let (done, next) = match way {
            Way::Encrypt => {
                let done = one(key, way, xor(*block, mask))?;
                (done, done)
            }
            Way::Decrypt => (xor(one(key, way, *block)?, mask), *block),
        };
        if let Some(vector) = vector.as_deref_mut() {
            *vector = next;
        }
        result.extend(done);
    }
    Some(result)
}

fn xor(block: [u8; BLOCK], mask: [u8; BLOCK]) -> [u8; BLOCK] {
    (u64::from_be_bytes(block) ^ u64::from_be_bytes(mask)).to_be_bytes()
}

fn one(key: &[u8], way: Way, block: [u8; BLOCK]) -> Option<[u8; BLOCK]> {
    match key.len() {
        8 => block_with::<::des::Des>(key, way, block),
        16 => block_with::<::des::TdesEde2>(key, way, block),
        _ => block_with::<::des::TdesEde3>(key, way, block),
    }
}

fn block_with<C>(key: &[u8], way: Way, block: [u8; BLOCK]) -> Option<[u8; BLOCK]>
where
    C: KeyInit + BlockSizeUser + BlockCipherEncrypt + BlockCipherDecrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let mut block = Array::try_from(block.as_slice()).ok()?;
    match way {
        Way::Encrypt => cipher.encrypt_block(&mut block),
        Way::Decrypt => cipher.decrypt_block(&mut block),
    }
    block.as_slice().try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Way, crypt};

    /// FIPS 81, table C1 and C3.
    #[test]
    fn the_published_vectors_come_out() {
        let key = 0x0123_4567_89AB_CDEF_u64.to_be_bytes();
        let plain = b"Now is the time for all ";
        let ecb = crypt(&key, Way::Encrypt, plain, None).unwrap();
        assert!(ecb.starts_with(&0x3FA4_0E8A_984D_4815_u64.to_be_bytes()));
        let vector = 0x1234_5678_90AB_CDEF_u64.to_be_bytes();
        let cbc = crypt(&key, Way::Encrypt, plain, Some(&mut { vector })).unwrap();
        assert!(cbc.starts_with(&0xE5C7_CDDE_872B_F27C_u64.to_be_bytes()));
        assert!(cbc.ends_with(&0x683788499A7C05F6_u64.to_be_bytes()));
        let back = crypt(&key, Way::Decrypt, &cbc, Some(&mut { vector })).unwrap();
        assert_eq!(back, plain);
        assert!(crypt(&key, Way::Encrypt, b"seven b", None).is_none());
    }
}
