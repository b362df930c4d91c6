//! A plan is carried out.

use super::journal::{Journal, JournalError, Record, Unfinished};
use super::secrets::Secrets;
use super::{Plan, SetupError, Survey};
use crate::card::setup::{Occasion, carry_out, left_untouched, says_that_key_stays};
use crate::transport::channel::Channel;

/// A plan on its way.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    journal: Journal,
    /// What is known of the card, once it was asked or a step was done.
    survey: Option<Survey>,
    next: usize,
    /// Whether the next step was begun before.
    again: bool,
    /// Whether it was said of the next step that a key stays on the card.
    said: bool,
}

/// Why a step was not done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RunError {
    /// The card, or what it lets be done.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The journal; the card was not touched after that.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Run {
    /// Begins: the journal knows the plan from now on.
    ///
    /// # Errors
    ///
    /// [`JournalError`]; the card was not touched.
    pub fn begin(
        plan: Plan,
        survey: Survey,
        mut journal: Journal,
        now: i64,
    ) -> Result<Self, JournalError> {
        journal.append(now, Record::Planned { plan: plan.clone() })?;
        Ok(Self {
            plan,
            journal,
            survey: Some(survey),
            next: 0,
            again: false,
            said: false,
        })
    }

    /// Goes on with a plan that was broken off, on a card of which this is known now.
    ///
    /// # Errors
    ///
    /// [`SetupError::Changed`] if another program has changed the card since; it was not touched.
    pub fn resume(
        unfinished: Unfinished,
        journal: Journal,
        live: &Survey,
    ) -> Result<Self, RunError> {
        if !unfinished.is_of(live) {
            return Err(SetupError::Changed.into());
        }
        Ok(Self {
            plan: unfinished.plan,
            journal,
            again: unfinished.begun.is_some(),
            said: unfinished.said,
            survey: unfinished.begun,
            next: unfinished.next,
        })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The step that is next; as many as there are if all are done.
    #[must_use]
    pub fn next(&self) -> usize {
        self.next
    }

    /// Whether everything is done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.next >= self.plan.tasks.len()
    }

    /// Does the next step: nobody else may use the card meanwhile, and it is to be reset
    /// afterwards, so that no PIN stays verified.
    ///
    /// # Errors
    ///
    /// [`RunError`]. The same step can be tried again.
    pub fn step(
        &mut self,
        channel: &mut Channel<'_>,
        secrets: &mut Secrets,
        now: i64,
    ) -> Result<(), RunError> {
        let step = self.next;
        let Some(task) = self.plan.tasks.get(step) else {
            return Ok(());
        };
        let mut survey = match self.survey.take() {
            Some(survey) => survey,
            None => {
                let done = self.plan.tasks.get(..step).unwrap_or_default();
                let survey = Survey::read(channel, self.plan.about())?.after(done);
                survey.renamed(&self.plan.subject.serial, done)
            }
        };
        if *survey.serial() != self.plan.subject.serial {
            return Err(SetupError::from(crate::card::CardError::OtherCard).into());
        }
        let begun = Record::Begun {
            step,
            survey: Box::new(survey.clone()),
        };
        self.survey = Some(survey.clone());
        self.journal.append(now, begun)?;
        let occasion = Occasion {
            again: self.again,
            said: self.said,
            paper: false,
            moment: self.plan.made,
            opening: self.plan.opening,
        };
        self.again = true;
        let (known, journal, mut broken) = (&mut self.survey, &mut self.journal, None);
        let mut note = |survey: &Survey| {
            let noted = Record::Noted {
                step,
                survey: Box::new(survey.clone()),
            };
            journal.append(now, noted).map_err(|error| {
                broken = Some(error);
                SetupError::NotKept
            })?;
            *known = Some(survey.clone());
            Ok(())
        };
        let done = carry_out(task, &mut survey, channel, secrets, occasion, &mut note);
        if let Some(error) = broken {
            return Err(error.into());
        }
        match done {
            Ok(()) => {
                self.journal.append(now, Record::Done { step })?;
                self.survey = Some(survey);
                self.next += 1;
                self.again = false;
                self.said = false;
                Ok(())
            }
            Err(error) => {
                // What was not begun is not done again, but for the first time.
                let untouched = left_untouched(task, &error);
                if untouched {
                    self.again = occasion.again;
                }
                let said = says_that_key_stays(&error);
                self.said |= said;
                let stopped = Record::Stopped {
                    step,
                    why: error.to_string(),
                    untouched,
                    said,
                };
                self.journal.append(now, stopped)?;
                Err(error.into())
            }
        }
    }

    /// Ends: the card was read again, and so much of what was promised is there.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn finish(&mut self, promised: usize, kept: usize, now: i64) -> Result<(), JournalError> {
        self.journal
            .append(now, Record::Finished { promised, kept })
    }
}
