//! Data on a card that is neither key nor certificate.

use serde::Serialize;

use super::{Fact, PinReference, Text};

/// A data object.
#[derive(Clone, Eq, PartialEq, Serialize)]
pub struct DataObject {
    /// What it is.
    pub kind: DataKind,
    /// Its name on the card, where cards name their data.
    pub label: Option<Text>,
    /// Who may read it.
    pub access: Access,
    /// Its bytes, if they were read.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub content: Option<Vec<u8>>,
    /// What they mean.
    pub facts: Vec<Fact>,
}

/// What it holds may be private, and does not belong into a log: of that only the length is told.
impl std::fmt::Debug for DataObject {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = out.debug_struct("DataObject");
        shown.field("kind", &self.kind).field("label", &self.label);
        shown.field("access", &self.access);
        if self.access == Access::Public {
            shown.field("content", &self.content);
        } else {
            shown.field("content_len", &self.content.as_ref().map(Vec::len));
        }
        shown.field("facts", &self.facts).finish()
    }
}

impl DataObject {
    /// Whether it is read after a PIN, and was not. Of other kinds than this one nothing is.
    #[must_use]
    pub fn waits_for_pin(&self) -> bool {
        self.kind == DataKind::Named && self.access != Access::Public && self.content.is_none()
    }
}

/// Data objects that have a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// PIV card holder unique identifier (SP 800-73-4 Part 1, 3.1.2).
    Chuid,
    /// PIV card capability container (SP 800-73-4 Part 1, 3.1.1).
    CardCapabilities,
    /// PIV discovery object (SP 800-73-4 Part 1, 3.3.2).
    Discovery,
    /// PIV key history (SP 800-73-4 Part 1, 3.3.3).
    KeyHistory,
    /// OpenPGP cardholder related data (tag 65).
    Cardholder,
    /// OpenPGP login data (tag 5E).
    Login,
    /// OpenPGP address of the public key (tag 5F50).
    Url,
    /// OpenPGP key derivation settings (tag F9).
    KeyDerivation,
    /// OpenPGP private use object 1 to 4 (tags 0101 to 0104).
    PrivateUse(u8),
    /// Data of a program, under a name of its own (PKCS #15, DODF).
    Named,
}

/// Who may read a data object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "who", content = "pin")]
pub enum Access {
    /// Everybody.
    Public,
    /// Who knows this PIN.
    Pin(PinReference),
}
