//! Names of cards by their answer to reset, from the list of pcsc-tools.

use std::fs;
use std::path::PathBuf;

use crate::base::hex;
use crate::token::Text;

/// The most names that are kept for one card.
const MAX_NAMES: usize = 4;

/// What `smartcard_list.txt` says about `atr`; nothing if pcsc-tools is not installed.
pub(super) fn names(atr: &[u8]) -> Vec<Text> {
    let mut places = vec![PathBuf::from("/usr/share/pcsc/smartcard_list.txt")];
    // `pcsc_scan` keeps a newer copy here.
    let own = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(std::env::home_dir()?.join(".cache")));
    places.extend(own.map(|cache| cache.join("smartcard_list.txt")));
    places
        .into_iter()
        .filter_map(|place| fs::read_to_string(place).ok())
        .map(|list| find(&list, atr))
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// Looks for the answer to reset: a line of hexadecimal digits in which `.` stands for any
/// digit and `[`…`]` for one of several, followed by indented names.
fn find(list: &str, atr: &[u8]) -> Vec<Text> {
    let wanted = hex::encode(atr);
    let mut names = Vec::new();
    let mut lines = list.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('#') || line.starts_with(char::is_whitespace) || line.is_empty() {
            continue;
        }
        let matched = matches(line, &wanted);
        while let Some(name) = lines.next_if(|line| line.starts_with(char::is_whitespace)) {
            if matched && names.len() < MAX_NAMES && !name.trim().is_empty() {
                names.push(Text::from(name.trim()));
            }
        }
    }
    names
}

/// Whether `pattern` fits all of `wanted`.
fn matches(pattern: &str, wanted: &str) -> bool {
    let mut pattern = pattern.chars().filter(|c| !c.is_whitespace());
    let mut wanted = wanted.chars();
    loop {
        let fits = match (pattern.next(), wanted.next()) {
            (None, None) => return true,
            (Some('.'), Some(_)) => true,
            (Some('['), Some(digit)) => {
                let set: Vec<char> = pattern.by_ref().take_while(|&c| c != ']').collect();
                set.iter().any(|c| c.eq_ignore_ascii_case(&digit))
            }
            (Some(expected), Some(digit)) => expected.eq_ignore_ascii_case(&digit),
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

    const LIST: &str =
        "# comment\n\n3B 02 14 50\n\tSchlumberger Multiflex 3k\n\n3B 0. [13]4\n\tOne\n\tTwo\n";

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
