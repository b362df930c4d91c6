//! Saving a certificate to a file that the person chooses.

use std::io;
use std::path::{Path, PathBuf};

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::pki::export::{self, Format};
use crate::token::Text;
use crate::ui::dialogs::chooser;

/// Both ways to write a certificate, the usual one first.
const FORMATS: [Format; 2] = [Format::Pem, Format::Der];

/// Asks where to, with a name after that of the `subject`; `chosen` is called once if a place was
/// chosen.
pub(super) fn ask(
    window: &impl IsA<gtk::Window>,
    subject: Option<&Text>,
    chosen: impl Fn(PathBuf, Format) + 'static,
) {
    let title = gettext("Export certificate");
    // TRANSLATORS: On the button that writes the file.
    let accept = gettext("Export");
    let chooser = chooser::new(window, &title, gtk::FileChooserAction::Save, &accept);
    for format in FORMATS {
        chooser::filter(&chooser, &words(format), &format!("*.{}", format.ending()));
    }
    chooser.set_current_name(&export::file_name(subject, Format::Pem));
    chooser::show(&chooser, move |chooser, path| {
        let filter = chooser.filter().and_then(|filter| filter.name());
        let filtered = FORMATS
            .into_iter()
            .find(|&format| filter.as_deref() == Some(words(format).as_str()));
        let format = format_of(&path, filtered);
        chosen(path, format);
    });
}

/// A format in the list of file types.
fn words(format: Format) -> String {
    match format {
        Format::Pem => gettext("Text (PEM)"),
        Format::Der => gettext("Bytes (DER)"),
    }
}

/// The ending of the name decides, then the chosen file type.
fn format_of(path: &Path, filtered: Option<Format>) -> Format {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .map(str::to_lowercase);
    match ending.as_deref() {
        Some("der" | "cer") => Format::Der,
        Some("pem") => Format::Pem,
        _ => filtered.unwrap_or(Format::Pem),
    }
}

/// Writes it. Not for the thread of the window: the place may be slow.
///
/// # Errors
///
/// A sentence that says which file was not written and why.
pub(super) fn write(path: &Path, der: &[u8], format: Format) -> Result<(), String> {
    // The chooser has asked already whether a file of that name is to be replaced.
    file::write_whole(path, &export::contents(der, format), Existing::Replace)
        .map_err(|error| reason(path, &error))
}

fn reason(path: &Path, error: &io::Error) -> String {
    let name = Text::from_os(path.file_name().unwrap_or_default());
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => gettext("You may not write there."),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            gettext("There is no space left.")
        }
        io::ErrorKind::ReadOnlyFilesystem => gettext("That place can only be read."),
        io::ErrorKind::NotFound => gettext("There is no such folder."),
        _ => gettext("The place did not take it."),
    };
    gettext_f(
        "{file} was not saved. {why}",
        &[("file", name.as_str()), ("why", &why)],
    )
}

#[cfg(test)]
mod tests {
    use super::{Format, Path, format_of, io, reason};

    #[test]
    fn the_ending_decides_and_then_the_type() {
        let of = |name: &str, filtered| format_of(Path::new(name), filtered);
        assert_eq!(of("a.der", Some(Format::Pem)), Format::Der);
        assert_eq!(of("a.CER", None), Format::Der);
        assert_eq!(of("a.pem", Some(Format::Der)), Format::Pem);
        assert_eq!(of("a.crt", Some(Format::Der)), Format::Der);
        assert_eq!(of("a", None), Format::Pem);
    }

    #[test]
    fn a_file_that_was_not_written_is_named_with_the_reason() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(
            reason(Path::new("/x/Thomas.pem"), &error),
            "Thomas.pem was not saved. You may not write there."
        );
    }
}
