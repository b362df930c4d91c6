//! The bench: many tokens are set up by one profile, in all readers side by side.
//!
//! It is laid out first: a profile, a table of names, which readers. Then every token that is put in
//! gets the next name; lanes work alone, and one that fails stops no other. PINs that are made up are
//! in memory until their letters are printed or saved; the results are written down after every name.

mod files;
mod keep;
mod lanes;
mod names;
mod print;
mod start;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::files::{Kind, Table};
use self::print::Printed;
use self::start::{Laid, Order, StartPage};
use self::work::{View, Work, WorkPage};
use crate::backend::{Event, Handle};
use crate::base::file::Existing;
use crate::explain::Explanation;
use crate::plan::bench::letters::Letters;
use crate::plan::files::Files;
use crate::token::{ReaderId, Text};
use crate::ui::wizards::profile_file::Opened;

/// How often the clocks move.
const BEAT: Duration = Duration::from_millis(200);

/// The bench.
#[derive(Debug)]
pub struct BenchPage {
    handle: Handle,
    laid: Laid,
    /// The readers, by the names under which they are shown.
    readers: Vec<BenchReader>,
    /// What somebody wants to begin.
    order: Option<Order>,
    work: Option<Work>,
    /// Counts letters over all benches.
    letters: Letters,
    start: StartPage,
    page: WorkPage,
    stack: gtk::Stack,
    window: gtk::Window,
    /// Whether files are being read or made.
    busy: bool,
    /// Moves the clocks while there is work.
    beat: Option<gtk::glib::SourceId>,
    /// What was told last.
    told: Option<Standing>,
}

/// A reader, as the bench shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BenchReader {
    /// Which.
    pub reader: ReaderId,
    /// What it is called.
    pub name: String,
    /// What is in it, in a few words.
    pub holding: String,
    /// Whether it is a practice reader.
    pub practice: bool,
    /// Whether there is something on the token in it.
    pub holds: bool,
    /// The serial number of that token, if it is known.
    pub serial: Option<Text>,
}

/// What it starts with.
#[derive(Debug)]
pub struct BenchInit {
    /// The backend.
    pub handle: Handle,
    /// The window in which it is.
    pub window: gtk::Window,
}

/// What somebody does with a lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LaneAct {
    /// The name is tried once more.
    Retry,
    /// The name is given up.
    Skip,
    /// What was begun on the token elsewhere is given up.
    GiveUp,
}

/// What can happen to it.
#[derive(Debug)]
pub enum BenchInput {
    /// It is on show.
    Appeared,
    /// These readers there are.
    Readers(Vec<BenchReader>),
    /// The backend reported.
    Happened(Event),
    /// Somebody wants to choose a file.
    Ask(Kind),
    /// A file was chosen.
    Chosen(Kind, PathBuf),
    /// Whether practice cards are set up.
    Practise(bool),
    /// Whether a reader belongs to it.
    Use(ReaderId, bool),
    /// Something secret was typed.
    Typed,
    /// The main button, or Enter in the last entry.
    Start,
    /// What is lost was agreed to.
    Begin,
    /// A moment has passed.
    Beat,
    /// Lanes or names.
    View(View),
    /// Nothing new is begun, or it goes on.
    Pause,
    /// Somebody does something with a lane.
    Lane(ReaderId, LaneAct),
    /// The letters are wanted.
    Letters,
    /// On paper.
    Print,
    /// The printer has those up to this mark, or not.
    Printed(u64, Printed),
    /// Whoever looked at the paper says that those up to this mark are on it.
    Wipe(u64),
    /// What was begun on a token is given up.
    GiveUp(ReaderId),
    /// It is to end.
    End,
    /// That was agreed to.
    Stop,
    /// Another one is laid out.
    Anew,
}

/// Results of the work that it gave away.
#[derive(Debug)]
pub enum BenchCommandOutput {
    /// A profile was read, or not.
    ProfileRead(Box<Result<Opened, Explanation>>),
    /// A table was read, or not.
    TableRead(Box<Result<Table, Explanation>>),
    /// What the profile names was read and the results have a place, or not.
    Ready(Box<Result<Files, Explanation>>),
    /// The results are written, or not.
    Written(Result<(), Explanation>),
    /// The letters up to this mark are in a file of this name, or not.
    Saved(u64, Result<String, Explanation>),
}

/// What happened in it.
#[derive(Debug)]
pub enum BenchOutput {
    /// It has begun, and wants to know of every reader and token.
    Begun,
    /// How it stands now.
    Stands(Standing),
    /// Something that others see happen.
    Said(String),
}

/// How it stands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// In a few words; nothing if it is not begun.
    pub words: Option<String>,
    /// Whether tokens are being worked on.
    pub working: bool,
    /// Letters that are nowhere else.
    pub letters: usize,
    /// Whether results are nowhere else.
    pub unwritten: bool,
}

#[relm4::component(pub)]
impl Component for BenchPage {
    type Init = BenchInit;
    type Input = BenchInput;
    type Output = BenchOutput;
    type CommandOutput = BenchCommandOutput;

    view! {
        #[root]
        gtk::Box {
            set_orientation: gtk::Orientation::Vertical,
            append: &model.stack,
        }
    }

    fn init(
        init: BenchInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let start = StartPage::new(&sender);
        let page = WorkPage::new(&sender);
        let stack = gtk::Stack::builder().vexpand(true).build();
        stack.add_child(&start.root);
        stack.add_child(&page.root);
        let mut model = Self {
            handle: init.handle,
            laid: Laid::default(),
            readers: Vec::new(),
            order: None,
            work: None,
            letters: Letters::default(),
            start,
            page,
            stack,
            window: init.window,
            busy: false,
            beat: None,
            told: None,
        };
        let widgets = view_output!();
        model.refresh(&sender);
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: BenchInput, sender: ComponentSender<Self>, _root: &Self::Root) {
        match input {
            BenchInput::Appeared => return self.focus(),
            BenchInput::Readers(readers) => {
                self.laid.readers_are(readers.clone());
                self.readers = readers;
            }
            BenchInput::Happened(event) => {
                if !self.happened(&event, &sender) {
                    return;
                }
            }
            BenchInput::Ask(kind) => self.ask(kind, &sender),
            BenchInput::Chosen(kind, path) => self.chosen(kind, path, &sender),
            BenchInput::Practise(on) if on == self.laid.practises() => return,
            BenchInput::Practise(on) => self.laid.practise(on),
            BenchInput::Use(reader, on) => self.laid.use_reader(reader, on),
            BenchInput::Typed => self.start.secrets.typing(),
            BenchInput::Start => self.start(&sender),
            BenchInput::Begin => self.prepare(&sender),
            BenchInput::Beat => return self.page.lanes.beat(),
            BenchInput::View(view) => self.page.view(view),
            BenchInput::Pause => self.pause(&sender),
            BenchInput::Lane(reader, act) => self.lane(reader, act, &sender),
            BenchInput::Letters => self.offer_letters(&sender),
            BenchInput::Print => self.print(&sender),
            BenchInput::Printed(count, printed) => self.printed(count, printed, &sender),
            BenchInput::Wipe(mark) => self.wipe(mark),
            BenchInput::GiveUp(reader) => self.give_up(reader, &sender),
            BenchInput::End => self.ask_to_end(&sender),
            BenchInput::Stop => self.stop(&sender),
            BenchInput::Anew => {
                if let Some(work) = self.work.take() {
                    self.letters = work.letters;
                }
                self.laid.again();
            }
        }
        self.refresh(&sender);
    }

    fn update_cmd(
        &mut self,
        output: BenchCommandOutput,
        sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        match output {
            BenchCommandOutput::ProfileRead(read) => match *read {
                Ok(opened) => self.laid.profile_is(opened),
                Err(words) => self.laid.trouble = Some(words),
            },
            BenchCommandOutput::TableRead(read) => match *read {
                Ok(table) => self.laid.table_is(table),
                Err(words) => self.laid.trouble = Some(words),
            },
            BenchCommandOutput::Ready(ready) => {
                self.busy = false;
                match *ready {
                    Ok(files) => self.begin(&files, &sender),
                    Err(words) => self.laid.unready = Some(words),
                }
            }
            BenchCommandOutput::Written(written) => self.written(written, &sender),
            BenchCommandOutput::Saved(count, saved) => self.saved(count, saved, &sender),
        }
        self.refresh(&sender);
    }

    fn shutdown(&mut self, _widgets: &mut Self::Widgets, _output: relm4::Sender<Self::Output>) {
        self.stop_clocks();
    }
}

impl BenchPage {
    fn focus(&self) {
        match &self.work {
            None => self.start.focus(&self.laid),
            Some(_) => self.page.focus(),
        }
    }

    fn ask(&self, kind: Kind, sender: &ComponentSender<Self>) {
        let proposed = match kind {
            Kind::Results => self.laid.results.as_ref().map(|(path, _)| path.clone()),
            Kind::Letters => self.work.as_ref().map(Work::letters_file),
            Kind::Profile | Kind::Names => None,
        };
        let input = sender.input_sender().clone();
        let chosen = move |path| input.emit(BenchInput::Chosen(kind, path));
        files::ask(kind, &self.window, proposed.as_deref(), chosen);
    }

    fn chosen(&mut self, kind: Kind, path: PathBuf, sender: &ComponentSender<Self>) {
        match kind {
            Kind::Profile => sender.spawn_oneshot_command(move || {
                BenchCommandOutput::ProfileRead(Box::new(files::read_profile(&path)))
            }),
            Kind::Names => sender.spawn_oneshot_command(move || {
                BenchCommandOutput::TableRead(Box::new(files::read_names(&path)))
            }),
            Kind::Results if self.work.is_some() => self.write_elsewhere(path, sender),
            Kind::Results => {
                self.laid.results = Some((path, true));
                self.laid.trouble = None;
            }
            Kind::Letters => self.save_letters(path, sender),
        }
    }

    /// The bench is to begin: what it takes from tokens is agreed to first.
    fn start(&mut self, sender: &ComponentSender<Self>) {
        if !self.start.start.is_sensitive() {
            return;
        }
        let Some(order) = self.laid.order() else {
            return;
        };
        let destroys = order.destroys();
        self.laid.unready = None;
        self.order = Some(order);
        if destroys {
            keep::ask_to_take_all(&self.window, sender);
        } else {
            self.prepare(sender);
        }
    }

    /// Reads what the profile names, and makes the file for the results.
    fn prepare(&mut self, sender: &ComponentSender<Self>) {
        let Some(order) = self.order.clone() else {
            return;
        };
        if self.busy || self.work.is_some() {
            return;
        }
        self.busy = true;
        sender.spawn_oneshot_command(move || {
            let existing = if order.chosen {
                Existing::Replace
            } else {
                Existing::Keep
            };
            let ready = order.profile.files().and_then(|files| {
                files::make_results(&order.results, existing)?;
                Ok(files)
            });
            BenchCommandOutput::Ready(Box::new(ready))
        });
    }

    /// Everything is there.
    fn begin(&mut self, files: &Files, sender: &ComponentSender<Self>) {
        let Some(order) = self.order.take() else {
            return;
        };
        let secrets = self.start.take_secrets();
        let letters = Letters::after(&self.letters);
        self.work = Some(Work::new(
            order,
            files,
            secrets,
            letters,
            self.handle.clone(),
        ));
        sender.output_sender().emit(BenchOutput::Begun);
    }

    /// Brings all of it to how it stands.
    fn refresh(&mut self, sender: &ComponentSender<Self>) {
        let readers = &self.readers;
        let name_of = |reader: ReaderId| {
            let found = readers.iter().find(|other| other.reader == reader);
            found.map(|found| found.name.clone()).unwrap_or_default()
        };
        match &self.work {
            None => {
                self.start.show(&self.laid, self.busy, sender);
                self.stack.set_visible_child(&self.start.root);
            }
            Some(work) => {
                self.page.show(work, &name_of, sender);
                self.stack.set_visible_child(&self.page.root);
            }
        }
        self.tell(sender);
        self.keep_clocks(sender);
    }

    /// Tells the window how it stands, if that is news.
    fn tell(&mut self, sender: &ComponentSender<Self>) {
        let standing = self.work.as_ref().map(Work::standing).unwrap_or_default();
        if self.told.as_ref() != Some(&standing) {
            self.told = Some(standing.clone());
            sender.output_sender().emit(BenchOutput::Stands(standing));
        }
    }

    /// Clocks move only while there is something to measure.
    fn keep_clocks(&mut self, sender: &ComponentSender<Self>) {
        let working = self.work.as_ref().is_some_and(Work::is_at_work);
        if !working {
            return self.stop_clocks();
        }
        if self.beat.is_none() {
            let input = sender.input_sender().clone();
            self.beat = Some(gtk::glib::timeout_add_local(BEAT, move || {
                input.emit(BenchInput::Beat);
                gtk::glib::ControlFlow::Continue
            }));
        }
    }

    fn stop_clocks(&mut self) {
        if let Some(beat) = self.beat.take() {
            beat.remove();
        }
    }
}
