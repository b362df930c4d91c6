//! Cards come and go, people say what is to happen, and lanes begin when there is a name for them.

use std::sync::Arc;

use super::lane::Stage;
use super::{Bench, Decision, Refusal, Said, State, Trouble};
use crate::plan::cardos;
use crate::token::{ReaderId, Token};

impl Bench {
    pub(super) fn inserted(&mut self, reader: ReaderId, token: Arc<Token>) {
        if self
            .lanes
            .get(&reader)
            .is_some_and(|lane| lane.card.is_some())
        {
            self.removed(reader);
        }
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        let known = is_taken(&token);
        lane.card = Some(token);
        lane.unknown = known;
        if !known {
            if !matches!(lane.stage, Stage::Failed(_)) {
                lane.stage = Stage::Refused(Refusal::OtherMake);
            }
            self.say(reader, Said::Refused(Refusal::OtherMake));
        } else if !matches!(lane.stage, Stage::Failed(_)) {
            lane.stage = Stage::Waiting;
        }
    }

    pub(super) fn removed(&mut self, reader: ReaderId) {
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        lane.card = None;
        lane.unknown = false;
        match &lane.stage {
            Stage::Working { .. } => self.failed(reader, Trouble::Gone),
            Stage::Failed(_) => {}
            Stage::Empty | Stage::Waiting | Stage::Surveying { .. } => {
                // One that looked whether it is the card that it waits for still waits.
                lane.stage = match lane.stage.waits_for() {
                    Some(why) => Stage::Failed(why),
                    None => Stage::Empty,
                };
                self.let_go(reader);
            }
            Stage::Done | Stage::Refused(_) => {
                lane.stage = Stage::Empty;
                self.let_go(reader);
            }
        }
    }

    /// A reader that is gone can keep no name.
    pub(super) fn gone(&mut self, reader: ReaderId) {
        self.removed(reader);
        if let Some(lane) = self.lanes.remove(&reader) {
            self.queue.extend(lane.place);
        }
    }

    /// Gives the name of a lane back, unless something was tried with it there.
    pub(super) fn let_go(&mut self, reader: ReaderId) {
        if let Some(lane) = self.lanes.get_mut(&reader)
            && !lane.keeps
        {
            self.queue.extend(lane.place.take());
        }
    }

    /// Begins with cards that are in, as far as there are names for them.
    pub(super) fn begin_waiting(&mut self) {
        if self.paused || self.over {
            return;
        }
        for (&reader, lane) in &mut self.lanes {
            match &lane.stage {
                Stage::Waiting => {
                    if lane.place.is_none() {
                        lane.place = self.queue.pop_first();
                    }
                    // Without a name it is looked at only if it may be one that goes on.
                    if lane.place.is_none() && (self.attempts.is_empty() || !lane.unknown) {
                        continue;
                    }
                    lane.stage = Stage::Surveying { waited: None };
                }
                Stage::Failed(why) if lane.unknown && lane.card.is_some() => {
                    lane.stage = Stage::Surveying {
                        waited: Some(why.clone()),
                    };
                }
                _ => continue,
            }
            lane.unknown = false;
            self.decisions.push(Decision::Survey { reader });
        }
    }

    pub(super) fn retry(&mut self, reader: ReaderId) {
        if let Some(lane) = self.lanes.get_mut(&reader)
            && let Stage::Failed(_) = lane.stage
        {
            let known = lane.card.as_ref();
            let known = known.is_some_and(|card| is_taken(card));
            lane.stage = match (known, &lane.card) {
                (true, _) => Stage::Waiting,
                (false, Some(_)) => Stage::Refused(Refusal::OtherMake),
                (false, None) => Stage::Empty,
            };
        }
    }

    /// Somebody says that what was begun on this card elsewhere is not gone on with.
    pub(super) fn give_up(&mut self, reader: ReaderId) {
        if let Some(lane) = self.lanes.get_mut(&reader)
            && lane.stage == Stage::Refused(Refusal::Unfinished)
        {
            lane.stage = Stage::Surveying { waited: None };
            self.decisions.push(Decision::GiveUp { reader });
        }
    }

    /// The card is like any other now.
    pub(super) fn given_up(&mut self, reader: ReaderId) {
        if let Some(lane) = self.lanes.get_mut(&reader)
            && matches!(lane.stage, Stage::Surveying { .. })
        {
            lane.stage = Stage::Waiting;
        }
    }

    pub(super) fn skip(&mut self, reader: ReaderId, now: i64) {
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        let busy = matches!(lane.stage, Stage::Working { .. } | Stage::Surveying { .. });
        let Some(place) = lane.place.filter(|_| !busy) else {
            return;
        };
        lane.stage = match lane.card {
            Some(_) => Stage::Refused(Refusal::Skipped),
            None => Stage::Empty,
        };
        if let Some(row) = self.rows.get_mut(place) {
            row.state = match row.reason {
                Some(_) => State::Failed,
                None => State::Skipped,
            };
        }
        self.attempts.retain(|_, attempt| attempt.place != place);
        self.say(reader, Said::Skipped);
        self.end_name(reader, place, now);
    }

    pub(super) fn end_name(&mut self, reader: ReaderId, place: usize, now: i64) {
        if let Some(row) = self.rows.get_mut(place) {
            row.at = Some(now);
        }
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.place = None;
            lane.keeps = false;
        }
        self.decisions.push(Decision::Ended { place });
    }

    pub(super) fn end(&mut self, now: i64) {
        for lane in self.lanes.values_mut() {
            let working = matches!(lane.stage, Stage::Working { .. });
            let row = lane.place.and_then(|place| self.rows.get_mut(place));
            if let Some(row) = row.filter(|_| working) {
                row.reason = Some(Trouble::Cancelled);
            }
            lane.place = None;
            lane.stage = Stage::Empty;
        }
        for (place, row) in self.rows.iter_mut().enumerate() {
            if row.at.is_some() {
                continue;
            }
            if row.reason.is_some() {
                row.state = State::Failed;
            }
            row.at = Some(now);
            self.decisions.push(Decision::Ended { place });
        }
        self.attempts.clear();
        self.queue.clear();
        self.over = true;
    }
}

/// Whether a bench works on such cards. What is given for all tokens, it knows by numbers of CardOS: on
/// an applet the same numbers are other PINs, of which a try would be lost.
fn is_taken(token: &Token) -> bool {
    cardos::Survey::is_for(&token.card.atr).is_some()
}
