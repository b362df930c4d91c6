//! The backend's own thread: knows the readers, routes requests to their lanes, and sees to
//! it that every request ends exactly once.

mod time;

use std::collections::{BTreeMap, HashMap};
use std::ffi::CString;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::handle::Letter;
use super::lane::{self, Job, Lane, Report, Work};
use super::manager::AttemptBook;
use super::practice::{Port, Practice};
use super::{
    CardError, Command, Done, Event, Failure, LinkError, PlanAction, PlanCommand, PracticeCommand,
    RequestId, helpers,
};
use crate::base::process;
use crate::plan::journal::Journals;
use crate::simulator::SimulatedReader;
use crate::token::{Identity, Reader, ReaderId, ServiceState, SlotState, Text, Token};
use crate::transport::channel::Cancel;
use crate::transport::link::Reader as TransportReader;
use crate::transport::pcsc::PcscReader;
use crate::transport::trace::{Entry, Ring, Tracer};
use crate::transport::watch::{self, Sight, Slot, Watch};
use time::{FIRST_ANSWER, Retry, TIME_LIMIT};

/// Everything that the thread knows.
pub(super) struct Router {
    sink: Arc<dyn Fn(Event) + Send + Sync>,
    letters: Sender<Letter>,
    trace: Arc<Mutex<Ring>>,
    numbers: Arc<AtomicU64>,
    watch: Option<Watch>,
    readers: BTreeMap<ReaderId, Place>,
    next_reader: u32,
    requests: HashMap<RequestId, Open>,
    practice: Practice,
    time_limit: Duration,
    practice_journals: Journals,
    practice_attempts: AttemptBook,
    cache: Cache,
    /// By when the service has to have answered for the first time.
    first_answer: Option<Instant>,
}

/// A reader and what is known of it.
struct Place {
    reader: Reader,
    /// The name by which the service knows it; nothing for practice readers.
    name: Option<CString>,
    lane: Lane,
    /// Counts cards.
    insertion: u64,
    /// The service's count of insertions and removals.
    events: Option<u16>,
    token: Option<Arc<Token>>,
    /// Ends the reading that the lane does by itself.
    reading: Cancel,
    /// When the card is read again that the service did not let us reach.
    retry: Option<Retry>,
    /// What the service told last.
    told: Slot,
}

/// A request that has not ended.
struct Open {
    reader: Option<ReaderId>,
    cancel: Cancel,
    deadline: Instant,
    /// Whether it ends by itself after it was cancelled: a plan stops between two steps.
    ends_itself: bool,
}

impl Router {
    pub(super) fn new(
        sink: Arc<dyn Fn(Event) + Send + Sync>,
        letters: Sender<Letter>,
        trace: Arc<Mutex<Ring>>,
        cache: Cache,
    ) -> Self {
        Self {
            sink,
            letters,
            trace,
            numbers: Arc::default(),
            watch: None,
            readers: BTreeMap::new(),
            next_reader: 1,
            requests: HashMap::new(),
            practice: Practice::default(),
            practice_journals: Journals::memory(),
            practice_attempts: AttemptBook::passing(),
            cache,
            time_limit: TIME_LIMIT,
            first_answer: None,
        }
    }

    /// Runs until [`Letter::Close`].
    pub(super) fn run(mut self, options: &super::Options, inbox: &Receiver<Letter>) {
        for name in &options.practice {
            if self.add_practice(name).is_err() {
                tracing::warn!(name, "no such practice card");
            }
        }
        if options.pcsc {
            let letters = self.letters.clone();
            let started = Watch::start(move |sight| {
                let _ = letters.send(Letter::Sight(sight));
            });
            match started {
                Ok(watch) => {
                    self.watch = Some(watch);
                    self.first_answer = Some(Instant::now() + FIRST_ANSWER);
                }
                Err(error) => {
                    tracing::error!(%error, "cannot watch readers");
                    self.emit(Event::ServiceChanged(ServiceState::Stopped));
                    self.emit(Event::Settled);
                }
            }
        } else {
            self.emit(Event::Settled);
        }
        loop {
            let letter = match self.next_deadline() {
                Some(deadline) => {
                    match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                        Ok(letter) => letter,
                        Err(RecvTimeoutError::Timeout) => {
                            self.act_on_time();
                            continue;
                        }
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                None => match inbox.recv() {
                    Ok(letter) => letter,
                    Err(_) => break,
                },
            };
            match letter {
                Letter::Close => break,
                Letter::Request(id, command) => self.request(id, command),
                Letter::Cancel(id) => self.cancel(id),
                Letter::Sight(sight) => self.see(sight),
                Letter::Practice(reader) => self.practice_changed(reader),
                Letter::Plug(reader) => self.plug(&reader),
                Letter::Remember { folder, on } => self.cache.remember(&folder, on),
                Letter::Limit(limit) => self.time_limit = limit,
                Letter::Lane(report) => self.hear(report),
                Letter::Helped(id, ended) => {
                    if let Some(watch) = &self.watch {
                        watch.nudge();
                    }
                    self.finish(id, ended);
                }
            }
        }
        self.end_all(&Failure::Closing);
    }

    fn emit(&self, event: Event) {
        (self.sink)(event);
    }

    // Requests.

    fn end_all(&mut self, failure: &Failure) {
        let ids: Vec<_> = self.requests.keys().copied().collect();
        for id in ids {
            self.finish(id, Err(failure.clone()));
        }
        for place in self.readers.values() {
            place.reading.cancel();
        }
    }

    fn cancel(&mut self, id: RequestId) {
        if let Some(open) = self.requests.get(&id) {
            open.cancel.cancel();
            if !open.ends_itself {
                self.finish(id, Err(Failure::Cancelled));
            }
        }
    }

    /// The only place where a request ends. What comes after that is dropped.
    fn finish(&mut self, id: RequestId, outcome: Result<Done, Failure>) {
        if self.requests.remove(&id).is_some() {
            self.emit(Event::Finished { id, outcome });
        }
    }

    fn request(&mut self, id: RequestId, command: Command) {
        let open = Open {
            reader: None,
            cancel: Cancel::default(),
            deadline: Instant::now() + self.time_limit,
            ends_itself: false,
        };
        self.requests.insert(id, open);
        let refused = match command {
            Command::Read { reader } => self.queue(id, reader, None, Work::Read),
            Command::ReadSheet { identity } => self.queue_shown(id, identity, Work::Sheet),
            Command::ReadManager { identity, access } => {
                self.queue(id, identity.reader, Some(identity), Work::Manager(access))
            }
            Command::Pin(command) => {
                let identity = command.identity;
                self.queue_shown(id, identity, |token| Work::Pin(command, token))
            }
            Command::UseKey(command) => {
                let identity = command.identity;
                self.queue_shown(id, identity, |token| Work::Key(command, token))
            }
            Command::Send { identity, bytes } => {
                self.queue(id, identity.reader, Some(identity), Work::Send(bytes))
            }
            Command::Plan(PlanCommand { identity, action }) => {
                let goes_on = matches!(action, PlanAction::Run { .. } | PlanAction::Resume { .. });
                if let Some(open) = self.requests.get_mut(&id)
                    && goes_on
                {
                    open.ends_itself = true;
                    open.deadline = Instant::now() + time::STEP_LIMIT;
                }
                self.queue(id, identity.reader, Some(identity), Work::Plan(action))
            }
            Command::Practice(command) => {
                let ended = self.practise(command).map(Done::Practised);
                self.finish(id, ended);
                Ok(())
            }
            Command::StartService => {
                helpers::start_service(id, self.letters.clone());
                Ok(())
            }
            Command::AskToLetGo { reader } => {
                let by = self.readers.get(&reader).map(|place| &place.reader.slot);
                let by = match by {
                    Some(SlotState::Held { by: Some(by) }) => Some(by.as_str().to_owned()),
                    _ => None,
                };
                helpers::ask_to_let_go(id, by.as_deref(), self.letters.clone());
                Ok(())
            }
        };
        if let Err(failure) = refused {
            self.finish(id, Err(failure));
        }
    }

    /// Work on the card that the person was shown, as it was shown.
    fn queue_shown(
        &mut self,
        id: RequestId,
        identity: Identity,
        work: impl FnOnce(Arc<Token>) -> Work,
    ) -> Result<(), Failure> {
        let place = self
            .readers
            .get(&identity.reader)
            .ok_or(Failure::NoReader)?;
        if place.insertion != identity.insertion && place.token.is_some() {
            return Err(CardError::OtherCard.into());
        }
        let token = place.token.clone().ok_or(Failure::NoCard)?;
        self.queue(id, identity.reader, Some(identity), work(token))
    }

    /// Hands work to a lane; with `shown`, only if that card is still in the reader.
    fn queue(
        &mut self,
        id: RequestId,
        reader: ReaderId,
        shown: Option<Identity>,
        work: Work,
    ) -> Result<(), Failure> {
        let place = self.readers.get(&reader).ok_or(Failure::NoReader)?;
        let identity = Identity {
            reader,
            insertion: place.insertion,
        };
        if shown.is_some_and(|shown| shown != identity) {
            return Err(CardError::OtherCard.into());
        }
        if matches!(place.reader.slot, SlotState::Empty | SlotState::Unavailable) {
            return Err(Failure::NoCard);
        }
        let cancel = Cancel::default();
        if let Some(open) = self.requests.get_mut(&id) {
            open.reader = Some(reader);
            open.cancel = cancel.clone();
        }
        if matches!(work, Work::Read) {
            self.emit(Event::ReadingStarted(identity));
        }
        place.lane.send(Job {
            id: Some(id),
            identity,
            cancel,
            work,
        });
        Ok(())
    }

    // Readers and cards.

    fn see(&mut self, sight: Sight) {
        self.first_answer = None;
        match sight {
            Sight::Service(state) => {
                if state != ServiceState::Running {
                    let real = self.readers.values().filter(|place| place.name.is_some());
                    let real: Vec<_> = real.map(|place| place.reader.id).collect();
                    for id in real {
                        self.remove_reader(id, LinkError::NoService);
                    }
                }
                self.emit(Event::ServiceChanged(state));
            }
            Sight::Added(name) => {
                let shown = watch::reader_name(&name);
                let reader = Box::new(PcscReader::new(&name));
                let cache = self.cache.clone();
                if self.add_reader(shown, Some(name), reader, cache).is_err() {
                    tracing::error!("no thread for another reader");
                }
            }
            Sight::Removed(name) => {
                if let Some(id) = self.find(&name) {
                    self.remove_reader(id, LinkError::NoReader);
                }
            }
            Sight::Slot {
                reader,
                slot,
                events,
            } => {
                if let Some(id) = self.find(&reader) {
                    self.slot_changed(id, slot, Some(events));
                }
            }
            Sight::Settled => self.emit(Event::Settled),
        }
    }

    /// Where the journals of plans on the cards of a reader are. Practice cards are not there any
    /// more when the program ends, and so are theirs.
    fn journals(&self, practice: bool) -> Option<Journals> {
        if practice {
            Some(self.practice_journals.clone())
        } else {
            Journals::usual().ok()
        }
    }

    /// Where failed tries to open the card managers of a reader's cards are kept.
    fn attempts(&self, practice: bool) -> AttemptBook {
        if practice {
            self.practice_attempts.clone()
        } else {
            AttemptBook::usual()
        }
    }

    fn find(&self, name: &CString) -> Option<ReaderId> {
        let mut places = self.readers.iter();
        places
            .find(|(_, place)| place.name.as_ref() == Some(name))
            .map(|(&id, _)| id)
    }

    fn add_reader(
        &mut self,
        shown: Text,
        name: Option<CString>,
        reader: Box<dyn TransportReader>,
        cache: Cache,
    ) -> std::io::Result<ReaderId> {
        let id = ReaderId(self.next_reader);
        let tracer = Tracer::new(id, Arc::clone(&self.numbers), self.note());
        let lane = Lane::start(
            &format!("lane {}", id.0),
            reader,
            tracer,
            self.letters.clone(),
            self.journals(name.is_none()),
            self.attempts(name.is_none()),
            cache,
        )?;
        self.next_reader += 1;
        let practice = name.is_none();
        let reader = Reader {
            id,
            name: shown,
            practice,
            pinpad: false,
            slot: SlotState::Empty,
        };
        self.emit(Event::ReaderAdded(reader.clone()));
        let place = Place {
            reader,
            name,
            lane,
            insertion: 0,
            events: None,
            token: None,
            reading: Cancel::default(),
            retry: None,
            told: Slot::Empty,
        };
        self.readers.insert(id, place);
        Ok(id)
    }

    /// Where exchanges are noted: in the ring and as events.
    fn note(&self) -> Arc<dyn Fn(Entry) + Send + Sync> {
        let (ring, sink) = (Arc::clone(&self.trace), Arc::clone(&self.sink));
        Arc::new(move |entry| {
            let entry = Arc::new(entry);
            ring.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Arc::clone(&entry));
            sink(Event::Traced(entry));
        })
    }

    fn remove_reader(&mut self, id: ReaderId, why: LinkError) {
        self.end_requests_of(id, why);
        if let Some(place) = self.readers.remove(&id) {
            place.reading.cancel();
            place.lane.set_insertion(u64::MAX);
            self.emit(Event::ReaderRemoved(id));
        }
    }

    fn end_requests_of(&mut self, reader: ReaderId, why: LinkError) {
        let open = self
            .requests
            .iter()
            .filter(|(_, open)| open.reader == Some(reader));
        let ids: Vec<_> = open.map(|(&id, _)| id).collect();
        for id in ids {
            if let Some(open) = self.requests.get(&id) {
                open.cancel.cancel();
            }
            self.finish(id, Err(CardError::Link(why).into()));
        }
    }

    fn slot_changed(&mut self, id: ReaderId, slot: Slot, events: Option<u16>) {
        let Some(place) = self.readers.get_mut(&id) else {
            return;
        };
        // Programs that connect and let go change the state too; the count stays.
        let same = events.is_some() && place.events == events;
        place.events = events;
        place.told = slot;
        if slot == Slot::Held {
            // The end of it will be told as well.
            place.retry = None;
        }
        let unchanged = match (slot, &place.reader.slot) {
            // Shown as held only if it could not be read before.
            (Slot::Present | Slot::Held, SlotState::Present { .. })
            | (Slot::Held, SlotState::Held { .. })
            | (Slot::Empty, SlotState::Empty)
            | (Slot::Mute, SlotState::Mute)
            | (Slot::Unavailable, SlotState::Unavailable) => same,
            _ => false,
        };
        if unchanged {
            return;
        }
        if !same || slot == Slot::Empty {
            // Whatever was in it is gone.
            place.insertion += 1;
            place.token = None;
            place.retry = None;
            place.reading.cancel();
            place.reading = Cancel::default();
            place.lane.set_insertion(place.insertion);
            self.end_requests_of(id, LinkError::Removed);
        }
        let Some(place) = self.readers.get_mut(&id) else {
            return;
        };
        let identity = Identity {
            reader: id,
            insertion: place.insertion,
        };
        let state = match slot {
            Slot::Empty => SlotState::Empty,
            Slot::Mute => SlotState::Mute,
            Slot::Unavailable => SlotState::Unavailable,
            Slot::Held => SlotState::Held { by: holder() },
            Slot::Present => SlotState::Present { identity },
        };
        place.reader.slot = state;
        self.emit_reader(id);
        if slot == Slot::Present {
            self.read_by_itself(identity);
        }
    }

    fn emit_reader(&self, id: ReaderId) {
        if let Some(place) = self.readers.get(&id) {
            self.emit(Event::ReaderChanged(place.reader.clone()));
        }
    }

    fn read_by_itself(&mut self, identity: Identity) {
        if let Some(place) = self.readers.get(&identity.reader) {
            self.emit(Event::ReadingStarted(identity));
            let cancel = place.reading.clone();
            place.lane.send(Job {
                id: None,
                identity,
                cancel,
                work: Work::Read,
            });
        }
    }

    /// A report of a lane; those about cards that are gone are dropped.
    fn hear(&mut self, report: Report) {
        let about = match &report {
            Report::Read(identity, _)
            | Report::PinPad(identity, _)
            | Report::Unfinished(identity, _)
            | Report::Unread(identity, _) => Some(*identity),
            Report::Progressed(..) | Report::Finished(..) => None,
        };
        let current = about.is_none_or(|identity| {
            let place = self.readers.get(&identity.reader);
            place.is_some_and(|place| place.insertion == identity.insertion)
        });
        if !current {
            return;
        }
        let event = lane::event(&report);
        match report {
            Report::Finished(id, outcome) => return self.finish(id, outcome),
            Report::Progressed(id, _) if !self.requests.contains_key(&id) => return,
            Report::Progressed(id, _) => {
                if let Some(open) = self.requests.get_mut(&id)
                    && open.ends_itself
                {
                    open.deadline = Instant::now() + time::STEP_LIMIT;
                }
            }
            Report::Unfinished(..) => {}
            Report::Read(identity, token) => {
                if let Some(place) = self.readers.get_mut(&identity.reader) {
                    place.token = Some(token);
                    place.retry = None;
                    if !matches!(place.reader.slot, SlotState::Present { .. }) {
                        place.reader.slot = SlotState::Present { identity };
                        self.emit_reader(identity.reader);
                    }
                }
            }
            Report::PinPad(identity, pinpad) => {
                if let Some(place) = self.readers.get_mut(&identity.reader)
                    && place.reader.pinpad != pinpad
                {
                    place.reader.pinpad = pinpad;
                    self.emit_reader(identity.reader);
                }
            }
            Report::Unread(identity, error) => self.unread(identity, &error),
        }
        if let Some(event) = event {
            self.emit(event);
        }
    }

    /// What the slot looks like when its card could not be read.
    fn unread(&mut self, identity: Identity, error: &CardError) {
        let state = match error {
            CardError::Link(LinkError::Held) => SlotState::Held { by: holder() },
            CardError::Link(LinkError::Mute) => SlotState::Mute,
            CardError::Link(LinkError::NoService) => return self.plan_retry(identity.reader),
            _ => return,
        };
        let Some(place) = self.readers.get_mut(&identity.reader) else {
            return;
        };
        place.reader.slot = state;
        // When it is let go, the state changes and the count does not; then it is read.
        place.token = None;
        // Unless it has been let go already, or sooner than the service looks: it tells only of
        // what it sees, every 400 ms (PCSCLITE_STATUS_POLL_RATE).
        let untold = place.told != Slot::Held && *error == CardError::Link(LinkError::Held);
        self.emit_reader(identity.reader);
        if untold {
            self.plan_retry(identity.reader);
        }
    }

    // Practice.

    fn add_practice(&mut self, card: &str) -> Result<ReaderId, Failure> {
        let (name, port) = self
            .practice
            .make(card)
            .ok_or(Failure::NoSuchPracticeCard)?;
        // It is not there any more when the program ends.
        self.add_port(name, port, Cache::default())
    }

    fn add_port(&mut self, name: Text, port: Port, cache: Cache) -> Result<ReaderId, Failure> {
        let id = self
            .add_reader(name, None, port.transport(), cache)
            .map_err(|_| Failure::Program { program: "thread" })?;
        let letters = self.letters.clone();
        port.subscribe(move || {
            let _ = letters.send(Letter::Practice(id));
        });
        self.practice.keep(id, port);
        self.practice_changed(id);
        Ok(id)
    }

    fn plug(&mut self, reader: &SimulatedReader) {
        let name = Text::from(reader.name());
        let cache = self.cache.clone();
        if self.add_port(name, Port::of(reader), cache).is_err() {
            tracing::error!("no thread for another reader");
        }
    }

    fn practise(&mut self, command: PracticeCommand) -> Result<ReaderId, Failure> {
        match command {
            PracticeCommand::Insert { card } => self.add_practice(&card),
            PracticeCommand::Pull { reader } => self.practice.pull(reader),
            PracticeCommand::PutBack { reader } => self.practice.put_back(reader),
            PracticeCommand::Remove { reader } => {
                self.practice.forget(reader)?;
                self.remove_reader(reader, LinkError::NoReader);
                Ok(reader)
            }
        }
    }

    fn practice_changed(&mut self, id: ReaderId) {
        if let Some((slot, events)) = self.practice.state(id) {
            self.slot_changed(id, slot, Some(events));
        }
    }
}

/// Who keeps a card: the program of this user that uses the service, if it is the only one,
/// or GnuPG's, which is the one that holds cards.
fn holder() -> Option<Text> {
    let users = process::users_of("libpcsclite");
    let gnupg = users.iter().find(|user| user.name == b"scdaemon");
    let only = if users.len() == 1 {
        users.first()
    } else {
        None
    };
    gnupg.or(only).map(|user| Text::from_utf8(&user.name))
}
