//! The worked examples of the sheet (section 9), and what other makers write.

use super::bits::{bits, number};
use super::directory::{Kind, lists};
use super::objects::{Entry, KeyClass, Place, Value, program};
use super::{files, pins, profile, token_info};
use crate::base::hex;
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::guard::Deed;
use crate::iso7816::Form;
use crate::iso7816::tlv::ber::{self, Tlv};
use crate::token::{
    Alphabet, Fact, FactName, FactValue, Flag, OperationKind, PinReference, PinRole,
};

/// Answer to reset of CardOS M4.2B.
const CARDOS: [u8; 13] = [
    0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x09, 0x75,
];

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(&text.replace(' ', "")).unwrap()
}

/// The first object of a list.
fn first(list: &[u8]) -> Tlv<'_> {
    ber::objects(list).next().unwrap()
}

const SO_PIN: &str = "3043 301A 0C14 5365637572697479204F6666696365722050494E 030206C0 3003 0401FF \
    A120 301E 0302004D 0A0101 020106 020108 020108 800101 040100 3006 04043F005015";
const USER_PIN: &str = "3038 300F 0C09 55736572204E616D65 030206C0 3003 040101 \
    A120 301E 0302024C 0A0101 020104 020108 020108 800103 040100 3006 04043F005015";
const MUSCLE_PIN: &str = "3037 300E 0C08 557365722050494E 030206C0 3003 0401FF \
    A120 301E 03020308 0A0101 020106 020108 020108 800101 040100 3006 04043F005015";
const KEY: &str = "3036 3014 0C0B 50726976617465204B6579 030206C0 040101 \
    300E 040145 03020520 030203B8 020110 A10E 300C 3006 04043F005015 02020400";
const WITH_SUBJECT: &str = "304B 3014 0C0B 4365727469666963617465 030206C0 040101 \
    300E 040145 03020520 030203B8 020110 A013 3011 300F 310D 300B 0603550403 0C0474657374 \
    A10E 300C 3006 04043F005015 02020400";

#[test]
fn pins_of_the_howto_are_what_the_howto_shows() {
    let list = bytes(SO_PIN);
    let found = pins::of(&first(&list), profile::of(&CARDOS)).unwrap();
    let [so, puk] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (so.role, so.reference),
        (PinRole::SecurityOfficer, PinReference(0x81))
    );
    assert_eq!(so.label.as_ref().unwrap().as_str(), "Security Officer PIN");
    assert_eq!((so.rule.min, so.rule.max), (6, 8));
    assert_eq!(
        (puk.role, puk.reference),
        (PinRole::Puk, PinReference(0x82))
    );
    let flags = vec![
        Flag::LocalPin,
        Flag::Initialized,
        Flag::NeedsPadding,
        Flag::SoPin,
    ];
    assert!(so.facts.contains(&Fact {
        name: FactName::PinFlags,
        value: FactValue::Flags(flags)
    }));
    let list = bytes(USER_PIN);
    let found = pins::of(&first(&list), profile::of(&CARDOS)).unwrap();
    assert_eq!(
        (found[0].role, found[0].reference),
        (PinRole::User, PinReference(0x83))
    );
    assert_eq!(
        (found[0].rule.min, found[0].rule.alphabet),
        (4, Alphabet::Ascii)
    );
    // On other cards the number goes out as it is, and nothing unblocks that no file tells of.
    let list = bytes(MUSCLE_PIN);
    let found = pins::of(&first(&list), profile::of(&[0x3B, 0x00])).unwrap();
    assert_eq!((found.len(), found[0].reference), (1, PinReference(0x01)));
}

#[test]
fn a_pin_goes_out_in_the_form_that_its_card_wants_or_not_at_all() {
    let verify = |text: &str| {
        let list = bytes(text);
        let pin = pins::of(&first(&list), profile::of(&[0x3B, 0x00]))
            .unwrap()
            .remove(0);
        let sent = pins::step(&pin, &Deed::Verify(&Secret::new(b"123456")));
        let sent = sent.map(|step| step.command.to_bytes(Form::Short, false).expose().to_vec());
        let possible = pin
            .operation(OperationKind::Verify)
            .unwrap()
            .impossible
            .is_none();
        assert_eq!(sent.is_ok(), possible, "{text}");
        sent
    };
    let padded = verify(USER_PIN).unwrap();
    assert_eq!(padded, b"\x00\x20\x00\x03\x08123456\x00\x00");
    // MUSCLE tells a filling byte and does not fill up.
    assert_eq!(verify(MUSCLE_PIN).unwrap(), b"\x00\x20\x00\x01\x06123456");
    // BCD, half nibbles, ISO 9564-1.
    for coding in ["0A0100", "0A0103", "0A0104"] {
        let refused = verify(&USER_PIN.replace("0A0101", coding));
        assert!(
            matches!(refused, Err(CardError::Unsupported(_))),
            "{coding}"
        );
    }
    for flag in [Flag::IntegrityProtected, Flag::ConfidentialityProtected] {
        let facts = [Fact {
            name: FactName::PinFlags,
            value: FactValue::Flags(vec![Flag::Initialized, flag]),
        }];
        assert!(!pins::is_sent_as_typed(&facts), "{flag:?}");
    }
}

#[test]
fn a_key_is_read_with_and_without_its_subject() {
    for text in [KEY, WITH_SUBJECT] {
        let list = bytes(text);
        let entry = Entry::of(&first(&list)).unwrap();
        let class = KeyClass::of(entry.class.clone()).unwrap();
        assert_eq!(class.id, [0x45]);
        assert_eq!(class.usage, [Flag::Sign]);
        assert_eq!((class.native, class.reference), (true, Some(0x10)));
        let place = Value::of(&entry.kind).unwrap();
        assert_eq!(place.place().unwrap().path, [0x3F, 0x00, 0x50, 0x15]);
        assert!(entry.common.is_private());
    }
}

#[test]
fn data_has_its_program_and_its_place_in_both_forms() {
    let wrapped =
        "3022 300A 0C04 6E6F7465 03020640 3006 0C04 64656D6F A10C 300A 3008 04063F0050153302";
    let bare = "3020 300A 0C04 6E6F7465 03020640 3006 0C04 64656D6F A10A 3008 04063F0050153302";
    for text in [wrapped, bare] {
        let list = bytes(text);
        let entry = Entry::of(&first(&list)).unwrap();
        assert_eq!(program(entry.class.clone()).unwrap().as_str(), "demo");
        let value = Value::of(&entry.kind).unwrap();
        assert_eq!(value.place().unwrap().path, bytes("3F0050153302"));
    }
}

#[test]
fn the_directory_names_each_list_once_and_never_itself() {
    let odf = bytes(
        "A80A 3008 04063F0050154401 A00A 3008 04063F0050154402 A10A 3008 04063F0050154403 \
         A40A 3008 04063F0050154404 A00A 3008 04063F0050155031 A00A 3008 04063F0050154402 0000",
    );
    let (found, wrong) = lists(&odf);
    let kinds: Vec<Kind> = found.iter().map(|list| list.kind).collect();
    assert_eq!(wrong, ["entry 5 is none"]);
    let expected = [
        Kind::Pins,
        Kind::PrivateKeys,
        Kind::Certificates,
        Kind::PublicKeys,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_token_says_what_it_is_and_when_it_was_changed() {
    let info = bytes(
        "303F 020100 0406 2737C0092B18 0C0E 4F70656E53432050726F6A656374 \
         800B 4F70656E53432043617264 03020410 A511 180F 32303236313132313133353731305A",
    );
    let facts = token_info::facts(&info).unwrap();
    let text = |name: FactName, text: &str| Fact::text(name, text.into());
    assert_eq!(
        facts,
        [
            text(FactName::Serial, "2737C0092B18"),
            text(FactName::Manufacturer, "OpenSC Project"),
            text(FactName::Label, "OpenSC Card"),
            Fact {
                name: FactName::TokenFlags,
                value: FactValue::Flags(vec![Flag::EidCompliant])
            },
            Fact {
                name: FactName::LastUpdate,
                value: FactValue::Time(1_795_269_430)
            },
        ]
    );
}

#[test]
fn numbers_are_what_was_meant() {
    assert_eq!(number(&[0x10]), Some(16));
    // As OpenSC up to 0.11.4 and others wrote them.
    assert_eq!(number(&[0x81]), Some(0x81));
    assert_eq!(number(&[0xFF, 0x81]), Some(0x81));
    assert_eq!(number(&[0x00, 0x81]), Some(0x81));
    assert_eq!(number(&[0x08, 0x00]), Some(2048));
    for none in [&[][..], &[0x80, 0x00], &[1; 9]] {
        assert_eq!(number(none), None);
    }
    for (value, encoded) in [
        (0x03, "06C0"),
        (0x1D, "03B8"),
        (0x32, "024C"),
        (0xB2, "004D"),
        (0x2E, "0274"),
        (0xD1, "008B"),
        (0x206, "066040"),
    ] {
        assert_eq!(bits(&bytes(encoded)), value, "{encoded}");
    }
}

#[test]
fn a_list_ends_where_its_filling_begins() {
    let mut list = bytes(USER_PIN);
    let whole = list.clone();
    list.extend([0x00, 0x00]);
    // Left from a longer list: no ghost.
    list.extend(&whole);
    let (found, rest) = files::entries(&list);
    assert_eq!((found.len(), files::is_filling(rest)), (1, true));
    assert!(!files::is_cut_short(&list));
    let (found, rest) = files::entries(&whole);
    assert_eq!((found.len(), rest.is_empty()), (1, true));
    assert!(!files::is_cut_short(&whole));
    assert!(files::is_cut_short(whole.get(..20).unwrap()));
}

#[test]
fn paths_are_absolute_or_below_the_application() {
    let absolute =
        |path: &str| files::absolute(&bytes(path), &files::HOME).map(|path| hex::encode(&path));
    assert_eq!(absolute("3F0050154401").as_deref(), Some("3F0050154401"));
    assert_eq!(absolute("4401").as_deref(), Some("3F0050154401"));
    for nowhere in [vec![], vec![0x3F], vec![0x44; 34]] {
        assert_eq!(
            files::absolute(&nowhere, &files::HOME),
            None,
            "{nowhere:02X?}"
        );
    }
    let part = bytes("300C 04043F005015 020102 800103");
    let place = Place::of(&first(&part)).unwrap();
    assert_eq!(place.cut(vec![0, 1, 2, 3, 4, 5]), Some(vec![2, 3, 4]));
    assert_eq!(place.cut(vec![0, 1, 2]), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_something_or_nothing(list: Vec<u8>) {
        let _ = lists(&list);
        let _ = token_info::facts(&list);
        for entry in files::entries(&list).0 {
            let _ = pins::of(&entry, profile::of(&CARDOS));
            let _ = Entry::of(&entry).map(|entry| (KeyClass::of(entry.class), Value::of(&entry.kind)));
        }
    }
}
