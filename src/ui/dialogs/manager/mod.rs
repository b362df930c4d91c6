//! The dialog in which a card manager is opened with its keys.
//!
//! It says what is remembered of failed tries before anything is sent. Keys go into one try, and never
//! again by themselves: a card has few of them in its life.

mod entered;
mod parts;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::entered::Fault;
pub use self::entered::Source;
use self::parts::{Parts, Shown};
use super::chooser;
use super::frame::close_on_escape;
use crate::backend::{Failure, Look, ManagerAccess};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::{self, Explanation, card_manager};
use crate::plan::content::{KeyFamily, Keys, Opening, WellKnownKey};
use crate::token::Token;
use crate::ui::wizards::profile_file::name_of;

/// The dialog.
#[derive(Debug)]
pub struct OpenManager {
    token: String,
    reader_name: String,
    look: Arc<Look>,
    source: Source,
    family: KeyFamily,
    /// As it was typed, if it is a number.
    key_version: Option<u8>,
    key_index: Option<u8>,
    opening: Opening,
    /// A file that was chosen, and the keys in it.
    file: Option<(String, Result<entered::Parts, Fault>)>,
    again: bool,
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
    /// Where the keys come from was chosen.
    Choose(Source),
    /// A file is to be chosen.
    FileAsked,
    /// This one was.
    FileChosen(PathBuf),
    /// Something was typed.
    Typed,
    /// Something rare was changed.
    Set(Setting),
    /// The explicit word to try once more.
    Again(bool),
    /// Do it, if everything is there.
    Submit,
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
    /// It is closed.
    Closed,
}

/// What a file said.
#[derive(Debug)]
pub enum OpenManagerCommandOutput {
    /// Its name, and what is in it.
    Read(String, Result<Secret, std::io::Error>),
}

#[relm4::component(pub)]
impl Component for OpenManager {
    type Init = OpenManagerInit;
    type Input = OpenManagerInput;
    type Output = OpenManagerOutput;
    type CommandOutput = OpenManagerCommandOutput;

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
                        set_visible: model.state == State::Sent,
                        #[watch]
                        set_spinning: model.state == State::Sent,
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
        let family = entered::family(&init.look);
        let mut model = Self {
            token: explain::token::title(&init.token),
            reader_name: init.reader_name,
            look: init.look,
            source: Source::Test,
            family,
            key_version: Some(0),
            key_index: Some(0),
            opening: Opening::default(),
            file: None,
            again: false,
            notice: None,
            state: State::Asking,
            live: false,
            parts: Parts::new(family, &sender),
        };
        model.refresh();
        close_on_escape(&root);
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
            OpenManagerInput::Appeared => self.parts.focus(self.source),
            OpenManagerInput::Choose(source) => self.source = source,
            OpenManagerInput::FileAsked => ask_file(root, &sender),
            OpenManagerInput::FileChosen(path) => sender.spawn_oneshot_command(move || {
                let read = read(&path);
                OpenManagerCommandOutput::Read(name_of(&path), read)
            }),
            OpenManagerInput::Typed => {}
            OpenManagerInput::Set(setting) => self.set(setting),
            OpenManagerInput::Again(again) => self.again = again,
            OpenManagerInput::Submit => self.submit(&sender),
            OpenManagerInput::Refused(failure) => {
                if self.state == State::Sent {
                    self.state = State::Asking;
                }
                self.again = false;
                self.notice = Some(explain::failure(&failure));
            }
            OpenManagerInput::Looked(look) => self.look = look,
            OpenManagerInput::Removed => {
                self.forget();
                self.state = State::Gone;
                let mut words = explain::failure(&Failure::NoCard);
                words.title = gettext("The token was removed");
                self.notice = Some(words);
            }
            OpenManagerInput::Cancel => {
                self.forget();
                sender.output_sender().emit(OpenManagerOutput::Closed);
                root.destroy();
                return;
            }
        }
        self.refresh();
    }

    fn update_cmd(
        &mut self,
        output: OpenManagerCommandOutput,
        _sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        let OpenManagerCommandOutput::Read(name, read) = output;
        match read {
            Ok(text) => {
                self.file = Some((name, entered::in_file(&text)));
                self.source = Source::File;
                self.notice = None;
            }
            Err(error) => {
                self.notice = Some(Explanation {
                    title: gettext_f("{file} cannot be read", &[("file", &name)]),
                    body: error.to_string(),
                    details: None,
                });
            }
        }
        self.refresh();
    }
}

/// Files that are longer hold something else.
const MOST: usize = 16 * 1024;

/// Reads a file into one piece of memory, which is wiped.
fn read(path: &Path) -> std::io::Result<Secret> {
    let mut bytes = Vec::with_capacity(MOST);
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(Secret::take(bytes))
}

fn ask_file(root: &adw::Window, sender: &ComponentSender<OpenManager>) {
    let title = gettext("Open a file with keys");
    // TRANSLATORS: On the button that opens the file.
    let open = gettext("Open");
    let chooser = chooser::new(root, &title, gtk::FileChooserAction::Open, &open);
    let input = sender.input_sender().clone();
    chooser::show(&chooser, move |_, path| {
        input.emit(OpenManagerInput::FileChosen(path));
    });
}

impl OpenManager {
    fn way_out(&self) -> String {
        if self.state == State::Gone {
            gettext("Close")
        } else {
            gettext("Cancel")
        }
    }

    fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Family(place) => {
                self.family = parts::FAMILIES.get(place).copied().unwrap_or(self.family);
            }
            Setting::Version(version) => self.key_version = version,
            Setting::Index(index) => self.key_index = index,
            Setting::Level(place) => {
                self.opening.level = parts::LEVELS.get(place).copied().unwrap_or_default();
            }
            Setting::Diversification(place) => {
                self.opening.diversification = parts::WAYS.get(place).copied().unwrap_or_default();
            }
        }
    }

    /// The keys as they are chosen now.
    fn keys(&self) -> Result<Keys, Fault> {
        match self.source {
            Source::Test => Ok(WellKnownKey::Test.keys(self.family)),
            Source::File => match &self.file {
                Some((_, Ok(parts))) => entered::keys(self.family, parts),
                Some((_, Err(fault))) => Err(*fault),
                None => Err(Fault::Empty),
            },
            Source::Typed => entered::keys(self.family, &entered::typed(&self.parts.typed())?),
        }
    }

    /// Failed tries that are remembered; nothing if there is none.
    fn failed(&self) -> Option<String> {
        let tries = self.look.tries;
        (tries != Some(0)).then(|| card_manager::tries(tries))
    }

    /// Brings everything that is shown into line with the state.
    fn refresh(&mut self) {
        let keys = self.keys();
        let failed = self.failed();
        let allowed = self.again || failed.is_none();
        let numbers = self.key_version.is_some() && self.key_index.is_some();
        self.live = self.state == State::Asking && allowed && numbers && keys.is_ok();
        let check = keys.as_ref().ok().and_then(entered::check_values);
        let fault = keys
            .as_ref()
            .err()
            .and_then(|fault| fault.words(self.family));
        let notice = self.notice.as_ref();
        self.parts.show(&Shown {
            token: &self.token,
            reader: &self.reader_name,
            failed: failed.as_deref(),
            again: self.again,
            notice: notice.map(|words| (words.title.as_str(), words.body.as_str())),
            source: self.source,
            file: self.file.as_ref().map(|(name, _)| name.as_str()),
            check: check.as_deref(),
            fault: fault.as_deref(),
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

    /// Wipes everything that was typed.
    fn forget(&mut self) {
        self.parts.clear();
        self.file = None;
    }
}
