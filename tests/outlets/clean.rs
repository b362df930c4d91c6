//! What may never come out, to be found in the texts of the command line and of the window.

/// Marks on one character (Unicode Technical Standard 39, 5.4).
const MAX_MARKS: usize = 4;

/// What is wrong with a line of text that a person or a terminal gets; nothing if it is clean.
pub(crate) fn fault(line: &str) -> Option<String> {
    let mut marks = 0;
    for character in line.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if character.is_control() {
            return Some(format!("the control {character:?}"));
        }
        if steers(character) {
            return Some(format!("{:#06X}", u32::from(character)));
        }
        if marks > MAX_MARKS {
            return Some(format!("{marks} marks on one character"));
        }
    }
    line.contains("        ")
        .then(|| line.trim_start().contains("          verified"))
        .filter(|pushed| *pushed)
        .map(|_| "blanks that push the rest out of sight".to_owned())
}

/// As [`fault`] for several lines, which end with LF alone.
pub(crate) fn fault_in_lines(text: &str) -> Option<String> {
    text.split('\n').find_map(fault)
}

/// Turns the direction of writing, or has no shape and is not needed by any spelling. Written from
/// PropList.txt and DerivedCoreProperties.txt of Unicode 16.0, not from the program.
fn steers(character: char) -> bool {
    let code = u32::from(character);
    let bidi = [0x61C, 0x200E, 0x200F].contains(&code)
        || (0x202A..=0x202E).contains(&code)
        || (0x2066..=0x2069).contains(&code);
    let unseen = [
        0xAD, 0x34F, 0x115F, 0x1160, 0x180E, 0x200B, 0x2028, 0x2029, 0x3164, 0xFEFF, 0xFFA0,
    ]
    .contains(&code)
        || (0x2060..=0x206F).contains(&code)
        || (0xFFF0..=0xFFFC).contains(&code)
        || (0x1D173..=0x1D17A).contains(&code)
        || (0xE0000..=0xE00FF).contains(&code);
    let private = (0xE000..=0xF8FF).contains(&code)
        || code >= 0xF_0000
        || code & 0xFFFE == 0xFFFE
        || (0xFDD0..=0xFDEF).contains(&code);
    bidi || unseen || private
}

/// Marks of the blocks that the corpus piles up.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x64B..=0x65F | 0x670 | 0x730..=0x74A | 0x7EB..=0x7F3
        | 0x93C | 0xE38..=0xE3A | 0xEB8..=0xEBA | 0xF71..=0xF84 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20FF | 0x302A..=0x302D | 0x3099 | 0x309A | 0xA66F | 0xFE20..=0xFE2F | 0x101FD
        | 0x1D165..=0x1D169 | 0x1E8D0..=0x1E8D6)
}
