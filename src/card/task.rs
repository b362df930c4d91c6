//! What can be done to a token, as data: the parts of a plan.
//!
//! A task is done as a whole or taken up again: every command in it may be sent twice, and what it
//! needs to know of the card before is in the survey that it begins with.

use serde::{Deserialize, Serialize};

use crate::base::hex::Hex;

/// Something to be done to a token.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Erase everything on the card with the key of its maker, and format it.
    Format,
    /// Delete the application with everything in it, with the PINs that guard it.
    DeleteApplication,
    /// Make the application, and the PIN that it belongs to.
    Create(Creation),
    /// Add a PIN.
    StorePin(NewPin),
    /// Let the card make a key.
    GenerateKey(NewKey),
    /// Put a key on the card that was made elsewhere.
    ImportKey(NewKey),
    /// Put a certificate on the card; one with the same identifier is replaced.
    StoreCertificate(NewCertificate),
    /// Put data on the card; data of the same name is replaced.
    StoreData(NewData),
    /// Delete a private key and its public half.
    DeleteKey {
        /// Its identifier.
        id: Hex,
    },
    /// Delete a certificate.
    DeleteCertificate {
        /// Its identifier.
        id: Hex,
    },
    /// Delete data.
    DeleteData {
        /// Its name.
        label: String,
    },
    /// Give something another name.
    Rename {
        /// What.
        what: Named,
        /// Its new name.
        label: String,
    },
    /// Let nobody change the PINs and the rules of the application who does not know its PIN.
    Secure,
    /// Put the card back into the phase for everyday use.
    Activate,
}

/// A new application.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Creation {
    /// What the token is called.
    pub label: String,
    /// The PIN without which nothing can be changed: that of the security officer, else the first
    /// of the holder.
    pub owner: NewPin,
}

/// A new PIN.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct NewPin {
    /// Its number on the card: odd. That of its PUK is one more.
    pub number: u8,
    /// What objects name it by.
    pub auth_id: Hex,
    /// What people call it.
    pub label: String,
    /// Whether it is the security officer's.
    pub officer: bool,
    /// Fewest characters.
    pub min: u8,
    /// Tries.
    pub tries: u8,
    /// Tries of its PUK; nothing if it has none.
    pub puk_tries: Option<u8>,
}

/// A new key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    /// Ties it to its certificate.
    pub id: Hex,
    /// Its number on the card.
    pub number: u8,
    /// The number of the PIN that guards it.
    pub pin: u8,
    /// What objects name that PIN by.
    pub auth_id: Hex,
    /// What people call it.
    pub label: String,
    /// Its size.
    pub bits: u16,
    /// What it is good for.
    pub purpose: KeyPurpose,
    /// The modulus of a key that was made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulus: Option<Hex>,
}

/// What a key is good for: a key of CardOS M4 does one or the other (sheet "cardos", 6).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Signatures and signing in.
    Sign,
    /// Opening what was encrypted.
    Decrypt,
}

/// A new certificate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct NewCertificate {
    /// Ties it to its key.
    pub id: Hex,
    /// What people call it.
    pub label: String,
    /// Whether it belongs to an authority.
    pub authority: bool,
    /// The certificate.
    pub der: Hex,
}

/// New data. What it says is not part of the plan: it may be nobody's business.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct NewData {
    /// What people call it.
    pub label: String,
    /// The program that it is for.
    pub program: String,
    /// Bytes.
    pub len: u16,
    /// The PIN that shows it, by number and identifier; nothing if everybody may see it.
    pub guard: Option<(u8, Hex)>,
}

/// Something that has a name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Named {
    /// The token.
    Token,
    /// A PIN.
    Pin {
        /// What objects name it by.
        auth_id: Hex,
    },
    /// A key, both halves.
    Key {
        /// Its identifier.
        id: Hex,
    },
    /// A certificate.
    Certificate {
        /// Its identifier.
        id: Hex,
    },
}

/// Something that a task needs and a plan does not hold.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(tag = "secret", rename_all = "snake_case")]
pub enum SecretName {
    /// A PIN by its number on the card.
    Pin {
        /// The number.
        number: u8,
    },
    /// The PUK of a PIN.
    Puk {
        /// The number of the PIN.
        number: u8,
    },
    /// The private half of a key that was made elsewhere.
    Key {
        /// Its identifier.
        id: Hex,
    },
    /// What data says.
    Data {
        /// Its name.
        label: String,
    },
}
