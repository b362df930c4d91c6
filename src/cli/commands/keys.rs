//! `symbolonctl key`: signatures and decryption with private keys of a token.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::path::Path;

use super::certificates;
use super::choose::{self, Slot};
use super::pins::{self, Job};
use crate::backend::{Command, Done, Failure, KeyCommand as Request, KeyWork};
use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::cli::arguments::{Globals, KeyArguments, KeyCommand, Target};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::cli::secrets::Secrets;
use crate::cli::session::{Real, Session};
use crate::explain::key_use;
use crate::pki::pkcs1::{DigestInfo, DigestKind};
use crate::token::{OperationKind, Text};

/// The most of a cryptogram that is looked at: none of these keys opens a longer one.
const MAX_CRYPTOGRAM: u64 = 4096;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &KeyCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let (arguments, digest) = match command {
        KeyCommand::Sign { work, digest } => (work, Some(DigestKind::from(*digest))),
        KeyCommand::Decrypt { work } => (work, None),
    };
    let target = &arguments.target;
    check_ends(arguments)?;
    // Before anything else is opened: a descriptor is known by its number only.
    let mut secrets = Secrets::open(&arguments.secrets, output)?;
    let work = work(arguments.file.as_deref(), digest)?;
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let found = pins::find(&mut session, globals)?;
    let slot = choose::slot(&found.token, &arguments.slot())?;
    let key = slot.application.usable(slot.reference, work.way());
    let key = key.map_err(|why| refused(key_use::unusable(why, work.way())))?;
    if !work.fits(key.len) {
        return Err(misfit(&work, key.len).into());
    }
    let pin = choose::Target::own(slot.application, key.pin);
    pins::guard(&pin, arguments.use_last_try)?;
    let job = Job::new(&found, &pin, OperationKind::Verify);
    let signed = match &work {
        KeyWork::Sign(info) => Some(info.clone()),
        KeyWork::Decrypt(_) => None,
    };
    let request = Command::UseKey(Request {
        identity: found.identity,
        application: slot.application.kind,
        key: slot.reference,
        work,
        pin: job.code(&mut secrets, session.interrupt(), output)?,
        use_last_try: arguments.use_last_try,
    });
    match session.run(request, |_| {}) {
        Ok(Done::Signed(signature)) => {
            check(&slot, signed.as_ref(), &signature)?;
            certificates::write(&signature, target, output)
        }
        Ok(Done::Decrypted(plain)) => write_plain(&plain, target, output),
        // No other end comes of it.
        Ok(_) => Err(Trouble::of(&Failure::Closing).into()),
        Err(failure) => Err(job.refused(&failure).into()),
    }
}

/// What is in the way of input and output, before anything is asked for.
fn check_ends(arguments: &KeyArguments) -> Result<(), Trouble> {
    if arguments.file.is_none() && arguments.secrets.pin_fd == Some(0) {
        return Err(Trouble::usage(
            gettext("The PIN and the data cannot both come from standard input"),
            gettext("Name the file with the data, or give the PIN in another way."),
        ));
    }
    match &arguments.target.output {
        None if io::stdout().is_terminal() => Err(Trouble::usage(
            gettext("The result is not made for a terminal"),
            gettext("Name a file with --output, or send the output to another program."),
        )),
        Some(path) if !arguments.target.force && path.symlink_metadata().is_ok() => {
            Err(certificates::exists_already(path))
        }
        _ => Ok(()),
    }
}

/// What the key is given to do.
fn work(file: Option<&Path>, digest: Option<DigestKind>) -> Result<KeyWork, Trouble> {
    let read = |source: File| match digest {
        Some(kind) => DigestInfo::of(kind, source).map(KeyWork::Sign),
        None => {
            let mut cryptogram = Vec::new();
            source.take(MAX_CRYPTOGRAM).read_to_end(&mut cryptogram)?;
            Ok(KeyWork::Decrypt(cryptogram))
        }
    };
    let opened = match file {
        Some(path) => File::open(path),
        None => io::stdin().as_fd().try_clone_to_owned().map(File::from),
    };
    opened.and_then(read).map_err(|error| {
        let title = match file {
            Some(path) => {
                let name = Text::from_path(path).to_string();
                gettext_f("{file} cannot be read", &[("file", &name)])
            }
            None => gettext("Standard input cannot be read"),
        };
        Trouble::file(title, &error)
    })
}

fn refused((title, body): (String, String)) -> Trouble {
    Trouble::new(Exit::Refused, title, body)
}

/// Why the key cannot do it, whatever its PIN.
fn misfit(work: &KeyWork, len: usize) -> Trouble {
    let bits = (8 * len).to_string();
    refused(match work {
        KeyWork::Sign(_) => (
            gettext_f(
                "The key is too short for this digest: {bits} bits",
                &[("bits", &bits)],
            ),
            gettext("Choose a shorter one with --digest. Nothing was sent."),
        ),
        KeyWork::Decrypt(_) => (
            gettext("This was not encrypted for this key"),
            gettext_f(
                "What is encrypted for it has {bytes} bytes. Nothing was sent.",
                &[("bytes", &len.to_string())],
            ),
        ),
    })
}

/// A signature that the public half of the key does not know is nobody's. Where the token does not
/// tell that half, the card is believed.
fn check(slot: &Slot<'_>, signed: Option<&DigestInfo>, signature: &[u8]) -> Result<(), Trouble> {
    let known = slot.public_key().ok().zip(signed);
    let fits = known.and_then(|(key, info)| info.is_signed(key, signature));
    if fits == Some(false) {
        return Err(refused((
            gettext("The card gave a signature that is none of this key"),
            gettext("It is not written. Read the token again; its key may be another one now."),
        )));
    }
    Ok(())
}

/// For nobody's eyes but the user's, and past the buffer of standard output, which would keep it.
fn write_plain(plain: &Secret, target: &Target, output: &mut Output) -> Result<(), End> {
    let Some(path) = &target.output else {
        return output.secret(plain);
    };
    let existing = if target.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let written = file::write_private(path, plain.expose(), existing);
    certificates::written(path, written, output)
}
