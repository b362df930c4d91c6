//! Asks for ssh, which starts the program that `SSH_ASKPASS` names with its question as the one
//! argument (ssh(1), "ENVIRONMENT"), reads the answer from its standard output, and goes by its exit
//! status.
//!
//! `SSH_ASKPASS_PROMPT` says what kind of question it is: `confirm` is one for yes or no, `none` tells
//! something until ssh ends this program, mostly that a token waits to be touched.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use super::arguments::Arguments;
use super::description::{Description, Phrases};
use super::lines::Replies;
use super::prompt::{Agent, Answer, Check, Front, Kind, Label, PinPrompt, Prompt};
use super::requester::Requester;
use super::state::lines;
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::token::Text;

/// What ssh wants to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// A PIN or passphrase.
    Secret,
    /// Yes or no, by the exit status.
    Consent,
    /// "yes" or "no", written out: whether a host is the right one. No environment variable tells
    /// this from a secret, only the words that end the question.
    WrittenConsent,
    /// Nothing.
    Nothing,
}

impl Wanted {
    /// What `question` wants, with `hint` from `SSH_ASKPASS_PROMPT`.
    #[must_use]
    pub fn of(question: &[u8], hint: Option<&OsStr>) -> Self {
        // A token may be called so; the question ends with the choice.
        let end = question.trim_ascii_end().strip_suffix(b"?");
        let choice = end.and_then(|end| {
            let at = end.iter().rposition(|&byte| byte == b'(')?;
            end.get(at..)?.strip_suffix(b")")
        });
        let written = choice.is_some_and(|choice| choice.starts_with(b"(yes/no"));
        match hint.map(OsStr::as_bytes) {
            Some(b"confirm") => Self::Consent,
            Some(b"none") => Self::Nothing,
            _ if written => Self::WrittenConsent,
            _ => Self::Secret,
        }
    }
}

/// Shows the question and writes the answer to `output`.
///
/// # Errors
///
/// ssh is gone.
pub fn answer(
    question: &OsStr,
    arguments: &Arguments,
    output: OwnedFd,
    front: &mut dyn Front,
) -> io::Result<ExitCode> {
    let hint = env::var_os("SSH_ASKPASS_PROMPT");
    let wanted = Wanted::of(question.as_bytes(), hint.as_deref());
    let mut ssh = Ssh(output.try_clone()?);
    let replies = Replies::new(output);
    let mut prompt = prompt(question.as_bytes(), wanted);
    let options = arguments.options();
    // ssh waits as long as it takes, unless it was told otherwise.
    prompt.timeout = options.timeout.filter(|_| arguments.timeout.is_some());
    prompt.terminal.name = options.tty_name;
    prompt.alert = options.alert;
    let answer = front.ask(prompt, &mut ssh);
    Ok(match (wanted, answer) {
        (Wanted::Secret, Answer::Given { passphrase, .. }) => {
            replies.raw(passphrase.expose())?;
            ExitCode::SUCCESS
        }
        (Wanted::WrittenConsent, Answer::Confirmed) => {
            replies.line("yes")?;
            ExitCode::SUCCESS
        }
        (Wanted::WrittenConsent, Answer::NotConfirmed) => {
            replies.line("no")?;
            ExitCode::SUCCESS
        }
        (Wanted::Consent | Wanted::Nothing, Answer::Confirmed) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The question as it is shown.
#[must_use]
pub fn prompt(question: &[u8], wanted: Wanted) -> Prompt {
    let parent = rustix::process::getppid();
    let requester = parent
        .and_then(|parent| u32::try_from(parent.as_raw_nonzero().get()).ok())
        .map(Requester::from_process)
        .unwrap_or_default();
    let mut prompt = Prompt {
        description: Description::new(question.trim_ascii(), &Phrases::english()),
        requester,
        ..Prompt::default()
    };
    match wanted {
        Wanted::Secret => {
            let text = lines(question);
            let last = text.last().map(Text::as_str).unwrap_or_default();
            let name = if last.contains("PIN") {
                gettext("PIN")
            } else {
                gettext("Passphrase")
            };
            prompt.kind = Kind::Pin(Box::new(PinPrompt {
                prompt: Some(Label::plain(&name)),
                ..PinPrompt::default()
            }));
        }
        Wanted::Consent => {
            prompt.kind = Kind::Confirm;
            prompt.ok = Some(Label::marked(gettext("_Allow").as_bytes()));
            prompt.cancel = Some(Label::marked(gettext("_Deny").as_bytes()));
        }
        Wanted::WrittenConsent => {
            prompt.kind = Kind::Confirm;
            prompt.ok = Some(Label::marked(gettext("_Yes").as_bytes()));
            prompt.not_ok = Some(Label::marked(gettext("_No").as_bytes()));
        }
        Wanted::Nothing => {
            prompt.kind = Kind::Message;
            prompt.title = Some(Text::from(gettext("Touch the Token Now")));
            prompt.ok = Some(Label::marked(gettext("_Close").as_bytes()));
        }
    }
    prompt
}

/// ssh answers no questions.
struct Ssh(OwnedFd);

impl Agent for Ssh {
    fn quality(&mut self, _passphrase: &Secret) -> Option<i8> {
        None
    }

    fn check(&mut self, _passphrase: &Secret) -> Check {
        Check::Unanswered
    }

    fn generate(&mut self) -> Option<Secret> {
        None
    }

    fn gone(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Kind, Wanted, prompt};

    #[test]
    fn the_kind_of_a_question_is_told_by_ssh_or_by_its_words() {
        let pin = b"Enter PIN for 'H7 Card (Alice's S\xC3\xB6m)': ";
        assert_eq!(Wanted::of(pin, None), Wanted::Secret);
        assert_eq!(
            Wanted::of(b"Allow use of key x?", Some(OsStr::new("confirm"))),
            Wanted::Consent
        );
        assert_eq!(
            Wanted::of(b"Confirm user presence", Some(OsStr::new("none"))),
            Wanted::Nothing
        );
        let host = b"Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
        assert_eq!(Wanted::of(host, None), Wanted::WrittenConsent);
        let older = b"Are you sure you want to continue connecting (yes/no)? ";
        assert_eq!(Wanted::of(older, None), Wanted::WrittenConsent);
        for token in [
            &b"Enter PIN for 'Key (yes/no)': "[..],
            b"Enter passphrase for id(yes/no): ",
        ] {
            assert_eq!(Wanted::of(token, None), Wanted::Secret);
        }
        let shown = prompt(pin, Wanted::Secret);
        let Kind::Pin(shown) = shown.kind else {
            unreachable!("a secret is asked for in a field");
        };
        assert_eq!(
            shown.prompt.map(|label| label.as_str().to_owned()),
            Some("PIN".to_owned())
        );
    }
}
