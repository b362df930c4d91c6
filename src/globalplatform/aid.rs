//! Application identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::hex::{self, Hex};

/// The name of a package, an applet or a security domain on a card: five to sixteen bytes (ISO/IEC
/// 7816-4:2020, 12.2.3).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Hex", into = "Hex")]
pub struct Aid(Vec<u8>);

/// These bytes are no application identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an application identifier has 5 to 16 bytes, not {len}")]
pub struct AidError {
    /// How many there were.
    pub len: usize,
}

impl Aid {
    /// An identifier of these bytes.
    ///
    /// # Errors
    ///
    /// [`AidError`] if there are fewer than 5 or more than 16.
    pub fn new(bytes: &[u8]) -> Result<Self, AidError> {
        match bytes.len() {
            5..=16 => Ok(Self(bytes.to_vec())),
            len => Err(AidError { len }),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Aid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl TryFrom<Hex> for Aid {
    type Error = AidError;

    fn try_from(hex: Hex) -> Result<Self, AidError> {
        Self::new(&hex.0)
    }
}

impl From<Aid> for Hex {
    fn from(aid: Aid) -> Self {
        Self(aid.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Aid, AidError};

    #[test]
    fn an_identifier_has_five_to_sixteen_bytes() {
        assert_eq!(Aid::new(&[0; 4]), Err(AidError { len: 4 }));
        assert_eq!(Aid::new(&[0; 17]), Err(AidError { len: 17 }));
        assert_eq!(Aid::new(&[0; 16]).unwrap().bytes(), [0; 16]);
        assert_eq!(
            Aid::new(&[0xA0, 0, 0, 0, 1]).unwrap().to_string(),
            "A000000001"
        );
    }
}
