//! The text form of keys and certificates (RFC 7468), in memory that is wiped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::key::Structure;

/// The most blocks of a file that are looked at.
const MAX_BLOCKS: usize = 256;

/// A block between "BEGIN" and "END".
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    label: &'a [u8],
    body: &'a [u8],
}

/// What a block holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A certificate.
    Certificate,
    /// A private key.
    Structure(Structure),
    /// A private key in OpenSSH's own format.
    OpenSsh,
    /// A private key of another kind, by its name.
    Other(&'static str),
}

/// The blocks of a text. What stands between them, and a block without an end, is passed over.
pub(super) fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while blocks.len() < MAX_BLOCKS
        && let Some((_, after)) = split(rest, b"-----BEGIN ")
        && let Some((label, after)) = split(after, b"-----")
    {
        let Some((body, after)) = split(after, b"-----END ") else {
            break;
        };
        // A label that spans lines is no label: whatever follows begins anew.
        if !label.contains(&b'\n') {
            blocks.push(Block { label, body });
        }
        rest = after;
    }
    blocks
}

/// What stands before and after the first `mark`.
fn split<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    let (before, after) = text.split_at_checked(at)?;
    Some((before, after.get(mark.len()..)?))
}

impl Block<'_> {
    /// What it holds; nothing for requests, public keys and whatever else is of no use here.
    pub(super) fn kind(&self) -> Option<Kind> {
        Some(match self.label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => Kind::Certificate,
            b"PRIVATE KEY" => Kind::Structure(Structure::Pkcs8),
            b"ENCRYPTED PRIVATE KEY" => Kind::Structure(Structure::EncryptedPkcs8),
            b"RSA PRIVATE KEY" => Kind::Structure(Structure::Pkcs1),
            b"OPENSSH PRIVATE KEY" => Kind::OpenSsh,
            b"EC PRIVATE KEY" => Kind::Other("EC"),
            b"DSA PRIVATE KEY" => Kind::Other("DSA"),
            _ => return None,
        })
    }

    /// Whether it says that it is encrypted in the way of RFC 1421, 4.6.1.1.
    pub(super) fn is_encrypted(&self) -> bool {
        split(self.body, b"ENCRYPTED").is_some()
    }

    /// Its bytes; nothing if they are not Base64.
    pub(super) fn decode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let digits = self.body.iter().filter(|byte| !byte.is_ascii_whitespace());
        // As long as it can become, so that nothing moves.
        let mut text = Zeroizing::new(Vec::with_capacity(self.body.len()));
        text.extend(digits);
        let mut bytes = Zeroizing::new(vec![0; text.len()]);
        let len = STANDARD.decode_slice(text.as_slice(), &mut bytes).ok()?;
        bytes.truncate(len);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, blocks};

    #[test]
    fn blocks_are_found_among_words() {
        let text = b"Bag Attributes\n\xFF\r\n-----BEGIN CERTIFICATE-----\r\nAQI=\r\n\
            -----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nAw==\n-----END PUBLIC KEY-----\n\
            -----BEGIN PRIVATE KEY-----\n";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].kind(), Some(Kind::Certificate));
        assert_eq!(found[0].decode().unwrap().as_slice(), [1, 2]);
        assert_eq!(found[1].kind(), None);
        assert!(blocks(&b"-----BEGIN ".repeat(50_000)).is_empty());
        assert!(blocks(&b"-----BEGIN A-----".repeat(50_000)).is_empty());
    }
}
