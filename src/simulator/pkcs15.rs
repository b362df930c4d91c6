//! The DER of files of PKCS #15, as cards have it (sheet "iso7816-pkcs15", 6).

use crate::iso7816::tlv::ber;

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    ber::encode(0x30, &parts.concat())
}

pub(super) fn text(text: &str) -> Vec<u8> {
    ber::encode(0x0C, text.as_bytes())
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    ber::encode(0x04, bytes)
}

/// A path from the root.
pub(super) fn path(below: &[u8]) -> Vec<u8> {
    sequence(&[octets(&[&[0x3F, 0x00], below].concat())])
}

/// An entry of a list: what every object has, its class, and its kind.
pub(super) fn entry(common: &[Vec<u8>], class: &[Vec<u8>], kind: &[Vec<u8>]) -> Vec<u8> {
    entry_of(0x30, common, class, kind)
}

/// An entry of another kind than the usual one of its list, such as a key on a curve.
pub(super) fn entry_of(
    tag: u32,
    common: &[Vec<u8>],
    class: &[Vec<u8>],
    kind: &[Vec<u8>],
) -> Vec<u8> {
    let kind = ber::encode(0xA1, &sequence(kind));
    ber::encode(tag, &[sequence(common), sequence(class), kind].concat())
}

/// Bits as the standard counts them, from the left.
pub(super) fn bits(unused: u8, bytes: &[u8]) -> Vec<u8> {
    ber::encode(0x03, &[&[unused], bytes].concat())
}
