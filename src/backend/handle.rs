//! The sending end of the backend.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use super::{Command, RequestId};

/// What travels to the backend's thread.
#[derive(Debug)]
pub(super) enum Letter {
    /// A request.
    Request(RequestId, Command),
    /// Forget a request.
    Cancel(RequestId),
    /// End.
    Close,
}

/// Cheap to clone; when the last one goes, the backend ends.
#[derive(Clone, Debug)]
pub struct Handle {
    letters: Sender<Letter>,
    next: Arc<AtomicU64>,
}

impl Handle {
    pub(super) fn new(letters: Sender<Letter>) -> Self {
        Self {
            letters,
            next: Arc::new(AtomicU64::new(1)),
        }
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

    /// Ends the backend; what is still open ends as `Failure::Closing`.
    pub fn close(&self) {
        let _ = self.letters.send(Letter::Close);
    }
}
