//! What can go wrong with any card, as wrappers around it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::card::{Brake, Card};
use crate::iso7816::StatusWord;

/// Which command something happens to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trigger {
    /// The command with this number since the card was put in, counted from 1.
    Number(usize),
    /// The first command with this instruction.
    Ins(u8),
}

/// Counts commands until its trigger has come, once.
struct Fuse {
    trigger: Trigger,
    seen: usize,
    blown: bool,
}

impl Fuse {
    fn new(trigger: Trigger) -> Self {
        Self {
            trigger,
            seen: 0,
            blown: false,
        }
    }

    /// Whether this command is the one.
    fn blows(&mut self, command: &[u8]) -> bool {
        self.seen += 1;
        let hit = !self.blown
            && match self.trigger {
                Trigger::Number(number) => self.seen == number,
                Trigger::Ins(ins) => command.get(1) == Some(&ins),
            };
        self.blown |= hit;
        hit
    }
}

/// A card that is pulled out at one of its commands. Put in again, it stays.
pub struct Pulled<C> {
    card: C,
    fuse: Fuse,
    carried_out: bool,
    present: bool,
}

impl<C: Card> Pulled<C> {
    /// Pulled before the command has any effect.
    pub fn before(card: C, trigger: Trigger) -> Self {
        Self {
            card,
            fuse: Fuse::new(trigger),
            carried_out: false,
            present: true,
        }
    }

    /// Pulled after the command was carried out; only its answer is lost.
    pub fn after(card: C, trigger: Trigger) -> Self {
        Self {
            carried_out: true,
            ..Self::before(card, trigger)
        }
    }
}

impl<C: Card> Card for Pulled<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.present = true;
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.present {
            return Vec::new();
        }
        if !self.fuse.blows(command) {
            return self.card.transmit(command);
        }
        self.present = false;
        if self.carried_out {
            self.card.transmit(command);
        }
        Vec::new()
    }

    fn is_present(&self) -> bool {
        self.present && self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.card.brake()
    }
}

/// A card that takes its time over one command, unless its brake is released before.
pub struct Slow<C> {
    card: C,
    fuse: Fuse,
    time: Duration,
    brake: Brake,
}

impl<C: Card> Slow<C> {
    /// The command takes `time`, then it is carried out.
    pub fn new(card: C, trigger: Trigger, time: Duration) -> Self {
        Self {
            card,
            fuse: Fuse::new(trigger),
            time,
            brake: Brake::new(),
        }
    }
}

impl<C: Card> Card for Slow<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if self.fuse.blows(command) {
            self.brake.hold(self.time);
        }
        self.card.transmit(command)
    }

    fn is_present(&self) -> bool {
        self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        Some(self.brake.clone())
    }
}

/// A card that refuses one command with a status word, without carrying it out.
pub struct Refusing<C> {
    card: C,
    fuse: Fuse,
    sw: StatusWord,
}

impl<C: Card> Refusing<C> {
    /// Answers `sw` once.
    pub fn new(card: C, trigger: Trigger, sw: StatusWord) -> Self {
        Self {
            card,
            fuse: Fuse::new(trigger),
            sw,
        }
    }
}

impl<C: Card> Card for Refusing<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if self.fuse.blows(command) {
            self.sw.0.to_be_bytes().to_vec()
        } else {
            self.card.transmit(command)
        }
    }

    fn is_present(&self) -> bool {
        self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.card.brake()
    }
}

/// A card that is another one from some command on, though nobody saw it change.
pub struct Swapped<A, B> {
    first: A,
    second: B,
    fuse: Fuse,
}

impl<A: Card, B: Card> Swapped<A, B> {
    /// The command of the trigger is the first that `second` gets.
    pub fn new(first: A, second: B, trigger: Trigger) -> Self {
        Self {
            first,
            second,
            fuse: Fuse::new(trigger),
        }
    }
}

impl<A: Card, B: Card> Card for Swapped<A, B> {
    fn atr(&self) -> &[u8] {
        self.first.atr()
    }

    fn reset(&mut self) {
        self.first.reset();
        self.second.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.fuse.blows(command);
        if self.fuse.blown {
            self.second.transmit(command)
        } else {
            self.first.transmit(command)
        }
    }

    fn is_present(&self) -> bool {
        self.first.is_present() && self.second.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.first.brake()
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Counted, Pulled, Refusing, Slow, Swapped, Trigger};
    use crate::iso7816::StatusWord;
    use crate::simulator::{Card, Chip};

    /// A card that knows no command.
    fn card() -> Chip {
        Chip::new([0x3B, 0x80, 0x01, 0x81])
    }

    const COMMAND: [u8; 4] = [0x00, 0xCA, 0x00, 0x6E];
    const REFUSAL: [u8; 2] = [0x6D, 0x00];

    #[test]
    fn a_card_is_pulled_once() {
        let mut card = Pulled::before(card(), Trigger::Number(2));
        assert_eq!(card.transmit(&COMMAND), REFUSAL);
        assert!(card.transmit(&COMMAND).is_empty());
        assert!(!card.is_present());
        assert!(card.transmit(&COMMAND).is_empty());
        card.reset();
        assert!(card.is_present());
        assert_eq!(card.transmit(&COMMAND), REFUSAL);
    }

    #[test]
    fn what_was_carried_out_before_the_pull_was_carried_out() {
        for (carried_out, expected) in [(false, 0), (true, 1)] {
            let (counted, tally) = Counted::new(card());
            let mut card = if carried_out {
                Pulled::after(counted, Trigger::Ins(0xCA))
            } else {
                Pulled::before(counted, Trigger::Ins(0xCA))
            };
            assert!(card.transmit(&COMMAND).is_empty());
            assert_eq!(tally.commands(), expected);
        }
    }

    #[test]
    fn a_slow_command_can_be_let_go() {
        let mut card = Slow::new(card(), Trigger::Ins(0xCA), Duration::from_secs(600));
        let brake = card.brake();
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| card.transmit(&COMMAND));
            if let Some(brake) = brake {
                brake.release();
            }
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn one_command_is_refused_and_one_card_becomes_another() {
        let mut refusing = Refusing::new(card(), Trigger::Number(1), StatusWord::UNKNOWN);
        assert_eq!(refusing.transmit(&COMMAND), [0x6F, 0x00]);
        assert_eq!(refusing.transmit(&COMMAND), REFUSAL);

        let (second, tally) = Counted::new(card());
        let mut swapped = Swapped::new(card(), second, Trigger::Number(3));
        for _ in 0..5 {
            swapped.transmit(&COMMAND);
        }
        assert_eq!((tally.of(0xCA), tally.of(0x20)), (3, 0));
        assert_eq!((tally.sent(), tally.received()), (12, 6));
    }
}
