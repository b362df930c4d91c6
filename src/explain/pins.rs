//! PINs: their names, counters, rules, and what can be done to them.

use super::dotted;
pub use super::pin_dialog::operation;
pub use super::pin_rules::{
    Requirements, breach, not_unfit, nothing_sent, requirements, rule, unfit,
};
use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};
use crate::token::{
    Application, ApplicationKind, Factory, OperationKind, Pin, PinRole, PinUse, Reason, Text,
    Tries, TriesLeft,
};

/// Its name within its application: "PIN", "Resetting code".
#[must_use]
pub fn role(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("PIN"),
        PinRole::Puk => gettext("PUK"),
        PinRole::ResettingCode => gettext("Resetting code"),
        PinRole::Admin => gettext("Admin PIN"),
        PinRole::SecurityOfficer => gettext("SO-PIN"),
    }
}

/// The name of one PIN of an application: its name on the card where cards name their PINs.
#[must_use]
pub fn name(pin: &Pin) -> String {
    match pin.label.as_ref().filter(|label| !label.is_empty()) {
        // A PIV card has no names; this is what the standard calls its second PIN.
        Some(label) if is_global(label) => gettext("Global PIN"),
        Some(label) => gettext_f(
            // TRANSLATORS: A PIN with its name on the card: "PIN “Anna Rossi”".
            "{pin} “{name}”",
            &[("pin", &role(pin.role)), ("name", label.as_str())],
        ),
        None => role(pin.role),
    }
}

/// Whether this is what a driver calls the PIN of a whole card.
fn is_global(label: &Text) -> bool {
    label.as_str() == "Global PIN"
}

/// Its name in the middle of an enumeration: "resetting code".
#[must_use]
pub fn role_in_list(role: PinRole) -> String {
    match role {
        PinRole::User => pgettext("in a list", "PIN"),
        PinRole::Puk => pgettext("in a list", "PUK"),
        PinRole::ResettingCode => pgettext("in a list", "resetting code"),
        PinRole::Admin => pgettext("in a list", "admin PIN"),
        PinRole::SecurityOfficer => pgettext("in a list", "SO-PIN"),
    }
}

/// The PINs of an application on one line, the first letter as in a title: "PIN and PUK",
/// "PIN, resetting code and admin PIN".
#[must_use]
pub fn roles(application: &Application) -> String {
    let mut names: Vec<String> = Vec::new();
    for pin in &application.pins {
        let name = match &pin.label {
            Some(label) if is_global(label) => name(pin),
            _ if names.is_empty() => role(pin.role),
            _ => role_in_list(pin.role),
        };
        // Several of one kind are told apart on their own page.
        if !names.contains(&name) {
            names.push(name);
        }
    }
    super::list(&names)
}

/// Its name among all PINs of a token: "OpenPGP PIN".
#[must_use]
pub fn full_name(application: ApplicationKind, role: PinRole) -> String {
    let application = [("application", application.name())];
    match role {
        PinRole::User => gettext_f("{application} PIN", &application),
        PinRole::Puk => gettext_f("{application} PUK", &application),
        PinRole::ResettingCode => gettext_f("{application} resetting code", &application),
        PinRole::Admin => gettext_f("{application} admin PIN", &application),
        PinRole::SecurityOfficer => gettext_f("{application} SO-PIN", &application),
    }
}

/// The head of a PIN dialog: "OpenPGP PIN of Thomas Mustermann". `token` is
/// [`super::token::title`].
#[must_use]
pub fn full_name_of(application: ApplicationKind, role: PinRole, token: &str) -> String {
    gettext_f(
        // TRANSLATORS: "OpenPGP PIN of Thomas Mustermann".
        "{pin} of {token}",
        &[("pin", &full_name(application, role)), ("token", token)],
    )
}

/// A counter in words: "2 of 3 tries left".
#[must_use]
pub fn tries(tries: &Tries) -> String {
    match (tries.left, tries.max) {
        (TriesLeft::Known(1), Some(max)) => {
            gettext_f("Last try of {max}", &[("max", &max.to_string())])
        }
        (TriesLeft::Known(1), None) => gettext("Last try"),
        (TriesLeft::Known(left), Some(max)) => ngettext_f(
            "{left} of {max} tries left",
            "{left} of {max} tries left",
            u32::from(left),
            &[("left", &left.to_string()), ("max", &max.to_string())],
        ),
        (TriesLeft::Known(left), None) => ngettext_f(
            "{left} try left",
            "{left} tries left",
            u32::from(left),
            &[("left", &left.to_string())],
        ),
        // TRANSLATORS: Said of a PIN.
        (TriesLeft::Blocked, Some(_) | None) => gettext("Blocked"),
        // TRANSLATORS: Said of a PIN.
        (TriesLeft::NotSet, Some(_) | None) => gettext("Not set"),
        // TRANSLATORS: Said of a PIN: another program has verified it, and it still holds.
        (TriesLeft::Unlocked, Some(_) | None) => gettext("Unlocked by another program"),
        (TriesLeft::Unknown, Some(_) | None) => gettext("This card does not tell the tries left"),
        (TriesLeft::Unread, Some(_) | None) => gettext("The tries left are being read"),
    }
}

/// When the card asks for it and what it is good for: "asked before signing and signing in".
#[must_use]
pub fn uses(uses: &[PinUse]) -> String {
    let has = |wanted: PinUse| uses.contains(&wanted);
    let keys = (
        has(PinUse::Signing),
        has(PinUse::SigningIn),
        has(PinUse::Decrypting),
    );
    let mut parts = Vec::new();
    match keys {
        (true, true, true) => {
            parts.push(gettext("asked before signing, signing in and decrypting"));
        }
        (true, true, false) => parts.push(gettext("asked before signing and signing in")),
        (true, false, true) => parts.push(gettext("asked before signing and decrypting")),
        (false, true, true) => parts.push(gettext("asked before signing in and decrypting")),
        (true, false, false) => parts.push(gettext("asked before signing")),
        (false, true, false) => parts.push(gettext("asked before signing in")),
        (false, false, true) => parts.push(gettext("asked before decrypting")),
        (false, false, false) => {}
    }
    if has(PinUse::Administration) {
        parts.push(gettext("asked before settings and keys are changed"));
    }
    if has(PinUse::Unblocking) {
        parts.push(gettext("unblocks the PIN"));
    }
    if has(PinUse::HelpdeskUnblocking) {
        parts.push(gettext("lets a helpdesk unblock the PIN"));
    }
    dotted(&parts)
}

/// The caption of a PIN row: its rule and its uses, or what it means that it is blocked.
#[must_use]
pub fn caption(application: &Application, pin: &Pin) -> String {
    if pin.tries.left == TriesLeft::Blocked {
        return when_blocked(pin.role, &unblockers(application, pin));
    }
    dotted(&[rule(&pin.rule), uses(&pin.uses)])
}

/// The name of a PIN among all of a token: "PIV Global PIN", "OpenPGP PIN".
#[must_use]
pub fn long_name(application: ApplicationKind, pin: &Pin) -> String {
    match pin.label {
        Some(_) => format!("{} {}", application.name(), name(pin)),
        None => full_name(application, pin.role),
    }
}

/// The whole row for a screen reader: "OpenPGP PIN, Factory PIN, 2 of 3 tries left".
#[must_use]
pub fn row(application: ApplicationKind, pin: &Pin) -> String {
    let mut parts = vec![long_name(application, pin)];
    match pin.factory {
        Factory::Unchanged(_) => parts.push(factory_chip(pin.role)),
        Factory::Changed | Factory::Unknown(_) => {}
    }
    parts.push(tries(&pin.tries));
    parts.join(", ")
}

/// The chip of a PIN that is `Factory::Unchanged`: "Factory PIN", "Factory PUK".
#[must_use]
pub fn factory_chip(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("Factory PIN"),
        PinRole::Puk => gettext("Factory PUK"),
        PinRole::ResettingCode => gettext("Factory code"),
        PinRole::Admin => gettext("Factory admin PIN"),
        PinRole::SecurityOfficer => gettext("Factory SO-PIN"),
    }
}

/// Beside the field of the current PIN, with a link that fills it in: "The factory PIN is
/// 123456". Nothing if there is none, or if it is known to be changed.
#[must_use]
pub fn factory_hint(pin: &Pin) -> Option<String> {
    let value = [("value", pin.factory.value()?)];
    Some(match pin.role {
        PinRole::User => gettext_f("The factory PIN is {value}", &value),
        PinRole::Puk => gettext_f("The factory PUK is {value}", &value),
        PinRole::ResettingCode => gettext_f("The factory resetting code is {value}", &value),
        PinRole::Admin => gettext_f("The factory admin PIN is {value}", &value),
        PinRole::SecurityOfficer => gettext_f("The factory SO-PIN is {value}", &value),
    })
}

/// Why something cannot be done to a PIN.
#[must_use]
pub fn reason(reason: Reason) -> String {
    match reason {
        Reason::Blocked => gettext("It is blocked."),
        Reason::NotSet => gettext("It is not set."),
        Reason::NothingUnblocks => {
            gettext("Everything that could unblock it is blocked or not set.")
        }
        Reason::Unsupported => gettext("This card has no way to do that."),
    }
}

/// The codes that can unblock a PIN (or set it anew) as things stand: none of them is blocked
/// or missing.
#[must_use]
pub fn unblockers(application: &Application, pin: &Pin) -> Vec<PinRole> {
    let mut found = Vec::new();
    for operation in &pin.operations {
        let cures = match operation.kind {
            OperationKind::Unblock | OperationKind::Set => true,
            OperationKind::Verify | OperationKind::Change => false,
        };
        // A reason speaks of now; who could unblock the PIN is known before it is blocked.
        if !cures || operation.impossible == Some(Reason::Unsupported) {
            continue;
        }
        for code in &application.pins {
            let usable = match code.tries.left {
                TriesLeft::Known(_)
                | TriesLeft::Unlocked
                | TriesLeft::Unknown
                | TriesLeft::Unread => true,
                TriesLeft::Blocked | TriesLeft::NotSet => false,
            };
            if usable
                && code.reference != pin.reference
                && operation.needs.contains(&code.reference)
                && !found.contains(&code.role)
            {
                found.push(code.role);
            }
        }
    }
    found
}

/// What stands beside the last try: what a wrong PIN would do, and who can undo it.
#[must_use]
pub fn last_try_warning(role: PinRole, unblockers: &[PinRole]) -> String {
    let what = match role {
        PinRole::User => gettext("If it is wrong once more, the PIN is blocked."),
        PinRole::Puk => gettext("If it is wrong once more, the PUK is blocked."),
        PinRole::ResettingCode => {
            gettext("If it is wrong once more, the resetting code is blocked.")
        }
        PinRole::Admin => gettext("If it is wrong once more, the admin PIN is blocked."),
        PinRole::SecurityOfficer => gettext("If it is wrong once more, the SO-PIN is blocked."),
    };
    format!("{what} {}", way_out(role, unblockers))
}

/// What it means that a PIN is blocked: "Too many wrong tries. Unblock it with the PUK; keys
/// and certificates are safe."
#[must_use]
pub fn when_blocked(role: PinRole, unblockers: &[PinRole]) -> String {
    match (role, unblockers) {
        (PinRole::User, [PinRole::Puk]) => gettext(
            "Too many wrong tries. Unblock it with the PUK; keys and certificates are safe.",
        ),
        (PinRole::User, [PinRole::ResettingCode]) => gettext(
            "Too many wrong tries. Unblock it with the resetting code; keys and certificates are safe.",
        ),
        (PinRole::User, [PinRole::Admin]) => gettext(
            "Too many wrong tries. Unblock it with the admin PIN; keys and certificates are safe.",
        ),
        (PinRole::User, [PinRole::SecurityOfficer]) => gettext(
            "Too many wrong tries. Unblock it with the SO-PIN; keys and certificates are safe.",
        ),
        (
            PinRole::User,
            [PinRole::ResettingCode, PinRole::Admin] | [PinRole::Admin, PinRole::ResettingCode],
        ) => gettext(
            "Too many wrong tries. Unblock it with the resetting code or the admin PIN; keys and certificates are safe.",
        ),
        (
            PinRole::User
            | PinRole::Puk
            | PinRole::ResettingCode
            | PinRole::Admin
            | PinRole::SecurityOfficer,
            others,
        ) => way_out(role, others),
    }
}

/// Who can unblock it: "The PUK can unblock it." Without anybody, what that means.
fn way_out(role: PinRole, unblockers: &[PinRole]) -> String {
    match unblockers {
        [] => no_way_out(role),
        [PinRole::User] => gettext("The PIN can unblock it."),
        [PinRole::Puk] => gettext("The PUK can unblock it."),
        [PinRole::ResettingCode] => gettext("The resetting code can unblock it."),
        [PinRole::Admin] => gettext("The admin PIN can unblock it."),
        [PinRole::SecurityOfficer] => gettext("The SO-PIN can unblock it."),
        [PinRole::ResettingCode, PinRole::Admin] | [PinRole::Admin, PinRole::ResettingCode] => {
            gettext("The resetting code or the admin PIN can unblock it.")
        }
        several => {
            let codes: Vec<String> = several.iter().map(|&code| role_in_list(code)).collect();
            gettext_f(
                // TRANSLATORS: {codes} is a list such as "PUK, SO-PIN".
                "One of these can unblock it: {codes}.",
                &[("codes", &codes.join(", "))],
            )
        }
    }
}

/// What a blocked code means that nothing unblocks.
fn no_way_out(role: PinRole) -> String {
    match role {
        PinRole::User => gettext(
            "Only a factory reset makes this application usable again. It deletes its keys.",
        ),
        PinRole::Puk => {
            gettext("The PIN still works, but a blocked PIN can no longer be unblocked.")
        }
        PinRole::ResettingCode => gettext("Only the admin PIN can set a new one."),
        PinRole::Admin => {
            gettext("Keys still work. Settings can be changed again only after a factory reset.")
        }
        PinRole::SecurityOfficer => {
            gettext("The PIN still works, but the token can no longer be set up anew.")
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{Alphabet, Operation, PinReference, PinRule};

    fn counter(left: TriesLeft, max: Option<u8>) -> String {
        tries(&Tries { left, max })
    }

    #[test]
    fn tries_left_are_said_in_fixed_phrases() {
        use TriesLeft::{Blocked, Known, NotSet, Unknown, Unlocked};
        assert_eq!(counter(Known(3), Some(3)), "3 of 3 tries left");
        assert_eq!(counter(Known(2), Some(3)), "2 of 3 tries left");
        assert_eq!(counter(Known(15), Some(15)), "15 of 15 tries left");
        assert_eq!(counter(Known(1), Some(3)), "Last try of 3");
        assert_eq!(counter(Known(1), None), "Last try");
        assert_eq!(counter(Known(2), None), "2 tries left");
        for max in [None, Some(3)] {
            assert_eq!(counter(Blocked, max), "Blocked");
            assert_eq!(counter(NotSet, max), "Not set");
            assert_eq!(counter(Unlocked, max), "Unlocked by another program");
            assert_eq!(
                counter(Unknown, max),
                "This card does not tell the tries left"
            );
        }
    }

    #[test]
    fn uses_are_one_phrase() {
        use PinUse::{Administration, Decrypting, Signing, SigningIn, Unblocking};
        assert_eq!(
            uses(&[Signing, SigningIn]),
            "asked before signing and signing in"
        );
        assert_eq!(
            uses(&[Decrypting, SigningIn, Signing]),
            "asked before signing, signing in and decrypting"
        );
        assert_eq!(
            uses(&[Administration, Unblocking]),
            "asked before settings and keys are changed · unblocks the PIN"
        );
        assert_eq!(uses(&[]), "");
    }

    fn pin(reference: u8, role: PinRole, left: TriesLeft) -> Pin {
        Pin {
            reference: PinReference(reference),
            role,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 127,
                alphabet: Alphabet::Any,
            },
            factory: Factory::Changed,
            uses: vec![],
            operations: vec![],
            facts: Vec::new(),
        }
    }

    fn openpgp(resetting_code: TriesLeft) -> Application {
        let mut user = pin(0x81, PinRole::User, TriesLeft::Known(1));
        user.operations.push(Operation {
            kind: OperationKind::Unblock,
            needs: vec![PinReference(0xD3), PinReference(0x83)],
            impossible: None,
        });
        let mut application = Application::new(ApplicationKind::OpenPgp, &[]);
        application.pins = vec![
            user,
            pin(0xD3, PinRole::ResettingCode, resetting_code),
            pin(0x83, PinRole::Admin, TriesLeft::Known(3)),
        ];
        application
    }

    #[test]
    fn the_last_try_says_who_can_help() {
        let warning = |application: &Application| {
            let pin = &application.pins[0];
            last_try_warning(pin.role, &unblockers(application, pin))
        };
        assert_eq!(
            warning(&openpgp(TriesLeft::NotSet)),
            "If it is wrong once more, the PIN is blocked. The admin PIN can unblock it."
        );
        assert_eq!(
            warning(&openpgp(TriesLeft::Known(3))),
            "If it is wrong once more, the PIN is blocked. The resetting code or the admin PIN can unblock it."
        );
        let mut alone = openpgp(TriesLeft::Blocked);
        alone.pins[2].tries.left = TriesLeft::Blocked;
        assert!(warning(&alone).ends_with(
            "Only a factory reset makes this application usable again. It deletes its keys."
        ));
        assert_eq!(
            when_blocked(PinRole::User, &[PinRole::Puk]),
            "Too many wrong tries. Unblock it with the PUK; keys and certificates are safe."
        );
    }

    #[test]
    fn a_row_is_one_sentence_with_its_chip() {
        let mut puk = pin(0x81, PinRole::Puk, TriesLeft::Known(3));
        assert_eq!(
            row(ApplicationKind::Piv, &puk),
            "PIV PUK, 3 of 3 tries left"
        );
        puk.label = Some("Global PIN".into());
        assert_eq!(name(&puk), "Global PIN");
        puk.label = None;
        puk.factory = Factory::Unchanged("12345678");
        assert_eq!(
            row(ApplicationKind::Piv, &puk),
            "PIV PUK, Factory PUK, 3 of 3 tries left"
        );
        assert_eq!(
            factory_hint(&puk).as_deref(),
            Some("The factory PUK is 12345678")
        );
        assert_eq!(
            roles(&openpgp(TriesLeft::NotSet)),
            "PIN, resetting code and admin PIN"
        );
        assert_eq!(
            full_name_of(ApplicationKind::OpenPgp, PinRole::User, "Thomas Mustermann"),
            "OpenPGP PIN of Thomas Mustermann"
        );
    }
}
