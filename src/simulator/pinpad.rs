//! The PIN pad of a simulated reader: what is typed on it is laid down beforehand or while it
//! waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::transport::link::{LinkError, PinEntry};

/// What somebody does at the PIN pad.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Typed {
    /// Types one PIN after the other: for verify the PIN; for change the current one if it is
    /// asked, then the new one twice.
    Pins(Vec<Vec<u8>>),
    /// Presses cancel.
    Cancel,
    /// Does nothing until the reader gives up.
    Nothing,
}

/// The hands at the PIN pad.
#[derive(Debug, Default)]
pub struct Keys {
    typed: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<Typed>,
    /// Counts interruptions: the card was pulled.
    interrupted: u64,
}

/// How many interruptions there were.
#[derive(Clone, Copy)]
pub(super) struct Before(u64);

impl Keys {
    /// Does this at the next entry, or at the one that waits.
    pub fn press(&self, typed: Typed) {
        let mut waiting = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.queue.push_back(typed);
        drop(waiting);
        self.changed.notify_all();
    }

    /// Types these PINs.
    pub fn enter(&self, pins: &[&str]) {
        let pins = pins.iter().map(|pin| pin.as_bytes().to_vec()).collect();
        self.press(Typed::Pins(pins));
    }

    /// Takes back what was laid down and not typed yet.
    pub fn clear(&self) {
        let mut waiting = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.queue.clear();
    }

    /// Ends an entry that waits.
    pub(super) fn interrupt(&self) {
        let mut waiting = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.interrupted += 1;
        drop(waiting);
        self.changed.notify_all();
    }

    /// The state of things before the card is looked at: a pull after this ends the entry.
    pub(super) fn before(&self) -> Before {
        let waiting = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        Before(waiting.interrupted)
    }

    /// The PINs that are typed, in their order.
    fn pins(&self, entry: &PinEntry, before: Before) -> Result<Vec<Vec<u8>>, LinkError> {
        let deadline = Instant::now() + entry.timeout;
        let mut waiting = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        let typed = loop {
            if let Some(typed) = waiting.queue.pop_front() {
                break typed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || waiting.interrupted != before.0 {
                break Typed::Nothing;
            }
            (waiting, _) = self
                .changed
                .wait_timeout(waiting, left)
                .unwrap_or_else(PoisonError::into_inner);
        };
        let Typed::Pins(pins) = typed else {
            return Err(match typed {
                Typed::Cancel => LinkError::PinPadCancelled,
                _ => LinkError::PinPadTimeout,
            });
        };
        // The reader does not take OK before there are enough digits, nor more than the most.
        let fits =
            |pin: &Vec<u8>| (usize::from(entry.min)..=usize::from(entry.max)).contains(&pin.len());
        if pins.iter().all(fits) {
            Ok(pins)
        } else {
            Err(LinkError::PinPadTimeout)
        }
    }

    /// The VERIFY command around the PIN that is typed.
    pub(super) fn verify(&self, entry: &PinEntry, before: Before) -> Result<Vec<u8>, LinkError> {
        match self.pins(entry, before)?.as_slice() {
            [pin] => Ok(command(entry, &[pin])),
            _ => Err(LinkError::PinPadTimeout),
        }
    }

    /// The CHANGE or RESET command around the PINs that are typed.
    pub(super) fn modify(&self, entry: &PinEntry, before: Before) -> Result<Vec<u8>, LinkError> {
        match (entry.current, self.pins(entry, before)?.as_slice()) {
            (true, [_, new, again]) | (false, [new, again]) if new != again => {
                Err(LinkError::PinPadMismatch)
            }
            (true, [current, new, _]) => Ok(command(entry, &[current, new])),
            (false, [new, _]) => Ok(command(entry, &[new])),
            _ => Err(LinkError::PinPadTimeout),
        }
    }
}

/// The command with its data: each PIN at its length, or filled up to a block.
fn command(entry: &PinEntry, pins: &[&Vec<u8>]) -> Vec<u8> {
    let mut data = Vec::new();
    for &pin in pins {
        let start = data.len();
        data.extend_from_slice(pin);
        if let Some(block) = entry.block {
            data.resize(start + usize::from(block).max(pin.len()), 0xFF);
        }
    }
    let mut command = entry.header.to_vec();
    // A PIN pad takes no more than 255 digits at a time; most take 16.
    command.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
    command.extend(data);
    command
}
