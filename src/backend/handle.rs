//! The sending end of the backend.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::lane::Report;
use super::{Command, Done, Failure, RequestId, TraceEntry};
use crate::simulator::SimulatedReader;
use crate::token::ReaderId;
use crate::transport::trace::Ring;
use crate::transport::watch::Sight;

/// What travels to the backend's thread.
pub(super) enum Letter {
    /// A request.
    Request(RequestId, Command),
    /// Forget a request.
    Cancel(RequestId),
    /// The service, a reader or a card came or went.
    Sight(Sight),
    /// A card was put into a practice reader, or pulled.
    Practice(ReaderId),
    /// A lane has something to say.
    Lane(Report),
    /// A practice reader that somebody else keeps hold of.
    Plug(SimulatedReader),
    /// How long requests may take from now on.
    Limit(Duration),
    /// Whether tokens are remembered in a folder from now on.
    Remember {
        /// Which.
        folder: PathBuf,
        /// Whether they are; if not, it is emptied.
        on: bool,
    },
    /// A helper program ended.
    Helped(RequestId, Result<Done, Failure>),
    /// End.
    Close,
}

/// Cheap to clone. The backend ends by [`Handle::close`].
#[derive(Clone, Debug)]
pub struct Handle {
    letters: Sender<Letter>,
    next: Arc<AtomicU64>,
    trace: Arc<Mutex<Ring>>,
}

impl Handle {
    pub(super) fn new(letters: Sender<Letter>, trace: Arc<Mutex<Ring>>) -> Self {
        Self {
            letters,
            next: Arc::new(AtomicU64::new(1)),
            trace,
        }
    }

    /// The last exchanges, the oldest first.
    #[must_use]
    pub fn trace(&self) -> Vec<Arc<TraceEntry>> {
        let ring = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().cloned().collect()
    }

    /// Forgets the exchanges so far.
    pub fn clear_trace(&self) {
        self.trace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Whether exchanges are kept from now on; if not, those so far are forgotten, too.
    pub fn keep_trace(&self, keep: bool) {
        self.trace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keep(keep);
    }

    /// Whether tokens are remembered in `folder` from now on; if not, those that are in it are
    /// forgotten, too.
    pub fn remember_tokens(&self, folder: &Path, on: bool) {
        let folder = folder.to_owned();
        let _ = self.letters.send(Letter::Remember { folder, on });
    }

    /// Queues a request and names it. Its end comes as `Event::Finished`.
    pub fn send(&self, command: Command) -> RequestId {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        // A backend that is gone has reported its end.
        let _ = self.letters.send(Letter::Request(id, command));
        id
    }

    /// Ends a request as cancelled, if it has not ended yet. A command that a card is working
    /// on is not broken off: cards do not offer that.
    pub fn cancel(&self, id: RequestId) {
        let _ = self.letters.send(Letter::Cancel(id));
    }

    /// Adds a practice reader that the caller keeps hold of: cards are put in and pulled there,
    /// and what is typed on its PIN pad is typed there. It stays until the backend ends.
    pub fn plug(&self, reader: SimulatedReader) {
        let _ = self.letters.send(Letter::Plug(reader));
    }

    /// How long requests may take that come after this, in place of two minutes.
    pub fn set_time_limit(&self, limit: Duration) {
        let _ = self.letters.send(Letter::Limit(limit));
    }

    /// Ends the backend; what is still open ends as `Failure::Closing`.
    pub fn close(&self) {
        let _ = self.letters.send(Letter::Close);
    }
}
