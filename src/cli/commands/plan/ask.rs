//! What a person is asked before a plan is carried out: secrets, and a yes.

use crate::backend::{CardError, Failure};
use std::path::Path;

use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::secret::Secret;
use crate::base::terminal::{Answer, Terminal};
use crate::cli::arguments::{Consent, SecretSource};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::cli::plan_page::is_asked;
use crate::cli::secrets::Secrets as Typed;
use crate::cli::session::Found;
use crate::explain::{self, Explanation, pin_dialog, pins, plan as words};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::profile::Profile;
use crate::plan::secrets::Secrets;
use crate::plan::{Need, Plan, RunError, SetupError};
use crate::token::Text;

/// Where the secrets of a plan come from. The terminal is opened when there is something to ask.
pub(super) struct Source<'a> {
    named: &'a SecretSource,
    typed: Option<Typed>,
}

impl<'a> Source<'a> {
    /// Opens what the command line names.
    pub(super) fn open(named: &'a SecretSource, output: &mut Output) -> Result<Self, Trouble> {
        let is_named = named.pin_fd.is_some() || named.pin_file.is_some();
        let typed = if is_named {
            Some(Typed::open(named, output)?)
        } else {
            None
        };
        Ok(Self { named, typed })
    }

    fn typed(&mut self, output: &mut Output) -> Result<&mut Typed, Trouble> {
        let typed = match self.typed.take() {
            Some(typed) => typed,
            None => Typed::open(self.named, output)?,
        };
        Ok(self.typed.insert(typed))
    }

    /// Asks for the password of a key file.
    pub(super) fn password(
        &mut self,
        path: &Path,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<Secret, End> {
        let file = Text::from_path(path).to_string();
        let prompt = gettext_f("Password of {file}", &[("file", &file)]);
        self.typed(output)?.ask(&prompt, interrupt)
    }

    /// Asks for everything that a person has to give, in this order, and checks it. Nothing was
    /// sent by then.
    pub(super) fn ask(
        &mut self,
        needs: &[Need],
        secrets: &mut Secrets,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<(), End> {
        let mut needs = needs.iter().filter(|need| is_asked(need)).peekable();
        if needs.peek().is_none() {
            return Ok(());
        }
        self.typed(output)?;
        let Some(typed) = &mut self.typed else {
            return Ok(());
        };
        for need in needs {
            let value = one(need, secrets, typed, interrupt, output)?;
            secrets.give(need.name.clone(), value);
        }
        Ok(())
    }
}

/// Asks until the secret can be one of this token. Only a person at a terminal gets a second
/// chance: a wrong file stays wrong.
fn one(
    need: &Need,
    secrets: &Secrets,
    typed: &mut Typed,
    interrupt: &Interrupt,
    output: &mut Output,
) -> Result<Secret, End> {
    let prompt = words::need(need);
    if typed.is_terminal() {
        let mut said = vec![words::need_is_for(need)];
        if need.fresh {
            said.push(gettext_f(
                "A new one has {rule}.",
                &[("rule", &pins::rule(&need.rule))],
            ));
        }
        output.message(&explain::sentences(&said));
    }
    loop {
        let given = if need.fresh {
            typed.ask_new(&prompt, &pin_dialog::repeat(need.role), interrupt)
        } else {
            typed.ask(&prompt, interrupt)
        };
        let refused = match given {
            Ok(secret) => match refused(need, &secret, secrets) {
                None => return Ok(secret),
                Some(mut trouble) => {
                    trouble.words.title = format!("{prompt}: {}", trouble.words.title);
                    trouble
                }
            },
            Err(End::Trouble(trouble)) if trouble.exit == Exit::Rule => trouble,
            Err(end) => return Err(end),
        };
        if !typed.is_terminal() {
            return Err(refused.into());
        }
        let Explanation { title, body, .. } = refused.words;
        output.message(&format!("{title}. {body}"));
    }
}

/// Why this is not sent to the token.
fn refused(need: &Need, value: &Secret, others: &Secrets) -> Option<Trouble> {
    let role = need.role;
    if let Err(breach) = need.rule.check(value) {
        let mut trouble = Trouble::of(&Failure::Card(CardError::Rule { role, breach }));
        trouble.words.body = pins::breach(breach, role, &need.rule);
        return Some(trouble);
    }
    let unfit = others.unfit(need, value)?;
    let title = explain::failure::rule_title(role);
    Some(Trouble::new(Exit::Rule, title, pins::unfit(unfit)))
}

/// That everything is there which no person types.
pub(super) fn all_from_files(needs: &[Need], secrets: &Secrets) -> Result<(), Trouble> {
    let missing = needs
        .iter()
        .find(|need| !is_asked(need) && !secrets.has(&need.name));
    let Some(need) = missing else { return Ok(()) };
    let error = RunError::Setup(SetupError::Missing(need.name.clone()));
    let mut trouble = Trouble::of(&Failure::NoPlan(error));
    trouble.exit = Exit::Usage;
    trouble.words.body = gettext_f(
        // TRANSLATORS: {command} is to be typed.
        "Name the profile again: “{command}”. Nothing was sent.",
        &[("command", "symbolonctl plan resume PROFILE")],
    );
    trouble.words.details = Some(words::need(need));
    Err(trouble)
}

/// Whether keys or certificates go that somebody may still need.
pub(super) fn loses_keys(preview: &Preview) -> bool {
    let mut losses = preview.steps.iter().filter_map(|step| step.loses);
    losses.any(|loss| loss.keys + loss.certificates > 0)
}

/// The yes to a plan that takes something away, if one is needed.
pub(in crate::cli::commands) struct Consenting(Option<Terminal>);

impl Consenting {
    /// Without a terminal there is nobody who could say yes, which is known before anything else
    /// is asked.
    pub(in crate::cli::commands) fn new(consent: Consent, plan: &Plan) -> Result<Self, Trouble> {
        if consent.yes || plan.point_of_no_return().is_none() {
            return Ok(Self(None));
        }
        open().map(Some).map(Self)
    }

    /// Asks.
    pub(in crate::cli::commands) fn lose(
        &mut self,
        found: &Found,
        plan: &Plan,
        interrupt: &Interrupt,
    ) -> Result<(), Trouble> {
        let Some(terminal) = &mut self.0 else {
            return Ok(());
        };
        let what = gettext_f(
            // TRANSLATORS: {token} is the name of a token.
            "What this plan takes from {token} (serial number {serial}) cannot be brought back.",
            &[
                ("token", &explain::token::title(&found.token)),
                ("serial", &plan.subject.serial.to_string()),
            ],
        );
        agree(terminal, &what, interrupt)
    }
}

/// Asks once whether every token that is put in may lose what is on it.
pub(super) fn to_take_all(
    consent: Consent,
    profile: &Profile,
    interrupt: &Interrupt,
) -> Result<(), Trouble> {
    if consent.yes || !profile.takes_away() {
        return Ok(());
    }
    let mut terminal = open()?;
    let what = gettext(
        "What this profile takes from each token that is put in cannot be brought back, and nobody is asked again.",
    );
    agree(&mut terminal, &what, interrupt)
}

/// Asks whether a plan is given up.
pub(super) fn to_give_up(
    consent: Consent,
    found: &Found,
    unfinished: &Unfinished,
    interrupt: &Interrupt,
) -> Result<(), Trouble> {
    if consent.yes {
        return Ok(());
    }
    let mut terminal = open()?;
    let what = gettext_f(
        // TRANSLATORS: {what} is "Set-up stopped at step 3 of 5", {token} the name of a token.
        "{what} on {token} (serial number {serial}). If it is given up, the token stays as it is now.",
        &[
            ("what", &words::stopped(unfinished)),
            ("token", &explain::token::title(&found.token)),
            ("serial", &unfinished.plan.subject.serial.to_string()),
        ],
    );
    agree(&mut terminal, &what, interrupt)
}

fn agree(terminal: &mut Terminal, what: &str, interrupt: &Interrupt) -> Result<(), Trouble> {
    // TRANSLATORS: The word that has to be typed to go on.
    let yes = gettext("yes");
    let question = gettext_f(
        // TRANSLATORS: {yes} is the word that has to be typed to go on.
        "{what} Type “{yes}” to go on:",
        &[("what", what), ("yes", &yes)],
    );
    match terminal.agrees(&question, &yes, interrupt) {
        Ok(Answer::Given(true)) => Ok(()),
        Ok(Answer::Given(false) | Answer::Cancelled) => Err(Trouble::cancelled()),
        Err(_) => Err(unasked()),
    }
}

fn open() -> Result<Terminal, Trouble> {
    Terminal::open().map_err(|_| unasked())
}

fn unasked() -> Trouble {
    Trouble::usage(
        gettext("There is no terminal to ask on"),
        gettext("With --yes it is done without a question."),
    )
}
