//! A question as the agent put it, and its answers: what a dialog or a terminal shows.

use std::time::Duration;

use super::description::Description;
use super::memory::Known;
use super::requester::Requester;
use crate::base::secret::Secret;
use crate::token::Text;

/// The most bytes of a passphrase: agents take no longer one (`MAX_PASSPHRASE_LEN` of GnuPG).
pub const MAX_PASSPHRASE: usize = 255;

/// One question.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// What is asked.
    pub kind: Kind,
    /// The title that the agent wants, if it wants one.
    pub title: Option<Text>,
    /// What it is about.
    pub description: Description,
    /// What was wrong with the answer before.
    pub error: Vec<Text>,
    /// Who asks.
    pub requester: Requester,
    /// The button that goes on.
    pub ok: Option<Label>,
    /// The button that says no, if there is one beside cancelling.
    pub not_ok: Option<Label>,
    /// The button that cancels.
    pub cancel: Option<Label>,
    /// Whether going on destroys something.
    pub destroys: bool,
    /// How long it is shown; nothing means for ever.
    pub timeout: Option<Duration>,
    /// Whether the keyboard is to be kept from other programs.
    pub grab: bool,
    /// Whether the terminal is to be rung.
    pub alert: Alert,
    /// What is remembered of the card.
    pub known: Known,
    /// Where to ask if there is no display.
    pub terminal: Place,
}

/// Where the person's terminal is.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Its file.
    pub name: Option<Vec<u8>>,
    /// A file whose time is set when the terminal was used, for programs that have to draw anew.
    pub touch: Option<Vec<u8>>,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub enum Kind {
    /// A PIN or passphrase.
    Pin(Box<PinPrompt>),
    /// Yes or no.
    Confirm,
    /// Nothing: something is to be read.
    #[default]
    Message,
}

/// What a question for a PIN or passphrase says beside its description.
#[derive(Clone, Debug, Default)]
pub struct PinPrompt {
    /// The name of the field: "PIN", "Passphrase:".
    pub prompt: Option<Label>,
    /// The second field, for what is new.
    pub repeat: Option<Repeat>,
    /// The bar that tells how good it is.
    pub quality: Option<Help>,
    /// The button that makes one up.
    pub generate: Option<Help>,
    /// Whether the agent is asked about it before it is taken.
    pub constraints: Option<Constraints>,
    /// Whether it is shown in groups, and what is said about them.
    pub formatted: Option<Text>,
    /// What is said about the button that shows the passphrase, and about the one that hides it.
    pub show: Option<Text>,
    /// See [`PinPrompt::show`].
    pub hide: Option<Text>,
    /// Said when the caps lock key is on.
    pub caps_lock: Option<Text>,
    /// What the box for the keyring is called, if there is to be one.
    pub keyring: Option<Label>,
    /// What stands for a character that is not shown.
    pub invisible: Option<char>,
}

/// The second field.
#[derive(Clone, Debug, Default)]
pub struct Repeat {
    /// Its name.
    pub prompt: Option<Label>,
    /// Said while the two differ.
    pub error: Option<Text>,
    /// Said when they are the same.
    pub ok: Option<Text>,
}

/// A name and a sentence about it.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// The name.
    pub label: Option<Label>,
    /// The sentence.
    pub tooltip: Option<Text>,
}

/// What a new passphrase has to be.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// In a few words.
    pub short: Option<Text>,
    /// In sentences.
    pub long: Vec<Text>,
    /// The title of a refusal.
    pub title: Option<Text>,
}

/// When the terminal rings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Alert {
    /// Never.
    #[default]
    None,
    /// It beeps or flashes, as it is set.
    Bell,
}

/// A name with the letter that leads to it: `_OK`, and `__` for the sign itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Label {
    marked: String,
    plain: String,
}

impl Label {
    /// From text in which `_` stands before the letter.
    #[must_use]
    pub fn marked(bytes: &[u8]) -> Self {
        let marked = Text::from_utf8(bytes).as_str().to_owned();
        let mut plain = String::with_capacity(marked.len());
        let mut characters = marked.chars();
        while let Some(character) = characters.next() {
            plain.extend(if character == '_' {
                characters.next()
            } else {
                Some(character)
            });
        }
        // Without its mark one sign may stand beside another that it must not stand beside.
        let clean = Text::from(plain.as_str());
        if clean.as_str() != plain {
            return Self::plain(clean.as_str());
        }
        Self { marked, plain }
    }

    /// From text in which `_` is just that.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            marked: text.replace('_', "__"),
            plain: text.to_owned(),
        }
    }

    /// With its mark, as GTK reads it.
    #[must_use]
    pub fn with_mark(&self) -> &str {
        &self.marked
    }

    /// The letter that is marked.
    #[must_use]
    pub fn letter(&self) -> Option<char> {
        let mut characters = self.marked.chars();
        while let Some(character) = characters.next() {
            if character == '_'
                && let Some(letter) = characters.next().filter(|&letter| letter != '_')
            {
                return Some(letter);
            }
        }
        None
    }

    /// Without.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.plain
    }
}

/// What came of a question.
#[derive(Debug)]
pub enum Answer {
    /// What was typed.
    Given {
        /// It.
        passphrase: Secret,
        /// Whether it is to be kept in the keyring.
        keep: bool,
    },
    /// Yes, or read.
    Confirmed,
    /// No.
    NotConfirmed,
    /// Not now.
    Cancelled,
    /// The window was closed: the agent is not to ask for other keys instead.
    Closed,
    /// Nobody was there.
    TimedOut,
    /// There is nothing to ask on.
    Nowhere,
    /// The agent is gone.
    AgentGone,
}

/// What a dialog may ask the agent while it is open.
pub trait Agent {
    /// How good it is: from 0 to 100, below 0 where it would be refused.
    fn quality(&mut self, passphrase: &Secret) -> Option<i8>;
    /// Whether it may be used.
    fn check(&mut self, passphrase: &Secret) -> Check;
    /// One made up by the agent.
    fn generate(&mut self) -> Option<Secret>;
    /// Readable, or in trouble, as soon as the agent is gone.
    fn gone(&self) -> std::os::fd::BorrowedFd<'_>;
}

/// Whether a new passphrase may be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Check {
    /// It may.
    Passed,
    /// It may not, and why.
    Refused(Vec<Text>),
    /// The agent does not answer: it looks at the passphrase itself, later.
    Unanswered,
}

/// Who shows questions.
pub trait Front {
    /// Shows `prompt` until there is an answer.
    fn ask(&mut self, prompt: Prompt, agent: &mut dyn Agent) -> Answer;
    /// What `GETINFO flavor` says.
    fn flavour(&self) -> &'static str;
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn marks_are_taken_off_names() {
        for (marked, plain) in [
            ("_OK", "OK"),
            ("a__b", "a_b"),
            ("end_", "end"),
            ("P_IN:", "PIN:"),
        ] {
            assert_eq!(Label::marked(marked.as_bytes()).as_str(), plain);
        }
        assert_eq!(Label::plain("a_b").with_mark(), "a__b");
        for (marked, letter) in [("_OK", Some('O')), ("a__b", None), ("a__b_c", Some('c'))] {
            assert_eq!(Label::marked(marked.as_bytes()).letter(), letter);
        }
    }
}
