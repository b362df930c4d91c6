//! What a PIN dialog shows, as plain data, and when its button is live.

use crate::backend::{CardError, Failure, LinkError};
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::explain::{self, Explanation};
use crate::token::{
    Application, ApplicationKind, OperationKind, Pin, PinReference, PinRole, Token, Tries,
    TriesLeft,
};
use crate::ui::widgets::Tick;

/// What the dialog is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Task {
    /// The application of the PIN.
    pub(super) application: ApplicationKind,
    /// The PIN that something is done to.
    pub(super) pin: PinReference,
    /// What is done.
    pub(super) operation: OperationKind,
    /// The PIN or code that gives the right to: the PIN itself, or what unblocks it.
    pub(super) with: PinReference,
    /// Whether unblocking leaves the PIN as it is.
    pub(super) stays: bool,
}

impl Task {
    /// The task with the first code that can be used for it.
    pub(super) fn new(
        token: &Token,
        application: ApplicationKind,
        pin: PinReference,
        operation: OperationKind,
    ) -> Self {
        let codes = codes(token, application, pin, operation);
        Self {
            application,
            pin,
            operation,
            with: codes.first().copied().unwrap_or(pin),
            stays: token
                .pin(application, pin)
                .is_some_and(Pin::stays_when_unblocked),
        }
    }

    /// Whether a new PIN is given.
    pub(super) fn has_new(&self) -> bool {
        match self.operation {
            OperationKind::Verify => false,
            OperationKind::Unblock => !self.stays,
            OperationKind::Change | OperationKind::Set => true,
        }
    }

    /// Whether it can be done with the keys of a reader.
    pub(super) fn fits_pinpad(&self) -> bool {
        match self.operation {
            OperationKind::Verify | OperationKind::Change => true,
            OperationKind::Unblock | OperationKind::Set => false,
        }
    }
}

/// The codes among which one can choose: those that are neither blocked nor missing, or the
/// first one if none is left, so that the dialog can say why.
pub(super) fn codes(
    token: &Token,
    application: ApplicationKind,
    pin: PinReference,
    operation: OperationKind,
) -> Vec<PinReference> {
    let needs = match operation {
        OperationKind::Verify | OperationKind::Change => return vec![pin],
        OperationKind::Unblock | OperationKind::Set => token
            .pin(application, pin)
            .and_then(|found| found.operation(operation))
            .map(|found| found.needs.clone())
            .unwrap_or_default(),
    };
    let usable = |code: &PinReference| {
        token.pin(application, *code).is_some_and(|code| {
            matches!(
                code.tries.left,
                TriesLeft::Known(_) | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread
            )
        })
    };
    let found: Vec<PinReference> = needs.iter().copied().filter(usable).collect();
    if found.is_empty() {
        needs.into_iter().take(1).collect()
    } else {
        found
    }
}

/// What is in the fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed<'a> {
    /// The PIN or code that gives the right.
    pub(super) code: &'a Secret,
    /// The PIN as it shall be.
    pub(super) new: &'a Secret,
    /// The same again.
    pub(super) repeat: &'a Secret,
}

/// The rules for the new PIN; none for an operation without one.
pub(super) fn ticks(task: &Task, pin: &Pin, typed: Typed<'_>) -> Vec<Tick> {
    if !task.has_new() {
        return Vec::new();
    }
    let words = explain::pins::requirements(&pin.rule);
    let new = typed.new;
    let some = !new.is_empty();
    let tick = |words, met: bool| Tick {
        words,
        met: some && met,
    };
    let mut ticks = vec![tick(words.length, pin.rule.length_fits(new))];
    if let Some(characters) = words.characters {
        ticks.push(tick(characters, pin.rule.characters_fit(new)));
    }
    if let Some(factory) = pin.factory.value() {
        let same = Secret::new(factory.as_bytes()).same_as(new);
        ticks.push(tick(words.not_factory, !same));
    }
    if task.operation == OperationKind::Change {
        ticks.push(tick(
            gettext("Different from the current one"),
            !new.same_as(typed.code),
        ));
    }
    ticks.push(tick(words.repeated, new.same_as(typed.repeat)));
    ticks
}

/// Whether everything typed may be sent. The alphabet counts too where it has no tick.
pub(super) fn is_complete(task: &Task, pin: &Pin, code: &Pin, typed: Typed<'_>) -> bool {
    let code_fits = code.rule.check(typed.code).is_ok();
    let new_fits = !task.has_new() || pin.rule.check(typed.new).is_ok();
    code_fits && new_fits && ticks(task, pin, typed).iter().all(|tick| tick.met)
}

/// What is wrong with the code before it is sent; nothing while the field is empty.
pub(super) fn breach(code: &Pin, typed: &Secret) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let breach = code.rule.check(typed).err()?;
    Some(explain::pins::breach(breach, code.role, &code.rule))
}

/// The words of the dialog.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Face {
    /// Of the window: "Change PIN".
    pub(super) title: String,
    /// On the last button: "Change".
    pub(super) verb: String,
    /// Which PIN of which token.
    pub(super) head: String,
    /// Model and serial number.
    pub(super) subhead: String,
    /// Whose tries these are, where it is not the PIN in the title.
    pub(super) counter_of: Option<String>,
    /// Tries of what has to be typed.
    pub(super) tries: Tries,
    /// Beside the last try: what follows if it is wrong.
    pub(super) warning: Option<String>,
    /// Name of the first field.
    pub(super) code: String,
    /// Names of the fields for the new PIN.
    pub(super) new: Option<(String, String)>,
    /// That the PIN stays what it is, where one could expect to give a new one.
    pub(super) stays: Option<String>,
    /// The factory value of what has to be typed, in a sentence.
    pub(super) hint: Option<String>,
    /// Names of the codes to choose from.
    pub(super) codes: Vec<(PinReference, String)>,
    /// Why nothing can be typed, and what can be done instead.
    pub(super) blocked: Option<(Explanation, Option<OperationKind>)>,
}

/// The words for a task on a token. `known` are tries that the card told since it was read.
///
/// Nothing if the token has no such PIN.
pub(super) fn face(token: &Token, task: &Task, known: Option<TriesLeft>) -> Option<Face> {
    let application = token.application(task.application)?;
    let pin = token.pin(task.application, task.pin)?;
    let mut code = token.pin(task.application, task.with)?.clone();
    if let Some(left) = known {
        code.tries.left = left;
    }
    let title = explain::token::title(token);
    let choices = codes(token, task.application, task.pin, task.operation);
    let names = choices.iter().filter_map(|&reference| {
        let code = token.pin(task.application, reference)?;
        Some((reference, explain::pins::role(code.role)))
    });
    Some(Face {
        title: explain::pin_dialog::title(task.operation, pin.role),
        verb: explain::pin_dialog::verb(task.operation),
        head: explain::pins::full_name_of(task.application, pin.role, &title),
        subhead: explain::token::subtitle(token),
        counter_of: (code.reference != pin.reference)
            .then(|| explain::pins::full_name(task.application, code.role)),
        tries: code.tries,
        warning: if known == Some(TriesLeft::Unlocked) {
            Some(explain::pin_dialog::may_be_last_try())
        } else {
            code.is_last_try().then(|| {
                let unblockers = explain::pins::unblockers(application, &code);
                explain::pins::last_try_warning(code.role, &unblockers)
            })
        },
        code: match task.operation {
            OperationKind::Change => explain::pin_dialog::current(code.role),
            OperationKind::Verify | OperationKind::Unblock | OperationKind::Set => {
                explain::pins::role(code.role)
            }
        },
        new: task.has_new().then(|| {
            let new = explain::pin_dialog::new(pin.role);
            (new, explain::pin_dialog::repeat(pin.role))
        }),
        stays: (task.operation == OperationKind::Unblock && task.stays)
            .then(|| explain::pin_dialog::stays(pin.role)),
        hint: explain::pins::factory_hint(&code),
        codes: names.collect(),
        blocked: blocked(application, task, &code),
    })
}

/// If what has to be typed is blocked: that, and what helps.
fn blocked(
    application: &Application,
    task: &Task,
    code: &Pin,
) -> Option<(Explanation, Option<OperationKind>)> {
    if code.tries.left != TriesLeft::Blocked {
        return None;
    }
    let words = explain::failure::blocked(application, code);
    // An unblocking code that is blocked itself has no cure in this dialog.
    let own = code.reference == task.pin;
    let helps = |kind: &OperationKind| {
        let operation = code.operation(*kind);
        operation.is_some_and(|operation| {
            // The token may have been read before the last try was used up.
            let reason = operation.impossible;
            reason.is_none() && !operation.needs.is_empty()
        })
    };
    let cures = [OperationKind::Unblock, OperationKind::Set];
    let cure = cures.into_iter().find(helps).filter(|_| own);
    Some((words, cure))
}

/// What follows from the end of a request that did not do it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Reaction {
    /// What was typed is wrong; so many tries are left.
    Wrong(TriesLeft),
    /// It is blocked.
    Blocked,
    /// Only the last try is left, or may be where the card hides its counter, and it was not
    /// allowed; nothing was sent.
    LastTry(TriesLeft),
    /// The token is gone, or another one is there: nothing more can be done here.
    Gone(Explanation),
    /// Something else; it can be tried again.
    Notice(Explanation),
}

/// What follows from `failure`, where `role` had to be typed.
pub(super) fn reaction(failure: &Failure, role: PinRole) -> Reaction {
    let words = || explain::failure::failure(failure);
    match failure {
        Failure::Card(CardError::WrongPin {
            role: wrong,
            left: TriesLeft::Blocked,
        }) if *wrong == role => Reaction::Blocked,
        Failure::Card(CardError::WrongPin { role: wrong, left }) if *wrong == role => {
            Reaction::Wrong(*left)
        }
        Failure::Card(CardError::Blocked { role: blocked }) if *blocked == role => {
            Reaction::Blocked
        }
        Failure::Card(CardError::LastTry { role: last }) if *last == role => {
            Reaction::LastTry(TriesLeft::Known(1))
        }
        Failure::Card(CardError::Unlocked { role: unlocked }) if *unlocked == role => {
            Reaction::LastTry(TriesLeft::Unlocked)
        }
        Failure::Card(
            CardError::OtherCard | CardError::Link(LinkError::Removed | LinkError::NoReader),
        )
        | Failure::NoCard
        | Failure::NoReader => Reaction::Gone(words()),
        Failure::Card(_)
        | Failure::Plan { .. }
        | Failure::NoPlan(_)
        | Failure::Manager(_)
        | Failure::Unfinished(_)
        | Failure::NothingUnfinished
        | Failure::Cancelled
        | Failure::TimedOut
        | Failure::NoSuchPracticeCard
        | Failure::Program { .. }
        | Failure::Closing => Reaction::Notice(words()),
    }
}

/// What is done on the keys of a reader, in its order.
pub(super) fn steps(task: &Task, code: &Pin, pin: &Pin) -> Vec<String> {
    match task.operation {
        OperationKind::Change => vec![
            explain::pin_dialog::current(code.role),
            explain::pin_dialog::new(pin.role),
            explain::pin_dialog::repeat(pin.role),
        ],
        OperationKind::Verify | OperationKind::Unblock | OperationKind::Set => {
            vec![explain::pins::role(code.role)]
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{Alphabet, Fact, FactName, Factory, Operation, PinRule, Reason};

    const USER: PinReference = PinReference(0x81);
    const CODE: PinReference = PinReference(0xD3);
    const ADMIN: PinReference = PinReference(0x83);
    const OPENPGP: ApplicationKind = ApplicationKind::OpenPgp;

    fn pin(reference: PinReference, role: PinRole, left: TriesLeft) -> Pin {
        let operation = |kind, needs: &[PinReference]| Operation {
            kind,
            needs: needs.to_vec(),
            impossible: None,
        };
        Pin {
            reference,
            role,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 8,
                alphabet: Alphabet::Digits,
            },
            factory: Factory::Unknown(Some("123456")),
            uses: Vec::new(),
            operations: vec![
                operation(OperationKind::Change, &[reference]),
                operation(OperationKind::Unblock, &[CODE, ADMIN]),
            ],
            facts: Vec::new(),
        }
    }

    fn token(user: TriesLeft, code: TriesLeft, admin: TriesLeft) -> Token {
        let mut openpgp = Application::new(OPENPGP, &[]);
        openpgp.pins = vec![
            pin(USER, PinRole::User, user),
            pin(CODE, PinRole::ResettingCode, code),
            pin(ADMIN, PinRole::Admin, admin),
        ];
        Token {
            label: Some("Thomas Mustermann".into()),
            applications: vec![openpgp],
            ..Token::default()
        }
    }

    fn ready() -> Token {
        let known = TriesLeft::Known(3);
        token(known, known, known)
    }

    fn met(task: &Task, code: &str, new: &str, repeat: &str) -> Vec<(String, bool)> {
        let token = ready();
        let [code, new, repeat] = [code, new, repeat].map(|text| Secret::new(text.as_bytes()));
        let typed = Typed {
            code: &code,
            new: &new,
            repeat: &repeat,
        };
        let pin = token.pin(task.application, task.pin).unwrap();
        let ticks = ticks(task, pin, typed);
        let all = ticks.iter().all(|tick| tick.met);
        let code_fits = pin.rule.check(&code).is_ok();
        assert_eq!(is_complete(task, pin, pin, typed), all && code_fits);
        ticks
            .into_iter()
            .map(|tick| (tick.words, tick.met))
            .collect()
    }

    #[test]
    fn rules_tick_one_by_one() {
        let change = Task::new(&ready(), OPENPGP, USER, OperationKind::Change);
        let words = |ticks: &[(String, bool)], met: bool| {
            let kept = ticks.iter().filter(|tick| tick.1 == met);
            kept.map(|tick| tick.0.clone()).collect::<Vec<_>>()
        };
        let nothing = met(&change, "", "", "");
        assert!(words(&nothing, true).is_empty(), "{nothing:?}");
        let factory = met(&change, "654321", "123456", "123456");
        assert_eq!(words(&factory, false), ["Not a factory PIN"]);
        let same = met(&change, "654321", "654321", "654321");
        assert_eq!(words(&same, false), ["Different from the current one"]);
        let typing = met(&change, "654321", "111222", "1112");
        assert_eq!(words(&typing, false), ["Both entries the same"]);
        let letters = met(&change, "654321", "abcdef", "abcdef");
        assert_eq!(words(&letters, false), ["Digits only"]);
        let good = met(&change, "654321", "111222", "111222");
        assert!(words(&good, false).is_empty(), "{good:?}");
    }

    #[test]
    fn a_verified_pin_has_no_rules_but_its_own() {
        let verify = Task::new(&ready(), OPENPGP, USER, OperationKind::Verify);
        assert!(met(&verify, "12345", "", "").is_empty());
        assert!(met(&verify, "123456", "", "").is_empty());
        let token = ready();
        let code = token.pin(OPENPGP, USER).unwrap();
        let typed = |text: &str| Secret::new(text.as_bytes());
        assert_eq!(breach(code, &typed("")), None);
        assert_eq!(breach(code, &typed("123456")), None);
        let short = breach(code, &typed("12345")).unwrap();
        assert!(short.contains("no try was lost"), "{short}");
    }

    #[test]
    fn unblocking_offers_the_codes_that_work() {
        let known = TriesLeft::Known(3);
        let both = ready();
        let codes = |token: &Token| codes(token, OPENPGP, USER, OperationKind::Unblock);
        assert_eq!(codes(&both), [CODE, ADMIN]);
        let unset = token(TriesLeft::Blocked, TriesLeft::NotSet, known);
        assert_eq!(codes(&unset), [ADMIN]);
        let lost = token(TriesLeft::Blocked, TriesLeft::NotSet, TriesLeft::Blocked);
        assert_eq!(codes(&lost), [CODE]);
        let task = Task::new(&unset, OPENPGP, USER, OperationKind::Unblock);
        let face = face(&unset, &task, None).unwrap();
        assert_eq!(face.code, "Admin PIN");
        assert_eq!(face.counter_of.as_deref(), Some("OpenPGP admin PIN"));
        assert!(face.blocked.is_none());
    }

    /// The MUSCLE applet: its PUK gives the tries back, and that is all.
    #[test]
    fn where_the_pin_stays_the_code_alone_is_asked_for() {
        let mut token = ready();
        let application = token.applications.first_mut().unwrap();
        let stays = Fact::flag(FactName::KeepsPin, true);
        application.pins.first_mut().unwrap().facts.push(stays);
        let task = Task::new(&token, OPENPGP, USER, OperationKind::Unblock);
        let shown = face(&token, &task, None).unwrap();
        assert_eq!((shown.new, task.with), (None, CODE));
        assert!(shown.stays.unwrap().contains("The PIN stays what it was"));
        let typed = Typed {
            code: &Secret::new(b"123456"),
            new: &Secret::new(b""),
            repeat: &Secret::new(b""),
        };
        let pin = |reference| token.pin(OPENPGP, reference).unwrap();
        assert!(ticks(&task, pin(USER), typed).is_empty());
        assert!(is_complete(&task, pin(USER), pin(CODE), typed));
        let change = Task::new(&token, OPENPGP, USER, OperationKind::Change);
        let shown = face(&token, &change, None).unwrap();
        assert_eq!((shown.new.is_some(), shown.stays), (true, None));
    }

    #[test]
    fn the_last_try_is_said_before_it_is_used() {
        let token = ready();
        let task = Task::new(&token, OPENPGP, USER, OperationKind::Change);
        assert_eq!(face(&token, &task, None).unwrap().warning, None);
        let last = face(&token, &task, Some(TriesLeft::Known(1))).unwrap();
        assert!(last.warning.unwrap().contains("If it is wrong once more"));
        assert_eq!(last.head, "OpenPGP PIN of Thomas Mustermann");
    }

    #[test]
    fn where_the_counter_is_hidden_the_last_try_has_to_be_allowed_too() {
        let token = token(
            TriesLeft::Unlocked,
            TriesLeft::Known(3),
            TriesLeft::Known(3),
        );
        let task = Task::new(&token, OPENPGP, USER, OperationKind::Change);
        // Most cards take it back and tell; only the one that did not asks for the tick.
        assert_eq!(face(&token, &task, None).unwrap().warning, None);
        let role = PinRole::User;
        let unlocked = Failure::Card(CardError::Unlocked { role });
        let hidden = TriesLeft::Unlocked;
        assert_eq!(reaction(&unlocked, role), Reaction::LastTry(hidden));
        let face = face(&token, &task, Some(hidden)).unwrap();
        assert_eq!(face.tries.left, hidden);
        assert!(face.warning.unwrap().contains("may be the last"));
    }

    #[test]
    fn a_blocked_pin_says_so_and_what_helps() {
        let known = TriesLeft::Known(3);
        let token = token(TriesLeft::Blocked, TriesLeft::NotSet, known);
        let task = Task::new(&token, OPENPGP, USER, OperationKind::Change);
        let (words, cure) = face(&token, &task, None).unwrap().blocked.unwrap();
        assert_eq!(words.title, "The PIN is blocked");
        assert_eq!(cure, Some(OperationKind::Unblock));
        let mut hopeless = token.clone();
        let application = hopeless.applications.first_mut().unwrap();
        for operation in &mut application.pins.first_mut().unwrap().operations {
            operation.impossible = Some(Reason::NothingUnblocks);
        }
        let (_, cure) = face(&hopeless, &task, None).unwrap().blocked.unwrap();
        assert_eq!(cure, None);
    }

    #[test]
    fn only_what_the_card_said_of_this_pin_is_a_wrong_pin() {
        let wrong = |role, left| Failure::Card(CardError::WrongPin { role, left });
        let two = TriesLeft::Known(2);
        let of = |failure: &Failure| reaction(failure, PinRole::User);
        assert_eq!(of(&wrong(PinRole::User, two)), Reaction::Wrong(two));
        assert_eq!(
            of(&wrong(PinRole::User, TriesLeft::Blocked)),
            Reaction::Blocked
        );
        assert!(matches!(of(&wrong(PinRole::Puk, two)), Reaction::Notice(_)));
        assert!(matches!(of(&Failure::NoCard), Reaction::Gone(_)));
        assert!(matches!(
            of(&Failure::Card(CardError::OtherCard)),
            Reaction::Gone(_)
        ));
        assert!(matches!(of(&Failure::TimedOut), Reaction::Notice(_)));
    }
}
