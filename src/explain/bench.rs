//! The bench: what lanes are doing, why a card is not taken, what goes into a letter.

use super::failure::{self, Explanation};
use super::{dates, dotted, plan, plural};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::plan::bench::letters::{Code, Letter, Page, Printed};
use crate::plan::bench::names::{Fault, MAX_LEN, MAX_NAMES, NamesError};
use crate::plan::bench::{Counts, Refusal, Said, Stage, State, Trouble};
use crate::plan::profile::Profile;
use crate::plan::{Plan, SecretName, Task};
use crate::token::Text;

/// What happened in a lane, in one line: "Generate RSA 2048 (3 of 5)".
#[must_use]
pub fn said(what: &Said) -> String {
    match what {
        Said::Begins { steps } => ngettext_f(
            "Begins, {count} step",
            "Begins, {count} steps",
            plural(*steps),
            &[("count", &steps.to_string())],
        ),
        Said::GoesOn { step, steps } => gettext_f(
            "Goes on with step {step} of {all}",
            &[
                ("step", &(step + 1).min(*steps).to_string()),
                ("all", &steps.to_string()),
            ],
        ),
        Said::Step { step, steps, task } => gettext_f(
            "{step} of {all}: {what}",
            &[
                ("step", &(step + 1).to_string()),
                ("all", &steps.to_string()),
                ("what", &plan::task(task)),
            ],
        ),
        Said::Done(serial) => gettext_f(
            "Done: {serial}. Take it out and put in the next",
            &[("serial", &serial.to_string())],
        ),
        Said::Failed(why) => {
            let Explanation { title, body, .. } = trouble(why);
            gettext_f(
                // TRANSLATORS: Both places are whole sentences.
                "Failed: {title}. {advice}",
                &[("title", &title), ("advice", &body)],
            )
        }
        Said::Refused(why) => refusal(why).text(),
        Said::Skipped => gettext("Skipped"),
    }
}

/// What a lane is doing: "Generate RSA 2048", "Done: take it out and put in the next".
#[must_use]
pub fn stage(stage: &Stage, paused: bool) -> String {
    match stage {
        Stage::Empty => gettext("Put in a token"),
        Stage::Waiting if paused => gettext("Paused"),
        Stage::Waiting => gettext("There is no name left"),
        Stage::Surveying { .. } => gettext("Reading…"),
        Stage::Working {
            plan: all, step, ..
        } => all.tasks.get(*step).map(plan::task).unwrap_or_default(),
        Stage::Done => take_out(),
        Stage::Refused(why) => refusal(why).title,
        Stage::Failed(why) => trouble(why).title,
    }
}

fn take_out() -> String {
    gettext("Done: take it out and put in the next")
}

/// Why a card is not taken.
#[must_use]
pub fn refusal(why: &Refusal) -> Explanation {
    let other = || gettext("Take it out and put in another one.");
    match why {
        Refusal::DoneAlready => Explanation::new(gettext("This token is done"), other()),
        Refusal::Elsewhere => Explanation::new(
            gettext("This token is being worked on in another reader"),
            gettext("Two tokens say that they have the same serial number. Take this one out."),
        ),
        Refusal::Unfinished => Explanation::new(
            gettext("Set-up stopped on this token before"),
            gettext("Go on with it, or give it up, before it comes here. Nothing was changed."),
        ),
        Refusal::OtherMake => Explanation::new(
            gettext("This card cannot be set up"),
            gettext(
                "The bench takes CardOS M4 cards (eToken PRO and its relatives). A Java card with the MUSCLE applet is set up by itself, not here. Nothing was sent.",
            ),
        ),
        Refusal::NoPlan(error) => plan::recipe_error(error),
        Refusal::Skipped => Explanation::new(
            gettext("The name was skipped"),
            gettext("The token may be half done. Take it out and put in another one."),
        ),
        Refusal::NotThisOne => Explanation::new(
            gettext("This is not the token that was begun"),
            gettext("Put that one back, or try again with this one, or skip the name."),
        ),
    }
}

/// Why a name is not done.
#[must_use]
pub fn trouble(why: &Trouble) -> Explanation {
    match why {
        Trouble::NoPlan(error) => plan::recipe_error(error),
        Trouble::Run { why, .. } => plan::run_error(why),
        Trouble::Gone => Explanation::new(
            gettext("The token was taken out"),
            gettext("Put it back, and it goes on where it was."),
        ),
        Trouble::Cancelled => Explanation::new(
            gettext("Cancelled"),
            gettext(
                "If the token was begun, its made-up PINs are known to nobody: give up its set-up, erase it, and begin anew.",
            ),
        ),
        Trouble::Unfinished(unfinished) => Explanation::new(
            plan::stopped(unfinished),
            gettext("Go on with it, or give it up, before another plan begins. Nothing was sent."),
        ),
        Trouble::TimedOut => failure::failure(&crate::backend::Failure::TimedOut),
        Trouble::Broken { promised, kept } => Explanation::new(
            gettext("The token is not what was promised"),
            gettext_f(
                "Promised {all}, found {kept}. Put this token aside.",
                &[("all", &promised.to_string()), ("kept", &kept.to_string())],
            ),
        ),
        Trouble::Missing(name) => {
            let what = match name {
                SecretName::Pin { number } => {
                    gettext_f("PIN {number}", &[("number", &number.to_string())])
                }
                SecretName::Puk { number } => {
                    gettext_f("PUK of PIN {number}", &[("number", &number.to_string())])
                }
                SecretName::TransportPin => gettext("Transport PIN of the applet"),
                SecretName::ManagerKeys | SecretName::NewManagerKeys => {
                    gettext("Keys of the card manager")
                }
                SecretName::Key { id } => {
                    gettext_f("Key file for {id}", &[("id", &id.to_string())])
                }
                SecretName::Data { label } => gettext_f(
                    "Data “{name}”",
                    &[("name", &Text::from(label.as_str()).to_string())],
                ),
            };
            Explanation::new(
                gettext("Something was not given that the token needs"),
                gettext("Nothing was sent."),
            )
            .with(what)
        }
        Trouble::NoChance(_) => Explanation::new(
            gettext("The system has no random numbers"),
            gettext("Without them no PIN can be made up. Nothing was sent."),
        ),
    }
}

/// The profile would put one key on every token.
#[must_use]
pub fn shared_key() -> Explanation {
    Explanation::new(
        gettext("The profile takes a key from a file"),
        gettext(
            "The bench would put the same key on every token. Let the cards make their keys. Nothing was sent.",
        ),
    )
}

/// What every token gets, a line each: what is lost first, then the steps for the first name.
#[must_use]
pub fn every_token(profile: &Profile, plan: &Plan) -> Vec<String> {
    let erased = profile.erase.map(|_| gettext("Erase what is on it"));
    let erasing = |task: &&Task| matches!(task, Task::Format | Task::DeleteApplication);
    let steps = plan.tasks.iter().filter(|task| !erasing(task));
    erased.into_iter().chain(steps.map(plan::task)).collect()
}

/// The word for a lane, on its chip.
#[must_use]
pub fn chip(stage: &Stage, paused: bool) -> String {
    match stage {
        Stage::Empty => gettext("Free"),
        Stage::Waiting if paused => gettext("Paused"),
        Stage::Waiting => gettext("Waiting"),
        Stage::Surveying { .. } => gettext("Reading"),
        Stage::Working { .. } => gettext("At work"),
        Stage::Done => gettext("Done"),
        Stage::Refused(_) => gettext("Not taken"),
        Stage::Failed(_) => gettext("Failed"),
    }
}

/// What a lane that stands still needs somebody to do; nothing if it does not.
#[must_use]
pub fn advice(stage: &Stage) -> Option<String> {
    match stage {
        Stage::Refused(why) => Some(refusal(why).body),
        Stage::Failed(why) => Some(trouble(why).body),
        _ => None,
    }
}

/// How a name ended.
#[must_use]
pub fn state(state: State) -> String {
    match state {
        State::Open => gettext("To do"),
        State::Done => gettext("Done"),
        State::Failed => gettext("Failed"),
        State::Skipped => gettext("Skipped"),
    }
}

/// "12 done · 1 failed · 37 to do".
#[must_use]
pub fn counts(counts: Counts) -> String {
    let number = |count: usize| count.to_string();
    dotted(&[
        gettext_f("{count} done", &[("count", &number(counts.done))]),
        gettext_f("{count} failed", &[("count", &number(counts.failed))]),
        gettext_f("{count} to do", &[("count", &number(counts.open))]),
    ])
}

/// What is wrong with a table of names.
#[must_use]
pub fn names_error(error: &NamesError) -> Explanation {
    let body = match &error.fault {
        Fault::TooLong => gettext_f(
            "The file is too long: up to {most} bytes are read.",
            &[("most", &MAX_LEN.to_string())],
        ),
        Fault::TooMany => gettext_f(
            "There are too many names: up to {most} are taken.",
            &[("most", &MAX_NAMES.to_string())],
        ),
        Fault::Coding => gettext("This is not UTF-8. Save the table as “CSV UTF-8”."),
        Fault::NoNameColumn => {
            gettext("The first line has to name the columns, and one of them has to be “name”.")
        }
        Fault::Twice(column) => gettext_f(
            "There are two columns “{column}”.",
            &[("column", column.as_str())],
        ),
        Fault::Cells { found, expected } => gettext_f(
            "This line has another number of cells ({found}) than the first one ({expected}).",
            &[
                ("found", &found.to_string()),
                ("expected", &expected.to_string()),
            ],
        ),
        Fault::NoName => gettext("There is no name in this line."),
        Fault::Nobody => gettext("There is nobody in the table."),
        Fault::NoColumn(column) => gettext_f(
            "The profile wants a column “{column}”, which the table does not have.",
            &[("column", column.as_str())],
        ),
        Fault::Label { label, most } => gettext_f(
            "“{label}” is too long for the token: there is room for {most} bytes.",
            &[("label", label.as_str()), ("most", &most.to_string())],
        ),
    };
    Explanation::new(gettext("The table of names cannot be used"), body).with(gettext_f(
        "Line {line}",
        &[("line", &error.line.to_string())],
    ))
}

/// What a file with letters is.
#[must_use]
pub fn letters_in_file() -> String {
    gettext(
        "The letters hold PINs and PUKs, and stay in this file until somebody deletes it. Print them, then delete the file.",
    )
}

/// The words of a letter.
#[must_use]
pub fn letter(letter: &Letter) -> Page<'_> {
    let codes = letter.codes.iter();
    Page {
        title: gettext("Your token"),
        name: letter.name.to_string(),
        about: vec![
            gettext_f("Token: {name}", &[("name", letter.label.as_str())]),
            gettext_f(
                "Serial number: {serial}",
                &[("serial", &letter.serial.to_string())],
            ),
            gettext_f("Set up on {day}", &[("day", &dates::day(letter.made))]),
        ],
        codes: codes.map(printed).collect(),
        notes: vec![
            gettext("Keep this letter apart from the token, and show it to nobody."),
            gettext(
                "Nobody will ever ask you for your PIN: neither the helpdesk nor any program but the one that uses the token.",
            ),
        ],
        unprintable: gettext(
            "A question mark in the name stands for a letter that cannot be printed here.",
        ),
    }
}

fn printed(code: &Code) -> Printed<'_> {
    let label = code.label.as_str();
    let (caption, about) = if code.puk {
        (
            gettext_f("PUK of “{name}”", &[("name", label)]),
            gettext("It gives a new PIN when the PIN is blocked or forgotten."),
        )
    } else {
        (
            gettext_f("PIN “{name}”", &[("name", label)]),
            gettext("You type it for every use of the keys."),
        )
    };
    Printed {
        caption,
        value: &code.value,
        about,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{counts, letter, names_error, refusal};
    use crate::base::hex::Hex;
    use crate::base::secret::Secret;
    use crate::plan::bench::letters::{Code, Letter};
    use crate::plan::bench::names::Names;
    use crate::plan::bench::{Counts, Refusal};
    use crate::token::Text;

    #[test]
    fn a_muscle_applet_hears_why_the_bench_refuses_it() {
        let words = refusal(&Refusal::OtherMake);
        assert!(words.body.contains("MUSCLE"), "{words:?}");
    }

    #[test]
    fn a_letter_says_what_each_code_is_for() {
        let code = |puk, value: &[u8]| Code {
            puk,
            label: Text::from("User PIN"),
            value: Secret::new(value),
        };
        let made = Letter {
            name: Text::from("Anna Rossi"),
            label: Text::from("VPN"),
            serial: Hex(vec![0x27, 0x37]),
            made: 1_795_269_430,
            codes: vec![code(false, b"184620"), code(true, b"90817263")],
        };
        let page = letter(&made);
        assert_eq!(
            page.about,
            [
                "Token: VPN",
                "Serial number: 2737",
                "Set up on 21 November 2026"
            ]
        );
        let captions: Vec<_> = page.codes.iter().map(|code| &code.caption).collect();
        assert_eq!(captions, ["PIN “User PIN”", "PUK of “User PIN”"]);
    }

    #[test]
    fn a_mistake_in_a_table_has_its_line() {
        let error = Names::parse(b"name\nAnna\nKurz, Ben\n").unwrap_err();
        let said = names_error(&error);
        assert_eq!(said.details.unwrap(), "Line 3");
        assert!(said.body.contains("(2)"), "{}", said.body);
        let counted = Counts {
            done: 12,
            failed: 1,
            open: 37,
        };
        assert_eq!(counts(counted), "12 done · 1 failed · 37 to do");
    }
}
