//! What went wrong: what happened, what it means for the card, what to do.

use std::io;

use super::{pin_dialog, pins, status};
use crate::backend::Failure;
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::card::CardError;
use crate::iso7816::StatusWord;
use crate::token::{
    Application, ApplicationKind, Breach, Pin, PinRole, Text, Tries, TriesLeft, Unreadable,
};
use crate::transport::link::LinkError;

/// A failure for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// What happened, without full stop.
    pub title: String,
    /// What it means for the card, and what to do.
    pub body: String,
    /// What the card or the service said, for whoever wants to know more.
    pub details: Option<String>,
}

/// Why a file could not be read or written: what that means for the person, with the words of the
/// system behind it.
#[must_use]
pub fn file(title: String, error: &io::Error) -> Explanation {
    let body = match error.kind() {
        io::ErrorKind::PermissionDenied => gettext("You may not do that there."),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            gettext("There is no space left.")
        }
        io::ErrorKind::ReadOnlyFilesystem => gettext("That place can only be read."),
        io::ErrorKind::NotFound => gettext("There is no such file or folder."),
        io::ErrorKind::AlreadyExists => {
            gettext("There is a file of that name already. Choose another one.")
        }
        _ => gettext("Choose another place."),
    };
    Explanation::new(title, body).with(Text::from(error.to_string()).to_string())
}

impl Explanation {
    /// What happened, and what it means.
    #[must_use]
    pub fn new(title: String, body: String) -> Self {
        Self {
            title,
            body,
            details: None,
        }
    }

    pub(super) fn with(self, details: String) -> Self {
        Self {
            details: Some(details),
            ..self
        }
    }

    /// Title and body as running text, for one line of a terminal or a screen reader.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}. {}", self.title, self.body)
    }
}

/// Why a request ended without doing what it was asked.
#[must_use]
pub fn failure(failure: &Failure) -> Explanation {
    match failure {
        Failure::Card(error) => card_error(error),
        Failure::Plan { why, .. } | Failure::NoPlan(why) => super::plan::run_error(why),
        Failure::Unfinished(unfinished) => Explanation::new(
            super::plan::stopped(unfinished),
            gettext("Go on with it, or give it up, before another plan begins. Nothing was sent."),
        ),
        Failure::Manager(error) => super::plan::setup_error(error),
        Failure::NothingUnfinished => Explanation::new(
            gettext("There is nothing to go on with"),
            gettext("No plan was broken off on this token. Nothing was sent."),
        ),
        Failure::Cancelled => Explanation::new(
            gettext("Cancelled"),
            gettext("The card may have done it already. Read the token again to see how it is."),
        ),
        Failure::TimedOut => Explanation::new(
            gettext("The card did not answer in time"),
            gettext(
                "It may still have done what it was asked. Take the token out, put it back and look at it again.",
            ),
        ),
        Failure::NoReader => Explanation::new(
            gettext("The reader is gone"),
            gettext("Connect it again and look at the token once more."),
        ),
        Failure::NoCard => Explanation::new(
            gettext("There is no card in the reader"),
            gettext("Put in the card that this is about."),
        ),
        Failure::NoSuchPracticeCard => Explanation::new(
            gettext("There is no practice card of this name"),
            gettext("Choose one from the list of practice cards."),
        ),
        Failure::Program { program } => Explanation::new(
            gettext_f("{program} did not do it", &[("program", program)]),
            gettext("It is not installed, or you may not do this."),
        ),
        Failure::Closing => Explanation::new(
            gettext("Symbolon is closing"),
            gettext("Nothing more is done on the card."),
        ),
    }
}

/// A failed card operation.
#[must_use]
pub fn card_error(error: &CardError) -> Explanation {
    match error {
        CardError::Link(error) => link_error(error),
        CardError::Muscle(error) => super::muscle::error(error),
        CardError::WrongPin { role, left } => wrong_pin(
            *role,
            &Tries {
                left: *left,
                max: None,
            },
            // TRANSLATORS: In place of the name of a token: "the PIN of this token".
            &pgettext("the PIN of", "this token"),
        ),
        CardError::Blocked { role } => Explanation::new(
            blocked_title(*role),
            gettext("Nothing was compared; no try was lost. Keys and certificates are safe."),
        ),
        CardError::LastTry { .. } => Explanation::new(
            gettext("Only the last try is left"),
            gettext("Nothing was sent. Allow the last try if you are sure of the PIN."),
        ),
        CardError::Unlocked { .. } => Explanation::new(
            gettext("Unlocked by another program"),
            gettext(
                "The card does not tell how many tries are left while that holds; the next may be the last. Nothing was sent. Take the card out and put it in again, or allow the last try if you are sure of the PIN.",
            ),
        ),
        CardError::Rule { role, breach } => rule(*role, *breach),
        CardError::OtherCard => Explanation::new(
            gettext("This is another card"),
            gettext("It is not the card that was shown before. Nothing was sent; no try was lost."),
        ),
        CardError::Unsupported(what) => Explanation::new(
            gettext("This card has no way to do that"),
            gettext("Nothing was sent and nothing changed."),
        )
        .with(gettext_f("Not supported: {what}.", &[("what", what)])),
        CardError::NotFound { what } => Explanation::new(
            gettext("The card does not hold what was looked for"),
            gettext("Nothing changed. Read the token again; another program may have altered it."),
        )
        .with(gettext_f("Not found: {what}.", &[("what", what)])),
        CardError::NotDecrypted => Explanation::new(
            gettext("This could not be decrypted"),
            gettext("It was not encrypted for this key, or it was altered on its way."),
        ),
        CardError::Malformed(what) => not_understood(what),
        CardError::Status { operation, sw } => refused(*sw).with(status::answered(operation, *sw)),
    }
}

/// A wrong PIN that the card has counted: "2 of 3 tries left. Check that this is the PIN of
/// {token}." `token` is [`super::token::title`].
#[must_use]
pub fn wrong_pin(role: PinRole, tries: &Tries, token: &str) -> Explanation {
    let title = match tries.left {
        TriesLeft::Blocked => blocked_title(role),
        TriesLeft::Known(_)
        | TriesLeft::NotSet
        | TriesLeft::Unlocked
        | TriesLeft::Unknown
        | TriesLeft::Unread => pin_dialog::wrong_title(role),
    };
    let words = pins::tries(tries);
    let places = [("tries", words.as_str()), ("token", token)];
    let body = match tries.left {
        TriesLeft::Blocked => gettext("That was the last try. Keys and certificates are safe."),
        TriesLeft::Known(_)
        | TriesLeft::NotSet
        | TriesLeft::Unlocked
        | TriesLeft::Unknown
        | TriesLeft::Unread => {
            match role {
                // TRANSLATORS: {tries} is "2 of 3 tries left", in all five.
                PinRole::User => {
                    gettext_f("{tries}. Check that this is the PIN of {token}.", &places)
                }
                PinRole::Puk => {
                    gettext_f("{tries}. Check that this is the PUK of {token}.", &places)
                }
                PinRole::ResettingCode => gettext_f(
                    "{tries}. Check that this is the resetting code of {token}.",
                    &places,
                ),
                PinRole::Admin => gettext_f(
                    "{tries}. Check that this is the admin PIN of {token}.",
                    &places,
                ),
                PinRole::SecurityOfficer => gettext_f(
                    "{tries}. Check that this is the SO-PIN of {token}.",
                    &places,
                ),
            }
        }
    };
    Explanation::new(title, body)
}

/// A PIN is blocked, with what can be done about it.
#[must_use]
pub fn blocked(application: &Application, pin: &Pin) -> Explanation {
    let unblockers = pins::unblockers(application, pin);
    let puk_too = application
        .pins
        .iter()
        .any(|other| other.role == PinRole::Puk && other.tries.left == TriesLeft::Blocked);
    let title = if pin.role == PinRole::User && puk_too {
        gettext("PIN and PUK are blocked")
    } else {
        blocked_title(pin.role)
    };
    Explanation::new(title, pins::when_blocked(pin.role, &unblockers))
}

/// "The PIN is blocked".
#[must_use]
pub fn blocked_title(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("The PIN is blocked"),
        PinRole::Puk => gettext("The PUK is blocked"),
        PinRole::ResettingCode => gettext("The resetting code is blocked"),
        PinRole::Admin => gettext("The admin PIN is blocked"),
        PinRole::SecurityOfficer => gettext("The SO-PIN is blocked"),
    }
}

/// That something is not taken as a PIN of this kind.
#[must_use]
pub fn rule_title(role: PinRole) -> String {
    match role {
        PinRole::User => gettext("This cannot be a PIN of this token"),
        PinRole::Puk => gettext("This cannot be a PUK of this token"),
        PinRole::ResettingCode => gettext("This cannot be a resetting code of this token"),
        PinRole::Admin => gettext("This cannot be an admin PIN of this token"),
        PinRole::SecurityOfficer => gettext("This cannot be an SO-PIN of this token"),
    }
}

fn rule(role: PinRole, breach: Breach) -> Explanation {
    let title = rule_title(role);
    let body = match breach {
        Breach::Length => gettext("It is too short or too long."),
        Breach::Character => gettext("It has a character that this token does not take."),
    };
    Explanation::new(title, format!("{body} {}", pins::nothing_sent()))
}

/// A status word that stands for itself.
fn refused(sw: StatusWord) -> Explanation {
    match sw {
        StatusWord::SECURITY => Explanation::new(
            gettext("The card wants a PIN first"),
            gettext("Nothing changed. Enter the PIN that the card asks for before this."),
        ),
        StatusWord::CONDITIONS => Explanation::new(
            gettext("The card does not do that now"),
            gettext(
                "Something it needs is missing: a key, a touch of the token, or an earlier step.",
            ),
        ),
        StatusWord::NO_FUNCTION | StatusWord::NO_INSTRUCTION | StatusWord::NO_CLASS => {
            Explanation::new(
                gettext("This card has no way to do that"),
                gettext("It does not know the command. Nothing changed."),
            )
        }
        _ => Explanation::new(
            gettext("The card refused"),
            gettext("It did not do what it was asked. The details say what it answered."),
        ),
    }
}

/// Why an exchange or a connection did not come about.
#[must_use]
pub fn link_error(error: &LinkError) -> Explanation {
    match error {
        LinkError::Removed => Explanation::new(
            gettext("The token was removed"),
            gettext("Put it back and look at it again: the last change may be incomplete."),
        ),
        LinkError::Reset => Explanation::new(
            gettext("Another program reset the card"),
            gettext("What was verified is forgotten. Try it once more when the other program has finished."),
        ),
        LinkError::Held => held(None),
        LinkError::Mute => mute(),
        LinkError::NoReader => Explanation::new(
            gettext("The reader is gone"),
            gettext("Connect it again and look at the token: the last change may be incomplete."),
        ),
        LinkError::NoService => service_stopped(),
        LinkError::Refused => service_refuses(),
        LinkError::Broken(code) => Explanation::new(
            gettext("The card broke off"),
            gettext("It may still have done what it was asked. Take the token out, put it back and look at it again."),
        )
        .with(gettext_f(
            // TRANSLATORS: {code} is a number of the PC/SC service such as 80100016.
            "The smart card service said {code}.",
            &[("code", &format!("{code:08X}"))],
        )),
        LinkError::Protocol(what) => not_understood(what),
        LinkError::PinPadCancelled => {
            Explanation::new(gettext("Cancelled on the reader"), pins::nothing_sent())
        }
        LinkError::PinPadTimeout => Explanation::new(
            gettext("Nothing was typed on the reader"),
            pins::nothing_sent(),
        ),
        LinkError::PinPadMismatch => Explanation::new(
            gettext("The two new PINs typed on the reader differ"),
            pins::nothing_sent(),
        ),
        LinkError::Cancelled => Explanation::new(gettext("Cancelled"), pins::nothing_sent()),
    }
}

/// The card answers, but not as cards do. `what` is technical and English.
fn not_understood(what: &str) -> Explanation {
    Explanation::new(
        gettext("The card cannot be understood"),
        gettext(
            "It answered with something that is not valid. Take it out, put it back and look at it again.",
        ),
    )
    .with(gettext_f("Not valid: {what}.", &[("what", what)]))
}

/// Another program keeps the card for itself.
#[must_use]
pub fn held(by: Option<&Text>) -> Explanation {
    match by {
        Some(program) => {
            let program = [("program", program.as_str())];
            Explanation::new(
                gettext_f("In use by {program}", &program),
                gettext_f(
                    "{program} keeps the card for itself. Symbolon can ask it to let go; it starts again when it is needed.",
                    &program,
                ),
            )
        }
        None => Explanation::new(
            gettext("In use by another program"),
            gettext("It keeps the card for itself. Close it, or wait until it lets go."),
        ),
    }
}

/// The card says nothing at all.
#[must_use]
pub fn mute() -> Explanation {
    Explanation::new(
        gettext("The card does not answer"),
        gettext("It may lie the wrong way round or have dirty contacts."),
    )
}

/// The smart card service is installed, but nobody answers.
#[must_use]
pub fn service_stopped() -> Explanation {
    Explanation::new(
        gettext("Smart card service is not running"),
        gettext("Symbolon talks to cards through it. It can be started now."),
    )
}

/// The smart card service lets this person not in.
#[must_use]
pub fn service_refuses() -> Explanation {
    Explanation::new(
        gettext("Access to smart cards is not allowed"),
        gettext(
            "This session may not use the smart card service. An administrator can allow it with one rule.",
        ),
    )
}

/// The smart card service is there and says nothing, or nonsense.
#[must_use]
pub fn service_silent() -> Explanation {
    Explanation::new(
        gettext("Smart card service does not answer"),
        gettext(
            "It is there, but it does not answer as it should. Starting it anew helps in most cases and harms no card.",
        ),
    )
}

/// An application that cannot be read: "OpenPGP cannot be read".
#[must_use]
pub fn unreadable(application: ApplicationKind, why: &Unreadable) -> Explanation {
    Explanation::new(unreadable_title(application), unreadable_body())
        .with(why.detail.as_str().to_owned())
}

/// "OpenPGP cannot be read".
#[must_use]
pub fn unreadable_title(application: ApplicationKind) -> String {
    gettext_f(
        "{application} cannot be read",
        &[("application", application.name())],
    )
}

/// What it means that an application cannot be read.
#[must_use]
pub fn unreadable_body() -> String {
    gettext("The card answered with something that is not valid. The other applications are shown.")
}

/// An application that was put out of use.
#[must_use]
pub fn terminated(application: ApplicationKind) -> Explanation {
    Explanation::new(
        gettext_f(
            "{application} is out of use",
            &[("application", application.name())],
        ),
        gettext(
            "It was put out of use and holds nothing. It has to be activated before it can be set up again.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::hex::Hex;
    use crate::plan::journal::Unfinished;
    use crate::plan::{Plan, Subject, Task};

    /// One of each, so that what holds for all can be tested.
    #[allow(clippy::too_many_lines, reason = "a list")]
    fn all() -> Vec<Failure> {
        let links = [
            LinkError::Removed,
            LinkError::Reset,
            LinkError::Held,
            LinkError::Mute,
            LinkError::NoReader,
            LinkError::NoService,
            LinkError::Refused,
            LinkError::Broken(0x8010_0016),
            LinkError::PinPadCancelled,
            LinkError::PinPadTimeout,
            LinkError::PinPadMismatch,
            LinkError::Cancelled,
            LinkError::Protocol("no status word"),
        ];
        let mut cards: Vec<CardError> = links.map(CardError::Link).to_vec();
        for role in [
            PinRole::User,
            PinRole::Puk,
            PinRole::ResettingCode,
            PinRole::Admin,
            PinRole::SecurityOfficer,
        ] {
            for left in [
                TriesLeft::Known(2),
                TriesLeft::Known(1),
                TriesLeft::Blocked,
                TriesLeft::Unknown,
                TriesLeft::NotSet,
            ] {
                cards.push(CardError::WrongPin { role, left });
            }
            for breach in [Breach::Length, Breach::Character] {
                cards.push(CardError::Rule { role, breach });
            }
            cards.extend([
                CardError::Blocked { role },
                CardError::LastTry { role },
                CardError::Unlocked { role },
            ]);
        }
        cards.extend([
            CardError::OtherCard,
            CardError::Unsupported("setting tries"),
            CardError::NotFound {
                what: "certificate",
            },
            CardError::Malformed("PW status is short"),
        ]);
        for sw in [0x6982, 0x6985, 0x6A81, 0x6D00, 0x6E00, 0x6A82, 0x6F00] {
            cards.push(CardError::Status {
                operation: "SELECT",
                sw: StatusWord(sw),
            });
        }
        let mut all: Vec<Failure> = cards.into_iter().map(Failure::Card).collect();
        all.extend([
            Failure::Cancelled,
            Failure::TimedOut,
            Failure::NoReader,
            Failure::NothingUnfinished,
            Failure::Unfinished(Arc::new(Unfinished {
                plan: Plan {
                    name: "A".to_owned(),
                    subject: Subject {
                        serial: Hex(vec![1]),
                        atr: Hex(vec![0x3B]),
                        label: None,
                    },
                    made: 0,
                    opening: Default::default(),
                    tasks: vec![Task::Format],
                },
                next: 0,
                begun: None,
                said: false,
                last: None,
                at: 0,
            })),
            Failure::NoCard,
            Failure::NoSuchPracticeCard,
            Failure::Program {
                program: "systemctl",
            },
            Failure::Closing,
        ]);
        all
    }

    #[test]
    fn titles_have_no_full_stop_and_bodies_have_one() {
        for one in all() {
            let words = failure(&one);
            assert!(!words.title.ends_with('.'), "{one:?}: {}", words.title);
            assert!(words.body.ends_with('.'), "{one:?}: {}", words.body);
            assert!(!words.text().contains('{'), "{one:?}: {}", words.text());
            // Numbers are for the details.
            assert!(!words.title.contains("6A") && !words.body.contains("6A"));
        }
    }

    #[test]
    fn a_status_word_stands_in_the_details_with_its_name() {
        let words = card_error(&CardError::Status {
            operation: "SELECT",
            sw: StatusWord::NOT_FOUND,
        });
        assert_eq!(
            words.details.as_deref(),
            Some("The card answered 6A82 (file or application not found) to SELECT.")
        );
        let broken = link_error(&LinkError::Broken(0x8010_0016));
        assert_eq!(
            broken.details.as_deref(),
            Some("The smart card service said 80100016.")
        );
    }

    #[test]
    fn a_wrong_pin_tells_what_is_left_and_what_to_check() {
        let tries = Tries {
            left: TriesLeft::Known(2),
            max: Some(3),
        };
        let words = wrong_pin(PinRole::User, &tries, "Thomas Mustermann");
        assert_eq!(words.title, "Wrong PIN");
        assert_eq!(
            words.body,
            "2 of 3 tries left. Check that this is the PIN of Thomas Mustermann."
        );
        let last = Tries {
            left: TriesLeft::Blocked,
            ..tries
        };
        assert_eq!(
            wrong_pin(PinRole::User, &last, "x").title,
            "The PIN is blocked"
        );
    }

    #[test]
    fn what_was_not_sent_lost_no_try() {
        for error in [
            CardError::OtherCard,
            CardError::Rule {
                role: PinRole::User,
                breach: Breach::Length,
            },
            CardError::Link(LinkError::PinPadTimeout),
        ] {
            let body = card_error(&error).body;
            assert!(body.contains("no try was lost"), "{error:?}: {body}");
        }
    }

    #[test]
    fn every_cause_on_the_way_to_the_card_has_its_own_name() {
        assert_eq!(held(Some(&"scdaemon".into())).title, "In use by scdaemon");
        assert_eq!(
            held(Some(&"Firefox".into())).body,
            "Firefox keeps the card for itself. Symbolon can ask it to let go; it starts again when it is needed."
        );
        assert_eq!(
            link_error(&LinkError::Mute).body,
            "It may lie the wrong way round or have dirty contacts."
        );
        assert_eq!(
            link_error(&LinkError::NoService).body,
            "Symbolon talks to cards through it. It can be started now."
        );
        assert_eq!(
            link_error(&LinkError::Refused).title,
            "Access to smart cards is not allowed"
        );
        let why = Unreadable {
            detail: "GET DATA 6E answered 6F00".into(),
        };
        let words = unreadable(ApplicationKind::OpenPgp, &why);
        assert_eq!(words.title, "OpenPGP cannot be read");
        assert_eq!(
            words.body,
            "The card answered with something that is not valid. The other applications are shown."
        );
    }
}
