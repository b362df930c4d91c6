//! An entry for a PIN or another secret, in a list. It looks like `AdwPasswordEntryRow` without
//! the pencil, and hands its text to nobody: see [`SecretBuffer`].

use std::cell::{OnceCell, RefCell};

use relm4::adw;
use relm4::adw::prelude::*;
use relm4::adw::subclass::prelude::*;
use relm4::gtk::{self, gdk, glib};

use super::SecretBuffer;
use super::secret_buffer::OpenPart;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::ui::a11y::A11yExt as _;

mod imp {
    use super::*;

    #[derive(Debug)]
    pub(super) struct Parts {
        pub buffer: SecretBuffer,
        pub text: gtk::Text,
        /// The name where there is room for it: nothing typed, and no cursor.
        pub large: gtk::Label,
        /// The name above the text.
        pub small: gtk::Label,
        pub caps_lock: gtk::Label,
        pub note: gtk::Label,
        pub eye: gtk::Button,
    }

    #[derive(Debug, Default)]
    pub struct SecretRow {
        pub(super) parts: OnceCell<Parts>,
        /// What it is called for those who do not see what stands around it.
        pub(super) spoken: RefCell<Option<String>>,
        caps_lock: RefCell<Option<(gdk::Device, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SecretRow {
        const NAME: &'static str = "SymbolonSecretRow";
        type Type = super::SecretRow;
        type ParentType = adw::PreferencesRow;
        type Interfaces = (gtk::Editable,);

        // To screen readers the row is the entry, as with AdwEntryRow; GTK shows them the text
        // of a row that is an editable.
        fn class_init(class: &mut Self::Class) {
            class.set_accessible_role(gtk::AccessibleRole::TextBox);
        }
    }

    impl ObjectImpl for SecretRow {
        fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
            let value = self.delegate_get_property(id, pspec);
            value.unwrap_or_else(|| glib::Value::from_type(pspec.value_type()))
        }

        fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
            self.delegate_set_property(id, value, pspec);
        }

        fn dispose(&self) {
            if self.parts.get().is_some() {
                self.obj().finish_delegate();
            }
        }
    }

    impl EditableImpl for SecretRow {
        fn delegate(&self) -> Option<gtk::Editable> {
            self.parts.get().map(|parts| parts.text.clone().upcast())
        }
    }

    impl WidgetImpl for SecretRow {
        // The keyboard outlives the row, so it is watched only while the row can be seen.
        fn realize(&self) {
            self.parent_realize();
            let row = self.obj().downgrade();
            self.caps_lock
                .replace(keyboard(&*self.obj()).map(|keyboard| {
                    let handler = keyboard.connect_caps_lock_state_notify(move |_| {
                        if let Some(row) = row.upgrade() {
                            row.refresh();
                        }
                    });
                    (keyboard, handler)
                }));
        }

        fn unrealize(&self) {
            if let Some((keyboard, handler)) = self.caps_lock.take() {
                keyboard.disconnect(handler);
            }
            self.parent_unrealize();
        }

        fn grab_focus(&self) -> bool {
            let text = self.parts.get().map(|parts| &parts.text);
            text.is_some_and(|text| text.grab_focus_without_selecting())
        }

        // The text is the one Tab stop of the row.
        fn focus(&self, _direction: gtk::DirectionType) -> bool {
            let text = self.parts.get().map(|parts| &parts.text);
            text.is_some_and(|text| !text.has_focus() && text.grab_focus())
        }
    }

    impl ListBoxRowImpl for SecretRow {}
    impl PreferencesRowImpl for SecretRow {}
}

use imp::Parts;

glib::wrapper! {
    /// The row.
    pub struct SecretRow(ObjectSubclass<imp::SecretRow>)
        @extends adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget, gtk::Editable;
}

impl SecretRow {
    /// An empty entry for what `name` says: "New PIN".
    #[must_use]
    pub fn new(name: &str) -> Self {
        let row: Self = glib::Object::new();
        row.add_css_class("entry");
        row.set_selectable(false);
        let parts = Parts::new();
        row.set_child(Some(&parts.layout()));
        // Set once, here and nowhere else.
        let _ = row.imp().parts.set(parts);
        row.init_delegate();
        row.set_name_of_secret(name);
        row.wire();
        row.refresh();
        row
    }

    fn parts(&self) -> Option<&Parts> {
        self.imp().parts.get()
    }

    /// Asks for something else: "Current PIN", "PUK".
    pub fn set_name_of_secret(&self, name: &str) {
        let Some(parts) = self.parts() else { return };
        self.set_title(name);
        self.imp().spoken.take();
        parts.large.set_label(name);
        parts.small.set_label(name);
        self.set_a11y_label(name);
        self.show_eye();
    }

    /// Calls it something else for those who do not see the heading above it.
    pub fn set_spoken_name(&self, name: &str) {
        self.imp().spoken.replace(Some(name.to_owned()));
        self.set_a11y_label(name);
        self.show_eye();
    }

    /// Lets the beginning of what is typed be seen, so many characters as `open` says, and
    /// takes up to `most` of them: for a text that holds a secret among other things.
    pub fn show_up_to(&self, open: OpenPart, most: u16) {
        if let Some(parts) = self.parts() {
            parts.buffer.show_up_to(&parts.text, open);
            parts.buffer.set_most(most);
        }
    }

    fn wire(&self) {
        let Some(parts) = self.parts() else { return };
        parts.text.connect_has_focus_notify(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_| row.refresh()
        ));
        parts.buffer.connect_length_notify(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_| row.refresh()
        ));
        parts.eye.connect_clicked(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_| row.set_shown(!row.is_shown())
        ));
        let click = gtk::GestureClick::new();
        click.connect_pressed(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_, _, _, _| {
                row.grab_focus();
            }
        ));
        self.add_controller(click);
    }

    /// Shows the name large or small, the focus, and the hint about the caps lock key.
    fn refresh(&self) {
        let Some(parts) = self.parts() else { return };
        let focused = parts.text.has_focus();
        let room = !focused && parts.buffer.is_empty();
        parts.large.set_visible(room);
        parts.small.set_opacity(if room { 0.0 } else { 1.0 });
        if focused {
            self.add_css_class("focused");
        } else {
            self.remove_css_class("focused");
        }
        let caps = keyboard(self).is_some_and(|keyboard| keyboard.is_caps_locked());
        parts.caps_lock.set_visible(focused && caps);
    }

    /// Calls `changed` whenever something is typed or deleted.
    pub fn connect_changed(&self, changed: impl Fn(&Self) + 'static) {
        let Some(parts) = self.parts() else { return };
        parts.buffer.connect_length_notify(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_| changed(&row)
        ));
        // A character replaced by another leaves the length as it was; the buffer tells of the
        // deletion and of the insertion, each of which changes it.
    }

    /// Calls `left` when the focus goes elsewhere.
    pub fn connect_left(&self, left: impl Fn() + 'static) {
        if let Some(parts) = self.parts() {
            parts.text.connect_has_focus_notify(move |text| {
                if !text.has_focus() {
                    left();
                }
            });
        }
    }

    /// Calls `activated` when Enter is pressed in it.
    pub fn connect_activated(&self, activated: impl Fn() + 'static) {
        if let Some(parts) = self.parts() {
            parts.text.connect_activate(move |_| activated());
        }
    }

    /// Looks at what was typed, without a copy.
    pub fn with<R>(&self, look: impl FnOnce(&Secret) -> R) -> R {
        match self.parts() {
            Some(parts) => parts.buffer.with(look),
            None => look(&Secret::with_capacity(0)),
        }
    }

    /// Whether the cursor is in it.
    #[must_use]
    pub fn has_cursor(&self) -> bool {
        self.parts().is_some_and(|parts| parts.text.has_focus())
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.with(Secret::is_empty)
    }

    /// Takes the secret out; the entry is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Secret {
        let secret = self.duplicate();
        self.clear();
        secret
    }

    /// A second copy of the secret, which also stays in the entry.
    #[must_use]
    pub fn duplicate(&self) -> Secret {
        self.with(Secret::duplicate)
    }

    /// Empties it; what was there is wiped.
    pub fn clear(&self) {
        if let Some(parts) = self.parts() {
            parts.buffer.clear();
        }
    }

    /// Puts in a text that is no secret: a factory PIN, on request.
    pub fn fill(&self, text: &str) {
        if let Some(parts) = self.parts() {
            parts.buffer.fill(text);
            parts.text.set_position(-1);
        }
    }

    /// Whether the characters are shown.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.parts().is_some_and(|parts| parts.buffer.is_shown())
    }

    /// Shows the characters, or bullets.
    pub fn set_shown(&self, shown: bool) {
        if let Some(parts) = self.parts() {
            parts.buffer.set_shown(&parts.text, shown);
        }
        self.show_eye();
    }

    fn show_eye(&self) {
        let Some(parts) = self.parts() else { return };
        let spoken = self.imp().spoken.borrow().clone();
        let name = spoken.unwrap_or_else(|| self.title().into());
        let name = [("name", name.as_str())];
        let (icon, tip, label) = if self.is_shown() {
            (
                "view-conceal-symbolic",
                gettext("Hide (Alt+S)"),
                // TRANSLATORS: {name} is the name of a field: "Hide New PIN".
                gettext_f("Hide {name}", &name),
            )
        } else {
            (
                "view-reveal-symbolic",
                gettext("Show (Alt+S)"),
                // TRANSLATORS: {name} is the name of a field: "Show New PIN".
                gettext_f("Show {name}", &name),
            )
        };
        parts.eye.set_icon_name(icon);
        parts.eye.set_tooltip_text(Some(&tip));
        parts.eye.set_a11y_label(&label);
    }

    /// Says what is wrong with it under the text; nothing takes it away.
    pub fn set_wrong(&self, sentence: Option<&str>) {
        let Some(parts) = self.parts() else { return };
        let words = sentence.unwrap_or_default();
        parts.note.set_label(words);
        parts.note.set_visible(sentence.is_some());
        self.set_a11y_description(words);
        self.set_a11y_wrong(sentence.is_some());
        if sentence.is_some() {
            self.add_css_class("error");
        } else {
            self.remove_css_class("error");
        }
    }
}

impl Parts {
    fn new() -> Self {
        let buffer = SecretBuffer::default();
        let text = gtk::Text::builder().hexpand(true).build();
        buffer.attach(&text);
        let title = |classes: [&str; 1]| {
            gtk::Label::builder()
                .xalign(0.0)
                .ellipsize(gtk::pango::EllipsizeMode::End)
                .can_target(false)
                .css_classes(classes)
                .build()
        };
        let note = |role, classes: [&str; 2]| {
            gtk::Label::builder()
                .accessible_role(role)
                .xalign(0.0)
                .wrap(true)
                .visible(false)
                .css_classes(classes)
                .build()
        };
        let caps_lock = note(gtk::AccessibleRole::Status, ["caption", "dim-label"]);
        caps_lock.set_label(&gettext("Caps Lock is on"));
        Self {
            buffer,
            text,
            large: title(["dim-label"]),
            small: title(["subtitle"]),
            caps_lock,
            note: note(gtk::AccessibleRole::Alert, ["caption", "error"]),
            eye: gtk::Button::builder()
                .valign(gtk::Align::Center)
                .focusable(false)
                .focus_on_click(false)
                .css_classes(["flat"])
                .build(),
        }
    }

    fn layout(&self) -> gtk::Box {
        let stacked = gtk::Box::new(gtk::Orientation::Vertical, 3);
        stacked.set_valign(gtk::Align::Center);
        stacked.append(&self.small);
        stacked.append(&self.text);
        let overlay = gtk::Overlay::builder()
            .child(&stacked)
            .hexpand(true)
            .valign(gtk::Align::Center)
            .build();
        overlay.add_overlay(&self.large);
        let line = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        line.append(&overlay);
        line.append(&self.eye);
        let whole = gtk::Box::new(gtk::Orientation::Vertical, 3);
        whole.add_css_class("secret-row");
        whole.append(&line);
        whole.append(&self.caps_lock);
        whole.append(&self.note);
        whole
    }
}

fn keyboard(widget: &impl IsA<gtk::Widget>) -> Option<gdk::Device> {
    widget.display().default_seat()?.keyboard()
}
