//! The widgets of a PIN dialog.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::prelude::*;
use relm4::{adw, gtk};

use super::face::{Face, Typed};
use super::{PinDialog, PinDialogInput};
use crate::base::i18n::gettext;
use crate::explain::{self, Explanation};
use crate::token::{PinReference, PinRole, Tries, TriesLeft};
use crate::ui::dialogs::frame::group;
use crate::ui::widgets::{SecretRow, Tick, TickList, TriesDots};

/// Width of the dialog in pixels.
pub(super) const WIDTH: i32 = 420;
/// Pixels that the screen and the dialog's own frame need above and below.
const FRAME: i32 = 160;
/// The dialog never has less than this, in pixels.
const LEAST: i32 = 240;

/// Everything that is shown.
pub(super) struct Shown<'a> {
    pub(super) face: &'a Face,
    /// The name of the reader.
    pub(super) reader: &'a str,
    pub(super) ticks: &'a [Tick],
    pub(super) notice: Option<&'a Explanation>,
    /// Whether anything can be typed.
    pub(super) open: bool,
    pub(super) use_last_try: bool,
    /// What is typed on the reader instead.
    pub(super) pinpad: Option<&'a [String]>,
    pub(super) role: Option<PinRole>,
    pub(super) seconds: Option<u64>,
    pub(super) chosen: PinReference,
}

/// The widgets.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) content: gtk::ScrolledWindow,
    column: gtk::Box,
    head: gtk::Label,
    subhead: gtk::Label,
    notice: gtk::Box,
    notice_title: gtk::Label,
    notice_body: gtk::Label,
    /// Tries, and the tick for the last one.
    counter: gtk::Box,
    counter_of: gtk::Label,
    dots: TriesDots,
    warning: gtk::Label,
    last_try: gtk::CheckButton,
    choice: adw::ComboRow,
    codes: gtk::StringList,
    choice_group: adw::PreferencesGroup,
    stays: gtk::Label,
    code_group: adw::PreferencesGroup,
    pub(super) code: SecretRow,
    hint: gtk::Box,
    hint_words: gtk::Label,
    new_group: adw::PreferencesGroup,
    pub(super) new: SecretRow,
    repeat: SecretRow,
    ticks: TickList,
    pinpad: gtk::Box,
    pinpad_title: gtk::Label,
    pinpad_steps: gtk::Label,
    pinpad_seconds: gtk::Label,
    blocked: gtk::Box,
    blocked_title: gtk::Label,
    blocked_body: gtk::Label,
    instead: gtk::Button,
    clock: Rc<RefCell<Option<gtk::glib::SourceId>>>,
    /// Whether the choice of codes is being filled, and not made by the person.
    filling: Rc<Cell<bool>>,
}

impl Parts {
    /// All of them, telling `sender` what the person does.
    pub(super) fn new(sender: &ComponentSender<PinDialog>) -> Self {
        let column = gtk::Box::new(gtk::Orientation::Vertical, 18);
        let codes = gtk::StringList::new(&[]);
        let parts = Self {
            content: gtk::ScrolledWindow::builder()
                .hscrollbar_policy(gtk::PolicyType::Never)
                .child(&column)
                .build(),
            column: column.clone(),
            head: label(&["heading"]),
            subhead: label(&["caption", "dim-label"]),
            notice: gtk::Box::new(gtk::Orientation::Vertical, 3),
            notice_title: alert(&["heading", "error"]),
            notice_body: label(&[]),
            counter: gtk::Box::new(gtk::Orientation::Vertical, 6),
            counter_of: label(&["caption", "dim-label"]),
            dots: TriesDots::new(Tries {
                left: TriesLeft::Unknown,
                max: None,
            }),
            warning: label(&[]),
            last_try: gtk::CheckButton::with_label(&explain::pin_dialog::use_last_try()),
            choice: adw::ComboRow::builder()
                .title(gettext("Unblock with"))
                .model(&codes)
                .build(),
            codes,
            choice_group: group(""),
            stays: label(&[]),
            code_group: group(""),
            code: SecretRow::new(""),
            hint: gtk::Box::new(gtk::Orientation::Horizontal, 6),
            hint_words: label(&["caption", "dim-label"]),
            new_group: group(""),
            new: SecretRow::new(""),
            repeat: SecretRow::new(""),
            ticks: TickList::new(),
            pinpad: gtk::Box::new(gtk::Orientation::Vertical, 12),
            pinpad_title: alert(&["title-4"]),
            pinpad_steps: label(&["dim-label"]),
            pinpad_seconds: label(&["numeric"]),
            blocked: gtk::Box::new(gtk::Orientation::Vertical, 12),
            blocked_title: alert(&["title-4", "error"]),
            blocked_body: label(&[]),
            instead: gtk::Button::builder()
                .halign(gtk::Align::Center)
                .css_classes(["pill"])
                .build(),
            clock: Rc::default(),
            filling: Rc::default(),
        };
        parts.lay_out(&column);
        parts.wire(sender);
        parts
    }

    fn lay_out(&self, column: &gtk::Box) {
        column.add_css_class("dialog-page");
        column.append(&self.head_line());
        self.notice.append(&self.notice_title);
        self.notice.append(&self.notice_body);
        column.append(&self.notice);

        self.counter.add_css_class("card");
        self.counter.add_css_class("counter");
        self.counter.append(&self.counter_of);
        self.counter.append(self.dots.widget());
        self.counter.append(&self.warning);
        self.counter.append(&self.last_try);
        column.append(&self.counter);

        self.choice_group.add(&self.choice);
        column.append(&self.choice_group);
        column.append(&self.stays);
        self.code_group.add(&self.code);
        let with_hint = gtk::Box::new(gtk::Orientation::Vertical, 6);
        with_hint.append(&self.code_group);
        self.hint.append(&self.hint_words);
        with_hint.append(&self.hint);
        column.append(&with_hint);
        self.new_group.add(&self.new);
        self.new_group.add(&self.repeat);
        column.append(&self.new_group);
        column.append(self.ticks.widget());

        let picture = gtk::Image::builder()
            .icon_name("input-dialpad-symbolic")
            .pixel_size(96)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .css_classes(["dim-label"])
            .build();
        self.pinpad.append(&picture);
        for line in [&self.pinpad_title, &self.pinpad_steps, &self.pinpad_seconds] {
            centred(line);
            self.pinpad.append(line);
        }
        column.append(&self.pinpad);

        for line in [&self.blocked_title, &self.blocked_body] {
            centred(line);
            self.blocked.append(line);
        }
        self.blocked.append(&self.instead);
        column.append(&self.blocked);
    }

    fn head_line(&self) -> gtk::Box {
        let icon = gtk::Image::builder()
            .icon_name("auth-smartcard-symbolic")
            .pixel_size(32)
            .accessible_role(gtk::AccessibleRole::Presentation)
            .build();
        let text = gtk::Box::new(gtk::Orientation::Vertical, 2);
        text.set_valign(gtk::Align::Center);
        text.append(&self.head);
        text.append(&self.subhead);
        let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
        line.add_css_class("dialog-head");
        line.append(&icon);
        line.append(&text);
        line
    }

    fn wire(&self, sender: &ComponentSender<PinDialog>) {
        let tell = |input: fn() -> PinDialogInput| {
            let sender = sender.input_sender().clone();
            move || sender.emit(input())
        };
        let (edit, recount) = (
            tell(|| PinDialogInput::Edit),
            tell(|| PinDialogInput::Recount),
        );
        self.code.connect_changed(move |row| {
            // What the program itself empties is no news: the sentence below it stays.
            if row.is_empty() {
                recount();
            } else {
                edit();
            }
        });
        for row in [&self.new, &self.repeat] {
            let recount = tell(|| PinDialogInput::Recount);
            row.connect_changed(move |_| recount());
        }
        self.code.connect_left(tell(|| PinDialogInput::Leave));
        // Enter goes on to the next field that is empty; after a wrong PIN that is typed anew,
        // nothing is left to be filled.
        for (row, next) in [
            (&self.code, vec![self.new.clone(), self.repeat.clone()]),
            (&self.new, vec![self.repeat.clone()]),
            (&self.repeat, Vec::new()),
        ] {
            let submit = tell(|| PinDialogInput::Submit);
            row.connect_activated(move || {
                let mut next = next.iter();
                match next.find(|row| row.is_mapped() && row.is_empty()) {
                    Some(row) => drop(row.grab_focus()),
                    None => submit(),
                }
            });
        }
        let (ticked, filling) = (sender.input_sender().clone(), Rc::clone(&self.filling));
        self.last_try.connect_toggled(move |tick| {
            // What the program itself sets is no word of the person: with another message on
            // its way, each would answer the other for ever.
            if !filling.get() {
                ticked.emit(PinDialogInput::AllowLastTry(tick.is_active()));
            }
        });
        let (chosen, filling) = (sender.input_sender().clone(), Rc::clone(&self.filling));
        self.choice.connect_selected_notify(move |choice| {
            if !filling.get() {
                chosen.emit(PinDialogInput::Choose(choice.selected()));
            }
        });
        // No Tab stop, so that the new PIN is one Tab away from the current one: Alt+U does it.
        let fill = gtk::Button::builder()
            // TRANSLATORS: A link behind "The factory PIN is 123456": fills it in.
            .label(gettext("Use It"))
            .tooltip_text(gettext("Fill it in (Alt+U)"))
            .focusable(false)
            .css_classes(["flat", "link-button"])
            .build();
        let factory = tell(|| PinDialogInput::UseFactory);
        fill.connect_clicked(move |_| factory());
        self.hint.append(&fill);
        let instead = tell(|| PinDialogInput::Instead);
        self.instead.connect_clicked(move |_| instead());
    }

    /// Shows what there is to show.
    pub(super) fn show(&self, shown: &Shown<'_>) {
        let face = shown.face;
        let fields = face.blocked.is_none() && shown.pinpad.is_none();
        if !(fields && shown.open) {
            self.release_focus();
        }
        self.head.set_label(&face.head);
        // Two tokens may bear one name: model, serial number and reader tell them apart.
        let place = [face.subhead.clone(), shown.reader.to_owned()];
        self.subhead.set_label(&explain::dotted(&place));
        show_words(
            &self.notice,
            &self.notice_title,
            &self.notice_body,
            shown.notice,
        );

        self.counter_of
            .set_label(face.counter_of.as_deref().unwrap_or_default());
        self.counter_of.set_visible(face.counter_of.is_some());
        self.dots.set(face.tries);
        self.warning
            .set_label(face.warning.as_deref().unwrap_or_default());
        self.warning.set_visible(face.warning.is_some());
        self.last_try.set_visible(face.warning.is_some());
        self.filling.set(true);
        self.last_try.set_active(shown.use_last_try);
        self.filling.set(false);
        self.last_try.set_sensitive(shown.open);

        self.fill_choice(face, shown.chosen);
        self.choice_group
            .set_visible(fields && face.codes.len() > 1);
        self.choice_group.set_sensitive(shown.open);
        self.stays
            .set_label(face.stays.as_deref().unwrap_or_default());
        self.stays.set_visible(fields && face.stays.is_some());
        self.code_group.set_visible(fields);
        self.code_group.set_sensitive(shown.open);
        self.code.set_name_of_secret(&face.code);
        self.hint_words
            .set_label(face.hint.as_deref().unwrap_or_default());
        self.hint.set_visible(fields && face.hint.is_some());
        self.hint.set_sensitive(shown.open);
        self.new_group.set_visible(fields && face.new.is_some());
        self.new_group.set_sensitive(shown.open);
        if let Some((new, repeat)) = &face.new {
            self.new.set_name_of_secret(new);
            self.repeat.set_name_of_secret(repeat);
        }
        self.ticks.show(if fields { shown.ticks } else { &[] });

        self.show_pinpad(shown);
        let words = face.blocked.as_ref().map(|(words, _)| words);
        show_words(
            &self.blocked,
            &self.blocked_title,
            &self.blocked_body,
            words,
        );
        let cure = face.blocked.as_ref().and_then(|(_, cure)| *cure);
        self.instead.set_visible(cure.is_some());
        self.instead.set_sensitive(shown.open);
        if let Some(cure) = cure {
            self.instead.set_label(&explain::pins::operation(cure));
        }
        self.fit();
    }

    /// An entry must not be hidden or greyed while the cursor is in it.
    fn release_focus(&self) {
        let rows = [&self.code, &self.new, &self.repeat];
        if rows.into_iter().any(SecretRow::has_cursor)
            && let Some(window) = self.content.root()
        {
            window.set_focus(None::<&gtk::Widget>);
        }
    }

    /// Makes the dialog as high as its contents, and no higher than the screen. A scrolled window
    /// cannot tell how high lines are that have to be broken.
    fn fit(&self) {
        let needed = self.column.measure(gtk::Orientation::Vertical, WIDTH).1;
        let monitor = self.content.display().monitors().item(0);
        let monitor = monitor.and_downcast::<gtk::gdk::Monitor>();
        let room = monitor.map_or(needed, |monitor| monitor.geometry().height() - FRAME);
        self.content
            .set_min_content_height(needed.min(room.max(LEAST)));
    }

    fn show_pinpad(&self, shown: &Shown<'_>) {
        let steps = shown.pinpad.filter(|_| shown.face.blocked.is_none());
        self.pinpad.set_visible(steps.is_some());
        let Some(steps) = steps else { return };
        let title = shown.role.map(explain::pin_dialog::enter_on_reader);
        set_once(&self.pinpad_title, &title.unwrap_or_default());
        self.pinpad_steps.set_label(&steps.join(" · "));
        self.pinpad_steps.set_visible(steps.len() > 1);
        let seconds = shown.seconds.map(explain::dates::seconds_left);
        self.pinpad_seconds
            .set_label(seconds.as_deref().unwrap_or_default());
        self.pinpad_seconds.set_visible(seconds.is_some());
    }

    fn fill_choice(&self, face: &Face, chosen: PinReference) {
        let names: Vec<&str> = face.codes.iter().map(|(_, name)| name.as_str()).collect();
        let shown: Vec<String> = (0..self.codes.n_items())
            .filter_map(|index| self.codes.string(index).map(|name| name.to_string()))
            .collect();
        self.filling.set(true);
        if shown != names {
            self.codes.splice(0, self.codes.n_items(), &names);
        }
        let index = face.codes.iter().position(|(code, _)| *code == chosen);
        if let Some(index) = index.and_then(|index| u32::try_from(index).ok()) {
            self.choice.set_selected(index);
        }
        self.filling.set(false);
    }

    /// Looks at what was typed, without a copy.
    pub(super) fn with_typed<R>(&self, look: impl FnOnce(Typed<'_>) -> R) -> R {
        self.code.with(|code| {
            self.new
                .with(|new| self.repeat.with(|repeat| look(Typed { code, new, repeat })))
        })
    }

    /// Wipes everything that was typed.
    pub(super) fn clear(&self) {
        for row in [&self.code, &self.new, &self.repeat] {
            row.clear();
            row.set_shown(false);
            row.set_wrong(None);
        }
    }

    /// Shows or hides everything that was typed.
    pub(super) fn toggle_secrets(&self) {
        let rows = [&self.code, &self.new, &self.repeat];
        let shown = rows.iter().any(|row| row.is_shown());
        for row in rows {
            row.set_shown(!shown);
        }
    }

    /// Gives the focus to the first empty field, or to what helps instead.
    pub(super) fn focus(&self) {
        if self.blocked.is_visible() {
            self.instead.grab_focus();
            return;
        }
        let rows = [&self.code, &self.new, &self.repeat];
        if let Some(row) = rows.into_iter().find(|row| row.is_empty()) {
            row.grab_focus();
        }
    }

    /// After the last wrong try: the focus goes where it can be cured.
    pub(super) fn announce_blocked(&self) {
        self.instead.grab_focus();
    }

    /// Counts the seconds of the reader.
    pub(super) fn start_clock(&self, sender: &ComponentSender<PinDialog>) {
        self.stop_clock();
        let sender = sender.input_sender().clone();
        let clock = gtk::glib::timeout_add_seconds_local(1, move || {
            sender.emit(PinDialogInput::Tick);
            gtk::glib::ControlFlow::Continue
        });
        self.clock.replace(Some(clock));
    }

    /// Stops counting.
    pub(super) fn stop_clock(&self) {
        if let Some(clock) = self.clock.take() {
            clock.remove();
        }
    }
}

/// Access keys: Alt+S shows or hides all secrets, since the eyes are no Tab stops, and Alt+U
/// fills in the factory PIN.
pub(super) fn add_access_keys(window: &adw::Window, sender: &ComponentSender<PinDialog>) {
    let keys = gtk::ShortcutController::new();
    keys.set_scope(gtk::ShortcutScope::Managed);
    type Key = (&'static str, fn() -> PinDialogInput);
    let inputs: [Key; 2] = [
        ("<Alt>s", || PinDialogInput::ToggleSecrets),
        ("<Alt>u", || PinDialogInput::UseFactory),
    ];
    for (trigger, input) in inputs {
        let sender = sender.input_sender().clone();
        let action = gtk::CallbackAction::new(move |_, _| {
            sender.emit(input());
            gtk::glib::Propagation::Stop
        });
        let trigger = gtk::ShortcutTrigger::parse_string(trigger);
        keys.add_shortcut(gtk::Shortcut::new(trigger, Some(action)));
    }
    window.add_controller(keys);
}

fn label(classes: &[&str]) -> gtk::Label {
    gtk::Label::builder()
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .css_classes(classes.to_vec())
        .build()
}

/// A label that screen readers speak when its text changes.
fn alert(classes: &[&str]) -> gtk::Label {
    gtk::Label::builder()
        .accessible_role(gtk::AccessibleRole::Alert)
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .css_classes(classes.to_vec())
        .build()
}

fn centred(label: &gtk::Label) {
    label.set_xalign(0.5);
    label.set_justify(gtk::Justification::Center);
}

fn show_words(
    whole: &gtk::Box,
    title: &gtk::Label,
    body: &gtk::Label,
    words: Option<&Explanation>,
) {
    whole.set_visible(words.is_some());
    let (first, second) = match words {
        Some(words) => (words.title.as_str(), words.body.as_str()),
        None => ("", ""),
    };
    set_once(title, first);
    body.set_label(second);
    body.set_visible(!second.is_empty());
}

/// What did not change is not announced again.
fn set_once(label: &gtk::Label, text: &str) {
    if label.label() != text {
        label.set_label(text);
    }
}
