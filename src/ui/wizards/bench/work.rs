//! The bench at work: what is decided is carried out, told and written down.

use std::path::PathBuf;

use relm4::adw::prelude::*;
use relm4::{ComponentSender, gtk};

use super::files::Kind;
use super::lanes::Lanes;
use super::names::NamesTable;
use super::start::Order;
use super::{BenchCommandOutput, BenchInput, BenchOutput, BenchPage, LaneAct, Standing, files};
use crate::backend::{Event, Handle, Workbench};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::{Explanation, bench as words};
use crate::plan::SecretName;
use crate::plan::bench::codes::System;
use crate::plan::bench::letters::Letters;
use crate::plan::bench::names::Form;
use crate::plan::bench::{self, Bench, Common, Decision, Input, Said, Stage, Trouble};
use crate::plan::files::Files;
use crate::token::ReaderId;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{Fold, Lead};
use crate::ui::wizards::parts::{Warning, column, label, set_once};

/// Two ways to look at it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum View {
    /// A card for each reader.
    Lanes,
    /// A line for each name.
    Names,
}

/// A bench that was begun.
#[derive(Debug)]
pub(super) struct Work {
    workbench: Workbench,
    /// What the profile is called, and the table.
    title: String,
    form: Form,
    results: PathBuf,
    letters_file: PathBuf,
    writing: bool,
    /// Whether something came since the results were written.
    unwritten: bool,
    /// Why the results are not there.
    pub(super) trouble: Option<Explanation>,
    pub(super) letters: Letters,
    /// Whether somebody ended it.
    ending: bool,
    ended: bool,
}

impl Work {
    /// Begins what was ordered.
    pub(super) fn new(
        order: Order,
        files: &Files,
        secrets: Vec<(SecretName, Secret)>,
        letters: Letters,
        handle: Handle,
    ) -> Self {
        let (opened, table) = (order.profile, order.table);
        let common = Common {
            given: files.given(),
            pins: secrets.into_iter().collect(),
            data: files.data(),
        };
        let profile = crate::token::Text::from(opened.profile.name.as_str());
        let form = table.names.form;
        let bench = Bench::new(opened.profile, table.names.people, common, Box::new(System));
        Self {
            workbench: Workbench::new(bench, handle)
                .practising(order.practises)
                .leaving_out(order.left_out, order.left_alone),
            title: crate::explain::dotted(&[profile.to_string(), files::name(&table.path)]),
            form,
            letters_file: files::letters_beside(&table.path),
            results: order.results,
            writing: false,
            unwritten: false,
            trouble: None,
            letters,
            ending: false,
            ended: false,
        }
    }

    /// Where its letters may go.
    pub(super) fn letters_file(&self) -> PathBuf {
        self.letters_file.clone()
    }

    /// Whether what is done is not written down.
    fn is_unwritten(&self) -> bool {
        self.writing || self.unwritten || self.trouble.is_some()
    }

    /// Whether nothing of it would be lost.
    fn can_go(&self) -> bool {
        let idle = self.is_over() && !self.workbench.is_busy();
        idle && self.letters.is_empty() && !self.is_unwritten()
    }

    pub(super) fn bench(&self) -> &Bench {
        self.workbench.bench()
    }

    /// Whether nothing more comes of it.
    pub(super) fn is_over(&self) -> bool {
        self.ended || self.bench().is_over()
    }

    /// Whether a token is being worked on.
    pub(super) fn is_at_work(&self) -> bool {
        let bench = self.bench();
        let mut stages = bench.lanes().filter_map(|reader| bench.lane(reader));
        stages.any(|(stage, _)| matches!(stage, Stage::Working { .. }))
    }

    pub(super) fn standing(&self) -> Standing {
        Standing {
            words: Some(words::counts(self.bench().counts())),
            working: !self.is_over() || self.workbench.is_busy(),
            letters: self.letters.len(),
            unwritten: self.is_unwritten(),
        }
    }

    /// The results as a table.
    fn table(&self) -> Vec<u8> {
        let reason = |why: &Trouble| words::trouble(why).text();
        bench::results::to_csv(self.bench().rows(), self.form, reason)
    }
}

impl BenchPage {
    /// The backend reported. Tells whether that can be seen.
    pub(super) fn happened(&mut self, event: &Event, sender: &ComponentSender<Self>) -> bool {
        let seen = match event {
            Event::Progressed { .. } | Event::Finished { .. } => true,
            Event::ReaderAdded(_)
            | Event::ReaderChanged(_)
            | Event::ReaderRemoved(_)
            | Event::TokenRead { .. } => true,
            Event::ServiceChanged(_)
            | Event::ReadingStarted(_)
            | Event::TokenUnreadable { .. }
            | Event::PlanUnfinished { .. }
            | Event::Settled
            | Event::Traced(_) => false,
        };
        if let Some(work) = self.work.as_mut().filter(|_| seen) {
            let decisions = work.workbench.hear(event, now());
            self.take(decisions, sender);
            self.end_if_stopped(sender);
        }
        seen
    }

    fn input(&mut self, input: Input, sender: &ComponentSender<Self>) {
        if let Some(work) = &mut self.work {
            let decisions = work.workbench.tell(input, now());
            self.take(decisions, sender);
        }
    }

    /// Keeps what was made, tells of it, and writes it down.
    fn take(&mut self, decisions: Vec<Decision>, sender: &ComponentSender<Self>) {
        let mut changed = false;
        for decision in decisions {
            match decision {
                Decision::Letter(letter) => {
                    if let Some(work) = &mut self.work {
                        work.letters.add(letter);
                    }
                }
                Decision::Ended { .. } => changed = true,
                Decision::Say { reader, name, what } => {
                    changed |= matches!(what, Said::Begins { .. } | Said::Failed(_));
                    // Others see what every lane does; what needs a hand is spoken.
                    if matches!(what, Said::Done(_) | Said::Failed(_) | Said::Refused(_)) {
                        let mut parts = vec![self.name_of(reader)];
                        parts.extend(name.map(|name| name.to_string()));
                        parts.push(words::said(&what));
                        let said = parts.join(": ");
                        sender.output_sender().emit(BenchOutput::Said(said));
                    }
                }
                // The workbench has done these.
                Decision::Survey { .. }
                | Decision::GiveUp { .. }
                | Decision::Run { .. }
                | Decision::Resume { .. } => {}
            }
        }
        if changed {
            self.write(sender);
        }
    }

    fn name_of(&self, reader: ReaderId) -> String {
        let mut readers = self.readers.iter();
        let found = readers.find(|other| other.reader == reader);
        found.map(|found| found.name.clone()).unwrap_or_default()
    }

    /// Writes the results, one after the other: the last one is what stays.
    fn write(&mut self, sender: &ComponentSender<Self>) {
        let Some(work) = &mut self.work else { return };
        if work.writing {
            work.unwritten = true;
            return;
        }
        work.writing = true;
        work.unwritten = false;
        let (path, table) = (work.results.clone(), work.table());
        sender.spawn_oneshot_command(move || {
            BenchCommandOutput::Written(files::write_results(&path, &table))
        });
    }

    /// The results are written, or not: then nothing more is begun that would not be written down.
    pub(super) fn written(
        &mut self,
        written: Result<(), Explanation>,
        sender: &ComponentSender<Self>,
    ) {
        let Some(work) = &mut self.work else { return };
        work.writing = false;
        let failed = written.is_err();
        work.trouble = written.err();
        if work.unwritten {
            self.write(sender);
        }
        if failed {
            self.input(Input::Pause, sender);
        }
    }

    /// Nothing new is begun, or it goes on.
    pub(super) fn pause(&mut self, sender: &ComponentSender<Self>) {
        let Some(work) = &self.work else { return };
        if work.is_over() && work.trouble.is_some() {
            return sender.input(BenchInput::Ask(Kind::Results));
        }
        if work.is_over() {
            if work.can_go() {
                sender.input(BenchInput::Anew);
            }
            return;
        }
        let paused = work.bench().is_paused();
        if paused && work.trouble.is_some() {
            // What could not be written may be written now.
            self.write(sender);
        }
        let input = if paused {
            Input::Continue
        } else {
            Input::Pause
        };
        self.input(input, sender);
    }

    pub(super) fn lane(&mut self, reader: ReaderId, act: LaneAct, sender: &ComponentSender<Self>) {
        let input = match act {
            LaneAct::Retry => Input::Retry { reader },
            LaneAct::Skip => Input::Skip { reader },
            LaneAct::GiveUp => return self.ask_to_give_up(reader, sender),
        };
        self.input(input, sender);
    }

    /// What was begun on the token elsewhere is not gone on with.
    pub(super) fn give_up(&mut self, reader: ReaderId, sender: &ComponentSender<Self>) {
        self.input(Input::GiveUp { reader }, sender);
    }

    /// The results go to another place.
    pub(super) fn write_elsewhere(&mut self, path: PathBuf, sender: &ComponentSender<Self>) {
        if let Some(work) = &mut self.work {
            work.results = path;
        }
        self.write(sender);
    }

    /// It ends when every step that was begun is done.
    pub(super) fn stop(&mut self, sender: &ComponentSender<Self>) {
        self.input(Input::Pause, sender);
        if let Some(work) = &mut self.work {
            work.ending = true;
            work.workbench.stop();
        }
        self.end_if_stopped(sender);
    }

    fn end_if_stopped(&mut self, sender: &ComponentSender<Self>) {
        let Some(work) = &mut self.work else { return };
        if work.ending && !work.ended && !work.workbench.is_busy() {
            work.ended = true;
            self.input(Input::End, sender);
            self.write(sender);
        }
    }
}

/// The page while it is done, and after that.
#[derive(Debug)]
pub(super) struct WorkPage {
    pub(super) root: gtk::Box,
    title: gtk::Label,
    over: gtk::Label,
    trouble: Warning,
    views: gtk::Stack,
    pub(super) lanes: Lanes,
    names: NamesTable,
    toggles: [(View, gtk::ToggleButton); 2],
    counts: gtk::Label,
    pause: gtk::Button,
    letters: gtk::Button,
    end: gtk::Button,
}

impl WorkPage {
    pub(super) fn new(sender: &ComponentSender<BenchPage>) -> Self {
        let title = label("", &["heading"]);
        title.set_hexpand(true);
        let toggles = toggles(sender);
        let linked = gtk::Box::builder()
            .css_classes(["linked"])
            .valign(gtk::Align::Center)
            .build();
        for (_, toggle) in &toggles {
            linked.append(toggle);
        }
        let head = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        head.append(&title);
        head.append(&linked);
        let over = label("", &[]);
        let trouble = Warning::new(true);
        let (lanes, names) = (Lanes::new(), NamesTable::new());
        let views = gtk::Stack::builder().vexpand(true).build();
        views.add_child(&lanes.root);
        names.root.set_margin_top(12);
        views.add_child(&names.root);
        let top = column(12);
        top.add_css_class("bench-head");
        top.append(&head);
        top.append(&over);
        top.append(trouble.widget());
        let counts = label("", &["numeric"]);
        counts.set_valign(gtk::Align::Center);
        let button = |input: fn() -> BenchInput| {
            let button = gtk::Button::new();
            let sender = sender.input_sender().clone();
            button.connect_clicked(move |_| sender.emit(input()));
            button
        };
        let pause = button(|| BenchInput::Pause);
        let letters = button(|| BenchInput::Letters);
        let end = button(|| BenchInput::End);
        end.set_label(&gettext("End…"));
        pause.set_label(&gettext("Pause"));
        letters.set_label(&letters_button(0));
        let buttons = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        for button in [&pause, &letters, &end] {
            buttons.append(button);
        }
        let actions = Fold::new(&counts, &buttons, Lead::Part(counts.clone().upcast()));
        let bottom = gtk::Box::builder().css_classes(["dialog-actions"]).build();
        actions.set_hexpand(true);
        bottom.append(&actions);
        let root = column(0);
        root.append(&top);
        root.append(&views);
        root.append(&bottom);
        Self {
            root,
            title,
            over,
            trouble,
            views,
            lanes,
            names,
            toggles,
            counts,
            pause,
            letters,
            end,
        }
    }

    /// Brings the page to how the bench stands.
    pub(super) fn show(
        &mut self,
        work: &Work,
        name_of: &dyn Fn(ReaderId) -> String,
        sender: &ComponentSender<BenchPage>,
    ) {
        set_once(&self.title, &work.title);
        let written = work.is_over() && !work.is_unwritten();
        let over = written.then(|| {
            gettext_f(
                "This bench is over. What came of every name is in {file}.",
                &[("file", &files::name(&work.results))],
            )
        });
        set_once(&self.over, over.as_deref().unwrap_or_default());
        self.over.set_visible(over.is_some());
        let trouble = work.trouble.as_ref();
        self.trouble
            .show(trouble.map(|words| (words.title.as_str(), words.body.as_str())));
        self.lanes.show(work.bench(), name_of, sender);
        self.names.show(work.bench(), name_of);
        set_once(&self.counts, &words::counts(work.bench().counts()));
        self.pause
            .set_label(&if work.is_over() && work.trouble.is_some() {
                gettext("Save Results…")
            } else if work.is_over() {
                gettext("New Bench")
            } else if work.bench().is_paused() {
                gettext("Go On")
            } else {
                gettext("Pause")
            });
        let letters = work.letters.len();
        self.pause.set_sensitive(if work.is_over() {
            work.can_go() || work.trouble.is_some()
        } else {
            !work.ending
        });
        self.letters.set_label(&letters_button(letters));
        self.letters.set_visible(letters > 0);
        if work.is_over() && letters > 0 {
            self.letters.add_css_class("suggested-action");
        } else {
            self.letters.remove_css_class("suggested-action");
        }
        self.end.set_visible(!work.is_over());
        self.end.set_sensitive(!work.ending);
    }

    pub(super) fn view(&self, view: View) {
        let child: &gtk::Widget = match view {
            View::Lanes => self.lanes.root.upcast_ref(),
            View::Names => self.names.root.upcast_ref(),
        };
        self.views.set_visible_child(child);
        for (other, toggle) in &self.toggles {
            if toggle.is_active() != (*other == view) {
                toggle.set_active(*other == view);
            }
        }
    }

    pub(super) fn focus(&self) {
        self.pause.grab_focus();
    }
}

fn letters_button(count: usize) -> String {
    gettext_f("Letters ({count})…", &[("count", &count.to_string())])
}

fn toggles(sender: &ComponentSender<BenchPage>) -> [(View, gtk::ToggleButton); 2] {
    let lanes = gtk::ToggleButton::builder()
        .icon_name("view-grid-symbolic")
        .tooltip_text(gettext("Readers side by side"))
        .active(true)
        .build();
    lanes.set_a11y_label(&gettext("Readers side by side"));
    let names = gtk::ToggleButton::builder()
        .icon_name("view-list-symbolic")
        .tooltip_text(gettext("All names"))
        .group(&lanes)
        .build();
    names.set_a11y_label(&gettext("All names"));
    let both = [(View::Lanes, lanes), (View::Names, names)];
    for (view, toggle) in &both {
        let (view, input) = (*view, sender.input_sender().clone());
        toggle.connect_toggled(move |toggle| {
            if toggle.is_active() {
                input.emit(BenchInput::View(view));
            }
        });
    }
    both
}
