//! Packages for Java cards: those that a card would refuse, and what is done to those that are there.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use symbolon::simulator::{Card, wardrobe};

use crate::applets::{KEYS, WIZARD, applets, load, load_again, named, open_with_test_keys, press};
use crate::card_file::Made;
use crate::driver::{Look, Node, Program, wait};
use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};

/// A card on which somebody counts how often GlobalPlatform's card manager is looked for.
struct Asked {
    card: Box<dyn Card>,
    times: Arc<AtomicUsize>,
}

impl Card for Asked {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let manager = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];
        let selects = command.starts_with(&[0x00, 0xA4, 0x04]);
        if selects && command.windows(manager.len()).any(|part| part == manager) {
            self.times.fetch_add(1, Ordering::SeqCst);
        }
        self.card.transmit(command)
    }
}

/// Opens a file with this in it; the wizard, or the alert that says why not.
fn open(window: &Program, name: &str, bytes: &[u8]) {
    let file = window.home().join(name);
    fs::write(&file, bytes).unwrap();
    let row = window.tree.find("list item", "Load a package…");
    window.point("Symbolon", &row);
    window.choose("Open a CAP file", &file);
}

/// A package that is refused before anything was sent: the finding, and a button that does nothing.
fn is_in_the_way(window: &Program, name: &str, made: &Made, finding: &str) {
    let finding = format!("In the way: {finding}");
    open(window, name, &made.archive());
    let wizard = window.tree.find("window", WIZARD);
    wizard.find_part("list item", &finding);
    let button = wizard.find("button", "Load…");
    button.wait_until("dead", |button| !button.is_sensitive());
    named(&wizard);
    window.picture(WIZARD, &format!("applets-{}", name.replace(".cap", "")));
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
}

#[test]
fn what_a_card_would_refuse_is_not_begun() {
    let window = Program::practising("java-modern", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    let whole = Made::muscle().archive();
    open(&window, "damaged.cap", &whole[..whole.len() / 2]);
    let alert = window.tree.find("dialog", "The CAP file is damaged");
    window.picture("The CAP file is damaged", "applets-damaged");
    press(&alert, "Close Close");
    window.tree.gone("window", WIZARD);
    let mut big = Made::muscle();
    // A file has no more than 64 kB; its static fields are as large once more.
    big.static_image = 60_000;
    for (tag, len) in &mut big.filled {
        if *tag == 7 {
            *len = 45_000;
        }
    }
    is_in_the_way(&window, "big.cap", &big, "It needs ");
    let mut domain = Made::muscle();
    domain.applets = vec![(vec![0xA0, 0, 0, 1, 0x51, 0, 0, 0], 0x17)];
    is_in_the_way(&window, "domain.cap", &domain, "A security domain ");
    // What other programs look for has another name: it can be done, and is told.
    let mut other = Made::muscle();
    other.applets = vec![(vec![0xA0, 0, 0, 3, 0x23, 1, 1], 0x17)];
    open(&window, "other.cap", &other.archive());
    let wizard = window.tree.find("window", WIZARD);
    let line = wizard.find_part("list item", "To be careful with: ");
    assert!(line.name().contains("A00000000101"), "{}", line.name());
    let load = wizard.find("button", "Load…");
    load.wait_until("live", Node::is_sensitive);
    // What cannot be is said where it is typed, and again where it is read.
    let field = wizard.find_part("text box", "Instance AID: ");
    field.set_text("A000");
    wizard.find("alert", "An option cannot be taken as it is");
    load.wait_until("dead", |load| !load.is_sensitive());
    window.picture(WIZARD, "applets-option");
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
}

/// With the keys comes what is on the card: what is not there is not deleted before.
#[test]
fn a_file_that_was_there_before_the_keys_deletes_nothing_that_is_not_on_the_card() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    open(&window, "muscle.cap", &Made::muscle().archive());
    let wizard = window.tree.find("window", WIZARD);
    wizard.find("alert", "The card manager is closed");
    press(&wizard, "Open Card Manager…");
    let dialog = window.tree.find("window", KEYS);
    press(&dialog, "Open");
    window.tree.gone("window", KEYS);
    wizard.gone("alert", "The card manager is closed");
    press(&wizard, "Load…");
    let first = wizard.find_part("list item", "1. ").name();
    assert!(first.contains("1. Load "), "{first}");
    assert!(wizard.look_for_part("list item", "Delete ").is_none());
    wizard.find("button", "Load");
    window.picture(WIZARD, "applets-keys-later");
}

#[test]
fn what_is_loaded_again_is_deleted_before_and_an_applet_is_locked() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    open_with_test_keys(&window);
    // It may be too new: that is told, and the card has the last word.
    let mut newer = Made::muscle();
    newer.imports[0].0 = 6;
    open(&window, "newer.cap", &newer.archive());
    let wizard = window.tree.find("window", WIZARD);
    let careful = "To be careful with: It was built for Java Card 3.0.5";
    wizard.find_part("list item", careful);
    press(&wizard, "Cancel");
    window.tree.gone("window", WIZARD);
    load(&window);
    load_again(&window);
    for (verb, state) in [("Lock", "Locked"), ("Unlock", "Selectable")] {
        press(
            &window.tree,
            "More actions for MUSCLE applet (A00000000101)",
        );
        press(
            &window.tree,
            &format!("{verb} MUSCLE applet (A00000000101)…"),
        );
        let wizard = window.tree.find("window", WIZARD);
        wizard.find_part("list item", "1. ");
        press(&wizard, verb);
        wizard.find_part("status", "MUSCLE applet (A00000000101) is ");
        press(&wizard, "Done");
        window.tree.gone("window", WIZARD);
        let row = format!("MUSCLE applet, {state}, A00000000101");
        window.tree.find_part("list item", &row);
        window.picture("Symbolon", &format!("applets-{}", state.to_lowercase()));
    }
}

/// A token may be a Java card as well: its card manager is asked when somebody wants to see it.
#[test]
fn a_token_is_asked_for_its_card_manager_on_demand() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let times = Arc::<AtomicUsize>::default();
    let card = Asked {
        card: wardrobe::make("piv-plain").unwrap(),
        times: Arc::clone(&times),
    };
    let _card = ServedCard::new(card, slot);
    let socket = slot.socket.as_os_str();
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket)]);
    window.tree.find_part("list item", "PIV, ");
    window.press(&["ctrl+5"]);
    let row = window.tree.find("list item", "Ask the card manager");
    let whole = window.tree.find("window", "Symbolon");
    // The wheel brings it into sight.
    row.wait_until("in sight", |row| {
        let ((_, y, _, height), (.., end)) = (row.extents(), whole.extents());
        let in_sight = y > 0 && height > 0 && y + height < end;
        if !in_sight {
            window.point_with("Symbolon", &whole, "5");
        }
        in_sight
    });
    // Nobody looks for it while the token is read.
    assert_eq!(times.load(Ordering::SeqCst), 0);
    window.point("Symbolon", &row);
    let none = "This card has no card manager that answers";
    window.tree.find("label", none);
    window.picture("Symbolon", "applets-none");
    let before = times.load(Ordering::SeqCst);
    assert_ne!(before, 0);
    press(&window.tree, "Try Again");
    wait("the second look", || {
        (times.load(Ordering::SeqCst) > before).then_some(())
    });
    window.tree.find("label", none);
}

/// Enter on the keys that are chosen already opens the card manager.
#[test]
fn a_card_manager_is_opened_by_keyboard_alone() {
    let window = Program::practising("java-gp211", Look::WIDE);
    applets(&window);
    press(&window.tree, "Open the card manager");
    let dialog = window.tree.find("window", KEYS);
    let test = dialog.find("radio", "Public test keys");
    test.wait_until("focused", Node::is_focused);
    window.press(&["Return"]);
    window.tree.gone("window", KEYS);
    window.tree.find_part("list item", "Secure channel opened");
}
