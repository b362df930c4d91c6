//! A reader without hardware: cards are put in and pulled out by the program.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::card::{Brake, Card};
use super::pinpad::Keys;
use crate::iso7816::atr::Atr;
use crate::transport::link::{
    After, Link, LinkError, PinEntry, PinPad, PinPadFeatures, Protocol, Reader,
};

/// How long a link waits for another one to end its transaction.
const TURN_TIMEOUT: Duration = Duration::from_secs(60);

/// What is in a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Occupancy {
    /// Nothing.
    Empty,
    /// A card with this answer to reset.
    Present(Vec<u8>),
    /// A card with this answer to reset, which another program keeps for itself.
    Held(Vec<u8>),
    /// A card that does not answer to reset.
    Mute,
    /// The reader itself is gone.
    Gone,
}

/// What is told about a change.
type Subscriber = Box<dyn Fn(Occupancy) + Send>;

/// A reader. Clones are handles to the same one.
#[derive(Clone)]
pub struct SimulatedReader(Arc<Shared>);

struct Shared {
    name: String,
    /// Taken before `state`, and kept while subscribers are told, so that they hear of changes
    /// in their order.
    subscribers: Mutex<Vec<Subscriber>>,
    state: Mutex<State>,
    /// A transaction ended, or the card left.
    turn: Condvar,
    next_link: AtomicU64,
    keys: Keys,
}

#[derive(Default)]
struct State {
    inserted: Option<Arc<Inserted>>,
    held: bool,
    mute: bool,
    gone: bool,
    pinpad: PinPadFeatures,
    /// The link that has the card for itself.
    transaction: Option<u64>,
}

/// A card while it is in the reader. A link keeps hold of it, so that a card put in later is never
/// taken for it.
struct Inserted {
    atr: Vec<u8>,
    protocol: Protocol,
    /// Nothing after the card was taken out.
    card: Mutex<Option<Box<dyn Card>>>,
    brake: Option<Brake>,
    life: Mutex<Life>,
}

/// What links have to know of a card without asking it.
#[derive(Clone, Copy, Default)]
struct Life {
    removed: bool,
    /// How often it was reset by a link.
    resets: u64,
}

impl SimulatedReader {
    /// An empty reader.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Shared {
            name: name.to_owned(),
            subscribers: Mutex::default(),
            state: Mutex::default(),
            turn: Condvar::new(),
            next_link: AtomicU64::new(1),
            keys: Keys::default(),
        }))
    }

    /// A reader with a PIN pad. What is typed on it comes from [`SimulatedReader::keys`].
    #[must_use]
    pub fn with_pinpad(name: &str, features: PinPadFeatures) -> Self {
        let reader = Self::new(name);
        reader.state().pinpad = features;
        reader
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The hands at the PIN pad.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// What is in it now.
    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        self.state().occupancy()
    }

    /// Calls `subscriber` now with what is in the reader, and after every change. It may ask and
    /// connect, but neither change what is in the reader nor exchange anything.
    pub fn subscribe(&self, subscriber: Box<dyn Fn(Occupancy) + Send>) {
        let mut subscribers = lock(&self.0.subscribers);
        subscriber(self.occupancy());
        subscribers.push(subscriber);
    }

    /// Puts a card in; one that is still there comes out before.
    pub fn insert(&self, card: Box<dyn Card>) {
        let _ = self.remove();
        let atr = card.atr().to_vec();
        let first = Atr::parse(&atr).and_then(|atr| atr.protocols.first().copied());
        let inserted = Inserted {
            protocol: if first == Some(1) {
                Protocol::T1
            } else {
                Protocol::T0
            },
            atr,
            brake: card.brake(),
            card: Mutex::new(Some(card)),
            life: Mutex::default(),
        };
        if let Some(card) = lock(&inserted.card).as_mut() {
            card.reset();
        }
        self.change(|state| state.inserted = Some(Arc::new(inserted)));
    }

    /// Pulls the card out and hands it back, as it is: to be put in again or looked at. A
    /// command that runs is let go.
    pub fn remove(&self) -> Option<Box<dyn Card>> {
        let inserted = self.take_out()?;
        lock(&inserted.card).take()
    }

    /// Takes the card from the reader; links learn of it, whatever they are doing.
    fn take_out(&self) -> Option<Arc<Inserted>> {
        let inserted = self.state().inserted.clone()?;
        self.expel(&inserted);
        if let Some(brake) = &inserted.brake {
            brake.release();
        }
        self.0.keys.interrupt();
        Some(inserted)
    }

    /// Ends the stay of this very card.
    fn expel(&self, inserted: &Arc<Inserted>) {
        lock(&inserted.life).removed = true;
        self.change(|state| {
            if state
                .inserted
                .as_ref()
                .is_some_and(|now| Arc::ptr_eq(now, inserted))
            {
                state.inserted = None;
                state.transaction = None;
            }
        });
    }

    /// Another program keeps the card for itself, or lets it go.
    pub fn set_held(&self, held: bool) {
        self.change(|state| state.held = held);
    }

    /// The card does not answer to reset, or does again.
    pub fn set_mute(&self, mute: bool) {
        self.change(|state| state.mute = mute);
    }

    /// Unplugs the reader from the computer, with the card in it; it does not come back.
    pub fn unplug(&self) {
        let inserted = self.state().inserted.clone();
        self.change(|state| state.gone = true);
        if let Some(inserted) = inserted {
            self.expel(&inserted);
            if let Some(brake) = &inserted.brake {
                brake.release();
            }
        }
        self.0.keys.interrupt();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    /// Changes the state, and tells the subscribers if anything is to be seen of it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let subscribers = lock(&self.0.subscribers);
        let mut state = self.state();
        let before = state.occupancy();
        change(&mut state);
        let after = state.occupancy();
        drop(state);
        self.0.turn.notify_all();
        if after != before {
            for subscriber in &*subscribers {
                subscriber(after.clone());
            }
        }
    }
}

impl State {
    fn occupancy(&self) -> Occupancy {
        match &self.inserted {
            _ if self.gone => Occupancy::Gone,
            None => Occupancy::Empty,
            Some(_) if self.mute => Occupancy::Mute,
            Some(inserted) if self.held => Occupancy::Held(inserted.atr.clone()),
            Some(inserted) => Occupancy::Present(inserted.atr.clone()),
        }
    }
}

impl Reader for SimulatedReader {
    fn connect(&mut self) -> Result<Box<dyn Link>, LinkError> {
        let state = self.state();
        if state.gone {
            return Err(LinkError::NoReader);
        }
        let inserted = state.inserted.clone().ok_or(LinkError::Removed)?;
        if state.mute {
            return Err(LinkError::Mute);
        }
        if state.held {
            return Err(LinkError::Held);
        }
        let pinpad = state.pinpad;
        drop(state);
        let resets = lock(&inserted.life).resets;
        Ok(Box::new(SimulatedLink {
            reader: self.clone(),
            number: self.0.next_link.fetch_add(1, Ordering::Relaxed),
            inserted,
            resets,
            pinpad,
        }))
    }
}

/// A connection to the card that was in the reader at the time.
struct SimulatedLink {
    reader: SimulatedReader,
    number: u64,
    inserted: Arc<Inserted>,
    /// The resets that this link knows of.
    resets: u64,
    pinpad: PinPadFeatures,
}

impl SimulatedLink {
    /// Whether the card is still there.
    fn presence(&self) -> Result<(), LinkError> {
        if self.reader.state().gone {
            Err(LinkError::NoReader)
        } else if lock(&self.inserted.life).removed {
            Err(LinkError::Removed)
        } else {
            Ok(())
        }
    }

    /// Whether the card is still there and as this link left it.
    fn check(&mut self) -> Result<(), LinkError> {
        self.presence()?;
        let resets = lock(&self.inserted.life).resets;
        if resets == self.resets {
            return Ok(());
        }
        self.resets = resets;
        Err(LinkError::Reset)
    }

    /// Waits until no other link has the card for itself.
    fn wait_for_turn(&self) -> Result<MutexGuard<'_, State>, LinkError> {
        let deadline = Instant::now() + TURN_TIMEOUT;
        let mut state = self.reader.state();
        while state.transaction.is_some_and(|link| link != self.number) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || lock(&self.inserted.life).removed {
                break;
            }
            (state, _) = self
                .reader
                .0
                .turn
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.transaction.is_some_and(|link| link != self.number) {
            return Err(LinkError::Held);
        }
        Ok(state)
    }

    /// Does something with the card, if it is still there before and after.
    fn with_card<T>(&mut self, act: impl FnOnce(&mut Box<dyn Card>) -> T) -> Result<T, LinkError> {
        let other = self.reader.state().transaction;
        if other.is_some_and(|link| link != self.number) {
            return Err(LinkError::Held);
        }
        self.check()?;
        let mut place = lock(&self.inserted.card);
        let card = place.as_mut().ok_or(LinkError::Removed)?;
        let result = act(card);
        let pulled = !card.is_present();
        drop(place);
        if pulled {
            self.reader.expel(&self.inserted);
        }
        self.presence().map(|()| result)
    }
}

impl SimulatedLink {
    /// Keeps other links out.
    fn begin(&mut self) -> Result<(), LinkError> {
        let number = self.number;
        let mut state = self.wait_for_turn()?;
        state.transaction = Some(number);
        drop(state);
        self.check().inspect_err(|_| self.end())
    }

    /// Lets other links in again.
    fn end(&self) {
        let mut state = self.reader.state();
        if state.transaction == Some(self.number) {
            state.transaction = None;
            drop(state);
            self.reader.0.turn.notify_all();
        }
    }

    /// Resets the card, if it is still there. Other links learn of it, this one knows.
    fn reset(&mut self) {
        if let Some(card) = lock(&self.inserted.card).as_mut() {
            card.reset();
            let mut life = lock(&self.inserted.life);
            life.resets += 1;
            self.resets = life.resets;
        }
    }
}

impl Link for SimulatedLink {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.with_card(|card| card.transmit(command))
    }

    fn atr(&self) -> &[u8] {
        &self.inserted.atr
    }

    fn protocol(&self) -> Protocol {
        self.inserted.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        self.begin()?;
        let mut held = Held {
            link: self,
            after: After::Reset,
        };
        held.after = work(held.link);
        Ok(())
    }

    fn pinpad(&mut self) -> Option<&mut dyn PinPad> {
        let some = self.pinpad.verify || self.pinpad.modify;
        some.then_some(self as &mut dyn PinPad)
    }
}

/// A transaction that ends when this goes: with a reset, unless the work in it came to its end
/// and said otherwise.
struct Held<'a> {
    link: &'a mut SimulatedLink,
    after: After,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.after == After::Reset {
            self.link.reset();
        }
        self.link.end();
    }
}

impl PinPad for SimulatedLink {
    fn features(&self) -> PinPadFeatures {
        self.pinpad
    }

    fn verify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        let before = self.reader.keys().before();
        self.check()?;
        let command = self.reader.keys().verify(entry, before);
        // A card that left meanwhile is the better reason.
        self.check()?;
        self.exchange(&command?)
    }

    fn modify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        let before = self.reader.keys().before();
        self.check()?;
        let command = self.reader.keys().modify(entry, before);
        self.check()?;
        self.exchange(&command?)
    }
}

impl Drop for SimulatedLink {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
