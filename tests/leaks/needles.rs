//! What is looked for: every secret in every form in which a program might leave it behind.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The forms, as [`Pattern::form`] has them.
pub(crate) const FORMS: [&str; 10] = [
    "text",
    "half",
    "hexadecimal",
    "spaced hexadecimal",
    "padded block",
    "BCD block",
    "base64",
    "UTF-16",
    "UTF-32",
    "decimal list",
];

/// A half with fewer bytes than this is in every megabyte by chance.
const SHORTEST_HALF: usize = 4;

/// The length of a PIN block (SP 800-73-4 Part 2, 2.4.3; ISO 9564-1, format 2).
const BLOCK: usize = 8;

/// One secret in one form.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// What the secret is called in messages, which never show the secret.
    pub(crate) name: String,
    /// One of [`FORMS`].
    pub(crate) form: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// All secrets of a run in all forms, ready to be looked for in one go.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    patterns: Vec<Pattern>,
    /// For each pair of bytes, the patterns that begin with it: one more than the place in `groups`.
    first: Vec<u16>,
    groups: Vec<Vec<usize>>,
    secrets: usize,
}

impl Needles {
    /// Of secrets by their names.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut all = Self {
            first: vec![0; 1 << 16],
            ..Self::default()
        };
        for (name, value) in secrets {
            all.add(name, value);
        }
        all
    }

    /// One more secret.
    pub(crate) fn add(&mut self, name: &str, value: &[u8]) {
        self.secrets += 1;
        for (form, bytes) in forms(value) {
            self.add_pattern(name, form, bytes);
        }
    }

    /// One more text that is looked for as it is.
    pub(crate) fn add_plain(&mut self, name: &str, value: &[u8]) {
        self.add_pattern(name, "text", value.to_vec());
    }

    fn add_pattern(&mut self, name: &str, form: &'static str, bytes: Vec<u8>) {
        let pair = pair(&bytes, 0);
        if self.first[pair] == 0 {
            self.groups.push(Vec::new());
            self.first[pair] = u16::try_from(self.groups.len()).unwrap();
        }
        self.groups[usize::from(self.first[pair]) - 1].push(self.patterns.len());
        self.patterns.push(Pattern {
            name: name.to_owned(),
            form,
            bytes,
        });
    }

    /// How many secrets.
    pub(crate) fn secrets(&self) -> usize {
        self.secrets
    }

    /// The length of the longest pattern: so much of a piece has to be seen with the next one.
    pub(crate) fn longest(&self) -> usize {
        let lengths = self.patterns.iter().map(|pattern| pattern.bytes.len());
        lengths.max().unwrap_or(0)
    }

    /// Every place in `bytes` where one begins.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<(usize, &Pattern)> {
        // Most memory is empty, and a debug build looks at it byte by byte.
        const PAGE: usize = 4096;
        static EMPTY: [u8; PAGE] = [0; PAGE];
        let first: &[u16] = &self.first;
        let mut found = Vec::new();
        let mut at = 0;
        while at + 1 < bytes.len() {
            if bytes[at] == 0 && bytes[at + 1] == 0 && bytes.get(at..at + PAGE) == Some(&EMPTY) {
                at += PAGE - 1;
                continue;
            }
            let group = first[(bytes[at] as usize) << 8 | bytes[at + 1] as usize];
            if group != 0 {
                for &number in &self.groups[usize::from(group) - 1] {
                    let pattern = &self.patterns[number];
                    if bytes[at..].starts_with(&pattern.bytes) {
                        found.push((at, pattern));
                    }
                }
            }
            at += 1;
        }
        found
    }
}

fn pair(bytes: &[u8], at: usize) -> usize {
    usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])
}

/// A secret in all forms that it has: a text with letters has no BCD, a digest is no text.
fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let joined = |separator: &str, write: &dyn Fn(u8) -> String| -> Vec<u8> {
        let parts: Vec<String> = value.iter().map(|&byte| write(byte)).collect();
        parts.join(separator).into_bytes()
    };
    let mut all = vec![("text", value.to_vec())];
    let middle = value.len() / 2;
    // Four digits are no secret on their own, and every megabyte of tables, addresses and times has them by chance. A PIV
    // card takes no PIN with more than eight; an OpenPGP card does, and gets one whose halves have eight.
    let digits = value.iter().all(u8::is_ascii_digit);
    if middle >= SHORTEST_HALF && !(digits && middle < 2 * SHORTEST_HALF) {
        all.push(("half", value[..middle].to_vec()));
        all.push(("half", value[middle..].to_vec()));
    }
    all.push(("hexadecimal", joined("", &|byte| format!("{byte:02X}"))));
    all.push(("hexadecimal", joined("", &|byte| format!("{byte:02x}"))));
    for separator in [" ", ":"] {
        let (upper, lower) = (
            joined(separator, &|byte| format!("{byte:02X}")),
            joined(separator, &|byte| format!("{byte:02x}")),
        );
        all.push(("spaced hexadecimal", upper));
        all.push(("spaced hexadecimal", lower));
    }
    if value.len() < BLOCK {
        let mut block = value.to_vec();
        block.resize(BLOCK, 0xFF);
        all.push(("padded block", block));
    }
    if digits && value.len() <= 12 {
        all.push(("BCD block", bcd(value)));
    }
    // Inside a longer text, base64 begins at one of three places.
    for before in 0..3 {
        let mut longer = vec![0; before];
        longer.extend(value);
        let text = STANDARD_NO_PAD.encode(&longer).into_bytes();
        let (from, to) = ((before * 8).div_ceil(6), longer.len() * 8 / 6);
        all.push(("base64", text[from..to].to_vec()));
    }
    if value.is_ascii() {
        let wide = |width: usize| -> Vec<u8> {
            let mut bytes = Vec::new();
            for &byte in value {
                bytes.push(byte);
                bytes.resize(bytes.len() + width - 1, 0);
            }
            // The last zeros belong to whatever comes next.
            bytes.truncate(bytes.len() + 1 - width);
            bytes
        };
        all.push(("UTF-16", wide(2)));
        all.push(("UTF-32", wide(4)));
    }
    all.push(("decimal list", joined(", ", &|byte| byte.to_string())));
    all.push(("decimal list", joined(",", &|byte| byte.to_string())));
    // In the plain form there is nothing that the shorter ones do not have.
    all.dedup_by(|a, b| a.1 == b.1);
    all
}

/// `24 12 34 FF FF FF FF FF` for 1234 (ISO 9564-1, format 2).
fn bcd(digits: &[u8]) -> Vec<u8> {
    let mut text = format!("2{:X}", digits.len());
    for digit in digits {
        let _ = write!(text, "{}", char::from(*digit));
    }
    while text.len() < 2 * BLOCK {
        text.push('F');
    }
    let pairs = text.as_bytes().chunks(2);
    let number = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(number).collect()
}

#[test]
fn every_form_of_every_secret_is_found() {
    let secrets: [(&str, &[u8]); 3] = [
        ("digits", b"583920"),
        ("symbols", b"Wq7#vZk2"),
        ("digest", &[0x9C, 0x01, 0xFE, 0x33, 0x80, 0x7A, 0x11, 0xD2]),
    ];
    let needles = Needles::new(secrets);
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in secrets {
        for (form, bytes) in forms(value) {
            let mut hay = vec![0; 5000];
            hay.extend([1, 2, 3]);
            let at = hay.len();
            hay.extend(&bytes);
            hay.extend([4, 5, 6]);
            let found = needles.find(&hay);
            let there = found
                .iter()
                .any(|(place, hit)| *place == at && hit.name == name && hit.form == form);
            assert!(there, "{form} of {name}");
            seen.push(form);
        }
    }
    for form in FORMS {
        assert!(seen.contains(&form), "no secret has the form {form}");
    }
    // A byte less is no secret.
    assert!(needles.find(b"58392").is_empty());
    assert!(needles.find(b"Wq7").is_empty());
    assert_eq!(bcd(b"1234"), [0x24, 0x12, 0x34, 255, 255, 255, 255, 255]);
    let base64 = STANDARD_NO_PAD.encode(b"xxxxWq7#vZk2yyy");
    assert_eq!(needles.find(base64.as_bytes()).len(), 1);
}
