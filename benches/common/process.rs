//! What the kernel knows of a running process.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Clock ticks of `/proc/PID/stat` in a second, on every Linux that Debian builds.
const TICKS: u64 = 100;

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All pages that are there, shared ones as well.
    pub(crate) resident: u64,
    /// The same, where a page that several processes have counts for each by its share. `None`
    /// where only root may know: Symbolon lets nobody else look into its memory.
    pub(crate) proportional: Option<u64>,
}

/// What the process has in memory now.
pub(crate) fn memory(pid: u32) -> Memory {
    let field = |text: &str, name: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    Memory {
        resident: field(&status, "VmRSS:").unwrap(),
        proportional: field(&maps, "Pss:"),
    }
}

/// How long the process has computed, in user and kernel mode, all threads together.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in parentheses may contain anything; utime and stime are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |field: usize| -> u64 { fields[field - 3].parse().unwrap() };
    Duration::from_millis((ticks(14) + ticks(15)) * 1000 / TICKS)
}

/// Of each thread, by its number: its name, and how often it went to sleep by itself, which is
/// how often it had been awake.
pub(crate) fn wakings(pid: u32) -> BTreeMap<u32, (String, u64)> {
    let mut all = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let task = task.unwrap();
        // A thread may end while the list is read.
        let Ok(status) = fs::read_to_string(task.path().join("status")) else {
            continue;
        };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        let number = task.file_name().to_str().unwrap().parse().unwrap();
        let switches = field("voluntary_ctxt_switches:").parse().unwrap();
        all.insert(number, (field("Name:"), switches));
    }
    all
}
