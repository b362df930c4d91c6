//! The page that stands where a token would: what is the matter, and the next step.

mod words;

pub use words::{StatusChoice, StatusWords, words};

use relm4::adw::prelude::*;
use relm4::prelude::*;

use crate::base::hex;
use crate::base::i18n::gettext;
use crate::explain;
use crate::token::Token;
use crate::ui::model::Situation;
use crate::ui::widgets::{FactRow, FactText};

/// The page for every situation without a token.
#[derive(Debug)]
pub struct StatusPages {
    situation: Situation,
    words: StatusWords,
}

/// What the page is told.
#[derive(Debug)]
pub enum StatusPagesInput {
    /// This is the matter now.
    Show {
        /// The matter.
        situation: Situation,
        /// The name of the reader it is about.
        name: String,
    },
    /// The first button was pressed.
    First,
    /// Another button was pressed.
    Second(usize),
}

/// What the page tells.
#[derive(Debug)]
pub enum StatusPagesOutput {
    /// The person chose what to do.
    Chosen(StatusChoice),
    /// The person copied something of this name.
    Copied(String),
}

#[relm4::component(pub)]
impl Component for StatusPages {
    type Init = ();
    type Input = StatusPagesInput;
    type Output = StatusPagesOutput;
    type CommandOutput = ();

    view! {
        gtk::ScrolledWindow {
            set_hscrollbar_policy: gtk::PolicyType::Never,
            set_vexpand: true,

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,
                set_valign: gtk::Align::Center,

                gtk::Spinner {
                    set_size_request: (48, 48),
                    set_margin_top: 24,
                    set_halign: gtk::Align::Center,
                    #[watch]
                    set_visible: model.is_slow(),
                    #[watch]
                    set_spinning: model.is_slow(),
                },
                #[name(page)]
                adw::StatusPage {
                    #[watch]
                    set_icon_name: model.words.icon,
                    #[watch]
                    set_title: &model.words.title,
                    #[watch]
                    set_description: Some(&gtk::glib::markup_escape_text(&model.words.body)),

                    gtk::Box {
                        set_orientation: gtk::Orientation::Vertical,
                        set_spacing: 12,

                        #[name(first)]
                        gtk::Button {
                            add_css_class: "pill",
                            add_css_class: "suggested-action",
                            set_halign: gtk::Align::Center,
                            #[watch]
                            set_visible: model.words.first.is_some(),
                            #[watch]
                            set_label: &model.words.first.map(StatusChoice::label).unwrap_or_default(),
                            connect_clicked => StatusPagesInput::First,
                        },
                        #[name(second)]
                        gtk::Box {
                            set_orientation: gtk::Orientation::Vertical,
                            set_spacing: 6,
                            set_halign: gtk::Align::Center,
                        },
                        #[name(found)]
                        adw::Clamp {
                            set_maximum_size: 620,
                            set_tightening_threshold: 400,
                        },
                    },
                },
            },
        }
    }

    fn init(_: (), root: Self::Root, sender: ComponentSender<Self>) -> ComponentParts<Self> {
        let situation = Situation::Starting;
        let model = Self {
            words: words(&situation, ""),
            situation,
        };
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }

    fn update_with_view(
        &mut self,
        widgets: &mut Self::Widgets,
        input: StatusPagesInput,
        sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        let chosen = match input {
            StatusPagesInput::Show { situation, name } => {
                if situation != self.situation {
                    self.words = words(&situation, &name);
                    self.situation = situation;
                    self.rebuild(widgets, &sender);
                }
                None
            }
            StatusPagesInput::First => self.words.first,
            StatusPagesInput::Second(index) => self.words.second.get(index).copied(),
        };
        if let Some(choice) = chosen {
            sender
                .output_sender()
                .emit(StatusPagesOutput::Chosen(choice));
        }
        self.update_view(widgets, sender);
    }
}

impl StatusPages {
    fn is_slow(&self) -> bool {
        matches!(self.situation, Situation::Reading { slow: true, .. })
    }

    /// The parts of which there may be any number.
    fn rebuild(&self, widgets: &StatusPagesWidgets, sender: &ComponentSender<Self>) {
        while let Some(old) = widgets.second.first_child() {
            widgets.second.remove(&old);
        }
        for (index, choice) in self.words.second.iter().enumerate() {
            let button = gtk::Button::builder()
                .label(choice.label())
                .css_classes(["flat"])
                .build();
            let sender = sender.clone();
            button.connect_clicked(move |_| sender.input(StatusPagesInput::Second(index)));
            widgets.second.append(&button);
        }
        widgets.second.set_visible(!self.words.second.is_empty());
        let found = match &self.situation {
            Situation::Unknown { token, .. } => Some(what_answers(token, sender.output_sender())),
            _ => None,
        };
        widgets.found.set_visible(found.is_some());
        widgets.found.set_child(found.as_ref());
    }
}

/// What is known of a card that nothing here can read.
fn what_answers(token: &Token, sender: &relm4::Sender<StatusPagesOutput>) -> gtk::Box {
    let content = gtk::Box::builder()
        .orientation(gtk::Orientation::Vertical)
        .spacing(24)
        .margin_top(24)
        .build();
    let known = token.card.listed_as.iter();
    let known: Vec<_> = known
        .map(|name| FactText::new(gettext("Listed as"), name.as_str()))
        .collect();
    let answering: Vec<_> = token
        .answering
        .iter()
        .map(|application| {
            let aid = hex::grouped(&application.aid, 1);
            FactText::new(explain::token::answering(application), aid).monospace()
        })
        .collect();
    let atr: Vec<_> = explain::atr::words(&token.card.atr)
        .into_iter()
        .map(|(name, value)| FactText::new(name, value))
        .collect();
    let groups = [
        (gettext("What answers"), answering),
        (gettext("In the list of known cards"), known),
        (gettext("What the answer to reset says"), atr),
    ];
    for (title, facts) in groups {
        if !facts.is_empty() {
            content.append(&group(&title, &facts, sender));
        }
    }
    content
}

fn group(
    title: &str,
    facts: &[FactText],
    sender: &relm4::Sender<StatusPagesOutput>,
) -> adw::PreferencesGroup {
    let group = adw::PreferencesGroup::builder().title(title).build();
    for fact in facts {
        let sender = sender.clone();
        group.add(&FactRow::new(fact, move |name| {
            sender.emit(StatusPagesOutput::Copied(name.to_owned()));
        }));
    }
    group
}
