//! Locales made for a test, in a folder of its own: nothing is installed.

use std::path::Path;
use std::process::Command;

/// Name of the locale, its source and its character set.
const LOCALES: [(&str, &str, &str); 7] = [
    ("tr_TR.UTF-8", "tr_TR", "UTF-8"),
    ("ar_EG.UTF-8", "ar_EG", "UTF-8"),
    ("ja_JP.UTF-8", "ja_JP", "UTF-8"),
    ("ja_JP.EUC-JP", "ja_JP", "EUC-JP"),
    ("th_TH.UTF-8", "th_TH", "UTF-8"),
    ("de_DE.UTF-8", "de_DE", "UTF-8"),
    ("de_DE.ISO-8859-1", "de_DE", "ISO-8859-1"),
];

/// Makes the locales whose names are `wanted` in `folder`, for a program that gets it as
/// `LOCPATH`.
#[track_caller]
pub(crate) fn make(folder: &Path, wanted: impl Fn(&str) -> bool) {
    assert!(
        Path::new("/usr/share/i18n/locales/tr_TR").exists(),
        "the sources of locales are missing: install them with `apt-get install locales`"
    );
    let wanted = LOCALES.iter().filter(|(name, ..)| wanted(name));
    // Each takes a second.
    std::thread::scope(|scope| {
        let made: Vec<_> = wanted
            .map(|(name, source, charset)| {
                scope.spawn(move || {
                    let mut localedef = Command::new("localedef");
                    localedef
                        .args(["--no-archive", "-i", source, "-f", charset])
                        .arg(folder.join(name));
                    (name, localedef.output().expect("localedef is installed"))
                })
            })
            .collect();
        for thread in made {
            let (name, output) = thread.join().unwrap();
            // Warnings about a source are no failure.
            assert!(folder.join(name).join("LC_CTYPE").exists(), "{output:?}");
        }
    });
}
