//! The desk of an ordinary user: the program as it is installed, locales, and a fresh home for
//! each run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::commands;
use crate::conditions::{Condition, Home, Streams, value};
use crate::locales;
use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::find;

/// Nobody, who owns nothing but what is given to him here.
const NOBODY: u32 = 65534;

/// The desk.
pub(crate) struct Desk {
    folder: TempDir,
    /// Whether the test runs as root, who may write everywhere: then the program runs as nobody.
    root: bool,
    homes: AtomicUsize,
}

/// How a run ended.
pub(crate) struct Ended {
    /// The exit code; nothing if a signal ended it.
    pub(crate) code: Option<i32>,
    /// With the home replaced by `HOME`.
    pub(crate) stdout: Vec<u8>,
    /// With the home replaced by `HOME`.
    pub(crate) stderr: String,
    /// What was in the home afterwards and not before, with the length.
    pub(crate) left: Vec<(String, u64)>,
}

impl Desk {
    /// Lays out the program as an installation does, so that another user can start it wherever
    /// it was built.
    #[track_caller]
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("homes-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in ["bin", "homes", "locales", "share"] {
            fs::create_dir(place(name)).unwrap();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_symbolonctl"));
        fs::copy(program, place("bin/symbolonctl")).unwrap();
        copy(
            Path::new(env!("SYMBOLON_LOCALEDIR")),
            &place("share/locale"),
        );
        locales::make(&place("locales"), |_| true);
        let desk = Self {
            folder,
            root: rustix::process::getuid().is_root(),
            homes: AtomicUsize::new(0),
        };
        desk.assert_closed_homes_are_closed();
        desk
    }

    /// Where it cannot be tried whether a home is closed, nothing is shown by a green test.
    #[track_caller]
    fn assert_closed_homes_are_closed(&self) {
        for home in [Home::ReadOnly, Home::Full] {
            let condition = Condition {
                home,
                ..crate::conditions::ORDINARY
            };
            let home = self.home(&condition);
            let mut shell = self.start(&condition, &home);
            shell.args(["sh", "-c", "echo something to write > \"$HOME/file\""]);
            let output = output_with_input(&mut shell, b"");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let refused = [
                "Permission denied",
                "Read-only",
                "No space left",
                "I/O error",
            ];
            assert!(
                !output.status.success() && refused.iter().any(|words| said.contains(words)),
                "a closed home cannot be made here: {said}"
            );
        }
    }

    /// Runs a command under a condition.
    pub(crate) fn run(&self, condition: &Condition, command: &commands::Command) -> Ended {
        let home = self.home(condition);
        let before = files(&home);
        let mut program = self.start(condition, &home);
        program.arg(self.program());
        let home_text = home.to_str().unwrap();
        let line = command.line.replace("{home}", home_text);
        program.args(line.split_whitespace());
        let output = output_with_input(&mut program, command.input.as_bytes());
        let mut left = files(&home);
        left.retain(|file| !before.contains(file));
        let within = home.with_extension("left");
        if let Ok(names) = fs::read_to_string(&within) {
            left.extend(names.lines().map(|name| (name.to_owned(), 0)));
            fs::remove_file(within).unwrap();
        }
        self.clear(&home);
        Ended {
            code: output.status.code(),
            stdout: replaced(output.stdout, home_text),
            stderr: String::from_utf8_lossy(&replaced(output.stderr, home_text)).into_owned(),
            left,
        }
    }

    /// The program, where everybody may start it.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join("bin/symbolonctl")
    }

    /// Takes a home away.
    pub(crate) fn clear(&self, home: &Path) {
        // Only its owner could do it in a home that was closed.
        let _ = fs::set_permissions(home, fs::Permissions::from_mode(0o755));
        let _ = fs::remove_dir_all(home).or_else(|_| fs::remove_file(home));
    }

    /// A home as the condition wants it.
    pub(crate) fn home(&self, condition: &Condition) -> PathBuf {
        let number = self.homes.fetch_add(1, Ordering::Relaxed);
        let home = self.folder.path().join(format!("homes/{number}"));
        match condition.home {
            Home::Absent => return home,
            Home::File => fs::write(&home, "").unwrap(),
            Home::Usual | Home::ReadOnly | Home::Full => {
                fs::create_dir(&home).unwrap();
                (condition.prepare)(&home);
            }
        }
        if self.root {
            give(&home);
        }
        if condition.home == Home::ReadOnly {
            fs::set_permissions(&home, fs::Permissions::from_mode(0o555)).unwrap();
        }
        home
    }

    /// The beginning of a command line: everything around the program.
    pub(crate) fn start(&self, condition: &Condition, home: &Path) -> Command {
        // Its files are seen from within only.
        const FULL: &str = "mount -t tmpfs -o size=4k,nr_inodes=32,mode=0777 none \"$HOME_TO_FILL\" \
             && head -c 65536 /dev/zero > \"$HOME_TO_FILL/filler\" 2>/dev/null; \"$@\"; code=$?; \
             cd \"$HOME_TO_FILL\" && find . -type f ! -name filler -printf '%P\\n' > \"$HOME_TO_FILL.left\"; \
             exit $code";
        let mut command = Command::new(find("timeout", "coreutils"));
        command.args(["--kill-after=5", "60"]).env_clear();
        if condition.home == Home::Full {
            command.arg(find("unshare", "util-linux"));
            command.arg(if self.root { "-m" } else { "-rm" });
            command.args(["sh", "-c", FULL, "sh"]);
            command.env("HOME_TO_FILL", home);
            if self.root {
                command.arg(find("setpriv", "util-linux"));
                command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")]);
                command.arg("--clear-groups");
            }
        } else if self.root {
            // Takes the groups away with it.
            command.uid(NOBODY).gid(NOBODY);
        }
        // In a session of its own it has no terminal, even if the tests are run on one.
        command.arg(find("setsid", "util-linux")).arg("--wait");
        let locales = self.folder.path().join("locales");
        let usual = [
            ("PATH", Some("/usr/bin:/bin")),
            ("HOME", Some("{home}")),
            ("LC_ALL", Some("C.UTF-8")),
            ("LOCPATH", Some("{locales}")),
            ("TERM", Some("xterm")),
            (SOCKET_VARIABLE, Some("/nonexistent/pcscd.comm")),
        ];
        command.current_dir(if home.is_dir() { home } else { Path::new("/") });
        let shut = match condition.streams {
            Streams::NoInput => "<&-",
            Streams::NoOutput => ">&-",
            Streams::FullOutput => ">/dev/full",
            Streams::NoErrors => "2>&-",
            Streams::FullErrors => "2>/dev/full",
            Streams::Nothing => "<&- >&- 2>&-",
            Streams::Usual | Streams::BrokenPipe => "",
        };
        command.args(["/bin/bash", "-c"]);
        command.arg(format!("{{ {}; }} {shut}", condition.around));
        command.arg("bash");
        // env(1) sets the variables, so that those before it find their programs and say nothing.
        command.arg(find("env", "coreutils"));
        let all: BTreeMap<_, _> = usual.iter().chain(condition.variables).copied().collect();
        for (name, text) in all {
            if let Some(text) = text {
                let mut assignment = OsString::from(format!("{name}="));
                assignment.push(value(text, home, &locales));
                command.arg(assignment);
            }
        }
        if condition.streams == Streams::BrokenPipe {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer);
        } else {
            command.stdout(Stdio::piped());
        }
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ended with {:?}, left {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.left,
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        )
    }
}

/// Runs `command` with `input` on standard input.
fn output_with_input(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.spawn().unwrap();
    // A program that ends without reading is no failure.
    let _ = child.stdin.take().unwrap().write_all(input);
    // A pipe that nobody reads from stays open for as long as the command lives.
    command.stdout(Stdio::null());
    child.wait_with_output().unwrap()
}

/// Copies a folder and all below it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Gives a folder and all in it to nobody.
fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}

/// All files below a folder with their lengths.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            let below = files(&entry.path());
            all.extend(
                below
                    .into_iter()
                    .map(|(file, len)| (format!("{name}/{file}"), len)),
            );
        } else {
            all.push((name, entry.metadata().unwrap().len()));
        }
    }
    all.sort();
    all
}

/// With the home replaced by `HOME`.
fn replaced(bytes: Vec<u8>, home: &str) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => text.replace(home, "HOME").into_bytes(),
        // DER names no place.
        Err(binary) => binary.into_bytes(),
    }
}
