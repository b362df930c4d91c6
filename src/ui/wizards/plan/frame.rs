//! The frame of a wizard that carries out a plan: the buttons below its pages, the page while the card
//! is read, and the question before a run is stopped.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::Ending;
use crate::base::i18n::{gettext, pgettext};
use crate::ui::widgets::{Fold, Lead};
use crate::ui::wizards::parts::toggle;

/// The main button, and the one beside it.
#[derive(Clone, Debug)]
pub(in crate::ui::wizards) struct Buttons {
    primary: gtk::Button,
    secondary: gtk::Button,
}

/// How they are shown.
#[derive(Debug)]
pub(in crate::ui::wizards) struct Shown {
    /// Their words; one without words is not there.
    pub(in crate::ui::wizards) labels: (Option<String>, Option<String>),
    /// Whether there is no way back from what the main one does.
    pub(in crate::ui::wizards) destroys: bool,
    /// Whether the main one does something.
    pub(in crate::ui::wizards) live: bool,
    /// Whether the other one does.
    pub(in crate::ui::wizards) idle: bool,
}

impl Buttons {
    /// Buttons that send these.
    pub(in crate::ui::wizards) fn new<Input: std::fmt::Debug + 'static>(
        sender: &relm4::Sender<Input>,
        primary: fn() -> Input,
        secondary: fn() -> Input,
    ) -> Self {
        let button = |input: fn() -> Input| {
            let button = gtk::Button::new();
            let sender = sender.clone();
            button.connect_clicked(move |_| sender.emit(input()));
            button
        };
        Self {
            primary: button(primary),
            secondary: button(secondary),
        }
    }

    /// Beside each other, or one below the other where it is narrow.
    pub(in crate::ui::wizards) fn folded(&self) -> Fold {
        let place = gtk::Box::builder().halign(gtk::Align::Start).build();
        place.append(&self.secondary);
        let lead = Lead::Part(self.secondary.clone().upcast());
        Fold::new(&place, &self.primary, lead)
    }

    /// Whether there is any.
    pub(in crate::ui::wizards) fn are_shown(&self) -> bool {
        self.primary.get_visible() || self.secondary.get_visible()
    }

    /// Shows them.
    pub(in crate::ui::wizards) fn show(&self, shown: Shown) {
        let (first, second) = shown.labels;
        toggle(&self.primary, "destructive-action", shown.destroys);
        toggle(&self.primary, "suggested-action", !shown.destroys);
        self.primary.set_visible(first.is_some());
        self.primary.set_label(&first.unwrap_or_default());
        self.primary.set_sensitive(shown.live);
        self.secondary.set_visible(second.is_some());
        self.secondary.set_label(&second.unwrap_or_default());
        self.secondary.set_sensitive(shown.idle);
    }

    /// Puts the keyboard on the one that does something. What destroys is not one key away.
    pub(in crate::ui::wizards) fn focus(&self) {
        let destroys = self.primary.has_css_class("destructive-action");
        let live = self.primary.is_sensitive() && self.primary.get_visible();
        let button = if live && !destroys {
            &self.primary
        } else {
            &self.secondary
        };
        button.grab_focus();
    }
}

/// The words on the buttons of the last page.
pub(in crate::ui::wizards) fn result_labels(
    ending: Option<&Ending>,
) -> (Option<String>, Option<String>) {
    match ending {
        Some(Ending::Rehearsed) => (Some(gettext("Back to the Plan")), None),
        Some(Ending::Stopped { .. }) => (Some(gettext("Continue")), Some(gettext("Close"))),
        Some(Ending::Ready { .. } | Ending::Done(_)) => {
            (Some(pgettext("the last button", "Done")), None)
        }
        Some(Ending::Refused(_)) | None => (Some(gettext("Close")), None),
    }
}

/// The words on the buttons while steps are done.
pub(in crate::ui::wizards) fn running_labels() -> (Option<String>, Option<String>) {
    (None, Some(gettext("Stop After This Step")))
}

/// The page while the card is read.
pub(in crate::ui::wizards) fn looking() -> gtk::Box {
    let looking = gtk::Box::builder()
        .orientation(gtk::Orientation::Vertical)
        .spacing(12)
        .valign(gtk::Align::Center)
        .vexpand(true)
        .build();
    let spinner = gtk::Spinner::builder()
        .spinning(true)
        .width_request(32)
        .height_request(32)
        .halign(gtk::Align::Center)
        .build();
    looking.append(&spinner);
    looking.append(&gtk::Label::new(Some(&gettext("Reading…"))));
    looking
}

/// All pages in one place; only one is there at a time, also for screen readers.
pub(in crate::ui::wizards) fn stacked<'a>(
    pages: impl IntoIterator<Item = &'a gtk::Widget>,
) -> gtk::Box {
    let place = gtk::Box::new(gtk::Orientation::Vertical, 0);
    place.set_vexpand(true);
    for page in pages {
        place.append(page);
    }
    place
}

/// Before another page comes: an entry must not be hidden while the cursor is in it.
pub(in crate::ui::wizards) fn leave_page(window: &adw::Window) {
    GtkWindowExt::set_focus(window, None::<&gtk::Widget>);
}

/// Nobody closes by mistake what writes to a card.
pub(in crate::ui::wizards) fn ask_to_stop(window: &adw::Window, stops: impl Fn() + 'static) {
    let heading = gettext("Stop after this step?");
    let dialog = adw::MessageDialog::builder()
        .transient_for(window)
        .modal(true)
        .title(&heading)
        .heading(&heading)
        .body(gettext(
            "What is done stays done, and the rest can be gone on with later. The step that is being done cannot be broken off.",
        ))
        .default_response("go-on")
        .close_response("go-on")
        .build();
    dialog.add_response("go-on", &gettext("Keep Going"));
    dialog.add_response("stop", &gettext("Stop After This Step"));
    dialog.connect_response(None, move |_, response| {
        if response == "stop" {
            stops();
        }
    });
    dialog.present();
}
