//! A thousand cards come and go, and nothing of them stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{self, Command, Done, Event, Options, PracticeCommand};
use symbolon::token::{Identity, ReaderId, SlotState};

const ROUNDS: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// What a window would show: one row for each reader.
#[derive(Default)]
struct Rows {
    slots: BTreeMap<ReaderId, SlotState>,
    tokens: BTreeMap<ReaderId, Identity>,
    /// Events about cards that were gone already.
    stale: usize,
}

impl Rows {
    fn take(&mut self, event: &Event) {
        match event {
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => {
                if reader.slot == SlotState::Empty {
                    self.tokens.remove(&reader.id);
                }
                self.slots.insert(reader.id, reader.slot.clone());
            }
            Event::ReaderRemoved(id) => {
                self.slots.remove(id);
                self.tokens.remove(id);
            }
            Event::TokenRead { identity, .. } => {
                let present = SlotState::Present {
                    identity: *identity,
                };
                if self.slots.get(&identity.reader) != Some(&present) {
                    self.stale += 1;
                }
                self.tokens.insert(identity.reader, *identity);
            }
            _ => {}
        }
    }
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[track_caller]
fn wait(events: &Receiver<Event>, rows: &mut Rows, done: impl Fn(&Event, &Rows) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(event) = events.recv_timeout(left) else {
            panic!("no such event in time: {:?} {:?}", rows.slots, rows.tokens);
        };
        rows.take(&event);
        if done(&event, rows) {
            return;
        }
    }
}

#[test]
fn a_thousand_cards_leave_nothing_behind() {
    let (sink, events) = mpsc::channel();
    let options = Options {
        pcsc: false,
        practice: vec!["piv-used".into(), "openpgp-used".into()],
    };
    let handle = backend::start(options, move |event| {
        let _ = sink.send(event);
    })
    .unwrap();
    let mut rows = Rows::default();
    wait(&events, &mut rows, |_, rows| rows.tokens.len() == 2);
    let (threads, descriptors) = (entries("/proc/self/task"), entries("/proc/self/fd"));
    let readers: Vec<ReaderId> = rows.slots.keys().copied().collect();
    for round in 0..ROUNDS {
        for &reader in &readers {
            // Some are pulled while they are read, some after.
            if (round + reader.0 as usize).is_multiple_of(3) {
                wait(&events, &mut rows, |_, rows| {
                    rows.tokens.contains_key(&reader)
                });
            }
            handle.send(Command::Practice(PracticeCommand::Pull { reader }));
            let back = handle.send(Command::Practice(PracticeCommand::PutBack { reader }));
            wait(
                &events,
                &mut rows,
                |event, _| matches!(event, Event::Finished { id, outcome: Ok(Done::Practised(_)) } if *id == back),
            );
            // The news of the change comes after the answer to the wish.
            if !rows.tokens.contains_key(&reader) {
                continue;
            }
            rows.tokens.remove(&reader);
        }
    }
    // Every reader holds a card that is read to the end.
    for &reader in &readers {
        if !rows.tokens.contains_key(&reader) {
            wait(&events, &mut rows, |_, rows| {
                rows.tokens.contains_key(&reader)
            });
        }
        let asked = handle.send(Command::Read { reader });
        wait(&events, &mut rows, |event, _| {
            matches!(event, Event::Finished { id, outcome: Ok(Done::Read(token)) }
                if *id == asked && token.complete)
        });
    }
    assert_eq!(rows.stale, 0, "events about cards that were gone");
    assert_eq!(rows.slots.len(), 2);
    assert_eq!(entries("/proc/self/task"), threads, "threads");
    assert_eq!(entries("/proc/self/fd"), descriptors, "descriptors");
    // A practice reader that goes takes its thread with it.
    for reader in readers {
        let id = handle.send(Command::Practice(PracticeCommand::Remove { reader }));
        wait(
            &events,
            &mut rows,
            |event, _| matches!(event, Event::Finished { id: done, .. } if *done == id),
        );
    }
    assert!(rows.slots.is_empty());
    let deadline = Instant::now() + PATIENCE;
    while entries("/proc/self/task") != threads - 2 {
        assert!(Instant::now() < deadline, "the lanes did not end");
        std::thread::yield_now();
    }
    handle.close();
}
