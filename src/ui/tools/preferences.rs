//! The preferences.

use relm4::adw::prelude::*;
use relm4::prelude::*;

use crate::base::i18n::gettext;
use crate::base::settings::Settings;
use crate::ui::tools::instructions::close_on_escape;
use crate::ui::tools::pin_prompts::PinPrompts;

/// The window with the preferences.
#[derive(Debug)]
pub struct Preferences {
    settings: Settings,
    prompts: Controller<PinPrompts>,
}

/// What the person changed.
#[derive(Clone, Copy, Debug)]
pub enum PreferencesInput {
    /// Practice cards when the window opens.
    Practice(bool),
    /// The size of the window.
    Remember(bool),
    /// Tokens that were read before.
    Tokens(bool),
    /// The trace.
    Trace(bool),
}

/// What the preferences tell.
#[derive(Debug)]
pub enum PreferencesOutput {
    /// The settings are now these.
    Changed(Settings),
}

#[relm4::component(pub)]
impl SimpleComponent for Preferences {
    type Init = Settings;
    type Input = PreferencesInput;
    type Output = PreferencesOutput;

    view! {
        // Not AdwPreferencesWindow: its hidden search has no name for screen readers.
        #[name(window)]
        adw::Window {
            set_title: Some(&gettext("Preferences")),
            set_modal: true,
            set_default_size: (560, 680),
            set_size_request: (360, -1),

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {},
                #[name(page)]
                adw::PreferencesPage {
                set_vexpand: true,

                adw::PreferencesGroup {
                    set_title: &gettext("General"),
                    add = &adw::ActionRow {
                        set_title: &gettext("Practice cards on start"),
                        set_subtitle: &gettext("Puts a choice of simulated cards beside the real readers."),
                        set_activatable_widget: Some(&practice),
                        #[name(practice)]
                        add_suffix = &gtk::Switch {
                            set_valign: gtk::Align::Center,
                            set_active: model.settings.practice.on_start,
                            connect_active_notify[sender] => move |switch| {
                                sender.input(PreferencesInput::Practice(switch.is_active()));
                            },
                        },
                    },
                    add = &adw::ActionRow {
                        set_title: &gettext("Remember the size of the window"),
                        set_activatable_widget: Some(&remember),
                        #[name(remember)]
                        add_suffix = &gtk::Switch {
                            set_valign: gtk::Align::Center,
                            set_active: model.settings.window.remember,
                            connect_active_notify[sender] => move |switch| {
                                sender.input(PreferencesInput::Remember(switch.is_active()));
                            },
                        },
                    },
                },
                adw::PreferencesGroup {
                    set_title: &gettext("Safety"),
                    add = &adw::ActionRow {
                        set_title: &gettext("Remember tokens"),
                        set_subtitle: &gettext("Keeps on this computer what everybody can read on them, so that they show at once. PINs are never in it."),
                        set_activatable_widget: Some(&tokens),
                        #[name(tokens)]
                        add_suffix = &gtk::Switch {
                            set_valign: gtk::Align::Center,
                            set_active: model.settings.tokens.remember,
                            connect_active_notify[sender] => move |switch| {
                                sender.input(PreferencesInput::Tokens(switch.is_active()));
                            },
                        },
                    },
                    add = &adw::ActionRow {
                        set_title: &gettext("Keep a trace"),
                        set_subtitle: &gettext("In memory only, until Symbolon is closed. PINs and keys are never in it."),
                        set_activatable_widget: Some(&trace),
                        #[name(trace)]
                        add_suffix = &gtk::Switch {
                            set_valign: gtk::Align::Center,
                            set_active: model.settings.trace.keep,
                            connect_active_notify[sender] => move |switch| {
                                sender.input(PreferencesInput::Trace(switch.is_active()));
                            },
                        },
                    },
                },
            },
            },
        }
    }

    fn init(
        settings: Settings,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let model = Self {
            settings,
            prompts: PinPrompts::builder().launch(()).detach(),
        };
        let widgets = view_output!();
        widgets.page.add(model.prompts.widget());
        close_on_escape(&widgets.window);
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: PreferencesInput, sender: ComponentSender<Self>) {
        match input {
            PreferencesInput::Practice(on) => self.settings.practice.on_start = on,
            PreferencesInput::Remember(on) => self.settings.window.remember = on,
            PreferencesInput::Tokens(on) => self.settings.tokens.remember = on,
            PreferencesInput::Trace(on) => self.settings.trace.keep = on,
        }
        let settings = self.settings.clone();
        sender
            .output_sender()
            .emit(PreferencesOutput::Changed(settings));
    }
}
