//! The objects of a PIV card on paper (SP 800-73-4 Part 1, appendix A; sheet "openpgp-piv",
//! B1).

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use crate::iso7816::tlv::ber;
use crate::token::{Fact, FactName, FactValue, Text};

/// Card holder unique identifier.
pub(super) const CHUID: [u8; 3] = [0x5F, 0xC1, 0x02];

/// Card capability container.
pub(super) const CCC: [u8; 3] = [0x5F, 0xC1, 0x07];

/// Discovery object.
pub(super) const DISCOVERY: [u8; 1] = [0x7E];

/// Key history object.
pub(super) const KEY_HISTORY: [u8; 3] = [0x5F, 0xC1, 0x0C];

/// The longest certificate that is unpacked, in bytes: a bomb ends here.
const MAX_CERTIFICATE: u64 = 65_536;

/// The GUID in the card holder identifier, unless it is all zero.
pub(super) fn guid(chuid: &[u8]) -> Option<Fact> {
    let guid = ber::find(chuid, &[0x34]).filter(|guid| guid.len() == 16)?;
    guid.iter()
        .any(|&byte| byte != 0)
        .then(|| Fact::hex(FactName::Guid, guid))
}

/// What the card holder identifier says.
pub(super) fn chuid(value: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(number) = ber::find(value, &[0x30]).filter(|number| number.len() == 25) {
        facts.push(match fasc_n(number) {
            Some(text) => Fact::text(FactName::FascN, text.into()),
            None => Fact::hex(FactName::FascN, number),
        });
    }
    facts.extend(guid(value));
    if let Some(date) = ber::find(value, &[0x35]).and_then(day) {
        facts.push(Fact {
            name: FactName::Expires,
            value: date,
        });
    }
    facts
}

/// `YYYYMMDD` in digits.
fn day(digits: &[u8]) -> Option<FactValue> {
    let number = |range: std::ops::Range<usize>| {
        digits.get(range)?.iter().try_fold(0, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    if digits.len() != 8 {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(FactValue::Day(
        year,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    ))
}

/// Federal agency smart credential number: 40 groups of five bits, least significant first,
/// the fifth for odd parity (TIG SCEPACS 2.2, 6.2).
fn fasc_n(bytes: &[u8]) -> Option<String> {
    const START: u8 = 0b01011;
    const FIELD: u8 = 0b01101;
    const END: u8 = 0b01111;
    if bytes.len() != 25 {
        return None;
    }
    let bit = |index: usize| {
        bytes
            .get(index / 8)
            .map_or(0, |byte| byte >> (7 - index % 8) & 1)
    };
    let groups: Vec<u8> = (0..40)
        .map(|group| (0..5).fold(0, |value, index| value | bit(group * 5 + index) << index))
        .collect();
    if groups.iter().any(|group| group.count_ones() % 2 == 0) {
        return None;
    }
    let groups: Vec<u8> = groups.iter().map(|group| group & 0x0F).collect();
    // Agency, system, credential, series, issue, person, category, organisation, association.
    let fields = [
        (1, 4),
        (6, 4),
        (11, 6),
        (18, 1),
        (20, 1),
        (22, 10),
        (32, 1),
        (33, 4),
        (37, 1),
    ];
    let signs = [
        (0, START),
        (5, FIELD),
        (10, FIELD),
        (17, FIELD),
        (19, FIELD),
        (21, FIELD),
        (38, END),
    ];
    if signs
        .iter()
        .any(|&(at, sign)| groups.get(at) != Some(&(sign & 0x0F)))
    {
        return None;
    }
    let mut parts = Vec::new();
    for (start, len) in fields {
        let digits = groups.get(start..start + len)?;
        if digits.iter().any(|&digit| digit > 9) {
            return None;
        }
        parts.push(digits.iter().map(ToString::to_string).collect::<String>());
    }
    Some(parts.join("-"))
}

/// What the card capability container says.
pub(super) fn capabilities(value: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(id) = ber::find(value, &[0xF0]).filter(|id| (1..=21).contains(&id.len())) {
        facts.push(Fact::hex(FactName::CardIdentifier, id));
    }
    facts
}

/// What the discovery object says about PINs (its content, without the `7E`).
pub(super) fn discovery(value: &[u8]) -> Vec<Fact> {
    let Some([usage, primary]) = ber::find(value, &[0x5F2F]) else {
        return Vec::new();
    };
    let mut facts = vec![
        Fact::flag(FactName::PivPin, usage & 0x40 != 0),
        Fact::flag(FactName::GlobalPin, usage & 0x20 != 0),
    ];
    if usage & 0x20 != 0 {
        facts.push(Fact::flag(FactName::GlobalPinPrimary, primary & 0x20 != 0));
    }
    facts
}

/// What the key history says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct History {
    /// How many retired keys have their certificates on the card, at most [`RETIRED`]; all slots where
    /// the number is damaged.
    pub(super) on_card: usize,
    /// The same, and the rest of it.
    pub(super) facts: Vec<Fact>,
    /// Whether it speaks of more keys than there are slots.
    pub(super) impossible: bool,
    /// Whether one of the two numbers that have to be there is not.
    pub(super) incomplete: bool,
}

/// Slots of retired keys (SP 800-73-4 Part 1, 3.3.3).
const RETIRED: u8 = 20;

/// Reads the key history. More keys than there can be are cut off: first those that are said
/// to be elsewhere.
pub(super) fn key_history(value: &[u8]) -> History {
    let count = |tag| match ber::find(value, &[tag]) {
        Some([count]) => Some(*count),
        _ => None,
    };
    let (on, off) = (count(0xC1), count(0xC2));
    let on_card = on.map(|on| on.min(RETIRED));
    let most_off = RETIRED - on_card.unwrap_or(0);
    let mut facts = Vec::new();
    if let Some(on_card) = on_card {
        facts.push(Fact::number(FactName::RetiredOnCard, on_card.into()));
    }
    if let Some(off) = off {
        let off = off.min(most_off);
        facts.push(Fact::number(FactName::RetiredOffCard, off.into()));
    }
    if let Some(url) = ber::find(value, &[0xF3]).filter(|url| !url.is_empty()) {
        facts.push(Fact::text(FactName::RetiredUrl, Text::from_utf8(url)));
    }
    History {
        on_card: on_card.unwrap_or(RETIRED).into(),
        facts,
        impossible: on.unwrap_or(0) > RETIRED || off.unwrap_or(0) > most_off,
        incomplete: on.is_none() || off.is_none(),
    }
}

/// What a certificate container holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stored {
    /// The certificate, decompressed if it was not plain.
    Plain(Vec<u8>),
    /// Something compressed that is damaged, or longer than [`MAX_CERTIFICATE`] without that.
    Compressed(Vec<u8>),
}

/// The certificate in its container, unpacked: `70` certificate, `71` how it is packed. Old
/// cards leave `71` away.
pub(super) fn certificate(value: &[u8]) -> Option<Stored> {
    let packed = ber::find(value, &[0x70]).filter(|packed| !packed.is_empty())?;
    let info = ber::find(value, &[0x71])
        .and_then(<[u8]>::first)
        .copied()
        .unwrap_or(0);
    let unpacked = match packed {
        [0x1F, 0x8B, ..] if info & 0x01 != 0 => unpack(GzDecoder::new(packed)),
        // Net iD: 01 00, length in little endian, zlib.
        [0x01, 0x00, _, _, zlib @ ..] if info & 0x01 != 0 => unpack(ZlibDecoder::new(zlib)),
        _ => Some(packed.to_vec()),
    };
    Some(unpacked.map_or_else(|| Stored::Compressed(packed.to_vec()), Stored::Plain))
}

fn unpack(reader: impl Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    reader
        .take(MAX_CERTIFICATE + 1)
        .read_to_end(&mut unpacked)
        .ok()?;
    (unpacked.len() as u64 <= MAX_CERTIFICATE).then_some(unpacked)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write;

    use super::{Stored, certificate, chuid, discovery, fasc_n, key_history};
    use crate::base::hex;
    use crate::iso7816::tlv::ber;
    use crate::token::{Fact, FactName, FactValue};

    #[test]
    fn the_number_of_a_federal_card() {
        let bytes = hex::decode("D0439458210C2C19A0846D83685A1082108CE73984108CA3FC").unwrap();
        assert_eq!(
            fasc_n(&bytes).unwrap(),
            "0032-0001-092446-0-1-1112223333-1-1223-2"
        );
        let mut damaged = bytes;
        *damaged.last_mut().unwrap() ^= 0x40;
        assert_eq!(fasc_n(&damaged), None);
    }

    #[test]
    fn the_identifier_that_yubico_writes() {
        let value = hex::decode(
            "3019D4E739DA739CED39CE739D836858210842108421C84210C3EB3410000102030405060708090A0B0C0D\
             0E0F350832303330303130313E00FE00",
        );
        let facts = chuid(&value.unwrap());
        assert!(facts.contains(&Fact {
            name: FactName::Expires,
            value: FactValue::Day(2030, 1, 1)
        }));
        assert!(facts.iter().any(|fact| fact.name == FactName::Guid));
        let number = facts
            .iter()
            .find(|fact| fact.name == FactName::FascN)
            .unwrap();
        assert!(
            matches!(&number.value, FactValue::Text(t) if t.as_str().starts_with("9999-9999-999999"))
        );
    }

    #[test]
    fn pins_that_a_card_has() {
        let value = hex::decode("4F0BA0000003080000100001005F2F024000").unwrap();
        let facts = discovery(&value);
        assert_eq!(facts[0], Fact::flag(FactName::PivPin, true));
        assert_eq!(facts[1], Fact::flag(FactName::GlobalPin, false));
    }

    fn container(packed: &[u8], info: u8) -> Vec<u8> {
        [
            ber::encode(0x70, packed),
            ber::encode(0x71, &[info]),
            ber::encode(0xFE, &[]),
        ]
        .concat()
    }

    #[test]
    fn certificates_come_plain_and_packed() {
        let der = vec![0x30; 900];
        let plain = Some(Stored::Plain(der.clone()));
        assert_eq!(certificate(&container(&der, 0)), plain);
        assert_eq!(certificate(&ber::encode(0x70, &der)), plain);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&der).unwrap();
        assert_eq!(certificate(&container(&gzip.finish().unwrap(), 1)), plain);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(&der).unwrap();
        let packed = [&[0x01, 0x00, 0x84, 0x03][..], &zlib.finish().unwrap()].concat();
        assert_eq!(certificate(&container(&packed, 1)), plain);
    }

    #[test]
    fn a_history_of_more_keys_than_slots_is_cut() {
        let of = |on, off| key_history(&[0xC1, 1, on, 0xC2, 1, off, 0xF3, 0]);
        let numbers = |on: u64, off: u64| {
            vec![
                Fact::number(FactName::RetiredOnCard, on),
                Fact::number(FactName::RetiredOffCard, off),
            ]
        };
        let possible = of(15, 5);
        assert_eq!((possible.on_card, possible.impossible), (15, false));
        assert_eq!(possible.facts, numbers(15, 5));
        let both_full = of(20, 20);
        assert_eq!((both_full.on_card, both_full.impossible), (20, true));
        assert_eq!(both_full.facts, numbers(20, 0));
        assert_eq!(of(255, 255).facts, numbers(20, 0));
        assert!(of(3, 18).impossible);
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![0; 10 << 20]).unwrap();
        let bomb = gzip.finish().unwrap();
        let stored = certificate(&container(&bomb, 1));
        assert_eq!(stored, Some(Stored::Compressed(bomb)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do(bytes: Vec<u8>) {
            let _ = (certificate(&bytes), chuid(&bytes), discovery(&bytes), fasc_n(&bytes));
            let _ = key_history(&bytes);
        }
    }
}
