//! Where things are kept (XDG Base Directory Specification 0.8).

use std::env;
use std::path::PathBuf;

/// The name of our folder below each of the base folders.
const OURS: &str = "symbolon";

/// Settings. Nothing if the user has no home.
#[must_use]
pub fn config() -> Option<PathBuf> {
    below("XDG_CONFIG_HOME", ".config")
}

/// What can be made again: public contents of known tokens.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    below("XDG_CACHE_HOME", ".cache")
}

/// The base folder named by `variable`, if it is an absolute path as the specification
/// demands, else `fallback` below the home.
fn below(variable: &str, fallback: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    let base = match named.filter(|path| path.is_absolute()) {
        Some(path) => path,
        None => env::home_dir()?.join(fallback),
    };
    Some(base.join(OURS))
}
