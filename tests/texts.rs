//! One gate for every string from outside: bytes, units and names of the operating system become text in `token::Text` and
//! nowhere else, but for the places below, where nothing of it is shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sources;

use sources::Token;

/// What makes text of something else. A path is shown by `Path::display`, which has no other use here.
const CONVERSIONS: &[&str] = &[
    "decode_utf16",
    "from_latin1",
    "from_u32",
    "from_utf16",
    "from_utf16_lossy",
    "from_utf8",
    "from_utf8_lossy",
    "from_utf8_unchecked",
    "from_utf16be",
    "into_string",
    "read_to_string",
    "read_line",
    "read_small",
    "to_str",
    "to_string_lossy",
];

/// The gate itself.
const GATE: &str = "token/text/";

/// File, conversion, how often, and why what comes out is shown to nobody as it is.
const ELSEWHERE: &[(&str, &str, usize, &str)] = &[
    (
        "explain/plan/broken.rs",
        "display",
        1,
        "the folder of our own is looked for in a report, to take it out",
    ),
    (
        "ui/dialogs/manager/sources.rs",
        "from_utf8",
        1,
        "digits that were made here, for an entry of secrets",
    ),
    (
        "base/file.rs",
        "read_to_string",
        1,
        "whoever calls it is in this table",
    ),
    ("base/process.rs", "to_str", 1, "a number is read from it"),
    (
        "base/secret.rs",
        "from_utf8",
        1,
        "a secret, which is never shown",
    ),
    (
        "base/settings.rs",
        "read_small",
        1,
        "settings are numbers and flags",
    ),
    (
        "cli/commands/apdu.rs",
        "from_utf8",
        1,
        "hexadecimal digits are read from it",
    ),
    (
        "cli/commands/gp/keys.rs",
        "from_utf8",
        1,
        "what keys in the keyring are called; shown through token::Text",
    ),
    (
        "cli/commands/gp/script.rs",
        "from_utf8",
        1,
        "the parser of scripts takes it, and what it shows goes through token::Text",
    ),
    (
        "base/terminal.rs",
        "from_utf8",
        1,
        "compared with the word for yes",
    ),
    (
        "iso7816/atr.rs",
        "from_utf8",
        1,
        "printable ASCII alone gets there",
    ),
    (
        "pinentry/description.rs",
        "from_utf8",
        1,
        "compared with what GnuPG says",
    ),
    (
        "pinentry/keyring.rs",
        "to_str",
        1,
        "the address of a bus is read from it",
    ),
    ("pinentry/memory.rs", "read_small", 1, "digests and numbers"),
    (
        "pinentry/requester.rs",
        "from_utf8",
        1,
        "a number is read from it",
    ),
    (
        "pinentry/server.rs",
        "from_utf8",
        2,
        "the name of a key, which the keyring alone is told, and a number",
    ),
    (
        "pinentry/state.rs",
        "from_utf8",
        1,
        "a number is read from it",
    ),
    (
        "pki/import/encryption.rs",
        "from_utf8",
        1,
        "a password, which is never shown",
    ),
    (
        "plan/given_keys.rs",
        "from_utf8",
        1,
        "hexadecimal digits are read from it",
    ),
    (
        "plan/files.rs",
        "read_small",
        1,
        "the parser of profiles takes it, and what it names goes through token::Text",
    ),
    (
        "globalplatform/cap/container.rs",
        "from_utf8",
        1,
        "compared with known names of files",
    ),
    (
        "globalplatform/script/write.rs",
        "from_utf8",
        1,
        "written back as it was read, if it is text",
    ),
    (
        "globalplatform/script/write.rs",
        "to_str",
        2,
        "written back as it was read, if it is text",
    ),
    (
        "token/pin.rs",
        "from_utf8",
        1,
        "a PIN, which is never shown",
    ),
    (
        "ui/dialogs/certificate/export.rs",
        "to_str",
        1,
        "compared with known endings",
    ),
    (
        "ui/dialogs/command.rs",
        "from_utf8",
        1,
        "hexadecimal digits are read from it",
    ),
    (
        "ui/pinentry_dialog/field.rs",
        "from_utf8",
        2,
        "what the person types here, or the agent makes up for it",
    ),
    (
        "ui/widgets/secret_buffer.rs",
        "from_utf8",
        3,
        "what the person types here",
    ),
];

#[test]
fn text_from_outside_is_made_in_one_place() {
    let mut faults = Vec::new();
    let mut met = vec![0; ELSEWHERE.len()];
    for source in sources::all() {
        if source.name.starts_with(GATE) {
            continue;
        }
        for (word, line) in conversions(&source.text) {
            let known = ELSEWHERE
                .iter()
                .position(|(file, known, ..)| *file == source.name && *known == word);
            match known {
                Some(index) => met[index] += 1,
                None => faults.push(format!(
                    "src/{}:{line}: {word}; strings from outside are made by token::Text",
                    source.name
                )),
            }
        }
    }
    for ((file, word, count, _), met) in ELSEWHERE.iter().zip(met) {
        if *count != met {
            faults.push(format!(
                "src/{file}: {word} {met} times, and {count} were looked at"
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn conversions_are_seen_and_the_gate_is_not_one() {
    let seen = |text: &str| {
        let found = conversions(text).into_iter();
        found.map(|(word, _)| word).collect::<Vec<_>>()
    };
    assert_eq!(seen("String::from_utf8_lossy(bytes)"), ["from_utf8_lossy"]);
    assert_eq!(seen("pairs.map(str::from_utf8)"), ["from_utf8"]);
    assert_eq!(seen("path.display().to_string()"), ["display"]);
    assert_eq!(seen("name.to_string_lossy()"), ["to_string_lossy"]);
    assert!(seen("Text::from_utf8(bytes); crate::token::Text::from_latin1(x)").is_empty());
    assert!(
        seen("// String::from_utf8\nf(\"to_str\"); self.content.display().monitors()").is_empty()
    );
}

/// Every conversion in `text` that is not the gate's, with its line. What only the tests of a file do is left out.
fn conversions(text: &str) -> Vec<(String, usize)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let tokens = sources::tokens(text);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Some(word) = token.word() else { continue };
        let before = &tokens[..index];
        let converts = CONVERSIONS.contains(&word) && !is_gate(before);
        if converts && !is_definition(before) || word == "display" && shows_path(&tokens[index..]) {
            found.push((word.to_owned(), token.line));
        }
    }
    found
}

/// Whether `Text::` stands before it.
fn is_gate(before: &[Token]) -> bool {
    matches!(before, [.., name, one, two] if name.word() == Some("Text") && one.is(':') && two.is(':'))
}

fn is_definition(before: &[Token]) -> bool {
    before.last().and_then(Token::word) == Some("fn")
}

/// `display()` of a path is the end of it or is made a string; that of a widget is asked for more.
fn shows_path(from: &[Token]) -> bool {
    let called = matches!(from, [_, open, close, ..] if open.is('(') && close.is(')'));
    let asked = matches!(from, [_, _, _, dot, more, ..]
        if dot.is('.') && !matches!(more.word(), Some("to_string" | "to_owned")));
    called && !asked
}
