//! PINs and PUKs that nobody thinks of: digits by chance, straight into locked memory.

use crate::base::secret::Secret;
use zeroize::Zeroize as _;

/// The digits of a PIN, unless the card wants more.
pub const PIN_LEN: usize = 6;

/// The digits of a PUK.
pub const PUK_LEN: usize = 8;

/// After so many bytes without a code the source is stuck. One that works needs a dozen.
const MAX_BYTES: usize = 4096;

/// There are no random bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no random numbers")]
pub struct NoChance;

/// Where chance comes from.
pub trait Chance: Send {
    /// A byte, each as likely as every other.
    ///
    /// # Errors
    ///
    /// [`NoChance`].
    fn byte(&mut self) -> Result<u8, NoChance>;
}

/// The operating system.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Chance for System {
    fn byte(&mut self) -> Result<u8, NoChance> {
        let mut byte = [0];
        getrandom::fill(&mut byte).map_err(|_| NoChance)?;
        let [value] = byte;
        byte.zeroize();
        Ok(value)
    }
}

/// A code of so many digits, none of those that everybody tries first.
///
/// # Errors
///
/// [`NoChance`], also if the source brings nothing but such codes.
pub fn digits(len: usize, chance: &mut dyn Chance) -> Result<Secret, NoChance> {
    let mut code = Secret::with_capacity(len);
    for _ in 0..MAX_BYTES {
        let byte = chance.byte()?;
        // 250 is the last multiple of ten: the six values from there on would favour 0 to 5.
        if byte >= 250 {
            continue;
        }
        code.extend(&[b'0' + byte % 10]);
        if code.len() < len {
            continue;
        }
        if !is_trivial(code.expose()) {
            return Ok(code);
        }
        code.truncate(0);
    }
    Err(NoChance)
}

/// Whether somebody who guesses would begin with it: one or two digits only, the same step from each
/// to the next (123456, 975319), or a beginning that is repeated (123123).
fn is_trivial(code: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &digit in code {
        if let Some(seen) = seen.get_mut(usize::from(digit)) {
            *seen = true;
        }
    }
    let different = seen.iter().filter(|&&seen| seen).count();
    seen.zeroize();
    let steps = code.windows(2).map(|pair| match pair {
        [one, next] => (10 + next - one) % 10,
        _ => 0,
    });
    let mut steps = steps.peekable();
    let first = steps.peek().copied();
    let even = steps.all(|step| Some(step) == first);
    let repeats = (1..=code.len() / 2).any(|part| {
        let again = code.iter().skip(part);
        code.len().is_multiple_of(part) && code.iter().zip(again).all(|(one, other)| one == other)
    });
    different < 3 || even || repeats
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{Chance, NoChance, PIN_LEN, PUK_LEN, System, digits, is_trivial};

    struct Bytes(Vec<u8>);

    impl Chance for Bytes {
        fn byte(&mut self) -> Result<u8, NoChance> {
            self.0.pop().ok_or(NoChance)
        }
    }

    #[test]
    fn what_everybody_tries_first_is_none() {
        for code in [
            "000000", "123456", "654321", "890123", "111222", "121212", "123123", "135791", "7777",
            "1234", "12341234", "98989898", "246802",
        ] {
            assert!(is_trivial(code.as_bytes()), "{code}");
        }
        for code in ["184620", "120945", "1837", "123457", "90817263"] {
            assert!(!is_trivial(code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn a_trivial_code_is_thrown_away_whole_and_a_source_that_is_stuck_ends() {
        let mut bytes = b"\x01\x08\x04\x06\x02\xFF\x00".to_vec();
        bytes.reverse();
        bytes.extend([7; 6]);
        let code = digits(PIN_LEN, &mut Bytes(bytes)).unwrap();
        assert_eq!(code.expose(), b"184620");
        assert_eq!(
            digits(PIN_LEN, &mut Bytes(vec![7; 100_000])).unwrap_err(),
            NoChance
        );
        assert_eq!(digits(PIN_LEN, &mut Bytes(vec![])).unwrap_err(), NoChance);
    }

    #[test]
    fn every_digit_is_as_likely_as_every_other() {
        // Every byte that there is, once: each digit comes as often as every other.
        let mut count = [0; 10];
        for byte in 0..=255 {
            let rest = [2, 6, 0, 5, 1];
            let mut bytes: Vec<u8> = rest.to_vec();
            bytes.push(byte);
            let mut source = Bytes(bytes);
            let Ok(code) = digits(PIN_LEN, &mut source) else {
                continue;
            };
            count[usize::from(code.expose()[0] - b'0')] += 1;
        }
        assert_eq!(count, [25; 10]);
    }

    #[test]
    fn codes_are_digits_of_the_right_number_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let puk = digits(PUK_LEN, &mut System).unwrap();
            assert_eq!(puk.len(), PUK_LEN);
            assert!(puk.expose().iter().all(u8::is_ascii_digit));
            seen.insert(puk.expose().to_vec());
        }
        assert!(seen.len() > 190);
    }
}
