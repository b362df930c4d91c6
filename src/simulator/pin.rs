//! A PIN as the card keeps it: the reference value and its two counters.

use crate::iso7816::StatusWord;

/// Reference data with a retry counter.
#[derive(Clone)]
pub(super) struct Pin {
    value: Vec<u8>,
    /// Tries after a success.
    pub(super) tries: u8,
    /// Tries left; 0 is blocked.
    pub(super) left: u8,
}

/// What a comparison brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Right,
    /// With the tries left.
    Wrong(u8),
    /// Nothing was compared.
    Blocked,
}

impl Pin {
    pub(super) fn new(value: &[u8], tries: u8) -> Self {
        Self {
            value: value.to_vec(),
            tries,
            left: tries,
        }
    }

    /// A PIN that nobody has set: empty and blocked.
    pub(super) fn unset(tries: u8) -> Self {
        Self {
            value: Vec::new(),
            tries,
            left: 0,
        }
    }

    /// Compares and counts: the counter goes down before the comparison, and comes back after a
    /// success (ISO/IEC 7816-4:2020, 11.6.1).
    pub(super) fn check(&mut self, value: &[u8]) -> Verdict {
        if self.left == 0 {
            return Verdict::Blocked;
        }
        self.left -= 1;
        if value != self.value {
            return Verdict::Wrong(self.left);
        }
        self.left = self.tries;
        Verdict::Right
    }

    /// Takes a new value; all tries come back.
    pub(super) fn replace(&mut self, value: &[u8]) {
        self.value = value.to_vec();
        self.left = self.tries;
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.left == 0
    }

    pub(super) fn is_set(&self) -> bool {
        !self.value.is_empty()
    }

    /// Whether `value` is the reference value; does not count.
    pub(super) fn is(&self, value: &[u8]) -> bool {
        self.value == value
    }

    /// Length of the reference value in bytes.
    pub(super) fn len(&self) -> usize {
        self.value.len()
    }

    /// The status word for the empty VERIFY and for a wrong PIN.
    pub(super) fn status(&self) -> StatusWord {
        if self.is_blocked() {
            StatusWord::BLOCKED
        } else {
            StatusWord(0x63C0 | u16::from(self.left.min(15)))
        }
    }
}

impl Verdict {
    /// Nothing if it was right, else `63Cx` or `6983`.
    pub(super) fn or_status(self) -> Result<(), StatusWord> {
        match self {
            Self::Right => Ok(()),
            Self::Wrong(left) => Err(StatusWord(0x63C0 | u16::from(left.min(15)))),
            Self::Blocked => Err(StatusWord::BLOCKED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pin, Verdict};

    #[test]
    fn the_right_pin_comes_too_late_for_a_blocked_card() {
        let mut pin = Pin::new(b"123456", 3);
        for left in [2, 1, 0] {
            assert_eq!(pin.check(b"000000"), Verdict::Wrong(left));
        }
        assert_eq!(pin.check(b"123456"), Verdict::Blocked);
    }

    #[test]
    fn a_success_brings_all_tries_back() {
        let mut pin = Pin::new(b"123456", 3);
        pin.check(b"000000");
        assert_eq!(pin.check(b"123456"), Verdict::Right);
        assert_eq!(pin.left, 3);
    }
}
