//! A home for one program, and the program in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::pcscd::{SOCKET_VARIABLE, Slot};
use crate::support::process::{finish, private_directory};

/// A place for everything that the program could write.
pub(crate) struct Home {
    folder: TempDir,
    /// What we give to it is not below its home.
    given: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = private_directory("home-");
        for name in ["run", "config", "data", "cache", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self {
            folder,
            given: private_directory("given-"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder for what the program is given.
    pub(crate) fn given(&self) -> &Path {
        self.given.path()
    }

    pub(crate) fn command(&self, slot: &Slot) -> Command {
        let home = self.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbolonctl"));
        command
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TMPDIR", home.join("tmp"))
            .env("LC_ALL", "C.UTF-8")
            .env("SYMBOLON_LOG", "trace")
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env_remove("LANGUAGE")
            .env(SOCKET_VARIABLE, &slot.socket)
            .args(["--reader", &slot.reader]);
        command
    }

    /// Changes a PIN before anything is searched.
    pub(crate) fn prepare(&self, slot: &Slot, arguments: &str, old: &str, new: &str) {
        let mut command = self.command(slot);
        command.args(arguments.split(' ')).args(["--pin-fd", "0"]);
        finish(&mut command, &format!("{old}\n{new}\n")).succeeded();
    }
}
