//! The trace on standard error and in a file. The entries come without secrets.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use super::arguments::Globals;
use super::exit::Trouble;
use crate::backend::TraceEntry;
use crate::base::i18n::gettext_f;
use crate::token::Text;

/// Where exchanges are written as they happen.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// Whether they go to standard error.
    shown: bool,
    file: Option<Mutex<File>>,
}

impl Tracer {
    /// Opens what the command line names. A new file is for its owner alone: it holds serial numbers
    /// and names. One that is there already goes on where it ended.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: the file cannot be opened.
    pub(super) fn open(globals: &Globals) -> Result<Self, Trouble> {
        let file = globals.trace_file.as_ref().map(|path| {
            let mut options = OpenOptions::new();
            let opened = options.append(true).create(true).mode(0o600).open(path);
            opened.map_err(|error| {
                let name = Text::from_path(path).to_string();
                let title = gettext_f("{file} cannot be opened", &[("file", &name)]);
                Trouble::file(title, &error)
            })
        });
        Ok(Self {
            shown: globals.trace,
            file: file.transpose()?.map(Mutex::new),
        })
    }

    /// Writes an exchange.
    pub(super) fn write(&self, entry: &TraceEntry) {
        if !self.shown && self.file.is_none() {
            return;
        }
        let lines = format!("{}\n", entry.to_lines());
        // What is done to the card goes before what is written about it: a full disk ends the
        // trace, not the change of a PIN.
        if self.shown {
            let _ = io::stderr().write_all(lines.as_bytes());
        }
        if let Some(Ok(mut file)) = self.file.as_ref().map(Mutex::lock) {
            let _ = file.write_all(lines.as_bytes());
        }
    }
}
