//! The window on its desktop, with everybody who watches it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::bus::{Monitor, PLANTED};
use crate::driver::{Look, Node, Program, accessibility_bus};
use crate::needles::Needles;
use crate::process::Family;
use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::private_directory;
use crate::tally::Tally;

/// The window and its watchers.
pub(crate) struct Desk {
    pub(crate) window: Program,
    session: Monitor,
    accessibility: Monitor,
    family: Family,
    temporary: TempDir,
    pub(crate) tally: Tally,
}

/// No secret, and in the clipboard.
pub(crate) const COPIED: &str = "copied on purpose";

/// What must be found in each place: words that are no secret.
const CONTROLS: [(&str, &str); 10] = [
    ("memory", "Virtual reader A"),
    ("log", "PinDialog"),
    ("stdout", "said by the test itself"),
    ("argv", "symbolon"),
    ("environ", "SYMBOLON_LOG=trace"),
    ("session bus", PLANTED),
    ("accessibility bus", "●●●●●●"),
    ("accessibility tree", "Virtual reader A"),
    ("clipboard", COPIED),
    ("files", "[window]"),
];

impl Desk {
    pub(crate) fn new(what: &'static str, secrets: &[&str], socket: &OsStr) -> Self {
        let temporary = private_directory("temporary-");
        let environment = [
            (SOCKET_VARIABLE, socket),
            ("SYMBOLON_LOG", OsStr::new("trace")),
            ("G_MESSAGES_DEBUG", OsStr::new("all")),
            ("TMPDIR", temporary.path().as_ref()),
        ];
        let window = Program::start(&[], Look::WIDE, &environment);
        let session = Monitor::start(window.session_bus());
        let accessibility = Monitor::start(&accessibility_bus(window.session_bus()));
        accessibility.listen_as_a_screen_reader();
        let secrets = secrets.iter().map(|&secret| (secret, secret.as_bytes()));
        Self {
            session,
            accessibility,
            family: Family::watch(window.pid()),
            tally: Tally::new(what, Needles::new(secrets), &CONTROLS),
            window,
            temporary,
        }
    }

    /// Types text and presses Enter.
    pub(crate) fn enter(&self, text: &str) {
        self.window.typed(text);
        self.window.press(&["Return"]);
    }

    /// Chooses something from the menu of a PIN on the page of PINs.
    pub(crate) fn choose(&self, pin: &str, verb: &str) {
        self.window.press(&["ctrl+2"]);
        let more = format!("More actions for {pin}");
        self.window.tree.find("button", &more).click();
        let entry = format!("{verb} {pin}");
        self.window.tree.find("button", &entry).click();
    }

    /// A second after a deed: nothing is left of it.
    pub(crate) fn search_memory(&mut self, when: &str) {
        thread::sleep(Duration::from_secs(1));
        self.tally.search_memory("memory", when, self.window.pid());
    }

    /// All that a screen reader can ask for.
    pub(crate) fn search_tree(&mut self, tree: &Node, when: &str) {
        let mut all = String::new();
        tree.walk(&mut |node, _| {
            let texts = [node.name(), node.description(), node.every_text()];
            all += &(texts.join(" ") + "\n");
        });
        self.tally
            .search("accessibility tree", when, all.as_bytes());
    }

    /// The session ends, and the program with it; its memory is gone.
    pub(crate) fn cut_off(&mut self) {
        self.window.cut_off("Symbolon");
        let status = self.window.end();
        assert!(!status.core_dumped(), "{status}");
    }

    /// The end: everything that was written and said.
    pub(crate) fn close(mut self) {
        // Keys are told of as they are typed, as bullets.
        assert!(self.accessibility.has_heard("TextChanged"));
        let home = self.window.home().to_owned();
        let words = fs::read(home.join("stdout")).unwrap();
        let planted = [&words[..], b"said by the test itself"].concat();
        self.tally.search("stdout", "all", &planted);
        self.tally
            .search("log", "all", self.window.log().as_bytes());
        self.tally
            .search("session bus", "all", &self.session.heard());
        self.tally
            .search("accessibility bus", "all", &self.accessibility.heard());
        let seen = self.family.seen();
        for arguments in &seen.arguments {
            self.tally.search("argv", "all", arguments);
        }
        for environment in &seen.environments {
            self.tally.search("environ", "all", environment);
        }
        self.tally.search_files("files", &home);
        self.tally.search_files("files", self.temporary.path());
        self.tally.close();
    }
}
