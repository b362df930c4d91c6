//! What a line of the sidebar says. No widgets, so that a test needs no display.

use crate::base::i18n::gettext;
use crate::explain;
use crate::explain::readers::Reading;
use crate::token::{Reader, ServiceState, SlotState, Token, attention};
use crate::ui::model::{Content, Model, Place, Slot};

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
    /// What is no reader.
    Workplace,
}

impl Group {
    /// The heading.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Readers => gettext("Readers"),
            // TRANSLATORS: heading above the readers that hold simulated cards to practise with.
            Self::Practice => gettext("Practice"),
            // TRANSLATORS: heading above the bench, where many tokens are set up.
            Self::Workplace => gettext("Workplace"),
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

/// All lines, from top to bottom. `now` is in seconds since 1970; `bench` says how the bench stands.
#[must_use]
pub fn rows(model: &Model, now: i64, bench: &str) -> Vec<Row> {
    let readers: Vec<Reader> = model.slots().map(|slot| slot.reader.clone()).collect();
    let names = explain::readers::names(&readers);
    let none = model
        .lacks_readers()
        .then(|| without_readers(model.service()));
    let slots = model
        .slots()
        .zip(&names)
        .map(|(slot, name)| of_slot(slot, name, now));
    let bench = the_bench(bench);
    none.into_iter().chain(slots).chain([bench]).collect()
}

fn the_bench(subtitle: &str) -> Row {
    let title = gettext("Bench");
    Row {
        place: Place::Bench,
        group: Group::Workplace,
        icon: "view-grid-symbolic",
        sentence: format!("{title}, {subtitle}"),
        title,
        subtitle: subtitle.to_owned(),
        sign: Sign::None,
        dimmed: false,
    }
}

fn without_readers(service: ServiceState) -> Row {
    let (title, subtitle, sign) = match service {
        ServiceState::Running | ServiceState::Starting => (
            gettext("No reader connected"),
            gettext("Service is running"),
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
        ServiceState::Silent => (
            gettext("No smart card service"),
            gettext("Not answering"),
            Sign::Attention,
        ),
    };
    Row {
        place: Place::NoReader,
        group: Group::Readers,
        icon: "auth-sim-missing-symbolic",
        sentence: format!("{title}, {subtitle}"),
        title,
        subtitle,
        sign,
        dimmed: service == ServiceState::Running,
    }
}

fn of_slot(slot: &Slot, name: &str, now: i64) -> Row {
    let wants_attention = slot
        .token()
        .is_some_and(|token| !attention::of(token, now).is_empty());
    let reading = match &slot.content {
        Content::Unread { .. } => Reading::Started,
        Content::Unreadable(_) => Reading::Refused,
        Content::Read(token) => Reading::Read {
            token,
            wants_attention,
        },
    };
    let words = match &slot.content {
        Content::Read(token) if token.is_unknown() => unknown(slot, token, name),
        _ => explain::readers::row(&slot.reader, name, reading),
    };
    let group = if slot.reader.practice {
        Group::Practice
    } else {
        Group::Readers
    };
    let empty = slot.reader.slot == SlotState::Empty;
    Row {
        place: Place::Reader(slot.reader.id),
        group,
        icon: if empty {
            "auth-sim-missing-symbolic"
        } else {
            "auth-smartcard-symbolic"
        },
        sentence: words.sentence,
        sign: sign(slot, wants_attention),
        dimmed: empty,
        title: words.title,
        subtitle: words.subtitle,
    }
}

/// A card that no driver knows: the list of known cards may have a name for it.
fn unknown(slot: &Slot, token: &Token, name: &str) -> explain::readers::Row {
    let title = explain::readers::without_driver(token).title;
    let listed = token.card.listed_as.first().map(ToString::to_string);
    let subtitle = if slot.reader.practice {
        gettext("Practice card")
    } else {
        listed.unwrap_or_else(|| name.to_owned())
    };
    explain::readers::Row {
        sentence: format!("{title}, {subtitle}"),
        title,
        subtitle,
    }
}

fn sign(slot: &Slot, wants_attention: bool) -> Sign {
    match (&slot.reader.slot, &slot.content) {
        (SlotState::Mute | SlotState::Unavailable, _)
        | (SlotState::Present { .. }, Content::Unreadable(_)) => Sign::Attention,
        (SlotState::Held { .. }, _) => Sign::Held,
        (SlotState::Present { .. }, Content::Unread { slow: true }) => Sign::Busy,
        (SlotState::Present { .. }, Content::Read(_)) if wants_attention => Sign::Attention,
        (SlotState::Present { .. } | SlotState::Empty, _) => Sign::None,
    }
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
    use crate::ui::model::{Model, Place};

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
        let rows = rows(&model, 0, "");
        assert_eq!(rows[1].group, Group::Practice);
        assert_eq!(rows[1].title, "Anna Rossi");
        assert_eq!(
            rows[1].sentence,
            "Anna Rossi, YubiKey 5C NFC · Practice card"
        );
    }

    #[test]
    fn who_holds_the_card_is_named() {
        let by = Some(Text::from("scdaemon"));
        let row = &rows(&model(false, SlotState::Held { by }), 0, "")[0];
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
        assert_eq!(rows(&model, 0, "")[0].sign, Sign::None);
        model.slow(present());
        assert_eq!(rows(&model, 0, "")[0].sign, Sign::Busy);
    }

    #[test]
    fn without_readers_the_service_has_a_row() {
        let mut model = Model::default();
        assert_eq!(rows(&model, 0, "")[0].place, Place::Bench);
        model.apply(Event::ServiceChanged(ServiceState::Stopped));
        assert_eq!(rows(&model, 0, "")[0].subtitle, "Not running");
    }
}
