//! The window, started on a desktop of its own.

use std::ffi::OsStr;
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

    /// Starts it; `environment` comes on top of what it needs to stay among itself.
    pub(crate) fn start(arguments: &[&str], look: Look, environment: &[(&str, &OsStr)]) -> Self {
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
            .env("NO_COLOR", "1")
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

    /// Waits for its end and says whether it was a good one.
    pub(crate) fn ended(&mut self) -> bool {
        wait("the end", || self.child.try_wait().unwrap()).success()
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
        let place = self.place(window);
        let frame = self.tree.find("window", window).extents();
        let (x, y, width, height) = node.extents();
        // The window on the screen is larger than its frame by the same margin on all sides.
        let x = place.x + (place.width - frame.2) / 2 + x + width / 2;
        let y = place.y + (place.height - frame.3) / 2 + y + height / 2;
        let (x, y) = (x.to_string(), y.to_string());
        self.desktop
            .output("xdotool", &["mousemove", &x, &y, "click", "1"]);
    }

    /// Where the window with this title is on the screen.
    fn place(&self, title: &str) -> Place {
        let title = format!("^{title}$");
        wait(&format!("a window named {title}"), || {
            let search = ["search", "--onlyvisible", "--name", &title];
            let found = self.desktop.output("xdotool", &search);
            let id = found.lines().last()?;
            let geometry = ["getwindowgeometry", "--shell", id];
            let geometry = self.desktop.output("xdotool", &geometry);
            let value = |name: &str| -> Option<i32> {
                let mut lines = geometry.lines();
                let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
                line?.parse().ok()
            };
            Some(Place {
                x: value("X")?,
                y: value("Y")?,
                width: value("WIDTH")?,
                height: value("HEIGHT")?,
            })
        })
    }

    /// Takes a picture of the window with this title and what lies over it, once it holds still.
    pub(crate) fn picture(&self, title: &str, name: &str) {
        let folder = screenshots();
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        let file = file.to_str().unwrap();
        let mut before = String::new();
        wait(&format!("{name} holding still"), || {
            let Place {
                x,
                y,
                width,
                height,
            } = self.place(title);
            let part = format!("{width}x{height}+{x}+{y}");
            // What lies over the window is not part of it, so the screen is taken and cut.
            let import = ["-window", "root", "-silent", file];
            self.desktop.output("import", &import);
            let cut = ["-crop", &part, "+repage", "-strip", file];
            self.desktop.output("mogrify", &cut);
            let now = self.desktop.output("sha256sum", &[file]);
            let still = now == before && !now.is_empty();
            before = now;
            still.then_some(())
        });
    }
}

/// A window on the screen, in pixels.
struct Place {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

/// Where pictures go.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Ok(Some(status)) = self.child.try_wait() {
                eprintln!("it has ended: {status}");
            }
            eprintln!("{}", self.tree.dump());
            eprintln!("{}", self.complaints());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
