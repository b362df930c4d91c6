//! A PIN that is looked at: while the eye is open, it is on the screen, and in what GTK needs to put it there; but
//! nowhere from where it could be pasted.

use std::io::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::desk::COPIED;
use crate::driver::{Look, Node, Program, wait};
use crate::home::Home;
use crate::needles::Needles;
use crate::process::search_memory;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::tally::Tally;

/// Where in the row of an entry its text begins, where it is at an end, and among its first letters: in parts of the
/// width and height of the row.
const BEGINNING: (f64, f64) = (0.043, 0.7);
const BEHIND: (f64, f64) = (0.6, 0.7);
const WITHIN: (f64, f64) = (0.09, 0.7);

/// How long a paste may take.
const PASTE_LIMIT: Duration = Duration::from_secs(10);

/// Another program has a text that is no secret in the clipboard and selected.
fn copy_elsewhere(window: &Program) {
    for selection in ["clipboard", "primary"] {
        give(window, selection, COPIED);
    }
}

/// Another program gives `text` to whoever pastes.
pub(crate) fn give(window: &Program, selection: &str, text: &str) {
    let mut other = window.neighbour("xclip");
    // It stays behind, and holds nothing that this waits for.
    other.args(["-in", "-selection", selection]);
    other.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut other = other.spawn().expect("xclip is installed");
    let mut input = other.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    assert!(other.wait().unwrap().success());
}

/// Pastes into an entry by key and with the middle button, and searches what came.
fn paste(window: &Program, entry: &Node, what: &str, tally: &mut Tally) {
    for (place, button) in [("pasted by key", "1"), ("pasted by button", "2")] {
        window.point_with("Change PIN", entry, button);
        if button == "1" {
            window.press(&["ctrl+v"]);
        }
        // What another program has is still there; else the search finds its control missing.
        let start = Instant::now();
        wait("what was pasted", || {
            let came = !entry.text().is_empty() || start.elapsed() > PASTE_LIMIT;
            came.then_some(())
        });
        tally.search(place, what, entry.text().as_bytes());
        entry.set_text("");
        entry.wait_until("empty", |entry| entry.text().is_empty());
    }
}

/// The window, and what has to be found in each place: words that are no secret.
fn stage(pin: &str, bullets: &str) -> (Program, Tally) {
    let log = [("SYMBOLON_LOG", "trace".as_ref())];
    let cards = ["--no-readers", "--practice=piv-used"];
    let window = Program::start(&cards, Look::WIDE, &log);
    let tally = Tally::new(
        "window, a PIN that is shown",
        Needles::new([("PIN", pin.as_bytes())]),
        &[
            ("pasted by key", COPIED),
            ("pasted by button", COPIED),
            ("taken by another program", COPIED),
            ("selected", bullets),
            ("log", "PinDialog"),
        ],
    );
    (window, tally)
}

/// Tries to take what is selected in `field` to another program, and into the entry `elsewhere`.
fn search(window: &Program, field: &Node, elsewhere: &Node, way: &str, tally: &mut Tally) {
    window.press(&["ctrl+c", "ctrl+Insert", "ctrl+x", "shift+Delete"]);
    let selected = field.selected().unwrap_or_default();
    tally.search("selected", way, selected.as_bytes());
    for selection in ["clipboard", "primary"] {
        let mut other = window.neighbour("xclip");
        other.args(["-out", "-selection", selection]);
        let taken = other.output().unwrap().stdout;
        tally.search("taken by another program", way, &taken);
    }
    paste(window, elsewhere, way, tally);
}

#[test]
fn a_pin_that_is_shown_cannot_be_pasted_elsewhere() {
    // A double click takes a word; as long as this card wants it, or the row would say so and grow.
    const PIN: &str = "Zq6vjt1W";
    const BULLETS: &str = "●●●●●●●●";
    let (window, mut tally) = stage(PIN, BULLETS);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    let field = dialog.find("text box", "Current PIN");
    let elsewhere = dialog.find("text box", "New PIN");
    window.typed(PIN);
    field.wait_until("typed", |field| field.text() == BULLETS);
    // What is hidden may be selected: whoever pastes it gets bullets.
    window.press(&["ctrl+a"]);
    field.wait_until("selected", |field| field.selected().is_some());
    tally.search("selected", "hidden", field.selected().unwrap().as_bytes());

    window.press(&["alt+s"]);
    field.wait_until("shown", |field| field.text() == PIN);
    let mut faults = Vec::new();
    let keys = |keys: &[&str]| {
        window.press(&["End"]);
        window.press(keys);
    };
    let drag = |from, to| window.drag("Change PIN", &field, from, to);
    let (front, end) = (format!("|{PIN}"), format!("{PIN}|"));
    let ways: [(&str, &dyn Fn(), &str); 8] = [
        ("shift+Home", &|| keys(&["shift+Home"]), &front),
        ("shift+Left", &|| keys(&["shift+Left"; PIN.len()]), &front),
        ("shift+End", &|| keys(&["Home", "shift+End"]), &end),
        ("ctrl+shift+Left", &|| keys(&["ctrl+shift+Left"]), &front),
        ("mouse to the left", &|| drag(BEHIND, BEGINNING), &front),
        ("mouse to the right", &|| drag(BEGINNING, BEHIND), &end),
        ("ctrl+a", &|| keys(&["ctrl+a"]), &end),
        (
            "double click",
            &|| {
                keys(&["Home"]);
                window.double_click("Change PIN", &field, WITHIN);
            },
            &end,
        ),
    ];
    for (way, select, due) in &ways {
        // What is typed then shows that the cursor moved, and that it would take the place of nothing.
        select();
        window.typed("|");
        field.wait_until("typed into", |field| field.text().contains('|'));
        let there = field.text();
        if there != *due {
            faults.push(format!("{way}: {there}"));
        }
        field.set_text(PIN);
        field.wait_until("as before", |field| field.text() == PIN);

        copy_elsewhere(&window);
        select();
        search(&window, &field, &elsewhere, way, &mut tally);
        if field.text() != PIN {
            faults.push(format!("{way}: cut"));
            field.set_text(PIN);
        }
        // Back by key: one more click would be the first of two.
        window.press(&["shift+Tab"]);
    }
    window.press(&["Escape"]);
    window.tree.gone("window", "Change PIN");
    tally.search("log", "all", window.log().as_bytes());
    eprintln!(
        "leaks: a PIN that is shown: {} ways to select it",
        ways.len()
    );
    tally.close();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// So many copies of a PIN GTK may have while it is shown, and so many may be in memory that it gave back. Seen were
/// five and one.
const MOST_SHOWN: usize = 8;
const MOST_LEFT: usize = 3;

/// The control of the search in the window's memory, and the price of looking: while a PIN is shown, GTK has copies of it,
/// and what it gives back it does not wipe.
#[test]
fn a_pin_that_is_shown_is_found_in_the_memory_of_gtk() {
    const FIRST: &str = "Zq6<jt1Wm9_a";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);
    let socket = [(SOCKET_VARIABLE, slot.socket.as_os_str())];
    let window = Program::start(&[], Look::WIDE, &socket);
    let mut needles = Needles::new([]);
    needles.add_plain("PIN", FIRST.as_bytes());
    let copies = || search_memory(window.pid(), &needles).hits.len();

    window.tree.find_part("list item", "…0042");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    let field = dialog.find("text box", "Current PIN");
    window.typed(FIRST);
    field.wait_until("typed", |field| field.text() == "●●●●●●●●●●●●");
    assert_eq!(copies(), 1, "hidden, it is in the locked memory alone");
    window.press(&["alt+s"]);
    field.wait_until("shown", |field| field.text() == FIRST);
    wait("the copies of GTK", || (copies() > 1).then_some(()));
    let shown = copies();
    window.press(&["Escape"]);
    window.tree.gone("window", "Change PIN");
    // The second that a deed has to clean up after itself.
    thread::sleep(Duration::from_secs(1));
    let left = copies();
    eprintln!(
        "leaks: a PIN that was shown: {shown} copies then, {} in memory that GTK gave back a second later",
        left
    );
    assert!(shown <= MOST_SHOWN && left <= MOST_LEFT, "{shown}, {left}");
    assert!(window.log().lines().all(|line| !line.contains(FIRST)));
}
