//! A screen and a session bus for programs with windows, and an eye on the screen.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::process::{Daemon, find, finish, private_directory, tool, wait_for};

/// How long a daemon of the desktop may take to be ready.
const READY: Duration = Duration::from_secs(20);

/// The screen, in pixels.
const WIDTH: usize = 1280;
const HEIGHT: usize = 1024;

/// Of so many rows of the screen one is looked at.
const EVERY: usize = 4;

/// A window that shows something has text, and the soft edges of text are of many colours.
/// Fewer are an empty window, or the bare screen.
const COLOURS_OF_A_PAINTED_WINDOW: usize = 16;

/// A screen without window manager, a session bus, and a home.
///
/// Without manager, because the frame that one draws around some windows and not around others
/// would be seen before what is in the window. Accessibility is as a session has it: its bus is
/// started by who asks for it first.
pub(crate) struct Desktop {
    home: TempDir,
    display: String,
    bus: String,
    screen: Screen,
    // Last, for programs that end when it does.
    _bus: Daemon,
    _server: Daemon,
    _frame: TempDir,
}

impl Desktop {
    pub(crate) fn start() -> Self {
        let home = private_directory("bench-home-");
        for folder in ["run", "config", "data", "cache"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(home.path().join("run"), private).unwrap();
        // The picture is a file that is read while it is drawn: it belongs into memory.
        let mut frame = tempfile::Builder::new();
        let frame = frame.prefix("bench-frame-").tempdir_in("/dev/shm");
        let frame = frame.unwrap();
        let mut server = Command::new(find("Xvfb", "xvfb"));
        server.args(["-displayfd", "1", "-screen", "0"]);
        server.arg(format!("{WIDTH}x{HEIGHT}x24"));
        // Some programs have the cursor shown, which stays on the screen when they have gone.
        server.args(["-nolisten", "tcp", "-noreset", "-nocursor", "-fbdir"]);
        server.arg(frame.path());
        let (server, display) = daemon(&mut server, &home.path().join("xvfb.log"), |line| {
            line.parse::<u32>().is_ok()
        });
        let mut bus = Command::new(find("dbus-daemon", "dbus"));
        bus.args(["--session", "--nofork", "--print-address=1"]);
        surroundings(&mut bus, home.path());
        bus.env("DISPLAY", format!(":{display}"));
        let (_bus, bus) = daemon(&mut bus, &home.path().join("bus.log"), |line| {
            line.starts_with("unix:")
        });
        Self {
            display: format!(":{display}"),
            bus,
            screen: Screen::open(&frame.path().join("Xvfb_screen0")),
            home,
            _bus,
            _server: server,
            _frame: frame,
        }
    }

    /// A program on this desktop, in English, whose words go into a file of the home.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut words = File::options();
        words.create(true).append(true);
        let words = words.open(self.home.path().join("words")).unwrap();
        let mut command = Command::new(program);
        surroundings(&mut command, self.home.path());
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .stdin(Stdio::null())
            .stdout(words.try_clone().unwrap())
            .stderr(words);
        command
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// All that the programs said, for messages.
    pub(crate) fn words(&self) -> String {
        fs::read_to_string(self.home.path().join("words")).unwrap_or_default()
    }
}

/// What every program on the desktop finds around it, and nothing of the caller's session.
fn surroundings(command: &mut Command, home: &Path) {
    for name in ["WAYLAND_DISPLAY", "AT_SPI_BUS_ADDRESS", "XDG_DATA_DIRS"] {
        command.env_remove(name);
    }
    for name in ["GTK_MODULES", "GTK_THEME", "QT_QPA_PLATFORM", "GNUPGHOME"] {
        command.env_remove(name);
    }
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("LC_ALL", "C.UTF-8");
}

/// Starts a daemon and waits for a line of its words that is the one wanted.
fn daemon(command: &mut Command, log: &Path, wanted: impl Fn(&str) -> bool) -> (Daemon, String) {
    let mut daemon = Daemon::spawn(command, log);
    let line = wait_for("a daemon of the desktop", READY, || {
        daemon.assert_runs();
        let words = fs::read_to_string(log).unwrap();
        let line = words.lines().find(|line| wanted(line))?;
        Some(line.to_owned())
    });
    (daemon, line)
}

/// What is on the screen, read from the file into which the server draws (X window dump).
pub(crate) struct Screen {
    path: PathBuf,
    file: File,
    /// Where the first pixel is.
    start: u64,
    /// Bytes from one row to the next.
    stride: usize,
    seen: Vec<u8>,
}

impl Screen {
    fn open(path: &Path) -> Self {
        let file = File::open(path).unwrap();
        let mut head = [0; 100];
        file.read_exact_at(&mut head, 0).unwrap();
        // The words of the head (XWDFile.h), most significant byte first.
        let word = |index: usize| -> usize {
            let bytes = head[4 * index..][..4].try_into().unwrap();
            usize::try_from(u32::from_be_bytes(bytes)).unwrap()
        };
        let (head_size, version, width, height) = (word(0), word(1), word(4), word(5));
        let (bits, stride, colours) = (word(11), word(12), word(19));
        assert_eq!((version, width, height, bits), (7, WIDTH, HEIGHT, 32));
        Self {
            path: path.to_owned(),
            file,
            // Each colour of the map has 12 bytes.
            start: u64::try_from(head_size + 12 * colours).unwrap(),
            stride,
            seen: vec![0; WIDTH * 4 * HEIGHT.div_ceil(EVERY)],
        }
    }

    /// Looks, and says whether anything differs from the last look.
    pub(crate) fn changed(&mut self) -> bool {
        let mut row = [0; WIDTH * 4];
        let mut changed = false;
        for (number, seen) in self.seen.chunks_exact_mut(WIDTH * 4).enumerate() {
            let place = self.start + u64::try_from(number * EVERY * self.stride).unwrap();
            self.file.read_exact_at(&mut row, place).unwrap();
            if seen != row {
                seen.copy_from_slice(&row);
                changed = true;
            }
        }
        changed
    }

    /// Whether the last look saw a window with something in it.
    pub(crate) fn shows_something(&self) -> bool {
        self.colours(COLOURS_OF_A_PAINTED_WINDOW) == COLOURS_OF_A_PAINTED_WINDOW
    }

    /// Whether the last look saw nothing at all.
    pub(crate) fn is_bare(&self) -> bool {
        self.colours(2) == 1
    }

    /// How many colours the last look saw, counted up to `most`.
    fn colours(&self, most: usize) -> usize {
        let mut known: Vec<&[u8]> = Vec::with_capacity(most);
        let mut last: &[u8] = &[];
        for pixel in self.seen.chunks_exact(4) {
            if pixel != last && !known.contains(&pixel) {
                known.push(pixel);
                if known.len() == most {
                    break;
                }
            }
            last = pixel;
        }
        known.len()
    }

    /// The picture as it is now, all of it.
    pub(crate) fn picture(&self) -> Picture {
        Picture(fs::read(&self.path).unwrap())
    }
}

/// A picture of the whole screen (X window dump).
pub(crate) struct Picture(Vec<u8>);

impl Picture {
    /// Keeps it as a file, for whoever wants to see what was measured.
    pub(crate) fn keep(&self, file: &Path) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let dump = file.with_extension("xwd");
        fs::write(&dump, &self.0).unwrap();
        let mut convert = tool("convert", "imagemagick");
        finish(convert.arg(&dump).arg(file), "").succeeded();
        fs::remove_file(dump).unwrap();
    }
}

/// Ends a program as a session that closes does, and waits until it is gone.
pub(crate) fn end(mut child: Child) {
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    wait_for("the end of a program", READY, || child.try_wait().unwrap());
}
