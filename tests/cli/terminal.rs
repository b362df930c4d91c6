//! Questions on a real terminal: `script(1)` makes one and shows us what appears on it.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::{find, limited};

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
    pub(crate) fn start(arguments: &str) -> Self {
        Self::with_no_color(arguments, "1")
    }

    /// With this value of NO_COLOR; an empty one counts as none.
    fn with_no_color(arguments: &str, no_color: &str) -> Self {
        // Ctrl+C reaches the shell as well: without the trap some shells end with it, and nobody
        // tells the code. Afterwards come the settings of the terminal: its echo must be back. The
        // shell stays until all of it was seen, as script(1) does not wait long for the rest.
        let line = format!(
            "trap : INT; {} {arguments}; echo \"code $?\"; stty -a; echo \"{END}\"; read enter",
            env!("CARGO_BIN_EXE_symbolonctl")
        );
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
            .env("NO_COLOR", no_color)
            .env("TERM", "xterm")
            .env_remove("LANGUAGE")
            .env(SOCKET_VARIABLE, "/nonexistent/pcscd.comm")
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

#[test]
fn of_two_tokens_with_one_name_the_prompt_names_reader_and_serial_number() {
    let two = "--practice=piv-used --practice=openpgp-used";
    let mut terminal = OnTerminal::start(&format!("{two} pin verify"));
    terminal.wait_for("There is something in 2 readers");
    terminal.ended(2);
    for (reader, arguments, serial) in [
        (1, "", "YubiKey 5 · serial 14725836"),
        (2, "--pin admin", "OpenPGP card · serial 14725836"),
    ] {
        let name = format!("\"Practice reader {reader}\"");
        let mut terminal =
            OnTerminal::start(&format!("{two} --reader {name} pin verify {arguments}"));
        terminal.wait_for(" of Thomas Mustermann: ");
        terminal.wait_for(&format!(
            "{serial} · In reader {reader}: Practice reader {reader}"
        ));
        terminal.wait_for("PIN: ");
        terminal.press("\u{3}");
        terminal.ended(8);
    }
}

#[test]
fn a_pin_is_changed_without_appearing() {
    let mut terminal = OnTerminal::start("--practice=piv-used pin change");
    terminal.wait_for("PIV PIN of Thomas Mustermann: ●●● 3 of 3 tries left");
    terminal.wait_for("YubiKey 5 · serial 14725836 · In reader 1: Practice reader 1");
    terminal.wait_for("Current PIN: ");
    // A slip of the finger, an arrow key, and everything once more.
    terminal.press("999\u{15}65x\u{7f}\u{1b}[A4321\r");
    terminal.wait_for("A new one has 6 to 8 characters.");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("The PIN is changed.");
    let screen = terminal.ended(0);
    for secret in ["654321", "271828", "4321", "999", "65x"] {
        assert!(!screen.contains(secret), "{screen}");
    }
}

#[test]
fn what_cannot_be_right_is_asked_again() {
    let mut terminal = OnTerminal::start("--practice=piv-used --trace pin change");
    terminal.wait_for("Current PIN: ");
    terminal.press("123\r");
    terminal.wait_for("Nothing was sent; no try was lost.");
    terminal.wait_for("Current PIN: ");
    terminal.press("654321\r");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271829\r");
    terminal.wait_for("The two new PINs differ");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271828\r");
    let screen = terminal.ended(0);
    assert_eq!(
        screen.matches("CHANGE REFERENCE DATA").count(),
        1,
        "{screen}"
    );
}

#[test]
fn a_question_can_be_left_unanswered() {
    for key in ["\u{3}", "\u{4}", "654\u{3}"] {
        let mut terminal = OnTerminal::start("--practice=piv-used --trace pin verify");
        terminal.wait_for("Current PIN: ");
        terminal.press(key);
        let screen = terminal.ended(8);
        assert!(
            screen.contains("Nothing was sent; no try was lost."),
            "{screen}"
        );
        assert!(!screen.contains("VERIFY"), "{screen}");
    }
}

#[test]
fn raw_commands_are_sent_only_after_a_yes() {
    for (answer, code) in [("yes\r", 0), ("YES\r", 0), ("y\r", 8), ("\r", 8)] {
        let mut terminal = OnTerminal::start("--practice=piv-used apdu 00A4040005A000000308");
        terminal.wait_for("1 command goes as it stands to the card in Practice reader 1.");
        terminal.wait_for("Type “yes” to send: ");
        terminal.press(answer);
        let screen = terminal.ended(code);
        assert_eq!(screen.contains("9000 (done)"), code == 0, "{screen}");
    }
}

#[test]
fn der_is_not_written_to_a_terminal() {
    let terminal = OnTerminal::start("--practice=piv-used cert export 9A --der");
    let screen = terminal.ended(2);
    assert!(screen.contains("--output"), "{screen}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    for (no_color, coloured) in [("", true), ("1", false)] {
        let terminal = OnTerminal::with_no_color("--practice=both pin status", no_color);
        let screen = terminal.ended(0);
        assert_eq!(
            screen.contains("\u{1b}[33m●○○\u{1b}[0m"),
            coloured,
            "{screen}"
        );
        assert!(screen.contains("Last try of 3"), "{screen}");
    }
}
