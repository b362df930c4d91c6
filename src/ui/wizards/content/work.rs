//! What the wizard does: from page to page, and with the backend.

use std::path::Path;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::flow;
use super::options::Options;
use super::{
    ContentCommandOutput, ContentInput, ContentOutput, ContentWizard, Made, Page, Request, SURVEY,
    Wish,
};
use crate::backend::{Done, Failure, LinkError, PlanAction, PlanCommand, Progress};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::content::{self, CapFile};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::secrets::Secrets;
use crate::plan::{Survey, Task};
use crate::token::Identity;
use crate::ui::wizards::plan::{Ending, Reaction, reaction};
use crate::ui::wizards::profile_file::name_of;

impl ContentWizard {
    /// Asks for everything that has to be known before there can be a plan.
    pub(super) fn begin(&mut self, sender: &ComponentSender<Self>) {
        if let Wish::File(path) = &self.wish {
            let path = path.clone();
            sender.spawn_oneshot_command(move || ContentCommandOutput::Read(Box::new(read(&path))));
        }
        self.ask(SURVEY, Request::Survey { go_on: false }, sender);
    }

    fn ask(&mut self, action: PlanAction, request: Request, sender: &ComponentSender<Self>) {
        self.request = request;
        sender
            .output_sender()
            .emit(ContentOutput::Asked(PlanCommand {
                identity: self.identity,
                action,
            }));
    }

    /// The file was read.
    pub(super) fn is_open(&mut self, file: CapFile, sender: &ComponentSender<Self>) {
        let Wish::File(path) = &self.wish else { return };
        let registry = self.look.as_ref().and_then(|look| look.registry.as_ref());
        let options = Options::usual(&file, registry);
        self.pages
            .file
            .fill(&file, &name_of(path), &options, sender);
        self.options = Some(options);
        self.file = Some(Arc::new(file));
        self.turn_to_file();
    }

    /// As soon as the file and the card are known.
    fn turn_to_file(&mut self) {
        if self.page == Page::Looking && self.file.is_some() && self.survey.is_some() {
            self.page = Page::File;
        }
    }

    pub(super) fn finished(
        &mut self,
        outcome: Result<Done, Failure>,
        sender: &ComponentSender<Self>,
    ) {
        let request = std::mem::replace(&mut self.request, Request::None);
        self.pages.running.stop();
        match (request, outcome) {
            (Request::Survey { go_on }, Ok(Done::Surveyed { survey, unfinished })) => {
                self.surveyed(survey, unfinished, go_on, sender);
            }
            (Request::Run { .. }, Ok(Done::PlanDone(_))) => {
                let words = self.made.as_ref().map(|made| flow::done(&made.plan));
                self.access = None;
                if let Some(words) = words {
                    self.end(Ending::Done(words));
                }
            }
            (Request::Run { step, .. }, Err(failure)) => self.broken(step, &failure),
            (_, Err(failure)) => self.end(Ending::Refused(explain::failure(&failure))),
            (_, Ok(_)) => {}
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.page = Page::Result;
    }

    fn surveyed(
        &mut self,
        survey: Arc<Survey>,
        unfinished: Option<Arc<Unfinished>>,
        go_on: bool,
        sender: &ComponentSender<Self>,
    ) {
        self.survey = Some(Arc::clone(&survey));
        match (unfinished, &self.wish) {
            (Some(unfinished), _) => self.resume(&unfinished, &survey, go_on, sender),
            (None, Wish::GoOn) => self.nothing_left(),
            (None, _) if go_on => self.nothing_left(),
            (None, Wish::File(_)) => self.turn_to_file(),
            (None, Wish::Change(choice)) => {
                let registry = self.look.as_ref().and_then(|look| look.registry.as_ref());
                let (name, tasks) = (choice.name(), choice.tasks(registry));
                self.make(&name, tasks);
            }
        }
    }

    fn nothing_left(&mut self) {
        let words = explain::failure(&Failure::NothingUnfinished);
        self.end(Ending::Refused(words));
    }

    /// Makes the plan of these steps, and shows it.
    fn make(&mut self, name: &str, tasks: Vec<Task>) {
        let Some(survey) = self.survey.clone() else {
            return;
        };
        let opening = self.access.as_ref().map(|access| access.opening);
        let atr = &self.token.card.atr;
        let opening = opening.unwrap_or_default();
        let Some(plan) = content::plan(name, &survey, atr, opening, tasks, now()) else {
            return self.end(Ending::Refused(explain::card_manager::none()));
        };
        match Preview::of(&plan, &survey) {
            Ok(preview) => {
                self.made = Some(Made {
                    plan: Arc::new(plan),
                    preview,
                    first: 0,
                    begun: false,
                });
                self.page = Page::Plan;
            }
            Err((_, error)) => self.end(Ending::Refused(explain::plan::setup_error(&error))),
        }
    }

    /// Takes up the plan that was broken off; with `go_on` the person has seen it already.
    fn resume(
        &mut self,
        unfinished: &Unfinished,
        survey: &Survey,
        go_on: bool,
        sender: &ComponentSender<Self>,
    ) {
        let before = unfinished.begun.as_ref().unwrap_or(survey);
        let first = unfinished.next;
        let preview = match Preview::of_tasks(&unfinished.plan, before, first) {
            Ok(preview) => preview,
            Err((_, error)) => {
                return self.end(Ending::Refused(explain::plan::setup_error(&error)));
            }
        };
        self.made = Some(Made {
            plan: Arc::new(unfinished.plan.clone()),
            preview,
            first,
            begun: true,
        });
        self.page = Page::Plan;
        if go_on {
            self.run(sender);
        }
    }

    fn broken(&mut self, begun: usize, failure: &Failure) {
        let reaction = reaction(failure);
        let begun_at_all = self.made.as_ref().is_some_and(|made| made.begun);
        if !begun_at_all {
            return self.end(Ending::Refused(match reaction {
                Reaction::Gone => removed_before(),
                Reaction::Stopped => explain::failure::link_error(&LinkError::Cancelled),
                Reaction::Wrong(..) | Reaction::Failed(_) => explain::failure(failure),
            }));
        }
        // The journal knows better: the step that was begun last may be done.
        let known = self.unfinished.as_ref();
        let step = known.map_or(begun, |(_, left)| left.next);
        let waits = reaction == Reaction::Gone;
        let live = known.is_some_and(|(at, _)| !waits || *at != self.identity);
        let words = match reaction {
            Reaction::Gone => self.gone_at(step),
            Reaction::Stopped => self.stopped_at(step),
            Reaction::Wrong(..) | Reaction::Failed(_) => explain::failure(failure),
        };
        self.end(Ending::Stopped {
            step,
            words,
            live,
            waits,
        });
    }

    fn gone_at(&self, step: usize) -> Explanation {
        Explanation {
            title: explain::failure::link_error(&LinkError::Removed).title,
            body: gettext_f(
                "The work stopped at step {place}. Put the card back to go on; nothing has to be done twice.",
                &[("place", &self.place(step))],
            ),
            details: None,
        }
    }

    fn stopped_at(&self, step: usize) -> Explanation {
        Explanation {
            title: gettext_f(
                "Stopped before step {place}",
                &[("place", &self.place(step))],
            ),
            body: gettext("What is done stays done. It can be gone on with now, or another day."),
            details: None,
        }
    }

    /// "2 of 3".
    fn place(&self, step: usize) -> String {
        let made = self.made.as_ref();
        made.map(|made| explain::plan::step_of(step, &made.plan))
            .unwrap_or_default()
    }

    pub(super) fn progressed(&mut self, progress: Progress) {
        if let (Progress::Step { step: at }, Request::Run { step, .. }) =
            (progress, &mut self.request)
        {
            *step = at;
            // From here on the journal knows of it.
            if let Some(made) = &mut self.made {
                made.begun = true;
            }
        }
    }

    /// The card is (back) in a reader, and its plan can be gone on with.
    pub(super) fn can_go_on(&mut self, identity: Identity, unfinished: Arc<Unfinished>) {
        let ours = self
            .made
            .as_ref()
            .is_some_and(|made| made.plan.subject.serial == unfinished.plan.subject.serial);
        if !ours {
            return;
        }
        if let Some(Ending::Stopped { step, live, .. }) = &mut self.ending {
            *step = unfinished.next;
            *live = true;
        }
        self.unfinished = Some((identity, unfinished));
    }

    pub(super) fn removed(&mut self, identity: Identity) {
        let held = self.unfinished.as_ref();
        if held.is_some_and(|(at, _)| *at == identity) {
            self.unfinished = None;
            if let Some(Ending::Stopped { live, waits, .. }) = &mut self.ending {
                *live = false;
                *waits = true;
            }
        }
        let over = self.ending.is_some();
        if identity != self.identity || over || matches!(self.request, Request::Run { .. }) {
            return;
        }
        self.request = Request::None;
        match self.made.as_ref().filter(|made| made.begun) {
            Some(made) => {
                let step = made.first;
                let words = self.gone_at(step);
                self.end(Ending::Stopped {
                    step,
                    words,
                    live: false,
                    waits: true,
                });
            }
            None => {
                self.access = None;
                self.end(Ending::Refused(removed_before()));
            }
        }
    }

    // What the person wants done.

    pub(super) fn primary(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        if !self.is_live() {
            return;
        }
        match self.page {
            Page::Looking | Page::Running => {}
            Page::File => self.plan_file(),
            Page::Plan => self.run(sender),
            Page::Result => match &self.ending {
                Some(Ending::Stopped { .. }) => {
                    if let Some((identity, _)) = self.unfinished {
                        self.identity = identity;
                    }
                    self.ending = None;
                    self.page = Page::Looking;
                    self.ask(SURVEY, Request::Survey { go_on: true }, sender);
                }
                Some(_) | None => self.close(sender, root),
            },
        }
    }

    fn plan_file(&mut self) {
        let (Some(file), Some(options), Wish::File(path)) =
            (self.file.clone(), &self.options, &self.wish)
        else {
            return;
        };
        if let Ok(wish) = options.wish() {
            let name = name_of(path);
            let tasks = wish.tasks(&file, &name);
            self.make(&name, tasks);
        }
    }

    pub(super) fn secondary(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.page {
            Page::Running => self.stop(sender),
            Page::Result | Page::Plan | Page::File => self.close(sender, root),
            Page::Looking => {}
        }
    }

    fn run(&mut self, sender: &ComponentSender<Self>) {
        let (Some(made), Some(access)) = (self.made.clone(), &self.access) else {
            return;
        };
        let mut secrets = Secrets::default();
        secrets.give_manager_keys(access.keys.duplicate(), false);
        let action = if made.begun {
            PlanAction::Resume { secrets }
        } else {
            let plan = Arc::clone(&made.plan);
            PlanAction::Run { plan, secrets }
        };
        self.unfinished = None;
        self.ending = None;
        self.page = Page::Running;
        let input = sender.input_sender().clone();
        self.pages
            .running
            .start(move || input.emit(ContentInput::Beat));
        let request = Request::Run {
            step: made.first,
            stopping: false,
        };
        self.ask(action, request, sender);
    }

    pub(super) fn stop(&mut self, sender: &ComponentSender<Self>) {
        if let Request::Run { stopping, .. } = &mut self.request
            && !std::mem::replace(stopping, true)
        {
            sender.output_sender().emit(ContentOutput::StopAsked);
        }
    }

    pub(super) fn close(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.request {
            Request::Run { stopping: true, .. } => {}
            // Nobody closes by mistake what writes to a card.
            Request::Run { .. } => self.stop(sender),
            Request::None | Request::Survey { .. } => {
                self.access = None;
                sender.output_sender().emit(ContentOutput::Closed);
                root.destroy();
            }
        }
    }
}

/// The card was taken out before anything was done.
fn removed_before() -> Explanation {
    let mut words = explain::failure::link_error(&LinkError::Removed);
    words.body = explain::pins::nothing_sent();
    words
}

/// Files that are longer are no packages.
const MOST: u64 = 16 * 1024 * 1024;

/// Reads a file. Not for the thread of the window: the place may be slow.
fn read(path: &Path) -> Result<CapFile, Explanation> {
    use std::io::Read as _;

    let unreadable = |error: std::io::Error| Explanation {
        title: gettext_f("{file} cannot be read", &[("file", &name_of(path))]),
        body: gettext("Nothing was sent to the card."),
        details: Some(error.to_string()),
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    CapFile::read(&bytes).map_err(|error| explain::cap::cap_error(&error))
}
