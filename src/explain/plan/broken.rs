//! Plans that were broken off: where, what that means, and what is told of it.

use std::cmp::Ordering;

use super::step_of;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::paths;
use crate::explain::failure::{Explanation, link_error};
use crate::explain::token;
use crate::plan::journal::Unfinished;
use crate::plan::{About, Plan, Task};
use crate::token::Token;
use crate::transport::link::LinkError;

/// A plan that was broken off: "Set-up stopped at step 3 of 5".
#[must_use]
pub fn stopped(unfinished: &Unfinished) -> String {
    let all = unfinished.plan.tasks.len();
    let step = (unfinished.next + 1).min(all).to_string();
    let place = [("step", step.as_str()), ("all", &all.to_string())];
    match unfinished.plan.about() {
        About::Token => gettext_f("Set-up stopped at step {step} of {all}", &place),
        About::Content => gettext_f(
            "The change of the card stopped at step {step} of {all}",
            &place,
        ),
    }
}

/// The question whether a plan that was broken off is left, and what that means.
#[must_use]
pub fn giving_up(unfinished: &Unfinished, token: &Token) -> Explanation {
    let (what, token) = (stopped(unfinished), token::title(token));
    let names = [("what", what.as_str()), ("token", token.as_str())];
    let left = unfinished.plan.tasks.get(unfinished.next..);
    let puts_keys = |task: &Task| matches!(task, Task::PutKeys(_));
    match unfinished.plan.about() {
        About::Token => Explanation::new(
            gettext("Give up this set-up?"),
            gettext_f(
                "{what}. {token} stays as it is now: half set up. It can be set up anew, which erases it first.",
                &names,
            ),
        ),
        About::Content if left.is_some_and(|left| left.iter().any(puts_keys)) => Explanation::new(
            gettext("Give up this change?"),
            gettext_f(
                "{what}. What was done before stays done; the rest is left. Whether {token} has its new keys already only a try tells: keep the old and the new ones.",
                &names,
            ),
        ),
        About::Content => Explanation::new(
            gettext("Give up this change?"),
            gettext_f(
                "{what}. What was done before stays done; the rest is left. What is on {token} now stands on its page of applets.",
                &names,
            ),
        ),
    }
}

/// The word for that, on the button.
#[must_use]
pub fn give_up(about: About) -> String {
    match about {
        About::Token => gettext("Give Up Set-Up"),
        About::Content => gettext("Give Up Change"),
    }
}

/// It is done.
#[must_use]
pub fn given_up(about: About) -> String {
    match about {
        About::Token => gettext("The set-up is given up"),
        About::Content => gettext("The change is given up"),
    }
}

/// A plan that was not done, in lines for whoever can tell why: kinds of steps, and no name of a person.
/// `failed` is what the failure says of itself.
#[must_use]
pub fn report(
    token: &Token,
    plan: Option<&Plan>,
    step: Option<usize>,
    failed: &str,
) -> Vec<String> {
    let mut lines = token::report(token);
    for (number, task) in plan.iter().flat_map(|plan| plan.tasks.iter().enumerate()) {
        let sign = match step.map(|step| number.cmp(&step)) {
            Some(Ordering::Less) => "+",
            Some(Ordering::Equal) => "!",
            Some(Ordering::Greater) | None => "-",
        };
        lines.push(format!("{sign} {}. {}", number + 1, kind(task)));
    }
    // A path may hold the name of the user, and that of a journal the number of the chip.
    let state = paths::state().map(|path| path.display().to_string());
    let failed = match state {
        Some(state) => failed.replace(&state, "…"),
        None => failed.to_owned(),
    };
    let number = plan.map(|plan| plan.subject.serial.to_string());
    lines.push(match number.filter(|number| !number.is_empty()) {
        Some(number) => failed.replace(&number, "…"),
        None => failed,
    });
    lines
}

/// What a step is called in files: no name of anything is in it.
fn kind(task: &Task) -> String {
    let entry = serde_json::to_value(task).unwrap_or_default();
    let kind = entry.get("task").and_then(|kind| kind.as_str());
    kind.unwrap_or_default().to_owned()
}

/// What it means.
#[must_use]
pub fn stopped_means() -> String {
    gettext(
        "Nothing has to be done twice: the steps before it are done, and this one is taken up again.",
    )
}

/// The card was taken out while this step was done.
#[must_use]
pub fn gone_at(step: usize, plan: &Plan) -> Explanation {
    let place = step_of(step, plan);
    let place = [("place", place.as_str())];
    Explanation {
        title: link_error(&LinkError::Removed).title,
        body: match plan.about() {
            About::Token => gettext_f(
                "Set-up stopped at step {place}. Put the token back to go on; nothing has to be done twice.",
                &place,
            ),
            About::Content => gettext_f(
                "The work stopped at step {place}. Put the card back to go on; nothing has to be done twice.",
                &place,
            ),
        },
        details: None,
    }
}

/// Somebody has stopped it; this step is the next.
#[must_use]
pub fn stopped_before(step: usize, plan: &Plan) -> Explanation {
    Explanation::new(
        gettext_f(
            "Stopped before step {place}",
            &[("place", &step_of(step, plan))],
        ),
        gettext("What is done stays done. It can be gone on with now, or another day."),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::hex::Hex;
    use crate::globalplatform::Aid;
    use crate::plan::{NewKeys, Subject};

    fn left(tasks: Vec<Task>) -> Unfinished {
        Unfinished {
            plan: Plan {
                name: "Thomas Mustermann".into(),
                subject: Subject {
                    serial: Hex(vec![1]),
                    atr: Hex(Vec::new()),
                    label: Some("Thomas Mustermann".into()),
                },
                made: 0,
                opening: Default::default(),
                tasks,
            },
            next: 1,
            begun: None,
            said: false,
            last: None,
            at: 0,
        }
    }

    fn locks() -> Unfinished {
        let aid = || Aid::new(&[0xA0, 0, 0, 0, 1, 1]).unwrap();
        let lock = |locked| Task::SetLock { aid: aid(), locked };
        left(vec![lock(true), lock(false)])
    }

    fn sets_up() -> Unfinished {
        left(vec![Task::DeleteApplication, Task::Secure, Task::Activate])
    }

    #[test]
    fn a_change_of_a_card_is_no_set_up() {
        let token = Token::default();
        let (change, set_up) = (locks(), sets_up());
        assert_eq!(
            stopped(&change),
            "The change of the card stopped at step 2 of 2"
        );
        assert_eq!(stopped(&set_up), "Set-up stopped at step 2 of 3");
        let words = giving_up(&change, &token);
        assert_eq!(words.title, "Give up this change?");
        for about in [give_up(About::Content), given_up(About::Content)] {
            assert!(!about.to_lowercase().contains("set"), "{about}");
        }
        for erased in ["half set up", "erases"] {
            assert!(!words.body.contains(erased), "{}", words.body);
            assert!(giving_up(&set_up, &token).body.contains(erased));
        }
        assert!(gone_at(1, &change.plan).body.contains("Put the card back"));
        assert!(gone_at(1, &set_up.plan).body.contains("Put the token back"));
    }

    #[test]
    fn whoever_gives_up_new_keys_keeps_both() {
        let check = || Hex(vec![0; 3]);
        let keys = |replaces| {
            Task::PutKeys(NewKeys {
                version: 1,
                replaces,
                check_values: [check(), check(), check()],
            })
        };
        let words = giving_up(&left(vec![keys(None), keys(Some(1))]), &Token::default());
        assert!(words.body.contains("keep the old and the new ones"));
    }

    #[test]
    fn a_report_names_steps_by_their_kind_and_nobody() {
        let change = locks();
        let path = paths::state().map(|path| path.join("tokens/01.journal"));
        let failed = format!("{}: in use", path.unwrap_or_default().display());
        let lines = report(&Token::default(), Some(&change.plan), Some(1), &failed);
        let lines = lines.join("\n");
        assert!(lines.contains("+ 1. set_lock\n! 2. set_lock\n"), "{lines}");
        assert!(lines.ends_with("/tokens/….journal: in use"), "{lines}");
        for secret in ["Mustermann", "/home", "A0000000"] {
            assert!(!lines.contains(secret), "{lines}");
        }
    }
}
