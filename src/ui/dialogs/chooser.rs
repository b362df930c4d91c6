//! Choosing a file with the desktop's own chooser.

use std::cell::RefCell;
use std::path::PathBuf;

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::base::i18n::gettext;

/// A chooser over a window, with what its button does in words.
pub(in crate::ui) fn new(
    window: &impl IsA<gtk::Window>,
    title: &str,
    action: gtk::FileChooserAction,
    accept: &str,
) -> gtk::FileChooserNative {
    let chooser = gtk::FileChooserNative::new(
        Some(title),
        Some(window),
        action,
        Some(accept),
        Some(&gettext("Cancel")),
    );
    chooser.set_modal(true);
    chooser
}

/// Files whose names end like this, by what they are.
pub(in crate::ui) fn filter(chooser: &gtk::FileChooserNative, words: &str, pattern: &str) {
    let filter = gtk::FileFilter::new();
    filter.set_name(Some(words));
    filter.add_pattern(pattern);
    chooser.add_filter(&filter);
}

/// Shows it; `chosen` is called once if a file was chosen.
pub(in crate::ui) fn show(
    chooser: &gtk::FileChooserNative,
    chosen: impl Fn(&gtk::FileChooserNative, PathBuf) + 'static,
) {
    // It lives as long as somebody holds it. It must not live longer: what is left of it is a hidden
    // window, and GTK 4.8 ends the program when a screen reader asks for the next window that closes.
    let held = RefCell::new(Some(chooser.clone()));
    chooser.connect_response(move |chooser, response| {
        let path = chooser.file().and_then(|file| file.path());
        if let (gtk::ResponseType::Accept, Some(path)) = (response, path) {
            chosen(chooser, path);
        }
        held.take();
    });
    chooser.show();
}
