//! Other programs: found, run with a time limit, kept running, waited for.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tempfile::TempDir;

/// How long a program that is run to its end may take. Key generation is the longest of it.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// How long a daemon may take to end when asked.
const END_LIMIT: Duration = Duration::from_secs(30);

/// Where `program` is.
///
/// # Panics
///
/// It is not installed; the words name `package`, the Debian package that brings it.
pub(crate) fn find(program: &str, package: &str) -> PathBuf {
    // Daemons live where the PATH of an ordinary user does not lead.
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/bin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!("{program} is missing: install it with `apt-get install {package}`")
        })
}

/// A command that is killed after [`RUN_LIMIT`].
pub(crate) fn limited(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(find("timeout", "coreutils"));
    command.arg("--kill-after=5");
    command.arg(RUN_LIMIT.as_secs().to_string()).arg(program);
    command
}

/// A program of a Debian package, which speaks English and has a time limit.
pub(crate) fn tool(program: &str, package: &str) -> Command {
    let mut command = limited(find(program, package));
    command.env("LC_ALL", "C.UTF-8").env_remove("LANGUAGE");
    command
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The program and its arguments, for messages.
    what: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The standard output of a program that ended well.
    ///
    /// # Panics
    ///
    /// It did not, and this shows all that it said.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert!(self.status.success(), "{self}");
        self.stdout
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} ended with {}\n--- stdout\n{}\n--- stderr\n{}",
            self.what, self.status, self.stdout, self.stderr
        )
    }
}

/// Runs `command` to its end with `input` on its standard input.
///
/// # Panics
///
/// It cannot be started, or runs longer than its limit.
#[track_caller]
pub(crate) fn finish(command: &mut Command, input: &str) -> Finished {
    let what = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // All inputs here are smaller than a pipe's buffer, so this cannot wait for the output to be read.
    // A program that ends without reading its input is no failure of ours.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);

    let output = child.wait_with_output().unwrap();
    let finished = Finished {
        what,
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    // What timeout(1) says when the time was up: 124, or 137 when it had to kill.
    assert!(
        !matches!(finished.status.code(), Some(124 | 137)),
        "out of time: {finished}"
    );
    finished
}

/// Asks `probe` until it has an answer.
///
/// # Panics
///
/// None came within `limit`.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process that runs beside the test and ends with this value.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
    _will: LastWill,
}

impl Daemon {
    /// Starts `command`; what it says is added to the file `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let kill = format!("kill -KILL {}", child.id());
        let _will = LastWill::write(Command::new("sh").args(["-c", &kill]));
        Self {
            child,
            log: log.to_owned(),
            _will,
        }
    }

    /// The last lines of what it said, for messages.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Panics if the process is no longer there.
    #[track_caller]
    pub(crate) fn assert_runs(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("ended with {status}:\n{}", self.last_words());
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Ends it at once, without a chance to clean up.
    pub(crate) fn kill(mut self) {
        self.end_now();
    }

    /// Asks it to end (SIGTERM) and waits until it did.
    #[track_caller]
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        wait_for("the end of a daemon", END_LIMIT, || self.ended())
    }

    /// Sends it a signal, and does not wait for what comes of it.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn end_now(&mut self) {
        // Both have nothing to do if it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end_now();
    }
}

/// What happens if the test's process is killed, so that nothing is dropped.
///
/// A shell waits for a line on a pipe. Dropping this value sends it; if the pipe ends without, the
/// shell runs the command.
#[derive(Debug)]
pub(crate) struct LastWill(Child);

impl LastWill {
    /// Has `command` run, with its arguments and environment, should nobody live to drop this.
    pub(crate) fn write(command: &Command) -> Self {
        // Ctrl-C goes to the shell as well as to the test.
        const WAIT: &str = "trap '' INT TERM HUP; read -r _ || exec \"$@\"";

        let mut shell = Command::new("sh");
        shell.args(["-c", WAIT, "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        // No output: a test's runner waits for all who could still write to its pipes.
        shell.stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.spawn().expect("sh"))
    }
}

impl Drop for LastWill {
    fn drop(&mut self) {
        if let Some(pipe) = &mut self.0.stdin {
            let _ = pipe.write_all(b"\n");
        }
        let _ = self.0.wait();
    }
}

/// A process that is no child of ours.
#[derive(Debug)]
pub(crate) struct Foreign(Option<OwnedFd>);

impl Foreign {
    /// Takes hold of a process that runs; if it does not, it has ended.
    pub(crate) fn watch(pid: i32) -> Self {
        let pid = Pid::from_raw(pid).unwrap();
        Self(pidfd_open(pid, PidfdFlags::empty()).ok())
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait_for_end(self) {
        let Some(process) = self.0 else { return };
        let limit = Timespec::try_from(END_LIMIT).unwrap();
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)).unwrap();
        assert_eq!(ended, 1, "waited {END_LIMIT:?} for the end of a process");
    }
}

/// A new directory that only this user may enter: gpg insists, and PINs are in there.
pub(crate) fn private_directory(prefix: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .unwrap()
}

/// Makes `file` a program with this text.
pub(crate) fn write_script(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o700)).unwrap();
}
