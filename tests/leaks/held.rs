//! A program that has done its work and cannot say so yet: its output is a pipe that is full.
//!
//! So a program that would end at once can be searched, and nothing in it is made for the test.

use std::io::{PipeReader, Read, Write, pipe};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::pipe::fcntl_setpipe_size;

use crate::process::{Family, Seen, waits_to_write};
use crate::support::process::wait_for;

/// How long a deed may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Which output is full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Full {
    Output,
    Error,
}

/// The program.
pub(crate) struct Held {
    child: Child,
    full: Full,
    pipe: PipeReader,
    filled: usize,
    family: Family,
}

/// What it left behind.
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) seen: Seen,
}

impl Held {
    /// Starts a program, one of whose outputs is full, and gives it `input`.
    pub(crate) fn start(command: &mut Command, full: Full, input: &[u8]) -> Self {
        let (pipe, mut end) = pipe().unwrap();
        let filled = fcntl_setpipe_size(&end, 4096).unwrap();
        end.write_all(&vec![b'.'; filled]).unwrap();
        command.stdin(Stdio::piped());
        match full {
            Full::Output => command.stdout(end).stderr(Stdio::piped()),
            Full::Error => command.stderr(end).stdout(Stdio::piped()),
        };
        let mut child = command.spawn().unwrap();
        // The command holds the other end of the pipe.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let family = Family::watch(child.id());
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        Self {
            child,
            full,
            pipe,
            filled,
            family,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it wants to say something, and a second more: that is when nothing may be left (the time that a
    /// deed has to clean up after itself; facts sheet hostile-cards, H-22).
    #[track_caller]
    pub(crate) fn has_done_its_work(&mut self) {
        let descriptor = match self.full {
            Full::Output => 1,
            Full::Error => 2,
        };
        wait_for("a program to say what it did", LIMIT, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it did not wait to be heard: {status}");
            }
            waits_to_write(self.child.id(), descriptor).then_some(())
        });
        thread::sleep(Duration::from_secs(1));
    }

    /// Lets it speak and end.
    pub(crate) fn let_go(mut self) -> Left {
        let mut other = Vec::new();
        let mut held = Vec::new();
        let mut reader = self.pipe;
        let drained = thread::spawn(move || {
            reader.read_to_end(&mut held).unwrap();
            held
        });
        match self.full {
            Full::Output => self.child.stderr.take().unwrap().read_to_end(&mut other),
            Full::Error => self.child.stdout.take().unwrap().read_to_end(&mut other),
        }
        .unwrap();
        let held = drained.join().unwrap().split_off(self.filled);
        let seen = self.family.seen();
        let code = self.child.wait().unwrap().code();
        let (stdout, stderr) = match self.full {
            Full::Output => (held, other),
            Full::Error => (other, held),
        };
        Left {
            code,
            stdout,
            stderr,
            seen,
        }
    }
}
