//! What a person does, one thing after the other, to a token whose card lies: through the
//! whole backend, with a reader that has a PIN pad.
//!
//! The bytes are those of [`script`](crate::script), with the actions as their first part but
//! one; three bytes each, see [`Session::act`]. Cards here are made anew for each input, since
//! actions change them, and there are two: the second comes when another card is put back.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use symbolon::backend::{
    self, CardError, Command, Done, Event, Failure, Handle, Options, PinAction, PinCommand,
    RequestId,
};
use symbolon::base::secret::Secret;
use symbolon::simulator::{Occupancy, SimulatedReader, Typed};
use symbolon::token::{ApplicationKind, Identity, PinReference, ReaderId, SlotState, Token};
use symbolon::transport::link::PinPadFeatures;

use crate::{script, verdict, world};
use world::World;

/// A limit against hanging: everything here takes milliseconds.
const LIMIT: Duration = Duration::from_secs(15);

/// The most actions of one input.
const MOST_ACTIONS: usize = 24;

/// Sessions so far, and those of them in which a card came and went unseen, so that it is not known
/// which card each request was for.
static SESSIONS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// How many sessions there were, and in how many of them it was not judged which card a PIN was
/// for. All else is judged in all of them.
#[must_use]
pub fn sessions() -> [usize; 2] {
    [0, 1].map(|index: usize| SESSIONS[index].load(Ordering::Relaxed))
}

pub(crate) fn run(bytes: &[u8]) {
    let parts = script::parts(bytes);
    let (Some((head, rest)), true) = (parts.split_first(), parts.len() > 1) else {
        return;
    };
    let Some((actions, lies)) = rest.split_first() else {
        return;
    };
    let world = World::new(head.first().copied().unwrap_or(0), lies);
    let mut session = Session::begin(Arc::clone(&world));
    for action in actions.chunks_exact(3).take(MOST_ACTIONS) {
        if let [deed, target, value] = *action {
            session.act(deed, target, value);
        }
    }
    session.end();
    SESSIONS[0].fetch_add(1, Ordering::Relaxed);
    SESSIONS[1].fetch_add(usize::from(!session.certain), Ordering::Relaxed);
    let [all, uncertain] = sessions();
    if all.is_multiple_of(1000) {
        eprintln!("sessions: {all}, not certain which card: {uncertain}");
    }
    let tokens = session.certain.then_some(&*session.tokens);
    verdict::check(&session.requests, tokens, &world::lock(&world));
}

/// A request about a PIN, and what came of it.
pub(crate) struct Request {
    pub(crate) id: RequestId,
    /// What was typed for it, each once.
    pub(crate) typed: Vec<Vec<u8>>,
    /// The card that was in the reader when the person saw it; nothing for a card never seen.
    pub(crate) stay: Option<usize>,
    /// Whether it is a command that the person wrote.
    pub(crate) raw: bool,
    /// Whether the last try was allowed.
    pub(crate) use_last_try: bool,
    /// Where in the book of the card everything stands that was done for it; others may stand
    /// there, too.
    pub(crate) lines: Range<usize>,
    pub(crate) outcome: Option<Result<Done, Failure>>,
}

/// A backend with one practice reader, and what it reported.
struct Session {
    world: Arc<std::sync::Mutex<World>>,
    slot: SimulatedReader,
    handle: Handle,
    events: Receiver<Event>,
    reader: ReaderId,
    requests: Vec<Request>,
    /// What was shown, with the stay of the card that it was read from.
    tokens: Vec<(usize, Arc<Token>)>,
    /// Which stay of a card in the reader each insertion was.
    stays: HashMap<u64, usize>,
    shown: Option<(Identity, Arc<Token>)>,
    /// Whether a card is in the reader, as far as it was said.
    present: bool,
    /// How often something about the reader changed.
    changes: usize,
    /// Whether it is known of every stay which insertion it was.
    certain: bool,
    /// Whether the first reading of the card in the reader is over.
    whole: bool,
    typed: u32,
}

impl Session {
    /// The card is in the reader and the first reading has begun.
    fn begin(world: Arc<std::sync::Mutex<World>>) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| {
            // Late events after the end have nobody to hear them.
            let _ = sink.send(event);
        })
        .expect("a backend");
        let features = PinPadFeatures {
            verify: true,
            modify: true,
        };
        let slot = SimulatedReader::with_pinpad("Liar", features);
        slot.insert(world::card(&world));
        handle.plug(slot.clone());
        let mut session = Self {
            world,
            slot,
            handle,
            events,
            reader: ReaderId(0),
            requests: Vec::new(),
            tokens: Vec::new(),
            stays: HashMap::new(),
            shown: None,
            present: false,
            changes: 0,
            certain: true,
            whole: false,
            typed: 0,
        };
        session.until("a card in the reader", |session| session.changes > 0);
        session
    }

    /// One action. *deed* says what; *target* in its low three bits which PIN of those shown,
    /// and in the others what [`Session::pin_command`] says; *value* what is typed.
    fn act(&mut self, deed: u8, target: u8, value: u8) {
        // What is typed on the reader is taken by the request that it was typed for.
        let on_reader = matches!(deed & 0x0F, 7 | 8);
        let wait = deed & 0x80 == 0 || on_reader;
        let cancel = deed & 0x40 != 0 && !on_reader;
        let id = match deed & 0x0F {
            0 => self.send(
                Command::Read {
                    reader: self.reader,
                },
                Vec::new(),
                None,
            ),
            1..=8 => self.pin(deed & 0x0F, target, value),
            9 => self.raw(target, value),
            10 => return self.pull(),
            11 => return self.put_back(value & 1 != 0),
            12 => return self.until("a token or the reason why not", |session| session.whole),
            _ => return self.drain(),
        };
        if cancel {
            self.handle.cancel(id);
        }
        if wait {
            self.until_finished(id);
        } else {
            self.drain();
        }
    }

    fn send(
        &mut self,
        command: Command,
        typed: Vec<Vec<u8>>,
        about: Option<Identity>,
    ) -> RequestId {
        let raw = matches!(command, Command::Send { .. });
        let use_last_try = matches!(&command, Command::Pin(pin) if pin.use_last_try);
        let begin = world::lock(&self.world).book.len();
        let stay = about.and_then(|identity| self.stays.get(&identity.insertion).copied());
        let id = self.handle.send(command);
        self.requests.push(Request {
            id,
            typed,
            stay,
            raw,
            use_last_try,
            lines: begin..usize::MAX,
            outcome: None,
        });
        id
    }

    /// Something to a PIN. Bit 3 of *target*: a card that was seen before this one; bit 4: the
    /// last try may be used; bits 5 and 6: a PIN that nobody was shown.
    fn pin(&mut self, deed: u8, target: u8, value: u8) -> RequestId {
        self.drain();
        let unseen = Identity {
            reader: self.reader,
            insertion: 1,
        };
        let (mut identity, token) = match &self.shown {
            Some((identity, token)) => (*identity, Some(Arc::clone(token))),
            None => (unseen, None),
        };
        if target & 0x08 != 0 {
            identity.insertion = identity.insertion.saturating_sub(2);
        }
        let pins: Vec<_> = token
            .iter()
            .flat_map(|token| &token.applications)
            .flat_map(|application| application.pins.iter().map(|pin| (application.kind, pin)))
            .map(|(kind, pin)| (kind, pin.reference))
            .collect();
        let unknown = (ApplicationKind::OpenPgp, PinReference(value));
        let (application, pin) = match target & 0x60 {
            0x60 => unknown,
            _ => *pins
                .get(usize::from(target & 7) % pins.len().max(1))
                .unwrap_or(&unknown),
        };
        let (action, typed) = self.action(deed, value);
        let command = PinCommand {
            identity,
            application,
            pin,
            action,
            use_last_try: target & 0x10 != 0,
        };
        self.send(Command::Pin(command), typed, Some(identity))
    }

    fn action(&mut self, deed: u8, value: u8) -> (PinAction, Vec<Vec<u8>>) {
        let code = self.typed(value & 0x0F);
        let new = self.typed(value >> 4 | 0x01);
        let with = match value & 0x30 {
            0x00 => PinReference(0x81),
            0x10 => PinReference(0x83),
            0x20 => PinReference(0xD3),
            _ => PinReference(value),
        };
        let secret = |value: &Vec<u8>| Secret::new(value);
        match deed {
            1 | 2 => (PinAction::Verify { pin: secret(&code) }, vec![code]),
            3 | 4 => {
                let (current, new_pin) = (secret(&code), secret(&new));
                let action = PinAction::Change {
                    current,
                    new: new_pin,
                };
                (action, vec![code, new])
            }
            5 => {
                let action = PinAction::Unblock {
                    with,
                    code: secret(&code),
                    new: secret(&new),
                };
                (action, vec![code, new])
            }
            6 => {
                let action = PinAction::Set {
                    with,
                    code: secret(&code),
                    new: secret(&new),
                };
                (action, vec![code, new])
            }
            7 => {
                self.press(value, vec![code.clone()]);
                (PinAction::VerifyOnReader, vec![code])
            }
            _ => {
                self.press(value, vec![code.clone(), new.clone(), new.clone()]);
                (PinAction::ChangeOnReader, vec![code, new])
            }
        }
    }

    /// What is done at the PIN pad; what was left from before is not typed any more.
    fn press(&self, value: u8, pins: Vec<Vec<u8>>) {
        self.slot.keys().clear();
        self.slot.keys().press(match value {
            0xFE => Typed::Cancel,
            _ => Typed::Pins(pins),
        });
    }

    /// What a person types: the PIN with which cards are delivered, or something that was
    /// never typed before.
    fn typed(&mut self, how: u8) -> Vec<u8> {
        self.typed += 1;
        let number = self.typed;
        match how {
            0 | 2 => b"123456".to_vec(),
            4 | 6 => b"12345678".to_vec(),
            1 | 3 => format!("7{number:05}").into_bytes(),
            5 | 7 => format!("7{number:07}").into_bytes(),
            8 => Vec::new(),
            9 => format!("7{number}").into_bytes(),
            10 => format!("{number:0>130}").into_bytes(),
            11 => format!("\u{fc}{number:05}").into_bytes(),
            12 => vec![0xFF, 0xFE, number as u8, 0, 1, 2, 3],
            _ => format!("x{number:05}").into_bytes(),
        }
    }

    /// A command as it stands, which may be any.
    fn raw(&mut self, target: u8, value: u8) -> RequestId {
        self.drain();
        let identity = match &self.shown {
            Some((identity, _)) => *identity,
            None => Identity {
                reader: self.reader,
                insertion: 1,
            },
        };
        let commands: [&[u8]; 6] = [
            &[0x00, 0xCA, 0x00, 0x6E, 0x00],
            &[
                0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00,
            ],
            &[0x00, 0xC0, 0x00, 0x00, value],
            &[0x00],
            &[],
            &[0x80, 0xCB, target, value, 0x01, 0x00, 0x00, 0x00],
        ];
        let bytes = Secret::new(commands[usize::from(target) % commands.len()]);
        self.send(Command::Send { identity, bytes }, Vec::new(), None)
    }

    /// The card is out when this returns, and the program knows.
    fn pull(&mut self) {
        self.slot.remove();
        self.until("an empty reader", |session| !session.present);
    }

    /// The card, or another, is in when this returns, and the program has seen it.
    fn put_back(&mut self, other: bool) {
        self.pull();
        world::lock(&self.world).next_stay(other);
        self.slot.insert(world::card(&self.world));
        let before = self.changes;
        self.until("a card that was put back", |session| {
            let empty = || session.slot.occupancy() == Occupancy::Empty;
            session.present || session.changes != before && empty()
        });
        // One that was read and pulled before it was seen was never anybody's.
        self.certain &= self.present;
    }

    // Events.

    fn drain(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.hear(&event);
        }
    }

    fn until(&mut self, what: &str, is_it: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        self.drain();
        while !is_it(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left);
            let event = event.unwrap_or_else(|_| panic!("{what} never came"));
            self.hear(&event);
        }
    }

    fn until_finished(&mut self, id: RequestId) {
        self.until("the end of a request", |session| {
            let mut requests = session.requests.iter();
            requests.all(|request| request.id != id || request.outcome.is_some())
        });
    }

    fn hear(&mut self, event: &Event) {
        if crate::talks() {
            eprintln!("{:?} {event:?}", world::lock(&self.world).stay);
        }
        self.whole = is_whole(event) || self.whole && !is_present(event);
        match event {
            Event::ReaderAdded(reader) => self.reader = reader.id,
            Event::ReaderChanged(reader) => {
                self.changes += 1;
                self.present = is_present(event);
                if let SlotState::Present { identity } = &reader.slot {
                    let stay = world::lock(&self.world).stay;
                    self.stays.entry(identity.insertion).or_insert(stay);
                } else {
                    self.shown = None;
                }
            }
            Event::TokenRead { identity, token } => {
                let stay = self.stays.get(&identity.insertion).copied();
                let stay = stay.expect("a token of a card that was seen");
                crate::oracle::clean_value(&serde_json::to_value(&**token).expect("JSON"));
                self.tokens.push((stay, Arc::clone(token)));
                self.shown = Some((*identity, Arc::clone(token)));
            }
            Event::Traced(entry) => crate::oracle::clean(&entry.name),
            Event::Finished { id, outcome } => {
                let mut requests = self.requests.iter_mut();
                let request = requests.find(|request| request.id == *id);
                let request = request.expect("the end of something that was asked");
                assert!(request.outcome.is_none(), "a second end: {outcome:?}");
                if is_from_card(outcome) {
                    request.lines.end = world::lock(&self.world).book.len();
                }
                request.outcome = Some(outcome.clone());
            }
            _ => {}
        }
    }

    /// Closes the backend and waits until its last thread is gone.
    fn end(&mut self) {
        self.handle.close();
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => self.hear(&event),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("threads that do not end"),
            }
        }
        let open = self
            .requests
            .iter()
            .filter(|request| request.outcome.is_none());
        assert_eq!(open.count(), 0, "requests without an end");
    }
}

/// Whether nothing more is sent for a request with this end: not so if somebody else than the
/// thread of the reader ended it, in the middle of what that did.
fn is_from_card(outcome: &Result<Done, Failure>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(Failure::Card(error)) => !matches!(error, CardError::Link(_)),
        Err(_) => false,
    }
}

fn is_present(event: &Event) -> bool {
    matches!(event, Event::ReaderChanged(reader) if matches!(reader.slot, SlotState::Present { .. }))
}

/// Whether nothing more comes by itself.
fn is_whole(event: &Event) -> bool {
    match event {
        Event::TokenRead { token, .. } => token.complete,
        Event::TokenUnreadable { .. } => true,
        Event::ReaderChanged(reader) => reader.slot == SlotState::Empty,
        _ => false,
    }
}
