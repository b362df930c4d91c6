//! Keys in GnuPG's own store.

use crate::driver::Node;
use crate::room::{ALICE, GOOD, Room};

#[test]
fn a_wrong_passphrase_is_asked_for_again_in_the_same_program() {
    let room = Room::new("");
    room.key(GOOD);
    let sign = room.gpg(&["-o", "signed", "-s", "text"]);
    let first = room.dialog("Passphrase");
    first
        .says("Alice Test <alice@example.org>")
        .says("unlock the OpenPGP secret key");
    first.fill("Passphrase", "wrong").click("OK").gone();
    let second = room.dialog("Passphrase");
    second.says("Bad Passphrase (try 2 of 3)");
    assert_eq!(first.program(), second.program());
    second.picture("pinentry-wrong");
    second.fill("Passphrase", "wrong again").click("OK").gone();
    let third = room.dialog("Passphrase");
    third.says("Bad Passphrase (try 3 of 3)");
    third.fill("Passphrase", GOOD).click("OK").gone();
    sign.succeeds();
    room.gpg(&["--verify", "signed"]).succeeds();
}

#[test]
fn a_new_key_needs_a_passphrase_that_the_agent_takes() {
    let room = Room::new(
        "enforce-passphrase-constraints\nmin-passphrase-len 12\nmin-passphrase-nonalpha 2\n",
    );
    let make = room.gpg(&["--quick-gen-key", ALICE, "ed25519", "default", "never"]);
    let dialog = room.dialog("New Passphrase");
    dialog.says("protect your new key");
    dialog.fill("Passphrase", "short").fill("Repeat", "short");
    dialog.click("OK").gone();
    // For a key the agent looks at it when it has it, and asks anew.
    let again = room.dialog("New Passphrase");
    again.says("at least 12 characters long");
    let better = "long enough, 2 words";
    again.fill("Passphrase", better).fill("Repeat", better);
    again.click("OK").gone();
    make.succeeds();

    // What the agent makes up it takes without a question.
    let change = room.gpg(&["-o", "locked", "-c", "text"]);
    let dialog = room.dialog("New Passphrase");
    dialog
        .fill("Passphrase", "bad")
        .fill("Repeat", "bad")
        .click("OK");
    dialog.says("at least 12 characters long");
    let field = dialog.field("Passphrase");
    field.wait_until("in the keyboard", Node::is_focused);
    dialog.picture("pinentry-refused");
    dialog.click("Suggest").says("Both entries are the same");
    dialog.click("OK").gone();
    change.succeeds();
}

#[test]
fn a_weak_passphrase_may_be_taken_anyway() {
    let room = Room::new("");
    let make = room.gpg(&["--quick-gen-key", ALICE, "ed25519", "default", "never"]);
    let dialog = room.dialog("New Passphrase");
    dialog
        .fill("Passphrase", "abc")
        .fill("Repeat", "abc")
        .click("OK")
        .gone();
    let weak = room.dialog("Confirm");
    weak.says("You have entered an insecure passphrase");
    weak.picture("pinentry-weak");
    weak.click("Enter new passphrase").gone();
    // Without any.
    room.dialog("New Passphrase").click("OK").gone();
    let none = room.dialog("Confirm");
    none.says("You have not entered a passphrase");
    none.picture("pinentry-none");
    none.click("Yes, protection is not needed").gone();
    make.succeeds();
}

#[test]
fn a_key_gets_another_passphrase_goes_out_and_is_deleted() {
    let room = Room::new("");
    room.key(GOOD);
    let (fingerprint, _) = room.fingerprint();
    let other = "another battery 88";

    let change = room.gpg(&["--passwd", "alice@example.org"]);
    room.dialog("Passphrase")
        .fill("Passphrase", GOOD)
        .click("OK")
        .gone();
    let new = room.dialog("New Passphrase");
    new.says("enter the new passphrase");
    new.fill("Passphrase", other)
        .fill("Repeat", other)
        .click("OK")
        .gone();
    change.succeeds();

    let export = room.gpg(&["-o", "secret", "--export-secret-keys", "alice@example.org"]);
    let asked = room.dialog("Passphrase");
    asked.says("export");
    asked.fill("Passphrase", other).click("OK").gone();
    export.succeeds();

    // gpg asks on its own terminal first; then the agent asks here.
    std::fs::write(room.file("yes"), "y\ny\n").unwrap();
    let delete = |answer: &str| {
        let line = [
            "--no-tty",
            "--command-file",
            "yes",
            "--delete-secret-keys",
            &fingerprint,
        ];
        let delete = room.start("gpg", &line);
        let question = room.dialog("Confirm");
        question.says("Do you really want to permanently delete the OpenPGP secret key:");
        question.says("Alice Test <alice@example.org>");
        question.picture("pinentry-delete");
        question.click(answer).gone();
        delete
    };
    delete("No").fails("deleting secret key failed");
    delete("Delete key").succeeds();
    assert_eq!(room.gpg(&["--with-colons", "-K"]).ends().output, "");
}
