//! The backend and a real smart card service: sixteen readers, a card that comes and goes, and
//! the service itself, which is stopped, killed in the middle of a reading, and started again.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use support::cards::IndependentCard;
use support::pcscd::PrivatePcscd;
use symbolon::backend::{self, CardError, Command, Event, Failure, LinkError, Options};
use symbolon::base::os::set_env_before_threads;
use symbolon::token::{Identity, Reader, ReaderId, ServiceState, SlotState, Token};

const PATIENCE: Duration = Duration::from_secs(20);

/// What is known from the events so far.
struct Desk {
    events: Receiver<Event>,
    readers: BTreeMap<ReaderId, Reader>,
    service: ServiceState,
    tokens: BTreeMap<ReaderId, (Identity, Arc<Token>)>,
}

impl Desk {
    fn new(events: Receiver<Event>) -> Self {
        let service = ServiceState::Starting;
        Self {
            events,
            readers: BTreeMap::new(),
            service,
            tokens: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: &Event) {
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
                self.tokens
                    .insert(identity.reader, (*identity, Arc::clone(token)));
            }
            _ => {}
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&Self, &Event) -> bool) -> Duration {
        let started = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(started.elapsed());
            let Ok(event) = self.events.recv_timeout(left) else {
                panic!(
                    "{what}: not in {PATIENCE:?}; readers {:?}, {:?}",
                    self.readers, self.service
                );
            };
            self.take(&event);
            if done(self, &event) {
                return started.elapsed();
            }
        }
    }

    fn whole(&self) -> Option<&(Identity, Arc<Token>)> {
        self.tokens.values().find(|(_, token)| token.complete)
    }
}

/// All in one test: where the service listens is in the environment of the process.
#[test]
fn the_service_comes_goes_and_comes_back() {
    let mut service = PrivatePcscd::start(16);
    set_env_before_threads("PCSCLITE_CSOCK_NAME", &service.slot(0).socket);
    service.stop();

    let (sink, events) = mpsc::channel();
    let options = Options {
        pcsc: true,
        practice: Vec::new(),
        cache: None,
    };
    let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
    let mut desk = Desk::new(events);
    desk.until("no service", |desk, event| {
        desk.service == ServiceState::Stopped && matches!(event, Event::Settled)
    });
    assert!(desk.readers.is_empty());

    service.restart();
    let back = desk.until("sixteen readers", |desk, _| desk.readers.len() == 16);
    println!("sixteen readers {back:?} after the service was back");
    assert_eq!(desk.service, ServiceState::Running);

    let mut card = IndependentCard::openpgp(service.slot(15));
    desk.until("a token", |desk, _| desk.whole().is_some());
    let (identity, token) = desk.whole().unwrap().clone();
    assert_eq!(token.serial.as_ref().unwrap().as_str(), "00000042");
    assert_eq!(
        desk.readers[&identity.reader].name.as_str(),
        service.slot(15).reader
    );

    // Pulled: the row is empty, and nothing can be asked of the card any more.
    card.pull();
    desk.until("an empty slot", |desk, _| {
        desk.readers[&identity.reader].slot == SlotState::Empty
    });
    let asked = handle.send(Command::Read {
        reader: identity.reader,
    });
    desk.until("a refusal", |_, event| {
        matches!(event, Event::Finished { id, outcome: Err(Failure::NoCard) } if *id == asked)
    });
    card.insert();
    desk.until("the token again", |desk, _| desk.whole().is_some());

    // Killed while a reading is under way: it ends clearly, and all readers go.
    for round in 0..3 {
        let reader = desk.whole().unwrap().0.reader;
        let asked = handle.send(Command::Read { reader });
        desk.until("the reading's first exchange", |_, event| {
            matches!(event, Event::Traced(_))
        });
        service.kill();
        let ended = std::cell::Cell::new(false);
        desk.until(
            "an end of the request, and of the readers",
            |desk, event| {
                if let Event::Finished { id, outcome } = event {
                    assert_eq!(*id, asked);
                    assert!(
                        matches!(
                            outcome,
                            Ok(_)
                                | Err(Failure::Card(CardError::Link(
                                    LinkError::NoService
                                        | LinkError::Removed
                                        | LinkError::NoReader
                                        | LinkError::Broken(_)
                                )))
                        ),
                        "{outcome:?}"
                    );
                    assert!(!ended.replace(true), "a second end");
                }
                ended.get() && desk.readers.is_empty() && desk.service == ServiceState::Stopped
            },
        );
        service.restart();
        card.insert();
        let back = desk.until("the token once more", |desk, _| desk.whole().is_some());
        println!("round {round}: the token {back:?} after the service was back");
    }
    handle.close();
}
