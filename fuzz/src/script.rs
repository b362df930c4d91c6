//! A card that answers from the bytes of the engine, alone or in place of an honest card.
//!
//! The bytes are parts with `FE ED` between them, so that a longer part moves no border:
//!
//! ```text
//! choice  answer to reset | control answer | control answer | ...
//! ```
//!
//! The low four bits of *choice* say which honest card is behind it (see [`HONEST`]), bit 5
//! that the parts begin anew when they are used up, bit 6 that the answer to reset that
//! follows is used in place of that of the honest card.
//!
//! The low five bits of *control* say how many commands the honest card answers first; the
//! others what is done to the answer then: see [`Deed`].

use std::cell::RefCell;

use symbolon::simulator::{Card, wardrobe};

/// What stands between parts.
const BORDER: [u8; 2] = [0xFE, 0xED];

/// The honest cards: practice cards by their names, with every driver and every way of the
/// wire. Number 0 is no card: everything is answered with 6A82.
pub const HONEST: [&str; 13] = [
    "piv-used",
    "piv-plain",
    "openpgp-used",
    "openpgp-curves",
    "both",
    "openpgp-2",
    "expired-certificate",
    "blocked-pin",
    "odd-certificates",
    "unknown",
    "piv-fresh",
    "cardos-used",
    "cardos-blank",
];

// The number of a card has four bits.
const _: () = assert!(HONEST.len() <= 0x0F);

thread_local! {
    /// Made once: reading changes nothing on them.
    static CARDS: RefCell<Vec<Box<dyn Card>>> = RefCell::new(
        HONEST.iter().map(|name| wardrobe::make(name).expect("a practice card")).collect(),
    );
}

/// Makes the honest cards.
pub(crate) fn prepare() {
    CARDS.with_borrow(|cards| assert_eq!(cards.len(), HONEST.len()));
}

/// Which honest card `choice` means; 0 and those above the last are none.
pub(crate) fn honest(choice: u8) -> Option<usize> {
    usize::from(choice & 0x0F)
        .checked_sub(1)
        .filter(|&index| index < HONEST.len())
}

/// Does `work` with an honest card, fresh after a reset.
pub(crate) fn with_card<T>(index: usize, work: impl FnOnce(&mut dyn Card) -> T) -> T {
    CARDS.with_borrow_mut(|cards| {
        let card = &mut cards[index];
        card.reset();
        work(card.as_mut())
    })
}

/// The parts of an input.
pub(crate) fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|window| window == BORDER) {
        parts.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    parts.push(rest);
    parts
}

/// The other way: an input from its parts.
#[must_use]
pub fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.join(&BORDER[..])
}

/// What happens to one answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Deed {
    /// These bytes, in place of an answer; the command never reaches the honest card.
    Instead(Vec<u8>),
    /// These bytes and 9000.
    Data(Vec<u8>),
    /// The honest answer, with the bytes after the first two from that offset on in the place
    /// of its own.
    Patched(usize, Vec<u8>),
    /// The honest answer, without so many bytes at its end but with its status word.
    Cut(usize),
    /// The card is pulled before the command.
    PulledBefore,
    /// The card is pulled after the command.
    PulledAfter,
}

/// The lies that are left of a script.
pub(crate) struct Script {
    /// How many honest answers come first, and what then.
    lies: Vec<(usize, Deed)>,
    next: usize,
    /// Honest answers still to come before the next lie.
    wait: usize,
    forever: bool,
}

impl Script {
    pub(crate) fn new(parts: &[&[u8]], forever: bool) -> Self {
        let lies: Vec<_> = parts
            .iter()
            .filter_map(|part| part.split_first())
            .map(|(&control, rest)| (usize::from(control & 0x1F), deed(control >> 5, rest)))
            .collect();
        let wait = lies.first().map_or(0, |lie| lie.0);
        Self {
            lies,
            next: 0,
            wait,
            forever,
        }
    }

    /// What is done to the next answer; nothing if the honest card answers.
    pub(crate) fn next(&mut self) -> Option<Deed> {
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        let deed = self.lies.get(self.next).map(|lie| lie.1.clone());
        self.next += 1;
        if self.forever && self.next >= self.lies.len() {
            self.next = 0;
        }
        self.wait = self.lies.get(self.next).map_or(0, |lie| lie.0);
        deed
    }
}

fn deed(number: u8, rest: &[u8]) -> Deed {
    match (number, rest) {
        (0 | 1, answer) => Deed::Instead(answer.to_vec()),
        (2 | 3, data) => Deed::Data(data.to_vec()),
        (4, [high, low, patch @ ..]) => Deed::Patched(
            usize::from(u16::from_be_bytes([*high, *low])),
            patch.to_vec(),
        ),
        (5, [count, ..]) => Deed::Cut(usize::from(*count)),
        (6, _) => Deed::PulledBefore,
        (7, _) => Deed::PulledAfter,
        _ => Deed::Data(Vec::new()),
    }
}

/// The answer after `deed` was done to it; `honest` asks the honest card.
pub(crate) fn answer(deed: Option<Deed>, honest: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    match deed {
        None | Some(Deed::PulledBefore | Deed::PulledAfter) => honest(),
        Some(Deed::Instead(answer)) => answer,
        Some(Deed::Data(mut data)) => {
            data.extend([0x90, 0x00]);
            data
        }
        Some(Deed::Patched(offset, patch)) => {
            let mut answer = honest();
            for (old, new) in answer.iter_mut().skip(offset).zip(patch) {
                *old = new;
            }
            answer
        }
        Some(Deed::Cut(count)) => {
            let mut answer = honest();
            let sw = answer.split_off(answer.len().saturating_sub(2));
            answer.truncate(answer.len().saturating_sub(count));
            answer.extend(sw);
            answer
        }
    }
}
