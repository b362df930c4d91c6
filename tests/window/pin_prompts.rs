//! The preferences set who shows the PIN prompts of GnuPG: its file before and after, and the prompt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::driver::{Look, Program, wait};
use crate::support::process::{LastWill, private_directory, tool, write_script};
use tempfile::TempDir;

/// What was in the file before.
const BEFORE: &str =
    "# Options of gpg-agent\ndefault-cache-ttl 600\npinentry-program /usr/bin/pinentry-curses\n";

/// Programs in a folder of their own: the window, and beside it a pinentry that only agrees, or
/// answers what is in the file `answer`.
struct Installed {
    top: TempDir,
    _will: LastWill,
}

impl Installed {
    fn new() -> Self {
        let top = private_directory("pp-");
        let built = Path::new(env!("CARGO_BIN_EXE_symbolon"));
        let program = top.path().join("symbolon");
        // Not a link: the program asks the system where it is, which follows that.
        if fs::hard_link(built, &program).is_err() {
            fs::copy(built, &program).unwrap();
        }
        write_script(&top.path().join("pinentry-symbolon"), PINENTRY);
        let home = private_home(top.path());
        Self {
            _will: LastWill::write(&kill(&home)),
            top,
        }
    }

    fn home(&self) -> PathBuf {
        self.top.path().join("g")
    }

    fn conf(&self) -> PathBuf {
        self.home().join("gpg-agent.conf")
    }

    fn start(&self, look: Look) -> Program {
        let around = ["sh", "-c", r#"shift; exec "$INSTALLED" "$@""#, "sh"];
        Program::dressed(&["--no-readers"], look, &around, |_, command| {
            command
                .env("INSTALLED", self.top.path().join("symbolon"))
                .env("GNUPGHOME", self.home());
        })
    }

    /// Waits until the file of GnuPG is as `expected` says.
    fn file(&self, what: &str, expected: impl Fn(Option<&str>) -> bool) {
        wait(what, || {
            let text = fs::read_to_string(self.conf()).ok();
            expected(text.as_deref()).then_some(())
        });
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = kill(&self.home()).output();
    }
}

fn private_home(top: &Path) -> PathBuf {
    use std::os::unix::fs::DirBuilderExt as _;
    let home = top.join("g");
    fs::DirBuilder::new().mode(0o700).create(&home).unwrap();
    home
}

fn kill(home: &Path) -> Command {
    let mut command = tool("gpgconf", "gpgconf");
    command.args(["--kill", "all"]).env("GNUPGHOME", home);
    command
}

const PINENTRY: &str = r#"#!/bin/sh
top=$(dirname "$0")
echo "OK Pleased to meet you"
while read -r command rest; do
    case $command in
    CONFIRM) cat "$top/answer" || echo OK; continue ;;
    SETDESC) echo "$rest" > "$top/description" ;;
    BYE) echo "OK"; exit ;;
    esac
    echo "OK"
done
"#;

const SWITCH: &str = "Use Symbolon for PIN prompts";

#[test]
fn symbolon_shows_the_prompts_and_is_taken_back() {
    let installed = Installed::new();
    fs::write(installed.conf(), BEFORE).unwrap();
    let window = installed.start(Look::WIDE);
    window.press(&["ctrl+comma"]);
    let preferences = window.tree.find("window", "Preferences");
    let switch = preferences.find("switch", SWITCH);
    switch.wait_until("live", |switch| switch.is_sensitive());
    assert!(!switch.is_checked());
    window.picture("Preferences", "pin-prompts-off");

    // First the change, which can be left.
    switch.click();
    const QUESTION: &str = "Use Symbolon for PIN prompts?";
    let question = window.tree.find("dialog", QUESTION);
    question.find(
        "list item",
        "Goes: pinentry-program /usr/bin/pinentry-curses",
    );
    question.find_part("list item", "/pinentry-symbolon");
    assert!(question.nameless().is_empty(), "{:#?}", question.nameless());
    window.picture(QUESTION, "pin-prompts-preview");
    question.find("button", "Cancel Cancel").click();
    window.tree.gone("dialog", QUESTION);
    switch.wait_until("off again", |switch| !switch.is_checked());
    assert_eq!(fs::read_to_string(installed.conf()).unwrap(), BEFORE);

    switch.wait_until("live", |switch| switch.is_sensitive());
    switch.click();
    let question = window.tree.find("dialog", QUESTION);
    question.find("button", "Use Symbolon Use Symbolon").click();
    let program = installed.top.path().join("pinentry-symbolon");
    let line = format!("\npinentry-program {}\n", program.display());
    installed.file("our line", |text| text.unwrap().contains(&line));

    // gpg-agent shows a prompt through it.
    let test = preferences.find("button", "Show a Test Prompt");
    test.wait_until("live", |test| test.is_sensitive());
    test.click();
    preferences.find("status", "The prompt was shown and answered.");
    let description = fs::read_to_string(installed.top.path().join("description")).unwrap();
    assert!(description.contains("test from Symbolon"), "{description}");
    window.picture("Preferences", "pin-prompts-on");

    switch.wait_until("live", |switch| switch.is_sensitive());
    assert!(switch.is_checked());
    switch.click();
    const BACK: &str = "Take Symbolon back from GnuPG?";
    let question = window.tree.find("dialog", BACK);
    question.find(
        "list item",
        "Comes: pinentry-program /usr/bin/pinentry-curses",
    );
    window.picture(BACK, "pin-prompts-back");
    question.find("button", "Take Back Take Back").click();
    installed.file("what was there", |text| text == Some(BEFORE));
    switch.wait_until("off", |switch| !switch.is_checked());
    preferences.gone("button", "Show a Test Prompt");
    assert_eq!(window.complaints(), "");
}

#[test]
fn a_refusal_of_gpg_agent_is_told_in_its_words() {
    let installed = Installed::new();
    let before = "ssh-fingerprint-digest no-such-digest\n";
    fs::write(installed.conf(), before).unwrap();
    let window = installed.start(Look::NARROW);
    window.press(&["ctrl+comma"]);
    let switch = window.tree.find("switch", SWITCH);
    switch.wait_until("live", |switch| switch.is_sensitive());
    switch.click();
    const QUESTION: &str = "Use Symbolon for PIN prompts?";
    let question = window.tree.find("dialog", QUESTION);
    window.picture(QUESTION, "pin-prompts-preview-narrow");
    question.find("button", "Use Symbolon Use Symbolon").click();
    const REFUSAL: &str = "GnuPG does not accept this file";
    let refusal = window.tree.find("dialog", REFUSAL);
    refusal.find_part("label", "digest algorithm");
    window.picture(REFUSAL, "pin-prompts-refusal");
    refusal.find("button", "Close Close").click();
    switch.wait_until("off", |switch| !switch.is_checked());
    assert_eq!(fs::read_to_string(installed.conf()).unwrap(), before);
}

#[test]
fn without_gnupg_the_switch_is_grey_and_says_why() {
    let window = Program::start(
        &["--no-readers"],
        Look::WIDE,
        &[("PATH", "/nonexistent".as_ref())],
    );
    window.press(&["ctrl+comma"]);
    let preferences = window.tree.find("window", "Preferences");
    preferences.find_part("label", "GnuPG is not installed");
    assert!(!preferences.find("switch", SWITCH).is_sensitive());
    window.picture("Preferences", "pin-prompts-no-gnupg");
}
