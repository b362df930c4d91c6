//! The first page: what the token is for.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::wish::Purpose;
use super::{SetupInput, SetupWizard};
use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::wizards::parts::{Subject, Warning, column, label, set_once, switch_row};
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
    /// Whether an applet keeps it, which takes no other names.
    pub(super) applet: bool,
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
    choices: Vec<Choice>,
    /// What stands there only on a token that is set up.
    key_line: gtk::Widget,
    erased: Warning,
    format: adw::PreferencesGroup,
    loses: gtk::Box,
}

/// One of them.
#[derive(Debug)]
struct Choice {
    purpose: Purpose,
    button: gtk::CheckButton,
    title: gtk::Label,
    caption: gtk::Label,
}

impl Choice {
    fn new(purpose: Purpose) -> Self {
        let (title, caption) = (label("", &[]), label("", &["caption", "dim-label"]));
        let text = column(3);
        text.append(&title);
        text.append(&caption);
        let button = gtk::CheckButton::builder()
            .accessible_role(gtk::AccessibleRole::Radio)
            .child(&text)
            .hexpand(true)
            .build();
        let choice = Self {
            purpose,
            button,
            title,
            caption,
        };
        choice.say(&purpose.title(), &purpose.caption());
        choice
    }

    fn say(&self, title: &str, caption: &str) {
        set_once(&self.title, title);
        set_once(&self.caption, caption);
        self.button.set_a11y_label(title);
        self.button.set_a11y_description(caption);
    }
}

impl ChoosePage {
    pub(super) fn new(sender: &ComponentSender<SetupWizard>) -> Self {
        let content = column(18);
        let list = column(0);
        list.add_css_class("card");
        list.add_css_class("choices");
        let mut choices: Vec<Choice> = Vec::new();
        let mut key_line: gtk::Widget = list.clone().upcast();
        for purpose in Purpose::ALL {
            let choice = Choice::new(purpose);
            let button = &choice.button;
            button.set_group(choices.first().map(|first| &first.button));
            let input = sender.input_sender().clone();
            button.connect_toggled(move |button| {
                if button.is_active() {
                    input.emit(SetupInput::Choose(purpose));
                }
            });
            match purpose {
                Purpose::Profile => {
                    let words = gettext("Open a profile…");
                    list.append(&file_line(button, &words, sender, || {
                        SetupInput::OpenProfile
                    }));
                }
                Purpose::Import => {
                    let words = gettext("Open a key file…");
                    let whole = file_line(button, &words, sender, || SetupInput::OpenKey);
                    list.append(&whole);
                    key_line = whole.upcast();
                }
                _ => list.append(button),
            }
            choices.push(choice);
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
            key_line,
            erased,
            format,
            loses,
        }
    }

    pub(super) fn show(&self, shown: &Shown<'_>) {
        self.subject.show(shown.token.0, shown.token.1);
        for choice in &self.choices {
            let (purpose, button) = (choice.purpose, &choice.button);
            let (title, caption) = purpose.words(shown.applet);
            let mut file = None;
            match purpose {
                Purpose::Profile => file = Some(shown.profile),
                Purpose::Import => file = Some(shown.key),
                Purpose::Erase | Purpose::Tidy => button.set_visible(!shown.empty),
                Purpose::Repair => button.set_visible(shown.unguarded),
                _ => {}
            }
            if let Some(file) = file {
                button.set_sensitive(file.is_some());
            }
            let caption = file.flatten().unwrap_or(&caption);
            choice.say(&title, caption);
            if purpose == shown.purpose && !button.is_active() {
                button.set_active(true);
            }
        }
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
        let mut buttons = self.choices.iter().map(|choice| &choice.button);
        if let Some(button) = buttons.find(|button| button.is_active()) {
            button.grab_focus();
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
