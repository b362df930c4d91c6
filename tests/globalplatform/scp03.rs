//! SCP03: sheet "globalplatform", 6.6 to 6.8.

use crate::script::{Step, TEST_KEY, bytes, keys, session, three, wish};
use symbolon::base::hex;
use symbolon::globalplatform::{Aid, KeyFamily};

const UPDATE: (&str, &str) = (
    "8050000008 2C8130E574247B1B 00",
    "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000",
);

#[test]
fn the_levels_of_one_session() {
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    for (level, mac, wire, load) in [
        (0x00, "EFE77F8F72044B77", "80F28002024F0000", 255),
        (
            0x01,
            "B72E78029F3E236F",
            "84F280020A4F00DE92EDFC438F9ABE00",
            247,
        ),
        (
            0x03,
            "4CC44CC5E14A006B",
            "84F280021887A22DB9E3DCDF04A56BA42BABCA72AE33C9F5274A79B3AF00",
            231,
        ),
        // What answers bare here: an error.
        (
            0x11,
            "46C0E8E28B0ACAC4",
            "84F280020A4F0093EDC5C35114193D00",
            247,
        ),
        (
            0x13,
            "57387B5B7212D856",
            "84F280021887A22DB9E3DCDF04A56BA42BABCA72AEC50A9A57A907A0C000",
            231,
        ),
        (
            0x33,
            "A57E690937921F92",
            "84F280021887A22DB9E3DCDF04A56BA42BABCA72AE427036D946EF47C200",
            231,
        ),
    ] {
        let external = format!("8482{level:02X}0010 A75F1CD48F3B93DF {mac}");
        let step = Step("80F28002", "4F00", true, wire, "6A88");
        let (secure, answers) =
            session(&keys, &wish(level), [UPDATE, (&external, "9000")], &[step]);
        assert_eq!(answers[0].sw.0, 0x6A88);
        assert_eq!(secure.load_block_len(), load);
        assert_eq!((secure.protocol().scp, secure.protocol().i), (3, 0x70));
    }
}

#[test]
fn answers_are_checked_and_decrypted() {
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    let external = ("8482330010 A75F1CD48F3B93DF A57E690937921F92", "9000");
    let step = Step(
        "80F28002",
        "4F00",
        true,
        "84F280021887A22DB9E3DCDF04A56BA42BABCA72AE427036D946EF47C200",
        "6847FDAD451372FE9347CB84555AD614806AD178F7AA90E5961A8AA27FA0F500 303151395DA3224F 9000",
    );
    let (_, answers) = session(&keys, &wish(0x33), [UPDATE, external], &[step]);
    assert_eq!(
        hex::encode(&answers[0].data),
        "E3114F08A0000000030000009F700101C5019E"
    );
    let step = Step(
        "80E40000",
        "4F06A00000000101",
        true,
        "84E4000018 09555F983C97CC11BA0487CF7682CE3F D97E4DB60B4A742E 00",
        "EAFA98F444AA09B4 9000",
    );
    let (_, answers) = session(&keys, &wish(0x33), [UPDATE, external], &[step]);
    assert!(answers[0].data.is_empty() && answers[0].sw.is_ok());
}

#[test]
fn random_and_pseudo_random_challenges() {
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    for (i, random) in [("00", true), ("60", true), ("10", false), ("70", false)] {
        let (answer, external, wire) = if random {
            (
                "0102030405060708 FCF962951D3F0415",
                "9F95CBDC198E6AD5 CA3DCCD11FF33652",
                "84F280020A4F0083DBF25ED2EAEE6700",
            )
        } else {
            (
                "4980D1BF58FD2EBC 56664D5BB1713EFB 000007",
                "479853F61C8D23C0 0EF638FAB8EA1BDE",
                "84F280020A4F006F8C422B884326E900",
            )
        };
        let answer = format!("00010203040506070809 01 03 {i} {answer} 9000");
        let external = format!("8482010010 {external}");
        let opening = [
            ("80500000 08 1112131415161718 00", &answer[..]),
            (&external, "9000"),
        ];
        for (domain, fits) in [("A000000151000000", true), ("A000000003000000", false)] {
            let mut wish = wish(0x01);
            wish.domain = Some(Aid::new(&bytes(domain)).unwrap());
            let step = Step("80F28002", "4F00", true, wire, "9000");
            let (secure, _) = session(&keys, &wish, opening, &[step]);
            // A name that does not fit is worth a remark, no more.
            assert_eq!(secure.challenge_fits(), (!random).then_some(fits));
        }
    }
}

#[test]
fn the_deletion_of_an_application_as_published() {
    let keys = three(
        KeyFamily::Aes,
        [
            "F995D0A069335C7DF42E590317FFEA6D",
            "58563362EC5A4541ABCD32B34B1EAE7D",
            "0A02A6D687406DCFA09DC70B3EDB7E38",
        ],
    );
    let mut wish = wish(0x03);
    wish.domain = Some(Aid::new(&bytes("A000000151000000")).unwrap());
    let opening = [
        (
            "8050000008 B2BDE1A2DC66BD56 00",
            "00000000000000000000 30 03 70 C40932A6FEFEAEB2 E127185170F45FCA 000015 9000",
        ),
        ("8482030010 59D54D932423D29F 6313C970875F8C2F", "9000"),
    ];
    let step = Step(
        "80E40080",
        "4F08A00100015141434C",
        false,
        "84E4008018 29F06AEC3180B3EFE91FF662310B945D E0D5FE66AD67A5B6",
        "9000",
    );
    let (secure, _) = session(&keys, &wish, opening, &[step]);
    assert_eq!(secure.challenge_fits(), Some(true));
}

#[test]
fn keys_of_24_bytes_as_published() {
    let keys = keys(
        KeyFamily::Aes,
        "DE2A3629CBC24E8D8869E82C8B4C0D874D88166B6F8A1C12",
    );
    let mut wish = wish(0x03);
    wish.domain = Some(Aid::new(&bytes("A000000151000000")).unwrap());
    let opening = [
        (
            "8050000008 4157115CAD7D2FE7 00",
            "00008301A8186727A822 02 03 10 726B1E22EED4F4BB AB21001BFD4B6F02 000012 9000",
        ),
        ("8482030010 9B126D1B1557297F 3C06766CA9ACBD27", "9000"),
    ];
    let step = Step(
        "80F22002",
        "4F00",
        true,
        "84F2200218110C222888859059700E5D42AD65F41299B0BFFC03BF79A800",
        "9000",
    );
    let (secure, _) = session(&keys, &wish, opening, &[step]);
    assert_eq!(secure.challenge_fits(), Some(true));
}

#[test]
fn a_session_of_pysim_with_everything_protected() {
    let keys = three(
        KeyFamily::Aes,
        [
            "000102030405060708090A0B0C0D0E0F",
            "101112131415161718191A1B1C1D1E1F",
            "202122232425262728292A2B2C2D2E2F",
        ],
    );
    let mut wish = wish(0x33);
    wish.key_version = 0x30;
    let opening = [
        (
            "8050300008FDF38259A1E0DE4400",
            "00000000000000000000 30 03 70 3B1ACA81E821F219 081CDC01C26B372D 000003 9000",
        ),
        ("8482330010 8C36F96BCC00724A4E13AD591D7DA3F0", "9000"),
    ];
    let steps = [
        Step(
            "80E29100",
            "BF3E035C015A",
            true,
            "84E2910018 267A85DFE4A98FCA6FB0527E0DFECCE4 914E40401433C87F 00",
            "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB 2E68F8A0144975B9 9000",
        ),
        // No data, and the counter goes on.
        Step("80F22002", "", false, "84F2200208AC6A59024BED84CC", "6A86"),
    ];
    let (_, answers) = session(&keys, &wish, opening, &steps);
    assert_eq!(
        hex::encode(&answers[0].data),
        "BF3E125A1089882119900000000000000000000005"
    );
}
