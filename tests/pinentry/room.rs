//! A desktop, a home of GnuPG whose agent asks with `pinentry-symbolon`, and the dialogs that come.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::driver::{Desktop, Node, wait};
use crate::support::process::{LastWill, find, private_directory};

/// The program, as an agent starts it.
pub(crate) const PINENTRY: &str = env!("CARGO_BIN_EXE_pinentry-symbolon");

/// What the accessibility bus calls it.
const APPLICATION: &str = "pinentry-symbolon";

/// What is used where a test is not about the passphrase.
pub(crate) const GOOD: &str = "correct horse 77";

/// Nothing is answered late because a machine is busy. The last such line counts.
const PATIENT: &str = "pinentry-timeout 600\n";

/// Whose key it is.
pub(crate) const ALICE: &str = "Alice Test <alice@example.org>";

/// The desktop and the home.
pub(crate) struct Room {
    pub(crate) desktop: Desktop,
    tree: Node,
    gnupg: TempDir,
    /// The windows that tests have had in hand: another one is meant when they look for the next.
    met: RefCell<Vec<String>>,
    _will: LastWill,
}

impl Room {
    /// With these lines in `gpg-agent.conf`, besides what keeps the agent away from keyrings.
    pub(crate) fn new(lines: &str) -> Self {
        Self::with(&format!("no-allow-external-cache\n{lines}"))
    }

    /// With these lines in `gpg-agent.conf` and no more than is needed.
    pub(crate) fn with(lines: &str) -> Self {
        for (program, package) in [
            ("gpg", "gnupg"),
            ("gpg-agent", "gpg-agent"),
            ("gpgconf", "gpgconf"),
            ("gpg-connect-agent", "gpgconf"),
        ] {
            find(program, package);
        }
        let desktop = Desktop::start();
        let tree = Node::desktop(desktop.bus());
        // Sockets have short names, and GnuPG puts them here where there is no /run/user.
        let gnupg = private_directory("gp-");
        // Few rounds: how long it takes to guess a passphrase is not what is shown here.
        let agent = format!("pinentry-program {PINENTRY}\ns2k-count 65536\n{PATIENT}{lines}");
        fs::write(gnupg.path().join("gpg-agent.conf"), agent).unwrap();
        let room = Self {
            _will: LastWill::write(&kill_all(&desktop, gnupg.path())),
            desktop,
            tree,
            gnupg,
            met: RefCell::default(),
        };
        fs::write(room.file("text"), "a text\n").unwrap();
        room
    }

    /// A file in the home of GnuPG.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.gnupg.path().join(name)
    }

    /// A program that knows the home and the desktop.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = self.desktop.command(program);
        command.env("GNUPGHOME", self.gnupg.path());
        command.current_dir(self.gnupg.path());
        command
    }

    /// Starts a program that will ask something.
    pub(crate) fn start(&self, program: &str, arguments: &[&str]) -> Errand {
        let mut command = self.command(program);
        command.args(arguments);
        self.run(command)
    }

    /// Starts a command.
    pub(crate) fn run(&self, command: Command) -> Errand {
        Errand::start(command, self.gnupg.path())
    }

    /// Starts `gpg`.
    pub(crate) fn gpg(&self, arguments: &[&str]) -> Errand {
        let all = [
            &["--no-tty", "--batch", "--yes", "--no-symkey-cache"],
            arguments,
        ]
        .concat();
        self.start("gpg", &all)
    }

    /// Makes the key of Alice, to sign with, without asking anybody.
    pub(crate) fn key(&self, passphrase: &str) {
        self.make_key(ALICE, "ed25519", passphrase);
    }

    /// Makes a key, to sign and to decrypt with, without asking anybody.
    pub(crate) fn key_pair(&self, whose: &str, passphrase: &str) {
        self.make_key(whose, "future-default", passphrase);
    }

    fn make_key(&self, whose: &str, kind: &str, passphrase: &str) {
        let given = ["--pinentry-mode", "loopback", "--passphrase", passphrase];
        let make = ["--quick-gen-key", whose, kind, "default", "never"];
        self.gpg(&[&given[..], &make].concat()).succeeds();
        // The agent remembers the passphrase of a key that it has made.
        let reload = ["--reload", "gpg-agent"];
        self.start("gpgconf", &reload).succeeds();
    }

    /// The fingerprint of the key and its keygrip.
    pub(crate) fn fingerprint(&self) -> (String, String) {
        let listed = self
            .gpg(&["--with-colons", "--with-keygrip", "-K"])
            .succeeds();
        let field = |kind: &str| {
            let line = listed.lines().find(|line| line.starts_with(kind)).unwrap();
            line.split(':').nth(9).unwrap().to_owned()
        };
        (field("fpr:"), field("grp:"))
    }

    /// Waits for the next dialog, which has this title, and for the keyboard to be in it.
    pub(crate) fn dialog(&self, title: &str) -> Dialog<'_> {
        let window = wait(&format!("a dialog named {title:?}"), || {
            let windows = self.windows();
            let met = self.met.borrow();
            windows
                .into_iter()
                .find(|window| window.name() == title && !met.contains(&window.id()))
        });
        self.met.borrow_mut().push(window.id());
        wait(&format!("the keyboard in {title:?}"), || {
            self.desktop.has_keyboard(title).then_some(())
        });
        Dialog {
            room: self,
            window,
            title: title.to_owned(),
        }
    }

    /// The windows of all prompts there are.
    fn windows(&self) -> Vec<Node> {
        let programs = self.tree.children();
        programs
            .iter()
            .filter(|program| program.name() == APPLICATION)
            .flat_map(Node::children)
            .collect()
    }

    /// Waits until no prompt is on the screen.
    pub(crate) fn quiet(&self) {
        wait("no dialog", || self.windows().is_empty().then_some(()));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // The agent left the family of this process, so it must be asked. No panic here: a test may
        // be failing already.
        let _ = kill_all(&self.desktop, self.gnupg.path()).output();
        let mut sockets = kill_nothing(&self.desktop, self.gnupg.path());
        let _ = sockets.arg("--remove-socketdir").output();
    }
}

fn kill_all(desktop: &Desktop, home: &Path) -> Command {
    let mut command = kill_nothing(desktop, home);
    command.args(["--kill", "all"]);
    command
}

fn kill_nothing(desktop: &Desktop, home: &Path) -> Command {
    let mut command = desktop.command("gpgconf");
    command.env("GNUPGHOME", home);
    command
}

/// A dialog on the screen.
pub(crate) struct Dialog<'a> {
    room: &'a Room,
    /// Its tree.
    pub(crate) window: Node,
    title: String,
}

impl Dialog<'_> {
    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Node {
        self.window.find("text box", name)
    }

    /// Puts text into a field.
    pub(crate) fn fill(&self, name: &str, text: &str) -> &Self {
        self.field(name).set_text(text);
        self
    }

    /// The button of this name.
    pub(crate) fn button(&self, name: &str) -> Node {
        self.window.find("button", name)
    }

    /// The box of this name.
    pub(crate) fn tick_box(&self, name: &str) -> Node {
        self.window.find("checkbox", name)
    }

    /// Goes to the box of this name by keyboard, and ticks it. GTK 4.8 lets no screen reader do that.
    pub(crate) fn tick(&self, name: &str) -> &Self {
        let place = self.tick_box(name);
        wait(&format!("the keyboard in {name:?}"), || {
            if place.is_focused() {
                return Some(());
            }
            self.room.desktop.press(&["Tab"]);
            None
        });
        self.room.desktop.press(&["space"]);
        place.wait_until("ticked", Node::is_checked);
        self
    }

    /// Presses a button that can be pressed.
    pub(crate) fn click(&self, name: &str) -> &Self {
        let button = self.button(name);
        button.wait_until("live", Node::is_sensitive);
        button.click();
        self
    }

    /// Waits until a line of it says this.
    pub(crate) fn says(&self, part: &str) -> &Self {
        wait(&format!("words {part:?}"), || {
            self.words().contains(part).then_some(())
        });
        self
    }

    /// All that stands in it, a line each.
    pub(crate) fn words(&self) -> String {
        let mut all = String::new();
        self.window.walk(&mut |node, _| {
            all += &node.name();
            all.push('\n');
        });
        all
    }

    /// Takes a picture.
    pub(crate) fn picture(&self, name: &str) -> &Self {
        self.room.desktop.picture(&self.title, name);
        self
    }

    /// What the program is called on the bus that shows it.
    pub(crate) fn program(&self) -> String {
        let id = self.window.id();
        id.split('/').next().unwrap().to_owned()
    }

    /// Whether it is gone.
    pub(crate) fn is_gone(&self) -> bool {
        let id = self.window.id();
        let windows = self.room.windows();
        windows.iter().all(|window| window.id() != id)
    }

    /// Waits until it is gone.
    pub(crate) fn gone(&self) {
        wait(&format!("the end of {:?}", self.title), || {
            self.is_gone().then_some(())
        });
    }
}

impl Drop for Dialog<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what was in the dialog:\n{}", self.window.dump());
        }
    }
}

/// A program that runs meanwhile.
pub(crate) struct Errand {
    child: Child,
    what: String,
    words: TempDir,
}

/// How it ended and what it said.
pub(crate) struct Done {
    what: String,
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    pub(crate) complaints: String,
}

impl Errand {
    fn start(mut command: Command, place: &Path) -> Self {
        let words = tempfile::tempdir_in(place).unwrap();
        let file = |name: &str| File::create(words.path().join(name)).unwrap();
        command.stdin(Stdio::null());
        command.stdout(file("out")).stderr(file("err"));
        let what = format!("{command:?}");
        let child = command.spawn();
        Self {
            child: child.unwrap_or_else(|error| panic!("{what}: {error}")),
            what,
            words,
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> Done {
        let status = wait(&format!("the end of {}", self.what), || {
            self.child.try_wait().unwrap()
        });
        let read = |name: &str| {
            let text = fs::read(self.words.path().join(name)).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        Done {
            status,
            output: read("out"),
            complaints: read("err"),
            what: std::mem::take(&mut self.what),
        }
    }

    /// Waits for a good end. Returns what it said.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        let done = self.ends();
        assert!(done.status.success(), "{done}");
        done.output
    }

    /// Waits for a bad end, for this reason.
    #[track_caller]
    pub(crate) fn fails(self, why: &str) {
        let done = self.ends();
        assert!(!done.status.success(), "{done}");
        assert!(done.complaints.contains(why), "not {why:?}: {done}");
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            what,
            status,
            output,
            complaints,
        } = self;
        write!(
            f,
            "{what} ended with {status}\n--- output\n{output}\n--- complaints\n{complaints}"
        )
    }
}
