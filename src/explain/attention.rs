//! What its owner should know first about a token.

use super::{dates, failure, keys, pins};
use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};
use crate::token::attention::{Attention, Matter};
use crate::token::{ApplicationKind, OperationKind, PinReference, PinRole, Token};

/// One row of *Needs attention*.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    /// What it is.
    pub title: String,
    /// What it means.
    pub subtitle: String,
    /// The verb that cures it, or shows more; nothing if nothing can be done here.
    pub button: Option<String>,
}

/// The words for one matter of `token`.
#[must_use]
pub fn words(token: &Token, attention: &Attention) -> Words {
    let application = attention.application;
    match &attention.matter {
        Matter::Blocked { pin, role, curable } => {
            blocked(token, application, *pin, *role, *curable)
        }
        Matter::LastTry { role, .. } => Words {
            title: last_try(application, *role),
            subtitle: gettext("The right PIN brings all tries back."),
            button: Some(pins::operation(OperationKind::Verify)),
        },
        Matter::Unreadable => Words {
            title: failure::unreadable_title(application),
            subtitle: failure::unreadable_body(),
            button: Some(gettext("Details…")),
        },
        Matter::Unguarded => unguarded(application),
        Matter::Expired { name, end, .. } => Words {
            title: gettext("A certificate has expired"),
            subtitle: named_on(name, *end),
            button: Some(show()),
        },
        Matter::Mismatch { name, slot } => Words {
            title: gettext("A certificate does not match its key"),
            subtitle: gettext_f(
                // TRANSLATORS: "Thomas Mustermann, in Authentication (9A)".
                "{name}, in {slot}",
                &[("name", name), ("slot", &keys::slot(application, *slot))],
            ),
            button: Some(show()),
        },
        Matter::FactoryPin { role, .. } => Words {
            title: factory(application, *role),
            subtitle: gettext("Whoever finds the token can use it."),
            button: Some(pins::operation(OperationKind::Change)),
        },
        Matter::ExpiresSoon {
            name, end, days, ..
        } => Words {
            title: expires(*days),
            subtitle: named_on(name, *end),
            button: Some(show()),
        },
    }
}

fn unguarded(application: ApplicationKind) -> Words {
    Words {
        title: gettext_f(
            "Everybody can replace the {application} PINs",
            &[("application", application.name())],
        ),
        subtitle: gettext(
            "Whoever finds the token can give it new PINs without knowing the old ones, and then use its keys. Repair closes this; keys and PINs stay as they are.",
        ),
        button: Some(gettext("Repair…")),
    }
}

fn blocked(
    token: &Token,
    application: ApplicationKind,
    reference: PinReference,
    role: PinRole,
    curable: bool,
) -> Words {
    let found = token.application(application);
    let pin = token.pin(application, reference);
    let unblockers = match (found, pin) {
        (Some(found), Some(pin)) if curable => pins::unblockers(found, pin),
        (_, _) => Vec::new(),
    };
    let can = |kind| {
        pin.and_then(|pin| pin.operation(kind))
            .is_some_and(|operation| operation.impossible.is_none())
    };
    let button = if !curable {
        None
    } else if can(OperationKind::Unblock) {
        Some(pins::operation(OperationKind::Unblock))
    } else {
        Some(pins::operation(OperationKind::Set))
    };
    Words {
        title: blocked_title(application, role),
        subtitle: pins::when_blocked(role, &unblockers),
        button,
    }
}

fn blocked_title(application: ApplicationKind, role: PinRole) -> String {
    let application = [("application", application.name())];
    match role {
        PinRole::User => gettext_f("The {application} PIN is blocked", &application),
        PinRole::Puk => gettext_f("The {application} PUK is blocked", &application),
        PinRole::ResettingCode => {
            gettext_f("The {application} resetting code is blocked", &application)
        }
        PinRole::Admin => gettext_f("The {application} admin PIN is blocked", &application),
        PinRole::SecurityOfficer => gettext_f("The {application} SO-PIN is blocked", &application),
    }
}

fn last_try(application: ApplicationKind, role: PinRole) -> String {
    let application = [("application", application.name())];
    match role {
        PinRole::User => gettext_f("The {application} PIN has one try left", &application),
        PinRole::Puk => gettext_f("The {application} PUK has one try left", &application),
        PinRole::ResettingCode => gettext_f(
            "The {application} resetting code has one try left",
            &application,
        ),
        PinRole::Admin => gettext_f("The {application} admin PIN has one try left", &application),
        PinRole::SecurityOfficer => {
            gettext_f("The {application} SO-PIN has one try left", &application)
        }
    }
}

fn factory(application: ApplicationKind, role: PinRole) -> String {
    let application = [("application", application.name())];
    match role {
        PinRole::User => gettext_f(
            "The {application} PIN is still the factory one",
            &application,
        ),
        PinRole::Puk => gettext_f(
            "The {application} PUK is still the factory one",
            &application,
        ),
        PinRole::ResettingCode => gettext_f(
            "The {application} resetting code is still the factory one",
            &application,
        ),
        PinRole::Admin => gettext_f(
            "The {application} admin PIN is still the factory one",
            &application,
        ),
        PinRole::SecurityOfficer => gettext_f(
            "The {application} SO-PIN is still the factory one",
            &application,
        ),
    }
}

fn expires(days: i64) -> String {
    if days <= 0 {
        return gettext("A certificate expires within a day");
    }
    ngettext_f(
        "A certificate expires in {count} day",
        "A certificate expires in {count} days",
        u32::try_from(days).unwrap_or(u32::MAX),
        &[("count", &days.to_string())],
    )
}

fn named_on(name: &str, end: i64) -> String {
    gettext_f(
        // TRANSLATORS: Whose certificate ends, and when: "Thomas Mustermann, on 3 December 2026".
        "{name}, on {day}",
        &[("name", name), ("day", &dates::day(end))],
    )
}

fn show() -> String {
    // TRANSLATORS: On a button that opens the certificate.
    pgettext("certificate", "Show…")
}

/// The chip of the identity: "3 warnings".
#[must_use]
pub fn chip(count: usize) -> String {
    ngettext_f(
        "{count} warning",
        "{count} warnings",
        super::plural(count),
        &[("count", &count.to_string())],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::KeyRef;

    fn of(matter: Matter) -> Words {
        let attention = Attention {
            application: ApplicationKind::OpenPgp,
            matter,
        };
        words(&Token::default(), &attention)
    }

    #[test]
    fn a_matter_has_title_meaning_and_cure() {
        let pin = PinReference(0x81);
        let role = PinRole::User;
        let last = of(Matter::LastTry { pin, role });
        assert_eq!(last.title, "The OpenPGP PIN has one try left");
        assert_eq!(last.subtitle, "The right PIN brings all tries back.");
        assert_eq!(last.button.as_deref(), Some("Verify…"));
        let factory = of(Matter::FactoryPin { pin, role });
        assert_eq!(factory.title, "The OpenPGP PIN is still the factory one");
        assert_eq!(factory.subtitle, "Whoever finds the token can use it.");
        assert_eq!(factory.button.as_deref(), Some("Change…"));
        let blocked = of(Matter::Blocked {
            pin,
            role,
            curable: false,
        });
        assert_eq!(blocked.title, "The OpenPGP PIN is blocked");
        assert_eq!(blocked.button, None);
    }

    #[test]
    fn a_certificate_is_named_with_its_day() {
        let soon = of(Matter::ExpiresSoon {
            name: "Thomas Mustermann".to_owned(),
            end: 1_796_256_000,
            days: 12,
            slot: KeyRef(3),
        });
        assert_eq!(soon.title, "A certificate expires in 12 days");
        assert_eq!(soon.subtitle, "Thomas Mustermann, on 3 December 2026");
        assert_eq!(expires(0), "A certificate expires within a day");
        assert_eq!(chip(3), "3 warnings");
    }
}
