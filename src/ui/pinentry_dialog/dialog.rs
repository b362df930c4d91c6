//! One question in a window.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use relm4::gtk;
use relm4::gtk::prelude::*;
use relm4::gtk::{gdk, glib};

use super::facts;
use super::field::{EyeWords, Field};
use super::quality::Quality;
use super::words;
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::pinentry::desk::{Bell, Errand, Reply};
use crate::pinentry::prompt::{Answer, Check, Kind, Label, MAX_PASSPHRASE, PinPrompt, Prompt};
use crate::token::Text;
use crate::ui::a11y::A11yExt as _;

/// The width, in pixels.
const WIDTH: i32 = 400;
/// How many seconds before its end the dialog says when that is.
const ANNOUNCED: u64 = 20;

/// The dialog. Cheap to clone; its window goes when it was answered, and with the last handle.
#[derive(Clone)]
pub(super) struct Dialog(Rc<Inside>);

struct Inside {
    window: gtk::Window,
    bell: Bell,
    /// The fields, for a question that has some.
    entry: Option<Entry>,
    ok: gtk::Button,
    clock: gtk::Label,
    /// What ticks until the dialog closes by itself.
    ticking: RefCell<Option<glib::SourceId>>,
    answered: Cell<bool>,
}

/// What a question for a passphrase has.
struct Entry {
    first: Field,
    repeat: Option<Field>,
    repeat_error: String,
    /// Says that both are the same.
    matched: gtk::Label,
    quality: Option<Quality>,
    generate: Option<gtk::Button>,
    keep: Option<gtk::CheckButton>,
    /// The word without which the last try is not used.
    last_try: Option<gtk::CheckButton>,
    blocked: bool,
    /// A card takes no empty PIN; a key may have an empty passphrase.
    card: bool,
    /// Whether the agent looks at it before it is taken, and the title of a refusal.
    checked: Option<Option<Text>>,
    eye: EyeWords,
    shown: Cell<bool>,
    waiting: Cell<bool>,
    /// What the agent has made up needs no check.
    made: RefCell<Option<Secret>>,
}

/// What the buttons of a question are.
struct Buttons {
    ok: gtk::Button,
    not_ok: Option<gtk::Button>,
    cancel: Option<gtk::Button>,
}

impl Dialog {
    /// Shows `prompt`; the answer goes to `bell`.
    pub(super) fn open(prompt: Prompt, bell: Bell) -> Self {
        let window = gtk::Window::builder()
            .title(words::title(&prompt))
            .resizable(false)
            .icon_name("org.symbolon.Symbolon")
            .build();
        window.add_css_class("pinentry");
        let page = gtk::Box::new(gtk::Orientation::Vertical, 12);
        page.add_css_class("page");
        let remote = prompt.description.remote.is_some();
        if let Some(who) = facts::requester(&prompt.requester, remote) {
            page.append(&who);
        }
        page.append(&facts::description(&prompt));
        if let Some(tries) = facts::tries(&prompt) {
            page.append(tries.widget());
        }
        let entry = match &prompt.kind {
            Kind::Pin(pin) => Some(Entry::new(&prompt, pin, &page)),
            Kind::Confirm | Kind::Message => None,
        };
        if entry.is_none() {
            for line in &prompt.error {
                page.append(&wrong(line.as_str()));
            }
        }
        let clock = gtk::Label::builder()
            .xalign(0.5)
            .visible(false)
            .css_classes(["caption", "dim-label", "numeric"])
            .build();
        let buttons = Buttons::new(&prompt);
        buttons.place(&window, &page, entry.is_some());
        page.append(&clock);
        window.set_child(Some(&page));
        let dialog = Self(Rc::new(Inside {
            window,
            bell,
            entry,
            ok: buttons.ok.clone(),
            clock,
            ticking: RefCell::default(),
            answered: Cell::new(false),
        }));
        dialog.wire(&buttons);
        dialog.wire_fields();
        dialog.wire_keys();
        if let Some(timeout) = prompt.timeout {
            dialog.tick(timeout.as_secs());
        }
        dialog.refresh();
        dialog.appear(&prompt, &buttons);
        dialog
    }

    fn appear(&self, prompt: &Prompt, buttons: &Buttons) {
        let window = &self.0.window;
        match &self.0.entry {
            Some(entry) => {
                entry.first.describe(&facts::spoken(&prompt.description));
                entry.first.grab_focus();
            }
            None => {
                let safe = buttons.safe(prompt);
                safe.set_a11y_description(&facts::spoken(&prompt.description));
                safe.grab_focus();
            }
        }
        self.set_width();
        window.set_default_widget(Some(buttons.safe(prompt)));
        window.present();
        if prompt.grab {
            self.grab();
        }
    }

    /// Makes it as wide as it wants to be. GTK would take the height of the narrowest one, with all
    /// the lines into which its texts break then.
    fn set_width(&self) {
        let window = &self.0.window;
        let parts = [window.titlebar(), window.child()];
        let wanted = |part: &gtk::Widget| part.measure(gtk::Orientation::Horizontal, -1).1;
        let widest = parts.iter().flatten().map(wanted).max();
        if let Some(page) = window.child() {
            page.set_size_request(widest.unwrap_or(WIDTH).max(WIDTH), -1);
        }
    }

    /// Keeps the keyboard from other programs while the window has it. On X11 GDK grabs it for
    /// that; on Wayland the compositor is asked.
    fn grab(&self) {
        self.0.window.connect_is_active_notify(|window| {
            let toplevel = window.surface().and_downcast::<gdk::Toplevel>();
            if let (true, Some(toplevel)) = (window.is_active(), toplevel) {
                toplevel.inhibit_system_shortcuts(None::<&gdk::Event>);
            }
        });
    }

    fn wire(&self, buttons: &Buttons) {
        self.press(Some(&buttons.ok), Self::accept);
        self.press(buttons.not_ok.as_ref(), |dialog| {
            dialog.answer(Answer::NotConfirmed);
        });
        self.press(buttons.cancel.as_ref(), |dialog| {
            dialog.answer(Answer::Cancelled);
        });
        let dialog = self.downgrade();
        self.0.window.connect_close_request(move |_| {
            if let Some(dialog) = dialog() {
                dialog.answer(Answer::Closed);
            }
            glib::Propagation::Proceed
        });
    }

    /// Has `button`, if there is one, do something.
    fn press(&self, button: Option<&gtk::Button>, act: fn(&Self)) {
        let Some(button) = button else { return };
        let dialog = self.downgrade();
        button.connect_clicked(move |_| {
            if let Some(dialog) = dialog() {
                act(&dialog);
            }
        });
    }

    fn wire_fields(&self) {
        let Some(entry) = &self.0.entry else { return };
        for field in entry.fields() {
            let dialog = self.downgrade();
            field.connect_changed(move || {
                if let Some(dialog) = dialog() {
                    dialog.typed();
                }
            });
            let dialog = self.downgrade();
            field.connect_eye(move || {
                if let Some(dialog) = dialog() {
                    dialog.turn_eye();
                }
            });
        }
        let dialog = self.downgrade();
        entry.first.connect_activated(move || {
            if let Some(dialog) = dialog() {
                dialog.entered_first();
            }
        });
        if let Some(repeat) = &entry.repeat {
            let dialog = self.downgrade();
            repeat.connect_activated(move || {
                if let Some(dialog) = dialog() {
                    dialog.accept();
                }
            });
        }
        if let Some(word) = &entry.last_try {
            let dialog = self.downgrade();
            word.connect_toggled(move |_| {
                if let Some(dialog) = dialog() {
                    dialog.refresh();
                }
            });
        }
        if let Some(generate) = &entry.generate {
            let dialog = self.downgrade();
            generate.connect_clicked(move |_| {
                if let Some(dialog) = dialog() {
                    dialog.0.bell.send(Errand::Generate);
                }
            });
        }
    }

    fn wire_keys(&self) {
        let keys = gtk::ShortcutController::new();
        keys.set_scope(gtk::ShortcutScope::Managed);
        let add = |trigger: &str, act: fn(&Self)| {
            let dialog = self.downgrade();
            let action = gtk::CallbackAction::new(move |_, _| {
                if let Some(dialog) = dialog() {
                    act(&dialog);
                }
                true.into()
            });
            let trigger = gtk::ShortcutTrigger::parse_string(trigger);
            keys.add_shortcut(gtk::Shortcut::new(trigger, Some(action)));
        };
        add("Escape", |dialog| dialog.answer(Answer::Cancelled));
        add("<Alt>s", Self::turn_eye);
        self.0.window.add_controller(keys);
    }

    /// Closes by itself after so many seconds, unless something is typed.
    fn tick(&self, seconds: u64) {
        let left = Cell::new(seconds);
        let dialog = self.downgrade();
        let show = move || {
            let Some(dialog) = dialog() else {
                return glib::ControlFlow::Break;
            };
            let seconds = left.get();
            dialog.0.clock.set_visible(seconds <= ANNOUNCED);
            dialog.0.clock.set_label(&words::closes_in(seconds));
            if seconds == 0 {
                dialog.0.ticking.take();
                dialog.answer(Answer::TimedOut);
                return glib::ControlFlow::Break;
            }
            left.set(seconds - 1);
            glib::ControlFlow::Continue
        };
        if show() == glib::ControlFlow::Continue {
            let source = glib::timeout_add_local(Duration::from_secs(1), show);
            self.0.ticking.replace(Some(source));
        }
    }

    fn stop_clock(&self) {
        if let Some(source) = self.0.ticking.take() {
            source.remove();
        }
        self.0.clock.set_visible(false);
    }

    fn typed(&self) {
        // Whoever types is there.
        self.stop_clock();
        let Some(entry) = &self.0.entry else { return };
        entry.first.set_wrong(None);
        if entry.quality.is_some() && !entry.waiting.get() {
            if entry.first.is_empty() {
                self.told(Reply::Quality(None));
            } else {
                self.0.bell.send(Errand::Quality(entry.first.duplicate()));
            }
        }
        self.refresh();
    }

    fn turn_eye(&self) {
        if let Some(entry) = &self.0.entry {
            entry.show(!entry.shown.get());
        }
    }

    /// Enter in the first field goes to the second one while that is empty.
    fn entered_first(&self) {
        let repeat = self
            .0
            .entry
            .as_ref()
            .and_then(|entry| entry.repeat.as_ref());
        match repeat {
            Some(repeat) if repeat.is_empty() => repeat.grab_focus(),
            _ => self.accept(),
        }
    }

    /// Says what is still wrong, and whether the button is live.
    fn refresh(&self) {
        let Some(entry) = &self.0.entry else { return };
        let (state, same) = entry.state();
        entry.matched.set_visible(same == Some(true));
        if let Some(repeat) = &entry.repeat {
            repeat.set_wrong((same == Some(false)).then_some(entry.repeat_error.as_str()));
        }
        if state == State::TooLong {
            entry.first.set_wrong(Some(&words::too_long()));
        }
        self.0
            .ok
            .set_sensitive(state == State::Complete && !entry.waiting.get());
    }

    fn accept(&self) {
        if !self.0.ok.is_sensitive() {
            return;
        }
        let Some(entry) = &self.0.entry else {
            self.answer(Answer::Confirmed);
            return;
        };
        if entry.state().0 != State::Complete {
            return;
        }
        if entry.needs_check() {
            entry.set_waiting(true);
            self.0.ok.set_sensitive(false);
            self.0.bell.send(Errand::Check(entry.first.duplicate()));
        } else {
            self.give();
        }
    }

    fn give(&self) {
        if let Some(entry) = &self.0.entry {
            let keep = entry.keep.as_ref().is_some_and(CheckButtonExt::is_active);
            if let Some(repeat) = &entry.repeat {
                repeat.clear();
            }
            let passphrase = entry.first.take();
            self.answer(Answer::Given { passphrase, keep });
        }
    }

    /// What the agent says to something that was asked of it.
    pub(super) fn told(&self, reply: Reply) {
        let Some(entry) = &self.0.entry else { return };
        match reply {
            Reply::Quality(quality) => {
                if let Some(bar) = &entry.quality {
                    bar.set(quality.filter(|_| !entry.first.is_empty()));
                }
            }
            Reply::Checked(Check::Refused(lines)) => {
                entry.set_waiting(false);
                entry.refuse(&lines);
                self.refresh();
                entry.first.grab_focus();
            }
            Reply::Checked(Check::Passed | Check::Unanswered) => self.give(),
            Reply::Generated(Some(made)) => {
                for field in entry.fields() {
                    field.fill(&made);
                }
                entry.made.replace(Some(made));
                // It has to be written down before it is used.
                entry.show(true);
                self.refresh();
            }
            Reply::Generated(None) => {
                entry
                    .first
                    .set_wrong(Some(&gettext("GnuPG makes up none at the moment.")));
            }
        }
    }

    /// Sends the one answer, and closes.
    fn answer(&self, answer: Answer) {
        if self.0.answered.replace(true) {
            return;
        }
        self.stop_clock();
        if let Some(entry) = &self.0.entry {
            for field in entry.fields() {
                field.clear();
            }
        }
        self.0.bell.send(Errand::Answered(answer));
        self.0.window.destroy();
    }

    fn downgrade(&self) -> impl Fn() -> Option<Self> + Clone + use<> {
        let weak = Rc::downgrade(&self.0);
        move || weak.upgrade().map(Self)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(source) = self.ticking.take() {
            source.remove();
        }
        self.window.destroy();
    }
}

/// Whether what was typed can be passed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Incomplete,
    TooLong,
    Complete,
}

impl Entry {
    /// Makes the fields and puts them on `page`.
    fn new(prompt: &Prompt, pin: &PinPrompt, page: &gtk::Box) -> Self {
        let caps_lock = pin.caps_lock.as_ref().map_or_else(
            || gettext("Caps Lock is on"),
            |text| text.as_str().to_owned(),
        );
        let new = |name: &str| Field::new(name, &caps_lock, pin.invisible);
        let first = new(&words::field(pin.prompt.as_ref()));
        page.append(first.widget());
        let error: Vec<&str> = prompt.error.iter().map(Text::as_str).collect();
        if !error.is_empty() {
            first.set_wrong(Some(&error.join("\n")));
        }
        let quality = pin.quality.as_ref().map(|help| {
            let quality = Quality::new(help.tooltip.as_ref().map(Text::as_str));
            page.append(quality.widget());
            quality
        });
        let repeat = pin
            .repeat
            .as_ref()
            .map(|repeat| new(&words::repeat(repeat.prompt.as_ref())));
        let matched = gtk::Label::builder()
            .accessible_role(gtk::AccessibleRole::Status)
            .xalign(0.0)
            .visible(false)
            .css_classes(["caption", "success"])
            .build();
        if let Some(repeat) = &repeat {
            page.append(repeat.widget());
            repeat.widget().append(&matched);
        }
        let repeat_error = words::differ(pin);
        matched.set_label(&words::same(pin));
        let tries = prompt.description.tries;
        let entry = Self {
            repeat_error,
            matched,
            quality,
            generate: generate(pin, page),
            keep: pin.keyring.as_ref().map(|label| keep(label, page)),
            last_try: (tries == Some(1)).then(|| last_try(page)),
            blocked: tries == Some(0),
            card: prompt.description.card().is_some(),
            checked: pin.constraints.as_ref().map(|rules| {
                hint(rules.short.as_ref(), &rules.long, first.widget());
                rules.title.clone()
            }),
            eye: EyeWords::new(
                pin.show.as_ref().map(Text::as_str),
                pin.hide.as_ref().map(Text::as_str),
            ),
            shown: Cell::new(false),
            waiting: Cell::new(false),
            made: RefCell::default(),
            first,
            repeat,
        };
        if let Some(about) = &pin.formatted {
            for field in entry.fields() {
                field.set_grouped();
            }
            if !about.is_empty() {
                hint(Some(about), &[], entry.first.widget());
            }
        }
        if entry.blocked {
            page.append(&wrong(&words::blocked()));
            entry.first.set_sensitive(false);
        }
        entry.show(false);
        entry
    }

    fn fields(&self) -> impl Iterator<Item = &Field> {
        std::iter::once(&self.first).chain(&self.repeat)
    }

    fn show(&self, shown: bool) {
        self.shown.set(shown);
        for field in self.fields() {
            field.set_shown(shown, &self.eye);
        }
    }

    fn set_waiting(&self, waiting: bool) {
        self.waiting.set(waiting);
        // What is looked at is what is handed over.
        if let Some(button) = &self.generate {
            button.set_sensitive(!waiting);
        }
        for field in self.fields() {
            field.set_sensitive(!waiting);
        }
    }

    /// Whether it can be passed on, and whether both fields hold the same; nothing while the second
    /// one is the beginning of the first.
    fn state(&self) -> (State, Option<bool>) {
        let same = self.repeat.as_ref().and_then(|repeat| {
            self.first.with(|first| {
                repeat.with(|again| {
                    if again.is_empty() {
                        None
                    } else if first.same_as(again) {
                        Some(true)
                    } else {
                        let begun = first.expose().starts_with(again.expose());
                        (!begun).then_some(false)
                    }
                })
            })
        });
        let both_empty = self.first.is_empty() && self.repeat.as_ref().is_none_or(Field::is_empty);
        let repeated = self.repeat.is_none() || same == Some(true) || both_empty;
        let agreed = self.last_try.as_ref().is_none_or(CheckButtonExt::is_active);
        let state = if self.first.with(Secret::len) > MAX_PASSPHRASE {
            State::TooLong
        } else if self.blocked || !agreed || !repeated || (self.card && self.first.is_empty()) {
            State::Incomplete
        } else {
            State::Complete
        };
        (state, same)
    }

    /// Whether the agent has to look at it first. What it made up itself is good enough for it.
    fn needs_check(&self) -> bool {
        let made = self.made.borrow();
        let unchanged = made
            .as_ref()
            .is_some_and(|made| self.first.with(|first| first.same_as(made)));
        self.checked.is_some() && !unchanged && !self.first.is_empty()
    }

    /// Says why the agent does not take it.
    fn refuse(&self, lines: &[Text]) {
        let title = self.checked.iter().flatten();
        let all: Vec<&str> = title.chain(lines).map(Text::as_str).collect();
        self.first.set_wrong(Some(&all.join("\n")));
    }
}

impl Buttons {
    fn new(prompt: &Prompt) -> Self {
        let (ok, not_ok, cancel) = words::buttons(prompt);
        let ok = button(&ok);
        ok.add_css_class(if prompt.destroys {
            "destructive-action"
        } else {
            "suggested-action"
        });
        ok.set_receives_default(true);
        Self {
            ok,
            not_ok: not_ok.as_ref().map(button),
            cancel: cancel.as_ref().map(button),
        }
    }

    /// What Enter presses: nothing that destroys something.
    fn safe(&self, prompt: &Prompt) -> &gtk::Button {
        let other = self.cancel.as_ref().or(self.not_ok.as_ref());
        other.filter(|_| prompt.destroys).unwrap_or(&self.ok)
    }

    /// In the head beside the title for a passphrase, below the text for a question.
    fn place(&self, window: &gtk::Window, page: &gtk::Box, in_head: bool) {
        let head = gtk::HeaderBar::new();
        head.set_show_title_buttons(!in_head);
        head.set_decoration_layout(Some(":close"));
        window.set_titlebar(Some(&head));
        if in_head {
            if let Some(cancel) = &self.cancel {
                head.pack_start(cancel);
            }
            head.pack_end(&self.ok);
            return;
        }
        let row = gtk::Box::builder()
            .orientation(gtk::Orientation::Horizontal)
            .spacing(12)
            .homogeneous(true)
            .margin_top(6)
            .build();
        for button in self.cancel.iter().chain(&self.not_ok) {
            button.set_hexpand(true);
            row.append(button);
        }
        self.ok.set_hexpand(true);
        row.append(&self.ok);
        page.append(&row);
    }
}

/// A button with its letter. One that GTK 4.8 gives a name with a letter to is called "_OK OK" on the
/// accessibility bus; this one finds its letter by the label in it, and is called "OK".
fn button(label: &Label) -> gtk::Button {
    let button = gtk::Button::new();
    button.set_child(Some(&gtk::Label::with_mnemonic(label.with_mark())));
    button.add_css_class("text-button");
    button.set_a11y_label(label.as_str());
    button
}

fn generate(pin: &PinPrompt, page: &gtk::Box) -> Option<gtk::Button> {
    let help = pin.generate.as_ref()?;
    let label = help.label.clone();
    let label = label.unwrap_or_else(|| Label::plain(&gettext("Suggest a Passphrase")));
    let button = button(&label);
    button.set_halign(gtk::Align::Start);
    button.set_tooltip_text(help.tooltip.as_ref().map(Text::as_str));
    page.append(&button);
    Some(button)
}

fn keep(label: &Label, page: &gtk::Box) -> gtk::CheckButton {
    let label = words::keep(label);
    let check = gtk::CheckButton::new();
    check.set_child(Some(&gtk::Label::with_mnemonic(label.with_mark())));
    check.set_a11y_label(label.as_str());
    page.append(&check);
    check
}

fn last_try(page: &gtk::Box) -> gtk::CheckButton {
    page.append(&wrong(&words::last_try()));
    let check = gtk::CheckButton::with_label(&gettext("Use the last try"));
    page.append(&check);
    check
}

/// What a new passphrase has to be, below its field.
fn hint(short: Option<&Text>, long: &[Text], place: &gtk::Box) {
    let Some(short) = short else { return };
    let label = facts::label(short.as_str());
    label.add_css_class("caption");
    label.add_css_class("dim-label");
    let long: Vec<&str> = long.iter().map(Text::as_str).collect();
    if !long.is_empty() {
        label.set_tooltip_text(Some(&long.join("\n")));
        label.set_a11y_description(&long.join("\n"));
    }
    place.append(&label);
}

fn wrong(words: &str) -> gtk::Label {
    let label = facts::label(words);
    label.set_css_classes(&["error"]);
    label
}
