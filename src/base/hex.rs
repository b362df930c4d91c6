//! Hexadecimal text.

use std::fmt::Write as _;

/// `bytes` as upper-case digits without gaps: `A0000003`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

/// `bytes` as upper-case digits in groups of `group` bytes with a space between.
#[must_use]
pub fn grouped(bytes: &[u8], group: usize) -> String {
    bytes
        .chunks(group.max(1))
        .map(encode)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads hexadecimal text; spaces, colons and line ends between bytes are allowed.
///
/// Returns nothing when another character or half a byte is met.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for character in text.chars() {
        if character.is_whitespace() || character == ':' {
            if high.is_some() {
                return None;
            }
            continue;
        }
        let digit = u8::try_from(character.to_digit(16)?).ok()?;
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    high.is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, grouped};

    #[test]
    fn text_and_bytes_agree() {
        assert_eq!(encode(&[0xA0, 0x00, 0x0F]), "A0000F");
        assert_eq!(grouped(&[1, 2, 3], 2), "0102 03");
        assert_eq!(decode("a0:00 0F"), Some(vec![0xA0, 0x00, 0x0F]));
        assert_eq!(decode("a"), None);
        assert_eq!(decode("a 0"), None);
        assert_eq!(decode("zz"), None);
    }
}
