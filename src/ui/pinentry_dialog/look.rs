//! How it looks: GTK's own style and what is added to it; light or dark as the desktop has it.

use relm4::gtk;
use relm4::gtk::prelude::*;
use relm4::gtk::{gdk, gio};

/// Where GNOME and others that follow it keep whether windows are dark.
const INTERFACE: &str = "org.gnome.desktop.interface";

/// What GTK's style has no class for.
const STYLE: &str = include_str!("look.css");

/// Loads the style.
pub(super) fn load() {
    let Some(display) = gdk::Display::default() else {
        return;
    };
    if prefers_dark()
        && let Some(settings) = gtk::Settings::default()
    {
        settings.set_gtk_application_prefer_dark_theme(true);
    }
    let provider = gtk::CssProvider::new();
    provider.load_from_data(STYLE);
    gtk::style_context_add_provider_for_display(
        &display,
        &provider,
        gtk::STYLE_PROVIDER_PRIORITY_APPLICATION,
    );
}

/// Whether the person has asked for dark windows. GTK follows that by itself only with libadwaita.
fn prefers_dark() -> bool {
    let schemas = gio::SettingsSchemaSource::default();
    let schema = schemas.and_then(|schemas| schemas.lookup(INTERFACE, true));
    // To ask for a schema that is not installed ends the program.
    schema.is_some_and(|schema| {
        schema.has_key("color-scheme")
            && gio::Settings::new(INTERFACE).string("color-scheme") == "prefer-dark"
    })
}
