//! `symbolonctl plan journal`: what was planned, begun, done and left.

use crate::base::hex::{self, Hex};
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::Globals;
use crate::cli::exit::{self, End, Trouble};
use crate::cli::output::Output;
use crate::cli::plan_json::{JournalDocument, JournalPart, JournalsDocument};
use crate::cli::table::{Facts, Table};
use crate::explain::{dates, plan as words};
use crate::plan::journal::{JournalError, Journals, Line, Record, last_plan};
use crate::token::Text;

/// Lists the journals, or shows the one of this serial number.
pub(super) fn run(serial: Option<&str>, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let journals = Journals::usual().map_err(|error| trouble(&error))?;
    match serial {
        None => list(&journals, globals, output),
        Some(text) => one(&journals, text, globals, output),
    }
}

fn list(journals: &Journals, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let serials = journals.serials().map_err(|error| trouble(&error))?;
    let mut table = Table::new(&[
        gettext("Serial number"),
        gettext("Last plan"),
        gettext("State"),
        gettext("Last line"),
    ]);
    let mut parts = Vec::new();
    let mut worst = None;
    for serial in serials {
        let file = file(journals, &serial);
        let read = journals.read(&serial);
        let number = serial.to_string();
        let (row, part) = match &read {
            Ok(lines) => match last_plan(lines) {
                Some(last @ (plan, standing, at)) => (
                    vec![
                        number,
                        Text::from(plan.name.as_str()).to_string(),
                        words::standing(plan, standing),
                        dates::moment(at),
                    ],
                    JournalPart::of(serial, file, last),
                ),
                None => (
                    vec![number],
                    JournalPart::without_plan(serial, file, "empty"),
                ),
            },
            Err(error) => {
                let explained = words::journal_error(error);
                let state = match error {
                    JournalError::Changed { .. } => "changed",
                    _ => "unreadable",
                };
                if let Some(before) = worst.replace(trouble(error)) {
                    output.trouble(&before);
                }
                (
                    vec![number, String::new(), explained.title],
                    JournalPart::without_plan(serial, file, state),
                )
            }
        };
        table.row(row);
        parts.push(part);
    }
    if globals.json {
        output.document(&JournalsDocument::new(parts))?;
    } else if table.is_empty() {
        output.message(&gettext(
            "There is no journal: no plan was carried out yet.",
        ));
    } else {
        output.result(table.to_text())?;
    }
    worst.map_or(Ok(()), |trouble| Err(trouble.into()))
}

fn one(journals: &Journals, text: &str, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let unknown = || {
        Trouble::usage(
            gettext_f(
                "There is no journal of {serial}",
                &[("serial", Text::from(text).as_str())],
            ),
            gettext("“symbolonctl plan journal” lists them."),
        )
    };
    let serial = Hex(hex::decode(text).ok_or_else(unknown)?);
    let lines = journals.read(&serial).map_err(|error| trouble(&error))?;
    if lines.is_empty() {
        return Err(unknown().into());
    }
    if globals.json {
        let file = file(journals, &serial);
        return output.document(&JournalDocument::new(&serial, file, &lines));
    }
    output.result(page(&lines))
}

fn page(lines: &[Line]) -> String {
    let mut rows = Facts::default();
    let mut plan = None;
    for line in lines {
        if let Record::Planned { plan: new } = &line.record {
            plan = Some(new);
        }
        rows.add(dates::moment(line.at), words::record(&line.record, plan));
    }
    rows.to_text(0)
}

fn file(journals: &Journals, serial: &Hex) -> Option<String> {
    let path = journals.file(serial)?;
    Some(Text::from_path(&path).to_string())
}

fn trouble(error: &JournalError) -> Trouble {
    Trouble {
        exit: exit::journal(error),
        words: words::journal_error(error),
    }
}
