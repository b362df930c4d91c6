//! `symbolonctl cert`: certificates and public keys, shown and exported.

use std::io::{self, IsTerminal};
use std::path::Path;

use super::choose::{self, Slot};
use crate::base::clock::now;
use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{ApplicationChoice, CertCommand, Globals, SlotChoice, Target};
use crate::cli::certificate_page;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::json::CertificatesDocument;
use crate::cli::output::Output;
use crate::cli::page;
use crate::cli::session::{Found, Real, Session};
use crate::cli::table::Table;
use crate::explain::{self, keys};
use crate::pki::{pem, public_key, ssh_key};
use crate::token::{Application, Certificate, Key, KeyRow, Text};

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &CertCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let reader = session.meant_one(globals)?;
    let found = session.token(reader)?;
    let slot = |choice: &SlotChoice| choose::slot(&found.token, choice);
    match command {
        CertCommand::List { application } => list(&found, *application, globals, output),
        CertCommand::Show { slot: choice } => show(&found, &slot(choice)?, globals, output),
        CertCommand::Export {
            slot: choice,
            der,
            target,
        } => {
            let certificate = slot(choice)?.certificate()?;
            if *der {
                write_binary(&certificate.der, target, output)
            } else {
                write(
                    pem::encode("CERTIFICATE", &certificate.der).as_bytes(),
                    target,
                    output,
                )
            }
        }
        CertCommand::Ssh {
            slot: choice,
            target,
        } => {
            let slot = slot(choice)?;
            let line = ssh_line(&found, &slot)?;
            write(line.as_bytes(), target, output)
        }
        CertCommand::Key {
            slot: choice,
            target,
        } => {
            let slot = slot(choice)?;
            write(
                public_key::to_pem(slot.public_key()?).as_bytes(),
                target,
                output,
            )
        }
    }
}

fn list(
    found: &Found,
    choice: ApplicationChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let applications = || {
        let all = found.token.applications.iter();
        all.filter(|application| choice.admits(application.kind))
    };
    if globals.json {
        let certificates = applications().flat_map(|application| {
            choose::certificates(application)
                .map(|(key, certificate)| (application.kind, key, certificate))
        });
        return output.document(&CertificatesDocument::new(found, certificates));
    }
    let mut table = Table::new(&[
        gettext("Application"),
        gettext("Slot"),
        gettext("For"),
        gettext("Key"),
        gettext("Certificate"),
        gettext("Issuer"),
        gettext("Validity"),
    ]);
    for application in applications() {
        for row in application.key_rows() {
            table.row(cells(application, row, output));
        }
    }
    if table.is_empty() {
        let title = gettext("There is neither a key nor a certificate");
        return Err(Trouble::new(Exit::Refused, title, "").into());
    }
    output.result(table.to_text())
}

fn cells(application: &Application, row: KeyRow<'_>, output: &Output) -> Vec<String> {
    let chip = keys::row_chip(&row).unwrap_or_default();
    let (key, certificate): (Option<&Key>, Option<&Certificate>) = match row {
        KeyRow::Pair(key, certificate) | KeyRow::Mismatch(key, certificate) => {
            (Some(key), Some(certificate))
        }
        KeyRow::KeyOnly(key) => (Some(key), None),
        KeyRow::CertificateOnly(certificate) => (None, Some(certificate)),
    };
    let slots = [
        key.map(|key| key.reference),
        certificate.map(|found| found.slot),
    ];
    let slot = slots.into_iter().flatten().next();
    let summary = certificate.and_then(|certificate| certificate.summary.as_ref());
    let algorithm = key
        .and_then(|key| key.algorithm.as_ref())
        .or(summary.map(|summary| &summary.public_key.algorithm));
    let name = summary.map(|summary| {
        summary
            .name
            .as_ref()
            .unwrap_or(&summary.subject)
            .to_string()
    });
    let standing = certificate
        .map(|certificate| page::standing(certificate, output.style(), now()))
        .unwrap_or_default();
    vec![
        application.kind.name().to_owned(),
        slot.map(|slot| choose::slot_name(application.kind, slot))
            .unwrap_or_default(),
        slot.map(|slot| keys::slot(application.kind, slot))
            .unwrap_or_default(),
        algorithm
            .map(|algorithm| algorithm.name())
            .unwrap_or_default(),
        explain::dotted(&[name.unwrap_or_default(), chip]),
        summary
            .map(|summary| summary.issuer.to_string())
            .unwrap_or_default(),
        standing,
    ]
}

fn show(found: &Found, slot: &Slot<'_>, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let certificate = slot.certificate()?;
    if globals.json {
        let rows = choose::certificates(slot.application);
        let this = rows.filter(|(_, other)| other.slot == certificate.slot);
        let this = this.map(|(key, certificate)| (slot.application.kind, key, certificate));
        return output.document(&CertificatesDocument::new(found, this));
    }
    let page = certificate_page::page(
        found,
        slot.application.kind,
        certificate,
        output.style(),
        now(),
    );
    let page = page.map_err(|flaw| {
        // What was stored may tell more than its bytes do.
        let why = explain::certificates::flaw(certificate.flaw.unwrap_or(flaw));
        let way = gettext("“symbolonctl cert export --der” writes it as it is.");
        Trouble::new(
            Exit::Refused,
            gettext("This is no certificate that can be read."),
            explain::sentences(&[why, way]),
        )
    })?;
    output.result(page)
}

/// The line for `authorized_keys`, with the token and the slot as its remark.
fn ssh_line(found: &Found, slot: &Slot<'_>) -> Result<String, Trouble> {
    let key = slot.public_key()?;
    let token = explain::token::title(&found.token);
    let kind = slot.application.kind;
    let remark = format!(
        "{token} {} {}",
        kind.name(),
        choose::slot_name(kind, slot.reference)
    );
    let line = ssh_key::line(key, &remark).ok_or_else(|| {
        let name = key.algorithm.name();
        Trouble::new(
            Exit::Refused,
            gettext_f(
                "SSH has no keys of the kind {algorithm}",
                &[("algorithm", &name)],
            ),
            "",
        )
    })?;
    Ok(format!("{}\n", line.trim_end()))
}

fn write_binary(bytes: &[u8], target: &Target, output: &mut Output) -> Result<(), End> {
    if target.output.is_none() && io::stdout().is_terminal() {
        return Err(Trouble::usage(
            gettext("DER is not made for a terminal"),
            gettext("Name a file with --output, or send the output to another program."),
        )
        .into());
    }
    write(bytes, target, output)
}

/// Writes to the file that is named, else to standard output.
pub(super) fn write(bytes: &[u8], target: &Target, output: &mut Output) -> Result<(), End> {
    let Some(path) = &target.output else {
        return output.result(bytes);
    };
    let existing = if target.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    written(path, file::write_whole(path, bytes, existing), output)
}

/// Says what came of writing a file.
pub(super) fn written(path: &Path, done: io::Result<()>, output: &mut Output) -> Result<(), End> {
    let name = Text::from_path(path).to_string();
    match done {
        Ok(()) => {
            output.message(&gettext_f("Written to {file}.", &[("file", &name)]));
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(exists_already(path).into())
        }
        Err(error) => {
            let title = gettext_f("{file} cannot be written", &[("file", &name)]);
            Err(Trouble::file(title, &error).into())
        }
    }
}

/// There is a file that nobody said may be replaced.
pub(super) fn exists_already(path: &Path) -> Trouble {
    let name = Text::from_path(path).to_string();
    Trouble::new(
        Exit::Refused,
        gettext_f("{file} exists already", &[("file", &name)]),
        gettext("With --force it is replaced."),
    )
}
