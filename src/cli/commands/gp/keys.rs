//! Where the keys of a card manager come from, and what they are held for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::backend::{Failure, ManagerAccess};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::secret::Secret;
use crate::base::terminal::{Answer, Terminal};
use crate::cli::arguments::{KeyChoice, KeySource};
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output::Output;
use crate::explain::{card_manager, manager_keys};
use crate::plan::SetupError;
use crate::plan::content::{
    self, ChannelError, GivenKeys, KeyError, KeyFamily, Keys, Opening, WellKnownKey,
};
use crate::plan::given_keys;
use crate::token::{CardManager, Text};

/// Where keys come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::cli::commands) enum Origin {
    /// They are those that everybody knows.
    Test,
    /// A file.
    File(PathBuf),
    /// The keyring of the desktop, under a name.
    Keyring(String),
    /// A person is asked.
    Asked,
}

/// Which keys are asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli::commands) enum Which {
    /// Those that open the card manager.
    Current,
    /// Those that it shall have.
    New,
}

impl Origin {
    /// What the command line names. What it is given is not repeated: it may be a key.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is no such source.
    pub(in crate::cli::commands) fn of(named: Option<&OsStr>) -> Result<Self, Trouble> {
        let Some(named) = named else {
            return Ok(Self::Asked);
        };
        let bytes = named.as_bytes();
        if bytes == b"test" {
            return Ok(Self::Test);
        }
        let name = bytes.strip_prefix(b"keyring:").map(std::str::from_utf8);
        match (bytes.strip_prefix(b"file:"), name) {
            (Some(path), _) if !path.is_empty() => {
                Ok(Self::File(PathBuf::from(OsStr::from_bytes(path))))
            }
            (_, Some(Ok(name))) if !name.is_empty() => Ok(Self::Keyring(name.to_owned())),
            _ => Err(Trouble::usage(
                gettext("Keys come from no such place"),
                gettext(
                    "It is “test”, “file:” with a path, or “keyring:” with a name. A key itself does not belong on the command line, where other users of the machine see it.",
                ),
            )),
        }
    }

    /// Fetches the keys.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: they are not there, or are none. Nothing was sent.
    pub(in crate::cli::commands) fn fetch(
        &self,
        which: Which,
        family: KeyFamily,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<GivenKeys, Trouble> {
        let given = match self {
            Self::Test => GivenKeys::Test,
            Self::File(path) => parse(&read(path, output)?)?,
            Self::Keyring(name) => parse(&super::stored::look_up(name)?)?,
            Self::Asked => return typed(which, family, interrupt, output),
        };
        let keys = given.keys(family).map_err(of_key)?;
        if keys.well_known() == Some(WellKnownKey::Test) {
            output.message(&card_manager::well_known());
        }
        Ok(given)
    }
}

/// Keys for a card manager that was looked at, and how they open it.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) given: GivenKeys,
    pub(super) family: KeyFamily,
    pub(super) opening: Opening,
    pub(super) try_again: bool,
}

impl Access {
    /// Fetches the keys that the command line names, for this card manager.
    ///
    /// # Errors
    ///
    /// As [`Origin::fetch`].
    pub(super) fn fetch(
        choice: &KeyChoice,
        manager: &CardManager,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<Self, Trouble> {
        let origin = Origin::of(choice.source.keys.as_deref())?;
        let family = family(&choice.source, manager);
        let given = origin.fetch(Which::Current, family, interrupt, output)?;
        advised(&given, family, &choice.source, manager, interrupt, output)?;
        Ok(Self {
            given,
            family,
            opening: opening(choice),
            try_again: choice.source.try_again,
        })
    }

    /// The keys.
    pub(super) fn keys(&self) -> Result<Keys, Trouble> {
        self.given.keys(self.family).map_err(of_key)
    }

    /// What the backend opens the card manager with.
    pub(super) fn manager(&self) -> Result<Box<ManagerAccess>, Trouble> {
        Ok(Box::new(ManagerAccess {
            opening: self.opening,
            keys: self.keys()?,
            try_again: self.try_again,
        }))
    }
}

/// Goes on with the public test keys on a card that hardly has them only if somebody says so.
pub(super) fn advised(
    given: &GivenKeys,
    family: KeyFamily,
    source: &KeySource,
    manager: &CardManager,
    interrupt: &Interrupt,
    output: &mut Output,
) -> Result<(), Trouble> {
    let test = given.keys(family).map_err(of_key)?.well_known() == Some(WellKnownKey::Test);
    if !test || source.test_keys_anyway || !manager.advises_against_test_keys() {
        return Ok(());
    }
    let mut words = card_manager::hardly_test_keys(manager);
    let Ok(mut terminal) = Terminal::open() else {
        let way_out = gettext("“--test-keys-anyway” sends them all the same. Nothing was sent.");
        words.body = format!("{} {way_out}", words.body);
        let exit = Exit::Refused;
        return Err(Trouble { exit, words });
    };
    output.message(&format!("{}. {}", words.title, words.body));
    let what = gettext("The test keys are sent to this card.");
    super::agree(&mut terminal, &what, interrupt)
}

/// What the keys are for: as the person says, else as the card does.
pub(super) fn family(source: &KeySource, manager: &CardManager) -> KeyFamily {
    let named = source.family.map(KeyFamily::from);
    named.unwrap_or_else(|| content::family(manager))
}

/// How the card manager is opened.
pub(super) fn opening(choice: &KeyChoice) -> Opening {
    Opening {
        key_version: choice.key_version.unwrap_or(0),
        key_index: choice.key_index.unwrap_or(0),
        level: choice.level.map(Into::into).unwrap_or_default(),
        diversification: choice.diversify.map(Into::into).unwrap_or_default(),
        edition: None,
    }
}

/// What is wrong with keys for this cipher.
pub(in crate::cli::commands) fn of_key(error: KeyError) -> Trouble {
    Trouble::of(&Failure::Manager(SetupError::Manager(ChannelError::Keys(
        error,
    ))))
}

/// Reads keys from a text.
pub(super) fn parse(text: &Secret) -> Result<GivenKeys, Trouble> {
    GivenKeys::parse(text).map_err(|error| Trouble {
        exit: Exit::Usage,
        words: manager_keys::key_text_error(&error),
    })
}

/// A file of keys, straight into locked memory.
pub(super) fn read(path: &Path, output: &mut Output) -> Result<Secret, Trouble> {
    let file = Text::from_path(path).to_string();
    let trouble = |error: &io::Error| {
        let title = gettext_f("{file} cannot be opened", &[("file", &file)]);
        let mut trouble = Trouble::usage(title, "");
        trouble.words.details = Some(error.to_string());
        trouble
    };
    let mut opened = File::open(path).map_err(|error| trouble(&error))?;
    let about = opened.metadata().map_err(|error| trouble(&error))?;
    if about.permissions().mode() & 0o077 != 0 {
        output.message(&gettext_f(
            "{file} can be read by other users of this machine.",
            &[("file", &file)],
        ));
    }
    read_secret(&mut opened, given_keys::MAX_LEN).map_err(|error| trouble(&error))
}

/// A whole file of at most this many bytes.
pub(super) fn read_secret(file: &mut File, most: usize) -> io::Result<Secret> {
    let mut text = Secret::with_capacity(most + 1);
    loop {
        let room = (most + 1).saturating_sub(text.len());
        if room == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        if text.fill(room, |buffer| file.read(buffer))? == 0 {
            return Ok(text);
        }
    }
}

/// Asks on the terminal, shows by what the keys are told apart, and asks whether they are meant.
fn typed(
    which: Which,
    family: KeyFamily,
    interrupt: &Interrupt,
    output: &mut Output,
) -> Result<GivenKeys, Trouble> {
    let mut terminal = Terminal::open().map_err(|_| {
        Trouble::usage(
            gettext("There is no terminal to ask on"),
            match which {
                Which::Current => gettext("Give the keys of the card manager with --keys."),
                Which::New => gettext("Give the new keys of the card manager with --new-keys."),
            },
        )
    })?;
    output.message(&match which {
        Which::Current => gettext("The keys of the card manager, in hexadecimal."),
        Which::New => gettext("The new keys of the card manager, in hexadecimal."),
    });
    let text = ask_text(&mut terminal, interrupt)?;
    if which == Which::New {
        output.message(&gettext("Once more, so that none of them is mistyped."));
        let again = ask_text(&mut terminal, interrupt)?;
        if !again.same_as(&text) {
            let title = gettext("The new keys differ from those typed first");
            return Err(Trouble::new(
                Exit::Rule,
                title,
                gettext("Nothing was sent."),
            ));
        }
    }
    let given = parse(&text)?;
    let keys = given.keys(family).map_err(of_key)?;
    let values = keys.check_values().map_err(of_key)?;
    output.message(&manager_keys::check_values(&values));
    if keys.well_known() == Some(WellKnownKey::Test) {
        output.message(&card_manager::well_known());
    }
    let compare = manager_keys::compare_first();
    super::agree(&mut terminal, &compare, interrupt)?;
    Ok(given)
}

/// One key, or three, a line each.
pub(super) fn ask_text(terminal: &mut Terminal, interrupt: &Interrupt) -> Result<Secret, Trouble> {
    let mut ask = |prompt: String| match terminal.secret(&prompt, interrupt) {
        Ok(Answer::Given(key)) => Ok(key),
        Ok(Answer::Cancelled) => Err(Trouble::cancelled()),
        Err(error) => Err(Trouble::file(gettext("The secrets cannot be read"), &error)),
    };
    let mut text = ask(gettext("Key for encryption (ENC)"))?;
    let mac = ask(gettext(
        "Key for MACs (empty if it is the same for everything)",
    ))?;
    if mac.is_empty() {
        return Ok(text);
    }
    let dek = ask(gettext("Key for keys (DEK)"))?;
    for key in [mac, dek] {
        text.extend(b"\n");
        text.extend(key.expose());
    }
    Ok(text)
}
