//! Who may import whom: the dependency rule of `src/lib.rs` as a table, and the rules about GTK, PC/SC and `unsafe`.
//!
//! A rule without this test is broken within a week, by a `use` that an editor wrote.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sources;

use sources::Token;

/// Each room and the rooms that it may import from, from the inside out. `room::module` lets only that module in.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("token", &["base"]),
    ("iso7816", &["base", "token"]),
    ("pki", &["base", "token"]),
    ("transport", &["base", "token", "iso7816"]),
    ("globalplatform", &["base", "token", "iso7816", "transport"]),
    (
        "card",
        &[
            "base",
            "token",
            "iso7816",
            "transport",
            "globalplatform",
            "pki",
        ],
    ),
    (
        "plan",
        &[
            "base",
            "token",
            "pki",
            "globalplatform",
            "card",
            "transport::channel",
        ],
    ),
    ("integration", &["base", "token", "pki"]),
    ("pinentry", &["base", "token"]),
    ("simulator", &["base", "iso7816", "transport::link"]),
    (
        "diagnostics",
        &["base", "token", "transport", "card", "integration"],
    ),
    (
        "backend",
        &[
            "base",
            "token",
            "iso7816",
            "pki",
            "transport",
            "globalplatform",
            "card",
            "plan",
            "integration",
            "simulator",
            "diagnostics",
        ],
    ),
    (
        "explain",
        &[
            "base",
            "token",
            "iso7816",
            "pki",
            "transport",
            "globalplatform",
            "card",
            "plan",
            "integration",
            "diagnostics",
            "backend",
        ],
    ),
    ("cli", OUTER),
    ("ui", OUTER),
    ("bin", &["base", "pinentry", "cli", "ui"]),
];

/// What the window and the command line see.
const OUTER: &[&str] = &[
    "base",
    "token",
    "pki",
    "plan",
    "integration",
    "diagnostics",
    "backend",
    "explain",
    "pinentry",
];

/// Drivers of card families, the folders or files of `card` that never import each other. What they share is beside them.
const FAMILIES: &[&str] = &["cardos", "emv", "muscle", "openpgp", "piv", "pkcs11", "sim"];

/// The crates of the window, which the terminal programs are not to need.
const TOOLKIT: &[&str] = &[
    "adw",
    "cairo",
    "gdk",
    "gio",
    "glib",
    "gsk",
    "gtk",
    "gtk4",
    "libadwaita",
    "pango",
    "relm4",
];

/// Where the crate `pcsc` is named.
const PCSC: &[&str] = &["transport/pcsc.rs", "transport/watch.rs"];

/// Where `unsafe` stands, each place with its reason.
const UNSAFE: &[&str] = &[
    "base/os.rs",
    "simulator/vpcd.rs",
    "ui/a11y.rs",
    "ui/style.rs",
];

/// Lines of a program: it parses its arguments and calls the library.
const PROGRAM_LINES: usize = 30;

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let faults: Vec<String> = sources::all()
        .iter()
        .flat_map(|source| faults(&source.name, &source.text))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn programs_are_short() {
    for source in sources::all() {
        let lines = source.text.lines().count();
        assert!(
            !source.name.starts_with("bin/") || lines <= PROGRAM_LINES,
            "src/{} has {lines} lines, and {PROGRAM_LINES} are enough to call the library",
            source.name
        );
    }
}

#[test]
fn no_room_below_the_window_and_the_command_line_imports_words() {
    for (room, imports) in ROOMS {
        assert!(
            !imports.contains(&"explain") || ["cli", "ui"].contains(room),
            "{room} imports explain"
        );
    }
}

#[test]
fn the_table_has_no_circle() {
    // Every import stands above its importer, so following imports always comes to an end.
    for (at, (room, imports)) in ROOMS.iter().enumerate() {
        for import in *imports {
            let import = import.split("::").next().unwrap();
            assert!(
                ROOMS[..at].iter().any(|(above, _)| *above == import),
                "{room} imports {import}, which does not stand above it"
            );
        }
    }
}

/// `file: source: the fault to be found`, parted by ` ~ `.
const PLANTED: &str = r##"
token/pin.rs ~ use crate::card::Driver; ~ src/token/pin.rs:1: token must not import crate::card::Driver
token/pin.rs ~ use crate::{base::hex, pki::{Csr as Request}, iso7816}; ~ token must not import crate::pki::Csr
token/pin.rs ~ use crate::{base::{self, hex}, transport::{self}}; ~ token must not import crate::transport
token.rs ~ fn f() { let _ = crate::transport::Link::open(); } ~ crate::transport::Link::open
token/a.rs ~ mod tests { use super::super::super::card::*; } ~ crate::card::*
token/a.rs ~ mod a { fn f() { } } fn g() -> Vec<super::super::card::Any> { vec![] } ~ crate::card::Any
token/a.rs ~ wrap! { child = crate::ui::App {} } ~ crate::ui::App
token/a.rs ~ macro_rules! m { () => { $crate::ui::f() } } ~ crate::ui::f
simulator/piv.rs ~ use crate::transport::trace::Trace; ~ crate::transport::trace::Trace
simulator/piv.rs ~ use crate::token::Pin; ~ crate::token::Pin
card/piv/mod.rs ~ use crate::card::openpgp::Slot; ~ piv uses crate::card::openpgp::Slot
card/piv/mod.rs ~ use super::openpgp::Slot; ~ drivers never import each other
card/piv.rs ~ use super::{cardos, iso}; ~ drivers never import each other
backend/lane.rs ~ use crate::explain::explain; ~ crate::explain::explain
ui/app.rs ~ use crate::transport::Link; ~ crate::transport::Link
cli/show.rs ~ use crate::simulator::wardrobe; ~ crate::simulator::wardrobe
cli/show.rs ~ use relm4::gtk; ~ relm4 belongs to ui
cli/show.rs ~ fn f() { ::glib::idle_add(g); } ~ glib belongs to ui
cli/show.rs ~ extern crate gtk4; ~ gtk4 belongs to ui
backend/mod.rs ~ use pcsc::Context; ~ pcsc belongs to
transport/chaining.rs ~ fn f(_: ::pcsc::Error) {} ~ pcsc belongs to
card/iso.rs ~ fn f() { unsafe { g() } } ~ unsafe belongs to
kitchen/mod.rs ~ const A: u8 = 1; ~ kitchen is no room
token/mod.rs ~ use crate::Token; ~ crate::Token is in no room
token/mod.rs ~ use crate as everything; ~ names the whole crate
token/mod.rs ~ use super::*; ~ names the whole crate
bin/symbolon.rs ~ fn main() { symbolon::backend::start() } ~ bin must not import crate::backend::start
"##;

/// `file: source` without a fault, parted by ` ~ `.
const ALLOWED: &str = r##"
token/mod.rs ~ use crate::base::{hex, secret::Secret}; // use crate::ui::App;
token/mod.rs ~ /* use crate::ui::App; */ use crate::base;
token/a.rs ~ const A: &str = "use crate::ui::App;"; const B: &str = r#"unsafe { gtk::init(") }"#;
token/a.rs ~ pub(in crate::token) fn f<'a>(x: &'a u8) -> impl Sized + use<'a> { super::g(x) }
token/a.rs ~ fn f() { self::b::c(); Self::d(); x.glib; y::gtk::z(); Vec::<u8>::gtk::new(); let crate_ = 1; }
simulator/piv.rs ~ use crate::transport::link::{Link, Reader};
card/piv/slots.rs ~ use super::{Piv, object}; use super::super::iso::select; use crate::card::pkcs15;
card/mod.rs ~ pub mod openpgp; pub mod piv; use openpgp::OpenPgp; use piv::Piv;
transport/mod.rs ~ pub mod pcsc; pub use pcsc::Service; pub use self::pcsc::Other;
transport/pcsc.rs ~ use pcsc::Context;
ui/app.rs ~ use relm4::{adw, gtk}; use crate::backend::Handle;
base/os.rs ~ fn f() { unsafe { g() } }
bin/symbolon.rs ~ fn main() { symbolon::ui::run() }
lib.rs ~ pub mod base; pub mod ui;
"##;

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.trim().lines().map(|line| line.split(" ~ ").collect())
}

#[test]
fn planted_faults_are_found() {
    for row in rows(PLANTED) {
        let [file, source, expected] = row[..] else {
            panic!("{row:?}");
        };
        let found = faults(file, source);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{file}: {source}\nexpected: {expected}\nfound: {found:#?}"
        );
    }
}

#[test]
fn a_fault_names_its_line() {
    let source = "//! Text.\n\nuse crate::{\n    base::hex,\n    card::Driver,\n};\n";
    assert_eq!(
        faults("token/mod.rs", source),
        ["src/token/mod.rs:5: token must not import crate::card::Driver"]
    );
}

#[test]
fn what_is_allowed_is_no_fault() {
    for row in rows(ALLOWED) {
        let [file, source] = row[..] else {
            panic!("{row:?}");
        };
        assert_eq!(
            faults(file, source),
            Vec::<String>::new(),
            "{file}: {source}"
        );
    }
}

/// What is wrong in the source file `file` (below `src`), each with its line.
fn faults(file: &str, text: &str) -> Vec<String> {
    let tokens = sources::tokens(text);
    let mut module: Vec<String> = file
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if module
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        module.pop();
    }
    let mut reader = Reader {
        file,
        // A module of our own may have the name of a crate: transport::pcsc.
        declared: tokens
            .windows(2)
            .filter(|pair| pair[0].word() == Some("mod"))
            .filter_map(|pair| pair[1].word().map(str::to_owned))
            .collect(),
        faults: Vec::new(),
    };
    if let Some(room) = module.first()
        && imports_of(room).is_none()
    {
        reader.report(1, &format!("{room} is no room of the table"));
    }
    reader.read(&tokens, module);
    reader.faults
}

fn imports_of(room: &str) -> Option<&'static [&'static str]> {
    ROOMS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, imports)| *imports)
}

/// Walks the tokens of one file and collects what is wrong.
struct Reader<'a> {
    file: &'a str,
    declared: Vec<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn report(&mut self, line: usize, what: &str) {
        self.faults
            .push(format!("src/{}:{line}: {what}", self.file));
    }

    /// Reads the whole file, which is `module`.
    fn read(&mut self, tokens: &[Token], mut module: Vec<String>) {
        let mut depth = 0;
        // At which depth of braces each `mod name { … }` that is open began.
        let mut opened = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = tokens.get(at + 1);
            match token.word() {
                Some("unsafe") => {
                    if !UNSAFE.contains(&self.file) {
                        self.report(
                            token.line,
                            &format!("unsafe belongs to {}", UNSAFE.join(" and ")),
                        );
                    }
                    at += 1;
                }
                Some("mod") => {
                    if let Some(name) = next.and_then(Token::word)
                        && tokens.get(at + 2).is_some_and(|body| body.is('{'))
                    {
                        module.push(name.to_owned());
                        opened.push(depth);
                    }
                    // The brace is counted in its turn.
                    at += 2;
                }
                // `use<'a>` in a return type is another thing.
                Some("use") if !next.is_some_and(|next| next.is('<')) => {
                    let length = tokens[at..]
                        .iter()
                        .take_while(|token| !token.is(';'))
                        .count();
                    self.read_use(&tokens[at + 1..at + length], &[], &module);
                    at += length;
                }
                Some("extern") if next.and_then(Token::word) == Some("crate") => {
                    if let Some(name) = tokens.get(at + 2).and_then(Token::word) {
                        self.check(&[name.to_owned()], true, token.line, &module);
                    }
                    at += 3;
                }
                Some(_) => at = self.read_path(tokens, at, &module),
                None => {
                    if token.is('{') {
                        depth += 1;
                    } else if token.is('}') {
                        depth -= 1;
                        if opened.last() == Some(&depth) {
                            opened.pop();
                            module.pop();
                        }
                    }
                    at += 1;
                }
            }
        }
    }

    /// Reads the trees of a `use` item, parted by commas, below `prefix`.
    fn read_use(&mut self, tokens: &[Token], prefix: &[String], module: &[String]) {
        for tree in split_at_commas(tokens) {
            let Some(first) = tree.first() else { continue };
            let mut path = prefix.to_vec();
            let group = tree.iter().position(|token| token.is('{'));
            for token in &tree[..group.unwrap_or(tree.len())] {
                match token.word() {
                    // What comes after is our name for it.
                    Some("as") => break,
                    Some("self") if !prefix.is_empty() => {}
                    Some(word) => path.push(word.to_owned()),
                    None if token.is('*') => path.push("*".to_owned()),
                    None => {}
                }
            }
            if let Some(group) = group {
                self.read_use(&tree[group + 1..tree.len() - 1], &path, module);
            } else {
                let global = prefix.is_empty() && first.is(':');
                self.check(&path, global, first.line, module);
            }
        }
    }

    /// Reads the path that starts at `at`, and says where it ends.
    fn read_path(&mut self, tokens: &[Token], at: usize, module: &[String]) -> usize {
        let mut path = Vec::new();
        let mut end = at;
        while let Some(word) = tokens.get(end).and_then(Token::word) {
            path.push(word.to_owned());
            end += 1;
            if !is_path_separator(tokens, end) {
                break;
            }
            end += 2;
        }
        let before = at
            .checked_sub(2)
            .filter(|before| is_path_separator(tokens, *before));
        // `Vec::<u8>::new`: the tail of a path names no crate.
        let is_tail = before.is_some_and(|before| {
            before
                .checked_sub(1)
                .and_then(|at| tokens.get(at))
                .is_some_and(|token| token.word().is_some() || token.is('>'))
        });
        if path.len() > 1 && !is_tail {
            self.check(&path, before.is_some(), tokens[at].line, module);
        }
        end
    }

    /// Judges one path, as written in `module`. A `global` one starts with `::`.
    fn check(&mut self, path: &[String], global: bool, line: usize, module: &[String]) {
        let Some(first) = path.first().map(String::as_str) else {
            return;
        };
        let room = module.first().map_or("lib", String::as_str);
        if global || !["crate", "self", "super", "symbolon"].contains(&first) {
            let ours = !global && self.declared.iter().any(|name| name == first);
            if TOOLKIT.contains(&first) && room != "ui" && !ours {
                self.report(line, &format!("{first} belongs to ui"));
            }
            if first == "pcsc" && !PCSC.contains(&self.file) && !ours {
                self.report(line, &format!("pcsc belongs to {}", PCSC.join(" and ")));
            }
            return;
        }
        let target = absolute(path, module);
        let written = format!("crate::{}", target.join("::"));
        match target.first().map(String::as_str) {
            None | Some("*") => self.report(line, "names the whole crate"),
            Some(other) if other == room => {
                if let (Some(one), Some(another)) = (family(module), family(&target))
                    && one != another
                {
                    self.report(
                        line,
                        &format!("{one} uses {written}, but drivers never import each other"),
                    );
                }
            }
            Some(other) if imports_of(other).is_none() => {
                self.report(line, &format!("{written} is in no room"));
            }
            Some(_) => {
                let allowed = imports_of(room).unwrap_or_default().iter().any(|import| {
                    let import: Vec<&str> = import.split("::").collect();
                    target.len() >= import.len() && import.iter().zip(&target).all(|(a, b)| a == b)
                });
                if !allowed {
                    self.report(line, &format!("{room} must not import {written}"));
                }
            }
        }
    }
}

/// The driver that `path` is in, if it is in one.
fn family(path: &[String]) -> Option<&str> {
    match path {
        [room, family, ..] if room == "card" => {
            Some(family.as_str()).filter(|family| FAMILIES.contains(family))
        }
        _ => None,
    }
}

/// The way from the top of the crate to what `path` names, written in `module`.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let mut target: Vec<String> = match path.first().map(String::as_str) {
        Some("crate" | "symbolon") => Vec::new(),
        _ => module.to_vec(),
    };
    for segment in path {
        match segment.as_str() {
            "crate" | "symbolon" | "self" => {}
            "super" => {
                target.pop();
            }
            name => target.push(name.to_owned()),
        }
    }
    target
}

/// The parts of `tokens` between the commas that stand in no braces.
fn split_at_commas(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            depth += i32::from(token.is('{')) - i32::from(token.is('}'));
            depth == 0 && token.is(',')
        })
        .collect()
}

fn is_path_separator(tokens: &[Token], at: usize) -> bool {
    [at, at + 1]
        .iter()
        .all(|at| tokens.get(*at).is_some_and(|token| token.is(':')))
}
