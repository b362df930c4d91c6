//! A PIN that is pasted.
//!
//! It comes from a program that keeps it, through GTK, which makes copies on the way and wipes none of them when it gives
//! them back: what becomes of that memory is chance. So less is promised than for a PIN that is typed: it is in no place
//! that anybody can ask for, and in memory that was given back in few.

use std::thread;
use std::time::Duration;

use crate::driver::{Look, Program};
use crate::home::Home;
use crate::needles::Needles;
use crate::process::search_memory;
use crate::shown::give;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::tally::Tally;

/// So many copies may be in memory that was given back. Seen were none.
const MOST_LEFT: usize = 3;

#[test]
fn a_pin_that_is_pasted_is_left_in_few_places() {
    const PIN: &str = "Bq5>hn2Sv8)c";
    const BULLETS: &str = "●●●●●●●●●●●●";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", PIN);
    let environment = [
        (SOCKET_VARIABLE, slot.socket.as_os_str()),
        ("SYMBOLON_LOG", "trace".as_ref()),
    ];
    let mut window = Program::start(&[], Look::WIDE, &environment);
    let mut tally = Tally::new(
        "window, a PIN that is pasted",
        Needles::new([("PIN", PIN.as_bytes())]),
        &[
            ("tree", BULLETS),
            ("log", "PinDialog"),
            ("files", "[window]"),
        ],
    );
    let mut plain = Needles::new([]);
    plain.add_plain("PIN", PIN.as_bytes());
    window.tree.find_part("list item", "…0042");
    give(&window, "clipboard", PIN);
    window.press(&["ctrl+2"]);
    let more = "More actions for OpenPGP PIN";
    window.tree.find("button", more).click();
    window.tree.find("button", "Verify… OpenPGP PIN").click();
    let dialog = window.tree.find("window", "Verify PIN");
    let field = dialog.find("text box", "PIN");
    window.press(&["ctrl+v"]);
    field.wait_until("pasted", |field| field.text() == BULLETS);
    dialog.walk(&mut |node, _| {
        let texts = [node.name(), node.description(), node.every_text()];
        tally.search("tree", "while it stands there", texts.join(" ").as_bytes());
    });
    let there = search_memory(window.pid(), &plain).hits.len();
    assert!(there > 0, "it is not there, or the search finds nothing");
    window.press(&["Return"]);
    window.tree.gone("window", "Verify PIN");
    // The second that a deed has to clean up after itself.
    thread::sleep(Duration::from_secs(1));
    let left = search_memory(window.pid(), &plain).hits;
    eprintln!(
        "leaks: a PIN that was pasted: {there} copies then, {} in memory that GTK gave back a second later",
        left.len()
    );
    assert!(left.len() <= MOST_LEFT, "{left:#?}");
    window.press(&["ctrl+q"]);
    assert!(window.ended());
    tally.search("log", "all", window.log().as_bytes());
    tally.search_files("files", window.home());
    tally.close();
}
