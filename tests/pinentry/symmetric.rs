//! Files that are locked with a passphrase.

use crate::room::{GOOD, Room};

/// What is hard to carry: signs of the protocol, letters outside ASCII, blanks at both ends.
const ODD: &str = " 100 % süß+%25 \u{20AC}\\ \"x\" ";

#[test]
fn a_file_is_locked_and_opened() {
    let room = Room::new("");
    let lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    dialog.says("Asked by gpg").says("Enter passphrase");
    assert!(dialog.field("Passphrase").is_focused());
    dialog.fill("Passphrase", GOOD).fill("Repeat", "something");
    dialog.says("does not match - try again");
    assert!(!dialog.button("OK").is_sensitive());
    dialog.picture("pinentry-new");
    dialog.fill("Repeat", GOOD);
    dialog.says("Both entries are the same").click("OK").gone();
    lock.succeeds();

    let open = room.gpg(&["-d", "locked"]);
    let dialog = room.dialog("Passphrase");
    dialog.picture("pinentry-passphrase");
    dialog.fill("Passphrase", GOOD).click("OK").gone();
    assert_eq!(open.succeeds(), "a text\n");

    // A wrong one: gpg asks no second time, and there is no file.
    let open = room.gpg(&["-d", "locked"]);
    let dialog = room.dialog("Passphrase");
    dialog.fill("Passphrase", "wrong").click("OK").gone();
    open.fails("decryption failed: Bad session key");
}

#[test]
fn odd_passphrases_arrive_as_they_are() {
    let room = Room::new("");
    let lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    dialog.fill("Passphrase", ODD).fill("Repeat", ODD);
    dialog.click("OK").gone();
    lock.succeeds();
    let told = [
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        ODD,
        "-d",
        "locked",
    ];
    assert_eq!(room.gpg(&told).succeeds(), "a text\n");
}

#[test]
fn the_agent_says_how_good_it_is_and_makes_one_up() {
    let room = Room::new("");
    let line = "GET_PASSPHRASE --data --qualitybar X X New+one: A+place%0Ato+keep+it";
    let ask = room.start("gpg-connect-agent", &[line, "/bye"]);
    let dialog = room.dialog("Passphrase");
    dialog.says("to keep it");
    dialog.fill("New one", "abc").says("not enough");
    dialog.window.find("meter", "Quality");
    dialog.picture("pinentry-quality-bad");
    dialog.fill("New one", GOOD).says("good, 100 %");
    dialog.picture("pinentry-quality-good");
    dialog.click("OK").gone();
    // Data comes with escapes of the protocol.
    assert!(ask.succeeds().starts_with(&format!("D {GOOD}\nOK")));

    let lock = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    dialog.click("Suggest").says("Both entries are the same");
    let made = dialog.field("Passphrase").text();
    assert_eq!(
        made.len(),
        30,
        "shown, for it has to be written down: {made:?}"
    );
    assert_eq!(made, dialog.field("Repeat").text());
    dialog.picture("pinentry-suggested");
    dialog.click("OK").gone();
    lock.succeeds();
    let told = [
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        &made,
        "-d",
        "locked",
    ];
    assert_eq!(room.gpg(&told).succeeds(), "a text\n");
}
