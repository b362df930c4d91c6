//! Who shows the PIN prompts of GnuPG, set and taken back under the real `gpgconf` and `gpg-agent`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop"
)]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::process::{LastWill, private_directory, tool, write_script};
use symbolon::integration::change::{ChangeError, Effect};
use symbolon::integration::gnupg::{Answer, GnuPg, GnuPgError, PinPrompts};
use tempfile::TempDir;

/// A home for GnuPG, and pinentries that write down that they were called.
struct Home {
    gnupg: GnuPg,
    top: TempDir,
    _will: LastWill,
}

impl Home {
    fn new() -> Self {
        Self::named("home")
    }

    /// With a folder of this name.
    fn named(name: &str) -> Self {
        // Where gpgconf is missing, this names the package.
        tool("gpgconf", "gpgconf");
        let top = private_directory("gc-");
        let home = top.path().join(name);
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        for folder in ["ours", "other"] {
            fs::create_dir(top.path().join(folder)).unwrap();
        }
        let home = Self {
            _will: LastWill::write(&kill(&home)),
            gnupg: GnuPg::find_in(&home).unwrap(),
            top,
        };
        home.answers("OK");
        write_script(&home.ours(), PINENTRY);
        write_script(&home.other(), PINENTRY);
        home
    }

    fn ours(&self) -> PathBuf {
        self.top.path().join("ours/pinentry-symbolon")
    }

    fn other(&self) -> PathBuf {
        self.top.path().join("other/pinentry-other")
    }

    /// What a pinentry answers to the question.
    fn answers(&self, line: &str) {
        fs::write(self.top.path().join("answer"), line).unwrap();
    }

    /// Who was called since it was last asked.
    fn called(&self) -> String {
        let log = self.top.path().join("called");
        let called = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        called.trim().to_owned()
    }

    fn conf(&self) -> PathBuf {
        self.gnupg.file()
    }

    fn switch_on(&self) {
        let change = self.gnupg.use_symbolon(&self.ours()).unwrap();
        self.gnupg.apply(&change).unwrap();
    }

    fn take_back(&self) {
        let change = self.gnupg.take_back().unwrap();
        self.gnupg.apply(&change).unwrap();
    }

    /// All files of the home but sockets and keys, which GnuPG makes.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.conf().parent().unwrap()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.contains("conf")).collect();
        names.sort();
        names
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = kill(self.conf().parent().unwrap()).output();
    }
}

fn kill(home: &Path) -> Command {
    let mut command = tool("gpgconf", "gpgconf");
    command.args(["--kill", "all"]).env("GNUPGHOME", home);
    command
}

/// Says who it is, and answers questions as the file beside its folder says.
const PINENTRY: &str = r#"#!/bin/sh
top=$(dirname "$(dirname "$0")")
basename "$0" >> "$top/called"
echo "OK Pleased to meet you"
while read -r command rest; do
    case $command in
    CONFIRM) cat "$top/answer"; echo; continue ;;
    SETDESC) echo "$rest" > "$top/description" ;;
    BYE) echo "OK"; exit ;;
    esac
    echo "OK"
done
"#;

/// Files as people, editors and other programs leave them behind.
const ODD: &[&[u8]] = &[
    b"",
    b"\n",
    b"\n\n\r\n",
    b"grab",
    b"grab\n",
    b"# comment without an end",
    b"grab\r\ndefault-cache-ttl 600\r\n",
    b"grab\r\ndefault-cache-ttl 600",
    b"grab\ndefault-cache-ttl 600\r\nverbose\n",
    b"pinentry-program /usr/bin/pinentry-curses",
    b"pinentry-program /usr/bin/pinentry-curses\r\n",
    b"  pinentry-program\t\"/usr/bin/pinentry-curses\"  \n",
    b"# pinentry-program /a\npinentry-program /b\n#x\n\npinentry-program /c\n",
    b"pinentry-program /b\r\npinentry-program /c",
    b"pinentry-program\ngrab\n",
    b"no-such-option\npinentry-program /a b # no comment\n",
    b"# \xe4\xf6\xfc in Latin\npinentry-program /usr/bin/p\xff\n",
    b"\xef\xbb\xbf# Windows\r\ngrab\r\n",
    b"###+++--- GPGConf ---+++###\ndefault-cache-ttl 1234\n\
      ###+++--- GPGConf ---+++### Thu Jan  1 00:00:00 1970\n\
      # GPGConf edited this configuration file.\n",
    b"# Symbolon: was pinentry-program /a\npinentry-program /b\n",
    b"# Symbolon: its preferences set the next line, and take it back.\ngrab\n",
];

#[test]
fn taking_back_leaves_the_file_as_it_was() {
    let home = Home::new();
    for before in ODD {
        let shown = String::from_utf8_lossy(before);
        fs::write(home.conf(), before).unwrap();
        fs::set_permissions(home.conf(), fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Other);
        home.switch_on();
        assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Symbolon);
        assert_eq!(
            home.files(),
            ["gpg-agent.conf", "gpg-agent.conf.symbolon-backup"]
        );
        let backup = home.conf().with_extension("conf.symbolon-backup");
        assert_eq!(fs::read(backup).unwrap(), *before, "{shown:?}");
        home.take_back();
        assert_eq!(fs::read(home.conf()).unwrap(), *before, "{shown:?}");
        let mode = fs::metadata(home.conf()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(home.files(), ["gpg-agent.conf"]);
        assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Other);
    }
}

#[test]
fn a_file_that_was_not_there_goes_again() {
    // A home that gpgconf has to escape, and one that GnuPG has not made yet.
    let home = Home::named("a:b %41");
    fs::remove_dir(home.conf().parent().unwrap()).unwrap();
    assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Other);
    let nothing = home.gnupg.take_back().unwrap();
    assert_eq!(nothing.effect(), Effect::Nothing);
    let made = home.gnupg.use_symbolon(&home.ours()).unwrap();
    assert_eq!(made.effect(), Effect::Made);
    home.gnupg.apply(&made).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.conf()), 0o600);
    assert_eq!(mode(home.conf().parent().unwrap()), 0o700);
    home.take_back();
    assert_eq!(home.files(), Vec::<String>::new());

    // What somebody wrote into it meanwhile stays.
    home.switch_on();
    let grown = fs::read_to_string(home.conf()).unwrap() + "grab\n";
    fs::write(home.conf(), grown).unwrap();
    home.take_back();
    assert_eq!(fs::read_to_string(home.conf()).unwrap(), "grab\n");
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let home = Home::new();
    let real = home.top.path().join("dotfile");
    fs::write(&real, "pinentry-program /usr/bin/pinentry-curses\n").unwrap();
    symlink(&real, home.conf()).unwrap();
    home.switch_on();
    assert!(fs::symlink_metadata(home.conf()).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("symbolon"));
    home.take_back();
    assert!(fs::symlink_metadata(home.conf()).unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(&real).unwrap(),
        "pinentry-program /usr/bin/pinentry-curses\n"
    );
    fs::remove_file(&real).unwrap();
    let refused = home.gnupg.use_symbolon(&home.ours());
    assert!(matches!(
        refused,
        Err(GnuPgError::File(ChangeError::NotAFile(_)))
    ));
}

#[test]
fn a_file_that_gpg_agent_does_not_take_stays_as_it_was() {
    let home = Home::new();
    let before = "ssh-fingerprint-digest no-such-digest\n";
    fs::write(home.conf(), before).unwrap();
    let change = home.gnupg.use_symbolon(&home.ours()).unwrap();
    let Err(GnuPgError::Refused { said }) = home.gnupg.apply(&change) else {
        panic!("gpg-agent has taken it");
    };
    assert!(said.as_str().contains("digest"), "{said}");
    assert_eq!(fs::read_to_string(home.conf()).unwrap(), before);
    assert_eq!(home.files(), ["gpg-agent.conf"]);
}

#[test]
fn what_can_only_be_read_is_left_alone() {
    let home = Home::new();
    fs::write(home.conf(), "grab\n").unwrap();
    fs::set_permissions(home.conf(), fs::Permissions::from_mode(0o400)).unwrap();
    let refused = home.gnupg.use_symbolon(&home.ours());
    assert!(matches!(
        refused,
        Err(GnuPgError::File(ChangeError::ReadOnly(_)))
    ));
    fs::set_permissions(home.conf(), fs::Permissions::from_mode(0o600)).unwrap();
    // root writes everywhere.
    if !rustix::process::geteuid().is_root() {
        let folder = home.conf().parent().unwrap().to_owned();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
        let change = home.gnupg.use_symbolon(&home.ours()).unwrap();
        let refused = home.gnupg.apply(&change);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(matches!(
            refused,
            Err(GnuPgError::File(ChangeError::ReadOnly(_)))
        ));
    }
    assert_eq!(fs::read_to_string(home.conf()).unwrap(), "grab\n");
    assert_eq!(home.files(), ["gpg-agent.conf"]);
}

#[test]
fn a_change_that_came_too_late_is_refused() {
    let home = Home::new();
    let change = home.gnupg.use_symbolon(&home.ours()).unwrap();
    fs::write(home.conf(), "grab\n").unwrap();
    let refused = home.gnupg.apply(&change);
    assert!(matches!(
        refused,
        Err(GnuPgError::File(ChangeError::Changed(_)))
    ));
    assert_eq!(fs::read_to_string(home.conf()).unwrap(), "grab\n");
}

#[test]
fn a_running_agent_follows_and_follows_back() {
    let home = Home::new();
    let other = format!("pinentry-program {}\n", home.other().display());
    fs::write(home.conf(), &other).unwrap();
    let prompt = || home.gnupg.show_prompt("Only a test of 100 %").unwrap();
    assert_eq!(prompt(), Answer::Agreed);
    assert_eq!(home.called(), "pinentry-other");
    home.switch_on();
    assert_eq!(prompt(), Answer::Agreed);
    assert_eq!(home.called(), "pinentry-symbolon");
    let shown = fs::read_to_string(home.top.path().join("description")).unwrap();
    assert_eq!(shown.trim(), "Only a test of 100 %25");

    for (answer, expected) in [
        ("ERR 83886194 Not confirmed <Pinentry>", Answer::Declined),
        (
            "ERR 83886179 Operation cancelled <Pinentry>",
            Answer::Declined,
        ),
        ("ERR 83886142 Timeout <Pinentry>", Answer::NotAnswered),
    ] {
        home.answers(answer);
        assert_eq!(prompt(), expected, "{answer}");
    }
    home.answers("ERR 83886337 General failure <Pinentry>");
    assert!(matches!(prompt(), Answer::NotShown { .. }));
    home.answers("OK");
    home.called();

    home.take_back();
    assert_eq!(prompt(), Answer::Agreed);
    assert_eq!(home.called(), "pinentry-other");
    assert_eq!(fs::read_to_string(home.conf()).unwrap(), other);
}

#[test]
fn a_symbolon_that_is_gone_is_noticed_and_replaced() {
    let home = Home::new();
    fs::write(home.conf(), "pinentry-program /usr/bin/pinentry-curses").unwrap();
    home.switch_on();
    let moved = home.top.path().join("pinentry-symbolon");
    fs::rename(home.ours(), &moved).unwrap();
    assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Gone);
    assert!(matches!(
        home.gnupg.use_symbolon(&home.ours()),
        Err(GnuPgError::NoProgram(_))
    ));
    let change = home.gnupg.use_symbolon(&moved).unwrap();
    home.gnupg.apply(&change).unwrap();
    assert_eq!(home.gnupg.pin_prompts().unwrap(), PinPrompts::Symbolon);
    home.take_back();
    assert_eq!(
        fs::read_to_string(home.conf()).unwrap(),
        "pinentry-program /usr/bin/pinentry-curses"
    );
}

#[test]
fn a_place_that_the_file_cannot_name_is_refused() {
    let home = Home::new();
    let folder = home.top.path().join("a\nb");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("pinentry-symbolon");
    write_script(&program, PINENTRY);
    assert!(matches!(
        home.gnupg.use_symbolon(&program),
        Err(GnuPgError::OddPath(_))
    ));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(
        home.gnupg.use_symbolon(&program),
        Err(GnuPgError::NoProgram(_))
    ));
    // One that only looks odd is taken.
    let folder = home.top.path().join("a b # \"c\"");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("pinentry-symbolon");
    write_script(&program, PINENTRY);
    let change = home.gnupg.use_symbolon(&program).unwrap();
    home.gnupg.apply(&change).unwrap();
    fs::write(folder.parent().unwrap().join("answer"), "OK").unwrap();
    let answer = home.gnupg.show_prompt("Only a test").unwrap();
    assert_eq!(answer, Answer::Agreed);
    assert_eq!(home.called(), "pinentry-symbolon");
}
