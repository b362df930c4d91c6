//! What a reader and a card can bring about that no card here does: a daemon that is a script asks.

use std::fs;

use crate::driver::Node;
use crate::room::Room;
use crate::straight::Straight;
use crate::support::process::write_script;

/// Talks as scdaemon does. PASSWD is done on the pad of the reader; CHECKPIN asks with the words in
/// the file `asks` and writes what it is given to `given`. The file `typed` is for whoever types on the
/// pad.
const DAEMON: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
# Reads until the end of an answer.
answer() {
    while IFS= read -r line; do
        case $line in
        "D "*) printf '%s\n' "${line#D }" >given ;;
        END*) return 0 ;;
        CAN*) return 1 ;;
        esac
    done
    exit
}
echo "OK a reader with a pad"
while IFS= read -r command rest; do
    case $command in
    "GETINFO socket_name"*) echo "ERR 100663414 No socket" ;;
    "SERIALNO"*)
        echo "S SERIALNO D2760001240103040006123456780000"
        echo "OK"
        ;;
    "PASSWD"*)
        echo "INQUIRE POPUPPINPADPROMPT ||Please enter the PIN%0A%0ANumber$(printf '\037'): 0006 12345678"
        answer
        until [ -e typed ]; do sleep 0.05; done
        echo "INQUIRE DISMISSPINPADPROMPT"
        answer
        echo "OK"
        ;;
    "CHECKPIN"*)
        echo "INQUIRE NEEDPIN $(cat asks)"
        if answer; then echo "OK"; else echo "ERR 100663395 Operation cancelled <SCD>"; fi
        ;;
    "BYE"*)
        echo "OK"
        exit
        ;;
    *) echo "OK" ;;
    esac
done
"#;

fn room() -> Room {
    let room = Room::new("");
    write_script(&room.file("reader"), DAEMON);
    let conf = fs::read_to_string(room.file("gpg-agent.conf")).unwrap();
    let daemon = format!("{conf}scdaemon-program {}\n", room.file("reader").display());
    fs::write(room.file("gpg-agent.conf"), daemon).unwrap();
    room
}

#[test]
fn a_pin_pad_is_pointed_to_until_it_was_used() {
    let room = room();
    let change = room.start("gpg-connect-agent", &["SCD PASSWD 1", "/bye"]);
    let dialog = room.dialog("Look at the Reader");
    dialog.says("Use the reader's pinpad for input.");
    dialog.window.find("label", "Number: 0006 12345678");
    assert!(dialog.window.look("text box", "PIN").is_none());
    dialog.picture("pinentry-pad");
    fs::write(room.file("typed"), "").unwrap();
    dialog.gone();
    assert_eq!(change.succeeds(), "OK\n");
    room.quiet();
}

#[test]
fn the_last_try_needs_a_word_and_a_blocked_pin_nothing() {
    let room = room();
    let asks = "||Please unlock the card%0A%0ANumber\x1f: 0006 12345678%0AHolder\x1f: Ada Lovelace%0A\
         Counter\x1f: 42%0A%0ARemaining attempts: 1";
    fs::write(room.file("asks"), asks).unwrap();
    let check = room.start("gpg-connect-agent", &["SCD CHECKPIN x", "/bye"]);
    let dialog = room.dialog("Unlock Card");
    dialog.says("If the PIN is wrong once more, it is blocked.");
    dialog.says("Last try");
    dialog.fill("PIN", "123456");
    assert!(!dialog.button("OK").is_sensitive());
    room.desktop.press(&["Return"]);
    dialog.picture("pinentry-last-try");
    assert!(!dialog.tick_box("Use the last try").is_checked());
    dialog.tick("Use the last try").click("OK").gone();
    assert_eq!(check.succeeds(), "OK\n");
    let given = fs::read_to_string(room.file("given")).unwrap();
    assert_eq!(given.trim_end_matches('\0'), "123456\n");

    let blocked = asks.replace("attempts: 1", "attempts: 0");
    fs::write(room.file("asks"), &blocked).unwrap();
    let check = room.start("gpg-connect-agent", &["SCD CHECKPIN x", "/bye"]);
    let dialog = room.dialog("Unlock Card");
    dialog.says("The PIN is blocked");
    assert!(!dialog.field("PIN").is_sensitive());
    assert!(!dialog.button("OK").is_sensitive());
    dialog.picture("pinentry-blocked");
    room.desktop.press(&["Escape"]);
    dialog.gone();
    assert!(check.ends().output.contains("Operation cancelled"));
}

#[test]
fn a_request_from_elsewhere_is_marked() {
    let room = Room::new("");
    let mut agent = Straight::begin(&room);
    agent.tell(&[
        "OPTION owner=4711 far.example.org",
        "SETDESC Note: Request from a remote site.%0A%0APlease unlock the card",
        "SETPROMPT PIN",
    ]);
    agent.say("GETPIN");
    let dialog = room.dialog("Passphrase");
    dialog.says("This request came from another computer.");
    dialog
        .says("Asked by a program on far.example.org")
        .says("Remote");
    dialog
        .field("PIN")
        .wait_until("in the keyboard", Node::is_focused);
    dialog.picture("pinentry-remote");
    dialog.fill("PIN", "1234").click("OK").gone();
    assert_eq!(agent.line(), "D 1234");
    assert_eq!(agent.line(), "OK");
}
