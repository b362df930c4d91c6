//! The keys of a security domain (sheet "globalplatform", 1.3).

use crate::iso7816::tlv::ber;
use crate::token::{CardKey, CardKeyComponent, CardKeyKind};

/// The most keys that are taken.
const MAX_KEYS: usize = 64;

/// The most parts of a key.
const MAX_COMPONENTS: usize = 8;

/// Reads the data object E0. A security domain without keys has one that is empty.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Vec<CardKey>> {
    let template = ber::find(bytes, &[0xE0])?;
    let keys = ber::objects(template).filter(|object| object.tag.0 == 0xC0);
    Some(
        keys.filter_map(|object| key(object.value))
            .take(MAX_KEYS)
            .collect(),
    )
}

fn key(bytes: &[u8]) -> Option<CardKey> {
    let (&[id, version], mut rest) = bytes.split_first_chunk()?;
    let mut components = Vec::new();
    while components.len() < MAX_COMPONENTS {
        let (kind, len, tail) = match *rest {
            // The long form: usage and access come behind the last part.
            [0xFF, kind, high, low, ref tail @ ..] => (kind, u16::from_be_bytes([high, low]), tail),
            [kind, len, ref tail @ ..] if bytes.get(2) != Some(&0xFF) => (kind, len.into(), tail),
            _ => break,
        };
        let kind = kind_of(kind);
        components.push(CardKeyComponent { kind, len });
        rest = tail;
    }
    Some(CardKey {
        id,
        version,
        components,
    })
}

fn kind_of(byte: u8) -> CardKeyKind {
    match byte {
        0x80..=0x84 => CardKeyKind::Des,
        0x85 => CardKeyKind::Psk,
        0x88 => CardKeyKind::Aes,
        0x90 | 0x91 => CardKeyKind::Hmac,
        0xA0 | 0xA1 => CardKeyKind::RsaPublic,
        0xA2..=0xA8 => CardKeyKind::RsaPrivate,
        0xB0 => CardKeyKind::EcPublic,
        0xB1 => CardKeyKind::EcPrivate,
        0xB2..=0xB7 | 0xF0 => CardKeyKind::EcParameters,
        other => CardKeyKind::Other(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{CardKey, CardKeyComponent, CardKeyKind, MAX_KEYS, parse};
    use crate::base::hex;
    use crate::iso7816::tlv::ber;

    fn of(text: &str) -> Vec<CardKey> {
        parse(&hex::decode(text).unwrap()).unwrap()
    }

    #[test]
    fn the_factory_keys_of_the_sheet() {
        let keys = of("E012C00401FF8010C00402FF8010C00403FF8010");
        let expected = [1, 2, 3].map(|id| CardKey {
            id,
            version: 0xFF,
            components: vec![CardKeyComponent {
                kind: CardKeyKind::Des,
                len: 16,
            }],
        });
        assert_eq!(keys, expected);
    }

    #[test]
    fn other_forms() {
        assert_eq!(of("E002C000"), []);
        let rsa = of("E008C0060173A180A003");
        assert_eq!(rsa[0].components.len(), 2);
        let long = of("E00CC00A0130FF880020010101FF");
        assert_eq!(
            long[0].components,
            [CardKeyComponent {
                kind: CardKeyKind::Aes,
                len: 32,
            }]
        );
        assert_eq!(parse(&[]), None);
    }

    #[test]
    fn the_list_has_an_end() {
        let many = ber::encode(0xE0, &[0xC0, 4, 1, 1, 0x88, 16].repeat(1000));
        assert_eq!(parse(&many).unwrap().len(), MAX_KEYS);
        let long = ber::encode(0xE0, &ber::encode(0xC0, &[1; 120]));
        assert_eq!(parse(&long).unwrap()[0].components.len(), 8);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&ber::encode(0xE0, &ber::encode(0xC0, &bytes)));
        }
    }
}
