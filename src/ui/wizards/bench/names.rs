//! All names with what came of them, as a table.

use relm4::gtk;
use relm4::gtk::gio;
use relm4::gtk::glib::BoxedAnyObject;
use relm4::gtk::prelude::*;

use crate::base::i18n::gettext;
use crate::explain::bench as words;
use crate::plan::bench::{Bench, State};
use crate::token::ReaderId;
use crate::ui::a11y::A11yExt as _;

/// A line of the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Line {
    name: String,
    state: String,
    serial: String,
    reader: String,
}

/// The table.
#[derive(Debug)]
pub(super) struct NamesTable {
    pub(super) root: gtk::ScrolledWindow,
    store: gio::ListStore,
    lines: Vec<Line>,
}

impl NamesTable {
    pub(super) fn new() -> Self {
        let store = gio::ListStore::new::<BoxedAnyObject>();
        let model = gtk::NoSelection::new(Some(store.clone()));
        let view = gtk::ColumnView::builder()
            .model(&model)
            .show_row_separators(true)
            .build();
        view.set_a11y_label(&gettext("Names"));
        view.append_column(&column(&gettext("Name"), true, |line| &line.name));
        view.append_column(&column(&gettext("State"), true, |line| &line.state));
        view.append_column(&column(&gettext("Serial number"), false, |line| {
            &line.serial
        }));
        view.append_column(&column(&gettext("Reader"), true, |line| &line.reader));
        let root = gtk::ScrolledWindow::builder()
            .vexpand(true)
            .child(&view)
            .build();
        Self {
            root,
            store,
            lines: Vec::new(),
        }
    }

    /// Brings the table to how the bench stands: lines that are the same stay as they are.
    pub(super) fn show(&mut self, bench: &Bench, name_of: &dyn Fn(ReaderId) -> String) {
        let mut lines: Vec<Line> = bench.rows().iter().map(line).collect();
        for reader in bench.lanes() {
            if let Some((stage, Some(place))) = bench.lane(reader)
                && let Some(line) = lines.get_mut(place)
            {
                line.reader = name_of(reader);
                line.state = words::stage(stage, bench.is_paused());
            }
        }
        for (place, line) in (0_u32..).zip(&lines) {
            let index = usize::try_from(place).unwrap_or(usize::MAX);
            if self.lines.get(index) != Some(line) {
                let old = u32::from(self.store.item(place).is_some());
                let item = BoxedAnyObject::new(line.clone());
                self.store.splice(place, old, &[item]);
            }
        }
        let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let more = self.store.n_items().saturating_sub(count);
        self.store.splice(count, more, &[] as &[BoxedAnyObject]);
        self.lines = lines;
    }
}

fn line(row: &crate::plan::bench::Row) -> Line {
    let state = match (&row.reason, row.state) {
        (Some(why), State::Failed | State::Open) => words::trouble(why).title,
        (_, state) => words::state(state),
    };
    Line {
        name: row.name.to_string(),
        state,
        serial: row
            .serial
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        reader: String::new(),
    }
}

fn column(title: &str, expand: bool, text: fn(&Line) -> &str) -> gtk::ColumnViewColumn {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_setup(|_, item| {
        let label = gtk::Label::builder()
            .xalign(0.0)
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .build();
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(Some(&label));
        }
    });
    factory.connect_bind(move |_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else {
            return;
        };
        let label = item.child().and_downcast::<gtk::Label>();
        let line = item.item().and_downcast::<BoxedAnyObject>();
        if let (Some(label), Some(line)) = (label, line)
            && let Ok(line) = line.try_borrow::<Line>()
        {
            label.set_label(text(&line));
            label.set_tooltip_text(Some(text(&line)).filter(|text| !text.is_empty()));
        }
    });
    let column = gtk::ColumnViewColumn::new(Some(title), Some(factory));
    column.set_expand(expand);
    column.set_resizable(true);
    column
}
