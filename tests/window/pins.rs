//! PINs, as their owner changes them.

use std::ffi::OsStr;

use crate::driver::{Look, Node, Program};

/// Fills in the fields of a PIN dialog and presses its button.
fn submit(dialog: &Node, fields: &[(&str, &str)], verb: &str) {
    for (name, pin) in fields {
        dialog.find("text box", name).set_text(pin);
    }
    let button = dialog.find("button", verb);
    button.wait_until("live", Node::is_sensitive);
    button.click();
}

/// Everything that a screen reader can get at.
fn everything(tree: &Node) -> String {
    let mut all = String::new();
    tree.walk(&mut |node, _| {
        all += &format!("{} {} {}\n", node.name(), node.description(), node.text());
    });
    all
}

#[test]
fn a_wrong_pin_costs_a_try_and_the_words_say_so() {
    let log = [("SYMBOLON_LOG", OsStr::new("trace"))];
    let window = Program::start(&["--no-readers", "--practice=piv-used"], Look::WIDE, &log);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    dialog.find("label", "PIV PIN of Thomas Mustermann");
    dialog.find("label", "YubiKey 5 · serial 14725836 · Practice reader 1");
    dialog.find("meter", "3 of 3 tries left");
    assert!(dialog.nameless().is_empty(), "{:#?}", dialog.nameless());
    window.picture("Change PIN", "pin-change");

    let new = [("New PIN", "24681357"), ("Repeat new PIN", "24681357")];
    submit(
        &dialog,
        &[("Current PIN", "13579246"), new[0], new[1]],
        "Change",
    );
    dialog.find_part("alert", "2 of 3 tries left");
    dialog.find("meter", "2 of 3 tries left");
    window.picture("Change PIN", "pin-wrong");
    // The keyboard is back in the field that was wrong, and what was typed twice stays.
    window.typed("654321");
    submit(&dialog, &[], "Change");
    window.tree.gone("window", "Change PIN");
    window.tree.find("status", "The PIN is changed");

    // The card knows the new one, and the old one no longer.
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    dialog.find("meter", "3 of 3 tries left");
    let again = [("New PIN", "97531864"), ("Repeat new PIN", "97531864")];
    submit(
        &dialog,
        &[("Current PIN", "654321"), again[0], again[1]],
        "Change",
    );
    dialog.find("meter", "2 of 3 tries left");
    submit(&dialog, &[("Current PIN", "24681357")], "Change");
    window.tree.gone("window", "Change PIN");

    let heard = everything(&window.tree);
    let log = window.log();
    assert!(
        log.contains("PinDialog"),
        "the log says nothing of the dialog"
    );
    for pin in ["13579246", "24681357", "654321", "97531864"] {
        assert!(!heard.contains(pin), "a PIN on the accessibility bus");
        assert!(!log.contains(pin), "a PIN in the log");
    }
}

#[test]
fn rules_are_told_before_anything_is_sent() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    for (name, pin) in [
        ("Current PIN", "654321"),
        ("New PIN", "123"),
        ("Repeat new PIN", "124"),
    ] {
        dialog.find("text box", name).set_text(pin);
    }
    dialog.find("label", "6 to 8 characters, not yet fulfilled");
    dialog.find("label", "Both entries the same, not yet fulfilled");
    assert!(!dialog.find("button", "Change").is_sensitive());
    dialog.find("button", "Cancel").click();
    window.tree.gone("window", "Change PIN");
}

#[test]
fn a_blocked_pin_is_unblocked_with_the_puk() {
    let window = Program::practising("blocked-pin", Look::WIDE);
    window.tree.find_part("list item", "needs attention");
    window.press(&["ctrl+2"]);
    window.tree.find("meter", "Blocked");
    window.picture("Symbolon", "pins-blocked");
    window.press(&["ctrl+u"]);
    let dialog = window.tree.find("window", "Unblock PIN");
    assert!(dialog.nameless().is_empty(), "{:#?}", dialog.nameless());
    window.picture("Unblock PIN", "pin-unblock");
    let fields = [
        ("PUK", "12345678"),
        ("New PIN", "24681357"),
        ("Repeat new PIN", "24681357"),
    ];
    submit(&dialog, &fields, "Unblock");
    window.tree.gone("window", "Unblock PIN");
    window.tree.find("status", "The PIN is unblocked");
    window.tree.find("meter", "3 of 3 tries left");
}

/// The MUSCLE applet: its PUK gives the tries back, and takes no new PIN.
#[test]
fn where_the_pin_stays_the_puk_alone_is_asked_for() {
    let window = Program::practising("muscle-used", Look::WIDE);
    window.tree.find_part("list item", "VPN Anna Rossi");
    window.press(&["ctrl+u"]);
    let dialog = window.tree.find("window", "Unblock PIN");
    dialog.find(
        "label",
        "Unblocking gives the tries back. The PIN stays what it was.",
    );
    assert!(dialog.look("text box", "New PIN").is_none());
    assert!(dialog.nameless().is_empty(), "{:#?}", dialog.nameless());
    window.picture("Unblock PIN", "pin-unblock-stays");
    submit(&dialog, &[("PUK", "87654321")], "Unblock");
    dialog.find("alert", "The PIN is not blocked");
    dialog.find("button", "Cancel").click();
    window.tree.gone("window", "Unblock PIN");
}

#[test]
fn the_last_try_has_to_be_allowed() {
    let window = Program::practising("openpgp-used", Look::WIDE.dark());
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    dialog.find("label", "Last try of 3");
    for (name, pin) in [
        ("Current PIN", "654321"),
        ("New PIN", "24681357"),
        ("Repeat new PIN", "24681357"),
    ] {
        dialog.find("text box", name).set_text(pin);
    }
    let button = dialog.find("button", "Change");
    assert!(!button.is_sensitive());
    window.picture("Change PIN", "pin-last-try-dark");
    window.point("Change PIN", &dialog.find("checkbox", "Use the last try"));
    button.wait_until("live", Node::is_sensitive);
    button.click();
    window.tree.gone("window", "Change PIN");
    window.press(&["ctrl+2"]);
    window.tree.gone("label", "Last try of 3");
}

#[test]
fn a_card_pulled_under_an_open_dialog_ends_it_clearly() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+2"]);
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "Practice Cards…").click();
    let cards = window.tree.find("window", "Practice cards");
    window
        .tree
        .find("window", "Symbolon")
        .find("button", "Change… PIV PIN")
        .click();
    let dialog = window.tree.find("window", "Change PIN");
    cards.find("button", "Pull, Thomas Mustermann").click();
    dialog.find_part("alert", "The token was removed");
    window.picture("Change PIN", "pin-removed");
    assert!(!dialog.find("button", "Change").is_sensitive());
    window.tree.find("list item", "Empty, Practice reader 1");
    window.tree.find("label", "The practice card is pulled");
    dialog.find("button", "Close").click();
    window.tree.gone("window", "Change PIN");
}
