//! A test that has a process of its own: where descriptors, threads and memory of the whole process
//! are counted, other tests must not run beside it.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Tells the process which test it is for.
const VARIABLE: &str = "SYMBOLON_TEST_ALONE";

/// Runs `work`, which belongs to the test `name`, in a process where nothing else runs.
#[track_caller]
pub(crate) fn alone(name: &str, work: impl FnOnce()) {
    if std::env::var(VARIABLE).is_ok_and(|wanted| wanted == name) {
        return work();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    let ended = command.env(VARIABLE, name).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    // The name of the test may stand before on the same line.
    for line in said.lines() {
        if let Some(at) = line.find("hostile cards: ") {
            println!("{}", &line[at..]);
        }
    }
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}\n{errors}");
    assert!(
        said.contains("1 passed"),
        "{name} is not the name of a test:\n{said}"
    );
}

/// What a process has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Level {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Memory that is resident, in bytes.
    pub(crate) resident: usize,
}

impl Level {
    pub(crate) fn now() -> Self {
        let count = |folder: &str| fs::read_dir(folder).unwrap().count();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.unwrap().trim().trim_end_matches(" kB");
        let resident = kilobytes.parse::<usize>().unwrap() << 10;
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            resident,
        }
    }

    /// Waits until there are no more threads and descriptors than here; what is there then.
    #[track_caller]
    pub(crate) fn again(self) -> Self {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let now = Self::now();
            if (now.descriptors, now.threads) == (self.descriptors, self.threads) {
                return now;
            }
            assert!(Instant::now() < deadline, "{self:?} has become {now:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
