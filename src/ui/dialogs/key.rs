//! The sheet of a key: what it is for, where it was made, when it asks, and its public half.

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::frame::{close_on_escape, facts, scrolled};
use crate::base::hex;
use crate::base::i18n::gettext;
use crate::explain;
use crate::pki::{public_key, ssh_key};
use crate::token::{ApplicationKind, Fact, Key, PublicKey};
use crate::ui::widgets::FactText;

/// The sheet. Nothing in it changes while it is open.
#[derive(Debug)]
pub struct KeyDialog {
    title: String,
    subtitle: String,
}

/// What it shows.
#[derive(Debug)]
pub struct KeyDialogInit {
    /// The token, as it is called.
    pub token: String,
    /// The application that has the key.
    pub application: ApplicationKind,
    /// The key.
    pub key: Key,
    /// What the card says of its public half.
    pub public: Vec<Fact>,
}

/// What happened in it.
#[derive(Debug)]
pub enum KeyDialogOutput {
    /// Something is on the clipboard: "PEM".
    Copied(String),
}

#[relm4::component(pub)]
impl SimpleComponent for KeyDialog {
    type Init = KeyDialogInit;
    type Input = ();
    type Output = KeyDialogOutput;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_width: 520,
            set_default_height: 620,
            set_title: Some(&model.title),

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    set_title_widget: Some(&adw::WindowTitle::new(&model.title, &model.subtitle)),
                },

                #[local_ref]
                scroller -> gtk::ScrolledWindow {},
            },
        }
    }

    fn init(
        init: KeyDialogInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let model = Self {
            title: explain::keys::slot(init.application, init.key.reference),
            subtitle: init.token,
        };
        close_on_escape(&root);
        let content = gtk::Box::new(gtk::Orientation::Vertical, 24);
        let output = sender.output_sender().clone();
        let copied = move |name: &str| output.emit(KeyDialogOutput::Copied(name.to_owned()));
        let mut public = public_half(&init.key, &model.subtitle);
        public.extend(init.public.iter().map(FactText::of));
        let groups = [
            (gettext("Key"), private_half(init.application, &init.key)),
            (gettext("Public key"), public),
        ];
        for (title, rows) in groups {
            if let Some(group) = facts(&title, &rows, &copied) {
                content.append(&group);
            }
        }
        let scroller = scrolled(&content);
        let scroller = &scroller;
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }
}

/// What is known of the key itself.
fn private_half(application: ApplicationKind, key: &Key) -> Vec<FactText> {
    let mut facts = Vec::new();
    let mut add = |name: String, value: Option<String>| {
        facts.extend(value.map(|value| FactText::new(name, value).without_copy()));
    };
    add(
        gettext("Purpose"),
        Some(explain::keys::purpose(application, key.purpose)),
    );
    add(
        gettext("Kind"),
        key.algorithm.as_ref().map(|algorithm| algorithm.name()),
    );
    add(
        gettext("Origin"),
        key.origin.map(explain::keys::origin_sentence),
    );
    add(gettext("Made on"), key.created.map(explain::dates::moment));
    add(
        gettext("PIN"),
        key.pin_policy.map(explain::keys::pin_policy),
    );
    add(
        gettext("Touch"),
        key.touch_policy.map(explain::keys::touch_policy),
    );
    add(
        gettext("How it is known"),
        Some(explain::keys::evidence(key.evidence)),
    );
    facts.extend(key.facts.iter().map(FactText::of));
    facts
}

/// The public key in the forms that programs take, and its fingerprints.
fn public_half(key: &Key, token: &str) -> Vec<FactText> {
    let mut facts = Vec::new();
    if let Some(fingerprint) = &key.fingerprint {
        let name = gettext("OpenPGP fingerprint");
        facts.push(FactText::new(name, hex::grouped(fingerprint, 2)).monospace());
    }
    let Some(public) = &key.public_key else {
        let words = gettext("The card does not tell it.");
        facts.push(FactText::new(gettext("Public key"), words).without_copy());
        return facts;
    };
    facts.extend(ssh(public, token));
    let pem = public_key::to_pem(public);
    facts.push(FactText::new(gettext("PEM"), pem.trim_end()).monospace());
    facts
}

fn ssh(public: &PublicKey, token: &str) -> Vec<FactText> {
    let line = ssh_key::line(public, token);
    let fingerprint = ssh_key::fingerprint(public);
    let named = [
        (gettext("SSH fingerprint"), fingerprint),
        (gettext("SSH line"), line),
    ];
    let known = named
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    known
        .map(|(name, value)| FactText::new(name, value).monospace())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Algorithm, Curve, Evidence, KeyRef, Origin, Purpose};

    fn key() -> Key {
        Key {
            reference: KeyRef(0x9A),
            purpose: Purpose::Authentication,
            algorithm: Some(Algorithm::Elliptic { curve: Curve::P256 }),
            origin: Some(Origin::Generated),
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: None,
            facts: Vec::new(),
        }
    }

    #[test]
    fn only_what_is_known_is_shown() {
        let facts = private_half(ApplicationKind::Piv, &key());
        let names: Vec<&str> = facts.iter().map(|fact| fact.name.as_str()).collect();
        assert_eq!(names, ["Purpose", "Kind", "Origin", "How it is known"]);
    }

    #[test]
    fn a_hidden_public_key_is_not_invented() {
        let facts = public_half(&key(), "Token");
        assert_eq!(facts.len(), 1);
        assert!(facts.iter().all(|fact| fact.copy.is_none()));
    }
}
