//! Scripts of gpshell: what is wrong with one, and what of it is not done here.

use super::failure::Explanation;
use super::sentences;
use crate::base::i18n::{gettext, gettext_f};
use crate::globalplatform::script::{ScriptError, ScriptProblem};
use crate::plan::gpshell::{ExportError, StageError, StageProblem};
use crate::token::SecureChannelProtocol;

/// Why a text is no script.
#[must_use]
pub fn script_error(error: &ScriptError) -> Explanation {
    about(error.line, problem(&error.problem)).with(error.to_string())
}

/// Why a script is not done.
#[must_use]
pub fn stage_error(error: &StageError) -> Explanation {
    about(error.line, stage_problem(error.problem)).with(error.to_string())
}

/// What a script of gpshell cannot say.
#[must_use]
pub fn export_error(error: ExportError) -> Explanation {
    let numbered = |step: usize| (step + 1).to_string();
    let title = gettext("This cannot be written as a script of gpshell");
    let body = match error {
        ExportError::Step { step } => gettext_f(
            "There is no command for step {step} in such scripts. Nothing was written.",
            &[("step", &numbered(step))],
        ),
        ExportError::NewKeys { step } => gettext_f(
            "The new keys of step {step} would have to stand in it, and keys are written into no script. Nothing was written.",
            &[("step", &numbered(step))],
        ),
        ExportError::Derivation => {
            gettext("gpshell does not derive keys by KDF3. Nothing was written.")
        }
    };
    Explanation::new(title, body).with(error.to_string())
}

/// A line that does nothing here.
#[must_use]
pub fn idle(line: usize, command: &str) -> String {
    gettext_f(
        "Line {line}: {command} does nothing here. “--trace” shows every exchange with the card.",
        &[("line", &line.to_string()), ("command", command)],
    )
}

/// The card speaks another protocol than a script says.
#[must_use]
pub fn other_protocol(spoken: SecureChannelProtocol) -> Explanation {
    Explanation::new(
        gettext_f(
            "The script wants another protocol than the card speaks: {protocol}",
            &[("protocol", &super::card_manager::protocol(spoken))],
        ),
        gettext(
            "Take -scp and -scpimpl out of the script, or say what the card speaks. The keys were right; nothing was changed by this part.",
        ),
    )
}

fn about(line: usize, what: String) -> Explanation {
    Explanation::new(
        gettext_f(
            "Line {line} of the script cannot be done",
            &[("line", &line.to_string())],
        ),
        sentences(&[what, gettext("Nothing of the script was done.")]),
    )
}

fn problem(problem: &ScriptProblem) -> String {
    match problem {
        ScriptProblem::TooLarge => gettext("It is larger than any script."),
        ScriptProblem::ControlCharacter => gettext("There is a character in it that is no text."),
        ScriptProblem::UnclosedQuote => gettext("A quotation mark is not closed."),
        ScriptProblem::Variable { word } => gettext_f(
            "Variables of the environment are not read: {word}.",
            &[("word", word.as_str())],
        ),
        ScriptProblem::UnknownCommand { word } => {
            gettext_f("gpshell has no command {word}.", &[("word", word.as_str())])
        }
        ScriptProblem::UnsupportedCommand { command } => gettext_f(
            "The command {command} of gpshell is not done here.",
            &[("command", command)],
        ),
        ScriptProblem::OptionWithoutCommand { word } => gettext_f(
            "The option {word} belongs to no command.",
            &[("word", word.as_str())],
        ),
        ScriptProblem::UnknownOption { command, word } => gettext_f(
            "{command} has no option {word}.",
            &[("command", command), ("word", word.as_str())],
        ),
        ScriptProblem::UnexpectedWord { command, word } => gettext_f(
            "The word {word} has no place behind {command}.",
            &[("command", command), ("word", word.as_str())],
        ),
        ScriptProblem::MissingOption { command, option } => gettext_f(
            "{command} needs the option {option}.",
            &[("command", command), ("option", option)],
        ),
        ScriptProblem::MissingValue { option } => {
            gettext_f("There is no value behind {option}.", &[("option", option)])
        }
        ScriptProblem::RepeatedOption { option } => gettext_f(
            "{option} is there twice: it is not certain which one is meant.",
            &[("option", option)],
        ),
        ScriptProblem::NotHexadecimal { option, word } => gettext_f(
            "{option} is hexadecimal, and {word} is not.",
            &[("option", option), ("word", word.as_str())],
        ),
        ScriptProblem::NotDecimal { option, word } => gettext_f(
            "{option} is a decimal number, and {word} is none.",
            &[("option", option), ("word", word.as_str())],
        ),
        ScriptProblem::OutOfRange { option, word } => gettext_f(
            "{option} cannot be {word}.",
            &[("option", option), ("word", word.as_str())],
        ),
        ScriptProblem::AidLength { option, len } => gettext_f(
            "{option} has {len} bytes; an AID has 5 to 16.",
            &[("option", option), ("len", &len.to_string())],
        ),
        ScriptProblem::KeyLength { option, len } => gettext_f(
            "{option} has {len} bytes; a key has 16, 24 or 32.",
            &[("option", option), ("len", &len.to_string())],
        ),
    }
}

fn stage_problem(problem: StageProblem) -> String {
    match problem {
        StageProblem::NotDone { command } => gettext_f(
            "The command {command} of gpshell is not done here.",
            &[("command", command)],
        ),
        StageProblem::Option { command, option } => gettext_f(
            "{option} of {command} says something else than what is done here.",
            &[("option", option), ("command", command)],
        ),
        StageProblem::ReaderNumber => gettext(
            "The number of a reader is another one with each program: take -readerNumber out of the script, and name the reader with --reader.",
        ),
        StageProblem::OtherReader => gettext(
            "A script is done in one reader, and this one goes to another: make two scripts of it.",
        ),
        StageProblem::KeyVersion(version) => gettext_f(
            "No key set can have the version {version}: those that are put onto a card have versions from 1 to 127.",
            &[("version", &version.to_string())],
        ),
        StageProblem::NoChannel { command } => gettext_f(
            "{command} needs a secure channel: open_sc has to stand before it.",
            &[("command", command)],
        ),
        StageProblem::LoadAlone => {
            gettext("A load has to follow its install_for_load, and the other way round.")
        }
        StageProblem::Number => gettext("A number is larger than a card can be told."),
        StageProblem::VolatileLimit => {
            gettext("Memory that goes with the power (-vDataLimit) is not announced here.")
        }
        StageProblem::Level(level) => gettext_f(
            "There is no security level {level}.",
            &[("level", &level.to_string())],
        ),
        StageProblem::OtherPackage => {
            gettext("The file holds another package than the script says.")
        }
        StageProblem::WhichApplet => {
            gettext("The file does not have exactly one applet; -AID has to say which is meant.")
        }
        StageProblem::KeysMissing => gettext(
            "Keys are missing: there have to be those for encryption, for MACs and for keys.",
        ),
        StageProblem::AfterPutKeys => gettext(
            "After put_sc_key the card may have other keys; open_sc has to stand before the next command.",
        ),
        StageProblem::NoFile => gettext("The file that it names is not there."),
    }
}
