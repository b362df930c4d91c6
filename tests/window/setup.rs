//! A token is set up, from the first click to the result.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::driver::{Look, Node, Program, wait};
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::support::process::Daemon;

const SYMBOLONCTL: &str = env!("CARGO_BIN_EXE_symbolonctl");

/// The line of the blank card.
const BLANK: &str = "Blank CardOS token, CardOS M4.2B · Practice card";

/// The title of the wizard in the looks in which it is photographed.
const TITLE: &str = "Set up token";

/// What is typed, by the names of the fields.
const SECRETS: [(&str, &str); 6] = [
    ("New SO-PIN", "97531864"),
    ("Repeat new SO-PIN", "97531864"),
    ("New PIN", "24681357"),
    ("Repeat new PIN", "24681357"),
    ("New PUK", "86427531"),
    ("Repeat new PUK", "86427531"),
];

/// The wizard for the blank card on show.
fn wizard(window: &Program) -> Node {
    window.tree.find("button", "Set Up…").click();
    let wizard = window.tree.find("window", TITLE);
    wizard.find("radio", "VPN sign-in");
    wizard
}

/// Presses the button when it is live.
fn press(wizard: &Node, name: &str) {
    let button = wizard.find("button", name);
    button.wait_until("live", Node::is_sensitive);
    button.click();
}

/// From the first page to the secrets.
fn name_it(wizard: &Node, name: &str) {
    press(wizard, "Next");
    wizard.find("text box", "Name of the token").set_text(name);
    press(wizard, "Next");
}

/// From the secrets to the plan.
fn type_secrets(wizard: &Node) {
    for (name, secret) in SECRETS {
        wizard.find("text box", name).set_text(secret);
    }
    press(wizard, "Next");
}

/// The window in which practice cards are pulled and put back.
pub(crate) fn practice_cards(window: &Program) -> Node {
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "Practice Cards…").click();
    window.tree.find("window", "Practice cards")
}

/// No page leaves anything without a name.
fn all_named(wizard: &Node) {
    let mut nameless = wizard.nameless();
    // AdwComboRow shows what is chosen as an item without a name, with the words in it.
    let chosen = ["RSA 2048", "decrypt"].map(|words| format!(r#"list item "" at {words}"#));
    nameless.retain(|found| !chosen.contains(found));
    assert!(nameless.is_empty(), "{nameless:#?}");
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
fn a_blank_token_is_set_up_though_it_is_pulled_on_the_way() {
    let log = [("SYMBOLON_LOG", OsStr::new("trace"))];
    let arguments = ["--no-readers", "--practice=cardos-slow"];
    let window = Program::start(&arguments, Look::WIDE, &log);
    window.tree.find("list item", BLANK);
    window.picture("Symbolon", "setup-blank");
    let cards = practice_cards(&window);
    let wizard = wizard(&window);
    wizard.find("label", "Step 1 of 5");
    all_named(&wizard);
    window.picture(TITLE, "setup-choose");
    press(&wizard, "Next");
    let name = wizard.find("text box", "Name of the token");
    assert!(!wizard.find("button", "Next").is_sensitive());
    all_named(&wizard);
    name.set_text("VPN Anna Rossi");
    window.picture(TITLE, "setup-details");
    press(&wizard, "Next");
    wizard.find("label", "New SO-PIN");
    all_named(&wizard);
    window.picture(TITLE, "setup-secrets");
    type_secrets(&wizard);
    wizard.find_part("list item", "Generate RSA 2048");
    all_named(&wizard);
    window.picture(TITLE, "setup-plan");
    press(&wizard, "Set Up");
    // In the middle of the longest step.
    let generates = "Generate RSA 2048: Signature key (sign and sign in), at work";
    wizard.find_part("list item", generates);
    all_named(&wizard);
    cards.find_part("button", "Pull, ").click();
    wizard.find("alert", "The token was removed");
    all_named(&wizard);
    window.picture(TITLE, "setup-pulled");
    assert!(!wizard.find("button", "Continue").is_sensitive());
    cards.find_part("button", "Put Back, ").click();
    wizard.find("status", "The token is back");
    window.picture(TITLE, "setup-back");
    // Nothing has to be typed twice.
    press(&wizard, "Continue");
    wizard.find("status", "VPN Anna Rossi is ready");
    wizard.find("label", "Promised 3, found 3");
    all_named(&wizard);
    window.picture(TITLE, "setup-ready");
    press(&wizard, "Done");
    window.tree.gone("window", TITLE);
    cards.find("button", "Close").click();

    window.tree.find_part("list item", "VPN Anna Rossi");
    window.press(&["ctrl+1", "ctrl+2", "ctrl+3"]);
    window.tree.find_part("list item", "SO-PIN");
    window.tree.find_part(
        "list item",
        "Key 1, No certificate, RSA 2048 · made on the card",
    );
    window.press(&["ctrl+2"]);
    window.picture("Symbolon", "setup-pins");
    assert!(
        window
            .tree
            .look_for_part("label", "Set-up stopped")
            .is_none()
    );

    let (heard, log) = (everything(&window.tree), window.log());
    assert!(log.contains("SetupWizard"), "the log says nothing of it");
    for (_, secret) in SECRETS {
        assert!(!heard.contains(secret), "a PIN on the accessibility bus");
        assert!(!log.contains(secret), "a PIN in the log");
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let window = Program::practising("cardos-blank", Look::WIDE);
    window.tree.find("list item", BLANK);
    let wizard = wizard(&window);
    name_it(&wizard, "VPN Anna Rossi");
    type_secrets(&wizard);
    press(&wizard, "Dry Run");
    wizard.find("status", "Nothing was written");
    wizard.find(
        "label",
        "All 3 steps would work on this token as it is now.",
    );
    all_named(&wizard);
    window.picture(TITLE, "setup-dry-run");
    press(&wizard, "Back to the Plan");
    wizard.find("button", "Set Up");
    window.press(&["Escape"]);
    window.tree.gone("window", TITLE);
    window.tree.find("list item", BLANK);
}

#[test]
fn a_wrong_repetition_and_a_short_pin_keep_the_button_dead() {
    let window = Program::practising("cardos-blank", Look::WIDE);
    window.tree.find("list item", BLANK);
    let wizard = wizard(&window);
    name_it(&wizard, "VPN Anna Rossi");
    let field = |name: &str, text: &str| wizard.find("text box", name).set_text(text);
    for (name, secret) in SECRETS {
        field(name, secret);
    }
    let next = wizard.find("button", "Next");
    next.wait_until("live", Node::is_sensitive);
    field("Repeat new PUK", "86427532");
    next.wait_until("dead", |next| !next.is_sensitive());
    field("Repeat new PUK", "86427531");
    next.wait_until("live again", Node::is_sensitive);
    field("New PIN", "246");
    field("Repeat new PIN", "246");
    next.wait_until("dead again", |next| !next.is_sensitive());
    wizard.find("label", "4 to 8 characters, not yet fulfilled");
}

#[test]
fn a_token_is_set_up_by_keyboard_alone() {
    let window = Program::practising("cardos-blank", Look::NARROW);
    window.tree.find("list item", BLANK);
    window.press(&["ctrl+n"]);
    let wizard = window.tree.find("window", TITLE);
    let focused = |role: &str, name: &str| {
        wizard
            .find(role, name)
            .wait_until("focused", Node::is_focused);
    };
    focused("radio", "VPN sign-in");
    window.press(&["Down", "Down"]);
    focused("radio", "SSH");
    window.press(&["Tab", "Tab"]);
    focused("button", "Next");
    window.press(&["Return"]);
    let name = wizard.find("text box", "Name of the token");
    window.typed("Anna");
    name.wait_until("filled", |name| name.text() == "Anna");
    window.press(&["Return"]);
    wizard.find("text box", SECRETS[0].0);
    // Enter goes on to the next field, and from the last one to the next page.
    for (_, secret) in SECRETS {
        window.typed(secret);
        window.press(&["Return"]);
    }
    focused("button", "Set Up");
    window.press(&["Return"]);
    wizard.find("status", "Anna is ready");
    focused("button", "Done");
    window.press(&["Return"]);
    window.tree.gone("window", TITLE);
}

#[test]
fn a_set_up_that_was_stopped_is_gone_on_with_or_given_up() {
    let window = Program::practising("cardos-slow", Look::WIDE);
    window.tree.find("list item", BLANK);
    let wizard = wizard(&window);
    // GTK 4.8 lets nobody press these through the bus.
    window.point(TITLE, &wizard.find("radio", "Mail and signatures"));
    name_it(&wizard, "Anna Rossi");
    type_secrets(&wizard);
    press(&wizard, "Set Up");
    wizard.find_part(
        "list item",
        "Generate RSA 2048: Signature key (sign and sign in), at work",
    );
    // Whoever closes the window is asked first.
    window.press(&["Escape"]);
    let question = window.tree.find("dialog", "Stop after this step?");
    question
        .find("button", "Stop After This Step Stop After This Step")
        .click();
    wizard.find("alert", "Stopped before step 4 of 4");
    press(&wizard, "Close");
    window.tree.gone("window", TITLE);

    // The token says so, and what is done is shown before anything is asked.
    window.tree.find("label", "Set-up stopped at step 4 of 4");
    window.picture("Symbolon", "setup-stopped");
    window.tree.find_part("button", "Continue…").click();
    let wizard = window.tree.find("window", TITLE);
    wizard.find(
        "list item",
        "3. Generate RSA 2048: Signature key (sign and sign in), Already done, done",
    );
    all_named(&wizard);
    window.picture(TITLE, "setup-plan-resumed");
    press(&wizard, "Continue");
    // What was typed is gone with the window.
    let officer = wizard.find("text box", "Current SO-PIN");
    officer.set_text("97531864");
    let pin = wizard.find("text box", "Current PIN");
    pin.set_text("13572468");
    press(&wizard, "Continue");
    wizard.find("alert", "Wrong PIN");
    window.picture(TITLE, "setup-wrong-pin");
    let pin = wizard.find("text box", "Current PIN");
    pin.set_text("24681357");
    press(&wizard, "Continue");
    wizard.find_part(
        "list item",
        "Generate RSA 2048: Encryption key (decrypt), at work",
    );
    press(&wizard, "Stop After This Step");
    wizard.find("status", "Anna Rossi is ready");
    press(&wizard, "Done");
    window.tree.gone("label", "Set-up stopped at step 4 of 4");
}

#[test]
fn what_is_not_gone_on_with_is_given_up_in_the_menu() {
    let window = Program::practising("cardos-slow", Look::WIDE);
    window.tree.find("list item", BLANK);
    let wizard = wizard(&window);
    window.point(TITLE, &wizard.find("radio", "All of it"));
    name_it(&wizard, "Anna Rossi");
    type_secrets(&wizard);
    press(&wizard, "Set Up");
    press(&wizard, "Stop After This Step");
    wizard.find_part("alert", "Stopped before step");
    press(&wizard, "Close");
    window.tree.find_part("label", "Set-up stopped at step");
    window.tree.find("button", "Token menu").click();
    window
        .tree
        .find("menu item", "Give Up What Was Begun…")
        .click();
    let question = window.tree.find("dialog", "Give up this set-up?");
    window.picture("Give up this set-up.", "setup-give-up");
    question
        .find("button", "Give Up Set-Up Give Up Set-Up")
        .click();
    window.tree.find("status", "The set-up is given up");
    window.tree.gone_part("label", "Set-up stopped at step");
}

#[test]
fn a_token_with_contents_says_what_it_loses_and_a_wrong_pin_is_asked_for_again() {
    let window = Program::practising("cardos-used", Look::WIDE);
    window.tree.find_part("list item", "VPN Anna Rossi");
    window.tree.find("button", "Token menu").click();
    window.tree.find("menu item", "Set Up…").click();
    let wizard = window.tree.find("window", TITLE);
    wizard.find("label", "The token is erased first");
    wizard.find("radio", "Erase only");
    all_named(&wizard);
    window.picture(TITLE, "setup-choose-used");
    press(&wizard, "Next");
    // It keeps its name.
    let name = wizard.find("text box", "Name of the token");
    assert_eq!(name.text(), "VPN Anna Rossi");
    press(&wizard, "Next");
    // CardOS keeps its counters to itself.
    wizard.find("label", "This card does not tell the tries left");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("11111111");
    wizard.find("text box", "Current PIN").set_text("654321");
    window.picture(TITLE, "setup-secrets-used");
    type_secrets(&wizard);
    wizard.find("list item", "No way back from here on");
    wizard.find_part("list item", "Loses 1 key, 1 certificate");
    let button = wizard.find("button", "Erase and Set Up");
    // What destroys is not one key away.
    wizard
        .find("button", "Dry Run")
        .wait_until("focused", Node::is_focused);
    all_named(&wizard);
    window.picture(TITLE, "setup-plan-used");
    button.click();
    wizard.find_part("alert", "Wrong SO-PIN");
    window.picture(TITLE, "setup-wrong");
    // Nothing of the role is sent again that was not typed again.
    let typed = ["Current SO-PIN", "New SO-PIN", "Repeat new SO-PIN"];
    for (name, secret) in typed.into_iter().zip(["12345678", "97531864", "97531864"]) {
        let field = wizard.find("text box", name);
        assert_eq!(field.text(), "");
        field.set_text(secret);
    }
    press(&wizard, "Continue");
    wizard.find("status", "VPN Anna Rossi is ready");
}

#[test]
fn what_was_begun_elsewhere_meanwhile_is_not_done_over() {
    // Journals of practice cards are each program's own: here the card is in a real service.
    let service = PrivatePcscd::start(1);
    let (slot, folder) = (service.slot(0), tempfile::tempdir().unwrap());
    let mut serve = Command::new(SYMBOLONCTL);
    let port = slot.port.to_string();
    serve.args(["practice", "serve", "cardos-used", "--port", &port]);
    let _card = Daemon::spawn(&mut serve, &folder.path().join("card.log"));
    wait("the card", || slot.holds_card().then_some(()));
    let socket = slot.socket.as_os_str();
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket)]);
    window.tree.find_part("list item", "VPN Anna Rossi");
    window.tree.find("button", "Token menu").click();
    window.tree.find("menu item", "Set Up…").click();
    let wizard = window.tree.find("window", TITLE);
    name_it(&wizard, "Anna Rossi");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("12345678");
    wizard.find("text box", "Current PIN").set_text("654321");
    type_secrets(&wizard);
    wizard.find("button", "Erase and Set Up");

    // A colleague of the shell breaks off at the first step, on the same token.
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/data/profiles/secure.toml");
    let mut command = window.neighbour(SYMBOLONCTL);
    command
        .env(SOCKET_VARIABLE, socket)
        .args(["plan", "run", profile])
        .args(["--yes", "--pin-fd=0"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut colleague = command.spawn().unwrap();
    let mut input = colleague.stdin.take().unwrap();
    input.write_all(b"11111111\n").unwrap();
    drop(input);
    let colleague = colleague.wait_with_output().unwrap();
    let complaint = String::from_utf8(colleague.stderr).unwrap();
    assert!(complaint.contains("Wrong"), "{complaint}");

    press(&wizard, "Erase and Set Up");
    wizard.find_part("alert", "Set-up stopped at step 1 of 1");
    // There is nothing of this plan that could be gone on with.
    assert_eq!(wizard.look("button", "Continue").map(|it| it.name()), None);
    press(&wizard, "Close");
    window.tree.gone("window", TITLE);
}

#[test]
fn a_token_that_guards_nothing_is_repaired() {
    let window = Program::practising("cardos-weak", Look::WIDE);
    window
        .tree
        .find_part("list item", "Everybody can replace the PKCS#15 PINs");
    window.tree.find_part("button", "Repair…").click();
    let wizard = window.tree.find("window", TITLE);
    wizard.find("radio", "Repair");
    all_named(&wizard);
    window.picture(TITLE, "setup-choose-repair");
    press(&wizard, "Next");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("12345678");
    press(&wizard, "Next");
    wizard.find_part("list item", "Protect the PINs and keys from being replaced");
    window.picture(TITLE, "setup-plan-repair");
    press(&wizard, "Repair");
    wizard.find_part("status", " is ready");
    press(&wizard, "Done");
    window.tree.gone(
        "list item",
        "Everybody can replace the PKCS#15 PINs. Whoever finds the token can give it new PINs without knowing the old ones, and then use its keys. Repair closes this; keys and PINs stay as they are.",
    );
}

/// A key with its certificate in a file that a password protects.
fn protected_key(file: &Path, password: &str) {
    let openssl = |arguments: &[&str]| {
        let ended = Command::new("openssl").args(arguments).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    let path = |ending: &str| file.with_extension(ending).to_str().unwrap().to_owned();
    let (key, certificate, both) = (path("key"), path("crt"), path("p12"));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=Anna Rossi",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
    let password = format!("pass:{password}");
    openssl(&[
        "pkcs12",
        "-export",
        "-inkey",
        &key,
        "-in",
        &certificate,
        "-passout",
        &password,
        "-out",
        &both,
    ]);
}

#[test]
fn a_key_comes_from_a_protected_file_beside_what_is_there() {
    let window = Program::practising("cardos-used", Look::WIDE);
    let file = window.home().join("mail.p12");
    protected_key(&file, "correct horse");
    let wizard = wizard_for_used(&window);
    wizard.find("button", "Open a key file…").click();
    window.choose("Open a key file", &file);
    for (password, words) in [
        (
            "wrong",
            "The key in it is protected. The password is kept until the wizard closes, and nowhere else.",
        ),
        ("correct horse", "This password does not open the file"),
    ] {
        let question = window.tree.find("dialog", "Password of mail.p12");
        question.find("label", words);
        question.find("text box", "Password").set_text(password);
        window.picture("Password of mail.p12", "setup-password");
        let open = question.find("button", "Open Open");
        open.wait_until("live", Node::is_sensitive);
        open.click();
        question.wait_until("gone", |question| question.role().is_empty());
    }
    wizard
        .find("radio", "From a key file or certificate")
        .wait_until("usable", Node::is_sensitive);
    wizard.find("label", "mail.p12");
    window.picture(TITLE, "setup-choose-key");
    press(&wizard, "Next");
    let name = wizard.find("text box", "Name of the key");
    name.wait_until("filled", |name| name.text() == "mail");
    name.set_text("Mail until 2025");
    all_named(&wizard);
    window.picture(TITLE, "setup-details-key");
    press(&wizard, "Next");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("12345678");
    wizard.find("text box", "Current PIN").set_text("654321");
    press(&wizard, "Next");
    wizard.find_part("list item", "Import RSA 2048: Mail until 2025 (decrypt)");
    window.picture(TITLE, "setup-plan-key");
    press(&wizard, "Change Token");
    wizard.find("status", "VPN Anna Rossi is ready");
    press(&wizard, "Done");
    window.tree.gone("window", TITLE);
    window.press(&["ctrl+3"]);
    window.tree.find_part("list item", "Mail until 2025");
    let heard = everything(&window.tree);
    for secret in ["correct horse", "654321"] {
        assert!(!heard.contains(secret) && !window.log().contains(secret));
    }
}

/// The wizard for the used token on show, which is reached by its menu.
fn wizard_for_used(window: &Program) -> Node {
    window.tree.find_part("list item", "VPN Anna Rossi");
    window.tree.find("button", "Token menu").click();
    window.tree.find("menu item", "Set Up…").click();
    let wizard = window.tree.find("window", TITLE);
    wizard.find("radio", "Erase only");
    wizard
}

#[test]
fn what_is_on_the_token_gets_other_names_or_goes() {
    let window = Program::practising("cardos-used", Look::WIDE);
    let wizard = wizard_for_used(&window);
    // By keyboard, since it is below what is in sight.
    wizard
        .find("radio", "VPN sign-in")
        .wait_until("focused", Node::is_focused);
    window.press(&["Down", "Down", "Down", "Down"]);
    wizard
        .find("radio", "Rename and delete")
        .wait_until("focused", Node::is_focused);
    press(&wizard, "Next");
    wizard.find_part("button", "Delete Key 45");
    let name = wizard.find("text box", "Name of the token");
    assert_eq!(name.text(), "VPN Anna Rossi");
    // Nothing is done yet.
    assert!(!wizard.find("button", "Next").is_sensitive());
    name.set_text("Anna Rossi 2026");
    wizard.find_part("button", "Delete Certificate 45").click();
    all_named(&wizard);
    window.picture(TITLE, "setup-details-tidy");
    press(&wizard, "Next");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("12345678");
    wizard.find("text box", "Current PIN").set_text("654321");
    press(&wizard, "Next");
    wizard.find_part("list item", "Call the token “Anna Rossi 2026”");
    wizard.find_part("list item", "Delete the certificate 45");
    window.picture(TITLE, "setup-plan-tidy");
    press(&wizard, "Change Token");
    wizard.find("status", "Anna Rossi 2026 is ready");
    press(&wizard, "Done");
    window.tree.find_part("list item", "Anna Rossi 2026");
}

#[test]
fn a_certificate_goes_to_its_key_and_to_no_other() {
    let window = Program::practising("cardos-used", Look::WIDE);
    let wizard = wizard_for_used(&window);
    let certificate = |name: &str| {
        let file = format!("{}/data/practice/{name}", env!("CARGO_MANIFEST_DIR"));
        std::path::PathBuf::from(file)
    };
    wizard.find("button", "Open a key file…").click();
    window.choose("Open a key file", &certificate("helpdesk-ca.crt"));
    wizard.find("alert", "This certificate belongs to another key");
    assert!(!wizard.find("button", "Next").is_sensitive());
    window.picture(TITLE, "setup-other-key");
    // It replaces what is there.
    wizard.find("button", "Open a key file…").click();
    window.choose("Open a key file", &certificate("anna-authentication.crt"));
    wizard.find("label", "anna-authentication.crt");
    press(&wizard, "Next");
    wizard
        .find("text box", "Name of the certificate")
        .set_text("VPN 2027");
    all_named(&wizard);
    press(&wizard, "Next");
    wizard
        .find("text box", "Current SO-PIN")
        .set_text("12345678");
    wizard.find("text box", "Current PIN").set_text("654321");
    press(&wizard, "Next");
    wizard.find_part("list item", "Store the certificate “VPN 2027” (ID 45)");
    press(&wizard, "Change Token");
    wizard.find("status", "VPN Anna Rossi is ready");
}

/// Words by which the pictures are taken, in one language.
struct Words {
    open: &'static str,
    title: &'static str,
    next: &'static str,
    set_up: &'static str,
    name: &'static str,
    fields: [&'static str; 4],
    working: &'static str,
    ready: &'static str,
}

const ENGLISH: Words = Words {
    open: "Set Up…",
    title: TITLE,
    next: "Next",
    set_up: "Set Up",
    name: "Name of the token",
    fields: ["New PIN", "Repeat new PIN", "New PUK", "Repeat new PUK"],
    working: ", at work",
    ready: "VPN Anna Rossi is ready",
};

const GERMAN: Words = Words {
    open: "Einrichten…",
    title: "Token einrichten",
    next: "Weiter",
    set_up: "Einrichten",
    name: "Name des Tokens",
    fields: [
        "Neue PIN",
        "Neue PIN wiederholen",
        "Neue PUK",
        "Neue PUK wiederholen",
    ],
    working: ", in Arbeit",
    ready: "VPN Anna Rossi ist bereit",
};

/// Pictures of every page, for the one who looks at them; with type of this size, in points.
fn pages(look: Look, words: &Words, name: &str, type_size: &str) {
    let arguments = ["--no-readers", "--practice=cardos-slow"];
    let window = Program::dressed(&arguments, look, &[], |home, _| {
        let settings = home.join("config/gtk-4.0/settings.ini");
        let text = fs::read_to_string(&settings).unwrap();
        let text = text.replace("Cantarell 11", &format!("Cantarell {type_size}"));
        fs::write(settings, text).unwrap();
    });
    window.tree.find("button", words.open);
    window.press(&["ctrl+n"]);
    let wizard = window.tree.find("window", words.title);
    let picture = |page: &str| window.picture(words.title, &format!("setup-{page}-{name}"));
    wizard.find("radio", "SSH");
    if look.width < 640 {
        window.resize(words.title, look.width, look.height);
    }
    picture("choose");
    press(&wizard, words.next);
    let label = wizard.find("text box", words.name);
    label.set_text("VPN Anna Rossi");
    wizard.find("switch", "SO-PIN SO-PIN").click();
    picture("details");
    press(&wizard, words.next);
    for (field, secret) in words
        .fields
        .iter()
        .zip(["24681357", "2468135", "86427531", "86427531"])
    {
        wizard.find("text box", field).set_text(secret);
    }
    picture("secrets");
    wizard
        .find("text box", words.fields[1])
        .set_text("24681357");
    press(&wizard, words.next);
    wizard.find("button", words.set_up);
    picture("plan");
    press(&wizard, words.set_up);
    wizard.find_part("list item", words.working);
    picture("running");
    wizard.find("status", words.ready);
    picture("ready");
}

#[test]
fn pages_light() {
    pages(Look::WIDE, &ENGLISH, "light", "11");
}

#[test]
fn pages_dark() {
    pages(Look::WIDE.dark(), &ENGLISH, "dark", "11");
}

#[test]
fn pages_narrow() {
    pages(Look::NARROW, &ENGLISH, "narrow", "11");
}

#[test]
fn pages_in_large_type() {
    pages(Look::NARROW, &ENGLISH, "large", "16.5");
}

#[test]
fn pages_in_german() {
    pages(Look::WIDE.german(), &GERMAN, "german", "11");
}

#[test]
fn pages_in_german_narrow() {
    pages(Look::NARROW.dark().german(), &GERMAN, "german-narrow", "11");
}
