//! Commands that change a card, as data, and what their answers mean.

use crate::script::{Script, TEST_KEY, announced, bytes, keys, open, over, wish};
use symbolon::base::hex;
use symbolon::base::secret::Secret;
use symbolon::globalplatform::content::{
    self, ContentError, DesKeyType, Install, Limits, Operation, Rounding, Signature, StatusOf,
    StoreFormat, judge,
};
use symbolon::globalplatform::keys::KeyError;
use symbolon::globalplatform::{Aid, ChannelError, KeyFamily, SecureChannel, Wish};
use symbolon::iso7816::{Command, Form, Response, StatusWord};
use symbolon::token::Privilege;

fn aid(text: &str) -> Aid {
    Aid::new(&bytes(text)).unwrap()
}

fn wire(command: &Command) -> String {
    hex::encode(command.to_bytes(Form::Short, false).expose())
}

fn text(spaced: &str) -> String {
    hex::encode(&bytes(spaced))
}

#[test]
fn deletion() {
    let name = aid("A00000000101");
    assert_eq!(
        wire(&content::delete(&name, false)),
        text("80E40000 08 4F06A00000000101 00")
    );
    assert_eq!(
        wire(&content::delete(&name, true)),
        text("80E40080 08 4F06A00000000101 00")
    );
    let key = |id, version| wire(&content::delete_key(id, version));
    assert_eq!(
        key(Some(1), Some(0x30)),
        text("80E40000 06 D00101 D20130 00")
    );
    assert_eq!(key(None, Some(0x30)), text("80E40000 03 D20130 00"));
}

#[test]
fn announcing_a_package_as_gpshell_does() {
    let of = |code, rounding| {
        let limits = Limits {
            code: Some(code),
            ..Limits::default()
        };
        let (package, domain) = (aid("A000000001"), aid("A000000003000000"));
        wire(&content::for_load(&package, &domain, &[], limits, rounding))
    };
    let start = "80E60200 18 05A000000001 08A000000003000000 00 06EF04C602";
    assert_eq!(
        of(16_000, Rounding::Exact),
        text(&format!("{start} 3E80 00 00"))
    );
    assert_eq!(
        of(16_000, Rounding::Gpshell),
        text(&format!("{start} 3E90 00 00"))
    );
    assert_eq!(
        of(343, Rounding::Gpshell),
        text(&format!("{start} 0160 00 00"))
    );
    let none = content::for_load(
        &aid("A000000001"),
        &aid("A000000003000000"),
        &[],
        Limits::default(),
        Rounding::Exact,
    );
    assert_eq!(
        wire(&none),
        text("80E60200 12 05A000000001 08A000000003000000 00 00 00 00")
    );
    // More than two bytes can say.
    assert!(of(70_000, Rounding::Exact).contains("EF06C60400011170"));
    assert!(of(u32::MAX, Rounding::Gpshell).contains("C604FFFFFFFF"));
}

#[test]
fn installing_an_applet() {
    let (package, module, instance) = (aid("A000000001"), aid("A00000000101"), aid("A00000000101"));
    let mut wish = Install {
        package: &package,
        module: &module,
        instance: &instance,
        privileges: &[Privilege::CvmManagement],
        parameters: &[0x00],
        limits: Limits {
            data: Some(32_000),
            ..Limits::default()
        },
        selectable: true,
    };
    assert_eq!(
        wire(&content::for_install(&wish)),
        text(
            "80E60C00 21 05A000000001 06A00000000101 06A00000000101 0102 09C90100EF04C8027D00 00 00"
        )
    );
    wish.selectable = false;
    wish.limits = Limits {
        ram: Some(1),
        data: Some(2),
        ..Limits::default()
    };
    wish.parameters = &[];
    wish.privileges = &[];
    assert_eq!(
        wire(&content::for_install(&wish)),
        text(
            "80E60400 24 05A000000001 06A00000000101 06A00000000101 0100 0CC900EF08C7020001C8020002 00 00"
        )
    );
    // From 80 on, a length takes two bytes.
    let long = [7; 0x80];
    wish.parameters = &long;
    wish.limits = Limits::default();
    let wire = wire(&content::for_install(&wish));
    assert!(
        wire.contains("0100818 3C98180".replace(' ', "").as_str()),
        "{wire}"
    );
}

#[test]
fn the_other_kinds_of_install() {
    let name = aid("A00000000101");
    let domain = aid("A000000003");
    assert_eq!(
        wire(&content::make_selectable(
            &name,
            &[Privilege::DefaultSelected]
        )),
        text("80E60800 0D 00 00 06A00000000101 0104 00 00 00")
    );
    assert_eq!(
        wire(&content::for_extradition(&domain, &name)),
        text("80E61000 11 05A000000003 00 06A00000000101 00 00 00 00")
    );
    assert_eq!(
        wire(&content::for_personalization(&name)),
        text("80E62000 0C 00 00 06A00000000101 00 00 00 00")
    );
}

#[test]
fn a_package_in_blocks() {
    let toy: Vec<u8> = (0..16).collect();
    let one = content::load(&toy, &[], 247).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(
        wire(&one[0]),
        text("80E88000 12 C410 000102030405060708090A0B0C0D0E0F 00")
    );
    let file = vec![9; 343];
    let blocks = content::load(&file, &[], 239).unwrap();
    assert!(wire(&blocks[0]).starts_with("80E80000EFC482015709"));
    // The blocks before the last ask for nothing.
    assert!(blocks[0].le().is_none() && blocks[1].le().is_some());
    assert_eq!(
        blocks
            .iter()
            .map(|block| block.payload().len())
            .collect::<Vec<_>>(),
        [239, 108]
    );
    assert_eq!(blocks[1].header(), [0x80, 0xE8, 0x80, 0x01]);
    let signature = Signature {
        domain: aid("A000000003"),
        value: vec![5; 8],
    };
    let stream = content::stream(&toy, &[signature]);
    assert!(hex::encode(&stream).starts_with("E2114F05A000000003C3080505050505050505C410"));
    assert!(content::load(&file, &[], 0).is_err());
    let most = vec![0; 256 * 10 - 4];
    assert_eq!(content::load(&most, &[], 10).unwrap().len(), 256);
    assert!(content::load(&[&most[..], &[0]].concat(), &[], 10).is_err());
}

#[test]
fn states_and_data() {
    let name = aid("A000000001");
    assert_eq!(
        wire(&content::set_status(StatusOf::Card, 0x0F, None)),
        "80F0800F"
    );
    let lock = content::set_status(StatusOf::Application, 0x80, Some(&name));
    assert_eq!(wire(&lock), "80F0408005A000000001");
    let all = content::set_status(StatusOf::DomainWithApplications, 0x80, Some(&name));
    assert_eq!(wire(&all), "80F0608005A000000001");
    let data = || Secret::new(&[1, 2]);
    let last = content::store_data(3, true, StoreFormat::Dgi, false, data());
    assert_eq!(wire(&last), "80E28803020102");
    let before = content::store_data(0, false, StoreFormat::BerTlv, true, data());
    assert_eq!(wire(&before), "80E27000020102");
    assert!(last.is_secret());
}

const NEW: &str = "505152535455565758595A5B5C5D5E5F";

/// A channel that was opened with an exchange of the sheet.
fn opened(
    family: KeyFamily,
    wish: &Wish,
    host: &str,
    update: &str,
    external: &str,
) -> SecureChannel {
    let initialize = format!("8050000008{host}00");
    let update = format!("{update} 9000");
    let mut card = Script::new(&[(&initialize, &update), (external, "9000")]);
    open(&mut card, &keys(family, TEST_KEY), wish, host).unwrap()
}

fn scp01() -> SecureChannel {
    opened(
        KeyFamily::TripleDes,
        &wish(0x01),
        "10DBADDE5E94FCE1",
        "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D",
        "8482010010 10674A7E0BAE4B33 8A9E421D068947FE",
    )
}

fn scp02() -> SecureChannel {
    opened(
        KeyFamily::TripleDes,
        &announced(0x03, 2, 0x15),
        "EBAA9E53C696281B",
        "000074746E6E6E626262 01 02 06A1 5086BBEE58F4 67149061DA4B6EAE",
        "8482030010 05814C116071EB67 D8BA9D9879454564",
    )
}

fn scp03() -> SecureChannel {
    opened(
        KeyFamily::Aes,
        &wish(0x01),
        "2C8130E574247B1B",
        "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001",
        "8482010010 A75F1CD48F3B93DF B72E78029F3E236F",
    )
}

#[test]
fn new_keys() {
    let new = keys(KeyFamily::TripleDes, NEW);
    let put = content::put_key(&scp02(), 1, None, &new, DesKeyType::Des).unwrap();
    let field = "8010FDD8557728BFEF001FFC43A9DB017FA903A4B7D6";
    assert_eq!(
        wire(&put.command),
        text(&format!("80D80081 43 01 {field}{field}{field} 00"))
    );
    assert!(put.command.is_secret());
    assert!(put.check(&bytes("01A4B7D6A4B7D6A4B7D6")).is_ok());
    assert!(put.check(&[]).is_ok() && put.check(&[1]).is_ok());
    for bad in [
        "02",
        "01A4B7D6A4B7D6A4B7D7",
        "01A4B7D6A4B7D6",
        "01A4B7D6A4B7D6A4B7D600",
    ] {
        assert_eq!(
            put.check(&bytes(bad)),
            Err(ContentError::OtherKeys),
            "{bad}"
        );
    }
    // GlobalPlatformPro: the test key under itself, in SCP01.
    let put = content::put_key(
        &scp01(),
        2,
        Some(1),
        &keys(KeyFamily::TripleDes, TEST_KEY),
        DesKeyType::DesEcb,
    )
    .unwrap();
    let field = "8110B4BAA89A8CD0292B45210E1BC84B1C31038BAF47";
    assert_eq!(
        wire(&put.command),
        text(&format!("80D80181 43 02 {field}{field}{field} 00"))
    );
    let put = content::put_key(
        &scp03(),
        1,
        Some(0x30),
        &keys(KeyFamily::Aes, NEW),
        DesKeyType::Des,
    )
    .unwrap();
    let field = "881110C62E5212589B9EAF19AE940D03C3B7C203F2A8DF";
    assert_eq!(
        wire(&put.command),
        text(&format!("80D83081 46 01 {field}{field}{field} 00"))
    );
}

#[test]
fn long_keys_are_filled_up_to_whole_blocks() {
    let new = keys(
        KeyFamily::Aes,
        "505152535455565758595A5B5C5D5E5F6061626364656667",
    );
    let put = content::put_key(&scp03(), 1, None, &new, DesKeyType::Des).unwrap();
    let payload = put.command.payload();
    assert_eq!(payload[1..4], [0x88, 33, 24]);
    assert_eq!(payload.len(), 1 + 3 * (3 + 32 + 4));
}

#[test]
fn versions_that_no_key_set_has_are_not_put() {
    let new = keys(KeyFamily::Aes, NEW);
    let put = |version, replaced| {
        content::put_key(&scp03(), version, replaced, &new, DesKeyType::Des)
            .map(|put| wire(&put.command)[..8].to_owned())
    };
    for (version, replaced, bad) in [
        (0x00, None, 0x00),
        (0x80, None, 0x80),
        (0xFF, Some(0x01), 0xFF),
        (0x01, Some(0x00), 0x00),
        (0x01, Some(0x80), 0x80),
    ] {
        let expected = ChannelError::Keys(KeyError::Version { version: bad });
        assert_eq!(put(version, replaced).unwrap_err(), expected);
    }
    // Keys of the factory cannot be named.
    assert_eq!(put(0x01, Some(0xFF)).unwrap(), "80D80081");
    assert_eq!(put(0x7F, Some(0x7F)).unwrap(), "80D87F81");
}

#[test]
fn keys_of_another_cipher_are_not_put() {
    let new = keys(KeyFamily::Aes, NEW);
    let refused = content::put_key(&scp02(), 1, None, &new, DesKeyType::Des).unwrap_err();
    assert!(matches!(
        refused,
        ChannelError::OtherFamily {
            family: KeyFamily::Aes,
            ..
        }
    ));
}

#[test]
fn what_is_sent_is_judged_at_once() {
    let update = "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000";
    let host = "2C8130E574247B1B";
    let new = keys(KeyFamily::Aes, NEW);
    let put = content::put_key(&scp03(), 1, None, &new, DesKeyType::Des).unwrap();
    // With level 00 commands go out as they are.
    let plain = wire(&put.command);
    for (answer, expected) in [
        ("01F2A8DFF2A8DFF2A8DF9000", Ok(())),
        ("01F2A8DFF2A8DFF2A8DE9000", Err(ContentError::OtherKeys)),
        ("9485", Err(ContentError::CheckValue)),
    ] {
        let mut card = Script::new(&[
            (&format!("8050000008{host}00"), update),
            ("8482000010A75F1CD48F3B93DFEFE77F8F72044B77", "9000"),
            (&plain, answer),
            ("80E40000074F05A00000000100", "6A88"),
        ]);
        let mut secure = open(
            &mut card,
            &keys(KeyFamily::Aes, TEST_KEY),
            &wish(0x00),
            host,
        )
        .unwrap();
        let sent = over(&mut card, |channel| put.send(&mut secure, channel));
        assert_eq!(sent, expected);
        let delete = content::delete(&aid("A000000001"), false);
        let deleted = over(&mut card, |channel| {
            content::carry_out(&mut secure, channel, Operation::Delete, &delete)
        });
        assert!(matches!(deleted, Err(ContentError::NotFound { .. })));
        assert!(card.is_through());
    }
}

#[test]
fn answers_mean_what_the_command_was() {
    let of = |operation, sw| judge(operation, &Response::status(StatusWord(sw)));
    let sw = StatusWord;
    use Operation as O;
    assert!(of(O::Delete, 0x9000).is_ok());
    for (operation, word, expected) in [
        (O::Delete, 0x6A88, ContentError::NotFound { sw: sw(0x6A88) }),
        (O::Delete, 0x6A82, ContentError::NotFound { sw: sw(0x6A82) }),
        (O::Delete, 0x6985, ContentError::StillReferenced),
        (
            O::InstallForLoad,
            0x6A80,
            ContentError::WrongData { sw: sw(0x6A80) },
        ),
        (O::InstallForLoad, 0x6A84, ContentError::NoMemory),
        (O::Load, 0x6985, ContentError::Conditions),
        (O::Load, 0x6581, ContentError::MemoryFailure),
        (O::Load, 0x6438, ContentError::ImportMissing),
        (O::InstallForInstall, 0x6F00, ContentError::AppletThrew),
        (O::Load, 0x6F00, ContentError::Refused { sw: sw(0x6F00) }),
        (
            O::InstallForInstall,
            0x6982,
            ContentError::Security { sw: sw(0x6982) },
        ),
        (O::PutKey, 0x9485, ContentError::CheckValue),
        (
            O::SetStatus,
            0x6D00,
            ContentError::NotSupported { sw: sw(0x6D00) },
        ),
    ] {
        assert_eq!(of(operation, word), Err(expected));
    }
    let told = Response {
        data: bytes("00C7020000C8020006"),
        sw: StatusWord::OK,
    };
    let receipt = judge(O::InstallForInstall, &told).unwrap();
    assert_eq!((receipt.ram, receipt.data), (Some(0), Some(6)));
}
