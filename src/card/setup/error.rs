//! What can be in the way of a task.

use crate::base::hex::Hex;
use crate::card::CardError;
use crate::card::cardos::Phase;
use crate::card::task::SecretName;
use crate::globalplatform::ChannelError;
use crate::globalplatform::content::ContentError;
use crate::globalplatform::registry::RegistryError;

/// Why a task could not be done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// The card, or the way to it.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Not the make of card that can be set up.
    #[error("not a card that can be set up")]
    OtherMake,
    /// The card is in a phase of its life in which that cannot be done.
    #[error("phase {0:?}")]
    Phase(Phase),
    /// Packages of the maker are on the card, and would be lost for ever.
    #[error("packages would be lost")]
    Packages,
    /// The key for erasing is not the one that everybody knows.
    #[error("another start key (version {version:02X})")]
    StartKey {
        /// Its version; FF is the known one.
        version: u8,
    },
    /// So few tries of the key for erasing are left that none is spent.
    #[error("{left} tries of the start key left")]
    StartKeyTries {
        /// What is left.
        left: u8,
    },
    /// Another program has changed the token since the task was begun.
    #[error("changed by another program")]
    Changed,
    /// The application is there already.
    #[error("set up already")]
    SetUpAlready,
    /// There is no application.
    #[error("not set up")]
    NotSetUp,
    /// The rules of the card let nobody do that, whatever PIN is given.
    #[error("forbidden by the rules of the card")]
    Never,
    /// The rules of the card want a PIN that no list names.
    #[error("PIN {number} is in no list")]
    UnknownPin {
        /// Its number.
        number: u8,
    },
    /// The card, or a list on it, has no room.
    #[error("{needed} bytes needed, {free} free")]
    Full {
        /// Bytes needed.
        needed: usize,
        /// Bytes free.
        free: usize,
    },
    /// There is such an object already.
    #[error("{0} is in use")]
    InUse(Hex),
    /// There is no such object.
    #[error("no {0}")]
    NoSuch(Hex),
    /// The card makes no keys of this size.
    #[error("no keys of {bits} bits")]
    KeySize {
        /// What was asked for.
        bits: u16,
    },
    /// A name is longer than its place.
    #[error("a name of {len} bytes, at most {most}")]
    Name {
        /// Bytes.
        len: usize,
        /// The most.
        most: usize,
    },
    /// What the card gave as its new key is none, or does not do what it is for.
    #[error("the card's new key does not work: {0}")]
    BadKey(&'static str),
    /// Something that the plan does not hold was not given.
    #[error("{0:?} is missing")]
    Missing(SecretName),
    /// A PIN that everybody knows, or that is its own PUK, was given for an applet.
    #[error("PIN {number} is known to everybody, or its PUK is the same")]
    KnownPin {
        /// Its number.
        number: u8,
    },
    /// No card manager answers.
    #[error("no card manager")]
    NoCardManager,
    /// The card manager says that the card is locked: nothing can be changed.
    #[error("the card is locked")]
    CardLocked,
    /// There are keys of this version already.
    #[error("key set {version:02X} is there already")]
    KeyVersion {
        /// The version.
        version: u8,
    },
    /// A package has more bytes than its card takes in all blocks.
    #[error("a package of {len} bytes, at most {most}")]
    TooLarge {
        /// Bytes of the package.
        len: usize,
        /// The most.
        most: usize,
    },
    /// What is known of the card could not be kept, without which the task could not be gone on with.
    #[error("what is known of the card could not be kept")]
    NotKept,
    /// The keys that would be deleted are those that open the card.
    #[error("key set {version:02X} opens the card")]
    OwnKeys {
        /// Their version.
        version: u8,
    },
    /// The card manager was not opened, or its channel broke.
    #[error("card manager: {0}")]
    Manager(ChannelError),
    /// The card manager does not do it.
    #[error("card manager: {0}")]
    Content(ContentError),
    /// What was given does not fit the plan: another key, other data.
    #[error("{0:?} is another one")]
    Other(SecretName),
}

impl From<ContentError> for SetupError {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Channel(error) => error.into(),
            other => Self::Content(other),
        }
    }
}

impl From<RegistryError> for SetupError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Channel(error) => error.into(),
            RegistryError::Refused { sw } => Self::Content(ContentError::Refused { sw }),
        }
    }
}

impl From<ChannelError> for SetupError {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Link(error) => error.into(),
            other => Self::Manager(other),
        }
    }
}

impl From<crate::transport::link::LinkError> for SetupError {
    fn from(error: crate::transport::link::LinkError) -> Self {
        Self::Card(error.into())
    }
}
