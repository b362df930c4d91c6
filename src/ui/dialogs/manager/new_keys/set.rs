//! Which key set the new keys become.

use super::super::entered::{self, LAST_VERSION};
use crate::backend::Look;
use crate::base::i18n::{gettext, gettext_f};

/// The version of the new key set, and which one it takes the place of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct KeySet {
    /// As it was typed, if it is a number.
    pub(super) version: Option<u8>,
    pub(super) replaces: Option<u8>,
    /// Those that the card has.
    pub(super) there: Vec<u8>,
}

/// Why it cannot be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SetFault {
    /// No version of a key set.
    Version,
    /// The card has one of this version, and another one makes way.
    Taken(u8),
    /// A plan was begun with other keys.
    Others,
}

impl SetFault {
    pub(super) fn words(self) -> String {
        match self {
            Self::Version => gettext("The version of a key set is a number from 1 to 127."),
            Self::Taken(version) => gettext_f(
                "The card has keys of version {version}. Choose another version, or let them make way.",
                &[("version", &version.to_string())],
            ),
            Self::Others => gettext("The work was begun with other keys."),
        }
    }
}

impl KeySet {
    /// As it is usual for this card.
    pub(super) fn usual(look: &Look) -> Self {
        let opened = look.opened.as_ref().map(|opened| opened.key_version);
        let there = entered::key_sets(look.manager.keys.as_deref(), opened);
        let (version, replaces) = entered::usual_set(&there, opened);
        Self {
            version: Some(version),
            replaces,
            there,
        }
    }

    /// The one at this place in the list makes way; 0 for none.
    pub(super) fn choose(&mut self, place: usize) {
        let version = place.checked_sub(1).and_then(|place| self.there.get(place));
        self.replaces = version.copied();
    }

    /// Whether old keys make way in the command that brings the new ones: those that are named, and
    /// those of the factory where there are no others.
    pub(super) fn takes_place_at_once(&self) -> bool {
        let only_factory = self.there.iter().all(|version| *version == 0xFF);
        self.replaces.is_some() || (only_factory && !self.there.is_empty())
    }

    /// The place in the list.
    pub(super) fn place(&self) -> usize {
        let mut there = self.there.iter();
        let place = there.position(|version| Some(*version) == self.replaces);
        place.map_or(0, |place| place + 1)
    }

    /// What the places are called.
    pub(super) fn places(&self) -> Vec<String> {
        let sets = self.there.iter().map(|version| match version {
            0xFF => gettext("Keys of the factory"),
            version => gettext_f("Version {version}", &[("version", &version.to_string())]),
        });
        // TRANSLATORS: Which key set makes way for the new one.
        std::iter::once(gettext("None that is named"))
            .chain(sets)
            .collect()
    }

    /// Its version and what it replaces.
    pub(super) fn decided(&self) -> Result<(u8, Option<u8>), SetFault> {
        let version = self
            .version
            .filter(|version| (1..=LAST_VERSION).contains(version));
        let version = version.ok_or(SetFault::Version)?;
        if self.there.contains(&version) && self.replaces != Some(version) {
            return Err(SetFault::Taken(version));
        }
        Ok((version, self.replaces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_the_old_keys_is_what_the_card_does() {
        let at_once = |replaces, there: &[u8]| {
            let set = KeySet {
                version: Some(2),
                replaces,
                there: there.to_vec(),
            };
            set.takes_place_at_once()
        };
        assert!(at_once(None, &[0xFF]));
        assert!(at_once(Some(1), &[1, 3]));
        assert!(!at_once(None, &[1]));
        assert!(!at_once(None, &[1, 0xFF]));
        assert!(!at_once(None, &[]));
    }

    #[test]
    fn a_key_set_takes_no_place_that_is_not_free() {
        let mut set = KeySet {
            version: Some(2),
            replaces: Some(1),
            there: vec![1, 3, 0xFF],
        };
        assert_eq!(set.decided(), Ok((2, Some(1))));
        assert_eq!(set.place(), 1);
        let places = [
            "None that is named",
            "Version 1",
            "Version 3",
            "Keys of the factory",
        ];
        assert_eq!(set.places(), places);
        set.version = Some(3);
        assert_eq!(set.decided(), Err(SetFault::Taken(3)));
        set.choose(2);
        assert_eq!(set.decided(), Ok((3, Some(3))));
        set.choose(0);
        assert_eq!((set.replaces, set.place()), (None, 0));
        for version in [None, Some(0), Some(128)] {
            set.version = version;
            assert_eq!(set.decided(), Err(SetFault::Version));
        }
    }
}
