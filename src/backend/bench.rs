//! The bench at work: what the backend reports is what it hears, what it decides is what lanes do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    CardError, Command, Done, Event, Failure, Handle, LinkError, PlanAction, PlanCommand, Progress,
    RequestId,
};
use crate::plan::bench::{Bench, Decision, Input, Trouble};
use crate::plan::journal::Unfinished;
use crate::plan::{RunError, SetupError};
use crate::token::{Identity, Reader, ReaderId, SlotState, Text, Token};

/// A bench and the backend that works for it. Whoever has it passes every event on.
#[derive(Debug)]
pub struct Workbench {
    bench: Bench,
    handle: Handle,
    /// What lanes are doing, each at most one thing.
    requests: HashMap<RequestId, ReaderId>,
    /// The cards that the bench knows of.
    present: HashMap<ReaderId, Identity>,
    /// The tokens as they were read last.
    tokens: HashMap<ReaderId, Arc<Token>>,
    /// Whether practice readers alone belong to it, or the others alone; nothing for all.
    practice: Option<bool>,
    /// Readers that do not belong to it, as long as what is in them is.
    left_out: HashSet<ReaderId>,
    /// Tokens that are left alone, by their serial numbers, in whatever reader.
    left_alone: HashSet<Text>,
}

impl Workbench {
    /// Lays a bench out.
    #[must_use]
    pub fn new(bench: Bench, handle: Handle) -> Self {
        Self {
            bench,
            handle,
            requests: HashMap::new(),
            present: HashMap::new(),
            tokens: HashMap::new(),
            practice: None,
            left_out: HashSet::new(),
            left_alone: HashSet::new(),
        }
    }

    /// Only with practice readers, or only without them: a practice card uses up no name of a person.
    #[must_use]
    pub fn practising(mut self, practice: bool) -> Self {
        self.practice = Some(practice);
        self
    }

    /// Without these readers until they are empty, and without the tokens of these serial numbers
    /// wherever they turn up: a reader that is connected again is another one.
    #[must_use]
    pub fn leaving_out(mut self, readers: HashSet<ReaderId>, tokens: HashSet<Text>) -> Self {
        self.left_out = readers;
        self.left_alone = tokens;
        self
    }

    fn admits(&self, reader: &Reader) -> bool {
        let kind = self
            .practice
            .is_none_or(|practice| practice == reader.practice);
        kind && !self.left_out.contains(&reader.id)
    }

    fn is_left_alone(&self, token: &Token) -> bool {
        let serial = token.serial.as_ref();
        serial.is_some_and(|serial| self.left_alone.contains(serial))
    }

    /// Whether a reader is a lane of the bench.
    fn has(&self, reader: ReaderId) -> bool {
        self.bench.lane(reader).is_some()
    }

    /// How it stands.
    #[must_use]
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    /// Whether a card is being asked or worked on.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Stops every lane after the step that it is doing. Each ends by itself, which is told.
    pub fn stop(&self) {
        for &id in self.requests.keys() {
            self.handle.cancel(id);
        }
    }

    /// Takes note of what somebody wants, at `now` in seconds since 1970. What comes back is to be
    /// said and kept; what is to be done is on its way.
    #[must_use]
    pub fn tell(&mut self, input: Input, now: i64) -> Vec<Decision> {
        let decisions = self.bench.hear(input, now);
        let mut rest = Vec::new();
        for decision in decisions {
            match decision {
                Decision::Survey { reader } => self.send(reader, PlanAction::SURVEY_TOKEN),
                Decision::GiveUp { reader } => self.send(reader, PlanAction::GiveUp),
                Decision::Run {
                    reader,
                    plan,
                    secrets,
                } => self.send(reader, PlanAction::Run { plan, secrets }),
                Decision::Resume { reader, secrets } => {
                    self.send(reader, PlanAction::Resume { secrets });
                }
                Decision::Say { .. } | Decision::Letter(_) | Decision::Ended { .. } => {
                    rest.push(decision);
                }
            }
        }
        rest
    }

    /// Takes note of what the backend reports, as [`Workbench::tell`].
    #[must_use]
    pub fn hear(&mut self, event: &Event, now: i64) -> Vec<Decision> {
        let mut said = Vec::new();
        for input in self.inputs(event) {
            said.extend(self.tell(input, now));
        }
        said
    }

    fn send(&mut self, reader: ReaderId, action: PlanAction) {
        // A card that has left by now is not the one in the reader: the request ends with that.
        let identity = self.present.get(&reader).copied().unwrap_or(Identity {
            reader,
            insertion: 0,
        });
        let request = Command::Plan(PlanCommand { identity, action });
        let id = self.handle.send(request);
        self.requests.insert(id, reader);
    }

    /// What an event is for the bench.
    fn inputs(&mut self, event: &Event) -> Vec<Input> {
        match event {
            Event::ReaderAdded(reader) if !self.admits(reader) => Vec::new(),
            Event::ReaderAdded(reader) => {
                let added = Input::Added {
                    reader: reader.id,
                    practice: reader.practice,
                };
                [added].into_iter().chain(self.removed(reader)).collect()
            }
            Event::ReaderChanged(reader) => {
                if reader.slot == SlotState::Empty && self.left_out.remove(&reader.id) {
                    return self.inputs(&Event::ReaderAdded(reader.clone()));
                }
                self.removed(reader).into_iter().collect()
            }
            Event::ReaderRemoved(reader) => {
                let reader = *reader;
                self.present.remove(&reader);
                self.tokens.remove(&reader);
                vec![Input::Gone { reader }]
            }
            Event::TokenRead { identity, token }
                if token.complete && self.has(identity.reader) && !self.is_left_alone(token) =>
            {
                let (reader, token) = (identity.reader, Arc::clone(token));
                self.tokens.insert(reader, Arc::clone(&token));
                // It is read again after every plan.
                if self.present.insert(reader, *identity) == Some(*identity) {
                    return Vec::new();
                }
                vec![Input::Inserted { reader, token }]
            }
            Event::Progressed {
                id,
                progress: Progress::Step { step },
            } => {
                let reader = self.requests.get(id).copied();
                let stepped = |reader| Input::Stepped {
                    reader,
                    step: *step,
                };
                reader.map(stepped).into_iter().collect()
            }
            Event::Finished { id, outcome } => {
                let reader = self.requests.remove(id);
                let finished = reader.and_then(|reader| self.finished(reader, outcome));
                finished.into_iter().collect()
            }
            Event::ServiceChanged(_)
            | Event::ReadingStarted(_)
            | Event::TokenRead { .. }
            | Event::TokenUnreadable { .. }
            | Event::PlanUnfinished { .. }
            | Event::Settled
            | Event::Traced(_)
            | Event::Progressed { .. } => Vec::new(),
        }
    }

    /// The card that was there is no longer, if that is so.
    fn removed(&mut self, reader: &Reader) -> Option<Input> {
        let now = match reader.slot {
            SlotState::Present { identity } => Some(identity),
            _ => None,
        };
        let known = self.present.get(&reader.id).copied()?;
        if now == Some(known) {
            return None;
        }
        self.present.remove(&reader.id);
        self.tokens.remove(&reader.id);
        Some(Input::Removed { reader: reader.id })
    }

    fn finished(&self, reader: ReaderId, outcome: &Result<Done, Failure>) -> Option<Input> {
        match outcome {
            Ok(Done::Surveyed { survey, unfinished }) => Some(Input::Surveyed {
                reader,
                survey: Arc::clone(survey),
                unfinished: unfinished.clone(),
            }),
            Ok(Done::PlanDone(promises)) => Some(Input::Finished {
                reader,
                token: self.tokens.get(&reader).cloned().unwrap_or_default(),
                promises: Arc::clone(promises),
            }),
            Ok(Done::PlanGivenUp) => Some(Input::GivenUp { reader }),
            // Nothing else was asked for.
            Ok(_) => None,
            Err(failure) => Some(Input::Failed {
                reader,
                why: trouble(failure),
            }),
        }
    }
}

/// Why a lane failed.
fn trouble(failure: &Failure) -> Trouble {
    let (step, why) = match failure {
        Failure::Plan { step, why } => (Some(*step), why.clone()),
        Failure::NoPlan(why) => (None, why.clone()),
        Failure::Card(error) => (None, SetupError::Card(error.clone()).into()),
        Failure::Unfinished(unfinished) => {
            return Trouble::Unfinished(Box::new(Unfinished::clone(unfinished)));
        }
        Failure::TimedOut => return Trouble::TimedOut,
        Failure::NoReader | Failure::NoCard => return Trouble::Gone,
        Failure::Cancelled
        | Failure::Closing
        | Failure::Manager(_)
        | Failure::NothingUnfinished
        | Failure::NoSuchPracticeCard
        | Failure::Program { .. } => return Trouble::Cancelled,
    };
    match why {
        RunError::Setup(SetupError::Card(
            CardError::OtherCard
            | CardError::Link(LinkError::Removed | LinkError::NoReader | LinkError::NoService),
        )) => Trouble::Gone,
        why => Trouble::Run { step, why },
    }
}
