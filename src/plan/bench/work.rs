//! Which plan a card gets, with which secrets, and what came of it.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::codes::{self, PIN_LEN, PUK_LEN};
use super::lane::Stage;
use super::letters::{Code, Letter};
use super::{Attempt, Bench, Decision, KeyMade, Refusal, Said, State, Trouble};
use crate::base::hex::Hex;
use crate::plan::check::public_key_of;
use crate::plan::journal::{self, Unfinished};
use crate::plan::preview::Preview;
use crate::plan::profile::Profile;
use crate::plan::recipe::{self, Given, RecipeError};
use crate::plan::secrets::Secrets;
use crate::plan::{
    Need, Phase, Plan, Promise, SecretName, StartKey, Survey, Task, cardos, compare,
};
use crate::token::{ApplicationKind, FactName, FactValue, PinRole, ReaderId, Text, Token};

/// What a profile comes to on a blank card.
#[derive(Debug)]
pub struct Sample {
    /// The plan for such a card.
    pub plan: Plan,
    /// What has to be given, since it is the same for all cards: everything but the PINs and PUKs of
    /// holders.
    pub needs: Vec<Need>,
    /// Whether there are any of those, which are made up.
    pub made_up: bool,
}

/// What a profile that sets up blank cards comes to for somebody, of whom `given` tells.
///
/// # Errors
///
/// Why there is no such plan. Those that change tokens are known when such a token is there.
pub fn sample(profile: &Profile, given: &Given) -> Result<Sample, Trouble> {
    let survey = cardos::Survey {
        serial: Hex::default(),
        version: 0x09,
        phase: Phase::Administration,
        free: 0xFFFF,
        packages: false,
        start_key: Some(StartKey {
            version: 0xFF,
            tries: 10,
        }),
        directory: false,
        area: None,
    }
    .into();
    let mut token = Token::default();
    token.card.atr = BLANK_ATR.to_vec();
    let plan = recipe::plan(profile, &survey, &token, given)?;
    let preview = rehearsed(&plan, &survey)?;
    let asked = |need: &Need| made_up(need, &plan).is_none();
    let (needs, rest): (Vec<_>, Vec<_>) = preview.needs.into_iter().partition(asked);
    Ok(Sample {
        plan,
        needs,
        made_up: !rest.is_empty(),
    })
}

/// Whether a profile would put the same key on every token: it takes one from a file.
#[must_use]
pub fn shares_key(profile: &Profile) -> bool {
    profile.keys.iter().any(|key| key.file.is_some())
}

/// The answer to reset of CardOS M4.2B (sheet "cardos", 1).
pub(super) const BLANK_ATR: [u8; 13] = [
    0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x09, 0x75,
];

fn rehearsed(plan: &Plan, survey: &Survey) -> Result<Preview, Trouble> {
    Preview::of(plan, survey).map_err(|(step, error)| Trouble::Run {
        step: Some(step),
        why: error.into(),
    })
}

/// How many digits are made up for this; nothing if it has to be given: what is on the card already,
/// and the codes of the security officer, who is one for all tokens.
fn made_up(need: &Need, plan: &Plan) -> Option<usize> {
    if !need.fresh {
        return None;
    }
    let (SecretName::Pin { number } | SecretName::Puk { number }) = need.name else {
        return None;
    };
    let officer = plan.tasks.iter().any(|task| match task {
        Task::Create(new) => new.owner.officer && new.owner.number == number,
        Task::StorePin(new) => new.officer && new.number == number,
        _ => false,
    });
    match need.role {
        _ if officer => None,
        PinRole::Puk => Some(PUK_LEN.clamp(need.rule.min, need.rule.max)),
        _ => Some(PIN_LEN.clamp(need.rule.min, need.rule.max)),
    }
}

impl Bench {
    pub(super) fn surveyed(
        &mut self,
        reader: ReaderId,
        survey: &Survey,
        unfinished: Option<&Unfinished>,
        now: i64,
    ) {
        let Some(lane) = self.lanes.get(&reader) else {
            return;
        };
        let (Stage::Surveying { waited }, Some(token)) = (&lane.stage, lane.card.clone()) else {
            return;
        };
        let waited = waited.clone();
        if self.paused {
            return self.look_again(reader, waited);
        }
        let serial = survey.serial();
        if self.done.contains(serial) {
            return self.refuse(reader, waited, Refusal::DoneAlready);
        }
        let mut stages = self.lanes.values().map(|lane| &lane.stage);
        let here = |stage: &Stage| matches!(stage, Stage::Working { serial: other, .. } if other == serial);
        if stages.any(here) {
            return self.refuse(reader, waited, Refusal::Elsewhere);
        }
        let ours = self.attempts.get(serial);
        let goes_on = match (ours, unfinished) {
            (Some(ours), Some(unfinished)) => unfinished.plan == *ours.plan,
            // The last step was done when the card was pulled, or none was begun.
            (Some(_), None) => true,
            (None, _) => false,
        };
        if goes_on {
            return self.go_on(reader, survey, &token, unfinished, now);
        }
        if unfinished.is_some() {
            return self.refuse(reader, waited, Refusal::Unfinished);
        }
        if waited.is_some() {
            return self.refuse(reader, waited, Refusal::NotThisOne);
        }
        if let Some(lane) = self.lanes.get_mut(&reader)
            && lane.place.is_none()
        {
            lane.place = self.queue.pop_first();
        }
        self.begin(reader, survey, &token, now);
    }

    /// Nothing is begun now: the card is asked once more when it goes on.
    pub(super) fn look_again(&mut self, reader: ReaderId, waited: Option<Trouble>) {
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.unknown = true;
            lane.stage = waited.map_or(Stage::Waiting, Stage::Failed);
        }
    }

    /// The card is not taken. A lane that waits for a certain one goes on waiting.
    pub(super) fn refuse(&mut self, reader: ReaderId, waited: Option<Trouble>, why: Refusal) {
        self.say(reader, Said::Refused(why.clone()));
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.stage = match waited {
                Some(trouble) => Stage::Failed(trouble),
                None => Stage::Refused(why),
            };
        }
        self.let_go(reader);
    }

    pub(super) fn begin(&mut self, reader: ReaderId, survey: &Survey, token: &Token, now: i64) {
        let place = self.lanes.get(&reader).and_then(|lane| lane.place);
        let Some((place, person)) = place.zip(place.and_then(|place| self.people.get(place)))
        else {
            // There is nobody left; the card stays for when a name comes back.
            if let Some(lane) = self.lanes.get_mut(&reader) {
                lane.stage = Stage::Waiting;
            }
            return;
        };
        let given = Given {
            now,
            ..person.given(&self.common.given)
        };
        let plan = match recipe::plan(&self.profile, survey, token, &given) {
            Ok(plan) => Arc::new(plan),
            Err(error) if is_about_card(&error) => {
                return self.refuse(reader, None, Refusal::NoPlan(error));
            }
            Err(error) => return self.failed(reader, error.into()),
        };
        let codes = rehearsed(&plan, survey).and_then(|preview| self.make_up(&preview, &plan));
        let codes = match codes {
            Ok(codes) => codes,
            Err(why) => return self.failed(reader, why),
        };
        // The name goes to this card; one that was begun for it before is on its own.
        self.attempts.retain(|_, attempt| attempt.place != place);
        let secrets = self.secrets(&plan, &codes);
        let serial = survey.serial().clone();
        if let Some(row) = self.rows.get_mut(place) {
            let practice = self.lanes.get(&reader).is_some_and(|lane| lane.practice);
            row.serial = Some(serial.clone());
            row.journal = (!practice).then(|| journal::file_name(&serial));
        }
        let attempt = Attempt {
            place,
            plan: Arc::clone(&plan),
            codes,
        };
        self.attempts.insert(serial.clone(), attempt);
        let steps = plan.tasks.len();
        self.work(reader, serial, &plan, 0);
        self.say(reader, Said::Begins { steps });
        self.decisions.push(Decision::Run {
            reader,
            plan,
            secrets,
        });
    }

    /// Goes on with a card of this bench, whatever lane it was in before.
    pub(super) fn go_on(
        &mut self,
        reader: ReaderId,
        survey: &Survey,
        token: &Token,
        unfinished: Option<&Unfinished>,
        now: i64,
    ) {
        let Some(attempt) = self.attempts.get(survey.serial()) else {
            return;
        };
        let (place, plan) = (attempt.place, Arc::clone(&attempt.plan));
        let secrets = self.secrets(&plan, &attempt.codes);
        self.move_name(place, reader);
        let step = unfinished.map_or(0, |unfinished| unfinished.next);
        self.work(reader, survey.serial().clone(), &plan, step);
        if unfinished.is_some() {
            let steps = plan.tasks.len();
            self.say(reader, Said::GoesOn { step, steps });
            return self.decisions.push(Decision::Resume { reader, secrets });
        }
        let promises = compare(&plan, token);
        if !promises.is_empty() && promises.iter().all(|promise| promise.kept) {
            return self.finished(reader, token, &promises, now);
        }
        // Nothing is on it: the journal did not get to know of the plan.
        self.begin(reader, survey, token, now);
    }

    /// A name goes to this lane, and the one that this lane had goes back.
    pub(super) fn move_name(&mut self, place: usize, reader: ReaderId) {
        self.queue.remove(&place);
        for (&other, lane) in &mut self.lanes {
            if other != reader && lane.place == Some(place) {
                lane.place = None;
                lane.keeps = false;
                // Whatever is in there is another card.
                lane.stage = match (&lane.stage, &lane.card) {
                    (Stage::Failed(_), Some(_)) => Stage::Waiting,
                    (Stage::Failed(_), None) => Stage::Empty,
                    (stage, _) => stage.clone(),
                };
                if let Stage::Surveying { waited } = &mut lane.stage {
                    *waited = None;
                }
            }
        }
        if let Some(lane) = self.lanes.get_mut(&reader) {
            let before = lane.place.replace(place);
            self.queue.extend(before.filter(|before| *before != place));
        }
    }

    pub(super) fn work(&mut self, reader: ReaderId, serial: Hex, plan: &Arc<Plan>, step: usize) {
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.keeps = true;
            lane.stage = Stage::Working {
                serial,
                plan: Arc::clone(plan),
                step,
            };
        }
    }

    /// What nobody has thought of, made up now.
    pub(super) fn make_up(
        &mut self,
        preview: &Preview,
        plan: &Plan,
    ) -> Result<Vec<(SecretName, Code)>, Trouble> {
        let mut codes = Vec::new();
        for need in &preview.needs {
            match made_up(need, plan) {
                Some(len) => {
                    let code = Code {
                        puk: need.role == PinRole::Puk,
                        label: need.label.clone().unwrap_or_default(),
                        value: codes::digits(len, self.chance.as_mut())?,
                    };
                    codes.push((need.name.clone(), code));
                }
                None if self.has(&need.name) => {}
                None => return Err(Trouble::Missing(need.name.clone())),
            }
        }
        Ok(codes)
    }

    pub(super) fn has(&self, name: &SecretName) -> bool {
        match name {
            SecretName::Pin { .. } | SecretName::Puk { .. } | SecretName::TransportPin => {
                self.common.pins.contains_key(name)
            }
            SecretName::Data { .. } => !self.common.data.is_empty(),
            // The same private key on many tokens is none.
            SecretName::Key { .. } => false,
            // A bench has no plans for card managers.
            SecretName::ManagerKeys | SecretName::NewManagerKeys => false,
        }
    }

    /// What is the same for all, and what is of this one.
    pub(super) fn secrets(&self, plan: &Plan, codes: &[(SecretName, Code)]) -> Secrets {
        let mut secrets = Secrets::default();
        for (name, value) in &self.common.pins {
            secrets.give(name.clone(), value.duplicate());
        }
        // A recipe keeps the order of the profile.
        let mut data = self.common.data.iter();
        for task in &plan.tasks {
            if let Task::StoreData(new) = task
                && let Some(data) = data.next()
            {
                secrets.give_data(new.label.clone(), data.duplicate());
            }
        }
        for (name, code) in codes {
            secrets.give(name.clone(), code.value.duplicate());
        }
        secrets
    }

    pub(super) fn stepped(&mut self, reader: ReaderId, step: usize) {
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        if let Stage::Working {
            plan, step: now, ..
        } = &mut lane.stage
        {
            *now = step;
            if let Some(task) = plan.tasks.get(step).cloned() {
                let steps = plan.tasks.len();
                self.say(reader, Said::Step { step, steps, task });
            }
        }
    }

    pub(super) fn finished(
        &mut self,
        reader: ReaderId,
        token: &Token,
        promises: &[Promise],
        now: i64,
    ) {
        let Some(lane) = self.lanes.get(&reader) else {
            return;
        };
        let (Stage::Working { serial, plan, .. }, Some(place)) = (&lane.stage, lane.place) else {
            return;
        };
        let (serial, plan) = (serial.clone(), Arc::clone(plan));
        let kept = promises.iter().filter(|promise| promise.kept).count();
        if kept < promises.len() {
            let promised = promises.len();
            return self.failed(reader, Trouble::Broken { promised, kept });
        }
        self.done.insert(serial.clone());
        if let Some(row) = self.rows.get_mut(place) {
            row.state = State::Done;
            row.keys = keys_of(token);
            row.reason = None;
        }
        self.say(reader, Said::Done(serial.clone()));
        if let Some(attempt) = self.attempts.remove(&serial)
            && !attempt.codes.is_empty()
        {
            self.decisions.push(Decision::Letter(Letter {
                name: self
                    .rows
                    .get(place)
                    .map(|row| row.name.clone())
                    .unwrap_or_default(),
                label: label_of(&plan, token),
                serial,
                made: now,
                codes: attempt.codes.into_iter().map(|(_, code)| code).collect(),
            }));
        }
        self.end_name(reader, place, now);
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.stage = Stage::Done;
        }
    }

    /// It is not done; the lane keeps the name.
    pub(super) fn failed(&mut self, reader: ReaderId, why: Trouble) {
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        if why == Trouble::Gone && matches!(lane.stage, Stage::Surveying { .. }) {
            // Nothing was begun: who swaps cards quickly is not to be asked about it.
            return self.removed(reader);
        }
        if self.is_planned_elsewhere(reader, &why) {
            // The lane that it was pulled from has written the plan down only now.
            return self.give_up_planned(reader);
        }
        let Some(lane) = self.lanes.get_mut(&reader) else {
            return;
        };
        // One that waits for a certain card has failed already, and says so.
        let why = lane.stage.waits_for().unwrap_or(why);
        if !matches!(lane.stage, Stage::Working { .. } | Stage::Surveying { .. }) {
            return;
        }
        let Some(place) = lane.place else {
            // It was only looked at.
            lane.stage = Stage::Waiting;
            return;
        };
        lane.keeps = true;
        lane.stage = Stage::Failed(why.clone());
        if let Some(row) = self.rows.get_mut(place) {
            row.reason = Some(why.clone());
        }
        self.say(reader, Said::Failed(why));
    }
}

impl Bench {
    /// Whether a plan is in the way that this bench made for the card and that nobody has begun.
    fn is_planned_elsewhere(&self, reader: ReaderId, why: &Trouble) -> bool {
        let (Trouble::Unfinished(left), Some(lane)) = (why, self.lanes.get(&reader)) else {
            return false;
        };
        let Stage::Working { serial, .. } = &lane.stage else {
            return false;
        };
        let untouched = left.next == 0 && left.begun.is_none();
        untouched && left.plan.subject.serial == *serial && self.attempts.contains_key(serial)
    }

    /// Nothing of that plan was done: the card gets the newer one.
    fn give_up_planned(&mut self, reader: ReaderId) {
        if let Some(lane) = self.lanes.get_mut(&reader) {
            lane.stage = Stage::Surveying { waited: None };
            self.decisions.push(Decision::GiveUp { reader });
        }
    }
}

/// Whether another card would do: the name is not to blame.
fn is_about_card(error: &RecipeError) -> bool {
    match error {
        RecipeError::SetUpAlready
        | RecipeError::NotSetUp
        | RecipeError::Erase(_)
        | RecipeError::NotReady(_)
        | RecipeError::KeySize { .. }
        | RecipeError::InUse(_)
        | RecipeError::NoPin(_)
        | RecipeError::OtherKey(_) => true,
        RecipeError::KeyPlace(_) => true,
        RecipeError::NoPlace
        | RecipeError::OnePin
        | RecipeError::NotOnThisCard
        | RecipeError::MissingFile(_)
        | RecipeError::Label(_)
        | RecipeError::NoName
        | RecipeError::NoColumn(_)
        | RecipeError::Creator { .. } => false,
    }
}

/// The keys of a token, with the digests of their public halves.
fn keys_of(token: &Token) -> Vec<KeyMade> {
    let Some(read) = token.application(ApplicationKind::Pkcs15) else {
        return Vec::new();
    };
    let id = |fact: &crate::token::Fact| match (&fact.name, &fact.value) {
        (FactName::Id, FactValue::Bytes(id)) => Some(id.clone()),
        _ => None,
    };
    let key = |key: &crate::token::Key| {
        let public = public_key_of(read, key)?;
        Some(KeyMade {
            id: Hex(key.facts.iter().find_map(id)?),
            sha256: Hex(Sha256::digest(&public.spki).to_vec()),
        })
    };
    read.keys.iter().filter_map(key).collect()
}

/// What the token is called now.
fn label_of(plan: &Plan, token: &Token) -> Text {
    let created = plan.tasks.iter().find_map(|task| match task {
        Task::Create(new) => Some(Text::from(new.label.as_str())),
        _ => None,
    });
    token.label.clone().or(created).unwrap_or_default()
}
