//! The documents about plans that programs read, beside those in `json`.

use serde::Serialize;

use super::json::ReaderPart;
use super::plan_page::is_asked;
use super::session::Found;
use crate::base::hex::Hex;
use crate::plan::journal::{Line, Record, Standing};
use crate::plan::preview::{Loss, Preview, Warning};
use crate::plan::{Need, Plan, SecretName, Task, is_final};
use crate::token::{PinRole, PinRule, Text};

/// `symbolon.plan/1`: what a profile would do to a token.
#[derive(Debug, Serialize)]
pub(super) struct PlanDocument<'a> {
    schema: &'static str,
    reader: ReaderPart<'a>,
    name: Text,
    serial: &'a Hex,
    label: Option<Text>,
    steps: Vec<StepPart<'a>>,
    /// The number of the first step after which there is no way back.
    point_of_no_return: Option<usize>,
    needs: Vec<NeedPart<'a>>,
    warnings: &'a [Warning],
    seconds: SecondsPart,
}

#[derive(Debug, Serialize)]
struct StepPart<'a> {
    number: usize,
    task: &'a Task,
    is_final: bool,
    loses: Option<LossPart>,
    seconds: SecondsPart,
    commands: &'a [String],
}

#[derive(Debug, Serialize)]
struct LossPart {
    keys: usize,
    certificates: usize,
    data: usize,
    pins: usize,
}

#[derive(Debug, Serialize)]
struct SecondsPart {
    from: u32,
    to: u32,
}

#[derive(Debug, Serialize)]
struct NeedPart<'a> {
    #[serde(flatten)]
    name: &'a SecretName,
    new: bool,
    role: Option<PinRole>,
    called: Option<&'a str>,
    rule: Option<PinRule>,
}

impl<'a> PlanDocument<'a> {
    /// For a plan that was made for this token.
    pub(super) fn new(found: &'a Found, plan: &'a Plan, preview: &'a Preview) -> Self {
        let steps = plan.tasks.iter().zip(&preview.steps).zip(1..);
        Self {
            schema: "symbolon.plan/1",
            reader: ReaderPart::new(found.number, &found.reader),
            name: plan.name.as_str().into(),
            serial: &plan.subject.serial,
            label: plan.subject.label.as_deref().map(Text::from),
            steps: steps
                .map(|((task, step), number)| StepPart {
                    number,
                    task,
                    is_final: is_final(task),
                    loses: step.loses.map(loss),
                    seconds: seconds(step.seconds),
                    commands: &step.commands,
                })
                .collect(),
            point_of_no_return: plan.point_of_no_return().map(|step| step + 1),
            needs: preview.needs.iter().map(need).collect(),
            warnings: &preview.warnings,
            seconds: seconds(preview.seconds()),
        }
    }
}

fn loss(loss: Loss) -> LossPart {
    let Loss {
        keys,
        certificates,
        data,
        pins,
    } = loss;
    LossPart {
        keys,
        certificates,
        data,
        pins,
    }
}

fn seconds((from, to): (u32, u32)) -> SecondsPart {
    SecondsPart { from, to }
}

fn need(need: &Need) -> NeedPart<'_> {
    // What comes from a file has neither.
    let is_pin = is_asked(need);
    NeedPart {
        name: &need.name,
        new: need.fresh,
        role: is_pin.then_some(need.role),
        called: need.label.as_ref().map(|label| label.as_str()),
        rule: is_pin.then_some(need.rule),
    }
}

/// `symbolon.journals/1`: what was done to tokens last.
#[derive(Debug, Serialize)]
pub(super) struct JournalsDocument {
    schema: &'static str,
    journals: Vec<JournalPart>,
}

/// One journal of the list.
#[derive(Debug, Serialize)]
pub(super) struct JournalPart {
    serial: Hex,
    file: Option<String>,
    state: &'static str,
    plan: Option<Text>,
    steps: Option<usize>,
    /// The number of the step that is next.
    next: Option<usize>,
    promised: Option<usize>,
    kept: Option<usize>,
    at: Option<i64>,
}

impl JournalsDocument {
    /// For these journals.
    pub(super) fn new(journals: Vec<JournalPart>) -> Self {
        Self {
            schema: "symbolon.journals/1",
            journals,
        }
    }
}

impl JournalPart {
    /// A journal that tells nothing, for the reason that `state` gives.
    pub(super) fn without_plan(serial: Hex, file: Option<String>, state: &'static str) -> Self {
        Self {
            serial,
            file,
            state,
            plan: None,
            steps: None,
            next: None,
            promised: None,
            kept: None,
            at: None,
        }
    }

    /// With its last plan.
    pub(super) fn of(
        serial: Hex,
        file: Option<String>,
        (plan, standing, at): (&Plan, Standing, i64),
    ) -> Self {
        let (state, next, found) = match standing {
            Standing::Finished { promised, kept } => ("finished", None, Some((promised, kept))),
            Standing::Open { next } => ("stopped", Some(next + 1), None),
            Standing::GivenUp => ("given_up", None, None),
        };
        Self {
            plan: Some(plan.name.as_str().into()),
            steps: Some(plan.tasks.len()),
            next,
            promised: found.map(|(promised, _)| promised),
            kept: found.map(|(_, kept)| kept),
            at: Some(at),
            ..Self::without_plan(serial, file, state)
        }
    }
}

/// `symbolon.journal/1`: everything that was done to a token, line by line.
#[derive(Debug, Serialize)]
pub(super) struct JournalDocument<'a> {
    schema: &'static str,
    serial: &'a Hex,
    file: Option<String>,
    lines: Vec<LinePart<'a>>,
}

#[derive(Debug, Default, Serialize)]
struct LinePart<'a> {
    at: i64,
    entry: &'static str,
    /// The plan, where it begins.
    plan: Option<PlanPart<'a>>,
    step: Option<usize>,
    why: Option<Text>,
    promised: Option<usize>,
    kept: Option<usize>,
}

#[derive(Debug, Serialize)]
struct PlanPart<'a> {
    name: Text,
    label: Option<Text>,
    tasks: &'a [Task],
}

impl<'a> JournalDocument<'a> {
    /// For the lines of the journal of a token.
    pub(super) fn new(serial: &'a Hex, file: Option<String>, lines: &'a [Line]) -> Self {
        Self {
            schema: "symbolon.journal/1",
            serial,
            file,
            lines: lines.iter().map(line).collect(),
        }
    }
}

fn line(line: &Line) -> LinePart<'_> {
    let step = |entry, step: usize| LinePart {
        at: line.at,
        entry,
        step: Some(step + 1),
        ..LinePart::default()
    };
    let plain = |entry| LinePart {
        at: line.at,
        entry,
        ..LinePart::default()
    };
    match &line.record {
        Record::Planned { plan } => LinePart {
            plan: Some(PlanPart {
                name: plan.name.as_str().into(),
                label: plan.subject.label.as_deref().map(Text::from),
                tasks: &plan.tasks,
            }),
            ..plain("planned")
        },
        Record::Begun { step: number, .. } => step("begun", *number),
        Record::Noted { step: number, .. } => step("noted", *number),
        Record::Done { step: number } => step("done", *number),
        Record::Stopped {
            step: number, why, ..
        } => LinePart {
            why: Some(why.as_str().into()),
            ..step("stopped", *number)
        },
        Record::Finished { promised, kept } => LinePart {
            promised: Some(*promised),
            kept: Some(*kept),
            ..plain("finished")
        },
        Record::GivenUp => plain("given_up"),
    }
}
