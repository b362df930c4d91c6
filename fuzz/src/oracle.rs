//! What holds for everything that people see and for every command that leaves.

use serde_json::Value;
use symbolon::iso7816::Parsed;

/// Text from outside: no control characters, nothing that turns the line or hides, no line
/// ends, no heaps of marks.
///
/// # Panics
///
/// If it is not like that.
pub(crate) fn clean(text: &str) {
    if is_plain(text.as_bytes()) {
        return;
    }
    let mut marks = 0;
    for character in text.chars() {
        assert!(!is_forbidden(character), "{character:?} in {text:?}");
        marks = if matches!(character, '\u{0300}'..='\u{036F}') {
            marks + 1
        } else {
            0
        };
        assert!(marks <= 4, "a heap of marks in {text:?}");
    }
}

/// Whether it is ASCII without controls, looked at in words of eight bytes: most of what a
/// token holds is hexadecimal, and the engine counts every comparison.
fn is_plain(text: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks::<8>();
    let odd = words.iter().fold(0, |odd, word| {
        let word = u64::from_ne_bytes(*word);
        // Below 20, equal to 7F, or above it.
        let low = word.wrapping_sub(ONES * 0x20) & !word;
        odd | low | (word.wrapping_add(ONES) | word)
    });
    odd & HIGH == 0 && rest.iter().all(|byte| (0x20..0x7F).contains(byte))
}

/// Written from the Unicode Standard (23.2, layout controls; 23.5, private use; UAX 9, table
/// 1), not after the program.
fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{3164}'
            | '\u{E000}'..='\u{F8FF}' | '\u{FFA0}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// A sentence of this program, with texts from outside in it: it may have lines and isolate
/// what it quotes, but has no other control character.
///
/// # Panics
///
/// If it is not like that.
pub(crate) fn sentence(text: &str) {
    for character in text.chars() {
        let fine = character == '\n' || !character.is_control();
        assert!(fine, "{character:?} in {text:?}");
        assert!(
            !matches!(character, '\u{202A}'..='\u{202E}'),
            "{character:?} in {text:?}"
        );
    }
}

/// All strings in a value.
///
/// # Panics
///
/// If one is not [`clean`].
pub(crate) fn clean_value(value: &Value) {
    match value {
        Value::String(text) => clean(text),
        Value::Array(values) => values.iter().for_each(clean_value),
        Value::Object(values) => values.iter().for_each(|(name, value)| {
            clean(name);
            clean_value(value);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a command can do to a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// It changes nothing and spends nothing.
    None,
    /// It takes back that a PIN was verified.
    Lock,
    /// It carries a PIN or a code, and may cost a try.
    Try,
    /// It changes something with the right that a PIN gave before.
    Change,
    /// None of the commands that this program has.
    Unknown,
}

/// Whether what follows a SELECT is about a PKCS #15 application: there a VERIFY without data is
/// a wrong PIN like any other (CardOS M4; sheet "cardos", 7). Nothing if it is no SELECT.
pub(crate) fn is_about_files(command: &[u8]) -> Option<bool> {
    match command {
        [0x00, 0xA4, 0x04, _, _, aid @ ..] => Some(aid.starts_with(b"\xA0\x00\x00\x00\x63PKCS-15")),
        [0x00, 0xA4, ..] => Some(true),
        _ => None,
    }
}

/// The same for the MUSCLE applet (sheet "muscle", 2).
fn effect_on_muscle(ins: u8) -> Effect {
    match ins {
        // ListKeys, GetStatus, ListPINs, ReadObject, ListObjects, GET RESPONSE.
        0x3A | 0x3C | 0x48 | 0x56 | 0x58 | 0xC0 => Effect::None,
        // VerifyPIN, ChangePIN, UnblockPIN.
        0x42 | 0x44 | 0x46 => Effect::Try,
        _ => Effect::Unknown,
    }
}

/// Says it from the bytes on the wire (ISO/IEC 7816-4:2020, 11; SP 800-73-4 Part 2, 3;
/// OpenPGP card 3.4, 7.2; the commands of YubiKeys).
///
/// # Panics
///
/// If the lengths in the command are not those of its parts.
pub(crate) fn effect(command: &[u8]) -> Effect {
    let parsed = Parsed::from_bytes(command).expect("a command whose lengths add up");
    let [cla, ins, p1, p2] = parsed.header;
    // DIRECTORY (sheet "cardos", 5).
    if (cla, ins) == (0x80, 0x16) && parsed.data.is_empty() {
        return Effect::None;
    }
    if cla == 0xB0 {
        return effect_on_muscle(ins);
    }
    if cla & !0x10 != 0 {
        return Effect::Unknown;
    }
    // READ RECORD by number, of the file that is selected (ISO/IEC 7816-4:2020, 11.4.3).
    if ins == 0xB2 && p2 == 0x04 {
        return Effect::None;
    }
    match (ins, p1) {
        // SELECT by name and by path, and of the root; READ BINARY.
        (0xA4, 0x04 | 0x08 | 0x00) | (0xB0, 0x00..=0x7F) => Effect::None,
        // GET DATA, GET RESPONSE; GET VERSION, GET SERIAL, GET METADATA.
        (0xCA | 0xCB | 0xC0, _) | (0xFD | 0xF8 | 0xF7, 0x00) => Effect::None,
        // GENERATE ASYMMETRIC KEY PAIR that only reads (OpenPGP card 3.4, 7.2.14).
        (0x47, 0x81) => Effect::None,
        // VERIFY without data asks for the counter; see [`is_about_files`].
        (0x20, 0x00) if parsed.data.is_empty() => Effect::None,
        (0x20, 0xFF) if parsed.data.is_empty() => Effect::Lock,
        (0x20 | 0x24 | 0x2C, 0x00) => Effect::Try,
        (0x2C, 0x02) | (0xDA, 0x00) => Effect::Change,
        _ => Effect::Unknown,
    }
}
