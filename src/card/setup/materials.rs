//! What a task is given.

use crate::base::secret::Secret;
use crate::card::task::{Opening, SecretName};
use crate::globalplatform::{Attempts, Keys};
use crate::pki::import::RsaKey;

/// What a task needs and a plan does not hold.
pub trait Materials {
    /// A PIN or PUK.
    fn pin(&mut self, name: &SecretName) -> Option<&Secret>;

    /// The private half of a key, by its identifier.
    fn key(&mut self, id: &[u8]) -> Option<&Private>;

    /// The keys of a card manager, as they are or as they shall be; where failed tries to open it are
    /// kept; and whether keys that failed before may be tried again.
    fn manager(&mut self, name: &SecretName) -> (Option<&Keys>, &mut dyn Attempts, bool);

    /// What data says, by its name.
    fn data(&mut self, label: &str) -> Option<&Secret>;
}

/// The private half of an RSA key: big-endian numbers, each as long as it has to be for the size
/// of the key.
#[derive(Debug)]
pub struct Private {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The public exponent.
    pub exponent: Vec<u8>,
    /// The private exponent.
    pub private_exponent: Secret,
    /// p, q, d mod p-1, d mod q-1, 1/q mod p.
    pub primes: [Secret; 5],
}

impl Private {
    /// A key out of a file. Nothing if its primes are not of one length, which no card keeps.
    #[must_use]
    pub fn of(key: &RsaKey) -> Option<Self> {
        let len = key.n.len();
        let half = |number: &Secret| filled(number, len / 2);
        Some(Self {
            modulus: key.n.clone(),
            exponent: key.e.clone(),
            private_exponent: filled(&key.d, len)?,
            primes: [
                half(&key.p)?,
                half(&key.q)?,
                half(&key.d_p)?,
                half(&key.d_q)?,
                half(&key.q_inv)?,
            ],
        })
    }
}

/// A number with zeros before it.
fn filled(number: &Secret, len: usize) -> Option<Secret> {
    let missing = len.checked_sub(number.len())?;
    let mut filled = Secret::with_capacity(len);
    filled.extend(&vec![0x00; missing]);
    filled.extend(number.expose());
    Some(filled)
}

/// How a task is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// Whether it was begun before, so that any of its commands may have been carried out. The
    /// survey is the one that it was begun with.
    pub again: bool,
    /// Whether the person was told that a key stays on the card if the task is done all the same.
    pub said: bool,
    /// Whether nothing answers: only the commands are of interest.
    pub paper: bool,
    /// Seconds since 1970 that are written as the last update.
    pub moment: i64,
    /// How a card manager is opened.
    pub opening: Opening,
}
