//! Back by itself, whatever it was.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{Running, copy_into};
use crate::support::fake_service::{Door, FakeService, Manner, Spoil, with_card};
use crate::support::pcsc_wire::{self as wire, ReaderEntry};

/// What is promised.
const LIMIT: Duration = Duration::from_secs(2);

fn good() -> Manner {
    Manner::good(vec![with_card(b"Honest 00 00")])
}

fn watching(service: &FakeService) -> Running {
    Running::start(&service.socket(), &["readers", "--watch"])
}

/// Waits for the token of the honest reader, and tells how long it took.
#[track_caller]
fn back(watching: &mut Running, since: Instant) -> Duration {
    watching.until_said("Honest 00 00");
    watching.until_said("Thomas Mustermann");
    let took = since.elapsed();
    assert!(took < LIMIT, "{took:?}:\n{}", watching.all_said());
    took
}

/// Nothing happens at the socket when a service that systemd listens for mends its ways.
#[test]
fn a_service_that_mends_its_ways_behind_the_same_socket_is_found() {
    type Change = fn(&mut Manner);
    let wrongs: [(&str, Change); 5] = [
        ("hangs up", |manner| manner.door = Door::Slammed),
        ("another version", |manner| manner.version[2] = 0x8010_001E),
        ("no context", |manner| manner.establish = 0x8010_0001),
        ("half a list", |manner| {
            manner.spoil = Some((wire::READERS, Spoil::Cut(100)))
        }),
        ("silent", |manner| {
            manner.spoil = Some((wire::VERSION, Spoil::Silence))
        }),
    ];
    thread::scope(|scope| {
        for (name, wrong) in wrongs {
            scope.spawn(move || {
                let mut manner = good();
                wrong(&mut manner);
                let service = FakeService::start(manner);
                let mut watching = watching(&service);
                // Long enough for some pauses, each longer than the one before.
                watching.until_quiet(Duration::from_millis(700));
                let since = Instant::now();
                service.turn(good());
                println!("{name}: back after {:?}", back(&mut watching, since));
            });
        }
    });
}

/// A reader that comes between the list and the question for news is in neither.
#[test]
fn a_reader_that_comes_between_two_questions_is_seen() {
    let mut manner = Manner::good(vec![
        ReaderEntry::empty(b"First 00 00"),
        with_card(b"Honest 00 00"),
    ]);
    // The list, twice the list for the first look at the slots (once more when it finds no news), the
    // next list; the question for news comes after the second reader, which then is no news.
    manner.lists = VecDeque::from(vec![vec![ReaderEntry::empty(b"First 00 00")]; 4]);
    let service = FakeService::start(manner);
    let since = Instant::now();
    let mut watching = watching(&service);
    println!("the second reader after {:?}", back(&mut watching, since));
}

/// Readers come and go in every number, and none is listed twice.
#[test]
fn no_reader_is_doubled_when_another_goes_between_two_questions() {
    let readers = |names: &[&str]| -> Vec<ReaderEntry> {
        names
            .iter()
            .map(|name| ReaderEntry::empty(name.as_bytes()))
            .collect()
    };
    let three = readers(&["One 00 00", "Two 00 00", "Three 00 00"]);
    let two = readers(&["One 00 00", "Three 00 00"]);
    let mut manner = Manner::good(two.clone());
    manner.lists = VecDeque::from([three.clone(), three.clone(), three, two]);
    let service = FakeService::start(manner);
    let mut watching = Running::start(&service.socket(), &["readers", "--watch", "--json"]);
    watching.until_quiet(Duration::from_millis(1500));
    service.change(vec![with_card(b"Honest 00 00")]);
    watching.until_said("Mustermann");
    let said = watching.interrupt().stdout;
    for document in said.lines().filter(|line| !line.is_empty()) {
        let document: serde_json::Value = serde_json::from_str(document).unwrap();
        let readers = document["readers"].as_array().unwrap();
        let mut names: Vec<&str> = readers
            .iter()
            .map(|reader| reader["name"].as_str().unwrap())
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{document}");
    }
}

/// The watch goes on over its own connection while nobody else is let in.
#[test]
fn a_card_that_could_not_be_reached_is_read_when_the_socket_is_back() {
    let service = FakeService::start(Manner::good(vec![ReaderEntry::empty(b"Honest 00 00")]));
    let mut watching = watching(&service);
    watching.until_said("Empty");
    let (socket, away) = (service.socket(), service.socket().with_extension("away"));
    fs::rename(&socket, &away).unwrap();
    service.change(vec![with_card(b"Honest 00 00")]);
    watching.until_said("Card present");
    watching.until_quiet(Duration::from_millis(1500));
    assert!(!watching.all_said().contains("Mustermann"));
    fs::rename(&away, &socket).unwrap();
    let took = back(&mut watching, Instant::now());
    println!("the card after {took:?}");
}

/// As anybody would, of whom the socket is kept and then opened.
#[test]
fn a_socket_that_opens_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let program = copy_into(folder.path());
    let service = FakeService::start(good());
    let socket = service.socket();
    for folder in [folder.path(), socket.parent().unwrap()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o000)).unwrap();
    let mut watching = Running::start_as_nobody(&program, &socket, &["readers", "--watch"]);
    watching.until_said("not allowed");
    let since = Instant::now();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
    println!("allowed: back after {:?}", back(&mut watching, since));
}

/// Ctrl+C ends it even if the service, or a card, never answers; for a command that is on its way to a
/// card it waits five seconds.
#[test]
fn the_end_does_not_wait_for_an_answer() {
    let silence = |command| {
        let mut manner = good();
        manner.spoil = Some((command, Spoil::Silence));
        manner
    };
    thread::scope(|scope| {
        for (command, arguments) in [
            (wire::VERSION, ["show", "--json"]),
            (wire::WAIT, ["readers", "--watch"]),
            (wire::CONNECT, ["show", "--json"]),
            (wire::TRANSMIT, ["show", "--json"]),
            (wire::CANCEL, ["readers", "--watch"]),
        ] {
            scope.spawn(move || {
                let service = FakeService::start(silence(command));
                let mut running = Running::start(&service.socket(), &arguments);
                running.until_quiet(Duration::from_millis(700));
                let ended = running.interrupt();
                println!("silence at {command:#04x}: {:?} after Ctrl+C", ended.took);
                assert!(ended.took < Duration::from_secs(10), "{ended:?}");
                assert!(matches!(ended.code, Some(0 | 8)), "{ended:?}");
                assert!(!ended.stderr.contains("panicked"), "{ended:?}");
            });
        }
    });
}
