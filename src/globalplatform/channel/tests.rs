//! Session keys of the sheet "globalplatform", 6: what goes over the wire is held against it in
//! `tests/globalplatform`.

use super::scp01::Scp01;
use super::scp02::Scp02;
use super::scp03::Scp03;
use super::start::Start;
use super::{CounterRule, Messaging, Wish};
use crate::base::hex;
use crate::globalplatform::attempts::CardId;
use crate::globalplatform::keys::{Diversification, KeyFamily, Keys, check_value};

const TEST_KEY: &str = "404142434445464748494A4B4C4D4E4F";

fn bytes(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    hex::decode(&text).unwrap()
}

fn keys(family: KeyFamily, all: [&str; 3]) -> Keys {
    let [enc, mac, dek] = all.map(|key| hex::decode_secret(key).unwrap());
    Keys::three(family, enc, mac, dek).unwrap()
}

fn start(answer: &str) -> Start {
    let wish = Wish::of_card(CardId::of_chip(&[]));
    Start::parse(&bytes(answer), wish.edition, &wish, false).unwrap()
}

fn scp02(answer: &str, host: &str) -> Scp02 {
    let keys = keys(KeyFamily::TripleDes, [TEST_KEY; 3]);
    Scp02::new(&keys, &start(answer), &bytes(host), 0x15).unwrap()
}

#[test]
fn session_keys_of_scp01() {
    let of = |keys: &Keys, answer, host| Scp01::new(keys, &start(answer), &bytes(host), 0x05);
    let test = keys(KeyFamily::TripleDes, [TEST_KEY; 3]);
    let answer = "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D";
    let session = of(&test, answer, "10DBADDE5E94FCE1").unwrap();
    let [enc, mac] = session.keys().map(hex::encode);
    assert_eq!(enc, "467DF9302F7A14E83D4C33918B5E20B2");
    assert_eq!(mac, enc);
    let [card, host] = session.cryptograms().map(hex::encode);
    assert_eq!(card, "D2FFBE28469E141D");
    assert_eq!(host, "10674A7E0BAE4B33");
    let sealed = session.seal_key(&bytes(TEST_KEY)).unwrap();
    assert_eq!(hex::encode(&sealed), "B4BAA89A8CD0292B45210E1BC84B1C31");

    let answer = "00004181116665F5B830 01 01 EAD645A9EE5F2BD7 18BA203861260063";
    let own = test
        .diversified(Diversification::Visa2, &start(answer).diversification_data)
        .unwrap();
    let expected = [
        "884017FCA6EC4FF6382A4E1AF85AFA51",
        "39FC0CD420D3DF51EA93F2DD169B7D33",
        "5409B00FA873CEFAB1C02CD692E8E769",
    ];
    assert_eq!(own.all().map(|key| hex::encode(key.expose())), expected);
    let mut session = of(&own, answer, "6247DF18C5793FFE").unwrap();
    let expected = [
        "AF0D19B751DCB7941FBABBAEC822A008",
        "B61EB5A5BFC45314508053E4E56FC456",
    ];
    assert_eq!(session.keys().map(hex::encode), expected);
    // INSTALL of that session; its MAC depends on what was loaded before.
    let install = bytes("07D0D1D2D3D4D50108D0D1D2D3D4D5010108D0D1D2D3D4D50101010202C90000");
    let wrapped = session
        .wrap([0x84, 0xE6, 0x0C, 0x00], &install, true)
        .unwrap();
    let expected =
        bytes("F05ED18664F48724F22C260E28AA26D1DFED71EFF6632A744A2A8DB8C16B48BB171147B25E1D5144");
    assert_eq!(wrapped.expose()[..40], expected);
    assert_eq!(wrapped.len(), 48);

    // GlobalPlatformPro: all challenges zero.
    let answer = "00000000000000000000 01 01 0000000000000000 0000000000000000";
    let session = of(&test, answer, "0000000000000000").unwrap();
    let [enc, _] = session.keys();
    let value = check_value(KeyFamily::TripleDes, enc).unwrap();
    assert_eq!(hex::encode(&value.0), "FDDAF8");
}

#[test]
fn session_keys_of_scp02() {
    let answer = "000074746E6E6E626262 01 02 06A1 5086BBEE58F4 67149061DA4B6EAE";
    let session = scp02(answer, "EBAA9E53C696281B");
    let expected = [
        "590D31AD3295B85CD5F8056246F03212",
        "964CD624B47829AAB6C4BEF65827CEC7",
        "B035339904B1478F86764BBFC6CEE06B",
    ];
    assert_eq!(session.keys().map(hex::encode), expected);

    // GlobalPlatformPro: sequence counter zero.
    let answer = "00000000000000000000 01 02 0000 000000000000 0000000000000000";
    let session = scp02(answer, "0000000000000000");
    let values = session.keys().map(|key| {
        let value = check_value(KeyFamily::TripleDes, key).unwrap();
        hex::encode(&value.0)
    });
    assert_eq!(values, ["F2DCDD", "5FCC69", "85272E"]);
    let [_, _, dek] = session.keys().map(hex::encode);
    assert_eq!(dek, "E11987EE331B417A5D67D760692F89D4");
    let sealed = session.seal_key(&bytes(TEST_KEY)).unwrap();
    assert_eq!(hex::encode(&sealed), "EFBEE6C6D99D7B70BDE9D7E927F020AF");
}

#[test]
fn session_keys_of_scp03() {
    let of = |all, answer, host| {
        let keys = keys(KeyFamily::Aes, all);
        let rule = CounterRule::EveryCommand;
        let session = Scp03::new(&keys, &start(answer), &bytes(host), rule).unwrap();
        session.keys().map(hex::encode)
    };
    assert_eq!(
        of(
            [TEST_KEY; 3],
            "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001",
            "2C8130E574247B1B",
        ),
        [
            "0F1EE990609F3C4E5DF806316763B6C5",
            "75A2C1634EF06B47FD6F726978AE561E",
            "40C3A39B40CF342F4D73080F80718E3A",
        ]
    );
    assert_eq!(
        of(
            [
                "F995D0A069335C7DF42E590317FFEA6D",
                "58563362EC5A4541ABCD32B34B1EAE7D",
                "0A02A6D687406DCFA09DC70B3EDB7E38",
            ],
            "00000000000000000000 30 03 70 C40932A6FEFEAEB2 E127185170F45FCA 000015",
            "B2BDE1A2DC66BD56",
        ),
        [
            "9B841BB63D1087484FF7F16802017243",
            "8117FE5ADED74AC0DAABE9FB81DBDB67",
            "4521D75E4D6F60DBFB8AB4EE254EF6F1",
        ]
    );
}
