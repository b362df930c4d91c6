//! Passphrases in the keyring of the desktop: a real one (`gnome-keyring-daemon`) in a session of its own, with
//! `secret-tool` as the second opinion on what is in it, and keyrings that are locked, silent, refusing or not there.
//!
//! Each call is made in a process of its own ([`client`]): the place of the bus is taken from the environment, and that a
//! call that hangs keeps no program from ending can only be seen from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop"
)]

#[path = "../leaks/bus.rs"]
#[allow(dead_code, reason = "another test uses the rest of it")]
mod bus;
mod client;
#[path = "../leaks/needles.rs"]
#[allow(dead_code, reason = "another test uses the rest of it")]
mod needles;
#[path = "../leaks/process.rs"]
#[allow(dead_code, reason = "another test uses the rest of it")]
mod process;
mod session;
mod strange;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use rustix::process::Signal;

use bus::Monitor;
use client::{Call, Client};
use needles::Needles;
use process::search_memory;
use session::Session;
use strange::{Mood, Strange};

/// What callers wait.
const LIMIT: Duration = Duration::from_secs(2);

/// How much longer than its limit a call may take here: a process is started for it, beside everything else that a
/// machine has to do.
const START: Duration = Duration::from_secs(8);

const KEY: &str = "n/0123456789ABCDEF0123456789ABCDEF01234567";
const OTHER_KEY: &str = "n/76543210FEDCBA9876543210FEDCBA9876543210";

/// A passphrase with all that is in no password: space, quotes, per cent, letters of three bytes.
const PASSPHRASE: &str = "correct 'horse' 100% \"Å€\"";

/// What GnuPG's pinentries look for.
const WANTED: [(&str, &str); 2] = [("xdg:schema", "org.gnupg.Passphrase"), ("keygrip", KEY)];

/// What they save it with.
const STORED: [(&str, &str); 3] = [WANTED[0], WANTED[1], ("stored-by", "GnuPG Pinentry")];

#[test]
fn what_another_program_saved_is_found() {
    let session = Session::with_keyring();
    assert_eq!(session.call(Call::LookUp, KEY), "nothing");

    session.store("GnuPG: of another", &STORED, PASSPHRASE);
    assert_eq!(session.call(Call::LookUp, KEY), saved(PASSPHRASE));
    assert_eq!(session.call(Call::LookUp, OTHER_KEY), "nothing");
}

#[test]
fn what_we_save_is_found_by_others_in_the_form_they_know() {
    let session = Session::with_keyring();
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");

    assert_eq!(session.lookup(&WANTED), Some(PASSPHRASE.to_owned()));
    let described = session.search(&WANTED);
    for line in [
        format!("label = GnuPG: {KEY}"),
        "schema = org.gnupg.Passphrase".to_owned(),
        "attribute.stored-by = GnuPG Pinentry".to_owned(),
        format!("attribute.keygrip = {KEY}"),
    ] {
        assert!(described.contains(&line), "no {line:?} in\n{described}");
    }
    assert_eq!(session.content_types(&WANTED), ["text/plain"]);
    assert_eq!(session.call(Call::LookUp, KEY), saved(PASSPHRASE));
}

#[test]
fn keys_of_card_managers_are_kept_under_names_and_open_cards() {
    let session = Session::with_keyring();
    let keys = session.file("keys", "404142434445464748494A4B4C4D4E4F\n");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_symbolonctl"));
        command.env_clear().envs(session.environment());
        command
            .env(support::pcscd::SOCKET_VARIABLE, "/nonexistent/pcscd.comm")
            .args(arguments);
        let output = command.output().unwrap();
        let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!shown.contains("4041424344454647"), "{shown}");
        (output.status.code().unwrap(), shown)
    };
    let from = format!("file:{keys}");
    assert_eq!(run(&["gp", "keys", "save", "lab", "--keys", &from]).0, 0);
    assert_eq!(run(&["gp", "keys", "list"]), (0, "lab\n".to_owned()));
    let list = ["--practice=java-modern", "gp", "list", "--keys"];
    let (code, shown) = run(&[&list[..], &["keyring:lab"]].concat());
    assert!(code == 0 && shown.contains("Opened with SCP03"), "{shown}");
    let (code, shown) = run(&[&list[..], &["keyring:other"]].concat());
    assert!(
        code == 2 && shown.contains("There are no keys “other”"),
        "{shown}"
    );
    // They are no passphrase of GnuPG's.
    assert_eq!(session.call(Call::LookUp, "lab"), "nothing");
    assert_eq!(run(&["gp", "keys", "forget", "lab", "--yes"]).0, 0);
    assert_eq!(run(&["gp", "keys", "forget", "lab", "--yes"]).0, 2);
}

#[test]
fn a_new_passphrase_takes_the_place_of_the_old_one() {
    let session = Session::with_keyring();
    session.store("GnuPG: of another", &STORED, "the old one");
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");

    assert_eq!(session.content_types(&WANTED).len(), 1);
    assert_eq!(session.call(Call::LookUp, KEY), saved(PASSPHRASE));
}

#[test]
fn of_two_passphrases_the_younger_counts_and_both_are_forgotten() {
    let session = Session::with_keyring();
    session.store("without an author", &WANTED, "the first");
    // Ages are told in seconds.
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");
    assert_eq!(session.content_types(&WANTED).len(), 2);
    assert_eq!(session.call(Call::LookUp, KEY), saved(PASSPHRASE));
    std::thread::sleep(Duration::from_millis(1100));
    session.store("without an author", &WANTED, "the last");
    assert_eq!(session.content_types(&WANTED).len(), 2);
    assert_eq!(session.call(Call::LookUp, KEY), saved("the last"));

    let other = [WANTED[0], ("keygrip", OTHER_KEY)];
    session.store("of another key", &other, "stays");
    assert_eq!(session.call(Call::Forget, KEY), "true");
    assert_eq!(session.lookup(&WANTED), None);
    assert_eq!(session.lookup(&other), Some("stays".to_owned()));
    assert_eq!(session.call(Call::LookUp, KEY), "nothing");
    assert_eq!(session.call(Call::Forget, KEY), "false");
}

#[test]
fn what_can_be_no_passphrase_is_neither_saved_nor_found() {
    let session = Session::with_keyring();
    let longest = "x".repeat(255);
    let longer = "x".repeat(256);
    assert_eq!(session.call(Call::Save(&longer), KEY), "Unfit");
    assert_eq!(session.call(Call::Save(""), KEY), "Unfit");
    assert_eq!(session.call(Call::Save("a\0b"), KEY), "Unfit");
    assert_eq!(session.call(Call::Save(PASSPHRASE), ""), "Unfit");
    assert_eq!(session.lookup(&WANTED), None);

    session.store("too long", &STORED, &longer);
    assert_eq!(session.call(Call::LookUp, KEY), "nothing");
    assert_eq!(session.call(Call::Save(&longest), KEY), "done");
    assert_eq!(session.call(Call::LookUp, KEY), saved(&longest));
}

#[test]
fn a_locked_keyring_is_left_alone() {
    let mut session = Session::with_keyring();
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");
    session.restart_locked();

    let monitor = Monitor::start(session.bus());
    for call in [Call::LookUp, Call::Save("another"), Call::Forget] {
        assert_eq!(session.call(call, KEY), "Locked", "{call:?}");
    }
    // Nothing is saved for this one, but that does not show as long as it is locked.
    assert_eq!(session.call(Call::LookUp, OTHER_KEY), "Locked");
    monitor.say("the end of it");
    support::process::wait_for("the monitor", START, || {
        monitor.has_heard("the end of it").then_some(())
    });
    assert!(monitor.has_heard("SearchItems"));
    for asked in ["Unlock", "Prompt", "CreateItem", "Delete"] {
        assert!(!monitor.has_heard(asked), "{asked} went over the bus");
    }
}

#[test]
fn no_passphrase_goes_over_the_bus_in_clear() {
    let session = Session::with_keyring();
    let monitor = Monitor::start(session.bus());
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");
    assert_eq!(session.call(Call::LookUp, KEY), saved(PASSPHRASE));
    assert!(monitor.has_heard("GetSecret"));

    let needles = Needles::new([("passphrase", PASSPHRASE.as_bytes())]);
    assert!(needles.find(&monitor.heard()).is_empty());
}

#[test]
fn no_passphrase_stays_in_memory() {
    let session = Session::with_keyring();
    // Written here, it would be in the memory of every program that this test starts.
    let mut random = [0; 24];
    getrandom::fill(&mut random).unwrap();
    let passphrase: String = random
        .map(|byte| char::from(b'!' + byte % 94))
        .iter()
        .collect();
    let needles = Needles::new([("passphrase", passphrase.as_bytes())]);
    for (call, outcome) in [
        (Call::Save(&passphrase), "done"),
        (Call::LookUpAndDrop, "saved"),
    ] {
        let mut client = Client::start(&session.environment(), call, KEY, LIMIT);
        assert_eq!(client.outcome(), outcome);
        let memory = search_memory(client.id(), &needles);
        assert!(memory.bytes > 1 << 20, "{} bytes seen", memory.bytes);
        assert!(memory.hits.is_empty(), "{call:?}: {:#?}", memory.hits);
        client.end();
    }
    // What is held is found, or the search finds nothing at all.
    let mut client = Client::start(&session.environment(), Call::LookUpAndHold, KEY, LIMIT);
    assert_eq!(client.outcome(), "saved");
    assert!(!search_memory(client.id(), &needles).hits.is_empty());
    client.end();
}

#[test]
fn nothing_about_it_is_logged() {
    let session = Session::with_keyring();
    for call in [Call::Save(PASSPHRASE), Call::LookUpAndDrop, Call::Forget] {
        let mut environment = session.environment();
        environment.push((client::TRACE.to_owned(), "1".to_owned()));
        let mut client = Client::start(&environment, call, KEY, LIMIT);
        client.outcome();
        let log = client.end();
        assert!(
            log.contains("OpenSession"),
            "nothing is logged at all: {log}"
        );
        assert!(!log.contains(KEY), "{log}");
        let needles = Needles::new([("passphrase", PASSPHRASE.as_bytes())]);
        assert!(needles.find(log.as_bytes()).is_empty(), "{log}");
    }
}

#[test]
fn without_a_bus_there_is_no_waiting() {
    let nowhere = support::process::private_directory("nowhere-");
    let folder = nowhere.path().to_str().unwrap().to_owned();
    let bus = "DBUS_SESSION_BUS_ADDRESS";
    let gone = format!("unix:path={folder}/gone");
    let start = |places: &[(&str, &str)]| {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: Vec<_> = places.iter().map(own).collect();
        for call in [Call::LookUp, Call::Save(PASSPHRASE), Call::Forget] {
            let mut client = Client::start(&environment, call, KEY, LIMIT);
            assert_eq!(client.outcome(), "Absent", "{places:?}");
            assert!(client.took() < LIMIT, "{:?}", client.took());
            client.end();
        }
    };
    start(&[]);
    start(&[("XDG_RUNTIME_DIR", &folder)]);
    // A D-Bus would be started, and its keyring with it.
    start(&[(bus, "autolaunch:"), ("XDG_RUNTIME_DIR", &folder)]);
    start(&[(bus, &gone), ("XDG_RUNTIME_DIR", &folder)]);
    start(&[(bus, "no address")]);
}

#[test]
fn the_bus_is_found_in_the_runtime_folder_too() {
    let session = Session::with_keyring();
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");
    let place = |(name, _): &(String, String)| name == "XDG_RUNTIME_DIR";
    let environment: Vec<_> = session.environment().into_iter().filter(place).collect();
    assert_eq!(environment.len(), 1);
    let mut client = Client::start(&environment, Call::LookUp, KEY, LIMIT);
    assert_eq!(client.outcome(), saved(PASSPHRASE));
    client.end();
}

#[test]
fn a_bus_without_a_keyring_says_so() {
    let session = Session::bare();
    for call in [Call::LookUp, Call::Save(PASSPHRASE), Call::Forget] {
        assert_eq!(session.call(call, KEY), "Absent", "{call:?}");
    }
}

#[test]
fn a_keyring_without_a_collection_has_nothing_and_takes_nothing() {
    let session = Session::bare();
    let _strange = Strange::start(session.bus(), Mood::Empty);
    assert_eq!(session.call(Call::LookUp, KEY), "nothing");
    assert_eq!(session.call(Call::Forget, KEY), "false");
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "Absent");
}

#[test]
fn a_keyring_that_refuses_is_told_from_one_that_is_not_there() {
    let session = Session::bare();
    let _strange = Strange::start(session.bus(), Mood::Denying);
    for call in [Call::LookUp, Call::Save(PASSPHRASE), Call::Forget] {
        assert_eq!(session.call(call, KEY), "Refused", "{call:?}");
    }
}

#[test]
fn a_keyring_that_never_answers_costs_the_limit_and_no_more() {
    for mood in [Mood::Mute, Mood::MuteOnceOpen] {
        let session = Session::bare();
        let _strange = Strange::start(session.bus(), mood);
        for call in [Call::LookUp, Call::Save(PASSPHRASE), Call::Forget] {
            assert_eq!(costs_the_limit(&session, call), "Silent", "{mood:?}");
        }
    }
}

#[test]
fn a_keyring_that_hangs_costs_the_limit_and_no_more() {
    let session = Session::with_keyring();
    session.keyring().signal(Signal::STOP);
    for call in [Call::LookUp, Call::Save(PASSPHRASE), Call::Forget] {
        assert_eq!(costs_the_limit(&session, call), "Silent");
    }
    session.keyring().signal(Signal::CONT);
    assert_eq!(session.call(Call::LookUp, OTHER_KEY), "nothing");
}

#[test]
fn a_prompt_that_nobody_answers_costs_the_limit_and_no_more() {
    let session = Session::bare();
    let strange = Strange::start(session.bus(), Mood::Prompting);
    for call in [Call::Save(PASSPHRASE), Call::Forget] {
        assert_eq!(costs_the_limit(&session, call), "Silent");
    }
    assert_eq!(strange.prompts(), 2);
}

#[test]
fn a_prompt_for_saving_is_followed() {
    let session = Session::bare();
    let strange = Strange::start(session.bus(), Mood::Asking);
    assert_eq!(session.call(Call::Save(PASSPHRASE), KEY), "done");
    assert_eq!(session.call(Call::Forget, KEY), "true");
    assert_eq!(strange.prompts(), 2);
}

#[test]
fn a_keyring_that_is_replaced_in_between_is_no_keyring() {
    let session = Session::bare();
    let _first = Strange::start(session.bus(), Mood::Leaving);
    let _second = Strange::start(session.bus(), Mood::Denying);
    assert_eq!(session.call(Call::LookUp, KEY), "Refused");
    assert_eq!(session.call(Call::LookUp, KEY), "Refused");
}

/// Makes a call that ends by its limit, in a program that ends then.
#[track_caller]
fn costs_the_limit(session: &Session, call: Call<'_>) -> String {
    let limit = Duration::from_millis(500);
    let started = Instant::now();
    let mut client = Client::start(&session.environment(), call, KEY, limit);
    let outcome = client.outcome();
    let took = client.took();
    assert!(took >= limit && took < limit + START, "{call:?}: {took:?}");
    client.end();
    let took = started.elapsed();
    assert!(took < limit + START, "{call:?}: ended after {took:?}");
    outcome
}

/// What the client says when it found this.
fn saved(passphrase: &str) -> String {
    format!("saved {passphrase:?}")
}
