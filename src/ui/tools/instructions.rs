//! Something for the person to do outside of this program: why, and the text to copy.

use relm4::adw::prelude::*;
use relm4::gtk::glib;
use relm4::{adw, gtk};

use crate::base::i18n::{gettext, gettext_f};
use crate::token::Text;

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instructions {
    /// The title of the window.
    pub title: String,
    /// Why, and how.
    pub body: String,
    /// What is to be typed or pasted.
    pub text: String,
}

/// What installs the service on Debian and what comes from it.
const INSTALL: &str = "sudo apt install pcscd";

/// How the smart card service is installed.
#[must_use]
pub fn install() -> Instructions {
    Instructions {
        title: gettext("Install the smart card service"),
        body: gettext(
            "The service is a program named pcscd. On Debian and Ubuntu this command installs it; on other systems the package is named pcscd, pcsc-lite or pcsclite. Symbolon sees it by itself when it is there.",
        ),
        text: INSTALL.to_owned(),
    }
}

/// The rule that lets `user` use smart cards (polkit.8, "Authorization rules"; the two actions
/// are those of pcsc-lite's `org.debian.pcsc-lite.policy`).
#[must_use]
pub fn rule(user: &str) -> Instructions {
    Instructions {
        title: gettext("Allow access to smart cards"),
        body: gettext_f(
            "An administrator saves this rule as {file}. It holds at once, for the user {user} alone.",
            &[
                ("file", "/etc/polkit-1/rules.d/50-symbolon-pcsc.rules"),
                ("user", user),
            ],
        ),
        text: format!(
            "polkit.addRule(function(action, subject) {{\n\
             \x20   if ((action.id == \"org.debian.pcsc-lite.access_pcsc\" ||\n\
             \x20        action.id == \"org.debian.pcsc-lite.access_card\") &&\n\
             \x20       subject.user == {user}) {{\n\
             \x20       return polkit.Result.YES;\n\
             \x20   }}\n\
             }});\n",
            user = serde_json::Value::from(user),
        ),
    }
}

/// Shows the window; `copied` is called when the text was copied.
pub fn show(
    parent: &impl IsA<gtk::Window>,
    instructions: &Instructions,
    copied: impl Fn() + 'static,
) {
    let window = adw::Window::new();
    window.set_title(Some(&instructions.title));
    window.set_modal(true);
    window.set_default_width(640);
    let why = gtk::Label::builder()
        .label(&instructions.body)
        .wrap(true)
        .xalign(0.0)
        .build();
    let text = gtk::Label::builder()
        .label(instructions.text.trim_end())
        .selectable(true)
        .wrap(true)
        .xalign(0.0)
        .margin_top(12)
        .margin_bottom(12)
        .margin_start(12)
        .margin_end(12)
        .css_classes(["monospace"])
        .build();
    let card = gtk::Box::new(gtk::Orientation::Vertical, 0);
    card.add_css_class("card");
    card.append(&text);
    let copy = gtk::Button::builder()
        .label(gettext("Copy"))
        .halign(gtk::Align::Center)
        .css_classes(["pill", "suggested-action"])
        .build();
    let (copy_text, closing) = (instructions.text.clone(), window.clone());
    copy.connect_clicked(move |button| {
        button.clipboard().set_text(&copy_text);
        copied();
        closing.close();
    });
    let content = gtk::Box::builder()
        .orientation(gtk::Orientation::Vertical)
        .spacing(18)
        .margin_top(18)
        .margin_bottom(24)
        .margin_start(18)
        .margin_end(18)
        .build();
    content.append(&why);
    content.append(&card);
    content.append(&copy);
    let page = gtk::Box::new(gtk::Orientation::Vertical, 0);
    page.append(&adw::HeaderBar::new());
    page.append(&content);
    window.set_content(Some(&page));
    close_on_escape(&window);
    window.set_transient_for(Some(parent));
    window.present();
    // Only now: on GTK 4.8 a window that is not shown yet and gets a focus loses its role. The text
    // had the focus until now, and was selected with it.
    copy.grab_focus();
    text.select_region(0, 0);
}

/// Escape closes a window that asks nothing.
pub fn close_on_escape(window: &adw::Window) {
    let controller = gtk::ShortcutController::new();
    controller.add_shortcut(gtk::Shortcut::new(
        gtk::ShortcutTrigger::parse_string("Escape|<Control>w"),
        Some(gtk::NamedAction::new("window.close")),
    ));
    window.add_controller(controller);
}

/// The name of the user, for the rule.
#[must_use]
pub fn user() -> String {
    Text::from_os(&glib::user_name()).to_string()
}

#[cfg(test)]
mod tests {
    use super::rule;

    #[test]
    fn a_user_name_cannot_break_out_of_the_rule() {
        assert!(rule("anna").text.contains("subject.user == \"anna\")"));
        let odd = rule("a\") || (true").text;
        assert!(odd.contains(r#"subject.user == "a\") || (true")"#), "{odd}");
    }
}
