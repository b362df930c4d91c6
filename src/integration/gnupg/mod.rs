//! GnuPG: who shows its PIN prompts.
//!
//! `gpgconf` tells where things are, but knows nothing of the option `pinentry-program`, so its
//! line in `gpg-agent.conf` is set here. `gpg-agent` looks at the file before it takes its place
//! (`--gpgconf-test`), and reads it anew afterwards (`gpgconf --reload`).

mod conf;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::change::{Change, ChangeError, TextFile, lines};
use crate::base::process::{self, Said};
use crate::token::Text;

/// How long GnuPG may take to say something. It does so in some milliseconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// How long a person may look at a prompt. The prompt's own limit is a minute.
const PROMPT_LIMIT: Duration = Duration::from_secs(300);

/// Where GnuPG is, and its files.
#[derive(Clone, Debug)]
pub struct GnuPg {
    /// What `GNUPGHOME` shall be, if not what it is.
    wanted: Option<PathBuf>,
    /// The folder with the files of the user.
    home: PathBuf,
    /// The folder with those for everybody.
    system: PathBuf,
    /// The folder of its programs.
    programs: PathBuf,
    agent: PathBuf,
    /// The program that shows prompts if no file names one.
    pinentry: Option<PathBuf>,
}

/// Who shows the PIN prompts of GnuPG.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinPrompts {
    /// Another program.
    Other,
    /// Symbolon, because the file of the user says so.
    Symbolon,
    /// Symbolon, by the choice of this computer's administrator.
    SymbolonForAll,
    /// Nobody: the file of the user names a Symbolon that is not there.
    Gone,
}

/// What became of a prompt that was only to be seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It was shown, and agreed to.
    Agreed,
    /// It was shown, and put away.
    Declined,
    /// It was shown, and nobody answered.
    NotAnswered,
    /// It was not shown.
    NotShown {
        /// What GnuPG said.
        said: Text,
    },
}

/// Why GnuPG was not set to another program. Its file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum GnuPgError {
    /// There is no `gpgconf`, or it knows of no `gpg-agent`.
    #[error("GnuPG is not installed")]
    NotInstalled,
    /// It ended badly, took too long, or said something else than was asked for.
    #[error("GnuPG did not say where it is: {said}")]
    NotUnderstood {
        /// What it said.
        said: Text,
    },
    /// There is no pinentry beside this program.
    #[error("not there: {0}")]
    NoProgram(PathBuf),
    /// The place of our pinentry has a name that cannot stand in the file.
    #[error("cannot stand in a file of GnuPG: {0:?}")]
    OddPath(PathBuf),
    /// The file cannot be changed.
    #[error(transparent)]
    File(#[from] ChangeError),
    /// `gpg-agent` does not take the file as it would be.
    #[error("gpg-agent does not take it: {said}")]
    Refused {
        /// What it said.
        said: Text,
    },
    /// The running `gpg-agent` did not read the file anew.
    #[error("gpg-agent was not told: {said}")]
    NotTold {
        /// What it said.
        said: Text,
    },
}

impl GnuPg {
    /// Finds GnuPG with the home that this user has. Takes some milliseconds.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::NotInstalled`] or [`GnuPgError::NotUnderstood`].
    pub fn find() -> Result<Self, GnuPgError> {
        Self::find_with(None)
    }

    /// As [`GnuPg::find`] with `home` in place of the user's.
    ///
    /// # Errors
    ///
    /// As [`GnuPg::find`].
    pub fn find_in(home: &Path) -> Result<Self, GnuPgError> {
        Self::find_with(Some(home.to_owned()))
    }

    fn find_with(wanted: Option<PathBuf>) -> Result<Self, GnuPgError> {
        let folders = list(wanted.as_deref(), "--list-dirs")?;
        let components = list(wanted.as_deref(), "--list-components")?;
        let folder = |name: &str| {
            // Relative ones would be other ones in each folder.
            let folder = field(&folders, name, 1).map(PathBuf::from);
            folder.filter(|folder| folder.is_absolute())
        };
        let said = || GnuPgError::NotUnderstood {
            said: Text::from_either(&folders),
        };
        let program = |name| field(&components, name, 2).filter(|path| !path.is_empty());
        Ok(Self {
            wanted,
            home: folder("homedir").ok_or_else(said)?,
            system: folder("sysconfdir").ok_or_else(said)?,
            programs: folder("bindir").ok_or_else(said)?,
            agent: program("gpg-agent").ok_or(GnuPgError::NotInstalled)?.into(),
            pinentry: program("pinentry").map(PathBuf::from),
        })
    }

    /// Who shows the PIN prompts.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::File`] if the file of the user cannot be read.
    pub fn pin_prompts(&self) -> Result<PinPrompts, GnuPgError> {
        let file = TextFile::read(&self.file())?;
        let named = conf::program(file.bytes().unwrap_or_default());
        if let Some(program) = named.filter(|program| conf::is_ours(program)) {
            return Ok(if is_program(program) {
                PinPrompts::Symbolon
            } else {
                PinPrompts::Gone
            });
        }
        // A file for everybody that cannot be read says nothing to gpg-agent either.
        let system = TextFile::read(&self.system.join(FILE)).ok();
        let system = system.as_ref().and_then(TextFile::bytes);
        let program = named
            .or_else(|| conf::program(system?))
            .or(self.pinentry.as_deref());
        let ours = program.is_some_and(|program| {
            let behind = program.canonicalize();
            conf::is_ours(program) || behind.is_ok_and(|behind| conf::is_ours(&behind))
        });
        Ok(if ours {
            PinPrompts::SymbolonForAll
        } else {
            PinPrompts::Other
        })
    }

    /// The change that makes `program`, which is [`own_program`], show the prompts.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::NoProgram`], [`GnuPgError::OddPath`], or [`GnuPgError::File`].
    pub fn use_symbolon(&self, program: &Path) -> Result<Change, GnuPgError> {
        if !is_program(program) {
            return Err(GnuPgError::NoProgram(program.to_owned()));
        }
        if !conf::can_name(program) || !conf::is_ours(program) {
            return Err(GnuPgError::OddPath(program.to_owned()));
        }
        let file = TextFile::read(&self.file())?;
        let after = conf::switched_on(file.bytes(), program);
        Ok(file.change(Some(after))?)
    }

    /// The change that puts back what there was before.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::File`].
    pub fn take_back(&self) -> Result<Change, GnuPgError> {
        let file = TextFile::read(&self.file())?;
        let after = file.bytes().and_then(conf::taken_back);
        Ok(file.change(after)?)
    }

    /// Carries out a change of [`GnuPg::use_symbolon`] or [`GnuPg::take_back`], and has a running
    /// `gpg-agent` follow. The copy of the former file stays for as long as Symbolon is in it.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::Refused`], [`GnuPgError::NotTold`] or [`GnuPgError::File`]; the file is as
    /// it was.
    pub fn apply(&self, change: &Change) -> Result<(), GnuPgError> {
        let applied = change.apply(|draft| self.check(draft))?;
        let ours = change.after().and_then(conf::program);
        let stays = ours.is_some_and(conf::is_ours);
        match self.reload() {
            Ok(()) if !stays => applied.forget_backup(),
            Ok(()) => {}
            Err(error) => {
                applied.undo()?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Has `gpg-agent` show a prompt with these words, which asks for nothing: no secret is typed,
    /// nothing is kept. Waits until it was answered.
    ///
    /// # Errors
    ///
    /// [`GnuPgError::NotTold`] if there is no way to `gpg-agent`.
    pub fn show_prompt(&self, words: &str) -> Result<Answer, GnuPgError> {
        let mut command = self.command(&self.programs.join("gpg-connect-agent"));
        command.arg(format!("GET_CONFIRMATION {}", escaped(words)));
        command.arg("/bye");
        let not_told = |said: Vec<u8>| GnuPgError::NotTold {
            said: Text::from_either(&said),
        };
        let said = match process::ask(&mut command, PROMPT_LIMIT) {
            Ok(said) => said,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Ok(Answer::NotAnswered);
            }
            Err(error) => return Err(not_told(error.to_string().into_bytes())),
        };
        let last = lines(&said.output).last().unwrap_or_default();
        let last = last.trim_ascii_end();
        if last == b"OK" || last.starts_with(b"OK ") {
            return Ok(Answer::Agreed);
        }
        let Some(error) = last.strip_prefix(b"ERR ") else {
            return Err(not_told(said.complaints));
        };
        Ok(match code(error) {
            Some(CANCELLED | FULLY_CANCELLED | NOT_CONFIRMED) => Answer::Declined,
            Some(TIMED_OUT) => Answer::NotAnswered,
            _ => Answer::NotShown {
                said: Text::from_either(last),
            },
        })
    }

    /// The file of the user.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.home.join(FILE)
    }

    /// What it only remarks on, such as options that it does not know and leaves out, is between
    /// GnuPG and the owner of the file.
    fn check(&self, draft: &Path) -> Result<(), GnuPgError> {
        let mut command = self.command(&self.agent);
        command.arg("--gpgconf-test").arg("--options").arg(draft);
        let said = well(process::ask(&mut command, ANSWER_LIMIT));
        said.map_err(|said| GnuPgError::Refused { said })
    }

    fn reload(&self) -> Result<(), GnuPgError> {
        let mut command = gpgconf(self.wanted.as_deref());
        command.args(["--reload", "gpg-agent"]);
        let said = well(process::ask(&mut command, ANSWER_LIMIT));
        said.map_err(|said| GnuPgError::NotTold { said })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(home) = &self.wanted {
            command.env("GNUPGHOME", home);
        }
        command
    }
}

/// The file with the options of `gpg-agent`, in each of its folders.
const FILE: &str = "gpg-agent.conf";

/// The numbers of libgpg-error (its `err-codes.h`), without their source.
const TIMED_OUT: u32 = 62;
const CANCELLED: u32 = 99;
const NOT_CONFIRMED: u32 = 114;
const FULLY_CANCELLED: u32 = 198;
/// The part of such a number that tells its source.
const SOURCE_BITS: u32 = 16;

/// The pinentry that came with this program: it is in the same folder.
///
/// # Errors
///
/// [`GnuPgError::NoProgram`] if it is not there or cannot be started.
pub fn own_program() -> Result<PathBuf, GnuPgError> {
    let this = env::current_exe().map_err(|_| GnuPgError::NoProgram(conf::PROGRAM.into()))?;
    let program = this.with_file_name(conf::PROGRAM);
    if is_program(&program) {
        Ok(program)
    } else {
        Err(GnuPgError::NoProgram(program))
    }
}

fn is_program(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn gpgconf(home: Option<&Path>) -> Command {
    let mut command = Command::new("gpgconf");
    if let Some(home) = home {
        command.env("GNUPGHOME", home);
    }
    command
}

/// What `gpgconf` lists.
fn list(home: Option<&Path>, what: &str) -> Result<Vec<u8>, GnuPgError> {
    match process::ask(gpgconf(home).arg(what), ANSWER_LIMIT) {
        Ok(said) if said.success => Ok(said.output),
        Ok(said) => Err(GnuPgError::NotUnderstood {
            said: Text::from_either(&said.complaints),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(GnuPgError::NotInstalled),
        Err(error) => Err(GnuPgError::NotUnderstood {
            said: Text::from(error.to_string()),
        }),
    }
}

/// Whether it ended well; if not, what it said.
fn well(said: io::Result<Said>) -> Result<(), Text> {
    match said {
        Ok(said) if said.success => Ok(()),
        Ok(said) => Err(Text::from_either(&said.complaints)),
        Err(error) => Err(Text::from(error.to_string())),
    }
}

/// A field of the line that begins with `name`: they are parted by colons and percent-escaped.
fn field(listed: &[u8], name: &str, at: usize) -> Option<OsString> {
    let lines = listed.split(|byte| *byte == b'\n');
    let mut fields = lines.filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        (fields.next() == Some(name.as_bytes())).then(|| fields.nth(at - 1))?
    });
    Some(unescaped(fields.next()?))
}

/// Without the escapes of `gpgconf`: `%` and two digits are a byte.
fn unescaped(text: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

/// As commands of `gpg-agent` take texts: blanks are `+`, and what is no letter or digit is `%`
/// and two digits.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in OsStr::new(text).as_bytes() {
        match byte {
            b' ' => escaped.push('+'),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(*byte)),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The number at the beginning of what follows `ERR`, without its source.
fn code(error: &[u8]) -> Option<u32> {
    let number = error.split(|byte| *byte == b' ').next()?;
    let number = number.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    Some(number & ((1 << SOURCE_BITS) - 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::{GnuPg, PinPrompts, code, escaped, field, unescaped};

    #[test]
    fn the_file_of_the_user_counts_before_that_for_everybody() {
        let top = tempfile::tempdir().unwrap();
        let path = |name: &str| top.path().join(name);
        for folder in ["home", "system"] {
            fs::create_dir(path(folder)).unwrap();
        }
        let ours = path("pinentry-symbolon");
        fs::write(&ours, "").unwrap();
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o755)).unwrap();
        let mut gnupg = GnuPg {
            wanted: None,
            home: path("home"),
            system: path("system"),
            programs: path("bin"),
            agent: path("bin/gpg-agent"),
            pinentry: Some(path("pinentry")),
        };
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::Other);
        // As update-alternatives does it.
        symlink(&ours, path("pinentry")).unwrap();
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::SymbolonForAll);
        gnupg.pinentry = None;
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::Other);
        let line = format!("pinentry-program {}\n", ours.display());
        fs::write(path("system/gpg-agent.conf"), &line).unwrap();
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::SymbolonForAll);
        fs::write(path("home/gpg-agent.conf"), "pinentry-program /a\n").unwrap();
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::Other);
        // By whomever it was written there.
        fs::write(path("home/gpg-agent.conf"), &line).unwrap();
        assert_eq!(gnupg.pin_prompts().unwrap(), PinPrompts::Symbolon);
    }

    #[test]
    fn what_gpgconf_lists_is_read() {
        let listed = b"sysconfdir:/etc/gnupg\nhomedir:/a%3ab%25\nagent:Keys:/usr/bin/x%0a:1\nodd\n";
        let of = |name, at| field(listed, name, at).map(OsString::into_vec);
        assert_eq!(of("homedir", 1), Some(b"/a:b%".to_vec()));
        assert_eq!(of("agent", 2), Some(b"/usr/bin/x\n".to_vec()));
        assert_eq!(of("agent", 5), None);
        assert_eq!(of("odd", 1), None);
        assert_eq!(of("home", 1), None);
        for (text, plain) in [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%41%", "A%")] {
            assert_eq!(unescaped(text.as_bytes()), plain);
        }
    }

    #[test]
    fn words_go_to_the_agent_and_codes_come_back() {
        assert_eq!(escaped("Zwei + 2 ü\n%"), "Zwei+%2B+2+%C3%BC%0A%25");
        assert_eq!(code(b"83886194 Not confirmed <Pinentry>"), Some(114));
        assert_eq!(code(b"67108949 No pinentry <GPG Agent>"), Some(85));
        assert_eq!(code(b"x"), None);
    }
}
