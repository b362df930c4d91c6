//! Private keys of simulated cards, and what they compute.

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, RsaPrivateKey};

use super::random::Random;
use crate::iso7816::tlv::ber;

/// What a key is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA with so many bits.
    Rsa(u16),
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// Ed25519, signatures.
    Ed25519,
    /// X25519, key agreement.
    X25519,
}

/// A private key.
#[derive(Clone)]
pub enum PrivateKey {
    /// RSA.
    Rsa(Box<RsaPrivateKey>),
    /// NIST P-256.
    P256(p256::SecretKey),
    /// NIST P-384.
    P384(p384::SecretKey),
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// X25519: the scalar, little-endian.
    X25519([u8; 32]),
}

impl PrivateKey {
    /// Makes one. RSA keys of common sizes come out of a pool; see [`super::pool::Pool`].
    pub(super) fn random(kind: KeyKind, random: &mut Random) -> Option<Self> {
        Some(match kind {
            KeyKind::Rsa(bits) => {
                let key = RsaPrivateKey::new(&mut random.system(), usize::from(bits)).ok()?;
                Self::Rsa(Box::new(key))
            }
            KeyKind::P256 => Self::P256(scalar(random, 32, p256::SecretKey::from_slice)?),
            KeyKind::P384 => Self::P384(scalar(random, 48, p384::SecretKey::from_slice)?),
            KeyKind::Ed25519 => {
                Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&random.array()))
            }
            KeyKind::X25519 => Self::X25519(random.array()),
        })
    }

    /// Reads PKCS#8 DER (RFC 5958).
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        // An X25519 key is 48 bytes: a fixed head, then an OCTET STRING of 32 (RFC 8410, 7).
        const X25519_HEAD: [u8; 16] = [
            0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22,
            0x04, 0x20,
        ];
        if let Some(scalar) = der.strip_prefix(&X25519_HEAD) {
            return Some(Self::X25519(scalar.try_into().ok()?));
        }
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(der) {
            return Some(Self::Ed25519(key));
        }
        if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
            return Some(Self::P256(key));
        }
        if let Ok(key) = p384::SecretKey::from_pkcs8_der(der) {
            return Some(Self::P384(key));
        }
        let key = RsaPrivateKey::from_pkcs8_der(der).ok()?;
        Some(Self::Rsa(Box::new(key)))
    }

    /// An RSA key from its two primes and public exponent, big-endian.
    pub(super) fn from_primes(p: &[u8], q: &[u8], e: &[u8]) -> Option<Self> {
        let number = BoxedUint::from_be_slice_vartime;
        let key = RsaPrivateKey::from_p_q(number(p), number(q), number(e)).ok()?;
        Some(Self::Rsa(Box::new(key)))
    }

    /// A key on a curve from its secret: the scalar big-endian, for Ed25519 the seed, for
    /// X25519 the scalar little-endian.
    pub(super) fn from_secret(kind: KeyKind, secret: &[u8]) -> Option<Self> {
        match kind {
            KeyKind::Rsa(_) => None,
            KeyKind::P256 => p256::SecretKey::from_slice(secret).ok().map(Self::P256),
            KeyKind::P384 => p384::SecretKey::from_slice(secret).ok().map(Self::P384),
            KeyKind::Ed25519 => {
                let seed: [u8; 32] = secret.try_into().ok()?;
                Some(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
            }
            KeyKind::X25519 => Some(Self::X25519(secret.try_into().ok()?)),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(key) => {
                // No card makes keys of more than 4096 bits.
                KeyKind::Rsa(u16::try_from(key.n().bits()).unwrap_or(u16::MAX))
            }
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::X25519(_) => KeyKind::X25519,
        }
    }

    /// The public key as PIV and OpenPGP cards send it: `{81 n, 82 e}` or `{86 point}`.
    #[must_use]
    pub fn public_objects(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let mut objects = ber::encode(0x81, &key.n_bytes());
                ber::push(&mut objects, 0x82, &key.e_bytes());
                objects
            }
            _ => ber::encode(0x86, &self.public_point()),
        }
    }

    /// RSAPublicKey (RFC 8017, A.1.1); nothing for other keys.
    pub(super) fn rsa_public_key(&self) -> Option<Vec<u8>> {
        let Self::Rsa(key) = self else { return None };
        let numbers = [integer(&key.n_bytes()), integer(&key.e_bytes())];
        Some(ber::encode(0x30, &numbers.concat()))
    }

    /// The public point: `04 x y`, or 32 bytes for Curve25519; empty for RSA.
    #[must_use]
    pub fn public_point(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => Vec::new(),
            Self::P256(key) => key.public_key().to_sec1_bytes().to_vec(),
            Self::P384(key) => key.public_key().to_sec1_bytes().to_vec(),
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::X25519(scalar) => {
                x25519_dalek::x25519(*scalar, x25519_dalek::X25519_BASEPOINT_BYTES).to_vec()
            }
        }
    }

    /// The modulus in bytes; 0 for other kinds.
    #[must_use]
    pub fn modulus_len(&self) -> usize {
        match self {
            Self::Rsa(key) => key.size(),
            _ => 0,
        }
    }

    /// The bare RSA operation on a block as long as the modulus (RFC 8017, 5.1.2).
    pub(super) fn rsa(&self, block: &[u8]) -> Option<Vec<u8>> {
        let Self::Rsa(key) = self else { return None };
        if block.len() != key.size() {
            return None;
        }
        let number = BoxedUint::from_be_slice(block, key.n_bits_precision()).ok()?;
        let mut random = Random::default().system();
        let result = rsa::hazmat::rsa_decrypt(Some(&mut random), &**key, &number).ok()?;
        let bytes = result.to_be_bytes();
        // The number may have been kept in more bytes than the modulus has.
        bytes
            .get(bytes.len().checked_sub(key.size())?..)
            .map(<[u8]>::to_vec)
    }

    /// An RSASSA-PKCS1-v1_5 signature over a DigestInfo (RFC 8017, 8.2.1).
    pub(super) fn rsa_sign(&self, digest_info: &[u8]) -> Option<Vec<u8>> {
        let fill = self.modulus_len().checked_sub(digest_info.len() + 3)?;
        let mut block = vec![0x00, 0x01];
        block.resize(2 + fill, 0xFF);
        block.push(0x00);
        block.extend_from_slice(digest_info);
        self.rsa(&block)
    }

    /// Decrypts RSAES-PKCS1-v1_5 (RFC 8017, 7.2.2); nothing if the padding is wrong.
    pub(super) fn rsa_decrypt(&self, cryptogram: &[u8]) -> Option<Vec<u8>> {
        let block = self.rsa(cryptogram)?;
        let padded = block.strip_prefix(&[0x00, 0x02])?;
        let zero = padded.iter().position(|&byte| byte == 0)?;
        // At least eight bytes of padding.
        (zero >= 8)
            .then(|| padded.get(zero + 1..))?
            .map(<[u8]>::to_vec)
    }

    /// An ECDSA signature, r and s one after the other, over a digest that is cut or filled up on
    /// the left to the size of the curve.
    pub(super) fn ecdsa(&self, digest: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&fitted(digest, 32)).ok()?;
                Some(signature.to_bytes().to_vec())
            }
            Self::P384(key) => {
                let key = p384::ecdsa::SigningKey::from(key);
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(&fitted(digest, 48)).ok()?;
                Some(signature.to_bytes().to_vec())
            }
            _ => None,
        }
    }

    /// As [`PrivateKey::ecdsa`], as `SEQUENCE { r, s }` in DER.
    pub(super) fn ecdsa_der(&self, digest: &[u8]) -> Option<Vec<u8>> {
        let signature = self.ecdsa(digest)?;
        let (r, s) = signature.split_at_checked(signature.len() / 2)?;
        let mut numbers = integer(r);
        numbers.extend(integer(s));
        Some(ber::encode(0x30, &numbers))
    }

    /// An Ed25519 signature over a message (RFC 8032, 5.1.6).
    pub(super) fn eddsa(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
            _ => None,
        }
    }

    /// The secret shared with the owner of `point`; for NIST curves its x-coordinate.
    pub(super) fn agree(&self, point: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P256(key) => {
                let other = p256::PublicKey::from_sec1_bytes(point).ok()?;
                let shared = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), other.as_affine());
                Some(shared.raw_secret_bytes().to_vec())
            }
            Self::P384(key) => {
                let other = p384::PublicKey::from_sec1_bytes(point).ok()?;
                let shared = p384::ecdh::diffie_hellman(key.to_nonzero_scalar(), other.as_affine());
                Some(shared.raw_secret_bytes().to_vec())
            }
            Self::X25519(scalar) => {
                let other: [u8; 32] = point.try_into().ok()?;
                Some(x25519_dalek::x25519(*scalar, other).to_vec())
            }
            Self::Rsa(_) | Self::Ed25519(_) => None,
        }
    }
}

/// Draws numbers of `len` bytes until one is a scalar of the curve.
fn scalar<K, E>(
    random: &mut Random,
    len: usize,
    read: impl Fn(&[u8]) -> Result<K, E>,
) -> Option<K> {
    // A number out of range comes less than once in 2^32.
    (0..8).find_map(|_| read(&random.bytes(len)).ok())
}

/// `digest` cut on the right, or filled up with zeros on the left, to `len` bytes.
fn fitted(digest: &[u8], len: usize) -> Vec<u8> {
    let digest = digest.get(..len).unwrap_or(digest);
    let mut fitted = vec![0; len - digest.len()];
    fitted.extend_from_slice(digest);
    fitted
}

/// A DER INTEGER of a number that is not negative.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = number
        .iter()
        .copied()
        .skip_while(|&byte| byte == 0)
        .collect();
    let mut value = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|&first| first >= 0x80) {
        value.push(0);
    }
    value.extend(digits);
    ber::encode(0x02, &value)
}
