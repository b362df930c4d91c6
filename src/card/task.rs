//! What can be done to a token, as data: the parts of a plan.
//!
//! A task is done as a whole or taken up again: every command in it may be sent twice, and what it
//! needs to know of the card before is in the survey that it begins with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::hex::Hex;
use crate::globalplatform::{Aid, Diversification, Edition, Level};

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
    /// Give an applet that was just installed its first PINs, its memory and its rules.
    SetUpApplet(AppletSetUp),
    /// Delete an applet or a package from a Java card. One that is not there is no failure.
    DeleteContent(Deletion),
    /// Load a package onto a Java card.
    LoadPackage(Loading),
    /// Make an applet of a package that is loaded, and make it selectable.
    InstallApplet(Installation),
    /// Lock an applet or a security domain, or unlock it.
    SetLock {
        /// Which.
        aid: Aid,
        /// Whether it is locked afterwards.
        locked: bool,
    },
    /// Put the card manager into another state of its life.
    SetCardState {
        /// The state (sheet "globalplatform", 4.1).
        state: u8,
    },
    /// Give the card manager new keys. The old ones stay until the new ones have opened a channel.
    PutKeys(NewKeys),
    /// Delete a key set.
    DeleteKeys {
        /// Its version.
        version: u8,
    },
}

impl Task {
    /// Whether it goes through the card manager.
    #[must_use]
    pub fn is_content(&self) -> bool {
        matches!(
            self,
            Self::DeleteContent(_)
                | Self::LoadPackage(_)
                | Self::InstallApplet(_)
                | Self::SetLock { .. }
                | Self::SetCardState { .. }
                | Self::PutKeys(_)
                | Self::DeleteKeys { .. }
        )
    }
}

/// How the card manager is opened. The keys are not in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The version of the key set; 0 for the first that the card has.
    pub key_version: u8,
    /// The index of the key set (SCP01 of Open Platform), else 0.
    pub key_index: u8,
    /// What is protected.
    pub level: Level,
    /// How the card's keys come from those that are given.
    pub diversification: Diversification,
    /// The standard that the card follows; found out if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
}

/// The first set-up of the MUSCLE applet (sheet "muscle", 3). Its PIN 0 is that of the security
/// officer, PIN 1 that of the holder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AppletSetUp {
    /// What the holder's PIN will be called.
    pub label: String,
    /// Tries of PIN 0 and of its PUK.
    pub officer_tries: (u8, u8),
    /// Tries of PIN 1 and of its PUK.
    pub user_tries: (u8, u8),
    /// Fewest characters of PIN 0 and of PIN 1, so that what is told of the PINs later holds for them.
    #[serde(default = "least")]
    pub least: [u8; 2],
    /// Bytes for objects.
    pub memory: u16,
    /// Who may create objects, keys and PINs: 00 everybody, FF nobody, else any one of the PINs of
    /// which the bits are set.
    pub may_create: [u8; 3],
}

impl Default for AppletSetUp {
    /// The numbers that guides give; the PINs that they give are not taken over.
    fn default() -> Self {
        Self {
            label: String::new(),
            officer_tries: (4, 1),
            user_tries: (5, 2),
            least: least(),
            memory: 6000,
            may_create: [0x00, 0x02, 0x01],
        }
    }
}

/// What the applet itself wants (sheet "muscle", 3).
fn least() -> [u8; 2] {
    [4, 4]
}

/// Something that is deleted from a Java card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Deletion {
    /// Its identifier.
    pub aid: Aid,
    /// Whether what was made of it goes with it.
    pub related: bool,
}

/// A package that is loaded.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Loading {
    /// Its identifier.
    pub package: Aid,
    /// The name of the file that it came from; for people.
    pub name: String,
    /// The components as they are loaded (sheet "globalplatform", 5).
    pub file: Hex,
    /// Bytes that its code may take at most, if that is said.
    pub code_limit: Option<u16>,
    /// The security domain that it belongs to; the card manager if nothing is said.
    pub domain: Option<Aid>,
}

/// An applet that is made.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
pub struct Installation {
    /// The package.
    pub package: Aid,
    /// The applet in it.
    pub module: Aid,
    /// What it is selected by.
    pub instance: Aid,
    /// Its privileges: one byte, or three (sheet "globalplatform", 4.2).
    pub privileges: Hex,
    /// What it is told when it is made. It is a part of the plan, and so it stands in the journal: it is
    /// no place for a secret. Some applets take their first PIN in it all the same, so nothing else
    /// shows it.
    pub parameters: Hex,
    /// Bytes that its data may take at most, if that is said.
    pub data_limit: Option<u16>,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("package", &self.package)
            .field("module", &self.module)
            .field("instance", &self.instance)
            .field("privileges", &self.privileges)
            .field(
                "parameters",
                &format_args!("{} bytes", self.parameters.0.len()),
            )
            .field("data_limit", &self.data_limit)
            .finish()
    }
}

/// A key set that is put on a card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct NewKeys {
    /// Its version, 01 to 7F.
    pub version: u8,
    /// The version that it takes the place of; nothing if it is added.
    pub replaces: Option<u8>,
    /// The check values of its three keys: what was given is compared with them.
    pub check_values: [Hex; 3],
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
    /// The PIN on which an applet is delivered.
    TransportPin,
    /// The keys of the card manager.
    ManagerKeys,
    /// The keys that it shall have.
    NewManagerKeys,
    /// What data says.
    Data {
        /// Its name.
        label: String,
    },
}
