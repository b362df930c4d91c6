//! Other programs: who uses a library, and starting one with a time limit.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

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

#[cfg(test)]
mod tests {
    use super::{run, users_of};

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
}
