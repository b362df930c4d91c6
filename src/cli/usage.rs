//! A command line that cannot be understood, in our words.
//!
//! clap says it in English, and repeats every argument; one that stands where none belongs may
//! well be a PIN, so those are not repeated here.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::Trouble;
use crate::base::i18n::{gettext, gettext_f};
use crate::token::Text;

/// Words for what clap did not understand.
pub(super) fn trouble(error: &Error) -> Trouble {
    let argument = context(error, ContextKind::InvalidArg);
    let title = match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => value(error, &argument),
        ErrorKind::UnknownArgument => unknown(&argument),
        ErrorKind::InvalidSubcommand => gettext_f(
            "There is no command {command}",
            &[("command", &context(error, ContextKind::InvalidSubcommand))],
        ),
        ErrorKind::MissingRequiredArgument => {
            gettext_f("What is missing: {argument}", &[("argument", &argument)])
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            gettext("A command is missing")
        }
        ErrorKind::ArgumentConflict => {
            let other = context(error, ContextKind::PriorArg);
            gettext_f(
                "{argument} does not go with {other}",
                &[("argument", &argument), ("other", &other)],
            )
        }
        ErrorKind::NoEquals => gettext_f(
            "The value of {argument} has to follow after “=”",
            &[("argument", &argument)],
        ),
        ErrorKind::TooManyValues => {
            gettext_f("{argument} takes no such value", &[("argument", &argument)])
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => gettext_f(
            "{argument} takes more values than that",
            &[("argument", &argument)],
        ),
        ErrorKind::InvalidUtf8 => gettext("An argument is no text in UTF-8"),
        // Help and version are no troubles; whatever clap may add later has its own words.
        _ => Text::from(error.to_string()).to_string(),
    };
    Trouble::usage(title, advice(error))
}

fn unknown(argument: &str) -> String {
    if argument.starts_with('-') {
        gettext_f("There is no option {option}", &[("option", argument)])
    } else {
        gettext("There is one argument too many")
    }
}

fn value(error: &Error, argument: &str) -> String {
    let known = context(error, ContextKind::ValidValue);
    if known.is_empty() {
        return gettext_f("{argument} takes no such value", &[("argument", argument)]);
    }
    gettext_f(
        "{argument} can be one of these: {values}",
        &[("argument", argument), ("values", &known)],
    )
}

/// What to do about it.
fn advice(error: &Error) -> String {
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .map(|kind| context(error, kind));
    let help = gettext(
        "“symbolonctl --help” lists the commands, and each of them has a --help of its own.",
    );
    match meant.iter().find(|found| !found.is_empty()) {
        Some(found) => {
            let question = gettext_f("Is {word} meant?", &[("word", found)]);
            format!("{question} {help}")
        }
        None => help,
    }
}

fn context(error: &Error, kind: ContextKind) -> String {
    // Arguments come from scripts too, and scripts have them from anywhere.
    match error.get(kind) {
        Some(ContextValue::String(text)) => Text::from(text.as_str()).to_string(),
        Some(ContextValue::Strings(texts)) => Text::from(texts.join(", ")).to_string(),
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::trouble;
    use crate::cli::help::command;

    fn said(arguments: &[&str]) -> String {
        let all = std::iter::once("symbolonctl").chain(arguments.iter().copied());
        let words = trouble(&command().try_get_matches_from(all).unwrap_err()).words;
        format!("{}. {}", words.title, words.body)
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(said(&["raeders"]).starts_with("There is no command raeders. Is readers meant?"));
        assert!(said(&["show", "--colour"]).starts_with("There is no option --colour."));
        assert!(said(&["cert", "show"]).starts_with("What is missing: <SLOT>."));
        assert!(said(&["pin"]).starts_with("A command is missing."));
        let both = said(&["pin", "verify", "--pin-fd", "3", "--pin-file", "x"]);
        assert!(both.contains("does not go with"), "{both}");
        let application = said(&["pin", "status", "--application", "pgp"]);
        assert!(application.contains("piv, openpgp"), "{application}");
    }

    #[test]
    fn an_argument_that_may_be_a_pin_is_not_repeated() {
        for arguments in [
            &["pin", "verify", "271828"][..],
            &["pin", "change", "--application", "piv", "271828", "314159"],
            &["pin", "verify", "--pin-fd", "271828"],
            &["pin", "verify", "--pin", "271828"],
            &["pin", "verify", "--use-last-try=271828"],
        ] {
            assert!(!said(arguments).contains("271828"), "{}", said(arguments));
        }
    }
}
