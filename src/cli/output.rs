//! Standard output for results, standard error for everything that is said beside them.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use serde::Serialize;

use super::exit::{End, Trouble};
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::pki::certificate::Standing;

/// Where results and messages go.
pub(super) struct Output {
    results: Box<dyn Write>,
    messages: Box<dyn Write>,
    style: Style,
}

/// Whether colours may be used on standard output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// Text with colours; they never say anything that the text does not.
    Coloured,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mark {
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// Wants attention.
    Warning,
    /// Wants attention first.
    Severe,
}

impl Output {
    /// Standard output and standard error.
    pub(super) fn standard() -> Self {
        // https://no-color.org: any value that is not empty.
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && env::var_os("TERM").is_none_or(|value| value != "dumb");
        let style = if wanted && io::stdout().is_terminal() {
            Style::Coloured
        } else {
            Style::Plain
        };
        Self {
            results: Box::new(io::stdout()),
            messages: Box::new(io::stderr()),
            style,
        }
    }

    /// How the pages may look.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// Writes a part of the result.
    ///
    /// # Errors
    ///
    /// [`End`]: standard output takes no more.
    pub(super) fn result(&mut self, result: impl AsRef<[u8]>) -> Result<(), End> {
        let written = self.results.write_all(result.as_ref());
        written
            .and_then(|()| self.results.flush())
            .map_err(|error| unwritten(&error))
    }

    /// Writes a result that nobody else may see to standard output, past the library, whose buffer
    /// would keep it until the program ends.
    ///
    /// # Errors
    ///
    /// As [`Output::result`].
    pub(super) fn secret(&mut self, secret: &Secret) -> Result<(), End> {
        let flushed = self.results.flush();
        let opened = flushed.and_then(|()| io::stdout().as_fd().try_clone_to_owned());
        opened
            .and_then(|stdout| File::from(stdout).write_all(secret.expose()))
            .map_err(|error| unwritten(&error))
    }

    /// Writes a result for programs: one line of JSON.
    ///
    /// # Errors
    ///
    /// As [`Output::result`].
    pub(super) fn document(&mut self, document: &impl Serialize) -> Result<(), End> {
        let mut line = serde_json::to_string(document).map_err(|error| {
            // Only a map with keys that are no text could come here, and there is none.
            Trouble::file(gettext("The result could not be written"), &error.into())
        })?;
        line.push('\n');
        self.result(line)
    }

    /// Says something beside the result.
    pub(super) fn message(&mut self, text: &str) {
        // Without standard error there is nobody left to tell.
        let _ = writeln!(self.messages, "{text}");
    }

    /// Says why the command ended without its result.
    pub(super) fn trouble(&mut self, trouble: &Trouble) {
        let words = &trouble.words;
        self.message(&format!("symbolonctl: {}", words.title));
        let more = [Some(&words.body), words.details.as_ref()];
        for line in more.into_iter().flatten().filter(|line| !line.is_empty()) {
            self.message(line);
        }
    }
}

fn unwritten(error: &io::Error) -> End {
    if error.kind() == io::ErrorKind::BrokenPipe {
        End::NobodyReads
    } else {
        Trouble::file(gettext("The result could not be written"), error).into()
    }
}

impl Style {
    /// `text`, standing out as the certificate that it tells of stands.
    pub(super) fn standing(self, standing: Standing, text: &str) -> String {
        match standing {
            Standing::Valid { .. } => text.to_owned(),
            Standing::Soon { .. } | Standing::NotYet { .. } => self.mark(Mark::Warning, text),
            Standing::Expired { .. } => self.mark(Mark::Severe, text),
        }
    }

    /// `text`, standing out as `mark` where colours may be used.
    pub(super) fn mark(self, mark: Mark, text: &str) -> String {
        // ECMA-48, 8.3.117 (select graphic rendition).
        let code = match mark {
            Mark::Heading => "1",
            Mark::Good => "32",
            Mark::Warning => "33",
            Mark::Severe => "31",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
