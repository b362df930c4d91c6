//! What went over the contacts of a card, in numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::iso7816::Parsed;
use crate::simulator::card::{Brake, Card};

/// VERIFY.
const VERIFY: u8 = 0x20;

/// Whether a command has a PIN in it: VERIFY with data, CHANGE REFERENCE DATA, RESET RETRY
/// COUNTER (ISO/IEC 7816-4:2020, 11.6), and the PUT DATA that sets the resetting code of an OpenPGP
/// card (3.4, 7.2.8).
#[must_use]
pub fn carries_pin(command: &[u8]) -> bool {
    let Some(parsed) = Parsed::from_bytes(command) else {
        return false;
    };
    match parsed.header {
        [_, VERIFY | 0x24 | 0x2C, ..] | [_, 0xDA, 0x00, 0xD3] => !parsed.data.is_empty(),
        _ => false,
    }
}

/// A card whose commands are counted.
pub struct Counted<C> {
    card: C,
    tally: Tally,
}

/// What went to a [`Counted`] card. Clones count the same card.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    by_ins: BTreeMap<u8, usize>,
    /// Commands with a PIN in them.
    pins: usize,
    /// Empty VERIFYs, which ask for a counter.
    questions: usize,
    sent: usize,
    received: usize,
}

impl<C: Card> Counted<C> {
    /// The card and what counts it.
    pub fn new(card: C) -> (Self, Tally) {
        let tally = Tally::default();
        let counted = Self {
            card,
            tally: tally.clone(),
        };
        (counted, tally)
    }
}

impl Tally {
    /// Commands of every kind, GET RESPONSE too.
    #[must_use]
    pub fn commands(&self) -> usize {
        self.counts().by_ins.values().sum()
    }

    /// Commands with this instruction.
    #[must_use]
    pub fn of(&self, ins: u8) -> usize {
        self.counts().by_ins.get(&ins).copied().unwrap_or(0)
    }

    /// Commands with a PIN in them, as [`carries_pin`] knows them.
    #[must_use]
    pub fn pins(&self) -> usize {
        self.counts().pins
    }

    /// VERIFYs without data, which ask for a counter and spend no try.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.counts().questions
    }

    /// Bytes of all commands.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.counts().sent
    }

    /// Bytes of all responses, status words too.
    #[must_use]
    pub fn received(&self) -> usize {
        self.counts().received
    }

    /// Counts from nothing again.
    pub fn clear(&self) {
        *self.counts() = Counts::default();
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Card> Card for Counted<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let response = self.card.transmit(command);
        let mut counts = self.tally.counts();
        if let Some(&ins) = command.get(1) {
            *counts.by_ins.entry(ins).or_default() += 1;
        }
        counts.pins += usize::from(carries_pin(command));
        counts.questions += usize::from(matches!(
            command,
            [_, VERIFY, 0x00, _] | [_, VERIFY, 0x00, _, 0]
        ));
        counts.sent += command.len();
        counts.received += response.len();
        drop(counts);
        response
    }

    fn is_present(&self) -> bool {
        self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.card.brake()
    }
}
