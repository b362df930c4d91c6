//! Private keys that are taken away: the applet has no command for that, and a place keeps what is in
//! it. Another key of the same kind and size can be put over it, by who has the PIN that its rules
//! name (sheet "muscle", 6 and 11). That is a throw-away key, which nobody reads or uses.
//!
//! It comes before the key leaves the lists: torn in between, the lists name a key that is gone, which
//! is seen, and not the other way round.

use super::Survey;
use super::hand::Hand;
use super::keys::{self, PUBLIC};
use crate::card::CardError;
use crate::card::muscle::commands::{self, Algorithm};
use crate::card::muscle::compute::slot;
use crate::card::muscle::{KeyKind, KeyPlace, MuscleError, ObjectId, Rules};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::files;
use crate::iso7816::StatusWord;

/// Nobody reads or uses what is left; the holder puts another key over it.
const SPENT: Rules = Rules([0xFFFF, 0x0002, 0xFFFF]);

/// What becomes of the private half of a key that is taken away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// There is none, or it was overwritten.
    Gone,
    /// It can be overwritten.
    Overwritten {
        algorithm: Algorithm,
        bits: u16,
        places: (u8, u8),
    },
    /// Its rules or its kind do not let the holder overwrite it.
    Stays,
}

/// Whether the holder's PIN, or none, opens what a word of rules is for.
pub(super) fn is_open_to_holder(word: u16) -> bool {
    matches!(word, 0x0000 | 0x0002)
}

impl Survey {
    /// What the holder may not change of all that is changed when a key is deleted: a list of keys, or the
    /// file of the public half.
    pub(super) fn in_the_way(&self, file: Option<ObjectId>) -> Option<ObjectId> {
        let is_closed = |id: ObjectId, rule: fn(Rules) -> u16| {
            let mut known = self.objects.iter();
            let known = known.find(|object| object.id == id);
            known.is_some_and(|object| !is_open_to_holder(rule(object.rules)))
        };
        let lists = [Kind::PrivateKeys, Kind::PublicKeys].into_iter();
        let mut lists = lists.filter_map(|kind| self.list(kind).map(|(id, _)| id));
        lists
            .find(|id| is_closed(*id, |Rules([_, write, _])| write))
            .or(file.filter(|id| is_closed(*id, |Rules([_, _, delete])| delete)))
    }

    /// Whether the private half of a key stays in its place though it is deleted: that of one, or of
    /// any that the lists name.
    pub(in crate::card) fn keeps_key(&self, id: Option<&[u8]>) -> bool {
        let mut numbers = self.numbers(id).into_iter();
        numbers.any(|number| self.fate(number) == Fate::Stays)
    }

    /// The pairs of places of one key, or of all keys that the lists name. One that another key is said to
    /// be in as well is none of those of the one.
    fn numbers(&self, id: Option<&[u8]>) -> Vec<u8> {
        let Some(id) = id else {
            let mut all = self.key_numbers();
            all.sort_unstable();
            all.dedup();
            return all;
        };
        let list = self.list(Kind::PrivateKeys).map(|(_, list)| list);
        let (entries, _) = files::entries(list.unwrap_or_default());
        let (its, others): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| super::hand::is(entry, id));
        let numbers = |entries: &[_]| -> Vec<u8> {
            entries.iter().copied().filter_map(keys::number).collect()
        };
        let others = numbers(&others);
        let mut its = numbers(&its);
        its.retain(|number| !others.contains(number));
        its
    }

    fn fate(&self, number: u8) -> Fate {
        let Some(private) = slot(number.into()) else {
            return Fate::Gone;
        };
        let place = |slot: u8| self.places.iter().find(|place| place.slot == slot);
        let (Some(half), other) = (place(private), place(private + 1)) else {
            return Fate::Gone;
        };
        if half.rules == SPENT {
            return Fate::Gone;
        }
        let algorithm = match half.kind {
            KeyKind::RsaPrivate => Algorithm::Rsa,
            KeyKind::RsaPrivateCrt => Algorithm::RsaCrt,
            _ => return Fate::Stays,
        };
        let is_open = |place: &KeyPlace| {
            let Rules([_, overwrite, _]) = place.rules;
            is_open_to_holder(overwrite)
        };
        let fits = |other: &KeyPlace| {
            (other.kind, other.bits) == (KeyKind::RsaPublic, half.bits) && is_open(other)
        };
        if !is_open(half) || !other.is_none_or(fits) {
            return Fate::Stays;
        }
        Fate::Overwritten {
            algorithm,
            bits: half.bits,
            places: (private, private + 1),
        }
    }
}

/// A key that is open to everybody, and what was in the way of changing that.
pub(super) fn exposed(slot: u8, why: CardError) -> CardError {
    let why = Box::new(why);
    MuscleError::Exposed { slot, why }.into()
}

impl Hand<'_, '_> {
    /// Makes the key whose rules those of an imported one will be. Over one that anybody can read, this
    /// takes care of that first.
    pub(super) fn throw_away(
        &mut self,
        private: u8,
        public: u8,
        bits: u16,
    ) -> Result<(), CardError> {
        let is_readable = |place: &KeyPlace| {
            let Rules([read, ..]) = place.rules;
            read == 0x0000
        };
        let is_exposed = self.place(private).is_some_and(is_readable);
        let made = self.generate(private, public, bits);
        match made {
            // Nothing of the new key was sent: it goes on when the card is there again.
            Err(error @ CardError::Link(_)) => Err(error),
            Err(why) if is_exposed => Err(exposed(private, why)),
            made => made,
        }
    }

    /// Puts throw-away keys over the private half of one key, or of all that the lists name, where the
    /// rules let that be. What the card refuses all the same is an error, until that was `said`: then the
    /// key stays.
    pub(super) fn overwrite_keys(
        &mut self,
        id: Option<&[u8]>,
        said: bool,
    ) -> Result<(), CardError> {
        let numbers = self.survey.numbers(id);
        if numbers.is_empty() {
            return Ok(());
        }
        self.look_at_places()?;
        for number in numbers {
            let Fate::Overwritten {
                algorithm,
                bits,
                places,
            } = self.survey.fate(number)
            else {
                continue;
            };
            let command = commands::generate(algorithm, bits, places, (SPENT, PUBLIC));
            let answer = self.channel.transmit(&command)?;
            if answer.sw == StatusWord::OK {
                continue;
            }
            if !said {
                let (slot, sw) = (places.0, answer.sw);
                return Err(MuscleError::KeyStays { slot, sw }.into());
            }
            tracing::warn!(sw = %answer.sw, "a deleted key stays in its place");
        }
        self.look_at_places()
    }
}
