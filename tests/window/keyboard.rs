//! Without a mouse: from the first key to the changed PIN.

use crate::driver::{Look, Node, Program};

#[test]
fn a_pin_is_changed_by_keyboard_alone() {
    let window = Program::practising("unknown,piv-used", Look::WIDE);
    let readers = window.tree.find("list", "Readers");
    let thomas = readers.find_part("list item", "Thomas Mustermann");
    // The unknown card stands first, and the token further down is on show: it is the first
    // that can be read.
    thomas.wait_until("focused", Node::is_focused);
    window.press(&["ctrl+2"]);
    let row = window.tree.find_part("list item", "PIV PIN, ");
    row.wait_until("focused", Node::is_focused);
    window.press(&["Tab"]);
    let change = window.tree.find("button", "Change… PIV PIN");
    change.wait_until("focused", Node::is_focused);
    window.press(&["Return"]);
    window.tree.find("window", "Change PIN");
    // Old, new and repeated are three Tabs; the eyes beside them are no Tab stops.
    window.typed("654321");
    window.press(&["Tab"]);
    window.typed("24681357");
    window.press(&["Tab"]);
    window.typed("24681357");
    window.press(&["Return"]);
    window.tree.find("status", "The PIN is changed");
    window.tree.gone("window", "Change PIN");
    // The keyboard is where it was before.
    change.wait_until("focused again", Node::is_focused);
}

#[test]
fn a_narrow_window_is_left_and_entered_by_keyboard() {
    let window = Program::practising("piv-used", Look::NARROW);
    let readers = window.tree.find("list", "Readers");
    let thomas = readers.find_part("list item", "Thomas Mustermann");
    thomas.wait_until("focused", Node::is_focused);
    window.press(&["Return", "ctrl+2"]);
    let row = window.tree.find_part("list item", "PIV PIN, ");
    row.wait_until("focused", Node::is_focused);
    window.press(&["Escape"]);
    thomas.wait_until("focused", Node::is_focused);
    window.press(&["F9"]);
    thomas.wait_until("not focused", |line| !line.is_focused());
    window.press(&["alt+Left"]);
    thomas.wait_until("focused", Node::is_focused);
}
