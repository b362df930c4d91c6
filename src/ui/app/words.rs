//! Words of the main window itself.

use relm4::gtk::gio;

use crate::base::i18n::{gettext, gettext_f};
use crate::token::ReaderId;
use crate::ui::actions::{self, Action};
use crate::ui::model::{Model, Place, Shown};
use crate::ui::reader_panel::{self, Row};

/// The two lines in the header of the content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Title {
    /// Whose it is.
    pub(super) title: String,
    /// What it is.
    pub(super) subtitle: String,
}

/// What stands in the header above `shown`.
pub(super) fn title(model: &Model, shown: &Shown) -> Title {
    let row = model.place().and_then(|place| row(model, place));
    match (shown, row) {
        (_, None) => Title {
            title: "Symbolon".to_owned(),
            subtitle: String::new(),
        },
        (_, Some(row)) => Title {
            title: row.title,
            subtitle: row.subtitle,
        },
    }
}

/// A token came into a reader that is not on show.
pub(super) fn arrival(model: &Model, reader: ReaderId) -> String {
    let token = row(model, Place::Reader(reader)).map(|row| row.title);
    let names = crate::ui::model::reader_names(model.slots().map(|slot| &slot.reader));
    let name = names.into_iter().find(|(id, _)| *id == reader);
    gettext_f(
        "{token} is in reader {reader}",
        &[
            ("token", &token.unwrap_or_default()),
            ("reader", &name.map(|(_, name)| name).unwrap_or_default()),
        ],
    )
}

fn row(model: &Model, place: Place) -> Option<Row> {
    let rows = reader_panel::rows(model, super::now());
    rows.into_iter().find(|row| row.place == place)
}

/// The menu of the program.
pub(super) fn main_menu() -> gio::Menu {
    actions::menu(&[
        &[Action::Practice, Action::Trace],
        &[Action::Preferences, Action::Shortcuts, Action::About],
    ])
}

/// The menu of the token on show.
pub(super) fn token_menu() -> gio::Menu {
    actions::menu(&[
        &[Action::Refresh, Action::CopySummary],
        &[Action::Trace, Action::Command],
    ])
}
