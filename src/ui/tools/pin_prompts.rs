//! The part of the preferences about the PIN prompts of GnuPG: a switch, what it would change in
//! a file, and a prompt to look at.
//!
//! How it stands is in the files of GnuPG and nowhere else, so it is read when the preferences
//! open, and again after every change.

use relm4::adw::prelude::*;
use relm4::prelude::*;

use crate::base::i18n::gettext;
use crate::explain::{self, Explanation};
use crate::integration::change::{Change, Effect, Line};
use crate::integration::gnupg::{self, Answer, GnuPg, GnuPgError, PinPrompts as Shown};
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::settle;

/// The group with the switch.
#[derive(Debug)]
pub struct PinPrompts {
    state: State,
    /// What became of the last test prompt.
    said: String,
    switch: gtk::Switch,
}

/// How it stands.
#[derive(Debug)]
enum State {
    /// GnuPG is being asked.
    Reading,
    /// GnuPG cannot be set, and why.
    Unable(String),
    /// Who shows the prompts.
    Known(Shown),
    /// The person looks at a change, or it is carried out.
    Changing(Shown),
    /// A test prompt is on the screen.
    Testing(Shown),
}

/// What can happen to it.
#[derive(Debug)]
pub enum PinPromptsInput {
    /// The switch is now so.
    Switched(bool),
    /// The person has seen the change, and wants it.
    Apply(Box<Change>, bool),
    /// The person does not want it.
    Leave,
    /// A prompt shall be shown.
    Test,
}

/// What was found out or done behind the window.
#[derive(Debug)]
pub enum PinPromptsCommandOutput {
    /// How it stands.
    Read(Result<Shown, GnuPgError>),
    /// What would change, when it is switched on or off.
    Prepared(Result<Box<Change>, GnuPgError>, bool),
    /// It was changed, and how it stands then.
    Applied(Result<Shown, GnuPgError>),
    /// What became of the test prompt.
    Tested(Result<Answer, GnuPgError>),
}

#[relm4::component(pub)]
impl Component for PinPrompts {
    type Init = ();
    type Input = PinPromptsInput;
    type Output = ();
    type CommandOutput = PinPromptsCommandOutput;

    view! {
        adw::PreferencesGroup {
            set_title: &gettext("PIN prompts"),

            adw::ActionRow {
                set_title: &gettext("Use Symbolon for PIN prompts"),
                set_subtitle_lines: 0,
                set_activatable_widget: Some(switch),
                #[watch]
                set_subtitle: &gtk::glib::markup_escape_text(&model.subtitle()),
                #[local_ref]
                add_suffix = switch -> gtk::Switch {
                    set_valign: gtk::Align::Center,
                    // Not the row: the reason is to be read.
                    #[watch]
                    set_sensitive: model.can_switch(),
                    connect_active_notify[sender] => move |switch| {
                        sender.input(PinPromptsInput::Switched(switch.is_active()));
                    },
                },
            },
            adw::PreferencesRow {
                set_activatable: false,
                set_title: &gettext("Test prompt"),
                #[watch]
                set_visible: model.is_on(),

                #[wrap(Some)]
                set_child = &gtk::Box {
                    set_spacing: 12,
                    add_css_class: "line",

                    #[local_ref]
                    said -> gtk::Label {
                        set_hexpand: true,
                        set_xalign: 0.0,
                        set_wrap: true,
                        #[watch]
                        set_label: &model.test_words(),
                    },
                    gtk::Button {
                        set_label: &gettext("Show a Test Prompt"),
                        set_valign: gtk::Align::Center,
                        #[watch]
                        set_sensitive: matches!(model.state, State::Known(_)),
                        connect_clicked => PinPromptsInput::Test,
                    },
                },
            },
        }
    }

    fn init(
        (): Self::Init,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let model = Self {
            state: State::Reading,
            said: String::new(),
            switch: gtk::Switch::new(),
        };
        let switch = &model.switch;
        // Spoken when it changes; a role is given when a widget is built, or never.
        let said = &gtk::Label::builder()
            .accessible_role(gtk::AccessibleRole::Status)
            .build();
        let widgets = view_output!();
        sender.spawn_oneshot_command(|| PinPromptsCommandOutput::Read(read()));
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: PinPromptsInput, sender: ComponentSender<Self>, _: &Self::Root) {
        match input {
            PinPromptsInput::Switched(on) => self.prepare(on, &sender),
            PinPromptsInput::Apply(change, on) => sender.spawn_oneshot_command(move || {
                let applied = GnuPg::find().and_then(|gnupg| gnupg.apply(&change));
                if applied.is_ok() {
                    tracing::info!(on, "PIN prompts of GnuPG set");
                }
                PinPromptsCommandOutput::Applied(applied.and_then(|()| read()))
            }),
            PinPromptsInput::Leave => self.settle(),
            PinPromptsInput::Test => self.test(&sender),
        }
    }

    fn update_cmd(
        &mut self,
        output: PinPromptsCommandOutput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        match output {
            PinPromptsCommandOutput::Read(Ok(shown)) => {
                self.state = match gnupg::own_program() {
                    // What is on can be taken back without it.
                    Err(error) if !is_on(shown) => unable(&error),
                    _ => State::Known(shown),
                };
                self.settle();
            }
            PinPromptsCommandOutput::Read(Err(error)) => self.state = unable(&error),
            PinPromptsCommandOutput::Prepared(Ok(change), on) => ask(root, change, on, &sender),
            PinPromptsCommandOutput::Prepared(Err(error), _)
            | PinPromptsCommandOutput::Applied(Err(error)) => {
                self.settle();
                tell(root, &explain::pin_prompts::refusal(&error));
            }
            PinPromptsCommandOutput::Applied(Ok(shown)) => {
                self.state = State::Known(shown);
                self.said.clear();
                self.settle();
            }
            PinPromptsCommandOutput::Tested(answer) => {
                self.said = match &answer {
                    Ok(answer) => explain::pin_prompts::answer(answer),
                    Err(error) => explain::pin_prompts::refusal(error).text(),
                };
                self.settle();
            }
        }
    }
}

impl PinPrompts {
    fn shown(&self) -> Option<Shown> {
        match &self.state {
            State::Reading | State::Unable(_) => None,
            State::Known(shown) | State::Changing(shown) | State::Testing(shown) => Some(*shown),
        }
    }

    fn is_on(&self) -> bool {
        self.shown().is_some_and(is_on)
    }

    /// What was chosen for everybody is not for the user to take back.
    fn can_switch(&self) -> bool {
        matches!(&self.state, State::Known(shown) if *shown != Shown::SymbolonForAll)
    }

    fn subtitle(&self) -> String {
        match &self.state {
            State::Unable(why) => why.clone(),
            State::Reading => explain::pin_prompts::state(Shown::Other),
            State::Known(shown) | State::Changing(shown) | State::Testing(shown) => {
                explain::pin_prompts::state(*shown)
            }
        }
    }

    fn test_words(&self) -> String {
        match &self.state {
            State::Testing(_) => gettext("Waiting for an answer to the prompt…"),
            _ if self.said.is_empty() => {
                gettext("GnuPG shows a prompt to try. Nothing is asked for or kept.")
            }
            _ => self.said.clone(),
        }
    }

    /// The switch shows how it is, whatever was tried.
    fn settle(&mut self) {
        if let Some(shown) = self.shown() {
            self.state = State::Known(shown);
            self.switch.set_active(is_on(shown));
        }
    }

    fn prepare(&mut self, on: bool, sender: &ComponentSender<Self>) {
        // It may have been set by ourselves.
        let State::Known(shown) = self.state else {
            return;
        };
        if on == is_on(shown) {
            return;
        }
        self.state = State::Changing(shown);
        sender.spawn_oneshot_command(move || {
            PinPromptsCommandOutput::Prepared(prepared(on).map(Box::new), on)
        });
    }

    fn test(&mut self, sender: &ComponentSender<Self>) {
        let State::Known(shown) = self.state else {
            return;
        };
        self.state = State::Testing(shown);
        let words = explain::pin_prompts::test_prompt();
        sender.spawn_oneshot_command(move || {
            let answer = GnuPg::find().and_then(|gnupg| gnupg.show_prompt(&words));
            PinPromptsCommandOutput::Tested(answer)
        });
    }
}

fn is_on(shown: Shown) -> bool {
    match shown {
        Shown::Symbolon | Shown::SymbolonForAll => true,
        Shown::Other | Shown::Gone => false,
    }
}

fn read() -> Result<Shown, GnuPgError> {
    GnuPg::find()?.pin_prompts()
}

fn prepared(on: bool) -> Result<Change, GnuPgError> {
    let gnupg = GnuPg::find()?;
    if on {
        gnupg.use_symbolon(&gnupg::own_program()?)
    } else {
        gnupg.take_back()
    }
}

fn unable(error: &GnuPgError) -> State {
    tracing::info!(%error, "PIN prompts of GnuPG cannot be set");
    State::Unable(explain::pin_prompts::refusal(error).text())
}

/// Shows what would change, and asks whether it shall.
fn ask(
    root: &adw::PreferencesGroup,
    change: Box<Change>,
    on: bool,
    sender: &ComponentSender<PinPrompts>,
) {
    let dialog = dialog(root, &explain::pin_prompts::question(on));
    dialog.set_body(&explain::pin_prompts::effect(&change));
    let content = gtk::Box::new(gtk::Orientation::Vertical, 12);
    if change.effect() != Effect::Nothing {
        content.append(&list(&change.preview()));
    }
    if let Some(kept) = explain::pin_prompts::kept(&change, on) {
        let label = wrapped(&kept);
        label.add_css_class("caption");
        label.add_css_class("dim-label");
        content.append(&label);
    }
    dialog.set_extra_child(Some(&content));
    let action = if on {
        gettext("Use Symbolon")
    } else {
        gettext("Take Back")
    };
    dialog.add_response("cancel", &gettext("Cancel"));
    dialog.add_response("apply", &action);
    dialog.set_response_appearance("apply", adw::ResponseAppearance::Suggested);
    dialog.set_default_response(Some("apply"));
    dialog.set_close_response("cancel");
    // Not before it is on the screen: GTK 4.8 forgets for screen readers what a window is that
    // gets a focus earlier. By itself the first line would have it.
    dialog.connect_map(|dialog| {
        if let Some(action) = dialog.default_widget() {
            action.grab_focus();
        }
    });
    let input = sender.input_sender().clone();
    dialog.connect_response(None, move |_, response| {
        input.emit(if response == "apply" {
            PinPromptsInput::Apply(change.clone(), on)
        } else {
            PinPromptsInput::Leave
        });
    });
    dialog.present();
}

/// Says why nothing was changed.
fn tell(root: &adw::PreferencesGroup, words: &Explanation) {
    let dialog = dialog(root, &words.title);
    dialog.set_body(&words.body);
    if let Some(details) = &words.details {
        let label = wrapped(details);
        label.add_css_class("monospace");
        label.add_css_class("caption");
        label.set_selectable(true);
        dialog.set_extra_child(Some(&label));
    }
    dialog.add_response("close", &gettext("Close"));
    dialog.set_close_response("close");
    dialog.present();
}

fn dialog(root: &adw::PreferencesGroup, heading: &str) -> adw::MessageDialog {
    let window = root.root().and_downcast::<gtk::Window>();
    let dialog = adw::MessageDialog::new(window.as_ref(), Some(heading), None);
    dialog.set_title(Some(heading));
    dialog.set_modal(true);
    dialog
}

/// The lines that go and come, with a sign before each and words for those who do not see it.
fn list(lines: &[Line]) -> gtk::ListBox {
    let list = gtk::ListBox::builder()
        .selection_mode(gtk::SelectionMode::None)
        .css_classes(["boxed-list", "differences"])
        .build();
    list.set_a11y_label(&gettext("Lines that change"));
    for line in lines {
        let (sign, class, text, spoken) = match line {
            Line::Goes(text) => ("−", "goes", text, explain::pin_prompts::goes(text.as_str())),
            Line::Comes(text) => (
                "+",
                "comes",
                text,
                explain::pin_prompts::comes(text.as_str()),
            ),
        };
        let content = gtk::Box::new(gtk::Orientation::Horizontal, 9);
        let sign = gtk::Label::builder()
            .label(sign)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .valign(gtk::Align::Start)
            .build();
        content.append(&sign);
        content.append(&wrapped(text.as_str()));
        let row = gtk::ListBoxRow::builder()
            .activatable(false)
            .child(&content)
            .css_classes(["monospace", class])
            .build();
        row.set_a11y_label(&spoken);
        list.append(&row);
    }
    list
}

fn wrapped(text: &str) -> gtk::Label {
    let label = gtk::Label::builder()
        .label(text)
        .xalign(0.0)
        .hexpand(true)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .build();
    settle(&label);
    label
}
