//! The bench over simulated cards in the real backend: eight lanes at once, cards that are swapped and
//! pulled, and what came of each name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use symbolon::backend::{self, Event, Handle, Options, Workbench};
use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::plan::SecretName;
use symbolon::plan::bench::codes::System;
use symbolon::plan::bench::letters::Letter;
use symbolon::plan::bench::names::Names;
use symbolon::plan::bench::{Bench, Common, Decision, Input, Refusal, Said, Stage, State, Trouble};
use symbolon::plan::profile::Profile;
use symbolon::simulator::{Brake, Card, CardOs, CardOsModel, SimulatedReader};
use symbolon::token::{ApplicationKind, ReaderId, Token};

use crate::desk::NOW;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

const PROFILE: &str = "name='Bench'\nlabel='VPN {name}'\n[so-pin]\n[[pin]]\nmin=6\n[[key]]\n";

/// A bench with readers that are empty.
struct Room {
    handle: Handle,
    events: Receiver<Event>,
    workbench: Workbench,
    readers: Vec<SimulatedReader>,
    letters: Vec<Letter>,
    said: Vec<(ReaderId, Said)>,
    tokens: BTreeMap<ReaderId, Arc<Token>>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn model(number: u8) -> CardOsModel {
    CardOsModel::m4_2b([0x27, 0x37, 0xC0, 0x09, 0x2B, number])
}

fn blank(number: u8) -> Box<dyn Card> {
    Box::new(CardOs::blank(model(number)))
}

fn serial(number: u8) -> Hex {
    Hex(vec![0x27, 0x37, 0xC0, 0x09, 0x2B, number])
}

impl Room {
    fn new(names: &[&str], readers: usize) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| {
            let _ = sink.send(event);
        });
        let handle = handle.unwrap();
        let table = format!("name\n{}\n", names.join("\n"));
        let common = Common {
            pins: [
                (SecretName::Pin { number: 1 }, Secret::new(b"24681357")),
                (SecretName::Puk { number: 1 }, Secret::new(b"11335577")),
            ]
            .into(),
            ..Common::default()
        };
        let bench = Bench::new(
            Profile::parse(PROFILE).unwrap(),
            Names::parse(table.as_bytes()).unwrap().people,
            common,
            Box::new(System),
        );
        let readers: Vec<_> = (1..=readers)
            .map(|number| SimulatedReader::new(&format!("reader {number}")))
            .collect();
        for reader in &readers {
            handle.plug(reader.clone());
        }
        Self {
            workbench: Workbench::new(bench, handle.clone()),
            handle,
            events,
            readers,
            letters: Vec::new(),
            said: Vec::new(),
            tokens: BTreeMap::new(),
        }
    }

    fn tell(&mut self, input: Input) {
        let decisions = self.workbench.tell(input, NOW);
        self.keep(decisions);
    }

    fn keep(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            match decision {
                Decision::Say { reader, what, .. } => self.said.push((reader, what)),
                Decision::Letter(letter) => self.letters.push(letter),
                Decision::Ended { .. } => {}
                other => panic!("{other:?} is not for people"),
            }
        }
    }

    /// Passes events on until it is so.
    #[track_caller]
    fn until(&mut self, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).unwrap_or_else(|_| {
                panic!("{:?}\n{:?}", self.workbench.bench(), self.said);
            });
            if let Event::TokenRead { identity, token } = &event {
                self.tokens.insert(identity.reader, Arc::clone(token));
            }
            let decisions = self.workbench.hear(&event, NOW);
            self.keep(decisions);
        }
    }

    fn stage(&self, reader: u32) -> Option<&Stage> {
        let lane = self.workbench.bench().lane(ReaderId(reader));
        lane.map(|(stage, _)| stage)
    }

    #[track_caller]
    fn until_stage(&mut self, reader: u32, wanted: impl Fn(&Stage) -> bool) {
        self.until(|room| room.stage(reader).is_some_and(&wanted));
    }

    fn insert(&self, reader: usize, card: Box<dyn Card>) {
        self.readers[reader - 1].insert(card);
    }

    fn pull(&self, reader: usize) -> Box<dyn Card> {
        self.readers[reader - 1].remove().unwrap()
    }

    fn state(&self, place: usize) -> State {
        self.workbench.bench().rows()[place].state
    }
}

/// Where cards meet: each waits there until all have come.
#[derive(Clone)]
struct Gate(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    fn pass(&self, all: usize) -> bool {
        let (count, changed) = &*self.0;
        let mut count = count.lock().unwrap();
        *count += 1;
        changed.notify_all();
        let waited = changed
            .wait_timeout_while(count, PATIENCE, |count| *count < all)
            .unwrap();
        !waited.1.timed_out()
    }
}

/// A card that makes its key only when so many others are about to do the same.
struct Together {
    card: CardOs,
    gate: Gate,
    all: usize,
}

impl Card for Together {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0x46]) {
            assert!(self.gate.pass(self.all), "the others never came so far");
        }
        self.card.transmit(command)
    }
}

#[test]
fn eight_lanes_are_at_work_at_once() {
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let mut room = Room::new(&names, 8);
    let gate = Gate(Arc::default());
    // None of them can end its key before all have begun theirs: one lane that waited for another
    // would wait for ever.
    for number in 1..=8_u8 {
        let card = Together {
            card: CardOs::blank(model(number)),
            gate: gate.clone(),
            all: 8,
        };
        room.insert(number.into(), Box::new(card));
    }
    room.until(|room| room.workbench.bench().is_over());
    let begun = |said: &Said| matches!(said, Said::Step { step: 2, .. });
    let first_done = room
        .said
        .iter()
        .position(|(_, said)| matches!(said, Said::Done(_)))
        .unwrap();
    let before = room.said[..first_done].iter();
    let at_work: BTreeSet<_> = before
        .filter(|(_, said)| begun(said))
        .map(|(reader, _)| *reader)
        .collect();
    assert_eq!(at_work.len(), 8, "{:?}", room.said);
    assert!((0..8).all(|place| room.state(place) == State::Done));
    println!("the bench: 8 of 8 lanes were making their key before the first was done");
}

#[test]
fn every_row_tells_of_its_token_and_its_letter_opens_it() {
    let mut room = Room::new(&["Anna Rossi", "Jürgen Müller"], 1);
    for number in [1, 2] {
        room.insert(1, blank(number));
        room.until_stage(1, |stage| *stage == Stage::Done);
        let token = Arc::clone(&room.tokens[&ReaderId(1)]);
        let application = token.application(ApplicationKind::Pkcs15).unwrap();
        let key = application.keys[0].public_key.as_ref().unwrap();
        let row = &room.workbench.bench().rows()[usize::from(number) - 1];
        assert_eq!((row.state, row.at), (State::Done, Some(NOW)));
        assert_eq!(row.serial, Some(serial(number)));
        assert_eq!(row.keys.len(), 1);
        assert_eq!(row.keys[0].id, Hex(vec![0x45]));
        assert_eq!(row.keys[0].sha256.0, Sha256::digest(&key.spki).to_vec());
        // Practice cards have no journal that would be found later.
        assert_eq!((&row.journal, &row.reason), (&None, &None));
        let label = token.label.as_ref().unwrap().to_string();
        assert_eq!(label, format!("VPN {}", row.name));
        let letter = room.letters.pop().unwrap();
        assert_eq!(letter.serial, serial(number));
        assert_eq!(letter.label.as_str(), label);
        let codes: Vec<_> = letter
            .codes
            .iter()
            .map(|code| (code.puk, code.value.len()))
            .collect();
        assert_eq!(codes, [(false, 6), (true, 8)]);
        // The PIN of the letter, padded, is that of the card.
        let mut card = room.pull(1);
        card.reset();
        assert!(
            card.transmit(&[0, 0xA4, 8, 0x0C, 2, 0x50, 0x15])
                .ends_with(&[0x90, 0])
        );
        let mut verify = vec![0x00, 0x20, 0x00, 0x83, 0x08];
        verify.extend(letter.codes[0].value.expose());
        verify.resize(13, 0x00);
        assert_eq!(card.transmit(&verify), [0x90, 0x00]);
        room.until_stage(1, |stage| *stage == Stage::Empty);
    }
    assert!(room.workbench.bench().is_over());
}

#[test]
fn a_card_that_is_pulled_in_any_step_goes_on_in_another_reader() {
    for step in 0..3 {
        let mut room = Room::new(&["A", "B"], 2);
        room.insert(1, blank(1));
        room.until_stage(
            1,
            |stage| matches!(stage, Stage::Working { step: now, .. } if *now == step),
        );
        let card = room.pull(1);
        room.until_stage(1, |stage| !matches!(stage, Stage::Working { .. }));
        room.insert(2, card);
        room.until(|room| room.state(0) != State::Open);
        let row = &room.workbench.bench().rows()[0];
        assert_eq!((row.state, &row.serial), (State::Done, &Some(serial(1))));
        assert_eq!(room.letters.len(), 1);
        // The other lane is free for the next one.
        room.until_stage(1, |stage| *stage == Stage::Empty);
        room.insert(1, blank(2));
        room.until(|room| room.workbench.bench().is_over());
        assert_eq!(room.state(1), State::Done);
    }
}

/// A card that is pulled the moment its last change is on it: only the reading after that is missing.
struct Leaves {
    card: Arc<Mutex<CardOs>>,
    atr: Vec<u8>,
    reader: SimulatedReader,
    made: bool,
}

impl Card for Leaves {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.card.lock().unwrap().reset();
        if self.made {
            let reader = self.reader.clone();
            // Not from in here: the reader is waiting for this very card.
            std::thread::spawn(move || reader.remove());
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.made |= command.starts_with(&[0x00, 0x46]);
        self.card.lock().unwrap().transmit(command)
    }
}

#[test]
fn a_card_that_is_pulled_after_the_last_step_ends_with_the_same_pin() {
    let mut room = Room::new(&["A"], 2);
    let card = Arc::new(Mutex::new(CardOs::blank(model(1))));
    let atr = card.lock().unwrap().atr().to_vec();
    let leaves = |made, reader: &SimulatedReader| Leaves {
        card: Arc::clone(&card),
        atr: atr.clone(),
        reader: reader.clone(),
        made,
    };
    room.insert(1, Box::new(leaves(false, &room.readers[0])));
    // Either it was seen as done before it was gone, or it waits to be looked at again.
    room.until_stage(1, |stage| matches!(stage, Stage::Empty | Stage::Failed(_)));
    room.until(|room| {
        room.said
            .iter()
            .any(|(_, said)| matches!(said, Said::Begins { .. }))
    });
    room.until_stage(1, |stage| matches!(stage, Stage::Empty | Stage::Failed(_)));
    if room.state(0) == State::Open {
        let other = SimulatedReader::new("nowhere");
        room.insert(2, Box::new(leaves(false, &other)));
        room.until(|room| room.workbench.bench().is_over());
    }
    assert_eq!(room.state(0), State::Done);
    assert_eq!(room.letters.len(), 1);
    let pin = room.letters[0].codes[0].value.expose().to_vec();
    let mut card = card.lock().unwrap();
    card.reset();
    card.transmit(&[0, 0xA4, 8, 0x0C, 2, 0x50, 0x15]);
    let mut verify = vec![0x00, 0x20, 0x00, 0x83, 0x08];
    verify.extend(pin);
    verify.resize(13, 0x00);
    assert_eq!(card.transmit(&verify), [0x90, 0x00]);
}

/// A card that makes its key until it is pulled.
struct Endless {
    card: CardOs,
    brake: Brake,
}

impl Card for Endless {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0x46]) {
            self.brake.hold(PATIENCE);
        }
        self.card.transmit(command)
    }

    fn brake(&self) -> Option<Brake> {
        Some(self.brake.clone())
    }
}

#[test]
fn a_lane_that_fails_stops_no_other_and_what_was_done_is_not_taken_again() {
    let mut room = Room::new(&["A", "B", "C"], 2);
    let endless = Endless {
        card: CardOs::blank(model(1)),
        brake: Brake::new(),
    };
    room.insert(1, Box::new(endless));
    room.until_stage(1, |stage| matches!(stage, Stage::Working { step: 2, .. }));
    let torn = room.pull(1);
    room.until_stage(1, |stage| *stage == Stage::Failed(Trouble::Gone));
    room.insert(2, blank(2));
    room.until_stage(2, |stage| *stage == Stage::Done);
    let done = room.pull(2);
    room.until_stage(2, |stage| *stage == Stage::Empty);
    room.insert(2, done);
    let again = Stage::Refused(Refusal::DoneAlready);
    room.until_stage(2, |stage| *stage == again);
    assert_eq!(room.state(1), State::Done);
    // The first lane still has its name; skipped, it is free.
    assert_eq!(room.stage(1), Some(&Stage::Failed(Trouble::Gone)));
    room.tell(Input::Skip {
        reader: ReaderId(1),
    });
    assert_eq!(room.state(0), State::Failed);
    assert_eq!(room.workbench.bench().rows()[0].serial, Some(serial(1)));
    // The card that was skipped is in the middle of a plan that nobody goes on with.
    room.insert(1, torn);
    let unfinished = Stage::Refused(Refusal::Unfinished);
    room.until_stage(1, |stage| *stage == unfinished);
    room.pull(1);
    room.until_stage(1, |stage| *stage == Stage::Empty);
    room.insert(1, blank(3));
    room.until(|room| room.workbench.bench().is_over());
    assert_eq!(room.state(2), State::Done);
}

#[test]
fn what_is_stopped_ends_after_its_step_and_can_be_gone_on_with() {
    let mut room = Room::new(&["A"], 1);
    room.insert(1, blank(1));
    room.until_stage(1, |stage| matches!(stage, Stage::Working { step: 1, .. }));
    room.workbench.stop();
    room.until(|room| !room.workbench.is_busy());
    match room.stage(1).unwrap() {
        // It was at its last step by then.
        Stage::Done => return,
        stage => assert_eq!(*stage, Stage::Failed(Trouble::Cancelled)),
    }
    room.tell(Input::Retry {
        reader: ReaderId(1),
    });
    room.until(|room| room.workbench.bench().is_over());
    assert_eq!(room.state(0), State::Done);
}
