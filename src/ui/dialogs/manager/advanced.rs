//! What is rarely otherwise than the card told: cipher, key set, protection, diversification.

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::sources::wrap;
use super::{OpenManager, OpenManagerInput, Setting};
use crate::base::i18n::gettext;
use crate::explain::card_manager;
use crate::plan::content::{Diversification, KeyFamily, Level};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::group;
use crate::ui::wizards::parts::{label, toggle};

/// The levels, in the order of the list.
pub(super) const LEVELS: [Level; 6] = [
    Level::Mac,
    Level::MacEncryption,
    Level::MacBoth,
    Level::MacBothEncryption,
    Level::All,
    Level::Clear,
];

/// The ways to derive keys, in the order of the list.
pub(super) const WAYS: [Diversification; 4] = [
    Diversification::None,
    Diversification::Visa2,
    Diversification::Emv,
    Diversification::Kdf3,
];

/// The ciphers, in the order of the list.
pub(super) const FAMILIES: [KeyFamily; 2] = [KeyFamily::TripleDes, KeyFamily::Aes];

/// The rows, folded away.
#[derive(Debug)]
pub(super) struct Advanced {
    pub(super) group: adw::PreferencesGroup,
    row: adw::ExpanderRow,
}

impl Advanced {
    /// With what the card told chosen before.
    pub(super) fn new(family: KeyFamily, sender: &ComponentSender<OpenManager>) -> Self {
        let row = adw::ExpanderRow::builder()
            .title(gettext("Advanced"))
            .build();
        let place = FAMILIES.iter().position(|known| *known == family);
        let families = FAMILIES.map(card_manager::family);
        row.add_row(&combo(
            &gettext("Keys for"),
            &families,
            place.unwrap_or_default(),
            sender,
            Setting::Family,
        ));
        let tell = |setting: fn(Option<u8>) -> Setting| {
            let input = sender.input_sender().clone();
            let entered = sender.input_sender().clone();
            (
                move |number| input.emit(OpenManagerInput::Set(setting(number))),
                move || entered.emit(OpenManagerInput::Submit),
            )
        };
        let (set, entered) = tell(Setting::Version);
        row.add_row(&number_row(&gettext("Key version"), "0", set, entered));
        let (set, entered) = tell(Setting::Index);
        row.add_row(&number_row(&gettext("Key index"), "0", set, entered));
        let words = label(
            &gettext(
                "Version 0 is the first key set that the card has. The index is 0, but for some cards of Open Platform.",
            ),
            &["caption", "dim-label"],
        );
        words.set_margin_start(12);
        words.set_margin_end(12);
        words.set_margin_top(6);
        words.set_margin_bottom(6);
        let below = gtk::ListBoxRow::builder()
            .child(&words)
            .activatable(false)
            .selectable(false)
            .focusable(false)
            .build();
        below.set_a11y_label(&words.label());
        row.add_row(&below);
        let levels = LEVELS.map(card_manager::level);
        let title = gettext("Protection");
        row.add_row(&combo(&title, &levels, 0, sender, Setting::Level));
        let ways = WAYS.map(card_manager::diversification);
        let title = gettext("Diversification");
        row.add_row(&combo(&title, &ways, 0, sender, Setting::Diversification));
        let group = group("");
        group.add(&row);
        let advanced = Self { group, row };
        advanced.show(None);
        advanced
    }

    /// Says what is wrong in it; then it is open.
    pub(super) fn show(&self, fault: Option<&str>) {
        let title = gettext("Advanced");
        let usual = gettext("Set to what the card told");
        let caption = fault.unwrap_or(&usual);
        if self.row.subtitle() == caption {
            return;
        }
        self.row.set_subtitle(caption);
        self.row.set_a11y_label(&format!("{title}, {caption}"));
        self.row.set_a11y_description(fault.unwrap_or_default());
        if fault.is_some() {
            self.row.set_expanded(true);
        }
    }
}

fn combo(
    title: &str,
    words: &[String],
    chosen: usize,
    sender: &ComponentSender<OpenManager>,
    setting: fn(usize) -> Setting,
) -> adw::ComboRow {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let row = adw::ComboRow::builder()
        .title(title)
        .model(&gtk::StringList::new(&words))
        .selected(u32::try_from(chosen).unwrap_or_default())
        .build();
    wrap(&row);
    let input = sender.input_sender().clone();
    row.connect_selected_notify(move |row| {
        let place = usize::try_from(row.selected()).unwrap_or_default();
        input.emit(OpenManagerInput::Set(setting(place)));
    });
    row
}

/// A number of one byte, in decimal digits.
pub(super) fn number_row(
    title: &str,
    text: &str,
    set: impl Fn(Option<u8>) + 'static,
    entered: impl Fn() + 'static,
) -> adw::EntryRow {
    let row = adw::EntryRow::builder().title(title).text(text).build();
    row.connect_changed(move |row| {
        let number = row.text().trim().parse::<u8>().ok();
        toggle(row, "error", number.is_none());
        row.set_a11y_wrong(number.is_none());
        set(number);
    });
    row.connect_entry_activated(move |_| entered());
    row
}
