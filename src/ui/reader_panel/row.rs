//! What a line of the sidebar says. No widgets, so that a test needs no display.

use crate::base::i18n::{gettext, gettext_f};
use crate::token::{Reader, ReaderId, ServiceState, SlotState, Token, attention};
use crate::ui::model::{Content, Model, Place, Slot, reader_names};

/// A line of the sidebar.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub place: Place,
    /// Under which heading.
    pub group: Group,
    /// Its picture.
    pub icon: &'static str,
    /// First line.
    pub title: String,
    /// Second line.
    pub subtitle: String,
    /// The sign at its end.
    pub sign: Sign,
    /// Whether it steps back: nothing is in the reader.
    pub dimmed: bool,
    /// All of it in one sentence, for screen readers.
    pub sentence: String,
}

/// The headings of the sidebar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Group {
    /// Readers that the service knows.
    Readers,
    /// Practice readers.
    Practice,
}

impl Group {
    /// The heading.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Readers => gettext("Readers"),
            // TRANSLATORS: heading above the readers that hold simulated cards to practise with.
            Self::Practice => gettext("Practice"),
        }
    }
}

/// The sign at the end of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sign {
    /// Nothing.
    None,
    /// Something wants attention.
    Attention,
    /// Another program keeps the card.
    Held,
    /// Something is going on.
    Busy,
}

/// All lines, from top to bottom. `now` is in seconds since 1970.
#[must_use]
pub fn rows(model: &Model, now: i64) -> Vec<Row> {
    let names = reader_names(model.slots().map(|slot| &slot.reader));
    let name = |id: ReaderId| {
        let found = names.iter().find(|(known, _)| *known == id);
        found.map(|(_, name)| name.clone()).unwrap_or_default()
    };
    let none = model
        .lacks_readers()
        .then(|| without_readers(model.service()));
    let slots = model
        .slots()
        .map(|slot| of_slot(slot, &name(slot.reader.id), now));
    none.into_iter().chain(slots).collect()
}

fn without_readers(service: ServiceState) -> Row {
    let (title, subtitle, sign) = match service {
        ServiceState::Running | ServiceState::Starting => (
            gettext("No reader connected"),
            String::new(),
            Sign::None,
        ),
        ServiceState::NotInstalled => (
            gettext("No smart card service"),
            gettext("Not installed"),
            Sign::Attention,
        ),
        ServiceState::Stopped => (
            gettext("No smart card service"),
            gettext("Not running"),
            Sign::Attention,
        ),
        ServiceState::Refused => (
            gettext("No access to smart cards"),
            gettext("Not allowed"),
            Sign::Attention,
        ),
    };
    Row {
        place: Place::NoReader,
        group: Group::Readers,
        icon: "auth-sim-missing-symbolic",
        sentence: sentence(&[&title, &subtitle]),
        title,
        subtitle,
        sign,
        dimmed: service == ServiceState::Running,
    }
}

fn of_slot(slot: &Slot, reader: &str, now: i64) -> Row {
    let words = words(slot, reader, now);
    let practice = gettext("Practice card");
    let group = if slot.reader.practice {
        Group::Practice
    } else {
        Group::Readers
    };
    let mut parts = vec![words.title.as_str(), words.subtitle.as_str()];
    if slot.reader.practice && words.subtitle != practice {
        parts.push(&practice);
    }
    let said = match words.sign {
        Sign::Attention => gettext("needs attention"),
        Sign::None | Sign::Held | Sign::Busy => String::new(),
    };
    parts.push(&said);
    Row {
        place: Place::Reader(slot.reader.id),
        group,
        icon: icon(slot),
        sentence: sentence(&parts),
        sign: words.sign,
        dimmed: slot.reader.slot == SlotState::Empty,
        title: words.title,
        subtitle: words.subtitle,
    }
}

struct Words {
    title: String,
    subtitle: String,
    sign: Sign,
}

fn words(slot: &Slot, reader: &str, now: i64) -> Words {
    let new = |title: String, subtitle: &str, sign: Sign| Words {
        title,
        subtitle: subtitle.to_owned(),
        sign,
    };
    match &slot.reader.slot {
        SlotState::Empty => new(gettext("Empty"), reader, Sign::None),
        SlotState::Mute => new(gettext("No answer"), reader, Sign::Attention),
        SlotState::Unavailable => new(gettext("Not reachable"), reader, Sign::Attention),
        SlotState::Held { by: None } => new(gettext("In use elsewhere"), reader, Sign::Held),
        SlotState::Held { by: Some(program) } => new(
            gettext_f("In use by {program}", &[("program", program.as_str())]),
            &gettext_f("Card in {reader}", &[("reader", reader)]),
            Sign::Held,
        ),
        SlotState::Present { .. } => match &slot.content {
            Content::Unread { slow } => new(
                gettext("Reading…"),
                reader,
                if *slow { Sign::Busy } else { Sign::None },
            ),
            Content::Unreadable(_) => new(gettext("Cannot be read"), reader, Sign::Attention),
            Content::Read(token) if token.is_unknown() => {
                new(gettext("Unknown card"), reader, Sign::None)
            }
            Content::Read(token) => new(
                title(token),
                &subtitle(&slot.reader, token, reader),
                if attention::of(token, now).is_empty() {
                    Sign::None
                } else {
                    Sign::Attention
                },
            ),
        },
    }
}

fn title(token: &Token) -> String {
    let name = token.label.as_ref().or(token.model.as_ref());
    name.filter(|name| !name.is_empty())
        .map_or_else(|| gettext("Token without a name"), ToString::to_string)
}

fn subtitle(reader: &Reader, token: &Token, name: &str) -> String {
    let model = token.label.as_ref().and(token.model.as_ref());
    match model {
        _ if reader.practice => gettext("Practice card"),
        Some(model) => model.to_string(),
        None => name.to_owned(),
    }
}

fn icon(slot: &Slot) -> &'static str {
    match slot.reader.slot {
        SlotState::Empty | SlotState::Unavailable => "auth-sim-missing-symbolic",
        _ => "auth-smartcard-symbolic",
    }
}

fn sentence(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).copied().collect();
    parts.join(", ")
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests may stop")]
mod tests {
    use std::sync::Arc;

    use super::{Group, Sign, rows};
    use crate::backend::Event;
    use crate::token::{
        Application, ApplicationKind, Identity, Reader, ReaderId, ServiceState, SlotState, Text,
        Token,
    };
    use crate::ui::model::Model;

    fn model(practice: bool, slot: SlotState) -> Model {
        let mut model = Model::default();
        model.apply(Event::ServiceChanged(ServiceState::Running));
        model.apply(Event::ReaderAdded(Reader {
            id: ReaderId(1),
            name: Text::from("SCR 3310 00 00"),
            practice,
            pinpad: false,
            slot,
        }));
        model
    }

    fn present() -> Identity {
        Identity {
            reader: ReaderId(1),
            insertion: 1,
        }
    }

    #[test]
    fn a_row_is_one_sentence() {
        let mut model = model(
            true,
            SlotState::Present {
                identity: present(),
            },
        );
        model.apply(Event::TokenRead {
            identity: present(),
            token: Arc::new(Token {
                label: Some(Text::from("Anna Rossi")),
                model: Some(Text::from("YubiKey 5C NFC")),
                applications: vec![Application::new(ApplicationKind::Piv, &[])],
                complete: true,
                ..Token::default()
            }),
        });
        let rows = rows(&model, 0);
        assert_eq!(rows[1].group, Group::Practice);
        assert_eq!(rows[1].title, "Anna Rossi");
        assert_eq!(rows[1].sentence, "Anna Rossi, Practice card");
    }

    #[test]
    fn who_holds_the_card_is_named() {
        let by = Some(Text::from("scdaemon"));
        let row = &rows(&model(false, SlotState::Held { by }), 0)[0];
        assert_eq!(row.title, "In use by scdaemon");
        assert_eq!(row.subtitle, "Card in SCR 3310");
        assert_eq!(row.sign, Sign::Held);
    }

    #[test]
    fn a_spinner_turns_only_when_it_takes_long() {
        let mut model = model(
            false,
            SlotState::Present {
                identity: present(),
            },
        );
        model.apply(Event::ReadingStarted(present()));
        assert_eq!(rows(&model, 0)[0].sign, Sign::None);
        model.slow(present());
        assert_eq!(rows(&model, 0)[0].sign, Sign::Busy);
    }

    #[test]
    fn without_readers_the_service_has_a_row() {
        let mut model = Model::default();
        assert!(rows(&model, 0).is_empty());
        model.apply(Event::ServiceChanged(ServiceState::Stopped));
        assert_eq!(rows(&model, 0)[0].subtitle, "Not running");
    }
}
