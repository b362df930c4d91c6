//! What journals tell of plans, in words.

use super::task;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain::Explanation;
use crate::plan::Plan;
use crate::plan::journal::{JournalError, Record, Standing};
use crate::token::Text;

/// What is wrong with a journal.
#[must_use]
pub fn journal_error(error: &JournalError) -> Explanation {
    let path = |path: &std::path::Path| Text::from_path(path).to_string();
    match error {
        JournalError::NoPlace => Explanation::new(
            gettext("There is no place for the journal"),
            gettext("Without it, a plan that is broken off could not be gone on with. Set HOME or XDG_STATE_HOME. Nothing was sent."),
        ),
        JournalError::InUse => Explanation::new(
            gettext("Another Symbolon is at work on this token"),
            gettext("Wait until it is done. Nothing was sent."),
        ),
        JournalError::File { path: file, error } => Explanation::new(
            gettext("The journal cannot be written"),
            gettext("Without it, a plan that is broken off could not be gone on with; so the token is not touched."),
        )
        .with(format!("{}: {}", path(file), Text::from(error.as_str()))),
        JournalError::Changed { path: file, line } => Explanation::new(
            gettext("The journal of this token was changed"),
            gettext("What was done to the token is not known for sure. Look at the token, and move the file away to begin anew."),
        )
        .with(gettext_f(
            "{file}, line {line}",
            &[("file", &path(file)), ("line", &line.to_string())],
        )),
    }
}

/// How far a plan is, for a list: "Finished", "Stopped at step 3 of 5".
#[must_use]
pub fn standing(plan: &Plan, standing: Standing) -> String {
    match standing {
        Standing::Finished { promised, kept } if promised == kept => gettext("Finished"),
        Standing::Finished { promised, kept } => gettext_f(
            "Finished; promised {all}, found {kept}",
            &[("all", &promised.to_string()), ("kept", &kept.to_string())],
        ),
        Standing::Open { next } => stopped_at(next, plan),
        Standing::GivenUp => gettext("Given up"),
    }
}

fn stopped_at(next: usize, plan: &Plan) -> String {
    let all = plan.tasks.len();
    gettext_f(
        "Stopped at step {step} of {all}",
        &[
            ("step", &(next + 1).min(all).to_string()),
            ("all", &all.to_string()),
        ],
    )
}

/// What a line of a journal tells; `plan` is the one that it belongs to.
#[must_use]
pub fn record(record: &Record, plan: Option<&Plan>) -> String {
    let numbered = |step: usize| {
        let number = (step + 1).to_string();
        match plan.and_then(|plan| plan.tasks.get(step)) {
            Some(known) => gettext_f(
                // TRANSLATORS: {what} is "Generate RSA 2048", for example.
                "Step {step}: {what}",
                &[("step", &number), ("what", &task(known))],
            ),
            None => gettext_f("Step {step}", &[("step", &number)]),
        }
    };
    match record {
        Record::Planned { plan } => ngettext_f(
            "Plan “{name}” with {count} step",
            "Plan “{name}” with {count} steps",
            crate::explain::plural(plan.tasks.len()),
            &[
                ("name", &Text::from(plan.name.as_str()).to_string()),
                ("count", &plan.tasks.len().to_string()),
            ],
        ),
        Record::Begun { step, .. } => numbered(*step),
        Record::Noted { step, .. } => gettext_f(
            "Step {step}: what is on the card was read first",
            &[("step", &(step + 1).to_string())],
        ),
        Record::Done { step } => {
            gettext_f("Step {step} is done", &[("step", &(step + 1).to_string())])
        }
        Record::Stopped { step, why, .. } => gettext_f(
            // TRANSLATORS: {why} is in English.
            "Step {step} stopped: {why}",
            &[
                ("step", &(step + 1).to_string()),
                ("why", &Text::from(why.as_str()).to_string()),
            ],
        ),
        Record::Finished { promised, kept } => gettext_f(
            "Finished; promised {all}, found {kept}",
            &[("all", &promised.to_string()), ("kept", &kept.to_string())],
        ),
        Record::GivenUp => gettext("Given up"),
    }
}

/// What to think of before keys and certificates are lost.
#[must_use]
pub fn backup_reminder() -> String {
    gettext(
        "Export the certificates that are still needed first. Keys cannot be copied off a token: what was encrypted for them can then never be read again.",
    )
}

/// What a plan means that is stopped between two steps.
#[must_use]
pub fn between_steps() -> Explanation {
    Explanation::new(
        gettext("Stopped between two steps"),
        gettext("No step is half done."),
    )
}
