//! A screen, a session bus and a window manager that belong to one test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::wait;

/// What the window is drawn with: as a GNOME desktop sets it, so that pictures look alike on
/// every machine.
const GTK_SETTINGS: &str = "[Settings]\n\
    gtk-font-name=Cantarell 11\n\
    gtk-decoration-layout=:close\n\
    gtk-enable-animations=0\n\
    gtk-cursor-blink=0\n";

/// A screen of 1280 by 1024 pixels with everything that a window needs. All of it ends with
/// this value.
pub(crate) struct Desktop {
    home: TempDir,
    display: String,
    bus: String,
    children: Vec<Child>,
}

impl Desktop {
    /// Returns when windows can come.
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["run", "config/gtk-4.0", "data", "cache"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        fs::set_permissions(home.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(
            home.path().join("config/gtk-4.0/settings.ini"),
            GTK_SETTINGS,
        )
        .unwrap();
        let mut desktop = Self {
            home,
            display: String::new(),
            bus: String::new(),
            children: Vec::new(),
        };
        // "-r": a key is not repeated, however long a busy machine takes from its press to its
        // release. Pressed twice, a key that opens something closes it again.
        let arguments = "-displayfd 1 -screen 0 1280x1024x24 -nolisten tcp -noreset -r";
        let number = desktop.first_line("Xvfb", arguments);
        desktop.display = format!(":{number}");
        desktop.bus = desktop.first_line("dbus-daemon", "--session --nofork --print-address=1");
        let openbox = desktop.command("openbox").spawn();
        desktop
            .children
            .push(openbox.expect("openbox is installed"));
        // A window that comes before its manager is ready is left unseen, or without the keyboard
        // for ever. That there are desktops shows nothing: xdotool counts 0 of them where there is
        // no manager, and openbox counts them while it still starts. What it is asked for it does
        // only when it is ready, and so it is asked for one desktop until there is one.
        wait("the window manager", || {
            desktop.output("xdotool", &["set_num_desktops", "1"]);
            let desktops = desktop.output("xdotool", &["get_num_desktops"]);
            (desktops == "1").then_some(())
        });
        // Out of the way: what the pointer rests on shows its tooltip.
        desktop.output("xdotool", &["mousemove", "1279", "1023"]);
        desktop
    }

    /// A command on this desktop.
    pub(crate) fn command(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("AT_SPI_BUS_ADDRESS")
            .env_remove("XDG_DATA_DIRS")
            .env_remove("GNUPGHOME")
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// What a command on this desktop prints.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The folder that programs here believe to be their user's home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// How many of its daemons have ended, for the one who looks for the reason of a failure.
    pub(crate) fn ended(&mut self) -> String {
        let all = self.children.len();
        let ends = self
            .children
            .iter_mut()
            .filter_map(|child| child.try_wait().ok()?);
        let ended = ends.count();
        format!("of the {all} daemons of the desktop, {ended} have ended")
    }

    /// The address of its session bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// Starts a daemon that prints one line when it is ready.
    fn first_line(&mut self, program: &str, arguments: &str) -> String {
        let child = self
            .command(program)
            .args(arguments.split(' '))
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{program}: {error}"));
        let stdout = child.stdout.take().unwrap();
        self.children.push(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "{program} did not start");
        line.trim().to_owned()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // The window manager first, the screen last.
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
