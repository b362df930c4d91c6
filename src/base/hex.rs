//! Hexadecimal text.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::secret::Secret;

/// `bytes` as upper-case digits without gaps: `A0000003`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0x0F));
    }
    text
}

fn digit(value: u8) -> char {
    char::from(value + if value < 10 { b'0' } else { b'A' - 10 })
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
    each(text, |byte| bytes.push(byte))?;
    Some(bytes)
}

/// Upper-case digits of what nobody may read, in one piece of memory, which is wiped.
#[must_use]
pub fn encode_secret(bytes: &Secret) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
    let mut text = Secret::with_capacity(2 * bytes.len());
    for byte in bytes.expose() {
        text.extend(&[digit(byte >> 4), digit(byte & 0x0F)]);
    }
    text
}

/// As [`decode`], for bytes that may be a PIN: none of them is anywhere else on the way.
#[must_use]
pub fn decode_secret(text: &str) -> Option<Secret> {
    let mut bytes = Secret::with_capacity(text.len() / 2);
    each(text, |byte| bytes.extend(&[byte]))?;
    Some(bytes)
}

/// How many bytes [`decode`] would return; nothing where it returns nothing.
#[must_use]
pub fn count(text: &str) -> Option<usize> {
    let mut count = 0;
    each(text, |_| count += 1)?;
    Some(count)
}

fn each(text: &str, mut take: impl FnMut(u8)) -> Option<()> {
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
            Some(first) => take(first << 4 | digit),
        }
    }
    high.is_none().then_some(())
}

/// Bytes that are hexadecimal text wherever they are written down.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hex(pub Vec<u8>);

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = decode(&text).ok_or_else(|| D::Error::custom("no hexadecimal text"))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{count, decode, decode_secret, encode, grouped};

    #[test]
    fn text_and_bytes_agree() {
        assert_eq!(encode(&[0xA0, 0x00, 0x0F]), "A0000F");
        assert_eq!(grouped(&[1, 2, 3], 2), "0102 03");
        assert_eq!(decode("a0:00 0F"), Some(vec![0xA0, 0x00, 0x0F]));
        assert_eq!(decode("a"), None);
        assert_eq!(decode("a 0"), None);
        assert_eq!(decode("zz"), None);
        for text in ["a0:00 0F", "a", "a 0", "zz", ""] {
            let secret = decode_secret(text).map(|secret| secret.expose().to_vec());
            assert_eq!(secret, decode(text));
            assert_eq!(count(text), decode(text).map(|bytes| bytes.len()));
        }
    }
}
