//! What is remembered of cards from one prompt to the next: how many tries they have, and how many
//! signatures they had made. No number of a card is in the file, only a digest of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::description::Description;
use crate::base::file;
use crate::base::hex;
use crate::base::paths;
use crate::token::Text;

/// The most cards that are remembered: a site that sets up thousands must not fill the file.
const MOST: usize = 500;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 * 1024;
/// scdaemon tells the tries only when fewer are left (app-openpgp.c, `get_prompt_info`): a prompt
/// that does not tell them shows that there are so many. Cards have no more unless they are asked to.
const TOLD_BELOW: u32 = 3;

/// What is known about cards.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Memory {
    #[serde(default)]
    cards: BTreeMap<String, Card>,
    /// Grows with every prompt: the cards that were seen last have the largest.
    #[serde(default)]
    prompts: u64,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Card {
    /// How many tries it has when none was used; 0 as long as no prompt has shown it.
    #[serde(default)]
    tries: u32,
    /// The signatures at the last prompt.
    #[serde(default)]
    counter: Option<u32>,
    #[serde(default)]
    seen: u64,
}

/// What is known about the card of a prompt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Known {
    /// How many tries it has when none was used.
    pub tries: Option<u32>,
    /// How many signatures it made since the last prompt.
    pub signatures: Option<u32>,
}

impl Memory {
    /// Where it is kept.
    #[must_use]
    pub fn path() -> Option<PathBuf> {
        Some(paths::state()?.join("pinentry.toml"))
    }

    /// What is in the file; nothing where it cannot be read.
    #[must_use]
    pub fn load(path: &Path) -> Self {
        file::read_small(path, LARGEST)
            .ok()
            .and_then(|text| toml::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Writes it down. What cannot be written is forgotten: it is a comfort and no more.
    pub fn save(&self, path: &Path) {
        let Ok(text) = toml::to_string(self) else {
            return;
        };
        let folder = path.parent().map(std::fs::create_dir_all);
        let written = file::replace_private(path, text.as_bytes());
        if let (Some(Err(error)), _) | (_, Err(error)) = (folder, written) {
            tracing::info!(%error, "cards are not remembered");
        }
    }

    /// What is known about the card of `description`, and remembers what that says.
    pub fn meet(&mut self, description: &Description) -> Known {
        let Some(number) = description.card() else {
            return Known::default();
        };
        self.prompts = self.prompts.saturating_add(1);
        let card = self.cards.entry(digest(number)).or_default();
        // Only a prompt for the PIN tells its signatures, and only there the tries mean that PIN.
        let counter = description.counter();
        if counter.is_some() && description.tries.is_none() {
            card.tries = TOLD_BELOW;
        }
        let signatures = match (card.counter, counter) {
            (Some(before), Some(now)) => now.checked_sub(before),
            _ => None,
        };
        if counter.is_some() {
            card.counter = counter;
        }
        card.seen = self.prompts;
        let known = Known {
            tries: counter.and((card.tries > 0).then_some(card.tries)),
            signatures,
        };
        self.forget_oldest();
        known
    }

    fn forget_oldest(&mut self) {
        while self.cards.len() > MOST {
            let oldest = self.cards.iter().min_by_key(|(_, card)| card.seen);
            let Some(oldest) = oldest.map(|(number, _)| number.clone()) else {
                return;
            };
            self.cards.remove(&oldest);
        }
    }
}

/// What stands for a card: nobody who reads the file sees which cards were used.
fn digest(number: &Text) -> String {
    let digest = Sha256::digest(number.raw());
    hex::encode(digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::{MOST, Memory};
    use crate::pinentry::description::{Description, Phrases};

    fn card(number: &str, counter: &str, tries: &str) -> Description {
        let text = format!(
            "Please unlock the card\n\nNumber\x1f: {number}\nHolder\x1f: A\nCounter\x1f: {counter}{tries}"
        );
        Description::new(text.as_bytes(), &Phrases::english())
    }

    #[test]
    fn a_card_is_known_by_its_second_prompt() {
        let mut memory = Memory::default();
        let first = memory.meet(&card("0005 1", "41", ""));
        assert_eq!((first.tries, first.signatures), (Some(3), None));
        let second = memory.meet(&card("0005 1", "44", "\n\nRemaining attempts: 1"));
        assert_eq!((second.tries, second.signatures), (Some(3), Some(3)));
        // A card that was made anew counts from the beginning.
        assert_eq!(memory.meet(&card("0005 1", "0", "")).signatures, None);
        let other = memory.meet(&card("0005 2", "1", "\n\nRemaining attempts: 2"));
        assert_eq!((other.tries, other.signatures), (None, None));
    }

    #[test]
    fn the_file_holds_no_number_and_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/pinentry.toml");
        let mut memory = Memory::default();
        for number in 0..MOST + 20 {
            memory.meet(&card(&format!("0005 {number:08}"), "1", ""));
        }
        assert_eq!(memory.cards.len(), MOST);
        memory.save(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("0005"));
        assert_eq!(Memory::load(&path), memory);
        std::fs::write(&path, b"\xff\0 = no").unwrap();
        assert_eq!(Memory::load(&path), Memory::default());
    }
}
