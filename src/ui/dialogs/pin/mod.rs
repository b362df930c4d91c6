//! The dialog in which a PIN is verified, changed, unblocked or set.
//!
//! It says whose PIN it is and how many tries are left before anything is typed. What was typed
//! goes into one command, once, and never again by itself. After a wrong PIN the dialog stays:
//! the field is empty again and says what happened.

mod face;
mod parts;

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::face::{Face, Reaction, Task, Typed};
use self::parts::Parts;
use super::frame::close_on_escape;
use crate::backend::{Done, Failure, LinkError, PinAction, PinCommand, Progress};
use crate::base::i18n::gettext;
use crate::explain::{self, Explanation};
use crate::token::{
    ApplicationKind, Identity, OperationKind, Pin, PinReference, Reader, Token, TriesLeft,
};
use crate::ui::widgets::Tick;

/// The dialog.
#[derive(Debug)]
pub struct PinDialog {
    reader: Reader,
    reader_name: String,
    identity: Identity,
    token: Arc<Token>,
    task: Task,
    state: State,
    /// Tries that the card told since the token was read.
    known: Option<TriesLeft>,
    use_last_try: bool,
    notice: Option<Explanation>,
    face: Option<Face>,
    live: bool,
    parts: Parts,
}

/// How far it is.
#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    /// Waiting for the person.
    Asking,
    /// Waiting for the card, and on a pinpad for the person: so many seconds are left.
    Sent { seconds: Option<u64> },
    /// Waiting for the end of what was cancelled.
    Cancelling,
    /// The token is gone.
    Gone,
}

/// What it is opened for.
#[derive(Debug)]
pub struct PinDialogInit {
    /// Where the token is.
    pub reader: Reader,
    /// The name under which that reader is shown.
    pub reader_name: String,
    /// Which card the person was shown.
    pub identity: Identity,
    /// What is on it.
    pub token: Arc<Token>,
    /// The application of the PIN.
    pub application: ApplicationKind,
    /// Which PIN.
    pub pin: PinReference,
    /// What to do to it.
    pub operation: OperationKind,
}

/// What can happen to it.
#[derive(Debug)]
pub enum PinDialogInput {
    /// It is on the screen.
    Appeared,
    /// The request ended.
    Finished(Result<Done, Failure>),
    /// The request got on.
    Progressed(Progress),
    /// The token was read again.
    TokenChanged(Arc<Token>),
    /// The token was removed.
    Removed,
    /// The PIN as it is now was typed, in part at least.
    Edit,
    /// Something else was typed.
    Recount,
    /// The field of the current PIN was left.
    Leave,
    /// The box for the last try was ticked or unticked.
    AllowLastTry(bool),
    /// Another code was chosen to unblock with.
    Choose(u32),
    /// Fill in the factory PIN.
    UseFactory,
    /// Do it, if everything is there.
    Submit,
    /// Show or hide everything that was typed.
    ToggleSecrets,
    /// Do what helps instead of what cannot be done.
    Instead,
    /// A second has passed on the pinpad.
    Tick,
    /// Close, or cancel what runs.
    Cancel,
}

/// What happened in it.
#[derive(Debug)]
pub enum PinDialogOutput {
    /// The person wants this done. Comes once for each time the button is pressed.
    Submitted(PinCommand),
    /// The person does not want to wait for what was submitted.
    Cancelled,
    /// The dialog is closed.
    Closed {
        /// Whether it was done.
        done: bool,
    },
}

#[relm4::component(pub)]
impl Component for PinDialog {
    type Init = PinDialogInit;
    type Input = PinDialogInput;
    type Output = PinDialogOutput;
    type CommandOutput = ();

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_width: parts::WIDTH,
            set_resizable: false,
            #[watch]
            set_title: Some(&model.title()),
            connect_close_request[sender] => move |_| {
                sender.input(PinDialogInput::Cancel);
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
                        connect_clicked => PinDialogInput::Cancel,
                    },
                    pack_end = &gtk::Button {
                        add_css_class: "suggested-action",
                        #[watch]
                        set_label: &model.verb(),
                        #[watch]
                        set_sensitive: model.live,
                        #[watch]
                        set_visible: model.has_button(),
                        connect_clicked => PinDialogInput::Submit,
                    },
                    pack_end = &gtk::Spinner {
                        #[watch]
                        set_visible: model.is_busy(),
                        #[watch]
                        set_spinning: model.is_busy(),
                    },
                },

                #[local_ref]
                content -> gtk::ScrolledWindow {},
            },
        }
    }

    fn init(
        init: PinDialogInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let task = Task::new(&init.token, init.application, init.pin, init.operation);
        let mut model = Self {
            reader: init.reader,
            reader_name: init.reader_name,
            identity: init.identity,
            token: init.token,
            task,
            state: State::Asking,
            known: None,
            use_last_try: false,
            notice: None,
            face: None,
            live: false,
            parts: Parts::new(&sender),
        };
        model.refresh();
        close_on_escape(&root);
        parts::add_access_keys(&root, &sender);
        let content = &model.parts.content;
        let widgets = view_output!();
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let input = sender.input_sender().clone();
        root.connect_map(move |_| input.emit(PinDialogInput::Appeared));
        // Whoever chose this on a reader with keys is to type there at once; the last try waits
        // for its tick.
        let ready = model.is_pinpad() && model.live && !model.is_last_try();
        if ready {
            sender.input(PinDialogInput::Submit);
        } else if model.face.is_none() {
            // There is no such PIN: whoever asked for it was shown another token.
            sender.input(PinDialogInput::Cancel);
        }
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: PinDialogInput, sender: ComponentSender<Self>, root: &Self::Root) {
        match input {
            PinDialogInput::Finished(outcome) => self.finish(outcome, &sender, root),
            PinDialogInput::Progressed(Progress::TypeOnReader { seconds }) => {
                self.wait_for_reader(seconds, &sender);
            }
            // Only plans have steps.
            PinDialogInput::Progressed(Progress::Step { .. }) => {}
            PinDialogInput::Appeared => self.parts.focus(),
            PinDialogInput::TokenChanged(token) => self.take_token(token),
            PinDialogInput::Removed => self.token_removed(),
            PinDialogInput::Edit => self.parts.code.set_wrong(None),
            PinDialogInput::Recount => {}
            PinDialogInput::Leave => self.say_breach(),
            PinDialogInput::AllowLastTry(allowed) => self.use_last_try = allowed,
            PinDialogInput::Choose(index) => self.choose(index),
            PinDialogInput::UseFactory => self.use_factory(),
            PinDialogInput::Submit => self.submit(&sender),
            PinDialogInput::ToggleSecrets if self.state == State::Asking => {
                self.parts.toggle_secrets();
            }
            PinDialogInput::ToggleSecrets => {}
            PinDialogInput::Instead => self.do_instead(),
            PinDialogInput::Tick => self.count_down(),
            PinDialogInput::Cancel => self.cancel(&sender, root),
        }
        self.refresh();
    }
}

impl PinDialog {
    fn title(&self) -> String {
        self.face
            .as_ref()
            .map(|face| face.title.clone())
            .unwrap_or_default()
    }

    fn verb(&self) -> String {
        self.face
            .as_ref()
            .map(|face| face.verb.clone())
            .unwrap_or_default()
    }

    fn blocked(&self) -> Option<&(Explanation, Option<OperationKind>)> {
        self.face.as_ref()?.blocked.as_ref()
    }

    fn way_out(&self) -> String {
        if self.state == State::Gone || self.blocked().is_some() {
            gettext("Close")
        } else {
            gettext("Cancel")
        }
    }

    fn is_busy(&self) -> bool {
        match self.state {
            State::Sent { .. } | State::Cancelling => true,
            State::Asking | State::Gone => false,
        }
    }

    fn is_pinpad(&self) -> bool {
        self.reader.pinpad && self.task.fits_pinpad()
    }

    fn is_last_try(&self) -> bool {
        self.face
            .as_ref()
            .is_some_and(|face| face.warning.is_some())
    }

    /// On a pinpad there is nothing to press while the reader waits.
    fn has_button(&self) -> bool {
        self.blocked().is_none() && !(self.is_pinpad() && self.is_busy())
    }

    fn pin(&self) -> Option<&Pin> {
        self.token.pin(self.task.application, self.task.pin)
    }

    fn code(&self) -> Option<&Pin> {
        self.token.pin(self.task.application, self.task.with)
    }

    /// Whether the button is live, and what the rules say of what was typed.
    fn judge(&self) -> (bool, Vec<Tick>) {
        let (Some(pin), Some(code)) = (self.pin(), self.code()) else {
            return (false, Vec::new());
        };
        let allowed = self.use_last_try || !self.is_last_try();
        let open = self.state == State::Asking && self.blocked().is_none() && allowed;
        if self.is_pinpad() {
            return (open, Vec::new());
        }
        self.parts.with_typed(|typed: Typed<'_>| {
            let complete = face::is_complete(&self.task, pin, code, typed);
            (open && complete, face::ticks(&self.task, pin, typed))
        })
    }

    /// Brings everything that is shown into line with the state.
    fn refresh(&mut self) {
        self.face = face::face(&self.token, &self.task, self.known);
        let (live, ticks) = self.judge();
        self.live = live;
        let Some(face) = &self.face else { return };
        let pinpad = self.is_pinpad().then(|| {
            let (pin, code) = (self.pin(), self.code());
            pin.zip(code)
                .map(|(pin, code)| face::steps(&self.task, code, pin))
                .unwrap_or_default()
        });
        self.parts.show(&parts::Shown {
            face,
            reader: &self.reader_name,
            ticks: &ticks,
            notice: self.notice.as_ref(),
            open: self.state == State::Asking,
            use_last_try: self.use_last_try,
            pinpad: pinpad.as_deref(),
            role: self.code().map(|code| code.role),
            seconds: match self.state {
                State::Sent { seconds } => seconds,
                State::Asking | State::Cancelling | State::Gone => None,
            },
            chosen: self.task.with,
        });
    }

    fn submit(&mut self, sender: &ComponentSender<Self>) {
        self.refresh();
        if !self.live {
            self.say_breach();
            return;
        }
        let action = if self.is_pinpad() {
            match self.task.operation {
                OperationKind::Change => PinAction::ChangeOnReader,
                OperationKind::Verify | OperationKind::Unblock | OperationKind::Set => {
                    PinAction::VerifyOnReader
                }
            }
        } else {
            self.typed_action()
        };
        self.notice = None;
        self.state = State::Sent { seconds: None };
        sender
            .output_sender()
            .emit(PinDialogOutput::Submitted(PinCommand {
                identity: self.identity,
                application: self.task.application,
                pin: self.task.pin,
                action,
                use_last_try: self.use_last_try,
            }));
    }

    /// The current PIN leaves its field for good; the new one stays there in case that the
    /// current one is wrong.
    fn typed_action(&self) -> PinAction {
        let code = self.parts.code.take();
        let new = self.parts.new.duplicate();
        let with = self.task.with;
        match self.task.operation {
            OperationKind::Verify => PinAction::Verify { pin: code },
            OperationKind::Change => PinAction::Change { current: code, new },
            OperationKind::Unblock if self.task.stays => PinAction::Release { with, code },
            OperationKind::Unblock => PinAction::Unblock { with, code, new },
            OperationKind::Set => PinAction::Set { with, code, new },
        }
    }

    fn finish(
        &mut self,
        outcome: Result<Done, Failure>,
        sender: &ComponentSender<Self>,
        root: &adw::Window,
    ) {
        self.parts.stop_clock();
        let cancelled = self.state == State::Cancelling;
        let failure = match outcome {
            Ok(_) => return self.close(true, sender, root),
            Err(_) if cancelled => return self.close(false, sender, root),
            Err(failure) => failure,
        };
        if self.state == State::Gone {
            return;
        }
        self.state = State::Asking;
        self.use_last_try = false;
        let Some(role) = self.code().map(|code| code.role) else {
            return;
        };
        match face::reaction(&failure, role) {
            Reaction::Wrong(left) => {
                self.known = Some(left);
                self.refresh();
                let tries = self.face.as_ref().map(|face| face.tries);
                let words = tries.map(|tries| explain::pin_dialog::wrong(role, &tries));
                if self.is_pinpad() {
                    let words = words.unwrap_or_default();
                    self.notice = Some(Explanation {
                        title: words,
                        body: String::new(),
                        details: None,
                    });
                } else {
                    self.parts.code.clear();
                    self.parts.code.set_wrong(words.as_deref());
                    self.parts.code.grab_focus();
                }
            }
            Reaction::Blocked => {
                self.known = Some(TriesLeft::Blocked);
                self.parts.clear();
                self.refresh();
                self.parts.announce_blocked();
            }
            Reaction::LastTry(left) => {
                self.known = Some(left);
                self.notice = Some(explain::failure::failure(&failure));
                self.refresh();
                self.parts.focus();
            }
            Reaction::Gone(words) => self.give_up(words),
            Reaction::Notice(words) => {
                self.notice = Some(words);
                self.refresh();
                self.parts.focus();
            }
        }
    }

    /// A token that no longer has this PIN was read in part only; the one before still holds.
    fn take_token(&mut self, token: Arc<Token>) {
        if face::face(&token, &self.task, None).is_none() {
            return;
        }
        self.token = token;
        // A card that hides its counter still has not told anything newer.
        let told = self.code().map(|code| code.tries.left);
        let hidden = match self.known {
            Some(TriesLeft::Unlocked) => told == self.known,
            Some(TriesLeft::Blocked) => told == Some(TriesLeft::Unknown),
            _ => false,
        };
        if self.state == State::Asking && !hidden {
            self.known = None;
        }
    }

    fn wait_for_reader(&mut self, seconds: u64, sender: &ComponentSender<Self>) {
        if matches!(self.state, State::Sent { .. }) {
            self.state = State::Sent {
                seconds: Some(seconds),
            };
            self.parts.start_clock(sender);
        }
    }

    fn count_down(&mut self) {
        match &mut self.state {
            State::Sent {
                seconds: Some(seconds),
            } if *seconds > 0 => *seconds -= 1,
            State::Sent { .. } | State::Asking | State::Cancelling | State::Gone => {
                self.parts.stop_clock();
            }
        }
    }

    fn token_removed(&mut self) {
        let mut words = explain::failure::link_error(&LinkError::Removed);
        if !self.is_busy() {
            words.body = explain::pins::nothing_sent();
        }
        self.give_up(words);
    }

    /// Nothing more can be done here: what was typed is wiped.
    fn give_up(&mut self, words: Explanation) {
        self.parts.stop_clock();
        self.parts.clear();
        self.state = State::Gone;
        self.notice = Some(words);
    }

    fn say_breach(&self) {
        let Some(code) = self.code() else { return };
        let words = self.parts.code.with(|typed| face::breach(code, typed));
        if let Some(words) = words {
            self.parts.code.set_wrong(Some(&words));
        }
    }

    fn choose(&mut self, index: u32) {
        let Some(face) = &self.face else { return };
        let chosen = usize::try_from(index)
            .ok()
            .and_then(|index| face.codes.get(index));
        if let Some(&(reference, _)) = chosen
            && reference != self.task.with
        {
            self.task.with = reference;
            self.known = None;
            self.use_last_try = false;
            self.parts.code.clear();
            self.parts.code.set_wrong(None);
        }
    }

    fn use_factory(&self) {
        let offered = self.state == State::Asking && !self.is_pinpad() && self.blocked().is_none();
        let value = self.code().and_then(|code| code.factory.value());
        if let Some(value) = value.filter(|_| offered) {
            self.parts.code.fill(value);
            self.parts.focus();
        }
    }

    /// From "blocked" to what unblocks, in the same window.
    fn do_instead(&mut self) {
        let Some(&(_, Some(operation))) = self.blocked() else {
            return;
        };
        self.task = Task::new(&self.token, self.task.application, self.task.pin, operation);
        self.known = None;
        self.use_last_try = false;
        self.notice = None;
        self.parts.clear();
        self.refresh();
        self.parts.focus();
    }

    fn cancel(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.state {
            // Whoever cancels twice does not want to see the end.
            State::Asking | State::Gone | State::Cancelling => self.close(false, sender, root),
            State::Sent { .. } => {
                self.state = State::Cancelling;
                sender.output_sender().emit(PinDialogOutput::Cancelled);
            }
        }
    }

    fn close(&mut self, done: bool, sender: &ComponentSender<Self>, root: &adw::Window) {
        self.parts.stop_clock();
        self.parts.clear();
        self.state = State::Gone;
        sender
            .output_sender()
            .emit(PinDialogOutput::Closed { done });
        root.destroy();
    }
}
