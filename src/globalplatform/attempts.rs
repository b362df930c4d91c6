//! What is remembered of failed tries to open a secure channel: cards count them, do not tell the
//! count, and are dead after the last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::{CheckValue, Diversification, KeyFamily};
use crate::base::file;
use crate::base::hex::{self, Hex};

/// How many wrong tries most cards allow. Some allow three.
pub const MAX_USUAL_TRIES: u32 = 10;

/// The most key sets of one card that are remembered; the oldest are forgotten.
const MAX_KEY_SETS: usize = 32;

/// The longest file, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Which card it is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CardId(String);

/// Which keys were tried. The keys are not in it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct KeySetId {
    /// Their cipher.
    pub family: KeyFamily,
    /// Their check values, before any diversification.
    pub check_values: [CheckValue; 3],
    /// How the card's own keys were made of them.
    pub diversification: Diversification,
}

/// A try to open a secure channel, as far as it is remembered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tried {
    /// The version of the key set on the card, as the card told it.
    pub version: u8,
    /// The keys.
    pub keys: KeySetId,
    /// The challenge that the card was sent.
    pub challenge: Vec<u8>,
    /// The sequence counter of the card, where the protocol has one.
    pub counter: Option<u32>,
}

/// A key set that failed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct FailedKeys {
    /// The version that the card told.
    pub version: u8,
    /// The keys.
    pub keys: KeySetId,
    /// How often.
    pub tries: u32,
}

/// The last sequence counter of a key set.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Counter {
    version: u8,
    keys: KeySetId,
    last: u32,
}

/// What is remembered of one card.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Failed tries since the last success.
    pub tries: u32,
    /// The keys that failed since then.
    pub failed: Vec<FailedKeys>,
    counters: Vec<Counter>,
    challenge: Option<Hex>,
    /// Whether more may have happened than is written here: a file before this one was damaged.
    unsure: bool,
}

/// What can be said about earlier tries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Recall {
    /// All of them.
    Known(Remembered),
    /// There may have been some: what was kept cannot be read.
    Unsure,
}

/// It could not be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the try could not be kept: {0}")]
pub struct NotKept(pub io::ErrorKind);

/// Keeps what happened between this computer and its cards.
pub trait Attempts {
    /// What happened with a card.
    fn recall(&mut self, card: &CardId) -> Recall;

    /// A card and these keys do not fit.
    ///
    /// # Errors
    ///
    /// [`NotKept`].
    fn note_failure(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept>;

    /// A secure channel was opened; failures before are forgotten.
    ///
    /// # Errors
    ///
    /// [`NotKept`].
    fn note_success(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept>;

    /// Forgets everything about a card, its counters too: for someone who set its keys anew.
    ///
    /// # Errors
    ///
    /// [`NotKept`].
    fn forget(&mut self, card: &CardId) -> Result<(), NotKept>;
}

impl CardId {
    /// The card whose chip has these numbers: from its production data.
    #[must_use]
    pub fn of_chip(unique: &[u8]) -> Self {
        Self::of(&[b"chip", unique])
    }

    /// A card that tells no number of its own: all of a kind are then one.
    #[must_use]
    pub fn of_kind(atr: &[u8], aid: &[u8]) -> Self {
        Self::of(&[b"kind", atr, b"/", aid])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let digest = Sha256::digest(parts.concat());
        Self(hex::encode(digest.get(..16).unwrap_or(&digest)))
    }
}

impl Remembered {
    /// How often these keys failed.
    #[must_use]
    pub fn tries_of(&self, keys: &KeySetId) -> u32 {
        let of = self.failed.iter().filter(|failed| failed.keys == *keys);
        of.map(|failed| failed.tries).fold(0, u32::saturating_add)
    }

    /// The last sequence counter of a key set.
    #[must_use]
    pub fn counter(&self, version: u8, keys: &KeySetId) -> Option<u32> {
        let mut all = self.counters.iter();
        let found = all.find(|one| one.version == version && one.keys == *keys);
        found.map(|counter| counter.last)
    }

    /// Whether this challenge was the last one that the card was sent.
    #[must_use]
    pub fn is_last_challenge(&self, challenge: &[u8]) -> bool {
        self.challenge
            .as_ref()
            .is_some_and(|last| last.0 == challenge)
    }

    fn fail(&mut self, tried: &Tried) {
        self.tries = self.tries.saturating_add(1);
        self.challenge = Some(Hex(tried.challenge.clone()));
        let same =
            |failed: &&mut FailedKeys| failed.version == tried.version && failed.keys == tried.keys;
        if let Some(failed) = self.failed.iter_mut().find(same) {
            failed.tries = failed.tries.saturating_add(1);
            return;
        }
        self.failed.push(FailedKeys {
            version: tried.version,
            keys: tried.keys.clone(),
            tries: 1,
        });
        keep_last(&mut self.failed);
    }

    fn succeed(&mut self, tried: &Tried) {
        self.tries = 0;
        self.failed.clear();
        self.unsure = false;
        self.challenge = Some(Hex(tried.challenge.clone()));
        let Some(last) = tried.counter else { return };
        self.counters
            .retain(|one| one.version != tried.version || one.keys != tried.keys);
        self.counters.push(Counter {
            version: tried.version,
            keys: tried.keys.clone(),
            last,
        });
        keep_last(&mut self.counters);
    }
}

fn keep_last<T>(list: &mut Vec<T>) {
    let surplus = list.len().saturating_sub(MAX_KEY_SETS);
    list.drain(..surplus);
}

/// Keeps it as long as the program runs: for practice cards.
#[derive(Debug, Default)]
pub struct PassingAttempts(BTreeMap<CardId, Remembered>);

impl Attempts for PassingAttempts {
    fn recall(&mut self, card: &CardId) -> Recall {
        Recall::Known(self.0.get(card).cloned().unwrap_or_default())
    }

    fn note_failure(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.0.entry(card.clone()).or_default().fail(tried);
        Ok(())
    }

    fn note_success(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.0.entry(card.clone()).or_default().succeed(tried);
        Ok(())
    }

    fn forget(&mut self, card: &CardId) -> Result<(), NotKept> {
        self.0.remove(card);
        Ok(())
    }
}

/// Keeps it on the disk: a small file for each card, for its owner alone. There is no key in it.
#[derive(Clone, Debug)]
pub struct KeptAttempts {
    folder: PathBuf,
}

impl KeptAttempts {
    /// In this folder, which is made when there is something to keep.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, card: &CardId) -> PathBuf {
        self.folder.join(format!("{}.json", card.0))
    }

    fn change(&self, card: &CardId, change: impl FnOnce(&mut Remembered)) -> Result<(), NotKept> {
        let path = self.path(card);
        let mut remembered = read(&path).unwrap_or_else(|| Remembered {
            unsure: true,
            ..Remembered::default()
        });
        change(&mut remembered);
        let text =
            serde_json::to_vec(&remembered).map_err(|_| NotKept(io::ErrorKind::InvalidData))?;
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder
            .create(&self.folder)
            .and_then(|()| file::replace_private(&path, &text))
            .map_err(|error| NotKept(error.kind()))
    }
}

/// What a file holds: nothing yet if there is none, and no answer if it cannot be read.
fn read(path: &Path) -> Option<Remembered> {
    match file::read_small_bytes(path, MAX_FILE) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Remembered::default()),
        Err(_) => None,
    }
}

impl Attempts for KeptAttempts {
    fn recall(&mut self, card: &CardId) -> Recall {
        match read(&self.path(card)) {
            Some(remembered) if !remembered.unsure => Recall::Known(remembered),
            Some(_) | None => Recall::Unsure,
        }
    }

    fn note_failure(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.change(card, |remembered| remembered.fail(tried))
    }

    fn note_success(&mut self, card: &CardId, tried: &Tried) -> Result<(), NotKept> {
        self.change(card, |remembered| remembered.succeed(tried))
    }

    fn forget(&mut self, card: &CardId) -> Result<(), NotKept> {
        match fs::remove_file(self.path(card)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(NotKept(error.kind())),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{
        Attempts, CardId, KeptAttempts, KeySetId, MAX_KEY_SETS, Recall, Remembered, Tried,
    };
    use crate::globalplatform::keys::{CheckValue, Diversification, KeyFamily};

    fn tried(key: u8, counter: Option<u32>) -> Tried {
        Tried {
            version: 1,
            keys: KeySetId {
                family: KeyFamily::Aes,
                check_values: [CheckValue([key; 3]); 3],
                diversification: Diversification::None,
            },
            challenge: vec![key; 8],
            counter,
        }
    }

    fn known(attempts: &mut KeptAttempts, card: &CardId) -> Remembered {
        match attempts.recall(card) {
            Recall::Known(remembered) => remembered,
            Recall::Unsure => panic!("nothing is known"),
        }
    }

    #[test]
    fn failures_stay_until_a_success() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("attempts");
        let mut attempts = KeptAttempts::new(inner.clone());
        let (card, other) = (CardId::of_chip(&[1]), CardId::of_chip(&[2]));
        assert_eq!(known(&mut attempts, &card), Remembered::default());
        attempts.note_success(&card, &tried(9, Some(7))).unwrap();
        for key in [1, 1, 2] {
            attempts.note_failure(&card, &tried(key, Some(8))).unwrap();
        }
        // What another start of the program finds.
        let mut again = KeptAttempts::new(inner.clone());
        let remembered = known(&mut again, &card);
        assert_eq!(remembered.tries, 3);
        assert_eq!(remembered.tries_of(&tried(1, None).keys), 2);
        assert_eq!(remembered.tries_of(&tried(3, None).keys), 0);
        assert_eq!(remembered.counter(1, &tried(9, None).keys), Some(7));
        assert!(remembered.is_last_challenge(&[2; 8]));
        assert_eq!(known(&mut again, &other).tries, 0);
        again.note_success(&card, &tried(9, Some(9))).unwrap();
        let remembered = known(&mut again, &card);
        assert_eq!((remembered.tries, remembered.failed.len()), (0, 0));
        assert_eq!(remembered.counter(1, &tried(9, None).keys), Some(9));
        assert_eq!(remembered.counter(2, &tried(9, None).keys), None);
        again.forget(&card).unwrap();
        again.forget(&card).unwrap();
        assert_eq!(known(&mut again, &card), Remembered::default());
        assert_eq!(fs::read_dir(inner).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_for_its_owner_alone_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut attempts = KeptAttempts::new(folder.path().to_owned());
        let card = CardId::of_kind(&[0x3B], &[]);
        for key in 0..=255 {
            attempts.note_failure(&card, &tried(key, None)).unwrap();
        }
        let remembered = known(&mut attempts, &card);
        assert_eq!(remembered.tries, 256);
        assert_eq!(remembered.failed.len(), MAX_KEY_SETS);
        let file = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_no_clean_slate() {
        let folder = tempfile::tempdir().unwrap();
        let mut attempts = KeptAttempts::new(folder.path().to_owned());
        let card = CardId::of_chip(&[1]);
        attempts.note_failure(&card, &tried(1, None)).unwrap();
        let path = attempts.path(&card);
        let whole = fs::read(&path).unwrap();
        let huge = vec![b' '; 70_000];
        for bad in [&b""[..], b"{}", b"\xFF", &whole[..whole.len() - 1], &huge] {
            fs::write(&path, bad).unwrap();
            assert_eq!(attempts.recall(&card), Recall::Unsure);
        }
        // A further failure does not make it sure again; a success does.
        attempts.note_failure(&card, &tried(1, None)).unwrap();
        assert_eq!(attempts.recall(&card), Recall::Unsure);
        attempts.note_success(&card, &tried(2, None)).unwrap();
        assert_eq!(known(&mut attempts, &card).tries, 0);
    }

    #[test]
    fn cards_are_told_apart() {
        assert_ne!(CardId::of_chip(&[1]), CardId::of_chip(&[2]));
        assert_ne!(CardId::of_chip(&[1]), CardId::of_kind(&[1], &[]));
    }
}
