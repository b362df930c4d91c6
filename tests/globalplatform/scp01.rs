//! SCP01: sheet "globalplatform", 6.1 to 6.3 and 6.9.

use crate::script::{Step, TEST_KEY, announced, keys, session, wish};
use symbolon::globalplatform::{Diversification, Edition, KeyFamily, WellKnownKey};

const UPDATE: (&str, &str) = (
    "80500000 08 10DBADDE5E94FCE1 00",
    "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D 9000",
);

#[test]
fn the_contents_of_a_card_as_published() {
    let external = ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000");
    let steps = [
        Step(
            "80F22000",
            "4F00",
            true,
            "84F220000A 4F00 B4ADCE707ADF1D3D 00",
            "07A00000006200010100 07A00000006201010100 07A00000006201020100 07A00000006202010100 07A00000000300000100 07D0D1D2D3D4D5010100 9000",
        ),
        Step(
            "80F24000",
            "4F00",
            true,
            "84F240000A 4F00 89A0484A80D9EDB8 00",
            "08D0D1D2D3D4D501010702 9000",
        ),
        Step(
            "80F28000",
            "4F00",
            true,
            "84F280000A 4F00 183AC641D94785CB 00",
            "07A00000000300000700 9000",
        ),
    ];
    for edition in [Edition::GlobalPlatform, Edition::OpenPlatform201] {
        let mut wish = wish(0x01);
        wish.edition = edition;
        let keys = keys(KeyFamily::TripleDes, TEST_KEY);
        let (secure, answers) = session(&keys, &wish, [UPDATE, external], &steps);
        assert_eq!(answers[2].data.len(), 10);
        assert_eq!(secure.key_version(), 1);
        assert_eq!((secure.protocol().scp, secure.protocol().i), (1, 0x05));
        assert_eq!(secure.well_known(), Some(WellKnownKey::Test));
        assert_eq!(secure.load_block_len(), 247);
        let longer = session(&keys, &wish, [UPDATE, external], &[]).0;
        assert!(!longer.is_closed());
    }
}

#[test]
fn the_two_variants_differ_from_the_second_mac_on() {
    let external = ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000");
    for (i, wire) in [
        (0x05, "84F280000A4F000200DA51529C77B900"),
        (0x15, "84F280000A4F00C8F7CA97CB80B52F00"),
    ] {
        let step = Step("80F28000", "4F00", true, wire, "9000");
        let keys = keys(KeyFamily::TripleDes, TEST_KEY);
        session(&keys, &announced(0x01, 1, i), [UPDATE, external], &[step]);
    }
}

#[test]
fn the_script_of_the_how_to() {
    let external = ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000");
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let deletes = || {
        [
            Step(
                "80E40000",
                "4F06A00000000101",
                true,
                "84E4000010 4F06A00000000101 2E0BD26A27DB5CDF 00",
                "6A88",
            ),
            Step(
                "80E40000",
                "4F05A000000001",
                true,
                "84E400000F 4F05A000000001 8BFA08732F602099 00",
                "6A88",
            ),
            Step(
                "80E40000",
                "4F07A0000003230101",
                true,
                "84E4000011 4F07A0000003230101 0A3247449EC964E1 00",
                "6A88",
            ),
            Step(
                "80E40000",
                "4F06A00000032301",
                true,
                "84E4000010 4F06A00000032301 041A60597E8415B5 00",
                "6A88",
            ),
        ]
    };
    let exact = [
        Step(
            "80E60200",
            "05A00000000108A0000000030000000006EF04C6023E8000",
            true,
            "84E6020020 05A00000000108A0000000030000000006EF04C6023E8000 C265A8EDAA08B960 00",
            "009000",
        ),
        Step(
            "80E88000",
            "C410000102030405060708090A0B0C0D0E0F",
            true,
            "84E880001A C410000102030405060708090A0B0C0D0E0F BCE9A0351A880951 00",
            "009000",
        ),
        Step(
            "80E60C00",
            "05A00000000106A0000000010106A00000000101010209C90100EF04C8027D0000",
            true,
            "84E60C0029 05A00000000106A0000000010106A00000000101010209C90100EF04C8027D0000 A7CAC3BF1E587752 00",
            "009000",
        ),
        Step(
            "80F28000",
            "4F00",
            true,
            "84F280000A 4F00 D7EFF02EE55C2C2D 00",
            "07A000000003000007009000",
        ),
    ];
    let rounded = Step(
        "80E60200",
        "05A00000000108A0000000030000000006EF04C6023E9000",
        true,
        "84E6020020 05A00000000108A0000000030000000006EF04C6023E9000 71C40CA2FA3694C2 00",
        "009000",
    );
    let all: Vec<Step> = deletes().into_iter().chain(exact).collect();
    session(&keys, &wish(0x01), [UPDATE, external], &all);
    let all: Vec<Step> = deletes().into_iter().chain([rounded]).collect();
    session(&keys, &wish(0x01), [UPDATE, external], &all);
}

#[test]
fn encrypted_commands_of_a_card_with_keys_of_its_own() {
    let mut wish = wish(0x03);
    wish.diversification = Diversification::Visa2;
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let opening = [
        (
            "8050000008 6247DF18C5793FFE 00",
            "00004181116665F5B830 01 01 EAD645A9EE5F2BD7 18BA203861260063 9000",
        ),
        ("8482030010 AB6DB8CAE9ADAEF6 75120B9E61F567E4", "9000"),
    ];
    let steps = [
        Step(
            "80E40000",
            "4F08D0D1D2D3D4D50101",
            true,
            "84E4000018 D1505A4FAA00491BFF5B83C169209CC8 2896216BDD2CB1B6 00",
            "6A88",
        ),
        Step(
            "80E40000",
            "4F07D0D1D2D3D4D501",
            true,
            "84E4000018 F375E789AA02A7D0FB9F5DC60381A7B5 4E1BF11154989393 00",
            "6A88",
        ),
        Step(
            "80E40000",
            "4F08D0D1D2D3D4D50101",
            true,
            "84E4000018 D1505A4FAA00491BFF5B83C169209CC8 446373AABDA55ECE 00",
            "6A88",
        ),
        Step(
            "80E60200",
            "07D0D1D2D3D4D50108A0000000030000000006EF04C602016000",
            true,
            "84E6020028 8257ACF6FD916051142025751C97FB03DC8598FDA29F6CC4A381BA81C26097DF 7F8E005B06AC5AC0 00",
            "009000",
        ),
    ];
    let (secure, answers) = session(&keys, &wish, opening, &steps);
    assert_eq!(answers[0].sw.0, 0x6A88);
    assert_eq!(secure.load_block_len(), 239);
    assert_eq!(
        secure.diversification_data(),
        [0, 0, 0x41, 0x81, 0x11, 0x66, 0x65, 0xF5, 0xB8, 0x30]
    );
    // Keys that came from a known master key are no known keys, but everybody can make them.
    assert_eq!(secure.well_known(), Some(WellKnownKey::Test));
}

#[test]
fn data_that_fills_its_blocks_is_not_padded() {
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let external = ("848203001010674A7E0BAE4B33A9B254966CE64271", "9000");
    let steps = [
        Step(
            "80E40000",
            "4F06A00000000101",
            true,
            "84E4000018 B160EAE85F3BB0305EE736BBF9FAFE34 6AE239780538B8F8 00",
            "009000",
        ),
        Step(
            "80E40000",
            "4F05A000000001",
            true,
            "84E4000010 AE18DADD787AF29D DC6A58F71A570D2E 00",
            "009000",
        ),
    ];
    session(&keys, &wish(0x03), [UPDATE, external], &steps);
}

#[test]
fn a_card_with_keys_of_its_own_is_opened() {
    let mut wish = wish(0x01);
    wish.diversification = Diversification::Visa2;
    let keys = keys(KeyFamily::TripleDes, TEST_KEY);
    let opening = [
        (
            "80500000085218A9EAE386313100",
            "00004181116665F5B830 01 01 A67BE0F6BB2920AA D421FF3948F1304B 9000",
        ),
        ("8482010010 ED016D672E889366 2E38CF5736E6751A", "9000"),
    ];
    session(&keys, &wish, opening, &[]);
}
