//! The upper part of a dialog: who asks, what it is about, and what the card says of itself.

use relm4::gtk;
use relm4::gtk::prelude::*;
use relm4::gtk::{gio, pango};

use super::words;
use crate::base::i18n::gettext;
use crate::pinentry::description::{Description, Part};
use crate::pinentry::prompt::Prompt;
use crate::pinentry::requester::Requester;
use crate::token::{Text, Tries, TriesLeft};
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{Chip, ChipKind, TriesDots, chip};

/// The width, in characters, that a text asks for. It gets what there is.
pub(super) const NARROW: i32 = 20;

/// Who asks, with a sign of that program, and whether it is elsewhere.
pub(super) fn requester(requester: &Requester, remote: bool) -> Option<gtk::Box> {
    let line = words::requester(requester);
    let elsewhere = remote || requester.host.is_some();
    if line.is_none() && !elsewhere {
        return None;
    }
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 8);
    row.append(&program_icon(requester));
    let text = label(&line.unwrap_or_else(words::elsewhere));
    text.add_css_class("dim-label");
    text.set_hexpand(true);
    row.append(&text);
    if elsewhere {
        // TRANSLATORS: Of a request that another computer has sent.
        let mark = chip(&Chip::new(ChipKind::Warning, gettext("Remote")));
        mark.set_valign(gtk::Align::Center);
        row.append(&mark);
    }
    Some(row)
}

/// The icon that is called as the program is, if the desktop has one.
fn program_icon(requester: &Requester) -> gtk::Image {
    let names = [&requester.started_by, &requester.program];
    let mut names: Vec<&str> = names.into_iter().flatten().map(Text::as_str).collect();
    names.push("application-x-executable-symbolic");
    let icon = gio::ThemedIcon::from_names(&names);
    gtk::Image::builder()
        .gicon(&icon)
        .valign(gtk::Align::Start)
        .accessible_role(gtk::AccessibleRole::Presentation)
        .build()
}

/// What it is about: lines of text, and facts in two columns.
pub(super) fn description(prompt: &Prompt) -> gtk::Box {
    let root = gtk::Box::new(gtk::Orientation::Vertical, 6);
    if let Some(remote) = prompt.description.remote {
        root.append(&remark(&words::remote(remote)));
    }
    let counter = prompt.description.counter();
    let mut grid: Option<(gtk::Grid, i32)> = None;
    for part in &prompt.description.parts {
        match part {
            Part::Fact { name, value } => {
                let (grid, row) = grid.get_or_insert_with(|| {
                    let grid = facts_grid();
                    root.append(&grid);
                    (grid, 0)
                });
                let is_counter = counter.is_some() && *row == 2;
                let value = if is_counter {
                    words::counter(value.as_str(), prompt.known.signatures)
                } else {
                    value.as_str().to_owned()
                };
                // A card whose holder has no name says so with nothing.
                if !value.is_empty() {
                    add_fact(grid, *row, name.as_str(), &value);
                }
                *row += 1;
            }
            Part::Line(text) => {
                grid = None;
                root.append(&label(text.as_str()));
            }
            Part::Gap => grid = None,
        }
    }
    if let Some(words) = prompt.known.signatures.and_then(words::jump) {
        root.append(&remark(&words));
    }
    root
}

/// What it is about in one text, for those who do not see it.
pub(super) fn spoken(description: &Description) -> String {
    let lines: Vec<String> = description
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Line(text) => Some(text.as_str().trim().to_owned()),
            Part::Fact { name, value } => Some(format!("{name}: {value}")),
            Part::Gap => None,
        })
        .collect();
    lines.join("\n")
}

/// The tries that are left, as dots where it is known how many there are.
pub(super) fn tries(prompt: &Prompt) -> Option<TriesDots> {
    let left = prompt.description.tries?;
    Some(TriesDots::new(counted(left, prompt.known.tries)))
}

fn counted(left: u32, most: Option<u32>) -> Tries {
    let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    Tries {
        left: match left {
            0 => TriesLeft::Blocked,
            left => TriesLeft::Known(small(left)),
        },
        max: most.filter(|&most| most >= left).map(small),
    }
}

fn facts_grid() -> gtk::Grid {
    gtk::Grid::builder()
        .row_spacing(4)
        .column_spacing(12)
        .build()
}

fn add_fact(grid: &gtk::Grid, row: i32, name: &str, value: &str) {
    let left = label(name);
    left.add_css_class("dim-label");
    left.set_valign(gtk::Align::Start);
    let right = label(value);
    right.add_css_class("numeric");
    right.set_hexpand(true);
    // A reader that meets the value alone says what it is of.
    right.set_a11y_label(&format!("{name}: {value}"));
    grid.attach(&left, 0, row, 1, 1);
    grid.attach(&right, 1, row, 1, 1);
}

/// A line that warns, with a sign.
fn remark(words: &str) -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 8);
    row.add_css_class("warning");
    row.append(
        &gtk::Image::builder()
            .icon_name("dialog-warning-symbolic")
            .valign(gtk::Align::Start)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .build(),
    );
    row.append(&label(words));
    row
}

/// A line of plain text.
pub(super) fn label(text: &str) -> gtk::Label {
    gtk::Label::builder()
        .label(text)
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(pango::WrapMode::WordChar)
        // The window is as wide as its page; a text that wants more would have it made higher instead.
        .max_width_chars(NARROW)
        .build()
}

#[cfg(test)]
mod tests {
    use super::counted;
    use crate::token::TriesLeft;

    #[test]
    fn dots_are_for_numbers_that_are_known() {
        assert_eq!(counted(1, Some(3)).max, Some(3));
        assert_eq!(counted(2, None).max, None);
        assert_eq!(counted(5, Some(3)).max, None);
        assert_eq!(counted(0, Some(3)).left, TriesLeft::Blocked);
    }
}
