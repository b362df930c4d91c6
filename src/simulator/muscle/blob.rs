//! Keys as they go in and out: key blobs (sheet "muscle", 6).

use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPublicKey};

use super::status::{EXCEPTION, UNSUPPORTED, WRONG_ALGORITHM};
use super::{byte, counted_by_word, word};
use crate::simulator::chip::Result;
use crate::simulator::keys::PrivateKey;

/// Types of keys.
pub(super) mod kind {
    pub(in super::super) const RSA_PUBLIC: u8 = 0x01;
    pub(in super::super) const RSA_PRIVATE: u8 = 0x02;
    pub(in super::super) const RSA_CRT: u8 = 0x03;
    pub(in super::super) const DSA_PUBLIC: u8 = 0x04;
    pub(in super::super) const DSA_PRIVATE: u8 = 0x05;
    pub(in super::super) const DES: u8 = 0x06;
    pub(in super::super) const DES3: u8 = 0x08;
}

/// A blob that is not encrypted.
const PLAIN: u8 = 0x00;

/// The exponent of private keys, whose blobs do not have one.
pub(super) const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

/// What is in a slot.
#[derive(Clone)]
pub(super) enum Material {
    Public(Box<RsaPublicKey>),
    /// An RSA key with its primes.
    Private(Box<PrivateKey>),
    /// Modulus and private exponent, kept as those of a public key.
    Exponent(Box<RsaPublicKey>),
    /// One to three DES keys.
    Des(Vec<u8>),
}

/// A key from outside.
pub(super) struct Blob {
    pub(super) kind: u8,
    pub(super) bits: u16,
    pub(super) material: Material,
}

impl Blob {
    /// Reads a blob; the applet runs into an exception where something is missing.
    pub(super) fn parse(blob: &[u8]) -> Result<Self> {
        let mut data = blob;
        let head = (byte(&mut data), byte(&mut data), word(&mut data));
        let (Some(encoding), Some(kind), Some(bits)) = head else {
            return Err(EXCEPTION);
        };
        if encoding != PLAIN {
            return Err(UNSUPPORTED);
        }
        let fields = match kind {
            kind::RSA_PUBLIC | kind::RSA_PRIVATE => 2,
            kind::RSA_CRT => 5,
            kind::DES..=kind::DES3 => 1,
            kind::DSA_PUBLIC | kind::DSA_PRIVATE => return Err(UNSUPPORTED),
            _ => return Err(WRONG_ALGORITHM),
        };
        let values: Option<Vec<&[u8]>> = (0..fields).map(|_| counted_by_word(&mut data)).collect();
        let material = material(kind, bits, &values.ok_or(EXCEPTION)?);
        Ok(Self {
            kind,
            bits,
            material: material.ok_or(EXCEPTION)?,
        })
    }
}

/// A key of that type and size; nothing if the values are not such a key.
fn material(kind: u8, bits: u16, values: &[&[u8]]) -> Option<Material> {
    let number = |value: &[u8]| BoxedUint::from_be_slice_vartime(value);
    let material = match (kind, values) {
        (kind::RSA_PUBLIC, [modulus, exponent]) => {
            let limits = 1..=RsaPublicKey::MAX_SIZE;
            let key = RsaPublicKey::new_with_size_limits(number(modulus), number(exponent), limits);
            Material::Public(Box::new(key.ok()?))
        }
        (kind::RSA_PRIVATE, [modulus, exponent]) => exponent_of(number(modulus), number(exponent))?,
        // qInv, dP and dQ follow from the primes.
        (kind::RSA_CRT, [p, q, _, _, _]) => {
            let (p, q) = (prime(p, bits)?, prime(q, bits)?);
            let key = PrivateKey::from_primes(p, q, &EXPONENT)?;
            Material::Private(Box::new(key))
        }
        // One, two or three keys.
        (kind::DES..=kind::DES3, [key]) if key.len() == 8 * usize::from(kind - 5) => {
            Material::Des(key.to_vec())
        }
        _ => return None,
    };
    (size(&material) == bits).then_some(material)
}

/// A modulus and its private exponent; nothing if they cannot be that.
fn exponent_of(modulus: BoxedUint, exponent: BoxedUint) -> Option<Material> {
    let odd = modulus.to_be_bytes().last()? & 1 == 1;
    let within = exponent > BoxedUint::one() && exponent < modulus;
    let most = u32::try_from(RsaPublicKey::MAX_SIZE).ok()?;
    if !odd || !within || modulus.bits() > most {
        return None;
    }
    let key = RsaPublicKey::new_unchecked(modulus, exponent);
    Some(Material::Exponent(Box::new(key)))
}

/// A private key in the form that its type has.
pub(super) fn private_material(kind: u8, key: PrivateKey) -> Option<Material> {
    match (&key, kind) {
        (PrivateKey::Rsa(key), kind::RSA_PRIVATE) => {
            exponent_of(key.n().as_ref().clone(), key.d().clone())
        }
        _ => Some(Material::Private(Box::new(key))),
    }
}

/// A number that may be a prime of a key of so many bits: half as long, and odd.
fn prime(number: &[u8], bits: u16) -> Option<&[u8]> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = number.get(zeros..)?;
    let (first, last) = (number.first()?, number.last()?);
    let fits = number.len() == usize::from(bits / 16) && *first >= 0x80 && last & 1 == 1;
    fits.then_some(number)
}

/// The size of a key in bits; a DES key has 64.
fn size(material: &Material) -> u16 {
    let bits = match material {
        Material::Public(key) | Material::Exponent(key) => 8 * key.size(),
        Material::Private(key) => 8 * key.modulus_len(),
        Material::Des(key) => 8 * key.len(),
    };
    u16::try_from(bits).unwrap_or(u16::MAX)
}

/// A key for the outside.
pub(super) fn write(kind: u8, bits: u16, material: &Material) -> Option<Vec<u8>> {
    let fields = match material {
        Material::Public(key) => vec![key.n_bytes().to_vec(), key.e_bytes().to_vec()],
        Material::Private(key) => primes(key)?,
        Material::Exponent(key) => {
            let exponent = fit(&key.e().to_be_bytes(), key.size())?;
            vec![key.n_bytes().to_vec(), exponent]
        }
        Material::Des(key) => vec![key.clone()],
    };
    let mut blob = vec![PLAIN, kind];
    blob.extend(bits.to_be_bytes());
    for field in fields {
        blob.extend(u16::try_from(field.len()).ok()?.to_be_bytes());
        blob.extend(field);
    }
    Some(blob)
}

/// P, Q, the inverse of Q, and the exponents for both.
fn primes(key: &PrivateKey) -> Option<Vec<Vec<u8>>> {
    let PrivateKey::Rsa(key) = key else {
        return None;
    };
    let [p, q] = key.primes() else { return None };
    let inverse = key.crt_coefficient()?;
    [p, q, &inverse, key.dp()?, key.dq()?]
        .into_iter()
        .map(|number| fit(&number.to_be_bytes(), key.size().div_ceil(2)))
        .collect()
}

/// A number in so many bytes; the number may have been kept in more or in fewer.
pub(super) fn fit(number: &[u8], len: usize) -> Option<Vec<u8>> {
    let Some(more) = number.len().checked_sub(len) else {
        let mut filled = vec![0; len - number.len()];
        filled.extend(number);
        return Some(filled);
    };
    Some(number.get(more..)?.to_vec())
}
