//! What the router does when nothing comes: requests that take too long, a service that does not
//! answer, cards that could not be reached.

use std::time::{Duration, Instant};

use super::{Place, Router};
use crate::backend::{Event, Failure};
use crate::token::{Identity, ReaderId, ServiceState, SlotState};
use crate::transport::watch;

/// How long a request may take. A key pad waits half a minute for each key.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(120);

/// How long one step of a plan may take: an old chip makes a key of 2048 bits in a minute or two, and
/// a mean one in five.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(600);

/// How long the service may take to answer for the first time; one that is started by our
/// question looks for readers first.
pub(super) const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// After how long a card is looked at again that the service told of and did not let us reach.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest time between two such looks; each time is twice the one before.
const RETRY_MOST: Duration = Duration::from_secs(30);

/// Another look at a card.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    at: Instant,
    /// After how long; the next one comes after twice as long.
    after: Duration,
}

impl Router {
    /// When there is something to do even if nothing comes.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let requests = self.requests.values().map(|open| open.deadline);
        let retries = self.readers.values().filter_map(|place| place.retry);
        let retries = retries.map(|retry| retry.at);
        requests.chain(retries).chain(self.first_answer).min()
    }

    /// Does it.
    pub(super) fn act_on_time(&mut self) {
        let now = Instant::now();
        self.end_overdue(now);
        if self.first_answer.is_some_and(|at| at <= now) {
            self.first_answer = None;
            // The watch still waits for it, and tells as soon as there is an answer.
            self.emit(Event::ServiceChanged(ServiceState::Silent));
            self.emit(Event::Settled);
        }
        self.read_again(now);
    }

    fn end_overdue(&mut self, now: Instant) {
        let overdue = self
            .requests
            .iter()
            .filter(|(_, open)| open.deadline <= now);
        let overdue: Vec<_> = overdue.map(|(&id, _)| id).collect();
        for id in overdue {
            if let Some(open) = self.requests.get(&id) {
                open.cancel.cancel();
            }
            self.finish(id, Err(Failure::TimedOut));
        }
    }

    /// The service told of a card and did not let us reach it: its socket is away for a while, it
    /// has as many clients as it may, or another program kept the card for a moment. No event
    /// tells when that is over.
    pub(super) fn plan_retry(&mut self, id: ReaderId) {
        if let Some(place) = self.readers.get_mut(&id)
            && place.name.is_some()
        {
            let after = place.retry.map_or(RETRY_FIRST, |retry| retry.after * 2);
            let after = after.min(RETRY_MOST);
            let at = Instant::now() + after;
            place.retry = Some(Retry { at, after });
        }
    }

    /// Reads the cards whose time has come, if there is a service to ask.
    fn read_again(&mut self, now: Instant) {
        let is_due = |place: &Place| place.retry.is_some_and(|retry| retry.at <= now);
        if !self.readers.values().any(is_due) {
            return;
        }
        let listens = watch::is_listening();
        let mut due = Vec::new();
        for (&reader, place) in self.readers.iter_mut().filter(|(_, place)| is_due(place)) {
            if !listens {
                // Looked for after the same time again, without a word.
                let (at, after) = (now + RETRY_FIRST, RETRY_FIRST);
                place.retry = Some(Retry { at, after });
                continue;
            }
            // If the reading fails as before, that plans the next one.
            if let Some(retry) = &mut place.retry {
                retry.at = now + TIME_LIMIT;
            }
            let insertion = place.insertion;
            let there = matches!(
                place.reader.slot,
                SlotState::Present { .. } | SlotState::Held { .. }
            );
            if there {
                due.push(Identity { reader, insertion });
            }
        }
        for identity in due {
            self.read_by_itself(identity);
        }
    }
}
