//! Discovery, the registry, and the states in the life of a card and of its applets.

use symbolon::iso7816::{Parsed, StatusWord};
use symbolon::simulator::{Applet, Card, GlobalPlatform, GlobalPlatformModel as Model};

use crate::desk::{SERIAL, ask, card, cyberflex, expect, modern, send};
use crate::load::{APPLET, PACKAGE, install, install_minimal};

#[test]
fn what_the_old_card_says_of_itself() {
    let (_, mut card) = cyberflex();
    let empty = [0x00, 0xA4, 0x04, 0x00, 0x00];
    assert_eq!(card.transmit(&empty), [0x61, 0x12]);
    expect(
        &mut card,
        &[
            ("00A4040000", "6F10 8408A000000003000000 A5049F6501FF 9000"),
            (
                "00A4040007A0000000030000",
                "6F10 8408A000000003000000 A5049F6501FF 9000",
            ),
            ("00A4040008A000000151000000", "6A82"),
            ("80CA9F7F00", "6C2D"),
            (
                "80CA9F7F2D",
                "9F7F2A4790D60047000000000032440102030484480000000000000000152782343239353200000000000000009000",
            ),
            (
                "80CA00E014",
                "E012 C00401FF8010 C00402FF8010 C00403FF8010 9000",
            ),
            ("80CA006600", "6A88"),
            ("80CA004200", "6A88"),
            ("80CAFF2100", "6A88"),
            ("8011000000", "6D00"),
        ],
    );
}

#[test]
fn what_a_card_of_today_says_of_itself() {
    let (_, mut card) = modern();
    let data = "06072A864886FC6B01 600B06092A864886FC6B020203 630906072A864886FC6B03 640B06092A864886FC6B040300 660C060A2B060104012A026E0103";
    let recognition = ask(&mut card, "80CA006600");
    let expected = data.replace(' ', "");
    assert_eq!(
        recognition,
        format!(
            "66{:02X}73{:02X}{expected}9000",
            expected.len() / 2 + 2,
            expected.len() / 2
        )
    );
    expect(
        &mut card,
        &[
            (
                "80CA00E000",
                "E012 C00401FF8810 C00402FF8810 C00403FF8810 9000",
            ),
            ("00CA004500", "4504 01020304 9000"),
            ("80CA00CF00", "CF0A 00010203040506070809 9000"),
            (
                "80CAFF2100",
                "FF2110 81020000 820400016DB4 83040000086A 9000",
            ),
            ("80CA2F0000", "6A88"),
        ],
    );
    let selected = ask(&mut card, "00A4040000");
    assert!(
        selected.contains(&expected) && selected.starts_with("6F"),
        "{selected}"
    );
}

#[test]
fn the_card_goes_through_its_states_one_way() {
    let (case, mut card) = modern();
    expect(
        &mut card,
        &[
            ("80F0800F00", "6985"),
            ("80F0800700", "9000"),
            ("80F0800700", "6985"),
            ("80F0800100", "6985"),
            ("80F0807F00", "6985"),
            ("80F0800F00", "9000"),
            ("80F0800700", "6985"),
            ("80F0803300", "6A86"),
        ],
    );
    install_minimal(&mut card);
    expect(
        &mut card,
        &[
            ("80F0807F00", "9000"),
            // Locked: nothing is loaded or deleted, and the applet cannot be had.
            ("80E40000074F05D0D1D2D3D400", "6985"),
            ("00A4040008D0D1D2D3D4D50101", "6A82"),
        ],
    );
    let selected = ask(&mut card, "00A4040000");
    assert!(selected.ends_with("6283"), "{selected}");
    case.open(&mut card);
    expect(
        &mut card,
        &[
            ("80F28000024F0000", "08A000000151000000 7F 9E 9000"),
            ("80F0800F00", "9000"),
            ("00A4040008D0D1D2D3D4D50101", "9000"),
            ("00A4040000", &selected.replace("6283", "9000")),
        ],
    );
    case.open(&mut card);
    assert_eq!(ask(&mut card, "80F080FF00"), "9000");
    assert_eq!(ask(&mut card, "00A4040008D0D1D2D3D4D50101"), "6985");
    for _ in 0..2 {
        expect(
            &mut card,
            &[
                ("00A4040000", "6985"),
                ("8050000008 1112131415161718 00", "6985"),
                ("00CA004500", "4504 01020304 9000"),
            ],
        );
        card.reset();
    }
}

#[test]
fn an_applet_is_locked_and_unlocked() {
    let (case, mut card) = modern();
    install_minimal(&mut card);
    assert_eq!(send(&mut card, "80F04080", &APPLET), "9000");
    assert_eq!(
        ask(&mut card, "80F24000024F0000"),
        "08D0D1D2D3D4D5010187009000"
    );
    assert_eq!(send(&mut card, "00A40400", &APPLET), "6A82");
    case.open(&mut card);
    assert_eq!(send(&mut card, "80F04000", &APPLET), "9000");
    assert_eq!(send(&mut card, "80F04000", &APPLET), "6985");
    assert_eq!(send(&mut card, "80F04000", &PACKAGE), "6A88");
    assert_eq!(send(&mut card, "00A40400", &APPLET), "9000");
    assert_eq!(ask(&mut card, "0001020300"), "6D00");

    let (case, mut old) = cyberflex();
    install_minimal(&mut old);
    assert_eq!(send(&mut old, "80F0407F", &APPLET), "9000");
    assert_eq!(send(&mut old, "00A40400", &APPLET), "6A82");
    case.open(&mut old);
    assert_eq!(send(&mut old, "80F04007", &APPLET), "9000");
    assert_eq!(send(&mut old, "80F040FF", &APPLET), "9000");
    assert_eq!(send(&mut old, "80F04007", &APPLET), "6985");
}

#[test]
fn lists_in_both_forms_with_a_filter_and_in_pages() {
    let (_, mut card) = modern();
    assert_eq!(ask(&mut card, "80F24000024F0000"), "6A88");
    install_minimal(&mut card);
    expect(
        &mut card,
        &[
            (
                "80F24002024F0000",
                "E326 4F08D0D1D2D3D4D50101 9F700107 C503000000 C407D0D1D2D3D4D501 CC08A000000151000000 9000",
            ),
            (
                "80F22002024F0000",
                "E31B 4F07A0000001515350 9F700101 CE020100 CC08A000000151000000 E31B 4F07D0D1D2D3D4D501 9F700101 CE020100 CC08A000000151000000 9000",
            ),
            (
                "80F21000034F01D000",
                "07D0D1D2D3D4D501 01 00 01 08D0D1D2D3D4D50101 9000",
            ),
            (
                "80F2E000034F01D000",
                "08D0D1D2D3D4D50101 07 00 07D0D1D2D3D4D501 01 00 9000",
            ),
            ("80F22000044F02D0D200", "6A88"),
            ("80F20000024F0000", "6A86"),
            ("80F24004024F0000", "6A86"),
            ("80F24000025C0000", "6A80"),
            ("80F24000034F02D000", "6A80"),
            ("80F24001024F0000", "6985"),
        ],
    );
    for number in 2..30 {
        let name = [&APPLET[..7], &[number]].concat();
        assert_eq!(install(&mut card, &name, &[0xC9, 0]), "009000");
    }
    let mut list = String::new();
    let mut pages = 1;
    let mut page = ask(&mut card, "80F24000024F0000");
    while let Some(rest) = page.strip_suffix("6310") {
        list += rest;
        page = ask(&mut card, "80F24001024F0000");
        pages += 1;
    }
    list += page.strip_suffix("9000").unwrap();
    assert_eq!((list.len(), pages), (29 * 11 * 2, 2));
    assert_eq!(ask(&mut card, "80F24001024F0000"), "6985");
    // Open Platform has no TLV. More is said there, too, after GET RESPONSE.
    let (_, mut old) = cyberflex();
    install_minimal(&mut old);
    for number in 2..30 {
        let name = [&APPLET[..7], &[number]].concat();
        assert!(install(&mut old, &name, &[0xC9, 0]).ends_with("9000"));
    }
    let page = ask(&mut old, "80F24000024F0000");
    assert!(page.len() > 400 && page.ends_with("6310"), "{page}");
    assert_eq!(ask(&mut old, "80F28002024F0000"), "6A86");
}

/// Says what it was asked, and takes names that nobody bears.
struct Echo;

impl Applet for Echo {
    fn aid(&self) -> Vec<u8> {
        vec![0xA0, 0, 0, 0, 9, 1]
    }

    fn select(&mut self, again: bool) -> Result<Vec<u8>, StatusWord> {
        Ok(vec![u8::from(again)])
    }

    fn deselect(&mut self) {}

    fn own_class(&self) -> Option<u8> {
        Some(0xB0)
    }

    fn takes_foreign_select(&self) -> bool {
        true
    }

    fn process(&mut self, command: &Parsed<'_>) -> Result<Vec<u8>, StatusWord> {
        Ok([&command.header[..], command.data].concat())
    }
}

fn with_echo(privileges: u8) -> GlobalPlatform {
    card(Model::modern(SERIAL), 16).with_applet(
        &[0xA0, 0, 0, 0, 9],
        &[0xA0, 0, 0, 0, 9, 0],
        privileges,
        1000,
        Box::new(Echo),
    )
}

#[test]
fn an_applet_gets_its_own_class_and_names_that_nobody_bears() {
    let mut card = with_echo(0);
    assert_eq!(card.free_memory(), 92_620);
    expect(
        &mut card,
        &[
            ("B0420000", "6E00"),
            ("00A4040005A000000077", "6A82"),
            ("00A4040005A000000009", "00 9000"),
            ("00A4040006A00000000901", "01 9000"),
            ("B042010203AABBCC", "B0420102AABBCC 9000"),
            ("84420000", "6E00"),
            ("00A4040005A000000077", "00A40400A000000077 9000"),
            ("B0420000", "B0420000 9000"),
        ],
    );
    card.reset();
    assert_eq!(ask(&mut card, "B0420000"), "6E00");
}

#[test]
fn the_default_applet_is_there_after_a_reset() {
    let mut card = with_echo(0x04);
    assert_eq!(ask(&mut card, "B0420000"), "B04200009000");
    assert!(ask(&mut card, "00A4040008A000000151000000").starts_with("6F"));
    assert_eq!(ask(&mut card, "00A4040000"), "009000");
}

#[test]
fn a_security_domain_is_locked_and_has_no_keys() {
    let (_, mut card) = modern();
    expect(
        &mut card,
        &[
            (
                "80E60C00 1F 07A0000001515350 08A000000151535041 07D0D1D2D3D4D507 0180 02C900 00 00",
                "00 9000",
            ),
            ("80F0400F 07 D0D1D2D3D4D507", "9000"),
            ("80F06080 07 D0D1D2D3D4D507", "9000"),
            ("80F24000024F0000", "07D0D1D2D3D4D507 8F 80 9000"),
            ("80F06000 07 D0D1D2D3D4D507", "9000"),
            ("80F24000024F0000", "07D0D1D2D3D4D507 0F 80 9000"),
            ("80F02080 07 D0D1D2D3D4D507", "6A86"),
            (
                "00A4040007D0D1D2D3D4D507",
                "6F0F 8407D0D1D2D3D4D507 A5049F6501FF 9000",
            ),
            ("80CA00E000", "E002C000 9000"),
            ("8050000008 1112131415161718 00", "6A88"),
        ],
    );
}

#[test]
fn nothing_is_the_default_twice() {
    let (_, mut card) = modern();
    install_minimal(&mut card);
    let names = "07D0D1D2D3D4D501 08D0D1D2D3D4D50101 08D0D1D2D3D4D501";
    expect(
        &mut card,
        &[
            (
                &format!("80E60C00 20 {names}02 0104 02C900 00 00"),
                "00 9000",
            ),
            (&format!("80E60C00 20 {names}03 0104 02C900 00 00"), "6A80"),
        ],
    );
    card.reset();
    assert_eq!(ask(&mut card, "0001000000"), "6D00");
    // An applet of which nothing is known has the word, not the card manager.
    assert_eq!(ask(&mut card, "8050000008 1112131415161718 00"), "6D00");
}
