//! Card recognition data: which standards and secure channels (sheet "globalplatform", 1.2).

use crate::iso7816::tlv::ber;
use crate::token::{CardRecognition, SecureChannelProtocol, Text};

/// 1.2.840.114283, GlobalPlatform.
const GLOBAL_PLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];

/// 1.3.6.1.4.1.42.2.110.1, Java Card.
const JAVA_CARD: [u8; 9] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x6E, 0x01];

/// The most protocols that are taken.
const MAX_PROTOCOLS: usize = 16;

/// The most parts of an object identifier.
const MAX_ARCS: usize = 32;

/// Reads the data object 66, or the 73 in it, which is in the answer to SELECT too.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<CardRecognition> {
    let data = ber::find(bytes, &[0x66, 0x73]).or_else(|| ber::find(bytes, &[0x73]))?;
    let mut found = CardRecognition::default();
    let mut known = false;
    for object in ber::objects(data) {
        let oids = || {
            let inner = object.children();
            inner
                .filter(|inner| inner.tag.0 == 0x06)
                .map(|oid| oid.value)
        };
        match object.tag.0 {
            0x06 => known |= object.value.starts_with(&GLOBAL_PLATFORM),
            0x60 => {
                let version = oids().find_map(|oid| of_platform(oid, 2));
                found.version = version.map(arcs).unwrap_or_default();
            }
            0x63 => found.has_identification_scheme = true,
            0x64 => {
                let protocols = oids().filter_map(|oid| protocol(of_platform(oid, 4)?));
                let room = MAX_PROTOCOLS.saturating_sub(found.protocols.len());
                found.protocols.extend(protocols.take(room));
            }
            0x65 => found.configuration = oids().next().map(text),
            0x66 => {
                found.chip = oids().next().map(text);
                let java = oids().find_map(|oid| oid.strip_prefix(&JAVA_CARD));
                found.java_card = java.and_then(|rest| arcs(rest).first().copied());
            }
            _ => {}
        }
    }
    (known || !found.protocols.is_empty()).then_some(found)
}

/// What is behind 1.2.840.114283 and a number.
fn of_platform(oid: &[u8], number: u8) -> Option<&[u8]> {
    let (&first, rest) = oid.strip_prefix(&GLOBAL_PLATFORM)?.split_first()?;
    (first == number).then_some(rest)
}

/// Protocol and parameter. Beyond 7F either takes two bytes, but cards are there that write `80 00`
/// for SCP80 without one.
fn protocol(rest: &[u8]) -> Option<SecureChannelProtocol> {
    let (scp, i) = match (arcs(rest).as_slice(), rest) {
        (&[scp, i], _) => (u8::try_from(scp).ok()?, u16::try_from(i).ok()?),
        (_, &[scp, i]) => (scp, i.into()),
        _ => return None,
    };
    Some(SecureChannelProtocol { scp, i })
}

/// The numbers of an object identifier, or of its end. Numbers beyond 32 bits end it.
fn arcs(bytes: &[u8]) -> Vec<u32> {
    let mut all = Vec::new();
    let mut number = 0_u32;
    for &byte in bytes {
        if number >> 25 != 0 || all.len() == MAX_ARCS {
            break;
        }
        number = number << 7 | u32::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            all.push(number);
            number = 0;
        }
    }
    all
}

fn text(oid: &[u8]) -> Text {
    let mut numbers = arcs(oid);
    if let Some(first) = numbers.first_mut() {
        // The first two are one number (ISO/IEC 8825-1, 8.19.4).
        let root = (*first / 40).min(2);
        *first -= root * 40;
        numbers.insert(0, root);
    }
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Text::from(words.join(".").as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::parse;
    use crate::base::hex;
    use crate::iso7816::tlv::ber;
    use crate::token::SecureChannelProtocol;

    fn sheet(scp: &str) -> Vec<u8> {
        let text = "664D734B06072A864886FC6B01600B06092A864886FC6B020203630906072A864886FC6B03640B06092A864886FC6B04****650D060B2A864886FC6B0507020000660C060A2B060104012A026E0103";
        hex::decode(&text.replace("****", scp)).unwrap()
    }

    /// Of one protocol, as the bytes behind the number 4.
    fn protocols(rest: &[u8]) -> Vec<SecureChannelProtocol> {
        let oid = [&super::GLOBAL_PLATFORM[..], &[4], rest].concat();
        let data = ber::encode(0x73, &ber::encode(0x64, &ber::encode(0x06, &oid)));
        parse(&data)
            .map(|found| found.protocols)
            .unwrap_or_default()
    }

    #[test]
    fn the_vectors_of_the_sheet() {
        for (bytes, scp, i) in [("0255", 2, 0x55), ("0370", 3, 0x70)] {
            let found = parse(&sheet(bytes)).unwrap();
            // The sheet reads 2.2.3; the first 2 is the arc of the standard itself.
            assert_eq!(found.version, [2, 3]);
            assert_eq!(found.protocols, [SecureChannelProtocol { scp, i }]);
            assert_eq!(found.java_card, Some(3));
            assert!(found.has_identification_scheme);
            let chip = found.chip.unwrap();
            assert_eq!(chip.as_str(), "1.3.6.1.4.1.42.2.110.1.3");
        }
    }

    #[test]
    fn large_and_illegal_numbers() {
        let of = |scp, i| vec![SecureChannelProtocol { scp, i }];
        assert_eq!(protocols(&[0x11, 0x9B, 0x06]), of(0x11, 0x0D86));
        assert_eq!(protocols(&[0x80, 0x00]), of(0x80, 0));
        assert_eq!(protocols(&[0x81, 0x00, 0x00]), of(0x80, 0));
        assert_eq!(protocols(&[0x03]), []);
    }

    #[test]
    fn what_is_not_of_global_platform_is_nothing() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&ber::encode(0x73, &ber::encode(0x06, &[0x2B]))), None);
        let many = ber::encode(0x73, &[0x64, 0].repeat(50));
        assert_eq!(parse(&many), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>, rest: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&ber::encode(0x73, &bytes));
            let _ = protocols(&rest);
        }
    }
}
