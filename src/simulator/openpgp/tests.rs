use super::{KeyRef, Model, OpenPgp};
use crate::base::hex;
use crate::simulator::{Card, Chip, KeyKind, PrivateKey};

/// A card that needs no reader, selected.
fn selected(card: OpenPgp) -> Chip {
    let mut chip = Chip::new([0x3B, 0x80, 0x01, 0x81]).with(card);
    assert_eq!(tell(&mut chip, "00A4040006D27600012401"), "9000");
    chip
}

/// Command and response in hexadecimal.
fn tell(chip: &mut Chip, command: &str) -> String {
    hex::encode(&chip.transmit(&hex::decode(command).unwrap()))
}

/// The make of card whose DO 6E was published.
fn published() -> Model {
    Model {
        manufacturer: 0x0000,
        flags: 0x75,
        challenge: 2048,
        certificate: 2048,
        special: 255,
        environment: true,
        ..Model::version_3(0x1234_5678)
    }
}

#[test]
fn do_6e_is_the_published_one() {
    let key = |kind, fill| PrivateKey::from_secret(kind, &[fill; 32]).unwrap();
    let made = 1_704_067_200;
    let mut card = OpenPgp::new(published())
        .with_key(KeyRef::Signature, key(KeyKind::Ed25519, 1), made)
        .with_key(KeyRef::Decryption, key(KeyKind::X25519, 2), made)
        .with_key(KeyRef::Authentication, key(KeyKind::Ed25519, 3), made)
        .with_keys_imported();
    // Keys and fingerprints of others; the third slot was empty in all but its attributes.
    for (key, fingerprint) in [
        (
            KeyRef::Signature,
            "860371DF10ED7215DE69C4ABD8630C5C0960E517",
        ),
        (
            KeyRef::Decryption,
            "E91F1D0A1B26789603649259484B0EC1CC06AE59",
        ),
    ] {
        card.slot_mut(key).fingerprint = hex::decode(fingerprint).unwrap().try_into().unwrap();
    }
    let attributes = card.authentication.attributes.clone();
    card.authentication = super::Slot::empty(attributes);
    let mut chip = selected(card);
    let zeros = "00".repeat(20);
    assert_eq!(
        tell(&mut chip, "00CA006E000000"),
        format!(
            "6E8201054F10D27600012401030400001234567800005F520A0031F573C001E00590007F66080202080002020800\
             7381D8C00A75000800080000FF0001C10A162B06010401DA470F01C20B122B060104019755010501\
             C30A162B06010401DA470F01C40700404040030003C53C860371DF10ED7215DE69C4ABD8630C5C0960E517\
             E91F1D0A1B26789603649259484B0EC1CC06AE59{zeros}C63C{zeros}{zeros}{zeros}\
             CD0C659200806592008000000000DE06010202020300D6020020D7020020D80200209000"
        )
    );
}

#[test]
fn holder_and_counter_are_the_published_ones() {
    let card = OpenPgp::new(published())
        .with_holder("Mustermann<<Thomas", "de", '1')
        .with_signatures(42);
    let mut chip = selected(card);
    assert_eq!(
        tell(&mut chip, "00CA006500"),
        "651D5B124D75737465726D616E6E3C3C54686F6D61735F2D0264655F3501319000"
    );
    assert_eq!(tell(&mut chip, "00CA007A00"), "7A05930300002A9000");
}
