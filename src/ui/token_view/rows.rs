//! Rows that all pages share, and the frame of a page.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{Calm, Chip, Fold, RowList, chip, settle, settle_title};

/// A page: scrolls by itself, and is no wider than can be read.
#[derive(Debug)]
pub(super) struct Frame {
    place: Calm,
    scroller: gtk::ScrolledWindow,
    content: gtk::Box,
    reading: gtk::Box,
}

impl Frame {
    /// An empty page.
    pub(super) fn new() -> Self {
        let content = gtk::Box::new(gtk::Orientation::Vertical, 24);
        content.add_css_class("page");
        let reading = reading();
        content.append(&reading);
        let clamp = adw::Clamp::builder()
            .maximum_size(620)
            .tightening_threshold(400)
            .child(&content)
            .build();
        let scroller = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .child(&clamp)
            .vexpand(true)
            .build();
        Self {
            place: Calm::around(&scroller),
            scroller,
            content,
            reading,
        }
    }

    /// The widget for the stack.
    pub(super) fn widget(&self) -> &Calm {
        &self.place
    }

    /// Adds something below what is there, above the line that says that more is coming.
    pub(super) fn append(&self, widget: &impl IsA<gtk::Widget>) {
        let before = self.reading.prev_sibling();
        self.content.insert_child_after(widget, before.as_ref());
    }

    /// Says whether more is coming.
    pub(super) fn set_reading(&self, reading: bool) {
        self.reading.set_visible(reading);
    }

    /// To the first line.
    pub(super) fn to_top(&self) {
        self.scroller.vadjustment().set_value(0.0);
    }

    /// Gives the focus to the first thing of use, unless something on the page has it: the stack
    /// moves the focus along when it leaves a page that has it.
    pub(super) fn focus(&self) {
        let focused = self.content.root().and_then(|window| window.focus());
        if !focused.is_some_and(|focused| focused.is_ancestor(&self.content)) {
            self.content.child_focus(gtk::DirectionType::TabForward);
        }
    }
}

fn reading() -> gtk::Box {
    let line = gtk::Box::builder()
        .spacing(12)
        .halign(gtk::Align::Center)
        .visible(false)
        .css_classes(["dim-label"])
        .build();
    let spinner = gtk::Spinner::new();
    // A spinner turns only where it can be seen, and not at all without animations.
    line.bind_property("visible", &spinner, "spinning")
        .sync_create()
        .build();
    line.append(&spinner);
    line.append(&gtk::Label::new(Some(&gettext("Reading…"))));
    line
}

/// A heading over a list, gone when the list is empty.
#[derive(Debug)]
pub(super) struct Section<M> {
    group: adw::PreferencesGroup,
    pub(super) rows: RowList<M>,
}

impl<M: Clone + PartialEq + 'static> Section<M> {
    /// An empty one.
    pub(super) fn new(title: &str) -> Self {
        let group = adw::PreferencesGroup::new();
        set_group_title(&group, title);
        let rows = RowList::new();
        group.add(rows.widget());
        group.set_visible(false);
        Self { group, rows }
    }

    /// The widget.
    pub(super) fn widget(&self) -> &adw::PreferencesGroup {
        &self.group
    }

    /// Another heading, with a line below it or none.
    pub(super) fn set_heading(&self, title: &str, line: Option<&str>) {
        set_group_title(&self.group, title);
        let line = line.map(|line| gtk::glib::markup_escape_text(line).to_string());
        self.group.set_description(line.as_deref());
    }

    /// Shows `models`, or nothing at all if there are none.
    pub(super) fn show(&mut self, models: &[M], build: impl Fn(&M) -> gtk::Widget) {
        self.rows.show(models, build);
        self.group.set_visible(!models.is_empty());
    }
}

// A group reads its texts as markup in libadwaita 1.2.
fn set_group_title(group: &adw::PreferencesGroup, title: &str) {
    group.set_title(&gtk::glib::markup_escape_text(title));
}

/// A row with whatever in it.
pub(super) fn row(child: &impl IsA<gtk::Widget>, spoken: &str) -> adw::PreferencesRow {
    let row = adw::PreferencesRow::builder()
        .activatable(false)
        .child(child)
        .build();
    row.set_a11y_label(spoken);
    row
}

/// A row that opens something.
pub(super) fn opening_row(child: &impl IsA<gtk::Widget>, spoken: &str) -> adw::PreferencesRow {
    let row = row(child, spoken);
    row.set_activatable(true);
    row
}

/// A line of a row: what it begins with, its text, what it ends with.
pub(super) fn line() -> gtk::Box {
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    line.add_css_class("line");
    line
}

/// An icon that only repeats what the words say.
pub(super) fn icon(name: &str, class: Option<&str>) -> gtk::Image {
    let icon = gtk::Image::builder()
        .icon_name(name)
        .accessible_role(gtk::AccessibleRole::Presentation)
        .valign(gtk::Align::Center)
        .build();
    if let Some(class) = class {
        icon.add_css_class(class);
    }
    icon
}

/// The sign of a row that opens something.
pub(super) fn arrow() -> gtk::Image {
    icon("go-next-symbolic", None)
}

/// Wrapped text.
pub(super) fn label(text: &str, classes: &[&str]) -> gtk::Label {
    let label = gtk::Label::builder()
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

/// Text above a caption, with a chip behind the text or none.
pub(super) fn titled(
    title: &str,
    classes: &[&str],
    mark: Option<&Chip>,
    caption: &str,
) -> gtk::Box {
    let text = gtk::Box::new(gtk::Orientation::Vertical, 3);
    text.set_hexpand(true);
    text.set_valign(gtk::Align::Center);
    let head = label(title, classes);
    settle_title(&head);
    text.append(&headed(&head, mark));
    if !caption.is_empty() {
        text.append(&label(caption, &["caption", "dim-label"]));
    }
    text
}

/// A title with a chip behind it, or below it where there is no room.
pub(super) fn headed(title: &gtk::Label, mark: Option<&Chip>) -> gtk::Widget {
    match mark {
        Some(mark) => Fold::tight(title, &chip(mark)).upcast(),
        None => title.clone().upcast(),
    }
}

/// A button with a short word on it and a whole sentence for those who do not see where it is.
pub(super) fn worded_button(text: &str, spoken: &str) -> gtk::Button {
    let button = gtk::Button::builder()
        .child(&gtk::Label::new(Some(text)))
        .valign(gtk::Align::Center)
        .build();
    button.set_a11y_label(spoken);
    button
}

/// What stands on a page that has nothing to show.
pub(super) fn nothing(icon: &str, title: &str, words: &str) -> adw::StatusPage {
    adw::StatusPage::builder()
        .icon_name(icon)
        .title(title)
        // The description is read as markup.
        .description(gtk::glib::markup_escape_text(words))
        .visible(false)
        .css_classes(["compact"])
        .build()
}
