//! PIV slots and the objects of their certificates (SP 800-73-4 Part 1, table 4b).

use crate::token::{KeyRef, PinPolicy, Purpose};

/// A key slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Slot {
    /// Key reference.
    pub(super) reference: KeyRef,
    /// Tag of the object that holds the certificate.
    pub(super) object: [u8; 3],
    /// What the key is for.
    pub(super) purpose: Purpose,
}

/// The four slots that every PIV card has.
pub(super) const MAIN: [Slot; 4] = [
    slot(0x9A, 0x05, Purpose::Authentication),
    slot(0x9C, 0x0A, Purpose::Signature),
    slot(0x9D, 0x0B, Purpose::Decryption),
    slot(0x9E, 0x01, Purpose::CardAuthentication),
];

/// The slot of a YubiKey that tells where other keys were made.
pub(super) const ATTESTATION: Slot = Slot {
    reference: KeyRef(0xF9),
    object: [0x5F, 0xFF, 0x01],
    purpose: Purpose::Attestation,
};

const fn slot(reference: u8, object: u8, purpose: Purpose) -> Slot {
    Slot {
        reference: KeyRef(reference),
        object: [0x5F, 0xC1, object],
        purpose,
    }
}

/// The slots 82 to 95 of former decryption keys.
pub(super) fn retired() -> impl Iterator<Item = Slot> {
    (0..20).map(|index| slot(0x82 + index, 0x0D + index, Purpose::RetiredDecryption))
}

/// When the PIN is asked if nothing else was said (SP 800-73-4 Part 1, table 4b).
pub(super) fn default_policy(slot: u8) -> Option<PinPolicy> {
    match slot {
        0x9C => Some(PinPolicy::Always),
        0x9E | 0xF9 => Some(PinPolicy::Never),
        0x9A | 0x9D | 0x82..=0x95 => Some(PinPolicy::Once),
        _ => None,
    }
}
