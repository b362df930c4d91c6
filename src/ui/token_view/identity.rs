//! The head of the overview: name, model, serial number, applications.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::Subject;
use super::rows::{icon, label};
use crate::base::i18n::gettext;
use crate::explain;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{Chip, ChipKind, chips};

/// What the head says, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    title: String,
    subtitle: String,
    chips: Vec<Chip>,
    /// What those who hear the title are told with it.
    spoken: String,
}

impl Identity {
    /// Of a token with so many matters that want attention.
    pub(super) fn of(subject: &Subject, matters: usize) -> Self {
        let token = &subject.token;
        // First, so that it is never among those that are only counted.
        let spoken = token.remembered.then(explain::token::remembered);
        let remembered = spoken
            .clone()
            .map(|words| Chip::new(ChipKind::Plain, words));
        let applications = token.applications.iter();
        let mut chips: Vec<Chip> = remembered
            .into_iter()
            .chain(applications.map(|found| {
                let title = explain::token::application(&token.applications, found);
                Chip::new(ChipKind::Plain, title)
            }))
            .collect();
        if subject.reader.practice {
            chips.push(Chip::new(ChipKind::Plain, gettext("Practice card")));
        }
        if matters > 0 {
            let words = explain::attention::chip(matters);
            chips.push(Chip::new(ChipKind::Warning, words));
        }
        Self {
            title: explain::token::title(token),
            subtitle: explain::token::subtitle(token),
            chips,
            spoken: spoken.unwrap_or_default(),
        }
    }
}

/// The widget.
#[derive(Debug)]
pub(super) struct Card {
    root: gtk::Box,
    title: gtk::Label,
    subtitle: gtk::Label,
    text: gtk::Box,
    chips: gtk::Box,
    shown: Option<Identity>,
}

impl Card {
    /// An empty one.
    pub(super) fn new() -> Self {
        let picture = icon("auth-smartcard-symbolic", Some("token-icon"));
        picture.set_pixel_size(40);
        picture.set_valign(gtk::Align::Start);
        let title = label("", &["title-2"]);
        let subtitle = label("", &["dim-label"]);
        let chips = chips(&[]);
        let text = gtk::Box::new(gtk::Orientation::Vertical, 4);
        text.set_valign(gtk::Align::Center);
        text.set_hexpand(true);
        text.append(&title);
        text.append(&subtitle);
        text.append(&chips);
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 18);
        root.append(&picture);
        root.append(&text);
        Self {
            root,
            title,
            subtitle,
            text,
            chips,
            shown: None,
        }
    }

    /// The widget.
    pub(super) fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Shows a token.
    pub(super) fn show(&mut self, identity: &Identity) {
        if self.shown.as_ref() == Some(identity) {
            return;
        }
        self.title.set_label(&identity.title);
        self.title.set_a11y_description(&identity.spoken);
        self.subtitle.set_label(&identity.subtitle);
        self.subtitle.set_visible(!identity.subtitle.is_empty());
        self.text.remove(&self.chips);
        self.chips = chips(&identity.chips);
        self.chips.set_margin_top(4);
        self.text.append(&self.chips);
        self.shown = Some(identity.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Identity;
    use crate::token::{
        Application, ApplicationKind, Identity as CardIdentity, Reader, ReaderId, SlotState, Token,
    };
    use crate::ui::token_view::Subject;

    fn subject() -> Subject {
        let reader = ReaderId(1);
        Subject {
            reader: Reader {
                id: reader,
                name: "Practice reader".into(),
                practice: true,
                pinpad: false,
                slot: SlotState::Empty,
            },
            identity: CardIdentity {
                reader,
                insertion: 1,
            },
            token: Arc::new(Token {
                label: Some("Thomas Mustermann".into()),
                model: Some("YubiKey 5C NFC".into()),
                serial: Some("14725836".into()),
                applications: vec![Application::new(ApplicationKind::Piv, &[])],
                ..Token::default()
            }),
            unfinished: None,
            now: 0,
        }
    }

    #[test]
    fn a_practice_card_says_so() {
        let identity = Identity::of(&subject(), 3);
        let chips: Vec<&str> = identity
            .chips
            .iter()
            .map(|chip| chip.text.as_str())
            .collect();
        assert_eq!(identity.title, "Thomas Mustermann");
        assert_eq!(identity.subtitle, "YubiKey 5C NFC · serial 14725836");
        assert_eq!(chips, ["PIV", "Practice card", "3 warnings"]);
        assert_eq!(identity.spoken, "");
    }

    #[test]
    fn a_token_from_the_last_time_says_so_before_all_else() {
        let mut subject = subject();
        let token = Arc::make_mut(&mut subject.token);
        token.remembered = true;
        let many = Application::new(ApplicationKind::OpenPgp, &[]);
        token.applications = vec![many; 6];
        let identity = Identity::of(&subject, 0);
        let first = identity.chips.first().map(|chip| chip.text.as_str());
        assert_eq!(first, Some("From last time"));
        assert_eq!(identity.spoken, "From last time");
    }
}
