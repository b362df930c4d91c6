//! A token is set up, from the first click to the result.

use std::ffi::OsStr;

use crate::driver::{Look, Node, Program};

const BLANK: &str = "Unknown card, Practice card";

/// The wizard for the blank card on show.
fn wizard(window: &Program) -> Node {
    window.tree.find("button", "Set Up…").click();
    let wizard = window.tree.find("window", "Set up token");
    wizard.find("radio", "VPN sign-in");
    wizard
}

/// Presses the button when it is live.
fn press(wizard: &Node, name: &str) {
    let button = wizard.find("button", name);
    button.wait_until("live", Node::is_sensitive);
    button.click();
}

fn name_it(wizard: &Node, name: &str) {
    press(wizard, "Next");
    wizard.find("text box", "Name of the token").set_text(name);
    press(wizard, "Next");
}

const SECRETS: [(&str, &str); 6] = [
    ("New SO-PIN", "97531864"),
    ("Repeat new SO-PIN", "97531864"),
    ("New PIN", "24681357"),
    ("Repeat new PIN", "24681357"),
    ("New PUK", "86427531"),
    ("Repeat new PUK", "86427531"),
];

fn type_secrets(wizard: &Node) {
    for (name, secret) in SECRETS {
        wizard.find("text box", name).set_text(secret);
    }
    press(wizard, "Next");
}

#[test]
fn a_blank_token_is_set_up_though_it_is_pulled_on_the_way() {
    let log = [("SYMBOLON_LOG", OsStr::new("trace"))];
    let window = Program::start(
        &["--no-readers", "--practice=cardos-slow"],
        Look::WIDE,
        &log,
    );
    window.tree.find("list item", BLANK);
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "Practice Cards…").click();
    let cards = window.tree.find("window", "Practice cards");
    let wizard = wizard(&window);
    name_it(&wizard, "VPN Anna Rossi");
    type_secrets(&wizard);
    wizard.find_part("list item", "Generate RSA 2048");
    press(&wizard, "Set Up");
    // In the middle of the longest step.
    wizard.find_part(
        "list item",
        "Generate RSA 2048: Signature key (sign and sign in), at work",
    );
    cards.find_part("button", "Pull, ").click();
    wizard.find("alert", "The token was removed");
    assert!(!wizard.find("button", "Continue").is_sensitive());
    cards.find_part("button", "Put Back, ").click();
    wizard.find("status", "The token is back");
    press(&wizard, "Continue");
    wizard.find("status", "VPN Anna Rossi is ready");
    press(&wizard, "Done");
    window.tree.gone("window", "Set up token");
    window.tree.find_part("list item", "VPN Anna Rossi");
}
