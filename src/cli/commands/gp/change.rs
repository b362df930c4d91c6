//! A change of what is on a Java card: looked at with its keys, shown, agreed to, carried out.

use std::path::Path;
use std::sync::Arc;

use super::keys::{self, Access};
use super::{Card, agree_to_end, export};
use crate::backend::{Failure, Look, PlanAction};
use crate::base::clock::now;
use crate::cli::arguments::{ChangeChoice, Consent, Globals, KeyChoice};
use crate::cli::commands::plan::{self, ask::Consenting, way};
use crate::cli::exit::{End, Trouble};
use crate::cli::output::Output;
use crate::cli::plan_page::{self, View};
use crate::explain::plan as words;
use crate::plan::content::{self, GivenKeys, Opening};
use crate::plan::secrets::Secrets;
use crate::plan::{About, Plan, RunError, SetupError, Survey, Task};
use crate::token::Registry;

/// A card on which something is going to be changed.
pub(super) struct Job {
    pub(super) card: Card,
    /// What the card manager tells without keys.
    pub(super) look: Arc<Look>,
    survey: Arc<Survey>,
}

/// How it is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct How<'a> {
    pub(super) dry_run: bool,
    pub(super) commands: bool,
    pub(super) consent: Consent,
    /// Where it is written instead, as a script of gpshell.
    pub(super) export: Option<&'a Path>,
}

impl<'a> How<'a> {
    pub(super) fn of(choice: &'a ChangeChoice) -> Self {
        Self {
            dry_run: choice.dry_run,
            commands: choice.commands,
            consent: choice.consent,
            export: choice.export.as_deref(),
        }
    }
}

/// Makes the steps of what is on the card.
pub(super) type MakeTasks<'a> =
    Box<dyn FnOnce(&Look, &mut Output) -> Result<Vec<Task>, Trouble> + 'a>;

/// What is going to be changed.
pub(super) struct Work<'a> {
    /// What the plan is called.
    pub(super) name: String,
    /// The steps, if what is on the card is known: not where it is tried on paper.
    pub(super) tasks: MakeTasks<'a>,
    /// The keys that the card manager shall have.
    pub(super) new_keys: Option<GivenKeys>,
    /// Whether nothing works on the card afterwards.
    pub(super) ends_card: bool,
}

impl Job {
    /// Reaches the card. One on which another plan was stopped is not changed.
    pub(super) fn begin(globals: &Globals) -> Result<Self, Trouble> {
        let mut card = Card::reach(globals)?;
        let look = card.look(None)?;
        let identity = card.found.identity;
        let (survey, unfinished) = plan::survey(&mut card.session, identity, Some(About::Content))?;
        if let Some(unfinished) = unfinished {
            return Err(plan::unfinished(unfinished));
        }
        Ok(Self { card, look, survey })
    }

    /// Shows what is going to be done, and does it.
    pub(super) fn carry_out(
        mut self,
        work: Work<'_>,
        choice: &KeyChoice,
        how: How<'_>,
        output: &mut Output,
    ) -> Result<(), End> {
        let on_paper = how.dry_run || how.export.is_some();
        let access = if on_paper && choice.source.keys.is_none() {
            None
        } else {
            let interrupt = self.card.session.interrupt();
            Some(Access::fetch(
                choice,
                &self.look.manager,
                interrupt,
                output,
            )?)
        };
        let look = match &access {
            Some(access) => self.card.look(Some(access.manager()?))?,
            None => Arc::clone(&self.look),
        };
        let tasks = (work.tasks)(&look, output)?;
        let opening = keys::opening(choice.opening);
        if let Some(path) = how.export {
            // A script has to name the standard, which is that of the card.
            let seen = look.opened.map(|opened| opened.edition);
            let told = || Some(content::edition(&look.manager));
            let edition = opening.edition.or(seen).or_else(told);
            let opening = Opening { edition, ..opening };
            return export::to_file(&opening, &tasks, path, output);
        }
        let plan = Arc::new(self.plan(&work.name, opening, tasks)?);
        let page = self.page(&plan, how, output)?;
        let Some(access) = access.filter(|_| !how.dry_run) else {
            output.result(page)?;
            return self.rehearse(&plan, output);
        };
        output.message(&page);
        let mut consent = Consenting::new(how.consent, &plan)?;
        let interrupt = self.card.session.interrupt();
        if work.ends_card {
            agree_to_end(interrupt)?;
        } else {
            consent.lose(&self.card.found, &plan, interrupt)?;
        }
        self.run(&plan, &access, work.new_keys.as_ref(), output)
    }

    /// The plan of these steps.
    pub(super) fn plan(
        &self,
        name: &str,
        opening: Opening,
        tasks: Vec<Task>,
    ) -> Result<Plan, Trouble> {
        let atr = &self.card.found.token.card.atr;
        let plan = content::plan(name, &self.survey, atr, opening, tasks, now());
        plan.ok_or_else(|| {
            let error = RunError::Setup(SetupError::NoCardManager);
            Trouble::of(&Failure::NoPlan(error))
        })
    }

    /// What a plan would do, as a page.
    pub(super) fn page(
        &self,
        plan: &Plan,
        how: How<'_>,
        output: &Output,
    ) -> Result<String, Trouble> {
        let preview = plan::preview(plan, &self.survey, 0)?;
        let view = View {
            plan,
            preview: &preview,
            next: 0,
            commands: how.commands,
        };
        Ok(plan_page::page(&self.card.found, &view, output.style()))
    }

    /// Tries a plan on paper.
    pub(super) fn rehearse(&mut self, plan: &Arc<Plan>, output: &mut Output) -> Result<(), End> {
        let action = PlanAction::DryRun {
            plan: Arc::clone(plan),
        };
        let request = plan::request(self.card.found.identity, action);
        self.card
            .session
            .run(request, |_| {})
            .map_err(|failure| Trouble::of(&failure))?;
        let (would_work, nothing) = (words::would_work(plan), words::nothing_written());
        output.result(format!("\n{would_work}\n{nothing}.\n"))
    }

    /// Carries a plan out with keys that opened the card before.
    pub(super) fn run(
        &mut self,
        plan: &Arc<Plan>,
        access: &Access,
        new_keys: Option<&GivenKeys>,
        output: &mut Output,
    ) -> Result<(), End> {
        let mut secrets = Secrets::default();
        secrets.give_manager_keys(access.keys()?, access.try_again);
        if let Some(new) = new_keys {
            secrets.give_new_manager_keys(new.keys(access.family).map_err(keys::of_key)?);
        }
        let action = PlanAction::Run {
            plan: Arc::clone(plan),
            secrets,
        };
        way::go(
            &mut self.card.session,
            &self.card.found,
            plan,
            action,
            output,
        )
    }
}

/// What is on the card, if that is known.
pub(super) fn registry(look: &Look) -> Option<&Registry> {
    look.registry.as_ref()
}
