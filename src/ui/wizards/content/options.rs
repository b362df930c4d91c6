//! How a package is put onto a card, as it is typed.

use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::plan::Deletion;
use crate::plan::content::{Aid, AppletWish, CapFile, InstallWish};
use crate::token::{Privilege, Registry};

/// What can be decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Options {
    delete: Vec<Deletion>,
    pub(super) with_descriptor: bool,
    pub(super) code_limit: String,
    pub(super) applets: Vec<AppletOptions>,
    /// What was last typed without a fault.
    last: Option<InstallWish>,
}

/// The same for an applet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AppletOptions {
    pub(super) module: Aid,
    /// Whether it is made at all.
    pub(super) install: bool,
    pub(super) instance: String,
    pub(super) privileges: Vec<Privilege>,
    pub(super) parameters: String,
    pub(super) data_limit: String,
}

/// One decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edit {
    /// Whether the descriptor is loaded too.
    Descriptor(bool),
    /// Bytes for the code.
    CodeLimit(String),
    /// Something about the applet at this place.
    Applet(usize, AppletEdit),
}

/// One decision about an applet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AppletEdit {
    /// Whether it is made.
    Install(bool),
    /// What it is selected by.
    Instance(String),
    /// Whether it has this privilege.
    Privilege(Privilege, bool),
    /// What it is told.
    Parameters(String),
    /// Bytes for its data.
    DataLimit(String),
}

/// What cannot be as it was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    Instance(usize),
    Parameters(usize),
    DataLimit(usize),
    CodeLimit,
}

impl Fault {
    /// What can be typed there.
    pub(super) fn words(self) -> String {
        match self {
            Self::Instance(_) => gettext("An AID has 5 to 16 bytes: 10 to 32 hexadecimal digits."),
            Self::Parameters(_) => gettext_f(
                "Parameters are hexadecimal digits, two for each byte, and at most {count} bytes.",
                &[("count", &MOST_PARAMETERS.to_string())],
            ),
            Self::DataLimit(_) | Self::CodeLimit => gettext_f(
                "A limit is a number of bytes up to {most}, or nothing at all.",
                &[("most", &u16::MAX.to_string())],
            ),
        }
    }
}

/// The most bytes of parameters: they share one command with three identifiers.
const MOST_PARAMETERS: usize = 128;

impl Options {
    /// The usual ones. Of what is on the card only what is known to be there is deleted.
    pub(super) fn usual(cap: &CapFile, registry: Option<&Registry>) -> Self {
        let usual = InstallWish::usual(cap);
        let usual = match registry {
            Some(registry) => usual.completed(registry),
            None => usual,
        };
        let there = |deletion: &Deletion| {
            registry.is_none_or(|registry| {
                let mut entries = registry.entries.iter();
                entries.any(|entry| entry.aid == deletion.aid.bytes())
            })
        };
        let number = |limit: Option<u16>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            delete: usual.delete.into_iter().filter(there).collect(),
            with_descriptor: usual.with_descriptor,
            code_limit: number(usual.code_limit),
            applets: usual
                .applets
                .into_iter()
                .map(|applet| AppletOptions {
                    module: applet.module,
                    install: true,
                    instance: applet.instance.to_string(),
                    privileges: Privilege::of_bytes(&applet.privileges),
                    parameters: hex::encode(&applet.parameters),
                    data_limit: number(applet.data_limit),
                })
                .collect(),
            last: None,
        }
        .remembering()
    }

    /// What is on the card is known now, or again: only of that something is deleted. What was typed
    /// stays.
    pub(super) fn meets(&mut self, cap: &CapFile, registry: Option<&Registry>) {
        self.delete = Self::usual(cap, registry).delete;
        if let Some(last) = &mut self.last {
            last.delete.clone_from(&self.delete);
        }
    }

    /// Keeps what is typed if it can be taken.
    fn remembering(mut self) -> Self {
        self.last = self.wish().ok().or(self.last);
        self
    }

    /// What was last typed without a fault.
    pub(super) fn last(&self) -> Option<&InstallWish> {
        self.last.as_ref()
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Descriptor(on) => self.with_descriptor = on,
            Edit::CodeLimit(text) => self.code_limit = text,
            Edit::Applet(place, edit) => {
                if let Some(applet) = self.applets.get_mut(place) {
                    applet.edit(edit);
                }
            }
        }
        self.last = self.wish().ok().or(self.last.take());
    }

    /// As it is typed, for a plan.
    pub(super) fn wish(&self) -> Result<InstallWish, Fault> {
        let applets = self.applets.iter().enumerate();
        let applets = applets.filter(|(_, applet)| applet.install);
        let applets = applets.map(|(place, applet)| {
            let instance = hex::decode(&applet.instance).and_then(|aid| Aid::new(&aid).ok());
            let parameters = hex::decode(&applet.parameters)
                .filter(|parameters| parameters.len() <= MOST_PARAMETERS);
            Ok(AppletWish {
                module: applet.module.clone(),
                instance: instance.ok_or(Fault::Instance(place))?,
                privileges: Privilege::to_bytes(&applet.privileges),
                parameters: parameters.ok_or(Fault::Parameters(place))?,
                data_limit: limit(&applet.data_limit).ok_or(Fault::DataLimit(place))?,
            })
        });
        Ok(InstallWish {
            delete: self.delete.clone(),
            with_descriptor: self.with_descriptor,
            code_limit: limit(&self.code_limit).ok_or(Fault::CodeLimit)?,
            applets: applets.collect::<Result<_, _>>()?,
        })
    }
}

impl AppletOptions {
    fn edit(&mut self, edit: AppletEdit) {
        match edit {
            AppletEdit::Install(on) => self.install = on,
            AppletEdit::Instance(text) => self.instance = text,
            AppletEdit::Privilege(privilege, on) => {
                self.privileges.retain(|known| *known != privilege);
                self.privileges.extend(on.then_some(privilege));
            }
            AppletEdit::Parameters(text) => self.parameters = text,
            AppletEdit::DataLimit(text) => self.data_limit = text,
        }
    }
}

/// A number of bytes; none if nothing was typed.
fn limit(text: &str) -> Option<Option<u16>> {
    match text.trim() {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            delete: Vec::new(),
            with_descriptor: false,
            code_limit: "16000".into(),
            applets: vec![AppletOptions {
                module: Aid::new(&[0xA0, 0, 0, 0, 1, 1]).unwrap(),
                install: true,
                instance: "A0 00 00 00 01 01".into(),
                privileges: vec![Privilege::CvmManagement],
                parameters: "00".into(),
                data_limit: String::new(),
            }],
            last: None,
        }
    }

    #[test]
    fn what_is_typed_becomes_a_wish() {
        let wish = options().wish().unwrap();
        assert_eq!(wish.code_limit, Some(16_000));
        let applet = wish.applets.first().unwrap();
        assert_eq!(applet.instance, applet.module);
        assert_eq!(applet.privileges, [0x02]);
        assert_eq!(
            (applet.parameters.as_slice(), applet.data_limit),
            (&[0][..], None)
        );
    }

    #[test]
    fn what_cannot_be_is_named() {
        let after = |edit| {
            let mut options = options();
            options.edit(edit);
            options.wish().unwrap_err()
        };
        let applet = |edit| Edit::Applet(0, edit);
        assert_eq!(after(Edit::CodeLimit("70000".into())), Fault::CodeLimit);
        let short = applet(AppletEdit::Instance("A000".into()));
        assert_eq!(after(short), Fault::Instance(0));
        let half = applet(AppletEdit::Parameters("0".into()));
        assert_eq!(after(half), Fault::Parameters(0));
        let words = applet(AppletEdit::DataLimit("much".into()));
        assert_eq!(after(words), Fault::DataLimit(0));
        let mut without = options();
        without.edit(applet(AppletEdit::Instance("A0".into())));
        without.edit(applet(AppletEdit::Install(false)));
        assert_eq!(without.wish().unwrap().applets, []);
    }
}
