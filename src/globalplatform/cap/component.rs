//! The components of a CAP file, and what the readable ones say (sheet "globalplatform", 5).

use std::fmt;

use super::{CapError, Import, InstallableApplet, JavaCardVersion, Version};
use crate::globalplatform::Aid;
use crate::token::Text;

/// What a component is for; the numbers are its tags.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ComponentKind {
    /// The package: its identifier, its version, what it is made for.
    Header = 1,
    /// How long the others are.
    Directory = 2,
    /// The applets and where each begins to be installed.
    Applet = 3,
    /// The packages that this one uses.
    Import = 4,
    /// What the bytecode refers to by number.
    ConstantPool = 5,
    /// Classes and interfaces.
    Class = 6,
    /// The bytecode.
    Method = 7,
    /// Static fields and their first values.
    StaticField = 8,
    /// Where the bytecode refers to the constant pool.
    RefLocation = 9,
    /// What other packages may use of this one.
    Export = 10,
    /// What a verifier needs; a card needs it rarely.
    Descriptor = 11,
    /// Names and line numbers, never sent to a card.
    Debug = 12,
    /// Data beside the code, of Java Card 3.1.
    StaticResources = 13,
}

impl ComponentKind {
    /// All, in the order in which a card wants them, which is not that of their tags. Debug stands last
    /// and is never loaded.
    pub const ALL: [Self; 13] = [
        Self::Header,
        Self::Directory,
        Self::Import,
        Self::Applet,
        Self::Class,
        Self::Method,
        Self::StaticField,
        Self::Export,
        Self::ConstantPool,
        Self::RefLocation,
        Self::StaticResources,
        Self::Descriptor,
        Self::Debug,
    ];

    /// The first byte of the component.
    #[must_use]
    pub fn tag(self) -> u8 {
        self as u8
    }

    /// The kind of component that begins with `tag`.
    #[must_use]
    pub fn of_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tag() == tag)
    }

    /// Its name in the standard; with `.cap` behind it, that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "Header",
            Self::Directory => "Directory",
            Self::Applet => "Applet",
            Self::Import => "Import",
            Self::ConstantPool => "ConstantPool",
            Self::Class => "Class",
            Self::Method => "Method",
            Self::StaticField => "StaticField",
            Self::RefLocation => "RefLocation",
            Self::Export => "Export",
            Self::Descriptor => "Descriptor",
            Self::Debug => "Debug",
            Self::StaticResources => "StaticResources",
        }
    }

    /// The kind whose file has exactly this name: `MyApplet.cap` is none.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".cap")?;
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One component as it is sent to the card: tag, size, contents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Component {
    pub(super) kind: ComponentKind,
    pub(super) bytes: Vec<u8>,
}

impl Component {
    /// What stands behind tag and size.
    pub(super) fn info(&self) -> &[u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }
}

/// Tag and size, in bytes.
pub(super) const HEADER_LEN: usize = 3;

/// What the header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) format: Version,
    pub(super) flags: u8,
    pub(super) package_version: Version,
    pub(super) package: Aid,
    pub(super) name: Option<Text>,
}

/// Bit of the flags: an extended CAP file, with sizes of four bytes.
const EXTENDED: u8 = 0x08;
const MAGIC: [u8; 4] = [0xDE, 0xCA, 0xFF, 0xED];

impl Header {
    pub(super) fn parse(info: &[u8]) -> Result<Self, CapError> {
        let mut fields = Fields::of(ComponentKind::Header, info);
        if fields.take()? != MAGIC {
            return Err(CapError::Magic);
        }
        let format = fields.version()?;
        let flags = fields.byte()?;
        if flags & EXTENDED != 0 {
            return Err(CapError::Extended);
        }
        let package_version = fields.version()?;
        let package = fields.aid()?;
        // The name is there since the format 2.2, and may be empty.
        let name = if fields.rest.is_empty() {
            None
        } else {
            let len = usize::from(fields.byte()?);
            let name = Text::from_utf8(fields.slice(len)?);
            (!name.is_empty()).then_some(name)
        };
        Ok(Self {
            format,
            flags,
            package_version,
            package,
            name,
        })
    }
}

/// The applets that can be installed from the package.
pub(super) fn applets(info: &[u8]) -> Result<Vec<InstallableApplet>, CapError> {
    let mut fields = Fields::of(ComponentKind::Applet, info);
    let count = fields.byte()?;
    (0..count)
        .map(|_| {
            Ok(InstallableApplet {
                aid: fields.aid()?,
                install_offset: fields.number()?,
            })
        })
        .collect()
}

/// The packages that have to be on the card before.
pub(super) fn imports(info: &[u8]) -> Result<Vec<Import>, CapError> {
    let mut fields = Fields::of(ComponentKind::Import, info);
    let count = fields.byte()?;
    (0..count)
        .map(|_| {
            Ok(Import {
                version: fields.version()?,
                aid: fields.aid()?,
            })
        })
        .collect()
}

/// What the directory says of the rest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Directory {
    /// Sizes without tag and size, from tag 1 on.
    pub(super) sizes: Vec<u16>,
    /// What the static fields need on the card, in bytes.
    pub(super) static_image: u16,
    pub(super) imports: u8,
    pub(super) applets: u8,
}

impl Directory {
    /// Reads it; the number of sizes goes by the format of the file.
    pub(super) fn parse(info: &[u8], format: Version) -> Result<Self, CapError> {
        let mut fields = Fields::of(ComponentKind::Directory, info);
        let kinds = match (format.major, format.minor) {
            (..=1, _) | (2, ..=1) => 11,
            (2, 2) => 12,
            _ => 13,
        };
        let sizes = (0..kinds)
            .map(|_| fields.number())
            .collect::<Result<_, _>>()?;
        let static_image = fields.number()?;
        // Arrays that are filled when the package is loaded: their number and their bytes.
        fields.take::<4>()?;
        Ok(Self {
            sizes,
            static_image,
            imports: fields.byte()?,
            applets: fields.byte()?,
        })
    }
}

/// The Java Card version that brought the version `framework` of `javacard.framework`.
pub(super) fn java_card(framework: Version) -> Option<JavaCardVersion> {
    let (major, minor, patch) = match (framework.major, framework.minor) {
        (1, 0) => (2, 1, 1),
        (1, 1) => (2, 1, 2),
        (1, 2) => (2, 2, 1),
        (1, 3) => (2, 2, 2),
        (1, 4) => (3, 0, 1),
        (1, 5) => (3, 0, 4),
        (1, 6) => (3, 0, 5),
        (1, 8) => (3, 1, 0),
        _ => return None,
    };
    Some(JavaCardVersion {
        major,
        minor,
        patch,
    })
}

/// What has not been read of a component.
struct Fields<'a> {
    kind: ComponentKind,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(kind: ComponentKind, rest: &'a [u8]) -> Self {
        Self { kind, rest }
    }

    fn slice(&mut self, len: usize) -> Result<&'a [u8], CapError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(CapError::Truncated {
            component: self.kind,
        })?;
        self.rest = rest;
        Ok(head)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CapError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(CapError::Truncated {
            component: self.kind,
        })?;
        self.rest = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, CapError> {
        let [byte] = self.take()?;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u16, CapError> {
        self.take().map(u16::from_be_bytes)
    }

    /// Versions stand with the minor number first.
    fn version(&mut self) -> Result<Version, CapError> {
        let [minor, major] = self.take()?;
        Ok(Version { major, minor })
    }

    fn aid(&mut self) -> Result<Aid, CapError> {
        let len = usize::from(self.byte()?);
        if !(5..=16).contains(&len) {
            return Err(CapError::AidLength {
                component: self.kind,
                len,
            });
        }
        let bytes = self.slice(len)?;
        Aid::new(bytes).map_err(|error| CapError::AidLength {
            component: self.kind,
            len: error.len,
        })
    }
}
