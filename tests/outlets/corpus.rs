//! The corpus of strings and of parts of certificates: `tests/hostile/corpus/text` and `pki`.
//!
//! A file is an item, in the form that `tests/hostile/corpus/README.md` tells: comments behind `#`, of which `id` and
//! `source` have to be there, and words of hexadecimal digits with `*` for how often. In `text` each line is a string. In
//! `pki` all lines are the bytes of the part of a certificate that `part` names, and `flaw` is what the certificate is
//! said to have, or `none`.

use std::fs;
use std::path::{Path, PathBuf};

use symbolon::base::hex;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The name of the file.
    pub(crate) name: String,
    text: String,
}

impl Item {
    /// What a comment `# key: value` says.
    pub(crate) fn said(&self, key: &str) -> &str {
        let mut lines = self.text.lines().filter_map(|line| line.strip_prefix("# "));
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("{} does not tell its {key}", self.name))
    }

    /// The bytes of each line.
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let lines = self.text.lines();
        let lines = lines.map(|line| line.split('#').next().unwrap().trim());
        let lines = lines.filter(|line| !line.is_empty());
        lines
            .map(|line| bytes(line).unwrap_or_else(|| panic!("{}: {line}", self.name)))
            .collect()
    }

    /// The bytes of all lines.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lines().concat()
    }
}

/// The files of a folder, in the order of their names.
pub(crate) fn of(folder: &str) -> Vec<Item> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(top.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .collect();
    paths.sort();
    let item = |path: PathBuf| Item {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    };
    paths.into_iter().map(item).collect()
}

/// Every string, with the file and the line that it is from: `bidi/3`.
pub(crate) fn strings() -> Vec<(String, Vec<u8>)> {
    let files = of("text").into_iter();
    let strings = files.flat_map(|item| {
        let lines = item.lines().into_iter().enumerate();
        lines.map(move |(line, bytes)| (format!("{}/{}", item.name, line + 1), bytes))
    });
    strings.collect()
}

fn bytes(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in line.split_whitespace().filter(|word| *word != "-") {
        let (digits, times) = word.split_once('*').unwrap_or((word, "1"));
        bytes.extend(hex::decode(digits)?.repeat(times.parse().ok()?));
    }
    Some(bytes)
}

#[test]
fn every_item_tells_where_it_is_from() {
    for folder in ["text", "pki"] {
        for item in of(folder) {
            assert!(item.said("id").starts_with("H-"), "{}", item.name);
            assert!(item.said("source").len() > 10, "{}", item.name);
            assert!(!item.lines().is_empty(), "{}", item.name);
        }
    }
    assert!(strings().len() > 100 && of("pki").len() > 60);
    assert_eq!(bytes("41 4243*2 - 44").unwrap(), b"ABCBCD");
    assert_eq!(bytes("4"), None);
}
