//! Waits for readers, cards and the service itself, without asking again and again.
//!
//! One thread blocks in `SCardGetStatusChange`, or, while there is no service, in `poll` on
//! the folder in which its socket will appear.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use pcsc::{Context, Error, ReaderState, Scope, State};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::OwnedFd;
use rustix::fs::inotify;

use crate::token::ServiceState;

/// The most entries that one call takes, the one for readers that come and go included.
const MAX_ENTRIES: usize = 16;

/// Where pcsc-lite listens if the environment does not say otherwise.
const SOCKET: &str = "/run/pcscd/pcscd.comm";

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
const CANCEL_AGAIN: Duration = Duration::from_millis(50);

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
        loop {
            if let Some(context) = &self.shared.lock().context {
                // Fails if the service is gone; then the thread is not blocked in it.
                let _ = context.cancel();
            }
            // A cancel that comes a moment before the thread blocks is lost, so it is said again.
            match self.ended.recv_timeout(CANCEL_AGAIN) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
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
}

struct Watcher<F> {
    shared: Arc<Shared>,
    sink: F,
    service: ServiceState,
}

impl<F: FnMut(Sight)> Watcher<F> {
    fn run(mut self) {
        while !self.shared.lock().ending {
            match Context::establish(Scope::User) {
                Ok(context) => {
                    self.shared.lock().context = Some(context.clone());
                    self.tell_service(ServiceState::Running);
                    let ended = self.watch_readers(&context);
                    self.shared.lock().context = None;
                    if self.shared.lock().ending {
                        return;
                    }
                    tracing::info!(?ended, "the smart card service is gone");
                    self.tell_service(service_state(ended));
                }
                Err(error) => {
                    self.tell_service(service_state(error));
                    (self.sink)(Sight::Settled);
                }
            }
            if self.service != ServiceState::Running {
                self.wait_for_service();
            }
        }
    }

    fn tell_service(&mut self, state: ServiceState) {
        if self.service != state {
            self.service = state;
            (self.sink)(Sight::Service(state));
        }
    }

    /// Blocks on all readers until the service ends or we do.
    fn watch_readers(&mut self, context: &Context) -> Error {
        let mut entries: Vec<ReaderState> = Vec::new();
        let mut settled = false;
        loop {
            if self.shared.lock().ending {
                return Error::Cancelled;
            }
            if let Err(error) = self.refresh_list(context, &mut entries) {
                return error;
            }
            // The first round only looks: without a reader there would be nothing to wake it.
            let wait = if settled { None } else { Some(Duration::ZERO) };
            match context.get_status_change(wait, &mut entries) {
                Ok(()) | Err(Error::Timeout) => {}
                // A reader went between the list and the call.
                Err(Error::UnknownReader) => entries.clear(),
                Err(error) => return error,
            }
            for entry in &mut entries {
                if entry.name() != pcsc::PNP_NOTIFICATION()
                    && entry.event_state().contains(State::CHANGED)
                {
                    (self.sink)(sight(entry));
                }
                entry.sync_current_state();
            }
            if !settled {
                settled = true;
                (self.sink)(Sight::Settled);
            }
        }
    }

    /// Brings the entries in line with the readers that there are.
    fn refresh_list(
        &mut self,
        context: &Context,
        entries: &mut Vec<ReaderState>,
    ) -> Result<(), Error> {
        let names = match context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(error),
        };
        let is_pnp = |entry: &ReaderState| entry.name() == pcsc::PNP_NOTIFICATION();
        entries.retain(|entry| {
            let stays = is_pnp(entry)
                || names.iter().any(|name| name.as_c_str() == entry.name())
                    && !entry
                        .event_state()
                        .intersects(State::UNKNOWN | State::IGNORE);
            if !stays {
                (self.sink)(Sight::Removed(entry.name().to_owned()));
            }
            stays
        });
        for name in names {
            if !entries.iter().any(|entry| entry.name() == name.as_c_str()) {
                (self.sink)(Sight::Added(name.clone()));
                entries.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        let readers = entries.iter().filter(|entry| !is_pnp(entry)).count();
        let has_pnp = entries.iter().any(is_pnp);
        if readers < MAX_ENTRIES && !has_pnp {
            entries.push(ReaderState::new(pcsc::PNP_NOTIFICATION(), State::UNAWARE));
        } else if readers >= MAX_ENTRIES && has_pnp {
            entries.retain(|entry| !is_pnp(entry));
        }
        entries.truncate(MAX_ENTRIES);
        Ok(())
    }

    /// Waits until something happens where the socket of the service is, or until nudged.
    fn wait_for_service(&mut self) {
        let socket = socket_path();
        if let Err(error) = self.wait_at(&socket) {
            tracing::warn!(%error, "cannot watch for the smart card service");
            // Without inotify only a nudge brings us on.
            let mut wake = [PollFd::new(&self.shared.wake, PollFlags::IN)];
            let _ = poll(&mut wake, None);
        }
        let mut drain = [0; 8];
        let _ = rustix::io::read(&self.shared.wake, &mut drain);
    }

    fn wait_at(&self, socket: &Path) -> io::Result<()> {
        let notify = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let existing = socket.ancestors().skip(1).find(|folder| folder.is_dir());
        let existing = existing.unwrap_or(Path::new("/"));
        let flags = inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::ATTRIB
            | inotify::WatchFlags::DELETE_SELF;
        inotify::add_watch(&notify, existing, flags)?;
        // It may have come before the watch stood. A socket file without a listener is what
        // a killed service leaves behind, and one that refuses us is told as such.
        if UnixStream::connect(socket).is_ok() && self.service != ServiceState::Refused {
            return Ok(());
        }
        let mut descriptors = [
            PollFd::new(&notify, PollFlags::IN),
            PollFd::new(&self.shared.wake, PollFlags::IN),
        ];
        poll(&mut descriptors, None)?;
        // The socket file appears a moment before somebody listens; what matters is the
        // listener, so look a few times, up to a second.
        for _ in 0..20 {
            if self.shared.lock().ending || UnixStream::connect(socket).is_ok() {
                break;
            }
            let mut wake = [PollFd::new(&self.shared.wake, PollFlags::IN)];
            let pause = Timespec {
                tv_sec: 0,
                tv_nsec: 50_000_000,
            };
            if poll(&mut wake, Some(&pause))? > 0 && self.shared.lock().ending {
                break;
            }
        }
        Ok(())
    }
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

/// Why there is no service, as far as this machine tells.
fn service_state(error: Error) -> ServiceState {
    let refused = matches!(error, Error::SecurityViolation | Error::NoAccess);
    let connected = UnixStream::connect(socket_path()).map(drop);
    judge(
        refused,
        connected.map_err(|error| error.kind()),
        is_installed(),
    )
}

/// From what the service said, whether its socket takes us, and whether its program is here.
fn judge(refused: bool, connected: Result<(), io::ErrorKind>, installed: bool) -> ServiceState {
    match connected {
        Err(io::ErrorKind::PermissionDenied) => ServiceState::Refused,
        // A service that is being ended says no as well, but its socket is gone by then.
        Ok(()) if refused => ServiceState::Refused,
        _ if installed => ServiceState::Stopped,
        _ => ServiceState::NotInstalled,
    }
}

/// Whether somebody listens where the service should, or would if it let us.
pub(super) fn is_listening() -> bool {
    match UnixStream::connect(socket_path()) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

fn socket_path() -> PathBuf {
    std::env::var_os("PCSCLITE_CSOCK_NAME").map_or_else(|| SOCKET.into(), PathBuf::from)
}

/// Whether the service's program is where programs are.
fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .any(|folder| folder.join("pcscd").is_file())
}

/// The name of a reader for people.
#[must_use]
pub fn reader_name(name: &CStr) -> crate::token::Text {
    crate::token::Text::from_utf8(name.to_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::judge;
    use crate::token::ServiceState;

    #[test]
    fn every_cause_has_its_name() {
        let gone = Err(ErrorKind::NotFound);
        let dead = Err(ErrorKind::ConnectionRefused);
        let closed = Err(ErrorKind::PermissionDenied);
        assert_eq!(judge(false, gone, false), ServiceState::NotInstalled);
        assert_eq!(judge(false, gone, true), ServiceState::Stopped);
        assert_eq!(judge(false, dead, true), ServiceState::Stopped);
        assert_eq!(judge(true, dead, true), ServiceState::Stopped);
        assert_eq!(judge(false, closed, true), ServiceState::Refused);
        assert_eq!(judge(true, Ok(()), true), ServiceState::Refused);
    }
}
