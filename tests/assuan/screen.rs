//! A screen of its own, for programs that want one.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::support::process::{find, private_directory};

/// A screen without a window manager, and a home without a bus.
pub(crate) struct Screen {
    server: Child,
    display: String,
    home: TempDir,
}

impl Screen {
    pub(crate) fn start() -> Self {
        let mut server = Command::new(find("Xvfb", "xvfb"))
            .args(["-displayfd", "1", "-screen", "0", "1024x768x24"])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut display = ":".to_owned();
        let mut stdout = server.stdout.take().unwrap();
        let mut byte = [0];
        while stdout.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            display.push(char::from(byte[0]));
        }
        assert!(display.len() > 1, "Xvfb did not start");
        Self {
            server,
            display,
            home: private_directory("assuan-"),
        }
    }

    /// A program on it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let home = self.home.path();
        for name in [
            "WAYLAND_DISPLAY",
            "XDG_DATA_DIRS",
            "GPG_TTY",
            "PINENTRY_USER_DATA",
        ] {
            command.env_remove(name);
        }
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
            .env("GTK_A11Y", "none")
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("XDG_STATE_HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .env("XDG_CACHE_HOME", home)
            .env("XDG_DATA_HOME", home)
            .env("LC_ALL", "C.UTF-8");
        command
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
