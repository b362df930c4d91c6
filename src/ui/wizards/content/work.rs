//! What the wizard does: from page to page, and with the backend.

use std::path::Path;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::flow;
use super::options::Options;
use super::{Access, ContentCommandOutput, ContentInput, ContentWizard, Page, Wish, loss};
use crate::backend::{Failure, Look, PlanCommand};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::content::{self, CapFile};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::secrets::Secrets;
use crate::plan::{Survey, Task};
use crate::token::Identity;
use crate::ui::wizards::plan::{
    Close, Ending, Made, PlanNews, PlanOutput, Request, Turn, ask_to_stop,
};
use crate::ui::wizards::profile_file::name_of;

impl ContentWizard {
    /// Asks for everything that has to be known before there can be a plan.
    pub(super) fn begin(&mut self, sender: &ComponentSender<Self>) {
        if let Wish::File(path) = &self.wish {
            let path = path.clone();
            sender.spawn_oneshot_command(move || ContentCommandOutput::Read(Box::new(read(&path))));
        }
        let command = self.course.survey(false);
        asks(command, sender);
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

    pub(super) fn happened(&mut self, news: PlanNews, sender: &ComponentSender<Self>) {
        if matches!(news, PlanNews::Finished(_)) {
            self.pages.running.stop();
        }
        let turn = self.course.happened(news);
        self.turn(turn, sender);
    }

    fn turn(&mut self, turn: Turn, sender: &ComponentSender<Self>) {
        match turn {
            // There is no PIN that could be wrong.
            Turn::Stay | Turn::Wrong(..) | Turn::Refused(..) => {}
            Turn::Result => self.page = Page::Result,
            Turn::Over => {
                self.access = None;
                self.page = Page::Result;
            }
            Turn::Done(_) => {
                let words = self.course.made.as_ref().map(|made| flow::done(&made.plan));
                self.access = None;
                if let Some(words) = words {
                    self.end(Ending::Done(words));
                }
            }
            Turn::Surveyed {
                survey,
                unfinished,
                go_on,
            } => self.surveyed(survey, unfinished, go_on, sender),
        }
    }

    fn end(&mut self, ending: Ending) {
        self.course.ending = Some(ending);
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
            (Some(unfinished), wish) if go_on || *wish == Wish::GoOn => {
                self.resume(&unfinished, &survey, go_on, sender);
            }
            // What was asked for is not lost in silence for what was left.
            (Some(unfinished), _) => {
                let words = explain::failure(&Failure::Unfinished(unfinished));
                self.end(Ending::Refused(words));
            }
            (None, Wish::GoOn) => {
                let turn = self.course.nothing_left();
                self.turn(turn, sender);
            }
            (None, Wish::File(_)) => self.turn_to_file(),
            (None, Wish::Change(choice)) => {
                let registry = self.look.as_ref().and_then(|look| look.registry.as_ref());
                let (name, tasks) = (choice.name(), choice.tasks(registry));
                self.make(&name, tasks);
            }
            (None, Wish::Steps(name, tasks)) => {
                let (name, tasks) = (name.clone(), tasks.clone());
                self.make(&name, tasks);
            }
        }
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
            Ok(mut preview) => {
                loss::add(&mut preview, &plan, 0, &self.token);
                self.course.made = Some(Made::new(plan, preview));
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
        if let Err(words) = self.course.take_up(unfinished, survey) {
            return self.end(Ending::Refused(words));
        }
        if let Some(made) = &mut self.course.made {
            loss::add(&mut made.preview, &made.plan, made.first, &self.token);
        }
        self.resumed = true;
        self.page = Page::Plan;
        // Without the keys the page with the plan asks for them.
        if go_on {
            self.run(sender);
        }
    }

    /// The card manager was opened from here.
    pub(super) fn is_opened(&mut self, identity: Identity, access: Access, look: Arc<Look>) {
        let over = self.course.ending.is_some() || self.course.request != Request::None;
        if identity != self.course.identity() || over {
            return;
        }
        if let (Some(options), Some(file)) = (&mut self.options, &self.file) {
            options.meets(file, look.registry.as_ref());
        }
        self.look = Some(look);
        self.access = Some(access);
        let made = self.course.made.as_ref().filter(|made| !made.begun);
        if let Some(made) = made.filter(|_| self.page == Page::Plan) {
            // It is opened in another way than was supposed.
            let plan = Arc::clone(&made.plan);
            self.make(&plan.name, plan.tasks.clone());
        }
    }

    // What the person wants done.

    pub(super) fn primary(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        if !self.is_live() {
            return;
        }
        match self.page {
            Page::Looking | Page::Running => {}
            Page::File | Page::Plan if self.wants_keys() => {
                let wanted = PlanOutput::KeysWanted(self.course.identity());
                sender.output_sender().emit(wanted);
            }
            Page::File => self.plan_file(),
            Page::Plan => self.run(sender),
            Page::Result => match &self.course.ending {
                Some(Ending::Rehearsed) => {
                    self.course.ending = None;
                    self.page = Page::Plan;
                }
                Some(Ending::Stopped { .. }) => {
                    self.page = Page::Looking;
                    asks(self.course.go_on(), sender);
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
            Page::Plan if !self.course.has_begun() && !self.wants_keys() => {
                if let Some(command) = self.course.rehearse() {
                    asks(command, sender);
                }
            }
            Page::Result | Page::Plan | Page::File => self.close(sender, root),
            Page::Looking => {}
        }
    }

    fn run(&mut self, sender: &ComponentSender<Self>) {
        let Some(access) = &self.access else { return };
        let mut secrets = Secrets::default();
        secrets.give_manager_keys(access.keys.duplicate(), false);
        if let Some(keys) = &access.new_keys {
            secrets.give_new_manager_keys(keys.duplicate());
        }
        let Some(command) = self.course.run(secrets) else {
            return;
        };
        self.page = Page::Running;
        let input = sender.input_sender().clone();
        self.pages
            .running
            .start(move || input.emit(ContentInput::Beat));
        asks(command, sender);
    }

    pub(super) fn stop(&mut self, sender: &ComponentSender<Self>) {
        if self.course.stop() {
            sender.output_sender().emit(PlanOutput::StopAsked);
        }
    }

    pub(super) fn close(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.course.close() {
            Close::Waits => {}
            Close::Asks => {
                let input = sender.input_sender().clone();
                ask_to_stop(root, move || input.emit(ContentInput::Stop));
            }
            Close::Now => {
                self.access = None;
                sender.output_sender().emit(PlanOutput::Closed);
                root.destroy();
            }
        }
    }
}

/// Asks the backend.
fn asks(command: PlanCommand, sender: &ComponentSender<ContentWizard>) {
    sender.output_sender().emit(PlanOutput::Asked(command));
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
