//! What can be seen of a running program from outside: its memory, its arguments, its environment and those of every
//! program that it starts.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::needles::Needles;

/// So much memory is looked at in one go.
const PIECE: usize = 1 << 20;

/// What was found in the memory of a process.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// How many bytes could be read.
    pub(crate) bytes: u64,
    /// Name and form of each hit, and where it is.
    pub(crate) hits: Vec<(String, &'static str, String)>,
}

/// Which pages of a process are looked through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pages {
    All,
    /// Those that are locked in memory (mlock(2)).
    Locked,
    /// Those that are not.
    Unlocked,
}

/// Looks through all memory of a process that can be read.
///
/// # Panics
///
/// As [`search_pages`].
#[track_caller]
pub(crate) fn search_memory(pid: u32, needles: &Needles) -> Memory {
    search_pages(pid, needles, Pages::All)
}

/// The places in memory that are locked, as `/proc/PID/maps` has them.
fn locked_ranges(pid: u32) -> BTreeSet<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
    let mut range = "";
    let mut locked = BTreeSet::new();
    for line in maps.lines() {
        // A line about a place begins with its addresses, those about its properties with a name.
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if first.contains('-') {
            range = first;
        } else if first == "VmFlags:" && rest.split_whitespace().any(|flag| flag == "lo") {
            locked.insert(range.to_owned());
        }
    }
    locked
}

/// Looks through these pages of a process, as far as they can be read.
///
/// # Panics
///
/// The memory of other processes may not be read here. It takes root with CAP_SYS_PTRACE: our programs let nobody else.
#[track_caller]
pub(crate) fn search_pages(pid: u32, needles: &Needles, pages: Pages) -> Memory {
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap_or_else(|error| {
        panic!("the memory of process {pid} cannot be read: {error}; run the tests as root (CAP_SYS_PTRACE)")
    });
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let locked = locked_ranges(pid);
    let mut found = Memory::default();
    let mut piece = vec![0; PIECE + needles.longest()];
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with('r') || line.ends_with("[vvar]") {
            continue;
        }
        let wanted = match pages {
            Pages::All => true,
            Pages::Locked => locked.contains(range),
            Pages::Unlocked => !locked.contains(range),
        };
        if !wanted {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = (number(start), number(end));
        let mut at = start;
        while at < end {
            // With the beginning of what comes next: a secret may lie across.
            let len = piece.len().min(usize::try_from(end - at).unwrap());
            // A page of a file that was cut short, or of a device, has no bytes.
            let Ok(count) = memory.read_at(&mut piece[..len], at) else {
                break;
            };
            if count == 0 {
                break;
            }
            let step = PIECE.min(count);
            found.bytes += step as u64;
            for (offset, pattern) in needles.find(&piece[..count]) {
                if offset < step {
                    let address = at + offset as u64;
                    let context = &piece[offset.saturating_sub(64)..count.min(offset + 96)];
                    let place = format!("{address:#x} of {line}: {}", context.escape_ascii());
                    found.hits.push((pattern.name.clone(), pattern.form, place));
                }
            }
            at += step as u64;
        }
    }
    found
}

/// Whether the first thread of a process waits in write(2) to this descriptor.
#[track_caller]
pub(crate) fn waits_to_write(pid: u32, descriptor: u32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall"));
    let call = call.expect("/proc/PID/syscall, which root can read");
    let mut words = call.split_whitespace();
    // write(2) is 1 on x86-64 and 64 on other machines.
    let writes = matches!(words.next(), Some("1" | "64"));
    writes && words.next() == Some(&format!("{descriptor:#x}"))
}

/// The process of this name among those that `pid` and its children started.
pub(crate) fn child_named(pid: u32, name: &str) -> Option<u32> {
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    if comm.trim() == name {
        return Some(pid);
    }
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let mut children = children.split_whitespace();
    children.find_map(|child| child_named(child.parse().ok()?, name))
}

/// Watches a process and all that it starts, for what other users of the machine see of them.
pub(crate) struct Family {
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<Seen>,
}

/// Arguments and environments, each once.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) processes: BTreeSet<u32>,
    pub(crate) arguments: BTreeSet<Vec<u8>>,
    pub(crate) environments: BTreeSet<Vec<u8>>,
}

impl Family {
    /// From now on, until [`Family::seen`].
    pub(crate) fn watch(pid: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&stop);
        let watcher = thread::spawn(move || {
            let mut seen = Seen::default();
            seen.processes.insert(pid);
            loop {
                let last = ended.load(Ordering::Acquire);
                seen.look();
                if last {
                    return seen;
                }
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, watcher }
    }

    /// What there was to be seen; it looks once more.
    pub(crate) fn seen(self) -> Seen {
        self.stop.store(true, Ordering::Release);
        self.watcher.join().unwrap()
    }
}

impl Seen {
    fn look(&mut self) {
        let known: Vec<u32> = self.processes.iter().copied().collect();
        for pid in known {
            self.note(pid);
        }
    }

    /// A process that has ended has nothing to show.
    fn note(&mut self, pid: u32) {
        self.processes.insert(pid);
        let folder = format!("/proc/{pid}");
        let read = |name: &str| fs::read(format!("{folder}/{name}")).unwrap_or_default();
        self.arguments.insert(read("cmdline"));
        self.environments.insert(read("environ"));
        let Ok(tasks) = fs::read_dir(format!("{folder}/task")) else {
            return;
        };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                self.note(child.parse().unwrap());
            }
        }
    }
}
