//! Whether a card is the one on which a plan was broken off. A chip that tells its number leaves no
//! doubt. Of others, the applet tells what it is called, as long as an application says it; and what it
//! has for ever: its PINs, its memory, its key places.

use super::applet::KeyPlace;
use super::tasks::{HOLDER, NamedBy, OFFICER, Survey, kind};
use super::{State, write};
use crate::base::hex::Hex;
use crate::card::pkcs15::directory::Kind;
use crate::card::task::Task;

impl Survey {
    /// Whether a card of which `before` was known when `task` was begun can be this one: as the task found
    /// it, or as it leaves it.
    pub(in crate::card) fn is_as_begun(&self, before: &Self, task: Option<&Task>) -> bool {
        match (self.named_by, before.named_by) {
            (_, NamedBy::Chip) => return true,
            (NamedBy::Token, NamedBy::Token) if self.serial != before.serial => return false,
            _ => {}
        }
        has_same_base(&self.applet, &before.applet, task)
            && places_are_as_begun(&self.applet.places, &before.applet.places, task)
            && self.holds_the_same(before, task)
    }

    /// Whether nothing tells it from other cards of its kind.
    pub(in crate::card) fn is_nameless(&self) -> bool {
        self.named_by == NamedBy::Kind
    }

    /// Whether it can be the card that was called by its application when a task was begun that takes that
    /// away, or makes another one.
    pub(in crate::card) fn was_unnamed_by(
        &self,
        before: &Self,
        task: Option<&Task>,
        atr: &[u8],
    ) -> bool {
        self.is_nameless()
            && self.serial == kind(atr)
            && before.named_by == NamedBy::Token
            && matches!(task, Some(Task::DeleteApplication | Task::Create(_)))
    }

    /// The same card by the name that its application gave it.
    pub(in crate::card) fn called(self, serial: &Hex) -> Self {
        Self {
            serial: serial.clone(),
            named_by: NamedBy::Token,
            ..self
        }
    }

    /// Whether what the task does not change is as it was.
    fn holds_the_same(&self, before: &Self, task: Option<&Task>) -> bool {
        let (now, was) = (&self.applet, &before.applet);
        match task {
            // The application that is made says how the token is called.
            Some(Task::SetUpApplet(_)) => !now.is_personalised(),
            Some(Task::Create(_)) => {
                !now.is_personalised() || self.serial == before.serial && !self.is_nameless()
            }
            Some(Task::DeleteApplication) => now.is_part_of(was),
            _ => {
                // A list that is being replaced may be missing, and the directory, too.
                let lists = task.map_or(&ALL[..], unchanged);
                let same = |kind: &Kind| now.entries_of(*kind) == was.entries_of(*kind);
                now.is_called_as(was) && (!now.is_personalised() || lists.iter().all(same))
            }
        }
    }
}

const ALL: [Kind; 5] = [
    Kind::Pins,
    Kind::PrivateKeys,
    Kind::PublicKeys,
    Kind::Certificates,
    Kind::Data,
];

/// The lists that a task leaves alone.
fn unchanged(task: &Task) -> &'static [Kind] {
    match task {
        Task::GenerateKey(_) | Task::ImportKey(_) | Task::DeleteKey { .. } => {
            &[Kind::Pins, Kind::Certificates, Kind::Data]
        }
        Task::StoreCertificate(_) | Task::DeleteCertificate { .. } => {
            &[Kind::Pins, Kind::PrivateKeys, Kind::PublicKeys, Kind::Data]
        }
        _ => &[],
    }
}

/// Memory and PINs are given once.
fn has_same_base(now: &write::Survey, was: &write::Survey, task: Option<&Task>) -> bool {
    match (&now.state, &was.state) {
        (State::Blank, State::Blank) => true,
        (State::Ready(now_is), State::Blank) => match task {
            Some(Task::SetUpApplet(new)) => {
                now_is.total == u32::from(new.memory)
                    && now.pins == [OFFICER, HOLDER]
                    && now.places.is_empty()
            }
            _ => false,
        },
        (State::Ready(now_is), State::Ready(it_was)) => {
            now_is.total == it_was.total && now.pins == was.pins
        }
        (State::Blank, State::Ready(_)) => false,
    }
}

/// A key place is there for ever. Another one comes with a key, and with a throw-away key over one that
/// had its private place alone.
fn places_are_as_begun(now: &[KeyPlace], was: &[KeyPlace], task: Option<&Task>) -> bool {
    let same = |a: &KeyPlace, b: &KeyPlace| (a.slot, a.kind, a.bits) == (b.slot, b.kind, b.bits);
    let in_both = was.iter().all(|old| now.iter().any(|new| same(new, old)));
    let is_new = |place: &&KeyPlace| !was.iter().any(|old| old.slot == place.slot);
    let mut new = now.iter().filter(is_new);
    in_both
        && new.all(|place| match task {
            Some(Task::GenerateKey(key) | Task::ImportKey(key)) => place.slot / 2 == key.number,
            Some(Task::DeleteKey { .. } | Task::DeleteApplication) => {
                was.iter().any(|old| old.slot / 2 == place.slot / 2)
            }
            _ => false,
        })
}
