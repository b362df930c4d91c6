//! Pictures of every page in every look, for the one who looks at them. `make screenshots`
//! takes them; the README shows some.

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
