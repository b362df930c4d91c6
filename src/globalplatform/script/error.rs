//! Why a text is no script.

use crate::token::Text;

/// A script was not read; nothing of it is done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ScriptError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: ScriptProblem,
}

/// What is wrong with a line of a script. Words that may be keys are shown as "…".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScriptProblem {
    /// The text, or the number of its commands, is larger than that of any script.
    #[error("the script is too large")]
    TooLarge,
    /// A character that is no text, such as NUL.
    #[error("a control character")]
    ControlCharacter,
    /// A quotation mark without its partner.
    #[error("a quotation mark is not closed")]
    UnclosedQuote,
    /// `${NAME}`: later gpshells read the environment there.
    #[error("environment variables are not read: {word}")]
    Variable {
        /// The word.
        word: Text,
    },
    /// No command of gpshell.
    #[error("unknown command {word}")]
    UnknownCommand {
        /// The word.
        word: Text,
    },
    /// A command of gpshell that is not done here.
    #[error("the command {command} is not supported")]
    UnsupportedCommand {
        /// The command.
        command: &'static str,
    },
    /// The script begins with an option.
    #[error("the option {word} belongs to no command")]
    OptionWithoutCommand {
        /// The option.
        word: Text,
    },
    /// No option, or none of this command.
    #[error("{command} has no option {word}")]
    UnknownOption {
        /// The command.
        command: &'static str,
        /// The option.
        word: Text,
    },
    /// A word that belongs to no option.
    #[error("{command} does not expect {word}")]
    UnexpectedWord {
        /// The command.
        command: &'static str,
        /// The word.
        word: Text,
    },
    /// An option that the command cannot do without is not there.
    #[error("{command} needs {option}")]
    MissingOption {
        /// The command.
        command: &'static str,
        /// The option.
        option: &'static str,
    },
    /// There is nothing behind the option.
    #[error("{option} needs a value")]
    MissingValue {
        /// The option.
        option: &'static str,
    },
    /// An option is there twice: it is not certain which one is meant.
    #[error("{option} is there twice")]
    RepeatedOption {
        /// The option.
        option: &'static str,
    },
    /// The value has to be hexadecimal.
    #[error("{option} is hexadecimal, not {word}")]
    NotHexadecimal {
        /// The option.
        option: &'static str,
        /// The value.
        word: Text,
    },
    /// The value has to be decimal.
    #[error("{option} is decimal, not {word}")]
    NotDecimal {
        /// The option.
        option: &'static str,
        /// The value.
        word: Text,
    },
    /// The value is none of those that there are.
    #[error("{option} cannot be {word}")]
    OutOfRange {
        /// The option.
        option: &'static str,
        /// The value.
        word: Text,
    },
    /// An application identifier of fewer than 5 or more than 16 bytes.
    #[error("{option} has {len} bytes")]
    AidLength {
        /// The option.
        option: &'static str,
        /// The length, in bytes.
        len: usize,
    },
    /// A key that is neither of 16, nor of 24, nor of 32 bytes.
    #[error("{option} has {len} bytes")]
    KeyLength {
        /// The option.
        option: &'static str,
        /// The length, in bytes.
        len: usize,
    },
}

/// A command that cannot be written down: a file or a reader has a name that no script can hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("command {index} has a name that cannot stand in a script")]
pub struct Unwritable {
    /// Which command, counted from 0.
    pub index: usize,
}

impl ScriptError {
    pub(super) fn new(line: usize, problem: ScriptProblem) -> Self {
        Self { line, problem }
    }
}

/// `word` for an error, unless it may be a key.
pub(super) fn shown(word: &str) -> Text {
    let digits = word.chars().filter(char::is_ascii_hexdigit).count();
    if digits >= 16 && digits * 2 >= word.chars().count() {
        hidden()
    } else {
        Text::from(word)
    }
}

/// Instead of a word that is a secret.
pub(super) fn hidden() -> Text {
    Text::from("…")
}
