//! The whole backend over one simulated reader.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{self, Command, Done, Event, Failure, Handle, Options, PinAction};
use symbolon::backend::{PinCommand, RequestId};
use symbolon::simulator::{Card, SimulatedReader};
use symbolon::token::{ApplicationKind, Identity, PinReference, ReaderId, Token};
use symbolon::transport::link::PinPadFeatures;

/// How long anything may take that has no reason to wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// A backend with readers that have keys.
pub(crate) struct Desk {
    pub(crate) handle: Handle,
    pub(crate) events: Receiver<Event>,
    pub(crate) readers: Vec<SimulatedReader>,
}

impl Desk {
    pub(crate) fn new(names: &[&str]) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let told = move |event| {
            if !matches!(event, Event::Traced(_)) {
                let _ = sink.send(event);
            }
        };
        let handle = backend::start(options, told).unwrap();
        handle.keep_trace(false);
        let features = PinPadFeatures {
            verify: true,
            modify: true,
        };
        let readers: Vec<_> = names
            .iter()
            .map(|name| SimulatedReader::with_pinpad(name, features))
            .collect();
        for reader in &readers {
            handle.plug(reader.clone());
        }
        Self {
            handle,
            events,
            readers,
        }
    }

    /// The first event that `wanted` takes.
    #[track_caller]
    pub(crate) fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).expect("an event in time");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    /// Puts a card into the first reader and waits until it is read.
    #[track_caller]
    pub(crate) fn insert(&self, card: Box<dyn Card>) -> (Identity, Arc<Token>) {
        self.insert_into(0, card)
    }

    #[track_caller]
    pub(crate) fn insert_into(&self, reader: usize, card: Box<dyn Card>) -> (Identity, Arc<Token>) {
        let id = ReaderId(u32::try_from(reader).unwrap() + 1);
        self.readers[reader].remove();
        // What was read of the card before is no news any more.
        let asked = self.handle.send(Command::Read { reader: id });
        let _ = self.end(asked);
        self.readers[reader].insert(card);
        self.wait(|event| match event {
            Event::TokenRead { identity, token } if identity.reader == id && token.complete => {
                Some((*identity, Arc::clone(token)))
            }
            Event::TokenUnreadable { error, .. } => panic!("unreadable: {error}"),
            _ => None,
        })
    }

    /// How a request ended.
    #[track_caller]
    pub(crate) fn end(&self, asked: RequestId) -> Result<Done, Failure> {
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        })
    }

    /// Waits until the lane of the first reader has nothing more to do.
    #[track_caller]
    pub(crate) fn settle(&self) {
        let reader = ReaderId(1);
        let asked = self.handle.send(Command::Read { reader });
        let _ = self.end(asked);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// A PIN request.
pub(crate) fn request(
    identity: Identity,
    application: ApplicationKind,
    pin: PinReference,
    action: PinAction,
    use_last_try: bool,
) -> Command {
    Command::Pin(PinCommand {
        identity,
        application,
        pin,
        action,
        use_last_try,
    })
}
