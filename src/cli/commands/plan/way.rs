//! A plan on its way: each step as it begins, and what came of all of them.

use super::{how_to_go_on, request};
use crate::backend::{CardError, Done, Failure, PlanAction};
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::cli::session::{Found, Session, Sign};
use crate::explain::{self, failure, plan as words};
use crate::plan::journal::{Journals, unfinished};
use crate::plan::{Plan, Promise, RunError, SetupError};
use crate::token::{Text, Tries};

/// Carries a plan out, or goes on with it.
pub(in crate::cli::commands) fn go(
    session: &mut Session,
    found: &Found,
    plan: &Plan,
    action: PlanAction,
    output: &mut Output,
) -> Result<(), End> {
    output.message(&format!("{}.", words::do_not_remove()));
    let outcome = session.run_steps(request(found.identity, action), |sign| match sign {
        Sign::Step(step) => {
            let what = plan.tasks.get(step).map(words::task).unwrap_or_default();
            let line = format!("{}  {what}\n", words::step_of(step, plan));
            // A plan is not stopped because nobody reads any more.
            let _ = output.result(line);
        }
        Sign::Stopping => {
            output.message(&gettext(
                "It stops after this step. Do not remove the token.",
            ));
        }
    });
    match outcome {
        Ok(Done::PlanDone(promises)) => done(found, plan, &promises, output),
        Ok(_) => Ok(()),
        Err(failure) => Err(stopped(found, plan, &failure, output).into()),
    }
}

/// What was promised and what is there.
fn done(found: &Found, plan: &Plan, promises: &[Promise], output: &mut Output) -> Result<(), End> {
    let outcome = if promises.is_empty() {
        // What is on a Java card is told by its card manager alone, to who has the keys.
        gettext("Every step was done, and the card agreed to each.")
    } else {
        words::outcome(promises)
    };
    let mut text = format!("\n{outcome}\n");
    let mut broken = promises.iter().filter(|promise| !promise.kept).peekable();
    let all_kept = broken.peek().is_none();
    for promise in broken {
        let what = words::promised(&promise.what);
        text.push_str(&gettext_f("Not so: {what}", &[("what", &what)]));
        text.push('\n');
    }
    if let Some(file) = journals(found).and_then(|journals| journals.file(&plan.subject.serial)) {
        let file = Text::from_path(&file).to_string();
        text.push_str(&gettext_f("Journal: {file}", &[("file", &file)]));
        text.push('\n');
    }
    // It was done, whoever reads it or not: nobody is to do it again.
    match output.result(text) {
        Err(End::Trouble(unwritten)) => output.trouble(&unwritten),
        Err(End::NobodyReads) | Ok(()) => {}
    }
    if all_kept {
        return Ok(());
    }
    Err(Trouble::new(
        Exit::Refused,
        gettext("Not everything is there that the plan promised"),
        gettext("Every step was done. Look at the token with “symbolonctl show”."),
    )
    .into())
}

/// Why a plan stopped, and how to go on.
fn stopped(found: &Found, plan: &Plan, failure: &Failure, output: &mut Output) -> Trouble {
    let mut trouble = Trouble::of(failure);
    let goes_on = journals(found)
        .and_then(|journals| journals.read(&plan.subject.serial).ok())
        .and_then(|lines| unfinished(&lines))
        .is_some();
    match failure {
        Failure::Plan { step, why } => {
            let what = plan.tasks.get(*step).map(words::task).unwrap_or_default();
            output.message(&gettext_f(
                // TRANSLATORS: {step} is "2 of 5", {what} is "Generate RSA 2048", for example.
                "Stopped at step {step}: {what}",
                &[("step", &words::step_of(*step, plan)), ("what", &what)],
            ));
            if let RunError::Setup(SetupError::Card(CardError::WrongPin { role, left })) = why {
                let tries = Tries {
                    left: *left,
                    max: None,
                };
                let token = explain::token::title(&found.token);
                trouble.words = failure::wrong_pin(*role, &tries, &token);
            }
        }
        Failure::Cancelled if goes_on => trouble.words = words::between_steps(),
        _ => {}
    }
    if goes_on {
        let body = std::mem::take(&mut trouble.words.body);
        trouble.words.body = explain::sentences(&[body, how_to_go_on()]);
    }
    trouble
}

/// Where the journal of a token is found by the next command. That of a practice card ends with
/// this one, as the card does.
fn journals(found: &Found) -> Option<Journals> {
    if found.reader.practice {
        return None;
    }
    Journals::usual().ok()
}
