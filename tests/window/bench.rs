//! The bench: many tokens by one profile and one table of names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::driver::{Look, Node, Program, wait};

/// Erases every token, so that the used one is taken too.
const PROFILE: &str = "name = 'Helpdesk 2026'\nerase = 'card'\nlabel = 'VPN {name}'\n[so-pin]\n[[pin]]\n\
    [[key]]\nsize = 1024\n";

const NAMES: &str = "name\nAnna Rossi\nBen Kurz\nCarla Neri\n";

const BENCH: &str = "Bench, Set up many tokens";

/// The codes of the security officer, by the names of the fields.
const SECRETS: [(&str, &str); 4] = [
    ("New SO-PIN", "97531864"),
    ("Repeat new SO-PIN", "97531864"),
    ("New PUK", "86427531"),
    ("Repeat new PUK", "86427531"),
];

/// The page on which the bench is laid out, with profile and names chosen.
fn laid_out(window: &Program, profile: &str, names: &str) {
    let file = |name: &str, text: &str| {
        let path = window.home().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (profile, names) = (file("vpn.toml", profile), file("staff.csv", names));
    window.tree.find("list", "Readers").go_to(BENCH);
    window.tree.find("button", "Open… Profile").click();
    window.choose("Open a profile", &profile);
    window.tree.find("label", "Helpdesk 2026 · vpn.toml");
    window.tree.find("button", "Open… Names").click();
    window.choose("Open a table of names", &names);
    window.tree.find_part("label", "staff.csv · ");
}

fn all_named(tree: &Node) {
    let nameless = tree.nameless();
    assert!(nameless.is_empty(), "{nameless:#?}");
}

/// A question on the screen, with its picture.
fn asked(window: &Program, title: &str, picture: &str) -> Node {
    let question = window.tree.find("dialog", title);
    // A question mark is no letter where a window is looked for.
    window.picture(&title.replace('?', "."), &format!("bench-{picture}"));
    question
}

fn answer(question: &Node, button: &str) {
    // GTK says the words of such a button twice.
    question
        .find("button", &format!("{button} {button}"))
        .click();
}

/// From the page on which it is laid out to work that destroys.
fn start(window: &Program) {
    for (name, secret) in SECRETS {
        window.tree.find("text box", name).set_text(secret);
    }
    let start = window.tree.find("button", "Start…");
    start.wait_until("live", Node::is_sensitive);
    start.click();
    let question = asked(window, "Erase every token that is put in?", "question");
    answer(&question, "Erase and Set Up");
}

/// The window in which practice cards are pulled and put back.
fn practice_cards(window: &Program) -> Node {
    window.tree.find("button", "Main menu").click();
    window.tree.find("menu item", "Practice Cards…").click();
    window.tree.find("window", "Practice cards")
}

#[test]
fn every_name_gets_a_token_a_letter_and_a_line() {
    let cards = "cardos-blank,cardos-used,openpgp-used";
    let window = Program::practising(cards, Look::WIDE);
    window.tree.find_part("list item", "VPN Anna Rossi");
    laid_out(&window, PROFILE, NAMES);
    // What holds something is left alone unless somebody says so.
    window
        .tree
        .find("label", "VPN Anna Rossi: left alone until it is taken out");
    window.picture("Symbolon", "bench-start");
    window.tree.find_part("switch", "Practice reader 2").click();
    window.tree.find("label", "VPN Anna Rossi");
    all_named(&window.tree);
    start(&window);

    for lane in [
        "Practice reader 1, Anna Rossi",
        "Practice reader 2, Ben Kurz",
    ] {
        let done = format!("{lane}, Done: take it out and put in the next");
        window.tree.find("grid cell", &done);
    }
    window.tree.find("label", "2 done · 0 failed · 1 to do");
    window.picture("Symbolon", "bench-lanes");
    // The third reader was not said to belong to it.
    assert!(
        window
            .tree
            .look_for_part("grid cell", "Practice reader 3")
            .is_none()
    );
    let results = window.home().join("staff results.csv");
    let table = wait("two lines of results", || {
        let table = fs::read_to_string(&results).ok()?;
        (table.matches("\"done\"").count() == 2).then_some(table)
    });
    assert!(table.contains("\"Ben Kurz\""), "{table}");
    window.tree.find("button", "All names").click();
    window.tree.find("label", "Carla Neri");
    window.picture("Symbolon", "bench-names");

    // A window that closes would take the letters with it.
    window.press(&["ctrl+w"]);
    let question = asked(&window, "The bench is at work", "at-work");
    answer(&question, "Show Bench");
    window.tree.find("button", "End…").click();
    let question = asked(&window, "End this bench?", "end");
    answer(&question, "End Bench");
    window.tree.find_part("label", "This bench is over.");
    window.press(&["ctrl+w"]);
    let question = asked(&window, "2 letters are not printed", "close");
    answer(&question, "Show Bench");

    window.tree.find("button", "Letters (2)…").click();
    let question = asked(&window, "2 letters wait", "letters");
    answer(&question, "Save…");
    let letters = window.home().join("letters.pdf");
    let chooser = window.tree.find("widget", "Save letters");
    let name = chooser.find("text box", "Name:");
    name.set_text(letters.to_str().unwrap());
    window.press(&["Return"]);
    let told = asked(&window, "Saved as letters.pdf", "saved");
    answer(&told, "Close");
    let pages = fs::read(&letters).unwrap();
    assert!(pages.starts_with(b"%PDF-"));
    let mode = fs::metadata(&letters).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    window.tree.gone("button", "Letters (2)…");
    window.tree.find("button", "New Bench").click();
    // The names are new, the profile is the same.
    window.tree.find("label", "Not chosen");
    window.tree.find("label", "Helpdesk 2026 · vpn.toml");
    window.press(&["ctrl+w"]);
    let mut window = window;
    wait("the end", || window.ended().then_some(()));
}

/// Nothing is asked: there is no PIN of a security officer.
const PLAIN: &str = "name = 'Helpdesk 2026'\nlabel = 'VPN {name}'\n[[pin]]\n[[key]]\n";

#[test]
fn a_token_that_is_pulled_is_waited_for_and_its_letter_is_printed() {
    let window = Program::practising("cardos-slow", Look::WIDE);
    window.tree.find_part("list item", "Blank CardOS token");
    laid_out(&window, PLAIN, "name\nAnna Rossi\n");
    let cards = practice_cards(&window);
    window.tree.find("button", "Start").click();
    // In the middle of the longest step.
    window
        .tree
        .find_part("grid cell", "Anna Rossi, Generate RSA 2048");
    cards.find_part("button", "Pull, ").click();
    window
        .tree
        .find_part("grid cell", "Anna Rossi, The token was taken out");
    cards.find("button", "Close").click();
    window.tree.find("button", "Skip");
    all_named(&window.tree);
    window.picture("Symbolon", "bench-pulled");
    let cards = practice_cards(&window);
    cards.find_part("button", "Put Back, ").click();
    window.tree.find_part("label", "This bench is over.");
    cards.find("button", "Close").click();

    window.tree.find("button", "Letters (1)…").click();
    let question = asked(&window, "1 letter waits", "letter");
    answer(&question, "Print…");
    let printers = window.tree.find("dialog", "Print letters");
    let print = printers.find("button", "_Print Print");
    wait("the keyboard", || {
        window.has_keyboard("Print letters").then_some(())
    });
    printers.find("label", "Print to File");
    // From the tabs into the list, and onto its only line.
    window.press(&["Tab", "Down", "space"]);
    print.wait_until("live", Node::is_sensitive);
    window.picture("Print letters", "bench-printer");
    print.click();
    // The system's printer into a file stands for one with paper.
    let question = asked(&window, "Are the letters in the file?", "printed");
    let printed = window.home().join("output.pdf");
    let pages = wait("the pages", || fs::read(&printed).ok());
    assert!(pages.starts_with(b"%PDF-"));
    let mode = fs::metadata(&printed).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    answer(&question, "Wipe Letters");
    window.tree.gone("button", "Letters (1)…");
}

/// Pictures of the pages, for the one who looks at them.
fn pages(look: Look, name: &str) {
    let window = Program::practising("cardos-slow,openpgp-used", look);
    window.tree.find_part("list item", "Blank CardOS token");
    // Going there puts the keyboard there.
    window.point("Symbolon", &window.tree.find("list item", BENCH));
    let open = window.tree.find("button", "Open… Profile");
    open.wait_until("focused", Node::is_focused);
    window.picture("Symbolon", &format!("bench-empty-{name}"));
    laid_out(&window, PROFILE, NAMES);
    window.picture("Symbolon", &format!("bench-laid-{name}"));
    start(&window);
    window.tree.find_part("grid cell", "Anna Rossi, Generate");
    window.picture("Symbolon", &format!("bench-lanes-{name}"));
}

#[test]
fn pages_dark() {
    pages(Look::WIDE.dark(), "dark");
}

#[test]
fn pages_narrow() {
    pages(Look::NARROW, "narrow");
}
