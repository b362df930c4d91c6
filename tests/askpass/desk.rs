//! A terminal in front of a person, and beside it an agent that talks to the pinentry.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use rustix::fs::Mode;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::on_terminal::OnTerminal;
use crate::support::process::private_directory;

/// The pinentry for the terminal.
pub(crate) const TTY: &str = env!("CARGO_BIN_EXE_pinentry-symbolon-tty");

/// A terminal that nobody reads from but the pinentry.
pub(crate) struct Screen {
    pub(crate) terminal: OnTerminal,
    /// Its device.
    pub(crate) name: String,
    gate: PathBuf,
    folder: TempDir,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let folder = private_directory("tty-");
        let gate = folder.path().join("gate");
        rustix::fs::mkfifoat(rustix::fs::CWD, &gate, Mode::RWXU).unwrap();
        // The shell sleeps beside the terminal until the gate is opened.
        let line = format!("echo \"tty $(tty) here\"; read go < {}", gate.display());
        let mut terminal = OnTerminal::start(&line, [("", ""); 0]);
        terminal.wait_for(" here");
        let words: Vec<&str> = terminal.seen().split_whitespace().collect();
        let at = words.iter().position(|word| *word == "tty").unwrap();
        let name = words[at + 1].to_owned();
        assert!(name.starts_with("/dev/pts/"), "{name}");
        Self {
            terminal,
            name,
            gate,
            folder,
        }
    }

    /// Where files of this test may lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All that appeared. Fails if the terminal is not as it was before.
    #[track_caller]
    pub(crate) fn left(self) -> String {
        fs::write(&self.gate, "go\n").unwrap();
        self.terminal.ended(0)
    }
}

/// The agent of a conversation.
pub(crate) struct Agent {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// What the pinentry keeps of cards.
    _state: TempDir,
}

impl Agent {
    /// Starts `program`, which has no display.
    pub(crate) fn of(program: &str, arguments: &[&str]) -> Self {
        let state = private_directory("state-");
        // Without a terminal of its own: agents are daemons.
        let mut child = Command::new("setsid")
            .args(["--wait", program])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("LANGUAGE")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .env("XDG_STATE_HOME", state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut agent = Self {
            to: child.stdin.take(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
            _state: state,
        };
        agent.expect("OK Pleased to meet you");
        agent
    }

    /// One that asks on this terminal.
    pub(crate) fn on(screen: &Screen) -> Self {
        let mut agent = Self::of(TTY, &[]);
        agent.told(&format!("OPTION ttyname={}", screen.name));
        agent
    }

    /// Sends a line.
    pub(crate) fn send(&mut self, line: &str) {
        let to = self.to.as_mut().unwrap();
        writeln!(to, "{line}").unwrap();
    }

    /// Sends a line that is answered by `OK`.
    #[track_caller]
    pub(crate) fn told(&mut self, line: &str) {
        self.send(line);
        self.expect("OK");
    }

    /// The next line that comes is this one.
    #[track_caller]
    pub(crate) fn expect(&mut self, line: &str) {
        assert_eq!(self.next(), line);
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The number of the pinentry.
    pub(crate) fn pid(&mut self) -> Pid {
        self.send("GETINFO pid");
        let pid = self.next();
        self.expect("OK");
        pid_of(&pid)
    }

    /// Sends a signal to this process.
    pub(crate) fn signal_to(&self, pid: Pid, signal: Signal) {
        kill_process(pid, signal).unwrap();
    }

    /// Is gone for the pinentry: nobody reads any more, nobody writes.
    pub(crate) fn leave(self) -> Gone {
        let Self {
            child,
            to,
            from,
            _state,
        } = self;
        drop(to);
        drop(from);
        Gone(child)
    }

    /// How the pinentry ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.to.take();
        self.child.wait().unwrap()
    }
}

/// A pinentry without its agent.
pub(crate) struct Gone(Child);

impl Gone {
    /// How it ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

fn pid_of(line: &str) -> Pid {
    let number = line.strip_prefix("D ").unwrap().parse().unwrap();
    Pid::from_raw(number).unwrap()
}
