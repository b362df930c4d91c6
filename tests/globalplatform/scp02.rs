//! SCP02: sheet "globalplatform", 6.4 and 6.5.

use crate::script::{Script, Step, TEST_KEY, announced, keys, open_with, session, three, wish};
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::{ChannelError, Edition, KeyFamily};

const UPDATE: (&str, &str) = (
    "8050000008 EBAA9E53C696281B 00",
    "000074746E6E6E626262 01 02 06A1 5086BBEE58F4 67149061DA4B6EAE 9000",
);

#[test]
fn the_packages_of_a_card_as_published() {
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let opening = [
        (
            "8050000008 D5AD539A60CA5E72 00",
            "000074746E6E6E626262 01 02 069F AA2A0591E733 67DD78794D04315E 9000",
        ),
        ("8482010010 7C799B3C771DBAE6 BEF49310977617BA", "9000"),
    ];
    let step = Step(
        "80F22002",
        "4F00",
        true,
        "84F220020A 4F00 BB6E71C0EFCFCF0D 00",
        "E30D4F07A00000000353509F700101 9000",
    );
    let (secure, _) = session(&keys, &wish(0x01), opening, &[step]);
    assert_eq!((secure.protocol().scp, secure.protocol().i), (2, 0x15));
}

#[test]
fn encrypted_commands_as_published() {
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let external = ("8482030010 05814C116071EB67 D8BA9D9879454564", "9000");
    let steps = || {
        [
            Step(
                "80E40080",
                "4F08D0D1D2D3D4D50101",
                true,
                "84E4008018 BC146FA0403BE4BAD3BC089E4ABD8674 DA7EFEA21047B858 00",
                "6A88",
            ),
            Step(
                "80E40080",
                "4F07D0D1D2D3D4D501",
                true,
                "84E4008018 C2748C1669FAFC0E20C5253680388A4A 49C9A6038D77B457 00",
                "009000",
            ),
            Step(
                "80E60200",
                "07D0D1D2D3D4D50108A000000003000000000AEF08C6020160C80207D000",
                true,
                "84E6020028 0839B761AA201C218FD6607C56803CFD2D098CBAA9946976EEFAE3F210038EB4 965D6E04EDEF8017 00",
                "009000",
            ),
        ]
    };
    for i in [0x15, 0x55] {
        let (secure, _) = session(&keys, &announced(0x03, 2, i), [UPDATE, external], &steps());
        assert_eq!(secure.load_block_len(), 239);
    }
    session(&keys, &wish(0x03), [UPDATE, external], &steps());
}

#[test]
fn the_levels_and_a_chain_that_is_not_hidden() {
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    for (level, i, external, wire) in [
        (
            0x01,
            0x15,
            "8482010010 05814C116071EB67 6F543B3112D72AB7",
            "84F280020A4F00E69CAAA99B5C68CF00",
        ),
        (
            0x01,
            0x05,
            "8482010010 05814C116071EB67 6F543B3112D72AB7",
            "84F280020A4F00FEA0D81C428CA21A00",
        ),
        (
            0x01,
            0x45,
            "8482010010 05814C116071EB67 6F543B3112D72AB7",
            "84F280020A4F00FEA0D81C428CA21A00",
        ),
        // All three keys are the same here: so are the variants of one key and of three.
        (
            0x01,
            0x14,
            "8482010010 05814C116071EB67 6F543B3112D72AB7",
            "84F280020A4F00E69CAAA99B5C68CF00",
        ),
        (
            0x03,
            0x15,
            "8482030010 05814C116071EB67 D8BA9D9879454564",
            "84F2800210E321C27C42D2E9B871CFC5A882281EA400",
        ),
    ] {
        let step = Step("80F28002", "4F00", true, wire, "9000");
        session(
            &keys,
            &announced(level, 2, i),
            [UPDATE, (external, "9000")],
            &[step],
        );
    }
}

#[test]
fn the_four_kinds_of_commands_under_a_mac() {
    let keys = three(
        KeyFamily::TripleDes,
        [
            "100102030405060708090A0B0C0D0E0F",
            "101102030405060708090A0B0C0D0E0F",
            TEST_KEY,
        ],
    );
    let mut wish = wish(0x01);
    wish.key_version = 0x20;
    let opening = [
        (
            "8050200008 40A62C37FA6304F8 00",
            "00000000000000000000 70 02 0001 6B4524ABEE7C F32EA3838BC148F3 9000",
        ),
        ("8482010010 BA6961667737C5BC EBECE14C7D6A4376", "9000"),
    ];
    let steps = [
        Step("80F22002", "", false, "84F220020814DB34FA4341DCA8", "9000"),
        Step("80CA0066", "", true, "84CA00660855ED7C5FF069512B00", "6A88"),
        Step(
            "80F22002",
            "4F0212345C054F9F70C5",
            false,
            "84F22002124F0212345C054F9F70C58FC1B380C4228AF8",
            "9000",
        ),
        Step(
            "80F28002",
            "4F00",
            true,
            "84F280020A4F003B95F09317DE6A4E00",
            "9000",
        ),
    ];
    let (secure, _) = session(&keys, &wish, opening, &steps);
    assert_eq!(secure.key_version(), 0x70);
}

/// A card whose standard is only guessed: byte 11 of its answer is the number of the protocol, or the
/// index of the key set (sheet "globalplatform", 2).
#[test]
fn the_right_keys_tell_a_protocol_from_an_index() {
    let mut guessed = wish(0x01);
    guessed.edition = Edition::OpenPlatform201;
    guessed.edition_guessed = true;
    let of_scp02 = [
        (
            "8050000008 D5AD539A60CA5E72 00",
            "000074746E6E6E626262 01 02 069F AA2A0591E733 67DD78794D04315E 9000",
        ),
        ("8482010010 7C799B3C771DBAE6 BEF49310977617BA", "9000"),
    ];
    // The exchange of SCP01 (sheet, 6.1) with the second key set: what it proves does not hang on it.
    let of_index = [
        (
            "8050000008 10DBADDE5E94FCE1 00",
            "0000302300000055FF00 01 02 F5571FE5ED3971F5 D2FFBE28469E141D 9000",
        ),
        ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000"),
    ];
    let right = keys(KeyFamily::TripleDes, TEST_KEY);
    for index in [0, 2] {
        guessed.key_index = index;
        let with_index = |exchange: [(&'static str, &'static str); 2]| {
            let [(update, answer), external] = exchange;
            let update = update.replacen("80500000", &format!("805000{index:02X}"), 1);
            (update, answer, external)
        };
        for (exchange, scp, edition) in [
            (of_scp02, 2, Edition::GlobalPlatform),
            (of_index, 1, Edition::OpenPlatform201),
        ] {
            let (update, answer, external) = with_index(exchange);
            let (secure, _) = session(&right, &guessed, [(&update, answer), external], &[]);
            assert_eq!((secure.protocol().scp, secure.edition()), (scp, edition));
        }
    }
    // Wrong keys are wrong once, and the card was asked once.
    guessed.key_index = 0;
    let wrong = keys(KeyFamily::TripleDes, "505152535455565758595A5B5C5D5E5F");
    for exchange in [of_scp02, of_index] {
        let mut card = Script::new(&exchange[..1]);
        let host = &exchange[0].0[11..27];
        let mut attempts = PassingAttempts::default();
        let error = open_with(&mut card, &wrong, &guessed, host, &mut attempts).unwrap_err();
        let tries = Some(1);
        assert_eq!(error, ChannelError::WrongKeys { tries, kept: true });
        assert!(card.is_through());
    }
    // Whoever says that it is one of Open Platform is believed.
    guessed.edition_guessed = false;
    let mut card = Script::new(&of_scp02[..1]);
    let host = &of_scp02[0].0[11..27];
    let mut attempts = PassingAttempts::default();
    let error = open_with(&mut card, &right, &guessed, host, &mut attempts).unwrap_err();
    assert!(matches!(error, ChannelError::WrongKeys { .. }), "{error}");
}
