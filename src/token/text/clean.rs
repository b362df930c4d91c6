//! From any characters to one line that shows what is in it.
//!
//! What hides, steers or turns is neither obeyed nor dropped: [`MARK`] stands in its place, so
//! that a name with something hidden in it looks odd to the one who reads it. The classes are
//! those of the Unicode Character Database 16.0.

use unicode_width::UnicodeWidthChar;

use super::Text;

/// Stands for what is not shown: a control, a character without a shape, a byte that is none.
/// Several in a row are one mark.
pub(super) const MARK: char = char::REPLACEMENT_CHARACTER;

/// Carries combining marks that have nothing to stand on.
const CARRIER: char = '\u{25CC}';

/// The most marks on one character (Unicode Technical Standard 39, 5.4): more paint over the
/// lines above and below.
const MAX_MARKS: usize = 4;

/// What a character does to those around it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    /// It stands for itself.
    Shown,
    /// Blanks of every width, and the ends of lines and paragraphs.
    Blank,
    /// It sits on the character before it.
    Combining,
    /// It picks a form of the character before it.
    Selector,
    /// It joins or parts its neighbours: ZWJ and ZWNJ.
    Joiner,
    /// Cards pad their fields with it.
    Nul,
    /// A byte order mark, which is part of the text only where it is not at its start.
    ByteOrder,
    /// It hides, steers or turns, or nobody but its maker knows what it is.
    Hidden,
}

/// Keeps what can be shown on one line; `cut` says that the source was longer.
pub(super) fn clean(characters: impl Iterator<Item = char>, cut: bool) -> String {
    let mut line = Line {
        cut,
        ..Line::default()
    };
    let mut characters = characters.peekable();
    while let Some(character) = characters.next() {
        if line.full {
            break;
        }
        line.take(character, characters.peek().copied());
    }
    line.end()
}

#[derive(Default)]
struct Line {
    shown: String,
    /// Characters in it.
    count: usize,
    /// The last of them.
    last: Option<char>,
    /// Combining marks since the last character that stands for itself.
    marks: usize,
    /// Whether there were NULs that matter only if something follows.
    padding: bool,
    /// Whether nothing more goes in.
    full: bool,
    cut: bool,
}

impl Line {
    fn take(&mut self, character: char, next: Option<char>) {
        let class = class(character);
        if self.padding && class != Class::Nul {
            self.padding = false;
            self.mark();
        }
        match class {
            Class::Nul => self.padding = true,
            Class::Blank if self.last == Some(' ') => {}
            Class::Blank => self.show(' '),
            Class::Shown => self.show(character),
            Class::Combining => self.combine(character),
            Class::Selector if self.last.is_some_and(|base| selects(character, base)) => {
                self.push(character);
            }
            Class::Joiner if joins(character, self.last, next.filter(|next| self.keeps(*next))) => {
                self.push(character);
            }
            Class::ByteOrder if self.last.is_none() => {}
            Class::Selector | Class::Joiner | Class::ByteOrder | Class::Hidden => self.mark(),
        }
    }

    /// Whether `next` will stand behind a joiner as it is, and so give it something to join.
    fn keeps(&self, next: char) -> bool {
        let fits = self.count + 1 < Text::MAX_CHARS;
        fits && match class(next) {
            Class::Shown => true,
            Class::Combining => self.marks < MAX_MARKS,
            _ => false,
        }
    }

    fn show(&mut self, character: char) {
        self.marks = 0;
        self.push(character);
    }

    fn combine(&mut self, character: char) {
        if self.last.is_none_or(|last| last == ' ') {
            self.show(CARRIER);
        }
        self.marks += 1;
        if self.marks <= MAX_MARKS {
            self.push(character);
        } else if self.last != Some(MARK) {
            self.push(MARK);
        }
    }

    fn mark(&mut self) {
        if self.last != Some(MARK) {
            self.show(MARK);
        }
    }

    fn push(&mut self, character: char) {
        if self.count == Text::MAX_CHARS {
            self.full = true;
            return;
        }
        self.count += 1;
        self.shown.push(character);
        self.last = Some(character);
    }

    fn end(mut self) -> String {
        if self.cut || self.full {
            self.shown.push('…');
        }
        self.shown
    }
}

fn class(character: char) -> Class {
    match character {
        ' '..='~' if character != ' ' => Class::Shown,
        '\0' => Class::Nul,
        // Braille without a dot is as blank as they come.
        '\u{2800}' => Class::Blank,
        _ if character.is_whitespace() => Class::Blank,
        '\u{200C}' | '\u{200D}' => Class::Joiner,
        '\u{FEFF}' => Class::ByteOrder,
        // Variation selectors, those of Mongolian included.
        '\u{180B}'..='\u{180D}'
        | '\u{180F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}' => Class::Selector,
        _ if character.is_control() || hides(character) || is_private(character) => Class::Hidden,
        _ if character.width() == Some(0) => Class::Combining,
        _ => Class::Shown,
    }
}

/// What has no shape (Default_Ignorable_Code_Point: directional formatting of Unicode Standard
/// Annex 9, invisible signs, fillers, tags), and what stands for annotations and objects.
fn hides(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Private use, where every font may show something else, and noncharacters; with them [`MARK`]
/// itself, which is what decoders make of bytes that are no character.
fn is_private(character: char) -> bool {
    matches!(character,
        MARK | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' | '\u{FDD0}'..='\u{FDEF}')
        || u32::from(character) & 0xFFFE == 0xFFFE
}

/// Whether `selector` may stand behind `base`: Japanese names have ideographs in forms that only
/// a selector tells apart.
fn selects(selector: char, base: char) -> bool {
    match selector {
        '\u{180B}'..='\u{180F}' => matches!(base, '\u{1820}'..='\u{18AA}'),
        '\u{FE0E}' | '\u{FE0F}' if is_pictograph(base) => true,
        _ => matches!(base,
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFD}'),
    }
}

/// Whether ZWJ or ZWNJ means something between its neighbours: in the scripts from Arabic to
/// the Indic ones it is spelling, between pictographs ZWJ makes one of two.
fn joins(joiner: char, before: Option<char>, after: Option<char>) -> bool {
    let is_script = |character: char| matches!(character, '\u{0620}'..='\u{1CFF}');
    let picture = |character: char| is_pictograph(character) || character == '\u{FE0F}';
    match (before, after) {
        (Some(before), Some(after)) if is_script(before) && is_script(after) => true,
        (Some(before), Some(after)) => {
            joiner == '\u{200D}' && picture(before) && is_pictograph(after)
        }
        _ => false,
    }
}

fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::{MAX_MARKS, Text, clean};

    fn shown(text: &str) -> String {
        clean(text.chars(), false)
    }

    #[test]
    fn what_steers_or_turns_is_marked() {
        assert_eq!(shown("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
        assert_eq!(shown("a\u{9b}31m"), "a\u{FFFD}31m");
        assert_eq!(shown("anna\u{202E}txt\u{202C}"), "anna\u{FFFD}txt\u{FFFD}");
        assert_eq!(shown("\u{2066}\u{2069}x"), "\u{FFFD}x");
        assert_eq!(shown("pay\u{200B}pal"), "pay\u{FFFD}pal");
        assert_eq!(shown("a\u{E0061}\u{E0062}"), "a\u{FFFD}");
        assert_eq!(shown("\u{E000}\u{FFFE}\u{10FFFF}"), "\u{FFFD}");
    }

    #[test]
    fn nul_is_padding_at_the_end_and_a_mark_before_it() {
        assert_eq!(shown("login\0\0\0"), "login");
        assert_eq!(
            shown("www.bank.example\0.evil.example"),
            "www.bank.example\u{FFFD}.evil.example"
        );
        assert_eq!(shown("\u{FEFF}Anna"), "Anna");
        assert_eq!(shown("An\u{FEFF}na"), "An\u{FFFD}na");
    }

    #[test]
    fn blanks_push_nothing_out_of_sight() {
        assert_eq!(shown("Anna\r\n\tRossi"), "Anna Rossi");
        assert_eq!(shown("a\u{2028}\u{A0}\u{3000}\u{2800}b"), "a b");
    }

    #[test]
    fn every_script_stays_as_it_is_written() {
        for name in [
            "Müller",
            "Mu\u{308}ller",
            "דָּוִד בֶּן־גּוּרִיּוֹן",
            "علی\u{200C}رضا",
            "مُحَمَّد",
            "ශ්\u{200D}රී",
            "क्\u{200D}ष",
            "葛\u{E0100}城",
            "བསྒྲུབས",
            "\u{1112}\u{1161}\u{11AB}",
            "น้ำ",
            "👩\u{200D}💻",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn marks_do_not_pile_up() {
        let pile = |mark: &str| shown(&format!("e{}f", mark.repeat(500)));
        for mark in [
            "\u{301}",
            "\u{489}",
            "\u{E38}",
            "\u{5B0}",
            "\u{1D167}",
            "\u{20DD}",
        ] {
            assert_eq!(
                pile(mark),
                format!("e{}\u{FFFD}f", mark.repeat(4)),
                "{mark:?}"
            );
        }
        assert_eq!(
            shown("\u{301}x \u{301}"),
            "\u{25CC}\u{301}x \u{25CC}\u{301}"
        );
    }

    #[test]
    fn selectors_and_joiners_carry_no_message() {
        assert_eq!(shown("a\u{FE00}\u{FE01}"), "a\u{FFFD}");
        assert_eq!(shown("葛\u{E0100}\u{E0101}"), "葛\u{E0100}\u{FFFD}");
        assert_eq!(shown("a\u{200D}b\u{200C}"), "a\u{FFFD}b\u{FFFD}");
        // What is not shown behind it gives it nothing to join.
        assert_eq!(shown("ప\u{200C}\u{180C}ఌ"), "ప\u{FFFD}ఌ");
        let marks = "\u{064E}".repeat(MAX_MARKS);
        assert_eq!(
            shown(&format!("ی{marks}\u{200C}\u{064E}ر")),
            format!("ی{marks}\u{FFFD}\u{064E}ر")
        );
        let long = "ی".repeat(Text::MAX_CHARS - 1);
        assert_eq!(
            shown(&format!("{long}\u{200C}ر")),
            format!("{long}\u{FFFD}…")
        );
        assert_eq!(
            shown("ی\u{200C}\u{200D}ر"),
            "ی\u{FFFD}ر",
            "two in a row say nothing"
        );
    }
}
