//! The password of a file.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain;
use crate::pki::import::ImportError;
use crate::ui::widgets::SecretRow;

/// Asks for the password of the file of this name; with `wrong` the last one did not open it. `given`
/// is called once if there is one.
pub(in crate::ui) fn ask(
    window: &impl IsA<gtk::Window>,
    file: &str,
    wrong: bool,
    given: impl Fn(Secret) + 'static,
) {
    let heading = gettext_f("Password of {file}", &[("file", file)]);
    let row = SecretRow::new(&gettext("Password"));
    let list = gtk::ListBox::builder()
        .selection_mode(gtk::SelectionMode::None)
        .css_classes(["boxed-list"])
        .build();
    list.append(&row);
    let body = if wrong {
        explain::import::import_error(&ImportError::WrongPassword).title
    } else {
        gettext(
            "The key in it is protected. The password is kept until the wizard closes, and nowhere else.",
        )
    };
    let dialog = adw::MessageDialog::builder()
        .transient_for(window)
        .modal(true)
        .title(&heading)
        .heading(&heading)
        .body(body)
        .extra_child(&list)
        .default_response("open")
        .close_response("cancel")
        .build();
    dialog.add_response("cancel", &gettext("Cancel"));
    dialog.add_response("open", &gettext("Open"));
    dialog.set_response_appearance("open", adw::ResponseAppearance::Suggested);
    dialog.set_response_enabled("open", false);
    let button = dialog.downgrade();
    row.connect_changed(move |row| {
        if let Some(dialog) = button.upgrade() {
            dialog.set_response_enabled("open", !row.is_empty());
        }
    });
    let entered = dialog.downgrade();
    row.connect_activated({
        let row = row.clone();
        move || {
            if let Some(dialog) = entered.upgrade().filter(|_| !row.is_empty()) {
                dialog.response("open");
                dialog.close();
            }
        }
    });
    // Only when it is on the screen: before, GTK 4.8 forgets for screen readers what it is.
    let first = row.clone();
    dialog.connect_map(move |_| {
        first.grab_focus();
    });
    dialog.connect_response(None, move |_, response| {
        let password = row.take();
        if response == "open" && !password.is_empty() {
            given(password);
        }
    });
    dialog.present();
}
