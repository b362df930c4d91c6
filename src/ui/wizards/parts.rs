//! What the pages are built from.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::settle;

/// Wrapped text.
pub(in crate::ui) fn label(text: &str, classes: &[&str]) -> gtk::Label {
    spoken(gtk::AccessibleRole::Label, text, classes)
}

/// Wrapped text that screen readers speak when it changes.
pub(in crate::ui) fn status(classes: &[&str]) -> gtk::Label {
    spoken(gtk::AccessibleRole::Status, "", classes)
}

/// As [`status`], at once.
pub(in crate::ui) fn alert(classes: &[&str]) -> gtk::Label {
    spoken(gtk::AccessibleRole::Alert, "", classes)
}

fn spoken(role: gtk::AccessibleRole, text: &str, classes: &[&str]) -> gtk::Label {
    let label = gtk::Label::builder()
        .accessible_role(role)
        .label(text)
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .css_classes(classes.to_vec())
        .build();
    settle(&label);
    label
}

/// An icon that only repeats what the words say.
pub(in crate::ui) fn icon(name: &str, class: &str) -> gtk::Image {
    gtk::Image::builder()
        .icon_name(name)
        .accessible_role(gtk::AccessibleRole::Presentation)
        .valign(gtk::Align::Center)
        .css_classes([class])
        .build()
}

/// A vertical box.
pub(in crate::ui) fn column(spacing: i32) -> gtk::Box {
    gtk::Box::new(gtk::Orientation::Vertical, spacing)
}

/// Which token it is about.
#[derive(Debug)]
pub(in crate::ui) struct Subject {
    root: gtk::Box,
    title: gtk::Label,
    subtitle: gtk::Label,
}

impl Subject {
    /// Without a name yet.
    pub(in crate::ui) fn new() -> Self {
        let sign = icon("auth-smartcard-symbolic", "accent");
        sign.set_pixel_size(32);
        let title = label("", &["heading"]);
        let subtitle = label("", &["caption", "dim-label"]);
        let text = column(2);
        text.set_valign(gtk::Align::Center);
        text.append(&title);
        text.append(&subtitle);
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        root.add_css_class("dialog-head");
        root.append(&sign);
        root.append(&text);
        Self {
            root,
            title,
            subtitle,
        }
    }

    /// The widget.
    pub(in crate::ui) fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Names it.
    pub(in crate::ui) fn show(&self, title: &str, subtitle: &str) {
        set_once(&self.title, title);
        set_once(&self.subtitle, subtitle);
    }
}

/// A warning: a sign, what is the matter, and what it means.
#[derive(Debug)]
pub(in crate::ui) struct Warning {
    root: gtk::Box,
    title: gtk::Label,
    body: gtk::Label,
}

impl Warning {
    /// Without words, and so not shown. With `alarm`, screen readers speak it at once.
    pub(in crate::ui) fn new(alarm: bool) -> Self {
        let title = if alarm {
            alert(&["heading"])
        } else {
            label("", &["heading"])
        };
        let body = label("", &[]);
        let text = column(3);
        text.set_hexpand(true);
        text.append(&title);
        text.append(&body);
        let sign = icon("dialog-warning-symbolic", "warning");
        sign.set_valign(gtk::Align::Start);
        sign.set_margin_top(2);
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        root.add_css_class("card");
        root.add_css_class("counter");
        root.append(&sign);
        root.append(&text);
        root.set_visible(false);
        Self { root, title, body }
    }

    /// The widget.
    pub(in crate::ui) fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Says something, or nothing any more.
    pub(in crate::ui) fn show(&self, words: Option<(&str, &str)>) {
        self.root.set_visible(words.is_some());
        let (title, body) = words.unwrap_or_default();
        set_once(&self.title, title);
        self.title.set_visible(!title.is_empty());
        set_once(&self.body, body);
        self.body.set_visible(!body.is_empty());
    }
}

/// What did not change is not announced again.
pub(in crate::ui) fn set_once(label: &gtk::Label, text: &str) {
    if label.label() != text {
        label.set_label(text);
        settle(label);
    }
}

/// A row with a switch.
pub(in crate::ui) fn switch_row(
    title: &str,
    subtitle: &str,
    active: bool,
    switched: impl Fn(bool) + 'static,
) -> (adw::ActionRow, gtk::Switch) {
    let switch = gtk::Switch::builder()
        .valign(gtk::Align::Center)
        .active(active)
        .build();
    switch.connect_active_notify(move |switch| switched(switch.is_active()));
    let row = adw::ActionRow::builder()
        .title(gtk::glib::markup_escape_text(title))
        .subtitle(gtk::glib::markup_escape_text(subtitle))
        .activatable_widget(&switch)
        .subtitle_lines(0)
        .title_lines(0)
        .build();
    row.add_suffix(&switch);
    switch.set_a11y_label(title);
    switch.set_a11y_description(subtitle);
    (row, switch)
}

/// One class or the other.
pub(in crate::ui) fn toggle(widget: &impl IsA<gtk::Widget>, class: &str, on: bool) {
    if on {
        widget.add_css_class(class);
    } else {
        widget.remove_css_class(class);
    }
}

/// A sign before one step of many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::ui) enum StepState {
    /// Nothing of it is done.
    Waiting,
    /// It is being done.
    Active,
    /// It is done.
    Done,
    /// It was begun and not done.
    Broken,
}
