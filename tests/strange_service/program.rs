//! `symbolonctl`, run to its end or watching.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::limited;

/// Against hanging only.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A user without rights.
const NOBODY: u32 = 65_534;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

/// Runs it to its end.
pub(crate) fn run(socket: &Path, arguments: &[&str]) -> Ended {
    let began = Instant::now();
    let mut command = limited(env!("CARGO_BIN_EXE_symbolonctl"));
    command.args(arguments).env(SOCKET_VARIABLE, socket);
    let output = english(&mut command).stdin(Stdio::null()).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: began.elapsed(),
    }
}

fn english(command: &mut Command) -> &mut Command {
    // Backtraces of the panics that are caught would be all that it is busy with.
    command
        .env("LC_ALL", "C.UTF-8")
        .env("RUST_BACKTRACE", "0")
        .env_remove("LANGUAGE")
}

/// Our program in a folder that is open to everybody: where it was built may be closed to others.
///
/// Another process copies it: as long as a file is open for writing, here or in a child that another
/// thread is about to start, nobody can run it.
pub(crate) fn copy_into(folder: &Path) -> PathBuf {
    let program = folder.join("symbolonctl");
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_symbolonctl"))
        .arg(&program)
        .status();
    assert!(copied.unwrap().success(), "cp does not copy");
    program
}

/// A program that runs, and what it says.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// All that was taken of them.
    said: Vec<String>,
    errors: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts `symbolonctl` with these arguments.
    pub(crate) fn start(socket: &Path, arguments: &[&str]) -> Self {
        Self::spawn(
            Command::new(env!("CARGO_BIN_EXE_symbolonctl")),
            socket,
            arguments,
        )
    }

    /// The same, as a user without rights; as ourselves if we are none better.
    pub(crate) fn start_as_nobody(program: &Path, socket: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        if rustix::process::getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Self::spawn(command, socket, arguments)
    }

    fn spawn(mut command: Command, socket: &Path, arguments: &[&str]) -> Self {
        command.args(arguments).env(SOCKET_VARIABLE, socket);
        let mut child = english(&mut command)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sink, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sink.send(line);
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let (mut stderr, noted) = (child.stderr.take().unwrap(), Arc::clone(&errors));
        let listener = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..n]);
                noted.lock().unwrap().push_str(&text);
            }
        });
        Self {
            child,
            lines,
            said: Vec::new(),
            errors,
            listener: Some(listener),
        }
    }

    /// Its folder in /proc.
    pub(crate) fn proc(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.child.id()))
    }

    /// What it wrote to standard error so far.
    pub(crate) fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Waits for a line with these texts, and tells how long; nothing if none came.
    pub(crate) fn until_line(&mut self, texts: &[&str]) -> Option<Duration> {
        let began = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let line = self.lines.recv_timeout(left).ok()?;
            let found = texts.iter().all(|text| line.contains(text));
            self.said.push(line);
            if found {
                return Some(began.elapsed());
            }
        }
    }

    /// Waits until either stream has this text.
    #[track_caller]
    pub(crate) fn until_said(&mut self, text: &str) {
        let errors = Arc::clone(&self.errors);
        let has = |line: &String| line.contains(text);
        let said = self.until(|said| said.iter().any(has) || has(&errors.lock().unwrap()));
        assert!(said, "no “{text}”:\n{}", self.all_said());
    }

    /// Waits until something is so of the lines it said; tells whether it came to be.
    pub(crate) fn until(&mut self, mut done: impl FnMut(&[String]) -> bool) -> bool {
        let began = Instant::now();
        loop {
            self.take();
            if done(&self.said) {
                return true;
            }
            if began.elapsed() > PATIENCE {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes the lines that are there.
    fn take(&mut self) {
        self.said.extend(self.lines.try_iter());
    }

    /// Waits until it has said nothing for `quiet`.
    pub(crate) fn until_quiet(&mut self, quiet: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.lines.recv_timeout(quiet) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Everything so far, for messages and searches.
    pub(crate) fn all_said(&self) -> String {
        format!("{}\n{}", self.said.join("\n"), self.errors())
    }

    /// Presses Ctrl+C, waits for the end, and tells how it ended.
    #[track_caller]
    pub(crate) fn interrupt(mut self) -> Ended {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.all_said()
            );
            thread::sleep(Duration::from_millis(5));
        };
        if let Some(listener) = self.listener.take() {
            listener.join().unwrap();
        }
        self.said.extend(self.lines.iter());
        Ended {
            code: status.code(),
            stdout: self.said.join("\n"),
            stderr: self.errors(),
            took: began.elapsed(),
        }
    }

    /// What it used so far.
    pub(crate) fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for task in fs::read_dir(self.proc().join("task")).unwrap().flatten() {
            let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let on_cpu = read("schedstat");
            let nanoseconds = on_cpu.split(' ').next().and_then(|n| n.parse().ok());
            usage.cpu += Duration::from_nanos(nanoseconds.unwrap_or_default());
            let status = read("status");
            let switches = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            usage.wakes += switches
                .and_then(|n| n.trim().parse::<u64>().ok())
                .unwrap_or(0);
            usage.threads += 1;
        }
        usage
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both have nothing to do if it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process used: all its threads together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Time on a processor.
    pub(crate) cpu: Duration,
    /// How often a thread went to sleep by itself, which is how often one had been woken.
    pub(crate) wakes: u64,
    pub(crate) threads: usize,
}
