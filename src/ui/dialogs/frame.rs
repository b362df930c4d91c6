//! What the dialogs and wizards share.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::ui::widgets::{FactRow, FactText};

/// Escape closes the window, as it closes every dialog.
pub(in crate::ui) fn close_on_escape(window: &adw::Window) {
    let keys = gtk::ShortcutController::new();
    let close = gtk::CallbackAction::new(|widget, _| {
        if let Some(window) = widget.downcast_ref::<gtk::Window>() {
            window.close();
        }
        gtk::glib::Propagation::Stop
    });
    let trigger = gtk::ShortcutTrigger::parse_string("Escape");
    keys.add_shortcut(gtk::Shortcut::new(trigger, Some(close)));
    window.add_controller(keys);
}

/// Alt+S in a window: it shows or hides all secrets, since their eyes are no Tab stops.
pub(in crate::ui) fn add_access_key(window: &adw::Window, toggled: impl Fn() + 'static) {
    let keys = gtk::ShortcutController::new();
    keys.set_scope(gtk::ShortcutScope::Managed);
    let action = gtk::CallbackAction::new(move |_, _| {
        toggled();
        gtk::glib::Propagation::Stop
    });
    let trigger = gtk::ShortcutTrigger::parse_string("<Alt>s");
    keys.add_shortcut(gtk::Shortcut::new(trigger, Some(action)));
    window.add_controller(keys);
}

/// A group with a heading.
pub(in crate::ui) fn group(title: &str) -> adw::PreferencesGroup {
    let group = adw::PreferencesGroup::new();
    // A group reads its title as markup in libadwaita 1.2.
    group.set_title(&gtk::glib::markup_escape_text(title));
    group
}

/// A group of facts; nothing if there are none.
pub(in crate::ui) fn facts(
    title: &str,
    facts: &[FactText],
    copied: &(impl Fn(&str) + Clone + 'static),
) -> Option<adw::PreferencesGroup> {
    if facts.is_empty() {
        return None;
    }
    let group = group(title);
    for fact in facts {
        group.add(&FactRow::new(fact, copied.clone()));
    }
    Some(group)
}

/// The scrolling part of a dialog around `content`, with the margins of dialogs.
pub(in crate::ui) fn scrolled(content: &gtk::Box) -> gtk::ScrolledWindow {
    content.add_css_class("dialog-page");
    let clamp = adw::Clamp::builder()
        .maximum_size(620)
        .tightening_threshold(400)
        .child(content)
        .build();
    gtk::ScrolledWindow::builder()
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .vexpand(true)
        .child(&clamp)
        .build()
}
