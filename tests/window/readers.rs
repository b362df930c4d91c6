//! The sidebar, and the pages without a token.

use crate::clean::fault;
use crate::driver::{Look, Node, Program};

const THOMAS: &str = "Thomas Mustermann, YubiKey 5 · Practice card, needs attention";

#[test]
fn a_card_that_no_driver_knows_has_a_page_of_its_own() {
    let window = Program::practising("unknown", Look::WIDE);
    window.tree.find("list item", "Unknown card, Practice card");
    window.tree.find("label", "Unknown card");
    window.picture("Symbolon", "state-unknown-card");
    window.tree.find("button", "Copy Report").click();
    window.tree.find_part("status", "Report copied.");
    // Read back by another program.
    let report = window.copied();
    let version = concat!("Symbolon ", env!("CARGO_PKG_VERSION"));
    assert!(report.starts_with(version), "{report}");
    assert!(report.lines().count() > 3, "{report}");
    assert_eq!(report.lines().find_map(fault), None, "{report}");
}

#[test]
fn a_summary_is_copied_as_it_is_shown() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find("list item", THOMAS);
    window.tree.find("button", "Token menu").click();
    window.tree.find("menu item", "Copy Summary").click();
    window.tree.find("status", "Summary copied");
    let summary = window.copied();
    assert!(
        summary.starts_with("Thomas Mustermann\n") && summary.contains("3 of 3 tries left"),
        "{summary}"
    );
    assert_eq!(summary.lines().find_map(fault), None, "{summary}");
}

#[test]
fn a_card_put_in_is_announced_and_does_not_take_the_stage() {
    let window = Program::practising("unknown,piv-used", Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    readers.find("list item", THOMAS);
    readers.go_to("Unknown card, Practice card");
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "Practice Cards…").click();
    let cards = window.tree.find("window", "Practice cards");
    cards.find("button", "Pull, Thomas Mustermann").click();
    readers.find("list item", "Empty, Practice reader 2");
    cards.find("button", "Put Back, Practice reader 2").click();
    let words = "Thomas Mustermann is in reader Practice reader 2";
    window.tree.find("label", words);
    // Whoever does not see it hears it.
    window.tree.find("status", words);
    window.press(&["Escape"]);
    let show = window.tree.find("button", "Show Show");
    window.picture("Symbolon", "toast-card-arrived");
    assert!(
        readers
            .find("list item", "Unknown card, Practice card")
            .is_selected()
    );
    show.click();
    readers
        .find("list item", THOMAS)
        .wait_until("selected", Node::is_selected);
}

#[test]
fn keys_go_from_reader_to_reader() {
    let window = Program::practising("piv-used,unknown", Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    let (thomas, unknown) = (
        readers.find("list item", THOMAS),
        readers.find("list item", "Unknown card, Practice card"),
    );
    // The window opens with the keyboard in the readers.
    thomas.wait_until("focused", Node::is_focused);
    thomas.wait_until("selected", Node::is_selected);
    window.press(&["ctrl+Next"]);
    unknown.wait_until("selected", Node::is_selected);
    window.press(&["ctrl+Prior"]);
    thomas.wait_until("selected", Node::is_selected);
    window.press(&["F9"]);
    thomas.wait_until("not focused", |line| !line.is_focused());
    window.press(&["F9"]);
    thomas.wait_until("focused", Node::is_focused);
    window.press(&["Down"]);
    unknown.wait_until("selected", Node::is_selected);
}

#[test]
fn many_readers_can_be_searched() {
    let cards = ["unknown"; 9].join(",") + ",piv-used";
    let window = Program::practising(&cards, Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    readers.find("list item", THOMAS);
    window.press(&["ctrl+f"]);
    window.typed("thomas");
    readers.gone("list item", "Unknown card, Practice card");
    readers.find("list item", THOMAS);
    window.picture("Symbolon", "many-readers");
}

#[test]
fn closing_remembers_the_size_and_ends_well() {
    let look = Look {
        width: 777,
        ..Look::WIDE
    };
    let mut window = Program::practising("piv-used", look);
    window.tree.find("list item", THOMAS);
    window.press(&["ctrl+q"]);
    assert!(window.ended());
    window.saved("width = 777");
    assert_eq!(window.complaints(), "");
}
