//! CAP and IJC files: what is in a Java Card package before it is sent to a card (sheet
//! "globalplatform", 5). Extended CAP files of Java Card 3.1 are not read.

pub mod building;
mod check;
mod component;
mod container;
mod error;
pub mod known;
#[cfg(test)]
#[path = "../../../tests/support/cap.rs"]
pub(crate) mod made;
#[cfg(test)]
mod tests;

use std::fmt;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::Aid;
use crate::token::Text;
use component::{Component, Directory, HEADER_LEN};

pub use check::{CapFinding, CardSide, FindingWeight, PresentKind};
pub use component::ComponentKind;
pub use container::Container;
pub use error::CapError;

/// A Java Card package, ready to be looked at or loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CapFile {
    container: Container,
    format: Version,
    flags: CapFlags,
    package: Aid,
    package_version: Version,
    name: Option<Text>,
    applets: Vec<InstallableApplet>,
    imports: Vec<Import>,
    directory: Option<Directory>,
    /// In load order, without Debug.
    components: Vec<Component>,
    debug: bool,
}

/// A version of a package or of the file format; the standard writes the minor number first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// The number before the point: another one is another interface.
    pub major: u8,
    /// The number behind it.
    pub minor: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A version of the Java Card platform, such as 2.1.1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JavaCardVersion {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// The third number; 0 where there is none.
    pub patch: u8,
}

impl JavaCardVersion {
    /// All versions of a generation: what a card tells of itself has one number.
    #[must_use]
    pub fn generation(major: u8) -> Self {
        Self {
            major,
            minor: u8::MAX,
            patch: u8::MAX,
        }
    }

    /// Whether it is a generation, not one version of it.
    #[must_use]
    pub fn is_generation(self) -> bool {
        self.minor == u8::MAX
    }
}

impl fmt::Display for JavaCardVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

/// What the header says of the package.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CapFlags(pub u8);

impl CapFlags {
    /// Whether it calculates with 32-bit integers, which not every card does (01).
    #[must_use]
    pub fn uses_int(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Whether other packages may use it (02).
    #[must_use]
    pub fn exports(self) -> bool {
        self.0 & 0x02 != 0
    }

    /// Whether there is an applet in it (04).
    #[must_use]
    pub fn has_applets(self) -> bool {
        self.0 & 0x04 != 0
    }
}

/// An applet class that can be installed: the *module* of INSTALL [for install].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallableApplet {
    /// Its identifier, which is that of the instance too where nobody wants another.
    pub aid: Aid,
    /// Where its install method stands in the Method component, in bytes.
    pub install_offset: u16,
}

/// A package that has to be on the card before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Import {
    /// The package.
    pub aid: Aid,
    /// The version it was built against.
    pub version: Version,
}

/// What a package will need on a card, in bytes; what its instances need comes on top.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryEstimate {
    /// The load file.
    pub load_file: u32,
    /// The static fields.
    pub static_fields: u32,
}

impl MemoryEstimate {
    /// Both together.
    #[must_use]
    pub fn total(self) -> u32 {
        self.load_file.saturating_add(self.static_fields)
    }
}

impl CapFile {
    /// Reads a `.cap` (ZIP) or `.ijc` (raw) file, told apart by what is in it.
    ///
    /// # Errors
    ///
    /// [`CapError`], for every file that a card could not be given as it is.
    pub fn read(bytes: &[u8]) -> Result<Self, CapError> {
        let contents = container::open(bytes)?;
        let mut components = contents.components;
        let place = |component: &Component| {
            ComponentKind::ALL
                .iter()
                .position(|kind| *kind == component.kind)
        };
        components.sort_by_key(place);
        let info = |kind| {
            components
                .iter()
                .find(|component| component.kind == kind)
                .map(Component::info)
        };
        let header = info(ComponentKind::Header).ok_or(CapError::NoHeader)?;
        let header = component::Header::parse(header)?;
        let directory = info(ComponentKind::Directory)
            .map(|info| Directory::parse(info, header.format))
            .transpose()?;
        let applets = info(ComponentKind::Applet).map_or(Ok(Vec::new()), component::applets)?;
        let imports = info(ComponentKind::Import).map_or(Ok(Vec::new()), component::imports)?;
        Ok(Self {
            container: contents.container,
            format: header.format,
            flags: CapFlags(header.flags),
            package: header.package,
            package_version: header.package_version,
            name: header.name.or(contents.package_path),
            applets,
            imports,
            directory,
            components,
            debug: contents.debug,
        })
    }

    /// How the file was packed.
    #[must_use]
    pub fn container(&self) -> Container {
        self.container
    }

    /// The version of the file format.
    #[must_use]
    pub fn format(&self) -> Version {
        self.format
    }

    /// What the package is made for.
    #[must_use]
    pub fn flags(&self) -> CapFlags {
        self.flags
    }

    /// The identifier of the package.
    #[must_use]
    pub fn package(&self) -> &Aid {
        &self.package
    }

    /// The version of the package.
    #[must_use]
    pub fn package_version(&self) -> Version {
        self.package_version
    }

    /// The name of the package, `com/example/applet`: from the header, or from the folder in the archive.
    #[must_use]
    pub fn name(&self) -> Option<&Text> {
        self.name.as_ref()
    }

    /// What can be installed, in the order of the file. None: a library.
    #[must_use]
    pub fn applets(&self) -> &[InstallableApplet] {
        &self.applets
    }

    /// What has to be on the card before.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// The version of `javacard.framework` that the package was built against.
    #[must_use]
    pub fn framework(&self) -> Option<Version> {
        self.imports
            .iter()
            .find(|import| import.aid.bytes() == known::FRAMEWORK)
            .map(|import| import.version)
    }

    /// The oldest Java Card that runs it, by the import of `javacard.framework`. Nothing if there is no
    /// such import, or of a version that is not in the list.
    #[must_use]
    pub fn java_card(&self) -> Option<JavaCardVersion> {
        self.framework().and_then(component::java_card)
    }

    /// The components that there are, in load order; Debug comes last.
    pub fn components(&self) -> impl Iterator<Item = ComponentKind> {
        let debug = self.debug.then_some(ComponentKind::Debug);
        self.components
            .iter()
            .map(|component| component.kind)
            .chain(debug)
    }

    /// Their sizes as they are loaded, in bytes with tag and size, in load order and without Debug.
    pub fn sizes(&self) -> impl Iterator<Item = (ComponentKind, usize)> {
        self.components
            .iter()
            .map(|component| (component.kind, component.bytes.len()))
    }

    /// What is sent to the card, in load order. Debug never is; Descriptor only `with_descriptor`: most
    /// cards do without, and have its memory for something else.
    #[must_use]
    pub fn load_file(&self, with_descriptor: bool) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size(with_descriptor));
        for component in self.loaded(with_descriptor) {
            bytes.extend_from_slice(&component.bytes);
        }
        bytes
    }

    /// The length of [`CapFile::load_file`], in bytes.
    #[must_use]
    pub fn size(&self, with_descriptor: bool) -> usize {
        self.loaded(with_descriptor)
            .map(|component| component.bytes.len())
            .sum()
    }

    /// SHA-1 over [`CapFile::load_file`].
    #[must_use]
    pub fn sha1(&self, with_descriptor: bool) -> [u8; 20] {
        Sha1::digest(self.load_file(with_descriptor)).into()
    }

    /// SHA-256 over [`CapFile::load_file`].
    #[must_use]
    pub fn sha256(&self, with_descriptor: bool) -> [u8; 32] {
        Sha256::digest(self.load_file(with_descriptor)).into()
    }

    /// What the package will need on the card, without Descriptor.
    #[must_use]
    pub fn memory(&self) -> MemoryEstimate {
        let static_image = self.directory.as_ref().map_or(0, |all| all.static_image);
        MemoryEstimate {
            // Bounded by what is read at most.
            load_file: u32::try_from(self.size(false)).unwrap_or(u32::MAX),
            static_fields: static_image.into(),
        }
    }

    /// What is to be said of loading it onto this card, or onto any.
    #[must_use]
    pub fn check(&self, card: &CardSide) -> Vec<CapFinding> {
        check::findings(self, card)
    }

    /// The first component whose size, and the lists whose length, the directory tells otherwise.
    fn differs_from_directory(&self) -> Option<ComponentKind> {
        let directory = self.directory.as_ref()?;
        let differing = self.components.iter().find(|component| {
            let index = usize::from(component.kind.tag()).saturating_sub(1);
            let says = directory.sizes.get(index).copied().map(usize::from);
            let has = component.bytes.len().saturating_sub(HEADER_LEN);
            says.is_some_and(|says| says != has)
        });
        match differing {
            Some(component) => Some(component.kind),
            None if usize::from(directory.imports) != self.imports.len() => {
                Some(ComponentKind::Import)
            }
            None if usize::from(directory.applets) != self.applets.len() => {
                Some(ComponentKind::Applet)
            }
            None => self.missing_by_directory(directory),
        }
    }

    /// A component that the directory tells of and that is not there. Descriptor and Debug may be left out.
    fn missing_by_directory(&self, directory: &Directory) -> Option<ComponentKind> {
        ComponentKind::ALL.into_iter().find(|kind| {
            let index = usize::from(kind.tag()).saturating_sub(1);
            let optional = matches!(kind, ComponentKind::Descriptor | ComponentKind::Debug);
            !optional
                && directory.sizes.get(index).is_some_and(|says| *says != 0)
                && !self.components.iter().any(|other| other.kind == *kind)
        })
    }

    fn loaded(&self, with_descriptor: bool) -> impl Iterator<Item = &Component> {
        self.components
            .iter()
            .filter(move |component| with_descriptor || component.kind != ComponentKind::Descriptor)
    }
}
