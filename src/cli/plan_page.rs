//! A plan as a page of text: its steps, what they take away and cost, and what is asked for.

use super::output::{Mark, Style};
use super::page;
use super::session::Found;
use super::table::Facts;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, plan as words};
use crate::plan::preview::{Preview, Step};
use crate::plan::{Need, Plan, SecretName, Survey, Task, is_final};
use crate::token::Text;

/// Blanks before a step, and before what belongs to it.
const STEP: usize = 2;
const BELOW: usize = 6;

/// What a page shows of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What the steps from [`View::next`] on are.
    pub(super) preview: &'a Preview,
    /// The first step that is not done.
    pub(super) next: usize,
    /// Whether the commands are shown.
    pub(super) commands: bool,
}

/// The token, the steps, and what the plan needs.
pub(super) fn page(found: &Found, view: &View<'_>, style: Style) -> String {
    let plan = view.plan;
    let mut text = page::head(found, style);
    // A token that is set up tells it in its heading.
    if found.token.serial.is_none() {
        let serial = gettext_f(
            "Serial number {serial}",
            &[("serial", &plan.subject.serial.to_string())],
        );
        text.push_str(&format!("{serial}\n"));
    }
    let name = Text::from(plan.name.as_str()).to_string();
    let title = gettext_f("Plan “{name}”", &[("name", &name)]);
    text.push_str(&format!("\n{}\n", style.mark(Mark::Heading, &title)));
    for warning in &view.preview.warnings {
        let line = style.mark(Mark::Severe, &words::warning(*warning));
        text.push_str(&format!("{line}\n"));
    }
    let on_applet = is_applet(found);
    let mut may_go_back = true;
    for (number, task) in plan.tasks.iter().enumerate() {
        let preview = number
            .checked_sub(view.next)
            .and_then(|left| view.preview.steps.get(left));
        if preview.is_some() && may_go_back && is_final(task) {
            may_go_back = false;
            let line = style.mark(Mark::Severe, &words::no_way_back());
            text.push_str(&format!("{line}\n"));
        }
        let preview = preview.map(|preview| (preview, note(task, on_applet)));
        text.push_str(&step(number, task, preview, view.commands, style));
    }
    text.push_str(&format!("{}\n", words::whole_cost(view.preview)));
    text.push_str(&needs(&view.preview.needs, style));
    text
}

/// One step, with what has to be known of it; without `preview` it is done.
fn step(
    number: usize,
    task: &Task,
    preview: Option<(&Step, Option<String>)>,
    commands: bool,
    style: Style,
) -> String {
    let what = words::task(task);
    let number = number + 1;
    let Some((preview, note)) = preview else {
        let tick = style.mark(Mark::Good, "✓");
        return format!("{tick} {number}  {what}\n");
    };
    let indent = " ".repeat(STEP);
    let below = " ".repeat(BELOW);
    let mut text = format!("{indent}{number}  {what}\n");
    if let Some(line) = note {
        text.push_str(&format!("{below}{line}\n"));
    }
    if let Some(loss) = preview.loses.as_ref().and_then(words::loss) {
        text.push_str(&format!("{below}{}\n", style.mark(Mark::Severe, &loss)));
    }
    text.push_str(&format!("{below}{}\n", words::cost(preview)));
    if commands {
        for line in &preview.commands {
            text.push_str(&format!("{below}{line}\n"));
        }
    }
    text
}

/// Whether the token is, or is to be, on a MUSCLE applet.
fn is_applet(found: &Found) -> bool {
    Survey::is_for(&found.token) && !Survey::is_told_by_token(&found.token)
}

/// What a person has to know who decides for a step.
fn note(task: &Task, on_applet: bool) -> Option<String> {
    match task {
        Task::Create(_) if on_applet => Some(explain::applet::puk_sets_no_pin()),
        Task::Create(new) if !new.owner.officer => Some(words::without_officer()),
        Task::ImportKey(_) => Some(words::rather_on_card()),
        _ => words::lays_down(task),
    }
}

/// What is asked for, and what for.
fn needs(needs: &[Need], style: Style) -> String {
    let mut rows = Facts::default();
    for need in needs.iter().filter(|need| is_asked(need)) {
        rows.add(words::need(need), words::need_is_for(need));
    }
    let rows = rows.to_text(STEP);
    if rows.is_empty() {
        return String::new();
    }
    let heading = style.mark(Mark::Heading, &gettext("What will be asked for"));
    format!("\n{heading}\n{rows}")
}

/// Whether a person is asked for it; the rest comes from files.
pub(super) fn is_asked(need: &Need) -> bool {
    match need.name {
        SecretName::Pin { .. } | SecretName::Puk { .. } | SecretName::TransportPin => true,
        SecretName::ManagerKeys
        | SecretName::NewManagerKeys
        | SecretName::Key { .. }
        | SecretName::Data { .. } => false,
    }
}
