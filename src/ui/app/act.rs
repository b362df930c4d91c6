//! What actions, pages and tools make the window do.

use std::collections::HashMap;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::{App, AppInput, words};
use crate::backend::Handle;
use crate::base::i18n::gettext;
use crate::base::paths;
use crate::base::settings::Settings;
use crate::token::ReaderId;
use crate::ui::actions::{self, Action};
use crate::ui::model::{Place, Shown, Situation};
use crate::ui::reader_panel::{ReaderPanelInput, SEARCH_FROM};
use crate::ui::status_pages::StatusChoice;
use crate::ui::token_view::{Page, TokenViewInput, TokenViewOutput};
use crate::ui::tools::practice::{
    PracticeCards, PracticeCardsInput, PracticeCardsOutput, PracticeReader,
};
use crate::ui::tools::preferences::{Preferences, PreferencesOutput};
use crate::ui::tools::trace::{Trace, TraceInit, TraceInput};
use crate::ui::tools::{about, instructions, shortcuts};

impl App {
    pub(super) fn act(
        &mut self,
        action: Action,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match action {
            Action::Page(page) => self.view.emit(TokenViewInput::Page(page)),
            Action::PreviousReader => self.step(-1),
            Action::NextReader => self.step(1),
            Action::ToggleReaders => self.toggle_readers(),
            Action::Back => {
                self.leaflet.navigate(adw::NavigationDirection::Back);
                self.panel.emit(ReaderPanelInput::Focus);
            }
            Action::Search => self.panel.emit(ReaderPanelInput::Search),
            Action::Refresh => {
                if let Some(Place::Reader(reader)) = self.model.place() {
                    self.refresh(reader);
                }
            }
            Action::Pin(kind) => {
                let found = self.token().and_then(|token| words::pin_for(token, kind));
                if let Some((application, pin)) = found {
                    self.open_pin(application, pin, kind, sender, root);
                }
            }
            Action::Certificate => {
                let found = self.token().and_then(words::first_certificate);
                if let Some((application, slot)) = found {
                    self.open_certificate(application, slot, sender, root);
                }
            }
            Action::SetUp => self.open_setup(sender, root),
            Action::GiveUp => self.ask_to_give_up(sender, root),
            Action::CopySummary => self.copy_summary(root),
            Action::Command => self.open_command(sender, root),
            Action::Trace => self.open_trace(sender, root),
            Action::Practice => self.open_practice(sender, root),
            Action::Preferences => self.open_preferences(sender, root),
            Action::Shortcuts => shortcuts::show(root),
            Action::About => about::show(root),
            Action::Close | Action::Quit => root.close(),
        }
    }

    pub(super) fn view_output(
        &mut self,
        output: TokenViewOutput,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match output {
            TokenViewOutput::PinChosen {
                application,
                pin,
                operation,
            } => self.open_pin(application, pin, operation, sender, root),
            TokenViewOutput::CertificateChosen { application, slot } => {
                self.open_certificate(application, slot, sender, root);
            }
            TokenViewOutput::CommandChosen => self.open_command(sender, root),
            TokenViewOutput::SetUpChosen => self.open_setup(sender, root),
            TokenViewOutput::Copied(what) => self.toast(&words::copied(&what)),
            TokenViewOutput::PageShown(page) => self.page = page,
            TokenViewOutput::SheetWanted(identity) => self.read_sheet(identity),
            TokenViewOutput::Applets(output) => self.applets_output(output, sender, root),
        }
    }

    pub(super) fn status_choice(
        &mut self,
        choice: StatusChoice,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match choice {
            StatusChoice::ShowHow => self.instruct(&instructions::install(), sender, root),
            StatusChoice::ShowRule => {
                self.instruct(&instructions::rule(&instructions::user()), sender, root);
            }
            StatusChoice::StartService => self.start_service(),
            StatusChoice::UsePracticeCards => self.open_practice(sender, root),
            StatusChoice::AskToLetGo(reader) => self.ask_to_let_go(reader),
            StatusChoice::TryAgain(reader) => self.refresh(reader),
            StatusChoice::PutBack(reader) => {
                self.practise(crate::backend::PracticeCommand::PutBack { reader });
            }
            StatusChoice::CopyReport => self.copy_summary(root),
            StatusChoice::SendCommand => self.open_command(sender, root),
            StatusChoice::SetUp | StatusChoice::Continue => self.open_setup(sender, root),
            StatusChoice::ShowApplets => self.view.emit(TokenViewInput::Page(Page::Applets)),
        }
    }

    /// The practice window spoke.
    pub(super) fn practice_output(&mut self, output: PracticeCardsOutput) {
        match output {
            PracticeCardsOutput::Chosen(command) => self.practise(command),
            PracticeCardsOutput::Closed => self.practice = None,
        }
    }

    /// The preferences spoke.
    pub(super) fn settings_changed(&mut self, settings: Settings) {
        self.backend.keep_trace(settings.trace.keep);
        remember_tokens(&self.backend, &settings);
        self.traced.tell(TraceInput::Keep(settings.trace.keep));
        self.settings.replace(settings);
        if !self.settings.save() {
            // A promise that is not kept after the next start is not made in silence.
            self.toast(&gettext(
                "The settings hold until the window is closed: they could not be saved",
            ));
        }
    }

    /// Tells the tools what they show of the model.
    pub(super) fn show_tools(&self) {
        if let Some(practice) = &self.practice {
            practice.emit(PracticeCardsInput::Show(self.practice_readers()));
        }
        if self.trace.is_some() {
            self.traced.tell(TraceInput::Named(self.reader_names()));
        }
    }

    fn reader_names(&self) -> HashMap<ReaderId, String> {
        let slots = self.model.slots().map(|slot| slot.reader.id);
        slots.map(|id| (id, self.model.reader_name(id))).collect()
    }

    // A window that waits hidden until it is wanted would end GTK 4.8 when a screen reader asks
    // for a window that has just closed: it would be given the hidden one, which has no name on
    // the bus yet. So every window is made when it is opened.
    fn open_trace(&mut self, sender: &ComponentSender<Self>, root: &adw::ApplicationWindow) {
        if let Some(trace) = &self.trace {
            trace.widget().present();
            return;
        }
        let trace = Trace::builder()
            .launch(TraceInit {
                backend: self.backend.clone(),
                keep: self.settings.get().trace.keep,
                names: self.reader_names(),
            })
            .forward(sender.input_sender(), AppInput::Trace);
        self.traced.listen(Some(trace.sender().clone()));
        trace.widget().set_transient_for(Some(root));
        trace.widget().present();
        self.trace = Some(trace);
    }

    /// The trace was closed.
    pub(super) fn close_trace(&mut self) {
        self.traced.listen(None);
        self.trace = None;
    }

    /// Greys the actions that would do nothing now.
    pub(super) fn enable(&self, window: &adw::ApplicationWindow) {
        let token = self.token();
        let card = self.identity().is_some();
        let can = |kind| token.is_some_and(|token| words::pin_for(token, kind).is_some());
        for action in Action::ALL {
            let enabled = match action {
                Action::Page(_) => self.card().is_some(),
                Action::Refresh => card,
                Action::CopySummary | Action::Command => self.card().is_some(),
                Action::SetUp => self.can_set_up(),
                Action::GiveUp => self.unfinished().is_some() && !self.bench_is_at_work(),
                Action::Pin(kind) => can(kind),
                Action::Certificate => token.and_then(words::first_certificate).is_some(),
                Action::PreviousReader => self.model.neighbour(-1).is_some(),
                Action::NextReader => self.model.neighbour(1).is_some(),
                Action::Search => self.model.places().len() >= SEARCH_FROM,
                Action::ToggleReaders
                | Action::Back
                | Action::Trace
                | Action::Practice
                | Action::Preferences
                | Action::Shortcuts
                | Action::About
                | Action::Close
                | Action::Quit => true,
            };
            actions::enable(window.upcast_ref(), action, enabled);
        }
    }

    fn step(&mut self, step: isize) {
        if let Some(place) = self.model.neighbour(step) {
            self.model.choose(place);
        }
    }

    fn toggle_readers(&self) {
        let sidebar_has_focus = self.panel.widget().focus_child().is_some();
        let there = if self.leaflet.is_folded() {
            self.leaflet.visible_child() == self.panel.widget().parent()
        } else {
            sidebar_has_focus
        };
        if there {
            self.leaflet.navigate(adw::NavigationDirection::Forward);
            self.view
                .widget()
                .child_focus(gtk::DirectionType::TabForward);
        } else {
            self.leaflet.navigate(adw::NavigationDirection::Back);
            self.panel.emit(ReaderPanelInput::Focus);
        }
    }

    fn copy_summary(&self, root: &adw::ApplicationWindow) {
        let (text, toast) = match &self.shown {
            Some(Shown::Token { token, .. }) => (words::summary(token), words::summary_copied()),
            Some(Shown::Situation(Situation::Unknown { token, .. })) => {
                (words::report(token), words::report_copied())
            }
            _ => return,
        };
        root.clipboard().set_text(&text);
        self.toast(&toast);
    }

    fn instruct(
        &self,
        instructions: &instructions::Instructions,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let input = sender.input_sender().clone();
        instructions::show(root, instructions, move || input.emit(AppInput::Copied));
    }

    fn open_practice(&mut self, sender: &ComponentSender<Self>, root: &adw::ApplicationWindow) {
        let practice = PracticeCards::builder()
            .launch(crate::backend::practice::list())
            .forward(sender.input_sender(), AppInput::Practice);
        practice.emit(PracticeCardsInput::Show(self.practice_readers()));
        practice.widget().set_transient_for(Some(root));
        practice.widget().present();
        self.practice = Some(practice);
    }

    fn practice_readers(&self) -> Vec<PracticeReader> {
        let slots = self.model.slots().filter(|slot| slot.reader.practice);
        slots
            .map(|slot| PracticeReader {
                title: words::row_title(&self.model, slot.reader.id),
                subtitle: self.model.reader_name(slot.reader.id),
                reader: slot.reader.clone(),
            })
            .collect()
    }

    fn open_preferences(&mut self, sender: &ComponentSender<Self>, root: &adw::ApplicationWindow) {
        let preferences = Preferences::builder().launch(self.settings.get()).forward(
            sender.input_sender(),
            |output| match output {
                PreferencesOutput::Changed(settings) => AppInput::Set(settings),
            },
        );
        preferences.widget().set_transient_for(Some(root));
        preferences.widget().present();
        self.preferences = Some(preferences);
    }
}

/// Tells the backend whether to remember tokens. One that does not forgets those of before.
pub(super) fn remember_tokens(backend: &Handle, settings: &Settings) {
    if let Some(folder) = paths::tokens() {
        backend.remember_tokens(&folder, settings.tokens.remember);
    }
}
