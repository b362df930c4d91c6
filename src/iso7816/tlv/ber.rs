//! BER-TLV (ISO/IEC 7816-4:2020, 6.3; ISO/IEC 8825-1).

/// A tag as the number that its bytes make: `5F50`, `7F21`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(pub u32);

impl Tag {
    /// Whether the value is made of data objects (bit 6 of the first byte).
    #[must_use]
    pub fn is_constructed(self) -> bool {
        let first = self.0.to_be_bytes().into_iter().find(|&byte| byte != 0);
        first.is_some_and(|byte| byte & 0x20 != 0)
    }
}

/// A data object inside a longer string of bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tlv<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The data objects of a constructed value, in their order.
    #[must_use]
    pub fn children(&self) -> Objects<'a> {
        objects(self.value)
    }
}

/// The data objects in `bytes`, one after the other.
///
/// Stops at the first that is cut short or whose length is not in definite form;
/// [`Objects::rest`] then holds what was not read. Filling bytes 00 and FF between objects
/// are passed over (ISO/IEC 7816-4:2020, 6.3).
#[must_use]
pub fn objects(bytes: &[u8]) -> Objects<'_> {
    Objects { rest: bytes }
}

/// The value at the end of a path of tags: `find(bytes, &[0x6E, 0x73, 0xC5])`.
#[must_use]
pub fn find<'a>(bytes: &'a [u8], path: &[u32]) -> Option<&'a [u8]> {
    let (&first, rest) = path.split_first()?;
    let found = objects(bytes).find(|object| object.tag == Tag(first))?;
    if rest.is_empty() {
        Some(found.value)
    } else {
        find(found.value, rest)
    }
}

/// The most data objects inside each other that are taken. Nothing on a card has ten.
pub const MAX_DEPTH: usize = 32;

/// Whether no more than [`MAX_DEPTH`] data objects are inside each other. Found out without
/// recursion: the depth is the sender's choice.
#[must_use]
pub fn is_shallow(bytes: &[u8]) -> bool {
    let mut open = vec![objects(bytes)];
    while let Some(inmost) = open.last_mut() {
        match inmost.next() {
            Some(_) if open.len() > MAX_DEPTH => return false,
            Some(object) if object.tag.is_constructed() => open.push(object.children()),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    true
}

/// Iterates over data objects; see [`objects`].
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    rest: &'a [u8],
}

impl<'a> Objects<'a> {
    /// What was not read; empty if everything was well formed.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        while let [0x00 | 0xFF, tail @ ..] = self.rest {
            self.rest = tail;
        }
        let (tlv, tail) = parse(self.rest)?;
        self.rest = tail;
        Some(tlv)
    }
}

fn parse(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (tag, bytes) = parse_tag(bytes)?;
    let (len, bytes) = parse_length(bytes)?;
    let (value, tail) = bytes.split_at_checked(len)?;
    Some((Tlv { tag, value }, tail))
}

/// Up to three bytes, as ISO/IEC 7816-4 allows.
fn parse_tag(bytes: &[u8]) -> Option<(Tag, &[u8])> {
    let (&first, mut tail) = bytes.split_first()?;
    let mut tag = u32::from(first);
    if first & 0x1F == 0x1F {
        for _ in 0..2 {
            let (&next, rest) = tail.split_first()?;
            tail = rest;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                return Some((Tag(tag), tail));
            }
        }
        return None;
    }
    Some((Tag(tag), tail))
}

/// One byte up to 7F, else `81` to `84` and that many bytes.
fn parse_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, tail) = bytes.split_first()?;
    match first {
        0..=0x7F => Some((usize::from(first), tail)),
        0x81..=0x84 => {
            let (digits, tail) = tail.split_at_checked(usize::from(first & 0x0F))?;
            let len = digits
                .iter()
                .fold(0_usize, |len, &digit| len << 8 | usize::from(digit));
            Some((len, tail))
        }
        _ => None,
    }
}

/// Appends a data object to `out`, with the shortest length field.
pub fn push(out: &mut Vec<u8>, tag: u32, value: &[u8]) {
    out.extend(tag.to_be_bytes().into_iter().skip_while(|&byte| byte == 0));
    let len = value.len();
    let digits = len.to_be_bytes().into_iter().skip_while(|&byte| byte == 0);
    if let Ok(len @ 0..=0x7F) = u8::try_from(len) {
        out.push(len);
    } else {
        let digits: Vec<u8> = digits.collect();
        // At most eight digits, so this cannot overflow.
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7F));
        out.extend(digits);
    }
    out.extend_from_slice(value);
}

/// A data object as bytes.
#[must_use]
pub fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 6);
    push(&mut out, tag, value);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{MAX_DEPTH, Tag, encode, find, is_shallow, objects};

    #[test]
    fn a_path_leads_to_its_value() {
        let inner = [encode(0x5B, b"Doe<<John"), encode(0x5F2D, b"de")].concat();
        let outer = encode(0x65, &inner);
        assert_eq!(find(&outer, &[0x65, 0x5F2D]), Some(&b"de"[..]));
        assert_eq!(find(&outer, &[0x65, 0x5F35]), None);
    }

    #[test]
    fn long_lengths_and_filling_bytes() {
        let long = encode(0x7F21, &[7; 300]);
        assert_eq!(long.get(..5).unwrap(), [0x7F, 0x21, 0x82, 0x01, 0x2C]);
        let bytes = [&[0xFF, 0x00][..], &long, &[0x00]].concat();
        let found: Vec<_> = objects(&bytes).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].tag, found[0].value.len()), (Tag(0x7F21), 300));
    }

    #[test]
    fn what_is_cut_short_is_not_read() {
        let mut read = objects(&[0x81, 0x01, 0xAA, 0x82, 0x05, 0x00]);
        assert_eq!(read.by_ref().count(), 1);
        assert_eq!(read.rest(), [0x82, 0x05, 0x00]);
        for bad in [
            &[0x81][..],
            &[0x81, 0x80, 0, 0],
            &[0x5F, 0x81, 0x81, 0x01, 0],
            &[0x81, 0x84, 255, 255, 255, 255],
        ] {
            assert_eq!(objects(bad).count(), 0);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| (0..depth).fold(Vec::new(), |inner, _| encode(0x30, &inner));
        assert!(is_shallow(&[]));
        assert!(is_shallow(&nested(MAX_DEPTH)));
        assert!(!is_shallow(&nested(MAX_DEPTH + 1)));
        assert!(!is_shallow(&nested(10_000)));
        let wide = encode(0x30, &nested(MAX_DEPTH - 1).repeat(100));
        assert!(is_shallow(&wide));
        assert!(is_shallow(&[0x30, 0x80].repeat(10_000)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let read: usize = objects(&bytes).map(|o| 2 + o.value.len()).sum();
            proptest::prop_assert!(read <= bytes.len());
        }

        #[test]
        fn what_was_written_is_read(tag in 1_u32..0x1F, value: Vec<u8>) {
            let bytes = encode(tag, &value);
            let all: Vec<_> = objects(&bytes).collect();
            proptest::prop_assert_eq!(all.len(), 1);
            proptest::prop_assert_eq!(all[0].value, &value[..]);
        }
    }
}
