//! GET METADATA of YubiKeys from firmware 5.3 (sheet "openpgp-piv", B4).

use crate::card::{CardError, iso};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, Response};
use crate::pki::public_key;
use crate::token::{Algorithm, Curve, Origin, PinPolicy, PublicKey, TouchPolicy};
use crate::transport::channel::Channel;

use super::slots;

/// What a card tells of a slot or of a PIN.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Metadata {
    /// Kind of key.
    pub(super) algorithm: Option<Algorithm>,
    /// When the PIN is asked.
    pub(super) pin_policy: Option<PinPolicy>,
    /// When a touch is asked.
    pub(super) touch_policy: Option<TouchPolicy>,
    /// Where the key was made.
    pub(super) origin: Option<Origin>,
    /// The public half.
    pub(super) public_key: Option<PublicKey>,
    /// Whether the PIN is the factory one.
    pub(super) factory: Option<bool>,
    /// Tries: full count and left.
    pub(super) tries: Option<(u8, u8)>,
}

/// Asks for a slot, or for the PIN (80) or PUK (81). Nothing if the card has no such command
/// or nothing to tell.
///
/// # Errors
///
/// [`CardError`].
pub(super) fn read(channel: &mut Channel<'_>, slot: u8) -> Result<Option<Metadata>, CardError> {
    let answer = super::vendor(channel, [0x00, 0xF7, 0x00, slot])?;
    understand(answer, slot)
}

/// As [`read`], but without the public key where that would take a second command.
///
/// # Errors
///
/// [`CardError`].
pub(super) fn read_head(
    channel: &mut Channel<'_>,
    slot: u8,
) -> Result<Option<Metadata>, CardError> {
    if channel.takes_extended() {
        return read(channel, slot);
    }
    let command = Command::new([0x00, 0xF7, 0x00, slot]).expecting(Le::ALL);
    let answer = channel.transmit_first(&command)?;
    understand(answer, slot)
}

fn understand(answer: Response, slot: u8) -> Result<Option<Metadata>, CardError> {
    // piv-authenticator answers 9000 without data: it has no metadata.
    let data = iso::present(answer, "GET METADATA")?.filter(|data| !data.is_empty());
    let found = data.map(|data| parse(&data, slot));
    if found == Some(Metadata::default()) {
        return Err(CardError::Malformed("GET METADATA brought something else"));
    }
    Ok(found)
}

fn parse(data: &[u8], slot: u8) -> Metadata {
    let mut found = Metadata::default();
    let mut kind = None;
    for object in ber::objects(data) {
        match (object.tag.0, object.value) {
            (0x01, [id]) => {
                kind = Some(*id);
                found.algorithm = algorithm(*id);
            }
            (0x02, [pin, touch]) => {
                found.pin_policy = pin_policy(*pin, slot);
                found.touch_policy = touch_policy(*touch);
            }
            (0x03, [1]) => found.origin = Some(Origin::Generated),
            (0x03, [2]) => found.origin = Some(Origin::Imported),
            (0x04, key) => found.public_key = parse_public_key(key, kind),
            (0x05, [flag]) => found.factory = Some(*flag != 0),
            (0x06, [total, left]) if left <= total => found.tries = Some((*total, *left)),
            _ => {}
        }
    }
    found
}

/// Algorithm identifiers (SP 800-78-4, table 6-2, and YubiKey's own).
pub(super) fn algorithm(id: u8) -> Option<Algorithm> {
    let elliptic = |curve| Some(Algorithm::Elliptic { curve });
    match id {
        0x05 => Some(Algorithm::Rsa { bits: 3072 }),
        0x06 => Some(Algorithm::Rsa { bits: 1024 }),
        0x07 => Some(Algorithm::Rsa { bits: 2048 }),
        0x16 => Some(Algorithm::Rsa { bits: 4096 }),
        0x11 => elliptic(Curve::P256),
        0x14 => elliptic(Curve::P384),
        0xE0 => elliptic(Curve::Ed25519),
        0xE1 => elliptic(Curve::X25519),
        _ => None,
    }
}

/// `81` modulus and `82` exponent, or `86` point, as GENERATE answers them.
fn parse_public_key(data: &[u8], algorithm_id: Option<u8>) -> Option<PublicKey> {
    if let Some(point) = ber::find(data, &[0x86]) {
        return match algorithm(algorithm_id?)? {
            Algorithm::Elliptic { curve } => public_key::elliptic(curve, point).ok(),
            _ => None,
        };
    }
    let modulus = ber::find(data, &[0x81])?;
    public_key::rsa(modulus, ber::find(data, &[0x82])?).ok()
}

fn pin_policy(policy: u8, slot: u8) -> Option<PinPolicy> {
    match policy {
        0 => slots::default_policy(slot),
        1 => Some(PinPolicy::Never),
        2 => Some(PinPolicy::Once),
        3 => Some(PinPolicy::Always),
        4 => Some(PinPolicy::MatchOnce),
        5 => Some(PinPolicy::MatchAlways),
        _ => None,
    }
}

fn touch_policy(policy: u8) -> Option<TouchPolicy> {
    match policy {
        0 | 1 => Some(TouchPolicy::Never),
        2 => Some(TouchPolicy::Always),
        3 => Some(TouchPolicy::Cached),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::parse;
    use crate::base::hex;
    use crate::token::{Algorithm, Curve, Origin, PinPolicy, TouchPolicy};

    #[test]
    fn a_pin_with_its_counter() {
        let found = parse(&hex::decode("0101FF 050101 06020302").unwrap(), 0x80);
        assert_eq!(found.factory, Some(true));
        assert_eq!(found.tries, Some((3, 2)));
        assert_eq!(found.algorithm, None);
    }

    #[test]
    fn a_slot_with_its_policies() {
        let point = "04 1C51A6AC1FB6688564E6CBFB9A3C72452EE1D413149DDE24D8A43BB256648783\
                     739ED8AC6D4BEC2A480B208E0A42C8350682709F3CD46E5A0F1D7596C3682FC7";
        let data = hex::decode(&format!("010111 02020203 030101 0443 8641 {point}"));
        let found = parse(&data.unwrap(), 0x9A);
        assert_eq!(
            found.algorithm,
            Some(Algorithm::Elliptic { curve: Curve::P256 })
        );
        assert_eq!(found.pin_policy, Some(PinPolicy::Once));
        assert_eq!(found.touch_policy, Some(TouchPolicy::Cached));
        assert_eq!(found.origin, Some(Origin::Generated));
        assert!(found.public_key.is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do(bytes: Vec<u8>, slot: u8) {
            let _ = parse(&bytes, slot);
        }
    }
}
