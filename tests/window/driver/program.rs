//! The window, started on a desktop of its own.

use std::ffi::OsStr;
use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use super::desktop::Desktop;
use super::{Node, wait};

/// How the window shall look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Look {
    /// Width in pixels.
    pub(crate) width: i32,
    /// Height in pixels.
    pub(crate) height: i32,
    /// Light text on dark ground.
    pub(crate) dark: bool,
    /// In German.
    pub(crate) german: bool,
    /// The size of the text, in parts of a hundred.
    pub(crate) text: u32,
}

impl Look {
    /// As most people have it.
    pub(crate) const WIDE: Self = Self {
        width: 1000,
        height: 700,
        dark: false,
        german: false,
        text: 100,
    };

    /// As on a telephone.
    pub(crate) const NARROW: Self = Self {
        width: 360,
        height: 700,
        ..Self::WIDE
    };

    /// The same in the dark.
    pub(crate) const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same in German.
    pub(crate) const fn german(self) -> Self {
        Self {
            german: true,
            ..self
        }
    }

    /// The same with larger text.
    pub(crate) const fn text(self, text: u32) -> Self {
        Self { text, ..self }
    }

    /// What it says for these English words, which stand on one line of the translations.
    pub(crate) fn says(self, words: &str) -> String {
        if !self.german {
            return words.to_owned();
        }
        let lines = include_str!("../../../po/de.po");
        let asked = format!("msgid \"{words}\"\nmsgstr \"");
        let (_, after) = lines.split_once(&asked).expect("a translation");
        after.split('"').next().unwrap_or_default().to_owned()
    }
}

/// A running window.
pub(crate) struct Program {
    /// The root of its tree.
    pub(crate) tree: Node,
    child: Child,
    desktop: Desktop,
}

impl Program {
    /// Starts it with these practice cards and without real readers.
    pub(crate) fn practising(cards: &str, look: Look) -> Self {
        let practice = format!("--practice={cards}");
        Self::start(&["--no-readers", practice.as_str()], look, &[])
    }

    /// Starts it; `environment` comes on top of what it needs to stay among itself.
    pub(crate) fn start(arguments: &[&str], look: Look, environment: &[(&str, &OsStr)]) -> Self {
        Self::dressed(arguments, look, &[], |_, command| {
            command.envs(environment.iter().copied());
        })
    }

    /// Starts it by another program, whose command line stands `around` its own; `dress` is given
    /// the home and what is to be started.
    pub(crate) fn dressed(
        arguments: &[&str],
        look: Look,
        around: &[&str],
        dress: impl FnOnce(&Path, &mut Command),
    ) -> Self {
        let mut program = Self::unheard(arguments, look, around, dress);
        let bus = program.tree.clone();
        program.tree = wait("the window", || {
            let program = bus.look("application", "symbolon")?;
            let painted = !program.children().is_empty();
            painted.then_some(program)
        });
        // Keys that are pressed before go to nobody.
        wait("the keyboard", || {
            program.has_keyboard("Symbolon").then_some(())
        });
        program
    }

    /// As [`Program::dressed`], for a program that no screen reader hears: its tree is the desktop.
    pub(crate) fn unheard(
        arguments: &[&str],
        look: Look,
        around: &[&str],
        dress: impl FnOnce(&Path, &mut Command),
    ) -> Self {
        let desktop = Desktop::start();
        let settings = desktop.home().join("config/symbolon");
        fs::create_dir_all(&settings).unwrap();
        let size = format!(
            "[window]\nwidth = {}\nheight = {}\n",
            look.width, look.height
        );
        fs::write(settings.join("settings.toml"), size).unwrap();
        if look.text != 100 {
            let file = desktop.home().join("config/gtk-4.0/settings.ini");
            let usual = fs::read_to_string(&file).unwrap();
            let larger = format!("Cantarell {}", 11 * look.text / 100);
            let dressed = usual.replace("Cantarell 11", &larger);
            assert_ne!(dressed, usual);
            fs::write(file, dressed).unwrap();
        }
        let errors = fs::File::create(desktop.home().join("stderr")).unwrap();
        let words = fs::File::create(desktop.home().join("stdout")).unwrap();
        let line = [around, &[env!("CARGO_BIN_EXE_symbolon")], arguments].concat();
        let mut command = desktop.command(line[0]);
        // No test may reach the readers of the machine, nor its service, nor leave a file here.
        command
            .args(&line[1..])
            .current_dir(desktop.home())
            .env("PCSCLITE_CSOCK_NAME", desktop.home().join("no-pcscd"))
            .env("SYMBOLON_LOG", "warn")
            .env("NO_COLOR", "1")
            .stdout(words)
            .stderr(errors);
        if look.dark {
            command.env("ADW_DEBUG_COLOR_SCHEME", "prefer-dark");
        }
        if look.german {
            command.env("LANGUAGE", "de");
        }
        dress(desktop.home(), &mut command);
        let child = command.spawn().unwrap();
        let tree = Node::desktop(desktop.bus());
        Self {
            tree,
            child,
            desktop,
        }
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The address of its session bus.
    pub(crate) fn session_bus(&self) -> &str {
        self.desktop.bus()
    }

    /// Waits for its end and says whether it was a good one.
    pub(crate) fn ended(&mut self) -> bool {
        self.end().success()
    }

    /// Waits for its end and says how it came.
    pub(crate) fn end(&mut self) -> ExitStatus {
        wait("the end", || self.child.try_wait().unwrap())
    }

    /// What it complained about so far.
    pub(crate) fn complaints(&self) -> String {
        let text = fs::read_to_string(self.home().join("stderr")).unwrap();
        let lines = text.lines().filter(|line| {
            // AdwViewSwitcherTitle measures itself so while it chooses between its two forms.
            let measuring = line.contains("gtk_widget_size_allocate(): attempt to allocate");
            !line.is_empty() && !measuring
        });
        lines.map(|line| line.to_owned() + "\n").collect()
    }

    /// All that it wrote to its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home().join("stderr")).unwrap()
    }

    /// Waits until the settings on disk contain `text`.
    pub(crate) fn saved(&self, text: &str) {
        let file = self.home().join("config/symbolon/settings.toml");
        wait(&format!("{text:?} in the settings"), || {
            let settings = fs::read_to_string(&file).ok()?;
            settings.contains(text).then_some(())
        });
    }

    /// Clicks into the middle of a widget of the window named `window`.
    pub(crate) fn point(&self, window: &str, node: &Node) {
        self.point_with(window, node, "1");
    }

    /// As [`Program::point`] with another button of the mouse: "2" pastes what is selected.
    pub(crate) fn point_with(&self, window: &str, node: &Node, button: &str) {
        let (x, y) = self.spot(window, node, (0.5, 0.5));
        let (x, y) = (x.to_string(), y.to_string());
        self.desktop
            .output("xdotool", &["mousemove", &x, &y, "click", button]);
    }

    /// Clicks twice at a place in a widget, told in parts of its width and height.
    pub(crate) fn double_click(&self, window: &str, node: &Node, place: (f64, f64)) {
        let (x, y) = self.spot(window, node, place);
        let (x, y) = (x.to_string(), y.to_string());
        let clicks = ["click", "--repeat", "2", "--delay", "60", "1"];
        let line = [&["mousemove", &x, &y][..], &clicks].concat();
        self.desktop.output("xdotool", &line);
    }

    /// Moves the mouse from one place in a widget to another with its button held, in small steps.
    pub(crate) fn drag(&self, window: &str, node: &Node, from: (f64, f64), to: (f64, f64)) {
        const STEPS: i32 = 8;
        let (from, to) = (self.spot(window, node, from), self.spot(window, node, to));
        let between =
            |from: i32, to: i32, step: i32| (from + (to - from) * step / STEPS).to_string();
        let mut line = Vec::new();
        for step in 0..=STEPS {
            let (x, y) = (between(from.0, to.0, step), between(from.1, to.1, step));
            line.extend(["mousemove".to_owned(), x, y]);
            let then = if step == 0 {
                "mousedown 1"
            } else {
                "sleep 0.03"
            };
            line.extend(then.split(' ').map(str::to_owned));
        }
        line.extend(["mouseup".to_owned(), "1".to_owned()]);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        self.desktop.output("xdotool", &line);
    }

    /// Where on the screen a place in a widget is, which is told in parts of its width and height.
    fn spot(&self, window: &str, node: &Node, place: (f64, f64)) -> (i32, i32) {
        let screen = self.place(window);
        // Windows are the uppermost, and what is in them are a thousand.
        let frame = wait(&format!("window {window:?}"), || {
            let mut windows = self.tree.children().into_iter();
            windows.find(|found| found.name() == window)
        });
        let frame = frame.extents();
        let (x, y, width, height) = node.extents();
        let part = |length: i32, part: f64| (f64::from(length) * part).round() as i32;
        // The window on the screen is larger than its frame by the same margin on all sides.
        (
            screen.x + (screen.width - frame.2) / 2 + x + part(width, place.0),
            screen.y + (screen.height - frame.3) / 2 + y + part(height, place.1),
        )
    }

    /// Chooses a file in the chooser of this title: it is GTK's own window, whose role is lost on
    /// GTK 4.8.
    pub(crate) fn choose(&self, title: &str, path: &Path) {
        self.choose_by(title, "Open", path);
    }

    /// The same where its button has these words.
    pub(crate) fn choose_by(&self, title: &str, open: &str, path: &Path) {
        self.appears(title);
        wait("the keyboard", || self.has_keyboard(title).then_some(()));
        self.press(&["ctrl+l"]);
        let chooser = self.tree.find("widget", title);
        let place = chooser.find("text box", "GtkFileChooserEntry");
        place.wait_until("typed into", Node::is_focused);
        place.set_text(path.to_str().unwrap());
        // GTK says the words of such a button twice.
        let open = chooser.find("button", &format!("{open} {open}"));
        open.wait_until("live", Node::is_sensitive);
        open.click();
        self.disappears(title);
    }
}

/// What is done on the desktop is done with the program.
impl Deref for Program {
    type Target = Desktop;

    fn deref(&self) -> &Desktop {
        &self.desktop
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Ok(Some(status)) = self.child.try_wait() {
                eprintln!("it has ended: {status}");
            }
            eprintln!("{}", self.tree.dump());
            eprintln!("{}", self.complaints());
            // A window may be on the accessibility bus and not on the screen.
            for (which, options) in [("known", &[][..]), ("seen", &["--onlyvisible"])] {
                let search = [
                    &["search"],
                    options,
                    &["--name", ".", "getwindowname", "%@"],
                ]
                .concat();
                let names = self.desktop.output("xdotool", &search);
                eprintln!("windows that are {which} on the screen: {names:?}");
            }
            eprintln!("{}", self.desktop.ended());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
