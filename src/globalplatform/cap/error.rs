//! Why a file is no package.

use super::ComponentKind;
use crate::token::Text;

/// Why bytes are no package that can be loaded. Nothing of them was kept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CapError {
    /// Something else: neither an archive with components nor components without one.
    #[error("not a CAP file")]
    NotACap,
    /// More bytes, or more entries, than any package has.
    #[error("the file is too large for a CAP file")]
    TooLarge,
    /// The archive unfolds to more than a card could hold.
    #[error("the components are larger than any card takes")]
    Bomb,
    /// The archive is cut short or changed.
    #[error("the archive is damaged")]
    DamagedArchive,
    /// The archive is encrypted, or packed in a way that CAP files are not.
    #[error("the archive is packed in an unsupported way")]
    UnsupportedArchive,
    /// The name of an entry leads out of the archive.
    #[error("an entry of the archive has an unsafe name: {name}")]
    UnsafeName {
        /// The name.
        name: Text,
    },
    /// Two entries have the same name, or are the same component: it is not certain what would be loaded.
    #[error("an entry is there twice")]
    Repeated {
        /// Which component; nothing if two entries have the same full name.
        component: Option<ComponentKind>,
    },
    /// An extended CAP file of Java Card 3.1.
    #[error("extended CAP files are not supported")]
    Extended,
    /// There is no header.
    #[error("there is no Header component")]
    NoHeader,
    /// The header does not begin with the bytes that every header begins with.
    #[error("the header has not the magic number DECAFFED")]
    Magic,
    /// The tag is that of another component.
    #[error("{component} begins with the tag {tag:02X}")]
    WrongTag {
        /// What it is by its name.
        component: ComponentKind,
        /// What it is by its first byte.
        tag: u8,
    },
    /// A tag that no component has.
    #[error("unknown component {tag:02X}")]
    UnknownComponent {
        /// The tag.
        tag: u8,
    },
    /// The size field does not say how much there is.
    #[error("{component} says {says} bytes and has {has}")]
    Size {
        /// Which component.
        component: ComponentKind,
        /// What its size field says, in bytes.
        says: u16,
        /// What is behind the field, in bytes.
        has: usize,
    },
    /// A component ends in the middle of something.
    #[error("{component} is cut short")]
    Truncated {
        /// Which component.
        component: ComponentKind,
    },
    /// An application identifier of fewer than 5 or more than 16 bytes.
    #[error("an application identifier of {len} bytes in {component}")]
    AidLength {
        /// Where it stands.
        component: ComponentKind,
        /// Its length, in bytes.
        len: usize,
    },
}
