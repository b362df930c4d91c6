//! The gate for every string that a card, a file or a module brought.

use std::fmt;

use serde::{Serialize, Serializer};

/// Text from outside, safe to show anywhere that takes plain text.
///
/// Cleaned once, when it is made: no control characters, nothing that turns the direction
/// of writing or hides, no more than [`Text::MAX_CHARS`] characters. The bytes it came from
/// are kept for the hex view. It is never markup; outlets that read markup escape it.
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
        // No more is decoded than can be shown: the length is the sender's choice.
        let head = bytes.get(..Self::MAX_RAW).unwrap_or(bytes);
        Self {
            shown: clean(
                String::from_utf8_lossy(head).chars(),
                bytes.len() > head.len(),
            ),
            raw: head.to_vec(),
        }
    }

    /// From ISO/IEC 8859-1, which older cards use for names.
    #[must_use]
    pub fn from_latin1(bytes: &[u8]) -> Self {
        let head = bytes.get(..Self::MAX_RAW).unwrap_or(bytes);
        Self {
            shown: clean(
                head.iter().map(|&byte| char::from(byte)),
                bytes.len() > head.len(),
            ),
            raw: head.to_vec(),
        }
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

/// Keeps what can be shown on one line; `cut` says that the source was longer.
fn clean(characters: impl Iterator<Item = char>, cut: bool) -> String {
    let mut shown = String::new();
    let mut count = 0;
    let mut marks = 0;
    let mut cut = cut;
    for character in characters {
        if hides(character) {
            continue;
        }
        // A heap of combining marks paints over the lines above and below.
        marks = if combines(character) { marks + 1 } else { 0 };
        if marks > 3 {
            continue;
        }
        if count == Text::MAX_CHARS {
            cut = true;
            break;
        }
        count += 1;
        shown.push(if character.is_control() || is_separator(character) {
            ' '
        } else {
            character
        });
    }
    if cut {
        shown.push('…');
    }
    shown
}

/// Characters that reorder or hide others: directional formatting (Unicode Standard Annex
/// 9), zero-width signs, tags.
fn hides(character: char) -> bool {
    matches!(character,
        '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}' | '\0')
}

/// The combining blocks of Unicode.
fn combines(character: char) -> bool {
    matches!(character,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Line and paragraph separators, which are no control characters.
fn is_separator(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
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
    fn nothing_hides_or_turns_the_line() {
        let text = Text::from("a\u{202E}b\u{0}c\nd\u{1b}[31me\u{200B}");
        assert_eq!(text.as_str(), "abc d [31me");
        assert_eq!(text.raw().len(), 22 - 4);
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
    fn marks_do_not_pile_up() {
        let text = Text::from(format!("e{}", "\u{0301}".repeat(40)));
        assert_eq!(text.as_str().chars().count(), 4);
    }
}
