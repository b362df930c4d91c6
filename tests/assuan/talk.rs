//! A conversation in this process: the test is the agent.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use symbolon::pinentry::lines::{Lines, Replies};
use symbolon::pinentry::prompt::Front;
use symbolon::pinentry::server::{Keyring, Server, Setup};

/// How long a line may take that has to come, in seconds.
const LIMIT: i64 = 20;

/// The agent's end.
pub(crate) struct Talk<F> {
    to: Option<PipeWriter>,
    from: PipeReader,
    server: JoinHandle<(io::Result<()>, F)>,
}

impl<F: Front + Send + 'static> Talk<F> {
    /// Begins one; the greeting was not read yet.
    pub(crate) fn start(mut front: F, mut keyring: impl Keyring + Send + 'static) -> Self {
        let (input, to) = io::pipe().unwrap();
        let (from, output) = io::pipe().unwrap();
        let server = thread::spawn(move || {
            let lines = Lines::new(OwnedFd::from(input));
            let replies = Replies::new(OwnedFd::from(output));
            let setup = Setup::default();
            let done = Server::new(lines, replies, &mut front, &mut keyring, setup).run();
            (done, front)
        });
        Self {
            to: Some(to),
            from,
            server,
        }
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.to.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Sends a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    /// The next line; nothing if there are no more.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            assert!(self.is_answered(LIMIT), "no line in {LIMIT} s");
            let mut byte = [0];
            match self.from.read(&mut byte).unwrap() {
                0 => {
                    assert!(line.is_empty(), "half a line: {line:?}");
                    return None;
                }
                _ if byte == *b"\n" => return Some(String::from_utf8_lossy(&line).into_owned()),
                _ => line.extend(byte),
            }
        }
    }

    /// Whether something comes within so many seconds.
    pub(crate) fn is_answered(&self, seconds: i64) -> bool {
        let limit = Timespec {
            tv_sec: seconds,
            tv_nsec: if seconds == 0 { 200_000_000 } else { 0 },
        };
        poll(&mut [PollFd::new(&self.from, PollFlags::IN)], Some(&limit)).unwrap() > 0
    }

    /// Says a line and hears the lines up to `OK`, `ERR` or `INQUIRE`.
    pub(crate) fn ask(&mut self, line: &str) -> Vec<String> {
        self.say(line);
        self.turn()
    }

    /// The lines up to `OK`, `ERR` or `INQUIRE`.
    pub(crate) fn turn(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.hear().expect("a reply");
            let last = ["OK", "ERR", "INQUIRE"].contains(&line.split(' ').next().unwrap());
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    /// Goes away. Returns what was not heard yet, and the dialogs.
    pub(crate) fn end(mut self) -> (Vec<u8>, F) {
        self.to = None;
        let mut rest = Vec::new();
        self.from.read_to_end(&mut rest).unwrap();
        let (done, front) = self.server.join().unwrap();
        done.unwrap();
        (rest, front)
    }

    /// Goes away with both ends of its pipes, as when it is killed.
    pub(crate) fn vanish(self) -> F {
        drop((self.to, self.from));
        self.server.join().unwrap().1
    }
}
