//! What came of a bench, as a table for a spreadsheet (RFC 4180).

use time::OffsetDateTime;

use super::names::Form;
use super::{Row, State, Trouble};
use crate::base::hex;

/// The headings: programs read them, so they are the same in every language.
const HEADINGS: [&str; 8] = [
    "name", "state", "serial", "keys", "sha256", "journal", "reason", "time",
];

/// All rows. `reason` has the words for what went wrong.
#[must_use]
pub fn to_csv(rows: &[Row], form: Form, reason: impl Fn(&Trouble) -> String) -> Vec<u8> {
    let mut bytes = Vec::new();
    if form.marked {
        bytes.extend("\u{FEFF}".as_bytes());
    }
    let mut table = csv::WriterBuilder::new()
        .delimiter(form.separator)
        // A program that takes another separator still sees where a cell ends.
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(bytes);
    let mut write = |cells: [String; 8]| {
        // Nothing can go wrong in memory: every line has as many cells.
        let _ = table.write_record(cells.map(|cell| harmless(&cell)));
    };
    write(HEADINGS.map(str::to_owned));
    for row in rows {
        let keys = row.keys.iter();
        let ids: Vec<_> = keys.clone().map(|key| key.id.to_string()).collect();
        let prints: Vec<_> = keys.map(|key| hex::encode(&key.sha256.0)).collect();
        let ended = row.at.filter(|_| row.state != State::Open);
        write([
            row.name.to_string(),
            state(row.state).to_owned(),
            row.serial
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            ids.join(" "),
            prints.join(" "),
            row.journal.clone().unwrap_or_default(),
            row.reason.as_ref().map(&reason).unwrap_or_default(),
            ended.map(moment).unwrap_or_default(),
        ]);
    }
    table.into_inner().unwrap_or_default()
}

/// How a row ended, for programs.
fn state(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Done => "done",
        State::Failed => "failed",
        State::Skipped => "skipped",
    }
}

/// "2026-11-29T06:01:42Z".
fn moment(seconds: i64) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return String::new();
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
}

/// A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::to_csv;
    use crate::base::hex::Hex;
    use crate::plan::bench::names::Form;
    use crate::plan::bench::{KeyMade, Row, State, Trouble};
    use crate::token::Text;

    fn row(name: &str) -> Row {
        Row {
            name: Text::from(name),
            state: State::Done,
            serial: Some(Hex(vec![0x27, 0x37])),
            keys: vec![KeyMade {
                id: Hex(vec![0x45]),
                sha256: Hex(vec![0xAB; 32]),
            }],
            journal: Some("2737.journal".into()),
            reason: None,
            at: Some(1_795_269_430),
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_no_cell_is_a_formula() {
        let names = [
            "Müller; \"Jürgen\"",
            "=HYPERLINK(\"http://example.com\")",
            "+49",
            "-1",
            "@SUM(A1)",
            "Anna, Rossi",
        ];
        let mut rows = names.map(row).to_vec();
        rows[1].state = State::Failed;
        rows[1].reason = Some(Trouble::Gone);
        for separator in [b';', b','] {
            let form = Form {
                separator,
                marked: separator == b';',
            };
            let table = to_csv(&rows, form, |_| "-gone".to_owned());
            assert_eq!(table.starts_with(b"\xEF\xBB\xBF"), form.marked);
            let text = table.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&table);
            let mut read = csv::ReaderBuilder::new()
                .delimiter(separator)
                .from_reader(text);
            let records: Vec<_> = read.records().map(Result::unwrap).collect();
            assert_eq!(records.len(), names.len());
            for (record, name) in records.iter().zip(names) {
                let formula = name.starts_with(['=', '+', '-', '@']);
                let expected = if formula {
                    format!("'{name}")
                } else {
                    name.to_owned()
                };
                assert_eq!(&record[0], expected);
                assert_eq!(&record[2], "2737");
                assert_eq!(&record[3], "45");
                assert_eq!(&record[4], "AB".repeat(32));
                assert_eq!(&record[5], "2737.journal");
                assert_eq!(&record[7], "2026-11-21T13:57:10Z");
            }
            assert_eq!((&records[1][1], &records[1][6]), ("failed", "'-gone"));
            assert_eq!((&records[0][1], &records[0][6]), ("done", ""));
        }
    }
}
