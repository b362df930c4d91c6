//! The program under test: the backend, which reads, verifies a PIN now and then, and waits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{
    self, CardError, Command, Done, Event, Failure, Handle, LinkError, Options, PinAction,
    PinCommand, RequestId,
};
use symbolon::base::secret::Secret;
use symbolon::token::{
    ApplicationKind, ApplicationState, Identity, Pin as KnownPin, PinRole, Reader, ReaderId,
    SlotState, Token, TriesLeft,
};

use crate::support::pcscd::Slot;

/// How long anything may take: more than the backend allows itself.
const PATIENCE: Duration = Duration::from_secs(150);

/// The tries that every PIN here has at the beginning, and is to have at the end.
const ALL_TRIES: u8 = 3;

/// A PIN that is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pin {
    pub(crate) application: ApplicationKind,
    pub(crate) text: &'static str,
}

/// The backend and what it said so far.
pub(crate) struct Ours {
    handle: Handle,
    events: Receiver<Event>,
    readers: BTreeMap<String, Reader>,
    tokens: HashMap<ReaderId, (Identity, Arc<Token>)>,
    /// How many whole readings there were in each reader.
    readings: HashMap<ReaderId, usize>,
    /// How many applications are on the token.
    applications: usize,
    holders: BTreeSet<String>,
    rounds: usize,
    verified: usize,
    refusals: usize,
    failures: Vec<String>,
}

impl Ours {
    /// Starts, and reads the token in this reader.
    pub(crate) fn start(slot: &Slot) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: true,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
        let mut ours = Self {
            handle,
            events,
            readers: BTreeMap::new(),
            tokens: HashMap::new(),
            readings: HashMap::new(),
            applications: 0,
            holders: BTreeSet::new(),
            rounds: 0,
            verified: 0,
            refusals: 0,
            failures: Vec::new(),
        };
        let (_, token) = ours.until("the token", |ours| ours.token(slot));
        ours.applications = token.applications.len();
        ours.judge(&token);
        ours
    }

    /// Reads, and each third time verifies the PIN.
    pub(crate) fn work(&mut self, slot: &Slot, pin: Pin) {
        self.rounds += 1;
        let reader = self.readers[&slot.reader].id;
        match self.ask(Command::Read { reader }) {
            Ok(Done::Read(token)) => self.judge(&token),
            other => self.failures.push(format!("a reading: {other:?}")),
        }
        if self.rounds.is_multiple_of(3) {
            self.verify(slot, pin);
        }
    }

    /// Verifies the PIN.
    pub(crate) fn verify(&mut self, slot: &Slot, pin: Pin) {
        let Some((identity, token)) = self.token(slot) else {
            self.failures.push("no token to verify a PIN of".to_owned());
            return;
        };
        let known = user_pin(&token, pin.application);
        let command = PinCommand {
            identity,
            application: pin.application,
            pin: known.reference,
            action: PinAction::Verify {
                pin: Secret::new(pin.text.as_bytes()),
            },
            use_last_try: false,
        };
        match self.ask(Command::Pin(command)) {
            Ok(Done::PinVerified) => self.verified += 1,
            other => self.failures.push(format!("a PIN: {other:?}")),
        }
    }

    /// Everything on it is read, and nothing is missing that was there before.
    fn judge(&mut self, token: &Token) {
        let applications = token.applications.iter();
        let readable = applications
            .filter(|one| one.state == ApplicationState::Readable)
            .count();
        if !token.complete || readable == 0 || readable != self.applications {
            self.failures.push(format!("not whole: {token:?}"));
        }
    }

    /// A reading is refused, and the holder named.
    #[track_caller]
    pub(crate) fn is_refused(&mut self, slot: &Slot, by: &str) {
        let reader = self.readers[&slot.reader].id;
        match self.ask(Command::Read { reader }) {
            Err(Failure::Card(CardError::Link(LinkError::Held))) => self.refusals += 1,
            other => self.failures.push(format!("not refused: {other:?}")),
        }
        self.until("the holder's name", |ours| {
            match &ours.readers[&slot.reader].slot {
                SlotState::Held { by: Some(named) } if named.as_str() == by => Some(()),
                _ => None,
            }
        });
    }

    /// Somebody keeps the card while we want to read it, for less time than the service takes to
    /// tell of it.
    #[track_caller]
    pub(crate) fn is_kept_for_a_moment(&mut self, slot: &Slot) {
        let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
        let name = CString::new(slot.reader.as_str()).unwrap();
        // We may just be reading by ourselves.
        let started = Instant::now();
        let card = loop {
            match context.connect(&name, pcsc::ShareMode::Exclusive, pcsc::Protocols::ANY) {
                Ok(card) => break card,
                Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
            }
        };
        let reader = self.readers[&slot.reader].id;
        let ended = self.ask(Command::Read { reader });
        drop(card);
        match ended {
            Err(Failure::Card(CardError::Link(LinkError::Held))) => self.refusals += 1,
            other => self.failures.push(format!("not refused: {other:?}")),
        }
    }

    /// Nobody asks, and it is read all the same.
    #[track_caller]
    pub(crate) fn reads_by_itself(&mut self, slot: &Slot) {
        let reader = self.readers[&slot.reader].id;
        let count = |ours: &Self| ours.readings.get(&reader).copied();
        let before = count(self);
        self.until("the token by itself", |ours| {
            let present = matches!(ours.readers[&slot.reader].slot, SlotState::Present { .. });
            (present && count(ours) > before).then_some(())
        });
    }

    /// How often somebody else kept the card.
    pub(crate) fn refusals(&self) -> usize {
        self.refusals
    }

    /// Whom it named.
    pub(crate) fn holders(&self) -> Vec<&str> {
        self.holders.iter().map(String::as_str).collect()
    }

    /// Tells what was done, and what failed: a try that is lost as well.
    pub(crate) fn end(mut self, slot: &Slot, pin: Pin) -> Vec<String> {
        let reader = self.readers[&slot.reader].id;
        let lost = match self.ask(Command::Read { reader }) {
            Ok(Done::Read(token)) => match user_pin(&token, pin.application).tries.left {
                TriesLeft::Known(left) => ALL_TRIES.checked_sub(left),
                TriesLeft::Blocked => Some(ALL_TRIES),
                TriesLeft::NotSet
                | TriesLeft::Unlocked
                | TriesLeft::Unknown
                | TriesLeft::Unread => None,
            },
            other => {
                self.failures.push(format!("the last reading: {other:?}"));
                None
            }
        };
        if lost != Some(0) {
            self.failures.push(format!("tries are lost: {lost:?}"));
        }
        println!(
            "ours, {}: {} readings, {} refused, {} PINs verified, failures {}; tries lost: {}",
            slot.reader,
            self.rounds,
            self.refusals,
            self.verified,
            self.failures.len(),
            lost.map_or_else(|| "not known".to_owned(), |lost| lost.to_string())
        );
        for failure in &self.failures {
            println!("{failure}");
        }
        self.handle.close();
        self.failures
    }

    /// The token in a reader, once all of it is read.
    fn token(&self, slot: &Slot) -> Option<(Identity, Arc<Token>)> {
        let reader = self.readers.get(&slot.reader)?;
        let (identity, token) = self.tokens.get(&reader.id)?;
        let present = reader.slot
            == SlotState::Present {
                identity: *identity,
            };
        present.then(|| (*identity, Arc::clone(token)))
    }

    /// Asks, and waits for the end.
    fn ask(&mut self, command: Command) -> Result<Done, Failure> {
        let asked = self.handle.send(command);
        self.wait_for_end(asked)
    }

    fn wait_for_end(&mut self, asked: RequestId) -> Result<Done, Failure> {
        let started = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(started.elapsed());
            let event = self.events.recv_timeout(left).expect("an end in time");
            self.take(&event);
            if let Event::Finished { id, outcome } = event
                && id == asked
            {
                return outcome;
            }
        }
    }

    #[track_caller]
    fn until<T>(&mut self, what: &str, seen: impl Fn(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = seen(self) {
                return found;
            }
            let left = PATIENCE.saturating_sub(started.elapsed());
            match self.events.recv_timeout(left) {
                Ok(event) => self.take(&event),
                Err(_) => panic!("never seen: {what}; readers {:?}", self.readers),
            }
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => {
                if let SlotState::Held { by } = &reader.slot {
                    let by = by.as_ref().map_or("nobody", |by| by.as_str());
                    self.holders.insert(by.to_owned());
                }
                let name = reader.name.as_str().to_owned();
                self.readers.insert(name, reader.clone());
            }
            Event::TokenRead { identity, token } if token.complete => {
                let reader = identity.reader;
                self.tokens.insert(reader, (*identity, Arc::clone(token)));
                *self.readings.entry(reader).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// The PIN that its holder types.
fn user_pin(token: &Token, kind: ApplicationKind) -> &KnownPin {
    let application = token.application(kind).expect("the application");
    let mut pins = application.pins.iter();
    pins.find(|pin| pin.role == PinRole::User).expect("the PIN")
}
