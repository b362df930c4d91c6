//! The last page: what came of it.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::Course;
use super::steps::{self, StepList};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::{Plan, Promise, Promised};
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::widgets::RowList;
use crate::ui::wizards::parts::{StepState, alert, column, icon, label, set_once, status};

/// How it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::ui::wizards) enum Ending {
    /// Everything is done, and this is what is there of what was promised.
    Ready {
        name: String,
        promises: Vec<Promise>,
    },
    /// Everything is done, and this is what it means.
    Done(Explanation),
    /// It would work.
    Rehearsed,
    /// It would not, or was never begun: nothing was written.
    Refused(Explanation),
    /// It was broken off.
    Stopped {
        /// The step that was not done.
        step: usize,
        words: Explanation,
        /// Whether it can be gone on with now.
        live: bool,
        /// Whether it waits for the token.
        waits: bool,
    },
}

/// The page.
#[derive(Debug)]
pub(in crate::ui::wizards) struct ResultPage {
    pub(in crate::ui::wizards) root: gtk::ScrolledWindow,
    sign: gtk::Image,
    /// Good news; spoken when there is a moment.
    good: gtk::Label,
    /// Other news; spoken at once.
    other: gtk::Label,
    body: gtk::Label,
    details: gtk::Label,
    /// Whether the token is back.
    back: gtk::Label,
    steps_group: gtk::Box,
    steps: StepList,
    promises_group: gtk::Box,
    promises: RowList<(String, bool)>,
    outcome: gtk::Label,
    next: gtk::Label,
}

impl ResultPage {
    pub(in crate::ui::wizards) fn new() -> Self {
        let sign = gtk::Image::builder()
            .pixel_size(64)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .build();
        let page = Self {
            root: gtk::ScrolledWindow::new(),
            sign,
            good: centred(status(&["title-2"])),
            other: centred(alert(&["title-2"])),
            body: centred(label("", &[])),
            details: centred(label("", &["caption", "dim-label"])),
            back: centred(status(&["heading"])),
            steps_group: column(0),
            steps: StepList::new(),
            promises_group: column(9),
            promises: RowList::new(),
            outcome: label("", &["dim-label"]),
            next: label("", &[]),
        };
        page.details.set_selectable(true);
        let head = column(9);
        head.append(&page.sign);
        for line in [
            &page.good,
            &page.other,
            &page.body,
            &page.details,
            &page.back,
        ] {
            head.append(line);
        }
        let content = column(24);
        content.set_margin_top(12);
        content.append(&head);
        let promises = group(&gettext("On the token now"));
        promises.add(page.promises.widget());
        page.outcome.set_margin_start(6);
        page.promises_group.append(&promises);
        page.promises_group.append(&page.outcome);
        content.append(&page.promises_group);
        let done = group(&gettext("Steps"));
        done.add(page.steps.widget());
        page.steps_group.append(&done);
        content.append(&page.steps_group);
        content.append(&page.next);
        Self {
            root: scrolled(&content),
            ..page
        }
    }

    /// Shows how a course ended.
    pub(in crate::ui::wizards) fn follow(&mut self, course: &Course) {
        if let Some(ending) = &course.ending {
            let made = course.made.as_ref();
            self.show(ending, made.map(|made| made.plan.as_ref()));
        }
    }

    fn show(&mut self, ending: &Ending, plan: Option<&Plan>) {
        let words = words(ending, plan);
        self.sign.set_icon_name(Some(words.sign));
        for class in ["success", "warning", "accent"] {
            crate::ui::wizards::parts::toggle(&self.sign, class, class == words.class);
        }
        let (good, other) = if words.good {
            (words.title.as_str(), "")
        } else {
            ("", words.title.as_str())
        };
        self.good.set_visible(words.good);
        self.other.set_visible(!words.good);
        set_once(&self.good, good);
        set_once(&self.other, other);
        set_once(&self.body, &words.body);
        let details = words.details.as_deref().unwrap_or_default();
        set_once(&self.details, details);
        self.details.set_visible(!details.is_empty());
        let promises = match ending {
            Ending::Ready { promises, .. } => promises.as_slice(),
            _ => &[],
        };
        let lines: Vec<(String, bool)> = promises
            .iter()
            .map(|promise| (explain::plan::promised(&promise.what), promise.kept))
            .collect();
        self.promises.show(&lines, build_promise);
        set_once(&self.outcome, &explain::plan::outcome(promises));
        self.promises_group.set_visible(!lines.is_empty());
        let broken = match (ending, plan) {
            (Ending::Stopped { step, .. }, Some(plan)) => {
                steps::states(plan, |number| match number.cmp(step) {
                    std::cmp::Ordering::Less => StepState::Done,
                    std::cmp::Ordering::Equal => StepState::Broken,
                    std::cmp::Ordering::Greater => StepState::Waiting,
                })
            }
            _ => Vec::new(),
        };
        self.steps.show(&broken);
        self.steps_group.set_visible(!broken.is_empty());
        set_once(&self.next, &words.next);
        self.next.set_visible(!words.next.is_empty());
        // Last, so that it is spoken after what it belongs to.
        let back = match ending {
            Ending::Stopped {
                live: true,
                waits: true,
                ..
            } => gettext("The token is back"),
            _ => String::new(),
        };
        self.back.set_visible(!back.is_empty());
        set_once(&self.back, &back);
    }
}

struct Words {
    sign: &'static str,
    class: &'static str,
    good: bool,
    title: String,
    body: String,
    details: Option<String>,
    next: String,
}

fn words(ending: &Ending, plan: Option<&Plan>) -> Words {
    let of = |sign, class, words: &Explanation| Words {
        sign,
        class,
        good: false,
        title: words.title.clone(),
        body: words.body.clone(),
        details: words.details.clone(),
        next: String::new(),
    };
    match ending {
        Ending::Ready { name, promises } => ready(name, promises),
        Ending::Done(words) => Words {
            good: true,
            ..of("emblem-ok-symbolic", "success", words)
        },
        Ending::Rehearsed => Words {
            sign: "auth-smartcard-symbolic",
            class: "accent",
            good: true,
            title: explain::plan::nothing_written(),
            body: plan.map(explain::plan::would_work).unwrap_or_default(),
            details: None,
            next: String::new(),
        },
        Ending::Refused(words) | Ending::Stopped { words, .. } => {
            of("dialog-warning-symbolic", "warning", words)
        }
    }
}

fn ready(name: &str, promises: &[Promise]) -> Words {
    let all_kept = promises.iter().all(|promise| promise.kept);
    let empty = promises
        .iter()
        .any(|promise| promise.what == Promised::Empty);
    let key = promises
        .iter()
        .any(|promise| matches!(promise.what, Promised::Key(_)));
    let name = [("token", name)];
    Words {
        sign: if all_kept {
            "emblem-ok-symbolic"
        } else {
            "dialog-warning-symbolic"
        },
        class: if all_kept { "success" } else { "warning" },
        good: all_kept,
        title: match (all_kept, empty) {
            (true, true) => gettext("The token is empty"),
            (true, false) => gettext_f("{token} is ready", &name),
            (false, _) => gettext_f("{token} is not as it was to be", &name),
        },
        body: if all_kept {
            gettext("The token was read again. What was done to it stays written in its journal.")
        } else {
            gettext(
                "Every step was done, and yet something is missing. Look at the token before you hand it out.",
            )
        },
        details: None,
        next: if key && all_kept {
            gettext("Next: have a certificate made for each key, and put it on the token.")
        } else {
            String::new()
        },
    }
}

fn build_promise((words, kept): &(String, bool)) -> gtk::Widget {
    use crate::ui::a11y::A11yExt as _;

    let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    line.add_css_class("line");
    let (sign, class, found) = if *kept {
        ("emblem-ok-symbolic", "success", gettext("found"))
    } else {
        ("dialog-warning-symbolic", "warning", gettext("missing"))
    };
    line.append(&icon(sign, class));
    line.append(&label(words, &[]));
    let row = relm4::adw::PreferencesRow::builder()
        .activatable(false)
        .child(&line)
        .build();
    row.set_a11y_label(&format!("{words}, {found}"));
    row.upcast()
}

fn centred(label: gtk::Label) -> gtk::Label {
    label.set_xalign(0.5);
    label.set_justify(gtk::Justification::Center);
    label
}
