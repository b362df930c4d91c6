//! A fact: its name as a caption over its value, which can be selected and copied.

use std::borrow::Cow;
use std::cell::RefCell;

use relm4::adw::prelude::*;
use relm4::adw::subclass::prelude::*;
use relm4::gtk::glib;
use relm4::{adw, gtk};

use crate::base::hex;
use crate::base::i18n::{gettext_f, pgettext};
use crate::explain;
use crate::token::{Fact, FactValue};
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::settle;

/// What a row shows, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FactText {
    /// What it is about: "Serial number".
    pub name: String,
    /// What it says.
    pub value: String,
    /// Whether it is bytes, shown with fixed width.
    pub monospace: bool,
    /// What the copy button copies; nothing if there is no such button.
    pub copy: Option<String>,
}

impl FactText {
    /// A fact in words with a copy button.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            name: name.into(),
            copy: Some(value.clone()),
            value,
            monospace: false,
        }
    }

    /// A fact of a token in words; bytes in fixed width.
    #[must_use]
    pub fn of(fact: &Fact) -> Self {
        let text = Self::new(explain::facts::name(fact.name), explain::facts::of(fact));
        match fact.value {
            FactValue::Bytes(_) => text.monospace(),
            FactValue::Flag(_)
            | FactValue::Flags(_)
            | FactValue::Coding(_)
            | FactValue::Space(_) => text.without_copy(),
            FactValue::Text(_)
            | FactValue::Number(_)
            | FactValue::Time(_)
            | FactValue::Day(..)
            | FactValue::Salutation(_) => text,
        }
    }

    /// Bytes in hexadecimal, of any length.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(name, hex::grouped(bytes, 1)).monospace()
    }

    /// The same without a copy button.
    #[must_use]
    pub fn without_copy(self) -> Self {
        Self { copy: None, ..self }
    }

    /// The same in fixed width.
    #[must_use]
    pub fn monospace(self) -> Self {
        Self {
            monospace: true,
            ..self
        }
    }
}

/// So many characters are shown; what is longer is for the clipboard.
const MOST_SHOWN: usize = 4096;

/// The beginning of `value`, as far as it is shown.
fn shown(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => Cow::Owned(value.get(..end).unwrap_or_default().to_owned() + "…"),
        None => Cow::Borrowed(value),
    }
}

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct FactRow {
        pub(super) button: RefCell<Option<gtk::Button>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FactRow {
        const NAME: &'static str = "SymbolonFactRow";
        type Type = super::FactRow;
        type ParentType = adw::PreferencesRow;
    }

    impl ObjectImpl for FactRow {}

    impl WidgetImpl for FactRow {
        // The row, then its button. The label can be selected with the pointer, but is no Tab
        // stop of its own: a page of facts has many.
        fn focus(&self, direction: gtk::DirectionType) -> bool {
            use gtk::DirectionType::{Left, Right, TabBackward, TabForward};
            let row = self.obj();
            let button = self.button.borrow();
            let here = row.has_focus();
            let inside = row.focus_child().is_some();
            match (direction, button.as_ref()) {
                (TabForward | Right, Some(button)) if here => button.grab_focus(),
                (TabBackward | Left, Some(button)) if !here && !inside => button.grab_focus(),
                (TabBackward | Left, Some(_)) if inside => row.grab_focus(),
                _ if here || inside => false,
                // The list notes which row is the current one.
                _ => self.parent_focus(direction),
            }
        }
    }

    impl ListBoxRowImpl for FactRow {}
    impl PreferencesRowImpl for FactRow {}
}

glib::wrapper! {
    /// The row.
    pub struct FactRow(ObjectSubclass<imp::FactRow>)
        @extends adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl FactRow {
    /// A row for `fact`. `copied` is told the name of what has been put on the clipboard.
    #[must_use]
    pub fn new(fact: &FactText, copied: impl Fn(&str) + 'static) -> Self {
        let row: Self = glib::Object::new();
        row.set_activatable(false);
        let shown = shown(&fact.value);
        row.set_a11y_label(&format!("{}, {shown}", fact.name));
        let name = gtk::Label::builder()
            .label(&fact.name)
            .xalign(0.0)
            .wrap(true)
            .css_classes(["caption", "dim-label"])
            .build();
        let value = gtk::Label::builder()
            .label(&*shown)
            .xalign(0.0)
            .wrap(true)
            .wrap_mode(gtk::pango::WrapMode::WordChar)
            .natural_wrap_mode(gtk::NaturalWrapMode::None)
            .selectable(true)
            .build();
        settle(&value);
        if fact.monospace {
            value.add_css_class("monospace");
        }
        let text = gtk::Box::new(gtk::Orientation::Vertical, 3);
        text.set_hexpand(true);
        text.set_valign(gtk::Align::Center);
        text.append(&name);
        text.append(&value);
        let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        line.add_css_class("fact-row");
        line.append(&text);
        if let Some(copy) = &fact.copy {
            let button = copy_button(&fact.name, copy, copied);
            line.append(&button);
            row.imp().button.replace(Some(button));
        }
        row.set_child(Some(&line));
        row
    }
}

/// A button that puts `text` on the clipboard and then tells the name of it.
#[must_use]
pub fn copy_button(name: &str, text: &str, copied: impl Fn(&str) + 'static) -> gtk::Button {
    // TRANSLATORS: {name} is what is copied, as in "Copy serial number".
    let label = gettext_f("Copy {name}", &[("name", &in_sentence(name))]);
    let button = gtk::Button::builder()
        .icon_name("edit-copy-symbolic")
        .tooltip_text(&label)
        .valign(gtk::Align::Center)
        .css_classes(["flat"])
        .build();
    button.set_a11y_label(&label);
    let (name, text) = (name.to_owned(), text.to_owned());
    button.connect_clicked(move |button| {
        button.clipboard().set_text(&text);
        copied(&name);
    });
    button
}

/// "Serial number" inside a sentence: "serial number", but "PEM" and "ATR" as they are. Where
/// nouns have capitals the translation of the name is put in as it is.
fn in_sentence(name: &str) -> String {
    let mut rest = name.chars();
    let (Some(first), second) = (rest.next(), rest.next()) else {
        return name.to_owned();
    };
    // TRANSLATORS: Not shown. Translate as "yes" if nouns keep their capital letter inside a
    // sentence, as in German.
    let nouns_have_capitals = pgettext("capital letters of nouns", "no") == "yes";
    if nouns_have_capitals || second.is_none_or(char::is_uppercase) {
        return name.to_owned();
    }
    let tail = name.strip_prefix(first).unwrap_or_default();
    first.to_lowercase().chain(tail.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST_SHOWN, in_sentence, shown};

    #[test]
    fn what_is_too_long_for_a_page_is_cut_there() {
        assert_eq!(shown("ü"), "ü");
        let whole = "ü".repeat(MOST_SHOWN);
        assert_eq!(shown(&whole), whole);
        assert_eq!(shown(&(whole.clone() + "x")), whole + "…");
    }

    #[test]
    fn abbreviations_keep_their_capitals() {
        assert_eq!(in_sentence("Serial number"), "serial number");
        assert_eq!(in_sentence("PEM"), "PEM");
        assert_eq!(in_sentence(""), "");
        assert_eq!(in_sentence("Ämter"), "ämter");
    }
}
