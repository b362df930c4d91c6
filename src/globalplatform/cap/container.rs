//! What a CAP file is packed in: a ZIP archive, or nothing (IJC).

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::CapError;
use super::component::{Component, ComponentKind, HEADER_LEN};
use crate::token::Text;

/// The largest file that is looked at, in bytes: archives hold more than what is loaded.
pub(super) const MAX_FILE: usize = 1024 * 1024;

/// The most that the components of a file may have together, in bytes: what a card of two-byte
/// addresses can hold, and something for the names around it.
pub(super) const MAX_COMPONENTS: usize = 64 * 1024 + 13 * 64;

/// The most entries of an archive; export files and certificates come beside a dozen components.
const MAX_ENTRIES: usize = 1024;

/// How the components came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    /// A ZIP archive (`.cap`).
    Archive,
    /// One component behind the other (`.ijc`).
    Raw,
}

/// The components, in no order, and the folder that they were in.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) container: Container,
    pub(super) components: Vec<Component>,
    pub(super) debug: bool,
    pub(super) package_path: Option<Text>,
}

/// Takes a file apart, by what it begins with.
pub(super) fn open(bytes: &[u8]) -> Result<Contents, CapError> {
    if bytes.len() > MAX_FILE {
        return Err(CapError::TooLarge);
    }
    match bytes {
        [b'P', b'K', ..] => archive(bytes),
        // Tag and size of the header; what stands in it is looked at later.
        [0x01, _, _, _, ..] => raw(bytes),
        _ => Err(CapError::NotACap),
    }
}

fn archive(bytes: &[u8]) -> Result<Contents, CapError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    if archive.len() > MAX_ENTRIES {
        return Err(CapError::TooLarge);
    }
    if archive.has_duplicate_names() {
        return Err(CapError::Repeated { component: None });
    }
    let mut contents = Contents {
        container: Container::Archive,
        components: Vec::new(),
        debug: false,
        package_path: None,
    };
    let mut left = MAX_COMPONENTS;
    for index in 0..archive.len() {
        let Some((kind, folder)) = entry_name(&mut archive, index)? else {
            continue;
        };
        if contents.has(kind) {
            return Err(CapError::Repeated {
                component: Some(kind),
            });
        }
        if kind == ComponentKind::Debug {
            contents.debug = true;
            continue;
        }
        if kind == ComponentKind::Header {
            contents.package_path = folder;
        }
        let entry = archive
            .by_index(index)
            .map_err(|error| unreadable(&error))?;
        // What the archive says of the size is not asked.
        let mut bytes = Vec::new();
        entry
            .take(u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|_| CapError::DamagedArchive)?;
        left = left.checked_sub(bytes.len()).ok_or(CapError::Bomb)?;
        contents.components.push(whole(kind, bytes)?);
    }
    if contents.components.is_empty() && !contents.debug {
        return Err(CapError::NotACap);
    }
    Ok(contents)
}

impl Contents {
    fn has(&self, kind: ComponentKind) -> bool {
        (kind == ComponentKind::Debug && self.debug)
            || self.components.iter().any(|other| other.kind == kind)
    }
}

/// The component in an entry, and its package as the folder tells it: `com/example/javacard/Header.cap`.
/// Nothing if the entry is no component.
fn entry_name(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
) -> Result<Option<(ComponentKind, Option<Text>)>, CapError> {
    let entry = archive
        .by_index_raw(index)
        .map_err(|error| unreadable(&error))?;
    let raw = entry.name_raw();
    let unsafe_name = || CapError::UnsafeName {
        name: Text::from_either(raw),
    };
    let elements: Vec<&[u8]> = raw.split(|byte| matches!(byte, b'/' | b'\\')).collect();
    let absolute = elements.first().is_none_or(|first| first.is_empty());
    let drive = matches!(raw, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if absolute || drive || raw.contains(&0) || elements.contains(&b"..".as_slice()) {
        return Err(unsafe_name());
    }
    let Some((file, folders)) = elements.split_last() else {
        return Ok(None);
    };
    if matches!(folders.first(), Some(&b"META-INF" | &b"APPLET-INF")) {
        return Ok(None);
    }
    let Ok(file) = std::str::from_utf8(file) else {
        return Ok(None);
    };
    if file.ends_with(".capx") {
        return Err(CapError::Extended);
    }
    let package = match folders {
        [package @ .., b"javacard"] if !package.is_empty() => {
            Some(Text::from_utf8(&package.join(&b'/')))
        }
        _ => None,
    };
    Ok(ComponentKind::of_file(file).map(|kind| (kind, package)))
}

/// A component that is alone in its file.
fn whole(kind: ComponentKind, bytes: Vec<u8>) -> Result<Component, CapError> {
    let [tag, high, low, info @ ..] = bytes.as_slice() else {
        return Err(CapError::Truncated { component: kind });
    };
    if *tag != kind.tag() {
        return Err(CapError::WrongTag {
            component: kind,
            tag: *tag,
        });
    }
    let says = u16::from_be_bytes([*high, *low]);
    if usize::from(says) != info.len() {
        return Err(CapError::Size {
            component: kind,
            says,
            has: info.len(),
        });
    }
    Ok(Component { kind, bytes })
}

/// Components by their tags and sizes, in whatever order they stand.
fn raw(bytes: &[u8]) -> Result<Contents, CapError> {
    let mut contents = Contents {
        container: Container::Raw,
        components: Vec::new(),
        debug: false,
        package_path: None,
    };
    // Without the magic number it is any file that begins with 01.
    if bytes.get(HEADER_LEN..HEADER_LEN + 4) != Some(&[0xDE, 0xCA, 0xFF, 0xED]) {
        return Err(CapError::NotACap);
    }
    let mut rest = bytes;
    let mut left = MAX_COMPONENTS;
    while let Some(&tag) = rest.first() {
        let kind = ComponentKind::of_tag(tag).ok_or(CapError::UnknownComponent { tag })?;
        let [_, high, low, info @ ..] = rest else {
            return Err(CapError::Truncated { component: kind });
        };
        let says = u16::from_be_bytes([*high, *low]);
        let len = HEADER_LEN + usize::from(says);
        let Some((component, tail)) = rest.split_at_checked(len) else {
            return Err(CapError::Size {
                component: kind,
                says,
                has: info.len(),
            });
        };
        if contents.has(kind) {
            return Err(CapError::Repeated {
                component: Some(kind),
            });
        }
        rest = tail;
        if kind == ComponentKind::Debug {
            contents.debug = true;
            continue;
        }
        left = left.checked_sub(component.len()).ok_or(CapError::Bomb)?;
        contents.components.push(Component {
            kind,
            bytes: component.to_vec(),
        });
    }
    Ok(contents)
}

fn unreadable(error: &ZipError) -> CapError {
    match error {
        ZipError::UnsupportedArchive(_)
        | ZipError::CompressionMethodNotSupported(_)
        | ZipError::InvalidPassword => CapError::UnsupportedArchive,
        _ => CapError::DamagedArchive,
    }
}
