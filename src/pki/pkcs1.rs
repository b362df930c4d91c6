//! What an RSA key signs (RFC 8017, 9.2, EMSA-PKCS1-v1_5): a digest behind the name of its algorithm,
//! filled up to the length of the modulus.

use std::io::{self, Read};

use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::public_key::{Material, material};
use crate::token::PublicKey;

/// Bytes of a file that are digested at a time.
const PIECE: usize = 64 * 1024;

/// Zero, one, eight bytes of filling and a zero: the least that is before a digest.
const LEAST: usize = 11;

/// Digests that are signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DigestKind {
    /// SHA-1, for what is old.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A digest behind the name of its algorithm: DigestInfo in DER (RFC 8017, 9.2, note 1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DigestInfo(Vec<u8>);

impl DigestInfo {
    /// Of all that `message` brings.
    ///
    /// # Errors
    ///
    /// What reading said.
    pub fn of(kind: DigestKind, message: impl Read) -> io::Result<Self> {
        // The last byte of the name of SHA-2, and the lengths, are what differs.
        let (name, digest) = match kind {
            DigestKind::Sha1 => (None, digest::<Sha1>(message)?),
            DigestKind::Sha256 => (Some(0x01), digest::<Sha256>(message)?),
            DigestKind::Sha384 => (Some(0x02), digest::<Sha384>(message)?),
            DigestKind::Sha512 => (Some(0x03), digest::<Sha512>(message)?),
        };
        let mut algorithm = match name {
            None => vec![0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A],
            Some(last) => vec![
                0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last,
            ],
        };
        algorithm.extend([0x05, 0x00]);
        let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        let mut content = vec![0x30, len(&algorithm)];
        content.extend(algorithm);
        content.extend([0x04, len(&digest)]);
        content.extend(digest);
        let mut info = vec![0x30, len(&content)];
        info.extend(content);
        Ok(Self(info))
    }

    /// The block of `len` bytes that is signed; nothing if it is longer than that allows.
    #[must_use]
    pub fn block(&self, len: usize) -> Option<Vec<u8>> {
        len.checked_sub(self.0.len() + LEAST)?;
        let mut block = vec![0x00, 0x01];
        block.resize(len - self.0.len() - 1, 0xFF);
        block.push(0x00);
        block.extend(&self.0);
        Some(block)
    }

    /// Whether `signature` is one of it with the private half of `key`; nothing for keys that are not
    /// RSA, or too large.
    #[must_use]
    pub fn is_signed(&self, key: &PublicKey, signature: &[u8]) -> Option<bool> {
        let Some(Material::Rsa { modulus, exponent }) = material(key) else {
            return None;
        };
        let number = BoxedUint::from_be_slice_vartime;
        let key = RsaPublicKey::new_unchecked(number(&modulus), number(&exponent));
        let whole = Pkcs1v15Sign::new_unprefixed();
        Some(key.verify(whole, &self.0, signature).is_ok())
    }
}

fn digest<D: Digest>(mut message: impl Read) -> io::Result<Vec<u8>> {
    let mut digest = D::new();
    let mut piece = vec![0; PIECE];
    loop {
        match message.read(&mut piece) {
            Ok(0) => return Ok(digest.finalize().to_vec()),
            Ok(count) => digest.update(piece.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rsa::RsaPrivateKey;
    use rsa::pkcs8::DecodePrivateKey as _;
    use rsa::traits::PublicKeyParts as _;

    use super::*;
    use crate::base::hex;
    use crate::pki::public_key;
    use crate::token::Curve;

    /// RFC 8017, 9.2, note 1; the digests of "abc" are those of FIPS 180-4.
    #[test]
    fn digests_stand_behind_their_names() {
        for (kind, prefix, digest) in [
            (
                DigestKind::Sha1,
                "3021300906052B0E03021A05000414",
                "A9993E364706816ABA3E25717850C26C9CD0D89D",
            ),
            (
                DigestKind::Sha256,
                "3031300D060960864801650304020105000420",
                "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
            ),
            (
                DigestKind::Sha384,
                "3041300D060960864801650304020205000430",
                "CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED163",
            ),
            (
                DigestKind::Sha512,
                "3051300D060960864801650304020305000440",
                "DDAF35A193617ABACC417349AE204131",
            ),
        ] {
            let info = hex::encode(&DigestInfo::of(kind, &b"abc"[..]).unwrap().0);
            assert!(info.starts_with(&format!("{prefix}{digest}")), "{info}");
        }
    }

    #[test]
    fn a_signature_of_something_else_is_told() {
        let der = include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/data/practice/anna-authentication.key"
        ));
        let private = RsaPrivateKey::from_pkcs8_der(der).unwrap();
        let [modulus, exponent] = [private.n_bytes(), private.e_bytes()];
        let key = public_key::rsa(&modulus, &exponent).unwrap();
        let info = |text: &str| DigestInfo::of(DigestKind::Sha256, text.as_bytes()).unwrap();
        let whole = Pkcs1v15Sign::new_unprefixed();
        let mut signature = private.sign(whole, &info("abc").0).unwrap();
        assert_eq!(info("abc").is_signed(&key, &signature), Some(true));
        assert_eq!(info("abd").is_signed(&key, &signature), Some(false));
        signature.pop();
        assert_eq!(info("abc").is_signed(&key, &signature), Some(false));
        let other = public_key::elliptic(Curve::Ed25519, &[0x11; 32]).unwrap();
        assert_eq!(info("abc").is_signed(&other, &signature), None);
    }

    #[test]
    fn a_block_has_eight_bytes_of_filling_at_least() {
        let info = DigestInfo::of(DigestKind::Sha512, &b"abc"[..]).unwrap();
        assert_eq!(info.block(64), None);
        assert_eq!(info.block(93), None);
        let block = info.block(94).unwrap();
        assert_eq!(block.len(), 94);
        assert!(block.starts_with(&[0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0x30]));
    }
}
