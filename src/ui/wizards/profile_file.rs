//! A profile out of a file that the person chooses.

use std::path::{Path, PathBuf};

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::i18n::gettext;
use crate::explain::{self, Explanation};
use crate::pki::import::ImportError;
use crate::plan::files::{self, Files};
use crate::plan::profile::Profile;
use crate::plan::recipe::Given;
use crate::token::Text;
use crate::ui::dialogs::chooser;

/// A profile that was read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub profile: Profile,
    /// What a recipe has to know of the files that it names.
    pub given: Given,
}

/// Asks for the file; `chosen` is called once if one was chosen.
pub(super) fn ask(window: &impl IsA<gtk::Window>, chosen: impl Fn(PathBuf) + 'static) {
    let title = gettext("Open a profile");
    // TRANSLATORS: On the button that opens the file.
    let open = gettext("Open");
    let chooser = chooser::new(window, &title, gtk::FileChooserAction::Open, &open);
    chooser::filter(&chooser, &gettext("Profiles (TOML)"), "*.toml");
    chooser::show(&chooser, move |_, path| chosen(path));
}

/// Reads it, and what it names. Not for the thread of the window: the place may be slow.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read(path: &Path) -> Result<Opened, Explanation> {
    let words = |error: files::FileError| words(&error);
    let profile = files::read_profile(path).map_err(words)?;
    let given = Files::read(&profile, path, &mut |_| None)
        .map_err(words)?
        .given();
    Ok(Opened {
        path: path.to_owned(),
        profile,
        given,
    })
}

/// Why a profile or a file of it is of no use. There is no place for a password here.
fn words(error: &files::FileError) -> Explanation {
    let mut words = explain::plan::file_error(error);
    if let files::FileError::Key {
        error: ImportError::NeedsPassword,
        ..
    } = error
    {
        words.body = gettext("“symbolonctl plan run” asks for its password. Nothing was sent.");
    }
    words
}

impl Opened {
    /// The name of its file, as it is shown.
    pub(super) fn name(&self) -> String {
        Text::from_os(self.path.file_name().unwrap_or_default()).to_string()
    }

    /// Whether files are needed when the plan is carried out.
    pub(super) fn has_files(&self) -> bool {
        !self.given.keys.is_empty() || !self.given.data.is_empty()
    }

    /// Reads the files once more: what is secret in them was not kept. Not for the thread of the
    /// window.
    ///
    /// # Errors
    ///
    /// Why they are of no use any more.
    pub(super) fn files(&self) -> Result<Files, Explanation> {
        let files = Files::read(&self.profile, &self.path, &mut |_| None);
        files.map_err(|error| words(&error))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::read;

    #[test]
    fn a_profile_is_read_or_the_reason_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vpn.toml");
        assert!(read(&file).is_err());
        let profile = "name = 'VPN'\nlabel = 'T'\n[[pin]]\n[[data]]\nlabel = 'A'\nfile = 'a'\n";
        std::fs::write(&file, profile).unwrap();
        // What it names belongs to it.
        assert!(read(&file).is_err());
        std::fs::write(folder.path().join("a"), "note").unwrap();
        let opened = read(&file).unwrap();
        assert_eq!(
            (opened.name().as_str(), opened.profile.name.as_str()),
            ("vpn.toml", "VPN")
        );
        assert!(opened.has_files() && opened.files().is_ok());
        std::fs::write(&file, "name = \n").unwrap();
        assert!(read(&file).unwrap_err().title.contains("ine 1"));
    }
}
