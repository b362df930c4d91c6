//! Ways out of a dialog without an answer.

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::driver::wait;
use crate::room::{ALICE, GOOD, Room};
use crate::straight::Straight;

/// A dialog that nobody waits for is gone long before it would go by itself, which is after a minute.
const AT_ONCE: Duration = Duration::from_secs(30);

#[test]
fn who_cancels_one_key_is_asked_for_the_next_and_who_closes_is_not() {
    let room = Room::new("");
    room.key_pair(ALICE, GOOD);
    room.key_pair("Bob Test <bob@example.org>", GOOD);
    // For whom it is, it does not say: gpg tries all keys.
    let to = ["-R", "bob@example.org"];
    let lock = [
        &["--trust-model", "always", "-o", "locked"],
        &to[..],
        &["-e", "text"],
    ]
    .concat();
    room.gpg(&lock).succeeds();

    for how in ["Cancel", "Escape"] {
        let open = room.gpg(&["-d", "locked"]);
        for _ in 0..2 {
            let dialog = room.dialog("Passphrase");
            if how == "Escape" {
                room.desktop.press(&["Escape"]);
            } else {
                dialog.click("Cancel");
            }
            dialog.gone();
        }
        open.fails("decryption failed");
    }

    let open = room.gpg(&["-d", "locked"]);
    let dialog = room.dialog("Passphrase");
    // The window manager closes it.
    room.desktop.press(&["alt+F4"]);
    dialog.gone();
    open.fails("decryption failed");
    room.quiet();
}

#[test]
fn a_dialog_closes_by_itself_unless_somebody_types() {
    let room = Room::new("pinentry-timeout 12\n");
    let lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    dialog.says("Closes in ");
    dialog.gone();
    lock.fails("Timeout");

    // Two with the same time; the second is begun when the first was typed in.
    let mut typed = Straight::begin(&room);
    typed.tell(&["SETTIMEOUT 10", "SETTITLE Typed in"]);
    typed.say("GETPIN");
    let first = room.dialog("Typed in");
    room.desktop.typed("x");
    wait("no clock", || {
        (!first.words().contains("Closes in")).then_some(())
    });
    let mut left = Straight::begin(&room);
    left.tell(&["SETTIMEOUT 10", "SETTITLE Left alone"]);
    left.say("GETPIN");
    let second = room.dialog("Left alone");
    second.says("Closes in ").picture("pinentry-clock");
    assert!(left.line().starts_with("ERR 83886142 "));
    second.gone();
    assert!(!first.is_gone());
    first.click("OK").gone();
    assert_eq!(typed.line(), "D x");
}

#[test]
fn a_dialog_goes_with_the_agent_and_with_the_one_who_asked() {
    let room = Room::new("");
    let mut lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    lock.kill();
    let start = Instant::now();
    dialog.gone();
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());

    let _lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    let pid = room
        .start("gpg-connect-agent", &["GETINFO pid", "/bye"])
        .succeeds();
    let pid = pid.lines().next().unwrap().strip_prefix("D ").unwrap();
    let start = Instant::now();
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    dialog.gone();
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    room.quiet();
}

#[test]
fn nobody_is_asked_for_a_program_that_has_ended() {
    let room = Room::new("");
    let mut ended = Command::new("true").spawn().unwrap();
    let pid = ended.id();
    ended.wait().unwrap();
    let host = rustix::system::uname();
    let host = host.nodename().to_str().unwrap();
    let mut agent = Straight::begin(&room);
    agent.tell(&[&format!("OPTION owner={pid} {host}")]);
    agent.say("GETPIN");
    assert!(agent.line().starts_with("ERR 83886179 "));
    // The next question is from somebody who is there.
    let own = std::process::id();
    agent.tell(&[&format!("OPTION owner={own} {host}")]);
    agent.say("GETPIN");
    let dialog = room.dialog("Passphrase");
    dialog.fill("Passphrase", "x").click("OK").gone();
    assert_eq!(agent.line(), "D x");
}

#[test]
fn the_keyboard_is_kept_from_others_only_when_that_is_asked_for() {
    let room = Room::new("");
    let mut agent = Straight::begin(&room);
    agent.tell(&["OPTION grab"]);
    agent.say("GETPIN");
    let dialog = room.dialog("Passphrase");
    // The window manager closes windows by this, and hears it no longer.
    room.desktop.typed("x");
    room.desktop.press(&["alt+F4"]);
    room.desktop.typed("y");
    let field = dialog.field("Passphrase");
    field.wait_until("typed", |field| field.text() == "●●");
    room.desktop.press(&["Escape"]);
    dialog.gone();
    assert!(agent.line().starts_with("ERR 83886179 "));
    agent.tell(&["OPTION no-grab"]);
    agent.say("GETPIN");
    let dialog = room.dialog("Passphrase");
    room.desktop.press(&["alt+F4"]);
    dialog.gone();
    assert_eq!(agent.line(), "S BUTTON_INFO close");
}
