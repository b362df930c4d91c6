//! A Java card: its card manager is opened, a package is loaded, what was made of it is deleted.

use std::fs;

use crate::card_file::Made;
use crate::driver::{Look, Node, Program};

/// The dialog for the keys.
const KEYS: &str = "Open the card manager";

/// The wizard.
const WIZARD: &str = "Change the card";

/// A key that opens nothing.
const WRONG: &str = "00112233445566778899AABBCCDDEEFF";

/// The page of applets of the card on show.
fn applets(window: &Program) {
    window.tree.find("list item", "Java card, Practice card");
    press(&window.tree, "Show Applets");
    window.tree.find_part("list item", "Secure channel closed");
}

/// Presses the button when it is live.
fn press(place: &Node, name: &str) {
    let button = place.find("button", name);
    button.wait_until("live", Node::is_sensitive);
    button.click();
}

fn open_with_test_keys(window: &Program) {
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    dialog.find("radio", "Public test keys");
    dialog.find("status", "Check value 8BAF47");
    named(&dialog);
    window.picture(KEYS, "applets-keys");
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
}

/// Nothing is without a name.
fn named(place: &Node) {
    let mut nameless = place.nameless();
    // AdwComboRow shows what is chosen as an item without a name, with the words in it.
    let chosen = [
        "triple DES (SCP01, SCP02)",
        "commands protected from changes",
        "None",
        "None that is named",
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

/// A package like the MUSCLE applet is loaded from a file.
fn load(window: &Program) {
    let file = window.home().join("CardEdgeCflex.cap");
    fs::write(&file, Made::muscle().archive()).unwrap();
    let row = window.tree.find("list item", "Load a package…");
    window.point("Symbolon", &row);
    window.choose("Open a CAP file", &file);
    let wizard = window.tree.find("window", WIZARD);
    wizard.find("label", "CardEdgeCflex.cap");
    wizard.find_part("list item", "It needs ");
    named(&wizard);
    window.picture(WIZARD, "applets-file");
    press(&wizard, "Load…");
    wizard.find_part("list item", "2. ");
    named(&wizard);
    window.picture(WIZARD, "applets-plan");
    press(&wizard, "Load");
    wizard.find(
        "status",
        "MUSCLE applet (A00000000101) is on the card and can be selected",
    );
    named(&wizard);
    window.picture(WIZARD, "applets-done");
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

/// The package goes again, with what was made of it.
fn delete(window: &Program) {
    press(&window.tree, "More actions for MUSCLE package");
    press(&window.tree, "Delete with Its Applets… MUSCLE package");
    let wizard = window.tree.find("window", WIZARD);
    wizard.find_part("list item", "1. ");
    window.picture(WIZARD, "applets-delete");
    press(&wizard, "Delete");
    wizard.find_part("status", "is not on the card any more");
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
    window.press(&["alt+s"]);
    let shown = "Hide Key, or key for encryption (ENC)";
    dialog.find("button", shown);
    window.press(&["alt+s"]);
    dialog.gone("button", shown);
    named(&dialog);
    window.picture(KEYS, "applets-typed");
    no_number(&window, &dialog);
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

/// The dialog for new keys.
const NEW_KEYS: &str = "New keys of the card manager";

/// The key that the card gets, three times.
const NEW: &str = "505152535455565758595A5B5C5D5E5F";

#[test]
fn new_keys_open_the_card_and_the_old_ones_are_refused() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    change_keys(&window);
    window.tree.find_part("list item", "keys of version 1");
    named(&window.tree);
    window.picture("Symbolon", "applets-new-keys-open");
    press(&window.tree, "Forget the keys");
    window.tree.find_part("list item", "Secure channel closed");
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    // The card has keys of its owner: those that everybody knows want an explicit word.
    let open = dialog.find("button", "Open");
    window.point(KEYS, &dialog.find("radio", "Public test keys"));
    dialog.find("status", "Check value 8BAF47");
    open.wait_until("dead", |open| !open.is_sensitive());
    window.picture(KEYS, "applets-against");
    let against = "Try the public test keys all the same";
    window.point(KEYS, &dialog.find("checkbox", against));
    press(&dialog, "Open");
    dialog.find("alert", "These are not the keys of this card");
    window.point(KEYS, &dialog.find("radio", "Typed here"));
    dialog
        .find("text box", "Key, or key for encryption (ENC)")
        .set_text(NEW);
    dialog.gone("alert", "These are not the keys of this card");
    let again = dialog.find("checkbox", "Try once more all the same");
    window.point(KEYS, &again);
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
}

/// The card manager gets other keys, which open it from then on.
fn change_keys(window: &Program) {
    press(&window.tree, "Change Keys…");
    let dialog = window.tree.find("window", NEW_KEYS);
    let next = dialog.find("button", "Next");
    // Those that are made here can be read, and have to be kept.
    window.point(NEW_KEYS, &dialog.find("radio", "Made here at random"));
    dialog.find_part("status", "Check values: ENC ");
    next.wait_until("dead", |next| !next.is_sensitive());
    named(&dialog);
    window.picture(NEW_KEYS, "applets-new-keys-random");
    window.point(NEW_KEYS, &dialog.find("radio", "Typed here"));
    dialog
        .find("text box", "Key, or key for encryption (ENC)")
        .set_text(NEW);
    dialog.find_part("status", "Check value ");
    next.wait_until("dead", |next| !next.is_sensitive());
    named(&dialog);
    window.picture(NEW_KEYS, "applets-new-keys");
    let safe = dialog.find("checkbox", "I have them in a safe place");
    safe.wait_until("live", Node::is_sensitive);
    window.resize(NEW_KEYS, 520, 980);
    window.point(NEW_KEYS, &safe);
    press(&dialog, "Next");
    window.tree.gone("window", NEW_KEYS);
    let wizard = window.tree.find("window", WIZARD);
    wizard.find_part("list item", "Put new keys on the card manager, version 1");
    wizard.find("alert", "Keep the new keys");
    named(&wizard);
    window.picture(WIZARD, "applets-new-keys-plan");
    press(&wizard, "Change Keys");
    wizard.find("status", "The card manager has new keys");
    press(&wizard, "Done");
    window.tree.gone("window", WIZARD);
}

/// What is wrong with what is rarely changed is said, and nothing is sent.
fn no_number(window: &Program, dialog: &Node) {
    window.resize(KEYS, 520, 980);
    let advanced = dialog.find("list item", "Advanced, Set to what the card told");
    window.point(KEYS, &advanced);
    let version = dialog.find("text box", "Key version");
    version.set_text("first");
    let words = "Something under “Advanced” is no number";
    dialog.find("alert", words);
    let open = dialog.find("button", "Open");
    open.wait_until("dead", |open| !open.is_sensitive());
    window.picture(KEYS, "applets-no-number");
    version.set_text("0");
    dialog.gone("alert", words);
    open.wait_until("live", Node::is_sensitive);
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
