//! Numbers, bits and names in the files (PKCS #15 v1.1, 6; sheet, 6).

use crate::iso7816::tlv::ber::{Objects, Tag, Tlv};
use crate::token::{Flag, PinCoding};

/// INTEGER, BOOLEAN, BIT STRING, OCTET STRING, ENUMERATED, UTF8String, SEQUENCE, GeneralizedTime.
pub(in crate::card) const BOOLEAN: Tag = Tag(0x01);
pub(in crate::card) const INTEGER: Tag = Tag(0x02);
pub(in crate::card) const BIT_STRING: Tag = Tag(0x03);
pub(in crate::card) const OCTET_STRING: Tag = Tag(0x04);
pub(in crate::card) const OID: Tag = Tag(0x06);
pub(in crate::card) const ENUMERATED: Tag = Tag(0x0A);
pub(in crate::card) const UTF8_STRING: Tag = Tag(0x0C);
pub(in crate::card) const TIME: Tag = Tag(0x18);
pub(in crate::card) const SEQUENCE: Tag = Tag(0x30);

/// Takes the next object if it has this tag: most parts of a sequence may be left out.
pub(in crate::card) fn next_if<'a>(objects: &mut Objects<'a>, tag: Tag) -> Option<&'a [u8]> {
    let mut ahead = objects.clone();
    let found = ahead.next().filter(|object| object.tag == tag)?;
    *objects = ahead;
    Some(found.value)
}

/// The first object with this tag.
pub(in crate::card) fn first<'a>(object: &Tlv<'a>, tag: u32) -> Option<Tlv<'a>> {
    object.children().find(|child| child.tag == Tag(tag))
}

/// A number that is not negative. OpenSC up to 0.11.4 wrote references from 80 on as negative ones.
pub(in crate::card) fn number(value: &[u8]) -> Option<u64> {
    match value {
        [] => None,
        // One byte is never negative here.
        [byte] => Some(u64::from(*byte)),
        [0xFF, byte] if *byte >= 0x80 => Some(u64::from(*byte)),
        [first, ..] if *first >= 0x80 => None,
        bytes if bytes.len() <= 8 => Some(
            bytes
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        ),
        _ => None,
    }
}

/// Bit n of the standard is bit n here.
pub(in crate::card) fn bits(value: &[u8]) -> u32 {
    let bytes = value.get(1..).unwrap_or_default();
    let mut bits = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        for bit in 0..8 {
            if byte & (0x80 >> bit) != 0 {
                bits |= 1 << (8 * index + bit);
            }
        }
    }
    bits
}

/// The flags of `names` whose bits are set.
pub(in crate::card) fn flags(bits: u32, names: &[Flag]) -> Vec<Flag> {
    let set = names.iter().enumerate();
    set.filter(|(index, _)| bits & (1 << index) != 0)
        .map(|(_, &flag)| flag)
        .collect()
}

/// Common object flags.
pub(in crate::card) const OBJECT: [Flag; 2] = [Flag::Private, Flag::Modifiable];

/// Usages of a key.
pub(in crate::card) const USAGE: [Flag; 10] = [
    Flag::Encrypt,
    Flag::Decrypt,
    Flag::Sign,
    Flag::SignRecover,
    Flag::Wrap,
    Flag::Unwrap,
    Flag::Verify,
    Flag::VerifyRecover,
    Flag::Derive,
    Flag::NonRepudiation,
];

/// Access to a private key.
pub(in crate::card) const ACCESS: [Flag; 5] = [
    Flag::Sensitive,
    Flag::Extractable,
    Flag::AlwaysSensitive,
    Flag::NeverExtractable,
    Flag::Local,
];

/// Flags of a PIN.
pub(in crate::card) const PIN: [Flag; 12] = [
    Flag::CaseSensitive,
    Flag::LocalPin,
    Flag::ChangeDisabled,
    Flag::UnblockDisabled,
    Flag::Initialized,
    Flag::NeedsPadding,
    Flag::UnblockingPin,
    Flag::SoPin,
    Flag::DisableAllowed,
    Flag::IntegrityProtected,
    Flag::ConfidentialityProtected,
    Flag::ExchangeRefData,
];

/// Flags of a token.
pub(in crate::card) const TOKEN: [Flag; 4] = [
    Flag::ReadOnly,
    Flag::LoginRequired,
    Flag::PrnGeneration,
    Flag::EidCompliant,
];

/// How a PIN is coded.
pub(in crate::card) fn coding(number: u64) -> Option<PinCoding> {
    Some(match number {
        0 => PinCoding::Bcd,
        1 => PinCoding::AsciiNumeric,
        2 => PinCoding::Utf8,
        3 => PinCoding::HalfNibbleBcd,
        4 => PinCoding::Iso9564,
        _ => return None,
    })
}
