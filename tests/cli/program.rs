//! The program, with practice cards and without a smart card service.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::support::pcscd::SOCKET_VARIABLE;
use crate::support::process::limited;

/// The program, in English, where no smart card service is.
pub(crate) fn program() -> Command {
    // In a session of its own it has no terminal, even if the tests are run on one.
    let mut command = limited("setsid");
    command
        .args(["--wait", env!("CARGO_BIN_EXE_symbolonctl")])
        .env("LC_ALL", "C.UTF-8")
        .env_remove("LANGUAGE")
        .env(SOCKET_VARIABLE, "/nonexistent/pcscd.comm");
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// From the output of a process.
    pub(crate) fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Standard output, of a run that ended well and had nothing else to say.
    #[track_caller]
    pub(crate) fn result(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// Standard error, of a run that ended with this code and without a result.
    #[track_caller]
    pub(crate) fn said(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        self.stderr
    }
}

/// Runs `command` with `input` on standard input.
pub(crate) fn output(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that ends without reading is no failure of ours.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Runs the program with these arguments, parted by blanks.
pub(crate) fn run(arguments: &str) -> Ended {
    run_with(arguments, "")
}

/// As [`run`], with `input` on standard input.
pub(crate) fn run_with(arguments: &str, input: &str) -> Ended {
    let mut command = program();
    command.args(arguments.split_whitespace());
    Ended::new(output(&mut command, input.as_bytes()))
}
