//! What the person has set, kept as TOML in the folder for configurations.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{self, Existing};
use super::paths;

/// The longest file that is read, in bytes; what a person can set takes a hundredth of it.
const LIMIT: u64 = 64 * 1024;

/// The sizes that a window can have, in pixels: what it needs at least, and a screen of 8K.
const WIDTHS: std::ops::RangeInclusive<i32> = 360..=7680;
const HEIGHTS: std::ops::RangeInclusive<i32> = 500..=4320;

/// Everything that can be set. What a file does not say is as in [`Settings::default`], and what
/// it says beyond this is left out, so older and newer programs can share one.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Settings {
    /// Practice cards.
    pub practice: Practice,
    /// Tokens that were read before.
    pub tokens: Tokens,
    /// The trace.
    pub trace: Trace,
    /// The main window.
    pub window: Window,
}

/// Practice cards.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Practice {
    /// Whether practice cards are put in when the window opens.
    pub on_start: bool,
}

/// Tokens that were read before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Tokens {
    /// Whether what everybody can read on them is kept on the disk, to be shown at once.
    pub remember: bool,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { remember: true }
    }
}

/// The trace.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Trace {
    /// Whether exchanges are kept in memory at all.
    pub keep: bool,
}

impl Default for Trace {
    fn default() -> Self {
        Self { keep: true }
    }
}

/// The main window.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Window {
    /// Whether the size is remembered.
    pub remember: bool,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// Whether it fills the screen.
    pub maximized: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            remember: true,
            width: 1000,
            height: 700,
            maximized: false,
        }
    }
}

impl Settings {
    /// Where the settings of this user are. Nothing if the user has no home.
    #[must_use]
    pub fn path() -> Option<PathBuf> {
        Some(paths::config()?.join("settings.toml"))
    }

    /// Reads `path`. A file that is not there or cannot be read is as good as an empty one: a
    /// window with the usual settings beats none.
    #[must_use]
    pub fn load(path: &Path) -> Self {
        let text = match file::read_small(path, LIMIT) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                tracing::warn!(%error, ?path, "settings not read");
                return Self::default();
            }
        };
        toml::from_str(&text).unwrap_or_else(|error| {
            // Its words only: what it quotes of the file may be anything.
            tracing::warn!(error = error.message(), ?path, "settings not understood");
            Self::default()
        })
    }

    /// Writes to `path`, whole or not at all.
    ///
    /// # Errors
    ///
    /// What the file system said; the old file is then still there.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string_pretty(self).map_err(io::Error::other)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        file::write_whole(path, text.as_bytes(), Existing::Replace)
    }
}

impl Window {
    /// Width and height in pixels, such as a screen can show, whatever the file says.
    #[must_use]
    pub fn size(&self) -> (i32, i32) {
        (
            self.width.clamp(*WIDTHS.start(), *WIDTHS.end()),
            self.height.clamp(*HEIGHTS.start(), *HEIGHTS.end()),
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::Settings;

    #[test]
    fn settings_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below").join("settings.toml");
        let mut settings = Settings::load(&path);
        assert_eq!(settings, Settings::default());
        settings.practice.on_start = true;
        settings.window.width = 777;
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path), settings);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "window = 3").unwrap();
        assert_eq!(Settings::load(&path), Settings::default());
        std::fs::write(&path, "later = true\n[window]\nwidth = 500\n").unwrap();
        assert_eq!(Settings::load(&path).window.width, 500);
        assert!(Settings::load(&path).window.remember);
        std::fs::write(
            &path,
            "[window]\nwidth = -2147483648\nheight = 2147483647\n",
        )
        .unwrap();
        assert_eq!(Settings::load(&path).window.size(), (360, 4320));
        std::fs::write(&path, "[".repeat(60_000)).unwrap();
        assert_eq!(Settings::load(&path), Settings::default());
        std::fs::write(&path, " ".repeat(1024 * 1024)).unwrap();
        assert_eq!(Settings::load(&path), Settings::default());
    }
}
