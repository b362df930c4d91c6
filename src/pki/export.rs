//! Certificates and keys as files: their bytes and a name that no file system and no shell
//! minds.

use super::pem;
use crate::token::Text;

/// The longest name without its ending, in bytes.
const MAX_STEM_LEN: usize = 100;

/// How a certificate is written to a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Text (RFC 7468).
    Pem,
    /// Bytes (X.690).
    Der,
}

impl Format {
    /// The usual ending of such files, without the dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Der => "der",
        }
    }
}

/// The contents of a file with a certificate in DER, or with what stands in its place.
#[must_use]
pub fn contents(der: &[u8], format: Format) -> Vec<u8> {
    match format {
        Format::Pem => pem::encode("CERTIFICATE", der).into_bytes(),
        Format::Der => der.to_vec(),
    }
}

/// A name for that file, after the name of the subject.
#[must_use]
pub fn file_name(subject: Option<&Text>, format: Format) -> String {
    named(subject.unwrap_or(&Text::default()), format.ending())
}

/// `name` as the name of a file with `ending`: one part of a path, not hidden, no option, no
/// device of another operating system, and at most 100 bytes before the ending.
#[must_use]
pub fn named(name: &Text, ending: &str) -> String {
    let mut stem = String::new();
    for character in name.as_str().chars() {
        let safe = match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => character,
            '-' | '_' | '.' | '@' | '+' | ',' | '(' | ')' => character,
            _ if character.is_whitespace() => ' ',
            _ if character.is_ascii() || character == char::REPLACEMENT_CHARACTER => '-',
            _ => character,
        };
        if stem.len() + safe.len_utf8() > MAX_STEM_LEN {
            break;
        }
        if !(safe == ' ' && stem.ends_with(' ')) {
            stem.push(safe);
        }
    }
    // At the start dots hide, and signs look like options; Windows drops dots at the end.
    let stem = stem.trim_start_matches(['.', ' ', '-', '+', '@']);
    let stem = stem.trim_end_matches(['.', ' ']);
    match stem {
        "" => format!("certificate.{ending}"),
        _ if is_device(stem) => format!("_{stem}.{ending}"),
        _ => format!("{stem}.{ending}"),
    }
}

/// Names that Windows takes for devices, whatever the ending.
fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or(stem).trim_end();
    let upper = first.to_ascii_uppercase();
    match upper.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        _ => {
            let number = upper
                .strip_prefix("COM")
                .or_else(|| upper.strip_prefix("LPT"));
            number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::token::Text;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("Thomas Müller", "Thomas Müller.pem"),
            ("../../etc/passwd", "etc-passwd.pem"),
            ("a/b\\c:d*e?f\"g<h>i|j", "a-b-c-d-e-f-g-h-i-j.pem"),
            ("-rf ~", "rf -.pem"),
            (".bashrc", "bashrc.pem"),
            ("$(id)`id`;id&", "(id)-id--id-.pem"),
            ("a\nb\t c", "a b c.pem"),
            ("con", "_con.pem"),
            ("LPT1.txt", "_LPT1.txt.pem"),
            ("COM", "COM.pem"),
            ("", "certificate.pem"),
            (" . ..", "certificate.pem"),
            ("name. ", "name.pem"),
            ("\u{202E}gpj\u{0}", "gpj.pem"),
        ] {
            assert_eq!(named(&Text::from(name), "pem"), expected, "{name:?}");
        }
        let long = named(&Text::from("ü".repeat(400)), "der");
        assert_eq!(long, format!("{}.der", "ü".repeat(50)));
    }
}
