//! Public keys as OpenSSH writes them (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::public_key::{Material, material};
use crate::token::{Curve, PublicKey, Text};

/// The line for `authorized_keys`, without a line end; nothing for keys that SSH cannot sign
/// in with.
///
/// `comment` is cleaned first: it cannot begin a second line, and holds nothing that a shell
/// acts on, since people paste such lines behind `echo`.
#[must_use]
pub fn line(key: &PublicKey, comment: &str) -> Option<String> {
    let (name, blob) = blob(key)?;
    let comment = inert(&Text::from(comment));
    let line = format!("{name} {} {}", STANDARD.encode(blob), comment.trim());
    Some(line.trim_end().to_owned())
}

/// `text` with `-` in place of every sign that means something to a shell (POSIX.1-2024, Shell
/// Command Language, 2.2), quoted or not, or to a table of keys (sshd.8, "AUTHORIZED_KEYS").
fn inert(text: &Text) -> String {
    let characters = text.as_str().chars().map(|character| match character {
        ' ' | '-' | '_' | '.' | ',' | ':' | '@' | '+' | '/' => character,
        _ if character.is_ascii_alphanumeric() || !character.is_ascii() => character,
        _ => '-',
    });
    characters.collect()
}

/// The fingerprint that `ssh-keygen -l` and servers show: `SHA256:…`.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> Option<String> {
    let (_, blob) = blob(key)?;
    let digest = STANDARD_NO_PAD.encode(Sha256::digest(blob));
    Some(format!("SHA256:{digest}"))
}

fn blob(key: &PublicKey) -> Option<(&'static str, Vec<u8>)> {
    let (name, fields) = match material(key)? {
        Material::Rsa { modulus, exponent } => ("ssh-rsa", vec![mpint(exponent), mpint(modulus)]),
        Material::Point(curve, point) => match curve {
            Curve::P256 => ("ecdsa-sha2-nistp256", vec![b"nistp256".to_vec(), point]),
            Curve::P384 => ("ecdsa-sha2-nistp384", vec![b"nistp384".to_vec(), point]),
            Curve::P521 => ("ecdsa-sha2-nistp521", vec![b"nistp521".to_vec(), point]),
            Curve::Ed25519 => ("ssh-ed25519", vec![point]),
            _ => return None,
        },
    };
    let mut blob = Vec::new();
    push(&mut blob, name.as_bytes())?;
    for field in &fields {
        push(&mut blob, field)?;
    }
    Some((name, blob))
}

/// A positive number as RFC 4251, 5 has it: `00` before a high bit.
fn mpint(mut number: Vec<u8>) -> Vec<u8> {
    if number.first().is_some_and(|high| high & 0x80 != 0) {
        number.insert(0, 0);
    }
    number
}

fn push(blob: &mut Vec<u8>, field: &[u8]) -> Option<()> {
    blob.extend_from_slice(&u32::try_from(field.len()).ok()?.to_be_bytes());
    blob.extend_from_slice(field);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, line};
    use crate::pki::public_key::elliptic;
    use crate::token::Curve;

    #[test]
    fn a_comment_stays_on_its_line() {
        let key = elliptic(Curve::Ed25519, &[1; 32]).unwrap();
        let line = line(&key, " me\nssh-rsa AAAA\r\u{202E}").unwrap();
        assert_eq!(line.lines().count(), 1);
        assert!(line.ends_with(" me ssh-rsa AAAA \u{FFFD}"), "{line}");
        assert!(!super::line(&key, "").unwrap().ends_with(' '));
    }

    #[test]
    fn a_comment_is_nothing_to_a_shell() {
        let key = elliptic(Curve::Ed25519, &[1; 32]).unwrap();
        let line = line(&key, "Zoë's $(touch x) `id`; \"a\" <b> \\x #9A").unwrap();
        assert!(
            line.ends_with(" Zoë-s --touch x- -id-- -a- -b- -x -9A"),
            "{line}"
        );
    }

    #[test]
    fn agreement_keys_have_no_line() {
        for curve in [Curve::X25519, Curve::Ed448, Curve::X448] {
            let len = match curve {
                Curve::X25519 => 32,
                Curve::X448 => 56,
                _ => 57,
            };
            let key = elliptic(curve, &vec![1; len]).unwrap();
            assert_eq!((line(&key, ""), fingerprint(&key)), (None, None));
        }
    }
}
