//! Entries of the lists, as they are written (PKCS #15 v1.1, 6; sheet, 6 and 9).

use crate::card::task::{KeyPurpose, NewCertificate, NewData, NewKey, NewPin};
use crate::iso7816::tlv::ber;
use crate::iso7816::tlv::ber::Tlv;

/// The longest name that is written, in bytes: an entry is written with one command, so that it is
/// there as a whole or not at all.
pub(in crate::card) const MAX_LABEL: usize = 64;

/// The longest name of a token, in bytes: it has its place in a file that does not grow.
pub(in crate::card) const MAX_TOKEN_LABEL: usize = 32;

/// Common flags: private, modifiable (sheet, 6).
const PRIVATE: u32 = 0x1;
const MODIFIABLE: u32 = 0x2;

/// Flags of a PIN.
const LOCAL: u32 = 0x02;
const UNBLOCK_DISABLED: u32 = 0x08;
const INITIALIZED: u32 = 0x10;
const NEEDS_PADDING: u32 = 0x20;
const SO_PIN: u32 = 0x80;

/// Access to a key that was made on the card: sensitive, always so, never extractable, local.
const MADE_HERE: u32 = 0x1D;
/// Access to a key that came from elsewhere.
const SENSITIVE: u32 = 0x01;

/// A token that wants a PIN.
const LOGIN_REQUIRED: u32 = 0x02;

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    ber::encode(0x30, &parts.concat())
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    ber::encode(0x04, bytes)
}

fn text(text: &str) -> Vec<u8> {
    ber::encode(0x0C, text.as_bytes())
}

/// A number that is not negative.
fn integer(tag: u32, number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    match (high, low) {
        (0x00, 0x00..=0x7F) => ber::encode(tag, &[low]),
        (0x00..=0x7F, _) => ber::encode(tag, &[high, low]),
        _ => ber::encode(tag, &[0x00, high, low]),
    }
}

/// Named bits: bit n of the standard is bit n here, and those that are not set at the end are left
/// out.
fn flags(set: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in set.to_le_bytes() {
        bytes.push(byte.reverse_bits());
    }
    while bytes.last() == Some(&0x00) {
        bytes.pop();
    }
    let unused = bytes.last().map_or(0, |last| last.trailing_zeros());
    let mut value = vec![u8::try_from(unused).unwrap_or(0)];
    value.extend(bytes);
    ber::encode(0x03, &value)
}

/// The path of a file in the application, or of the application.
fn path(file: Option<u16>) -> Vec<u8> {
    let mut bytes = vec![0x3F, 0x00, 0x50, 0x15];
    bytes.extend(file.map(u16::to_be_bytes).into_iter().flatten());
    sequence(&[octets(&bytes)])
}

fn entry(common: &[Vec<u8>], class: &[Vec<u8>], kind: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[
        sequence(common),
        sequence(class),
        ber::encode(0xA1, &sequence(kind)),
    ])
}

/// A PIN in AODF.
pub(in crate::card) fn pin(new: &NewPin) -> Vec<u8> {
    let mut set = LOCAL | INITIALIZED | NEEDS_PADDING;
    if new.officer {
        set |= SO_PIN;
    }
    if new.puk_tries.is_none() {
        set |= UNBLOCK_DISABLED;
    }
    pin_with(new, set)
}

/// A PIN that is sent at its length, and whose flags say no more than that it is there: as OpenSC
/// names those of the MUSCLE applet (sheet "muscle", 10).
pub(in crate::card) fn plain_pin(new: &NewPin) -> Vec<u8> {
    let officer = if new.officer { SO_PIN } else { 0 };
    pin_with(new, INITIALIZED | officer)
}

fn pin_with(new: &NewPin, set: u32) -> Vec<u8> {
    let kind = [
        flags(set),
        ber::encode(0x0A, &[0x01]),
        integer(0x02, new.min.into()),
        integer(0x02, 8),
        integer(0x02, 8),
        integer(0x80, new.number.into()),
        octets(&[0x00]),
        path(None),
    ];
    entry(
        &[text(&new.label), flags(PRIVATE | MODIFIABLE)],
        &[octets(&new.auth_id.0)],
        &kind,
    )
}

/// The usage of the private and of the public half.
fn usage(purpose: KeyPurpose) -> (u32, u32) {
    match purpose {
        // Sign; verify.
        KeyPurpose::Sign => (0x04, 0x40),
        // Decrypt and unwrap; encrypt and wrap.
        KeyPurpose::Decrypt => (0x22, 0x11),
    }
}

/// A private key in PrKDF.
pub(in crate::card) fn private_key(new: &NewKey) -> Vec<u8> {
    let access = match new.modulus {
        None => MADE_HERE,
        Some(_) => SENSITIVE,
    };
    entry(
        &[
            text(&new.label),
            flags(PRIVATE | MODIFIABLE),
            octets(&new.auth_id.0),
        ],
        &[
            octets(&new.id.0),
            flags(usage(new.purpose).0),
            flags(access),
            integer(0x02, new.number.into()),
        ],
        &[path(None), integer(0x02, new.bits)],
    )
}

/// Its public half in PuKDF.
pub(in crate::card) fn public_key(new: &NewKey, file: u16) -> Vec<u8> {
    entry(
        &[text(&new.label), flags(MODIFIABLE)],
        &[
            octets(&new.id.0),
            flags(usage(new.purpose).1),
            // It is a file, not an object of the card.
            ber::encode(0x01, &[0x00]),
            integer(0x02, 0),
        ],
        &[path(Some(file)), integer(0x02, new.bits)],
    )
}

/// A certificate in CDF.
pub(in crate::card) fn certificate(new: &NewCertificate, file: u16) -> Vec<u8> {
    let mut class = vec![octets(&new.id.0)];
    if new.authority {
        class.push(ber::encode(0x01, &[0xFF]));
    }
    entry(
        &[text(&new.label), flags(MODIFIABLE)],
        &class,
        &[path(Some(file))],
    )
}

/// Data in DODF.
pub(in crate::card) fn data(new: &NewData, file: u16) -> Vec<u8> {
    let mut common = vec![text(&new.label)];
    match &new.guard {
        None => common.push(flags(MODIFIABLE)),
        Some((_, auth_id)) => {
            common.push(flags(PRIVATE | MODIFIABLE));
            common.push(octets(&auth_id.0));
        }
    }
    // The value alone, as the standard has it and OpenSC writes it (PKCS #15 v1.1, 6.7.2); the
    // sheet has one sequence more, which OpenSC does not read.
    sequence(&[
        sequence(&common),
        sequence(&[text(&new.program)]),
        ber::encode(0xA1, &path(Some(file))),
    ])
}

/// A list in ODF.
pub(in crate::card) fn list(tag: u32, file: u16) -> Vec<u8> {
    ber::encode(tag, &path(Some(file)))
}

/// The application in EF.DIR.
pub(in crate::card) fn directory() -> Vec<u8> {
    let mut record = ber::encode(0x4F, &super::AID);
    ber::push(&mut record, 0x50, b"PKCS#15");
    ber::push(&mut record, 0x51, &super::files::HOME);
    ber::encode(0x61, &record)
}

/// What the token says of itself. `moment` is in seconds since 1970.
pub(in crate::card) fn token_info(serial: &[u8], label: &str, moment: i64) -> Vec<u8> {
    let mut parts = vec![
        integer(0x02, 0),
        octets(serial),
        text("Symbolon"),
        ber::encode(0x80, label.as_bytes()),
        flags(LOGIN_REQUIRED),
    ];
    parts.extend(time(moment));
    sequence(&parts)
}

/// The last update, if the clock is between the years that its form can tell.
pub(in crate::card) fn time(moment: i64) -> Option<Vec<u8>> {
    let moment = ::time::OffsetDateTime::from_unix_timestamp(moment).ok()?;
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.to_hms();
    let text = format!(
        "{year:04}{:02}{day:02}{hour:02}{minute:02}{second:02}Z",
        u8::from(month)
    );
    Some(ber::encode(0xA5, &ber::encode(0x18, text.as_bytes())))
}

/// The same with another name, another moment of the last update, or both.
pub(in crate::card) fn token_info_changed(
    info: &[u8],
    label: Option<&str>,
    moment: i64,
) -> Option<Vec<u8>> {
    let whole = ber::objects(info)
        .next()
        .filter(|whole| whole.tag.0 == 0x30)?;
    let mut parts: Vec<(u32, Vec<u8>)> = whole
        .children()
        .map(|part| (part.tag.0, ber::encode(part.tag.0, part.value)))
        .collect();
    if let Some(label) = label {
        let new = (0x80, ber::encode(0x80, label.as_bytes()));
        match parts.iter().position(|part| part.0 == 0x80) {
            Some(index) => parts.splice(index..=index, [new]),
            None => {
                // Behind version, serial number and maker.
                let index = parts
                    .iter()
                    .take_while(|part| matches!(part.0, 0x02 | 0x04 | 0x0C));
                let index = index.count();
                parts.splice(index..index, [new])
            }
        };
    }
    if let Some(time) = time(moment) {
        match parts.iter_mut().find(|part| part.0 == 0xA5) {
            Some(part) => part.1 = time,
            None => parts.push((0xA5, time)),
        }
    }
    Some(sequence(
        &parts.into_iter().map(|part| part.1).collect::<Vec<_>>(),
    ))
}

/// An entry with another name.
pub(in crate::card) fn renamed(entry: &Tlv<'_>, label: &str) -> Vec<u8> {
    let mut parts = Vec::new();
    for (index, part) in entry.children().enumerate() {
        if index > 0 {
            parts.push(ber::encode(part.tag.0, part.value));
            continue;
        }
        let mut common = vec![text(label)];
        let rest = part.children().filter(|child| child.tag.0 != 0x0C);
        common.extend(rest.map(|child| ber::encode(child.tag.0, child.value)));
        parts.push(ber::encode(part.tag.0, &common.concat()));
    }
    ber::encode(entry.tag.0, &parts.concat())
}

/// RSAPublicKey (RFC 8017, A.1.1).
pub(in crate::card) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let start = bytes
            .iter()
            .position(|&byte| byte != 0x00)
            .unwrap_or(bytes.len());
        let mut value = bytes.get(start..).unwrap_or_default().to_vec();
        if value.first().is_none_or(|&first| first >= 0x80) {
            value.insert(0, 0x00);
        }
        ber::encode(0x02, &value)
    };
    sequence(&[number(modulus), number(exponent)])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use crate::base::hex::{self, Hex};
    use crate::card::task::{KeyPurpose, NewCertificate, NewData, NewKey, NewPin};

    fn is(bytes: &[u8], expected: &str) {
        assert_eq!(hex::encode(bytes), expected.replace(' ', ""));
    }

    /// Files as unmodified OpenSC writes them (sheet "iso7816-pkcs15", 9).
    #[test]
    fn entries_are_those_of_opensc() {
        let mut new = NewPin {
            number: 1,
            auth_id: Hex(vec![0xFF]),
            label: "Security Officer PIN".into(),
            officer: true,
            min: 6,
            tries: 2,
            puk_tries: Some(10),
        };
        is(
            &super::pin(&new),
            "3043 301A 0C14 5365637572697479204F6666696365722050494E 030206C0 3003 0401FF \
             A120 301E 0302004D 0A0101 020106 020108 020108 800101 040100 300604043F005015",
        );
        new = NewPin {
            number: 3,
            auth_id: Hex(vec![0x01]),
            label: "User Name".into(),
            officer: false,
            min: 4,
            ..new
        };
        is(
            &super::pin(&new),
            "3038 300F 0C09 55736572204E616D65 030206C0 3003 040101 \
             A120 301E 0302024C 0A0101 020104 020108 020108 800103 040100 300604043F005015",
        );
        let key = NewKey {
            id: Hex(vec![0x45]),
            number: 0x10,
            pin: 3,
            auth_id: Hex(vec![0x01]),
            label: "Private Key".into(),
            bits: 1024,
            purpose: KeyPurpose::Sign,
            modulus: None,
        };
        is(
            &super::private_key(&key),
            "3036 3014 0C0B 50726976617465204B6579 030206C0 040101 300E 040145 03020520 030203B8 020110 \
             A10E 300C 300604043F005015 02020400",
        );
        is(
            &super::public_key(&key, 0x3003),
            "3034 3011 0C0B 50726976617465204B6579 03020640 300D 040145 03020102 010100 020100 \
             A110 300E 300804063F0050153003 02020400",
        );
        let certificate = NewCertificate {
            id: Hex(vec![0x45]),
            label: "Certificate".into(),
            authority: false,
            der: Hex::default(),
        };
        is(
            &super::certificate(&certificate, 0x3104),
            "3026 3011 0C0B 4365727469666963617465 03020640 3003 040145 A10C 300A 300804063F0050153104",
        );
        let note = NewData {
            label: "note".into(),
            program: "demo".into(),
            len: 0,
            guard: None,
        };
        is(
            &super::data(&note, 0x3302),
            "3020 300A 0C046E6F7465 03020640 3006 0C0464656D6F A10A 300804063F0050153302",
        );
        is(&super::list(0xA8, 0x4401), "A80A300804063F0050154401");
    }

    #[test]
    fn flags_are_trimmed_at_the_end() {
        for (set, expected) in [
            (0x00, "030100"),
            (0x03, "030206C0"),
            (0x01, "03020780"),
            (0x1D, "030203B8"),
            (0x32, "0302024C"),
            (0xD1, "0302008B"),
            (0x206, "0303066040"),
        ] {
            is(&super::flags(set), expected);
        }
    }

    #[test]
    fn token_info_keeps_what_is_not_changed() {
        let serial = hex::decode("2737C0092B18").unwrap();
        let info = super::token_info(&serial, "OpenSC Card", 1_795_269_430);
        assert!(hex::encode(&info).contains("180F32303236313132313133353731305A"));
        let longer = super::token_info_changed(&info, Some("Anna"), 0).unwrap();
        assert_eq!(longer, super::token_info(&serial, "Anna", 0));
    }
}
