//! Walking through the structures of key files.
//!
//! Firefox and others that write a file as it comes use BER: lengths without an end, strings in
//! pieces. [`canonical`] makes DER of it, and [`Items`] walks through that.

use der::oid::ObjectIdentifier;
use zeroize::Zeroizing;

/// The deepest nesting that is followed; a PKCS#12 file needs less than half of it.
const MAX_DEPTH: usize = 24;

/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(super) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(super) const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub(super) const OID: u8 = 0x06;
/// BMPString.
pub(super) const BMP_STRING: u8 = 0x1E;
/// SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET.
pub(super) const SET: u8 = 0x31;
/// `[0]` with something in it.
pub(super) const CONTEXT_0: u8 = 0xA0;
/// `[0]` in place of a string.
pub(super) const CONTEXT_0_STRING: u8 = 0x80;

/// OCTET STRING in pieces, which DER does not know.
const PIECES: u8 = 0x24;

/// Tag bits of structures, and of numbers that go on in further bytes.
const CONSTRUCTED: u8 = 0x20;
const LONG_TAG: u8 = 0x1F;

/// The bytes are not what they should be here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

/// The items of a structure, from the first on.
#[derive(Clone, Copy)]
pub(super) struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// The items that lie one behind the other in `content`.
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    /// Whether there are no more.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next one.
    pub(super) fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Tag and content of the next one.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let head = Head::read(self.rest).ok_or(Malformed)?;
        let len = head.len.ok_or(Malformed)?;
        let (content, rest) = head.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok((head.tag, content))
    }

    /// The content of the next one, which has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        self.optional(tag)?.ok_or(Malformed)
    }

    /// The content of the next one, if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.tag() != Some(tag) {
            return Ok(None);
        }
        self.any().map(|(_, content)| Some(content))
    }

    /// The items of the next one, a SEQUENCE.
    pub(super) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.take(SEQUENCE).map(Self::new)
    }

    /// The next one as an object identifier.
    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, Malformed> {
        ObjectIdentifier::from_bytes(self.take(OID)?).map_err(|_| Malformed)
    }

    /// The next one as a number that is not negative; numbers past every use are the greatest.
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let bytes = self.take(INTEGER)?;
        if bytes.first().is_none_or(|&high| high & 0x80 != 0) {
            return Err(Malformed);
        }
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let bytes = bytes.get(zeros..).unwrap_or_default();
        if bytes.len() > size_of::<u64>() {
            return Ok(u64::MAX);
        }
        Ok(bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

/// Tag and length of an item; no length if its end is marked instead (X.690, 8.1.3.6).
struct Head<'a> {
    tag: u8,
    len: Option<usize>,
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        if tag & LONG_TAG == LONG_TAG {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0x80 => (None, rest),
            0..0x80 => (Some(usize::from(first)), rest),
            _ => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                if digits.len() > size_of::<u32>() {
                    return None;
                }
                let fold =
                    |len: usize, &digit: &u8| len.checked_mul(256)?.checked_add(digit.into());
                let len = digits.iter().try_fold(0, fold)?;
                (Some(len), rest)
            }
        };
        Some(Self { tag, len, rest })
    }
}

/// The first item of `bytes` in DER: lengths written out and as short as they go, strings of
/// bytes in one piece. The result may hold a key, so it never moves while it grows.
pub(super) fn canonical(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    // An item becomes longer only by its length: 80 and the mark of the end are three bytes, and
    // a length that grows by one digit has content that grew. Twice as much is never reached.
    let mut der = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_mul(2) + 8));
    copy(bytes, 0, &mut der)?;
    Ok(der)
}

/// Writes the first item of `bytes` and gives what comes after it.
fn copy<'a>(bytes: &'a [u8], depth: usize, der: &mut Vec<u8>) -> Result<&'a [u8], Malformed> {
    let head = Head::read(bytes).ok_or(Malformed)?;
    let start = der.len();
    let mut rest = head.rest;
    let mut tag = head.tag;
    if let Some(len) = head.len {
        let (content, after) = rest.split_at_checked(len).ok_or(Malformed)?;
        rest = after;
        if tag & CONSTRUCTED == 0 {
            der.extend_from_slice(content);
        } else {
            let mut inner = content;
            while !inner.is_empty() {
                inner = copy_inner(inner, tag, depth, der)?;
            }
        }
    } else {
        if tag & CONSTRUCTED == 0 {
            return Err(Malformed);
        }
        loop {
            if let Some(after) = rest.strip_prefix(&[0, 0]) {
                rest = after;
                break;
            }
            rest = copy_inner(rest, tag, depth, der)?;
        }
    }
    if tag == PIECES {
        tag = OCTET_STRING;
    }
    insert_head(der, start, tag).ok_or(Malformed)?;
    Ok(rest)
}

/// One item inside another; of a string in pieces only what is in it.
fn copy_inner<'a>(
    bytes: &'a [u8],
    outer: u8,
    depth: usize,
    der: &mut Vec<u8>,
) -> Result<&'a [u8], Malformed> {
    if depth == MAX_DEPTH {
        return Err(Malformed);
    }
    if outer != PIECES {
        return copy(bytes, depth + 1, der);
    }
    let head = Head::read(bytes).ok_or(Malformed)?;
    match (head.tag, head.len) {
        (OCTET_STRING, Some(len)) => {
            let (piece, rest) = head.rest.split_at_checked(len).ok_or(Malformed)?;
            der.extend_from_slice(piece);
            Ok(rest)
        }
        _ => Err(Malformed),
    }
}

/// Puts tag and length before what was written from `start` on.
fn insert_head(der: &mut Vec<u8>, start: usize, tag: u8) -> Option<()> {
    let len = u32::try_from(der.len() - start).ok()?;
    let digits = len.to_be_bytes();
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let before = der.len();
    der.push(tag);
    match (len, digits) {
        (0, _) => der.push(0),
        (..0x80, [only]) => der.push(*only),
        _ => {
            der.push(0x80 | u8::try_from(digits.len()).ok()?);
            der.extend_from_slice(digits);
        }
    }
    let added = der.len() - before;
    der.get_mut(start..)?.rotate_right(added);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(bytes: &[u8]) -> Option<Vec<u8>> {
        canonical(bytes).ok().map(|der| der.to_vec())
    }

    #[test]
    fn der_stays_as_it_is() {
        let long = [
            &[0x30, 0x82, 0x01, 0x04, 0x04, 0x82, 0x01, 0x00][..],
            &[7; 256],
        ]
        .concat();
        for der in [&[0x30, 0x03, 0x02, 0x01, 0x05][..], &[0x30, 0], &long] {
            assert_eq!(made(der).as_deref(), Some(der));
        }
    }

    #[test]
    fn ends_that_are_marked_become_lengths() {
        let ber = [
            0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0xAA, 0x04, 0x81, 0x02, 0xBB, 0xCC, 0, 0, 0xA0,
            0x80, 0x02, 0x01, 0x05, 0, 0, 0, 0,
        ];
        let der = [
            0x30, 0x0A, 0x04, 0x03, 0xAA, 0xBB, 0xCC, 0xA0, 0x03, 0x02, 0x01, 0x05,
        ];
        assert_eq!(made(&ber).as_deref(), Some(&der[..]));
    }

    #[test]
    fn lengths_that_lie_and_depths_without_end_are_refused() {
        for lie in [
            &[][..],
            &[0x30],
            &[0x30, 0x05, 0x02],
            &[0x30, 0x80],
            &[0x04, 0x80, 0, 0],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 1],
            &[0x3F, 0x81, 0x01, 0x00],
            &[0x24, 0x03, 0x02, 0x01, 0x05],
        ] {
            assert_eq!(made(lie), None, "{lie:02X?}");
        }
        assert_eq!(made(&[0x30, 0x80].repeat(10_000)), None);
        assert_eq!(made(&[0xA0, 0x80].repeat(1_000_000)), None);
    }

    #[test]
    fn the_room_is_never_outgrown() {
        // The worst case: nothing in it, again and again.
        let empty = [
            &[0x30, 0x80][..],
            &[0x30, 0x80, 0, 0].repeat(50_000),
            &[0, 0],
        ]
        .concat();
        let der = canonical(&empty).unwrap();
        assert!(der.len() <= 2 * empty.len() + 8);
        let mut deep = vec![0x04, 0x7F];
        deep.extend([1; 0x7F]);
        for _ in 0..MAX_DEPTH {
            deep = [&[0x30, 0x80][..], &deep, &[0, 0]].concat();
        }
        assert!(canonical(&deep).unwrap().len() <= 2 * deep.len() + 8);
        assert!(canonical(&[&[0x30, 0x80][..], &deep, &[0, 0]].concat()).is_err());
    }

    #[test]
    fn numbers_are_read_as_far_as_anybody_counts() {
        let number = |bytes: &[u8]| Items::new(bytes).number();
        assert_eq!(number(&[2, 1, 0]), Ok(0));
        assert_eq!(number(&[2, 3, 0, 0x80, 0]), Ok(0x8000));
        assert_eq!(number(&[&[2, 9, 1][..], &[0; 8]].concat()), Ok(u64::MAX));
        assert_eq!(number(&[2, 1, 0x80]), Err(Malformed));
        assert_eq!(number(&[2, 0]), Err(Malformed));
    }
}
