//! How good a new passphrase is, as the agent says: a bar, and words beside it.

use relm4::gtk;
use relm4::gtk::prelude::*;

use super::words;
use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;

/// The bar. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Quality {
    root: gtk::Box,
    bar: gtk::LevelBar,
    words: gtk::Label,
}

impl Quality {
    /// Before anything is known; `tooltip` is what the agent says about it.
    pub(super) fn new(tooltip: Option<&str>) -> Self {
        let bar = gtk::LevelBar::builder()
            .min_value(0.0)
            .max_value(100.0)
            .hexpand(true)
            .valign(gtk::Align::Center)
            .css_classes(["quality"])
            .build();
        for offset in ["low", "high", "full"] {
            bar.remove_offset_value(Some(offset));
        }
        let words = gtk::Label::builder()
            .accessible_role(gtk::AccessibleRole::Status)
            .xalign(1.0)
            .css_classes(["caption", "numeric"])
            .build();
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        root.append(&bar);
        root.append(&words);
        root.set_tooltip_text(tooltip);
        let quality = Self { root, bar, words };
        quality.set(None);
        quality
    }

    /// The widget.
    pub(super) fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Shows what the agent says: from 0 to 100, below 0 where it would be refused.
    pub(super) fn set(&self, quality: Option<i8>) {
        let text = quality.map(words::quality).unwrap_or_default();
        self.words.set_label(&text);
        // An empty line is no place for a reader to stop at; GTK calls it by its class.
        self.words.set_visible(!text.is_empty());
        self.bar.set_a11y_label(&gettext("Quality"));
        self.bar.set_a11y_value(&text);
        let value = quality.unwrap_or(0);
        self.bar.set_value(f64::from(value.unsigned_abs().min(100)));
        for (class, on) in [
            ("error", value < 0),
            ("warning", (0..words::GOOD).contains(&value)),
        ] {
            if on {
                self.root.add_css_class(class);
            } else {
                self.root.remove_css_class(class);
            }
        }
    }
}
