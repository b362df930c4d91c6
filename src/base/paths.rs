//! Where things are kept (XDG Base Directory Specification 0.8).

use std::env;
use std::os::unix::net::UnixStream;
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

/// What the cards of known tokens answered, below [`cache`].
#[must_use]
pub fn tokens() -> Option<PathBuf> {
    Some(cache()?.join("tokens"))
}

/// What was done and must not be lost: the journals of plans.
#[must_use]
pub fn state() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state")
}

/// Whether somebody answers where the session bus should be (D-Bus Specification 0.42, "Well-known
/// Message Bus Instances"; `bus` in the runtime folder as systemd has it). What is not a socket
/// with a path is taken to answer.
#[must_use]
pub fn session_bus_answers() -> bool {
    let socket = match env::var("DBUS_SESSION_BUS_ADDRESS") {
        Ok(address) => {
            let mut addresses = address.split(';');
            return addresses.any(|address| match address.strip_prefix("unix:path=") {
                Some(path) => {
                    let path = path.split(',').next().unwrap_or_default();
                    UnixStream::connect(path).is_ok()
                }
                None => !address.is_empty(),
            });
        }
        Err(_) => env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus")),
    };
    socket.is_some_and(|socket| UnixStream::connect(socket).is_ok())
}

/// The base folder named by `variable`, if it is an absolute path as the specification
/// demands, else `fallback` below the home. A home that is no absolute path is none: it would
/// be another one in each folder that the program is started from.
fn below(variable: &str, fallback: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    let base = match named.filter(|path| path.is_absolute()) {
        Some(path) => path,
        None => {
            let home = env::home_dir().filter(|home| home.is_absolute())?;
            home.join(fallback)
        }
    };
    Some(base.join(OURS))
}
