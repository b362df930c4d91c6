//! Words in the user's language (gettext), with named places for what is filled in.
//!
//! `xtr` finds the strings by the names of these functions, so they are called with literals.

use std::env;
use std::path::{Path, PathBuf};

pub use gettextrs::{gettext, ngettext, pgettext};

/// The text domain of the whole program.
pub const DOMAIN: &str = "symbolon";

/// Where the translations are: beside the program, as `make install` lays them
/// (`PREFIX/share/locale` for `PREFIX/bin`), else where they were built.
#[must_use]
pub fn folder() -> PathBuf {
    let installed = env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.parent()?.join("share/locale")));
    installed
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from(env!("SYMBOLON_LOCALEDIR")))
}

/// Opens the translations below `folder` (`LL/LC_MESSAGES/symbolon.mo`).
///
/// Without them, or when the locale has none, everything appears in English.
pub fn open(folder: &Path) {
    let bound = gettextrs::bindtextdomain(DOMAIN, folder)
        .and_then(|_| gettextrs::bind_textdomain_codeset(DOMAIN, "UTF-8"))
        .and_then(|_| gettextrs::textdomain(DOMAIN));
    if let Err(error) = bound {
        tracing::warn!(%error, "no translations");
    }
}

/// What another program says for `text` in the language of the user, by the translations that it has
/// installed; `text` itself where it has none.
#[must_use]
pub fn foreign(domain: &str, text: &str) -> String {
    // Otherwise the words come in the charset of the locale, which may not be ours.
    match gettextrs::bind_textdomain_codeset(domain, "UTF-8") {
        Ok(_) => gettextrs::dgettext(domain, text),
        Err(_) => text.to_owned(),
    }
}

/// The translated `text` with every `{name}` replaced by its value.
///
/// Values are put in once, so a value that contains braces is safe.
#[must_use]
pub fn gettext_f(text: &str, values: &[(&str, &str)]) -> String {
    fill(&gettext(text), values)
}

/// As [`gettext_f`], choosing the form for `count`.
#[must_use]
pub fn ngettext_f(singular: &str, plural: &str, count: u32, values: &[(&str, &str)]) -> String {
    fill(&ngettext(singular, plural, count), values)
}

/// Replaces `{name}` by its value; an unknown name stays as it is.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, tail)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, tail))
        });
        match value {
            Some((value, tail)) => {
                filled.push_str(value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_filled_in_once() {
        let values = [("token", "{n}"), ("n", "3")];
        assert_eq!(fill("{token} has {n} {x} {", &values), "{n} has 3 {x} {");
    }
}
