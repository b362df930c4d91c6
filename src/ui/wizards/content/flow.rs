//! What is done to a card, and what it is called.

use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::explain::{Explanation, cap};
use crate::plan::content::{self, Aid, Diversification, Keys, Opening};
use crate::plan::{Deletion, NewKeys, Plan, Task};
use crate::token::Registry;

/// Something on the card, and what is done to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// What.
    pub aid: Aid,
    /// What is done.
    pub what: Change,
}

/// What can be done to something on a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// It is deleted.
    Delete {
        /// With everything that was made of it.
        related: bool,
    },
    /// It is locked, or unlocked.
    Lock(bool),
}

/// How the card manager is opened for each step.
#[derive(Debug)]
pub struct Access {
    /// How.
    pub opening: Opening,
    /// The keys.
    pub keys: Keys,
    /// Those that the card manager shall have, if the plan gives it others.
    pub new_keys: Option<Keys>,
}

impl Access {
    /// A second copy.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            opening: self.opening,
            keys: self.keys.duplicate(),
            new_keys: self.new_keys.as_ref().map(Keys::duplicate),
        }
    }

    /// How the card manager is opened once its new keys, of this version, are on the card: nothing is
    /// derived from them.
    #[must_use]
    pub fn after(&self, version: u8) -> Option<Self> {
        let new_keys = self.new_keys.as_ref()?;
        Some(Self {
            opening: Opening {
                key_version: version,
                diversification: Diversification::None,
                ..self.opening
            },
            keys: new_keys.duplicate(),
            new_keys: None,
        })
    }
}

/// The new keys that these steps give a card manager.
#[must_use]
pub fn new_keys(tasks: &[Task]) -> Option<&NewKeys> {
    tasks.iter().rev().find_map(|task| match task {
        Task::PutKeys(new) => Some(new),
        _ => None,
    })
}

impl Choice {
    /// The steps, on a card on which this is, if that is known.
    pub(super) fn tasks(&self, registry: Option<&Registry>) -> Vec<Task> {
        let aid = self.aid.clone();
        match (self.what, registry) {
            (Change::Delete { related }, Some(registry)) => {
                let deletions = content::deletions(registry, &aid, related).into_iter();
                deletions.map(Task::DeleteContent).collect()
            }
            (Change::Delete { related }, None) => {
                vec![Task::DeleteContent(Deletion { aid, related })]
            }
            (Change::Lock(locked), _) => vec![Task::SetLock { aid, locked }],
        }
    }

    /// What the plan is called.
    pub(super) fn name(&self) -> String {
        let name = cap::named(&self.aid);
        let name = [("name", name.as_str())];
        match self.what {
            Change::Delete { .. } => gettext_f("Delete {name}", &name),
            Change::Lock(true) => gettext_f("Lock {name}", &name),
            Change::Lock(false) => gettext_f("Unlock {name}", &name),
        }
    }
}

/// The verb of a plan, on its last button.
pub(super) fn verb(plan: &Plan, first: usize) -> String {
    if first > 0 {
        return gettext("Continue");
    }
    let deletes = |task: &Task| matches!(task, Task::DeleteContent(_));
    let loads = |task: &Task| matches!(task, Task::LoadPackage(_));
    let tasks = &plan.tasks;
    match (
        tasks.iter().any(deletes),
        tasks.iter().any(loads),
        tasks.first(),
    ) {
        (true, true, _) => gettext("Delete and Load"),
        (false, true, _) => pgettext("a package onto a card", "Load"),
        (true, false, _) => pgettext("from a card", "Delete"),
        (false, false, Some(Task::SetLock { locked: true, .. })) => pgettext("an applet", "Lock"),
        (false, false, Some(Task::SetLock { locked: false, .. })) => {
            pgettext("an applet", "Unlock")
        }
        (false, false, Some(Task::DeleteKeys { .. })) => pgettext("from a card", "Delete"),
        (false, false, Some(Task::SetCardState { state: 0x7F })) => gettext("Lock Card"),
        (false, false, Some(Task::SetCardState { state: 0x0F })) => gettext("Secure Card"),
        (false, false, Some(Task::PutKeys(_))) => pgettext("a card manager", "Change Keys"),
        (false, false, _) => gettext("Change Card"),
    }
}

/// What is there when everything is done.
pub(super) fn done(plan: &Plan) -> Explanation {
    let of = |task: &Task| {
        Some(match task {
            Task::InstallApplet(new) => gettext_f(
                "{name} is on the card and can be selected",
                &[("name", &cap::named(&new.instance))],
            ),
            Task::LoadPackage(new) => gettext_f(
                "{name} is on the card",
                &[("name", &cap::named(&new.package))],
            ),
            Task::DeleteContent(gone) => gettext_f(
                "{name} is not on the card any more",
                &[("name", &cap::named(&gone.aid))],
            ),
            Task::SetLock { aid, locked: true } => {
                gettext_f("{name} is locked", &[("name", &cap::named(aid))])
            }
            Task::SetLock { aid, locked: false } => {
                gettext_f("{name} is unlocked", &[("name", &cap::named(aid))])
            }
            Task::PutKeys(_) => gettext("The card manager has new keys"),
            Task::DeleteKeys { version } => gettext_f(
                "The keys of version {version} are deleted",
                &[("version", &version.to_string())],
            ),
            Task::SetCardState { state: 0x7F } => gettext("The card is locked"),
            Task::SetCardState { state: 0x0F } => gettext("The card manager is secured"),
            _ => return None,
        })
    };
    let title = plan.tasks.iter().rev().find_map(of);
    Explanation {
        title: title.unwrap_or_else(|| gettext("Everything is done")),
        body: gettext("What was done stays written in the journal of the card."),
        details: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::hex::Hex;
    use crate::base::secret::Secret;
    use crate::plan::Subject;
    use crate::plan::content::KeyFamily;

    fn plan(what: Change) -> Plan {
        let aid = Aid::new(&[0xA0, 0, 0, 0, 1, 1]).unwrap();
        let choice = Choice { aid, what };
        of_tasks(choice.name(), choice.tasks(None))
    }

    fn of_tasks(name: String, tasks: Vec<Task>) -> Plan {
        Plan {
            name,
            subject: Subject {
                serial: Hex(vec![1]),
                atr: Hex(Vec::new()),
                label: None,
            },
            made: 0,
            opening: Opening::default(),
            tasks,
        }
    }

    fn keys(byte: u8) -> Keys {
        Keys::one(KeyFamily::Aes, Secret::new(&[byte; 16])).unwrap()
    }

    #[test]
    fn after_a_change_of_keys_the_new_ones_open_the_card() {
        let before = Access {
            opening: Opening {
                key_version: 0xFF,
                diversification: Diversification::Kdf3,
                ..Opening::default()
            },
            keys: keys(1),
            new_keys: Some(keys(2)),
        };
        let after = before.after(3).unwrap();
        assert_eq!(after.opening.key_version, 3);
        assert_eq!(after.opening.diversification, Diversification::None);
        let value = |keys: &Keys| keys.check_values().unwrap();
        assert_eq!(value(&after.keys), value(&keys(2)));
        assert!(after.after(4).is_none());
        let put = Task::PutKeys(NewKeys {
            version: 3,
            replaces: Some(2),
            check_values: value(&keys(2)).map(|value| Hex(value.0.to_vec())),
        });
        let plan = of_tasks(String::new(), vec![put]);
        assert_eq!(new_keys(&plan.tasks).unwrap().version, 3);
        assert_eq!(verb(&plan, 0), "Change Keys");
        assert_eq!(done(&plan).title, "The card manager has new keys");
    }

    #[test]
    fn a_change_has_a_name_a_verb_and_an_end() {
        let delete = plan(Change::Delete { related: false });
        assert_eq!(delete.name, "Delete MUSCLE applet (A00000000101)");
        assert_eq!(verb(&delete, 0), "Delete");
        assert_eq!(verb(&delete, 1), "Continue");
        assert_eq!(
            done(&delete).title,
            "MUSCLE applet (A00000000101) is not on the card any more"
        );
        let lock = plan(Change::Lock(true));
        assert_eq!(verb(&lock, 0), "Lock");
        assert_eq!(done(&lock).title, "MUSCLE applet (A00000000101) is locked");
        assert_eq!(verb(&plan(Change::Lock(false)), 0), "Unlock");
    }

    #[test]
    fn a_lock_of_the_card_has_a_way_back_and_says_so() {
        let of = |state| of_tasks(String::new(), vec![Task::SetCardState { state }]);
        let (lock, secure) = (of(0x7F), of(0x0F));
        assert_eq!(lock.point_of_no_return(), None);
        assert_eq!(secure.point_of_no_return(), Some(0));
        assert_eq!(of(0xFF).point_of_no_return(), Some(0));
        let words = |plan| (verb(plan, 0), done(plan).title);
        assert_eq!(
            words(&lock),
            ("Lock Card".into(), "The card is locked".into())
        );
        let secured = "The card manager is secured";
        assert_eq!(words(&secure), ("Secure Card".into(), secured.into()));
    }
}
