//! Names of cards by their answer to reset, from the list of pcsc-tools.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::hex;
use crate::token::Text;

/// The most names that are kept for one card.
const MAX_NAMES: usize = 4;

/// The longest list that is read, in bytes; that of 2026 has half a million.
const MAX_LEN: u64 = 8 * 1024 * 1024;

/// What `smartcard_list.txt` says about `atr`; nothing if pcsc-tools is not installed.
pub(super) fn names(atr: &[u8]) -> Vec<Text> {
    let mut places = vec![PathBuf::from("/usr/share/pcsc/smartcard_list.txt")];
    // `pcsc_scan` keeps a newer copy here.
    let own = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(std::env::home_dir()?.join(".cache")));
    places.extend(own.map(|cache| cache.join("smartcard_list.txt")));
    places
        .into_iter()
        .filter_map(|place| read(&place))
        .map(|list| find(&list, atr))
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// The bytes of a list; nothing if it is no file, or too long for one.
fn read(place: &Path) -> Option<Vec<u8>> {
    // A pipe in its place would be waited for without end.
    let file = place.is_file().then(|| File::open(place).ok()).flatten()?;
    let mut list = Vec::new();
    file.take(MAX_LEN).read_to_end(&mut list).ok()?;
    Some(list)
}

/// Looks for the answer to reset: a line of hexadecimal digits in which `.` stands for any
/// digit and `[`…`]` for one of several, followed by indented names.
fn find(list: &[u8], atr: &[u8]) -> Vec<Text> {
    let wanted = hex::encode(atr);
    let mut names = Vec::new();
    let indented = |line: &&[u8]| line.first().is_some_and(u8::is_ascii_whitespace);
    let mut lines = list.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(b"#") || indented(&line) || line.is_empty() {
            continue;
        }
        let matched = matches(line, wanted.as_bytes());
        while let Some(name) = lines.next_if(indented) {
            let name = name.trim_ascii();
            if matched && names.len() < MAX_NAMES && !name.is_empty() {
                names.push(Text::from_either(name));
            }
        }
    }
    names
}

/// Whether `pattern` fits all of `wanted`.
fn matches(pattern: &[u8], wanted: &[u8]) -> bool {
    let mut pattern = pattern.iter().filter(|c| !c.is_ascii_whitespace());
    let mut wanted = wanted.iter();
    loop {
        let fits = match (pattern.next(), wanted.next()) {
            (None, None) => return true,
            (Some(b'.'), Some(_)) => true,
            (Some(b'['), Some(digit)) => {
                // All of the set is passed over, whichever of it fits.
                let set = pattern.by_ref().take_while(|&&c| c != b']');
                set.filter(|c| c.eq_ignore_ascii_case(digit)).count() > 0
            }
            (Some(expected), Some(digit)) => expected.eq_ignore_ascii_case(digit),
            _ => false,
        };
        if !fits {
            return false;
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::find;

    const LIST: &[u8] =
        b"# comment\n\n3B 02 14 50\n\tSchlumberger Multiflex 3k\n\n3B 0. [13]4\n\tOne\n\tTwo\n";

    #[test]
    fn names_are_found_by_pattern() {
        assert_eq!(
            find(LIST, &[0x3B, 0x02, 0x14, 0x50])[0].as_str(),
            "Schlumberger Multiflex 3k"
        );
        assert_eq!(find(LIST, &[0x3B, 0x07, 0x34]).len(), 2);
        assert!(find(LIST, &[0x3B, 0x07, 0x24]).is_empty());
        assert!(find(LIST, &[0x3B, 0x12, 0x14]).is_empty());
    }
}
