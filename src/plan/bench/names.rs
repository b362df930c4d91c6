//! Whom tokens are for: a table out of a spreadsheet (RFC 4180, with `;` as well as `,`).

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::profile::{NAME, Profile, places};
use crate::plan::recipe::Given;
use crate::token::Text;

/// The longest file, in bytes.
pub const MAX_LEN: usize = 1024 * 1024;

/// The most people.
pub const MAX_NAMES: usize = 10_000;

/// What some programs put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Who gets tokens, and how the table was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Names {
    /// In the order of the file.
    pub people: Vec<Person>,
    /// The form of the file: results are written in the same.
    pub form: Form,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Form {
    /// What stands between two cells: `,` or `;`.
    pub separator: u8,
    /// Whether a byte order mark stands before it, without which some programs see no UTF-8.
    pub marked: bool,
}

/// Somebody who gets a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// The line of the file, from 1.
    pub line: u64,
    /// The name.
    pub name: Text,
    /// The other columns, for names on the card.
    pub columns: BTreeMap<String, String>,
}

/// What is wrong with a table, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {fault:?}")]
pub struct NamesError {
    /// Counts from 1.
    pub line: u64,
    /// What.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The file is longer than [`MAX_LEN`].
    TooLong,
    /// There are more people than [`MAX_NAMES`].
    TooMany,
    /// It is not UTF-8.
    Coding,
    /// The first line names no column `name`.
    NoNameColumn,
    /// The first line names a column twice.
    Twice(Text),
    /// The line has another number of cells than the first one.
    Cells {
        /// What it has.
        found: u64,
        /// What the first one has.
        expected: u64,
    },
    /// There is no name in the line.
    NoName,
    /// There is nobody in the file.
    Nobody,
    /// The profile has a place for a column that the file does not have.
    NoColumn(Text),
    /// A name on the card would be too long.
    Label {
        /// The name.
        label: Text,
        /// The most, in bytes.
        most: usize,
    },
}

impl Names {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// The first [`NamesError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NamesError> {
        let at = |line, fault| NamesError { line, fault };
        if bytes.len() > MAX_LEN {
            return Err(at(1, Fault::TooLong));
        }
        let marked = bytes.starts_with(MARK);
        let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let separator = separator(text);
        let mut table = csv::ReaderBuilder::new()
            .delimiter(separator)
            .trim(csv::Trim::All)
            .from_reader(text);
        let mut lines = Lines {
            text,
            at: 0,
            line: 1,
        };
        let headings = table.headers().map_err(|error| fault(&error, &mut lines))?;
        let columns = columns(headings)?;
        let mut people = Vec::new();
        for record in table.records() {
            let record = record.map_err(|error| fault(&error, &mut lines))?;
            let line = lines.of(record.position());
            if people.len() == MAX_NAMES {
                return Err(at(line, Fault::TooMany));
            }
            // A spreadsheet leaves lines of nothing but separators behind.
            if record.iter().all(str::is_empty) {
                continue;
            }
            let mut cells: BTreeMap<String, String> = columns
                .iter()
                .cloned()
                .zip(record.iter().map(|cell| Text::from(cell).to_string()))
                .collect();
            let name = Text::from(cells.remove(NAME).unwrap_or_default());
            if name.is_empty() {
                return Err(at(line, Fault::NoName));
            }
            people.push(Person {
                line,
                name,
                columns: cells,
            });
        }
        if people.is_empty() {
            return Err(at(1, Fault::Nobody));
        }
        let form = Form { separator, marked };
        Ok(Self { people, form })
    }

    /// Whether every name that a profile gives can be made for everybody.
    ///
    /// # Errors
    ///
    /// The first place that cannot be filled, or name that is too long.
    pub fn fit(&self, profile: &Profile) -> Result<(), NamesError> {
        for person in &self.people {
            let given = person.given(&Given::default());
            for (label, most) in profile.labels() {
                let at = |fault| NamesError {
                    line: person.line,
                    fault,
                };
                let mut places = places(label);
                let unknown =
                    places.find(|place| *place != NAME && !person.columns.contains_key(*place));
                if let Some(place) = unknown {
                    return Err(at(Fault::NoColumn(Text::from(place))));
                }
                let filled = given.fill(label);
                if filled.len() > most {
                    let label = Text::from(filled);
                    return Err(at(Fault::Label { label, most }));
                }
            }
        }
        Ok(())
    }
}

impl Person {
    /// What is known of this person, beside what is known of everybody.
    #[must_use]
    pub fn given(&self, base: &Given) -> Given {
        Given {
            name: Some(self.name.to_string()),
            columns: self.columns.clone(),
            ..base.clone()
        }
    }
}

/// What stands between the cells of the first line; a `,` if there is but one.
fn separator(text: &[u8]) -> u8 {
    let mut quoted = false;
    let mut first = text.iter().take_while(|&&byte| byte != b'\n');
    let found = first.find(|&&byte| {
        quoted ^= byte == b'"';
        !quoted && matches!(byte, b';' | b',')
    });
    found.copied().unwrap_or(b',')
}

/// The names of the columns.
fn columns(headings: &csv::StringRecord) -> Result<Vec<String>, NamesError> {
    let at = |fault| NamesError { line: 1, fault };
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for heading in headings {
        let shown = Text::from(heading);
        let column = if shown.as_str().eq_ignore_ascii_case(NAME) {
            NAME.to_owned()
        } else {
            shown.to_string()
        };
        // Columns without a heading are comments, however many there are.
        if !column.is_empty() && !seen.insert(column.clone()) {
            return Err(at(Fault::Twice(shown)));
        }
        columns.push(column);
    }
    if seen.contains(NAME) {
        Ok(columns)
    } else {
        Err(at(Fault::NoNameColumn))
    }
}

/// Counts lines. The table itself is one behind where lines end with CR LF: for it a record begins
/// between the two.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record; those before it come before.
    fn of(&mut self, record: Option<&csv::Position>) -> u64 {
        let start = record.map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.text.get(start..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| b"\r\n".contains(byte));
        let start = start + ends.count();
        let passed = self.text.get(self.at..start).unwrap_or_default();
        self.line += passed
            .iter()
            .map(|&byte| u64::from(byte == b'\n'))
            .sum::<u64>();
        self.at = start;
        self.line
    }
}

fn fault(error: &csv::Error, lines: &mut Lines<'_>) -> NamesError {
    let (position, fault) = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => (
            pos,
            Fault::Cells {
                found: *len,
                expected: *expected_len,
            },
        ),
        csv::ErrorKind::Utf8 { pos, .. } => (pos, Fault::Coding),
        // Memory is read, and nothing is looked for in it or turned into values.
        _ => (&None, Fault::Coding),
    };
    NamesError {
        line: lines.of(position.as_ref()),
        fault,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{Fault, Form, MAX_LEN, MAX_NAMES, Names};
    use crate::plan::profile::Profile;
    use crate::token::Text;

    fn fault(text: impl AsRef<[u8]>) -> (u64, Fault) {
        let error = Names::parse(text.as_ref()).unwrap_err();
        (error.line, error.fault)
    }

    #[test]
    fn a_table_is_read_as_spreadsheets_write_it() {
        let german = b"\xEF\xBB\xBFName;Abteilung\r\nJ\xC3\xBCrgen M\xC3\xBCller;Einkauf\r\n;\r\n\"Rossi; Anna\"; Vertrieb \r\n";
        let names = Names::parse(german).unwrap();
        assert_eq!(
            names.form,
            Form {
                separator: b';',
                marked: true
            }
        );
        assert_eq!(names.people.len(), 2);
        assert_eq!(names.people[0].name.as_str(), "Jürgen Müller");
        assert_eq!(names.people[1].name.as_str(), "Rossi; Anna");
        assert_eq!(names.people[1].columns["Abteilung"], "Vertrieb");
        assert_eq!(names.people[1].line, 4);
        let plain = Names::parse(b"mail,NAME\na@example.com,\"Kurz, Ben\"").unwrap();
        assert_eq!(plain.people[0].name.as_str(), "Kurz, Ben");
        assert_eq!(plain.form.separator, b',');
        let single = Names::parse(b"name\nAnna Rossi\nBen Kurz\n").unwrap();
        assert_eq!(single.people.len(), 2);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        assert_eq!(fault("Nachname\nKurz\n"), (1, Fault::NoNameColumn));
        assert_eq!(fault(""), (1, Fault::NoNameColumn));
        assert_eq!(fault("name\n\n"), (1, Fault::Nobody));
        assert_eq!(
            fault("name,Name\na,b\n"),
            (1, Fault::Twice(Text::from("Name")))
        );
        let cells = Fault::Cells {
            found: 2,
            expected: 1,
        };
        assert_eq!(fault("name\nAnna\nKurz, Ben\n"), (3, cells));
        assert_eq!(
            fault("name;mail\na;b\n ;b@example.com\n"),
            (3, Fault::NoName)
        );
        assert_eq!(fault(b"name\nAnna\nM\xFCller\n"), (3, Fault::Coding));
        assert_eq!(
            fault(b"name\r\nAnna\r\n\r\nM\xFCller\r\n"),
            (4, Fault::Coding)
        );
        assert_eq!(fault(b"n\xE4me\nM\n"), (1, Fault::Coding));
        assert_eq!(fault(vec![b'a'; MAX_LEN + 1]), (1, Fault::TooLong));
        let many = format!("name\n{}", "a\n".repeat(MAX_NAMES + 1));
        assert_eq!(fault(many), (10_002, Fault::TooMany));
        let most = format!("name\n{}", "a\n".repeat(MAX_NAMES));
        assert_eq!(
            Names::parse(most.as_bytes()).unwrap().people.len(),
            MAX_NAMES
        );
    }

    #[test]
    fn names_that_lie_are_cleaned() {
        let names = Names::parse("name\n\"a\u{202E}b\nc\u{1b}[31m\"\n".as_bytes()).unwrap();
        assert_eq!(names.people[0].name.as_str(), "a\u{FFFD}b c\u{FFFD}[31m");
    }

    #[test]
    fn what_does_not_fit_a_profile_is_said_before_any_card() {
        let profile =
            Profile::parse("name='A'\nlabel='VPN {department} {name}'\n[[pin]]\n").unwrap();
        let fit = |text: &str| {
            let fit = Names::parse(text.as_bytes()).unwrap().fit(&profile);
            fit.map_err(|error| (error.line, error.fault))
        };
        assert_eq!(fit("name,department\nAnna,Sales\n"), Ok(()));
        assert_eq!(
            fit("name\nAnna\n"),
            Err((2, Fault::NoColumn(Text::from("department"))))
        );
        let label = Text::from("VPN Sales Karl-Theodor Maria Nikolaus");
        assert_eq!(
            fit("name,department\nAnna,Sales\nKarl-Theodor Maria Nikolaus,Sales\n"),
            Err((3, Fault::Label { label, most: 32 }))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_stop_it(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let mut table = b"name;x\n".to_vec();
            table.extend(&bytes);
            let _ = Names::parse(&table);
            let _ = Names::parse(&bytes);
        }
    }
}
