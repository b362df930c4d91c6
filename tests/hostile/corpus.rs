//! The corpus: bytes that broke others, one item a file. `corpus/README.md` tells the form.

use std::fs;
use std::path::{Path, PathBuf};

/// One item.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Folder and file: "tlv/tag-alone".
    pub(crate) name: String,
    /// The class of the facts that it belongs to: "H-01".
    pub(crate) id: String,
    /// Where it is from: a CVE, a commit, a clause of a standard.
    pub(crate) source: String,
    /// Numbers that a token may show because the item says so.
    pub(crate) numbers: Vec<u64>,
    /// Whether it says that there is nothing: then a token may be without it and without a
    /// word.
    pub(crate) absence: bool,
    /// The lines; one for anything but a series of answers.
    pub(crate) lines: Vec<Vec<u8>>,
}

impl Item {
    /// The bytes of an item that is no series.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lines.concat()
    }

    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let name = format!("{}/{}", stem(path.parent().unwrap()), stem(path));
        let said = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.strip_prefix("# "));
            lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
        };
        let must = |key| said(key).unwrap_or_else(|| panic!("{name} does not tell its {key}"));
        let numbers = said("numbers").unwrap_or_default().split_whitespace();
        let numbers = numbers.map(|number| number.parse().unwrap()).collect();
        let lines = text
            .lines()
            .map(without_comment)
            .filter(|line| !line.is_empty());
        let lines = lines.map(|line| decode(line).unwrap_or_else(|| panic!("{name}: {line}")));
        Self {
            id: must("id").to_owned(),
            source: must("source").to_owned(),
            numbers,
            absence: said("absence").is_some(),
            lines: lines.collect(),
            name,
        }
    }
}

/// All items of a folder, in the order of their names.
pub(crate) fn of(kind: &str) -> Vec<Item> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Item::read(path)).collect()
}

/// The item of that name.
pub(crate) fn item(name: &str) -> Item {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus");
    Item::read(&folder.join(format!("{name}.hex")))
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

/// Words of hexadecimal digits, each as often as `*` says behind it; `-` is no byte at all.
fn decode(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in line.split_whitespace().filter(|word| *word != "-") {
        let (digits, times) = word.split_once('*').unwrap_or((word, "1"));
        let once = symbolon::base::hex::decode(digits)?;
        bytes.extend(once.repeat(times.parse().ok()?));
    }
    Some(bytes)
}

#[test]
fn words_may_be_repeated() {
    assert_eq!(
        decode("30 80*2 - AABB*2").unwrap(),
        [0x30, 0x80, 0x80, 0xAA, 0xBB, 0xAA, 0xBB]
    );
    assert!(decode("-").unwrap().is_empty());
    assert_eq!(decode("3"), None);
    assert_eq!(without_comment("30 80 # no end"), "30 80");
}

#[test]
fn every_item_tells_where_it_is_from() {
    for kind in ["tlv", "apdu", "atr"] {
        let items = of(kind);
        assert!(items.len() > 10, "{kind} has {} items", items.len());
        for item in &items {
            assert!(
                item.id.starts_with("H-") && item.source.len() > 10,
                "{item:?}"
            );
            assert!(!item.lines.is_empty(), "{} has no bytes", item.name);
        }
    }
    assert_eq!(item("tlv/indefinite").bytes(), [0x30, 0x80]);
    assert_eq!(item("apdu/more-than-announced").lines.len(), 2);
}
