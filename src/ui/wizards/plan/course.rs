//! The course of a plan, whatever it is for: the card is surveyed, the plan is tried on paper, run,
//! broken off, waited for and gone on with.
//!
//! There is no widget here and no sender: what happens is answered by what the wizard has to do.

use std::sync::Arc;

use super::{Ending, Reaction, Refused, reaction, refused};
use crate::backend::{Done, Failure, LinkError, PlanAction, PlanCommand, Progress};
use crate::explain::{self, Explanation};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::secrets::Secrets;
use crate::plan::{About, Plan, Promise, Survey, Task};
use crate::token::{Identity, PinRole, TriesLeft};

/// What happened to the plan of a wizard.
#[derive(Debug)]
pub enum PlanNews {
    /// The request ended.
    Finished(Result<Done, Failure>),
    /// The request got on.
    Progressed(Progress),
    /// A plan can be gone on with on the card in a reader.
    Unfinished(Identity, Arc<Unfinished>),
    /// A card is gone.
    Removed(Identity),
}

/// What happened in a wizard that carries out a plan.
#[derive(Debug)]
pub enum PlanOutput {
    /// The backend is to be asked this.
    Asked(PlanCommand),
    /// The run is to end after the step that is being done.
    StopAsked,
    /// Nothing can be done before the card manager of this card is opened.
    KeysWanted(Identity),
    /// Something of this name is on the clipboard.
    Copied(String),
    /// It is closed.
    Closed,
}

/// A plan and what it is going to be.
#[derive(Clone, Debug)]
pub(in crate::ui::wizards) struct Made {
    pub(in crate::ui::wizards) plan: Arc<Plan>,
    /// Of the steps that are not done.
    pub(in crate::ui::wizards) preview: Preview,
    /// The first of them.
    pub(in crate::ui::wizards) first: usize,
    /// Whether the journal has it already.
    pub(in crate::ui::wizards) begun: bool,
}

impl Made {
    /// One of which nothing is done.
    pub(in crate::ui::wizards) fn new(plan: Plan, preview: Preview) -> Self {
        Self {
            plan: Arc::new(plan),
            preview,
            first: 0,
            begun: false,
        }
    }

    /// Whether there is no way back from what is left of it.
    pub(in crate::ui::wizards) fn is_final(&self) -> bool {
        let tasks = self.plan.tasks.get(self.first..).unwrap_or_default();
        tasks.iter().any(crate::plan::is_final)
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::ui::wizards) enum Request {
    None,
    /// What is on the card; with `go_on` the plan is then gone on with at once.
    Survey {
        go_on: bool,
    },
    DryRun,
    /// Not of the backend: the files that have to be read before the run.
    Files,
    Run {
        step: usize,
        /// Whether it ends after this step.
        stopping: bool,
    },
}

/// What the wizard has to do.
#[must_use]
#[derive(Debug, PartialEq)]
pub(in crate::ui::wizards) enum Turn {
    /// Nothing.
    Stay,
    /// It has ended: the result is shown.
    Result,
    /// The same, and nothing of it is gone on with: what was given for it is wiped.
    Over,
    /// Everything is done, and so much of what was promised is there.
    Done(Arc<Vec<Promise>>),
    /// This is known of the card.
    Surveyed {
        survey: Arc<Survey>,
        /// What was broken off on it.
        unfinished: Option<Arc<Unfinished>>,
        /// Whether the person has seen that and wants it.
        go_on: bool,
    },
    /// The card calls this wrong: the card is surveyed, and it is asked for again.
    Wrong(PinRole, TriesLeft),
    /// This is not taken as something new, for this reason: as before, and it is thought of anew.
    Refused(Refused, Explanation),
}

/// What becomes of a window that somebody closes.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::ui::wizards) enum Close {
    /// It goes.
    Now,
    /// The person is asked whether the run shall stop.
    Asks,
    /// It stops already.
    Waits,
}

/// The plan of a wizard, and how far it is.
#[derive(Debug)]
pub(in crate::ui::wizards) struct Course {
    about: About,
    identity: Identity,
    /// The plan that was broken off on the card as it is in a reader now.
    unfinished: Option<(Identity, Arc<Unfinished>)>,
    pub(in crate::ui::wizards) made: Option<Made>,
    pub(in crate::ui::wizards) request: Request,
    pub(in crate::ui::wizards) ending: Option<Ending>,
    /// What went wrong, for who reads a report: without names, in English.
    failed: Option<String>,
}

impl Course {
    /// Of plans of this kind for a card.
    pub(in crate::ui::wizards) fn new(about: About, identity: Identity) -> Self {
        Self {
            about,
            identity,
            unfinished: None,
            made: None,
            request: Request::None,
            ending: None,
            failed: None,
        }
    }

    /// What went wrong, if that is for a report.
    pub(in crate::ui::wizards) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// The card.
    pub(in crate::ui::wizards) fn identity(&self) -> Identity {
        self.identity
    }

    /// Whether the journal has the plan already.
    pub(in crate::ui::wizards) fn has_begun(&self) -> bool {
        self.made.as_ref().is_some_and(|made| made.begun)
    }

    /// Whether nothing is waited for, or only a run that can be stopped.
    pub(in crate::ui::wizards) fn can_be_left(&self) -> bool {
        match self.request {
            Request::None => true,
            Request::Run { stopping, .. } => !stopping,
            Request::Survey { .. } | Request::DryRun | Request::Files => false,
        }
    }

    pub(in crate::ui::wizards) fn end(&mut self, ending: Ending) -> Turn {
        self.ending = Some(ending);
        Turn::Result
    }

    // What the person wants.

    fn ask(&mut self, request: Request, action: PlanAction) -> PlanCommand {
        self.request = request;
        self.failed = None;
        PlanCommand {
            identity: self.identity,
            action,
        }
    }

    /// The card is asked what is on it; with `go_on` the plan is then gone on with at once.
    pub(in crate::ui::wizards) fn survey(&mut self, go_on: bool) -> PlanCommand {
        let about = Some(self.about);
        self.ask(Request::Survey { go_on }, PlanAction::Survey { about })
    }

    /// From the result back to work, on the card where it is now.
    pub(in crate::ui::wizards) fn go_on(&mut self) -> PlanCommand {
        if let Some((identity, _)) = self.unfinished {
            self.identity = identity;
        }
        self.ending = None;
        self.survey(true)
    }

    /// The plan is tried on paper.
    pub(in crate::ui::wizards) fn rehearse(&mut self) -> Option<PlanCommand> {
        let plan = Arc::clone(&self.made.as_ref()?.plan);
        Some(self.ask(Request::DryRun, PlanAction::DryRun { plan }))
    }

    /// The plan is carried out, or gone on with.
    pub(in crate::ui::wizards) fn run(&mut self, secrets: Secrets) -> Option<PlanCommand> {
        let made = self.made.as_ref()?;
        let action = if made.begun {
            PlanAction::Resume { secrets }
        } else {
            let plan = Arc::clone(&made.plan);
            PlanAction::Run { plan, secrets }
        };
        let request = Request::Run {
            step: made.first,
            stopping: false,
        };
        self.unfinished = None;
        self.ending = None;
        Some(self.ask(request, action))
    }

    /// Whether the backend is to be told to stop after this step.
    pub(in crate::ui::wizards) fn stop(&mut self) -> bool {
        match &mut self.request {
            Request::Run { stopping, .. } => !std::mem::replace(stopping, true),
            _ => false,
        }
    }

    /// What becomes of the window when somebody closes it.
    pub(in crate::ui::wizards) fn close(&self) -> Close {
        match self.request {
            Request::Run { stopping: true, .. } => Close::Waits,
            Request::Run { .. } => Close::Asks,
            Request::None | Request::Survey { .. } | Request::DryRun | Request::Files => Close::Now,
        }
    }

    // What happens.

    /// Something happened.
    pub(in crate::ui::wizards) fn happened(&mut self, news: PlanNews) -> Turn {
        match news {
            PlanNews::Finished(outcome) => return self.finished(outcome),
            PlanNews::Progressed(progress) => self.progressed(progress),
            PlanNews::Unfinished(identity, unfinished) => self.can_go_on(identity, unfinished),
            PlanNews::Removed(identity) => return self.removed(identity),
        }
        Turn::Stay
    }

    fn finished(&mut self, outcome: Result<Done, Failure>) -> Turn {
        let request = std::mem::replace(&mut self.request, Request::None);
        match (request, outcome) {
            (Request::Survey { go_on }, Ok(Done::Surveyed { survey, unfinished })) => {
                self.surveyed(survey, unfinished, go_on)
            }
            (Request::Run { .. }, Ok(Done::PlanDone(promises))) => Turn::Done(promises),
            (Request::DryRun, Ok(_)) => self.end(Ending::Rehearsed),
            (Request::Run { step, .. }, Err(failure)) => self.broken(step, &failure),
            (Request::Survey { go_on: true }, Err(failure)) if self.has_begun() => {
                let first = self.made.as_ref().map(|made| made.first);
                self.broken(first.unwrap_or_default(), &failure)
            }
            // The card was removed meanwhile, and the result says that.
            (Request::None, _) | (_, Ok(_)) => Turn::Stay,
            (_, Err(failure)) => {
                self.remember(&failure);
                self.end(Ending::Refused(explain::failure(&failure)))
            }
        }
    }

    fn surveyed(
        &mut self,
        survey: Arc<Survey>,
        unfinished: Option<Arc<Unfinished>>,
        go_on: bool,
    ) -> Turn {
        let left = unfinished.as_ref().map(|unfinished| &unfinished.plan);
        let seen = match (left, &self.made) {
            (None, _) if go_on => return self.nothing_left(),
            // Another kind of plan is the business of another wizard.
            (Some(left), _) if left.about() != self.about => {
                let failure = unfinished.map(Failure::Unfinished);
                let words = explain::failure(&failure.unwrap_or(Failure::NothingUnfinished));
                return self.end(Ending::Refused(words));
            }
            // Nobody goes on with what somebody else has begun meanwhile and was not shown here.
            (Some(left), Some(made)) => is_same(left, &made.plan),
            (None, _) | (_, None) => false,
        };
        Turn::Surveyed {
            survey,
            unfinished,
            go_on: go_on && seen,
        }
    }

    /// There is nothing to go on with.
    pub(in crate::ui::wizards) fn nothing_left(&mut self) -> Turn {
        let words = explain::failure(&Failure::NothingUnfinished);
        self.end(Ending::Refused(words))
    }

    /// Takes up the plan that was broken off, on a card of which this is known.
    pub(in crate::ui::wizards) fn take_up(
        &mut self,
        unfinished: &Unfinished,
        survey: &Survey,
    ) -> Result<(), Explanation> {
        let before = unfinished.begun.as_ref().unwrap_or(survey);
        let first = unfinished.next;
        let preview = Preview::of_tasks(&unfinished.plan, before, first)
            .map_err(|(_, error)| explain::plan::setup_error(&error))?;
        self.made = Some(Made {
            plan: Arc::new(unfinished.plan.clone()),
            preview,
            first,
            begun: true,
        });
        Ok(())
    }

    fn broken(&mut self, begun: usize, failure: &Failure) -> Turn {
        let reaction = reaction(failure);
        self.remember(failure);
        if !self.has_begun() {
            return self.end(Ending::Refused(match reaction {
                Reaction::Gone => removed_before(),
                Reaction::Stopped => explain::failure::link_error(&LinkError::Cancelled),
                Reaction::Wrong(..) | Reaction::Failed(_) => explain::failure(failure),
            }));
        }
        if let Some(refused) = refused(failure).filter(|_| self.about == About::Token) {
            return Turn::Refused(refused, self.refusal(begun, refused, failure));
        }
        // The journal knows better: the step that was begun last may be done.
        let known = self.unfinished.as_ref();
        let step = known.map_or(begun, |(_, left)| left.next);
        let waits = reaction == Reaction::Gone;
        let live = known.is_some_and(|(at, _)| !waits || *at != self.identity);
        let words = match reaction {
            Reaction::Wrong(role, left) if self.about == About::Token => {
                return Turn::Wrong(role, left);
            }
            Reaction::Gone => self.words(step, explain::plan::gone_at),
            Reaction::Stopped => self.words(step, explain::plan::stopped_before),
            // No journal knows of it: there is nothing to go on with.
            Reaction::Failed(words)
                if matches!(failure, Failure::NoPlan(_) | Failure::NothingUnfinished) =>
            {
                return self.end(Ending::Refused(words));
            }
            Reaction::Wrong(..) | Reaction::Failed(_) => explain::failure(failure),
        };
        self.end(Ending::Stopped {
            step,
            words,
            live,
            waits,
        })
    }

    /// What is nobody's doing is worth a report.
    fn remember(&mut self, failure: &Failure) {
        let failed = matches!(reaction(failure), Reaction::Failed(_));
        self.failed = failed.then(|| failure.to_string());
    }

    /// Why something new was not taken in this step. An applet does not say what it wants.
    fn refusal(&self, step: usize, refused: Refused, failure: &Failure) -> Explanation {
        let task = self
            .made
            .as_ref()
            .and_then(|made| made.plan.tasks.get(step));
        match (refused, task) {
            (Refused::Any, Some(Task::SetUpApplet(_))) => explain::applet::pins_refused(),
            _ => explain::failure(failure),
        }
    }

    fn words(&self, step: usize, of: fn(usize, &Plan) -> Explanation) -> Explanation {
        match &self.made {
            Some(made) => of(step, &made.plan),
            None => removed_before(),
        }
    }

    fn progressed(&mut self, progress: Progress) {
        if let (Progress::Step { step: at }, Request::Run { step, .. }) =
            (progress, &mut self.request)
        {
            *step = at;
            // From here on the journal knows of it.
            if let Some(made) = &mut self.made {
                made.begun = true;
            }
        }
    }

    /// The card is (back) in a reader, and its plan can be gone on with.
    fn can_go_on(&mut self, identity: Identity, unfinished: Arc<Unfinished>) {
        let ours = self
            .made
            .as_ref()
            .is_some_and(|made| made.plan.subject.serial == unfinished.plan.subject.serial);
        if !ours {
            return;
        }
        if let Some(Ending::Stopped { step, live, .. }) = &mut self.ending {
            *step = unfinished.next;
            *live = true;
        }
        self.unfinished = Some((identity, unfinished));
    }

    fn removed(&mut self, identity: Identity) -> Turn {
        let held = self.unfinished.as_ref();
        if held.is_some_and(|(at, _)| *at == identity) {
            self.unfinished = None;
            if let Some(Ending::Stopped { live, waits, .. }) = &mut self.ending {
                *live = false;
                *waits = true;
            }
        }
        let over = !matches!(self.ending, None | Some(Ending::Rehearsed));
        if identity != self.identity || over || matches!(self.request, Request::Run { .. }) {
            return Turn::Stay;
        }
        self.request = Request::None;
        let Some(made) = self.made.as_ref().filter(|made| made.begun) else {
            self.ending = Some(Ending::Refused(removed_before()));
            return Turn::Over;
        };
        // What was given is kept until the card is back.
        let step = made.first;
        let words = explain::plan::gone_at(step, &made.plan);
        self.end(Ending::Stopped {
            step,
            words,
            live: false,
            waits: true,
        })
    }
}

/// Whether two plans were made at one time for the same thing.
fn is_same(one: &Plan, other: &Plan) -> bool {
    (one.made, &one.name, one.tasks.len()) == (other.made, &other.name, other.tasks.len())
}

/// The card was taken out before anything was done.
fn removed_before() -> Explanation {
    let mut words = explain::failure::link_error(&LinkError::Removed);
    words.body = explain::pins::nothing_sent();
    words
}

#[cfg(test)]
mod tests;
