//! What stands in the window when there is no token to show, and what to do next.

use crate::base::i18n::{gettext, gettext_f};
use crate::token::{ReaderId, ServiceState};
use crate::ui::model::{Situation, reader_names};

/// A page without a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusWords {
    /// Its picture; nothing where a spinner turns.
    pub icon: Option<&'static str>,
    /// What is the matter.
    pub title: String,
    /// Why, and what can be done.
    pub body: String,
    /// The button that does it.
    pub first: Option<StatusChoice>,
    /// What can be done instead.
    pub second: Vec<StatusChoice>,
}

/// What the buttons of these pages do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusChoice {
    /// Show how the service is installed.
    ShowHow,
    /// Show the rule that lets this user in.
    ShowRule,
    /// Start the service.
    StartService,
    /// Put practice cards in.
    UsePracticeCards,
    /// Ask who holds the card to let go.
    AskToLetGo(ReaderId),
    /// Read once more.
    TryAgain(ReaderId),
    /// Put the practice card back.
    PutBack(ReaderId),
    /// Copy what is known of the card.
    CopyReport,
    /// Send a command of one's own.
    SendCommand,
}

impl StatusChoice {
    /// The words on the button.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::ShowHow => gettext("Show How…"),
            Self::ShowRule => gettext("Show Rule…"),
            Self::StartService => gettext("Start Service"),
            Self::UsePracticeCards => gettext("Use Practice Cards…"),
            Self::AskToLetGo(_) => gettext("Ask to Let Go"),
            Self::TryAgain(_) => gettext("Try Again"),
            // TRANSLATORS: the practice card that was pulled out of its reader.
            Self::PutBack(_) => gettext("Put It Back"),
            Self::CopyReport => gettext("Copy Report"),
            Self::SendCommand => gettext("Send a Command…"),
        }
    }
}

/// The words for a situation.
#[must_use]
pub fn words(situation: &Situation) -> StatusWords {
    match situation {
        Situation::Starting => page(None, String::new(), String::new()),
        Situation::Service(state) => service(*state),
        Situation::NoReader => page(
            Some("auth-smartcard-symbolic"),
            gettext("No reader connected"),
            gettext("Plug in a reader or a token: it appears here by itself."),
        )
        .first(StatusChoice::UsePracticeCards),
        Situation::Empty(reader) => {
            let words = page(
                Some("auth-sim-missing-symbolic"),
                gettext("Put in a card"),
                gettext_f(
                    "{reader} is empty. A card that is put in appears here by itself.",
                    &[("reader", &name(reader))],
                ),
            );
            if reader.practice {
                words.first(StatusChoice::PutBack(reader.id))
            } else {
                words
            }
        }
        Situation::Held { reader, by } => held(reader.id, by.as_ref().map(ToString::to_string)),
        Situation::Mute(reader) => page(
            Some("dialog-error-symbolic"),
            gettext("The card does not answer"),
            gettext("It may lie the wrong way round or have dirty contacts."),
        )
        .first(StatusChoice::TryAgain(reader.id)),
        Situation::Unavailable(reader) => page(
            Some("auth-sim-missing-symbolic"),
            gettext("The reader cannot be reached"),
            gettext_f(
                "The smart card service lists {reader}, but cannot talk to it. Unplug it and plug it in again.",
                &[("reader", &name(reader))],
            ),
        )
        .first(StatusChoice::TryAgain(reader.id)),
        Situation::Unknown { .. } => page(
            Some("dialog-question-symbolic"),
            gettext("Unknown card"),
            gettext("No application that Symbolon knows answers. The report helps to add it."),
        )
        .first(StatusChoice::CopyReport)
        .second(StatusChoice::SendCommand),
        Situation::Unreadable { reader, error } => {
            // The error's own text is for the details.
            let detail = error.to_string();
            page(
                Some("dialog-warning-symbolic"),
                gettext("The card cannot be read"),
                gettext_f("What happened: {detail}.", &[("detail", &detail)]),
            )
            .first(StatusChoice::TryAgain(reader.id))
        }
        Situation::Reading { slow: false, .. } => page(None, String::new(), String::new()),
        Situation::Reading { reader, .. } => page(
            None,
            gettext("Reading…"),
            gettext_f(
                "The card in {reader} is being read for the first time.",
                &[("reader", &name(reader))],
            ),
        ),
    }
}

fn service(state: ServiceState) -> StatusWords {
    let words = match state {
        ServiceState::Starting | ServiceState::Running => {
            page(None, String::new(), String::new())
        }
        ServiceState::NotInstalled => page(
            Some("computer-fail-symbolic"),
            gettext("Smart card service not installed"),
            gettext("Symbolon talks to cards through it. It is one package of your system."),
        )
        .first(StatusChoice::ShowHow),
        ServiceState::Stopped => page(
            Some("media-playback-stop-symbolic"),
            gettext("Smart card service is not running"),
            gettext("Symbolon talks to cards through it. It can be started now."),
        )
        .first(StatusChoice::StartService),
        ServiceState::Refused => page(
            Some("changes-prevent-symbolic"),
            gettext("Access to smart cards is not allowed"),
            gettext(
                "This session may not use the smart card service. An administrator can allow it with one rule.",
            ),
        )
        .first(StatusChoice::ShowRule),
    };
    words.second(StatusChoice::UsePracticeCards)
}

fn held(reader: ReaderId, by: Option<String>) -> StatusWords {
    match by {
        Some(program) => page(
            Some("changes-prevent-symbolic"),
            gettext_f("In use by {program}", &[("program", &program)]),
            gettext_f(
                "{program} keeps the card for itself. Symbolon can ask it to let go; nothing is ended.",
                &[("program", &program)],
            ),
        )
        .first(StatusChoice::AskToLetGo(reader)),
        None => page(
            Some("changes-prevent-symbolic"),
            gettext("In use by another program"),
            gettext("It keeps the card for itself. The card is read as soon as it is free."),
        )
        .first(StatusChoice::TryAgain(reader)),
    }
}

fn name(reader: &crate::token::Reader) -> String {
    let names = reader_names(std::iter::once(reader));
    names.into_iter().map(|(_, name)| name).collect()
}

fn page(icon: Option<&'static str>, title: String, body: String) -> StatusWords {
    StatusWords {
        icon,
        title,
        body,
        first: None,
        second: Vec::new(),
    }
}

impl StatusWords {
    fn first(self, choice: StatusChoice) -> Self {
        Self {
            first: Some(choice),
            ..self
        }
    }

    fn second(mut self, choice: StatusChoice) -> Self {
        self.second.push(choice);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{StatusChoice, words};
    use crate::token::{Reader, ReaderId, ServiceState, SlotState, Text};
    use crate::ui::model::Situation;

    fn reader(practice: bool) -> Reader {
        Reader {
            id: ReaderId(3),
            name: Text::from("SCR 3310 00 00"),
            practice,
            pinpad: false,
            slot: SlotState::Empty,
        }
    }

    #[test]
    fn every_trouble_with_the_service_has_its_own_cure() {
        let first = |state| words(&Situation::Service(state)).first;
        assert_eq!(
            first(ServiceState::Stopped),
            Some(StatusChoice::StartService)
        );
        assert_eq!(first(ServiceState::Refused), Some(StatusChoice::ShowRule));
        assert_eq!(
            first(ServiceState::NotInstalled),
            Some(StatusChoice::ShowHow)
        );
    }

    #[test]
    fn only_a_practice_card_can_be_put_back_from_here() {
        let first = |practice| words(&Situation::Empty(reader(practice))).first;
        assert_eq!(first(false), None);
        assert_eq!(first(true), Some(StatusChoice::PutBack(ReaderId(3))));
    }

    #[test]
    fn the_empty_reader_is_named() {
        let body = words(&Situation::Empty(reader(false))).body;
        assert!(body.starts_with("SCR 3310 is empty"), "{body}");
    }

    #[test]
    fn nobody_to_ask_means_nothing_to_ask() {
        let situation = Situation::Held {
            reader: reader(false),
            by: None,
        };
        assert_eq!(
            words(&situation).first,
            Some(StatusChoice::TryAgain(ReaderId(3)))
        );
    }
}
