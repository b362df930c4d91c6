//! The first page: what the token is for.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::wish::Purpose;
use super::{SetupInput, SetupWizard};
use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::wizards::parts::{Subject, Warning, column, label, switch_row};
use relm4::ComponentSender;

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) purpose: Purpose,
    /// What the token is called, and what tells it from others.
    pub(super) token: (&'a str, &'a str),
    /// Whether there is nothing to erase.
    pub(super) empty: bool,
    /// Whether everybody can replace its PINs.
    pub(super) unguarded: bool,
    /// The name of the profile that was opened.
    pub(super) profile: Option<&'a str>,
    /// The name of the key file that was opened.
    pub(super) key: Option<&'a str>,
    /// What is erased first: what that means in words.
    pub(super) erased: Option<&'a str>,
    /// Whether the card can be formatted without its PINs.
    pub(super) can_format: bool,
    /// What is in the way.
    pub(super) trouble: Option<(&'a str, &'a str)>,
}

/// The page.
#[derive(Debug)]
pub(super) struct ChoosePage {
    pub(super) root: gtk::ScrolledWindow,
    subject: Subject,
    trouble: Warning,
    choices: Vec<(Purpose, gtk::CheckButton)>,
    profile: gtk::Label,
    key: gtk::Label,
    /// What stands there only on a token that is set up.
    key_line: gtk::Widget,
    erased: Warning,
    format: adw::PreferencesGroup,
    loses: gtk::Box,
}

impl ChoosePage {
    pub(super) fn new(sender: &ComponentSender<SetupWizard>) -> Self {
        let content = column(18);
        let list = column(0);
        list.add_css_class("card");
        list.add_css_class("choices");
        let mut choices: Vec<(Purpose, gtk::CheckButton)> = Vec::new();
        let (mut profile, mut key) = (label("", &[]), label("", &[]));
        let mut key_line: gtk::Widget = key.clone().upcast();
        for purpose in Purpose::ALL {
            let (title, caption) = (purpose.title(), purpose.caption());
            let text = column(3);
            text.append(&label(&title, &[]));
            let line = label(&caption, &["caption", "dim-label"]);
            text.append(&line);
            let choice = gtk::CheckButton::builder()
                .accessible_role(gtk::AccessibleRole::Radio)
                .child(&text)
                .hexpand(true)
                .build();
            choice.set_a11y_label(&title);
            choice.set_a11y_description(&caption);
            choice.set_group(choices.first().map(|(_, first)| first));
            let input = sender.input_sender().clone();
            choice.connect_toggled(move |choice| {
                if choice.is_active() {
                    input.emit(SetupInput::Choose(purpose));
                }
            });
            match purpose {
                Purpose::Profile => {
                    profile = line;
                    let words = gettext("Open a profile…");
                    list.append(&file_line(&choice, &words, sender, || {
                        SetupInput::OpenProfile
                    }));
                }
                Purpose::Import => {
                    key = line;
                    let words = gettext("Open a key file…");
                    let whole = file_line(&choice, &words, sender, || SetupInput::OpenKey);
                    list.append(&whole);
                    key_line = whole.upcast();
                }
                _ => list.append(&choice),
            }
            choices.push((purpose, choice));
        }
        let (trouble, erased) = (Warning::new(true), Warning::new(false));
        let input = sender.input_sender().clone();
        let (row, _) = switch_row(
            &gettext("Without its PINs"),
            &gettext(
                "Formats the whole card with the key of its maker, for when the PINs are not known.",
            ),
            false,
            move |on| input.emit(SetupInput::Format(on)),
        );
        let format = group("");
        format.add(&row);
        let subject = Subject::new();
        content.append(subject.widget());
        content.append(trouble.widget());
        let loses = column(12);
        loses.append(erased.widget());
        loses.append(&format);
        content.append(&loses);
        content.append(&list);
        Self {
            root: scrolled(&content),
            subject,
            trouble,
            choices,
            profile,
            key,
            key_line,
            erased,
            format,
            loses,
        }
    }

    pub(super) fn show(&self, shown: &Shown<'_>) {
        self.subject.show(shown.token.0, shown.token.1);
        for (purpose, choice) in &self.choices {
            match purpose {
                Purpose::Profile => choice.set_sensitive(shown.profile.is_some()),
                Purpose::Import => choice.set_sensitive(shown.key.is_some()),
                Purpose::Erase | Purpose::Tidy => choice.set_visible(!shown.empty),
                Purpose::Repair => choice.set_visible(shown.unguarded),
                _ => {}
            }
            if *purpose == shown.purpose && !choice.is_active() {
                choice.set_active(true);
            }
        }
        let caption = Purpose::Profile.caption();
        self.profile.set_label(shown.profile.unwrap_or(&caption));
        let caption = Purpose::Import.caption();
        self.key.set_label(shown.key.unwrap_or(&caption));
        self.key_line.set_visible(!shown.empty);
        self.trouble.show(shown.trouble);
        let title = gettext("The token is erased first");
        let erased = shown.erased.map(|words| (title.as_str(), words));
        self.erased.show(erased);
        self.loses.set_visible(shown.erased.is_some());
        self.format
            .set_visible(shown.erased.is_some() && shown.can_format);
    }

    /// Gives the focus to what is chosen.
    pub(super) fn focus(&self) {
        let mut choices = self.choices.iter();
        if let Some((_, choice)) = choices.find(|(_, choice)| choice.is_active()) {
            choice.grab_focus();
        }
    }
}

/// A choice with the way to its file.
fn file_line(
    choice: &gtk::CheckButton,
    words: &str,
    sender: &ComponentSender<SetupWizard>,
    input: fn() -> SetupInput,
) -> gtk::Box {
    let open = gtk::Button::builder()
        .label(gettext("Open…"))
        .valign(gtk::Align::Center)
        .margin_end(12)
        .build();
    open.set_a11y_label(words);
    let sender = sender.input_sender().clone();
    open.connect_clicked(move |_| sender.emit(input()));
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    line.append(choice);
    line.append(&open);
    line
}
