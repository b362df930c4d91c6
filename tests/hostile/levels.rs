//! What failing leaves behind: nothing.

use std::ffi::CString;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use symbolon::backend::{self, CardError, Command, Done, Event, Failure, Handle, Options};
use symbolon::base::os::set_env_before_threads;
use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::vpcd::{self, Stop};
use symbolon::simulator::{Card, Manner, Rubbish, SimulatedReader};
use symbolon::token::{ApplicationKind, ApplicationState, ReaderId, SlotState};
use symbolon::transport::link::{After, LinkError, Reader};
use symbolon::transport::pcsc::PcscReader;

use crate::alone::{Level, alone};
use crate::corpus;
use crate::desk::Desk;
use crate::families::{FAMILIES, neighbour};
use crate::oracle::Good;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE, Slot};

/// How often everything fails.
const TIMES: usize = 10_000;

/// After so many times everything is as it will be.
const FIRST: usize = 200;

/// What resident memory may still grow by then: 2 MiB.
const GROWTH: usize = 2 << 20;

/// How long one thing may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn small() -> Desk {
    let family = FAMILIES
        .iter()
        .find(|family| family.card == "openpgp-2")
        .unwrap();
    Desk::new(family, neighbour(family))
}

/// The backend, and what it says.
struct Program {
    handle: Handle,
    events: Receiver<Event>,
}

impl Program {
    fn start(pcsc: bool) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
        // What is kept of exchanges is bounded, and here it would be the growth.
        handle.keep_trace(false);
        Self { handle, events }
    }

    fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            if let Some(found) = wanted(&event.expect("no such event in time")) {
                return found;
            }
        }
    }

    /// Waits until what is in the reader of that name is this.
    fn until_slot(&self, name: &str, slot: fn(&SlotState) -> bool) -> ReaderId {
        self.wait(|event| match event {
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => {
                (reader.name.as_str() == name && slot(&reader.slot)).then_some(reader.id)
            }
            _ => None,
        })
    }

    /// How a reading ends that is asked for.
    fn read(&self, reader: ReaderId) -> Result<Done, Failure> {
        let asked = self.handle.send(Command::Read { reader });
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn is_link(ended: &Result<Done, Failure>, wanted: &LinkError) -> bool {
    matches!(ended, Err(Failure::Card(CardError::Link(error))) if error == wanted)
}

#[test]
fn ten_thousand_failures_leave_nothing_behind() {
    alone("levels::ten_thousand_failures_leave_nothing_behind", || {
        let desk = small();
        let program = Program::start(false);
        let reader = SimulatedReader::new("failing");
        reader.insert(desk.card(|card| card, None).0);
        reader.set_mute(true);
        program.handle.plug(reader.clone());
        let id = program.until_slot("failing", |slot| *slot == SlotState::Mute);
        let connects = level_of(TIMES, &mut |time| {
            // A card that another one keeps is seldom: each time its holder is looked for among all
            // processes.
            let held = time % 100 == 99;
            reader.set_mute(!held);
            reader.set_held(held);
            let wanted = if held {
                LinkError::Held
            } else {
                LinkError::Mute
            };
            let ended = program.read(id);
            assert!(is_link(&ended, &wanted), "{ended:?}");
        });
        reader.set_mute(false);
        reader.set_held(false);
        reader.remove();
        program.until_slot("failing", |slot| *slot == SlotState::Empty);
        let items: Vec<_> = ["apdu", "tlv"].into_iter().flat_map(corpus::of).collect();
        let reads = level_of(TIMES, &mut |time| {
            let item = &items[time % items.len()];
            let fault = if item.name.starts_with("apdu") {
                Fault::answers(item.lines.clone())
            } else {
                Fault::data(&item.bytes())
            };
            let (card, _) = desk.card(|card| card.with(Trigger::From(time % 3 + 1), fault), None);
            reader.insert(card);
            let empty = wait_for_end(&program.events);
            assert!(!empty, "{}: it was not pulled", item.name);
        });
        println!(
            "hostile cards: {TIMES} failed connects of the backend, {connects}; {TIMES} hostile reads, {reads}"
        );
    });
}

/// How often that fails which goes through a real service.
const REAL_TIMES: usize = 1_000;

#[test]
fn a_thousand_failures_in_a_real_service_leave_nothing_behind() {
    let name = "levels::a_thousand_failures_in_a_real_service_leave_nothing_behind";
    alone(name, || {
        let service = PrivatePcscd::start(2);
        set_env_before_threads(SOCKET_VARIABLE, service.socket());
        let [empty, full] = [0, 1].map(|number| service.slot(number).clone());
        // An answer to reset of one byte is none.
        let mute = Rubbish::new(Manner::Lies).with_atr([0x3B]);
        let mute = Served::start(&empty, Box::new(mute));
        let program = Program::start(true);
        let id = program.until_slot(&empty.reader, |slot| *slot == SlotState::Mute);
        let mutes = level_of(REAL_TIMES, &mut |_| {
            let ended = program.read(id);
            assert!(is_link(&ended, &LinkError::Mute), "{ended:?}");
        });
        drop(mute);
        program.until_slot(&empty.reader, |slot| *slot == SlotState::Empty);
        // The backend asks no reader that is empty; whoever does all the same is refused.
        let name = CString::new(empty.reader.as_str()).unwrap();
        let mut reader = PcscReader::new(&name);
        let empties = level_of(REAL_TIMES, &mut |_| {
            assert_eq!(reader.connect().err(), Some(LinkError::Removed));
        });
        let lie = Fault::data(&corpus::item("tlv/four-byte-length").bytes());
        let hostile = Scripted::new(FAMILIES[3].card()).with(Trigger::EveryIns(0xCA), lie);
        let _hostile = Served::start(&full, Box::new(hostile));
        let id = program.until_slot(&full.reader, |slot| {
            matches!(slot, SlotState::Present { .. })
        });
        let reads = level_of(REAL_TIMES, &mut |_| {
            let token = match program.read(id) {
                Ok(Done::Read(token)) => token,
                other => panic!("{other:?}"),
            };
            let found = token.application(ApplicationKind::OpenPgp).unwrap();
            assert!(matches!(found.state, ApplicationState::Unreadable(_)));
        });
        println!(
            "hostile cards: in a real service {REAL_TIMES} connects to a mute card, {mutes}; to an empty reader, {empties}; \
             {REAL_TIMES} hostile reads, {reads}"
        );
    });
}

/// A card in a reader of a service, until this is dropped.
struct Served {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn start(slot: &Slot, mut card: Box<dyn Card>) -> Self {
        let stop = Stop::new();
        let (port, pull) = (slot.port, stop.clone());
        let thread = std::thread::spawn(move || {
            vpcd::serve(card.as_mut(), port, &pull).unwrap();
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // A card that fell out was seen where it was needed.
            let _ = thread.join();
        }
    }
}

/// Does `work` so often; how the levels after the first times and after all compare.
fn level_of(times: usize, work: &mut dyn FnMut(usize)) -> String {
    for time in 0..FIRST {
        work(time);
    }
    let first = Level::now();
    for time in FIRST..times {
        work(time);
    }
    let last = first.again();
    let grown = last.resident.saturating_sub(first.resident);
    assert!(grown <= GROWTH, "{first:?} has become {last:?}");
    let (threads, descriptors) = (last.threads, last.descriptors);
    format!(
        "{threads} threads and {descriptors} descriptors as before, memory +{} KiB",
        grown >> 10
    )
}

#[test]
fn a_leak_would_be_seen() {
    alone("levels::a_leak_would_be_seen", || {
        let before = Level::now();
        let file = std::fs::File::open("/dev/null").unwrap();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || stopped.recv());
        let bytes = std::hint::black_box(vec![1_u8; 2 * GROWTH]);
        let now = Level::now();
        assert_eq!(now.descriptors, before.descriptors + 1);
        assert_eq!(now.threads, before.threads + 1);
        assert!(
            now.resident > before.resident + GROWTH,
            "{before:?} {now:?}"
        );
        drop((file, stop, bytes));
        let _ = thread.join().unwrap();
        before.again();
    });
}

#[test]
fn an_error_at_any_command_lets_go_of_everything() {
    let name = "levels::an_error_at_any_command_lets_go_of_everything";
    alone(name, || {
        let program = Program::start(false);
        let reader = SimulatedReader::new("hostile");
        program.handle.plug(reader.clone());
        let mut tried = 0;
        let mut first = None;
        for family in FAMILIES {
            let desk = Desk::new(family, neighbour(family));
            // As many as a good reading has.
            for number in 1..=Good::of(&desk).commands {
                for fault in [
                    Fault::Cut { carried_out: false },
                    Fault::answers([[0x6F, 0x00]]),
                    Fault::answers([[0x69, 0x82]]),
                    Fault::Flood,
                ] {
                    let (card, _) = desk.card(|card| card.with(Trigger::From(number), fault), None);
                    reader.insert(card);
                    let empty = wait_for_end(&program.events);
                    has_no_holder(&reader);
                    reader.remove();
                    if !empty {
                        program.until_slot("hostile", |slot| *slot == SlotState::Empty);
                    }
                    // The lane stays, and nothing else.
                    first.get_or_insert_with(Level::now).again();
                    tried += 1;
                }
            }
        }
        println!(
            "hostile cards: {tried} errors at all commands of {} families, nothing held",
            FAMILIES.len()
        );
    });
}

/// Until the token was read as far as it can be, or is gone. Tells whether its reader is known to
/// be empty.
fn wait_for_end(events: &Receiver<Event>) -> bool {
    let mut mine = None;
    loop {
        match events.recv_timeout(PATIENCE).expect("the end of a reading") {
            Event::ReadingStarted(identity) => mine = Some(identity),
            Event::TokenRead { identity, token } if token.complete && mine == Some(identity) => {
                return false;
            }
            Event::TokenUnreadable { identity, .. } if mine == Some(identity) => return false,
            Event::ReaderChanged(reader) if reader.slot == SlotState::Empty && mine.is_some() => {
                return true;
            }
            _ => {}
        }
    }
}

/// Whoever comes next has the card at once, if it is still there.
fn has_no_holder(reader: &SimulatedReader) {
    let Ok(mut link) = reader.clone().connect() else {
        return;
    };
    let mut ran = false;
    let ended = link.exclusively(&mut |_| {
        ran = true;
        After::Leave
    });
    // A card that was pulled meanwhile is nobody's, too.
    let gone = ended == Err(LinkError::Removed);
    assert!(
        gone || ran && ended.is_ok(),
        "the card is still held: {ended:?}"
    );
}

#[test]
fn cards_have_an_end_of_their_own() {
    // What the tests above rely on: a card that was pulled is gone from its reader.
    let (card, _) = small().card(
        |card| card.with(Trigger::Number(1), Fault::Cut { carried_out: false }),
        None,
    );
    let reader = SimulatedReader::new("pulled");
    reader.insert(card);
    let mut link = reader.clone().connect().unwrap();
    assert!(link.exchange(&[0x00, 0xCA, 0x00, 0x6E, 0x00]).is_err());
    assert!(reader.clone().connect().is_err());
    assert!(FAMILIES[0].card().is_present());
}
