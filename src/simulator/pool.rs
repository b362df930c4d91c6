//! RSA keys made beforehand, so that a generation in a test takes no time.

use std::collections::BTreeMap;

use super::keys::{KeyKind, PrivateKey};
use super::random::Random;

/// The key files in `data/practice` with these numbers.
macro_rules! keys {
    ($name:literal: $($number:literal)*) => {
        &[$(include_bytes!(concat!("../../data/practice/pool-", $name, "-", $number, ".key"))),*]
    };
}

/// One file.
type Der = &'static [u8];

const RSA1024: &[Der] = keys!("rsa1024": 1 2 3 4 5 6 7 8);
const RSA2048: &[Der] = keys!("rsa2048": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
const RSA3072: &[Der] = keys!("rsa3072": 1 2);
const RSA4096: &[Der] = keys!("rsa4096": 1 2);

/// Hands out keys, each once; when there are none left it makes real ones.
#[derive(Debug)]
pub(super) struct Pool {
    /// From the last to the first, so that two applications on one card do not hand out the
    /// same keys; each stops in the middle.
    backwards: bool,
    used: BTreeMap<u16, usize>,
}

impl Pool {
    pub(super) fn forwards() -> Self {
        Self {
            backwards: false,
            used: BTreeMap::new(),
        }
    }

    pub(super) fn backwards() -> Self {
        Self {
            backwards: true,
            used: BTreeMap::new(),
        }
    }

    /// A key that this pool has not handed out before.
    pub(super) fn key(&mut self, kind: KeyKind, random: &mut Random) -> Option<PrivateKey> {
        let (bits, keys) = match kind {
            KeyKind::Rsa(1024) => (1024, RSA1024),
            KeyKind::Rsa(2048) => (2048, RSA2048),
            KeyKind::Rsa(3072) => (3072, RSA3072),
            KeyKind::Rsa(4096) => (4096, RSA4096),
            _ => return PrivateKey::random(kind, random),
        };
        let used = self.used.entry(bits).or_default();
        let next = if *used >= keys.len() / 2 {
            None
        } else if self.backwards {
            keys.iter().rev().nth(*used)
        } else {
            keys.get(*used)
        };
        *used += 1;
        match next {
            Some(der) => PrivateKey::from_pkcs8(der),
            None => PrivateKey::random(kind, random),
        }
    }
}
