//! Fingerprints of OpenPGP version 4 keys (RFC 4880, 12.2; curves of RFC 9580, 9.2).

use sha1::{Digest as _, Sha1};

use super::public_key::{Material, curve_oid, material};
use crate::token::{Curve, PublicKey};

/// What a key on a NIST, Brainpool or SEC curve is for; RSA and the 25519 curves do not ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// Signatures (ECDSA).
    Signing,
    /// Agreement on a key (ECDH).
    Agreement,
}

/// The fingerprint of a key made at `created` (seconds since 1970).
///
/// For ECDH the parameters that GnuPG writes are taken: SHA-256 with AES-128 up to 256 bits,
/// SHA-384 with AES-256 up to 384 bits, SHA-512 with AES-256 above. Other parameters give
/// another fingerprint. Nothing for keys that have no version 4 form.
#[must_use]
pub fn v4(key: &PublicKey, created: u32, key_use: KeyUse) -> Option<[u8; 20]> {
    // Version 4, creation time, algorithm, material.
    let mut body = vec![0x04];
    body.extend_from_slice(&created.to_be_bytes());
    match material(key)? {
        Material::Rsa { modulus, exponent } => {
            body.push(0x01);
            push_mpi(&mut body, &modulus)?;
            push_mpi(&mut body, &exponent)?;
        }
        Material::Point(curve, point) => {
            let (algorithm, kdf) = algorithm(curve, key_use)?;
            body.push(algorithm);
            let oid = oid(curve);
            body.push(u8::try_from(oid.len()).ok()?);
            body.extend_from_slice(&oid);
            match curve {
                Curve::Ed25519 | Curve::X25519 => {
                    push_mpi(&mut body, &[&[0x40], point.as_slice()].concat())?;
                }
                _ => push_mpi(&mut body, &point)?,
            }
            body.extend_from_slice(kdf);
        }
    }
    let mut digest = Sha1::new();
    digest.update([0x99]);
    digest.update(u16::try_from(body.len()).ok()?.to_be_bytes());
    digest.update(&body);
    Some(digest.finalize().into())
}

/// The algorithm number (RFC 9580, 9.1) and the key derivation parameters of ECDH.
fn algorithm(curve: Curve, key_use: KeyUse) -> Option<(u8, &'static [u8])> {
    const ECDH: u8 = 18;
    const ECDSA: u8 = 19;
    const EDDSA: u8 = 22;
    let kdf: &[u8] = match curve {
        Curve::Ed25519 => return Some((EDDSA, &[])),
        Curve::X25519 => return Some((ECDH, &[0x03, 0x01, 0x08, 0x07])),
        Curve::Ed448 | Curve::X448 => return None,
        Curve::P256 | Curve::Secp256k1 | Curve::Brainpool256 => &[0x03, 0x01, 0x08, 0x07],
        Curve::P384 | Curve::Brainpool384 => &[0x03, 0x01, 0x09, 0x09],
        Curve::P521 | Curve::Brainpool512 => &[0x03, 0x01, 0x0A, 0x09],
    };
    Some(match key_use {
        KeyUse::Signing => (ECDSA, &[]),
        KeyUse::Agreement => (ECDH, kdf),
    })
}

/// Version 4 keys name the 25519 curves by identifiers of their own.
fn oid(curve: Curve) -> Vec<u8> {
    match curve {
        // 1.3.6.1.4.1.11591.15.1
        Curve::Ed25519 => vec![0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01],
        // 1.3.6.1.4.1.3029.1.5.1
        Curve::X25519 => vec![0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01],
        _ => curve_oid(curve).as_bytes().to_vec(),
    }
}

/// A number with its length in bits before it (RFC 4880, 3.2); it has no leading zero bytes.
fn push_mpi(body: &mut Vec<u8>, number: &[u8]) -> Option<()> {
    let high = number.first()?;
    let bits = number.len().checked_mul(8)? - usize::try_from(high.leading_zeros()).ok()?;
    body.extend_from_slice(&u16::try_from(bits).ok()?.to_be_bytes());
    body.extend_from_slice(number);
    Some(())
}
