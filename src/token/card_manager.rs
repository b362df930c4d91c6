//! The card manager of a Java card, as data (sheet "globalplatform", 1).

use serde::Serialize;

use super::{Cplc, Text};

/// The card manager: the security domain of the card's issuer.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardManager {
    /// Its application identifier; empty if the card does not tell it.
    #[serde(serialize_with = "super::as_hex")]
    pub aid: Vec<u8>,
    /// Whether the card said that it is locked: nothing but the card manager can be selected.
    pub locked: bool,
    /// The longest data field of a command that it announced, in bytes.
    pub longest_data: Option<u32>,
    /// When and by whom the card was made.
    pub cplc: Option<Cplc>,
    /// What the card says of its standards.
    pub recognition: Option<CardRecognition>,
    /// The keys that it has; nothing if it does not tell.
    pub keys: Option<Vec<CardKey>>,
    /// Its memory.
    pub resources: Option<CardResources>,
    /// What it can do, as it came (tag 67).
    #[serde(serialize_with = "super::as_optional_hex")]
    pub capabilities: Option<Vec<u8>>,
    /// What speaks for a card for developers, and what against.
    pub signs: Vec<DeveloperSign>,
}

impl CardManager {
    /// Whether the keys that everybody knows hardly open it, so that a try with them is lost: some ten
    /// wrong tries close it for ever.
    #[must_use]
    pub fn advises_against_test_keys(&self) -> bool {
        let has = |sign| self.signs.contains(&sign);
        let against = [
            DeveloperSign::OwnKeys,
            DeveloperSign::Closed,
            DeveloperSign::MakersApplet,
        ];
        !has(DeveloperSign::WellKnownKeys) && against.into_iter().any(has)
    }
}

/// A secure channel protocol and its variant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct SecureChannelProtocol {
    /// Its number: 1, 2, 3; 11, 80 and 81 (hexadecimal) for others.
    pub scp: u8,
    /// The parameter "i".
    pub i: u16,
}

/// What a card says of its standards (card recognition data).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardRecognition {
    /// The version of GlobalPlatform: 2, 1, 1 for 2.1.1.
    pub version: Vec<u32>,
    /// The secure channel protocols, in the order of the card.
    pub protocols: Vec<SecureChannelProtocol>,
    /// The version of Java Card: 3 for 3.0; 2 for older ones.
    pub java_card: Option<u32>,
    /// Whether its issuer's numbers tell it from all other cards.
    pub has_identification_scheme: bool,
    /// The configuration of the card, an object identifier.
    pub configuration: Option<Text>,
    /// The chip, an object identifier.
    pub chip: Option<Text>,
}

/// A key of the card manager, as the card describes it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CardKey {
    /// Its number in the key set: 1 for encryption, 2 for MACs, 3 for keys.
    pub id: u8,
    /// The version of the key set; FF for the keys of the factory.
    pub version: u8,
    /// What it is made of; a key of RSA has two parts.
    pub components: Vec<CardKeyComponent>,
}

/// A part of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardKeyComponent {
    /// Its cipher.
    pub kind: CardKeyKind,
    /// Its length, in bytes; 0 for 256 and more where the card has one byte for it.
    pub len: u16,
}

/// The cipher of a key of the card manager.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKeyKind {
    /// DES or triple DES, 80 to 84.
    Des,
    /// For TLS with a shared key.
    Psk,
    /// AES.
    Aes,
    /// HMAC.
    Hmac,
    /// A part of a public RSA key.
    RsaPublic,
    /// A part of a private RSA key.
    RsaPrivate,
    /// A public key on an elliptic curve.
    EcPublic,
    /// A private key on an elliptic curve.
    EcPrivate,
    /// Parameters of a curve.
    EcParameters,
    /// Something else, by its number.
    Other(u8),
}

/// The memory of a card.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardResources {
    /// How many applications there are.
    pub applications: Option<u32>,
    /// Free bytes that stay.
    pub free_memory: Option<u32>,
    /// Free bytes that do not.
    pub free_ram: Option<u32>,
}

/// What tells whether a card is one for developers: one whose contents can be changed by whoever has
/// it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeveloperSign {
    /// For: the key set is the one of the factory (version FF).
    FactoryKeys,
    /// Against: all key sets have versions of their owner.
    OwnKeys,
    /// For: the card manager is not secured yet.
    NotSecured,
    /// Against: the card manager is secured.
    Secured,
    /// For: keys that everybody knows opened it.
    WellKnownKeys,
    /// For: it was never personalised.
    NotPersonalised,
    /// Against: the card is locked, or its life is over.
    Closed,
    /// Against: cards with this answer to reset are sold with an applet and keys of their maker's. Only a
    /// hint: other cards have the same answer.
    MakersApplet,
}

impl DeveloperSign {
    /// Whether it speaks for a card for developers.
    #[must_use]
    pub fn speaks_for(self) -> bool {
        match self {
            Self::FactoryKeys | Self::NotSecured | Self::WellKnownKeys | Self::NotPersonalised => {
                true
            }
            Self::OwnKeys | Self::Secured | Self::Closed | Self::MakersApplet => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CardManager, DeveloperSign};

    #[test]
    fn test_keys_are_not_for_every_card() {
        let advises = |signs: &[DeveloperSign]| {
            let manager = CardManager {
                signs: signs.to_vec(),
                ..CardManager::default()
            };
            manager.advises_against_test_keys()
        };
        let makers = DeveloperSign::MakersApplet;
        assert!(advises(&[makers]));
        assert!(advises(&[DeveloperSign::FactoryKeys, makers]));
        assert!(advises(&[DeveloperSign::OwnKeys]));
        assert!(advises(&[DeveloperSign::Closed]));
        assert!(!advises(&[]));
        assert!(!advises(&[DeveloperSign::FactoryKeys]));
        assert!(!advises(&[DeveloperSign::Secured]));
        // They opened it: nothing advises against them any more.
        assert!(!advises(&[makers, DeveloperSign::WellKnownKeys]));
    }
}
