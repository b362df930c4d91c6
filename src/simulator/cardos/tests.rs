use super::{CardOs, Model};
use crate::base::hex;
use crate::simulator::Card;

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

fn send(card: &mut CardOs, command: &str) -> String {
    let command = hex::decode(&command.replace(' ', "")).unwrap();
    hex::encode(&card.transmit(&command))
}

/// Commands that are all carried out.
fn run(card: &mut CardOs, commands: &[&str]) {
    for command in commands {
        let answer = send(card, command);
        assert!(answer.ends_with("9000"), "{command}: {answer}");
    }
}

const CREATE_5015: &str = "00E00000296227 81021000 820138 83025015 840CA000000063504B43532D3135 850100 8609000100000000010000";
const SO_PUK: &str = "00DA016E1D83020002 8508020A870AFFFF0004 86030002FF 8F083837363534333231";
const SO_PIN: &str = "00DA016E1D83020001 85080202 8702FFFF0006 8603000102 8F083132333435363738";
const CREATE_4401: &str = "00E000001B621980020100820101830244018501008609000101010101010000";

fn with_so_pin() -> CardOs {
    let mut card = CardOs::blank(Model::m4_2b(SERIAL));
    run(
        &mut card,
        &[
            CREATE_5015,
            "00A4000C023F00",
            SO_PUK,
            SO_PIN,
            "00A4080C025015",
        ],
    );
    card
}

#[test]
fn the_card_of_the_howto_tells_what_the_howto_shows() {
    let mut card = CardOs::blank(Model::m4_2b(SERIAL));
    for (object, told) in [
        (
            "81",
            "33660045CBCBCBCB7BFF2737C0092B1800000000010000000000000000000000",
        ),
        ("82", "C809"),
        ("83", "20"),
        ("84", ""),
        ("86", "00"),
        ("87", ""),
        ("88", ""),
        ("89", "00040020663F"),
        ("8D", "012C"),
        ("96", "FE0AFF0A0000"),
    ] {
        assert_eq!(
            send(&mut card, &format!("00CA01{object}00")),
            format!("{told}9000"),
            "{object}"
        );
    }
    assert_eq!(send(&mut card, "00CA018202"), "C8099000");
    assert_eq!(send(&mut card, "00CA018201"), "6C00");
    assert_eq!(send(&mut card, "00CA019900"), "6A88");
}

#[test]
fn a_directory_holds_files_and_says_so() {
    let mut card = with_so_pin();
    assert_eq!(
        send(&mut card, "00A4080002 5015 00"),
        "6F2781021000820138830250 15840CA000000063504B43532D31358501008609000100000000010000 9000"
            .replace(' ', "")
    );
    run(&mut card, &[CREATE_4401]);
    assert_eq!(
        send(&mut card, "00A4080004 5015 4401 00"),
        "6F1980020100820101830244018501008609000101010101010000 9000".replace(' ', "")
    );
    assert_eq!(send(&mut card, CREATE_4401), "6A89");
    assert_eq!(send(&mut card, "8016020000"), "6F04860244019000");
    assert_eq!(send(&mut card, "00A40800 02 2F00 00"), "6A82");
    assert_eq!(
        send(&mut card, "00A404000CA000000063504B43532D3135"),
        "9000"
    );
    assert_eq!(send(&mut card, "00CA018700"), "50159000");
}

#[test]
fn conditions_hold_until_the_pin_is_verified() {
    let mut card = with_so_pin();
    run(&mut card, &[CREATE_4401]);
    let update = "00D6000003A80A30";
    assert_eq!(send(&mut card, update), "6982");
    run(&mut card, &["0020008108 3132333435363738", update]);
    assert_eq!(send(&mut card, "00B0000003"), "A80A309000");
    assert_eq!(send(&mut card, "00B0010000"), "6B00");
    run(&mut card, &["80EA0000"]);
    assert_eq!(send(&mut card, update), "6982");
    // What is there may only be changed with the PIN, something new comes without.
    run(&mut card, &["00A4080C025015"]);
    let key = "00DA016E1D 83022010 850822008C00FFFF0000 860703030300000000 8F0400000000";
    assert_eq!(send(&mut card, key), "9000");
    assert_eq!(send(&mut card, key), "6982");
}

#[test]
fn wrong_pins_are_counted_in_silence() {
    let mut card = with_so_pin();
    // An empty VERIFY costs a try like any other wrong one.
    assert_eq!(send(&mut card, "00200081"), "6300");
    assert_eq!(send(&mut card, "0020008108 3939393939393939"), "6300");
    assert_eq!(send(&mut card, "0020008108 3132333435363738"), "6983");
    assert_eq!(send(&mut card, "0020000108 3132333435363738"), "6A81");
    assert_eq!(send(&mut card, "0020008508 3132333435363738"), "6A88");
    let unblock = "002C008110 3837363534333231 3132333435360000";
    run(&mut card, &[unblock, "0020008108 3132333435360000"]);
    let mut aloud = CardOs::blank(Model::m4_3b(SERIAL));
    run(&mut aloud, &[CREATE_5015, SO_PUK, SO_PIN]);
    assert_eq!(send(&mut aloud, "0020008108 3939393939393939"), "63C1");
}

/// Published vectors of the seal (sheet "cardos", 4), with both keys.
#[test]
fn erasing_takes_the_start_key() {
    const ERASE: &str = "8406000010 0600000800000000 F76AFC09E6D5F465";
    const FORMAT: &str =
        "8440000120 748CA3A848200B0C752DD82D5BE35CE1DE98AEBB1B4854390235B60B35A0CC19";
    const OTHER_ERASE: &str = "8406000010 985F7CC5333E86E6A317F6082A7973D4";
    const OTHER_FORMAT: &str =
        "8440000120 BB48EB54842DE96093EEB810B6B05C578556C899F5EADE3A47D83992A844819A";
    let mut card = with_so_pin();
    run(&mut card, &[ERASE]);
    assert_eq!(send(&mut card, "00CA018300"), "299000");
    assert_eq!(send(&mut card, "00A40000023F0000"), "6D00");
    run(&mut card, &[FORMAT]);
    assert_eq!(send(&mut card, "00CA018300"), "209000");
    assert_eq!(send(&mut card, "8016020000"), "9000");

    let mut key = [0; 16];
    for (byte, number) in key.iter_mut().zip(0x40..) {
        *byte = number;
    }
    let mut other = CardOs::blank(Model::m4_2b(SERIAL)).with_start_key(key, 10);
    assert_eq!(send(&mut other, ERASE), "6988");
    assert_eq!(send(&mut other, "00CA019600"), "FE0AFF0900009000");
    run(&mut other, &[OTHER_ERASE, OTHER_FORMAT]);
}

#[test]
fn a_raw_card_does_nothing() {
    let mut card = CardOs::raw(Model::m4_2b(SERIAL));
    assert_eq!(send(&mut card, "00CA018300"), "349000");
    assert_eq!(send(&mut card, "00A40000023F00"), "6D00");
    assert_eq!(send(&mut card, "80100000"), "6900");
    let mut card = with_so_pin().operational();
    assert_eq!(send(&mut card, CREATE_4401), "6900");
    run(&mut card, &["80100000", CREATE_4401]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_get_an_answer(commands: Vec<Vec<u8>>) {
        let mut card = with_so_pin();
        for command in commands {
            proptest::prop_assert!(card.transmit(&command).len() >= 2);
        }
    }
}
