//! Tables and lists of facts, aligned by what a terminal shows, not by bytes.

use unicode_width::UnicodeWidthStr;

/// The gap between two columns.
const GAP: &str = "  ";

/// Rows of cells under a line of headings.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new(headings: &[String]) -> Self {
        Self {
            rows: vec![headings.to_vec()],
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is nothing below the headings.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The lines, each with its line end and without blanks before it.
    pub(super) fn to_text(&self) -> String {
        align(&self.rows)
    }
}

/// Names and values in two columns; a value of several lines goes on under its first.
#[derive(Debug, Default)]
pub(super) struct Facts {
    rows: Vec<(String, String)>,
}

impl Facts {
    /// Adds a value under a name, unless it is empty.
    pub(super) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.rows.push((name.into(), value));
        }
    }

    /// Adds other names and values below.
    pub(super) fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
    }

    /// The lines, each with its line end and `indent` blanks before it.
    pub(super) fn to_text(&self, indent: usize) -> String {
        let widest = self.rows.iter().map(|(name, _)| width(name)).max();
        let column = indent + widest.unwrap_or(0) + GAP.len();
        let mut text = String::new();
        for (name, value) in &self.rows {
            let mut first = true;
            for line in value.lines() {
                let head = if first { name.as_str() } else { "" };
                let start = format!("{}{head}", " ".repeat(indent));
                push_padded(&mut text, &start, column);
                text.push_str(line);
                text.push('\n');
                first = false;
            }
        }
        text
    }
}

fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, columns) in row.iter().zip(&widths) {
            push_padded(&mut line, cell, *columns);
            line.push_str(GAP);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The columns that `cell` takes on a terminal. Our own marks (`ESC [ … m`) take none; a cell
/// has no others, since text from outside comes without control characters.
fn width(cell: &str) -> usize {
    let mut parts = cell.split('\u{1b}');
    let head = parts.next().map_or(0, UnicodeWidthStr::width);
    let rest = parts.map(|part| part.split_once('m').map_or(0, |(_, shown)| shown.width()));
    head + rest.sum::<usize>()
}

/// Appends `cell` and as many blanks as it lacks to be so many `columns` wide.
fn push_padded(line: &mut String, cell: &str, columns: usize) {
    line.push_str(cell);
    let missing = columns.saturating_sub(width(cell));
    line.extend(std::iter::repeat_n(' ', missing));
}

#[cfg(test)]
mod tests {
    use super::{Facts, Table};

    fn cells(row: &[&str]) -> Vec<String> {
        row.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let mut table = Table::new(&cells(&["Name", "PIN"]));
        assert!(table.is_empty());
        table.row(cells(&["山田太郎", "a"]));
        table.row(cells(&["Zoë", "b"]));
        table.row(cells(&["e\u{301}", ""]));
        assert_eq!(
            table.to_text(),
            "Name      PIN\n山田太郎  a\nZoë       b\ne\u{301}\n"
        );
    }

    #[test]
    fn marks_take_no_room() {
        assert_eq!(super::width("\u{1b}[31mBlocked\u{1b}[0m!"), 8);
    }

    #[test]
    fn a_long_fact_goes_on_under_itself() {
        let mut facts = Facts::default();
        facts.add("Serial", "1");
        facts.add("Absent", "");
        facts.add("Uses", "one\ntwo");
        assert_eq!(
            facts.to_text(2),
            "  Serial  1\n  Uses    one\n          two\n"
        );
    }
}
