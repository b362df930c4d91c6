//! Public keys: from what a card or a certificate has to one canonical form and back.
//!
//! Keys and certificates are matched by comparing the bytes of
//! [`PublicKey::spki`](crate::token::PublicKey), so everything here writes
//! SubjectPublicKeyInfo the same way: RSA as rsaEncryption with NULL (RFC 3279, 2.3.1), also
//! where a certificate narrows the key to RSASSA-PSS; elliptic curves by name with the
//! uncompressed point (RFC 5480); 25519 and 448 as RFC 8410 has them.

use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use rsa::pkcs1::RsaPublicKeyRef;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{oid, pem};
use crate::token::{Algorithm, Curve, PublicKey, Text};

/// The longest RSA modulus that is taken, in bytes (16384 bits).
pub const MAX_MODULUS_LEN: usize = 2048;

/// The longest RSA exponent that is taken, in bytes.
pub const MAX_EXPONENT_LEN: usize = 32;

/// The longest SubjectPublicKeyInfo that is read, in bytes.
const MAX_SPKI_LEN: usize = 16 * 1024;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Why bytes are no public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPublicKey {
    /// A modulus or exponent that is zero, even, or longer than any in use.
    #[error("not the numbers of an RSA key")]
    Numbers,
    /// A point of another length or form than its curve has.
    #[error("not a point of {}", .0.name())]
    Point(Curve),
    /// Not SubjectPublicKeyInfo.
    #[error("not a SubjectPublicKeyInfo structure")]
    Structure,
}

/// What a key is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Material {
    /// RSA: both numbers big endian, without leading zeros.
    Rsa {
        /// n.
        modulus: Vec<u8>,
        /// e.
        exponent: Vec<u8>,
    },
    /// A point: `04`, x and y, or the bare bytes of the 25519 and 448 curves.
    Point(Curve, Vec<u8>),
}

/// An RSA key from its numbers, big endian; leading zeros do not count.
///
/// # Errors
///
/// [`BadPublicKey::Numbers`].
pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, BadPublicKey> {
    let (modulus, exponent) = (unpadded(modulus), unpadded(exponent));
    let odd = |number: &[u8]| number.last().is_some_and(|low| low & 1 == 1);
    let fits = modulus.len() <= MAX_MODULUS_LEN && exponent.len() <= MAX_EXPONENT_LEN;
    if !fits || !odd(modulus) || !odd(exponent) {
        return Err(BadPublicKey::Numbers);
    }
    let inner = (|| {
        RsaPublicKeyRef {
            modulus: UintRef::new(modulus)?,
            public_exponent: UintRef::new(exponent)?,
        }
        .to_der()
    })()
    .map_err(|_| BadPublicKey::Numbers)?;
    Ok(PublicKey {
        algorithm: Algorithm::Rsa {
            bits: bits(modulus),
        },
        spki: to_spki(RSA, Some(AnyRef::NULL), &inner).ok_or(BadPublicKey::Numbers)?,
    })
}

/// A key on an elliptic curve from its point as cards give it.
///
/// Taken are `04`, x and y; `02` or `03` and x on P-256 and P-384; and for the 25519 and 448
/// curves the bare bytes, or with the `40` that OpenPGP puts before them.
///
/// # Errors
///
/// [`BadPublicKey::Point`].
pub fn elliptic(curve: Curve, point: &[u8]) -> Result<PublicKey, BadPublicKey> {
    let bad = BadPublicKey::Point(curve);
    let point = canonical_point(curve, point).ok_or(bad)?;
    let named = curve_oid(curve);
    let spki = if is_weierstrass(curve) {
        to_spki(EC, Some(AnyRef::from(&named)), &point)
    } else {
        to_spki(named, None, &point)
    };
    Ok(PublicKey {
        algorithm: Algorithm::Elliptic { curve },
        spki: spki.ok_or(bad)?,
    })
}

/// A key from SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
///
/// Keys of a known kind are written anew in the canonical form; others are kept as they are,
/// with their name or OID.
///
/// # Errors
///
/// [`BadPublicKey::Structure`] if it is no such structure; [`BadPublicKey::Numbers`] and
/// [`BadPublicKey::Point`] if the kind is known but the key is not one of it.
pub fn from_spki(der: &[u8]) -> Result<PublicKey, BadPublicKey> {
    if der.len() > MAX_SPKI_LEN {
        return Err(BadPublicKey::Structure);
    }
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| BadPublicKey::Structure)?;
    match material_of(&info)? {
        Some(Material::Rsa { modulus, exponent }) => rsa(&modulus, &exponent),
        Some(Material::Point(curve, point)) => elliptic(curve, &point),
        None => Ok(PublicKey {
            algorithm: Algorithm::Other {
                name: other_name(&info.algorithm),
            },
            spki: der.to_vec(),
        }),
    }
}

/// What `key` is made of; nothing for kinds without a name here.
#[must_use]
pub fn material(key: &PublicKey) -> Option<Material> {
    let info = SubjectPublicKeyInfoRef::from_der(&key.spki).ok()?;
    material_of(&info).ok()?
}

/// `key` as PEM ("PUBLIC KEY"), as OpenSSL and everybody else reads it.
#[must_use]
pub fn to_pem(key: &PublicKey) -> String {
    pem::encode("PUBLIC KEY", &key.spki)
}

/// Whether a key of this kind can be broken by now: RSA below 2048 bits, curves below 224.
#[must_use]
pub fn is_short(key: &PublicKey) -> bool {
    match &key.algorithm {
        Algorithm::Rsa { bits } => *bits < 2048,
        Algorithm::Elliptic { .. } => false,
        Algorithm::Other { .. } => {
            // Curves without a name here: an uncompressed point has 1 + 2 * field bytes.
            SubjectPublicKeyInfoRef::from_der(&key.spki).is_ok_and(|info| {
                let point = info.subject_public_key.raw_bytes();
                info.algorithm.oid == EC
                    && match point.first() {
                        Some(4) => point.len() < 1 + 2 * 28,
                        _ => point.len() < 1 + 28,
                    }
            })
        }
    }
}

fn material_of(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Option<Material>, BadPublicKey> {
    let oid = info.algorithm.oid;
    let key = info.subject_public_key.as_bytes();
    if oid == RSA || oid == RSA_PSS {
        let numbers = key.and_then(|key| RsaPublicKeyRef::from_der(key).ok());
        let numbers = numbers.ok_or(BadPublicKey::Numbers)?;
        return Ok(Some(Material::Rsa {
            modulus: numbers.modulus.as_bytes().to_vec(),
            exponent: numbers.public_exponent.as_bytes().to_vec(),
        }));
    }
    let named = if oid == EC {
        // Curves written out as numbers (RFC 3279, 2.3.5) have no OID here.
        info.algorithm.parameters_oid().ok()
    } else {
        Some(oid)
    };
    let curve = CURVES
        .into_iter()
        .find(|&curve| named == Some(curve_oid(curve)) && is_weierstrass(curve) == (oid == EC));
    let Some(curve) = curve else { return Ok(None) };
    let point = key.and_then(|key| canonical_point(curve, key));
    Ok(Some(Material::Point(
        curve,
        point.ok_or(BadPublicKey::Point(curve))?,
    )))
}

fn to_spki(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Option<Vec<u8>> {
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(key).ok()?,
    }
    .to_der()
    .ok()
}

fn canonical_point(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let len = field_len(curve);
    if !is_weierstrass(curve) {
        let bare = match point {
            [0x40, rest @ ..] if rest.len() == len => rest,
            _ => point,
        };
        return (bare.len() == len).then(|| bare.to_vec());
    }
    match point {
        // Off its curve it is no key, where that can be told (SEC 1, 3.2.2.1).
        [0x04, rest @ ..] if rest.len() == 2 * len => match curve {
            Curve::P256 | Curve::P384 => decompressed(curve, point),
            _ => Some(point.to_vec()),
        },
        [0x02 | 0x03, rest @ ..] if rest.len() == len => decompressed(curve, point),
        _ => None,
    }
}

/// The whole point, if it is on the curve and a crate here knows the arithmetic of that.
fn decompressed(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    match curve {
        Curve::P256 => p256::PublicKey::from_sec1_bytes(point)
            .ok()
            .map(|key| key.to_sec1_point(false).as_bytes().to_vec()),
        Curve::P384 => p384::PublicKey::from_sec1_bytes(point)
            .ok()
            .map(|key| key.to_sec1_point(false).as_bytes().to_vec()),
        _ => None,
    }
}

fn unpadded(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Bits of a number without leading zero bytes.
fn bits(number: &[u8]) -> u32 {
    let whole = u32::try_from(number.len())
        .unwrap_or(u32::MAX)
        .saturating_mul(8);
    whole - number.first().map_or(0, |high| high.leading_zeros())
}

/// What keys of this algorithm are called: a curve by its name, else what [`other_name`] says.
pub(super) fn kind_name(algorithm: &AlgorithmIdentifierRef<'_>) -> Text {
    let named = match algorithm.oid {
        EC => algorithm.parameters_oid().ok(),
        oid => Some(oid),
    };
    let curve = CURVES
        .into_iter()
        .find(|&curve| named == Some(curve_oid(curve)));
    curve.map_or_else(|| other_name(algorithm), |curve| Text::from(curve.name()))
}

/// A name for a kind that has no variant.
fn other_name(algorithm: &AlgorithmIdentifierRef<'_>) -> Text {
    let name = match algorithm.oid.to_string().as_str() {
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10046.2.1" => "DH",
        "1.2.840.10045.2.1" => {
            let curve = algorithm.parameters_oid().map(|oid| oid.to_string());
            return Text::from(match curve.as_deref() {
                Ok("1.2.840.10045.3.1.1") => "P-192",
                Ok("1.3.132.0.33") => "P-224",
                Ok("1.3.36.3.3.2.8.1.1.5") => "brainpoolP224r1",
                Ok("1.3.36.3.3.2.8.1.1.9") => "brainpoolP320r1",
                Ok(other) => other,
                Err(_) => "EC",
            });
        }
        _ => return Text::from(oid::text(algorithm.oid.as_bytes())),
    };
    Text::from(name)
}

const CURVES: [Curve; 11] = [
    Curve::P256,
    Curve::P384,
    Curve::P521,
    Curve::Secp256k1,
    Curve::Brainpool256,
    Curve::Brainpool384,
    Curve::Brainpool512,
    Curve::Ed25519,
    Curve::X25519,
    Curve::Ed448,
    Curve::X448,
];

/// Whether points of the curve are `04`, x and y, and its OID is a parameter.
fn is_weierstrass(curve: Curve) -> bool {
    !matches!(
        curve,
        Curve::Ed25519 | Curve::X25519 | Curve::Ed448 | Curve::X448
    )
}

/// Bytes of one coordinate, or of the whole key of the 25519 and 448 curves.
fn field_len(curve: Curve) -> usize {
    match curve {
        Curve::P256 | Curve::Secp256k1 | Curve::Brainpool256 | Curve::Ed25519 | Curve::X25519 => 32,
        Curve::P384 | Curve::Brainpool384 => 48,
        Curve::Brainpool512 => 64,
        Curve::P521 => 66,
        Curve::Ed448 => 57,
        Curve::X448 => 56,
    }
}

/// Identifiers of RFC 5480 2.1.1.1, SEC 2 A.2, RFC 5639 4.1 and RFC 8410 3.
pub(super) fn curve_oid(curve: Curve) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(match curve {
        Curve::P256 => "1.2.840.10045.3.1.7",
        Curve::P384 => "1.3.132.0.34",
        Curve::P521 => "1.3.132.0.35",
        Curve::Secp256k1 => "1.3.132.0.10",
        Curve::Brainpool256 => "1.3.36.3.3.2.8.1.1.7",
        Curve::Brainpool384 => "1.3.36.3.3.2.8.1.1.11",
        Curve::Brainpool512 => "1.3.36.3.3.2.8.1.1.13",
        Curve::X25519 => "1.3.101.110",
        Curve::X448 => "1.3.101.111",
        Curve::Ed25519 => "1.3.101.112",
        Curve::Ed448 => "1.3.101.113",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hex;

    const P256_X: &str = "1C51A6AC1FB6688564E6CBFB9A3C72452EE1D413149DDE24D8A43BB256648783";
    const P256_Y: &str = "739ED8AC6D4BEC2A480B208E0A42C8350682709F3CD46E5A0F1D7596C3682FC7";

    #[test]
    fn leading_zeros_are_no_bits() {
        let mut modulus = vec![0x00, 0x00, 0x80];
        modulus.resize(3 + 255, 0x01);
        let key = rsa(&modulus, &[0x00, 0x01, 0x00, 0x01]).unwrap();
        assert_eq!(key.algorithm, Algorithm::Rsa { bits: 2048 });
        assert_eq!(key, rsa(&modulus[2..], &[1, 0, 1]).unwrap());
        assert_eq!(bits(&[0x01, 0xFF]), 9);
        assert_eq!(
            rsa(&[0x01; 128], &[3]).unwrap().algorithm,
            Algorithm::Rsa { bits: 1017 }
        );
    }

    #[test]
    fn numbers_that_are_no_key_are_refused() {
        let big = vec![0xFF; MAX_MODULUS_LEN + 1];
        for (modulus, exponent) in [
            (&[][..], &[3][..]),
            (&[0, 0], &[3]),
            (&[0x10], &[3]),
            (&[0x11], &[]),
            (&[0x11], &[2]),
            (&big, &[3]),
            (&[0x11], &big),
        ] {
            assert_eq!(rsa(modulus, exponent), Err(BadPublicKey::Numbers));
        }
    }

    #[test]
    fn every_form_of_a_point_is_the_same_key() {
        let whole = hex::decode(&format!("04{P256_X}{P256_Y}")).unwrap();
        let key = elliptic(Curve::P256, &whole).unwrap();
        assert_eq!(
            hex::encode(&key.spki[..26]),
            "3059301306072A8648CE3D020106082A8648CE3D030107034200"
        );
        let short = hex::decode(&format!("03{P256_X}")).unwrap();
        assert_eq!(elliptic(Curve::P256, &short).unwrap(), key);
        assert_eq!(from_spki(&key.spki).unwrap(), key);
        for wrong in [&whole[1..], &whole[..64], &[][..], &[4], &[0; 66]] {
            assert_eq!(
                elliptic(Curve::P256, wrong),
                Err(BadPublicKey::Point(Curve::P256))
            );
        }
    }

    #[test]
    fn every_curve_comes_back() {
        for curve in CURVES {
            let len = field_len(curve);
            let point = if let Some(point) = generator(curve) {
                point
            } else if is_weierstrass(curve) {
                [vec![4], vec![7; 2 * len]].concat()
            } else {
                vec![7; len]
            };
            let key = elliptic(curve, &point).unwrap();
            assert_eq!(key.algorithm, Algorithm::Elliptic { curve });
            assert_eq!(from_spki(&key.spki).unwrap(), key);
            assert_eq!(material(&key), Some(Material::Point(curve, point)));
        }
    }

    /// A point of the curves whose arithmetic is known here.
    fn generator(curve: Curve) -> Option<Vec<u8>> {
        use p256::elliptic_curve::sec1::ToSec1Point as _;
        let one = |len: usize| [vec![0; len - 1], vec![1]].concat();
        Some(match curve {
            Curve::P256 => p256::SecretKey::from_slice(&one(32))
                .unwrap()
                .public_key()
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
            Curve::P384 => p384::SecretKey::from_slice(&one(48))
                .unwrap()
                .public_key()
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
            _ => return None,
        })
    }

    #[test]
    fn a_point_off_its_curve_is_no_key() {
        for (curve, len) in [(Curve::P256, 64), (Curve::P384, 96)] {
            let off = [vec![4], vec![7; len]].concat();
            assert_eq!(elliptic(curve, &off), Err(BadPublicKey::Point(curve)));
        }
    }

    #[test]
    fn the_prefix_of_openpgp_goes() {
        let bare = [0x40; 32];
        let key = elliptic(Curve::Ed25519, &bare).unwrap();
        assert_eq!(elliptic(Curve::Ed25519, &[0x40; 33]).unwrap(), key);
        assert!(elliptic(Curve::Ed25519, &[0x41; 33]).is_err());
    }
}
