use super::Piv;
use crate::base::hex;
use crate::simulator::{Card, Chip};

/// A card that needs no reader, selected.
fn selected(piv: Piv) -> Chip {
    let mut chip = Chip::new([0x3B, 0x80, 0x01, 0x81]).with(piv);
    assert!(tell(&mut chip, "00A4040005A00000030800").ends_with("9000"));
    chip
}

/// Command and response in hexadecimal.
fn tell(chip: &mut Chip, command: &str) -> String {
    hex::encode(&chip.transmit(&hex::decode(command).unwrap()))
}

#[test]
fn a_yubikey_answers_select_as_published() {
    let mut chip = Chip::new([0x3B, 0x80, 0x01, 0x81]).with(Piv::yubikey([5, 7, 1], 1));
    let answer = "61114F0600001000010079074F05A0000003089000";
    assert_eq!(tell(&mut chip, "00A4040005A00000030800"), answer);
    assert_eq!(
        tell(&mut chip, "00A404000BA00000030800001000010000"),
        answer
    );
    assert_eq!(tell(&mut chip, "00A4040005A00000030900"), "6A82");
    assert_eq!(tell(&mut chip, "00FD000000"), "0507019000");
}

#[test]
fn mutual_authentication_with_3des_as_computed_beside() {
    let mut piv = Piv::generic();
    piv.random()
        .script(&hex::decode("1122334455667788").unwrap());
    let mut chip = selected(piv);
    let witness = tell(&mut chip, "0087039B047C02800000");
    assert_eq!(witness, "7C0A80086C5E94DCADD39F1D9000");
    let proof = tell(
        &mut chip,
        "0087039B167C14800811223344556677888108010203040506070800",
    );
    assert_eq!(proof, "7C0A820877A7D6BCF57962B99000");
}

#[test]
fn mutual_authentication_with_aes_as_computed_beside() {
    let key = "0102030405060708010203040506070801020304050607080102030405060708";
    let key = hex::decode(key).unwrap();
    for (algorithm, len, enciphered, proof) in [
        (
            0x08,
            16,
            "44CD5D7FAC500E93911650205361F080",
            "F7EBCF830A3E0962BC317373D861E424",
        ),
        (
            0x0A,
            24,
            "E2E9A7A05C9D785BB76614546556464C",
            "218E295C37FEBE7AF3BE52CCE486FC77",
        ),
        (
            0x0C,
            32,
            "5A3FA7F2E0DAA04FDC4100710FCCA6E9",
            "7A59F901ED98C20CC09ADCD500B34CF0",
        ),
    ] {
        let mut piv = Piv::yubikey([5, 7, 1], 1).with_management_key(algorithm, &key[..len]);
        let witness = "101112131415161718191A1B1C1D1E1F";
        piv.random().script(&hex::decode(witness).unwrap());
        let mut chip = selected(piv);
        let answer = tell(&mut chip, &format!("0087{algorithm:02X}9B047C02800000"));
        assert_eq!(answer, format!("7C128010{enciphered}9000"));
        let challenge = "202122232425262728292A2B2C2D2E2F";
        let answer = tell(
            &mut chip,
            &format!("0087{algorithm:02X}9B267C248010{witness}8110{challenge}00"),
        );
        assert_eq!(answer, format!("7C128210{proof}9000"));
    }
}

#[test]
fn a_wrong_witness_proves_nothing() {
    for (piv, refusal) in [
        (Piv::generic(), "6A80"),
        (Piv::yubikey([5, 4, 3], 1), "6982"),
    ] {
        let mut chip = selected(piv);
        tell(&mut chip, "0087039B047C02800000");
        let command = "0087039B167C14800811223344556677888108010203040506070800";
        assert_eq!(tell(&mut chip, command), refusal);
        assert_eq!(tell(&mut chip, "0047009A05AC0380011100"), "6982");
    }
}

#[test]
fn the_empty_verify_asks_and_never_counts() {
    let mut chip = selected(Piv::generic());
    assert_eq!(tell(&mut chip, "00200080"), "63C3");
    assert_eq!(tell(&mut chip, "0020008008303030303030FFFF"), "63C2");
    assert_eq!(tell(&mut chip, "00200080"), "63C2");
    assert_eq!(tell(&mut chip, "0020008008313233343536FFFF"), "9000");
    assert_eq!(tell(&mut chip, "00200080"), "9000");
    assert_eq!(tell(&mut chip, "0020FF80"), "9000");
    assert_eq!(tell(&mut chip, "00200080"), "63C3");
}

/// Proves the factory management key, 3DES, by single authentication of the card's number.
fn manage(chip: &mut Chip) {
    let answer = tell(chip, "0087039B047C02810000");
    let number = hex::decode(&answer[8..24]).unwrap();
    let key = super::management::Management::factory(false);
    let proof = hex::encode(&key.encipher(&number).unwrap());
    assert_eq!(tell(chip, &format!("0087039B0C7C0A8208{proof}00")), "9000");
}

const PIN_OK: &str = "0020008008313233343536FFFF";

#[test]
fn only_who_has_the_management_key_writes() {
    let mut chip = selected(Piv::generic());
    let put = "00DB3FFF105C035FC10253093019000000000000FF";
    assert_eq!(tell(&mut chip, put), "6982");
    manage(&mut chip);
    assert_eq!(tell(&mut chip, put), "9000");
    let get = "00CB3FFF055C035FC10200";
    assert_eq!(tell(&mut chip, get), "53093019000000000000FF9000");
    assert_eq!(tell(&mut chip, "00DB3FFF075C035FC1025300"), "9000");
    assert_eq!(tell(&mut chip, get), "6A82");
    // An object that is not in the standard.
    assert_eq!(tell(&mut chip, "00DB3FFF085C035FFF005301AA"), "6A82");
    // In chained parts.
    let mut value = vec![0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x53, 0x82, 0x01, 0x2C];
    value.resize(9 + 300, 0xAB);
    let (first, second) = value.split_at(255);
    let part =
        |cla: &str, part: &[u8]| format!("{cla}DB3FFF{:02X}{}", part.len(), hex::encode(part));
    assert_eq!(tell(&mut chip, &part("10", first)), "9000");
    assert_eq!(tell(&mut chip, &part("00", second)), "9000");
    let answer = tell(&mut chip, "00CB3FFF055C035FC10500");
    assert!(
        answer.starts_with("5382012CAB") && answer.ends_with("6130"),
        "{answer}"
    );
}

#[test]
fn what_is_printed_is_for_who_knows_the_pin() {
    let mut chip = selected(Piv::generic().with_object(0x5F_C109, b"A"));
    let get = "00CB3FFF055C035FC10900";
    assert_eq!(tell(&mut chip, get), "6982");
    tell(&mut chip, PIN_OK);
    assert_eq!(tell(&mut chip, get), "5301419000");
    assert_eq!(
        tell(&mut chip, "00CB3FFF035C017E00"),
        "7E124F0BA0000003080000100001005F2F0240009000"
    );
}

#[test]
fn a_signature_key_wants_the_pin_just_before_each_signature() {
    let key = crate::simulator::PrivateKey::from_pkcs8(include_bytes!(
        "../../../data/practice/thomas-signature.key"
    ));
    let mut chip = selected(
        Piv::generic()
            .with_key(0x9C, key.clone().unwrap())
            .with_key(0x9E, key.unwrap()),
    );
    let sign = |slot: &str| format!("008711{slot}267C2482008120{}00", "5A".repeat(32));
    assert_eq!(tell(&mut chip, &sign("9C")), "6982");
    assert!(tell(&mut chip, &sign("9E")).starts_with("7C"));
    tell(&mut chip, PIN_OK);
    assert!(tell(&mut chip, &sign("9C")).ends_with("9000"));
    assert_eq!(tell(&mut chip, &sign("9C")), "6982");
    tell(&mut chip, PIN_OK);
    tell(&mut chip, "00CB3FFF055C035FC10200");
    assert_eq!(tell(&mut chip, &sign("9C")), "6982");
    // Another algorithm than the key's, no key, no slot.
    assert_eq!(
        tell(&mut chip, &sign("9E").replace("008711", "008714")),
        "6A86"
    );
    assert_eq!(tell(&mut chip, &sign("9A")), "6A88");
    assert_eq!(tell(&mut chip, &sign("9F")), "6A86");
}

#[test]
fn every_slot_gets_a_key_of_its_own() {
    let mut chip =
        selected(Piv::yubikey([5, 7, 1], 1).with_management_key(0x03, &super::management::FACTORY));
    assert_eq!(tell(&mut chip, "0047009A05AC0380010700"), "6982");
    manage(&mut chip);
    let mut seen = std::collections::BTreeSet::new();
    for slot in [0x9A, 0x9C, 0x82, 0x83, 0x95, 0x9A] {
        for (algorithm, len) in [(0x07, 270), (0x11, 70), (0xE0, 37)] {
            let command = format!("004700{slot:02X}000005AC038001{algorithm:02X}0000");
            let public = tell(&mut chip, &command);
            assert_eq!(public.len(), 2 * (len + 2), "{algorithm:02X}");
            assert!(seen.insert(public));
        }
    }
    for refused in ["0047009B05AC0380010700", "0047009605AC0380010700"] {
        assert_eq!(tell(&mut chip, refused), "6A86");
    }
    // A generic card has neither the new algorithms nor keys in retired slots.
    let mut chip = selected(Piv::generic());
    manage(&mut chip);
    assert_eq!(tell(&mut chip, "0047009A05AC038001E000"), "6A80");
    assert_eq!(tell(&mut chip, "0047008205AC0380011100"), "6A86");
    assert_eq!(
        tell(
            &mut chip,
            "0047009A08AC0680 0111AA010100".replace(' ', "").as_str()
        ),
        "6A80"
    );
}

#[test]
fn metadata_tell_what_only_a_yubikey_tells() {
    assert_eq!(tell(&mut selected(Piv::generic()), "00F7008000"), "6D00");
    assert_eq!(
        tell(&mut selected(Piv::yubikey([5, 2, 7], 1)), "00F7008000"),
        "6D00"
    );
    let key = crate::simulator::PrivateKey::from_pkcs8(include_bytes!(
        "../../../data/practice/thomas-card.key"
    ));
    let key = key.unwrap();
    let point = hex::encode(&key.public_point());
    let piv = Piv::yubikey([5, 4, 3], 0x0102_0304).with_puk("87654321");
    let mut chip = selected(piv.with_key(0x9C, key.clone()).with_imported_key(0x82, key));
    assert_eq!(tell(&mut chip, "00F8000000"), "010203049000");
    assert_eq!(tell(&mut chip, "00F7008000"), "0101FF050101060203039000");
    assert_eq!(tell(&mut chip, "00F7008100"), "0101FF050100060203039000");
    assert_eq!(tell(&mut chip, "00F7009B00"), "010103020200010501019000");
    assert_eq!(
        tell(&mut chip, "00F7009C00"),
        format!("0101110202030103010104438641{point}9000")
    );
    assert!(tell(&mut chip, "00F7008200").starts_with("01011102020201030102"));
    assert_eq!(tell(&mut chip, "00F7009A00"), "6A88");
    tell(&mut chip, "0020008008303030303030FFFF");
    assert_eq!(tell(&mut chip, "00F7008000"), "0101FF050101060203029000");
}

#[test]
fn a_puk_unblocks_and_a_reset_needs_both_blocked() {
    let mut chip = selected(Piv::yubikey([5, 4, 3], 1));
    for status in ["63C2", "63C1", "63C0", "6983"] {
        assert_eq!(tell(&mut chip, "0020008008303030303030FFFF"), status);
    }
    assert_eq!(tell(&mut chip, "00200080"), "6983");
    assert_eq!(tell(&mut chip, "00FB000000"), "6985");
    let unblock = "002C0080103132333435363738313131313131FFFF";
    assert_eq!(tell(&mut chip, unblock), "9000");
    assert_eq!(tell(&mut chip, "0020008008313131313131FFFF"), "9000");
    let wrong = "002C0080103030303030303030313131313131FFFF";
    for status in ["63C2", "63C1", "63C0", "6983"] {
        assert_eq!(tell(&mut chip, wrong), status);
    }
    assert_eq!(tell(&mut chip, unblock), "6983");
    for _ in 0..3 {
        tell(&mut chip, "0020008008303030303030FFFF");
    }
    assert_eq!(tell(&mut chip, "00FB000000"), "9000");
    assert_eq!(tell(&mut chip, PIN_OK), "9000");
    assert_eq!(tell(&mut chip, unblock), "9000");
}

#[test]
fn what_is_no_pin_is_refused_uncounted() {
    let mut chip = selected(Piv::generic());
    for block in [
        "313233343536",
        "3132333435FFFFFF",
        "31323334353641FF",
        "313233FF343536FF",
    ] {
        let verify = format!("00200080{:02X}{block}", block.len() / 2);
        let answer = tell(&mut chip, &verify);
        assert!(answer == "6A80" || answer == "6700", "{answer}");
    }
    assert_eq!(tell(&mut chip, "00200080"), "63C3");
    assert_eq!(tell(&mut chip, "00200000"), "6A88");
    assert_eq!(
        tell(&mut chip, "00240081103132333435363738616263646566676A"),
        "9000"
    );
    assert_eq!(
        tell(&mut chip, "00240081103132333435363738616263646566676A"),
        "63C2"
    );
}

#[test]
fn keys_move_and_go_from_firmware_5_7_on() {
    let key = crate::simulator::PrivateKey::from_pkcs8(include_bytes!(
        "../../../data/practice/thomas-card.key"
    ));
    let key = key.unwrap();
    let old = Piv::yubikey([5, 4, 3], 1).with_key(0x9A, key.clone());
    assert_eq!(tell(&mut selected(old), "00F6829A"), "6D00");
    let piv = Piv::yubikey([5, 7, 1], 1)
        .with_management_key(0x03, &super::management::FACTORY)
        .with_key(0x9A, key.clone())
        .with_key(0x9C, key);
    let mut chip = selected(piv);
    assert_eq!(tell(&mut chip, "00F6829A"), "6982");
    manage(&mut chip);
    assert_eq!(tell(&mut chip, "00F69C9A"), "6985");
    assert_eq!(tell(&mut chip, "00F6829A"), "9000");
    assert_eq!(tell(&mut chip, "00F6839A"), "6A88");
    assert!(tell(&mut chip, "00F7008200").starts_with("010111"));
    assert_eq!(tell(&mut chip, "00F6FF82"), "9000");
    assert_eq!(tell(&mut chip, "00F7008200"), "6A88");
}

#[test]
fn tries_are_set_by_who_has_both() {
    let mut chip = selected(Piv::yubikey([5, 4, 3], 1).with_pin("654321"));
    manage(&mut chip);
    assert_eq!(tell(&mut chip, "00FA0508"), "6982");
    tell(&mut chip, "0020008008363534333231FFFF");
    assert_eq!(tell(&mut chip, "00FA0508"), "9000");
    assert_eq!(tell(&mut chip, "00F7008000"), "0101FF050101060205059000");
    assert_eq!(tell(&mut chip, "00F7008100"), "0101FF050101060208089000");
}

#[test]
fn a_compressed_certificate_is_the_certificate() {
    use std::io::Read as _;

    let der = include_bytes!("../../../data/practice/thomas-encryption.crt");
    let mut chip = selected(Piv::generic().with_compressed_certificate(0x9D, der));
    let answer = chip.transmit(&hex::decode("00CB3FFF0000055C035FC10B0000").unwrap());
    let object = &answer[..answer.len() - 2];
    let find = |tag| crate::iso7816::tlv::ber::find(object, &[0x53, tag]).unwrap();
    assert_eq!((find(0x71), find(0xFE)), (&[0x01][..], &[][..]));
    let mut plain = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(find(0x70));
    decoder.read_to_end(&mut plain).unwrap();
    assert_eq!(plain, der);
}
