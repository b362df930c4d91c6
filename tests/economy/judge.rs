//! What must never be, whatever went wrong.

use std::collections::BTreeMap;

use symbolon::backend::{CardError, Done, Failure};
use symbolon::iso7816::StatusWord;
use symbolon::simulator::Card;
use symbolon::token::{ApplicationKind, PinReference};

use crate::deck::{Deck, Exchange, Fault};
use crate::families::{Family, Operation, forms};
use crate::silent;

/// Something that must never be.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Breach {
    /// A PIN went to another card than the one shown.
    WrongCard,
    /// Something typed once went out twice.
    SentTwice,
    /// More tries are gone than were typed.
    SpentTwice,
    /// A PIN went to a card that had one try left for it, and nobody had said the word.
    LastTry,
    /// "Wrong PIN" or "blocked", and the card did not say so.
    FalseWrong,
    /// A PIN was still verified when it was over.
    LeftOpen,
    /// An empty VERIFY where no standard says that it costs nothing.
    Asked,
}

/// All breaches, for the count of each.
pub(crate) const BREACHES: [(Breach, &str); 7] = [
    (Breach::WrongCard, "PIN commands at a wrong card"),
    (Breach::SentTwice, "PIN commands without fresh typing"),
    (Breach::SpentTwice, "tries spent beyond what was typed"),
    (Breach::LastTry, "last try used without the word"),
    (Breach::FalseWrong, "\"wrong PIN\" said wrongly"),
    (Breach::LeftOpen, "PINs left verified"),
    (Breach::Asked, "empty VERIFYs that may cost a try"),
];

/// What came of one operation.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) heard: Vec<Exchange>,
    pub(crate) outcome: Result<Done, Failure>,
    /// What the cards counted before and afterwards.
    pub(crate) before: Counters,
    pub(crate) left: Counters,
    /// Whether a PIN was still verified afterwards, on either card.
    pub(crate) open: bool,
    /// Whether every empty VERIFY costs a try.
    pub(crate) silent: bool,
}

/// Tries left of each PIN as the cards themselves count them, on both.
#[derive(Debug)]
pub(crate) struct Counters([BTreeMap<u8, u8>; 2]);

impl Counters {
    /// Asks the cards, past everything, and resets them for it.
    pub(crate) fn of(deck: &Deck, family: &Family) -> Self {
        Self(deck.with_both(|card| counters(card, family.application)))
    }

    fn get(&self, second: bool, pin: PinReference) -> Option<u8> {
        self.0[usize::from(second)].get(&pin.0).copied()
    }
}

impl Case {
    /// Looks at the cards when everything is over. Nobody had allowed the last try.
    pub(crate) fn new(
        deck: &Deck,
        family: &Family,
        fault: &Fault,
        before: Counters,
        outcome: Result<Done, Failure>,
    ) -> Self {
        // A card that was pulled has no power; nothing has to end what was verified.
        let pulled = matches!(fault, Fault::Cut { .. } | Fault::Removal);
        let open = !pulled && deck.left_open();
        Self {
            heard: deck.heard(),
            outcome,
            before,
            left: Counters::of(deck, family),
            open,
            silent: family.is_silent(),
        }
    }

    /// Whether a swap came with the PIN itself: then nobody can know.
    pub(crate) fn is_unknowable(&self, fault: &Fault) -> bool {
        let first = self.heard.iter().find(|exchange| exchange.second);
        *fault == Fault::Swap && first.is_some_and(Exchange::carries_pin)
    }

    /// Everything that must not have been.
    pub(crate) fn breaches(
        &self,
        operation: &Operation,
        fault: &Fault,
        right: bool,
    ) -> Vec<Breach> {
        let mut found = Vec::new();
        let with_pin: Vec<_> = self.heard.iter().filter(|e| e.carries_pin()).collect();
        let foreign = with_pin.iter().filter(|exchange| exchange.second).count();
        if foreign > usize::from(self.is_unknowable(fault)) {
            found.push(Breach::WrongCard);
        }
        let typed = operation.typing(right);
        let twice = typed.iter().any(|pin| {
            let forms = forms(pin);
            let holds = |exchange: &&&Exchange| {
                let data = exchange.data();
                forms
                    .iter()
                    .any(|form| data.windows(form.len()).any(|part| part == form))
            };
            with_pin.iter().filter(holds).count() > 1
        });
        if twice || with_pin.len() > typed.len() {
            found.push(Breach::SentTwice);
        }
        // Only what was typed first can be wrong.
        if self.spent() > u8::from(!right) {
            found.push(Breach::SpentTwice);
        }
        if self.risked_last_try(operation.payer) {
            found.push(Breach::LastTry);
        }
        if self.says_wrong() && !self.was_told(operation.payer) {
            found.push(Breach::FalseWrong);
        }
        if (0..self.heard.len()).any(|index| self.may_cost(index)) {
            found.push(Breach::Asked);
        }
        if self.open {
            found.push(Breach::LeftOpen);
        }
        found
    }

    /// Tries that are gone, of whichever PIN of whichever card.
    fn spent(&self) -> u8 {
        let cards = self.before.0.iter().zip(&self.left.0);
        let pins = cards.flat_map(|(before, left)| {
            before.iter().map(|(pin, before)| {
                let left = left.get(pin).copied().unwrap_or(*before);
                before.saturating_sub(left)
            })
        });
        pins.sum()
    }

    /// Whether a PIN went to a card that had one try left for it. Only a PIN changes a counter, so
    /// what was counted before holds for the first PIN that a card gets.
    fn risked_last_try(&self, payer: PinReference) -> bool {
        let mut pins = self.heard.iter().filter(|exchange| exchange.carries_pin());
        pins.any(|exchange| self.before.get(exchange.second, payer) == Some(1))
    }

    /// Whether an exchange is a VERIFY without data that no standard calls a question: not of PIV,
    /// nor of an OpenPGP card of version 3 or later, which takes a PIN back with P1 = FF, and is
    /// asked for it only after it did (OpenPGP card 3.4, 7.2.2).
    fn may_cost(&self, index: usize) -> bool {
        let asked = &self.heard[index];
        if self.silent {
            return asked.is_empty_verify();
        }
        if !asked.may_cost() {
            return false;
        }
        let before = &self.heard[..index];
        let is_version_3 = before.iter().any(|it| {
            it.command[..4] == [0x00, 0xCA, 0x00, 0x4F]
                && it.response.get(6).is_some_and(|major| *major >= 3)
        });
        match asked.command[..4] {
            [0x00, 0x20, 0xFF, 0x81..=0x83] => !is_version_3,
            [0x00, 0x20, 0x00, p2 @ 0x81..=0x83] => !before.iter().any(|it| {
                it.command[..4] == [0x00, 0x20, 0xFF, p2] && it.sw() == Some(StatusWord::OK)
            }),
            _ => true,
        }
    }

    fn says_wrong(&self) -> bool {
        matches!(
            self.outcome,
            Err(Failure::Card(
                CardError::WrongPin { .. } | CardError::Blocked { .. }
            ))
        )
    }

    /// Whether the card said that what was sent was wrong, or that it is blocked.
    fn was_told(&self, payer: PinReference) -> bool {
        let says = |exchange: &&Exchange| {
            let [before, left] =
                [&self.before, &self.left].map(|counters| counters.get(exchange.second, payer));
            let fallen = left.is_some() && left < before;
            match exchange.sw() {
                Some(sw) if sw.counter().is_some() => true,
                Some(StatusWord::BLOCKED | StatusWord::CHECK_FAILED) => true,
                Some(StatusWord::SECURITY) => fallen,
                _ => false,
            }
        };
        let last = self.heard.iter().rfind(|exchange| exchange.carries_pin());
        last.is_some_and(|exchange| says(&exchange))
    }
}

/// What each breach came to, and the first of them in words.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) cases: usize,
    pub(crate) unknowable: usize,
    /// Commands at which something went wrong.
    pub(crate) positions: usize,
    /// What should have gone wrong and did not: the end came before.
    pub(crate) missed: usize,
    /// What was left out, because the card never tells its counter.
    pub(crate) untold: Vec<String>,
    pub(crate) counts: BTreeMap<Breach, usize>,
    pub(crate) words: Vec<String>,
}

impl Ledger {
    pub(crate) fn enter(&mut self, breaches: &[Breach], words: impl FnOnce() -> String) {
        self.cases += 1;
        for &breach in breaches {
            *self.counts.entry(breach).or_default() += 1;
        }
        if !breaches.is_empty() && self.words.len() < 20 {
            self.words.push(format!("{breaches:?}: {}", words()));
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.unknowable += other.unknowable;
        self.positions += other.positions;
        self.missed += other.missed;
        self.untold.extend(other.untold);
        for (breach, count) in other.counts {
            *self.counts.entry(breach).or_default() += count;
        }
        self.words.extend(other.words);
    }

    pub(crate) fn of(&self, breach: Breach) -> usize {
        self.counts.get(&breach).copied().unwrap_or(0)
    }

    /// Prints the counts and wants them to be nothing.
    #[track_caller]
    pub(crate) fn hold(&self) {
        for (breach, name) in BREACHES {
            println!("{name}: {}", self.of(breach));
        }
        assert!(self.counts.is_empty(), "\n{}", self.words.join("\n"));
    }
}

/// The counters as the card keeps them, where it tells or can be made to.
fn counters(card: &mut dyn Card, application: ApplicationKind) -> BTreeMap<u8, u8> {
    card.reset();
    if let Some(left) = silent::counters(card) {
        return left;
    }
    let mut left = BTreeMap::new();
    if application == ApplicationKind::OpenPgp {
        select(card, &[0xD2, 0x76, 0x00, 0x01, 0x24, 0x01]);
        let status = card.transmit(&[0x00, 0xCA, 0x00, 0xC4, 0x00]);
        if let [_, _, _, _, user, code, admin, ..] = status[..] {
            left.extend([(0x81, user), (0xD3, code), (0x83, admin)]);
        }
        return left;
    }
    select(card, &[0xA0, 0x00, 0x00, 0x03, 0x08]);
    for reference in [0x80, 0x00] {
        let answer = card.transmit(&[0x00, 0x20, 0x00, reference]);
        if let [0x63, counter @ 0xC0..=0xCF] = answer[..] {
            left.insert(reference, counter & 0x0F);
        } else if answer == [0x69, 0x83] {
            left.insert(reference, 0);
        }
    }
    let metadata = card.transmit(&[0x00, 0xF7, 0x00, 0x81, 0x00]);
    let tries = metadata.windows(4).find(|part| part[..2] == [0x06, 0x02]);
    left.extend(tries.map(|part| (0x81, part[3])));
    left
}

fn select(card: &mut dyn Card, aid: &[u8]) {
    let mut command = vec![0x00, 0xA4, 0x04, 0x00, u8::try_from(aid.len()).unwrap()];
    command.extend(aid);
    card.transmit(&command);
}
