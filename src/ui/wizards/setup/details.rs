//! The second page: names, sizes, which PINs there are.

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::applet::AppletForm;
use super::tidy::{Item, TidyRows};
use super::wish::{self, Details};
use super::{Detail, SetupInput, SetupWizard};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::wizards::parts::{Warning, alert, column, switch_row};

/// The page.
#[derive(Debug)]
pub(super) struct DetailsPage {
    pub(super) root: gtk::ScrolledWindow,
    trouble: Warning,
    own: gtk::Box,
    label: adw::EntryRow,
    label_note: gtk::Label,
    pin: adw::EntryRow,
    pin_note: gtk::Label,
    /// Whether there is a PUK, and a security officer.
    codes: [adw::ActionRow; 2],
    size: adw::ComboRow,
    sizes: gtk::StringList,
    without: Warning,
    applet: AppletForm,
    person: adw::PreferencesGroup,
    name: adw::EntryRow,
    key: gtk::Box,
    key_group: adw::PreferencesGroup,
    key_label: adw::EntryRow,
    key_note: gtk::Label,
    key_purpose: adw::ComboRow,
    tidy: TidyRows,
}

/// What is decided on the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum About {
    /// A token that is set up.
    Token,
    /// Whose token it is, for a profile.
    Person,
    /// A key from a file.
    Key,
    /// What is on the token.
    Items,
}

/// Whether there shall be a PUK, and a security officer.
fn codes(sender: &ComponentSender<SetupWizard>) -> [adw::ActionRow; 2] {
    let switched = |detail: fn(bool) -> Detail| {
        let input = sender.input_sender().clone();
        move |on| input.emit(SetupInput::Detail(detail(on)))
    };
    let (puk, _) = switch_row(
        &gettext("PUK"),
        &gettext("Gives a new PIN when the PIN is blocked or forgotten."),
        true,
        switched(Detail::Puk),
    );
    let (officer, _) = switch_row(
        &gettext("SO-PIN"),
        &gettext(
            "The PIN of the security officer, kept apart from the token: with it the token is set up anew and forgotten PINs are replaced.",
        ),
        true,
        switched(Detail::Officer),
    );
    [puk, officer]
}

impl DetailsPage {
    pub(super) fn new(sender: &ComponentSender<SetupWizard>) -> Self {
        let tell = |detail: fn(String) -> Detail| {
            let input = sender.input_sender().clone();
            move |row: &adw::EntryRow| input.emit(SetupInput::Detail(detail(row.text().into())))
        };
        let entry = |title: &str| {
            let row = adw::EntryRow::builder().title(title).build();
            let input = sender.input_sender().clone();
            row.connect_entry_activated(move |_| input.emit(SetupInput::Primary));
            row
        };
        let label = entry(&gettext("Name of the token"));
        label.connect_changed(tell(Detail::Label));
        let pin = entry(&gettext("Name of the PIN"));
        pin.connect_changed(tell(Detail::PinLabel));
        let name = entry(&gettext("Name of the holder"));
        name.connect_changed(tell(Detail::Name));
        let key_label = entry(&gettext("Name of the key"));
        key_label.connect_changed(tell(Detail::KeyLabel));
        let uses = wish::USES.map(explain::plan::purpose);
        let uses = gtk::StringList::new(&uses.each_ref().map(String::as_str));
        let key_purpose = adw::ComboRow::builder()
            .title(gettext("Use"))
            .model(&uses)
            .build();
        let input = sender.input_sender().clone();
        key_purpose.connect_selected_notify(move |row| {
            input.emit(SetupInput::Detail(Detail::KeyPurpose(row.selected())));
        });
        let sizes = gtk::StringList::new(&[]);
        let size = adw::ComboRow::builder()
            .title(gettext("Keys"))
            .model(&sizes)
            .build();
        let input = sender.input_sender().clone();
        size.connect_selected_notify(move |row| {
            input.emit(SetupInput::Detail(Detail::Size(row.selected())));
        });
        let page = Self {
            root: gtk::ScrolledWindow::new(),
            trouble: Warning::new(true),
            own: column(18),
            label,
            label_note: note(),
            pin,
            pin_note: note(),
            codes: codes(sender),
            size,
            sizes,
            without: Warning::new(false),
            applet: AppletForm::new(sender),
            person: group(""),
            name,
            key: column(6),
            key_group: group(""),
            key_label,
            key_note: note(),
            key_purpose,
            tidy: TidyRows::new(),
        };
        let content = page.lay_out();
        Self {
            root: scrolled(&content),
            ..page
        }
    }

    fn lay_out(&self) -> gtk::Box {
        let with_note = |group: &adw::PreferencesGroup, note: &gtk::Label| {
            let both = column(6);
            both.append(group);
            both.append(note);
            both
        };
        let token = group("");
        token.add(&self.label);
        self.own.append(&with_note(&token, &self.label_note));
        let keys = group("");
        let advice = explain::plan::rather_on_card();
        keys.set_description(Some(&gtk::glib::markup_escape_text(&advice)));
        keys.add(&self.size);
        self.own.append(&keys);
        let pins = group(&gettext("PINs"));
        pins.add(&self.pin);
        for row in &self.codes {
            pins.add(row);
        }
        self.own.append(&with_note(&pins, &self.pin_note));
        self.own.append(self.without.widget());
        self.own.append(&self.applet.root);
        self.person.add(&self.name);
        self.key_group.add(&self.key_label);
        self.key_group.add(&self.key_purpose);
        self.key.append(&self.key_group);
        self.key.append(&self.key_note);
        let content = column(18);
        content.append(self.trouble.widget());
        content.append(&self.own);
        content.append(&self.person);
        content.append(&self.key);
        content.append(&self.tidy.root);
        content
    }

    /// Fills the page, once it is known which card it is for.
    pub(super) fn fill(&self, details: &Details, sizes: &[u16], applet: bool) {
        // An applet has both by its first set-up, whatever is wanted.
        for row in &self.codes {
            row.set_visible(!applet);
        }
        let words: Vec<String> = sizes
            .iter()
            .map(|bits| gettext_f("RSA {bits}", &[("bits", &bits.to_string())]))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.sizes.splice(0, self.sizes.n_items(), &words);
        self.label.set_text(&details.label);
        self.pin.set_text(&details.pin_label);
    }

    /// Fills the part for what is on the token.
    pub(super) fn fill_items(&mut self, items: &[Item], sender: &ComponentSender<SetupWizard>) {
        self.tidy.fill(items, sender);
    }

    /// Shows what follows from what is done with them.
    pub(super) fn show_items(&self, items: &[Item]) {
        self.tidy.show(items);
    }

    /// A file was opened, and proposes a name for the key in it, or else for the certificate.
    pub(super) fn propose(&self, label: &str, key: bool) {
        self.key_label.set_title(&if key {
            gettext("Name of the key")
        } else {
            gettext("Name of the certificate")
        });
        self.key_purpose.set_visible(key);
        let advice = if key {
            explain::plan::rather_on_card()
        } else {
            String::new()
        };
        self.key_group
            .set_description(Some(&gtk::glib::markup_escape_text(&advice)));
        self.key_label.set_text(label);
    }

    /// Shows what follows from what was typed.
    pub(super) fn show(&self, details: &Details, about: About, trouble: Option<(&str, &str)>) {
        self.own.set_visible(about == About::Token);
        self.person.set_visible(about == About::Person);
        self.key.set_visible(about == About::Key);
        self.tidy.root.set_visible(about == About::Items);
        self.trouble.show(trouble);
        let too_long = |row: &adw::EntryRow, note: &gtk::Label, text: &str, most: usize| {
            let long = !text.trim().is_empty() && !wish::fits(text, most);
            crate::ui::wizards::parts::toggle(row, "error", long);
            let words = gettext_f(
                "This name is too long: there is room for {most} bytes, and signs beyond plain letters take two or more.",
                &[("most", &most.to_string())],
            );
            crate::ui::wizards::parts::set_once(note, if long { &words } else { "" });
            note.set_visible(long);
        };
        too_long(
            &self.label,
            &self.label_note,
            &details.label,
            wish::MAX_TOKEN_LABEL,
        );
        too_long(
            &self.pin,
            &self.pin_note,
            &details.pin_label,
            wish::MAX_LABEL,
        );
        too_long(
            &self.key_label,
            &self.key_note,
            &details.key_label,
            wish::MAX_LABEL,
        );
        self.applet.show(details.applet.as_ref());
        let title = gettext("Without an SO-PIN");
        let body = explain::plan::without_officer();
        let without = (!details.officer).then_some((title.as_str(), body.as_str()));
        self.without.show(without);
    }

    /// Gives the focus to the first entry.
    pub(super) fn focus(&self) {
        if self.tidy.root.is_visible() {
            return self.tidy.focus();
        }
        let first = if self.own.is_visible() {
            &self.label
        } else if self.key.is_visible() {
            &self.key_label
        } else {
            &self.name
        };
        first.grab_focus();
    }
}

fn note() -> gtk::Label {
    let note = alert(&["caption", "error"]);
    note.set_margin_start(6);
    note.set_visible(false);
    note
}
