//! Other programs: who uses a library, and starting one with a time limit.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// So much is kept of what a program says, in bytes.
const MOST_SAID: u64 = 256 * 1024;

/// A running program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name as the kernel knows it: at most 15 bytes, chosen by the program itself.
    pub name: Vec<u8>,
}

/// Programs of this user, other than this one, that have `library` loaded.
///
/// Those of other users are not seen; the list is what can be known without special rights.
#[must_use]
pub fn users_of(library: &str) -> Vec<Process> {
    let own = std::process::id();
    let uid = rustix::process::getuid().as_raw();
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<Process> = folder
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let path = entry.path();
            let mine = pid != own && fs::metadata(&path).ok()?.uid() == uid;
            // Names of programs and files are any bytes.
            let maps = mine.then(|| fs::read(path.join("maps")).ok()).flatten()?;
            let mut windows = maps.windows(library.len().max(1));
            let uses = windows.any(|part| part == library.as_bytes());
            let name = fs::read(path.join("comm")).ok()?;
            let name = name.strip_suffix(b"\n").unwrap_or(&name);
            uses.then(|| Process {
                pid,
                name: name.to_vec(),
            })
        })
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}

/// Runs a program without a terminal and waits for it. Tells whether it ended well.
///
/// # Errors
///
/// If it cannot be started, most often because it is not installed.
pub fn run(program: &str, arguments: &[&str]) -> io::Result<bool> {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// What a program said until it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whether it ended well.
    pub success: bool,
    /// What it wrote for programs to read.
    pub output: Vec<u8>,
    /// What it complained about.
    pub complaints: Vec<u8>,
}

/// Runs a program without a terminal, waits until it ends, and brings what it said.
///
/// A program that it leaves running behind may go on writing: nobody waits for that.
///
/// # Errors
///
/// If it cannot be started: [`io::ErrorKind::NotFound`] if it is not installed. And
/// [`io::ErrorKind::TimedOut`] if it runs longer than `limit`; it is killed then.
pub fn ask(command: &mut Command, limit: Duration) -> io::Result<Said> {
    // Not pipes: those would be open as long as any child of the program is there.
    let output = memory("output")?;
    let complaints = memory("complaints")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(complaints.try_clone()?)
        .spawn()?;
    let status = wait(&mut child, limit)?;
    Ok(Said {
        success: status.success(),
        output: written(output)?,
        complaints: written(complaints)?,
    })
}

/// The end of `child`, or its end by force.
fn wait(child: &mut Child, limit: Duration) -> io::Result<ExitStatus> {
    match await_end(child, limit) {
        Ok(true) => child.wait(),
        ended => {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            child.wait()?;
            ended?;
            Err(io::ErrorKind::TimedOut.into())
        }
    }
}

/// Whether it ends within the limit.
fn await_end(child: &Child, limit: Duration) -> io::Result<bool> {
    let end = Instant::now() + limit;
    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&left)) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(ready) => return Ok(ready > 0),
        }
    }
}

/// A file that is in memory only.
fn memory(name: &str) -> io::Result<File> {
    let file = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?;
    Ok(File::from(file))
}

fn written(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(MOST_SAID).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::io::ErrorKind;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{ask, run, users_of};

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn nobody_uses_a_library_that_is_not_there() {
        assert!(users_of("libsymbolon-is-no-library").is_empty());
    }

    #[test]
    fn a_program_ends_well_or_not() {
        assert!(matches!(run("true", &[]), Ok(true)));
        assert!(matches!(run("false", &[]), Ok(false)));
        assert!(run("symbolon-is-not-this", &[]).is_err());
    }

    #[test]
    fn what_a_program_says_is_brought_whatever_it_leaves_running() {
        let start = Instant::now();
        let mut shell = Command::new("sh");
        let said = ask(
            shell.args(["-c", "echo one; echo two >&2; sleep 30 & exit 3"]),
            LONG,
        );
        let said = said.unwrap();
        assert_eq!(
            (said.success, said.output, said.complaints),
            (false, b"one\n".to_vec(), b"two\n".to_vec())
        );
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let slow = ask(Command::new("sleep").arg("60"), Duration::from_millis(50));
        assert_eq!(slow.unwrap_err().kind(), ErrorKind::TimedOut);
        let none = ask(&mut Command::new("symbolon-is-not-this"), LONG);
        assert_eq!(none.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
