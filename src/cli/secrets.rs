//! Where secrets come from: the terminal, a file descriptor, a file. Never arguments, never the
//! environment.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::arguments::SecretSource;
use super::exit::{End, Exit, Trouble};
use super::output::Output;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::os;
use crate::base::secret::Secret;
use crate::base::terminal::{Answer, MAX_LEN, Terminal, next_byte};

/// A source of secrets.
#[derive(Debug)]
pub(super) enum Secrets {
    /// They are asked for.
    Terminal(Terminal),
    /// One line each, in the order in which they would be asked.
    Lines(File),
}

impl Secrets {
    /// Opens what the command line names. To be called before any other file is opened.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: it cannot be opened; no card was touched.
    pub(super) fn open(source: &SecretSource, output: &mut Output) -> Result<Self, Trouble> {
        if let Some(number) = source.pin_fd {
            return open_descriptor(number).map(Self::Lines);
        }
        if let Some(path) = &source.pin_file {
            return open_file(path, output).map(Self::Lines);
        }
        Terminal::open().map(Self::Terminal).map_err(|_| {
            Trouble::usage(
                gettext("There is no terminal to ask on"),
                gettext("Give the secrets with --pin-fd or --pin-file."),
            )
        })
    }

    /// Whether a person is asked.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next secret.
    ///
    /// # Errors
    ///
    /// [`End`]: cancelled, or there is none; nothing was sent to the card.
    pub(super) fn ask(&mut self, prompt: &str, interrupt: &Interrupt) -> Result<Secret, End> {
        let answer = match self {
            Self::Terminal(terminal) => terminal.secret(prompt, interrupt),
            Self::Lines(file) => match line(file, interrupt) {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => return Err(ended(prompt).into()),
                Err(error) => Err(error),
            },
        };
        match answer {
            Ok(Answer::Given(secret)) => Ok(secret),
            Ok(Answer::Cancelled) => Err(Trouble::cancelled().into()),
            Err(error) => Err(Trouble::file(gettext("The secrets cannot be read"), &error).into()),
        }
    }

    /// A new secret: on the terminal typed twice.
    ///
    /// # Errors
    ///
    /// As [`Secrets::ask`], and [`Exit::Rule`] if the two differ.
    pub(super) fn ask_new(
        &mut self,
        prompt: &str,
        again: &str,
        interrupt: &Interrupt,
    ) -> Result<Secret, End> {
        let new = self.ask(prompt, interrupt)?;
        if self.is_terminal() && !self.ask(again, interrupt)?.same_as(&new) {
            let title = gettext("The two new PINs differ");
            let body = gettext("Nothing was sent; no try was lost.");
            return Err(Trouble::new(Exit::Rule, title, body).into());
        }
        Ok(new)
    }
}

fn open_descriptor(number: u16) -> Result<File, Trouble> {
    let taken = if matches!(number, 1 | 2) {
        // Standard output and standard error are ours to write to.
        Err(io::Error::from_raw_os_error(libc::EBADF))
    } else {
        os::take_inherited_fd(i32::from(number))
    };
    taken.map(File::from).map_err(|error| {
        let number = number.to_string();
        let title = gettext_f(
            "There is no open file descriptor {number} to read secrets from",
            &[("number", &number)],
        );
        with_details(Trouble::usage(title, ""), &error)
    })
}

fn open_file(path: &Path, output: &mut Output) -> Result<File, Trouble> {
    let opened = File::open(path).and_then(|file| {
        let mode = file.metadata()?.permissions().mode();
        Ok((file, mode))
    });
    let name = crate::token::Text::from_path(path).to_string();
    let (file, mode) = opened.map_err(|error| {
        let title = gettext_f("{file} cannot be opened", &[("file", &name)]);
        with_details(Trouble::usage(title, ""), &error)
    })?;
    if mode & 0o077 != 0 {
        output.message(&gettext_f(
            "{file} can be read by other users of this machine.",
            &[("file", &name)],
        ));
    }
    Ok(file)
}

fn with_details(mut trouble: Trouble, error: &io::Error) -> Trouble {
    trouble.words.details = Some(error.to_string());
    trouble
}

fn ended(prompt: &str) -> Trouble {
    Trouble::usage(
        gettext("There are fewer secrets than needed"),
        gettext_f(
            "What is missing: {secret}. Nothing was sent; no try was lost.",
            &[("secret", prompt)],
        ),
    )
}

/// The next line, without its end; nothing if the file has no more lines.
///
/// Read byte by byte: what comes after the line is another program's.
fn line(file: &mut File, interrupt: &Interrupt) -> io::Result<Option<Answer<Secret>>> {
    let mut secret = Secret::with_capacity(MAX_LEN);
    loop {
        match next_byte(file, interrupt)? {
            Some(b'\n') => break,
            Some(_) if secret.len() == MAX_LEN => {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
            Some(byte) => secret.extend(&[byte]),
            None if interrupt.heard() => return Ok(Some(Answer::Cancelled)),
            None if secret.is_empty() => return Ok(None),
            None => break,
        }
    }
    if secret.expose().ends_with(b"\r") {
        secret.truncate(secret.len() - 1);
    }
    Ok(Some(Answer::Given(secret)))
}
