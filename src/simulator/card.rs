//! What every simulated card is: a function from command bytes to response bytes.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A card in the hand: it can be put into a [`SimulatedReader`](super::SimulatedReader) or
/// be served to a real smart card service.
pub trait Card: Send {
    /// Answer to reset, 2 to 33 bytes.
    fn atr(&self) -> &[u8];

    /// Put in, or powered on again: nothing is selected, verified, or waiting to be fetched
    /// afterwards.
    fn reset(&mut self);

    /// Carries out one command APDU; the response ends with the status word.
    fn transmit(&mut self, command: &[u8]) -> Vec<u8>;

    /// Whether the card is still in the reader. Once it is not, what
    /// [`Card::transmit`] returned does not reach anyone.
    fn is_present(&self) -> bool {
        true
    }

    /// Lets go of a command that takes long, from another thread; nothing for cards that
    /// answer at once.
    fn brake(&self) -> Option<Brake> {
        None
    }
}

impl Card for Box<dyn Card> {
    fn atr(&self) -> &[u8] {
        (**self).atr()
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        (**self).transmit(command)
    }

    fn is_present(&self) -> bool {
        (**self).is_present()
    }

    fn brake(&self) -> Option<Brake> {
        (**self).brake()
    }
}

/// Holds a command until it is released or its time is up. Clones are one brake.
#[derive(Clone, Debug, Default)]
pub struct Brake(Arc<(Mutex<bool>, Condvar)>);

impl Brake {
    /// A brake that holds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until [`Brake::release`], at most `limit`; whether it was released.
    pub fn hold(&self, limit: Duration) -> bool {
        let (released, changed) = &*self.0;
        let deadline = Instant::now() + limit;
        let mut released = released.lock().unwrap_or_else(PoisonError::into_inner);
        while !*released {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (released, _) = changed
                .wait_timeout(released, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Lets go now and from now on.
    pub fn release(&self) {
        let (released, changed) = &*self.0;
        *released.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}
