//! What stands in the window when there is no token to show, and what to do next.

use crate::base::i18n::gettext;
use crate::explain::{self, readers};
use crate::plan::Survey;
use crate::token::{ReaderId, ServiceState};
use crate::ui::model::Situation;

/// A page without a token.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
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
    /// Set the card up.
    SetUp,
    /// Go on with that.
    Continue,
    /// Turn to the page of applets.
    ShowApplets,
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
            Self::SetUp => gettext("Set Up…"),
            Self::Continue => gettext("Continue…"),
            Self::ShowApplets => gettext("Show Applets"),
        }
    }
}

/// The words for a situation. `name` is the name of its reader as it is shown.
#[must_use]
pub fn words(situation: &Situation, name: &str) -> StatusWords {
    match situation {
        Situation::Starting | Situation::Reading { slow: false, .. } => StatusWords::default(),
        Situation::Service(state) => service(*state),
        Situation::NoReader => {
            StatusWords::of(readers::no_reader()).first(StatusChoice::UsePracticeCards)
        }
        Situation::Empty(reader) if reader.practice => StatusWords::of(readers::practice_pulled())
            .first(StatusChoice::PutBack(reader.id))
            .second(StatusChoice::UsePracticeCards),
        Situation::Empty(_) => StatusWords::of(readers::empty(name)),
        Situation::Held { reader, by } => {
            let words = StatusWords::of(readers::held(by.as_ref()));
            match by {
                // GnuPG is the only one that can be asked.
                Some(program) if program.as_str() == "scdaemon" => {
                    words.first(StatusChoice::AskToLetGo(reader.id))
                }
                Some(_) => StatusWords {
                    body: readers::held(None).body,
                    ..words
                }
                .first(StatusChoice::TryAgain(reader.id)),
                None => words.first(StatusChoice::TryAgain(reader.id)),
            }
        }
        Situation::Mute(reader) => {
            StatusWords::of(readers::mute()).first(StatusChoice::TryAgain(reader.id))
        }
        Situation::Unavailable(reader) => {
            StatusWords::of(readers::unavailable(name)).first(StatusChoice::TryAgain(reader.id))
        }
        Situation::Unknown {
            unfinished: Some(unfinished),
            ..
        } => StatusWords {
            icon: Some("dialog-warning-symbolic"),
            title: explain::plan::stopped(unfinished),
            body: explain::plan::stopped_means(),
            first: Some(StatusChoice::Continue),
            second: vec![StatusChoice::CopyReport, StatusChoice::SendCommand],
        },
        Situation::Unknown { token, .. } if Survey::is_for(token) => {
            StatusWords::of(readers::unknown_card())
                .first(StatusChoice::SetUp)
                .second(StatusChoice::CopyReport)
                .second(StatusChoice::SendCommand)
        }
        Situation::Unknown { token, .. } if token.is_empty_java_card() => {
            StatusWords::of(readers::empty_java_card())
                .first(StatusChoice::ShowApplets)
                .second(StatusChoice::CopyReport)
                .second(StatusChoice::SendCommand)
        }
        Situation::Unknown { token, .. } => {
            let words = StatusWords::of(readers::unknown_card())
                .first(StatusChoice::CopyReport)
                .second(StatusChoice::SendCommand);
            if token.has_card_manager() {
                words.second(StatusChoice::ShowApplets)
            } else {
                words
            }
        }
        Situation::Unreadable { reader, error } => {
            StatusWords::of(readers::unreadable(error)).first(StatusChoice::TryAgain(reader.id))
        }
        Situation::Reading { .. } => StatusWords {
            icon: None,
            ..StatusWords::of(readers::reading(name))
        },
    }
}

fn service(state: ServiceState) -> StatusWords {
    let words = readers::service(state)
        .map(StatusWords::of)
        .unwrap_or_default();
    match state {
        ServiceState::Starting | ServiceState::Running => words,
        ServiceState::Silent => words.first(StatusChoice::UsePracticeCards),
        ServiceState::NotInstalled => words
            .first(StatusChoice::ShowHow)
            .second(StatusChoice::UsePracticeCards),
        ServiceState::Stopped => words
            .first(StatusChoice::StartService)
            .second(StatusChoice::UsePracticeCards),
        ServiceState::Refused => words
            .first(StatusChoice::ShowRule)
            .second(StatusChoice::UsePracticeCards),
    }
}

impl StatusWords {
    fn of(page: readers::Page) -> Self {
        Self {
            icon: Some(page.icon),
            title: page.title,
            body: page.body,
            first: None,
            second: Vec::new(),
        }
    }

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
    use std::sync::Arc;

    use crate::token::{
        AnsweringApplication, Identity, Reader, ReaderId, ServiceState, SlotState, Text, Token,
    };
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

    /// The first choice, and whether the applets are among all.
    fn of_a_card(answering: &[&[u8]]) -> (Option<StatusChoice>, bool) {
        let answering = answering.iter().map(|aid| AnsweringApplication {
            name: Text::from("?"),
            aid: aid.to_vec(),
        });
        let token = Token {
            complete: true,
            answering: answering.collect(),
            ..Token::default()
        };
        let situation = Situation::Unknown {
            reader: reader(false),
            identity: Identity {
                reader: ReaderId(3),
                insertion: 1,
            },
            token: Arc::new(token),
            unfinished: None,
        };
        let words = words(&situation, "");
        let applets = StatusChoice::ShowApplets;
        let anywhere = words.first == Some(applets) || words.second.contains(&applets);
        (words.first, anywhere)
    }

    #[test]
    fn a_java_card_leads_to_its_applets() {
        let (manager, fido): (&[u8], &[u8]) = (
            &[0xA0, 0, 0, 1, 0x51, 0, 0],
            &[0xA0, 0, 0, 6, 0x47, 0x2F, 0, 1],
        );
        let (report, applets) = (StatusChoice::CopyReport, StatusChoice::ShowApplets);
        assert_eq!(of_a_card(&[manager]), (Some(applets), true));
        assert_eq!(of_a_card(&[fido, manager]), (Some(report), true));
        assert_eq!(of_a_card(&[fido]), (Some(report), false));
        assert_eq!(of_a_card(&[]), (Some(report), false));
    }

    #[test]
    fn every_trouble_with_the_service_has_its_own_cure() {
        let first = |state| words(&Situation::Service(state), "").first;
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
        let first = |practice| words(&Situation::Empty(reader(practice)), "").first;
        assert_eq!(first(false), None);
        assert_eq!(first(true), Some(StatusChoice::PutBack(ReaderId(3))));
    }

    #[test]
    fn the_empty_reader_is_named() {
        let body = words(&Situation::Empty(reader(false)), "SCR 3310").body;
        assert!(body.contains("SCR 3310"), "{body}");
    }

    #[test]
    fn nobody_to_ask_means_nothing_to_ask() {
        let first = |by: Option<&str>| {
            let by = by.map(Text::from);
            let reader = reader(false);
            words(&Situation::Held { reader, by }, "").first
        };
        let again = Some(StatusChoice::TryAgain(ReaderId(3)));
        assert_eq!(first(None), again);
        assert_eq!(first(Some("firefox")), again);
        assert_eq!(
            first(Some("scdaemon")),
            Some(StatusChoice::AskToLetGo(ReaderId(3)))
        );
    }
}
