//! The files of a bench: what the person chooses, and what is read and written there.

use std::path::{Path, PathBuf};

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation, bench as words};
use crate::plan::bench::names::{MAX_LEN, Names};
use crate::plan::bench::shares_key;
use crate::token::Text;
use crate::ui::dialogs::chooser;
pub(super) use crate::ui::wizards::profile_file::name_of as name;
use crate::ui::wizards::profile_file::{self, Opened, Passwords, Unopened};

/// Which file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// What each token gets.
    Profile,
    /// Whom the tokens are for.
    Names,
    /// What came of it.
    Results,
    /// The letters.
    Letters,
}

/// A table of names that was read.
#[derive(Clone, Debug)]
pub struct Table {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub names: Names,
}

/// Asks for a file; `chosen` is called once if one was chosen.
pub(super) fn ask(
    kind: Kind,
    window: &impl IsA<gtk::Window>,
    proposed: Option<&Path>,
    chosen: impl Fn(PathBuf) + 'static,
) {
    let (title, action, accept) = match kind {
        Kind::Profile => return profile_file::ask(window, chosen),
        Kind::Names => (
            gettext("Open a table of names"),
            gtk::FileChooserAction::Open,
            gettext("Open"),
        ),
        Kind::Results => (
            gettext("Where the results go"),
            gtk::FileChooserAction::Save,
            gettext("Choose"),
        ),
        Kind::Letters => (
            gettext("Save letters"),
            gtk::FileChooserAction::Save,
            gettext("Save"),
        ),
    };
    let chooser = chooser::new(window, &title, action, &accept);
    if kind == Kind::Letters {
        chooser::filter(&chooser, &gettext("Pages (PDF)"), "*.pdf");
    } else {
        chooser::filter(&chooser, &gettext("Tables (CSV)"), "*.csv");
    }
    if let Some(proposed) = proposed {
        chooser.set_current_name(&name(proposed));
        let folder = proposed.parent().map(gtk::gio::File::for_path);
        if let Err(error) = chooser.set_current_folder(folder.as_ref()) {
            tracing::debug!(%error, "no folder to begin with");
        }
    }
    chooser::show(&chooser, move |_, path| chosen(path));
}

/// Reads a profile, and what it names. Not for the thread of the window: the place may be slow.
///
/// # Errors
///
/// Why it is of no use for a bench.
pub(super) fn read_profile(path: &Path) -> Result<Opened, Explanation> {
    match profile_file::read(path, &Passwords::default()) {
        Ok(opened) if !shares_key(&opened.profile) => Ok(opened),
        // Whether there is a password or none: a key for all is not taken.
        Ok(_) | Err(Unopened::Locked { .. }) => Err(words::shared_key()),
        Err(Unopened::For(words) | Unopened::NoKey(words)) => Err(words),
    }
}

/// Reads a table of names. Not for the thread of the window.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read_names(path: &Path) -> Result<Table, Explanation> {
    let limit = u64::try_from(MAX_LEN).unwrap_or(u64::MAX) + 1;
    let bytes = file::read_small_bytes(path, limit).map_err(|error| {
        let title = gettext_f("{file} cannot be read", &[("file", &name(path))]);
        explain::failure::file(title, &error)
    })?;
    let names = Names::parse(&bytes).map_err(|error| words::names_error(&error))?;
    let path = path.to_owned();
    Ok(Table { path, names })
}

/// A place for the results beside the table: "staff results.csv", or with a number behind it if that
/// is there.
pub(super) fn results_beside(table: &Path) -> PathBuf {
    let stem = Text::from_os(table.file_stem().unwrap_or_default());
    let stem = gettext_f("{table} results", &[("table", stem.as_str())]);
    free_beside(table, &stem, "csv")
}

/// A place for the letters beside the table, as [`results_beside`].
pub(super) fn letters_beside(table: &Path) -> PathBuf {
    let stem = Text::from_os(table.file_stem().unwrap_or_default());
    let stem = gettext_f("{table} letters", &[("table", stem.as_str())]);
    free_beside(table, &stem, "pdf")
}

fn free_beside(table: &Path, stem: &str, ending: &str) -> PathBuf {
    let named = |number: u32| match number {
        1 => table.with_file_name(format!("{stem}.{ending}")),
        _ => table.with_file_name(format!("{stem} {number}.{ending}")),
    };
    let free = (1..100).map(named).find(|path| !path.exists());
    free.unwrap_or_else(|| named(1))
}

/// Makes the file of the results, so that what cannot be written is known before the first token. One
/// that is there already is replaced only if the person chose it.
///
/// # Errors
///
/// Why there is none.
pub(super) fn make_results(path: &Path, existing: Existing) -> Result<(), Explanation> {
    file::write_whole(path, b"", existing).map_err(|error| unwritten(path, &error))
}

/// Writes the results.
///
/// # Errors
///
/// Why they are not there.
pub(super) fn write_results(path: &Path, table: &[u8]) -> Result<(), Explanation> {
    file::write_whole(path, table, Existing::Replace).map_err(|error| unwritten(path, &error))
}

/// Writes the letters where nobody else can read them.
///
/// # Errors
///
/// Why they are not there.
pub(super) fn write_letters(path: &Path, pages: &[u8]) -> Result<(), Explanation> {
    // The chooser has asked already whether a file of that name is to be replaced. Who may read that one
    // is not who may read this one.
    file::replace_private(path, pages).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Explanation {
    let title = gettext_f("{file} cannot be written", &[("file", &name(path))]);
    explain::failure::file(title, error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{make_results, read_names, read_profile, results_beside};
    use crate::base::file::Existing;

    #[test]
    fn results_go_beside_the_names_and_replace_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("staff.csv");
        std::fs::write(&table, "name\nAnna Rossi\n").unwrap();
        assert_eq!(read_names(&table).unwrap().names.people.len(), 1);
        let first = results_beside(&table);
        assert_eq!(first, folder.path().join("staff results.csv"));
        make_results(&first, Existing::Keep).unwrap();
        assert!(make_results(&first, Existing::Keep).is_err());
        let second = results_beside(&table);
        assert_eq!(second, folder.path().join("staff results 2.csv"));
    }

    #[test]
    fn a_profile_with_one_key_for_all_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, "name='A'\nlabel='T'\n[[pin]]\n[[key]]\n").unwrap();
        assert!(read_profile(&file).is_ok());
        assert!(read_names(&file).is_err());
    }
}
