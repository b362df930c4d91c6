//! What was promised and what is there.

use super::{Named, NewKey, Plan, Task};
use crate::base::hex::Hex;
use crate::pki::certificate as x509;
use crate::token::{
    Algorithm, Application, ApplicationKind, Certificate, Fact, FactName, FactValue, Key,
    PublicKey, Text, Token,
};

/// Something that a plan promises, and whether it is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Promise {
    /// The number of the task.
    pub step: usize,
    /// What.
    pub what: Promised,
    /// Whether it is so.
    pub kept: bool,
}

/// What can be promised.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Promised {
    /// The token is empty.
    Empty,
    /// The token is called so.
    Label(String),
    /// There is a PIN with this name.
    Pin(String),
    /// There is a key with this name and size, and its public half.
    Key(String),
    /// There is this certificate.
    Certificate(String),
    /// There is such data.
    Data(String),
    /// There is no key, certificate or data any more with this identifier or name.
    Gone(String),
}

/// Compares a plan that was carried out with the token as it is read now.
#[must_use]
pub fn compare(plan: &Plan, token: &Token) -> Vec<Promise> {
    let application = token.application(ApplicationKind::Pkcs15);
    let mut promises = Vec::new();
    for (step, task) in plan.tasks.iter().enumerate() {
        let later = plan.tasks.get(step + 1..).unwrap_or_default();
        if let Some((what, kept)) = promise(task, later, application) {
            promises.push(Promise { step, what, kept });
        }
    }
    promises
}

fn promise(
    task: &Task,
    later: &[Task],
    application: Option<&Application>,
) -> Option<(Promised, bool)> {
    let now = Now(application);
    Some(match task {
        Task::Format | Task::DeleteApplication => {
            if later.iter().any(|task| matches!(task, Task::Create(_))) {
                return None;
            }
            (Promised::Empty, application.is_none())
        }
        Task::Create(new) => {
            let label = last_label(later).unwrap_or(&new.label);
            let kept = now.is_called(label) && now.has_pin(&new.owner.auth_id);
            (Promised::Label(label.to_owned()), kept)
        }
        Task::StorePin(new) => (Promised::Pin(new.label.clone()), now.has_pin(&new.auth_id)),
        Task::GenerateKey(new) | Task::ImportKey(new) => {
            let gone = |task: &Task| matches!(task, Task::DeleteKey { id } if *id == new.id);
            if later.iter().any(gone) {
                return None;
            }
            (Promised::Key(new.label.clone()), now.has_key(new))
        }
        Task::StoreCertificate(new) => {
            let gone = |task: &Task| match task {
                Task::DeleteCertificate { id } => *id == new.id,
                Task::StoreCertificate(other) => other.id == new.id,
                _ => false,
            };
            if later.iter().any(gone) {
                return None;
            }
            let stored = now.certificate(&new.id);
            let kept = stored.is_some_and(|stored| stored.der == new.der.0);
            (Promised::Certificate(new.label.clone()), kept)
        }
        Task::StoreData(new) => (Promised::Data(new.label.clone()), now.has_data(&new.label)),
        Task::DeleteKey { id } => {
            let kept = now.key(id).is_none() || makes_key(later, id);
            (Promised::Gone(id.to_string()), kept)
        }
        Task::DeleteCertificate { id } => {
            let again = |task: &Task| matches!(task, Task::StoreCertificate(new) if new.id == *id);
            let kept = now.certificate(id).is_none() || later.iter().any(again);
            (Promised::Gone(id.to_string()), kept)
        }
        Task::DeleteData { label } => (Promised::Gone(label.clone()), !now.has_data(label)),
        Task::Rename { what, label } => {
            let kept = application.is_some_and(|read| is_called(read, what, label));
            (Promised::Label(label.clone()), kept)
        }
        Task::Secure | Task::Activate => return None,
        // Each of these has asked the card manager, or tried the applet, before it was done.
        Task::SetUpApplet(_)
        | Task::DeleteContent(_)
        | Task::LoadPackage(_)
        | Task::InstallApplet(_)
        | Task::SetLock { .. }
        | Task::SetCardState { .. }
        | Task::PutKeys(_)
        | Task::DeleteKeys { .. } => return None,
    })
}

/// What is on the token now.
struct Now<'a>(Option<&'a Application>);

impl<'a> Now<'a> {
    fn is_called(&self, label: &str) -> bool {
        let fact = Fact::text(FactName::Label, Text::from(label));
        self.0.is_some_and(|read| read.facts.contains(&fact))
    }

    fn has_pin(&self, id: &Hex) -> bool {
        let fact = Fact::hex(FactName::AuthId, &id.0);
        let mut pins = self.0.into_iter().flat_map(|read| &read.pins);
        pins.any(|pin| pin.facts.contains(&fact))
    }

    fn key(&self, id: &Hex) -> Option<&'a Key> {
        let fact = Fact::hex(FactName::Id, &id.0);
        let mut keys = self.0?.keys.iter();
        keys.find(|key| key.facts.contains(&fact))
    }

    /// The key with its public half.
    fn has_key(&self, new: &NewKey) -> bool {
        let algorithm = Algorithm::Rsa {
            bits: new.bits.into(),
        };
        let found = self.0.zip(self.key(&new.id));
        found.is_some_and(|(read, key)| {
            key.algorithm.as_ref() == Some(&algorithm) && public_key_of(read, key).is_some()
        })
    }

    fn certificate(&self, id: &Hex) -> Option<&'a Certificate> {
        let fact = Fact::hex(FactName::Id, &id.0);
        let mut stored = self.0?.certificates.iter();
        stored.find(|stored| stored.facts.contains(&fact))
    }

    fn has_data(&self, label: &str) -> bool {
        let text = Text::from(label);
        let mut data = self.0.into_iter().flat_map(|read| &read.data);
        data.any(|data| data.label.as_ref() == Some(&text))
    }
}

/// The public half of a key: its own, else that of its certificate, which is read in its place.
pub(super) fn public_key_of(read: &Application, key: &Key) -> Option<PublicKey> {
    if key.public_key.is_some() {
        return key.public_key.clone();
    }
    let mut stored = read.certificates.iter();
    let stored = stored.find(|stored| stored.slot == key.reference)?;
    Some(x509::Certificate::parse(&stored.der).ok()?.public_key)
}

/// The key on a token that a certificate was made for, by its identifier; nothing if there is none.
#[must_use]
pub fn key_for(token: &Token, der: &[u8]) -> Option<Hex> {
    let read = token.application(ApplicationKind::Pkcs15)?;
    let public = x509::Certificate::parse(der).ok()?.public_key;
    let mut keys = read.keys.iter();
    let key = keys.find(|key| public_key_of(read, key).as_ref() == Some(&public))?;
    let mut facts = key.facts.iter();
    facts.find_map(|fact| match (&fact.name, &fact.value) {
        (FactName::Id, FactValue::Bytes(id)) => Some(Hex(id.clone())),
        _ => None,
    })
}

fn makes_key(later: &[Task], id: &Hex) -> bool {
    later
        .iter()
        .any(|task| matches!(task, Task::GenerateKey(new) | Task::ImportKey(new) if new.id == *id))
}

/// The name that the token gets in the end.
fn last_label(later: &[Task]) -> Option<&String> {
    later.iter().rev().find_map(|task| match task {
        Task::Rename {
            what: Named::Token,
            label,
        } => Some(label),
        _ => None,
    })
}

fn is_called(read: &Application, what: &Named, label: &str) -> bool {
    let text = Text::from(label);
    let named = |facts: &[Fact], name, id: &Hex, called: &Option<Text>| {
        facts.contains(&Fact::hex(name, &id.0)) && called.as_ref() == Some(&text)
    };
    match what {
        Named::Token => read.facts.contains(&Fact::text(FactName::Label, text)),
        Named::Pin { auth_id } => {
            let mut pins = read.pins.iter();
            pins.any(|pin| named(&pin.facts, FactName::AuthId, auth_id, &pin.label))
        }
        Named::Key { id } => {
            let mut keys = read.keys.iter();
            keys.any(|key| named(&key.facts, FactName::Id, id, &key.label))
        }
        Named::Certificate { id } => {
            let mut stored = read.certificates.iter();
            stored.any(|stored| named(&stored.facts, FactName::Id, id, &stored.label))
        }
    }
}
