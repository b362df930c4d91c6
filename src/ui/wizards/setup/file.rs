//! A profile out of a file that the person chooses.

use std::io;
use std::path::{Path, PathBuf};

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::file;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};
use crate::plan::profile::{MAX_LEN, Profile};
use crate::token::Text;

/// A profile that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    /// The name of its file.
    pub file: String,
    /// What it says.
    pub profile: Profile,
}

/// Asks for the file; `chosen` is called once if one was chosen. The chooser lives as long as
/// somebody keeps it.
pub(super) fn ask(
    window: &impl IsA<gtk::Window>,
    chosen: impl Fn(PathBuf) + 'static,
) -> gtk::FileChooserNative {
    let chooser = gtk::FileChooserNative::new(
        Some(&gettext("Open a profile")),
        Some(window),
        gtk::FileChooserAction::Open,
        // TRANSLATORS: On the button that opens the file.
        Some(&gettext("Open")),
        Some(&gettext("Cancel")),
    );
    chooser.set_modal(true);
    let filter = gtk::FileFilter::new();
    filter.set_name(Some(&gettext("Profiles (TOML)")));
    filter.add_pattern("*.toml");
    chooser.add_filter(&filter);
    chooser.connect_response(move |chooser, response| {
        let path = chooser.file().and_then(|file| file.path());
        if let (gtk::ResponseType::Accept, Some(path)) = (response, path) {
            chosen(path);
        }
    });
    chooser.show();
    chooser
}

/// Reads it. Not for the thread of the window: the place may be slow.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read(path: &Path) -> Result<Opened, Explanation> {
    let name = Text::from_os(path.file_name().unwrap_or_default()).to_string();
    let text = file::read_small(path, MAX_LEN).map_err(|error| unreadable(&name, &error))?;
    let profile = Profile::parse(&text).map_err(|error| explain::plan::profile_error(&error))?;
    Ok(Opened {
        file: name,
        profile,
    })
}

fn unreadable(name: &str, error: &io::Error) -> Explanation {
    Explanation {
        title: gettext_f("{file} cannot be read", &[("file", name)]),
        body: match error.kind() {
            io::ErrorKind::PermissionDenied => gettext("You may not read this file."),
            io::ErrorKind::NotFound => gettext("There is no such file any more."),
            io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidData => {
                gettext("It is no profile: those are short files of text.")
            }
            _ => gettext("The place did not give it."),
        },
        details: None,
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
        assert_eq!(read(&file).unwrap_err().title, "vpn.toml cannot be read");
        std::fs::write(&file, "name = 'VPN'\nlabel = 'T'\n[[pin]]\n").unwrap();
        let opened = read(&file).unwrap();
        assert_eq!(
            (opened.file.as_str(), opened.profile.name.as_str()),
            ("vpn.toml", "VPN")
        );
        std::fs::write(&file, "name = \n").unwrap();
        assert!(read(&file).unwrap_err().title.starts_with("Line 1"));
    }
}
