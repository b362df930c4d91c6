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
