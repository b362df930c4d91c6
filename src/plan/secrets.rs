//! What plans need and do not hold: PINs, private keys, data.

use std::collections::BTreeMap;

use crate::base::secret::Secret;
use crate::card::muscle::is_known;
use crate::card::setup::{Materials, Need, Private};
use crate::card::task::SecretName;
use crate::globalplatform::attempts::PassingAttempts;
use crate::globalplatform::{Attempts, Keys};

/// Everything that was given for a plan. Its `Debug` shows names only.
#[derive(Default)]
pub struct Secrets {
    pins: BTreeMap<SecretName, Secret>,
    keys: BTreeMap<Vec<u8>, Private>,
    data: BTreeMap<String, Secret>,
    manager: Box<Manager>,
}

/// What was given for a card manager.
#[derive(Default)]
struct Manager {
    keys: Option<Keys>,
    new_keys: Option<Keys>,
    /// Where failed tries to open it are kept; the backend says where.
    attempts: Option<Box<dyn Attempts + Send>>,
    passing: PassingAttempts,
    try_again: bool,
}

/// Why something new is not taken, although it has the form of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// Everybody knows it.
    Known,
    /// It is a PUK, and the same as its PIN.
    IsPin,
}

/// Whether `value` is refused for `need`; `pin` is the PIN of a PUK. The token refuses it, too, but only
/// when it is being set up.
#[must_use]
pub fn unfit(need: &Need, value: &Secret, pin: Option<&Secret>) -> Option<Unfit> {
    if !need.refuses_known {
        return None;
    }
    if is_known(value) {
        return Some(Unfit::Known);
    }
    let is_pin = pin.is_some_and(|pin| pin.same_as(value));
    is_pin.then_some(Unfit::IsPin)
}

/// The PIN that belongs to a PUK.
#[must_use]
pub fn pin_of(name: &SecretName) -> Option<SecretName> {
    match name {
        SecretName::Puk { number } => Some(SecretName::Pin { number: *number }),
        _ => None,
    }
}

impl Secrets {
    /// Gives a PIN or a PUK.
    pub fn give(&mut self, name: SecretName, value: Secret) {
        self.pins.insert(name, value);
    }

    /// Gives the private half of a key.
    pub fn give_key(&mut self, id: Vec<u8>, key: Private) {
        self.keys.insert(id, key);
    }

    /// Gives data.
    pub fn give_data(&mut self, label: String, data: Secret) {
        self.data.insert(label, data);
    }

    /// Gives the keys of the card manager. `try_again` is the word to try them although they failed on
    /// this card before.
    pub fn give_manager_keys(&mut self, keys: Keys, try_again: bool) {
        self.manager.keys = Some(keys);
        self.manager.try_again = try_again;
    }

    /// Gives the keys that the card manager shall have.
    pub fn give_new_manager_keys(&mut self, keys: Keys) {
        self.manager.new_keys = Some(keys);
    }

    /// Says where failed tries to open a card manager are kept; else they are forgotten with this.
    pub fn keep_attempts(&mut self, attempts: Box<dyn Attempts + Send>) {
        self.manager.attempts = Some(attempts);
    }

    /// Whether something was given.
    #[must_use]
    pub fn has(&self, name: &SecretName) -> bool {
        match name {
            SecretName::Pin { .. } | SecretName::Puk { .. } | SecretName::TransportPin => {
                self.pins.contains_key(name)
            }
            SecretName::ManagerKeys => self.manager.keys.is_some(),
            SecretName::NewManagerKeys => self.manager.new_keys.is_some(),
            SecretName::Key { id } => self.keys.contains_key(&id.0),
            SecretName::Data { label } => self.data.contains_key(label),
        }
    }

    /// Why something new is not taken beside what was given by now.
    #[must_use]
    pub fn unfit(&self, need: &Need, value: &Secret) -> Option<Unfit> {
        let pin = pin_of(&need.name);
        unfit(need, value, pin.and_then(|pin| self.pins.get(&pin)))
    }

    /// The PINs and PUKs alone, for a bench that gives them to many plans.
    #[must_use]
    pub fn into_pins(self) -> BTreeMap<SecretName, Secret> {
        self.pins
    }

    /// Forgets a PIN that was wrong.
    pub fn forget(&mut self, name: &SecretName) {
        self.pins.remove(name);
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set()
            .entries(self.pins.keys())
            .finish_non_exhaustive()
    }
}

impl Materials for Secrets {
    fn pin(&mut self, name: &SecretName) -> Option<&Secret> {
        self.pins.get(name)
    }

    fn key(&mut self, id: &[u8]) -> Option<&Private> {
        self.keys.get(id)
    }

    fn manager(&mut self, name: &SecretName) -> (Option<&Keys>, &mut dyn Attempts, bool) {
        let keys = match name {
            SecretName::NewManagerKeys => &self.manager.new_keys,
            _ => &self.manager.keys,
        };
        let attempts: &mut dyn Attempts = match &mut self.manager.attempts {
            Some(attempts) => attempts.as_mut(),
            None => &mut self.manager.passing,
        };
        (keys.as_ref(), attempts, self.manager.try_again)
    }

    fn data(&mut self, label: &str) -> Option<&Secret> {
        self.data.get(label)
    }
}
