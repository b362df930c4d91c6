//! What this program is.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use crate::base::i18n::{gettext, pgettext};
use crate::ui::launch::APPLICATION_ID;

/// Shows the window.
pub fn show(parent: &impl IsA<gtk::Window>) {
    // TRANSLATORS: your name, as it shall appear among the credits; one name a line.
    let translators = pgettext("name of the translator", "translator-credits");
    let about = adw::AboutWindow::builder()
        .transient_for(parent)
        .modal(true)
        .application_icon(APPLICATION_ID)
        .application_name("Symbolon")
        .version(env!("CARGO_PKG_VERSION"))
        .developer_name(gettext("The Symbolon authors"))
        .comments(gettext(
            "Look at, set up and use smart cards and crypto tokens",
        ))
        .license_type(gtk::License::Gpl30)
        .build();
    if translators != "translator-credits" {
        about.set_translator_credits(&translators);
    }
    about.present();
}
