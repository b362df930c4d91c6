//! The gate for every string that a card, a file or a module brought.

mod clean;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde::{Serialize, Serializer};

use clean::clean;

/// Text from outside, safe to show anywhere that takes plain text.
///
/// Cleaned once, when it is made, so that it stands on one line and looks odd where it has
/// something to hide:
///
/// - controls, whatever turns the direction of writing, what has no shape, private use and
///   bytes that are no character are U+FFFD, one for any number of them in a row;
/// - line ends, tabs and blanks of every width are one blank; NULs at the end are padding;
/// - no more than four marks sit on a character, and those without one on U+25CC;
/// - after [`Text::MAX_CHARS`] characters it is cut.
///
/// Letters of every script stay, written from the right or from the left, with the joiners and
/// selectors that their spelling needs. The bytes it came from are kept for the hex view. It is
/// never markup; outlets that read markup escape it.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Text {
    shown: String,
    raw: Vec<u8>,
}

impl Text {
    /// The longest text that is shown, in characters; the rest is cut and marked with "…".
    pub const MAX_CHARS: usize = 512;

    /// The most raw bytes that are kept.
    const MAX_RAW: usize = 4096;

    /// From UTF-8; bytes that are none become U+FFFD.
    #[must_use]
    pub fn from_utf8(bytes: &[u8]) -> Self {
        Self::decoded(bytes, |head| {
            String::from_utf8_lossy(whole(head, bytes.len()))
        })
    }

    /// From ISO/IEC 8859-1, which older cards use for names.
    #[must_use]
    pub fn from_latin1(bytes: &[u8]) -> Self {
        Self::decoded(bytes, |head| {
            head.iter().map(|&byte| char::from(byte)).collect()
        })
    }

    /// From UTF-8 where it is UTF-8, else from ISO/IEC 8859-1.
    #[must_use]
    pub fn from_either(bytes: &[u8]) -> Self {
        if std::str::from_utf8(bytes).is_ok() {
            Self::from_utf8(bytes)
        } else {
            Self::from_latin1(bytes)
        }
    }

    /// From UTF-16 with the high byte first (BMPString of X.680, 41); half a pair becomes U+FFFD.
    #[must_use]
    pub fn from_utf16(bytes: &[u8]) -> Self {
        Self::decoded(bytes, |head| {
            let units = head.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        })
    }

    /// From UTF-32 with the high byte first (UniversalString of X.680, 41); what is no character
    /// becomes U+FFFD.
    #[must_use]
    pub fn from_utf32(bytes: &[u8]) -> Self {
        Self::decoded(bytes, |head| {
            head.chunks_exact(4)
                .map(|unit| match unit {
                    [a, b, c, d] => char::from_u32(u32::from_be_bytes([*a, *b, *c, *d])),
                    _ => None,
                })
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        })
    }

    /// From the operating system: arguments, names of files and users.
    #[must_use]
    pub fn from_os(text: &OsStr) -> Self {
        Self::from_utf8(text.as_bytes())
    }

    /// A place in the file system.
    #[must_use]
    pub fn from_path(path: &Path) -> Self {
        Self::from_os(path.as_os_str())
    }

    /// No more is decoded than can be shown: the length is the sender's choice.
    fn decoded<'a>(bytes: &'a [u8], decode: impl FnOnce(&'a [u8]) -> Cow<'a, str>) -> Self {
        let head = bytes.get(..Self::MAX_RAW).unwrap_or(bytes);
        Self {
            shown: clean(decode(head).chars(), bytes.len() > head.len()),
            raw: head.to_vec(),
        }
    }

    /// What may be shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The bytes as they came, at most 4096 of them.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether nothing can be seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.trim().is_empty()
    }
}

/// `head` without the character that was cut in two, if it is the beginning of `len` bytes.
fn whole(head: &[u8], len: usize) -> &[u8] {
    if head.len() == len {
        return head;
    }
    let rest = head
        .utf8_chunks()
        .last()
        .map_or(0, |last| last.invalid().len());
    head.get(..head.len() - rest).unwrap_or(head)
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from_utf8(text.as_bytes())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn the_bytes_are_kept_beside_what_is_shown() {
        let text = Text::from("a\u{202E}b\u{0}c\nd\u{1b}[31me\u{200B}");
        assert_eq!(text.as_str(), "a\u{FFFD}b\u{FFFD}c d\u{FFFD}[31me\u{FFFD}");
        assert_eq!(text.raw().len(), 18);
        let wide = Text::from_utf16(b"\0A\xD8\x00\0B");
        assert_eq!(wide.as_str(), "A\u{FFFD}B");
        assert_eq!(wide.raw(), b"\0A\xD8\x00\0B");
        let wider = Text::from_utf32(b"\0\0\0A\0\x11\0\0");
        assert_eq!(wider.as_str(), "A\u{FFFD}");
    }

    #[test]
    fn length_is_bounded() {
        let text = Text::from("x".repeat(1 << 20));
        assert_eq!(text.as_str().chars().count(), Text::MAX_CHARS + 1);
        assert!(text.as_str().ends_with('…'));
        assert_eq!(text.raw().len(), 4096);
    }

    #[test]
    fn latin1_is_taken_when_it_is_no_utf8() {
        assert_eq!(Text::from_either(b"M\xFCller").as_str(), "Müller");
        assert_eq!(Text::from_either("Müller".as_bytes()).as_str(), "Müller");
    }

    #[test]
    fn a_cut_leaves_no_half_character() {
        let text = Text::from_utf8("a\u{301}".repeat(2000).as_bytes());
        assert!(!text.as_str().contains('\u{FFFD}'), "{text}");
        let pile = format!("a{}", "\u{301}".repeat(1 << 19));
        assert_eq!(
            Text::from(pile).as_str(),
            "a\u{301}\u{301}\u{301}\u{301}\u{FFFD}…"
        );
    }
}
