//! What the backend said, and what was asked of it.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{
    self, CardError, Command, Done, Event, Failure, Handle, LinkError, Options, RequestId,
};
use symbolon::token::{Identity, Reader, ReaderId, ServiceState, SlotState};

/// Against hanging only.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Desk {
    handle: Handle,
    events: Receiver<(Instant, Event)>,
    readers: BTreeMap<ReaderId, Reader>,
    service: ServiceState,
    /// Cards that were read to their end.
    tokens: BTreeMap<ReaderId, Identity>,
    /// Requests and how often each ended.
    asked: BTreeMap<RequestId, u32>,
    /// How requests ended.
    ends: BTreeMap<String, u32>,
    /// Commands that went to a card so far.
    exchanges: u64,
    /// When the last event came.
    now: Instant,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: true,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| {
            let _ = sink.send((Instant::now(), event));
        });
        Self {
            handle: handle.unwrap(),
            events,
            readers: BTreeMap::new(),
            service: ServiceState::Starting,
            tokens: BTreeMap::new(),
            asked: BTreeMap::new(),
            ends: BTreeMap::new(),
            exchanges: 0,
            now: Instant::now(),
        }
    }

    fn take(&mut self, at: Instant, event: &Event) {
        self.now = at;
        match event {
            Event::ServiceChanged(state) => self.service = *state,
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => {
                if !matches!(reader.slot, SlotState::Present { .. }) {
                    self.tokens.remove(&reader.id);
                }
                self.readers.insert(reader.id, reader.clone());
            }
            Event::ReaderRemoved(id) => {
                self.readers.remove(id);
                self.tokens.remove(id);
            }
            Event::TokenRead { identity, token } => {
                let slot = self
                    .readers
                    .get(&identity.reader)
                    .map(|reader| &reader.slot);
                let present = SlotState::Present {
                    identity: *identity,
                };
                assert_eq!(slot, Some(&present), "a token of a card that is gone");
                if token.complete {
                    self.tokens.insert(identity.reader, *identity);
                }
            }
            Event::Traced(_) => self.exchanges += 1,
            Event::Finished { id, outcome } => {
                let ends = self.asked.get_mut(id).expect("nobody asked for this");
                *ends += 1;
                assert_eq!(*ends, 1, "{id:?} ended again: {outcome:?}");
                *self.ends.entry(kind(outcome)).or_default() += 1;
            }
            _ => {}
        }
    }

    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) -> Instant {
        // What came until now counts from when it came.
        while let Ok((at, event)) = self.events.try_recv() {
            self.take(at, &event);
        }
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((at, event)) = self.events.recv_timeout(left) else {
                panic!(
                    "{what}: not in {PATIENCE:?}; {:?}, readers {:?}, read {:?}, asked {:?}",
                    self.service, self.readers, self.tokens, self.asked
                );
            };
            self.take(at, &event);
        }
        self.now
    }

    /// Waits until the readers are these, and tells since when.
    #[track_caller]
    pub(crate) fn until_readers(&mut self, what: &str, wanted: &[String]) -> Instant {
        self.until(what, |desk| {
            let names = desk.readers.values().map(|reader| reader.name.as_str());
            let mut names: Vec<&str> = names.collect();
            names.sort_unstable();
            desk.service == ServiceState::Running && names == wanted
        })
    }

    /// Waits until a card is read to its end.
    #[track_caller]
    pub(crate) fn until_token(&mut self, what: &str) -> Instant {
        self.until(what, |desk| !desk.tokens.is_empty())
    }

    /// Asks for something, whatever comes of it.
    pub(crate) fn ask(&mut self, command: Command) -> RequestId {
        let id = self.handle.send(command);
        self.asked.insert(id, 0);
        id
    }

    /// Asks the card for three readings and an empty slot for one, and returns in the middle of the first.
    #[track_caller]
    pub(crate) fn ask_in_the_middle(&mut self, what: &str) {
        // It may have fallen out since it was read: the service lost it, and finds it again.
        self.until_token(what);
        let before = self.exchanges;
        let reader = *self.tokens.keys().next().unwrap();
        for _ in 0..3 {
            self.ask(Command::Read { reader });
        }
        self.ask_every_reader();
        self.until(what, |desk| desk.exchanges > before);
    }

    /// Asks every reader there is for a reading.
    pub(crate) fn ask_every_reader(&mut self) {
        let readers: Vec<ReaderId> = self.readers.keys().copied().collect();
        for reader in readers {
            self.ask(Command::Read { reader });
        }
    }

    /// Takes what came meanwhile.
    pub(crate) fn catch_up(&mut self) {
        self.until("nothing", |_| true);
    }

    /// Waits until nothing that was asked is open.
    #[track_caller]
    pub(crate) fn until_all_ended(&mut self, what: &str) {
        self.until(what, |desk| desk.asked.values().all(|&ends| ends == 1));
    }

    pub(crate) fn print_ends(&self) {
        let asked = self.asked.len();
        let ends: Vec<String> = self
            .ends
            .iter()
            .map(|(kind, n)| format!("{n} {kind}"))
            .collect();
        println!("{asked} requests, each ended once: {}", ends.join(", "));
    }

    /// Ends the backend; nothing may be open, and nothing comes after its end.
    pub(crate) fn close(self) {
        self.handle.close();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the backend does not end"),
            }
        }
    }
}

/// The name of an end; panics at one that nobody could react to.
fn kind(outcome: &Result<Done, Failure>) -> String {
    match outcome {
        Ok(Done::Read(_)) => "read".into(),
        Ok(done) => format!("{done:?}"),
        Err(Failure::NoReader) => "no reader".into(),
        Err(Failure::NoCard) => "no card".into(),
        Err(Failure::Card(CardError::Link(error))) => {
            assert!(
                matches!(
                    error,
                    LinkError::NoService
                        | LinkError::Refused
                        | LinkError::Removed
                        | LinkError::NoReader
                        | LinkError::Reset
                        | LinkError::Mute
                        | LinkError::Cancelled
                        | LinkError::Broken(_)
                ),
                "{error:?}"
            );
            error.to_string()
        }
        Err(other) => panic!("{other:?}"),
    }
}
