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

/// Hexadecimal of text.
fn text(text: &str) -> String {
    hex::encode(text.as_bytes())
}

/// VERIFY with a PIN in text.
fn verify(chip: &mut Chip, reference: u8, pin: &str) -> String {
    let len = pin.len();
    tell(
        chip,
        &format!("002000{reference:02X}{len:02X}{}", text(pin)),
    )
}

#[test]
fn the_two_halves_of_pw1_share_a_counter_and_no_more() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    assert_eq!(tell(&mut chip, "00200081"), "63C3");
    assert_eq!(verify(&mut chip, 0x81, "123456"), "9000");
    assert_eq!(tell(&mut chip, "00200081"), "9000");
    assert_eq!(tell(&mut chip, "00200082"), "63C3");
    assert_eq!(verify(&mut chip, 0x82, "000000"), "63C2");
    // A wrong 82 does not take 81 back.
    assert_eq!(tell(&mut chip, "00200081"), "9000");
    assert_eq!(tell(&mut chip, "0020FF81"), "9000");
    assert_eq!(tell(&mut chip, "00200081"), "63C2");
    assert_eq!(tell(&mut chip, "00CA00C400"), "004040400200039000");
    for status in ["63C1", "63C0", "6983", "6983"] {
        assert_eq!(verify(&mut chip, 0x81, "000000"), status);
    }
    assert_eq!(verify(&mut chip, 0x82, "123456"), "6983");
}

#[test]
fn an_old_card_does_not_count_aloud() {
    let mut chip = selected(OpenPgp::new(Model::version_2(1)));
    assert_eq!(verify(&mut chip, 0x81, "000000"), "6982");
    assert_eq!(tell(&mut chip, "00200081"), "6982");
    assert_eq!(tell(&mut chip, "00CA00C400"), "002020200200039000");
    assert_eq!(tell(&mut chip, "00CA00F900"), "6A88");
    assert_eq!(tell(&mut chip, "00CA00DE00"), "6A88");
}

#[test]
fn a_pin_is_changed_by_its_old_one_and_unblocked_by_two_others() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    let change = format!("002400810E{}{}", text("123456"), text("87654321"));
    assert_eq!(tell(&mut chip, &change), "9000");
    assert_eq!(tell(&mut chip, &change), "63C2");
    assert_eq!(verify(&mut chip, 0x82, "87654321"), "9000");
    let short = format!("002400810D{}{}", text("87654321"), text("12345"));
    assert_eq!(tell(&mut chip, &short), "6A80");

    // No resetting code yet; only an administrator sets one.
    let unblock = format!("002C00810E{}{}", text("resetnow"), text("123456"));
    assert_eq!(tell(&mut chip, &unblock), "6983");
    let code = format!("00DA00D308{}", text("resetnow"));
    assert_eq!(tell(&mut chip, &code), "6982");
    assert_eq!(verify(&mut chip, 0x83, "12345678"), "9000");
    assert_eq!(tell(&mut chip, &code), "9000");
    for _ in 0..3 {
        verify(&mut chip, 0x81, "000000");
    }
    assert_eq!(tell(&mut chip, "00CA00C400"), "004040400003039000");
    assert_eq!(tell(&mut chip, &unblock), "9000");
    assert_eq!(verify(&mut chip, 0x81, "123456"), "9000");
    let by_admin = format!("002C028106{}", text("654321"));
    assert_eq!(tell(&mut chip, &by_admin), "9000");
    assert_eq!(verify(&mut chip, 0x81, "654321"), "9000");
    tell(&mut chip, "00DA00D3");
    assert_eq!(tell(&mut chip, "00CA00C400"), "004040400300039000");
    assert_eq!(tell(&mut chip, &unblock), "6983");
}

/// The key derivation object of the specification's example.
const KDF: &str = "8101038201088304000186A084083031323334353637850838393031323334358608414243444546\
                   47488720773784A602B6C81E3F092F4D7D00E17CC822D88F7360FCF2D2EF2D9D901F44B688202675\
                   D6164A0D4827D1D00C7EEA620D015C00030A1CAB38B4D0DD600B27DC9630";

#[test]
fn with_key_derivation_pins_are_digests() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    verify(&mut chip, 0x83, "12345678");
    assert_eq!(tell(&mut chip, "00CA00F900"), "8101009000");
    assert_eq!(KDF.len(), 2 * 0x6E);
    assert_eq!(tell(&mut chip, &format!("00DA00F96E{KDF}")), "9000");
    assert_eq!(tell(&mut chip, "00CA00F900"), format!("{KDF}9000"));
    // What is no digest is not counted.
    assert_eq!(verify(&mut chip, 0x81, "123456"), "6700");
    assert_eq!(tell(&mut chip, "00200081"), "63C3");
    let digest = "773784A602B6C81E3F092F4D7D00E17CC822D88F7360FCF2D2EF2D9D901F44B6";
    assert_eq!(tell(&mut chip, &format!("0020008120{digest}")), "9000");
    let digest = "2675D6164A0D4827D1D00C7EEA620D015C00030A1CAB38B4D0DD600B27DC9630";
    assert_eq!(tell(&mut chip, &format!("0020008320{digest}")), "9000");
    assert_eq!(tell(&mut chip, "00DA00F903810100"), "9000");
    assert_eq!(verify(&mut chip, 0x81, "123456"), "9000");
}

#[test]
fn the_key_of_rfc_8032_signs_as_published() {
    // RFC 8032, 7.1, test 2: a message of one byte.
    let seed = "4CCD089B28FF96DA9DB6C346EC114E0F5B8A319F35ABA624DA8CF6ED4FB8A6FB";
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    let import = format!("00DB3FFF2C4D2AB6007F480292205F4820{seed}");
    assert_eq!(tell(&mut chip, &import), "6982");
    verify(&mut chip, 0x83, "12345678");
    // The slot is still made for RSA.
    assert_eq!(tell(&mut chip, &import), "6A80");
    let attributes = "00DA00C10A162B06010401DA470F01";
    assert_eq!(tell(&mut chip, attributes), "9000");
    assert_eq!(tell(&mut chip, &import), "9000");
    assert_eq!(
        tell(&mut chip, "0047810002B60000"),
        "7F49228620\
         3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C9000"
    );
    assert_eq!(tell(&mut chip, "00CA00DE00"), "0102020003009000");
    assert_eq!(tell(&mut chip, "002A9E9A017200"), "6982");
    verify(&mut chip, 0x81, "123456");
    let signature = "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA\
                     085AC1E43E15996E458F3613D0F11D8C387B2EAEB4302AEEB00D291612BB0C009000";
    assert_eq!(tell(&mut chip, "002A9E9A017200"), signature);
    // Good for one signature only, which was counted.
    assert_eq!(tell(&mut chip, "002A9E9A017200"), "6982");
    assert_eq!(tell(&mut chip, "00CA007A00"), "7A0593030000019000");
    tell(&mut chip, "00DA00C40101");
    verify(&mut chip, 0x81, "123456");
    for _ in 0..2 {
        assert_eq!(tell(&mut chip, "002A9E9A017200"), signature);
    }
}

#[test]
fn a_key_on_curve25519_agrees_as_openssl_does() {
    // The scalar is 01 02 .. 20; the card takes it with the most significant byte first.
    let scalar = hex::encode(&(1..=32).rev().collect::<Vec<u8>>());
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    verify(&mut chip, 0x83, "12345678");
    tell(&mut chip, "00DA00C20B122B060104019755010501");
    let import = format!("00DB3FFF2C4D2AB8007F480292205F4820{scalar}");
    assert_eq!(tell(&mut chip, &import), "9000");
    assert_eq!(
        tell(&mut chip, "0047810002B80000"),
        "7F4922862007A37CBC142093C8B755DC1B10E86CB426374AD16AA853ED0BDFC0B2B86D1C7C9000"
    );
    let point = "5714769D116BF76436AE74BC793D2C30AD1903C59AC5273805C7E2698B410C36";
    let decipher = format!("002A808627A6257F49228620{point}00");
    assert_eq!(tell(&mut chip, &decipher), "6982");
    verify(&mut chip, 0x82, "123456");
    let shared = "C9EA6A3F79A000B60B076D4AFC990B272F3F0B5AAA3F0B8713C209273E3638639000";
    assert_eq!(tell(&mut chip, &decipher), shared);
}

#[test]
fn aes_deciphers_what_it_enciphered() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    verify(&mut chip, 0x83, "12345678");
    verify(&mut chip, 0x82, "123456");
    // FIPS 197, C.1: one block, so the mode makes no difference.
    let plain = "00112233445566778899AABBCCDDEEFF";
    assert_eq!(tell(&mut chip, &format!("002A868010{plain}00")), "6A88");
    tell(&mut chip, "00DA00D510000102030405060708090A0B0C0D0E0F");
    let cryptogram = "69C4E0D86A7B0430D8CDB78070B4C55A";
    assert_eq!(
        tell(&mut chip, &format!("002A868010{plain}00")),
        format!("02{cryptogram}9000")
    );
    assert_eq!(
        tell(&mut chip, &format!("002A80861102{cryptogram}00")),
        format!("{plain}9000")
    );
    // Two equal blocks come back equal, and are not equal between.
    let twice = tell(&mut chip, &format!("002A868020{plain}{plain}00"));
    assert_ne!(twice[2..34], twice[34..66]);
    let back = format!("002A80862102{}00", &twice[2..66]);
    assert_eq!(tell(&mut chip, &back), format!("{plain}{plain}9000"));
}

#[test]
fn private_objects_have_their_owners() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    assert_eq!(tell(&mut chip, "00CA010100"), "9000");
    assert_eq!(tell(&mut chip, "00CA010300"), "6982");
    assert_eq!(tell(&mut chip, "00DA010101AA"), "6982");
    verify(&mut chip, 0x81, "123456");
    assert_eq!(tell(&mut chip, "00DA010101AA"), "6982");
    verify(&mut chip, 0x82, "123456");
    assert_eq!(tell(&mut chip, "00DA010301AA"), "9000");
    assert_eq!(tell(&mut chip, "00CA010300"), "AA9000");
    assert_eq!(tell(&mut chip, "00CA010400"), "6982");
    assert_eq!(tell(&mut chip, "00DA010201AA"), "6982");
    verify(&mut chip, 0x83, "12345678");
    assert_eq!(tell(&mut chip, "00DA010401BB"), "9000");
    assert_eq!(tell(&mut chip, "00CA010400"), "BB9000");
    // Selected again, everything is forgotten.
    tell(&mut chip, "00A4040006D27600012401");
    assert_eq!(tell(&mut chip, "00CA010400"), "6982");
}

#[test]
fn there_are_three_certificates() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    verify(&mut chip, 0x83, "12345678");
    for number in 0..3 {
        let select = format!("00A5{number:02X}0406600 45C027F21").replace(' ', "");
        assert_eq!(tell(&mut chip, &select), "9000");
        assert_eq!(tell(&mut chip, &format!("00DA7F2101A{number}")), "9000");
    }
    assert_eq!(tell(&mut chip, "00A503040660045C027F21"), "6A88");
    tell(&mut chip, "00A500040660045C027F21");
    assert_eq!(tell(&mut chip, "00CA7F2100"), "A09000");
    assert_eq!(tell(&mut chip, "00CC7F2100"), "A19000");
    assert_eq!(tell(&mut chip, "00CC7F2100"), "A29000");
    assert_eq!(tell(&mut chip, "00CC7F2100"), "6A88");
}

#[test]
fn terminated_and_activated_it_is_a_new_card() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)).with_signatures(9));
    verify(&mut chip, 0x83, "12345678");
    tell(&mut chip, &format!("00DA005E01{}", text("x")));
    tell(&mut chip, "00A4040006D27600012401");
    assert_eq!(tell(&mut chip, "00E60000"), "6982");
    for reference in [0x81, 0x83] {
        for _ in 0..3 {
            verify(&mut chip, reference, "00000000");
        }
    }
    assert_eq!(tell(&mut chip, "00E60000"), "9000");
    assert_eq!(tell(&mut chip, "00CA006E00"), "6985");
    assert_eq!(tell(&mut chip, "00A4040006D27600012401"), "6285");
    assert_eq!(tell(&mut chip, "00440000"), "9000");
    assert_eq!(tell(&mut chip, "00A4040006D27600012401"), "9000");
    assert_eq!(tell(&mut chip, "00CA005E00"), "9000");
    assert_eq!(tell(&mut chip, "00CA007A00"), "7A0593030000009000");
    assert_eq!(verify(&mut chip, 0x83, "12345678"), "9000");
}

#[test]
fn every_slot_gets_a_key_of_its_own() {
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    assert_eq!(tell(&mut chip, "0047800002B60000"), "6982");
    verify(&mut chip, 0x83, "12345678");
    let mut seen = std::collections::BTreeSet::new();
    for slot in ["B600", "B800", "A400", "B600"] {
        let public = tell(&mut chip, &format!("00478000000002{slot}0000"));
        assert!(public.starts_with("7F49820109") && public.ends_with("82030100019000"));
        assert!(seen.insert(public));
    }
    // In the short form the end of it waits.
    assert!(tell(&mut chip, "0047810002B60000").ends_with("610E"));
    assert!(tell(&mut chip, "00C000000E").ends_with("9000"));
}

#[test]
fn rsa_signs_deciphers_and_swaps_its_keys() {
    let key = |der| PrivateKey::from_pkcs8(der).unwrap();
    let decryption = key(include_bytes!(
        "../../../data/practice/thomas-openpgp-decryption.key"
    ));
    let authentication = key(include_bytes!(
        "../../../data/practice/thomas-authentication.key"
    ));
    let PrivateKey::Rsa(other) = &decryption else {
        unreachable!()
    };
    let public = other.to_public_key();
    let mut random = rsa::rand_core::UnwrapErr(getrandom::SysRng);
    let secret = public
        .encrypt(&mut random, rsa::Pkcs1v15Encrypt, b"session key")
        .unwrap();
    let card = OpenPgp::new(Model::version_3(1))
        .with_key(KeyRef::Decryption, decryption, 1)
        .with_key(KeyRef::Authentication, authentication, 1);
    let mut chip = selected(card);
    verify(&mut chip, 0x82, "123456");
    let decipher = format!("002A808600010100{}0000", hex::encode(&secret));
    assert_eq!(
        tell(&mut chip, &decipher),
        format!("{}9000", text("session key"))
    );
    // More than 40 % of the modulus is refused.
    let long = format!("00880000000067{}0000", "AA".repeat(0x67));
    assert_eq!(tell(&mut chip, &long), "6A80");
    let info = "AA".repeat(0x33);
    let answer = tell(
        &mut chip,
        &format!("0088000000 0033{info}0000").replace(' ', ""),
    );
    assert!(answer.ends_with("9000") && answer.len() == 516);
    // With the other key it is another signature, and that key is the one of above.
    assert_eq!(tell(&mut chip, "002241A403830102"), "9000");
    let swapped = tell(&mut chip, &format!("00880000000033{info}0000"));
    assert_ne!(swapped, answer);
    let signature = hex::decode(&swapped[..512]).unwrap();
    public
        .verify(
            rsa::Pkcs1v15Sign::new_unprefixed(),
            &[0xAA; 0x33],
            &signature,
        )
        .unwrap();
}

#[test]
fn a_yubikey_attests_the_keys_that_it_made() {
    let key = PrivateKey::from_pkcs8(include_bytes!(
        "../../../data/practice/anna-openpgp-signature.key"
    ));
    let card = OpenPgp::new(Model::yubikey([5, 7, 1], 0x1234_5678));
    let mut chip = selected(card.with_key(KeyRef::Signature, key.unwrap(), 1_733_184_000));
    assert_eq!(tell(&mut chip, "00F1000000"), "0507019000");
    assert_eq!(tell(&mut chip, "80FB010000"), "6982");
    verify(&mut chip, 0x81, "123456");
    assert_eq!(tell(&mut chip, "80FB020000"), "6A88");
    assert_eq!(tell(&mut chip, "80FB010000"), "9000");
    tell(&mut chip, "00A502040660045C027F21");
    let mut read = |command: &str| {
        let mut answer = chip.transmit(&hex::decode(command).unwrap());
        answer.truncate(answer.len() - 2);
        answer
    };
    let attestation = read("00CA7F21000000");
    let issuer = read("00CA00FC000000");
    let (_, attestation) = x509_parser::parse_x509_certificate(&attestation).unwrap();
    let (_, issuer) = x509_parser::parse_x509_certificate(&issuer).unwrap();
    attestation
        .verify_signature(Some(issuer.public_key()))
        .unwrap();
    assert_eq!(
        attestation.subject().to_string(),
        "CN=YubiKey OPGP Attestation SIG"
    );
    // Other cards have nothing of it.
    let mut chip = selected(OpenPgp::new(Model::version_3(1)));
    assert_eq!(tell(&mut chip, "80FB010000"), "6D00");
    assert_eq!(tell(&mut chip, "00CA00FC00"), "6A88");
    assert_eq!(tell(&mut chip, "80CA006E00"), "6E00");
}
