//! The pages, their order, and what stands on the last button.

use crate::base::i18n::{gettext, gettext_f};
use crate::plan::{Plan, Task};

/// A page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Page {
    /// The card is asked what is on it.
    Looking,
    /// What the token is for.
    Choose,
    /// Names, sizes, which PINs.
    Details,
    /// What has to be typed.
    Secrets,
    /// What is going to be done.
    Plan,
    /// It is being done.
    Running,
    /// What came of it.
    Result,
}

impl Page {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Looking,
        Self::Choose,
        Self::Details,
        Self::Secrets,
        Self::Plan,
        Self::Running,
        Self::Result,
    ];

    /// Its heading.
    pub(super) fn title(self) -> String {
        match self {
            Self::Looking => gettext("Set up token"),
            Self::Choose => gettext("What is it for?"),
            Self::Details => gettext("Details"),
            Self::Secrets => gettext("PINs"),
            Self::Plan => gettext("What will be done"),
            Self::Running => gettext("At work"),
            Self::Result => gettext("Result"),
        }
    }
}

/// The pages of one set-up, in their order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Way(Vec<Page>);

impl Way {
    /// That of a new plan.
    pub(super) fn new(has_details: bool, has_secrets: bool) -> Self {
        let details = has_details.then_some(Page::Details);
        let secrets = has_secrets.then_some(Page::Secrets);
        let pages = [Some(Page::Choose), details, secrets, Some(Page::Plan)];
        let pages = pages.into_iter().flatten();
        Self(pages.chain([Page::Running]).collect())
    }

    /// That of a plan that is gone on with: it is shown before anything is asked.
    pub(super) fn resumed(has_secrets: bool) -> Self {
        let secrets = has_secrets.then_some(Page::Secrets);
        let pages = [Some(Page::Plan), secrets, Some(Page::Running)];
        Self(pages.into_iter().flatten().collect())
    }

    fn place(&self, page: Page) -> Option<usize> {
        self.0.iter().position(|known| *known == page)
    }

    /// The page after this one.
    pub(super) fn after(&self, page: Page) -> Option<Page> {
        self.0.get(self.place(page)? + 1).copied()
    }

    /// The page before this one. From what was begun there is no way back.
    pub(super) fn before(&self, page: Page) -> Option<Page> {
        if matches!(page, Page::Running | Page::Result) {
            return None;
        }
        self.0.get(self.place(page)?.checked_sub(1)?).copied()
    }

    /// "Step 2 of 5"; nothing where it is over.
    pub(super) fn step(&self, page: Page) -> Option<String> {
        // What is gone on with has been counted before.
        let counted = self.0.first() == Some(&Page::Choose) && page != Page::Result;
        let place = self.place(page).filter(|_| counted)?;
        Some(gettext_f(
            "Step {step} of {all}",
            &[
                ("step", &(place + 1).to_string()),
                ("all", &self.0.len().to_string()),
            ],
        ))
    }
}

/// Whether a plan takes away everything.
pub(super) fn erases(plan: &Plan) -> bool {
    let all = |task: &Task| matches!(task, Task::Format | Task::DeleteApplication);
    plan.tasks.iter().any(all)
}

/// The verb of a plan, on its last button.
pub(super) fn verb(plan: &Plan, first: usize) -> String {
    if first > 0 {
        return gettext("Continue");
    }
    let creates = plan
        .tasks
        .iter()
        .any(|task| matches!(task, Task::Create(_)));
    if plan.tasks.iter().all(only_repairs) {
        return gettext("Repair");
    }
    match (plan.point_of_no_return().is_some(), creates) {
        (true, true) => gettext("Erase and Set Up"),
        (true, false) if plan.tasks.iter().all(only_erases) => gettext("Erase Token"),
        (true | false, false) => gettext("Change Token"),
        (false, true) => gettext("Set Up"),
    }
}

fn only_repairs(task: &Task) -> bool {
    matches!(task, Task::Secure | Task::Activate)
}

fn only_erases(task: &Task) -> bool {
    matches!(
        task,
        Task::Format | Task::DeleteApplication | Task::Activate
    )
}

/// What the token is called when everything is done.
pub(super) fn new_name(plan: &Plan) -> Option<String> {
    plan.tasks.iter().rev().find_map(|task| match task {
        Task::Create(new) => Some(new.label.clone()),
        Task::Rename {
            what: crate::plan::Named::Token,
            label,
        } => Some(label.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hex::Hex;
    use crate::plan::{Creation, NewPin, Subject};

    fn plan(tasks: Vec<Task>) -> Plan {
        Plan {
            name: "VPN".into(),
            subject: Subject {
                serial: Hex(vec![1]),
                atr: Hex(Vec::new()),
                label: None,
            },
            made: 0,
            opening: Default::default(),
            tasks,
        }
    }

    fn creation() -> Task {
        Task::Create(Creation {
            label: "Anna Rossi".into(),
            owner: NewPin {
                number: 1,
                auth_id: Hex(vec![1]),
                label: "User PIN".into(),
                officer: false,
                min: 4,
                tries: 3,
                puk_tries: None,
            },
        })
    }

    #[test]
    fn pages_that_ask_nothing_are_left_out_and_not_counted() {
        let whole = Way::new(true, true);
        assert_eq!(whole.step(Page::Details).as_deref(), Some("Step 2 of 5"));
        assert_eq!(whole.after(Page::Choose), Some(Page::Details));
        assert_eq!(whole.step(Page::Result), None);
        let short = Way::new(false, false);
        assert_eq!(short.after(Page::Choose), Some(Page::Plan));
        assert_eq!(short.before(Page::Plan), Some(Page::Choose));
        assert_eq!(short.step(Page::Plan).as_deref(), Some("Step 2 of 3"));
        assert_eq!(short.before(Page::Running), None);
    }

    #[test]
    fn what_is_gone_on_with_is_shown_before_anything_is_asked() {
        let way = Way::resumed(true);
        assert_eq!(way.after(Page::Plan), Some(Page::Secrets));
        assert_eq!(way.before(Page::Plan), None);
        assert_eq!(way.step(Page::Plan), None);
    }

    #[test]
    fn the_last_button_says_what_is_done() {
        assert_eq!(verb(&plan(vec![creation()]), 0), "Set Up");
        let erase = Task::DeleteApplication;
        assert_eq!(
            verb(&plan(vec![erase.clone(), creation()]), 0),
            "Erase and Set Up"
        );
        assert_eq!(verb(&plan(vec![erase, Task::Activate]), 0), "Erase Token");
        assert_eq!(verb(&plan(vec![creation()]), 1), "Continue");
        let plan = plan(vec![Task::DeleteApplication, creation()]);
        assert_eq!(new_name(&plan).as_deref(), Some("Anna Rossi"));
    }
}
