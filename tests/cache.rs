//! Known tokens: what a card answered the last time shows as soon as it has said that it is the
//! one, and is replaced by what it says now.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use symbolon::backend::{self, CardError, Command, Done, Event, Failure, Handle, Options};
use symbolon::backend::{PinAction, PinCommand};
use symbolon::base::hex;
use symbolon::base::secret::Secret;
use symbolon::simulator::{Brake, Card, SimulatedReader, wardrobe};
use symbolon::token::{ApplicationKind, Cost, Identity, PinReference, Token, TriesLeft};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// By then a known token has to show.
const COMMANDS: usize = 6;

/// How many commands a card answers; it waits with the next one.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<Counts>, Condvar)>);

#[derive(Default)]
struct Counts {
    asked: usize,
    allowed: Option<usize>,
}

impl Gate {
    fn after(commands: usize) -> Self {
        let gate = Self::default();
        gate.0.0.lock().unwrap().allowed = Some(commands);
        gate
    }

    fn pass(&self) {
        let (counts, opened) = &*self.0;
        let mut counts = counts.lock().unwrap();
        counts.asked += 1;
        let shut = |counts: &mut Counts| counts.allowed.is_some_and(|most| counts.asked > most);
        let waited = opened.wait_timeout_while(counts, PATIENCE, shut).unwrap();
        assert!(!waited.1.timed_out(), "nobody opened the gate");
    }

    fn open(&self) {
        self.0.0.lock().unwrap().allowed = None;
        self.0.1.notify_all();
    }
}

/// A card behind a gate, in whose answers some bytes are others.
struct Gated {
    card: Box<dyn Card>,
    gate: Gate,
    edits: Vec<Edit>,
}

/// Bytes in answers, and what stands in their place.
type Edit = (Vec<u8>, Vec<u8>);

impl Card for Gated {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.gate.pass();
        let mut answer = self.card.transmit(command);
        for (from, to) in &self.edits {
            let found = answer.windows(from.len()).position(|part| part == from);
            if let Some(at) = found {
                answer.splice(at..at + from.len(), to.iter().copied());
            }
        }
        answer
    }

    fn is_present(&self) -> bool {
        self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.card.brake()
    }
}

/// A backend with one reader.
struct Desk {
    handle: Handle,
    events: Receiver<Event>,
    reader: SimulatedReader,
}

impl Desk {
    fn new(cache: Option<&Path>) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: cache.map(Path::to_owned),
        };
        let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
        let reader = SimulatedReader::new("cache");
        handle.plug(reader.clone());
        Self {
            handle,
            events,
            reader,
        }
    }

    fn insert(&self, name: &str, gate: &Gate, edits: &[Edit]) {
        self.reader.insert(Box::new(Gated {
            card: wardrobe::make(name).unwrap(),
            gate: gate.clone(),
            edits: edits.to_vec(),
        }));
    }

    fn wait<T>(&self, wanted: impl Fn(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self
                .events
                .recv_timeout(left)
                .expect("no such event in time");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// The next picture of a token.
    fn picture(&self) -> (Identity, Arc<Token>) {
        self.wait(|event| match event {
            Event::TokenRead { identity, token } => Some((identity, token)),
            Event::TokenUnreadable { error, .. } => panic!("{error}"),
            _ => None,
        })
    }

    /// The token once all of it was read from the card; and the one of the last time, if that was
    /// shown before.
    fn token(&self) -> (Option<Arc<Token>>, Arc<Token>) {
        let mut remembered = None;
        loop {
            let (_, token) = self.picture();
            if token.remembered {
                assert!(remembered.is_none(), "remembered twice");
                remembered = Some(token);
            } else if token.complete {
                return (remembered, token);
            } else {
                assert!(remembered.is_none(), "less is shown than before");
            }
        }
    }

    /// Puts a card in and reads it.
    fn read(&self, name: &str, edits: &[Edit]) -> (Option<Arc<Token>>, Arc<Token>) {
        self.reader.remove();
        self.insert(name, &Gate::default(), edits);
        self.token()
    }

    fn ask(&self, command: Command) -> Result<Done, Failure> {
        let asked = self.handle.send(command);
        self.wait(|event| match event {
            Event::Finished { id, outcome } if id == asked => Some(outcome),
            _ => None,
        })
    }

    /// Waits until a lane has done everything that was asked of it: what it keeps of a card, it
    /// writes after the token is shown.
    fn settle(&self, identity: Identity) {
        let reader = identity.reader;
        self.ask(Command::Read { reader }).unwrap();
        // What belongs to this reading came before its end.
        let _ = self.events.try_iter().count();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Reads a card with a backend of its own, and waits until it is kept.
fn know(folder: &Path, name: &str) -> Arc<Token> {
    let desk = Desk::new(Some(folder));
    desk.insert(name, &Gate::default(), &[]);
    loop {
        let (identity, token) = desk.picture();
        if token.complete {
            assert!(!token.remembered);
            desk.settle(identity);
            return token;
        }
    }
}

/// A token with what a remembered one has of it.
fn as_remembered(token: &Token) -> Token {
    let mut token = token.clone();
    token.remembered = true;
    token.cost = Cost::default();
    for pin in token
        .applications
        .iter_mut()
        .flat_map(|each| &mut each.pins)
    {
        if pin.tries.left != TriesLeft::Unknown {
            pin.tries.left = TriesLeft::Unread;
        }
    }
    token
}

fn files(folder: &Path) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    }
}

/// An edit of texts of one length.
fn text(from: &str, to: &str) -> Edit {
    assert_eq!(from.len(), to.len());
    (from.into(), to.into())
}

fn bytes(from: &str, to: &str) -> Edit {
    (hex::decode(from).unwrap(), hex::decode(to).unwrap())
}

#[test]
fn a_known_token_shows_after_six_commands() {
    for name in [
        "cardos-used",
        "piv-used",
        "piv-plain",
        "openpgp-used",
        "openpgp-curves",
        "openpgp-2",
        "both",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let known = know(folder.path(), name);
        let desk = Desk::new(Some(folder.path()));
        let gate = Gate::after(COMMANDS);
        desk.insert(name, &gate, &[]);
        let (_, shown) = desk.picture();
        assert!(shown.remembered, "{name}");
        assert_eq!(*shown, as_remembered(&known), "{name}");
        gate.open();
        let (again, whole) = desk.token();
        assert!(again.is_none() && whole == known, "{name}");
    }
}
