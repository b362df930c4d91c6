//! What a card looks at in a load file: the components of a CAP file, one after the other (sheet
//! "globalplatform", 5). The code in them is not verified, as on cards.

use super::NO_MEMORY;
use super::model::Model;
use super::registry::{Package, Registry};
use crate::iso7816::StatusWord;

/// The order in which components come, and whether each has to.
const ORDER: [(u8, bool); 11] = [
    (HEADER, true),
    (DIRECTORY, true),
    (IMPORT, true),
    (APPLET, false),
    (6, true),
    (7, true),
    (8, true),
    (10, false),
    (CONSTANT_POOL, true),
    (9, true),
    (DESCRIPTOR, false),
];

const HEADER: u8 = 1;
const DIRECTORY: u8 = 2;
const APPLET: u8 = 3;
const IMPORT: u8 = 4;
const CONSTANT_POOL: u8 = 5;
const DESCRIPTOR: u8 = 11;

/// The first bytes of every header.
const MAGIC: [u8; 4] = [0xDE, 0xCA, 0xFF, 0xED];
/// In the flags of a header: there are applets.
const HAS_APPLETS: u8 = 0x04;

/// The load file is none.
const BAD: StatusWord = StatusWord::WRONG_DATA;

/// The components that are there, each with its tag.
struct Components<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Components<'a> {
    /// Cuts a load file, which has to be nothing but components in their order.
    fn parse(mut bytes: &'a [u8]) -> Option<Self> {
        let mut found = Vec::new();
        let mut order = ORDER.iter();
        while let Some((&[tag, high, low], rest)) = bytes.split_first_chunk() {
            order.find(|(expected, _)| *expected == tag)?;
            let (info, rest) =
                rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
            found.push((tag, info));
            bytes = rest;
        }
        let components = Self(found);
        let complete = ORDER
            .iter()
            .all(|(tag, needed)| !needed || components.get(*tag).is_some());
        (bytes.is_empty() && complete).then_some(components)
    }

    fn get(&self, tag: u8) -> Option<&'a [u8]> {
        self.0
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, info)| *info)
    }
}

/// What is read one piece after the other.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A name of 5 to 16 bytes behind its length.
    fn aid(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(self.byte()?);
        self.take(len).filter(|_| (5..=16).contains(&len))
    }

    fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The header of a package.
struct Header<'a> {
    cap_minor: u8,
    applets: bool,
    /// Major and minor.
    version: [u8; 2],
    aid: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(info: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(info);
        let magic: [u8; 4] = cursor.array()?;
        let [cap_minor, cap_major, flags, minor, major] = cursor.array()?;
        let aid = cursor.aid()?;
        if cap_minor >= 2 && !cursor.0.is_empty() {
            let len = usize::from(cursor.byte()?);
            cursor.take(len)?;
        }
        cursor.end()?;
        (magic == MAGIC && cap_major == 2).then_some(Self {
            cap_minor,
            applets: flags & HAS_APPLETS != 0,
            version: [major, minor],
            aid,
        })
    }
}

/// An imported package.
struct Import<'a> {
    /// Major and minor.
    version: [u8; 2],
    aid: &'a [u8],
}

fn imports(info: &[u8]) -> Option<Vec<Import<'_>>> {
    let mut cursor = Cursor(info);
    let count = cursor.byte()?;
    let mut imports = Vec::new();
    for _ in 0..count {
        let [minor, major] = cursor.array()?;
        let aid = cursor.aid()?;
        imports.push(Import {
            version: [major, minor],
            aid,
        });
    }
    cursor.end()?;
    Some(imports)
}

/// The names of the applets that can be made from the package.
fn modules(info: &[u8]) -> Option<Vec<&[u8]>> {
    let mut cursor = Cursor(info);
    let count = cursor.byte()?;
    let mut modules = Vec::new();
    for _ in 0..count {
        modules.push(cursor.aid()?);
        cursor.take(2)?;
    }
    cursor.end()?;
    (!modules.is_empty()).then_some(modules)
}

/// Whether the directory says the same as the components.
fn directory_agrees(
    components: &Components<'_>,
    cap_minor: u8,
    imports: usize,
    modules: usize,
) -> Option<()> {
    let mut cursor = Cursor(components.get(DIRECTORY)?);
    for tag in HEADER..=DESCRIPTOR {
        let size = usize::from(u16::from_be_bytes(cursor.array()?));
        let agrees = match components.get(tag) {
            Some(info) => info.len() == size,
            // Many programs leave the descriptor out (sheet, 5).
            None => size == 0 || tag == DESCRIPTOR,
        };
        if !agrees {
            return None;
        }
    }
    // Version 2.2 counts the debug component, too; what 2.3 adds is not known here.
    match cap_minor {
        0 | 1 => (),
        2 => drop(cursor.take(2)?),
        _ => return Some(()),
    }
    // The image of the static fields and the arrays in it.
    cursor.take(6)?;
    let counts: [u8; 3] = cursor.array()?;
    let [said_imports, said_modules, _] = counts.map(usize::from);
    (said_imports == imports && said_modules == modules).then_some(())
}

/// Looks at a whole load file and makes the package of it.
///
/// # Errors
///
/// The load file is damaged, is not that of `expected`, is for a newer Java Card, or needs what
/// the card does not have.
pub(super) fn check(
    file: &[u8],
    expected: &[u8],
    model: &Model,
    registry: &Registry,
) -> Result<Package, StatusWord> {
    let components = Components::parse(file).ok_or(BAD)?;
    let header = components
        .get(HEADER)
        .and_then(Header::parse)
        .filter(|header| header.aid == expected && header.cap_minor <= model.cap_minor)
        .ok_or(BAD)?;
    let imports = components.get(IMPORT).and_then(imports).ok_or(BAD)?;
    let modules = match components.get(APPLET) {
        Some(info) => modules(info).ok_or(BAD)?,
        None => Vec::new(),
    };
    // An applet's name begins as its package's (Java Card VM specification, 4.2).
    let foreign = modules
        .iter()
        .any(|module| module.get(..5) != header.aid.get(..5));
    if foreign || header.applets == modules.is_empty() {
        return Err(BAD);
    }
    directory_agrees(&components, header.cap_minor, imports.len(), modules.len()).ok_or(BAD)?;
    if !imports
        .iter()
        .all(|import| is_there(import, model, registry))
    {
        return Err(model.missing_import);
    }
    if file.len() > registry.free() {
        return Err(NO_MEMORY);
    }
    Ok(Package {
        aid: header.aid.to_vec(),
        version: header.version,
        modules: modules.into_iter().map(<[u8]>::to_vec).collect(),
        imports: imports.iter().map(|import| import.aid.to_vec()).collect(),
        domain: Vec::new(),
        size: file.len(),
    })
}

/// The same major version, and a minor one that is not older.
fn is_there(import: &Import<'_>, model: &Model, registry: &Registry) -> bool {
    let resident = model.resident(import.aid).map(|package| package.version);
    let loaded = registry.package(import.aid).map(|package| package.version);
    let [wanted_major, wanted_minor] = import.version;
    resident
        .or(loaded)
        .is_some_and(|[major, minor]| major == wanted_major && minor >= wanted_minor)
}
