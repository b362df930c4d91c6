//! A Java card: its card manager is opened, a package is loaded, what was made of it is deleted.

use std::fs;
use std::path::Path;
use std::process::Command;

use symbolon::simulator::{Chip, Muscle, MuscleBuild};

use crate::card_file::Made;
use crate::driver::{Look, Node, Program};
use crate::served::ServedCard;
use crate::setup::practice_cards;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::support::process::finish;

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
    window.tree.find_part("list item", "Java card, ");
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
        "AES (SCP03)",
        "commands protected from changes",
        "None",
        "RSA 2048",
        "Everybody",
        "PIN",
        "SO-PIN",
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

/// The same package is loaded where it is already: the old one is deleted before.
pub(crate) fn load_again(window: &Program) {
    let wizard = open_file(window);
    let line = wizard.find_part("list item", "It is deleted before");
    let name = line.name();
    assert!(name.starts_with("To be careful with: "), "{name}");
    window.picture(WIZARD, "applets-again");
    press(&wizard, "Load…");
    wizard.find_part("list item", "1. Delete ");
    window.picture(WIZARD, "applets-again-plan");
    press(&wizard, "Delete and Load");
    wizard.find("status", LOADED);
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
    // A file in their place: nothing of what was made stays where others are typed.
    let file = window.home().join("others.keys");
    fs::write(&file, "404142434445464748494A4B4C4D4E4F").unwrap();
    press(&dialog, "Choose a file with keys…");
    window.choose("Open a file with keys", &file);
    dialog.find("status", "Check value 8BAF47");
    window.point(NEW_KEYS, &dialog.find("radio", "Typed here"));
    let field = dialog.find("text box", "Key, or key for encryption (ENC)");
    assert_eq!(field.text(), "");
    dialog.find("status", "The new keys take the place of the old ones at once: from then on the old ones do not open the card.");
    field.set_text(NEW);
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

/// The title of the wizard for the token.
const SET_UP: &str = "Set up token";

/// What the token is called.
const NAME: &str = "VPN Thomas Mustermann";

/// The way of the HOWTO (1 and 2) on the card that it was written for: from an empty developer card to a
/// token with PINs, two keys and a certificate.
#[test]
fn the_card_of_the_howto_becomes_a_token() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("java-cyberflex", slot);
    let socket = slot.socket.as_os_str();
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket)]);
    applets(&window);
    open_with_test_keys(&window);
    load(&window);
    // Once more: what is there goes before.
    load_again(&window);
    window.press(&["ctrl+1"]);
    press(&window.tree, "Set Up…");
    let wizard = window.tree.find("window", SET_UP);
    press(&wizard, "Next");
    wizard.find("text box", "Name of the token").set_text(NAME);
    decide(&window, &wizard);
    press(&wizard, "Next");
    type_secrets(&window, &wizard);
    press(&wizard, "Next");
    let first = "Set the MUSCLE applet up with new PINs";
    let line = wizard.find_part("list item", first).name();
    let numbers = "2 of the PIN, 3 of its PUK, 6 of the SO-PIN, 7 of its PUK. 6256 bytes";
    assert!(line.contains(numbers), "{line}");
    named(&wizard);
    window.picture(SET_UP, "applets-setup");
    press(&wizard, "Set Up");
    ready(&window, &wizard);
    window.tree.find_part("list item", NAME);

    // A smaller key beside it, and a certificate for that one.
    let profile = window.home().join("second.toml");
    fs::write(&profile, SECOND_KEY).unwrap();
    let wizard = set_up_again(&window);
    press(&wizard, "Open a profile…");
    window.choose("Open a profile", &profile);
    change(&window, &wizard, "Generate RSA 1024: Mail (decrypt)");
    window.press(&["ctrl+3"]);
    window.tree.find_part("list item", "RSA 2048");
    let certificate = window.home().join("thomas.pem");
    certify(&window, "RSA 1024", &certificate);
    let wizard = set_up_again(&window);
    press(&wizard, "Open a key file…");
    window.choose("Open a key file", &certificate);
    wizard.find("label", "thomas.pem");
    press(&wizard, "Next");
    let name = wizard.find("text box", "Name of the certificate");
    name.set_text("Mail certificate");
    change(
        &window,
        &wizard,
        "Store the certificate “Mail certificate” (ID 46)",
    );
    window.press(&["ctrl+3"]);
    window
        .tree
        .gone_part("list item", "No certificate, RSA 1024");
    let with = row(&window, "RSA 1024").name();
    let without = row(&window, "RSA 2048").name();
    assert!(without.contains("No certificate"), "{without}");
    assert!(with.contains("Thomas Mustermann"), "{with}");
    named(&window.tree);
    window.picture("Symbolon", "applets-token");
    // What another program finds.
    let mut opensc = slot.tool("pkcs15-tool", "opensc");
    opensc.args(["--reader", &slot.reader, "--dump"]);
    let dump = finish(&mut opensc, "").succeeded();
    for wanted in [
        NAME,
        "PIN [User PIN]",
        "ModLength      : 1024",
        "ModLength      : 2048",
        "X.509 Certificate [Mail certificate]",
    ] {
        assert!(dump.contains(wanted), "{wanted} in {dump}");
    }
    tries(&window);
}

/// The first set-up as a form: other numbers than the guides give.
fn decide(window: &Program, wizard: &Node) {
    window.resize(SET_UP, 640, 940);
    let whole = "Applet, Tries, memory and rules as in the guides";
    window.point(SET_UP, &wizard.find("list item", whole));
    let spin = |name: &str| wizard.find("spin button", name);
    // Two wrong ones in place of five.
    spin("Tries of the PIN").set_text("2");
    let changed = "Applet, Tries, memory and rules, other ones than in the guides";
    wizard.find("list item", changed);
    for (name, value) in [
        ("Tries of its PUK", "3"),
        ("Tries of the SO-PIN", "6"),
        ("Tries of the PUK of the SO-PIN", "7"),
        ("Memory for objects, in bytes", "6256"),
    ] {
        spin(name).set_text(value);
    }
    named(wizard);
    window.picture(SET_UP, "applets-form");
}

/// What everybody knows is not taken, and a PUK is not its PIN.
fn type_secrets(window: &Program, wizard: &Node) {
    let field = |name: &str, secret: &str| wizard.find("text box", name).set_text(secret);
    for (name, secret) in SECRETS {
        field(name, secret);
    }
    let next = wizard.find("button", "Next");
    next.wait_until("live", Node::is_sensitive);
    for (name, repeat, refused, words, right) in [
        (
            "New PIN",
            "Repeat new PIN",
            "00000000",
            "Not a PIN that everybody knows",
            "13572468",
        ),
        (
            "New SO-PIN",
            "Repeat new SO-PIN",
            "Muscle00",
            "Not a PIN that everybody knows",
            "24681357",
        ),
        (
            "New PUK of “User PIN”",
            "New PUK of “User PIN”, repeated",
            "13572468",
            "Differs from its PIN",
            "55667788",
        ),
    ] {
        field(name, refused);
        field(repeat, refused);
        next.wait_until("dead", |next| !next.is_sensitive());
        wizard.find("label", &format!("{words}, not yet fulfilled"));
        if name == "New PIN" {
            window.picture(SET_UP, "applets-secrets");
        }
        field(name, right);
        field(repeat, right);
        next.wait_until("live again", Node::is_sensitive);
    }
}

const SECOND_KEY: &str = r#"
name = "Second key"
[[key]]
label = "Mail"
size = 1024
use = "decrypt"
"#;

/// The wizard for the token, which is reached by its menu.
fn set_up_again(window: &Program) -> Node {
    window.tree.find("button", "Token menu").click();
    window.tree.find("menu item", "Set Up…").click();
    let wizard = window.tree.find("window", SET_UP);
    wizard.find("radio", "Erase only");
    // Nothing on the applet gets another name.
    wizard.find("radio", "Delete");
    wizard
}

/// From what was opened to the end of the plan, in which `step` stands.
fn change(window: &Program, wizard: &Node, step: &str) {
    press(wizard, "Next");
    wizard.find("text box", "Current PIN").set_text("13572468");
    press(wizard, "Next");
    wizard.find_part("list item", step);
    press(wizard, "Change Token");
    ready(window, wizard);
}

fn ready(window: &Program, wizard: &Node) {
    wizard.find("status", &format!("{NAME} is ready"));
    press(wizard, "Done");
    window.tree.gone("window", SET_UP);
}

/// The row of the key of this kind on the page of keys: the overview, which comes before, has one as well.
fn row(window: &Program, kind: &str) -> Node {
    let mut last = None;
    window.tree.walk(&mut |node, _| {
        if node.role() == "list item" && node.name().contains(kind) {
            last = Some(node.clone());
        }
    });
    last.unwrap()
}

/// A certificate for the key of this kind on the page of keys: it never leaves the card.
fn certify(window: &Program, kind: &str, certificate: &Path) {
    window.point("Symbolon", &row(window, kind));
    press(&window.tree, "Copy PEM");
    window.tree.find("status", "PEM copied");
    fs::write(window.home().join("thomas.pub"), window.copied()).unwrap();
    window.press(&["Escape"]);
    let openssl = |arguments: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(window.home()).args(arguments);
        let ended = openssl.output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    let request = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout"];
    let own = [
        "ca.key",
        "-x509",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=Helpdesk CA",
    ];
    openssl(&[&request[..], &own].concat());
    let other = [
        "other.key",
        "-out",
        "thomas.csr",
        "-subj",
        "/CN=Thomas Mustermann",
    ];
    openssl(&[&request[..], &other].concat());
    let sign = [
        "x509",
        "-req",
        "-in",
        "thomas.csr",
        "-force_pubkey",
        "thomas.pub",
    ];
    let by = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "730",
    ];
    let out = ["-out", certificate.to_str().unwrap()];
    openssl(&[&sign[..], &by, &out].concat());
}

/// The card tells no tries: that there are two shows where they end.
fn tries(window: &Program) {
    window.press(&["ctrl+2"]);
    let pin = "PKCS#15 PIN “User PIN”, This card does not tell the tries left";
    window.tree.find("list item", pin);
    window.picture("Symbolon", "applets-pins");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    let submit = |current: &str| {
        for (name, pin) in [
            ("Current PIN", current),
            ("New PIN", "97531864"),
            ("Repeat new PIN", "97531864"),
        ] {
            dialog.find("text box", name).set_text(pin);
        }
        press(&dialog, "Change");
    };
    for wrong in ["11111111", "22222222"] {
        submit(wrong);
        let field = dialog.find("text box", "Current PIN");
        field.wait_until("refused", |field| field.text().is_empty());
        dialog.find_part("alert", "Wrong PIN");
    }
    // Right, but too late: with the five tries of the guides it would still be taken.
    submit("13572468");
    dialog.find_part("alert", "blocked");
    window.picture("Change PIN", "applets-blocked");
}

/// The applet takes no other names, which is said before anybody types one.
#[test]
fn names_on_the_applet_stay_as_they_are() {
    let window = Program::practising("muscle-used", Look::WIDE);
    let wizard = set_up_again(&window);
    // By keyboard, since it is below what is in sight.
    let focused = |name: &str| {
        let radio = wizard.find("radio", name);
        radio.wait_until("focused", Node::is_focused);
    };
    focused("VPN sign-in");
    window.press(&["Down", "Down", "Down", "Down"]);
    focused("Delete");
    press(&wizard, "Next");
    wizard.find_part("button", "Delete Key 45");
    let entry = wizard.look("text box", "Name of the token");
    assert_eq!(entry.map(|entry| entry.name()), None);
    assert!(!wizard.find("button", "Next").is_sensitive());
    named(&wizard);
    window.picture(SET_UP, "applets-tidy");
    wizard.find_part("button", "Delete Certificate 45").click();
    press(&wizard, "Next");
    wizard.find("text box", "Current PIN").set_text("13572468");
    press(&wizard, "Next");
    wizard.find_part("list item", "Delete the certificate 45");
}

/// JCOP21 2.3.1 with T=1 (sheet "muscle", 1).
const JCOP: &[u8] = &[
    0x3B, 0xFA, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x32, 0x31, 0x56,
    0x32, 0x33, 0x31, 0x91,
];

/// Builds before 2010 want characters of two kinds (sheet "muscle", 3), and say so only when they are set up.
#[test]
fn new_pins_that_the_applet_refuses_are_thought_of_anew() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let applet = Muscle::blank(MuscleBuild::jcop().with_pin_policy());
    let card = Chip::new(JCOP).without_chaining().with(applet);
    let _card = ServedCard::new(card, slot);
    let socket = slot.socket.as_os_str();
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket)]);
    press(&window.tree, "Set Up…");
    let wizard = window.tree.find("window", SET_UP);
    press(&wizard, "Next");
    wizard.find("text box", "Name of the token").set_text(NAME);
    press(&wizard, "Next");
    for (name, secret) in SECRETS {
        wizard.find("text box", name).set_text(secret);
    }
    press(&wizard, "Next");
    press(&wizard, "Set Up");
    // Back where they are typed, and nothing of them is sent again.
    wizard.find("alert", "The applet does not take these PINs");
    window.picture(SET_UP, "applets-refused");
    let go_on = wizard.find("button", "Continue");
    assert!(!go_on.is_sensitive());
    let transport = wizard.look("text box", SECRETS[0].0);
    assert_eq!(transport.map(|field| field.name()), None);
    // Two are shown by names of their own.
    wizard.find("button", "Show New PUK of “SO-PIN”, repeated");
    wizard.find("button", "Show New PUK of “User PIN”, repeated");
    for (name, secret) in &SECRETS[1..] {
        let field = wizard.find("text box", name);
        assert_eq!(field.text(), "");
        field.set_text(&format!("Ab{}", &secret[2..]));
    }
    press(&wizard, "Continue");
    ready(&window, &wizard);
    window.tree.find_part("list item", NAME);
}
