//! Where a PIN is not taken from: arguments and environment, which others can read, and sources that are empty.

use std::fs;
use std::process::Command;

use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::{Finished, finish, limited, private_directory};

/// `symbolonctl` with a practice card and no terminal.
fn program(arguments: &[&str]) -> Command {
    let mut command = limited("setsid");
    command
        .args(["--wait", env!("CARGO_BIN_EXE_symbolonctl")])
        .args(["--practice=piv-used", "--trace"])
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("LANGUAGE")
        .env(SOCKET_VARIABLE, "/nonexistent/pcscd.comm");
    command
}

/// It was refused, nothing was sent, and what was refused is not repeated.
#[track_caller]
fn assert_refused(done: &Finished, code: i32, secret: &str) {
    assert_eq!(done.status.code(), Some(code), "{done}");
    for said in [&done.stdout, &done.stderr] {
        assert!(
            !said.contains("> VERIFY") && !said.contains("> CHANGE"),
            "{done}"
        );
        assert!(secret.is_empty() || !said.contains(secret), "{done}");
    }
}

#[test]
fn a_pin_in_arguments_or_environment_is_refused() {
    // The PIN of this card is 654321; each way would be right if it were taken.
    for arguments in [
        &["pin", "verify", "654321"][..],
        &["pin", "verify", "--pin", "654321"],
        &["pin", "verify", "--pin=654321"],
        &["pin", "verify", "--pin-fd", "654321"],
        &["pin", "verify", "--pin-file=654321"],
    ] {
        let done = finish(&mut program(arguments), "");
        // A file is known by its name, and a name that is none is told.
        let told = arguments[2].starts_with("--pin-");
        assert_refused(&done, 2, if told { "" } else { "654321" });
    }
    let verify = "0020008008363534333231FFFF";
    let select = "00A4040005A000000308";
    let done = finish(&mut program(&["apdu", "--yes", select, verify]), "");
    assert_refused(&done, 2, "363534333231");
    assert!(done.stderr.contains("--file"), "{done}");

    let mut command = program(&["pin", "verify"]);
    for name in ["PIN", "PIV_PIN", "SYMBOLON_PIN", "PIN_FD", "PIN_FILE"] {
        command.env(name, "654321");
    }
    let done = finish(&mut command, "654321\n");
    assert_refused(&done, 2, "654321");
}

/// OpenSC took the value of a variable that is not there for an empty PIN (`util_get_pin`, `env:NAME`).
#[test]
fn nothing_is_never_a_pin() {
    let folder = private_directory("empty-");
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();
    let file = |name| program(&["pin", "verify", "--pin-file", name]);
    for name in [empty, "env:SYMBOLON_IS_NOT_SET", "env:HOME", ""] {
        assert_refused(&finish(&mut file(name), ""), 2, "");
    }
    let mut descriptor = program(&["pin", "verify", "--pin-fd", "0"]);
    assert_refused(&finish(&mut descriptor, ""), 2, "");
    // A line that is there and empty breaks the rule of the card, which is looked at before anything is sent.
    assert_refused(&finish(&mut descriptor, "\n"), 9, "");
}
