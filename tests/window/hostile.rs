//! Cards whose texts lie: what the window shows is the cleaned text as it is, never markup, whatever its length and script.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::time::Instant;

use symbolon::pki::certificate::Certificate;
use symbolon::simulator::{Chip, Model, OpenPgp, Piv};
use symbolon::token::Text;

use crate::card::chip;
use crate::clean::fault;
use crate::corpus;
use crate::driver::{Look, Node, PATIENCE, Program};
use crate::frame::{COMMON_NAME, Frame, UTF8, name};
use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};

/// The pages with a word for the name of their pictures.
const PAGES: [(&str, &str); 5] = [
    ("ctrl+1", "overview"),
    ("ctrl+2", "pins"),
    ("ctrl+3", "keys"),
    ("ctrl+4", "data"),
    ("ctrl+5", "technical"),
];

/// A service with one of these cards in its first reader, and the window before it.
struct Stage {
    window: Program,
    service: PrivatePcscd,
    _card: ServedCard,
    /// The text as it is shown.
    shown: String,
    /// The same as a name: `<` is a blank in names on OpenPGP cards, and they are short.
    title: String,
}

impl Stage {
    fn with(text: &[u8], look: Look) -> Self {
        let service = PrivatePcscd::start(2);
        let card = ServedCard::new(chip(text), service.slot(0));
        let socket = service.slot(0).socket.clone();
        let shown = Text::from_either(text).to_string();
        let log = OsStr::new("warn");
        let environment = [(SOCKET_VARIABLE, socket.as_ref()), ("SYMBOLON_LOG", log)];
        Self {
            window: Program::start(&[], look, &environment),
            service,
            _card: card,
            title: title(&shown),
            shown,
        }
    }

    /// Goes through all pages; on each every text is clean.
    fn pages(&self, name: &str) {
        let readers = self.window.tree.find("list", "Readers");
        readers.find_part("list item", &self.title);
        for (key, page) in PAGES {
            self.window.press(&[key]);
            self.window
                .picture("Symbolon", &format!("hostile-{name}-{page}"));
            assert_clean(&self.window.tree);
        }
        // The login name stands on the page of data, and was not read as anything else.
        self.window.tree.find("label", &self.shown);
    }

    /// Opens the certificate in 9A, whose texts are the same.
    fn certificate(&self, name: &str) {
        self.window.press(&["ctrl+e"]);
        let dialog = self.window.tree.find("window", &self.shown);
        dialog.find("label", "Issued to");
        dialog.find("label", &self.shown);
        assert_clean(&dialog);
        assert!(dialog.nameless().is_empty(), "{:#?}", dialog.nameless());
        // No pattern of xdotool finds a window by such a title.
        self.window.screen(&format!("hostile-{name}-certificate"));
        self.window.press(&["Escape"]);
        self.window.tree.gone("window", &self.shown);
    }

    /// A card with the same texts comes into the other reader: the news of it is a toast.
    fn arrival(&self, text: &[u8], name: &str) {
        let card = ServedCard::new(chip(text), self.service.slot(1));
        let words = format!("{} is in reader Virtual reader A (2)", self.title);
        self.window.tree.find("status", &words);
        self.window.tree.find("label", &words);
        self.window
            .picture("Symbolon", &format!("hostile-{name}-toast"));
        drop(card);
    }

    /// The window for a PIN, which names the token.
    fn pin(&self, name: &str) {
        self.window.press(&["ctrl+shift+p"]);
        let dialog = self.window.tree.find("window", "Change PIN");
        dialog.find_part("label", &self.title);
        assert_clean(&dialog);
        self.window
            .picture("Change PIN", &format!("hostile-{name}-pin"));
        self.window.press(&["Escape"]);
        self.window.tree.gone("window", "Change PIN");
    }

    /// The window of the trace.
    fn trace(&self) {
        self.window.press(&["ctrl+t"]);
        let trace = self.window.tree.find("window", "Trace");
        trace.find_part("list item", "SELECT PIV, done");
        assert_clean(&trace);
        self.window.press(&["Escape"]);
    }

    /// GTK complains of what it cannot read as markup.
    fn end(self) {
        assert_eq!(self.window.complaints(), "");
    }
}

/// What a holder of that name is called.
fn title(shown: &str) -> String {
    let name = Text::from(shown.replace('<', " ").trim()).to_string();
    match name.char_indices().nth(80) {
        Some((end, _)) => name[..end].trim_end().to_owned() + "…",
        None => name,
    }
}

/// Nothing that a person sees or hears steers, turns or hides.
fn assert_clean(tree: &Node) {
    let (mut faults, mut count) = (Vec::new(), 0);
    tree.walk(&mut |node, _| {
        for text in [node.name(), node.description(), node.text()] {
            count += 1;
            let fault = text.split('\n').find_map(fault);
            faults.extend(fault.map(|fault| format!("{fault} in {text:?}")));
        }
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 20, "{count}");
}

#[test]
fn markup_is_shown_as_it_is_written() {
    let text = "<b>x</b> A & B &#10; _File %s";
    let stage = Stage::with(text.as_bytes(), Look::WIDE);
    assert_eq!(stage.shown, text);
    stage.pages("markup");
    stage.certificate("markup");
    stage.arrival(text.as_bytes(), "markup");
    stage.pin("markup");
    stage.trace();
    stage.end();
}

#[test]
fn what_hides_or_turns_is_a_mark() {
    let text = "bank\0.evil \u{202E}gpj.exe\u{2066} \u{1b}[2J\u{9b}31m\r\nverified\u{200B}";
    let stage = Stage::with(text.as_bytes(), Look::WIDE);
    assert_eq!(
        stage.shown,
        "bank\u{FFFD}.evil \u{FFFD}gpj.exe\u{FFFD} \u{FFFD}[2J\u{FFFD}31m verified\u{FFFD}"
    );
    stage.pages("marks");
    stage.certificate("marks");
    stage.arrival(text.as_bytes(), "marks");
    stage.pin("marks");
    stage.end();
}

#[test]
fn a_text_without_end_leaves_room_for_the_rest() {
    let text = "W".repeat(1 << 20);
    let stage = Stage::with(text.as_bytes(), Look::WIDE);
    assert_eq!(stage.shown, format!("{}…", "W".repeat(Text::MAX_CHARS)));
    stage.pages("long");
    stage.certificate("long");
    stage.arrival(text.as_bytes(), "long");
    stage.pin("long");
    stage.end();
}

#[test]
fn a_text_without_end_fits_a_telephone() {
    let text = "Wide word ".repeat(300);
    let stage = Stage::with(text.as_bytes(), Look::NARROW);
    stage.window.tree.find_part("list item", "Wide word");
    stage.window.picture("Symbolon", "hostile-narrow-readers");
    stage.window.press(&["Return"]);
    for (key, page) in PAGES {
        stage.window.press(&[key]);
        stage
            .window
            .picture("Symbolon", &format!("hostile-narrow-{page}"));
    }
    stage.end();
}

#[test]
fn names_from_the_right_and_tall_ones_look_as_they_are_written() {
    for (text, name) in [
        ("דוד בן־גוריון", "hebrew"),
        ("བསྒྲུབས་ e\u{301}\u{302}\u{303}\u{304}", "tall"),
    ] {
        let stage = Stage::with(text.as_bytes(), Look::WIDE);
        assert_eq!(stage.shown, text);
        stage.pages(name);
        stage.certificate(name);
        stage.pin(name);
        stage.end();
    }
}

/// So much of a string goes into a certificate here: more than is shown, and a whole number of characters of two bytes and
/// of three.
const NAME_LEN: usize = 3_000;

/// All slots of PIV that may hold a certificate.
fn slots() -> Vec<u8> {
    let first = [0x9A, 0x9C, 0x9D, 0x9E];
    first.into_iter().chain(0x82..=0x95).collect()
}

/// A certificate for somebody of that name.
fn certificate_of(text: &[u8]) -> Vec<u8> {
    let mut frame = Frame::sound();
    frame.subject = name(&[(COMMON_NAME, UTF8, text)]);
    frame.der()
}

/// A card with a string in the certificate of each slot, and the first two as login name and address.
fn full_card(holder: &str, strings: &[Vec<u8>]) -> Chip {
    let piv = slots().into_iter().zip(strings).fold(
        Piv::generic().with_key_history(20, 0, ""),
        |card, (slot, text)| card.with_certificate(slot, &certificate_of(text)),
    );
    let openpgp = OpenPgp::new(Model::version_3(0x1234_5678))
        .with_object(0x5B, holder.as_bytes())
        .with_object(0x5E, &strings[0])
        .with_object(0x5F50, &strings[1]);
    Chip::new([0x3B, 0x80, 0x01, 0x81]).with(piv).with(openpgp)
}

/// What of these is not shown on the page behind a key.
fn missing(window: &Program, key: &str, due: &[String]) -> Vec<String> {
    window.press(&[key]);
    let start = Instant::now();
    loop {
        let mut shown = HashSet::new();
        window
            .tree
            .walk(&mut |node, _| _ = shown.insert(node.name()));
        let missing: Vec<String> = due
            .iter()
            .filter(|text| !shown.contains(*text))
            .cloned()
            .collect();
        if missing.is_empty() || start.elapsed() > PATIENCE {
            return missing;
        }
    }
}

/// The whole corpus, many strings on each card: each is shown as the cleaned text, to the character.
#[test]
fn every_string_of_the_corpus_is_shown_cleaned() {
    let start = Instant::now();
    // Nothing stands for what is blank.
    let strings: Vec<Vec<u8>> = corpus::strings()
        .into_iter()
        .map(|(_, bytes)| bytes[..bytes.len().min(NAME_LEN)].to_vec())
        .filter(|bytes| !Text::from_either(bytes).as_str().trim().is_empty())
        .collect();
    let cards: Vec<&[Vec<u8>]> = strings.chunks(slots().len()).collect();
    let service = PrivatePcscd::start(cards.len());
    let holder = |number: usize| format!("Card number {number}");
    let served: Vec<ServedCard> = cards
        .iter()
        .zip(service.slots())
        .enumerate()
        .map(|(number, (strings, slot))| ServedCard::new(full_card(&holder(number), strings), slot))
        .collect();
    let socket = service.slot(0).socket.clone();
    let environment = [
        (SOCKET_VARIABLE, socket.as_ref()),
        ("SYMBOLON_LOG", OsStr::new("warn")),
    ];
    let window = Program::start(&[], Look::WIDE, &environment);
    let readers = window.tree.find("list", "Readers");
    let (mut wrong, mut texts) = (Vec::new(), 0);
    for (number, strings) in cards.iter().enumerate() {
        let row = readers.find_part("list item", &holder(number));
        readers.go_to(&row.name());
        let names: Vec<String> = strings
            .iter()
            .filter_map(|text| Certificate::parse(&certificate_of(text)).unwrap().name())
            .map(|name| name.to_string())
            .collect();
        let facts: Vec<String> = strings[..2]
            .iter()
            .map(|text| Text::from_either(text).to_string())
            .collect();
        texts += names.len() + facts.len();
        for (key, due) in [("ctrl+3", &names), ("ctrl+4", &facts)] {
            wrong.extend(missing(&window, key, due));
            assert_clean(&window.tree);
        }
    }
    println!(
        "the window: {} strings on {} cards, {texts} texts, {} not as due, {:?}",
        strings.len(),
        cards.len(),
        wrong.len(),
        start.elapsed()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(texts > 140, "{texts}");
    assert_eq!(window.complaints(), "");
    drop(served);
}
