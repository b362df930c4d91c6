//! What a token says of itself (PKCS #15 v1.1, 6.9; sheet, 6).

use super::bits::{self, BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, TIME, UTF8_STRING, next_if};
use crate::base::hex;
use crate::iso7816::tlv::ber::{self, Objects, Tag, Tlv};
use crate::token::{Fact, FactName, FactValue, Text};

/// The serial number, as it tells this token from others.
pub(in crate::card) fn serial(info: &[u8]) -> Option<Fact> {
    let mut parts = parts(info)?;
    next_if(&mut parts, INTEGER)?;
    let serial = next_if(&mut parts, OCTET_STRING)?;
    let serial = Text::from(hex::encode(serial));
    (!serial.is_empty()).then(|| Fact::text(FactName::Serial, serial))
}

/// All that it says. Nothing if it is no such thing.
pub(in crate::card) fn facts(info: &[u8]) -> Option<Vec<Fact>> {
    let mut parts = parts(info)?;
    next_if(&mut parts, INTEGER)?;
    let mut facts = Vec::new();
    let _ = next_if(&mut parts, OCTET_STRING);
    facts.extend(serial(info));
    let text = |name, value: &[u8]| Fact::text(name, Text::from_either(value));
    let maker = next_if(&mut parts, UTF8_STRING);
    facts.extend(maker.map(|maker| text(FactName::Manufacturer, maker)));
    let label = next_if(&mut parts, Tag(0x80)).filter(|label| !label.is_empty());
    facts.extend(label.map(|label| text(FactName::Label, label)));
    if let Some(set) = next_if(&mut parts, BIT_STRING) {
        facts.push(Fact {
            name: FactName::TokenFlags,
            value: FactValue::Flags(bits::flags(bits::bits(set), &bits::TOKEN)),
        });
    }
    let update = parts.find(|part| part.tag == Tag(0xA5));
    let update = update.and_then(|update| moment(&update));
    facts.extend(update.map(|seconds| Fact {
        name: FactName::LastUpdate,
        value: FactValue::Time(seconds),
    }));
    Some(facts)
}

fn parts(info: &[u8]) -> Option<Objects<'_>> {
    let whole = ber::objects(info).next()?;
    (whole.tag == SEQUENCE).then(|| whole.children())
}

/// `YYYYMMDDhhmmssZ` in seconds since 1970.
fn moment(update: &Tlv<'_>) -> Option<i64> {
    let text = update.children().find(|child| child.tag == TIME)?.value;
    let digits = text
        .strip_suffix(b"Z")
        .filter(|digits| digits.len() == 14)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut pairs = digits.chunks_exact(2).map(|pair| {
        pair.iter()
            .fold(0, |number, digit| 10 * number + (digit - b'0'))
    });
    let mut next = || pairs.next();
    let (century, year) = (next()?, next()?);
    let month = time::Month::try_from(next()?).ok()?;
    let year = 100 * i32::from(century) + i32::from(year);
    let date = time::Date::from_calendar_date(year, month, next()?).ok()?;
    let moment = date.with_hms(next()?, next()?, next()?).ok()?;
    Some(moment.assume_utc().unix_timestamp())
}
