//! Applications on a card.

use serde::Serialize;

use super::{
    Certificate, DataObject, Fact, FactName, FactValue, Flag, Key, KeyRef, Pin, PublicKeyObject,
    Text,
};

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

/// Kinds of applications that have a driver. A token has each at most once.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ApplicationKind {
    /// Personal Identity Verification (SP 800-73-4).
    Piv,
    /// OpenPGP card (2.0 to 3.4).
    OpenPgp,
    /// Cryptographic token information format (PKCS #15, ISO/IEC 7816-15).
    Pkcs15,
    /// The MUSCLE applet ("CardEdge") without a PKCS #15 application in its objects.
    Muscle,
    /// One more PKCS #15 application on the same card, in a directory and with PINs of its own.
    FurtherPkcs15(Further),
}

/// The number of an application among those of its kind on one card: 2 to 8, as the card lists
/// them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Further(u8);

impl ApplicationKind {
    /// Its name; a proper noun, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Piv => "PIV",
            Self::OpenPgp => "OpenPGP",
            Self::Pkcs15 => "PKCS#15",
            Self::Muscle => "MUSCLE",
            Self::FurtherPkcs15(further) => further.names().0,
        }
    }

    /// What documents and the command line call it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Piv => "piv",
            Self::OpenPgp => "openpgp",
            Self::Pkcs15 => "pkcs15",
            Self::Muscle => "muscle",
            Self::FurtherPkcs15(further) => further.names().1,
        }
    }

    /// The kind of which a card has several, or itself.
    #[must_use]
    pub fn family(self) -> Self {
        match self {
            Self::FurtherPkcs15(_) => Self::Pkcs15,
            Self::Piv | Self::OpenPgp | Self::Pkcs15 | Self::Muscle => self,
        }
    }
}

impl Serialize for ApplicationKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Further {
    /// All that there are.
    pub const ALL: [Self; 7] = [
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
        Self(8),
    ];

    /// Its names for people and for programs.
    fn names(self) -> (&'static str, &'static str) {
        match self.0 {
            ..=2 => ("PKCS#15 (2)", "pkcs15-2"),
            3 => ("PKCS#15 (3)", "pkcs15-3"),
            4 => ("PKCS#15 (4)", "pkcs15-4"),
            5 => ("PKCS#15 (5)", "pkcs15-5"),
            6 => ("PKCS#15 (6)", "pkcs15-6"),
            7 => ("PKCS#15 (7)", "pkcs15-7"),
            8.. => ("PKCS#15 (8)", "pkcs15-8"),
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

    /// Whether something is in it that is said to be for who knows a PIN.
    #[must_use]
    pub fn shows_private(&self) -> bool {
        let is_private = |facts: &[Fact]| {
            facts.iter().any(|fact| match &fact.value {
                FactValue::Flags(flags) if fact.name == FactName::ObjectFlags => {
                    flags.contains(&Flag::Private)
                }
                _ => false,
            })
        };
        let data = |object: &DataObject| object.content.is_some() && is_private(&object.facts);
        self.data.iter().any(data)
            || self
                .certificates
                .iter()
                .any(|certificate| is_private(&certificate.facts))
    }

    /// Whether something in it would be read after a PIN, and was not.
    #[must_use]
    pub fn hides_private(&self) -> bool {
        let locked = |fact: &Fact| fact.name == FactName::Locked;
        self.facts.iter().any(locked) || self.data.iter().any(DataObject::waits_for_pin)
    }

    /// What it calls itself.
    #[must_use]
    pub fn label(&self) -> Option<&Text> {
        self.facts.iter().find_map(|fact| match &fact.value {
            FactValue::Text(label) if fact.name == FactName::Label => Some(label),
            _ => None,
        })
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
