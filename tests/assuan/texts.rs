//! Every string of the corpus through every command that says something: what a dialog is given is clean.

use super::model::{NoKeyring, Scripted};
use super::talk::Talk;
use super::{clean, corpus};

/// Commands whose argument is shown, and are unescaped.
const COMMANDS: [&str; 15] = [
    "SETDESC",
    "SETPROMPT",
    "SETTITLE",
    "SETERROR",
    "SETOK",
    "SETNOTOK",
    "SETCANCEL",
    "SETREPEAT",
    "SETREPEATERROR",
    "SETREPEATOK",
    "SETQUALITYBAR",
    "SETQUALITYBAR_TT",
    "SETGENPIN",
    "SETGENPIN_TT",
    "SETKEYINFO",
];

/// Options whose value is shown.
const OPTIONS: [&str; 14] = [
    "owner=1 ",
    "default-ok=",
    "default-cancel=",
    "default-prompt=",
    "default-pwmngr=",
    "default-tt-visi=",
    "default-tt-hide=",
    "default-capshint=",
    "default-cf-visi=",
    "formatted-passphrase-hint=",
    "constraints-hint-short=",
    "constraints-hint-long=",
    "constraints-error-title=",
    "invisible-char=",
];

/// All bytes escaped, as long as they fit on a line with `prefix`.
fn escaped(prefix: &str, bytes: &[u8]) -> String {
    let room = (1000 - prefix.len()) / 3;
    let escapes = bytes.iter().take(room).map(|byte| format!("%{byte:02X}"));
    prefix
        .chars()
        .chain(escapes.collect::<String>().chars())
        .collect()
}

/// As they are, for options that are not unescaped.
fn raw(prefix: &str, bytes: &[u8]) -> Vec<u8> {
    let room = 1000 - prefix.len();
    let one_line = |byte: &&u8| !matches!(byte, b'\n' | b'\r');
    let bytes = bytes.iter().filter(one_line).take(room);
    prefix.bytes().chain(bytes.copied()).collect()
}

fn look(text: &str) {
    assert_eq!(clean::fault(text), None, "{text:?}");
}

#[test]
fn what_is_said_is_shown_clean() {
    let strings = corpus::strings();
    let plan = b"cpn".repeat(strings.len() * 3);
    // The dialog is not asked to keep what it says to itself.
    let plan: &'static [u8] = plan.leak();
    let mut talk = Talk::start(Scripted::new(plan, look), NoKeyring);
    talk.turn();
    for line in [
        "allow-external-password-cache",
        "formatted-passphrase",
        "constraints-enforce",
    ] {
        assert_eq!(talk.ask(&format!("OPTION {line}")), ["OK"]);
    }
    for (name, string) in &strings {
        // As they are, a sign in the middle of its marks, and with what is a mark of its own here.
        let marked: Vec<u8> = string.iter().flat_map(|byte| [b'_', *byte]).collect();
        let split: Vec<u8> = match std::str::from_utf8(string) {
            Ok(text) => text
                .chars()
                .flat_map(|c| ['_', c])
                .collect::<String>()
                .into_bytes(),
            Err(_) => marked,
        };
        for bytes in [string, &split] {
            for command in COMMANDS {
                let reply = talk.ask(&escaped(&format!("{command} "), bytes));
                assert_eq!(reply, ["OK"], "{command}, {name}");
            }
            for option in OPTIONS {
                let prefix = format!("OPTION {option}");
                talk.send(&raw(&prefix, bytes));
                assert_eq!(talk.ask(""), ["OK"], "{option}, {name}");
                assert_eq!(
                    talk.ask(&escaped(&prefix, bytes)),
                    ["OK"],
                    "{option}, {name}"
                );
            }
            let inquiry = talk.ask("GETPIN");
            assert!(inquiry[0].starts_with("INQUIRE CHECKPIN "), "{inquiry:?}");
            let why = escaped("D ", bytes);
            let given = talk.ask(&format!("{why}\nEND"));
            assert_eq!(given.last().unwrap(), "OK", "{name}");
            assert!(talk.ask("CONFIRM")[0].starts_with("ERR "));
        }
    }
    let (_, front) = talk.end();
    assert_eq!(front.shown, strings.len() * 4);
    println!(
        "{} strings of the corpus, each in {} places",
        strings.len(),
        COMMANDS.len() + OPTIONS.len() + 1
    );
}

#[test]
fn a_fault_would_be_seen() {
    let seen = std::panic::catch_unwind(|| look("a\u{202E}b"));
    assert!(seen.is_err());
}
