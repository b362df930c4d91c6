//! The keys, as a window made from the list of actions.

use std::fmt::Write as _;

use relm4::gtk;
use relm4::gtk::glib;
use relm4::gtk::prelude::*;

use crate::base::i18n::gettext;
use crate::ui::actions::{Action, Group};

/// Shows the window.
pub fn show(parent: &impl IsA<gtk::Window>) {
    // GTK 4.8 fills this window from a description only.
    let builder = gtk::Builder::from_string(&description());
    let Some(window) = builder.object::<gtk::ShortcutsWindow>("shortcuts") else {
        tracing::error!("the shortcuts window has no root");
        return;
    };
    window.set_title(Some(&gettext("Keyboard Shortcuts")));
    window.set_transient_for(Some(parent));
    window.present();
}

/// The window in the language of `GtkBuilder`.
fn description() -> String {
    let mut groups = String::new();
    for group in Group::ALL {
        let mut shortcuts = String::new();
        for action in Action::ALL {
            if action.group() == group && !action.keys().is_empty() {
                // Writing into a String cannot fail.
                let _ = write!(
                    shortcuts,
                    "<child><object class='GtkShortcutsShortcut'>{}{}</object></child>",
                    property("title", action.title().trim_end_matches('…')),
                    property("accelerator", &action.keys().join(" ")),
                );
            }
        }
        let _ = write!(
            groups,
            "<child><object class='GtkShortcutsGroup'>{}{shortcuts}</object></child>",
            property("title", &group.title()),
        );
    }
    format!(
        "<interface><object class='GtkShortcutsWindow' id='shortcuts'>\
         <property name='modal'>1</property><child><object class='GtkShortcutsSection'>\
         <property name='section-name'>shortcuts</property><property name='max-height'>12</property>\
         {groups}</object></child></object></interface>"
    )
}

fn property(name: &str, value: &str) -> String {
    let value = glib::markup_escape_text(value);
    format!("<property name='{name}'>{value}</property>")
}

#[cfg(test)]
mod tests {
    use super::description;

    #[test]
    fn every_key_is_in_the_window() {
        let description = description();
        for action in crate::ui::actions::Action::ALL {
            for key in action.keys() {
                let escaped = relm4::gtk::glib::markup_escape_text(key);
                assert!(description.contains(escaped.as_str()), "{key}");
            }
        }
    }
}
