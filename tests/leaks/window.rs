//! The window: PINs typed on the keyboard into every dialog, and searched for in everything that can be seen of it.

use crate::desk::{COPIED, Desk};
use crate::driver::{Node, wait};
use crate::home::Home;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::PrivatePcscd;

/// The three fields of a dialog that changes something, and Enter after each.
fn enter_all(desk: &Desk, current: &str, new: &str) {
    desk.enter(current);
    desk.enter(new);
    desk.enter(new);
}

/// Puts a text that is no secret into the clipboard.
fn copy_on_purpose(desk: &Desk) {
    desk.window.press(&["ctrl+t"]);
    let trace = desk.window.tree.find("window", "Trace");
    desk.window
        .point("Trace", &trace.find("search box", "Filter"));
    desk.window.typed(COPIED);
    // A search entry shows its text to nobody.
    wait("the text in the filter", || {
        let told = format!("Searched({COPIED:?})");
        desk.window.log().contains(&told).then_some(())
    });
    desk.window.press(&["ctrl+a", "ctrl+c", "ctrl+w"]);
    desk.window.tree.gone("window", "Trace");
}

/// Pastes into an entry by key and with the middle button, and searches what came out.
fn paste(desk: &mut Desk, window: &str, entry: &Node) {
    desk.window.press(&["ctrl+v"]);
    desk.window.typed("|");
    entry.wait_until("pasted", |entry| entry.text().ends_with('|'));
    let pasted = entry.text();
    desk.tally
        .search("clipboard", "pasted by key", pasted.as_bytes());
    desk.window.press(&["ctrl+a", "BackSpace"]);
    entry.wait_until("empty", |entry| entry.text().is_empty());
    desk.window.point_with(window, entry, "2");
    desk.window.press(&["End"]);
    desk.window.typed("|");
    entry.wait_until("pasted", |entry| entry.text().ends_with('|'));
    let pasted = entry.text();
    desk.tally
        .search("clipboard", "pasted by button", pasted.as_bytes());
    desk.window.press(&["ctrl+a", "BackSpace"]);
    entry.wait_until("empty", |entry| entry.text().is_empty());
}

/// Types commands into the console, the last of them with a PIN.
fn send(desk: &mut Desk, select: &str, verify: &str) {
    desk.window.tree.find("button", "Token menu").click();
    desk.window
        .tree
        .find("menu item", "Send a Command…")
        .click();
    let dialog = desk.window.tree.find("window", "Send a command");
    dialog.find("button", "Go On").click();
    let entry = dialog.find("text box", "Command in hexadecimal");
    // Nobody tells that the cursor is in it.
    wait("a place to type", || {
        desk.window.typed(".");
        (!entry.text().is_empty()).then_some(())
    });
    desk.window.press(&["ctrl+a", "BackSpace"]);
    entry.wait_until("empty", |entry| entry.text().is_empty());
    paste(desk, "Send a command", &entry);
    desk.enter(select);
    dialog.find_part("label", "00 A4 04 00");
    desk.window.press(&["ctrl+a"]);
    desk.window.typed(verify);
    let header = &verify[..10];
    entry.wait_until("typed", |entry| entry.text().starts_with(header));
    desk.search_tree(&dialog, "while a command is typed");
    desk.window.press(&["ctrl+a", "ctrl+c", "End"]);
    desk.window.press(&["Return"]);
    dialog.find_part("label", "00 20 00 8");
    desk.search_memory("after a command with a PIN");
    desk.window.press(&["Escape"]);
    desk.window.tree.gone("window", "Send a command");
}

/// Types a PIN into the dialog that verifies it, which is left as it stands.
fn type_one(desk: &Desk, pin: &str) -> Node {
    desk.choose("PIV PIN", "Verify…");
    let dialog = desk.window.tree.find("window", "Verify PIN");
    let field = dialog.find("text box", "PIN");
    desk.window.typed(pin);
    let bullets = "●".repeat(pin.len());
    field.wait_until("typed", |field| field.text() == bullets);
    dialog
}

/// Changes a code that has a button of its own.
fn change(desk: &mut Desk, pin: &str, title: &str, old: &str, new: &str) {
    desk.window.press(&["ctrl+2"]);
    let button = format!("Change… {pin}");
    desk.window.tree.find("button", &button).click();
    desk.window.tree.find("window", title);
    enter_all(desk, old, new);
    desk.window.tree.gone("window", title);
    desk.search_memory(&format!("after {title}"));
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_piv_pin_is_gone_a_second_after_its_use() {
    const FIRST: &str = "6049173";
    const SECOND: &str = "28516940";
    const THIRD: &str = "93075182";
    const WRONG: &str = "4718306";
    const PUK: &str = "M!4xz&8Q";
    const NEW_PUK: &str = "t%7Ku*3J";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let mut card = IndependentCard::piv(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);
    home.prepare(slot, "pin change --pin puk", "12345678", PUK);

    let all = [FIRST, SECOND, THIRD, WRONG, PUK, NEW_PUK];
    let mut desk = Desk::new("window, PIV", &all, slot.socket.as_os_str());
    desk.window.tree.find_part("list item", "Virtual reader A");
    copy_on_purpose(&desk);

    desk.choose("PIV PIN", "Verify…");
    let dialog = desk.window.tree.find("window", "Verify PIN");
    desk.enter(WRONG);
    dialog.find_part("alert", "2 tries left");
    desk.search_memory("after a wrong PIN");
    desk.window.typed(FIRST);
    let field = dialog.find("text box", "PIN");
    field.wait_until("typed", |field| field.text() == "●●●●●●●");
    let tree = desk.window.tree.clone();
    desk.search_tree(&tree, "while a PIN is typed");
    desk.window.press(&["ctrl+a"]);
    desk.search_tree(&field, "while a PIN is selected");
    // Nothing of it can be copied or cut.
    desk.window.press(&[
        "ctrl+a",
        "ctrl+c",
        "ctrl+Insert",
        "ctrl+x",
        "shift+Delete",
        "End",
    ]);
    desk.window.press(&["Return"]);
    desk.window.tree.gone("window", "Verify PIN");
    desk.search_memory("after a right PIN");

    type_one(&desk, FIRST);
    desk.window.press(&["Escape"]);
    desk.window.tree.gone("window", "Verify PIN");
    desk.search_memory("after a PIN that was not sent");
    let dialog = type_one(&desk, FIRST);
    card.pull();
    dialog.find_part("alert", "removed");
    desk.search_memory("after the card was pulled");
    desk.search_tree(&dialog, "after the card was pulled");
    desk.window.press(&["Escape"]);
    desk.window.tree.gone("window", "Verify PIN");
    card.insert();
    desk.window.press(&["ctrl+2"]);
    desk.window.tree.find("button", "Change… PIV PIN");

    desk.window.press(&["ctrl+shift+p"]);
    desk.window.tree.find("window", "Change PIN");
    enter_all(&desk, FIRST, SECOND);
    desk.window.tree.gone("window", "Change PIN");
    desk.search_memory("after a change");

    change(&mut desk, "PIV PUK", "Change PUK", PUK, NEW_PUK);

    desk.window.press(&["ctrl+u"]);
    desk.window.tree.find("window", "Unblock PIN");
    enter_all(&desk, NEW_PUK, THIRD);
    desk.window.tree.gone("window", "Unblock PIN");
    desk.search_memory("after unblocking");

    let verify = format!("0020008008{:F<16}", hex(THIRD));
    send(&mut desk, "00A4040005A000000308", &verify);
    desk.window.press(&["ctrl+t"]);
    let trace = desk.window.tree.find("window", "Trace");
    trace.find_part("list item", "VERIFY PIN");
    desk.search_tree(&trace, "in the trace");
    desk.window.press(&["ctrl+w"]);
    desk.window.tree.gone("window", "Trace");
    type_one(&desk, THIRD);
    // To the window manager.
    desk.window.press(&["alt+F4"]);
    desk.window.tree.gone("window", "Verify PIN");
    desk.search_memory("after the dialog was closed from outside");
    // The session ends while a PIN stands in the dialog.
    type_one(&desk, THIRD);
    desk.cut_off();
    desk.close();
}

#[test]
fn an_openpgp_pin_is_gone_a_second_after_its_use() {
    const FIRST: &str = "Kd3;vq8Zt0x1";
    // Digits alone, and so many that half of them are a secret.
    const SECOND: &str = "8305917264018395";
    const THIRD: &str = "Hs4[ub6Nj5]e";
    const WRONG: &str = "Gf1{oa9Ti3}k";
    const ADMIN: &str = "Xz7*hr5Vy2+q";
    const NEW_ADMIN: &str = "Lm2@sd8Gy4~w";
    const CODE: &str = "Wn8!cg4Bk6-p";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);
    home.prepare(slot, "pin change --pin admin", "12345678", ADMIN);

    let all = [FIRST, SECOND, THIRD, WRONG, ADMIN, NEW_ADMIN, CODE];
    let mut desk = Desk::new("window, OpenPGP", &all, slot.socket.as_os_str());
    desk.window.tree.find_part("list item", "…0042");
    copy_on_purpose(&desk);

    desk.choose("OpenPGP PIN", "Verify…");
    let dialog = desk.window.tree.find("window", "Verify PIN");
    desk.enter(WRONG);
    dialog.find_part("alert", "2 of 3 tries left");
    desk.search_memory("after a wrong PIN");
    desk.enter(FIRST);
    desk.window.tree.gone("window", "Verify PIN");
    desk.search_memory("after a right PIN");

    desk.window.press(&["ctrl+shift+p"]);
    desk.window.tree.find("window", "Change PIN");
    enter_all(&desk, FIRST, SECOND);
    desk.window.tree.gone("window", "Change PIN");
    desk.search_memory("after a change");

    change(
        &mut desk,
        "OpenPGP admin PIN",
        "Change admin PIN",
        ADMIN,
        NEW_ADMIN,
    );

    desk.window
        .tree
        .find("button", "Set… OpenPGP resetting code")
        .click();
    let dialog = desk.window.tree.find("window", "Set resetting code");
    enter_all(&desk, NEW_ADMIN, CODE);
    desk.window.tree.gone("window", "Set resetting code");
    desk.search_memory("after setting a resetting code");
    drop(dialog);

    desk.window.press(&["ctrl+u"]);
    let dialog = desk.window.tree.find("window", "Unblock PIN");
    desk.window.typed(CODE);
    desk.search_tree(&dialog, "while a code is typed");
    desk.window.press(&["Return"]);
    desk.enter(THIRD);
    desk.enter(THIRD);
    desk.window.tree.gone("window", "Unblock PIN");
    desk.search_memory("after unblocking");

    let verify = format!("00200081{:02X}{}", THIRD.len(), hex(THIRD));
    send(&mut desk, "00A4040006D27600012401", &verify);
    desk.close();
}
