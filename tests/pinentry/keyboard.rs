//! Dialogs without a mouse, and what goes into a field and comes out of it.

use std::io::Write;
use std::process::Stdio;

use crate::driver::{Node, wait};
use crate::room::{Dialog, Room};
use crate::straight::Straight;

/// A dialog with all that a new passphrase can bring.
fn whole(room: &Room) -> (Straight, Dialog<'_>) {
    let mut agent = Straight::begin(room);
    agent.tell(&[
        "OPTION default-ok=_OK",
        "OPTION default-cancel=_Cancel",
        "SETDESC Something new",
        "SETPROMPT Passphrase:",
        "SETREPEAT Repeat:",
        "SETGENPIN Suggest",
    ]);
    agent.say("GETPIN");
    let dialog = room.dialog("New Passphrase");
    (agent, dialog)
}

#[test]
fn everything_is_done_by_keyboard() {
    let room = Room::new("");
    let (mut agent, dialog) = whole(&room);
    let has = |role: &str, name: &str| {
        let node = dialog.window.find(role, name);
        node.wait_until("in the keyboard", Node::is_focused);
    };
    has("text box", "Passphrase");
    for (role, name) in [
        ("text box", "Repeat"),
        ("button", "Suggest"),
        ("button", "Cancel"),
    ] {
        room.desktop.press(&["Tab"]);
        has(role, name);
    }
    // Both are empty: that is a passphrase too, and OK is live.
    for (role, name) in [("button", "OK"), ("text box", "Passphrase")] {
        room.desktop.press(&["Tab"]);
        has(role, name);
    }

    room.desktop.typed("abc");
    let field = dialog.field("Passphrase");
    assert!(!field.text().contains("abc"), "hidden");
    // Enter goes on, and does not answer.
    room.desktop.press(&["Return"]);
    has("text box", "Repeat");
    room.desktop.press(&["alt+s"]);
    wait("it shown", || (field.text() == "abc").then_some(()));
    room.desktop.typed("abd");
    dialog.says("Both entries must be the same");
    room.desktop.press(&["Return"]);
    has("text box", "Repeat");
    room.desktop.press(&["alt+s"]);
    wait("it hidden", || {
        (!field.text().contains("abc")).then_some(())
    });
    room.desktop.press(&["BackSpace"]);
    room.desktop.typed("c");
    dialog.says("Both entries are the same");
    room.desktop.press(&["Return"]);
    dialog.gone();
    assert_eq!(agent.line(), "S PIN_REPEATED");
    assert_eq!(agent.line(), "D abc");
    assert_eq!(agent.line(), "OK");

    // In the same program; by the letters of the buttons.
    agent.tell(&["SETERROR Once more"]);
    agent.say("GETPIN");
    let again = room.dialog("Passphrase");
    assert_eq!(again.program(), dialog.program());
    again.says("Once more");
    room.desktop.typed("xyz");
    room.desktop.press(&["alt+o"]);
    again.gone();
    assert_eq!(agent.line(), "D xyz");
    assert_eq!(agent.line(), "OK");
    agent.say("GETPIN");
    let last = room.dialog("Passphrase");
    room.desktop.press(&["alt+c"]);
    last.gone();
    assert!(agent.line().starts_with("ERR 83886179 "));
    agent.say("BYE");
    assert!(agent.ended());
}

#[test]
fn a_passphrase_can_be_pasted_and_not_copied() {
    let room = Room::new("");
    let secret = "Größe 100 % ß";
    give(&room, secret);
    let (agent, dialog) = whole(&room);
    room.desktop.press(&["ctrl+v", "Tab", "ctrl+v"]);
    dialog.says("Both entries are the same");
    give(&room, "something else");
    // Hidden and shown.
    for _ in 0..2 {
        for keys in ["ctrl+c", "ctrl+x", "ctrl+Insert", "shift+Delete"] {
            room.desktop.press(&["ctrl+a", keys]);
        }
        room.desktop.press(&["alt+s"]);
    }
    // The keys were taken when this one is.
    room.desktop.press(&["End"]);
    room.desktop.typed("!");
    dialog.says("Both entries must be the same");
    assert_eq!(room.desktop.copied(), "something else");
    room.desktop.press(&["BackSpace"]);
    dialog.says("Both entries are the same").click("OK").gone();
    assert_eq!(agent.line(), "S PIN_REPEATED");
    assert_eq!(agent.line(), "D Größe 100 %25 ß");
}

#[test]
fn the_caps_lock_key_is_told_of() {
    let room = Room::new("");
    let mut agent = Straight::begin(&room);
    agent.tell(&["OPTION default-capshint=Capitals are on"]);
    agent.say("GETPIN");
    let dialog = room.dialog("Passphrase");
    let hint = || dialog.window.look("status", "Capitals are on").is_some();
    assert!(!hint());
    // `press` would put this key back as it was.
    let press = || room.desktop.output("xdotool", &["key", "Caps_Lock"]);
    press();
    wait("the hint", || hint().then_some(()));
    press();
    wait("no hint", || (!hint()).then_some(()));
    dialog.fill("Passphrase", "x").click("OK").gone();
}

/// Another program gives `text` to whoever pastes.
fn give(room: &Room, text: &str) {
    let mut other = room.desktop.command("xclip");
    other.args(["-in", "-selection", "clipboard"]);
    other.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut other = other.spawn().expect("xclip is installed");
    let mut input = other.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    assert!(other.wait().unwrap().success());
}
