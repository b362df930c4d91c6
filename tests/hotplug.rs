//! Cards come and go in eight readers, faster than anybody can put them in, and the program tells of
//! it what the readers themselves tell. Who waits until a move is told before the next one hears of
//! each; moves that follow at once may be told as one. But nothing is told that was not, or not in
//! that order, or not since the last telling. In the end no card is shown that is gone, none left
//! unread that stayed, nothing left behind.
//!
//! `SYMBOLON_HOTPLUG` is the number of insertions and removals (500), `SYMBOLON_SEED` decides their
//! order.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use symbolon::backend::{self, Command, Done, Event, Handle, Options, PracticeCommand, RequestId};
use symbolon::simulator::{Card, Occupancy, SimulatedReader, wardrobe};
use symbolon::token::{Identity, ReaderId, SlotState};

/// Against hanging only.
const PATIENCE: Duration = Duration::from_secs(30);

/// The cards of the readers; all have serial numbers of their own.
const CARDS: [&str; 8] = [
    "piv-used",
    "openpgp-used",
    "both",
    "piv-fresh",
    "openpgp-fresh",
    "piv-used",
    "openpgp-used",
    "both",
];

/// How much more memory may be in use at the end than after the first tenth.
const GROWTH: u64 = 2 * 1024 * 1024;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number"))
    })
}

/// That a reader was empty or held a card, and when: the one numbers both what readers tell and what
/// the program tells, in one order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Fact {
    at: u64,
    present: bool,
}

/// The one that numbers.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn now(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// What the reader itself says of what is in it.
type Ledger = Arc<Mutex<Vec<Fact>>>;

/// A reader and the hand that moves its card.
struct Port {
    reader: SimulatedReader,
    /// Whether the hand is this program's own, or the backend is asked to do it.
    by_hand: bool,
    /// The card, while it is in the hand.
    card: Option<Box<dyn Card>>,
    /// How it will be when all was done that was asked.
    present: bool,
    ledger: Ledger,
}

/// What the backend said of a reader.
#[derive(Clone, Debug)]
struct Shown {
    slot: SlotState,
    /// Every change, as it was told.
    told: Vec<Fact>,
    /// Cards that were shown as put in.
    insertions: BTreeSet<u64>,
    /// The card of which a whole token is shown.
    token: Option<Identity>,
}

struct Desk {
    handle: Handle,
    events: Receiver<(u64, Event)>,
    shown: BTreeMap<ReaderId, Shown>,
    ports: BTreeMap<ReaderId, Port>,
    open: BTreeSet<RequestId>,
    reads: u64,
}

impl Desk {
    fn open() -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let clock = Clock::default();
        let stamp = clock.clone();
        let handle = backend::start(options, move |event| {
            // The trace is not kept here; it has a test of its own.
            if !matches!(event, Event::Traced(_)) {
                let _ = sink.send((stamp.now(), event));
            }
        });
        let mut desk = Self {
            handle: handle.unwrap(),
            events,
            shown: BTreeMap::new(),
            ports: BTreeMap::new(),
            open: BTreeSet::new(),
            reads: 0,
        };
        for (number, card) in CARDS.into_iter().enumerate() {
            desk.plug(&format!("reader {number}"), card, number % 2 == 0, &clock);
        }
        desk
    }

    /// A new reader with a card in it, which is read to its end.
    fn plug(&mut self, name: &str, card: &str, by_hand: bool, clock: &Clock) {
        let reader = SimulatedReader::new(name);
        reader.insert(wardrobe::make(card).unwrap());
        let (ledger, clock) = (Ledger::default(), clock.clone());
        let book = Arc::clone(&ledger);
        // Before the backend does, so that a change is in the ledger before anybody tells of it.
        reader.subscribe(Box::new(move |occupancy| {
            let present = match occupancy {
                Occupancy::Present(_) => true,
                Occupancy::Empty => false,
                other => panic!("{other:?}"),
            };
            let at = clock.now();
            book.lock().unwrap().push(Fact { at, present });
        }));
        self.handle.plug(reader.clone());
        let count = self.shown.len();
        self.until("another token", |desk| {
            desk.shown.len() > count && desk.shown.values().all(|shown| shown.token.is_some())
        });
        let &id = self.shown.keys().last().unwrap();
        let port = Port {
            reader,
            by_hand,
            card: None,
            present: true,
            ledger,
        };
        self.ports.insert(id, port);
    }

    fn take(&mut self, at: u64, event: &Event) {
        match event {
            Event::ReaderAdded(reader) => {
                let shown = Shown {
                    slot: reader.slot.clone(),
                    told: Vec::new(),
                    insertions: BTreeSet::new(),
                    token: None,
                };
                assert!(
                    self.shown.insert(reader.id, shown).is_none(),
                    "twice: {reader:?}"
                );
            }
            Event::ReaderChanged(reader) => {
                let shown = self
                    .shown
                    .get_mut(&reader.id)
                    .expect("a reader that was never added");
                match &reader.slot {
                    SlotState::Present { identity } => {
                        let new = shown.insertions.insert(identity.insertion);
                        assert!(new, "{identity:?} was put in twice");
                        shown.token = None;
                    }
                    SlotState::Empty => shown.token = None,
                    other => panic!("{other:?}"),
                }
                let present = reader.slot != SlotState::Empty;
                shown.told.push(Fact { at, present });
                shown.slot = reader.slot.clone();
            }
            Event::ReaderRemoved(id) => {
                self.shown
                    .remove(id)
                    .expect("a reader that was never added");
            }
            Event::TokenRead { identity, token } => {
                let shown = self
                    .shown
                    .get_mut(&identity.reader)
                    .expect("no such reader");
                let present = SlotState::Present {
                    identity: *identity,
                };
                assert_eq!(shown.slot, present, "a token of a card that is gone");
                assert!(
                    shown.token.is_none() || token.complete,
                    "a whole token is replaced by a part of one"
                );
                if token.complete {
                    self.reads += 1;
                    shown.token = Some(*identity);
                }
            }
            Event::Finished { id, outcome } => {
                assert!(self.open.remove(id), "{id:?} ended twice: {outcome:?}");
                let moved = matches!(outcome, Ok(Done::Practised(_)));
                assert!(moved, "{outcome:?}");
            }
            _ => {}
        }
    }

    fn catch_up(&mut self) {
        while let Ok((at, event)) = self.events.try_recv() {
            self.take(at, &event);
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.catch_up();
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((at, event)) = self.events.recv_timeout(left) else {
                panic!("{what}: not in {PATIENCE:?}; {:?}", self.shown);
            };
            self.take(at, &event);
        }
    }

    /// Puts the card of a reader in, or pulls it.
    fn move_card(&mut self, reader: ReaderId) {
        let port = self.ports.get_mut(&reader).unwrap();
        port.present = !port.present;
        if port.by_hand {
            match port.card.take() {
                Some(card) => port.reader.insert(card),
                None => port.card = port.reader.remove(),
            }
            return;
        }
        let command = if port.present {
            PracticeCommand::PutBack { reader }
        } else {
            PracticeCommand::Pull { reader }
        };
        self.open
            .insert(self.handle.send(Command::Practice(command)));
    }

    /// Waits until a reader is shown as it is; its card need not be read.
    #[track_caller]
    fn until_told(&mut self, what: &str, reader: ReaderId) {
        self.until(what, |desk| {
            let shown = desk.shown[&reader].slot != SlotState::Empty;
            desk.open.is_empty() && shown == desk.ports[&reader].present
        });
    }

    /// Waits until every reader is shown as it is, each card in it read to its end.
    #[track_caller]
    fn until_level(&mut self, what: &str) {
        self.until(what, |desk| {
            desk.open.is_empty()
                && desk.ports.iter().all(|(id, port)| {
                    let shown = &desk.shown[id];
                    match &shown.slot {
                        SlotState::Present { identity } => {
                            port.present && shown.token == Some(*identity)
                        }
                        slot => !port.present && *slot == SlotState::Empty,
                    }
                })
        });
    }

    /// What each reader says of itself, and what was told of it, up to now.
    fn books(&self) -> BTreeMap<ReaderId, (Vec<Fact>, Vec<Fact>)> {
        let book = |(&id, port): (&ReaderId, &Port)| {
            let truth = port.ledger.lock().unwrap().clone();
            (id, (truth, self.shown[&id].told.clone()))
        };
        self.ports.iter().map(book).collect()
    }
}

/// What is wrong with `told` as a report of `truth`; nothing if all is well.
///
/// The backend looks at a reader once for each change, later: what it tells was so at that moment.
/// A change is in the ledger a moment before the backend can know of it, so at the telling before
/// the last but one of those in the ledger was known at least.
fn what_is_wrong(truth: &[Fact], told: &[Fact]) -> Option<String> {
    let known = |at: u64| truth.partition_point(|fact| fact.at < at);
    // What is behind these in the ledger may be told next.
    let (mut next, mut before) = (0, 0);
    for fact in told {
        let oldest = next.max(known(before).saturating_sub(2));
        let found = (oldest..known(fact.at)).find(|&index| truth[index].present == fact.present);
        let Some(found) = found else {
            return Some(format!("{fact:?} was not so since the last telling"));
        };
        (next, before) = (found + 1, fact.at);
    }
    let last = |facts: &[Fact]| facts.last().map(|fact| fact.present);
    (last(truth) != last(told)).then(|| "another end".to_owned())
}

fn insertions(facts: &[Fact]) -> usize {
    facts.iter().filter(|fact| fact.present).count()
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Memory of this process that is in use and its own, in bytes.
fn memory() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let own = rollup.lines().filter(|line| line.starts_with("Private_"));
    let kibibytes = own.map(|line| {
        let number = line.split_whitespace().nth(1).unwrap();
        number.parse::<u64>().unwrap()
    });
    kibibytes.sum::<u64>() * 1024
}

/// The next number of a sequence (splitmix64).
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % below
}

/// Each move waits until the one before is told: everything is told, and nothing else.
fn move_at_a_settled_pace(desk: &mut Desk, readers: &[ReaderId], moves: u64, state: &mut u64) {
    let before = desk.books();
    for number in 0..moves {
        let index = usize::try_from(random(state, readers.len() as u64)).unwrap();
        desk.move_card(readers[index]);
        desk.until_told(&format!("settled move {number}"), readers[index]);
    }
    let mut told = 0;
    for (id, (truth, shown)) in desk.books() {
        let (begun, heard) = (before[&id].0.len(), before[&id].1.len());
        let states = |facts: &[Fact]| facts.iter().map(|fact| fact.present).collect::<Vec<_>>();
        assert_eq!(states(&truth[begun..]), states(&shown[heard..]), "{id:?}");
        told += shown.len() - heard;
    }
    assert_eq!(told as u64, moves, "changes told");
    println!("{moves} moves at a settled pace, {told} told: ledgers equal");
}

/// Most moves follow at once; some after the reading has begun, some after everything is read.
/// The memory in use after the first tenth.
fn move_at_full_speed(desk: &mut Desk, readers: &[ReaderId], moves: u64, state: &mut u64) -> u64 {
    let mut early = 0;
    for number in 0..moves {
        let index = usize::try_from(random(state, readers.len() as u64)).unwrap();
        desk.move_card(readers[index]);
        match random(state, 20) {
            0 => desk.until_level(&format!("move {number}")),
            1..4 => {
                let reads = desk.reads;
                if desk.ports.values().any(|port| port.present) && !desk.open.is_empty() {
                    desk.until("a move", |desk| desk.open.is_empty() || desk.reads > reads);
                }
            }
            _ => desk.catch_up(),
        }
        if number == moves / 10 {
            desk.until_level("the first tenth");
            early = memory();
        }
    }
    desk.until_level("the end");
    early
}

#[test]
fn cards_come_and_go_and_leave_nothing_behind() {
    let moves = number("SYMBOLON_HOTPLUG", 500);
    let seed = number("SYMBOLON_SEED", 0x5359_4D42);
    println!(
        "{moves} moves in {} readers, SYMBOLON_SEED={seed}",
        CARDS.len()
    );
    let began = Instant::now();
    let mut desk = Desk::open();
    // What is kept of exchanges is bounded, and full after some readings; here it would be the growth.
    desk.handle.keep_trace(false);
    let level = (entries("/proc/self/task"), entries("/proc/self/fd"));
    let readers: Vec<ReaderId> = desk.shown.keys().copied().collect();
    let mut state = seed;
    let settled = moves / 5;
    move_at_a_settled_pace(&mut desk, &readers, settled, &mut state);
    let early = move_at_full_speed(&mut desk, &readers, moves - settled, &mut state);
    let late = memory();

    let (mut told, mut done) = (0, 0);
    for (id, (truth, shown)) in desk.books() {
        assert_eq!(what_is_wrong(&truth, &shown), None, "{id:?}");
        assert!(insertions(&shown) <= insertions(&truth), "{id:?}");
        assert_eq!(
            insertions(&shown),
            desk.shown[&id].insertions.len(),
            "{id:?}"
        );
        // The first card is no move.
        (told, done) = (told + shown.len() - 1, done + truth.len() - 1);
    }
    assert_eq!(done as u64, moves, "changes in the ledgers of the readers");
    let now = (entries("/proc/self/task"), entries("/proc/self/fd"));
    println!(
        "{done} changes in the readers, {told} told, each in its order and since the telling before, {} merged; \
         {} readings to the end, in {:?}; threads {} -> {}, descriptors {} -> {}, own memory {:.1} -> {:.1} MiB",
        done - told,
        desk.reads,
        began.elapsed(),
        level.0,
        now.0,
        level.1,
        now.1,
        early as f64 / 1_048_576.0,
        late as f64 / 1_048_576.0
    );
    assert_eq!(now, level, "threads, descriptors");
    assert!(late <= early + GROWTH, "{early} -> {late} bytes");
    readers_take_their_threads_with_them(&mut desk, &readers, level.0);
    desk.handle.close();
}

#[test]
fn a_report_that_is_not_true_is_found() {
    let facts = |all: &[(u64, bool)]| {
        let fact = |&(at, present)| Fact { at, present };
        all.iter().map(fact).collect::<Vec<_>>()
    };
    let truth = facts(&[(1, true), (10, false), (20, true), (30, false), (40, true)]);
    let wrong = |told: &[(u64, bool)]| what_is_wrong(&truth, &facts(told));
    // Each at once; and three moves told as one, late.
    let each = [(2, true), (11, false), (21, true), (31, false), (41, true)];
    assert_eq!(wrong(&each), None);
    assert_eq!(wrong(&[(2, true), (11, false), (50, true)]), None);
    for (what, told) in [
        ("nothing", &[][..]),
        ("another end", &each[..4]),
        ("before it was", &[(2, true), (9, false), (50, true)]),
        ("twice", &[(2, true), (3, true), (50, true)]),
        (
            "once more",
            &[(2, true), (11, false), (12, true), (50, true)],
        ),
        ("of long ago", &[(45, true), (46, true), (50, true)]),
    ] {
        assert!(wrong(told).is_some(), "{what}");
    }
}

/// A practice reader that goes takes its thread with it.
fn readers_take_their_threads_with_them(desk: &mut Desk, readers: &[ReaderId], threads: usize) {
    for &reader in readers {
        let command = Command::Practice(PracticeCommand::Remove { reader });
        desk.open.insert(desk.handle.send(command));
    }
    desk.until("no reader", |desk| {
        desk.open.is_empty() && desk.shown.is_empty()
    });
    let deadline = Instant::now() + PATIENCE;
    while entries("/proc/self/task") != threads - readers.len() {
        assert!(Instant::now() < deadline, "the lanes did not end");
        std::thread::yield_now();
    }
}
