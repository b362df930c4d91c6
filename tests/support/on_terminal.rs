//! A program on a real terminal: `script(1)` makes one and shows us what appears on it.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::pcscd::SOCKET_VARIABLE;
use super::process::{find, limited};

/// What the shell says last.
const END: &str = "that was all";

/// A shell command on a terminal of its own.
pub(crate) struct OnTerminal {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl OnTerminal {
    /// Runs a line of the shell, with these variables.
    pub(crate) fn start(
        line: &str,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> Self {
        // Ctrl+C reaches the shell as well: without the trap some shells end with it, and nobody
        // tells the code. Afterwards come the settings of the terminal: its echo must be back. The
        // shell stays until all of it was seen, as script(1) does not wait long for the rest.
        let line =
            format!("trap : INT; {line}; echo \"code $?\"; stty -a; echo \"{END}\"; read enter");
        let mut command: Command = limited(find("script", "bsdutils"));
        let mut child = command
            .args([
                "--quiet",
                "--return",
                "--flush",
                "--command",
                &line,
                "/dev/null",
            ])
            // Not that of whoever runs the tests: it need not know `$?`.
            .env("SHELL", "/bin/sh")
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .env_remove("LANGUAGE")
            .env(SOCKET_VARIABLE, "/nonexistent/pcscd.comm")
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            keyboard: child.stdin.take().unwrap(),
            screen: child.stdout.take().unwrap(),
            child,
            seen: String::new(),
        }
    }

    /// Waits until `text` appears after what was waited for before.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let from = self.seen.len();
        let mut byte = [0];
        let mut bytes = Vec::new();
        while !self.seen[from..].contains(text) {
            let count = self.screen.read(&mut byte).unwrap();
            assert_ne!(count, 0, "no “{text}” in:\n{}", self.seen);
            bytes.push(byte[0]);
            if let Ok(whole) = std::str::from_utf8(&bytes) {
                self.seen.push_str(whole);
                bytes.clear();
            }
        }
    }

    /// What has been waited for so far.
    pub(crate) fn seen(&self) -> &str {
        &self.seen
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Everything that appeared, once it ended with this code and a terminal as it was.
    #[track_caller]
    pub(crate) fn ended(mut self, code: i32) -> String {
        self.wait_for(&format!("code {code}"));
        self.wait_for(END);
        self.press("\r");
        self.screen.read_to_string(&mut self.seen).unwrap();
        self.child.wait().unwrap();
        let settings: Vec<&str> = self.seen.split_whitespace().collect();
        for setting in ["echo", "icanon", "isig"] {
            assert!(
                settings.contains(&setting),
                "{setting} is off:\n{}",
                self.seen
            );
        }
        self.seen
    }
}
