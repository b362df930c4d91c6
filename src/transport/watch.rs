//! Waits for readers, cards and the service itself, without asking again and again.
//!
//! One thread blocks in `SCardGetStatusChange`, or, while there is no service, until something
//! happens where its socket will be.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pcsc::{Context, Error, ReaderState, Scope, State};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::OwnedFd;

use super::service::{self, Door, Ended, Lookout};
use crate::token::ServiceState;

/// The most entries that one call takes, the one for readers that come and go included.
const MAX_ENTRIES: usize = 16;

/// Room for the names of all readers: 16 of 128 bytes, and as much again.
const NAMES_ROOM: usize = 4096;

/// How long to wait for a change right after there was one. pcsc-lite tells of readers that
/// come while it is asked, not of those that came between the list and the question.
const CONFIRM: Duration = Duration::from_secs(1);

/// How long to wait for a change when nothing has happened for [`CONFIRM`]. With a wait without
/// end the library would wake every minute by itself.
const QUIET: Duration = Duration::from_secs(600);

/// How many changes may come at once before they are taken at [`PACE`].
const BURST: u32 = 64;

/// The pace of a reader or service that reports changes without end.
const PACE: Duration = Duration::from_millis(100);

/// A service that stayed for so long is looked for soon when it goes, whatever was before.
const STEADY: Duration = Duration::from_secs(5);

/// The first pause before a service is asked again that listens and does not answer as it
/// should. Nothing tells when it mends its ways, so it is asked, ever more rarely.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause: a service that answers again is used within two seconds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often a socket file without a listener is looked at before it is taken for a left-over: with
/// growing pauses these are three seconds.
const LOOKS: u32 = 6;

/// The longest pause for a service that refuses. It writes every refusal into the journal.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);

/// What was seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sight {
    /// The service came, went or refused. When it goes, all readers are gone with it.
    Service(ServiceState),
    /// A reader came; its slot follows.
    Added(CString),
    /// A reader went.
    Removed(CString),
    /// Something happened in a slot.
    Slot {
        /// The reader.
        reader: CString,
        /// What is in it now.
        slot: Slot,
        /// The service's count of insertions and removals.
        events: u16,
    },
    /// Everything there is has been told once.
    Settled,
}

/// What the service knows of a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Slot {
    /// No card.
    Empty,
    /// A card.
    Present,
    /// A card that another program keeps for itself.
    Held,
    /// A card that does not answer to reset.
    Mute,
    /// The reader cannot be reached.
    Unavailable,
}

/// After how long the thread is told again to end.
const CANCEL_AGAIN: Duration = Duration::from_millis(20);

/// How long the end of the thread is waited for.
const END_LIMIT: Duration = Duration::from_secs(2);

/// The watching thread. Ends when this is dropped.
pub struct Watch {
    shared: Arc<Shared>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// Wakes the thread while there is no service.
    wake: OwnedFd,
    state: Mutex<Control>,
}

#[derive(Default)]
struct Control {
    ending: bool,
    context: Option<Context>,
}

impl Watch {
    /// Starts to watch; `sink` is called from the watching thread.
    ///
    /// # Errors
    ///
    /// What the operating system says if there can be no thread or no descriptor.
    pub fn start(sink: impl FnMut(Sight) + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            state: Mutex::default(),
        });
        let inner = Arc::clone(&shared);
        let (alive, ended) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || {
                Watcher {
                    shared: inner,
                    sink,
                    service: ServiceState::Starting,
                    failures: Failures::default(),
                    held_back: None,
                }
                .run();
                drop(alive);
            })?;
        Ok(Self {
            shared,
            ended,
            thread: Some(thread),
        })
    }

    /// Looks for the service at once, after something was done about it.
    pub fn nudge(&self) {
        self.shared.wake();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.wake();
        let deadline = Instant::now() + END_LIMIT;
        let mut cancelling: Option<JoinHandle<bool>> = None;
        // A cancel that comes a moment before the thread blocks is lost, so it is said again. It
        // asks the service, and one that hangs would keep us: hence from a thread.
        while let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(CANCEL_AGAIN) {
            if Instant::now() > deadline {
                tracing::warn!("the smart card service does not let go of a question");
                // The thread ends as soon as there is an answer; nobody hears it any more.
                return;
            }
            let context = self.shared.lock().context.clone();
            if let Some(context) = context
                && cancelling.as_ref().is_none_or(JoinHandle::is_finished)
            {
                cancelling = std::thread::Builder::new()
                    .name("cancel".into())
                    // Fails if the service is gone; then the thread is not blocked in it.
                    .spawn(move || guarded(|| context.cancel()).is_ok())
                    .ok();
            }
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Control> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Takes note of having been woken.
    fn drain(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
    }

    /// Waits for some time, or until woken.
    fn pause(&self, time: Duration) {
        let mut wake = [PollFd::new(&self.wake, PollFlags::IN)];
        let time = Timespec::try_from(time).ok();
        if !matches!(poll(&mut wake, time.as_ref()), Ok(0)) {
            self.drain();
        }
    }
}

struct Watcher<F> {
    shared: Arc<Shared>,
    sink: F,
    service: ServiceState,
    failures: Failures,
    /// What a service said that has not yet told of all its readers: it may break off, or hang.
    held_back: Option<Vec<Sight>>,
}

/// What became of the questions since the service last stayed, or something last happened at its
/// socket.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    /// How many times it listened, and was gone after a moment or answered wrongly.
    count: u32,
    /// Whether it refused one of them. A connection that it closes at once looks like a refusal
    /// or like a service that is gone, as it happens.
    refused: bool,
}

impl<F: FnMut(Sight)> Watcher<F> {
    fn run(mut self) {
        while !self.shared.lock().ending {
            let began = Instant::now();
            match guarded(|| Context::establish(Scope::User)) {
                Ok(context) => {
                    self.shared.lock().context = Some(context.clone());
                    self.held_back = Some(Vec::new());
                    let ended = self.watch_readers(&context);
                    self.shared.lock().context = None;
                    if self.shared.lock().ending {
                        return;
                    }
                    if self.held_back.take().is_some() {
                        self.tell_failure(ended);
                    } else {
                        tracing::info!(?ended, "the smart card service is gone");
                        if began.elapsed() > STEADY {
                            self.failures = Failures::default();
                        }
                        // If it is back already, the next round tells so.
                        let gone = service::judge(false, Door::Shut, service::is_installed());
                        self.tell_service(gone);
                    }
                }
                Err(error) => self.tell_failure(error),
            }
            self.wait_for_service();
        }
    }

    fn tell(&mut self, sight: Sight) {
        match &mut self.held_back {
            Some(held) => held.push(sight),
            None => (self.sink)(sight),
        }
    }

    /// The service told of everything there is.
    fn settle(&mut self) {
        if let Some(held) = self.held_back.take() {
            self.failures.refused = false;
            self.tell_service(ServiceState::Running);
            held.into_iter().for_each(&mut self.sink);
            (self.sink)(Sight::Settled);
        }
    }

    fn tell_service(&mut self, state: ServiceState) {
        if self.service != state {
            self.service = state;
            (self.sink)(Sight::Service(state));
        }
    }

    /// It is not to be talked to. What that means is certain only the second time where
    /// somebody listens: a service that is just ending or starting answers oddly.
    fn tell_failure(&mut self, error: Error) {
        self.failures.refused |= is_refusal(error);
        let door = service::knock(&service::socket());
        tracing::info!(?error, ?door, "the smart card service does not answer");
        if door == Door::Open && self.failures.count == 0 {
            return;
        }
        let state = service::judge(self.failures.refused, door, service::is_installed());
        if self.service != state {
            self.tell_service(state);
            (self.sink)(Sight::Settled);
        }
    }

    /// Blocks on all readers until the service ends or we do.
    fn watch_readers(&mut self, context: &Context) -> Error {
        let mut entries: Vec<ReaderState> = Vec::new();
        let mut pacer = Pacer::new();
        // The first round only looks: without a reader there would be nothing to wake it.
        let mut wait = Duration::ZERO;
        let mut settled = false;
        loop {
            if self.shared.lock().ending {
                return Error::Cancelled;
            }
            if pacer.is_too_fast() {
                self.shared.pause(PACE);
            }
            match self.refresh_list(context, &mut entries) {
                Ok(changed) if changed && settled => wait = CONFIRM,
                Ok(_) => {}
                Err(error) => return error,
            }
            let outcome = guarded(|| context.get_status_change(wait, &mut entries));
            let next = match outcome {
                Ok(()) => CONFIRM,
                Err(Error::Timeout) if settled => QUIET,
                Err(Error::Timeout) => CONFIRM,
                // A reader went between the list and the call: the next list lacks it.
                Err(Error::UnknownReader) => continue,
                Err(error) => return error,
            };
            wait = next;
            for entry in &mut entries {
                if !is_pnp(entry.name()) && entry.event_state().contains(State::CHANGED) {
                    self.tell(sight(entry));
                }
                entry.sync_current_state();
            }
            self.settle();
            settled = true;
        }
    }

    /// Brings the entries in line with the readers that there are. Tells whether a reader came or went.
    fn refresh_list(
        &mut self,
        context: &Context,
        entries: &mut Vec<ReaderState>,
    ) -> Result<bool, Error> {
        Ok(self.take_list(list_readers(context)?, entries))
    }

    fn take_list(&mut self, names: Vec<CString>, entries: &mut Vec<ReaderState>) -> bool {
        let mut changed = false;
        entries.retain(|entry| {
            let stays = is_pnp(entry.name())
                || names.iter().any(|name| name.as_c_str() == entry.name())
                    && !entry
                        .event_state()
                        .intersects(State::UNKNOWN | State::IGNORE);
            if !stays {
                changed = true;
                self.tell(Sight::Removed(entry.name().to_owned()));
            }
            stays
        });
        for name in names {
            let is_known = entries.iter().any(|entry| entry.name() == name.as_c_str());
            let readers = entries.iter().filter(|entry| !is_pnp(entry.name()));
            // Of one that is told and not watched, nobody would know that it is told already.
            if !is_known && !is_pnp(&name) && readers.count() < MAX_ENTRIES {
                changed = true;
                self.tell(Sight::Added(name.clone()));
                entries.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        let readers = entries.iter().filter(|entry| !is_pnp(entry.name())).count();
        let has_pnp = readers < entries.len();
        if readers < MAX_ENTRIES && !has_pnp {
            entries.push(ReaderState::new(pcsc::PNP_NOTIFICATION(), State::UNAWARE));
        } else if readers >= MAX_ENTRIES && has_pnp {
            entries.retain(|entry| !is_pnp(entry.name()));
        }
        entries.truncate(MAX_ENTRIES);
        changed
    }

    /// Waits until the service should be asked again: something happened where its socket is, it
    /// listens and had its pause, or somebody nudged.
    fn wait_for_service(&mut self) {
        if let Err(error) = self.wait_at_socket() {
            tracing::warn!(%error, "cannot watch for the smart card service");
            // Without inotify it is asked now and then.
            self.shared.pause(LONGEST_PAUSE);
        }
        self.shared.drain();
    }

    fn wait_at_socket(&mut self) -> io::Result<()> {
        let socket = service::socket();
        let lookout = Lookout::over(&socket)?;
        // It may have come before the lookout stood.
        let pause = match service::knock(&socket) {
            Door::Open => Some(self.next_pause()),
            // The file comes a moment before the listener, and may have come before the lookout; or
            // it is what a killed service left behind.
            Door::Shut if socket.exists() && self.failures.count < LOOKS => Some(self.next_pause()),
            Door::Forbidden | Door::Shut => None,
        };
        match lookout.wait(self.shared.wake.as_fd(), pause)? {
            Ended::Woken | Ended::Over => {}
            Ended::Seen => {
                self.failures = Failures::default();
                service::wait_for_listener(&socket, self.shared.wake.as_fd());
            }
        }
        Ok(())
    }

    /// How long a service that listens is left alone.
    fn next_pause(&mut self) -> Duration {
        let longest = if self.failures.refused {
            REFUSED_PAUSE
        } else {
            LONGEST_PAUSE
        };
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.failures.count.min(16));
        self.failures.count = self.failures.count.saturating_add(1);
        doubled.min(longest)
    }
}

/// Keeps the rounds of a watch apart when they come faster than anything real.
struct Pacer {
    rounds: u32,
    last: Instant,
}

impl Pacer {
    fn new() -> Self {
        Self {
            rounds: 0,
            last: Instant::now(),
        }
    }

    /// Counts a round; every [`PACE`] of peace takes one back.
    fn is_too_fast(&mut self) -> bool {
        let peace = self.last.elapsed().as_millis() / PACE.as_millis();
        if peace > 0 {
            let peace = u32::try_from(peace).unwrap_or(u32::MAX);
            self.rounds = self.rounds.saturating_sub(peace);
            self.last = Instant::now();
        }
        self.rounds = self.rounds.saturating_add(1).min(BURST + 1);
        self.rounds > BURST
    }
}

/// The names of all readers, by one question: between asking for their length and for the names
/// themselves, one may come (OpenSC#2078).
fn list_readers(context: &Context) -> Result<Vec<CString>, Error> {
    let mut buffer = vec![0; NAMES_ROOM];
    let names = guarded(|| context.list_readers(&mut buffer).map(Iterator::collect));
    match names {
        Ok(names) => {
            let names: Vec<&CStr> = names;
            Ok(names.into_iter().map(ToOwned::to_owned).collect())
        }
        Err(Error::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether this is the entry that stands for readers that come and go.
fn is_pnp(name: &CStr) -> bool {
    name == pcsc::PNP_NOTIFICATION()
}

/// Whether the service said that this user may not use it. pcsc-lite up to 1.9 does so by closing
/// the connection.
pub(super) fn is_refusal(error: Error) -> bool {
    matches!(error, Error::SecurityViolation | Error::NoAccess)
}

/// Calls the service's library. The `pcsc` crate panics at numbers that PC/SC does not know, which
/// a service may send all the same.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_or(Err(Error::UnknownError))
}

fn sight(entry: &ReaderState) -> Sight {
    let state = entry.event_state();
    let slot = if state.contains(State::UNAVAILABLE) {
        Slot::Unavailable
    } else if !state.contains(State::PRESENT) {
        Slot::Empty
    } else if state.contains(State::MUTE) {
        Slot::Mute
    } else if state.contains(State::EXCLUSIVE) {
        Slot::Held
    } else {
        Slot::Present
    };
    Sight::Slot {
        reader: entry.name().to_owned(),
        slot,
        events: u16::try_from(entry.event_count()).unwrap_or(u16::MAX),
    }
}

/// Whether somebody listens where the service should, or would if it let us.
#[must_use]
pub fn is_listening() -> bool {
    service::knock(&service::socket()) != Door::Shut
}

/// The name of a reader for people.
#[must_use]
pub fn reader_name(name: &CStr) -> crate::token::Text {
    crate::token::Text::from_utf8(name.to_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::ffi::CString;
    use std::sync::Arc;

    use rustix::event::{EventfdFlags, eventfd};

    use super::{Failures, MAX_ENTRIES, Shared, Sight, Watcher};
    use crate::token::ServiceState;

    #[test]
    fn a_seventeenth_reader_is_told_once_and_when_there_is_room() {
        let mut told = Vec::new();
        let mut watcher = Watcher {
            shared: Arc::new(Shared {
                wake: eventfd(0, EventfdFlags::CLOEXEC).unwrap(),
                state: std::sync::Mutex::default(),
            }),
            sink: |sight| told.push(sight),
            service: ServiceState::Running,
            failures: Failures::default(),
            held_back: None,
        };
        let name = |number: usize| CString::new(format!("Reader {number}")).unwrap();
        let names = |from: usize| (from..17).map(name).collect();
        let mut entries = Vec::new();
        assert!(watcher.take_list(names(0), &mut entries));
        for _ in 0..3 {
            assert!(!watcher.take_list(names(0), &mut entries));
            assert_eq!(entries.len(), MAX_ENTRIES);
        }
        assert!(watcher.take_list(names(1), &mut entries));
        let mut expected: Vec<_> = (0..16).map(|number| Sight::Added(name(number))).collect();
        expected.extend([Sight::Removed(name(0)), Sight::Added(name(16))]);
        assert_eq!(told, expected);
    }
}
