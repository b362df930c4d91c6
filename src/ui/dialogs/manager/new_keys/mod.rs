//! The dialog in which a card manager gets new keys: they are chosen, or made here, and kept somewhere
//! before anything is written. The work itself is a plan, which the wizard for contents carries out.
//!
//! It is also asked for the new keys of a plan that was broken off: then only these will do.

mod parts;
mod set;

use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::parts::{Parts, Shown};
use self::set::{KeySet, SetFault};
use super::entered::{self, Fault, Source};
use super::given::{self, Errand, Given, KeyInput, KeyNews};
use crate::backend::{Failure, Look};
use crate::base::hex::{self, Hex};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::NewKeys;
use crate::plan::bench::codes;
use crate::plan::content::{KeyFamily, Keys};
use crate::token::Token;
use crate::ui::dialogs::chooser;
use crate::ui::dialogs::frame::{add_access_key, close_on_escape};

/// The dialog.
#[derive(Debug)]
pub struct NewKeysDialog {
    token: String,
    reader_name: String,
    family: KeyFamily,
    /// Bytes of each key that is made here.
    len: usize,
    /// Those of a plan that was broken off.
    begun: Option<NewKeys>,
    given: Given,
    /// Those that were made here.
    made: Option<entered::Parts>,
    set: KeySet,
    /// The word that they are written down.
    written_down: bool,
    /// The file that they were written into.
    saved: Option<String>,
    notice: Option<Explanation>,
    state: State,
    live: bool,
    parts: Parts,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Waiting for the person.
    Asking,
    /// Waiting for the keyring.
    Keeping,
    /// Waiting for a file that they go into.
    Writing,
    /// The card is gone.
    Gone,
}

/// What it is opened for.
#[derive(Debug)]
pub struct NewKeysInit {
    /// What is read of the card.
    pub token: Arc<Token>,
    /// The name under which its reader is shown.
    pub reader_name: String,
    /// What its card manager told.
    pub look: Arc<Look>,
    /// What the keys are for.
    pub family: KeyFamily,
    /// The bytes of each key that it has now.
    pub len: usize,
    /// The new keys of a plan that was broken off, if it is about those.
    pub begun: Option<NewKeys>,
}

/// What somebody wants to have on the card.
#[derive(Debug)]
pub struct NewKeysWish {
    /// The key set, for a plan.
    pub new: NewKeys,
    /// The keys.
    pub keys: Keys,
}

/// What can happen to it.
#[derive(Debug)]
pub enum NewKeysInput {
    /// It is on the screen.
    Appeared,
    /// Something about the keys.
    Keys(KeyInput),
    /// The version of the new key set; nothing if it is no number of one byte.
    Version(Option<u8>),
    /// The place of the key set in the list that it takes the place of; 0 for none.
    Replaces(usize),
    /// The word that they are written down.
    WrittenDown(bool),
    /// They are to go into a file.
    SaveAsked,
    /// Into this one.
    SaveChosen(PathBuf),
    /// Go on, if everything is there.
    Submit,
    /// The card was removed.
    Removed,
    /// Close it.
    Cancel,
}

/// What happened in it.
#[derive(Debug)]
pub enum NewKeysOutput {
    /// These keys shall be on the card.
    Submitted(Box<NewKeysWish>),
    /// They are in the keyring, under this name.
    Kept(String),
    /// It is closed.
    Closed,
}

#[relm4::component(pub)]
impl Component for NewKeysDialog {
    type Init = NewKeysInit;
    type Input = NewKeysInput;
    type Output = NewKeysOutput;
    type CommandOutput = KeyNews;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_size: (super::parts::WIDTH, 640),
            set_size_request: (360, 300),
            set_title: Some(&gettext("New keys of the card manager")),
            connect_close_request[sender] => move |_| {
                sender.input(NewKeysInput::Cancel);
                gtk::glib::Propagation::Stop
            },

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    set_show_start_title_buttons: false,
                    set_show_end_title_buttons: false,

                    pack_start = &gtk::Button {
                        #[watch]
                        set_label: &model.way_out(),
                        connect_clicked => NewKeysInput::Cancel,
                    },
                    pack_end = &gtk::Button {
                        add_css_class: "suggested-action",
                        set_label: &gettext("Next"),
                        #[watch]
                        set_sensitive: model.live,
                        connect_clicked => NewKeysInput::Submit,
                    },
                    pack_end = &gtk::Spinner {
                        #[watch]
                        set_visible: model.is_at_work(),
                        #[watch]
                        set_spinning: model.is_at_work(),
                    },
                },

                #[local_ref]
                content -> gtk::ScrolledWindow {},
            },
        }
    }

    fn init(
        init: NewKeysInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let token = explain::token::title(&init.token);
        let name = entered::suggested_name(&token, &init.look.manager);
        // Nobody has seen keys that are made here before somebody asks for them.
        let given = Given::new(Source::Typed, name);
        let set = KeySet::usual(&init.look);
        let parts = Parts::new(&given, &set, init.begun.is_some(), &sender);
        let mut model = Self {
            token,
            reader_name: init.reader_name,
            family: init.family,
            len: init.len,
            begun: init.begun,
            given,
            made: None,
            set,
            written_down: false,
            saved: None,
            notice: None,
            state: State::Asking,
            live: false,
            parts,
        };
        sender.spawn_oneshot_command(given::ask_names);
        model.refresh();
        close_on_escape(&root);
        let input = sender.input_sender().clone();
        add_access_key(&root, move || {
            input.emit(NewKeysInput::Keys(KeyInput::Toggle))
        });
        let content = &model.parts.content;
        let widgets = view_output!();
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let input = sender.input_sender().clone();
        root.connect_map(move |_| input.emit(NewKeysInput::Appeared));
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: NewKeysInput, sender: ComponentSender<Self>, root: &Self::Root) {
        match input {
            NewKeysInput::Appeared => self.parts.sources.focus(self.given.source),
            NewKeysInput::Keys(input) => self.edit(input, root, &sender),
            NewKeysInput::Version(version) => self.set.version = version,
            NewKeysInput::Replaces(place) => self.set.choose(place),
            NewKeysInput::WrittenDown(on) => self.written_down = on,
            NewKeysInput::SaveAsked => ask_where(root, &self.given.name, &sender),
            NewKeysInput::SaveChosen(path) => self.save(path, &sender),
            NewKeysInput::Submit => self.submit(&sender),
            NewKeysInput::Removed => {
                self.forget();
                self.state = State::Gone;
                let mut words = explain::failure(&Failure::NoCard);
                words.title = gettext("The token was removed");
                self.notice = Some(words);
            }
            NewKeysInput::Cancel => {
                self.forget();
                sender.output_sender().emit(NewKeysOutput::Closed);
                root.destroy();
                return;
            }
        }
        self.refresh();
    }

    fn update_cmd(&mut self, news: KeyNews, sender: ComponentSender<Self>, _root: &Self::Root) {
        // What comes too late is dropped here, and wiped by that.
        if news.comes_too_late(self.state == State::Asking) {
            return;
        }
        let (state, source) = (self.state, self.given.source);
        match (self.state, &news) {
            (State::Gone, _) => return,
            (State::Keeping, KeyNews::Saved(saved)) => {
                self.state = State::Asking;
                if saved.is_ok() {
                    let name = self.given.name.trim().to_owned();
                    sender.output_sender().emit(NewKeysOutput::Kept(name));
                    self.hand_on(&sender);
                }
            }
            (State::Writing, KeyNews::Written(name, written)) => {
                self.state = State::Asking;
                if written.is_ok() {
                    self.saved = Some(name.clone());
                }
            }
            (_, KeyNews::Read(..)) => self.are_others(),
            _ => {}
        }
        if let Some(words) = self.given.hear(news) {
            self.notice = Some(words);
        }
        if self.given.source != source {
            self.turn_to(self.given.source, source);
        }
        self.refresh();
        if state == State::Writing && self.state == State::Asking {
            // Where the person was when everything was greyed.
            self.parts.focus_saving();
        }
    }
}

/// Asks for the file that the keys go into.
fn ask_where(root: &adw::Window, name: &str, sender: &ComponentSender<NewKeysDialog>) {
    let title = gettext("Save the new keys");
    let save = gettext("Save");
    let chooser = chooser::new(root, &title, gtk::FileChooserAction::Save, &save);
    chooser.set_current_name(&format!("{}.keys", name.trim().replace('/', " ")));
    let input = sender.input_sender().clone();
    chooser::show(&chooser, move |_, path| {
        input.emit(NewKeysInput::SaveChosen(path));
    });
}

impl NewKeysDialog {
    fn way_out(&self) -> String {
        if self.state == State::Gone {
            gettext("Close")
        } else {
            gettext("Cancel")
        }
    }

    fn is_at_work(&self) -> bool {
        matches!(self.state, State::Keeping | State::Writing)
    }

    /// Somebody does something to the choice of keys.
    fn edit(&mut self, input: KeyInput, root: &adw::Window, sender: &ComponentSender<Self>) {
        if self.state != State::Asking {
            return;
        }
        let typed = matches!(input, KeyInput::Typed);
        // What was just put into the entries here is nobody's typing.
        if self.given.are_others(&input) && !(typed && self.shows_made()) {
            self.are_others();
        }
        let before = self.given.source;
        let errand = self.given.edit(input);
        if self.given.source != before {
            self.turn_to(self.given.source, before);
        }
        match errand {
            Errand::Nothing => {}
            Errand::LookUp(name) => sender.spawn_oneshot_command(move || given::look_up(name)),
            Errand::Read(path) => sender.spawn_oneshot_command(move || given::read_file(&path)),
            Errand::AskFile => {
                let input = sender.input_sender().clone();
                super::ask_file(root, move |path| {
                    input.emit(NewKeysInput::Keys(KeyInput::FileChosen(path)));
                });
            }
            Errand::Toggle => self.parts.sources.toggle_shown(),
            Errand::Submit => self.submit(sender),
        }
    }

    /// What was said of the keys before is void.
    fn are_others(&mut self) {
        self.notice = None;
        self.written_down = false;
        self.saved = None;
    }

    /// Whether the entries show what was made here.
    fn shows_made(&self) -> bool {
        let shown = entered::typed(&self.parts.sources.typed());
        match (&self.made, shown) {
            (Some(made), Ok(shown)) if self.given.source == Source::Random => made
                .iter()
                .zip(&shown)
                .all(|(one, other)| one.same_as(other)),
            _ => false,
        }
    }

    /// Keys that are made here are shown where others are typed.
    fn turn_to(&mut self, source: Source, before: Source) {
        if before == Source::Random {
            self.parts.sources.clear();
            self.parts.sources.show_typed(false);
            self.made = None;
        }
        if source != Source::Random {
            return;
        }
        match entered::random(self.len, &mut codes::System) {
            Some(made) => {
                self.parts
                    .sources
                    .fill(&made.each_ref().map(hex::encode_secret));
                self.made = Some(made);
            }
            None => {
                self.notice = Some(Explanation::new(
                    gettext("No keys can be made here"),
                    gettext("The system gives no random numbers."),
                ));
            }
        }
    }

    fn keys(&self) -> Result<Keys, Fault> {
        self.given.keys(self.family, &self.parts.sources.typed())
    }

    /// Whether the keys are somewhere else than here.
    fn are_safe(&self) -> bool {
        let elsewhere = matches!(self.given.source, Source::File | Source::Kept);
        let kept = self.given.will_be_kept() && self.given.name_fault().is_none();
        self.begun.is_some() || elsewhere || self.written_down || self.saved.is_some() || kept
    }

    /// The key set of these keys; what is wrong if it is none, or not the one that was begun.
    fn wish(&self, keys: Keys) -> Result<NewKeysWish, SetFault> {
        let values = keys.check_values().map_err(|_| SetFault::Others)?;
        let check_values = values.map(|value| Hex(value.0.to_vec()));
        let new = match &self.begun {
            Some(begun) if begun.check_values == check_values => begun.clone(),
            Some(_) => return Err(SetFault::Others),
            None => {
                let (version, replaces) = self.set.decided()?;
                NewKeys {
                    version,
                    replaces,
                    check_values,
                }
            }
        };
        Ok(NewKeysWish { new, keys })
    }

    /// Brings everything that is shown into line with the state.
    fn refresh(&mut self) {
        let keys = self.keys();
        let check = keys.as_ref().ok().and_then(entered::check_values);
        let fault = keys
            .as_ref()
            .err()
            .and_then(|fault| fault.words(self.family));
        let known = keys.as_ref().is_ok_and(|keys| keys.well_known().is_some());
        let there = keys.is_ok();
        let wish = keys.ok().map(|keys| self.wish(keys));
        let others = matches!(wish, Some(Err(SetFault::Others)));
        let others = others.then(|| self.other_keys());
        let kept = self.given.name_fault().is_none();
        self.live =
            self.state == State::Asking && self.are_safe() && kept && matches!(wish, Some(Ok(_)));
        let notice = self.notice.as_ref();
        let saved = self.saved.as_ref();
        let saved = saved.map(|file| gettext_f("Saved as {file}", &[("file", file)]));
        self.parts.show(&Shown {
            token: &self.token,
            reader: &self.reader_name,
            notice: notice.map(|words| (words.title.as_str(), words.body.as_str())),
            given: &self.given,
            check: check.as_deref(),
            fault: fault.or(others).as_deref(),
            known,
            set_fault: self.set.decided().err().map(SetFault::words).as_deref(),
            at_once: self.set.takes_place_at_once(),
            // They can be put into a file as soon as they are there.
            keeping: self.begun.is_none() && self.given.source.is_in_entries(),
            there,
            written_down: self.written_down,
            saved: saved.as_deref(),
            open: self.state == State::Asking,
        });
    }

    /// Why no other keys will do.
    fn other_keys(&self) -> String {
        let values = self.begun.iter().flat_map(|begun| &begun.check_values);
        let mut values: Vec<String> = values.map(|value| hex::encode(&value.0)).collect();
        values.dedup();
        gettext_f(
            // TRANSLATORS: {values} are numbers that tell keys apart: "8BAF47".
            "The work was begun with other keys, those with the check value {values}.",
            &[("values", &values.join(", "))],
        )
    }

    fn save(&mut self, path: PathBuf, sender: &ComponentSender<Self>) {
        if self.state != State::Asking {
            return;
        }
        if let Ok(parts) = self.given.parts(&self.parts.sources.typed()) {
            // What is said to be saved is what was written.
            self.state = State::Writing;
            let text = entered::to_text(&parts);
            sender.spawn_oneshot_command(move || given::write_file(&path, &text));
        }
    }

    fn submit(&mut self, sender: &ComponentSender<Self>) {
        self.refresh();
        if !self.live {
            return;
        }
        self.notice = None;
        if !self.given.will_be_kept() {
            return self.hand_on(sender);
        }
        if let Ok(parts) = self.given.parts(&self.parts.sources.typed()) {
            self.state = State::Keeping;
            let (name, text) = (self.given.name.trim().to_owned(), entered::to_text(&parts));
            sender.spawn_oneshot_command(move || given::save(&name, text));
        }
    }

    /// Everything is there, and kept.
    fn hand_on(&self, sender: &ComponentSender<Self>) {
        if let Some(Ok(wish)) = self.keys().ok().map(|keys| self.wish(keys)) {
            let wish = Box::new(wish);
            sender.output_sender().emit(NewKeysOutput::Submitted(wish));
        }
    }

    /// Wipes everything that was typed and made.
    fn forget(&mut self) {
        self.parts.sources.clear();
        self.given.forget();
        self.made = None;
    }
}
