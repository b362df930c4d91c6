//! Under the real gpg-agent, which starts the pinentry for each question.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::desk::TTY;
use crate::support::on_terminal::OnTerminal;
use crate::support::process::{LastWill, finish, private_directory, tool};

const PASSPHRASE: &str = "seven 7 lamps%";

/// A GnuPG whose agent asks with our pinentry.
struct Home {
    folder: TempDir,
    _will: LastWill,
}

impl Home {
    /// `options` are lines of gpg-agent.conf.
    fn new(options: &str) -> Self {
        Self::with(TTY, options)
    }

    fn with(pinentry: &str, options: &str) -> Self {
        let folder = private_directory("sg-");
        let path = folder.path();
        let agent = format!("pinentry-program {pinentry}\n{options}");
        fs::write(path.join("gpg-agent.conf"), agent).unwrap();
        fs::write(path.join("message"), "a message").unwrap();
        let _will = LastWill::write(&end(path));
        Self { folder, _will }
    }

    fn variables(&self) -> [(&'static str, String); 4] {
        let path = self.folder.path().display().to_string();
        [
            ("GNUPGHOME", path.clone()),
            ("HOME", path.clone()),
            ("XDG_STATE_HOME", path),
            (
                "DBUS_SESSION_BUS_ADDRESS",
                "unix:path=/nonexistent/bus".to_owned(),
            ),
        ]
    }

    /// gpg on a terminal, in the folder of this home, without a display.
    fn gpg(&self, arguments: &str) -> OnTerminal {
        let folder = self.folder.path().display();
        let line = format!(
            "cd {folder}; unset DISPLAY WAYLAND_DISPLAY; export GPG_TTY=$(tty); gpg {arguments}"
        );
        OnTerminal::start(&line, self.variables())
    }

    /// A key with [`PASSPHRASE`], which the agent has not in its memory.
    fn with_key(self) -> Self {
        let mut gpg = tool("gpg", "gnupg");
        gpg.envs(self.variables()).args([
            "--batch",
            "--pinentry-mode=loopback",
            "--passphrase",
            PASSPHRASE,
            "--quick-generate-key",
            "Ada <ada@example.org>",
            "ed25519",
            "sign",
            "never",
        ]);
        finish(&mut gpg, "").succeeded();
        let mut reload = tool("gpgconf", "gpgconf");
        reload
            .envs(self.variables())
            .args(["--reload", "gpg-agent"]);
        finish(&mut reload, "").succeeded();
        self
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = end(self.folder.path()).status();
    }
}

fn end(home: &Path) -> Command {
    let mut command = Command::new("gpgconf");
    command.args(["--kill", "all"]).env("GNUPGHOME", home);
    command
}

#[test]
fn a_file_is_encrypted_with_what_was_typed_twice() {
    let home = Home::new("");
    let mut gpg = home.gpg("--no-symkey-cache -c message");
    gpg.wait_for("Enter passphrase");
    for (first, again, words) in [
        (PASSPHRASE, "seven 7 lambs%", "does not match - try again"),
        (PASSPHRASE, PASSPHRASE, "Both entries are the same"),
    ] {
        gpg.wait_for("Passphrase: ");
        gpg.press(&format!("{first}\r"));
        gpg.wait_for("Repeat: ");
        gpg.press(&format!("{again}\r"));
        gpg.wait_for(words);
    }
    let seen = gpg.ended(0);
    assert!(!seen.contains("seven"), "{seen}");
    let mut gpg = home.gpg("--no-symkey-cache --output decrypted -d message.gpg");
    gpg.wait_for("Passphrase: ");
    gpg.press(&format!("{PASSPHRASE}\r"));
    gpg.ended(0);
    assert_eq!(home.file("decrypted"), b"a message");
}

#[test]
fn a_weak_passphrase_is_taken_when_the_person_insists() {
    let home = Home::new("");
    let mut gpg = home.gpg("--no-symkey-cache -c message");
    for _ in 0..2 {
        gpg.wait_for("Passphrase: ");
        gpg.press("wk\r");
        gpg.wait_for("Repeat: ");
        gpg.press("wk\r");
        gpg.wait_for("insecure passphrase");
        gpg.wait_for("[t] Take this one anyway   [e] Enter new passphrase: ");
        // The first time another one is to be typed.
        let again = !gpg.seen().contains("Enter new passphrase\r\n");
        gpg.press(if again { "e" } else { "t" });
        if again {
            gpg.wait_for("Enter new passphrase\r\n");
        }
    }
    gpg.ended(0);
    assert!(!home.file("message.gpg").is_empty());
}

#[test]
fn a_wrong_passphrase_is_asked_for_again() {
    let home = Home::new("").with_key();
    let mut gpg = home.gpg("--output signed --sign message");
    gpg.wait_for("Ada <ada@example.org>");
    gpg.wait_for("Passphrase: ");
    gpg.press("not this one\r");
    gpg.wait_for("Bad Passphrase (try 2 of 3)");
    gpg.wait_for("Passphrase: ");
    gpg.press(&format!("{PASSPHRASE}\r"));
    let seen = gpg.ended(0);
    assert!(
        !seen.contains("not this one") && !seen.contains("seven"),
        "{seen}"
    );
    assert!(!home.file("signed").is_empty());
}

#[test]
fn cancelling_ends_the_work() {
    for key in ["\u{3}", "\u{1b}", "\u{4}", "half\u{3}"] {
        let home = Home::new("").with_key();
        let mut gpg = home.gpg("--output signed --sign message");
        gpg.wait_for("Passphrase: ");
        gpg.press(key);
        gpg.wait_for("Operation cancelled");
        let seen = gpg.ended(2);
        assert!(!seen.contains("half"), "{seen}");
        assert!(home.file("signed").is_empty());
    }
}

#[test]
fn the_time_that_the_agent_gives_is_kept_to() {
    let home = Home::new("pinentry-timeout 1\n").with_key();
    let mut gpg = home.gpg("--output signed --sign message");
    gpg.wait_for("Passphrase: ");
    gpg.wait_for("Nobody has answered in time.");
    gpg.wait_for("Timeout");
    gpg.ended(2);
}

#[test]
fn without_a_terminal_gpg_says_so() {
    for pinentry in [TTY, env!("CARGO_BIN_EXE_pinentry-symbolon")] {
        let home = Home::with(pinentry, "").with_key();
        let mut gpg = tool("setsid", "util-linux");
        gpg.args([
            "--wait", "gpg", "--batch", "--output", "signed", "--sign", "message",
        ])
        .current_dir(home.folder.path())
        .envs(home.variables());
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"] {
            gpg.env_remove(name);
        }
        let ended = finish(&mut gpg, "");
        // What libgpg-error says for the code of ours.
        assert!(ended.stderr.contains("No pinentry"), "{ended}");
    }
}

#[test]
fn the_window_falls_back_to_the_terminal_of_gpg() {
    let home = Home::with(env!("CARGO_BIN_EXE_pinentry-symbolon"), "").with_key();
    let mut gpg = home.gpg("--output signed --sign message");
    gpg.wait_for("Asked by gpg");
    gpg.wait_for("Passphrase: ");
    gpg.press(&format!("{PASSPHRASE}\r"));
    gpg.ended(0);
    assert!(!home.file("signed").is_empty());
}
