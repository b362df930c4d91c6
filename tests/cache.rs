//! Known tokens: what a card answered the last time shows as soon as it has said that it is the
//! one, and is replaced by what it says now.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::cell::Cell;
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
use symbolon::token::{ApplicationKind, Cost, Identity, PinReference, Reason, Token, TriesLeft};

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
    /// How long each command takes.
    takes: Duration,
}

impl Gate {
    fn after(commands: usize) -> Self {
        let gate = Self::default();
        gate.0.0.lock().unwrap().allowed = Some(commands);
        gate
    }

    fn slow(takes: Duration) -> Self {
        let gate = Self::default();
        gate.0.0.lock().unwrap().takes = takes;
        gate
    }

    fn pass(&self) {
        let (counts, opened) = &*self.0;
        let mut counts = counts.lock().unwrap();
        counts.asked += 1;
        let shut = |counts: &mut Counts| counts.allowed.is_some_and(|most| counts.asked > most);
        let waited = opened.wait_timeout_while(counts, PATIENCE, shut).unwrap();
        assert!(!waited.1.timed_out(), "nobody opened the gate");
        std::thread::sleep(waited.0.takes);
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
    /// The card of which something was shown last.
    last: Cell<Option<Identity>>,
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
            last: Cell::new(None),
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
            Event::TokenRead { identity, token } => {
                self.last.set(Some(identity));
                Some((identity, token))
            }
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

    /// The card that is in the reader.
    fn identity(&self) -> Identity {
        self.last.get().unwrap()
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
            let lasting = |reason: Reason| reason == Reason::Unsupported;
            pin.operations
                .retain(|operation| operation.impossible.is_none_or(lasting));
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

/// The last update is among what is asked first, so nothing is shown that is not so any more.
#[test]
fn a_changed_pkcs15_token_is_read_before_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let known = know(folder.path(), "cardos-used");
    let desk = Desk::new(Some(folder.path()));
    let changed = [
        text("20241203120000Z", "20250101120000Z"),
        text("Anna Rossi", "Anna Verdi"),
    ];
    let (remembered, now) = desk.read("cardos-used", &changed);
    assert_eq!(remembered, None);
    assert_ne!(now.applications, known.applications);
    desk.settle(desk.identity());
    // It is the changed one that is known now.
    let (remembered, again) = desk.read("cardos-used", &changed);
    assert_eq!(*remembered.unwrap(), as_remembered(&now));
    assert_eq!(again, now);
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_certificate_that_was_replaced_in_silence_is_replaced_in_the_same_reading() {
    let folder = tempfile::tempdir().unwrap();
    let known = know(folder.path(), "piv-used");
    let desk = Desk::new(Some(folder.path()));
    let changed = [text("Thomas Mustermann", "Erika Mustermann!")];
    let (remembered, now) = desk.read("piv-used", &changed);
    assert_eq!(*remembered.unwrap(), as_remembered(&known));
    let first = |token: &Token| token.applications[0].certificates[0].der.clone();
    assert_ne!(first(&now), first(&known));
    desk.settle(desk.identity());
    let (remembered, again) = desk.read("piv-used", &changed);
    assert_eq!(*remembered.unwrap(), as_remembered(&now));
    assert_eq!(again, now);
}

#[test]
fn a_card_with_another_number_shows_nothing_of_the_first() {
    for (name, number) in [
        ("piv-used", bytes("00E0B2CC", "00E0B2CD")),
        ("openpgp-used", bytes("14725836", "14725837")),
        ("cardos-used", cardos_number()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let known = know(folder.path(), name);
        let desk = Desk::new(Some(folder.path()));
        let other = [number];
        let (remembered, token) = desk.read(name, &other);
        assert_eq!(remembered, None, "{name}");
        assert_ne!(token.serial, known.serial, "{name}");
        desk.settle(desk.identity());
        // Now both are known.
        for (edits, expected) in [(&other[..], &token), (&[], &known)] {
            let (remembered, token) = desk.read(name, edits);
            assert_eq!(*remembered.unwrap(), as_remembered(expected), "{name}");
            assert_eq!(token, *expected, "{name}");
        }
    }
}

/// A card that takes so long that others get at it in between, which costs commands of its own.
#[test]
fn a_slow_card_is_remembered_too() {
    let folder = tempfile::tempdir().unwrap();
    for known in [false, true] {
        let desk = Desk::new(Some(folder.path()));
        desk.insert("cardos-used", &Gate::slow(Duration::from_millis(90)), &[]);
        let mut pictures = Vec::new();
        let (identity, whole) = loop {
            let (identity, token) = desk.picture();
            if token.complete && !token.remembered {
                break (identity, token);
            }
            pictures.push(token);
        };
        if known {
            let [remembered] = pictures.try_into().unwrap();
            assert_eq!(*remembered, as_remembered(&whole));
        } else {
            assert!(pictures.iter().all(|token| !token.remembered));
            desk.settle(identity);
        }
    }
}

#[test]
fn pins_of_a_remembered_token_pass_the_guard() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kind, pin) in [
        ("piv-used", ApplicationKind::Piv, PinReference(0x80)),
        ("openpgp-used", ApplicationKind::OpenPgp, PinReference(0x81)),
    ] {
        know(folder.path(), name);
        let desk = Desk::new(Some(folder.path()));
        let gate = Gate::after(COMMANDS);
        desk.insert(name, &gate, &[]);
        let (identity, shown) = desk.picture();
        assert!(shown.remembered);
        let left = shown.pin(kind, pin).unwrap().tries.left;
        assert_eq!(left, TriesLeft::Unread);
        let asked = desk.handle.send(Command::Pin(PinCommand {
            identity,
            application: kind,
            pin,
            action: PinAction::Verify {
                pin: Secret::new(b"654321"),
            },
            use_last_try: false,
        }));
        gate.open();
        let outcome = desk.wait(|event| match event {
            Event::Finished { id, outcome } if id == asked => Some(outcome),
            _ => None,
        });
        match outcome {
            Ok(Done::PinVerified) => assert_eq!(name, "piv-used"),
            // It has a single try left, of which a remembered token knows nothing.
            Err(Failure::Card(CardError::LastTry { .. })) => assert_eq!(name, "openpgp-used"),
            other => panic!("{name}: {other:?}"),
        }
        desk.settle(identity);
    }
    let kept = files(folder.path());
    assert_eq!(kept.len(), 2);
    for file in kept {
        let bytes = fs::read(&file).unwrap();
        let held = |secret: &[u8]| bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!held(b"654321"));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_that_is_damaged_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    know(folder.path(), "openpgp-curves");
    let [file] = files(folder.path()).try_into().unwrap();
    let good = fs::read(&file).unwrap();
    for bytes in [&good[..good.len() / 2], b"\xFF", &[0; 4096]] {
        fs::write(&file, bytes).unwrap();
        let desk = Desk::new(Some(folder.path()));
        let (remembered, _) = desk.read("openpgp-curves", &[]);
        assert_eq!(remembered, None);
        desk.settle(desk.identity());
        assert_eq!(fs::read(&file).unwrap(), good);
    }
}

#[test]
fn whoever_does_not_want_it_has_nothing_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    know(folder.path(), "piv-used");
    assert_eq!(files(folder.path()).len(), 1);
    let desk = Desk::new(Some(folder.path()));
    desk.read("piv-used", &[]);
    desk.handle.remember_tokens(folder.path(), false);
    desk.settle(desk.identity());
    assert!(files(folder.path()).is_empty());
    for _ in 0..2 {
        let (remembered, _) = desk.read("piv-used", &[]);
        assert_eq!(remembered, None);
        desk.settle(desk.identity());
        assert!(files(folder.path()).is_empty());
    }
    desk.handle.remember_tokens(folder.path(), true);
    desk.read("piv-used", &[]);
    desk.settle(desk.identity());
    let (remembered, _) = desk.read("piv-used", &[]);
    assert!(remembered.is_some());
    // Without a folder, what is in it is not asked.
    let desk = Desk::new(None);
    assert_eq!(desk.read("piv-used", &[]).0, None);
}

#[test]
fn practice_cards_of_the_program_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (sink, events) = mpsc::channel();
    let options = Options {
        pcsc: false,
        practice: vec!["piv-used".into()],
        cache: Some(folder.path().to_owned()),
    };
    let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
    let reader = loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::TokenRead { identity, token } if token.complete => break identity.reader,
            _ => {}
        }
    };
    let again = handle.send(Command::Read { reader });
    loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Finished { id, .. } if id == again => break,
            _ => {}
        }
    }
    assert!(files(folder.path()).is_empty());
    handle.close();
}

/// The number of the chip in the serial number of the token of Anna Rossi.
fn cardos_number() -> Edit {
    let desk = Desk::new(None);
    let (_, token) = desk.read("cardos-used", &[]);
    let serial = hex::decode(token.serial.as_ref().unwrap().as_str()).unwrap();
    let mut other = serial.clone();
    *other.last_mut().unwrap() ^= 1;
    (serial, other)
}
