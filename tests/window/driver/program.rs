//! The window, started on a desktop of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

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
}

impl Look {
    /// As most people have it.
    pub(crate) const WIDE: Self = Self {
        width: 1000,
        height: 700,
        dark: false,
        german: false,
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

    /// Starts it.
    pub(crate) fn start(arguments: &[&str], look: Look, environment: &[(&str, &str)]) -> Self {
        let desktop = Desktop::start();
        let settings = desktop.home().join("config/symbolon");
        fs::create_dir_all(&settings).unwrap();
        let size = format!(
            "[window]\nwidth = {}\nheight = {}\n",
            look.width, look.height
        );
        fs::write(settings.join("settings.toml"), size).unwrap();
        let errors = fs::File::create(desktop.home().join("stderr")).unwrap();
        let mut command = desktop.command(env!("CARGO_BIN_EXE_symbolon"));
        // No test may reach the readers of the machine, nor its service.
        command
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", desktop.home().join("no-pcscd"))
            .env("SYMBOLON_LOG", "warn")
            .envs(environment.iter().copied())
            .stderr(errors);
        if look.dark {
            command.env("ADW_DEBUG_COLOR_SCHEME", "prefer-dark");
        }
        if look.german {
            command.env("LANGUAGE", "de");
        }
        let child = command.spawn().unwrap();
        let bus = Node::desktop(desktop.bus());
        let tree = wait("the window", || {
            let program = bus.look("application", "symbolon")?;
            let painted = !program.children().is_empty();
            painted.then_some(program)
        });
        Self {
            tree,
            child,
            desktop,
        }
    }

    /// The folder that it believes to be its user's home.
    pub(crate) fn home(&self) -> &Path {
        self.desktop.home()
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end and says whether it was a good one.
    pub(crate) fn ended(&mut self) -> bool {
        wait("the end", || self.child.try_wait().unwrap()).success()
    }

    /// What it complained about so far. GTK's own words about a bare desktop do not count.
    pub(crate) fn complaints(&self) -> String {
        let text = fs::read_to_string(self.home().join("stderr")).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| line.to_owned() + "\n").collect()
    }

    /// Presses keys, as `xdotool key` names them: "ctrl+2", "F9", "Tab".
    pub(crate) fn press(&self, keys: &[&str]) {
        for key in keys {
            self.desktop
                .output("xdotool", &["key", "--clearmodifiers", key]);
        }
    }

    /// Types text on the keyboard.
    pub(crate) fn typed(&self, text: &str) {
        self.desktop
            .output("xdotool", &["type", "--delay", "12", text]);
    }

    /// Clicks into the middle of a widget of the window named `window`.
    pub(crate) fn point(&self, window: &str, node: &Node) {
        let id = self.window(window);
        let geometry = self
            .desktop
            .output("xdotool", &["getwindowgeometry", "--shell", &id]);
        let value = |name: &str| -> i32 {
            let line = geometry.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim_start_matches('=').parse().ok())
                .unwrap_or_else(|| panic!("no {name} in {geometry:?}"))
        };
        let frame = self.tree.find("window", window).extents();
        let (x, y, width, height) = node.extents();
        // The window on the screen is larger than its frame by the same margin on all sides.
        let x = value("X") + (value("WIDTH") - frame.2) / 2 + x + width / 2;
        let y = value("Y") + (value("HEIGHT") - frame.3) / 2 + y + height / 2;
        let (x, y) = (x.to_string(), y.to_string());
        self.desktop
            .output("xdotool", &["mousemove", &x, &y, "click", "1"]);
    }

    /// The number of the window with this title.
    fn window(&self, title: &str) -> String {
        let title = format!("^{title}$");
        wait(&title, || {
            let found = self
                .desktop
                .output("xdotool", &["search", "--onlyvisible", "--name", &title]);
            found.lines().last().map(str::to_owned)
        })
    }

    /// Takes a picture of the window with this title, once it holds still.
    pub(crate) fn picture(&self, title: &str, name: &str) {
        let folder = screenshots();
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        let id = self.window(title);
        let mut before = String::new();
        wait(&format!("{name} holding still"), || {
            let import = ["-window", &id, "-silent"];
            let mut arguments: Vec<&str> = import.to_vec();
            let path = file.to_str().unwrap();
            arguments.push(path);
            self.desktop.output("import", &arguments);
            let now = self.desktop.output("sha256sum", &[path]);
            let still = now == before && !now.is_empty();
            before = now;
            still.then_some(())
        });
    }
}

/// Where pictures go.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.tree.dump());
            eprintln!("{}", self.complaints());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
