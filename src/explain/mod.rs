//! The words: everything that people read about readers, tokens, PINs, keys, certificates
//! and failures, in their language.
//!
//! Plain functions from values to text. Nothing below the window and the command line knows
//! how to say anything; nothing in here decides anything. Sentences are whole, places in
//! them have names, and no match over our own enums has a `_` arm: a new variant does not
//! compile until it has words.
//!
//! One thing has one name: *reader*, *token* (what the holder has in hand), *card* (where it
//! is about the way to it), *tries left*, *blocked*; and four things are done to a PIN:
//! *verify, change, unblock, reset*.

pub mod applet;
pub mod atr;
pub mod attention;
pub mod bench;
pub mod cap;
pub mod card_manager;
pub mod cardos;
pub mod certificates;
pub mod dates;
pub mod facts;
pub mod failure;
mod flags;
pub mod gpshell;
pub mod import;
pub mod key_use;
pub mod keys;
pub mod manager_keys;
pub mod muscle;
pub mod pin_dialog;
pub mod pin_prompts;
mod pin_rules;
pub mod pins;
pub mod plan;
pub mod practice;
pub mod readers;
pub mod status;
pub mod token;
pub mod trace;

pub use failure::{Explanation, failure};

use crate::base::i18n::{gettext_f, ngettext_f};

/// Parts of a caption with a dot between: "6 to 8 digits · asked before signing".
#[must_use]
pub fn dotted(parts: &[String]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" · ")
}

/// Whole sentences behind each other.
#[must_use]
pub fn sentences(all: &[String]) -> String {
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said: Vec<&str> = all.into_iter().filter(|said| !said.is_empty()).collect();
    said.join(" ")
}

/// "PIN and PUK", "PIN, resetting code and admin PIN": the last two joined by *and*.
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => gettext_f(
            // TRANSLATORS: The end of a list: {items} may be several with commas between.
            "{items} and {last}",
            &[("items", &first.join(", ")), ("last", last)],
        ),
    }
}

/// "59 bytes".
#[must_use]
pub fn bytes(count: usize) -> String {
    ngettext_f(
        "{count} byte",
        "{count} bytes",
        plural(count),
        &[("count", &count.to_string())],
    )
}

/// The number that chooses the plural form; the greatest one stands for everything above.
fn plural(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{bytes, dotted, list};

    #[test]
    fn parts_are_joined_as_people_read_them() {
        let items: Vec<String> = ["PIN", "resetting code", "admin PIN"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(list(&[]), "");
        assert_eq!(list(&items[..1]), "PIN");
        assert_eq!(list(&items), "PIN, resetting code and admin PIN");
        assert_eq!(dotted(&items[..2]), "PIN · resetting code");
        assert_eq!(dotted(&[String::new(), "PIN".to_owned()]), "PIN");
    }

    #[test]
    fn bytes_are_counted() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(59), "59 bytes");
    }
}
