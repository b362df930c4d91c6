//! Hands and eyes on a desktop: keys, windows by their titles, pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::desktop::Desktop;
use super::wait;

impl Desktop {
    /// Presses keys, as `xdotool key` names them: "ctrl+2", "F9", "Tab".
    pub(crate) fn press(&self, keys: &[&str]) {
        for key in keys {
            self.output("xdotool", &["key", "--clearmodifiers", key]);
        }
    }

    /// Types text on the keyboard.
    pub(crate) fn typed(&self, text: &str) {
        self.output("xdotool", &["type", "--delay", "12", text]);
    }

    /// Takes its screen away from the program, as the end of a session does.
    pub(crate) fn cut_off(&self, title: &str) {
        let title = format!("^{title}$");
        let search = ["search", "--onlyvisible", "--name", &title, "windowkill"];
        self.output("xdotool", &search);
    }

    /// What another program gets that pastes.
    pub(crate) fn copied(&self) -> String {
        let paste = ["-out", "-selection", "clipboard"];
        self.output("xclip", &paste)
    }

    /// Another program on the same desktop.
    pub(crate) fn neighbour(&self, program: &str) -> Command {
        self.command(program)
    }

    /// Waits until a window with this title is on the screen.
    pub(crate) fn appears(&self, title: &str) {
        self.place(title);
    }

    /// Waits until no window with this title is on the screen any more.
    pub(crate) fn disappears(&self, title: &str) {
        wait(&format!("no window named {title}"), || {
            (!self.shows(title)).then_some(())
        });
    }

    /// Makes a window as large as this, in pixels.
    pub(crate) fn resize(&self, title: &str, width: i32, height: i32) {
        let title = format!("^{title}$");
        let (width, height) = (width.to_string(), height.to_string());
        let line = [
            "search",
            "--onlyvisible",
            "--name",
            &title,
            "windowsize",
            &width,
            &height,
        ];
        self.output("xdotool", &line);
    }

    /// Whether a window with this title is on the screen.
    pub(crate) fn shows(&self, title: &str) -> bool {
        let title = format!("^{title}$");
        let search = ["search", "--onlyvisible", "--name", &title];
        !self.output("xdotool", &search).is_empty()
    }

    /// Whether the window with this title has the keyboard.
    pub(crate) fn has_keyboard(&self, title: &str) -> bool {
        self.output("xdotool", &["getactivewindow", "getwindowname"]) == title
    }

    /// Where the window with this title is on the screen.
    pub(super) fn place(&self, title: &str) -> Place {
        // xdotool reads it as a regular expression.
        let title = format!("^{}$", title.replace('?', "\\?"));
        wait(&format!("a window named {title}"), || {
            let search = ["search", "--onlyvisible", "--name", &title];
            let found = self.output("xdotool", &search);
            let id = found.lines().last()?;
            let geometry = ["getwindowgeometry", "--shell", id];
            let geometry = self.output("xdotool", &geometry);
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

    /// Takes a picture of the whole screen.
    pub(crate) fn screen(&self, name: &str) {
        let folder = screenshots();
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        let import = ["-window", "root", "-silent", file.to_str().unwrap()];
        self.output("import", &import);
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
            self.output("import", &import);
            let cut = ["-crop", &part, "+repage", "-strip", file];
            self.output("mogrify", &cut);
            let now = self.output("sha256sum", &[file]);
            let still = now == before && !now.is_empty();
            before = now;
            still.then_some(())
        });
    }
}

/// A window on the screen, in pixels.
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// Where pictures go.
fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}
