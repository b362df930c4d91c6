//! A field for a passphrase, with its name above and what is to be said about it below.

use std::cell::Cell;
use std::rc::Rc;

use relm4::gtk;
use relm4::gtk::prelude::*;
use relm4::gtk::{gdk, pango};

use super::facts::NARROW;
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::SecretBuffer;

/// How many characters stand together where a passphrase is shown in groups.
const GROUP: usize = 5;
/// The gap between groups, in units of Pango.
const GAP: i32 = 8 * pango::SCALE;

/// The field. Cheap to clone: all handles show the same.
#[derive(Clone, Debug)]
pub(super) struct Field {
    root: gtk::Box,
    entry: gtk::Entry,
    text: gtk::Text,
    buffer: SecretBuffer,
    caps_lock: gtk::Label,
    note: gtk::Label,
    grouped: Rc<Cell<bool>>,
}

/// What is said about the sign that shows or hides what was typed.
#[derive(Clone, Debug)]
pub(super) struct EyeWords {
    /// While it is hidden.
    pub(super) show: String,
    /// While it is shown.
    pub(super) hide: String,
}

impl Field {
    /// An empty field.
    pub(super) fn new(name: &str, caps_lock: &str, invisible: Option<char>) -> Self {
        let entry = gtk::Entry::builder()
            .hexpand(true)
            .max_length(0)
            .input_purpose(gtk::InputPurpose::Password)
            .build();
        if let Some(invisible) = invisible {
            entry.set_invisible_char(Some(invisible));
        }
        let buffer = SecretBuffer::default();
        // GtkEntry is a frame around a GtkText, by its documentation.
        let text = entry.delegate().and_downcast::<gtk::Text>();
        let text = text.unwrap_or_default();
        buffer.attach(&text);
        entry.set_a11y_label(name);
        let title = gtk::Label::builder()
            .label(name)
            .xalign(0.0)
            .wrap(true)
            .max_width_chars(NARROW)
            .css_classes(["caption-heading"])
            .build();
        let root = gtk::Box::new(gtk::Orientation::Vertical, 3);
        root.append(&title);
        root.append(&entry);
        let field = Self {
            root,
            entry,
            text,
            buffer,
            caps_lock: note(gtk::AccessibleRole::Status, "dim-label"),
            note: note(gtk::AccessibleRole::Alert, "error"),
            grouped: Rc::default(),
        };
        field.caps_lock.set_label(caps_lock);
        field.root.append(&field.caps_lock);
        field.root.append(&field.note);
        field.watch_caps_lock();
        field
    }

    /// The widget.
    pub(super) fn widget(&self) -> &gtk::Box {
        &self.root
    }

    /// Says more about it to those who do not see what stands around it.
    pub(super) fn describe(&self, words: &str) {
        self.entry.set_a11y_description(words);
    }

    /// Puts the cursor into it.
    pub(super) fn grab_focus(&self) {
        self.text.grab_focus_without_selecting();
    }

    /// Calls `changed` whenever something is typed or deleted.
    pub(super) fn connect_changed(&self, changed: impl Fn() + 'static) {
        let field = self.downgrade();
        self.buffer.connect_length_notify(move |_| {
            if let Some(field) = field() {
                field.arrange();
            }
            changed();
        });
    }

    /// Calls `activated` when Enter is pressed in it.
    pub(super) fn connect_activated(&self, activated: impl Fn() + 'static) {
        self.text.connect_activate(move |_| activated());
    }

    /// Calls `pressed` when the sign is pressed that shows what was typed.
    pub(super) fn connect_eye(&self, pressed: impl Fn() + 'static) {
        self.entry.connect_icon_press(move |_, _| pressed());
    }

    /// Shows what was typed, or hides it.
    pub(super) fn set_shown(&self, shown: bool, words: &EyeWords) {
        self.buffer.set_shown(&self.text, shown);
        let (icon, tip) = if shown {
            ("view-conceal-symbolic", &words.hide)
        } else {
            ("view-reveal-symbolic", &words.show)
        };
        let place = gtk::EntryIconPosition::Secondary;
        self.entry.set_icon_from_icon_name(place, Some(icon));
        self.entry.set_icon_tooltip_text(place, Some(tip));
        self.name_eye(tip);
        self.arrange();
    }

    /// GTK has no way to name the sign for screen readers, but it is a picture beside the text.
    fn name_eye(&self, words: &str) {
        let mut child = self.entry.first_child();
        while let Some(widget) = child {
            if widget.is::<gtk::Image>() {
                widget.set_a11y_label(words);
            }
            child = widget.next_sibling();
        }
    }

    /// Shows it in groups while it is shown at all. The gaps are no characters.
    pub(super) fn set_grouped(&self) {
        self.grouped.set(true);
    }

    fn arrange(&self) {
        if !self.grouped.get() {
            return;
        }
        if !self.buffer.is_shown() {
            self.text.set_attributes(None);
            return;
        }
        let ends: Vec<(u32, u32)> = self.buffer.with(|secret| {
            let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
            text.char_indices()
                .enumerate()
                .filter(|(place, _)| place % GROUP == GROUP - 1)
                .map(|(_, (at, character))| {
                    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    (offset(at), offset(at + character.len_utf8()))
                })
                .collect()
        });
        let list = pango::AttrList::new();
        for (start, end) in ends {
            let mut gap = pango::AttrInt::new_letter_spacing(GAP);
            gap.set_start_index(start);
            gap.set_end_index(end);
            list.insert(gap);
        }
        self.text.set_attributes(Some(&list));
    }

    /// Says what is wrong with it, below it; nothing takes it away.
    pub(super) fn set_wrong(&self, sentence: Option<&str>) {
        self.note.set_label(sentence.unwrap_or_default());
        self.note.set_visible(sentence.is_some());
        self.entry.set_a11y_wrong(sentence.is_some());
        if sentence.is_some() {
            self.entry.add_css_class("error");
        } else {
            self.entry.remove_css_class("error");
        }
    }

    /// Whether nothing was typed.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Looks at what was typed, without a copy.
    pub(super) fn with<R>(&self, look: impl FnOnce(&Secret) -> R) -> R {
        self.buffer.with(look)
    }

    /// A second copy.
    pub(super) fn duplicate(&self) -> Secret {
        self.buffer.duplicate()
    }

    /// Takes what was typed out of it.
    pub(super) fn take(&self) -> Secret {
        self.buffer.take()
    }

    /// Empties it.
    pub(super) fn clear(&self) {
        self.buffer.clear();
    }

    /// Puts in what was made up.
    pub(super) fn fill(&self, secret: &Secret) {
        let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
        self.buffer.fill(text);
    }

    /// Whether keys reach it.
    pub(super) fn set_sensitive(&self, sensitive: bool) {
        self.entry.set_sensitive(sensitive);
    }

    fn watch_caps_lock(&self) {
        let keyboard = self
            .root
            .display()
            .default_seat()
            .and_then(|seat| seat.keyboard());
        let Some(keyboard) = keyboard else { return };
        let field = self.downgrade();
        let show = move |keyboard: &gdk::Device| {
            if let Some(field) = field() {
                let on = keyboard.is_caps_locked() && field.text.has_focus();
                field.caps_lock.set_visible(on);
            }
        };
        let shown = show.clone();
        let key = keyboard.clone();
        self.text.connect_has_focus_notify(move |_| shown(&key));
        // The keyboard outlives the field; what it then calls finds nothing.
        keyboard.connect_caps_lock_state_notify(move |keyboard| show(keyboard));
    }

    /// The field for those whom it must not be kept alive by.
    fn downgrade(&self) -> impl Fn() -> Option<Self> + Clone + use<> {
        let root = self.root.downgrade();
        let entry = self.entry.downgrade();
        let text = self.text.downgrade();
        let buffer = self.buffer.downgrade();
        let caps_lock = self.caps_lock.downgrade();
        let note = self.note.downgrade();
        let grouped = Rc::clone(&self.grouped);
        move || {
            Some(Self {
                root: root.upgrade()?,
                entry: entry.upgrade()?,
                text: text.upgrade()?,
                buffer: buffer.upgrade()?,
                caps_lock: caps_lock.upgrade()?,
                note: note.upgrade()?,
                grouped: Rc::clone(&grouped),
            })
        }
    }
}

impl EyeWords {
    /// What the agent says, else our own; the key is told beside it.
    pub(super) fn new(show: Option<&str>, hide: Option<&str>) -> Self {
        let words = |agents: Option<&str>, ours: String| match agents {
            Some(words) => format!("{words} (Alt+S)"),
            None => ours,
        };
        Self {
            show: words(show, gettext("Show (Alt+S)")),
            hide: words(hide, gettext("Hide (Alt+S)")),
        }
    }
}

/// A line that is there when there is something to say.
fn note(role: gtk::AccessibleRole, class: &str) -> gtk::Label {
    gtk::Label::builder()
        .accessible_role(role)
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(pango::WrapMode::WordChar)
        .max_width_chars(NARROW)
        .visible(false)
        .css_classes(["caption", class])
        .build()
}
