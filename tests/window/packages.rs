//! Packages for Java cards: those that a card would refuse, and what is done to those that are there.

use std::fs;

use crate::applets::{KEYS, WIZARD, applets, load, load_again, named, open_with_test_keys, press};
use crate::card_file::Made;
use crate::driver::{Look, Node, Program};

/// Opens a file with this in it; the wizard, or the alert that says why not.
fn open(window: &Program, name: &str, bytes: &[u8]) {
    let file = window.home().join(name);
    fs::write(&file, bytes).unwrap();
    let row = window.tree.find("list item", "Load a package…");
    window.point("Symbolon", &row);
    window.choose("Open a CAP file", &file);
}

/// A package that is refused before anything was sent: the finding, and a button that does nothing.
fn is_in_the_way(window: &Program, name: &str, made: &Made, finding: &str) {
    let finding = format!("In the way: {finding}");
    open(window, name, &made.archive());
    let wizard = window.tree.find("window", WIZARD);
    wizard.find_part("list item", &finding);
    let button = wizard.find("button", "Load…");
    button.wait_until("dead", |button| !button.is_sensitive());
    named(&wizard);
    window.picture(WIZARD, &format!("applets-{}", name.replace(".cap", "")));
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
}

#[test]
fn what_a_card_would_refuse_is_not_begun() {
    let window = Program::practising("java-modern", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    let whole = Made::muscle().archive();
    open(&window, "damaged.cap", &whole[..whole.len() / 2]);
    let alert = window.tree.find("dialog", "The CAP file is damaged");
    window.picture("The CAP file is damaged", "applets-damaged");
    press(&alert, "Close Close");
    window.tree.gone("window", WIZARD);
    // The first one fits, and leaves too little for another.
    let mut big = Made::muscle();
    for (tag, len) in &mut big.filled {
        if *tag == 7 {
            *len = 50_000;
        }
    }
    open(&window, "first.cap", &big.archive());
    let wizard = window.tree.find("window", WIZARD);
    press(&wizard, "Load…");
    wizard.find_part("list item", "2. ");
    press(&wizard, "Load");
    wizard.find_part("status", "is on the card and can be selected");
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
    big.package = vec![0xA0, 0, 0, 0, 2];
    big.applets = vec![(vec![0xA0, 0, 0, 0, 2, 1], 0x17)];
    is_in_the_way(&window, "big.cap", &big, "It needs ");
    let mut domain = Made::muscle();
    domain.applets = vec![(vec![0xA0, 0, 0, 1, 0x51, 0, 0, 0], 0x17)];
    is_in_the_way(&window, "domain.cap", &domain, "A security domain ");
    // What other programs look for has another name: it can be done, and is told.
    let mut other = Made::muscle();
    other.applets = vec![(vec![0xA0, 0, 0, 3, 0x23, 1, 1], 0x17)];
    open(&window, "other.cap", &other.archive());
    let wizard = window.tree.find("window", WIZARD);
    let line = wizard.find_part("list item", "To be careful with: ");
    assert!(line.name().contains("A00000000101"), "{}", line.name());
    let load = wizard.find("button", "Load…");
    load.wait_until("live", Node::is_sensitive);
    // What cannot be is said where it is typed, and again where it is read.
    let field = wizard.find_part("text box", "Instance AID: ");
    field.set_text("A000");
    wizard.find("alert", "An option cannot be taken as it is");
    load.wait_until("dead", |load| !load.is_sensitive());
    window.picture(WIZARD, "applets-option");
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
}

#[test]
fn what_is_loaded_again_is_deleted_before_and_an_applet_is_locked() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    // It may be too new: that is told, and the card has the last word.
    let mut newer = Made::muscle();
    newer.imports[0].0 = 6;
    open(&window, "newer.cap", &newer.archive());
    let wizard = window.tree.find("window", WIZARD);
    let careful = "To be careful with: It was built for Java Card 3.0.5";
    wizard.find_part("list item", careful);
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
    load(&window);
    load_again(&window);
    for (verb, state) in [("Lock", "Locked"), ("Unlock", "Selectable")] {
        press(
            &window.tree,
            "More actions for MUSCLE applet (A00000000101)",
        );
        press(
            &window.tree,
            &format!("{verb} MUSCLE applet (A00000000101)…"),
        );
        let wizard = window.tree.find("window", WIZARD);
        wizard.find_part("list item", "1. ");
        press(&wizard, verb);
        wizard.find_part("status", "MUSCLE applet (A00000000101) is ");
        press(&wizard, "Done");
        window.tree.gone("window", WIZARD);
        let row = format!("MUSCLE applet, {state}, A00000000101");
        window.tree.find_part("list item", &row);
        window.picture("Symbolon", &format!("applets-{}", state.to_lowercase()));
    }
}

/// A token may be a Java card as well: its card manager is asked when somebody wants to see it.
#[test]
fn a_token_is_asked_for_its_card_manager_on_demand() {
    let window = Program::practising("piv-plain", Look::WIDE);
    window.press(&["ctrl+5"]);
    window.tree.find("list item", "Ask the card manager");
    window.press(&["ctrl+6"]);
    window
        .tree
        .find("label", "This card has no card manager that answers");
    window.picture("Symbolon", "applets-none");
    press(&window.tree, "Try Again");
    window
        .tree
        .find("label", "This card has no card manager that answers");
}

/// Enter on the keys that are chosen already opens the card manager.
#[test]
fn a_card_manager_is_opened_by_keyboard_alone() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    let test = dialog.find("radio", "Public test keys");
    test.wait_until("focused", Node::is_focused);
    window.press(&["Return"]);
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
}
