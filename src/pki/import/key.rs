//! An RSA private key from its DER, and whether its numbers belong together.

use der::{Decode as _, Encode as _};
use rsa::pkcs1::RsaPrivateKeyRef;
use rsa::traits::PrivateKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest as _, Sha256};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::ImportError;
use super::asn1::{BIT_STRING, INTEGER, Items, OCTET_STRING, OID, SEQUENCE};
use crate::base::secret::Secret;
use crate::pki::public_key;
use crate::token::{Algorithm, PublicKey, Text};

/// An RSA private key (RFC 8017, 3.2): every number big endian, without leading zeros.
///
/// There is no `Debug` and no `Clone`; the secret numbers are wiped when it goes.
pub struct RsaKey {
    /// n, the modulus.
    pub n: Vec<u8>,
    /// e, the public exponent.
    pub e: Vec<u8>,
    /// d, the private exponent.
    pub d: Secret,
    /// p, the first prime.
    pub p: Secret,
    /// q, the second prime.
    pub q: Secret,
    /// d mod (p - 1).
    pub d_p: Secret,
    /// d mod (q - 1).
    pub d_q: Secret,
    /// The inverse of q mod p.
    pub q_inv: Secret,
    /// Its public half.
    pub public: PublicKey,
}

impl RsaKey {
    /// Length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self.public.algorithm {
            Algorithm::Rsa { bits } => bits,
            Algorithm::Elliptic { .. } | Algorithm::Other { .. } => 0,
        }
    }

    /// From PrivateKeyInfo (RFC 5208, 5; RFC 5958, 2).
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, ImportError> {
        let mut info = Items::new(der).sequence()?;
        info.take(INTEGER)?;
        let algorithm = info.take(SEQUENCE)?;
        let key = info.take(OCTET_STRING)?;
        let oid = Items::new(algorithm).oid()?;
        // RSASSA-PSS (RFC 4055) is the same key with a rule for its use, which cards do not keep.
        match oid.to_string().as_str() {
            "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => Self::from_pkcs1(key),
            _ => Err(ImportError::OtherKind {
                name: kind(algorithm),
            }),
        }
    }

    /// From RSAPrivateKey (RFC 8017, A.1.2).
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, ImportError> {
        let der = super::asn1::canonical(der)?;
        let numbers = RsaPrivateKeyRef::from_der(&der).map_err(|_| ImportError::Damaged)?;
        if numbers.other_prime_infos.is_some() {
            return Err(ImportError::OtherKind {
                name: Text::from("RSA (multi-prime)"),
            });
        }
        let (n, e) = (
            numbers.modulus.as_bytes(),
            numbers.public_exponent.as_bytes(),
        );
        let public = public_key::rsa(n, e).map_err(|_| ImportError::Inconsistent)?;
        check_length(&public)?;
        let key = Self {
            n: n.to_vec(),
            e: e.to_vec(),
            d: Secret::new(numbers.private_exponent.as_bytes()),
            p: Secret::new(numbers.prime1.as_bytes()),
            q: Secret::new(numbers.prime2.as_bytes()),
            d_p: Secret::new(numbers.exponent1.as_bytes()),
            d_q: Secret::new(numbers.exponent2.as_bytes()),
            q_inv: Secret::new(numbers.coefficient.as_bytes()),
            public,
        };
        if key.is_consistent() {
            Ok(key)
        } else {
            Err(ImportError::Inconsistent)
        }
    }

    /// Whether n = p q, the other private numbers follow from these, and the public half opens
    /// what the private one has signed.
    ///
    /// `rsa` wipes its numbers when they go, but not all that it computes with on the way
    /// (`RsaPrivateKey::precompute` says so itself): parts of p, q and d may stay in memory that
    /// was given back.
    fn is_consistent(&self) -> bool {
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        let secrets = [&self.d, &self.p, &self.q, &self.d_p, &self.d_q, &self.q_inv];
        // Longer ones than n have nothing to do with it, and cost time.
        if secrets.iter().any(|s| s.len() > self.n.len()) {
            return false;
        }
        let key = RsaPrivateKey::from_components(
            number(&self.n),
            number(&self.e),
            number(self.d.expose()),
            vec![number(self.p.expose()), number(self.q.expose())],
        );
        let Ok(key) = key else { return false };
        let q_inv = key.crt_coefficient();
        let derived = [
            (key.dp(), &self.d_p),
            (key.dq(), &self.d_q),
            (q_inv.as_ref(), &self.q_inv),
        ];
        let agree = derived
            .into_iter()
            .all(|(derived, read)| derived.is_some_and(|derived| is_same(derived, read)));
        agree && signs(&key, &self.n, &self.e)
    }
}

fn is_same(derived: &BoxedUint, read: &Secret) -> bool {
    let bytes = Zeroizing::new(derived.to_be_bytes().into_vec());
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    Secret::new(bytes.get(zeros..).unwrap_or_default()).same_as(read)
}

/// Whether a signature of `key` is one of the public key.
fn signs(key: &RsaPrivateKey, n: &[u8], e: &[u8]) -> bool {
    let number = BoxedUint::from_be_slice_vartime;
    let Ok(public) = RsaPublicKey::new(number(n), number(e)) else {
        return false;
    };
    let digest = Sha256::digest(b"Symbolon");
    let signed = key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest);
    signed.is_ok_and(|signed| {
        public
            .verify(Pkcs1v15Sign::new::<Sha256>(), &digest, &signed)
            .is_ok()
    })
}

fn check_length(public: &PublicKey) -> Result<(), ImportError> {
    match public.algorithm {
        Algorithm::Rsa { bits: 1024..=8192 } => Ok(()),
        Algorithm::Rsa { bits } => Err(ImportError::KeyLength { bits }),
        Algorithm::Elliptic { .. } | Algorithm::Other { .. } => Err(ImportError::Inconsistent),
    }
}

/// The kind of a key after the content of its AlgorithmIdentifier.
fn kind(algorithm: &[u8]) -> Text {
    // The content was cut out of its frame; `spki` wants it whole.
    let whole = der::asn1::AnyRef::new(der::Tag::Sequence, algorithm).and_then(|any| any.to_der());
    let whole = whole.unwrap_or_default();
    match AlgorithmIdentifierRef::from_der(&whole) {
        Ok(algorithm) => public_key::kind_name(&algorithm),
        Err(_) => Text::from("?"),
    }
}

/// A bare structure of a file, by what stands at its beginning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Structure {
    /// PFX (RFC 7292, 4).
    Pkcs12,
    /// PrivateKeyInfo.
    Pkcs8,
    /// EncryptedPrivateKeyInfo (RFC 5208, 6).
    EncryptedPkcs8,
    /// RSAPrivateKey.
    Pkcs1,
    /// ECPrivateKey (RFC 5915, 3).
    Elliptic,
    /// Certificate (RFC 5280, 4.1).
    Certificate,
}

impl Structure {
    /// What `der`, which is canonical, is; nothing if it is none of them.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let mut items = Items::new(der).sequence().ok()?;
        let (first, content) = items.any().ok()?;
        let inner = Items::new(content).tag();
        let second = items.tag();
        Some(match (first, second) {
            (INTEGER, Some(INTEGER)) => Self::Pkcs1,
            (INTEGER, Some(OCTET_STRING)) => Self::Elliptic,
            (INTEGER, Some(SEQUENCE)) if content == [3] => Self::Pkcs12,
            (INTEGER, Some(SEQUENCE)) => Self::Pkcs8,
            (SEQUENCE, Some(OCTET_STRING)) => Self::EncryptedPkcs8,
            (SEQUENCE, Some(SEQUENCE)) if inner != Some(OID) => {
                items.any().ok()?;
                (items.tag() == Some(BIT_STRING)).then_some(Self::Certificate)?
            }
            _ => return None,
        })
    }
}
