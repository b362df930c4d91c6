//! A Java card: its card manager is opened, a package is loaded, what was made of it is deleted.

use std::fs;

use crate::card_file::Made;
use crate::driver::{Look, Node, Program};
use crate::setup::practice_cards;

/// The dialog for the keys.
pub(crate) const KEYS: &str = "Open the card manager";

/// The wizard.
pub(crate) const WIZARD: &str = "Change the card";

/// What it ends with.
const LOADED: &str = "MUSCLE applet (A00000000101) is on the card and can be selected";

/// The longest step while it is done.
const LOADING: &str = " bytes) as MUSCLE package (A000000001), at work";

/// A key that opens nothing.
const WRONG: &str = "00112233445566778899AABBCCDDEEFF";

/// The page of applets of the card on show.
pub(crate) fn applets(window: &Program) {
    window.tree.find("list item", "Java card, Practice card");
    press(&window.tree, "Show Applets");
    window.tree.find_part("list item", "Secure channel closed");
}

/// Presses the button when it is live.
pub(crate) fn press(place: &Node, name: &str) {
    let button = place.find("button", name);
    button.wait_until("live", Node::is_sensitive);
    button.click();
}

pub(crate) fn open_with_test_keys(window: &Program) {
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    dialog.find("radio", "Public test keys");
    dialog.find_part("status", "Check value ");
    named(&dialog);
    window.picture(KEYS, "applets-keys");
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
}

/// Nothing is without a name.
pub(crate) fn named(place: &Node) {
    let mut nameless = place.nameless();
    // AdwComboRow shows what is chosen as an item without a name, with the words in it.
    let chosen = [
        "triple DES (SCP01, SCP02)",
        "commands protected from changes",
        "None",
    ];
    let chosen = chosen.map(|words| format!(r#"list item "" at {words}"#));
    nameless.retain(|found| !chosen.contains(found));
    assert!(nameless.is_empty(), "{nameless:#?}");
}

#[test]
fn a_package_is_loaded_and_deleted() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    named(&window.tree);
    window.picture("Symbolon", "applets-closed");
    open_with_test_keys(&window);
    window
        .tree
        .find_part("list item", "Card manager, Ready from the factory");
    named(&window.tree);
    window.picture("Symbolon", "applets-open");
    load(&window);
    window
        .tree
        .find_part("list item", "MUSCLE applet, Selectable, A00000000101");
    named(&window.tree);
    window.picture("Symbolon", "applets-loaded");
    delete(&window);
    window
        .tree
        .gone_part("list item", "MUSCLE applet, Selectable, A00000000101");
}

/// A package like the MUSCLE applet is opened in the wizard.
fn open_file(window: &Program) -> Node {
    let file = window.home().join("CardEdgeCflex.cap");
    fs::write(&file, Made::muscle().archive()).unwrap();
    let row = window.tree.find("list item", "Load a package…");
    window.point("Symbolon", &row);
    window.choose("Open a CAP file", &file);
    let wizard = window.tree.find("window", WIZARD);
    wizard.find("label", "CardEdgeCflex.cap");
    wizard
}

/// It is loaded.
pub(crate) fn load(window: &Program) {
    let wizard = open_file(window);
    wizard.find_part("list item", "It needs ");
    named(&wizard);
    window.picture(WIZARD, "applets-file");
    press(&wizard, "Load…");
    wizard.find_part("list item", "2. ");
    named(&wizard);
    window.picture(WIZARD, "applets-plan");
    press(&wizard, "Load");
    wizard.find("status", LOADED);
    named(&wizard);
    window.picture(WIZARD, "applets-done");
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

/// The package goes again, with what was made of it.
fn delete(window: &Program) {
    press(&window.tree, "More actions for MUSCLE package (A000000001)");
    press(
        &window.tree,
        "Delete MUSCLE package (A000000001) with its applets…",
    );
    let wizard = window.tree.find("window", WIZARD);
    wizard.find_part("list item", "1. ");
    wizard.find("label", "The data of the applet goes with it.");
    wizard.find("label", "Step 1 of 2");
    window.picture(WIZARD, "applets-delete");
    press(&wizard, "Delete");
    wizard.find_part("status", "is not on the card any more");
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

#[test]
fn a_card_that_is_pulled_while_a_package_is_loaded_goes_on_where_it_was() {
    let window = Program::practising("java-slow", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    let wizard = open_file(&window);
    // Over the wizard; what is not under the mouse is pressed through the bus.
    let cards = practice_cards(&window);
    wizard.find("label", "Step 1 of 3");
    press(&wizard, "Load…");
    press(&wizard, "Dry Run");
    wizard.find("status", "Nothing was written");
    press(&wizard, "Back to the Plan");
    press(&wizard, "Load");
    wizard.find_part("list item", LOADING);
    cards.find_part("button", "Pull, ").click();
    wizard.find("alert", "The token was removed");
    named(&wizard);
    window.picture(WIZARD, "applets-pulled");
    assert!(!wizard.find("button", "Continue").is_sensitive());
    cards.find_part("button", "Put Back, ").click();
    wizard.find("status", "The token is back");
    press(&wizard, "Continue");
    wizard.find("status", LOADED);
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

#[test]
fn a_change_that_was_stopped_is_gone_on_with_after_its_keys_were_asked_for() {
    let window = Program::practising("java-slow", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    let wizard = open_file(&window);
    press(&wizard, "Load…");
    press(&wizard, "Load");
    wizard.find_part("list item", LOADING);
    // Whoever closes the window is asked first.
    wizard.find("button", "Stop After This Step");
    window.press(&["Escape"]);
    let question = window.tree.find("dialog", "Stop after this step?");
    question
        .find("button", "Stop After This Step Stop After This Step")
        .click();
    wizard.find_part("alert", "Stopped before step");
    press(&wizard, "Close");
    window.tree.gone("window", WIZARD);

    // With the card its keys are gone.
    let cards = practice_cards(&window);
    cards.find_part("button", "Pull, ").click();
    cards.find_part("button", "Put Back, ").click();
    cards.find("button", "Close").click();
    window.press(&["ctrl+1"]);
    window
        .tree
        .find_part("label", "The change of the card stopped at step");
    window.picture("Symbolon", "applets-stopped");
    press(&window.tree, "Continue…");
    let wizard = window.tree.find("window", WIZARD);
    wizard.find("alert", "The card manager is closed");
    named(&wizard);
    window.picture(WIZARD, "applets-keys-wanted");
    press(&wizard, "Open Card Manager…");
    let dialog = window.tree.find("window", KEYS);
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    press(&wizard, "Continue");
    wizard.find("status", LOADED);
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

#[test]
fn wrong_keys_are_remembered_and_want_an_explicit_word() {
    let window = Program::practising("java-gp211", Look::WIDE.dark());
    applets(&window);
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    window.point(KEYS, &dialog.find("radio", "Typed here"));
    let open = dialog.find("button", "Open");
    open.wait_until("dead", |open| !open.is_sensitive());
    dialog
        .find("text box", "Key, or key for encryption (ENC)")
        .set_text(WRONG);
    dialog.find_part("status", "Check value ");
    named(&dialog);
    window.picture(KEYS, "applets-typed");
    press(&dialog, "Open");
    dialog.find("alert", "These are not the keys of this card");
    dialog.find(
        "status",
        "1 failed try of usually 10 is remembered for this card",
    );
    open.wait_until("dead", |open| !open.is_sensitive());
    window.picture(KEYS, "applets-wrong");
    window.point(KEYS, &dialog.find("radio", "Public test keys"));
    open.wait_until("dead still", |open| !open.is_sensitive());
    let again = dialog.find("checkbox", "Try once more all the same");
    window.point(KEYS, &again);
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
    window.picture("Symbolon", "applets-open-dark");
}

/// What is typed for the first set-up of the applet, field by field.
const SECRETS: [(&str, &str); 9] = [
    ("Transport PIN of the applet", "Muscle00"),
    ("New SO-PIN", "24681357"),
    ("Repeat new SO-PIN", "24681357"),
    ("New PUK of “SO-PIN”", "11223344"),
    ("New PUK of “SO-PIN”, repeated", "11223344"),
    ("New PIN", "13572468"),
    ("Repeat new PIN", "13572468"),
    ("New PUK of “User PIN”", "55667788"),
    ("New PUK of “User PIN”, repeated", "55667788"),
];

/// The way of the HOWTO (1 and 2) on the card that it was written for.
#[test]
fn the_card_of_the_howto_becomes_a_token() {
    let window = Program::practising("java-cyberflex", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    load(&window);
    window.press(&["ctrl+1"]);
    press(&window.tree, "Set Up…");
    let title = "Set up token";
    let wizard = window.tree.find("window", title);
    press(&wizard, "Next");
    wizard
        .find("text box", "Name of the token")
        .set_text("VPN Thomas Mustermann");
    press(&wizard, "Next");
    wizard.find("text box", SECRETS[0].0);
    window.picture(title, "applets-secrets");
    for (name, secret) in SECRETS {
        wizard.find("text box", name).set_text(secret);
    }
    press(&wizard, "Next");
    wizard.find_part("list item", "Set the MUSCLE applet up with new PINs");
    window.picture(title, "applets-setup");
    press(&wizard, "Set Up");
    wizard.find("status", "VPN Thomas Mustermann is ready");
    press(&wizard, "Done");
    window.tree.gone("window", title);
    window.tree.find_part("list item", "VPN Thomas Mustermann");
    window.press(&["ctrl+3"]);
    window.tree.find_part("list item", "RSA 2048");
    window.picture("Symbolon", "applets-token");
}
