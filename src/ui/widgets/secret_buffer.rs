//! The text of a secret entry: the characters live in locked memory, and whoever asks GTK for
//! the text gets a bullet for each of them.
//!
//! GTK's own password entries hand the clear text to the accessibility bus, on request and with
//! every key typed. Here both see bullets only: [`SecretBuffer::attach`] turns every insertion
//! into one of bullets before anybody else hears of it, and the buffer puts the characters that
//! were set aside in their place. Only while the eye is open does the text itself come out; GTK
//! then makes copies that nobody wipes, which is the price of looking.
//!
//! A text that is a secret in part (a command with a PIN in it) has its beginning shown, as far
//! as a function says that it may be seen: [`SecretBuffer::show_up_to`].

use std::cell::{Cell, RefCell};

use relm4::gtk::glib::subclass::prelude::*;
use relm4::gtk::prelude::*;
use relm4::gtk::subclass::prelude::*;
use relm4::gtk::{self, glib};

use crate::base::secret::Secret;

/// What stands for a character.
const BULLET: &str = "●";
/// The most characters that can be typed; passphrases of cards end at 255 bytes.
const MOST: u16 = 512;

/// Says how many characters from the beginning of a text are no secret.
pub(super) type OpenPart = fn(&str) -> usize;

mod imp {
    use super::*;

    #[derive(Debug)]
    pub struct SecretBuffer {
        pub(super) secret: RefCell<Secret>,
        /// Characters on their way in, while bullets are inserted for them.
        pub(super) arriving: RefCell<Option<Secret>>,
        pub(super) shown: Cell<bool>,
        /// How many characters from the beginning are no secret; nothing if all of them are.
        pub(super) open: Cell<Option<OpenPart>>,
    }

    impl Default for SecretBuffer {
        fn default() -> Self {
            Self {
                secret: RefCell::new(Secret::with_capacity(64)),
                arriving: RefCell::new(None),
                shown: Cell::new(false),
                open: Cell::new(None),
            }
        }
    }

    impl SecretBuffer {
        /// How many characters of `text` may be seen.
        pub(super) fn open_part(&self, text: &str) -> usize {
            if self.shown.get() {
                return usize::MAX;
            }
            self.open.get().map_or(0, |open| open(text))
        }

        /// What stands for `typed` where it is put at `position`, as far as it may be seen there.
        pub(super) fn disguise(&self, typed: &Secret, position: u32) -> String {
            let mut whole = self.secret.borrow().duplicate();
            let at = offset(whole.expose(), position);
            whole.insert(at, typed.expose());
            let text = std::str::from_utf8(whole.expose()).unwrap_or_default();
            let open = self.open_part(text);
            let inserted = text.chars().enumerate().skip(position as usize);
            let inserted = inserted.take(typed.chars().unwrap_or_default());
            disguised(inserted, open)
        }
    }

    /// Characters with their places, those from `open` on as bullets.
    fn disguised(characters: impl Iterator<Item = (usize, char)>, open: usize) -> String {
        let mut text = String::new();
        for (at, character) in characters {
            if at < open {
                text.push(character);
            } else {
                text.push_str(BULLET);
            }
        }
        text
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SecretBuffer {
        const NAME: &'static str = "SymbolonSecretBuffer";
        type Type = super::SecretBuffer;
        type ParentType = gtk::EntryBuffer;
    }

    impl ObjectImpl for SecretBuffer {}

    impl EntryBufferImpl for SecretBuffer {
        fn length(&self) -> u32 {
            count(&self.secret.borrow())
        }

        fn text(&self) -> glib::GString {
            let secret = self.secret.borrow();
            let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
            disguised(text.chars().enumerate(), self.open_part(text)).into()
        }

        fn insert_text(&self, position: u32, chars: &str) -> u32 {
            let arriving = self.arriving.take();
            let bytes = arriving.as_ref().map_or(chars.as_bytes(), Secret::expose);
            // GTK has cut the bullets where the entry is full; what they stand for is cut too.
            let inserted = u32::try_from(chars.chars().count()).unwrap_or(0);
            let end = offset(bytes, inserted);
            {
                let mut secret = self.secret.borrow_mut();
                let at = offset(secret.expose(), position);
                secret.insert(at, bytes.get(..end).unwrap_or_default());
            }
            let bullets = BULLET.repeat(inserted as usize);
            self.obj().emit_inserted_text(position, &bullets, inserted);
            inserted
        }

        fn delete_text(&self, position: u32, n_chars: Option<u32>) -> u32 {
            let length = count(&self.secret.borrow());
            let position = position.min(length);
            let removed = n_chars.unwrap_or(u32::MAX).min(length - position);
            if removed > 0 {
                self.obj().emit_deleted_text(position, removed);
            }
            removed
        }

        // GTK's own storage stays empty, so its handler, which would cut it, is not called.
        fn deleted_text(&self, position: u32, n_chars: Option<u32>) {
            {
                let mut secret = self.secret.borrow_mut();
                let start = offset(secret.expose(), position);
                let last = position.saturating_add(n_chars.unwrap_or(u32::MAX));
                let end = offset(secret.expose(), last);
                secret.remove(start..end);
            }
            self.obj().notify("text");
            self.obj().notify("length");
        }
    }

    /// Characters.
    fn count(secret: &Secret) -> u32 {
        u32::try_from(secret.chars().unwrap_or_default()).unwrap_or(u32::MAX)
    }

    /// Where the character at `position` begins, in bytes; the end, if there is none.
    fn offset(bytes: &[u8], position: u32) -> usize {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        text.char_indices()
            .nth(position as usize)
            .map_or(text.len(), |(at, _)| at)
    }
}

glib::wrapper! {
    /// The buffer.
    pub struct SecretBuffer(ObjectSubclass<imp::SecretBuffer>)
        @extends gtk::EntryBuffer;
}

impl Default for SecretBuffer {
    fn default() -> Self {
        let buffer: Self = glib::Object::new();
        buffer.set_max_length(Some(MOST));
        buffer
    }
}

impl SecretBuffer {
    /// Makes this the buffer of `text`, and sees to it that nobody hears what is typed there.
    pub fn attach(&self, text: &gtk::Text) {
        text.set_buffer(self);
        text.set_visibility(false);
        text.set_enable_undo(false);
        text.set_truncate_multiline(true);
        text.set_input_purpose(gtk::InputPurpose::Password);
        text.set_input_hints(gtk::InputHints::NO_EMOJI | gtk::InputHints::NO_SPELLCHECK);
        let buffer = self.downgrade();
        let passing = Cell::new(false);
        text.connect_insert_text(move |text, typed, position| {
            let Some(buffer) = buffer.upgrade() else {
                return;
            };
            if passing.get() {
                return;
            }
            text.stop_signal_emission_by_name("insert-text");
            // Control characters are no part of a PIN; a pasted line may end with one.
            let mut secret = Secret::with_capacity(typed.len());
            let mut characters = 0;
            for character in typed.chars().filter(|character| !character.is_control()) {
                secret.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                characters += 1;
            }
            if characters == 0 {
                return;
            }
            let heard = match buffer.imp().open.get() {
                Some(_) => {
                    let at = u32::try_from(*position).unwrap_or(u32::MAX);
                    buffer.imp().disguise(&secret, at)
                }
                // While the eye is open, too: nobody has to hear the keys to see the text.
                None => BULLET.repeat(characters),
            };
            buffer.imp().arriving.replace(Some(secret));
            passing.set(true);
            text.insert_text(&heard, position);
            passing.set(false);
            buffer.imp().arriving.take();
        });
        for signal in ["copy-clipboard", "cut-clipboard"] {
            let buffer = self.downgrade();
            text.connect_local(signal, false, move |values| {
                let text = values.first()?.get::<gtk::Text>().ok()?;
                // Of a text that is shown in part, what is shown may go, and bullets for the rest.
                let safe = buffer
                    .upgrade()
                    .is_some_and(|buffer| buffer.is_partly_shown());
                if !safe {
                    text.stop_signal_emission_by_name(signal);
                }
                None
            });
        }
        // What is selected can be pasted elsewhere with the middle button: nothing is, while
        // the eye is open. GTK tells of either end of the selection by itself: the shift key and
        // the mouse move the cursor alone.
        for end in ["cursor-position", "selection-bound"] {
            let buffer = self.downgrade();
            text.connect_notify_local(Some(end), move |text, _| {
                let shown = buffer.upgrade().is_some_and(|buffer| buffer.is_shown());
                // Called once more by this, and then there is none.
                if shown && text.selection_bounds().is_some() {
                    text.set_position(text.position());
                }
            });
        }
    }

    /// Whether the text itself is shown.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.imp().shown.get()
    }

    /// Lets the beginning of what is typed into `text` be seen: so many characters as `open` says.
    /// What is behind them is taken for a secret.
    pub fn show_up_to(&self, text: &gtk::Text, open: OpenPart) {
        self.imp().open.set(Some(open));
        text.set_visibility(true);
    }

    /// Whether no more than the open part of the text is shown, to whoever asks.
    fn is_partly_shown(&self) -> bool {
        self.imp().open.get().is_some() && !self.is_shown()
    }

    /// Allows texts of so many characters.
    pub fn set_most(&self, most: u16) {
        self.set_max_length(Some(most));
    }

    /// Opens or closes the eye of `text`.
    pub fn set_shown(&self, text: &gtk::Text, shown: bool) {
        let position = text.position();
        text.set_position(position);
        self.imp().shown.set(shown);
        text.set_visibility(shown || self.imp().open.get().is_some());
        self.notify("text");
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.imp().secret.borrow().is_empty()
    }

    /// Looks at what was typed, without a copy.
    pub fn with<R>(&self, look: impl FnOnce(&Secret) -> R) -> R {
        look(&self.imp().secret.borrow())
    }

    /// A second copy.
    #[must_use]
    pub fn duplicate(&self) -> Secret {
        self.imp().secret.borrow().duplicate()
    }

    /// Takes the secret out; the entry is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Secret {
        let secret = self.duplicate();
        self.clear();
        secret
    }

    /// Empties it; what was there is wiped.
    pub fn clear(&self) {
        EntryBufferExtManual::delete_text(self, 0, None);
    }

    /// Replaces the text, for a value that is no secret (a factory PIN on request).
    pub fn fill(&self, text: &str) {
        self.clear();
        EntryBufferExtManual::insert_text(self, 0, text);
    }
}
