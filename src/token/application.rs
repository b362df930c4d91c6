//! Applications on a card.

use serde::Serialize;

use super::{Certificate, DataObject, Fact, FactName, Key, KeyRef, Pin, PublicKeyObject, Text};

/// An application that a card answered for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Application {
    /// Which.
    pub kind: ApplicationKind,
    /// Its identifier as the card gave it, else as it was selected.
    #[serde(serialize_with = "super::as_hex")]
    pub aid: Vec<u8>,
    /// Its version in words of the family: "3.4", "5.7.1".
    pub version: Option<Text>,
    /// Whether it could be read.
    pub state: ApplicationState,
    /// Its PINs, the holder's first.
    pub pins: Vec<Pin>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// What it says of public keys by themselves.
    pub public_keys: Vec<PublicKeyObject>,
    /// Its certificates.
    pub certificates: Vec<Certificate>,
    /// Its other data.
    pub data: Vec<DataObject>,
    /// What else it says.
    pub facts: Vec<Fact>,
}

/// Kinds of applications that have a driver.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// Personal Identity Verification (SP 800-73-4).
    Piv,
    /// OpenPGP card (2.0 to 3.4).
    #[serde(rename = "openpgp")]
    OpenPgp,
    /// Cryptographic token information format (PKCS #15, ISO/IEC 7816-15).
    Pkcs15,
}

impl ApplicationKind {
    /// Its name; a proper noun, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Piv => "PIV",
            Self::OpenPgp => "OpenPGP",
            Self::Pkcs15 => "PKCS#15",
        }
    }
}

/// Whether an application could be read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ApplicationState {
    /// It could.
    Readable,
    /// It was put out of use and can be activated again (OpenPGP life cycle).
    Terminated,
    /// Something is wrong with it; what was read so far is shown.
    Unreadable(Unreadable),
}

/// Why an application cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Unreadable {
    /// For the details: what was done and what the card answered. English, technical.
    pub detail: Text,
}

/// A key with its certificate, as one row of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyRow<'a> {
    /// The certificate is for this key.
    Pair(&'a Key, &'a Certificate),
    /// No certificate.
    KeyOnly(&'a Key),
    /// No key that the card tells of.
    CertificateOnly(&'a Certificate),
    /// The certificate in the slot of the key is for another key.
    Mismatch(&'a Key, &'a Certificate),
}

impl Application {
    /// An application of which nothing is known but its name.
    #[must_use]
    pub fn new(kind: ApplicationKind, aid: &[u8]) -> Self {
        Self {
            kind,
            aid: aid.to_vec(),
            version: None,
            state: ApplicationState::Readable,
            pins: Vec::new(),
            keys: Vec::new(),
            public_keys: Vec::new(),
            certificates: Vec::new(),
            data: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The fact that tells a card with it from others of its kind, if it has one.
    #[must_use]
    pub fn identity(&self) -> Option<&Fact> {
        let names = |fact: &&Fact| matches!(fact.name, FactName::Serial | FactName::Guid);
        self.facts.iter().find(names)
    }

    /// Says that something is wrong with it, and what; it says all that was wrong.
    pub fn mark(&mut self, detail: &str) {
        match &mut self.state {
            ApplicationState::Readable => {
                let detail = Text::from(detail);
                self.state = ApplicationState::Unreadable(Unreadable { detail });
            }
            ApplicationState::Unreadable(why) => {
                why.detail = Text::from(format!("{}; {detail}", why.detail));
            }
            ApplicationState::Terminated => {}
        }
    }

    /// What the card says of the public half of a key by itself.
    pub fn public_half(&self, key: KeyRef) -> impl Iterator<Item = &Fact> {
        let of_key = self
            .public_keys
            .iter()
            .filter(move |half| half.reference == key);
        of_key.flat_map(|half| &half.facts)
    }

    /// Public keys that have no private half and no certificate here.
    pub fn lone_public_keys(&self) -> impl Iterator<Item = &PublicKeyObject> {
        self.public_keys.iter().filter(|public| {
            let reference = public.reference;
            let key = self.keys.iter().any(|key| key.reference == reference);
            let mut certificates = self.certificates.iter();
            !key && !certificates.any(|certificate| certificate.slot == reference)
        })
    }

    /// Keys and certificates matched by public key, then by slot; never by label.
    #[must_use]
    pub fn key_rows(&self) -> Vec<KeyRow<'_>> {
        let mut rest: Vec<&Certificate> = self.certificates.iter().collect();
        let mut rows = Vec::new();
        for key in &self.keys {
            let spki = key.public_key.as_ref().map(|public| public.spki.as_slice());
            let same_key = |certificate: &&Certificate| {
                let summary = certificate.summary.as_ref();
                spki.is_some() && summary.map(|s| s.public_key.spki.as_slice()) == spki
            };
            let here = |certificate: &&Certificate| certificate.slot == key.reference;
            let matched = rest
                .iter()
                .position(|c| here(c) && same_key(c))
                .or_else(|| rest.iter().position(same_key));
            if let Some(index) = matched {
                rows.push(KeyRow::Pair(key, rest.remove(index)));
            } else if let Some(index) = rest.iter().position(here) {
                let certificate = rest.remove(index);
                let comparable = spki.is_some() && certificate.summary.is_some();
                rows.push(if comparable {
                    KeyRow::Mismatch(key, certificate)
                } else {
                    KeyRow::Pair(key, certificate)
                });
            } else {
                rows.push(KeyRow::KeyOnly(key));
            }
        }
        rows.extend(rest.into_iter().map(KeyRow::CertificateOnly));
        rows
    }
}
