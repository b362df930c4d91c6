//! Keys of a card manager as a person gives them: one or three, as text.

use super::content::{KeyError, KeyFamily, Keys, WellKnownKey};
use crate::base::hex;
use crate::base::secret::Secret;

/// The largest text, in bytes: three keys of 32 bytes with comments.
pub const MAX_LEN: usize = 4096;

/// Keys that are not for a cipher yet: what they are for is known when the card has told it.
#[derive(Debug)]
pub enum GivenKeys {
    /// Those that everybody knows.
    Test,
    /// One, three times.
    One(Secret),
    /// For encryption, for MACs, and for keys.
    Three([Secret; 3]),
}

/// Why a text is no keys. None of it is in here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyTextError {
    /// A line is not hexadecimal.
    #[error("line {line} is not hexadecimal")]
    NotHexadecimal {
        /// The line, counted from 1.
        line: usize,
    },
    /// There are neither one nor three.
    #[error("{count} keys")]
    Count {
        /// How many there are.
        count: usize,
    },
}

impl GivenKeys {
    /// Reads one key, or three in the order ENC, MAC, DEK: a line each in hexadecimal. Empty lines,
    /// what stands behind `#`, and names with `=` before a key do not count.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`].
    pub fn parse(text: &Secret) -> Result<Self, KeyTextError> {
        let mut keys = Vec::new();
        let lines = text.expose().split(|byte| *byte == b'\n');
        for (line, number) in lines.zip(1..) {
            let bad = KeyTextError::NotHexadecimal { line: number };
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
            let line = std::str::from_utf8(line).map_err(|_| bad)?;
            let digits = line.rsplit('=').next().unwrap_or_default();
            let key = hex::decode_secret(digits.trim()).ok_or(bad)?;
            if !key.is_empty() {
                keys.push(key);
            }
        }
        let count = keys.len();
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next(), keys.next(), keys.next()) {
            (Some(only), None, ..) => Ok(Self::One(only)),
            (Some(enc), Some(mac), Some(dek), None) => Ok(Self::Three([enc, mac, dek])),
            _ => Err(KeyTextError::Count { count }),
        }
    }

    /// A second copy.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Test => Self::Test,
            Self::One(key) => Self::One(key.duplicate()),
            Self::Three(keys) => Self::Three(keys.each_ref().map(Secret::duplicate)),
        }
    }

    /// The keys, for this cipher.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: they have no length of its keys.
    pub fn keys(&self, family: KeyFamily) -> Result<Keys, KeyError> {
        match self {
            Self::Test => Ok(WellKnownKey::Test.keys(family)),
            Self::One(key) => Keys::one(family, key.duplicate()),
            Self::Three([enc, mac, dek]) => {
                Keys::three(family, enc.duplicate(), mac.duplicate(), dek.duplicate())
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{GivenKeys, KeyTextError};
    use crate::base::secret::Secret;
    use crate::plan::content::{KeyFamily, WellKnownKey};

    fn parse(text: &str) -> Result<GivenKeys, KeyTextError> {
        GivenKeys::parse(&Secret::new(text.as_bytes()))
    }

    #[test]
    fn one_key_or_three_with_comments() {
        let test = "404142434445464748494a4b4c4d4e4f";
        for text in [
            format!("# the keys\n\n{test} # all three\n"),
            format!("{test}\r\n{test}\r\n{test}"),
            "40:41:42:43 44454647 48494A4B 4C4D4E4F".to_owned(),
        ] {
            let keys = parse(&text).unwrap().keys(KeyFamily::Aes).unwrap();
            assert_eq!(keys.well_known(), Some(WellKnownKey::Test), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_told_by_its_line() {
        let line = |line| KeyTextError::NotHexadecimal { line };
        assert_eq!(parse("4041\nhello").unwrap_err(), line(2));
        assert_eq!(parse("404").unwrap_err(), line(1));
        assert_eq!(parse("").unwrap_err(), KeyTextError::Count { count: 0 });
        assert_eq!(
            parse("40\n41").unwrap_err(),
            KeyTextError::Count { count: 2 }
        );
        assert_eq!(
            parse("40\n41\n42\n43").unwrap_err(),
            KeyTextError::Count { count: 4 }
        );
    }
}
