//! Steps of a plan in a list, before, while and after they are done.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::Plan;
use crate::plan::preview::Preview;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::RowList;
use crate::ui::wizards::parts::{StepState, column, icon, label};

/// A row of the list, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum StepLine {
    /// A step.
    Step {
        number: usize,
        words: String,
        /// What it costs.
        cost: String,
        /// What it takes away.
        loses: Option<String>,
        state: StepState,
    },
    /// From here on there is no way back.
    NoWayBack,
}

/// The steps of a plan; those before `first` are done. The preview is of the rest.
pub(super) fn lines(plan: &Plan, preview: &Preview, first: usize) -> Vec<StepLine> {
    let end = plan.point_of_no_return();
    let mut lines = Vec::new();
    for (number, task) in plan.tasks.iter().enumerate() {
        if end == Some(number) && number >= first {
            lines.push(StepLine::NoWayBack);
        }
        let step = number
            .checked_sub(first)
            .and_then(|place| preview.steps.get(place));
        let cost = step.map_or_else(|| gettext("Already done"), explain::plan::cost);
        let laid_down = explain::plan::lays_down(task).unwrap_or_default();
        let cost = explain::sentences(&[laid_down, cost]);
        let loses = step.and_then(|step| explain::plan::loss(step.loses.as_ref()?));
        lines.push(StepLine::Step {
            number: number + 1,
            words: explain::plan::task(task),
            cost,
            loses,
            state: if step.is_some() {
                StepState::Waiting
            } else {
                StepState::Done
            },
        });
    }
    lines
}

/// The same while it is done, and after it.
pub(super) fn states(plan: &Plan, of: impl Fn(usize) -> StepState) -> Vec<StepLine> {
    let tasks = plan.tasks.iter().enumerate();
    tasks
        .map(|(number, task)| StepLine::Step {
            number: number + 1,
            words: explain::plan::task(task),
            cost: String::new(),
            loses: None,
            state: of(number),
        })
        .collect()
}

/// A list that follows such lines.
#[derive(Debug)]
pub(super) struct StepList(RowList<StepLine>);

impl StepList {
    pub(super) fn new() -> Self {
        Self(RowList::new())
    }

    pub(super) fn widget(&self) -> &gtk::ListBox {
        self.0.widget()
    }

    pub(super) fn show(&mut self, lines: &[StepLine]) {
        self.0.show(lines, build);
    }
}

/// In words, for those who do not see the sign.
fn state_words(state: StepState) -> String {
    match state {
        StepState::Waiting => String::new(),
        StepState::Active => gettext("at work"),
        StepState::Done => gettext("done"),
        StepState::Broken => gettext("not done"),
    }
}

fn build(line: &StepLine) -> gtk::Widget {
    let content = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    content.add_css_class("line");
    let spoken = match line {
        StepLine::NoWayBack => {
            let words = explain::plan::no_way_back();
            content.append(&icon("dialog-warning-symbolic", "warning"));
            content.append(&label(&words, &["caption-heading"]));
            words
        }
        StepLine::Step {
            number,
            words,
            cost,
            loses,
            state,
        } => {
            content.append(&sign(*number, *state));
            let text = column(3);
            text.set_hexpand(true);
            text.set_valign(gtk::Align::Center);
            let head = label(words, &[]);
            if *state == StepState::Active {
                head.add_css_class("heading");
            }
            text.append(&head);
            let mut spoken = vec![gettext_f(
                "{number}. {words}",
                &[("number", &number.to_string()), ("words", words)],
            )];
            if let Some(loses) = loses {
                let line = gtk::Box::new(gtk::Orientation::Horizontal, 6);
                line.append(&icon("dialog-warning-symbolic", "warning"));
                line.append(&label(loses, &["caption", "warning"]));
                text.append(&line);
                spoken.push(loses.clone());
            }
            if !cost.is_empty() {
                text.append(&label(cost, &["caption", "dim-label"]));
                spoken.push(cost.clone());
            }
            content.append(&text);
            let state = state_words(*state);
            if !state.is_empty() {
                spoken.push(state);
            }
            spoken.join(", ")
        }
    };
    let row = adw::PreferencesRow::builder()
        .activatable(false)
        .child(&content)
        .build();
    row.set_a11y_label(&spoken);
    if *line == StepLine::NoWayBack {
        row.add_css_class("no-way-back");
    }
    row.upcast()
}

/// What stands before a step: its number until it is done.
fn sign(number: usize, state: StepState) -> gtk::Widget {
    let sign = match state {
        StepState::Waiting | StepState::Active => {
            let number = gtk::Label::builder()
                .label(number.to_string())
                .accessible_role(gtk::AccessibleRole::Presentation)
                .css_classes(["numeric", "step-number"])
                .valign(gtk::Align::Center)
                .build();
            if state == StepState::Active {
                number.add_css_class("accent");
            }
            return number.upcast();
        }
        StepState::Done => icon("emblem-ok-symbolic", "success"),
        StepState::Broken => icon("dialog-warning-symbolic", "warning"),
    };
    sign.add_css_class("step-number");
    sign.upcast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hex::Hex;
    use crate::plan::preview::{Loss, Step};
    use crate::plan::{Subject, Task};

    fn plan() -> Plan {
        Plan {
            name: "VPN".into(),
            subject: Subject {
                serial: Hex(vec![1]),
                atr: Hex(Vec::new()),
                label: None,
            },
            made: 0,
            opening: Default::default(),
            tasks: vec![Task::DeleteApplication, Task::Secure, Task::Activate],
        }
    }

    fn step(keys: usize) -> Step {
        Step {
            commands: vec!["SELECT".into()],
            seconds: (1, 2),
            loses: (keys > 0).then_some(Loss {
                keys,
                ..Loss::default()
            }),
        }
    }

    #[test]
    fn the_line_without_a_way_back_stands_before_the_first_loss() {
        let preview = Preview {
            steps: vec![step(2), step(0), step(0)],
            ..Preview::default()
        };
        let lines = lines(&plan(), &preview, 0);
        assert_eq!(lines.first(), Some(&StepLine::NoWayBack));
        assert_eq!(lines.len(), 4);
        let loses = matches!(
            lines.get(1),
            Some(StepLine::Step { loses: Some(loses), .. }) if loses == "Loses 2 keys for good"
        );
        assert!(loses, "{lines:?}");
    }

    #[test]
    fn what_is_done_is_ticked_and_has_no_way_back_before_it() {
        let preview = Preview {
            steps: vec![step(0), step(0)],
            ..Preview::default()
        };
        let lines = lines(&plan(), &preview, 1);
        assert_eq!(lines.len(), 3);
        let done = |line: Option<&StepLine>| {
            matches!(
                line,
                Some(StepLine::Step {
                    state: StepState::Done,
                    ..
                })
            )
        };
        assert!(done(lines.first()) && !done(lines.get(1)));
    }
}
