//! The style sheet that GTK reads before libadwaita brings its own.

#![expect(
    unsafe_code,
    reason = "the default of a property can be changed through its public C structure alone"
)]

use relm4::gtk;
use relm4::gtk::glib::object::{Class, ObjectClassExt as _};
use relm4::gtk::glib::prelude::*;
use relm4::gtk::glib::{self, ParamSpecString};

/// The theme without rules that libadwaita puts below its own style sheet.
const EMPTY: &std::ffi::CStr = c"Adwaita-empty";

/// Lets GTK start with the theme that libadwaita will choose.
///
/// Otherwise GTK reads its own style sheet, of 200 KiB, as long as the next one takes to come:
/// a tenth of the time until the window is there. Has to be called before GTK is initialised.
/// What the person or the desktop has chosen counts as before, and where the theme is missing
/// GTK takes its own.
pub(super) fn begin_empty() {
    if gtk::is_initialized() {
        tracing::error!("GTK has read its style sheet already");
        return;
    }
    let Some(class) = Class::<gtk::Settings>::from_type(gtk::Settings::static_type()) else {
        return;
    };
    let theme = class.find_property("gtk-theme-name");
    let Some(theme) = theme.and_then(|theme| theme.downcast::<ParamSpecString>().ok()) else {
        return;
    };
    let theme: *mut glib::gobject_ffi::GParamSpecString = theme.as_ptr();
    // SAFETY: the structure and its field are public (gobject/gparamspecs.h), and belong to a
    // class that is referenced above and never goes. No other thread uses GTK yet. The text is
    // freed and allocated as GObject itself does it.
    unsafe {
        glib::ffi::g_free((*theme).default_value.cast());
        (*theme).default_value = glib::ffi::g_strdup(EMPTY.as_ptr());
    }
}
