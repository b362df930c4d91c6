//! The line `pinentry-program` of `gpg-agent.conf`, set and taken back.
//!
//! As GnuPG 2.2.40 reads the file: one option on a line, its name up to the first blank, no
//! dashes before it, the rest of the line is the value, with a quotation mark at both ends or
//! none; `#` makes a comment of a whole line only; of several such lines the last one counts, and
//! one without a value does not. Bytes are kept, whatever they are.
//!
//! What was there is kept in the file itself, as comments, so that it comes back even if other
//! lines were edited meanwhile, by whom- and whatever:
//!
//! ```text
//! # Symbolon: its preferences set the next line, and take it back.
//! pinentry-program /usr/bin/pinentry-symbolon
//! # Symbolon: was pinentry-program /usr/bin/pinentry-qt
//! ```
//!
//! They stand where the first of the former lines stood, else at the top: the last line of a file
//! may have no end, and keeps none.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::super::change::lines;

/// Our pinentry, by the name of its file.
pub(super) const PROGRAM: &str = "pinentry-symbolon";

const OPTION: &[u8] = b"pinentry-program";

/// All our comments begin so.
const MARK: &[u8] = b"# Symbolon: ";
/// What follows is a line as it was.
const WAS: &[u8] = b"# Symbolon: was ";
const NOTE: &[u8] = b"# Symbolon: its preferences set the next line, and take it back.";
/// In place of [`NOTE`] where there was no file.
const NOTE_NEW: &[u8] =
    b"# Symbolon: its preferences made this file, set the next line, and take it back.";

/// The program that shows prompts, if the file names one.
pub(super) fn program(conf: &[u8]) -> Option<&Path> {
    let named = lines(conf).filter_map(value).last();
    named.map(|value| Path::new(OsStr::from_bytes(value)))
}

/// Whether this is a pinentry of Symbolon, whichever and wherever it is.
pub(super) fn is_ours(program: &Path) -> bool {
    program.file_name() == Some(OsStr::new(PROGRAM))
}

/// Whether a path can stand in the file: it has no end of line in it, and no blank at its end.
pub(super) fn can_name(program: &Path) -> bool {
    let path = program.as_os_str().as_bytes();
    program.is_absolute() && path.trim_ascii() == path && !path.iter().any(u8::is_ascii_control)
}

/// The file with `program` in it, which [`can_name`].
pub(super) fn switched_on(conf: Option<&[u8]>, program: &Path) -> Vec<u8> {
    // Another Symbolon of before is not what there shall be again.
    let bare = match conf {
        Some(conf) if self::program(conf).is_some_and(is_ours) => taken_back(conf),
        _ => conf.map(<[u8]>::to_vec),
    };
    let note = if bare.is_some() { NOTE } else { NOTE_NEW };
    let bare = bare.unwrap_or_default();
    let end: &[u8] = match lines(&bare).next() {
        Some(line) if line.ends_with(b"\r\n") => b"\r\n",
        _ => b"\n",
    };
    let path = program.as_os_str().as_bytes();
    let ours = [note, end, OPTION, b" ", path, end].concat();
    let first = lines(&bare).position(|line| value(line).is_some());
    let mut written = Vec::with_capacity(bare.len() + ours.len() + WAS.len());
    if first.is_none() {
        written.extend_from_slice(&ours);
    }
    for (at, line) in lines(&bare).enumerate() {
        if first == Some(at) {
            written.extend_from_slice(&ours);
        }
        // What looks like a comment of ours is none of this time, and comes back, too.
        if value(line).is_some() || line.starts_with(MARK) {
            written.extend_from_slice(WAS);
        }
        written.extend_from_slice(line);
    }
    written
}

/// The file as it was before [`switched_on`]; nothing if it was not there.
pub(super) fn taken_back(conf: &[u8]) -> Option<Vec<u8>> {
    let mut made = false;
    let mut written = Vec::with_capacity(conf.len());
    for line in lines(conf) {
        let text = line.trim_ascii_end();
        if let Some(was) = line.strip_prefix(WAS) {
            written.extend_from_slice(was);
        } else if text == NOTE_NEW {
            made = true;
        } else if text != NOTE && !value(line).is_some_and(names_ours) {
            written.extend_from_slice(line);
        }
    }
    (!made || !written.is_empty()).then_some(written)
}

fn names_ours(value: &[u8]) -> bool {
    is_ours(Path::new(OsStr::from_bytes(value)))
}

/// The value, if the line sets a program.
fn value(line: &[u8]) -> Option<&[u8]> {
    let value = trim(line).strip_prefix(OPTION)?;
    if !value.first().copied().is_some_and(is_blank) {
        return None;
    }
    let value = trim(value);
    let value = match value.strip_prefix(b"\"") {
        Some(rest) => rest.strip_suffix(b"\"").unwrap_or(rest),
        None => value,
    };
    (!value.is_empty()).then_some(value)
}

/// What `isspace` of C takes for a blank: one more than Rust does.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::{can_name, is_ours, program, switched_on, taken_back};

    const OURS: &str = "/usr/bin/pinentry-symbolon";

    fn on(conf: &str) -> String {
        let written = switched_on(Some(conf.as_bytes()), Path::new(OURS));
        String::from_utf8(written).unwrap()
    }

    fn off(conf: &str) -> Option<String> {
        taken_back(conf.as_bytes()).map(|written| String::from_utf8(written).unwrap())
    }

    #[test]
    fn the_last_line_with_a_value_counts() {
        let named = |conf: &str| {
            let named = program(conf.as_bytes());
            named.map(|path| path.to_str().unwrap().to_owned())
        };
        for (conf, expected) in [
            ("", None),
            ("#pinentry-program /a\n", None),
            (" # pinentry-program /a", None),
            ("--pinentry-program /a", None),
            ("no-pinentry-program /a", None),
            ("pinentry-program-x /a", None),
            ("pinentry-program=/a", None),
            ("PINENTRY-PROGRAM /a", None),
            ("pinentry-program \n", None),
            ("grab # pinentry-program /a", None),
            ("# a\rpinentry-program /a", None),
            ("pinentry-program /a", Some("/a")),
            ("\tpinentry-program\x0b/a \r\n", Some("/a")),
            ("pinentry-program /a b # c\n", Some("/a b # c")),
            ("pinentry-program \"/a b \"\n", Some("/a b ")),
            ("pinentry-program \"/a\n", Some("/a")),
            ("pinentry-program /a\npinentry-program /b\n", Some("/b")),
            ("pinentry-program /a\npinentry-program\n", Some("/a")),
        ] {
            assert_eq!(named(conf).as_deref(), expected, "{conf:?}");
        }
    }

    #[test]
    fn a_former_line_is_kept_in_its_place() {
        assert_eq!(
            on("# mine\ngrab\npinentry-program /a\nverbose"),
            "# mine\ngrab\n\
             # Symbolon: its preferences set the next line, and take it back.\n\
             pinentry-program /usr/bin/pinentry-symbolon\n\
             # Symbolon: was pinentry-program /a\n\
             verbose"
        );
        assert_eq!(
            on("grab\r\nverbose"),
            "# Symbolon: its preferences set the next line, and take it back.\r\n\
             pinentry-program /usr/bin/pinentry-symbolon\r\n\
             grab\r\nverbose"
        );
    }

    #[test]
    fn what_was_edited_in_between_stays() {
        let edited = on("grab\npinentry-program /a\n").replace("grab\n", "") + "verbose\n";
        assert_eq!(off(&edited).unwrap(), "pinentry-program /a\nverbose\n");
        // Somebody tidied up the comments.
        let tidied = format!("grab\npinentry-program {OURS}\n");
        assert_eq!(off(&tidied).unwrap(), "grab\n");
        let new = switched_on(None, Path::new(OURS));
        assert_eq!(taken_back(&new), None);
        let grown = [&new[..], b"grab\n"].concat();
        assert_eq!(taken_back(&grown).unwrap(), b"grab\n");
    }

    #[test]
    fn a_symbolon_of_before_is_replaced() {
        let moved = Path::new("/opt/bin/pinentry-symbolon");
        let old = switched_on(Some(b"pinentry-program /a\n"), moved);
        let text = String::from_utf8(old).unwrap();
        assert_eq!(on(&text), on("pinentry-program /a\n"));
        let made = switched_on(None, moved);
        let again = switched_on(Some(&made), Path::new(OURS));
        assert_eq!(again, switched_on(None, Path::new(OURS)));
    }

    #[test]
    fn a_path_that_the_file_cannot_hold_is_known() {
        for (path, can) in [
            (OURS, true),
            ("/a b/\"c\"/pinentry-symbolon", true),
            ("/a\nb/pinentry-symbolon", false),
            ("/a\rb/pinentry-symbolon", false),
            ("pinentry-symbolon", false),
            ("/a/pinentry-symbolon ", false),
        ] {
            assert_eq!(can_name(Path::new(path)), can, "{path:?}");
        }
    }

    proptest! {
        /// Whatever the file is, comments of ours among it.
        #[test]
        fn taking_back_gives_the_bytes_before(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(&b"\n"[..]),
                    Just(&b"\r\n"[..]),
                    Just(&b"pinentry-program "[..]),
                    Just(&b"/usr/bin/pinentry-symbolon"[..]),
                    Just(&b"/usr/bin/pinentry-qt\n"[..]),
                    Just(super::NOTE),
                    Just(super::NOTE_NEW),
                    Just(super::WAS),
                    Just(super::MARK),
                    Just(&b"# ###+++--- GPGConf ---+++###\n"[..]),
                    Just(&b"\xef\xbb\xbf"[..]),
                    Just(&b"\xff \""[..]),
                    Just(&b"grab\n"[..]),
                ],
                0..12,
            ),
        ) {
            let before = parts.concat();
            let set = switched_on(Some(&before), Path::new(OURS));
            prop_assert_eq!(program(&set), Some(Path::new(OURS)));
            let expected = if program(&before).is_some_and(is_ours) {
                taken_back(&before)
            } else {
                Some(before)
            };
            prop_assert_eq!(taken_back(&set), expected);
        }
    }
}
