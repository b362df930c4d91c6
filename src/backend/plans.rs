//! Plans on a lane: a step after the other, each in a transaction of its own.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::lane::{Report, Worker};
use super::{Done, Failure, PlanAction, Progress, RequestId};
use crate::base::hex::Hex;
use crate::card::CardError;
use crate::plan::journal::{JournalError, Journals, Record, Unfinished, recognised, unfinished};
use crate::plan::preview::Preview;
use crate::plan::secrets::Secrets;
use crate::plan::{About, Plan, Run, RunError, SetupError, Survey, compare};
use crate::token::{Identity, Token};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::{After, LinkError};

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

impl Worker {
    pub(super) fn plan(
        &mut self,
        id: Option<RequestId>,
        identity: Identity,
        action: PlanAction,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        match action {
            PlanAction::Survey { about } => {
                let survey = match about {
                    Some(about) => self.survey(identity, about, cancel)?,
                    None => match self.survey_of_unfinished(identity, cancel) {
                        Err(Failure::NothingUnfinished) => {
                            self.survey(identity, About::Token, cancel)?
                        }
                        found => found?,
                    },
                };
                self.survey = Some((identity, survey.clone()));
                let lines = self
                    .journals()?
                    .read(survey.serial())
                    .map_err(RunError::from)?;
                Ok(Done::Surveyed {
                    survey: Arc::new(survey),
                    unfinished: unfinished(&lines).map(Arc::new),
                })
            }
            PlanAction::DryRun { plan } => {
                let survey = self.survey(identity, plan.about(), cancel)?;
                same_card(&plan, &survey)?;
                let preview = Preview::of(&plan, &survey);
                let preview = preview.map_err(|(step, error)| Failure::Plan {
                    step,
                    why: error.into(),
                })?;
                Ok(Done::Rehearsed(Arc::new(preview)))
            }
            PlanAction::Run { plan, secrets } => {
                let survey = self.survey_again(identity, plan.about(), cancel)?;
                same_card(&plan, &survey)?;
                let journal = self
                    .journals()?
                    .open(survey.serial())
                    .map_err(RunError::from)?;
                // Its steps are not known to this plan, which was made before or without it.
                if let Some(unfinished) = journal.unfinished() {
                    return Err(Failure::Unfinished(Arc::new(unfinished)));
                }
                // It may have been made for the card as it was before another program was at it.
                Preview::of(&plan, &survey).map_err(|(step, error)| Failure::Plan {
                    step,
                    why: error.into(),
                })?;
                let run = Run::begin(Plan::clone(&plan), survey, journal, now());
                self.go_on(id, identity, run.map_err(RunError::from)?, secrets, cancel)
            }
            PlanAction::Resume { secrets } => {
                let live = self.survey_of_unfinished(identity, cancel)?;
                let journals = self.journals()?;
                let journal = journals.open(live.serial()).map_err(RunError::from)?;
                let unfinished = journal.unfinished().ok_or(Failure::NothingUnfinished)?;
                let run = Run::resume(unfinished, journal, &live)?;
                self.go_on(id, identity, run, secrets, cancel)
            }
            PlanAction::GiveUp => {
                let live = self.survey_of_unfinished(identity, cancel)?;
                let serial = live.serial().clone();
                let mut journal = self.journals()?.open(&serial).map_err(RunError::from)?;
                journal.unfinished().ok_or(Failure::NothingUnfinished)?;
                journal
                    .append(now(), Record::GivenUp)
                    .map_err(RunError::from)?;
                Ok(Done::PlanGivenUp)
            }
        }
    }

    fn journals(&self) -> Result<Journals, Failure> {
        let none = || Failure::NoPlan(JournalError::NoPlace.into());
        self.journals.clone().ok_or_else(none)
    }

    /// What was found out before the plan was made, if that still holds; else all of it anew.
    fn survey_again(
        &mut self,
        identity: Identity,
        about: About,
        cancel: &Cancel,
    ) -> Result<Survey, Failure> {
        let known = self.survey.take();
        let known = known.filter(|(card, survey)| *card == identity && survey.about() == about);
        let Some((_, survey)) = known else {
            return self.survey(identity, about, cancel);
        };
        let tracer = self.tracer.clone();
        let holds = self.exclusively(identity, &mut |link| {
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            (survey.still_holds(&mut channel), After::Leave)
        });
        if holds.map_err(CardError::Link)?.map_err(failure)? {
            Ok(survey)
        } else {
            self.survey(identity, about, cancel)
        }
    }

    /// What is known of a card on which a plan was broken off, whichever kind of plan that was.
    fn survey_of_unfinished(
        &mut self,
        identity: Identity,
        cancel: &Cancel,
    ) -> Result<Survey, Failure> {
        let journals = self.journals()?;
        let mut none = Failure::NothingUnfinished;
        for about in [About::Token, About::Content] {
            let survey = match self.survey(identity, about, cancel) {
                Ok(survey) => survey,
                Err(failure @ Failure::Card(_)) => return Err(failure),
                // Another kind of card.
                Err(failure) => {
                    if about == About::Token {
                        none = failure;
                    }
                    continue;
                }
            };
            let lines = journals.read(survey.serial()).map_err(RunError::from)?;
            match unfinished(&lines) {
                Some(found) if found.plan.about() == about => return Ok(survey),
                _ => none = Failure::NothingUnfinished,
            }
        }
        Err(none)
    }

    fn survey(
        &mut self,
        identity: Identity,
        about: About,
        cancel: &Cancel,
    ) -> Result<Survey, Failure> {
        let tracer = self.tracer.clone();
        let survey = self.exclusively(identity, &mut |link| {
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            (Survey::read(&mut channel, about), After::Leave)
        });
        let survey = survey.map_err(CardError::Link)?.map_err(failure)?;
        // A plan may have taken away what it is called by.
        Ok(match &self.journals {
            Some(journals) => recognised(survey, journals),
            None => survey,
        })
    }

    fn go_on(
        &mut self,
        id: Option<RequestId>,
        identity: Identity,
        mut run: Run,
        mut secrets: Secrets,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        secrets.keep_attempts(Box::new(self.attempts.clone()));
        let tracer = self.tracer.clone();
        while !run.is_over() {
            // Between two steps nothing is left undone on the card.
            if cancel.is_cancelled() {
                self.read_again(identity);
                return Err(Failure::Cancelled);
            }
            let step = run.next();
            if let Some(id) = id {
                self.report(Report::Progressed(id, Progress::Step { step }));
            }
            let done = self.exclusively(identity, &mut |link| {
                let mut channel = Channel::new(link, &tracer, Cancel::default());
                let done = run.step(&mut channel, &mut secrets, now());
                // A card that is gone keeps nothing.
                let gone = done.as_ref().is_err_and(is_gone);
                (done, if gone { After::Leave } else { After::Reset })
            });
            let why = match done {
                Ok(Ok(())) => continue,
                Ok(Err(why)) => why,
                Err(error) => SetupError::from(error).into(),
            };
            if !is_gone(&why) {
                self.read_again(identity);
            }
            return Err(Failure::Plan { step, why });
        }
        let token = self
            .read(identity, &Cancel::default())
            .map_err(CardError::Link)?;
        let promises = compare(run.plan(), &token);
        let kept = promises.iter().filter(|promise| promise.kept).count();
        run.finish(promises.len(), kept, now())
            .map_err(RunError::from)?;
        Ok(Done::PlanDone(Arc::new(promises)))
    }

    /// Tells of a plan that was broken off on a card that was just read. Cards without a journal
    /// cost nothing; one that does not tell its number any more is asked for that of its chip.
    pub(super) fn look_for_unfinished(&mut self, identity: Identity, token: &Token) {
        let Some(journals) = self.journals.clone() else {
            return;
        };
        let known = journals.serials().unwrap_or_default();
        if known.is_empty() {
            return;
        }
        if !Survey::is_told_by_token(token) {
            if let Some(found) = self.unfinished_here(identity, token, &journals, &known) {
                self.report(Report::Unfinished(identity, Arc::new(found)));
            }
            return;
        }
        let told = token
            .serial
            .as_ref()
            .and_then(|serial| crate::base::hex::decode(&serial.to_string()));
        let serial = match told.map(Hex).filter(|serial| known.contains(serial)) {
            Some(serial) => Some(serial),
            None if token.applications.is_empty() => self
                .survey(identity, About::Token, &Cancel::default())
                .ok()
                .map(|survey| survey.serial().clone()),
            None => None,
        };
        let lines = serial.and_then(|serial| journals.read(&serial).ok());
        let found: Option<Unfinished> = lines.and_then(|lines| unfinished(&lines));
        if let Some(found) = found {
            self.report(Report::Unfinished(identity, Arc::new(found)));
        }
    }

    /// A plan that was broken off on this card, which is told from others by its chip. Only a card of a
    /// kind of which such a plan is known is asked for its number.
    fn unfinished_here(
        &mut self,
        identity: Identity,
        token: &Token,
        journals: &Journals,
        known: &[Hex],
    ) -> Option<Unfinished> {
        let left: Vec<Unfinished> = known
            .iter()
            .filter_map(|serial| unfinished(&journals.read(serial).ok()?))
            .filter(|left| left.plan.subject.atr.0 == token.card.atr)
            .collect();
        for about in [About::Token, About::Content] {
            if !left.iter().any(|left| left.plan.about() == about) {
                continue;
            }
            let Ok(survey) = self.survey(identity, about, &Cancel::default()) else {
                continue;
            };
            let mut all = left.iter();
            let found = all.find(|left| {
                left.plan.about() == about
                    && left.plan.subject.serial == *survey.serial()
                    && left.is_of(&survey)
            });
            if found.is_some() {
                return found.cloned();
            }
        }
        None
    }
}

/// A plan is for one card.
fn same_card(plan: &Plan, survey: &Survey) -> Result<(), Failure> {
    if plan.subject.serial == *survey.serial() {
        Ok(())
    } else {
        Err(CardError::OtherCard.into())
    }
}

fn failure(error: SetupError) -> Failure {
    match error {
        SetupError::Card(error) => error.into(),
        other => Failure::NoPlan(other.into()),
    }
}

/// Whether there is nothing left in the reader to be read.
fn is_gone(why: &RunError) -> bool {
    matches!(
        why,
        RunError::Setup(SetupError::Card(CardError::Link(
            LinkError::Removed | LinkError::NoReader | LinkError::NoService
        )))
    )
}
