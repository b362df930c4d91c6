//! What is measured: times, threads, descriptors, memory.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::desk::Desk;

/// Times by kind of blow.
pub(crate) struct Latencies {
    what: &'static str,
    all: BTreeMap<&'static str, Vec<Duration>>,
}

impl Latencies {
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            all: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, kind: &'static str, time: Duration) {
        self.all.entry(kind).or_default().push(time);
    }

    pub(crate) fn longest(&self) -> Duration {
        let times = self.all.values().flatten();
        times.max().copied().unwrap_or_default()
    }

    pub(crate) fn print(&self) {
        println!("{} (minimum, median, maximum in ms):", self.what);
        let whole: Vec<Duration> = self.all.values().flatten().copied().collect();
        let kinds = self.all.iter().map(|(kind, times)| (*kind, times.clone()));
        for (kind, mut times) in kinds.chain([("all", whole)]) {
            times.sort_unstable();
            let ms = |index: usize| times[index].as_secs_f64() * 1000.0;
            println!(
                "  {kind:<15} {:4} blows {:8.1} {:8.1} {:8.1}",
                times.len(),
                ms(0),
                ms(times.len() / 2),
                ms(times.len() - 1)
            );
        }
    }
}

/// What this process has.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Census {
    /// The names of its threads, in order.
    threads: Vec<String>,
    /// What its descriptors are, without their numbers.
    descriptors: Vec<String>,
}

impl Census {
    pub(crate) fn take() -> Self {
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        let mut threads: Vec<String> = tasks
            // One may end while it is looked at.
            .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
            .map(|name| match name.trim().split_once(' ') {
                // Lanes are numbered by readers, and those numbers are never used again.
                Some(("lane", _)) => "lane".to_owned(),
                _ => name.trim().to_owned(),
            })
            .collect();
        threads.sort_unstable();
        let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let mut descriptors: Vec<String> = files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .map(|target| {
                let target = target.to_string_lossy().into_owned();
                match target.split_once(":[") {
                    Some((kind, _)) => kind.to_owned(),
                    None => target,
                }
            })
            .filter(|target| !target.starts_with("/proc/"))
            .collect();
        descriptors.sort_unstable();
        Self {
            threads,
            descriptors,
        }
    }

    /// Waits until this process has as much again as then: what ends, ends a moment later.
    #[track_caller]
    pub(crate) fn assert_level(&self, desk: &mut Desk) {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut now = Self::take();
        while now != *self && Instant::now() < deadline {
            desk.catch_up();
            std::thread::sleep(Duration::from_millis(20));
            now = Self::take();
        }
        assert_eq!(*self, now, "before and after the storm");
        println!(
            "level: {} threads, {} descriptors before and after",
            now.threads.len(),
            now.descriptors.len()
        );
    }
}
