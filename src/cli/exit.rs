//! How the program ends: the numbers that scripts read, and the words that people read.

use std::io;
use std::process::ExitCode;

use crate::backend::{CardError, Failure, LinkError};
use crate::base::i18n::gettext_f;
use crate::explain::{self, Explanation};
use crate::plan::content::ChannelError;
use crate::plan::journal::JournalError;
use crate::plan::{RunError, SetupError};
use crate::token::{ServiceState, TriesLeft};

/// How the program ended. The numbers are documented in the manual page and never change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// The card refused, cannot do it, or cannot be read; or a file cannot be written.
    Refused = 1,
    /// The command line does not say clearly what is wanted.
    Usage = 2,
    /// No reader, no card in it, or none that can be used now.
    NoCard = 3,
    /// The smart card service is not there, or refuses.
    NoService = 4,
    /// The PIN was wrong; a try is lost.
    WrongPin = 5,
    /// The PIN is blocked.
    Blocked = 6,
    /// A single try is left, or may be, and it was kept.
    LastTry = 7,
    /// Cancelled, or out of time.
    Cancelled = 8,
    /// A PIN that this token cannot have; nothing was sent.
    Rule = 9,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not end with its result in somebody's hands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Something to be told.
    Trouble(Trouble),
    /// Nobody reads any more (`symbolonctl … | head`): no reason for words.
    NobodyReads,
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Why a command ended without its result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Trouble {
    /// The number.
    pub(super) exit: Exit,
    /// The words.
    pub(super) words: Explanation,
}

impl Trouble {
    /// A trouble that is said in one sentence or two.
    pub(super) fn new(exit: Exit, title: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            exit,
            words: Explanation {
                title: title.into(),
                body: body.into(),
                details: None,
            },
        }
    }

    /// The command line does not say clearly what is wanted.
    pub(super) fn usage(title: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Exit::Usage, title, body)
    }

    /// The person, or a signal, ended it before anything was sent.
    pub(super) fn cancelled() -> Self {
        Self::of(&Failure::Card(CardError::Link(LinkError::Cancelled)))
    }

    /// A request ended without doing what it was asked.
    pub(super) fn of(failure: &Failure) -> Self {
        Self {
            exit: exit(failure),
            words: explain::failure::failure(failure),
        }
    }

    /// A file, or standard output, could not be read or written.
    pub(super) fn file(title: impl Into<String>, error: &io::Error) -> Self {
        let mut trouble = Self::new(Exit::Refused, title, "");
        trouble.words.details = Some(error.to_string());
        trouble
    }

    /// The service does not answer; nothing if it does.
    pub(super) fn of_service(state: ServiceState) -> Option<Self> {
        let page = explain::readers::service(state)?;
        let mut trouble = Self::new(Exit::NoService, page.title, page.body);
        if state == ServiceState::Stopped {
            trouble.words.details = Some(gettext_f(
                "An administrator starts it with “{command}”.",
                &[("command", "systemctl start pcscd.socket")],
            ));
        }
        if state == ServiceState::Silent {
            trouble.words.details = Some(gettext_f(
                "An administrator starts it anew with “{command}”.",
                &[("command", "systemctl restart pcscd")],
            ));
        }
        Some(trouble)
    }
}

/// The number for a failure.
fn exit(failure: &Failure) -> Exit {
    match failure {
        Failure::Card(error) => card(error),
        Failure::Plan { why, .. } | Failure::NoPlan(why) => plan(why),
        Failure::Unfinished(_) | Failure::NothingUnfinished => Exit::Usage,
        Failure::Cancelled | Failure::TimedOut | Failure::Closing => Exit::Cancelled,
        Failure::NoReader | Failure::NoCard => Exit::NoCard,
        Failure::NoSuchPracticeCard => Exit::Usage,
        Failure::Manager(error) => setup(error),
        Failure::Program { .. } => Exit::Refused,
    }
}

fn plan(why: &RunError) -> Exit {
    match why {
        RunError::Setup(error) => setup(error),
        RunError::Journal(error) => journal(error),
    }
}

fn setup(error: &SetupError) -> Exit {
    match error {
        SetupError::Card(error) => card(error),
        SetupError::Manager(ChannelError::Link(error)) => link(*error),
        SetupError::Manager(ChannelError::WrongKeys { .. } | ChannelError::HostRefused { .. }) => {
            Exit::WrongPin
        }
        SetupError::Manager(ChannelError::FailedBefore { .. }) => Exit::LastTry,
        SetupError::Manager(ChannelError::Blocked { .. }) => Exit::Blocked,
        // Said before anything is sent.
        SetupError::Manager(ChannelError::Keys(_)) => Exit::Usage,
        SetupError::KnownPin { .. } => Exit::Rule,
        _ => Exit::Refused,
    }
}

/// The number for what is wrong with a journal.
pub(super) fn journal(error: &JournalError) -> Exit {
    match error {
        // Another program is at work on the token.
        JournalError::InUse => Exit::NoCard,
        JournalError::NoPlace | JournalError::File { .. } | JournalError::Changed { .. } => {
            Exit::Refused
        }
    }
}

fn card(error: &CardError) -> Exit {
    match error {
        CardError::Link(error) => link(*error),
        // This wrong PIN was the last one.
        CardError::WrongPin {
            left: TriesLeft::Blocked,
            ..
        }
        | CardError::Blocked { .. } => Exit::Blocked,
        CardError::WrongPin { .. } => Exit::WrongPin,
        CardError::LastTry { .. } | CardError::Unlocked { .. } => Exit::LastTry,
        CardError::Rule { .. } => Exit::Rule,
        error if error.refuses_pins() => Exit::Rule,
        CardError::OtherCard => Exit::NoCard,
        CardError::Unsupported(_)
        | CardError::NotFound { .. }
        | CardError::NotDecrypted
        | CardError::Muscle(_)
        | CardError::Malformed(_)
        | CardError::Status { .. } => Exit::Refused,
    }
}

fn link(error: LinkError) -> Exit {
    match error {
        LinkError::Removed | LinkError::Held | LinkError::Mute | LinkError::NoReader => {
            Exit::NoCard
        }
        LinkError::NoService | LinkError::Refused => Exit::NoService,
        LinkError::Reset | LinkError::Broken(_) | LinkError::Protocol(_) => Exit::Refused,
        LinkError::PinPadCancelled | LinkError::PinPadTimeout | LinkError::Cancelled => {
            Exit::Cancelled
        }
        LinkError::PinPadMismatch => Exit::Rule,
    }
}
