//! The program without an agent: the test says itself what an agent would say, line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::driver::PATIENCE;
use crate::room::{PINENTRY, Room};

/// A conversation.
pub(crate) struct Straight {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Straight {
    /// Begins one.
    pub(crate) fn begin(room: &Room) -> Self {
        Self::begin_with(room, &[])
    }

    /// Begins one in these surroundings.
    pub(crate) fn begin_with(room: &Room, environment: &[(&str, &str)]) -> Self {
        let mut command = room.command(PINENTRY);
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let straight = Self {
            input: child.stdin.take().unwrap(),
            child,
            lines,
        };
        assert!(straight.line().starts_with("OK "));
        straight
    }

    /// What it says next.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    /// Says something and does not wait.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Says all of these, each of which it takes.
    #[track_caller]
    pub(crate) fn tell(&mut self, lines: &[&str]) {
        for line in lines {
            self.say(line);
            assert_eq!(self.line(), "OK", "{line}");
        }
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> bool {
        crate::driver::wait("the end of the program", || self.child.try_wait().unwrap()).success()
    }
}

impl Drop for Straight {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
