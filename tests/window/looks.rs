//! Pictures of every page in every look, for the one who looks at them. `make screenshots`
//! takes them; the README shows some.

use std::fs;

use crate::applets::press;
use crate::card_file::Made;
use crate::driver::{Look, Program};

/// The pages of a token with the keys that show them.
const PAGES: [(&str, &str); 5] = [
    ("ctrl+1", "overview"),
    ("ctrl+2", "pins"),
    ("ctrl+3", "keys"),
    ("ctrl+4", "data"),
    ("ctrl+5", "technical"),
];

fn pages(look: Look, name: &str) {
    let window = Program::practising("both,openpgp-used,piv-used,unknown", look);
    let readers = window.tree.first(&|node| node.role() == "list").unwrap();
    readers.find_part("list item", "Thomas Mustermann");
    if look.width < 640 {
        window.press(&["Return"]);
    }
    for (key, page) in PAGES {
        window.press(&[key]);
        window.picture("Symbolon", &format!("{page}-{name}"));
    }
}

#[test]
fn pages_wide_light() {
    pages(Look::WIDE, "wide-light");
}

#[test]
fn pages_wide_dark() {
    pages(Look::WIDE.dark(), "wide-dark");
}

#[test]
fn pages_narrow_light() {
    pages(Look::NARROW, "narrow-light");
}

#[test]
fn pages_narrow_dark() {
    pages(Look::NARROW.dark(), "narrow-dark");
}

#[test]
fn pages_in_german() {
    pages(Look::WIDE.german(), "wide-german");
}

/// A Java card from the page that says what it is to a plan that loads a package.
fn java_card(look: Look, name: &str) {
    let window = Program::practising("java-modern", look);
    let picture = |title: &str, page: &str| {
        // Windows of their own are wider, where there is room.
        if look.width < 640 && title != "Symbolon" {
            window.resize(&look.says(title), look.width, look.height);
        }
        window.picture(&look.says(title), &format!("applets-{page}-{name}"));
    };
    let found = look.says("Java card");
    window.tree.find_part("list item", &found);
    if look.width < 640 {
        window.press(&["Return"]);
    }
    window.tree.find("button", &look.says("Show Applets"));
    picture("Symbolon", "found");
    press(&window.tree, &look.says("Show Applets"));
    press(&window.tree, &look.says("Open the card manager"));
    let keys = look.says("Open the card manager");
    let dialog = window.tree.find("window", &keys);
    dialog.find("radio", &look.says("Public test keys"));
    picture("Open the card manager", "keys");
    press(&dialog, &look.says("Open"));
    window.tree.gone("window", &keys);
    let opened = look.says("Secure channel opened");
    window.tree.find_part("list item", &opened);
    picture("Symbolon", "open");
    let file = window.home().join("CardEdge.cap");
    fs::write(&file, Made::muscle().archive()).unwrap();
    let row = window.tree.find("list item", &look.says("Load a package…"));
    window.point("Symbolon", &row);
    window.choose_by(&look.says("Open a CAP file"), &look.says("Open"), &file);
    let wizard = look.says("Change the card");
    let wizard = window.tree.find("window", &wizard);
    wizard.find("label", "CardEdge.cap");
    picture("Change the card", "file");
    press(&wizard, &look.says("Load…"));
    wizard.find_part("list item", "1. ");
    picture("Change the card", "plan");
}

#[test]
fn java_card_narrow_dark() {
    java_card(Look::NARROW.dark(), "narrow-dark");
}

#[test]
fn java_card_with_larger_text() {
    java_card(Look::WIDE.text(150), "large");
}

#[test]
fn java_card_in_german() {
    java_card(Look::WIDE.german(), "german");
}

#[test]
fn java_card_with_text_of_twice_the_size() {
    let tall = Look {
        height: 1000,
        ..Look::WIDE
    };
    java_card(tall.text(200), "twice");
}
