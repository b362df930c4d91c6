//! PIN dialogs and prompts: titles, fields, buttons, and what is said at their end.

use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::token::{OperationKind, PinRole, Tries, TriesLeft};

/// On a button or in a menu, opening the dialog: "Change…".
#[must_use]
pub fn operation(kind: OperationKind) -> String {
    match kind {
        // TRANSLATORS: Check whether a PIN is right. On a button.
        OperationKind::Verify => pgettext("PIN", "Verify…"),
        OperationKind::Change => pgettext("PIN", "Change…"),
        OperationKind::Unblock => pgettext("PIN", "Unblock…"),
        // TRANSLATORS: Set a PIN for the first time or anew. On a button.
        OperationKind::Set => pgettext("PIN", "Set…"),
    }
}

/// On the last button of the dialog: "Change".
#[must_use]
pub fn verb(kind: OperationKind) -> String {
    match kind {
        OperationKind::Verify => pgettext("PIN", "Verify"),
        OperationKind::Change => pgettext("PIN", "Change"),
        OperationKind::Unblock => pgettext("PIN", "Unblock"),
        OperationKind::Set => pgettext("PIN", "Set"),
    }
}

/// The title of the dialog: "Change PIN".
#[must_use]
pub fn title(kind: OperationKind, role: PinRole) -> String {
    match role {
        PinRole::User => match kind {
            OperationKind::Verify => gettext("Verify PIN"),
            OperationKind::Change => gettext("Change PIN"),
            OperationKind::Unblock => gettext("Unblock PIN"),
            OperationKind::Set => gettext("Set PIN"),
        },
        PinRole::Puk => match kind {
            OperationKind::Verify => gettext("Verify PUK"),
            OperationKind::Change => gettext("Change PUK"),
            OperationKind::Unblock => gettext("Unblock PUK"),
            OperationKind::Set => gettext("Set PUK"),
        },
        PinRole::ResettingCode => match kind {
            OperationKind::Verify => gettext("Verify resetting code"),
            OperationKind::Change => gettext("Change resetting code"),
            OperationKind::Unblock => gettext("Unblock resetting code"),
            OperationKind::Set => gettext("Set resetting code"),
        },
        PinRole::Admin => match kind {
            OperationKind::Verify => gettext("Verify admin PIN"),
            OperationKind::Change => gettext("Change admin PIN"),
            OperationKind::Unblock => gettext("Unblock admin PIN"),
            OperationKind::Set => gettext("Set admin PIN"),
        },
        PinRole::SecurityOfficer => match kind {
            OperationKind::Verify => gettext("Verify SO-PIN"),
            OperationKind::Change => gettext("Change SO-PIN"),
            OperationKind::Unblock => gettext("Unblock SO-PIN"),
            OperationKind::Set => gettext("Set SO-PIN"),
        },
    }
}

/// The field of the PIN as it is now.
#[must_use]
pub fn current(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Current PIN"),
        PinRole::Puk => gettext("Current PUK"),
        PinRole::ResettingCode => gettext("Current resetting code"),
        PinRole::Admin => gettext("Current admin PIN"),
        PinRole::SecurityOfficer => gettext("Current SO-PIN"),
    }
}

/// The field of the PIN as it shall be.
#[must_use]
pub fn new(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("New PIN"),
        PinRole::Puk => gettext("New PUK"),
        PinRole::ResettingCode => gettext("New resetting code"),
        PinRole::Admin => gettext("New admin PIN"),
        PinRole::SecurityOfficer => gettext("New SO-PIN"),
    }
}

/// The field for the new PIN a second time.
#[must_use]
pub fn repeat(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Repeat new PIN"),
        PinRole::Puk => gettext("Repeat new PUK"),
        PinRole::ResettingCode => gettext("Repeat new resetting code"),
        PinRole::Admin => gettext("Repeat new admin PIN"),
        PinRole::SecurityOfficer => gettext("Repeat new SO-PIN"),
    }
}

/// Said when it is done: "The PIN is changed".
#[must_use]
pub fn done(kind: OperationKind, role: PinRole) -> String {
    match role {
        PinRole::User => match kind {
            OperationKind::Verify => gettext("The PIN is right"),
            OperationKind::Change => gettext("The PIN is changed"),
            OperationKind::Unblock => gettext("The PIN is unblocked"),
            OperationKind::Set => gettext("The PIN is set"),
        },
        PinRole::Puk => match kind {
            OperationKind::Verify => gettext("The PUK is right"),
            OperationKind::Change => gettext("The PUK is changed"),
            OperationKind::Unblock => gettext("The PUK is unblocked"),
            OperationKind::Set => gettext("The PUK is set"),
        },
        PinRole::ResettingCode => match kind {
            OperationKind::Verify => gettext("The resetting code is right"),
            OperationKind::Change => gettext("The resetting code is changed"),
            OperationKind::Unblock => gettext("The resetting code is unblocked"),
            OperationKind::Set => gettext("The resetting code is set"),
        },
        PinRole::Admin => match kind {
            OperationKind::Verify => gettext("The admin PIN is right"),
            OperationKind::Change => gettext("The admin PIN is changed"),
            OperationKind::Unblock => gettext("The admin PIN is unblocked"),
            OperationKind::Set => gettext("The admin PIN is set"),
        },
        PinRole::SecurityOfficer => match kind {
            OperationKind::Verify => gettext("The SO-PIN is right"),
            OperationKind::Change => gettext("The SO-PIN is changed"),
            OperationKind::Unblock => gettext("The SO-PIN is unblocked"),
            OperationKind::Set => gettext("The SO-PIN is set"),
        },
    }
}

/// Said before a code is typed that gives tries back and sets no new PIN.
#[must_use]
pub fn stays(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Unblocking gives the tries back. The PIN stays what it was."),
        PinRole::Puk => gettext("Unblocking gives the tries back. The PUK stays what it was."),
        PinRole::ResettingCode => {
            gettext("Unblocking gives the tries back. The resetting code stays what it was.")
        }
        PinRole::Admin => {
            gettext("Unblocking gives the tries back. The admin PIN stays what it was.")
        }
        PinRole::SecurityOfficer => {
            gettext("Unblocking gives the tries back. The SO-PIN stays what it was.")
        }
    }
}

/// Said when that is done: "The PIN is unblocked and stays what it was".
#[must_use]
pub fn released(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("The PIN is unblocked and stays what it was"),
        PinRole::Puk => gettext("The PUK is unblocked and stays what it was"),
        PinRole::ResettingCode => gettext("The resetting code is unblocked and stays what it was"),
        PinRole::Admin => gettext("The admin PIN is unblocked and stays what it was"),
        PinRole::SecurityOfficer => gettext("The SO-PIN is unblocked and stays what it was"),
    }
}

/// A wrong PIN, as the title of what follows.
#[must_use]
pub fn wrong_title(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Wrong PIN"),
        PinRole::Puk => gettext("Wrong PUK"),
        PinRole::ResettingCode => gettext("Wrong resetting code"),
        PinRole::Admin => gettext("Wrong admin PIN"),
        PinRole::SecurityOfficer => gettext("Wrong SO-PIN"),
    }
}

/// The sentence under the field: "Wrong PIN. 2 of 3 tries left."
#[must_use]
pub fn wrong(role: PinRole, tries: &Tries) -> String {
    let title = wrong_title(role);
    match tries.left {
        TriesLeft::Blocked => {
            // TRANSLATORS: {wrong} is "Wrong PIN".
            gettext_f("{wrong}. It is blocked now.", &[("wrong", &title)])
        }
        TriesLeft::Known(_)
        | TriesLeft::NotSet
        | TriesLeft::Unlocked
        | TriesLeft::Unknown
        | TriesLeft::Unread => {
            gettext_f(
                // TRANSLATORS: "Wrong PIN. 2 of 3 tries left."
                "{wrong}. {tries}.",
                &[("wrong", &title), ("tries", &super::pins::tries(tries))],
            )
        }
    }
}

/// The box that allows the last try.
#[must_use]
pub fn use_last_try() -> String {
    gettext("Use the last try")
}

/// Beside that box, where the card hides its counter.
#[must_use]
pub fn may_be_last_try() -> String {
    gettext("This may be the last try.")
}

/// The title of a dialog whose PIN is typed on the reader.
#[must_use]
pub fn enter_on_reader(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Enter the PIN on the reader"),
        PinRole::Puk => gettext("Enter the PUK on the reader"),
        PinRole::ResettingCode => gettext("Enter the resetting code on the reader"),
        PinRole::Admin => gettext("Enter the admin PIN on the reader"),
        PinRole::SecurityOfficer => gettext("Enter the SO-PIN on the reader"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_pin_is_one_line() {
        let tries = Tries {
            left: TriesLeft::Known(2),
            max: Some(3),
        };
        assert_eq!(
            wrong(PinRole::User, &tries),
            "Wrong PIN. 2 of 3 tries left."
        );
        let blocked = Tries {
            left: TriesLeft::Blocked,
            ..tries
        };
        assert_eq!(
            wrong(PinRole::Puk, &blocked),
            "Wrong PUK. It is blocked now."
        );
    }

    #[test]
    fn what_opens_a_dialog_ends_in_dots() {
        for kind in [
            OperationKind::Verify,
            OperationKind::Change,
            OperationKind::Unblock,
            OperationKind::Set,
        ] {
            assert_eq!(operation(kind), format!("{}…", verb(kind)));
            for role in [
                PinRole::User,
                PinRole::Puk,
                PinRole::ResettingCode,
                PinRole::Admin,
                PinRole::SecurityOfficer,
            ] {
                assert!(title(kind, role).starts_with(&verb(kind)));
            }
        }
    }
}
