//! What a private key of a token can be used for by this program, as far as the token tells.

use super::{
    Algorithm, Application, ApplicationKind, FactName, FactValue, Flag, Key, KeyRef, Pin, PinRole,
};

/// What is done with a private key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// A signature is made.
    Sign,
    /// A cryptogram is opened.
    Decrypt,
}

/// Why a key is of no use for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unusable {
    /// Keys of this application are not used by this program.
    OtherApplication,
    /// A MUSCLE applet without PKCS #15: nothing says what its keys are for, and which PIN guards them.
    NotListed,
    /// There is no private key in this place.
    NoKey,
    /// The token says that the key is for something else.
    OtherPurpose,
    /// No RSA key, or none of 512 to 2048 bits.
    OtherKind,
    /// The token does not say which PIN guards it, or has no such PIN.
    NoPin,
}

/// A key that is of use.
#[derive(Clone, Copy, Debug)]
pub struct Usable<'a> {
    /// Its number on the card.
    pub number: u64,
    /// The PIN that guards it.
    pub pin: &'a Pin,
    /// Bytes of its modulus.
    pub len: usize,
}

impl Application {
    /// Whether a key is of use for something, and what that takes. Nothing is asked of the card.
    ///
    /// # Errors
    ///
    /// [`Unusable`].
    pub fn usable(&self, reference: KeyRef, way: KeyUse) -> Result<Usable<'_>, Unusable> {
        let in_applet = self.facts.iter().any(|fact| fact.name == FactName::KeptBy);
        if self.kind == ApplicationKind::Muscle {
            return Err(Unusable::NotListed);
        }
        if self.kind != ApplicationKind::Pkcs15 || !in_applet {
            return Err(Unusable::OtherApplication);
        }
        let mut keys = self.keys.iter();
        let key = keys.find(|key| key.reference == reference);
        let key = key.ok_or(Unusable::NoKey)?;
        if !is_for(key, way) {
            return Err(Unusable::OtherPurpose);
        }
        let len = match key.algorithm {
            Some(Algorithm::Rsa { bits }) if (512..=2048).contains(&bits) => bits.div_ceil(8),
            _ => return Err(Unusable::OtherKind),
        };
        let number = match value(key, FactName::KeyReference) {
            Some(FactValue::Number(number)) => *number,
            _ => return Err(Unusable::NoKey),
        };
        Ok(Usable {
            number,
            pin: self.guardian(key).ok_or(Unusable::NoPin)?,
            len: usize::try_from(len).map_err(|_| Unusable::OtherKind)?,
        })
    }

    /// The PIN that a key names, else the holder's if there is but one.
    fn guardian(&self, key: &Key) -> Option<&Pin> {
        let mut all = self.pins.iter();
        if let Some(named) = value(key, FactName::AuthId) {
            // A PUK may have the identifier of its PIN.
            let all = all.filter(|pin| pin.role != PinRole::Puk);
            let mut named = all.filter(|pin| {
                let mut facts = pin.facts.iter();
                facts.any(|fact| fact.name == FactName::AuthId && fact.value == *named)
            });
            return named.next();
        }
        let only = all.by_ref().find(|pin| pin.role == PinRole::User)?;
        all.all(|pin| pin.role != PinRole::User).then_some(only)
    }
}

/// Whether the token says that the key is for it.
fn is_for(key: &Key, way: KeyUse) -> bool {
    let wanted: &[Flag] = match way {
        KeyUse::Sign => &[Flag::Sign, Flag::NonRepudiation],
        KeyUse::Decrypt => &[Flag::Decrypt, Flag::Unwrap],
    };
    match value(key, FactName::Usage) {
        Some(FactValue::Flags(flags)) => flags.iter().any(|flag| wanted.contains(flag)),
        _ => false,
    }
}

fn value(key: &Key, name: FactName) -> Option<&FactValue> {
    let fact = key.facts.iter().find(|fact| fact.name == name)?;
    Some(&fact.value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::Alphabet;
    use crate::token::{
        Evidence, Fact, Factory, PinReference, PinRule, Purpose, Text, Tries, TriesLeft,
    };

    fn pin(number: u8, role: PinRole, id: u8) -> Pin {
        Pin {
            reference: PinReference(number),
            role,
            label: None,
            tries: Tries {
                left: TriesLeft::Unknown,
                max: None,
            },
            rule: PinRule {
                min: 4,
                max: 8,
                alphabet: Alphabet::Any,
            },
            factory: Factory::Unknown(None),
            uses: Vec::new(),
            operations: Vec::new(),
            facts: vec![Fact::hex(FactName::AuthId, &[id])],
        }
    }

    /// Key 1 in an applet, for signatures, guarded by the PIN with the identifier 02.
    fn application() -> Application {
        let mut application = Application::new(ApplicationKind::Pkcs15, &[]);
        let kept = Fact::text(FactName::KeptBy, Text::from("MUSCLE"));
        application.facts.push(kept);
        application.pins = vec![
            pin(1, PinRole::User, 1),
            pin(0x82, PinRole::Puk, 2),
            pin(2, PinRole::User, 2),
        ];
        application.keys = vec![Key {
            reference: KeyRef(1),
            purpose: Purpose::General,
            algorithm: Some(Algorithm::Rsa { bits: 1024 }),
            origin: None,
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: None,
            facts: vec![
                Fact {
                    name: FactName::Usage,
                    value: FactValue::Flags(vec![Flag::Sign]),
                },
                Fact::hex(FactName::AuthId, &[2]),
                Fact::number(FactName::KeyReference, 3),
            ],
        }];
        application
    }

    fn why(application: &Application, way: KeyUse) -> Option<Unusable> {
        application.usable(KeyRef(1), way).err()
    }

    #[test]
    fn a_key_is_used_with_the_pin_that_it_names() {
        let application = application();
        let usable = application.usable(KeyRef(1), KeyUse::Sign).unwrap();
        let found = (usable.number, usable.pin.reference, usable.len);
        assert_eq!(found, (3, PinReference(2), 128));
    }

    #[test]
    fn a_key_is_used_for_what_the_token_says() {
        let mut application = application();
        let other = Some(Unusable::OtherPurpose);
        assert_eq!(why(&application, KeyUse::Decrypt), other);
        application.keys[0].facts[0].value = FactValue::Flags(vec![Flag::Decrypt, Flag::Unwrap]);
        assert_eq!(why(&application, KeyUse::Sign), other);
        assert_eq!(why(&application, KeyUse::Decrypt), None);
        application.keys[0].facts.remove(0);
        assert_eq!(why(&application, KeyUse::Sign), other);
    }

    #[test]
    fn what_is_missing_is_told() {
        let refused = |change: fn(&mut Application)| {
            let mut application = application();
            change(&mut application);
            why(&application, KeyUse::Sign)
        };
        for (change, expected) in [
            (
                (|found| found.kind = ApplicationKind::Piv) as fn(&mut Application),
                Unusable::OtherApplication,
            ),
            (|found| found.facts.clear(), Unusable::OtherApplication),
            (
                |found| found.kind = ApplicationKind::Muscle,
                Unusable::NotListed,
            ),
            (|found| found.keys.clear(), Unusable::NoKey),
            (|found| found.keys[0].facts.truncate(2), Unusable::NoKey),
            (
                |found| found.keys[0].algorithm = Some(Algorithm::Rsa { bits: 4096 }),
                Unusable::OtherKind,
            ),
            (|found| found.keys[0].algorithm = None, Unusable::OtherKind),
            (|found| found.pins.truncate(2), Unusable::NoPin),
        ] {
            assert_eq!(refused(change), Some(expected));
        }
    }

    #[test]
    fn a_key_that_names_no_pin_is_guarded_by_the_only_one_of_the_holder() {
        let mut application = application();
        application.keys[0].facts.remove(1);
        assert_eq!(why(&application, KeyUse::Sign), Some(Unusable::NoPin));
        application.pins.pop();
        let usable = application.usable(KeyRef(1), KeyUse::Sign).unwrap();
        assert_eq!(usable.pin.reference, PinReference(1));
    }
}
