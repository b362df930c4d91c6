//! What a person is asked, and what the agent is told.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::desk::{Agent, Screen, TTY};

const CARD: &str = "SETDESC Please unlock the card%0A%0ANumber%1F: 0006 12345678%0AHolder%1F: Alice Test%0A\
                    Counter%1F: 42";
const CANCELLED: &str = "ERR 83886179 Operation cancelled <Pinentry>";

#[test]
fn a_pin_is_typed_without_appearing() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    let touched = screen.folder().join("touched");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    File::create(&touched)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    agent.told(&format!("OPTION touch-file={}", touched.display()));
    agent.told("OPTION ttyalert=beep");
    agent.told(CARD);
    agent.told("SETPROMPT PIN:");
    agent.told("SETERROR Bad PIN");
    agent.send("GETPIN");
    screen.terminal.wait_for("\u{7}");
    screen.terminal.wait_for("Unlock Card");
    screen
        .terminal
        .wait_for("  Number   0006 12345678\r\n  Holder   Alice Test\r\n  Counter  42\r\n");
    screen.terminal.wait_for("Bad PIN");
    screen.terminal.wait_for("PIN: ");
    // A card has no empty PIN. Then a slip of the finger, an arrow key, everything once more.
    screen.terminal.press("\r");
    screen
        .terminal
        .wait_for("A card has no empty PIN. No try was lost.");
    screen.terminal.wait_for("PIN: ");
    screen
        .terminal
        .press("999\u{15}65x\u{7f}\u{1b}[A%4ö\u{7f}321\r");
    agent.expect("D 65%254321");
    agent.expect("OK");
    assert!(fs::metadata(&touched).unwrap().modified().unwrap() > long_ago);
    agent.send("BYE");
    agent.expect("OK closing connection");
    assert!(agent.ended().success());
    let seen = screen.left();
    for secret in ["654321", "4321", "999", "65x", "ö"] {
        assert!(!seen.contains(secret), "{seen}");
    }
}

#[test]
fn the_last_try_is_used_only_after_a_yes() {
    for (word, used) in [
        ("yez\u{7f}s", true),
        ("YES", true),
        ("y", false),
        ("", false),
    ] {
        let mut screen = Screen::new();
        let mut agent = Agent::on(&screen);
        agent.told(&format!("{CARD}%0A%0ARemaining attempts: 1"));
        agent.told("SETPROMPT PIN");
        agent.send("GETPIN");
        screen.terminal.wait_for("Last try\r\n");
        screen
            .terminal
            .wait_for("If the PIN is wrong once more, it is blocked.");
        screen.terminal.wait_for("Type “yes” to use the last try: ");
        screen.terminal.press(word);
        screen.terminal.press("\r");
        if used {
            screen.terminal.wait_for("PIN: ");
            screen.terminal.press("123456\r");
            agent.expect("D 123456");
            agent.expect("OK");
        } else {
            screen.terminal.wait_for("Cancelled");
            agent.expect(CANCELLED);
        }
        screen.left();
    }
}

#[test]
fn a_blocked_pin_is_not_asked_for() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told(&format!("{CARD}%0A%0ARemaining attempts: 0"));
    agent.send("GETPIN");
    screen.terminal.wait_for("The PIN is blocked.");
    screen.terminal.wait_for("[Enter] Close: ");
    screen.terminal.press("987654\r");
    agent.expect(CANCELLED);
    assert!(!screen.left().contains("987654"));
}

#[test]
fn the_tries_and_what_the_card_did_are_told_in_words() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    // The first prompt shows how many tries there are, the second how many are left of them.
    agent.told(CARD);
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("\u{4}");
    agent.expect(CANCELLED);
    agent.told(&format!(
        "{}%0A%0ARemaining attempts: 2",
        CARD.replace("42", "45")
    ));
    agent.send("GETPIN");
    screen
        .terminal
        .wait_for("  Counter  45 (+3 since last time)\r\n");
    screen
        .terminal
        .wait_for("The card has made 3 signatures since");
    screen.terminal.wait_for("2 of 3 tries left\r\n");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("\u{1b}");
    agent.expect(CANCELLED);
    screen.left();
}

#[test]
fn what_is_new_is_measured_checked_and_typed_twice() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told("OPTION constraints-enforce");
    agent.told("OPTION constraints-hint-short=Eight characters.");
    agent.told("OPTION constraints-error-title=Not this one");
    agent.told("SETREPEATERROR they differ");
    agent.told("SETREPEATOK they match");
    agent.told("SETREPEAT Again:");
    agent.told("SETQUALITYBAR Quality:");
    agent.send("GETPIN");
    screen.terminal.wait_for("New Passphrase");
    screen.terminal.wait_for("Eight characters.");
    let asked = |agent: &mut Agent, word: &str, quality: &str, verdict: &[&str]| {
        agent.expect(&format!("INQUIRE QUALITY {word}"));
        agent.send(&format!("D {quality}"));
        agent.send("END");
        agent.expect(&format!("INQUIRE CHECKPIN {word}"));
        for line in verdict {
            agent.send(line);
        }
    };
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("short\r");
    asked(&mut agent, "short", "-20", &["D too%20short", "END"]);
    screen.terminal.wait_for("Quality: not enough, 20 %");
    screen.terminal.wait_for("Not this one\r\ntoo short\r\n");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("long+enough\r");
    // Twice, as GnuPG 2.2 does.
    asked(&mut agent, "long%2Benough", "80", &["END", "END"]);
    screen.terminal.wait_for("Quality: good, 80 %");
    screen.terminal.wait_for("Again: ");
    screen.terminal.press("long+enougj\r");
    screen.terminal.wait_for("they differ");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("long+enough\r");
    asked(&mut agent, "long%2Benough", "80", &["END", "END"]);
    screen.terminal.wait_for("Again: ");
    screen.terminal.press("long+enough\r");
    screen.terminal.wait_for("they match");
    agent.expect("S PIN_REPEATED");
    agent.expect("D long+enough");
    agent.expect("OK");
    let seen = screen.left();
    assert!(
        !seen.contains("long+") && !seen.contains("short\r\nQ"),
        "{seen}"
    );
}

#[test]
fn what_cannot_be_passed_on_is_asked_for_again() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.send("GETPIN");
    for (letter, count) in [("€", 86), ("x", 256), ("y", 3000)] {
        screen.terminal.wait_for("Passphrase: ");
        screen.terminal.press(&letter.repeat(count));
        screen.terminal.press("\r");
        screen
            .terminal
            .wait_for("This is too long: no more than 255 bytes");
    }
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press(&"z".repeat(255));
    screen.terminal.press("\r");
    agent.expect(&format!("D {}", "z".repeat(255)));
    agent.expect("OK");
    // A key may have an empty passphrase.
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("\r");
    agent.expect("OK");
    screen.left();
}

#[test]
fn buttons_are_letters() {
    let not_confirmed = "ERR 83886194 Not confirmed <Pinentry>";
    // Enter alone, which may be one too many, answers nothing.
    for (key, answer) in [
        ("\ra", "OK"),
        ("D", not_confirmed),
        ("c", CANCELLED),
        ("\u{3}", CANCELLED),
    ] {
        let mut screen = Screen::new();
        let mut agent = Agent::on(&screen);
        agent.told("SETDESC Allow it?");
        agent.told("SETOK _Allow");
        agent.told("SETNOTOK _Deny");
        agent.send("CONFIRM");
        screen.terminal.wait_for("Allow it?");
        screen
            .terminal
            .wait_for("[a] Allow   [d] Deny   [c] Cancel: ");
        screen.terminal.press(key);
        agent.expect(answer);
        screen.left();
    }
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told("SETDESC Read this");
    agent.send("MESSAGE");
    screen.terminal.wait_for("[Enter] OK: ");
    screen.terminal.press("\r");
    agent.expect("OK");
    screen.left();
}

#[test]
fn the_agent_takes_a_message_away_with_a_signal() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut screen = Screen::new();
        let mut agent = Agent::on(&screen);
        let pid = agent.pid();
        agent.told("SETDESC Use the reader's pinpad for input.");
        agent.send("CONFIRM --one-button");
        screen.terminal.wait_for("[Enter] OK: ");
        agent.signal_to(pid, signal);
        // As a shell tells it: nobody says anything, and the terminal is as it was.
        assert_eq!(agent.next(), "");
        let status = agent.ended();
        assert_eq!(
            status.signal().or(status.code().map(|code| code - 128)),
            Some(signal.as_raw())
        );
        screen.left();
    }
}

#[test]
fn a_question_goes_with_its_agent() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    let gone = agent.leave();
    screen
        .terminal
        .wait_for("Nobody waits for an answer any more.");
    assert!(gone.ended().success());
    screen.left();
}

#[test]
fn a_question_ends_when_nobody_answers() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told("SETTIMEOUT 1");
    for command in ["GETPIN", "CONFIRM", "MESSAGE"] {
        agent.send(command);
        screen.terminal.wait_for("Nobody has answered in time.");
        agent.expect("ERR 83886142 Timeout <Pinentry>");
    }
    screen.left();
}

#[test]
fn without_a_terminal_the_agent_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let nowhere = "ERR 83886165 No pinentry <Pinentry>";
    for program in [TTY, env!("CARGO_BIN_EXE_pinentry-symbolon")] {
        for name in [
            None,
            Some("/nonexistent/tty"),
            file.to_str(),
            Some("/dev/null"),
        ] {
            let mut agent = Agent::of(program, &[]);
            if let Some(name) = name {
                agent.told(&format!("OPTION ttyname={name}"));
            }
            for command in ["GETPIN", "CONFIRM", "MESSAGE"] {
                agent.send(command);
                agent.expect(nowhere);
            }
            assert!(agent.ended().success());
        }
    }
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn without_a_display_the_window_is_on_the_terminal() {
    let mut screen = Screen::new();
    let mut agent = Agent::of(
        env!("CARGO_BIN_EXE_pinentry-symbolon"),
        &["--ttyname", &screen.name],
    );
    agent.send("GETINFO flavor");
    agent.expect("S FEATURES tabbing");
    agent.expect("D symbolon:tty");
    agent.expect("OK");
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("by hand\r");
    agent.expect("D by hand");
    agent.expect("OK");
    assert!(!screen.left().contains("by hand"));
}

#[test]
fn the_time_of_the_command_line_counts() {
    let mut screen = Screen::new();
    let mut agent = Agent::of(TTY, &["--timeout", "1", "--ttyname", &screen.name]);
    agent.send("GETPIN");
    screen.terminal.wait_for("Nobody has answered in time.");
    agent.expect("ERR 83886142 Timeout <Pinentry>");
    screen.left();
}

#[test]
fn whoever_types_has_time() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told("SETTIMEOUT 2");
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    screen.terminal.press("4");
    // A second question beside it runs out later.
    let mut beside = Screen::new();
    let mut other = Agent::on(&beside);
    other.told("SETTIMEOUT 3");
    other.send("GETPIN");
    beside.terminal.wait_for("Nobody has answered in time.");
    screen.terminal.press("2\r");
    agent.expect("D 42");
    agent.expect("OK");
    screen.left();
    beside.left();
}

#[test]
fn the_keyring_is_offered_where_there_is_one() {
    let mut screen = Screen::new();
    let mut agent = Agent::on(&screen);
    agent.told("OPTION allow-external-password-cache");
    agent.told("SETKEYINFO n/0123456789ABCDEF");
    agent.send("GETPIN");
    screen.terminal.wait_for("Passphrase: ");
    // There is none here, and the key is of no use.
    screen.terminal.press("a\u{b}b\r");
    agent.expect("D ab");
    agent.expect("OK");
    assert!(!screen.left().contains("keyring"));
}

#[test]
fn help_names_the_options() {
    let help = Command::new(TTY)
        .arg("--help")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.contains("--ttyname") && help.contains("--timeout"),
        "{help}"
    );
    let unknown = Command::new(TTY).arg("--unknown").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(unknown.stdout.is_empty());
}
