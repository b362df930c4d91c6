//! The words about who shows the PIN prompts of GnuPG.

use super::{Explanation, failure};
use crate::base::i18n::{gettext, gettext_f};
use crate::integration::change::{Change, ChangeError, Effect};
use crate::integration::gnupg::{Answer, GnuPgError, PinPrompts};
use crate::token::Text;

/// What stands under the switch.
#[must_use]
pub fn state(state: PinPrompts) -> String {
    match state {
        PinPrompts::Other | PinPrompts::Symbolon => gettext(
            "When GnuPG needs a PIN or a passphrase, Symbolon asks for it, and says for which token and how many tries are left.",
        ),
        PinPrompts::SymbolonForAll => gettext(
            "This is set for everybody on this computer, by an administrator or by the installation of Symbolon.",
        ),
        PinPrompts::Gone => gettext(
            "GnuPG is set to a Symbolon that is no longer there, and cannot ask for PINs. Switch this on to set it to this one.",
        ),
    }
}

/// The question before a change, as a title.
#[must_use]
pub fn question(on: bool) -> String {
    if on {
        gettext("Use Symbolon for PIN prompts?")
    } else {
        gettext("Take Symbolon back from GnuPG?")
    }
}

/// What becomes of the file.
#[must_use]
pub fn effect(change: &Change) -> String {
    let file = Text::from_path(change.path()).to_string();
    let file = [("file", file.as_str())];
    match change.effect() {
        Effect::Made => gettext_f("GnuPG gets a file {file} with these lines:", &file),
        Effect::Changed => gettext_f("These lines of the file {file} change:", &file),
        Effect::Removed => gettext_f(
            "The file {file} goes, as there was none before. Its lines:",
            &file,
        ),
        Effect::Nothing => gettext_f("Nothing changes in the file {file}.", &file),
    }
}

/// Where the file stays as it is, if it is kept: when Symbolon is taken back, nothing is left of it.
#[must_use]
pub fn kept(change: &Change, on: bool) -> Option<String> {
    let backup = change.backup();
    let name = Text::from_os(backup.file_name()?);
    (on && change.effect() == Effect::Changed).then(|| {
        gettext_f(
            "The file as it is now is kept beside it as {name}.",
            &[("name", name.as_str())],
        )
    })
}

/// A line that goes, for those who do not see its sign.
#[must_use]
pub fn goes(line: &str) -> String {
    // TRANSLATORS: A line of a file that a change removes.
    gettext_f("Goes: {line}", &[("line", line)])
}

/// A line that comes, for those who do not see its sign.
#[must_use]
pub fn comes(line: &str) -> String {
    // TRANSLATORS: A line of a file that a change adds.
    gettext_f("Comes: {line}", &[("line", line)])
}

/// What the test prompt says.
#[must_use]
pub fn test_prompt() -> String {
    gettext("This is a test from Symbolon. The prompts of GnuPG look like this from now on.")
}

/// What became of the test prompt.
#[must_use]
pub fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Agreed => gettext("The prompt was shown and answered."),
        Answer::Declined => gettext("The prompt was shown and cancelled."),
        Answer::NotAnswered => gettext("The prompt was not answered in time."),
        Answer::NotShown { said } => gettext_f(
            // TRANSLATORS: {said} are words of GnuPG.
            "GnuPG could not show the prompt: {said}",
            &[("said", said.as_str())],
        ),
    }
}

/// Why the prompts were not changed.
#[must_use]
pub fn refusal(error: &GnuPgError) -> Explanation {
    match error {
        GnuPgError::NotInstalled => Explanation::new(
            gettext("GnuPG is not installed"),
            gettext("Symbolon shows the prompts of GnuPG once it is there."),
        ),
        GnuPgError::NotUnderstood { said } => Explanation::new(
            gettext("GnuPG does not say where its files are"),
            gettext("Nothing was changed."),
        )
        .with(said.to_string()),
        GnuPgError::NoProgram(path) => Explanation::new(
            gettext("The program for prompts is missing"),
            gettext_f(
                "There is no {file}. It belongs to Symbolon and is installed with it.",
                &[("file", Text::from_path(path).as_str())],
            ),
        ),
        GnuPgError::OddPath(path) => Explanation::new(
            gettext("GnuPG cannot take the name of this folder"),
            gettext_f(
                "Install Symbolon in a folder without special characters in its name. Now it is {file}.",
                &[("file", Text::from_path(path).as_str())],
            ),
        ),
        GnuPgError::File(error) => file(error),
        GnuPgError::Refused { said } => Explanation::new(
            gettext("GnuPG does not accept this file"),
            gettext(
                "Nothing was changed. What it does not like was most often in the file before.",
            ),
        )
        .with(said.to_string()),
        GnuPgError::NotTold { said } => Explanation::new(
            gettext("GnuPG does not answer"),
            gettext("Nothing was changed. Try again after the next sign-in."),
        )
        .with(said.to_string()),
    }
}

fn file(error: &ChangeError) -> Explanation {
    let path = Text::from_path(error.path()).to_string();
    let path = [("file", path.as_str())];
    match error {
        ChangeError::NotAFile(_) | ChangeError::NotText(_) => Explanation::new(
            gettext_f("{file} is not a text file", &path),
            gettext("Symbolon leaves it alone. Nothing was changed."),
        ),
        ChangeError::NotOurs(_) => Explanation::new(
            gettext_f("{file} belongs to somebody else", &path),
            gettext(
                "Whoever or whatever put it there looks after it, and can set the program for PIN prompts in it.",
            ),
        ),
        ChangeError::ReadOnly(_) => Explanation::new(
            gettext_f("{file} can only be read", &path),
            gettext("Allow writing to the file and its folder, and switch again."),
        ),
        ChangeError::Changed(_) => Explanation::new(
            gettext_f("{file} was changed meanwhile", &path),
            gettext("What was written there stays. Switch again to see what would change now."),
        ),
        ChangeError::Io { source, .. } => {
            failure::file(gettext_f("{file} cannot be changed", &path), source)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::{file, refusal};
    use crate::integration::change::ChangeError;
    use crate::integration::gnupg::GnuPgError;
    use crate::token::Text;

    #[test]
    fn what_gnupg_said_stands_in_the_details() {
        let said = Text::from("gpg-agent: no\n\x1b[31mred");
        let words = refusal(&GnuPgError::Refused { said });
        let details = words.details.unwrap_or_default();
        assert!(details.starts_with("gpg-agent: no"), "{details}");
        assert!(!details.contains('\x1b'), "{details}");
    }

    #[test]
    fn the_file_is_named() {
        let path = PathBuf::from("/a/gpg-agent.conf");
        let source = io::ErrorKind::StorageFull.into();
        for error in [
            ChangeError::NotText(path.clone()),
            ChangeError::NotOurs(path.clone()),
            ChangeError::ReadOnly(path.clone()),
            ChangeError::Changed(path.clone()),
            ChangeError::Io { path, source },
        ] {
            let words = file(&error);
            assert!(words.title.starts_with("/a/gpg-agent.conf "), "{words:?}");
        }
    }
}
