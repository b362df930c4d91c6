//! The trace: every exchange with every card, with its meaning, and never a secret.

mod line;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use relm4::adw::prelude::*;
use relm4::gtk::{gio, glib, pango};
use relm4::prelude::*;

use crate::backend::{Handle, TraceEntry};
use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::token::{ReaderId, Text};
use crate::ui::a11y::A11yExt;
use crate::ui::dialogs::chooser;
use crate::ui::tools::instructions::close_on_escape;

/// So many lines are shown at most; the backend keeps no more either.
const CAPACITY: u32 = 5_000;

/// The window with the trace. It is made when it is opened: what was said before is kept by the
/// backend.
#[derive(Debug)]
pub struct Trace {
    keep: bool,
    backend: Handle,
    names: HashMap<ReaderId, String>,
    /// What the list shows: not the newest ones while it is paused.
    store: gio::ListStore,
    filter: gtk::CustomFilter,
    searched: Rc<RefCell<Searched>>,
    paused: bool,
    chosen: Option<Arc<TraceEntry>>,
    toasts: adw::ToastOverlay,
}

/// Where the backend's threads leave exchanges for the trace, if it is open.
#[derive(Clone, Debug, Default)]
pub struct Traced(Arc<Mutex<Option<relm4::Sender<TraceInput>>>>);

impl Traced {
    /// From now on this trace listens, or none.
    pub fn listen(&self, trace: Option<relm4::Sender<TraceInput>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trace;
    }

    /// Tells the trace, if there is one.
    pub fn tell(&self, input: TraceInput) {
        let trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trace) = &*trace {
            trace.emit(input);
        }
    }
}

/// What the trace starts with.
#[derive(Debug)]
pub struct TraceInit {
    /// Who keeps the exchanges.
    pub backend: Handle,
    /// Whether they are kept at all.
    pub keep: bool,
    /// The names of the readers.
    pub names: HashMap<ReaderId, String>,
}

/// What the trace tells.
#[derive(Debug)]
pub enum TraceOutput {
    /// Its window was closed.
    Closed,
}

/// What the filter compares with.
#[derive(Debug, Default)]
struct Searched {
    text: String,
    names: HashMap<ReaderId, String>,
}

/// What the trace is told.
#[derive(Debug)]
pub enum TraceInput {
    /// An exchange took place.
    Recorded(Arc<TraceEntry>),
    /// The readers are called so.
    Named(HashMap<ReaderId, String>),
    /// Whether to keep exchanges at all.
    Keep(bool),
    /// The person typed into the filter.
    Searched(String),
    /// The person stopped the list, or let it go on.
    Pause(bool),
    /// The person chose a line.
    Chosen(u32),
    /// Forget everything.
    Clear,
    /// Copy the chosen exchange.
    CopyEntry,
    /// Copy everything.
    CopyAll,
    /// Write everything to a file.
    Save,
    /// Write it to this one.
    SaveTo(std::path::PathBuf),
}

#[relm4::component(pub)]
impl Component for Trace {
    type Init = TraceInit;
    type Input = TraceInput;
    type Output = TraceOutput;
    type CommandOutput = ();

    view! {
        #[name(window)]
        adw::Window {
            set_title: Some(&gettext("Trace")),
            set_default_size: (640, 640),
            set_size_request: (360, 400),
            connect_close_request[sender] => move |_| {
                sender.output_sender().emit(TraceOutput::Closed);
                glib::Propagation::Proceed
            },

            #[local_ref]
            toasts -> adw::ToastOverlay {
                gtk::Box {
                    set_orientation: gtk::Orientation::Vertical,

                    adw::HeaderBar {
                        #[wrap(Some)]
                        set_title_widget = &adw::WindowTitle {
                            set_title: &gettext("Trace"),
                        },
                        pack_start = &gtk::ToggleButton {
                            set_icon_name: "media-playback-pause-symbolic",
                            set_tooltip_text: Some(&gettext("Pause")),
                            set_a11y_label: &gettext("Pause"),
                            connect_toggled[sender] => move |button| {
                                sender.input(TraceInput::Pause(button.is_active()));
                            },
                        },
                        pack_end = &gtk::MenuButton {
                            set_icon_name: "view-more-symbolic",
                            set_tooltip_text: Some(&gettext("Trace menu")),
                            set_a11y_label: &gettext("Trace menu"),
                            set_menu_model: Some(&menu()),
                        },
                        pack_end = &gtk::Button {
                            set_label: &gettext("Save…"),
                            #[watch]
                            set_sensitive: model.store.n_items() > 0,
                            connect_clicked => TraceInput::Save,
                        },
                    },
                    gtk::SearchEntry {
                        set_margin_all: 6,
                        set_placeholder_text: Some(&gettext("Name, reader or bytes")),
                        set_a11y_label: &gettext("Filter"),
                        connect_search_changed[sender] => move |entry| {
                            sender.input(TraceInput::Searched(entry.text().to_lowercase()));
                        },
                    },
                    #[name(stack)]
                    gtk::Stack {
                        set_vexpand: true,

                        #[name(nothing)]
                        add_child = &adw::StatusPage {
                            set_icon_name: Some("utilities-terminal-symbolic"),
                            #[watch]
                            set_title: &empty_title(model.keep),
                            #[watch]
                            set_description: Some(&empty_body(model.keep)),
                        },
                        #[name(list)]
                        add_child = &gtk::Paned {
                            set_orientation: gtk::Orientation::Vertical,
                            set_resize_end_child: false,
                            set_shrink_end_child: false,
                            set_shrink_start_child: false,

                            #[wrap(Some)]
                            set_start_child = &gtk::ScrolledWindow {
                                set_min_content_height: 120,
                                #[local_ref]
                                lines -> gtk::ListView {
                                    add_css_class: "navigation-sidebar",
                                    set_single_click_activate: false,
                                    set_a11y_label: &gettext("Exchanges"),
                                },
                            },
                            #[wrap(Some)]
                            set_end_child = &gtk::ScrolledWindow {
                                set_min_content_height: 200,
                                set_hscrollbar_policy: gtk::PolicyType::Automatic,

                                gtk::Box {
                                    set_orientation: gtk::Orientation::Vertical,
                                    set_spacing: 6,
                                    set_margin_all: 12,

                                    gtk::Box {
                                        set_spacing: 12,

                                        gtk::Label {
                                            add_css_class: "heading",
                                            set_xalign: 0.0,
                                            set_hexpand: true,
                                            set_wrap: true,
                                            #[watch]
                                            set_label: &model.heading(),
                                        },
                                        gtk::Button {
                                            set_label: &gettext("Copy"),
                                            set_valign: gtk::Align::Start,
                                            #[watch]
                                            set_visible: model.chosen.is_some(),
                                            connect_clicked => TraceInput::CopyEntry,
                                        },
                                    },
                                    gtk::Label {
                                        set_xalign: 0.0,
                                        set_wrap: true,
                                        add_css_class: "dim-label",
                                        #[watch]
                                        set_label: &model.meaning(),
                                    },
                                    gtk::Label {
                                        set_xalign: 0.0,
                                        add_css_class: "caption-heading",
                                        #[watch]
                                        set_visible: model.chosen.is_some(),
                                        set_label: &gettext("Command"),
                                    },
                                    gtk::Label {
                                        set_xalign: 0.0,
                                        set_selectable: true,
                                        set_wrap: true,
                                        add_css_class: "monospace",
                                        #[watch]
                                        set_label: &model.bytes(|entry| &entry.command),
                                    },
                                    gtk::Label {
                                        set_xalign: 0.0,
                                        add_css_class: "caption-heading",
                                        #[watch]
                                        set_visible: model.answered(),
                                        set_label: &gettext("Response"),
                                    },
                                    gtk::Label {
                                        set_xalign: 0.0,
                                        set_selectable: true,
                                        set_wrap: true,
                                        add_css_class: "monospace",
                                        #[watch]
                                        set_visible: model.answered(),
                                        #[watch]
                                        set_label: &model.bytes(|entry| &entry.response),
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    }

    fn init(
        init: TraceInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let searched = Rc::new(RefCell::new(Searched {
            text: String::new(),
            names: init.names.clone(),
        }));
        let wanted = Rc::clone(&searched);
        let filter = gtk::CustomFilter::new(move |object| {
            let wanted = wanted.borrow();
            entry_of(Some(object)).is_some_and(|entry| {
                let reader = wanted.names.get(&entry.reader);
                line::matches(&entry, reader.map_or("", String::as_str), &wanted.text)
            })
        });
        let store = gio::ListStore::new::<glib::BoxedAnyObject>();
        let filtered = gtk::FilterListModel::new(Some(store.clone()), Some(filter.clone()));
        let lines = lines(filtered, &sender);
        let toasts = adw::ToastOverlay::new();
        let model = Self {
            keep: init.keep,
            backend: init.backend,
            names: init.names,
            store,
            filter,
            searched,
            paused: false,
            chosen: None,
            toasts: toasts.clone(),
        };
        let widgets = view_output!();
        close_on_escape(&widgets.window);
        add_actions(&widgets.window, &sender);
        model.refill();
        model.choose_side(&widgets);
        ComponentParts { model, widgets }
    }

    fn update_with_view(
        &mut self,
        widgets: &mut Self::Widgets,
        input: TraceInput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        match input {
            TraceInput::Recorded(_) if self.paused || !self.keep => return,
            TraceInput::Recorded(entry) => self.record(entry),
            TraceInput::Named(names) => {
                self.searched.borrow_mut().names.clone_from(&names);
                self.names = names;
            }
            TraceInput::Keep(keep) => {
                self.keep = keep;
                self.refill();
            }
            TraceInput::Searched(text) => {
                self.searched.borrow_mut().text = text;
                self.filter.changed(gtk::FilterChange::Different);
            }
            TraceInput::Pause(paused) => {
                self.paused = paused;
                self.refill();
            }
            TraceInput::Chosen(position) => self.choose(widgets, position),
            TraceInput::Clear => self.clear(),
            TraceInput::CopyEntry => {
                let text = self.chosen.as_ref().map(|entry| entry.to_lines());
                self.copy(root, &text.unwrap_or_default());
            }
            TraceInput::CopyAll => self.copy(root, &self.text()),
            TraceInput::Save => choose_file(root, &sender),
            TraceInput::SaveTo(path) => self.save(&path),
        }
        self.choose_side(widgets);
        self.update_view(widgets, sender);
    }
}

impl Trace {
    fn record(&self, entry: Arc<TraceEntry>) {
        self.store.append(&glib::BoxedAnyObject::new(entry));
        if self.store.n_items() > CAPACITY {
            self.store.remove(0);
        }
    }

    /// The list, or the page that says why there is none.
    fn choose_side(&self, widgets: &TraceWidgets) {
        let shown: &gtk::Widget = if self.store.n_items() == 0 {
            widgets.nothing.upcast_ref()
        } else {
            widgets.list.upcast_ref()
        };
        widgets.stack.set_visible_child(shown);
    }

    /// Brings the list to what is kept, unless it is paused.
    fn refill(&self) {
        if self.paused {
            return;
        }
        let entries = self.backend.trace().into_iter();
        let objects: Vec<_> = entries.map(glib::BoxedAnyObject::new).collect();
        self.store.splice(0, self.store.n_items(), &objects);
    }

    /// Everything as text for a file.
    fn text(&self) -> String {
        let entries = self.backend.trace().into_iter();
        entries.map(|entry| entry.to_lines() + "\n").collect()
    }

    fn clear(&mut self) {
        self.backend.clear_trace();
        self.store.remove_all();
        self.chosen = None;
    }

    fn choose(&mut self, widgets: &TraceWidgets, position: u32) {
        let lines = widgets.lines.model();
        let object = lines.and_then(|lines| lines.item(position));
        self.chosen = entry_of(object.as_ref());
    }

    fn heading(&self) -> String {
        match &self.chosen {
            Some(entry) => entry.name.clone(),
            None => gettext("Choose an exchange to see its bytes"),
        }
    }

    fn meaning(&self) -> String {
        let Some(entry) = &self.chosen else {
            return gettext("PINs and keys are hidden here and in what is saved.");
        };
        let reader = self.names.get(&entry.reader).cloned().unwrap_or_default();
        explain::dotted(&[line::clock(entry.at), reader, line::answer(entry)])
    }

    fn bytes(&self, part: fn(&TraceEntry) -> &crate::backend::Shown) -> String {
        let entry = self.chosen.as_ref();
        entry
            .map(|entry| line::block(part(entry)))
            .unwrap_or_default()
    }

    fn answered(&self) -> bool {
        let entry = self.chosen.as_ref();
        entry.is_some_and(|entry| !entry.response.is_empty())
    }

    fn copy(&self, root: &adw::Window, text: &str) {
        root.clipboard().set_text(text);
        self.toast(&gettext("Copied"));
    }

    fn save(&self, path: &Path) {
        let name = Text::from_os(path.file_name().unwrap_or_default());
        let name = name.as_str();
        self.toast(
            &match file::write_whole(path, self.text().as_bytes(), Existing::Replace) {
                Ok(()) => gettext_f("Saved as {file}", &[("file", name)]),
                Err(error) => gettext_f(
                    "{file} could not be written: {reason}",
                    &[("file", name), ("reason", &error.to_string())],
                ),
            },
        );
    }

    fn toast(&self, text: &str) {
        let toast = adw::Toast::new(&glib::markup_escape_text(text));
        self.toasts.add_toast(toast);
    }
}

fn entry_of(object: Option<&glib::Object>) -> Option<Arc<TraceEntry>> {
    let boxed = object?.downcast_ref::<glib::BoxedAnyObject>()?;
    let entry = boxed.try_borrow::<Arc<TraceEntry>>().ok()?;
    Some(Arc::clone(&entry))
}

/// The list, with a line for each exchange.
fn lines(entries: gtk::FilterListModel, sender: &ComponentSender<Trace>) -> gtk::ListView {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_setup(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(Some(&Line::new().root));
        }
    });
    factory.connect_bind(|_, item| {
        let item = item.downcast_ref::<gtk::ListItem>();
        let entry = item.and_then(|item| entry_of(item.item().as_ref()));
        let line = item.and_then(|item| Line::of(&item.child()?));
        if let (Some(entry), Some(line)) = (entry, line) {
            line.say(&entry);
        }
    });
    let selection = gtk::SingleSelection::builder()
        .model(&entries)
        .autoselect(false)
        .can_unselect(true)
        .build();
    let input = sender.input_sender().clone();
    selection.connect_selected_notify(move |selection| {
        input.emit(TraceInput::Chosen(selection.selected()));
    });
    gtk::ListView::new(Some(selection), Some(factory))
}

/// The widgets of a line.
struct Line {
    root: gtk::Box,
    clock: gtk::Label,
    name: gtk::Label,
    answer: gtk::Label,
}

impl Line {
    fn new() -> Self {
        let label = |classes: &[&str]| {
            gtk::Label::builder()
                .xalign(0.0)
                .ellipsize(pango::EllipsizeMode::End)
                .css_classes(classes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
                .build()
        };
        let clock = gtk::Label::builder()
            .valign(gtk::Align::Start)
            .css_classes(["numeric", "dim-label"])
            .build();
        let (name, answer) = (label(&[]), label(&["caption", "dim-label"]));
        let texts = gtk::Box::new(gtk::Orientation::Vertical, 2);
        texts.append(&name);
        texts.append(&answer);
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        root.set_margin_top(3);
        root.set_margin_bottom(3);
        root.append(&clock);
        root.append(&texts);
        Self {
            root,
            clock,
            name,
            answer,
        }
    }

    /// The line that `child` is the root of.
    fn of(child: &gtk::Widget) -> Option<Self> {
        let root = child.downcast_ref::<gtk::Box>()?.clone();
        let clock = root.first_child().and_downcast()?;
        let texts = root.last_child()?;
        Some(Self {
            clock,
            name: texts.first_child().and_downcast()?,
            answer: texts.last_child().and_downcast()?,
            root,
        })
    }

    fn say(&self, entry: &TraceEntry) {
        let answer = line::answer(entry);
        self.clock.set_label(&line::clock(entry.at));
        self.name.set_label(&entry.name);
        self.answer.set_label(&answer);
        if line::refused(entry) {
            self.answer.set_css_classes(&["caption", "warning"]);
        } else {
            self.answer.set_css_classes(&["caption", "dim-label"]);
        }
        // The line of the list itself has no words in GTK 4.8.
        if let Some(item) = self.root.parent() {
            item.set_a11y_label(&format!("{}, {answer}", entry.name));
        }
    }
}

fn menu() -> gio::Menu {
    let menu = gio::Menu::new();
    menu.append(Some(&gettext("Copy All")), Some("trace.copy"));
    menu.append(Some(&gettext("Forget All")), Some("trace.clear"));
    menu
}

fn add_actions(window: &adw::Window, sender: &ComponentSender<Trace>) {
    let group = gio::SimpleActionGroup::new();
    let add = |name: &str, input: fn() -> TraceInput| {
        let action = gio::SimpleAction::new(name, None);
        let sender = sender.input_sender().clone();
        action.connect_activate(move |_, _| sender.emit(input()));
        group.add_action(&action);
    };
    add("copy", || TraceInput::CopyAll);
    add("clear", || TraceInput::Clear);
    window.insert_action_group("trace", Some(&group));
}

fn choose_file(window: &adw::Window, sender: &ComponentSender<Trace>) {
    let title = gettext("Save the trace");
    let save = gtk::FileChooserAction::Save;
    let chooser = chooser::new(window, &title, save, &gettext("Save"));
    chooser.set_current_name("symbolon-trace.txt");
    let input = sender.input_sender().clone();
    chooser::show(&chooser, move |_, path| {
        input.emit(TraceInput::SaveTo(path))
    });
}

fn empty_title(keep: bool) -> String {
    if keep {
        gettext("Nothing to see yet")
    } else {
        gettext("The trace is off")
    }
}

fn empty_body(keep: bool) -> String {
    if keep {
        gettext("Every command to a card appears here, with its answer. PINs are hidden.")
    } else {
        gettext("It can be turned on in the preferences.")
    }
}
