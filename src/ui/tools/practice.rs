//! Practice cards: put one in, pull it, put it back.

use relm4::adw::prelude::*;
use relm4::prelude::*;

use crate::backend::PracticeCommand;
use crate::backend::practice::PracticeCard;
use crate::base::i18n::gettext;
use crate::explain;
use crate::token::{Reader, ReaderId, SlotState};
use crate::ui::a11y::A11yExt;
use crate::ui::tools::instructions::close_on_escape;

/// The window with the practice cards.
#[derive(Debug)]
pub struct PracticeCards {
    shown: Vec<PracticeReader>,
    readers: gtk::ListBox,
    sender: relm4::Sender<PracticeCardsOutput>,
}

/// What the window is told.
#[derive(Debug)]
pub enum PracticeCardsInput {
    /// These practice readers there are, with the words of their rows.
    Show(Vec<PracticeReader>),
}

/// A practice reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PracticeReader {
    /// The reader.
    pub reader: Reader,
    /// What is in it.
    pub title: String,
    /// Which reader it is.
    pub subtitle: String,
}

/// What the window tells.
#[derive(Debug)]
pub enum PracticeCardsOutput {
    /// The person wants this.
    Chosen(PracticeCommand),
    /// The person closed the window.
    Closed,
}

#[relm4::component(pub)]
impl SimpleComponent for PracticeCards {
    type Init = &'static [PracticeCard];
    type Input = PracticeCardsInput;
    type Output = PracticeCardsOutput;

    view! {
        #[name(window)]
        adw::Window {
            set_title: Some(&gettext("Practice cards")),
            set_modal: true,
            set_default_size: (560, 600),
            set_size_request: (360, 400),
            connect_close_request[sender] => move |_| {
                sender.output_sender().emit(PracticeCardsOutput::Closed);
                gtk::glib::Propagation::Proceed
            },

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    #[wrap(Some)]
                    set_title_widget = &adw::WindowTitle {
                        set_title: &gettext("Practice cards"),
                    },
                },
                adw::PreferencesPage {
                    set_vexpand: true,

                    #[name(inside)]
                    adw::PreferencesGroup {
                        set_title: &gettext("In a reader"),

                        #[local_ref]
                        readers -> gtk::ListBox {
                            add_css_class: "boxed-list",
                            set_selection_mode: gtk::SelectionMode::None,
                            set_a11y_label: &gettext("Practice readers"),
                        },
                    },
                    #[name(cards)]
                    adw::PreferencesGroup {
                        set_title: &gettext("To put in"),
                        set_description: Some(&gettext("Simulated cards to try everything on. They live in this window only and cost nothing when they break.")),
                    },
                },
            },
        }
    }

    fn init(
        wardrobe: &'static [PracticeCard],
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let readers = gtk::ListBox::new();
        let model = Self {
            shown: Vec::new(),
            readers: readers.clone(),
            sender: sender.output_sender().clone(),
        };
        let widgets = view_output!();
        for card in wardrobe {
            widgets.cards.add(&model.card(card));
        }
        widgets.inside.set_visible(false);
        close_on_escape(&widgets.window);
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: PracticeCardsInput, _sender: ComponentSender<Self>) {
        let PracticeCardsInput::Show(readers) = input;
        // New rows would take the keyboard away from the old ones.
        if readers == self.shown {
            return;
        }
        while let Some(row) = self.readers.first_child() {
            self.readers.remove(&row);
        }
        for reader in &readers {
            self.readers.append(&self.reader(reader));
        }
        if let Some(group) = self.readers.ancestor(adw::PreferencesGroup::static_type()) {
            group.set_visible(!readers.is_empty());
        }
        self.shown = readers;
    }
}

impl PracticeCards {
    fn card(&self, card: &PracticeCard) -> adw::ActionRow {
        let words = explain::practice::words(card);
        let row = row(&words.title, &words.description);
        let name = card.name.to_owned();
        row.add_suffix(&self.button(
            // TRANSLATORS: a practice card into a practice reader.
            &gettext("Put In"),
            &words.title,
            move || PracticeCommand::Insert { card: name.clone() },
        ));
        row
    }

    fn reader(&self, practice: &PracticeReader) -> adw::ActionRow {
        let row = row(&practice.title, &practice.subtitle);
        let reader: ReaderId = practice.reader.id;
        row.add_suffix(&if practice.reader.slot == SlotState::Empty {
            // TRANSLATORS: the practice card that was pulled, into its reader.
            self.button(&gettext("Put Back"), &practice.subtitle, move || {
                PracticeCommand::PutBack { reader }
            })
        } else {
            // TRANSLATORS: a practice card out of its reader.
            self.button(&gettext("Pull"), &practice.title, move || {
                PracticeCommand::Pull { reader }
            })
        });
        // TRANSLATORS: a practice reader, for good.
        let remove = self.button(&gettext("Remove"), &practice.subtitle, move || {
            PracticeCommand::Remove { reader }
        });
        remove.add_css_class("flat");
        row.add_suffix(&remove);
        row
    }

    fn button(
        &self,
        label: &str,
        what: &str,
        command: impl Fn() -> PracticeCommand + 'static,
    ) -> gtk::Button {
        let button = gtk::Button::builder()
            .label(label)
            .valign(gtk::Align::Center)
            .build();
        button.set_a11y_label(&format!("{label}, {what}"));
        let sender = self.sender.clone();
        button.connect_clicked(move |_| sender.emit(PracticeCardsOutput::Chosen(command())));
        button
    }
}

fn row(title: &str, subtitle: &str) -> adw::ActionRow {
    adw::ActionRow::builder()
        .title(title)
        .subtitle(subtitle)
        .use_markup(false)
        .build()
}
