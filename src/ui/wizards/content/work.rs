//! What the wizard does: from page to page, and with the backend.

use std::path::Path;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::flow;
use super::options::Options;
use super::{ContentCommandOutput, ContentInput, ContentWizard, Page, Wish};
use crate::backend::PlanCommand;
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::content::{self, CapFile};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::secrets::Secrets;
use crate::plan::{Survey, Task};
use crate::ui::wizards::plan::{Close, Ending, Made, PlanNews, PlanOutput, Turn};
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
            Turn::Stay | Turn::Wrong(..) => {}
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
            (Some(unfinished), _) => self.resume(&unfinished, &survey, go_on, sender),
            (None, Wish::GoOn) => {
                let turn = self.course.nothing_left();
                self.turn(turn, sender);
            }
            (None, Wish::File(_)) => self.turn_to_file(),
            (None, Wish::Change(choice)) => {
                let (name, tasks) = (choice.name(), vec![choice.task()]);
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
            Ok(preview) => {
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
        self.page = Page::Plan;
        if go_on {
            self.run(sender);
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
            Page::Result => match &self.course.ending {
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
            // Nobody closes by mistake what writes to a card.
            Close::Asks => self.stop(sender),
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
