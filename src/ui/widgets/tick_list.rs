//! The rules of a new secret, as they are fulfilled one by one while it is typed.

use std::cell::RefCell;

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;

/// Something that a new secret must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tick {
    /// In words.
    pub words: String,
    /// Whether what was typed is like that.
    pub met: bool,
}

/// The rules of a new secret, each with a sign.
#[derive(Debug)]
pub struct TickList {
    root: gtk::Box,
    lines: RefCell<Vec<(gtk::Box, gtk::Image, gtk::Label)>>,
}

impl TickList {
    /// Without any.
    #[must_use]
    pub fn new() -> Self {
        let root = gtk::Box::new(gtk::Orientation::Vertical, 6);
        root.add_css_class("ticks");
        Self {
            root,
            lines: RefCell::default(),
        }
    }

    /// The widget.
    #[must_use]
    pub fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Shows which are fulfilled.
    pub fn show(&self, ticks: &[Tick]) {
        let mut lines = self.lines.borrow_mut();
        while lines.len() > ticks.len() {
            if let Some((line, _, _)) = lines.pop() {
                self.root.remove(&line);
            }
        }
        while lines.len() < ticks.len() {
            let icon = gtk::Image::builder()
                .accessible_role(gtk::AccessibleRole::Presentation)
                .valign(gtk::Align::Center)
                .build();
            let words = gtk::Label::builder()
                .xalign(0.0)
                .wrap(true)
                .css_classes(["caption"])
                .build();
            let line = gtk::Box::new(gtk::Orientation::Horizontal, 8);
            line.append(&icon);
            line.append(&words);
            self.root.append(&line);
            lines.push((line, icon, words));
        }
        for ((_, icon, words), tick) in lines.iter().zip(ticks) {
            words.set_label(&tick.words);
            let (name, class, other, state) = if tick.met {
                let state = gettext("fulfilled");
                (Some("emblem-ok-symbolic"), "success", "pending", state)
            } else {
                (None, "pending", "success", gettext("not yet fulfilled"))
            };
            icon.set_icon_name(name);
            icon.add_css_class(class);
            icon.remove_css_class(other);
            words.set_a11y_label(&format!("{}, {state}", tick.words));
        }
        self.root.set_visible(!ticks.is_empty());
    }
}

impl Default for TickList {
    fn default() -> Self {
        Self::new()
    }
}
