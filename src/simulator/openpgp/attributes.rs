//! Algorithm attributes: what a key slot is made for (4.4.3.9).

use super::{KeyRef, Model};
use crate::simulator::keys::KeyKind;

/// RSA.
const RSA: u8 = 0x01;
/// Key agreement on a curve.
const ECDH: u8 = 0x12;
/// Signatures on a NIST or Brainpool curve.
const ECDSA: u8 = 0x13;
/// Signatures on an Edwards curve.
const EDDSA: u8 = 0x16;

const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01];
const CURVE25519: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01];

/// Attributes of a slot, as they are written and read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attributes {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: KeyKind,
}

impl Attributes {
    /// Reads what someone wants to write for a slot; nothing if this card cannot do that.
    pub(super) fn parse(model: &Model, key: KeyRef, bytes: &[u8]) -> Option<Self> {
        let kind = match bytes {
            [RSA, bits @ ..] => {
                let &[high, low, _, _, 0x00..=0x03] = bits else {
                    return None;
                };
                match u16::from_be_bytes([high, low]) {
                    bits @ (2048 | 3072 | 4096) => KeyKind::Rsa(bits),
                    1024 if !model.is_version_3() => KeyKind::Rsa(1024),
                    _ => return None,
                }
            }
            [algorithm, oid @ ..] if model.is_version_3() => {
                let agrees = key == KeyRef::Decryption;
                let kind = match oid.strip_suffix(&[0xFF]).unwrap_or(oid) {
                    oid if oid == P256 => KeyKind::P256,
                    oid if oid == P384 => KeyKind::P384,
                    oid if oid == ED25519 && !agrees => KeyKind::Ed25519,
                    oid if oid == CURVE25519 && agrees => KeyKind::X25519,
                    _ => return None,
                };
                let right = match kind {
                    _ if agrees => ECDH,
                    KeyKind::Ed25519 => EDDSA,
                    _ => ECDSA,
                };
                (*algorithm == right).then_some(kind)?
            }
            _ => return None,
        };
        Some(Self {
            bytes: bytes.to_vec(),
            kind,
        })
    }

    /// Attributes for a key of this kind in this slot.
    pub(super) fn of(model: &Model, key: KeyRef, kind: KeyKind) -> Self {
        let agrees = key == KeyRef::Decryption;
        let signs = if agrees { ECDH } else { ECDSA };
        let bytes = match kind {
            KeyKind::Rsa(bits) => {
                let mut bytes = vec![RSA];
                bytes.extend(bits.to_be_bytes());
                bytes.extend(model.exponent_bits.to_be_bytes());
                bytes.push(0x00);
                bytes
            }
            KeyKind::P256 => [&[signs], P256].concat(),
            KeyKind::P384 => [&[signs], P384].concat(),
            KeyKind::Ed25519 => [&[EDDSA], ED25519].concat(),
            KeyKind::X25519 => [&[ECDH], CURVE25519].concat(),
        };
        Self { bytes, kind }
    }

    /// Everything that a slot can be told to be.
    pub(super) fn choices(model: &Model, key: KeyRef) -> Vec<Self> {
        let modern = if key == KeyRef::Decryption {
            KeyKind::X25519
        } else {
            KeyKind::Ed25519
        };
        [
            KeyKind::Rsa(2048),
            KeyKind::Rsa(3072),
            KeyKind::Rsa(4096),
            KeyKind::P256,
            KeyKind::P384,
            modern,
        ]
        .into_iter()
        .map(|kind| Self::of(model, key, kind))
        .collect()
    }
}

/// RSA 2048, as every card is sold.
pub(super) fn factory(model: &Model, key: KeyRef) -> Attributes {
    Attributes::of(model, key, KeyKind::Rsa(2048))
}
