//! The windows beside the main one.

use crate::driver::{Look, Program};

/// The line of the practice card `piv-used`.
const THOMAS: &str = "Thomas Mustermann, YubiKey 5 · Practice card, needs attention";

#[test]
fn the_trace_shows_what_was_said_to_the_card() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find("list item", THOMAS);
    window.press(&["ctrl+t"]);
    let trace = window.tree.find("window", "Trace");
    trace.find_part("list item", "SELECT PIV, done");
    trace.find("list", "Exchanges").select(3);
    trace.find("label", "GET DATA discovery object");
    // In extended form: header, length, the tag list with the one tag, expected length.
    trace.find("label", "00 CB 3F FF 00 00 03 5C 01 7E 00 00");
    assert!(trace.nameless().is_empty(), "{:#?}", trace.nameless());
    window.picture("Trace", "tools-trace");

    trace.find("search box", "Filter").set_text("metadata 9a");
    trace.find_part("list item", "GET METADATA 9A");
    trace.gone_part("list item", "SELECT PIV");
    trace.find("search box", "Filter").set_text("");

    trace.find("button", "Trace menu").click();
    trace.find("menu item", "Forget All").click();
    trace.gone_part("list item", "SELECT PIV");
    // While it is paused, what is new does not move the lines under the pointer.
    trace.find("button", "Pause").click();
    window.press(&["F5"]);
}

#[test]
fn what_is_set_is_kept() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find("list item", THOMAS);
    window.press(&["ctrl+comma"]);
    let preferences = window.tree.find("window", "Preferences");
    assert!(
        preferences.nameless().is_empty(),
        "{:#?}",
        preferences.nameless()
    );
    window.picture("Preferences", "tools-preferences");
    preferences.find("switch", "Keep a trace").click();
    window.saved("[trace]\nkeep = false");
    window.press(&["Escape"]);
    window.tree.gone("window", "Preferences");
    window.press(&["ctrl+t"]);
    window.tree.find("label", "The trace is off");
}

#[test]
fn keys_and_credits_have_their_windows() {
    let window = Program::practising("piv-used", Look::WIDE);
    window.tree.find("list item", THOMAS);
    window.press(&["ctrl+question"]);
    window.tree.find("label", "Previous Reader");
    window.picture("Keyboard Shortcuts", "tools-shortcuts");
    window.press(&["Escape"]);
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "About Symbolon").click();
    window
        .tree
        .find("window", "About")
        .find_part("label", "Symbolon");
    window.picture("About", "tools-about");
}

#[test]
fn a_practice_card_is_put_in_pulled_and_put_back() {
    let window = Program::start(&["--no-readers"], Look::WIDE, &[]);
    window.tree.find("label", "No reader connected");
    window.picture("Symbolon", "state-no-reader");
    window.tree.find("button", "Use Practice Cards…").click();
    let cards = window.tree.find("window", "Practice cards");
    cards
        .find("button", "Put In, PIV token of Thomas Mustermann")
        .click();
    window.tree.find("list item", THOMAS);
    assert!(cards.nameless().is_empty(), "{:#?}", cards.nameless());
    window.picture("Practice cards", "tools-practice-cards");

    cards.find("button", "Pull, Thomas Mustermann").click();
    window.tree.find("list item", "Empty, Practice reader 1");
    window.tree.gone("list item", THOMAS);
    window.press(&["Escape"]);
    window.tree.find("label", "The practice card is pulled");
    window.picture("Symbolon", "state-practice-pulled");
    window.tree.find("button", "Put It Back").click();
    window.tree.find("list item", THOMAS);
}
