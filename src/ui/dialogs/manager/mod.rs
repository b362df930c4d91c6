//! The dialog in which a card manager is opened with its keys.
//!
//! It says what is remembered of failed tries before anything is sent. Keys go into one try, and never
//! again by themselves: a card has few of them in its life.

mod advanced;
mod entered;
mod given;
mod new_keys;
mod parts;
mod sources;

use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::entered::Fault;
pub use self::entered::Source;
use self::given::{Errand, Given};
pub use self::given::{KeyInput, KeyNews};
pub use self::new_keys::{NewKeysDialog, NewKeysInit, NewKeysInput, NewKeysOutput, NewKeysWish};
use self::parts::{Parts, Shown};
use super::chooser;
use super::frame::{add_access_key, close_on_escape};
use crate::backend::{Failure, Look, ManagerAccess};
use crate::base::i18n::gettext;
use crate::explain::{self, Explanation, card_manager};
use crate::plan::SetupError;
use crate::plan::content::{self, ChannelError, KeyFamily, Keys, Opening};
use crate::token::Token;

/// The dialog.
#[derive(Debug)]
pub struct OpenManager {
    token: String,
    reader_name: String,
    look: Arc<Look>,
    given: Given,
    family: KeyFamily,
    /// As it was typed, if it is a number.
    key_version: Option<u8>,
    key_index: Option<u8>,
    opening: Opening,
    again: bool,
    /// The card has counted its channels from the beginning: it is tried only by an explicit word.
    began_anew: bool,
    /// The word to try keys that everybody knows although the card speaks against it.
    against_all: bool,
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
    /// Waiting for the card.
    Sent,
    /// The card manager is open; waiting for the keyring.
    Keeping,
    /// It is open, but the keys are not kept.
    NotKept,
    /// The card is gone.
    Gone,
}

/// What it is opened for.
#[derive(Debug)]
pub struct OpenManagerInit {
    /// What is read of the card.
    pub token: Arc<Token>,
    /// The name under which its reader is shown.
    pub reader_name: String,
    /// What its card manager told.
    pub look: Arc<Look>,
}

/// What is rarely changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setting {
    /// The place of the cipher in its list.
    Family(usize),
    /// The version of the key set; nothing if it is no number of one byte.
    Version(Option<u8>),
    /// Its index, in the same way.
    Index(Option<u8>),
    /// The place of the protection in its list.
    Level(usize),
    /// The place of the way to derive keys in its list.
    Diversification(usize),
}

/// What can happen to it.
#[derive(Debug)]
pub enum OpenManagerInput {
    /// It is on the screen.
    Appeared,
    /// Something about the keys.
    Keys(KeyInput),
    /// Something rare was changed.
    Set(Setting),
    /// The explicit word to try once more.
    Again(bool),
    /// The explicit word to try keys that everybody knows.
    Against(bool),
    /// Do it, if everything is there.
    Submit,
    /// The card manager is open.
    Opened,
    /// It did not go well.
    Refused(Failure),
    /// The card manager was asked again: the tries are others.
    Looked(Arc<Look>),
    /// The card was removed.
    Removed,
    /// Close it.
    Cancel,
}

/// What happened in it.
#[derive(Debug)]
pub enum OpenManagerOutput {
    /// The person wants this tried. Comes once for each time the button is pressed.
    Submitted(Box<ManagerAccess>),
    /// The keys that opened it are in the keyring, under this name.
    Kept(String),
    /// It is closed.
    Closed,
}

#[relm4::component(pub)]
impl Component for OpenManager {
    type Init = OpenManagerInit;
    type Input = OpenManagerInput;
    type Output = OpenManagerOutput;
    type CommandOutput = KeyNews;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_size: (parts::WIDTH, 640),
            set_size_request: (360, 300),
            set_title: Some(&gettext("Open the card manager")),
            connect_close_request[sender] => move |_| {
                sender.input(OpenManagerInput::Cancel);
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
                        connect_clicked => OpenManagerInput::Cancel,
                    },
                    pack_end = &gtk::Button {
                        add_css_class: "suggested-action",
                        // TRANSLATORS: The card manager is opened with keys.
                        set_label: &gettext("Open"),
                        #[watch]
                        set_sensitive: model.live,
                        connect_clicked => OpenManagerInput::Submit,
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
        init: OpenManagerInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let family = content::family(&init.look.manager);
        let token = explain::token::title(&init.token);
        let name = entered::suggested_name(&token, &init.look.manager);
        let given = Given::new(entered::preselected(&init.look), name);
        let mut model = Self {
            token,
            reader_name: init.reader_name,
            look: init.look,
            family,
            key_version: Some(0),
            key_index: Some(0),
            opening: Opening::default(),
            again: false,
            began_anew: false,
            against_all: false,
            notice: None,
            state: State::Asking,
            live: false,
            parts: Parts::new(family, &given, &sender),
            given,
        };
        sender.spawn_oneshot_command(given::ask_names);
        model.refresh();
        close_on_escape(&root);
        let input = sender.input_sender().clone();
        add_access_key(&root, move || {
            input.emit(OpenManagerInput::Keys(KeyInput::Toggle));
        });
        let content = &model.parts.content;
        let widgets = view_output!();
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let input = sender.input_sender().clone();
        root.connect_map(move |_| input.emit(OpenManagerInput::Appeared));
        ComponentParts { model, widgets }
    }

    fn update(
        &mut self,
        input: OpenManagerInput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        match input {
            OpenManagerInput::Appeared => self.focus(),
            OpenManagerInput::Keys(input) => self.edit(input, root, &sender),
            OpenManagerInput::Set(setting) => self.set(setting),
            OpenManagerInput::Again(again) => self.again = again,
            OpenManagerInput::Against(all) => self.against_all = all,
            OpenManagerInput::Submit => self.submit(&sender),
            OpenManagerInput::Opened => {
                if !self.keep(&sender) {
                    return self.close(&sender, root);
                }
            }
            OpenManagerInput::Refused(failure) => {
                if self.state == State::Sent {
                    self.state = State::Asking;
                }
                self.again = false;
                self.against_all = false;
                self.began_anew = began_anew(&failure);
                self.notice = Some(explain::failure(&failure));
                self.refresh();
                return self.focus();
            }
            OpenManagerInput::Looked(look) => self.look = look,
            OpenManagerInput::Removed => {
                self.forget();
                self.state = State::Gone;
                let mut words = explain::failure(&Failure::NoCard);
                words.title = gettext("The token was removed");
                self.notice = Some(words);
            }
            OpenManagerInput::Cancel => return self.close(&sender, root),
        }
        self.refresh();
    }

    fn update_cmd(&mut self, news: KeyNews, sender: ComponentSender<Self>, root: &Self::Root) {
        // What comes too late is dropped here, and wiped by that.
        if news.comes_too_late(self.state == State::Asking) {
            return;
        }
        match (self.state, &news) {
            (State::Gone, _) => return,
            (State::Keeping, KeyNews::Saved(Ok(()))) => {
                let name = self.given.name.trim().to_owned();
                sender.output_sender().emit(OpenManagerOutput::Kept(name));
                return self.close(&sender, root);
            }
            (State::Keeping, KeyNews::Saved(Err(_))) => self.state = State::NotKept,
            (_, KeyNews::Read(..)) => self.are_others(),
            _ => {}
        }
        if let Some(mut words) = self.given.hear(news) {
            if self.state == State::NotKept {
                words.title = gettext("The card manager is open, but its keys are not kept");
            }
            self.notice = Some(words);
        }
        self.refresh();
    }
}

/// Whether the card was not opened since it counts its channels from the beginning.
fn began_anew(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Manager(SetupError::Manager(ChannelError::CounterNotGrown { .. }))
    )
}

/// Asks for a file with keys.
fn ask_file(root: &adw::Window, chosen: impl Fn(PathBuf) + 'static) {
    let title = gettext("Open a file with keys");
    // TRANSLATORS: On the button that opens the file.
    let open = gettext("Open");
    let chooser = chooser::new(root, &title, gtk::FileChooserAction::Open, &open);
    chooser::show(&chooser, move |_, path| chosen(path));
}

impl OpenManager {
    fn way_out(&self) -> String {
        if matches!(self.state, State::Gone | State::NotKept) {
            gettext("Close")
        } else {
            gettext("Cancel")
        }
    }

    fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Family(place) => {
                self.family = advanced::FAMILIES
                    .get(place)
                    .copied()
                    .unwrap_or(self.family);
            }
            Setting::Version(version) => self.key_version = version,
            Setting::Index(index) => self.key_index = index,
            Setting::Level(place) => {
                self.opening.level = advanced::LEVELS.get(place).copied().unwrap_or_default();
            }
            Setting::Diversification(place) => {
                self.opening.diversification =
                    advanced::WAYS.get(place).copied().unwrap_or_default();
            }
        }
    }

    fn is_at_work(&self) -> bool {
        matches!(self.state, State::Sent | State::Keeping)
    }

    /// Somebody does something to the choice of keys. What was said of other keys goes.
    fn edit(&mut self, input: KeyInput, root: &adw::Window, sender: &ComponentSender<Self>) {
        if self.state != State::Asking {
            return;
        }
        if self.given.are_others(&input) {
            self.are_others();
        }
        match self.given.edit(input) {
            Errand::Nothing => {}
            Errand::LookUp(name) => sender.spawn_oneshot_command(move || given::look_up(name)),
            Errand::Read(path) => sender.spawn_oneshot_command(move || given::read_file(&path)),
            Errand::AskFile => {
                let input = sender.input_sender().clone();
                ask_file(root, move |path| {
                    input.emit(OpenManagerInput::Keys(KeyInput::FileChosen(path)));
                });
            }
            Errand::Toggle => self.parts.sources.toggle_shown(),
            Errand::Submit => self.submit(sender),
        }
    }

    /// What was said of the keys before is void, and so is the word that they may be tried.
    fn are_others(&mut self) {
        self.notice = None;
        if std::mem::take(&mut self.began_anew) {
            self.again = false;
        }
    }

    fn focus(&self) {
        self.parts.sources.focus(self.given.source);
    }

    /// The keys as they are chosen now.
    fn keys(&self) -> Result<Keys, Fault> {
        self.given.keys(self.family, &self.parts.sources.typed())
    }

    /// Why an explicit word is wanted: failed tries that are remembered, or a card that counts anew.
    /// Nothing if it is not.
    fn failed(&self) -> Option<String> {
        let tries = self.look.tries;
        if tries == Some(0) {
            return self.began_anew.then(card_manager::counts_anew);
        }
        Some(card_manager::tries(tries))
    }

    /// Whether an explicit word is wanted for keys that everybody knows.
    fn against(&self) -> bool {
        self.given.source == Source::Test && entered::preselected(&self.look) != Source::Test
    }

    /// What is wrong with the numbers.
    fn numbers(&self) -> Option<String> {
        let right = self.key_version.is_some() && self.key_index.is_some();
        (!right).then(|| gettext("Key version and key index are numbers from 0 to 255."))
    }

    /// Brings everything that is shown into line with the state.
    fn refresh(&mut self) {
        let keys = self.keys();
        let (failed, against, numbers) = (self.failed(), self.against(), self.numbers());
        let allowed = (self.again || failed.is_none()) && (self.against_all || !against);
        let ready = numbers.is_none() && self.given.name_fault().is_none();
        self.live = self.state == State::Asking && allowed && ready && keys.is_ok();
        let check = keys.as_ref().ok().and_then(entered::check_values);
        let fault = keys
            .as_ref()
            .err()
            .and_then(|fault| fault.words(self.family));
        let wrong = gettext("Something under “Advanced” is no number");
        let notice = self.notice.as_ref();
        let notice = notice.map(|words| (words.title.as_str(), words.body.as_str()));
        let number = numbers.as_deref().map(|words| (wrong.as_str(), words));
        self.parts.show(&Shown {
            token: &self.token,
            reader: &self.reader_name,
            failed: failed.as_deref(),
            again: self.again,
            notice: notice.or(number),
            given: &self.given,
            against,
            against_all: self.against_all,
            check: check.as_deref(),
            fault: fault.as_deref(),
            numbers: numbers.as_deref(),
            open: self.state == State::Asking,
        });
    }

    fn submit(&mut self, sender: &ComponentSender<Self>) {
        self.refresh();
        let (Ok(keys), Some(key_version), Some(key_index)) =
            (self.keys(), self.key_version, self.key_index)
        else {
            return;
        };
        if !self.live {
            return;
        }
        self.notice = None;
        self.state = State::Sent;
        let access = ManagerAccess {
            opening: Opening {
                key_version,
                key_index,
                ..self.opening
            },
            keys,
            try_again: self.again,
        };
        sender
            .output_sender()
            .emit(OpenManagerOutput::Submitted(Box::new(access)));
    }

    /// Puts the keys that opened it into the keyring, if somebody wants that. Only those: what is kept
    /// is tried again another day.
    fn keep(&mut self, sender: &ComponentSender<Self>) -> bool {
        if self.state != State::Sent || !self.given.will_be_kept() {
            return false;
        }
        let Ok(parts) = self.given.parts(&self.parts.sources.typed()) else {
            return false;
        };
        self.state = State::Keeping;
        let (name, text) = (self.given.name.trim().to_owned(), entered::to_text(&parts));
        sender.spawn_oneshot_command(move || given::save(&name, text));
        true
    }

    fn close(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        self.forget();
        sender.output_sender().emit(OpenManagerOutput::Closed);
        root.destroy();
    }

    /// Wipes everything that was typed.
    fn forget(&mut self) {
        self.parts.sources.clear();
        self.given.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_counts_anew_is_tried_by_an_explicit_word() {
        let failed = |error| began_anew(&Failure::Manager(SetupError::Manager(error)));
        assert!(failed(ChannelError::CounterNotGrown { last: 5, now: 1 }));
        assert!(!failed(ChannelError::NoKeySet));
        assert!(!began_anew(&Failure::NoCard));
    }
}
