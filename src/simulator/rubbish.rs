//! Cards that answer anything but what they should, from the first command to the last. What
//! happens to a good card at one of its commands is in `faults`.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::card::Card;
use super::chip::with_status;
use crate::iso7816::StatusWord;

/// A card without sense. The same command always brings the same answer.
#[derive(Clone, Debug)]
pub struct Rubbish {
    atr: Vec<u8>,
    manner: Manner,
}

/// How it is without sense.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// Success, and data objects whose lengths lie.
    Lies,
    /// Bytes that mean nothing; the number tells one such card from another.
    Noise(u64),
}

/// Objects that are cut short, have no end, or hold themselves.
const LIES: &[&[u8]] = &[
    &[0x30],
    &[0x30, 0x80],
    &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x53, 0x82, 0x10],
    &[0x53, 0x82, 0xFF, 0xFF, 0x70, 0x82, 0xFF, 0xFF, 0x30],
    &[0x53, 0x81, 0x05, 0x70, 0x7F, 0x30, 0x82, 0x03],
    &[0x61, 0x7F, 0x4F, 0x7F, 0x79, 0x7F],
    &[0x6E, 0x82, 0xFF, 0xFF, 0x4F, 0x10, 0xD2, 0x76],
    &[0x6E, 0x06, 0x73, 0x04, 0x73, 0x02, 0x73, 0x00],
    &[0x73, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x7F, 0x49],
    &[0x7F, 0x49, 0x82, 0x01, 0x09, 0x81, 0x82, 0x01, 0x00],
    &[0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    &[0x65, 0x84, 0x7F, 0xFF, 0xFF, 0xFF],
    &[0xC5, 0x13, 0x00],
];

impl Rubbish {
    /// A card with T=1 that is without sense in this manner.
    #[must_use]
    pub fn new(manner: Manner) -> Self {
        Self {
            // T=1, no historical bytes.
            atr: vec![0x3B, 0x80, 0x81, 0x31, 0xFE, 0x45, 0x8B],
            manner,
        }
    }

    /// With another answer to reset, which may be without sense too.
    #[must_use]
    pub fn with_atr(self, atr: impl Into<Vec<u8>>) -> Self {
        Self {
            atr: atr.into(),
            ..self
        }
    }
}

impl Card for Rubbish {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {}

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let chance = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (command, salt).hash(&mut hasher);
            hasher.finish()
        };
        let pick = |count: usize| {
            // The remainder is smaller than a count that came from a usize.
            usize::try_from(chance(0) % count.max(1) as u64).unwrap_or(0)
        };
        match self.manner {
            Manner::Lies => {
                let lie = LIES.get(pick(LIES.len())).copied().unwrap_or_default();
                with_status(lie.to_vec(), StatusWord::OK.0)
            }
            Manner::Noise(seed) => (0..pick(300))
                .map(|index| chance(seed ^ index as u64).to_le_bytes()[0])
                .collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Manner, Rubbish};
    use crate::iso7816::atr::Atr;
    use crate::simulator::Card;

    #[test]
    fn rubbish_is_the_same_each_time() {
        for manner in [Manner::Lies, Manner::Noise(7)] {
            let mut card = Rubbish::new(manner);
            assert_eq!(Atr::parse(card.atr()).unwrap().checksum, Some(true));
            let command = [0x00, 0xCA, 0x00, 0x6E, 0x00];
            let first = card.transmit(&command);
            assert_eq!(card.transmit(&command), first, "{manner:?}");
        }
    }
}
