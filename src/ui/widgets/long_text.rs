//! Long texts in labels that wrap, and rows that have many of them.

use std::cell::Cell;

use relm4::adw;
use relm4::adw::prelude::*;
use relm4::gtk::{self, pango};

/// What is shorter wraps wherever it must.
const LONG: usize = 60;

/// So many characters stand at least on a line of what is longer.
const LEAST: i32 = 16;

/// So many lines has the title of a row at most.
const MOST_LINES: i32 = 3;

/// Gives the label of a long text a least width, and no hyphens that are not in it.
///
/// To learn how narrow it can be GTK 4.8 lays a text out with a character or a word on each
/// line, and Pango shapes the rest of it anew for every one: with a page of names of five hundred
/// characters, or with some kilobytes in hexadecimal, the window stood still for minutes.
pub fn settle(label: &gtk::Label) {
    if label.label().chars().nth(LONG).is_some() {
        label.set_width_chars(LEAST);
        let attributes = pango::AttrList::new();
        attributes.insert(pango::AttrInt::new_insert_hyphens(false));
        label.set_attributes(Some(&attributes));
    }
}

/// As [`settle`] for the title of a row, which leaves room for other rows.
pub fn settle_title(label: &gtk::Label) {
    settle(label);
    if label.label().chars().nth(LONG).is_some() {
        label.set_lines(MOST_LINES);
        label.set_ellipsize(pango::EllipsizeMode::End);
    }
}

/// Puts rows into `row` when it is opened for the first time: until then nobody waits for them.
pub fn fill_when_opened<W: IsA<gtk::Widget>>(
    row: &adw::ExpanderRow,
    build: impl Fn() -> Vec<W> + 'static,
) {
    let filled = Cell::new(false);
    row.connect_expanded_notify(move |row| {
        if row.is_expanded() && !filled.replace(true) {
            for child in build() {
                row.add_row(&child);
            }
        }
    });
}
