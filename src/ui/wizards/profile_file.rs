//! A profile out of a file that the person chooses.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
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
    /// The passwords of those that have one.
    passwords: Passwords,
}

/// The passwords of files, as far as somebody gave them.
#[derive(Clone, Debug, Default)]
pub struct Passwords(Arc<BTreeMap<PathBuf, Secret>>);

impl Passwords {
    /// With one more.
    pub(super) fn with(&self, file: PathBuf, password: Secret) -> Self {
        let known = self.0.iter();
        let mut all: BTreeMap<_, _> = known
            .map(|(file, password)| (file.clone(), password.duplicate()))
            .collect();
        all.insert(file, password);
        Self(Arc::new(all))
    }

    fn of(&self, file: &Path) -> Option<Secret> {
        self.0.get(file).map(Secret::duplicate)
    }
}

/// Why a profile or a file of it is of no use.
#[derive(Debug)]
pub enum Unopened {
    /// In words.
    For(Explanation),
    /// There is no key in it. In words, too.
    NoKey(Explanation),
    /// This file has a password; with `wrong` the one that was given does not open it.
    Locked {
        /// Which file.
        file: PathBuf,
        /// Whether one was given.
        wrong: bool,
    },
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

/// Asks for a file with a key; `chosen` is called once if one was chosen.
pub(super) fn ask_key(window: &impl IsA<gtk::Window>, chosen: impl Fn(PathBuf) + 'static) {
    let title = gettext("Open a key file");
    // TRANSLATORS: On the button that opens the file.
    let open = gettext("Open");
    let chooser = chooser::new(window, &title, gtk::FileChooserAction::Open, &open);
    chooser::show(&chooser, move |_, path| chosen(path));
}

/// Reads it, and what it names. Not for the thread of the window: the place may be slow.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read(path: &Path, passwords: &Passwords) -> Result<Opened, Unopened> {
    let profile = files::read_profile(path).map_err(|error| unopened(&error))?;
    opened(path, profile, passwords)
}

/// A file with a key, as a profile that puts it and its certificates on a token; or one with a
/// certificate alone. Not for the thread of the window.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read_key(path: &Path, passwords: &Passwords) -> Result<Opened, Unopened> {
    let file = name_of(path);
    // A name that is not shown as it is names no file in a profile.
    if Some(OsStr::new(&file)) != path.file_name() {
        let title = gettext_f("{file} cannot be read", &[("file", &name_of(path))]);
        let body = gettext("Its name is no text. Give it another one.");
        return Err(Unopened::For(Explanation::new(title, body)));
    }
    let words = gettext("From a file");
    let key = opened(path, Profile::importing(&words, &file), passwords);
    if let Err(Unopened::NoKey(_)) = key {
        let certificate = opened(path, Profile::storing(&words, &file), passwords);
        return certificate.or(key);
    }
    key
}

fn opened(path: &Path, profile: Profile, passwords: &Passwords) -> Result<Opened, Unopened> {
    let files = Files::read(&profile, path, &mut |file| passwords.of(file));
    Ok(Opened {
        path: path.to_owned(),
        given: files.map_err(|error| unopened(&error))?.given(),
        profile,
        passwords: passwords.clone(),
    })
}

fn unopened(error: &files::FileError) -> Unopened {
    use files::FileError::Key;
    match error {
        Key {
            path,
            error: ImportError::NeedsPassword,
        } => Unopened::Locked {
            file: path.clone(),
            wrong: false,
        },
        Key {
            path,
            error: ImportError::WrongPassword,
        } => Unopened::Locked {
            file: path.clone(),
            wrong: true,
        },
        Key {
            error: ImportError::NoKey | ImportError::NotAKeyFile,
            ..
        } => Unopened::NoKey(explain::plan::file_error(error)),
        error => Unopened::For(explain::plan::file_error(error)),
    }
}

/// The name of a file, as it is shown.
pub(in crate::ui) fn name_of(path: &Path) -> String {
    Text::from_os(path.file_name().unwrap_or_default()).to_string()
}

impl Opened {
    /// The name of its file, as it is shown.
    pub(super) fn name(&self) -> String {
        name_of(&self.path)
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
        let password = &mut |file: &Path| self.passwords.of(file);
        let files = Files::read(&self.profile, &self.path, password);
        files.map_err(|error| explain::plan::file_error(&error))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Passwords, Unopened, read};

    #[test]
    fn a_profile_is_read_or_the_reason_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vpn.toml");
        assert!(read(&file, &Passwords::default()).is_err());
        let profile = "name = 'VPN'\nlabel = 'T'\n[[pin]]\n[[data]]\nlabel = 'A'\nfile = 'a'\n";
        std::fs::write(&file, profile).unwrap();
        // What it names belongs to it.
        assert!(read(&file, &Passwords::default()).is_err());
        std::fs::write(folder.path().join("a"), "note").unwrap();
        let opened = read(&file, &Passwords::default()).unwrap();
        assert_eq!(
            (opened.name().as_str(), opened.profile.name.as_str()),
            ("vpn.toml", "VPN")
        );
        assert!(opened.has_files() && opened.files().is_ok());
        std::fs::write(&file, "name = \n").unwrap();
        let Err(Unopened::For(words)) = read(&file, &Passwords::default()) else {
            panic!("a profile with a mistake was opened");
        };
        assert!(words.title.contains("ine 1"), "{words:?}");
    }
}
