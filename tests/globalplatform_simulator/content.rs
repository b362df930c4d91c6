//! Installing, keys, and what else changes a card.

use symbolon::iso7816::{Parsed, StatusWord};
use symbolon::simulator::{Applet, GlobalPlatform};

use crate::desk::{ask, expect, modern, send};
use crate::load::{APPLET, PACKAGE, install, install_minimal};

/// Says with which parameters it was made.
struct Made(Vec<u8>, Vec<u8>);

impl Applet for Made {
    fn aid(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn select(&mut self, _again: bool) -> Result<Vec<u8>, StatusWord> {
        Ok(self.1.clone())
    }

    fn deselect(&mut self) {}

    fn process(&mut self, _command: &Parsed<'_>) -> Result<Vec<u8>, StatusWord> {
        Err(StatusWord::NO_INSTRUCTION)
    }
}

fn factory(
    package: &[u8],
    module: &[u8],
    instance: &[u8],
    parameters: &[u8],
) -> Option<Box<dyn Applet>> {
    let known = package == PACKAGE && module == APPLET && !parameters.is_empty();
    known.then(|| Box::new(Made(instance.to_vec(), parameters.to_vec())) as Box<dyn Applet>)
}

#[test]
fn a_factory_makes_what_it_knows() {
    let (_, card) = modern();
    let mut card: GlobalPlatform = card.with_factory(factory);
    install_minimal(&mut card);
    let mut other = APPLET;
    other[7] = 2;
    assert_eq!(install(&mut card, &other, &[0xC9, 2, 0xAA, 0xBB]), "009000");
    assert_eq!(send(&mut card, "00A40400", &other), "AABB9000");
    assert_eq!(send(&mut card, "00A40400", &APPLET), "9000");
    assert_eq!(ask(&mut card, "0001000000"), "6D00");
    // Both names begin alike: first the one, then the next.
    expect(
        &mut card,
        &[
            ("00A4040007D0D1D2D3D4D501", "9000"),
            ("00A4040207D0D1D2D3D4D501", "AABB 9000"),
            ("00A4040207D0D1D2D3D4D501", "6A82"),
        ],
    );
}

#[test]
fn installing_in_two_steps() {
    let (case, mut card) = modern();
    install_minimal(&mut card);
    let names = "07D0D1D2D3D4D501 08D0D1D2D3D4D50101 08D0D1D2D3D4D50102";
    expect(
        &mut card,
        &[
            (&format!("80E60400 20 {names} 0100 02C900 00 00"), "00 9000"),
            (
                "80F24000 0A 4F08D0D1D2D3D4D50102 00",
                "08D0D1D2D3D4D50102 03 00 9000",
            ),
            ("00A4040008D0D1D2D3D4D50102", "6A82"),
        ],
    );
    case.open(&mut card);
    let selectable = "80E60800 0F 0000 08D0D1D2D3D4D50102 0100 00 00 00";
    expect(
        &mut card,
        &[
            (selectable, "00 9000"),
            (selectable, "6985"),
            ("00A4040008D0D1D2D3D4D50102", "9000"),
        ],
    );
}

#[test]
fn what_cannot_be_installed() {
    let (_, mut card) = modern();
    install_minimal(&mut card);
    expect(
        &mut card,
        &[
            // No such package, no such class, no parameters, a short name, a broken list.
            (
                "80E60C00 1F 07D0D1D2D3D4D502 08D0D1D2D3D4D50101 07D0D1D2D3D4D507 0100 02C900 00 00",
                "6A88",
            ),
            (
                "80E60C00 1F 07D0D1D2D3D4D501 08D0D1D2D3D4D50102 07D0D1D2D3D4D507 0100 02C900 00 00",
                "6A88",
            ),
            (
                "80E60C00 1D 07D0D1D2D3D4D501 08D0D1D2D3D4D50101 07D0D1D2D3D4D507 0100 00 00 00",
                "6A80",
            ),
            (
                "80E60C00 1C 07D0D1D2D3D4D501 08D0D1D2D3D4D50101 04D0D1D2D3 0100 02C900 00 00",
                "6A80",
            ),
            ("80E60C00 08 07D0D1D2D3D4D501 00", "6A80"),
            ("80E62000 05 0000000000 00", "6A86"),
            // A security domain is made of its own package.
            (
                "80E60C00 1F 07D0D1D2D3D4D501 08D0D1D2D3D4D50101 07D0D1D2D3D4D507 0180 02C900 00 00",
                "6A80",
            ),
            (
                "80E60C00 1F 07A0000001515350 08A000000151535041 07D0D1D2D3D4D507 0180 02C900 00 00",
                "00 9000",
            ),
            (
                "80F24000 09 4F07D0D1D2D3D4D507 00",
                "07D0D1D2D3D4D507 07 80 9000",
            ),
            // And it can be given packages.
            (
                "80E60200 11 05D0D1D2D3D4 07D0D1D2D3D4D507 00 00 00 00",
                "00 9000",
            ),
            (
                "80E60200 11 05D0D1D2D3D4 07D0D1D2D3D4D508 00 00 00 00",
                "6A88",
            ),
        ],
    );
}

#[test]
fn keys_are_deleted_by_the_set_but_not_the_last() {
    let (_, mut card) = modern();
    expect(
        &mut card,
        &[
            ("80E40000 03 D201FF 00", "6985"),
            ("80E40000 03 D20130 00", "6A88"),
            ("80E40000 06 D00101 D201FF 00", "6A80"),
            // Keys that are none.
            ("80D80081 01 01 00", "6A80"),
            ("80D80081 01 80 00", "6A80"),
            ("80D80084 01 01 00", "6A86"),
        ],
    );
    // Without check values, and as plain as the card never sees them: three sets.
    let field = format!("8811 10 {} 00", "00".repeat(16)).replace(' ', "");
    let set = |version: &str| format!("{version}{field}{field}{field}");
    for (header, version, answer) in [
        ("80D80081", "30", true),
        ("80D80081", "30", false),
        ("80D80081", "31", true),
        ("80D83081", "32", true),
        ("80D83081", "33", false),
        ("80D83281", "31", false),
    ] {
        let data = symbolon::base::hex::decode(&set(version)).unwrap();
        let said = send(&mut card, header, &data);
        assert_eq!(said.ends_with("9000"), answer, "{header} {version}: {said}");
    }
    let template = ask(&mut card, "80CA00E000");
    assert_eq!(
        template,
        "E024 C00401328810 C00402328810 C00403328810 C00401318810 C00402318810 C00403318810 9000"
            .replace(' ', "")
    );
    // One key of a set.
    let one = symbolon::base::hex::decode(&format!("31{field}")).unwrap();
    assert!(send(&mut card, "80D83102", &one).ends_with("9000"));
    assert_eq!(send(&mut card, "80D80002", &one), "6A88");
    // Another size is refused.
    let long = format!("8821 20 {} 00", "00".repeat(32)).replace(' ', "");
    let long = symbolon::base::hex::decode(&format!("31{long}{long}{long}")).unwrap();
    assert_eq!(send(&mut card, "80D83181", &long), "6A80");
    expect(
        &mut card,
        &[
            ("80E40000 03 D20131 00", "00 9000"),
            ("80E40000 03 D20132 00", "6985"),
        ],
    );
}

#[test]
fn numbers_of_the_issuer_and_the_card_are_stored() {
    let (_, mut card) = modern();
    expect(
        &mut card,
        &[
            ("80E28000 05 4203112233", "9000"),
            ("00CA004200", "4203112233 9000"),
            ("80E28000 04 45021234", "9000"),
            ("00CA004500", "45021234 9000"),
            ("80E28000 02 9900", "6A80"),
        ],
    );
}
