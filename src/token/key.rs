//! Keys on a card.

use serde::Serialize;

use super::{Fact, Text};

/// Where a key is in its application: a PIV slot (`9A`), an OpenPGP key reference (1 to 3). In
/// PKCS #15, keys and certificates with one identifier have one number, in the order of the card.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct KeyRef(pub u8);

/// A private key of which the card says something.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Key {
    /// Where it is.
    pub reference: KeyRef,
    /// What it is meant for.
    pub purpose: Purpose,
    /// Its kind; unknown where neither card nor certificate tells.
    pub algorithm: Option<Algorithm>,
    /// Whether the card made it.
    pub origin: Option<Origin>,
    /// When the PIN is asked.
    pub pin_policy: Option<PinPolicy>,
    /// Whether the token wants to be touched.
    pub touch_policy: Option<TouchPolicy>,
    /// The public half.
    pub public_key: Option<PublicKey>,
    /// How it is known that there is a key.
    pub evidence: Evidence,
    /// OpenPGP fingerprint, 20 bytes (RFC 4880, 12.2).
    #[serde(serialize_with = "super::as_optional_hex")]
    pub fingerprint: Option<Vec<u8>>,
    /// When it was made, in seconds since 1970, as written on the card.
    pub created: Option<i64>,
    /// Its name on the card, where cards name their keys.
    pub label: Option<Text>,
    /// What else the card says of it.
    pub facts: Vec<Fact>,
}

/// How it is known that a slot holds a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The card said so.
    Card,
    /// Only by the certificate in the same slot: the card does not tell.
    Certificate,
}

/// What a key is meant for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signatures.
    Signature,
    /// Decryption, or agreement on a key for it.
    Decryption,
    /// Signing in.
    Authentication,
    /// Signing in of the card itself, without a PIN (PIV 9E).
    CardAuthentication,
    /// A former decryption key, kept for old mail (PIV 82 to 95).
    RetiredDecryption,
    /// Tells where other keys were made (YubiKey F9).
    Attestation,
    /// Several of these, or none that the card tells.
    General,
}

/// Where a key was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// On the card; there is no copy elsewhere.
    Generated,
    /// Elsewhere.
    Imported,
}

/// When a card asks for the PIN before it uses a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinPolicy {
    /// Never.
    Never,
    /// Once while the card stays in.
    Once,
    /// Before every use.
    Always,
    /// Once, or a match of the fingerprint (YubiKey Bio).
    MatchOnce,
    /// Before every use, or a match of the fingerprint (YubiKey Bio).
    MatchAlways,
}

/// When a token wants to be touched before it uses a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchPolicy {
    /// Never.
    Never,
    /// Before every use.
    Always,
    /// Once, then not for 15 seconds.
    Cached,
    /// Always, and this cannot be changed without a new key.
    AlwaysFixed,
    /// Cached, and this cannot be changed without a new key.
    CachedFixed,
}

/// A public key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PublicKey {
    /// Its kind.
    pub algorithm: Algorithm,
    /// SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7).
    #[serde(serialize_with = "super::as_hex")]
    pub spki: Vec<u8>,
}

/// A public key that a card lists by itself, beside the private one (PKCS #15, PuKDF).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PublicKeyObject {
    /// The number that it shares with its private key and its certificate.
    pub reference: KeyRef,
    /// Its name on the card.
    pub label: Option<Text>,
    /// The key, where it had to be read: that of a certificate is not read again.
    pub public_key: Option<PublicKey>,
    /// What the card says of it.
    pub facts: Vec<Fact>,
}

/// Kinds of keys.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Algorithm {
    /// RSA.
    Rsa {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// Elliptic curves.
    Elliptic {
        /// Which.
        curve: Curve,
    },
    /// Something without a name here.
    Other {
        /// Its object identifier in dots, or what the card calls it.
        name: Text,
    },
}

/// Elliptic curves that cards know.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// NIST P-256 (secp256r1).
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// secp256k1.
    Secp256k1,
    /// brainpoolP256r1.
    Brainpool256,
    /// brainpoolP384r1.
    Brainpool384,
    /// brainpoolP512r1.
    Brainpool512,
    /// Ed25519, for signatures.
    Ed25519,
    /// X25519, for key agreement.
    X25519,
    /// Ed448, for signatures.
    Ed448,
    /// X448, for key agreement.
    X448,
}

impl Algorithm {
    /// The usual technical name; the same in every language.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Rsa { bits } => format!("RSA {bits}"),
            Self::Elliptic { curve } => curve.name().to_owned(),
            Self::Other { name } => name.to_string(),
        }
    }
}

impl Curve {
    /// The usual name; the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Brainpool256 => "brainpoolP256r1",
            Self::Brainpool384 => "brainpoolP384r1",
            Self::Brainpool512 => "brainpoolP512r1",
            Self::Ed25519 => "Ed25519",
            Self::X25519 => "X25519",
            Self::Ed448 => "Ed448",
            Self::X448 => "X448",
        }
    }
}
