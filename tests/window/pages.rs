//! The pages of a token: everything on them has a name, and no card takes the window down.

use crate::driver::{Look, Program, wait};

/// The pages, by their keys.
const PAGES: [&str; 5] = ["ctrl+1", "ctrl+2", "ctrl+3", "ctrl+4", "ctrl+5"];

#[test]
fn every_control_of_every_page_has_a_name() {
    let cards = "both,piv-used,piv-plain,openpgp-curves,blocked-pin,expired-certificate,odd-certificates,unknown,cardos-weak,cardos-blank";
    let window = Program::practising(cards, Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    let count = cards.split(',').count();
    for line in 0..count {
        readers.select(i32::try_from(line).unwrap());
        let lines = || {
            readers
                .children()
                .into_iter()
                .filter(|l| l.role() == "list item")
        };
        let chosen = wait("the line to be selected", || {
            lines().nth(line).filter(|l| l.is_selected())
        });
        for page in PAGES {
            window.press(&[page]);
        }
        let nameless = window.tree.nameless();
        assert!(nameless.is_empty(), "{}: {nameless:#?}", chosen.name());
    }
}

#[test]
fn bad_cards_never_take_the_window_down() {
    let mut window = Program::practising("rubbish,pulled,pulled-20,both", Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    readers.find_part("list item", "Empty, Practice reader 2");
    readers.find_part("list item", "Empty, Practice reader 3");
    let thomas = readers.find_part("list item", "Thomas Mustermann");
    for line in 0..4 {
        readers.select(line);
        for page in PAGES {
            window.press(&[page]);
        }
    }
    thomas.wait_until("selected", crate::driver::Node::is_selected);
    window.tree.find("label", "PIN and PUK");
    readers.select(0);
    window.picture("Symbolon", "state-rubbish");
    assert_eq!(window.complaints(), "");
    window.press(&["ctrl+q"]);
    assert!(window.ended());
}

#[test]
fn what_is_read_is_on_the_pages() {
    let window = Program::practising("both", Look::WIDE);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&PAGES);
    for label in [
        "YubiKey 5 · serial 14725836",
        "Needs attention",
        "The OpenPGP PIN has one try left",
        "The PIV PIN is still the factory one",
        "Resetting code",
        "Answer to reset (ATR)",
    ] {
        window.tree.find("label", label);
    }
    window.tree.find("meter", "Last try of 3");
    window
        .tree
        .find_part("list item", "Signature (9C), No certificate");
}

#[test]
fn a_cardos_card_is_asked_when_somebody_looks() {
    let window = Program::practising("cardos-blank,cardos-weak", Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    readers.find_part(
        "list item",
        "Blank CardOS token, CardOS M4.2B · Practice card",
    );
    window.tree.find("label", "This token is blank");
    let told = "Version, CardOS M4.2B (200.9)";
    // All pages are made by now, and nobody has asked the card.
    window.tree.find("label", "Answer to reset (ATR)");
    assert!(window.tree.look("list item", told).is_none());
    window.press(&["ctrl+5"]);
    window.tree.find("list item", told);
    window
        .tree
        .find_part("list item", "Life cycle, Administration (32).");
    // The bytes behind the words are folded away.
    window
        .tree
        .find("list item", "Bytes, As the card sent them");
    let byte = window.tree.look("list item", "Version, C8 09");
    assert!(byte.is_none());
    window.picture("Symbolon", "cardos-sheet");
    readers.select(1);
    window
        .tree
        .find("list item", "Selected directory, 3F00 5015");
    window.press(&["ctrl+1"]);
    window
        .tree
        .find("label", "Everybody can replace the PKCS#15 PINs");
    window.picture("Symbolon", "cardos-weak");
}
