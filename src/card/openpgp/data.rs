//! Data objects of an OpenPGP card on paper (3.4, 4.4; sheet "openpgp-piv", A2).

use super::{manufacturers, pins};
use crate::base::hex;
use crate::iso7816::tlv::ber;
use crate::token::{
    Algorithm, Curve, Fact, FactName, FactValue, Origin, PinReference, Salutation, Text,
    TouchPolicy, TriesLeft,
};

/// The most languages that are told; a card has room for four (4.4.1).
const MAX_LANGUAGES: usize = 16;

/// PW status bytes, C4 (4.4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct PwStatus {
    /// Whether one verification is good for several signatures.
    pub(super) several_signatures: bool,
    /// Longest PW1, resetting code and PW3 in bytes.
    pub(super) max: [u8; 3],
    /// Tries left of PW1, resetting code and PW3.
    left: [u8; 3],
}

impl PwStatus {
    /// Reads seven bytes; nothing if there are fewer.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [several, m1, m2, m3, l1, l2, l3, ..] = *bytes else {
            return None;
        };
        // Bit 8 of a length says that PIN block 2 is used (4.3.3).
        let max = [m1 & 0x7F, m2 & 0x7F, m3 & 0x7F];
        Some(Self {
            several_signatures: several == 1,
            max,
            left: [l1, l2, l3],
        })
    }

    /// Tries left of a PIN. A resetting code at zero is one that is not there.
    pub(super) fn tries(&self, pin: PinReference) -> TriesLeft {
        let [user, code, admin] = self.left;
        match pin {
            pins::RESETTING_CODE if code == 0 => TriesLeft::NotSet,
            pins::RESETTING_CODE => TriesLeft::Known(code),
            pins::ADMIN => TriesLeft::from_counter(admin),
            _ => TriesLeft::from_counter(user),
        }
    }
}

/// Extended capabilities, C0 (4.4.3.7).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Capabilities {
    flags: u8,
    max_certificate: u16,
}

impl Capabilities {
    /// Reads ten bytes; nothing if there are fewer.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [flags, _, _, _, hi, lo, _, _, _, _, ..] = *bytes else {
            return None;
        };
        Some(Self {
            flags,
            max_certificate: u16::from_be_bytes([hi, lo]),
        })
    }

    pub(super) fn key_derivation(self) -> bool {
        self.flags & 0x01 != 0
    }

    pub(super) fn private_use(self) -> bool {
        self.flags & 0x08 != 0
    }

    pub(super) fn facts(self) -> Vec<Fact> {
        vec![
            Fact::flag(FactName::KeyImport, self.flags & 0x20 != 0),
            Fact::flag(FactName::AlgorithmsChangeable, self.flags & 0x04 != 0),
            Fact::number(FactName::MaxCertificate, u64::from(self.max_certificate)),
        ]
    }
}

/// Whether it is the identifier of such an application (4.2.1): 16 bytes.
pub(super) fn is_identifier(aid: &[u8]) -> bool {
    aid.len() == 16 && aid.starts_with(&super::AID)
}

/// Whether `data` is data objects and nothing else: the object itself or what is in it.
pub(super) fn is_object(data: &[u8], tag: u32) -> bool {
    let mut objects = ber::objects(ber::find(data, &[tag]).unwrap_or(data));
    objects.by_ref().count();
    objects.rest().is_empty() && ber::is_shallow(data)
}

/// Longest command and longest response, 7F66 (4.1.3.1): two numbers, of which each is left out
/// that is none.
pub(super) fn limits(data: &[u8]) -> Vec<Fact> {
    [FactName::MaxCommand, FactName::MaxResponse]
        .into_iter()
        .zip(ber::objects(data))
        .filter_map(|(name, limit)| Some(Fact::number(name, number(limit.value)?)))
        .collect()
}

/// One to four bytes, big endian.
fn number(bytes: &[u8]) -> Option<u64> {
    let number = |number, &byte| number << 8 | u64::from(byte);
    (1..=4)
        .contains(&bytes.len())
        .then(|| bytes.iter().fold(0, number))
}

/// The serial number in the application identifier (4.2.1), as it is printed on cards.
pub(super) fn serial(aid: &[u8]) -> Option<Fact> {
    let serial = aid.get(10..14)?;
    Some(Fact::text(FactName::Serial, hex::encode(serial).into()))
}

/// Version, maker and serial number.
pub(super) fn identifier(aid: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(&[major, minor]) = aid.get(6..8) {
        facts.push(Fact::text(FactName::Version, version(major, minor)));
    }
    if let Some(&[hi, lo]) = aid.get(8..10) {
        let number = u16::from_be_bytes([hi, lo]);
        match manufacturers::name(number) {
            Some(name) => facts.push(Fact::text(FactName::Manufacturer, Text::from(name))),
            // Whoever made it took a number of the range that is everybody's.
            None if manufacturers::is_unmanaged(number) => {}
            None => facts.push(Fact::hex(FactName::Manufacturer, &[hi, lo])),
        }
    }
    facts.extend(serial(aid));
    facts
}

/// Two bytes in BCD: `0304` is 3.4.
pub(super) fn version(major: u8, minor: u8) -> Text {
    Text::from(format!("{major:x}.{minor:x}"))
}

/// Cardholder related data, 65.
pub(super) fn cardholder(data: &[u8]) -> Vec<Fact> {
    let data = ber::find(data, &[0x65]).unwrap_or(data);
    let mut facts = Vec::new();
    if let Some(name) = ber::find(data, &[0x5B]).filter(|name| !name.is_empty()) {
        facts.push(Fact::text(FactName::Holder, holder(name)));
    }
    if let Some(languages) = ber::find(data, &[0x5F2D]).filter(|text| !text.is_empty()) {
        // Two letters each (ISO 639), in ASCII.
        let pairs = languages.chunks(2).take(MAX_LANGUAGES);
        let pairs: Vec<_> = pairs
            .map(|pair| Text::from_latin1(pair).to_string())
            .collect();
        facts.push(Fact::text(FactName::Languages, pairs.join(", ").into()));
    }
    let salutation = match ber::find(data, &[0x5F35]) {
        Some([0x31]) => Some(Salutation::Male),
        Some([0x32]) => Some(Salutation::Female),
        Some([0x39]) => Some(Salutation::NotAnnounced),
        _ => None,
    };
    facts.extend(salutation.map(|salutation| Fact {
        name: FactName::Salutation,
        value: FactValue::Salutation(salutation),
    }));
    facts
}

/// `Mustermann<<Thomas` is Thomas Mustermann; a single `<` is a space (ISO/IEC 7501-1).
fn holder(name: &[u8]) -> Text {
    let text = Text::from_either(name);
    let ordered = match text.as_str().split_once("<<") {
        Some((surname, given)) => format!("{given} {surname}"),
        None => text.as_str().to_owned(),
    };
    Text::from(ordered.replace('<', " ").trim())
}

/// Digital signature counter, 93 in 7A: three bytes.
pub(super) fn signature_counter(data: &[u8]) -> Option<u64> {
    let data = ber::find(data, &[0x7A]).unwrap_or(data);
    let bytes = ber::find(data, &[0x93]).filter(|bytes| bytes.len() == 3)?;
    number(bytes)
}

/// Algorithm attributes, C1 to C3 (4.4.3.9).
pub(super) fn algorithm(attributes: &[u8]) -> Option<Algorithm> {
    match attributes {
        [0x01, hi, lo, ..] => Some(Algorithm::Rsa {
            bits: u32::from(u16::from_be_bytes([*hi, *lo])),
        }),
        [kind @ (0x12 | 0x13 | 0x16), oid @ ..] => {
            // A trailing FF says that an import wants the public key too.
            let oid = oid.strip_suffix(&[0xFF]).unwrap_or(oid);
            Some(match curve(oid, *kind) {
                Some(curve) => Algorithm::Elliptic { curve },
                None => Algorithm::Other {
                    name: hex::encode(oid).into(),
                },
            })
        }
        [] => None,
        other => Some(Algorithm::Other {
            name: hex::encode(other).into(),
        }),
    }
}

/// Object identifiers without tag and length.
fn curve(oid: &[u8], kind: u8) -> Option<Curve> {
    Some(match oid {
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07] => Curve::P256,
        [0x2B, 0x81, 0x04, 0x00, 0x22] => Curve::P384,
        [0x2B, 0x81, 0x04, 0x00, 0x23] => Curve::P521,
        [0x2B, 0x81, 0x04, 0x00, 0x0A] => Curve::Secp256k1,
        [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, last] => match last {
            0x07 => Curve::Brainpool256,
            0x0B => Curve::Brainpool384,
            0x0D => Curve::Brainpool512,
            _ => return None,
        },
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01] => Curve::Ed25519,
        // YubiKeys list cv25519 as EdDSA too, which it is not.
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01] if kind != 0x16 => {
            Curve::X25519
        }
        [0x2B, 0x65, 0x6F] => Curve::X448,
        [0x2B, 0x65, 0x71] => Curve::Ed448,
        _ => return None,
    })
}

/// User interaction flag, D6 to D8 (4.4.3.5): first byte.
pub(super) fn touch(flag: &[u8]) -> Option<TouchPolicy> {
    Some(match flag.first()? {
        0x00 => TouchPolicy::Never,
        0x01 => TouchPolicy::Always,
        0x02 => TouchPolicy::AlwaysFixed,
        0x03 => TouchPolicy::Cached,
        0x04 => TouchPolicy::CachedFixed,
        _ => return None,
    })
}

/// What key information, DE, says about key 1 to 3: outer nothing if the card has no such
/// object, inner nothing if there is no key.
pub(super) fn origin(information: Option<&[u8]>, key: u8) -> Option<Option<Origin>> {
    let entry = information?
        .chunks_exact(2)
        .find(|entry| entry.first() == Some(&key))?;
    match entry.get(1)? {
        0x00 => Some(None),
        0x01 => Some(Some(Origin::Generated)),
        0x02 => Some(Some(Origin::Imported)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{algorithm, cardholder, identifier, origin, signature_counter};
    use crate::base::hex;
    use crate::token::{Algorithm, Curve, Fact, FactName, Origin};

    #[test]
    fn the_sample_of_the_sheet() {
        let aid = hex::decode("D2760001240103040006123456780000").unwrap();
        let facts = identifier(&aid);
        assert_eq!(facts[0], Fact::text(FactName::Version, "3.4".into()));
        assert_eq!(
            facts[1],
            Fact::text(FactName::Manufacturer, "Yubico".into())
        );
        assert_eq!(facts[2], Fact::text(FactName::Serial, "12345678".into()));
        let holder = hex::decode("651D5B124D75737465726D616E6E3C3C54686F6D61735F2D0264655F350131");
        let facts = cardholder(&holder.unwrap());
        assert_eq!(
            facts[0],
            Fact::text(FactName::Holder, "Thomas Mustermann".into())
        );
        assert_eq!(facts[1], Fact::text(FactName::Languages, "de".into()));
        assert_eq!(
            signature_counter(&hex::decode("7A05930300002A").unwrap()),
            Some(42)
        );
    }

    #[test]
    fn algorithms_by_their_attributes() {
        let of = |text| algorithm(&hex::decode(text).unwrap()).unwrap();
        assert_eq!(of("010800001100"), Algorithm::Rsa { bits: 2048 });
        assert_eq!(
            of("162B06010401DA470F01"),
            Algorithm::Elliptic {
                curve: Curve::Ed25519
            }
        );
        assert_eq!(
            of("132A8648CE3D030107FF"),
            Algorithm::Elliptic { curve: Curve::P256 }
        );
        assert!(matches!(
            of("162B060104019755010501"),
            Algorithm::Other { .. }
        ));
    }

    #[test]
    fn key_information_tells_three_states() {
        let information = [1, 1, 2, 2, 3, 0];
        assert_eq!(origin(Some(&information), 1), Some(Some(Origin::Generated)));
        assert_eq!(origin(Some(&information), 3), Some(None));
        assert_eq!(origin(None, 1), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do(bytes: Vec<u8>) {
            let _ = (algorithm(&bytes), cardholder(&bytes), identifier(&bytes));
            let _ = (signature_counter(&bytes), super::PwStatus::parse(&bytes));
        }
    }
}
