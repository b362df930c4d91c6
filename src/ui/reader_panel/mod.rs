//! The sidebar: one line for each reader.

mod row;

pub use row::{Group, Row, Sign, rows};

use std::cell::RefCell;
use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::gtk::glib;
use relm4::prelude::*;

use crate::base::i18n::gettext;
use crate::ui::a11y::A11yExt;
use crate::ui::model::Place;

/// With more readers than these there is a field to search in them.
pub const SEARCH_FROM: usize = 9;

/// The sidebar.
#[derive(Debug)]
pub struct ReaderPanel {
    lines: Vec<Line>,
    chosen: Option<Place>,
    /// Whether the keyboard was put into the list once: the window opens with it there.
    welcomed: bool,
    searched: String,
    list: gtk::ListBox,
    /// The group of each line, for the headings.
    groups: Rc<RefCell<Vec<Group>>>,
    /// Choosing from here is not the person's doing.
    selected: Option<glib::SignalHandlerId>,
}

/// A row and its widgets.
#[derive(Debug)]
struct Line {
    row: Row,
    widgets: LineWidgets,
}

#[derive(Debug)]
struct LineWidgets {
    root: gtk::ListBoxRow,
    icon: gtk::Image,
    title: gtk::Label,
    subtitle: gtk::Label,
    sign: gtk::Image,
    spinner: gtk::Spinner,
}

/// What the sidebar is told.
#[derive(Debug)]
pub enum ReaderPanelInput {
    /// These are the lines now, and this one is on show.
    Show {
        /// The lines.
        rows: Vec<Row>,
        /// What is on show.
        chosen: Option<Place>,
    },
    /// Put the keyboard into the list.
    Focus,
    /// Put the keyboard into the search field.
    Search,
    /// The person typed into the search field.
    Searched(String),
    /// The person went to this line.
    Selected(i32),
    /// The person wants this line.
    Activated(i32),
}

/// What the sidebar tells.
#[derive(Debug)]
pub enum ReaderPanelOutput {
    /// The person went to this line.
    Chosen(Place),
    /// The person wants to see this line.
    Opened(Place),
}

#[relm4::component(pub)]
impl Component for ReaderPanel {
    type Init = ();
    type Input = ReaderPanelInput;
    type Output = ReaderPanelOutput;
    type CommandOutput = ();

    view! {
        gtk::Box {
            set_orientation: gtk::Orientation::Vertical,

            #[name(search)]
            gtk::SearchEntry {
                set_margin_top: 6,
                set_margin_start: 6,
                set_margin_end: 6,
                set_a11y_label: &gettext("Search in the readers"),
                #[watch]
                set_visible: model.is_searchable(),
                connect_search_changed[sender] => move |entry| {
                    sender.input(ReaderPanelInput::Searched(entry.text().to_lowercase()));
                },
            },
            gtk::ScrolledWindow {
                set_hscrollbar_policy: gtk::PolicyType::Never,
                set_vexpand: true,

                #[local_ref]
                list -> gtk::ListBox {
                    add_css_class: "navigation-sidebar",
                    set_selection_mode: gtk::SelectionMode::Browse,
                    set_a11y_label: &gettext("Readers"),
                    connect_row_activated[sender] => move |_, row| {
                        sender.input(ReaderPanelInput::Activated(row.index()));
                    },
                },
            },
        }
    }

    fn init(_: (), root: Self::Root, sender: ComponentSender<Self>) -> ComponentParts<Self> {
        let list = gtk::ListBox::new();
        let input = sender.input_sender().clone();
        let selected = list.connect_row_selected(move |_, row| {
            if let Some(row) = row {
                input.emit(ReaderPanelInput::Selected(row.index()));
            }
        });
        let groups: Rc<RefCell<Vec<Group>>> = Rc::default();
        let known = Rc::clone(&groups);
        list.set_header_func(move |row, before| {
            let group = |row: &gtk::ListBoxRow| {
                let index = usize::try_from(row.index()).ok()?;
                known.borrow().get(index).copied()
            };
            let (here, before) = (group(row), before.and_then(group));
            let heading = here.filter(|_| here != before);
            row.set_header(heading.map(heading_of).as_ref());
        });
        let model = Self {
            lines: Vec::new(),
            chosen: None,
            welcomed: false,
            searched: String::new(),
            list: list.clone(),
            groups,
            selected: Some(selected),
        };
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }

    fn update_with_view(
        &mut self,
        widgets: &mut Self::Widgets,
        input: ReaderPanelInput,
        sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        match input {
            ReaderPanelInput::Show { rows, chosen } => self.show(rows, chosen),
            ReaderPanelInput::Focus => self.focus(),
            ReaderPanelInput::Search => {
                widgets.search.grab_focus();
            }
            ReaderPanelInput::Searched(text) => {
                self.searched = text;
                self.filter();
            }
            ReaderPanelInput::Selected(index) => {
                if let Some(place) = self.place(index).filter(|p| self.chosen != Some(*p)) {
                    self.chosen = Some(place);
                    sender
                        .output_sender()
                        .emit(ReaderPanelOutput::Chosen(place));
                }
            }
            ReaderPanelInput::Activated(index) => {
                if let Some(place) = self.place(index) {
                    self.chosen = Some(place);
                    sender
                        .output_sender()
                        .emit(ReaderPanelOutput::Opened(place));
                }
            }
        }
        self.update_view(widgets, sender);
    }
}

impl ReaderPanel {
    fn place(&self, index: i32) -> Option<Place> {
        let line = self.lines.get(usize::try_from(index).ok()?)?;
        Some(line.row.place)
    }

    /// Brings the list to `rows`; lines that stay keep their widgets, and with them the focus.
    fn show(&mut self, rows: Vec<Row>, chosen: Option<Place>) {
        let selected = self.selected.take();
        if let Some(selected) = &selected {
            self.list.block_signal(selected);
        }
        let mut old = std::mem::take(&mut self.lines);
        for (index, row) in rows.into_iter().enumerate() {
            let known = old.iter().position(|line| line.row.place == row.place);
            let line = match known {
                Some(0) => old.remove(0).with(row),
                // The order never changes, so what stands before it is gone.
                Some(later) => {
                    for gone in old.drain(..later) {
                        self.list.remove(&gone.widgets.root);
                    }
                    old.remove(0).with(row)
                }
                None => {
                    let line = Line::new(row);
                    let index = i32::try_from(index).unwrap_or(-1);
                    self.list.insert(&line.widgets.root, index);
                    line
                }
            };
            self.lines.push(line);
        }
        for gone in old {
            self.list.remove(&gone.widgets.root);
        }
        let moved = self.chosen != chosen;
        self.chosen = chosen;
        let line = self
            .lines
            .iter()
            .find(|line| Some(line.row.place) == chosen);
        self.list.select_row(line.map(|line| &line.widgets.root));
        let groups = self.lines.iter().map(|line| line.row.group);
        self.groups.replace(groups.collect());
        self.list.invalidate_headers();
        self.filter();
        // The keyboard starts here, and goes along while it is here.
        let here = moved && self.list.focus_child().is_some();
        let readers = self.lines.iter().any(|line| line.row.place != Place::Bench);
        if here || (!self.welcomed && readers) {
            self.welcomed = true;
            self.focus();
        }
        if let Some(selected) = selected {
            self.list.unblock_signal(&selected);
            self.selected = Some(selected);
        }
    }

    /// Whether there are so many readers that one is looked for.
    fn is_searchable(&self) -> bool {
        let lines = self.lines.iter();
        let readers = lines.filter(|line| line.row.place != Place::Bench);
        readers.count() >= SEARCH_FROM
    }

    fn filter(&self) {
        let searching = self.is_searchable();
        for line in &self.lines {
            let sentence = line.row.sentence.to_lowercase();
            let is_reader = line.row.place != Place::Bench;
            let matches = !(searching && is_reader) || sentence.contains(&self.searched);
            line.widgets.root.set_visible(matches);
        }
    }

    fn focus(&self) {
        let line = self
            .lines
            .iter()
            .find(|line| Some(line.row.place) == self.chosen)
            .or_else(|| self.lines.first());
        if let Some(line) = line {
            line.widgets.root.grab_focus();
        }
    }
}

impl Line {
    fn new(row: Row) -> Self {
        let line = Self {
            widgets: LineWidgets::new(),
            row,
        };
        line.widgets.say(&line.row);
        line
    }

    fn with(self, row: Row) -> Self {
        if row != self.row {
            self.widgets.say(&row);
        }
        Self { row, ..self }
    }
}

impl LineWidgets {
    fn new() -> Self {
        let label = |class: &[&str]| {
            gtk::Label::builder()
                .xalign(0.0)
                .ellipsize(gtk::pango::EllipsizeMode::End)
                .css_classes(class.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
                .build()
        };
        let hidden = || {
            gtk::Image::builder()
                .accessible_role(gtk::AccessibleRole::Presentation)
                .build()
        };
        let (icon, sign, spinner) = (hidden(), hidden(), gtk::Spinner::new());
        let (title, subtitle) = (label(&[]), label(&["caption", "dim-label"]));
        let texts = gtk::Box::new(gtk::Orientation::Vertical, 2);
        texts.set_hexpand(true);
        texts.set_valign(gtk::Align::Center);
        texts.append(&title);
        texts.append(&subtitle);
        let content = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        content.add_css_class("reader-row");
        content.append(&icon);
        content.append(&texts);
        content.append(&sign);
        content.append(&spinner);
        let root = gtk::ListBoxRow::new();
        root.set_child(Some(&content));
        Self {
            root,
            icon,
            title,
            subtitle,
            sign,
            spinner,
        }
    }

    fn say(&self, row: &Row) {
        self.icon.set_icon_name(Some(row.icon));
        self.title.set_label(&row.title);
        self.subtitle.set_label(&row.subtitle);
        self.subtitle.set_visible(!row.subtitle.is_empty());
        for widget in [
            self.title.upcast_ref::<gtk::Widget>(),
            self.icon.upcast_ref(),
        ] {
            if row.dimmed {
                widget.add_css_class("dim-label");
            } else {
                widget.remove_css_class("dim-label");
            }
        }
        let sign = match row.sign {
            Sign::Attention => Some("dialog-warning-symbolic"),
            Sign::Held => Some("changes-prevent-symbolic"),
            Sign::None | Sign::Busy => None,
        };
        self.sign.set_icon_name(sign);
        self.sign.set_visible(sign.is_some());
        if row.sign == Sign::Attention {
            self.sign.add_css_class("warning");
        } else {
            self.sign.remove_css_class("warning");
        }
        self.spinner.set_visible(row.sign == Sign::Busy);
        self.spinner.set_spinning(row.sign == Sign::Busy);
        self.root.set_tooltip_text(Some(&row.sentence));
        self.root.set_a11y_label(&row.sentence);
    }
}

fn heading_of(group: Group) -> gtk::Label {
    gtk::Label::builder()
        .label(group.title())
        .xalign(0.0)
        .css_classes(["sidebar-heading", "caption-heading", "dim-label"])
        .build()
}
