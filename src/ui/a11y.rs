//! What screen readers are told.
//!
//! `gtk4` 0.11 offers `gtk::accessible` from GTK 4.10 on only, though the C functions are
//! there since 4.0. This is the one place in the window with `unsafe`.

#![expect(
    unsafe_code,
    reason = "gtk4 0.11 hides gtk_accessible_update_property and _state on GTK 4.8"
)]

use std::ffi::{CString, c_char, c_int, c_void};

use relm4::gtk;
use relm4::gtk::glib::object::ObjectType;
use relm4::gtk::prelude::*;

/// `GTK_ACCESSIBLE_PROPERTY_DESCRIPTION`.
const DESCRIPTION: c_int = 1;
/// `GTK_ACCESSIBLE_PROPERTY_LABEL`.
const LABEL: c_int = 4;
/// `GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT`.
const VALUE_TEXT: c_int = 18;
/// `GTK_ACCESSIBLE_STATE_INVALID`.
const INVALID: c_int = 5;
/// Ends the list of a variadic call.
const END: c_int = -1;

unsafe extern "C" {
    fn gtk_accessible_update_property(accessible: *mut c_void, first: c_int, ...);
    fn gtk_accessible_update_state(accessible: *mut c_void, first: c_int, ...);
}

/// Words for those who do not see the widget.
pub trait A11yExt: IsA<gtk::Widget> {
    /// What it is called.
    fn set_a11y_label(&self, text: &str) {
        set_text(self.upcast_ref(), LABEL, text);
    }

    /// What else is to be said of it: why it is greyed, what was wrong.
    fn set_a11y_description(&self, text: &str) {
        set_text(self.upcast_ref(), DESCRIPTION, text);
    }

    /// A meter's value in words: "2 of 3 tries left".
    fn set_a11y_value(&self, text: &str) {
        set_text(self.upcast_ref(), VALUE_TEXT, text);
    }

    /// Whether the entry holds something that cannot be taken.
    fn set_a11y_wrong(&self, wrong: bool) {
        let widget: &gtk::Widget = self.upcast_ref();
        // SAFETY: the pointer is of a living widget, which always is a GtkAccessible; INVALID
        // takes an int (GtkAccessibleInvalidState: 0 false, 1 true); the list is ended.
        unsafe {
            gtk_accessible_update_state(widget.as_ptr().cast(), INVALID, c_int::from(wrong), END);
        }
    }
}

impl<W: IsA<gtk::Widget>> A11yExt for W {}

fn set_text(widget: &gtk::Widget, property: c_int, text: &str) {
    // Text from cards holds no NUL (`token::Text`); other text is ours.
    let text = CString::new(text).unwrap_or_default();
    let chars: *const c_char = text.as_ptr();
    // SAFETY: the pointer is of a living widget, which always is a GtkAccessible; all three
    // properties take a string, which GTK copies; the list is ended.
    unsafe {
        gtk_accessible_update_property(widget.as_ptr().cast(), property, chars, END);
    }
}
