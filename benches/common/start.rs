//! One start of a program with a window: when something is painted, when it is at rest, and what it
//! needs by then.
//!
//! *Painted* is when the screen shows sixteen colours. *At rest* is when the last change on the
//! screen came before half a second without one.

use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::desktop::{Desktop, Picture};
use super::median;
use super::process::{Memory, memory, processor_time};

/// Pause between two looks at the screen, which itself takes a tenth of that.
const LOOK: Duration = Duration::from_millis(4);

/// A screen on which nothing changed for so long is at rest.
const REST: Duration = Duration::from_millis(500);

/// A window that takes longer is not coming.
const PATIENCE: Duration = Duration::from_secs(60);

/// A start of a program.
pub(crate) struct Start {
    pub(crate) painted: Duration,
    rest: Duration,
    /// Time of processors until then.
    computed: Duration,
    memory: Memory,
    /// When it was painted, and at rest.
    pictures: [Picture; 2],
}

impl Start {
    /// Has `spawn` start the program called `name` on an empty screen, and `end` end it when it is
    /// at rest.
    pub(crate) fn measure(
        desktop: &mut Desktop,
        name: &str,
        spawn: impl FnOnce() -> Child,
        end: impl FnOnce(Child),
    ) -> Self {
        wait_for_bare_screen(desktop, name);
        let begin = Instant::now();
        let mut child = spawn();
        let mut painted = None;
        let mut last_change = begin;
        loop {
            let now = Instant::now();
            if desktop.screen().changed() {
                last_change = now;
                if painted.is_none() && desktop.screen().shows_something() {
                    painted = Some((now - begin, desktop.screen().picture()));
                }
            }
            if painted.is_some() && now - last_change > REST {
                break;
            }
            assert!(
                now - begin < PATIENCE,
                "{name} shows nothing:\n{}",
                desktop.words()
            );
            thread::sleep(LOOK);
        }
        let ended = child.try_wait().unwrap();
        assert!(
            ended.is_none(),
            "{name} ended: {ended:?}\n{}",
            desktop.words()
        );
        let (painted, picture) = painted.unwrap();
        let start = Self {
            painted,
            rest: last_change - begin,
            computed: processor_time(child.id()),
            memory: memory(child.id()),
            pictures: [picture, desktop.screen().picture()],
        };
        end(child);
        start
    }

    /// Keeps its pictures in `folder` for whoever wants to see what was measured.
    pub(crate) fn keep_pictures(&self, name: &str, folder: &Path) {
        let name = name.replace(", ", "-").replace(' ', "-");
        for (moment, picture) in ["painted", "rest"].into_iter().zip(&self.pictures) {
            picture.keep(&folder.join(format!("{name}-{moment}.png")));
        }
    }
}

fn wait_for_bare_screen(desktop: &mut Desktop, name: &str) {
    let begin = Instant::now();
    while !{
        desktop.screen().changed();
        desktop.screen().is_bare()
    } {
        assert!(
            begin.elapsed() < PATIENCE,
            "before {name}: a window stays on the screen"
        );
        thread::sleep(LOOK);
    }
}

/// The shortest and the longest time until something was painted, in milliseconds.
pub(crate) fn spread(starts: &[Start]) -> String {
    let painted = || starts.iter().map(|start| start.painted.as_millis());
    format!(
        "{}-{}",
        painted().min().unwrap_or_default(),
        painted().max().unwrap_or_default()
    )
}

/// The middle of each figure over all rounds.
pub(crate) struct Middle {
    pub(crate) painted: f64,
    pub(crate) rest: f64,
    pub(crate) computed: f64,
    pub(crate) resident: f64,
    pub(crate) proportional: Option<f64>,
}

impl Middle {
    pub(crate) fn of(starts: &[Start]) -> Self {
        let of = |figure: &dyn Fn(&Start) -> f64| median(starts.iter().map(figure));
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let mebibytes = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
        let all_known = starts
            .iter()
            .all(|start| start.memory.proportional.is_some());
        Self {
            painted: of(&|start| milliseconds(start.painted)),
            rest: of(&|start| milliseconds(start.rest)),
            computed: of(&|start| milliseconds(start.computed)),
            resident: of(&|start| mebibytes(start.memory.resident)),
            proportional: all_known
                .then(|| of(&|start| mebibytes(start.memory.proportional.unwrap_or_default()))),
        }
    }
}
