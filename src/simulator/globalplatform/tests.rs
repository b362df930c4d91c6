//! Published exchanges of sheet "globalplatform", 6, from the card's side.

use super::{Diversification, GlobalPlatform, Model, Protocol};
use crate::base::hex;
use crate::simulator::{Card, Random};

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(&text.replace(' ', "")).unwrap()
}

/// What the card says in the end, GET RESPONSE done.
fn ask(card: &mut GlobalPlatform, command: &str) -> String {
    let mut answer = card.transmit(&bytes(command));
    if let [0x61, len] = *answer.as_slice() {
        answer = card.transmit(&[0x00, 0xC0, 0x00, 0x00, len]);
    }
    answer.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn expect(card: &mut GlobalPlatform, exchanges: &[(&str, &str)]) {
    for (command, answer) in exchanges {
        assert_eq!(ask(card, command), answer.replace(' ', ""), "{command}");
    }
}

/// A card with this diversification data, challenge and version of keys.
fn scripted(model: Model, data: &str, challenge: &str, version: u8) -> GlobalPlatform {
    let mut random = Random::default();
    let challenge = bytes(challenge);
    random.script(&challenge);
    random.script(&vec![0; 16 - challenge.len()]);
    GlobalPlatform::new(model)
        .with_diversification_data(bytes(data).try_into().unwrap())
        .with_random(random)
        .with_key_version(version)
}

const MANAGER: [u8; 7] = [0xA0, 0, 0, 0, 3, 0, 0];

#[test]
fn the_cyberflex_of_a_published_test_and_the_script_of_the_howto() {
    let model = Model::cyberflex([0; 4]).with_aid(&MANAGER);
    let mut card = scripted(model, "0000302300000055FF00", "F5571FE5ED3971F5", 1);
    expect(
        &mut card,
        &[
            (
                "8050000008 10DBADDE5E94FCE1 00",
                "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D 9000",
            ),
            ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000"),
            (
                "84F220000A 4F00 B4ADCE707ADF1D3D 00",
                "07A00000006200010100 07A00000006201010100 07A00000006201020100 07A00000006202010100 07A00000000300000100 9000",
            ),
            ("84F240000A 4F00 89A0484A80D9EDB8 00", "6A88"),
            (
                "84F280000A 4F00 183AC641D94785CB 00",
                "07A00000000300000700 9000",
            ),
        ],
    );
}

#[test]
fn the_script_of_the_howto() {
    let model = Model::cyberflex([0; 4]);
    let mut card = scripted(model, "0000302300000055FF00", "F5571FE5ED3971F5", 1);
    expect(
        &mut card,
        &[
            (
                "8050000008 10DBADDE5E94FCE1 00",
                "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D 9000",
            ),
            ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000"),
            ("84E4000010 4F06A00000000101 2E0BD26A27DB5CDF 00", "6A88"),
            ("84E400000F 4F05A000000001 8BFA08732F602099 00", "6A88"),
            ("84E4000011 4F07A0000003230101 0A3247449EC964E1 00", "6A88"),
            ("84E4000010 4F06A00000032301 041A60597E8415B5 00", "6A88"),
            (
                "84E6020020 05A00000000108A0000000030000000006EF04C6023E8000 C265A8EDAA08B960 00",
                "00 9000",
            ),
            // The sixteen bytes are no load file.
            (
                "84E880001A C410000102030405060708090A0B0C0D0E0F BCE9A0351A880951 00",
                "6A80",
            ),
            (
                "84E60C0029 05A00000000106A0000000010106A00000000101010209C90100EF04C8027D0000 A7CAC3BF1E587752 00",
                "6A88",
            ),
            (
                "84F280000A 4F00 D7EFF02EE55C2C2D 00",
                "08A0000000030000000700 9000",
            ),
        ],
    );
}

#[test]
fn encrypted_commands_with_keys_derived_by_visa2() {
    let mut card = scripted(
        Model::cyberflex([0; 4]),
        "00004181116665F5B830",
        "EAD645A9EE5F2BD7",
        1,
    )
    .with_diversified_keys(Diversification::Visa2, &super::TEST_KEY);
    expect(
        &mut card,
        &[
            (
                "8050000008 6247DF18C5793FFE 00",
                "00004181116665F5B830 01 01 EAD645A9EE5F2BD7 18BA203861260063 9000",
            ),
            ("8482030010 AB6DB8CAE9ADAEF6 75120B9E61F567E4", "9000"),
            (
                "84E4000018 D1505A4FAA00491BFF5B83C169209CC8 2896216BDD2CB1B6 00",
                "6A88",
            ),
            (
                "84E4000018 F375E789AA02A7D0FB9F5DC60381A7B5 4E1BF11154989393 00",
                "6A88",
            ),
            (
                "84E4000018 D1505A4FAA00491BFF5B83C169209CC8 446373AABDA55ECE 00",
                "6A88",
            ),
            (
                "84E6020028 8257ACF6FD916051142025751C97FB03DC8598FDA29F6CC4A381BA81C26097DF 7F8E005B06AC5AC0 00",
                "00 9000",
            ),
        ],
    );
}

#[test]
fn a_block_that_needs_no_padding_with_scp01() {
    let mut card = scripted(
        Model::cyberflex([0; 4]),
        "0000302300000055FF00",
        "F5571FE5ED3971F5",
        1,
    );
    ask(&mut card, "8050000008 10DBADDE5E94FCE1 00");
    expect(
        &mut card,
        &[
            ("8482030010 10674A7E0BAE4B33 A9B254966CE64271", "9000"),
            (
                "84E4000018 B160EAE85F3BB0305EE736BBF9FAFE34 6AE239780538B8F8 00",
                "6A88",
            ),
            ("84E4000010 AE18DADD787AF29D DC6A58F71A570D2E 00", "6A88"),
        ],
    );
}

#[test]
fn scp02_of_published_tests() {
    let mut card = scripted(
        Model::gp211([0; 4]),
        "000074746E6E6E626262",
        "5086BBEE58F4",
        1,
    )
    .with_sequence_counter(0x06A1);
    expect(
        &mut card,
        &[
            (
                "8050000008 EBAA9E53C696281B 00",
                "000074746E6E6E626262 01 02 06A1 5086BBEE58F4 67149061DA4B6EAE 9000",
            ),
            ("8482030010 05814C116071EB67 D8BA9D9879454564", "9000"),
            (
                "84E4008018 BC146FA0403BE4BAD3BC089E4ABD8674 DA7EFEA21047B858 00",
                "6A88",
            ),
            // The published card had this package.
            (
                "84E4008018 C2748C1669FAFC0E20C5253680388A4A 49C9A6038D77B457 00",
                "6A88",
            ),
            (
                "84E6020028 0839B761AA201C218FD6607C56803CFD2D098CBAA9946976EEFAE3F210038EB4 965D6E04EDEF8017 00",
                "00 9000",
            ),
        ],
    );
}

#[test]
fn the_four_cases_of_commands_with_scp02_of_a_published_test() {
    let keys = [
        "100102030405060708090A0B0C0D0E0F",
        "101102030405060708090A0B0C0D0E0F",
        "102102030405060708090A0B0C0D0E0F",
    ]
    .map(bytes);
    let mut card = scripted(
        Model::gp211([0; 4]),
        "00000000000000000000",
        "6B4524ABEE7C",
        0x70,
    )
    .with_keys(keys.each_ref().map(Vec::as_slice))
    .with_sequence_counter(1);
    // The published host names the version 20, and was answered 70.
    let begun = ask(&mut card, "8050700008 40A62C37FA6304F8 00");
    assert_eq!(
        begun,
        "0000000000000000000070020001 6B4524ABEE7C F32EA3838BC148F3 9000".replace(' ', "")
    );
    expect(
        &mut card,
        &[
            ("8482010010 BA6961667737C5BC EBECE14C7D6A4376", "9000"),
            // Without data it is no question, but the code is right.
            ("84F2200208 14DB34FA4341DCA8", "6A80"),
        ],
    );
    let recognition = ask(&mut card, "84CA006608 55ED7C5FF069512B 00");
    assert!(recognition.starts_with("66"), "{recognition}");
    expect(
        &mut card,
        &[
            ("84F2200212 4F0212345C054F9F70C5 8FC1B380C4228AF8", "6A88"),
            (
                "84F280020A 4F00 3B95F09317DE6A4E 00",
                "E311 4F08A000000003000000 9F700101 C5019E 9000",
            ),
        ],
    );
}

#[test]
fn scp03_with_protected_answers_of_a_published_test() {
    let mut model = Model::modern([0; 4])
        .with_aid(&[0xA0, 0, 0, 0, 3, 0, 0, 0])
        .with_protocol(Protocol::Scp03 { i: 0x60 });
    (model.privileges, model.version) = (1, &[2, 1, 1]);
    let mut card = scripted(model, "00010203040506070809", "A5874C57119B976B", 1);
    expect(
        &mut card,
        &[
            (
                "8050000008 2C8130E574247B1B 00",
                "00010203040506070809 01 03 60 A5874C57119B976B F94879E36F29E039 9000",
            ),
            ("8482330010 A75F1CD48F3B93DF A57E690937921F92", "9000"),
            (
                "84F2800218 87A22DB9E3DCDF04A56BA42BABCA72AE 427036D946EF47C2 00",
                "6847FDAD451372FE9347CB84555AD614806AD178F7AA90E5961A8AA27FA0F500 303151395DA3224F 9000",
            ),
        ],
    );
}

#[test]
fn scp03_challenges_that_can_be_foretold() {
    let aes192 = bytes("DE2A3629CBC24E8D8869E82C8B4C0D874D88166B6F8A1C12");
    let model = Model::modern([0; 4]).with_protocol(Protocol::Scp03 { i: 0x10 });
    let mut card = scripted(model, "00008301A8186727A822", "", 2)
        .with_keys([&aes192; 3])
        .with_sequence_counter(0x12);
    expect(
        &mut card,
        &[
            (
                "8050000008 4157115CAD7D2FE7 00",
                "00008301A8186727A822 02 03 10 726B1E22EED4F4BB AB21001BFD4B6F02 000012 9000",
            ),
            ("8482030010 9B126D1B1557297F 3C06766CA9ACBD27", "9000"),
        ],
    );
    // It is encrypted and has P2 = 02: what comes back is no matter of this test, only that it does.
    let answer = ask(
        &mut card,
        "84F2200218110C222888859059700E5D42AD65F41299B0BFFC03BF79A800",
    );
    assert!(answer.ends_with("9000"), "{answer}");
    let keys = [
        "F995D0A069335C7DF42E590317FFEA6D",
        "58563362EC5A4541ABCD32B34B1EAE7D",
        "0A02A6D687406DCFA09DC70B3EDB7E38",
    ]
    .map(bytes);
    let mut card = scripted(Model::modern([0; 4]), "00000000000000000000", "", 0x30)
        .with_keys(keys.each_ref().map(Vec::as_slice))
        .with_sequence_counter(0x15);
    expect(
        &mut card,
        &[
            (
                "8050300008 B2BDE1A2DC66BD56 00",
                "00000000000000000000 30 03 70 C40932A6FEFEAEB2 E127185170F45FCA 000015 9000",
            ),
            ("8482030010 59D54D932423D29F 6313C970875F8C2F", "9000"),
            (
                "84E4008018 29F06AEC3180B3EFE91FF662310B945D E0D5FE66AD67A5B6",
                "6A88",
            ),
        ],
    );
}

#[test]
fn keys_derived_from_a_master_key() {
    let data = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let text = |scheme: Diversification| {
        let keys = scheme.keys(&super::TEST_KEY, data).unwrap();
        keys.map(|key| {
            key.iter()
                .map(|byte| format!("{byte:02X}"))
                .collect::<String>()
        })
    };
    let visa2 = [
        "8510FC973208218CA86888BCEC203635",
        "1068B5FB6F06C78C7A4DFC343B21C78F",
        "2DAEE809C71405FF259C3BE695A1F66E",
    ];
    assert_eq!(text(Diversification::Visa2), visa2);
    let emv = [
        "0EF59FCBF8019B62E62AF6EA20B8BF25",
        "3E383EB6F2762B88155F76BDFED05A02",
        "64021E43C0C7D264A1C7C6D01E1C8761",
    ];
    assert_eq!(text(Diversification::Emv), emv);
    let kdf3 = [
        "808BC985A1069AD2A9AC94E0FE7B8843",
        "65942E0BF4F3F32AEFACBA5671456275",
        "6A74F6F6040CCA10D8A3FDC7914FD7CC",
    ];
    assert_eq!(text(Diversification::Kdf3), kdf3);
    let master = bytes("8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD");
    let [encryption, ..] = Diversification::Kdf3
        .keys(
            &master,
            [0xD9, 0xB1, 0xDE, 0x5D, 0x03, 0x62, 0xDE, 0xDC, 0xE4, 0xFB],
        )
        .unwrap();
    assert_eq!(
        encryption,
        bytes("9AAC5D0B3601F89438A0D9D0B6B256CFB47E6462DFA5228D3420C4AC7C224781")
    );
}

/// Three channels of test cards, and an old and a new card.
fn any_card(number: usize) -> GlobalPlatform {
    let model = match number % 3 {
        0 => Model::cyberflex([0; 4]),
        1 => Model::gp211([0; 4]),
        _ => Model::modern([0; 4]),
    };
    GlobalPlatform::new(model)
}

proptest::proptest! {
    #[test]
    fn any_bytes_get_a_status_word(number: usize, commands: Vec<Vec<u8>>) {
        let mut card = any_card(number);
        for command in commands {
            proptest::prop_assert!(card.transmit(&command).len() >= 2);
        }
    }

    #[test]
    fn any_data_of_any_command_gets_a_status_word(number: usize, commands: Vec<(u8, u8, u8, Vec<u8>)>) {
        const KNOWN: [u8; 8] = [0x50, 0xE2, 0xE4, 0xE6, 0xE8, 0xD8, 0xF0, 0xF2];
        let mut card = any_card(number);
        for (ins, p1, p2, data) in commands {
            let header = [0x80, KNOWN[usize::from(ins) % KNOWN.len()], p1 & 0x9F, p2 & 0x83];
            let command = crate::iso7816::Parsed { header, data: &data, le: Some(256), extended: false };
            // As if somebody had opened a channel, which the dice cannot.
            card.card.session.channel = super::scp::Channel::opened_for_tests(card.card.model.protocol);
            card.card.issuer(&command);
        }
    }

    #[test]
    fn any_load_file_is_looked_at_without_harm(start in 0_usize..40, file: Vec<u8>) {
        let model = Model::modern([0; 4]);
        let registry = super::registry::Registry::new(&model);
        let head = [1, 0, 17, 0xDE, 0xCA, 0xFF, 0xED, 1, 2, 4, 0, 1, 7, 0xD0, 1, 2, 3, 4, 5, 6, 2, 0, 31];
        let head = &head[..start.min(head.len())];
        let bytes = [head, &file].concat();
        proptest::prop_assert!(super::cap::check(&bytes, &head[head.len().min(13)..head.len().min(20)], &model, &registry).is_err());
    }
}
