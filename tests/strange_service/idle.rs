//! What the program costs while nothing happens (H-48), whatever the service is doing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use symbolon::simulator::{vpcd, wardrobe};
use tempfile::TempDir;

use crate::program::{PATIENCE, Running, Usage, copy_into};
use crate::support::fake_service::{Door, FakeService, Manner, with_card};
use crate::support::pcscd::PrivatePcscd;

/// How long it is watched.
const TIME: Duration = Duration::from_secs(10);

/// The most that it may be busy: one per cent.
const CPU_LIMIT: Duration = Duration::from_millis(100);

/// The most beside a reader that puts new cards in without end: they are read, ten a second, and a
/// thousand changes a second are heard of, which alone takes a slow machine more than a second.
const BUSY_LIMIT: Duration = Duration::from_secs(3);

/// What a state keeps alive.
#[derive(Default)]
struct Props {
    _folders: Vec<TempDir>,
    _pcscd: Option<PrivatePcscd>,
    _fake: Option<FakeService>,
}

/// A program in a state.
struct State {
    name: &'static str,
    /// How often something may wake it in [`TIME`]: never, where the system can tell it what happens.
    wakes: u64,
    running: Running,
    _props: Props,
}

fn watching(socket: &Path) -> Running {
    Running::start(socket, &["readers", "--watch"])
}

fn gone() -> State {
    let folder = tempfile::tempdir().unwrap();
    let mut running = watching(&folder.path().join("run/pcscd.comm"));
    running.until_said("not running");
    State {
        name: "no socket",
        wakes: 0,
        running,
        _props: Props {
            _folders: vec![folder],
            ..Props::default()
        },
    }
}

fn killed() -> State {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("pcscd.comm");
    drop(UnixListener::bind(&socket).unwrap());
    let mut running = watching(&socket);
    running.until_said("not running");
    State {
        name: "killed",
        wakes: 0,
        running,
        _props: Props {
            _folders: vec![folder],
            ..Props::default()
        },
    }
}

fn real(name: &'static str, prepare: impl FnOnce(&PrivatePcscd) -> Running) -> State {
    let service = PrivatePcscd::start(8);
    State {
        name,
        wakes: 0,
        running: prepare(&service),
        _props: Props {
            _pcscd: Some(service),
            ..Props::default()
        },
    }
}

fn empty_readers() -> State {
    real("eight empty readers", |service| {
        let mut running = watching(&service.socket());
        running.until_said(&service.slot(7).reader);
        running
    })
}

fn card() -> State {
    real("a card that was read", |service| {
        let port = service.slot(0).port;
        thread::spawn(move || {
            let mut card = wardrobe::make("piv-used").unwrap();
            // Ends with its service.
            let _ = vpcd::serve(card.as_mut(), port, &vpcd::Stop::new());
        });
        let mut running = watching(&service.socket());
        running.until_said("Thomas Mustermann");
        running
    })
}

fn frozen() -> State {
    real("frozen while it is used", |service| {
        let mut running = watching(&service.socket());
        running.until_said(&service.slot(7).reader);
        // What it asks a moment later is answered as well.
        running.until_quiet(Duration::from_secs(2));
        service.signal(Signal::STOP);
        running
    })
}

fn frozen_before() -> State {
    real("frozen before it is used", |service| {
        service.signal(Signal::STOP);
        let mut running = watching(&service.socket());
        running.until_said("does not answer");
        running
    })
}

/// As anybody would: a socket that may not be used.
fn forbidden() -> State {
    let folder = tempfile::tempdir().unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    let program = copy_into(folder.path());
    let fake = FakeService::start(Manner::good(vec![with_card(b"Reader 00 00")]));
    let socket: PathBuf = fake.socket();
    fs::set_permissions(socket.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o000)).unwrap();
    let mut running = Running::start_as_nobody(&program, &socket, &["readers", "--watch"]);
    running.until_said("not allowed");
    State {
        name: "forbidden",
        wakes: 0,
        running,
        _props: Props {
            _folders: vec![folder],
            _fake: Some(fake),
            ..Props::default()
        },
    }
}

/// Services of ours; nothing tells when they mend their ways, so they are asked now and then.
fn odd(name: &'static str, wakes: u64, said: &str, change: impl FnOnce(&mut Manner)) -> State {
    let mut manner = Manner::good(vec![with_card(b"Reader 00 00")]);
    change(&mut manner);
    let fake = FakeService::start(manner);
    let mut running = watching(&fake.socket());
    running.until_said(said);
    State {
        name,
        wakes,
        running,
        _props: Props {
            _fake: Some(fake),
            ..Props::default()
        },
    }
}

#[test]
fn idle_costs_nothing_whatever_the_service_does() {
    let states: [fn() -> State; 11] = [
        gone,
        killed,
        empty_readers,
        card,
        frozen,
        frozen_before,
        forbidden,
        || {
            odd("deaf", 0, "does not answer", |manner| {
                manner.door = Door::Deaf
            })
        },
        || odd("hangs up", 100, "", |manner| manner.door = Door::Slammed),
        || {
            odd("another version", 100, "does not answer", |manner| {
                manner.version = [3, 0, 0x8010_001E]
            })
        },
        // Its readers change a thousand times a second, and each change is a card to be read anew.
        || {
            odd("restless", u64::MAX, "Reader 00 00", |manner| {
                manner.restless = true
            })
        },
    ];
    let mut results = Vec::new();
    thread::scope(|scope| {
        let states = states.map(|state| scope.spawn(move || measure(state())));
        results.extend(states.map(|state| state.join().unwrap()));
    });
    let mut failures = Vec::new();
    for (name, used, allowed) in results {
        println!(
            "{name:<26} {:8.3} ms on a processor, {:3} wake-ups in {TIME:?} ({} threads)",
            used.cpu.as_secs_f64() * 1000.0,
            used.wakes,
            used.threads
        );
        let limit = if allowed == u64::MAX {
            BUSY_LIMIT
        } else {
            CPU_LIMIT
        };
        if used.cpu > limit || used.wakes > allowed {
            failures.push(name);
        }
    }
    assert!(failures.is_empty(), "too much: {failures:?}");
}

fn measure(mut state: State) -> (&'static str, Usage, u64) {
    // It looks a few more times after a change; then there is peace, or never.
    let deadline = Instant::now() + PATIENCE;
    let mut wakes = None;
    while state.wakes == 0
        && wakes != Some(state.running.usage().wakes)
        && Instant::now() < deadline
    {
        wakes = Some(state.running.usage().wakes);
        state.running.until_quiet(Duration::from_millis(2500));
    }
    let (began, before) = (Instant::now(), state.running.usage());
    thread::sleep(TIME);
    let after = state.running.usage();
    assert!(
        began.elapsed() < TIME + Duration::from_secs(5),
        "too busy to measure"
    );
    let used = Usage {
        cpu: after.cpu.saturating_sub(before.cpu),
        wakes: after.wakes.saturating_sub(before.wakes),
        threads: after.threads,
    };
    let name = state.name;
    let said = state.running.all_said();
    assert!(!said.contains("panicked"), "{name}: {said}");
    (name, used, state.wakes)
}
