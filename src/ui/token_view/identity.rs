//! The head of the overview: name, model, serial number, applications.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::Subject;
use super::rows::{icon, label};
use crate::base::i18n::gettext;
use crate::explain;
use crate::ui::widgets::{Chip, ChipKind, chips};

/// What the head says, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    title: String,
    subtitle: String,
    chips: Vec<Chip>,
}

impl Identity {
    /// Of a token with so many matters that want attention.
    pub(super) fn of(subject: &Subject, matters: usize) -> Self {
        let token = &subject.token;
        let mut chips: Vec<Chip> = token
            .applications
            .iter()
            .map(|application| Chip::new(ChipKind::Plain, application.kind.name()))
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

    #[test]
    fn a_practice_card_says_so() {
        let reader = ReaderId(1);
        let subject = Subject {
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
        };
        let identity = Identity::of(&subject, 3);
        let chips: Vec<&str> = identity
            .chips
            .iter()
            .map(|chip| chip.text.as_str())
            .collect();
        assert_eq!(identity.title, "Thomas Mustermann");
        assert_eq!(identity.subtitle, "YubiKey 5C NFC · serial 14725836");
        assert_eq!(chips, ["PIV", "Practice card", "3 warnings"]);
    }
}
