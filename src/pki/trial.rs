//! Whether a private key that is out of reach belongs to a public one: it is given something to do,
//! and the public half tells whether that was done.

use rsa::hazmat::rsa_encrypt;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest as _, Sha256};

/// DigestInfo of SHA-256 before the digest (RFC 8017, 9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// One trial of an RSA key.
pub struct Trial {
    key: RsaPublicKey,
    digest: [u8; 32],
    block: Vec<u8>,
    cryptogram: Vec<u8>,
}

impl Trial {
    /// A new one with random content. Nothing if the numbers are no key of at least 512 bits.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let len = modulus.len();
        let mut digest = [0; 32];
        getrandom::fill(&mut digest).ok()?;
        let digest: [u8; 32] = Sha256::digest(digest).into();
        let filling = len.checked_sub(3 + SHA256_PREFIX.len() + digest.len())?;
        let mut block = vec![0x00, 0x01];
        block.extend(vec![0xFF; filling]);
        block.push(0x00);
        block.extend(SHA256_PREFIX);
        block.extend(digest);
        let key = RsaPublicKey::new_unchecked(
            BoxedUint::from_be_slice_vartime(modulus),
            BoxedUint::from_be_slice_vartime(exponent),
        );
        let number = BoxedUint::from_be_slice(&block, u32::try_from(8 * len).ok()?).ok()?;
        let cryptogram = padded(&rsa_encrypt(&key, &number).ok()?, len)?;
        Some(Self {
            key,
            digest,
            block,
            cryptogram,
        })
    }

    /// What is to be signed: a whole block (RFC 8017, 9.2).
    #[must_use]
    pub fn to_sign(&self) -> &[u8] {
        &self.block
    }

    /// Whether that is the signature.
    #[must_use]
    pub fn is_signature(&self, signature: &[u8]) -> bool {
        let scheme = Pkcs1v15Sign::new::<Sha256>();
        self.key.verify(scheme, &self.digest, signature).is_ok()
    }

    /// What is to be opened.
    #[must_use]
    pub fn cryptogram(&self) -> &[u8] {
        &self.cryptogram
    }

    /// Whether that is what was in it.
    #[must_use]
    pub fn is_plain(&self, plain: &[u8]) -> bool {
        plain == self.block
    }
}

fn padded(number: &BoxedUint, len: usize) -> Option<Vec<u8>> {
    let bytes = number.to_be_bytes();
    let start = bytes.len().checked_sub(len)?;
    Some(bytes.get(start..)?.to_vec())
}
