//! The prompt: PINs typed on the keyboard into `pinentry-symbolon`, and searched for in everything that can be seen of it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use crate::bus::{Monitor, PLANTED};
use crate::driver::{Desktop, Node, accessibility_bus, wait};
use crate::needles::Needles;
use crate::process::{Family, Pages, search_pages};
use crate::tally::Tally;

/// What is typed and sent.
const SENT: &str = "Kd3;vq8Zt0x1";
/// What is typed and not sent.
const CANCELLED: &str = "Wn8!cg4Bk6-p";
/// What is typed twice, for something new.
const NEW: &str = "Hs4[ub6Nj5]e";
/// What is typed when the window is closed from outside.
const CLOSED: &str = "Gf1{oa9Ti3}k";

/// What must be found in each place: words that are no secret.
const CONTROLS: [(&str, &str); 8] = [
    ("memory", "Unlock Card"),
    ("stderr", "said by the test itself"),
    ("argv", "pinentry-symbolon"),
    ("environ", "DISPLAY="),
    ("session bus", PLANTED),
    ("accessibility bus", "●●●●●●"),
    ("accessibility tree", "Unlock Card"),
    ("files", "[Settings]"),
];

/// The program with the one who asks, who is this test, and everybody who watches.
struct Prompt {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    root: Node,
    session: Monitor,
    accessibility: Monitor,
    family: Family,
    tally: Tally,
    desktop: Desktop,
}

impl Prompt {
    fn start() -> Self {
        let desktop = Desktop::start();
        let session = Monitor::start(desktop.bus());
        let accessibility = Monitor::start(&accessibility_bus(desktop.bus()));
        accessibility.listen_as_a_screen_reader();
        let words = File::create(desktop.home().join("stderr")).unwrap();
        let mut child = desktop
            .command(env!("CARGO_BIN_EXE_pinentry-symbolon"))
            .env("G_MESSAGES_DEBUG", "all")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(words)
            .spawn()
            .unwrap();
        let secrets = [SENT, CANCELLED, NEW, CLOSED];
        let secrets = secrets.map(|secret| (secret, secret.as_bytes()));
        let mut prompt = Self {
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            root: Node::desktop(desktop.bus()),
            session,
            accessibility,
            family: Family::watch(child.id()),
            tally: Tally::new("prompt", Needles::new(secrets), &CONTROLS),
            desktop,
            child,
        };
        assert!(prompt.line().starts_with("OK"));
        prompt.say("OPTION no-grab");
        prompt
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "it ended");
        line
    }

    /// Sends a line that is answered at once.
    fn say(&mut self, line: &str) {
        writeln!(self.to, "{line}").unwrap();
        let answer = self.line();
        assert!(answer.starts_with("OK"), "{line}: {answer}");
    }

    /// Asks, and waits for the dialog of this title.
    fn ask(&mut self, title: &str) -> Node {
        writeln!(self.to, "GETPIN").unwrap();
        let window = wait(title, || {
            let program = self.root.look("application", "pinentry-symbolon")?;
            let mut windows = program.children().into_iter();
            windows.find(|window| window.name() == title)
        });
        wait("the keyboard", || {
            self.desktop.has_keyboard(title).then_some(())
        });
        window
    }

    /// Types into the field of this name, which has the cursor.
    fn types(&self, window: &Node, field: &str, secret: &str) {
        self.desktop.typed(secret);
        let bullets = "●".repeat(secret.len());
        let field = window.find("text box", field);
        field.wait_until("typed", |field| field.text() == bullets);
    }

    /// While it is typed: it is in locked pages, and nowhere else.
    fn is_kept_locked(&mut self, secret: &str) {
        let needles = Needles::new([("typed", secret.as_bytes())]);
        let locked = search_pages(self.child.id(), &needles, Pages::Locked);
        assert!(!locked.hits.is_empty(), "it is in no locked page either");
        let others = search_pages(self.child.id(), &needles, Pages::Unlocked);
        assert!(others.bytes > 1 << 20, "{}", others.bytes);
        assert_eq!(others.hits, [], "while {secret} is typed");
    }

    /// All that a screen reader can ask for.
    fn search_tree(&mut self, when: &str) {
        let mut all = String::new();
        self.root.walk(&mut |node, _| {
            let texts = [node.name(), node.description(), node.every_text()];
            all += &(texts.join(" ") + "\n");
        });
        self.tally
            .search("accessibility tree", when, all.as_bytes());
    }

    /// A second after a deed, nothing is left of it (facts sheet hostile-cards, H-22).
    fn search_memory(&mut self, when: &str) {
        thread::sleep(Duration::from_secs(1));
        self.tally.search_memory("memory", when, self.child.id());
    }

    fn close(mut self) {
        self.say("BYE");
        assert!(wait("the end", || self.child.try_wait().unwrap()).success());
        assert!(self.accessibility.has_heard("TextChanged"));
        let words = fs::read(self.desktop.home().join("stderr")).unwrap();
        let planted = [&words[..], b"said by the test itself"].concat();
        self.tally.search("stderr", "all", &planted);
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
        self.tally.search_files("files", self.desktop.home());
        self.tally.close();
    }
}

#[test]
fn a_pin_is_in_locked_pages_while_it_is_typed_and_nowhere_after() {
    let mut prompt = Prompt::start();
    prompt.say(
        "SETDESC Please unlock the card%0A%0ANumber\u{1f}: 0006 12345678%0AHolder\u{1f}: Alice Test%0ACounter\u{1f}: 7",
    );
    prompt.say("SETPROMPT PIN");
    let window = prompt.ask("Unlock Card");
    prompt.types(&window, "PIN", SENT);
    prompt.is_kept_locked(SENT);
    prompt.search_tree("while a PIN is typed");
    // Nothing of it can be copied or cut.
    prompt
        .desktop
        .press(&["ctrl+a", "ctrl+c", "ctrl+Insert", "ctrl+x", "End"]);
    prompt.search_tree("after it was selected");
    prompt.desktop.press(&["Return"]);
    assert_eq!(prompt.line(), format!("D {SENT}\n"));
    assert_eq!(prompt.line(), "OK\n");
    prompt.search_memory("after it was sent");

    let window = prompt.ask("Unlock Card");
    prompt.types(&window, "PIN", CANCELLED);
    prompt.is_kept_locked(CANCELLED);
    prompt.desktop.press(&["Escape"]);
    assert!(prompt.line().starts_with("ERR 83886179 "));
    prompt.search_memory("after it was cancelled");

    prompt.say("RESET");
    prompt.say("SETREPEAT");
    let window = prompt.ask("New Passphrase");
    prompt.types(&window, "Passphrase", NEW);
    prompt.desktop.press(&["Return"]);
    prompt.types(&window, "Repeat", NEW);
    prompt.is_kept_locked(NEW);
    prompt.search_tree("while it is typed twice");
    prompt.desktop.press(&["Return"]);
    assert_eq!(prompt.line(), "S PIN_REPEATED\n");
    assert_eq!(prompt.line(), format!("D {NEW}\n"));
    assert_eq!(prompt.line(), "OK\n");
    prompt.search_memory("after it was typed twice");

    let window = prompt.ask("Passphrase");
    prompt.types(&window, "Passphrase", CLOSED);
    prompt.desktop.press(&["alt+F4"]);
    assert_eq!(prompt.line(), "S BUTTON_INFO close\n");
    assert!(prompt.line().starts_with("ERR 83886179 "));
    prompt.search_memory("after the window was closed");
    prompt.close();
}
