//! What is on a token is called something else, or deleted.

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::wish::{MAX_LABEL, MAX_TOKEN_LABEL, fits, plain};
use super::{Detail, SetupInput, SetupWizard};
use crate::base::hex::Hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::plan::Named;
use crate::plan::profile::Profile;
use crate::token::{ApplicationKind, Fact, FactName, FactValue, Text, Token};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::group;
use crate::ui::wizards::parts::{column, toggle};

/// Something on the token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Item {
    what: Thing,
    /// What it is called.
    was: String,
    /// What it shall be called.
    name: String,
    /// Whether it goes.
    deleted: bool,
    /// Whether it is kept by an applet that takes no other names.
    fixed: bool,
}

/// What it is.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Thing {
    Named(Named),
    /// Data, which is known by its name alone.
    Data,
}

/// What the person does with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// It gets this name.
    Name(String),
    /// It goes, or stays.
    Delete(bool),
}

impl Item {
    fn new(what: Thing, label: Option<&Text>) -> Self {
        let was = label.map(ToString::to_string).unwrap_or_default();
        Self {
            what,
            name: was.clone(),
            was,
            deleted: false,
            fixed: false,
        }
    }

    /// Everything on a token that can be named or deleted.
    pub(super) fn all(token: &Token) -> Vec<Self> {
        let Some(read) = token.application(ApplicationKind::Pkcs15) else {
            return Vec::new();
        };
        let mut items = vec![Self::new(Thing::Named(Named::Token), token.label.as_ref())];
        let mut add = |named: Option<Named>, label: Option<&Text>| {
            items.extend(named.map(|named| Self::new(Thing::Named(named), label)));
        };
        for pin in &read.pins {
            let auth_id = bytes(&pin.facts, FactName::AuthId);
            add(
                auth_id.map(|auth_id| Named::Pin { auth_id }),
                pin.label.as_ref(),
            );
        }
        for key in &read.keys {
            let id = bytes(&key.facts, FactName::Id);
            add(id.map(|id| Named::Key { id }), key.label.as_ref());
        }
        for certificate in &read.certificates {
            let id = bytes(&certificate.facts, FactName::Id);
            add(
                id.map(|id| Named::Certificate { id }),
                certificate.label.as_ref(),
            );
        }
        // Without a name nobody could say which one is meant.
        let data = read.data.iter().filter(|data| data.label.is_some());
        items.extend(data.map(|data| Self::new(Thing::Data, data.label.as_ref())));
        // Where two are known by the same, nobody could say which one is meant.
        let known: Vec<_> = items.iter().map(Self::known_by).collect();
        let alone = |item: &Self| {
            let same = known.iter().filter(|other| **other == item.known_by());
            same.count() == 1
        };
        let fixed = read.facts.iter().any(|fact| fact.name == FactName::KeptBy);
        let items = items.into_iter().filter(alone);
        items.map(|item| Self { fixed, ..item }).collect()
    }

    /// What a plan knows it by.
    fn known_by(&self) -> (Thing, String) {
        let label = match self.what {
            Thing::Data => self.was.clone(),
            Thing::Named(_) => String::new(),
        };
        (self.what.clone(), label)
    }

    /// Takes note of a change.
    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::Name(name) => self.name = name,
            Change::Delete(on) => self.deleted = on,
        }
    }

    /// The most bytes of its name.
    fn most(&self) -> usize {
        match self.what {
            Thing::Named(Named::Token) => MAX_TOKEN_LABEL,
            Thing::Named(_) | Thing::Data => MAX_LABEL,
        }
    }

    fn is_renamed(&self) -> bool {
        !self.deleted && !self.fixed && self.name.trim() != self.was.trim()
    }

    fn fits(&self) -> bool {
        !self.is_renamed() || fits(&self.name, self.most())
    }

    /// What it is, in words.
    fn title(&self) -> String {
        let of = |words: String, id: &Hex| format!("{words} {id}");
        match &self.what {
            Thing::Named(Named::Token) => gettext("Name of the token"),
            Thing::Named(Named::Pin { auth_id }) => of(gettext("PIN"), auth_id),
            Thing::Named(Named::Key { id }) => of(gettext("Key"), id),
            Thing::Named(Named::Certificate { id }) => of(gettext("Certificate"), id),
            Thing::Data => gettext("Data"),
        }
    }

    /// Whether it can be deleted by itself.
    fn can_go(&self) -> bool {
        match &self.what {
            Thing::Named(Named::Token | Named::Pin { .. }) => false,
            Thing::Named(Named::Key { .. } | Named::Certificate { .. }) => true,
            Thing::Data => !self.fixed,
        }
    }
}

/// Whether something changes, and every new name has a place.
pub(super) fn are_complete(items: &[Item]) -> bool {
    let changed = |item: &Item| item.deleted || item.is_renamed();
    items.iter().any(changed) && items.iter().all(Item::fits)
}

/// The profile that these changes come to.
pub(super) fn profile(name: String, items: &[Item]) -> Profile {
    let mut profile = Profile {
        name,
        ..Profile::default()
    };
    for item in items {
        match &item.what {
            Thing::Named(Named::Key { id }) if item.deleted => profile.delete_keys.push(id.clone()),
            Thing::Named(Named::Certificate { id }) if item.deleted => {
                profile.delete_certificates.push(id.clone());
            }
            Thing::Data if item.deleted => profile.delete_data.push(item.was.clone()),
            Thing::Named(named) if item.is_renamed() => {
                let label = plain(&item.name);
                profile.renames.push((named.clone(), label));
            }
            Thing::Named(_) | Thing::Data => {}
        }
    }
    profile
}

fn bytes(facts: &[Fact], name: FactName) -> Option<Hex> {
    let found = facts.iter().find(|fact| fact.name == name)?;
    match &found.value {
        FactValue::Bytes(bytes) => Some(Hex(bytes.clone())),
        _ => None,
    }
}

/// The rows for them.
#[derive(Debug)]
pub(super) struct TidyRows {
    pub(super) root: gtk::Box,
    group: adw::PreferencesGroup,
    rows: Vec<gtk::Widget>,
    entries: Vec<(usize, adw::EntryRow)>,
}

impl TidyRows {
    pub(super) fn new() -> Self {
        let root = column(6);
        let group = group("");
        root.append(&group);
        Self {
            root,
            group,
            rows: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Shows what is on the token.
    pub(super) fn fill(&mut self, items: &[Item], sender: &ComponentSender<SetupWizard>) {
        for row in self.rows.drain(..) {
            self.group.remove(&row);
        }
        self.entries.clear();
        self.group
            .set_description(Some(&gtk::glib::markup_escape_text(&about(items))));
        for (place, item) in items.iter().enumerate() {
            let row: gtk::Widget = match item.what {
                Thing::Named(_) if !item.fixed => self.entry(place, item, sender),
                Thing::Named(_) | Thing::Data => {
                    let row = adw::ActionRow::builder()
                        .title(gtk::glib::markup_escape_text(&item.was))
                        .subtitle(gtk::glib::markup_escape_text(&item.title()))
                        .build();
                    if item.can_go() {
                        row.add_suffix(&delete(place, item, sender));
                    }
                    row.upcast()
                }
            };
            self.group.add(&row);
            self.rows.push(row);
        }
    }

    fn entry(
        &mut self,
        place: usize,
        item: &Item,
        sender: &ComponentSender<SetupWizard>,
    ) -> gtk::Widget {
        let row = adw::EntryRow::builder()
            .title(gtk::glib::markup_escape_text(&item.title()))
            .text(&item.name)
            .build();
        let input = sender.input_sender().clone();
        row.connect_changed(move |row| {
            let change = Change::Name(row.text().into());
            input.emit(SetupInput::Detail(Detail::Item(place, change)));
        });
        let input = sender.input_sender().clone();
        row.connect_entry_activated(move |_| input.emit(SetupInput::Primary));
        if item.can_go() {
            row.add_suffix(&delete(place, item, sender));
        }
        self.entries.push((place, row.clone()));
        row.upcast()
    }

    /// Shows what follows from the changes.
    pub(super) fn show(&self, items: &[Item]) {
        for (place, row) in &self.entries {
            if let Some(item) = items.get(*place) {
                toggle(row, "error", !item.fits());
                row.set_editable(!item.deleted);
                toggle(row, "dim-label", item.deleted);
            }
        }
    }

    /// Gives the focus to the first entry, or else to the first thing that can be deleted.
    pub(super) fn focus(&self) {
        match self.entries.first() {
            Some((_, row)) => drop(row.grab_focus()),
            None => drop(self.group.child_focus(gtk::DirectionType::TabForward)),
        }
    }
}

/// What can be done with what is on the token.
fn about(items: &[Item]) -> String {
    if items.iter().any(|item| item.fixed) {
        gettext(
            "The MUSCLE applet takes no other names; keys and certificates can be deleted. Over a key that is deleted the card puts another one, and its certificate becomes useless.",
        )
    } else {
        gettext(
            "Names can be changed, and what is not needed any more be deleted. A key that is deleted is gone for good, and its certificate becomes useless.",
        )
    }
}

fn delete(place: usize, item: &Item, sender: &ComponentSender<SetupWizard>) -> gtk::ToggleButton {
    let words = gettext_f(
        // TRANSLATORS: {what} is "Key 45", {name} what it is called.
        "Delete {what} “{name}”",
        &[("what", &item.title()), ("name", &item.was)],
    );
    let button = gtk::ToggleButton::builder()
        .icon_name("user-trash-symbolic")
        .tooltip_text(&words)
        .valign(gtk::Align::Center)
        .css_classes(["flat"])
        .build();
    button.set_a11y_label(&words);
    let input = sender.input_sender().clone();
    button.connect_toggled(move |button| {
        let change = Change::Delete(button.is_active());
        input.emit(SetupInput::Detail(Detail::Item(place, change)));
    });
    button
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests may stop")]
mod tests {
    use super::*;
    use crate::token::Application;

    fn items() -> Vec<Item> {
        let text = Text::from("Mail");
        let id = Hex(vec![0x45]);
        vec![
            Item::new(Thing::Named(Named::Token), Some(&Text::from("VPN"))),
            Item::new(Thing::Named(Named::Key { id: id.clone() }), Some(&text)),
            Item::new(Thing::Named(Named::Certificate { id }), None),
            Item::new(Thing::Data, Some(&Text::from("note"))),
        ]
    }

    #[test]
    fn only_what_was_changed_is_in_the_profile() {
        let mut items = items();
        assert!(!are_complete(&items));
        assert_eq!(profile(String::new(), &items), Profile::default());
        items[0].change(Change::Name(" Anna Rossi ".into()));
        items[1].change(Change::Name("forgotten".into()));
        items[1].change(Change::Delete(true));
        items[3].change(Change::Delete(true));
        assert!(are_complete(&items));
        let made = profile("Tidy".into(), &items);
        assert_eq!(made.renames, [(Named::Token, "Anna Rossi".into())]);
        assert_eq!(made.delete_keys, [Hex(vec![0x45])]);
        assert_eq!(made.delete_data, ["note"]);
        assert!(made.delete_certificates.is_empty());
    }

    #[test]
    fn names_on_an_applet_stay_as_they_are() {
        let mut read = Application::new(ApplicationKind::Pkcs15, &[]);
        let all = |read: &Application| {
            Item::all(&Token {
                applications: vec![read.clone()],
                label: Some(Text::from("VPN")),
                ..Token::default()
            })
        };
        let renamed = |items: &mut Vec<Item>| {
            items[0].change(Change::Name("Other".into()));
            are_complete(items) && !profile(String::new(), items).renames.is_empty()
        };
        assert!(renamed(&mut all(&read)));
        let applet = Text::from("MUSCLE");
        read.facts.push(Fact::text(FactName::KeptBy, applet));
        assert!(!renamed(&mut all(&read)));
        // Keys and certificates go all the same; data is not on it.
        let of = |what| Item {
            fixed: true,
            ..Item::new(what, Some(&Text::from("Mail")))
        };
        let id = Hex(vec![0x45]);
        let mut items = all(&read);
        items.push(of(Thing::Named(Named::Key { id: id.clone() })));
        items[1].change(Change::Delete(true));
        assert!(are_complete(&items));
        assert_eq!(profile(String::new(), &items).delete_keys, [id]);
        assert!(items[1].can_go() && !of(Thing::Data).can_go());
    }

    #[test]
    fn a_new_name_has_to_be_there_and_to_fit() {
        let mut items = items();
        // What has no name may stay without one.
        items[3].change(Change::Delete(true));
        assert!(are_complete(&items));
        items[0].change(Change::Name("a".repeat(33)));
        assert!(!are_complete(&items));
        items[0].change(Change::Name("  ".into()));
        assert!(!are_complete(&items));
    }
}
