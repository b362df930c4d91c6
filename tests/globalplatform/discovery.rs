//! Finding card managers.

use crate::script::{Script, bytes, over};
use symbolon::globalplatform::discovery::{announced_family, discover};
use symbolon::globalplatform::{CardId, KeyFamily, Wish};
use symbolon::token::{CardManager, DeveloperSign, SecureChannelProtocol};

const RECOGNITION: &str = "664D734B06072A864886FC6B01600B06092A864886FC6B020203630906072A864886FC6B03640B06092A864886FC6B040370650D060B2A864886FC6B0507020000660C060A2B060104012A026E0103";
const CPLC: &str =
    "9F7F2A4790D6004700000000003244342952208448000000000000000015278234323935320000000000000000";

fn found(script: &[(&str, &str)]) -> Option<CardManager> {
    let mut card = Script::new(script);
    let found = over(&mut card, discover).unwrap();
    assert!(card.is_through());
    found
}

#[test]
fn a_card_that_tells_everything() {
    let manager = found(&[
        ("00A4040000", "6F10 8408A000000151000000 A504 9F6501FF 9000"),
        ("80CA9F7F00", &format!("{CPLC} 9000")),
        ("80CA006600", &format!("{RECOGNITION} 9000")),
        (
            "80CA00E000",
            "E012C00401FF8810C00402FF8810C00403FF8810 9000",
        ),
        ("80CAFF2100", "FF211081020002820400016DB483040000086A 9000"),
        ("80CA006700", "6A88"),
    ])
    .unwrap();
    assert_eq!(manager.aid, bytes("A000000151000000"));
    assert_eq!(manager.longest_data, Some(255));
    assert!(!manager.locked);
    let protocols = manager.recognition.as_ref().unwrap().protocols.clone();
    assert_eq!(protocols, [SecureChannelProtocol { scp: 3, i: 0x70 }]);
    assert_eq!(manager.resources.unwrap().free_memory, Some(93_620));
    assert_eq!(
        manager.signs,
        [DeveloperSign::FactoryKeys, DeveloperSign::NotPersonalised]
    );
    assert_eq!(announced_family(&manager), Some(KeyFamily::Aes));
    let wish = Wish::for_manager(&manager, &[0x3B]);
    assert_eq!(wish.card, CardId::of_chip(&bytes("4790D600844834295220")));
    assert_eq!(wish.announced, protocols);
}

#[test]
fn a_card_that_is_sold_with_an_applet_of_its_maker_is_hardly_for_developers() {
    for atr in [
        "3BD518008131 3A 7D8073C82110 30",
        "3BD518008131 FE 7D8073C82110 F4",
    ] {
        let mut card = Script::new(&[
            ("00A4040000", "6F10 8408A000000151000000 A504 9F6501FF 9000"),
            ("80CA9F7F00", "6A88"),
            ("80CA006600", "6A88"),
            (
                "80CA00E000",
                "E012C00401FF8010C00402FF8010C00403FF8010 9000",
            ),
        ]);
        card.atr = bytes(atr);
        let manager = over(&mut card, discover).unwrap().unwrap();
        let expected = [DeveloperSign::MakersApplet, DeveloperSign::FactoryKeys];
        assert_eq!(manager.signs, expected, "{atr}");
        assert!(manager.advises_against_test_keys(), "{atr}");
    }
}

#[test]
fn a_card_of_open_platform_that_tells_little() {
    let manager = found(&[
        ("00A4040000", "6A82"),
        ("00A4040008A00000015100000000", "6A82"),
        ("00A4040008A00000000300000000", "6283"),
        ("80CA9F7F00", "6E00"),
        ("00CA9F7F00", "6A88"),
        ("00CA006600", "6A88"),
        ("00CA00E000", "6A88"),
    ])
    .unwrap();
    assert_eq!(manager.aid, bytes("A000000003000000"));
    assert!(manager.locked);
    assert_eq!(manager.signs, [DeveloperSign::Closed]);
    let wish = Wish::for_manager(&manager, &[0x3B]);
    assert_eq!(wish.card, CardId::of_kind(&[0x3B], &manager.aid));
}

#[test]
fn an_application_that_is_selected_by_default_is_no_card_manager() {
    let name = "6F0A 8408D276000124010200";
    let mut script = vec![
        ("00A4040000".to_owned(), format!("{name}9000")),
        ("80CA9F7F00".to_owned(), "6A88".to_owned()),
        ("80CA006600".to_owned(), "6A88".to_owned()),
        ("80CA00E000".to_owned(), "6A88".to_owned()),
    ];
    for aid in [
        "A000000151000000",
        "A000000003000000",
        "A0000000030000",
        "A000000018434D00",
        "A0000001510000",
    ] {
        script.push((
            format!("00A40404{:02X}{aid}00", aid.len() / 2).replacen("00A40404", "00A40400", 1),
            "6A82".to_owned(),
        ));
    }
    let script: Vec<_> = script
        .iter()
        .map(|(command, answer)| (&command[..], &answer[..]))
        .collect();
    assert_eq!(found(&script), None);
}
