//! Who asks: what the agent says of the program behind the request, and what the system knows of it.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, getuid, pidfd_open};

use crate::token::Text;

/// The most programs that are looked at, from the one that asks upwards.
const GENERATIONS: usize = 8;

/// Programs between the one that asks and the one that the person started: they say nothing.
const BETWEEN: [&str; 13] = [
    "sh", "bash", "dash", "zsh", "fish", "env", "sudo", "timeout", "setsid", "nice", "make",
    "sshd", "login",
];

/// Programs that start all others.
const ROOTS: [&str; 4] = ["systemd", "init", "dbus-daemon", "gnome-session-b"];

/// Who asks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Requester {
    /// The program that talked to the agent, by the name that the kernel has for it. Programs choose
    /// it themselves.
    pub program: Option<Text>,
    /// The program that started it, where that says more.
    pub started_by: Option<Text>,
    /// The computer, if it is another one.
    pub host: Option<Text>,
    /// The number of the program that talked to the agent, on this computer.
    pub process: Option<u32>,
}

/// The end of a program that asks.
#[derive(Debug)]
pub enum End {
    /// This can be read from as soon as it has come.
    Watched(OwnedFd),
    /// It has come.
    Over,
    /// It cannot be seen.
    Unknown,
}

impl Requester {
    /// From the value of `OPTION owner`: `PID HOST` of GnuPG 2.2, `PID/UID HOST` from 2.4 on.
    #[must_use]
    pub fn from_owner(owner: &[u8]) -> Self {
        let (process, host) = match owner.iter().position(u8::is_ascii_whitespace) {
            Some(at) => owner.split_at(at),
            None => (owner, &[][..]),
        };
        let (pid, uid) = match process.iter().position(|&byte| byte == b'/') {
            Some(at) => {
                let (pid, uid) = process.split_at(at);
                (pid, uid.get(1..).and_then(number))
            }
            None => (process, None),
        };
        let host = host.trim_ascii();
        let own = rustix::system::uname();
        let elsewhere = !host.is_empty() && host != own.nodename().to_bytes();
        if elsewhere {
            // The number is one of that computer.
            return Self {
                host: Some(Text::from_utf8(host)),
                ..Self::default()
            };
        }
        // A process of somebody else cannot be who asked: its number was used again.
        let ours = uid.is_none_or(|uid| uid == getuid().as_raw());
        number(pid)
            .filter(|_| ours)
            .map(Self::from_process)
            .unwrap_or_default()
    }

    /// The process of this computer with this number.
    #[must_use]
    pub fn from_process(pid: u32) -> Self {
        let mut lineage = Vec::new();
        let mut next = Some(pid);
        while let Some(process) = next.filter(|&pid| pid > 1 && lineage.len() < GENERATIONS) {
            let Some((name, parent)) = process_of(process) else {
                break;
            };
            lineage.push(name);
            next = Some(parent);
        }
        let mut names = lineage.into_iter();
        let program = names.next();
        let started_by = names
            .take_while(|name| !ROOTS.contains(&name.as_str()))
            .find(|name| !BETWEEN.contains(&name.as_str()) && Some(name) != program.as_ref());
        Self {
            program,
            started_by,
            host: None,
            process: Some(pid),
        }
    }

    /// How to see that this program ends.
    #[must_use]
    pub fn end(&self) -> End {
        let pid = self.process.and_then(|pid| i32::try_from(pid).ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            return End::Unknown;
        };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(end) => End::Watched(end),
            Err(Errno::SRCH) => End::Over,
            Err(_) => End::Unknown,
        }
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The kernel cuts names after so many bytes (`TASK_COMM_LEN` less the end).
const CUT: usize = 15;

/// The name of a process; one that was cut is that of the file that it runs, if it begins so.
fn full_name(pid: u32, name: &[u8]) -> Text {
    let file = (name.len() == CUT)
        .then(|| fs::read_link(format!("/proc/{pid}/exe")).ok())
        .flatten();
    let file = file.as_ref().and_then(|file| file.file_name());
    match file.filter(|file| file.as_bytes().starts_with(name)) {
        Some(file) => {
            // So the kernel marks a program that was replaced since, by an update for example.
            let file = file.as_bytes();
            Text::from_utf8(file.strip_suffix(b" (deleted)").unwrap_or(file))
        }
        // Who started it stands behind it in parentheses: those are not for programs to write.
        None => {
            let plain = |byte: &u8| {
                if matches!(byte, b'(' | b')') {
                    b'_'
                } else {
                    *byte
                }
            };
            Text::from_utf8(&name.iter().map(plain).collect::<Vec<u8>>())
        }
    }
}

/// The name of a process and the number of its parent (`proc(5)`, `/proc/PID/stat`).
fn process_of(pid: u32) -> Option<(Text, u32)> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, parentheses too.
    let start = stat.iter().position(|&byte| byte == b'(')?;
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    let name = stat.get(start + 1..end)?;
    let mut fields = stat
        .get(end + 1..)?
        .trim_ascii()
        .split(|&byte| byte == b' ');
    let parent = number(fields.nth(1)?)?;
    Some((full_name(pid, name), parent))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::Requester;

    #[test]
    fn both_forms_of_the_owner_lead_to_the_program() {
        let own = std::process::id();
        let host = rustix::system::uname();
        let host = host.nodename().to_str().unwrap().to_owned();
        let uid = rustix::process::getuid().as_raw();
        for owner in [
            format!("{own} {host}"),
            format!("{own}/{uid} {host}"),
            format!("{own}"),
        ] {
            let requester = Requester::from_owner(owner.as_bytes());
            assert!(requester.program.is_some(), "{owner}");
            assert_eq!(requester.host, None);
        }
        let other = format!("{own}/{} {host}", uid + 1);
        assert_eq!(
            Requester::from_owner(other.as_bytes()),
            Requester::default()
        );
    }

    #[test]
    fn a_process_elsewhere_is_not_looked_up_here() {
        let owner = format!("{} build7.example.org", std::process::id());
        let requester = Requester::from_owner(owner.as_bytes());
        assert_eq!(requester.program, None);
        assert_eq!(requester.host.unwrap().as_str(), "build7.example.org");
    }

    #[test]
    fn any_bytes_are_no_owner() {
        for owner in [
            &b""[..],
            b"/",
            b"-1",
            b"99999999999999",
            b"1/x",
            b"\xff \xff\0",
        ] {
            assert_eq!(Requester::from_owner(owner).program, None, "{owner:?}");
        }
    }
}
