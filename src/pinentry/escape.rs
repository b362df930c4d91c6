//! How bytes are written on a line of the Assuan protocol (GnuPG's libassuan manual, "Client
//! requests" and "Server responses"): `%` and two hexadecimal digits stand for a byte.

use crate::base::secret::Secret;

/// Undoes the escapes of `%`; what looks like one and is none stays as it is. A `+` is a plus.
#[must_use]
pub fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    each_decoded(bytes, |byte| plain.push(byte));
    plain
}

/// As [`decoded`], from one locked memory to another.
pub fn decode_into(bytes: &[u8], secret: &mut Secret) {
    each_decoded(bytes, |byte| secret.extend(&[byte]));
}

fn each_decoded(bytes: &[u8], mut take: impl FnMut(u8)) {
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => byte(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((first, tail));
        take(byte);
        rest = after;
    }
}

/// The byte of two hexadecimal digits.
fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Writes `bytes` for a line of data: `%`, CR and LF cannot stand there, everything else can.
pub fn encode_data(bytes: &[u8], line: &mut Secret) {
    for &byte in bytes {
        if matches!(byte, b'%' | b'\r' | b'\n') {
            push_escaped(byte, line);
        } else {
            line.extend(&[byte]);
        }
    }
}

/// Writes `bytes` as the argument of an inquiry, where a blank is written `+`.
///
/// `%` is escaped too, which older pinentries forget: `100%25` would arrive as `100%`.
pub fn encode_argument(bytes: &[u8], line: &mut Secret) {
    for &byte in bytes {
        match byte {
            b' ' => line.extend(b"+"),
            b'%' | b'+' | b'"' | 0..0x20 | 0x7F.. => push_escaped(byte, line),
            _ => line.extend(&[byte]),
        }
    }
}

fn push_escaped(byte: u8, line: &mut Secret) {
    let digit = |value: u8| match value {
        0..10 => b'0' + value,
        _ => b'A' + (value - 10),
    };
    line.extend(&[b'%', digit(byte >> 4), digit(byte & 0x0F)]);
}

#[cfg(test)]
mod tests {
    use super::{decode_into, decoded, encode_argument, encode_data};
    use crate::base::secret::Secret;

    fn written(write: fn(&[u8], &mut Secret), bytes: &[u8]) -> Vec<u8> {
        let mut line = Secret::with_capacity(16);
        write(bytes, &mut line);
        line.expose().to_vec()
    }

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(decoded(b"a%0Ab%2541+c"), b"a\nb%41+c");
        for broken in [&b"%"[..], b"%4", b"%zz", b"100%", b"%%"] {
            assert_eq!(decoded(broken), broken);
        }
        assert_eq!(decoded(b"%00"), b"\0");
    }

    #[test]
    fn data_keeps_its_letters() {
        let bytes = "p\u{e4}ss 100%\r\n+".as_bytes();
        assert_eq!(
            written(encode_data, bytes),
            "p\u{e4}ss 100%25%0D%0A+".as_bytes()
        );
    }

    #[test]
    fn arguments_come_back_as_they_were() {
        let line = written(encode_argument, b"correct horse 77%99+\xC3\xA4");
        assert_eq!(line, b"correct+horse+77%2599%2B%C3%A4");
    }

    #[test]
    fn every_byte_survives_a_line_of_data() {
        let all: Vec<u8> = (0..=255).collect();
        let line = written(encode_data, &all);
        assert!(!line.contains(&b'\n'));
        let mut back = Secret::with_capacity(256);
        decode_into(&line, &mut back);
        assert_eq!(back.expose(), all);
    }
}
