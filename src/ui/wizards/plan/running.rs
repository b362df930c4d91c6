//! The page while it is done.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use relm4::adw::prelude::*;
use relm4::gtk;

use super::steps::{self, StepList};
use super::{Course, Request};
use crate::base::i18n::gettext_f;
use crate::explain;
use crate::plan::{Plan, Task};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::scrolled;
use crate::ui::wizards::parts::{StepState, column, icon, label, set_once, status};

/// How often the clock and the bar move.
const BEAT: Duration = Duration::from_millis(200);

/// The page.
#[derive(Debug)]
pub(in crate::ui::wizards) struct RunningPage {
    pub(in crate::ui::wizards) root: gtk::ScrolledWindow,
    count: gtk::Label,
    /// What is being done. Its changes are spoken; those of the clock are not.
    words: gtk::Label,
    usual: gtk::Label,
    clock: gtk::Label,
    bar: gtk::ProgressBar,
    steps: StepList,
    started: Option<Instant>,
    beat: RefCell<Option<gtk::glib::SourceId>>,
    pulses: bool,
}

impl RunningPage {
    pub(in crate::ui::wizards) fn new() -> Self {
        let clock = gtk::Label::builder()
            .css_classes(["numeric", "title-3"])
            .valign(gtk::Align::Start)
            .build();
        let page = Self {
            root: gtk::ScrolledWindow::new(),
            count: label("", &["caption", "dim-label"]),
            words: status(&["title-3"]),
            usual: label("", &["caption", "dim-label"]),
            clock,
            bar: gtk::ProgressBar::new(),
            steps: StepList::new(),
            started: None,
            beat: RefCell::default(),
            pulses: false,
        };
        let text = column(3);
        text.set_hexpand(true);
        text.append(&page.count);
        text.append(&page.words);
        text.append(&page.usual);
        let head = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        head.add_css_class("dialog-head");
        head.append(&text);
        head.append(&page.clock);
        let stay = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        stay.add_css_class("dialog-head");
        stay.append(&icon("dialog-warning-symbolic", "warning"));
        stay.append(&label(&explain::plan::do_not_remove(), &["heading"]));
        let content = column(18);
        content.append(&head);
        content.append(&page.bar);
        content.append(&stay);
        content.append(page.steps.widget());
        Self {
            root: scrolled(&content),
            ..page
        }
    }

    /// A run begins. `beats` is called until it has ended; then [`Self::beat`] has to be.
    pub(in crate::ui::wizards) fn start(&mut self, beats: impl Fn() + 'static) {
        self.stop();
        self.started = Some(Instant::now());
        let beat = gtk::glib::timeout_add_local(BEAT, move || {
            beats();
            gtk::glib::ControlFlow::Continue
        });
        self.beat.replace(Some(beat));
        self.beat();
    }

    /// It has ended.
    pub(in crate::ui::wizards) fn stop(&self) {
        if let Some(beat) = self.beat.take() {
            beat.remove();
        }
    }

    /// A moment has passed.
    pub(in crate::ui::wizards) fn beat(&self) {
        let elapsed = self.started.map(|started| started.elapsed().as_secs());
        let clock = explain::dates::clock(elapsed.unwrap_or_default());
        if self.clock.label() != clock {
            self.clock.set_label(&clock);
        }
        if self.pulses && self.bar.settings().is_gtk_enable_animations() {
            self.bar.pulse();
        }
    }

    /// Shows how far a course is.
    pub(in crate::ui::wizards) fn follow(&mut self, course: &Course) {
        let (Request::Run { step, .. }, Some(made)) = (course.request, &course.made) else {
            return;
        };
        let place = step.checked_sub(made.first);
        let preview = place.and_then(|place| made.preview.steps.get(place));
        let usual = preview
            .filter(|preview| preview.seconds.1 > 5)
            .map(explain::plan::cost);
        self.show(&made.plan, step, usual.as_deref());
    }

    /// Shows which step is being done, and what it usually takes.
    fn show(&mut self, plan: &Plan, step: usize, usual: Option<&str>) {
        let Some(task) = plan.tasks.get(step) else {
            return;
        };
        set_once(&self.count, &explain::plan::step_of(step, plan));
        let words = explain::plan::task(task);
        self.words.set_a11y_label(&gettext_f(
            "Step {step}: {words}",
            &[
                ("step", &explain::plan::step_of(step, plan)),
                ("words", &words),
            ],
        ));
        set_once(&self.words, &words);
        set_once(&self.usual, usual.unwrap_or_default());
        self.usual.set_visible(usual.is_some());
        // How far a card is with a key, nobody can tell.
        self.pulses = matches!(task, Task::GenerateKey(_));
        let all = plan.tasks.len().max(1);
        self.bar.set_fraction(fraction(step, all));
        self.bar.set_a11y_label(&explain::plan::step_of(step, plan));
        self.steps
            .show(&steps::states(plan, |number| match number.cmp(&step) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal => StepState::Active,
                std::cmp::Ordering::Greater => StepState::Waiting,
            }));
    }
}

/// Steps that are done, as a part of all.
fn fraction(done: usize, all: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(done) / number(all)
}
