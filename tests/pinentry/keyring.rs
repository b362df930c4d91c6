//! Passphrases that a person has saved in the keyring of the desktop.

use std::fs;
use std::process::Command;

use crate::driver::wait;
use crate::room::{GOOD, Room};
use crate::support::process::{Daemon, find};

/// What other pinentries call the box.
const BOX: &str = "Save in password manager";

/// A keyring on the session bus of the desktop, unlocked.
fn keyring(room: &Room) -> Daemon {
    let program = find("gnome-keyring-daemon", "gnome-keyring");
    find("secret-tool", "libsecret-tools");
    let password = room.file("password");
    fs::write(&password, "of the person who logs in").unwrap();
    let control = room.file("control");
    fs::create_dir(&control).unwrap();
    let line = format!(
        "exec '{}' --foreground --components=secrets --control-directory='{}' --unlock < '{}'",
        program.display(),
        control.display(),
        password.display(),
    );
    let template = room.command("sh");
    let mut command = Command::new("sh");
    command.args(["-c", &line]);
    for (name, value) in template.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let daemon = Daemon::spawn(&mut command, &room.file("keyring.log"));
    // Who asks before this one is on the bus has the bus start another one, which is locked and asks
    // a person who is not there.
    wait("the keyring on the bus", || {
        let owner = [
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.DBus",
            "/",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ];
        let answer = room.start("dbus-send", &owner).ends().output;
        answer.contains("true").then_some(())
    });
    wait("the keyring", || {
        let check = ["store", "--label=x", "xdg:schema", "none", "x", "y"];
        let mut tool = room.command("sh");
        tool.args(["-c", "printf x | secret-tool \"$@\"", "sh"])
            .args(check);
        tool.status().unwrap().success().then_some(())
    });
    daemon
}

#[test]
fn a_passphrase_is_saved_for_who_wants_it_and_forgotten_when_it_is_wrong() {
    let room = Room::with("default-cache-ttl 0\nmax-cache-ttl 0\n");
    let _keyring = keyring(&room);
    room.key(GOOD);
    let (_, grip) = room.fingerprint();
    let key = format!("n/{grip}");
    let saved = || {
        let attributes = [
            "lookup",
            "xdg:schema",
            "org.gnupg.Passphrase",
            "keygrip",
            &key,
        ];
        room.start("secret-tool", &attributes).ends().output
    };
    let sign = || room.gpg(&["-o", "signed", "-s", "text"]);

    // Off unless somebody wants it.
    let signing = sign();
    let dialog = room.dialog("Passphrase");
    assert!(!dialog.tick_box(BOX).is_checked());
    dialog.picture("pinentry-keyring");
    dialog.fill("Passphrase", GOOD).click("OK").gone();
    signing.succeeds();
    assert_eq!(saved(), "");

    // One that was not right is not kept, though it was meant to be.
    let signing = sign();
    let dialog = room.dialog("Passphrase");
    dialog.tick(BOX);
    dialog.fill("Passphrase", "mistyped").click("OK").gone();
    let dialog = room.dialog("Passphrase");
    assert!(!dialog.tick_box(BOX).is_checked());
    dialog.fill("Passphrase", GOOD).click("OK").gone();
    signing.succeeds();
    assert_eq!(saved(), "");

    let signing = sign();
    let dialog = room.dialog("Passphrase");
    dialog.tick(BOX);
    dialog.fill("Passphrase", GOOD).click("OK").gone();
    signing.succeeds();
    wait("it in the keyring", || (saved() == GOOD).then_some(()));

    // Nobody is asked.
    sign().succeeds();
    room.quiet();

    // A wrong one is of no use to anybody; the agent does not ask in its place.
    let store = [
        "store",
        "--label=x",
        "xdg:schema",
        "org.gnupg.Passphrase",
        "stored-by",
        "GnuPG Pinentry",
        "keygrip",
        &key,
    ];
    let mut tool = room.command("sh");
    tool.args(["-c", "printf wrong | secret-tool \"$@\"", "sh"])
        .args(store);
    assert!(tool.status().unwrap().success());
    assert_eq!(saved(), "wrong");
    sign().fails("Bad passphrase");
    wait("it out of the keyring", || saved().is_empty().then_some(()));
    let signing = sign();
    room.dialog("Passphrase")
        .fill("Passphrase", GOOD)
        .click("OK")
        .gone();
    signing.succeeds();
}
