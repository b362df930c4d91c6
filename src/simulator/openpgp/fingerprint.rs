//! Fingerprints of version 4 keys (RFC 4880, 12.2), which the host writes to a card and not the
//! card itself. For practice cards that come with keys.

use rsa::traits::PublicKeyParts as _;
use sha1::Digest as _;

use super::attributes::Attributes;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// The fingerprint of the public key of `private`, made at `created`.
pub(super) fn fingerprint(attributes: &Attributes, private: &PrivateKey, created: u32) -> [u8; 20] {
    let (algorithm, material) = match private {
        PrivateKey::Rsa(key) => (0x01, [mpi(&key.n_bytes()), mpi(&key.e_bytes())].concat()),
        _ => on_curve(attributes, private),
    };
    let mut packet = vec![0x04];
    packet.extend(created.to_be_bytes());
    packet.push(algorithm);
    packet.extend(material);
    let mut hash = sha1::Sha1::new();
    hash.update([0x99]);
    // A public key has a few hundred bytes.
    hash.update(
        u16::try_from(packet.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    hash.update(packet);
    hash.finalize().into()
}

/// Algorithm number and material of a key on a curve (RFC 6637, 9; draft-koch-eddsa-for-openpgp).
fn on_curve(attributes: &Attributes, private: &PrivateKey) -> (u8, Vec<u8>) {
    let (number, oid) = match attributes.bytes.as_slice() {
        [number, oid @ ..] => (*number, oid.strip_suffix(&[0xFF]).unwrap_or(oid)),
        [] => (0, &[][..]),
    };
    let mut point = private.public_point();
    if matches!(private.kind(), KeyKind::Ed25519 | KeyKind::X25519) {
        // "Native" points carry a prefix.
        point.insert(0, 0x40);
    }
    let mut material = vec![oid.len().to_le_bytes()[0]];
    material.extend_from_slice(oid);
    material.extend(mpi(&point));
    // The card says ECDSA as 13 and ECDH as 12 in hexadecimal, as the key packet does.
    if number == 0x12 {
        // Key derivation as GnuPG chooses it: SHA-256 and AES-128, or SHA-384 and AES-256.
        material.extend(match private.kind() {
            KeyKind::P384 => [0x03, 0x01, 0x09, 0x09],
            _ => [0x03, 0x01, 0x08, 0x07],
        });
    }
    (number, material)
}

/// A multiprecision integer: number of bits, then the bytes without leading zeros
/// (RFC 4880, 3.2).
fn mpi(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(|&byte| byte == 0)
        .collect();
    let zeros = digits.first().map_or(0, |first| first.leading_zeros());
    let bits = u32::try_from(digits.len()).unwrap_or(0) * 8 - zeros;
    let mut mpi = u16::try_from(bits)
        .unwrap_or(u16::MAX)
        .to_be_bytes()
        .to_vec();
    mpi.extend(digits);
    mpi
}
