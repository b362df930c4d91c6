//! Secure channels, opened by a third party.

use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::{Card, GlobalPlatformModel as Model, Protocol, SimulatedReader};
use symbolon::transport::link::{Link, Reader as _};

use crate::desk::{SERIAL, ask, card, case, cases, cyberflex, expect, modern, text};

#[test]
fn every_protocol_option_level_and_key_size() {
    let cases = cases();
    assert_eq!(cases.len(), 85);
    for case in cases {
        let mut card = case.card();
        for (command, answer) in &case.exchanges {
            assert_eq!(
                ask(&mut card, command),
                *answer,
                "{}: {command}",
                case.name()
            );
        }
    }
}

#[test]
fn any_changed_bit_of_a_protected_command_closes_the_channel() {
    for case in cases().iter().filter(|case| case.level != 0) {
        let (good, _) = &case.exchanges[2];
        // The last digit before Le is the end of the code.
        let at = good.len() - 3;
        let other = if good[at..].starts_with('0') {
            "1"
        } else {
            "0"
        };
        let bad = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        let mut card = case.card();
        case.open(&mut card);
        assert_eq!(ask(&mut card, &bad), "6982", "{}", case.name());
        assert_eq!(ask(&mut card, good), "6982", "{}", case.name());
    }
}

#[test]
fn levels_that_the_protocol_lacks_are_refused() {
    // The code of the command is right in each; the level is not to be had with this i.
    for (protocol, level) in [(0x10, 0x11), (0x10, 0x33), (0x30, 0x33)] {
        let long = case(Protocol::Scp03 { i: 0x70 }, 16, level);
        let mut card = card(
            Model::modern(SERIAL).with_protocol(Protocol::Scp03 { i: protocol }),
            16,
        );
        ask(&mut card, &long.exchanges[0].0);
        assert_eq!(ask(&mut card, &long.exchanges[1].0), "6A86");
        assert_eq!(ask(&mut card, "80F28000024F0000"), "6982");
    }
}

#[test]
fn nothing_is_managed_without_a_channel_and_no_plain_command_in_a_protected_one() {
    let case = case(Protocol::Scp02 { i: 0x15 }, 16, 0x01);
    let mut card = case.card();
    for command in [
        "80F28000024F0000",
        "80F0800107",
        "80E40000074F05A00000000100",
        "80E602000A05A0000000010000000000",
        "80E80000021122",
        "80D80081021122",
        "80E280000242 00",
        "84F280000A4F00000000000000000000",
    ] {
        assert_eq!(ask(&mut card, command), "6982", "{command}");
    }
    case.open(&mut card);
    assert_eq!(ask(&mut card, "80F28000024F0000"), "6982");
    // And it is closed.
    assert_eq!(ask(&mut card, &case.exchanges[2].0), "6982");
}

#[test]
fn ten_failures_lock_the_keys_for_ever() {
    let (case, mut card) = cyberflex();
    let begin = case.exchanges[0].0.as_str();
    let good = case.exchanges[1].0.as_str();
    let wrong = good.replacen("30FB", "30FA", 1);
    assert_ne!(wrong, good);
    for _ in 0..9 {
        ask(&mut card, begin);
        assert_eq!(ask(&mut card, &wrong), "6300");
    }
    // A success, and the count starts anew.
    case.open(&mut card);
    for _ in 0..10 {
        assert!(ask(&mut card, begin).ends_with("9000"));
        assert_eq!(ask(&mut card, &wrong), "6300");
    }
    for _ in 0..2 {
        assert_eq!(ask(&mut card, begin), "6983");
        assert_eq!(ask(&mut card, good), "6985");
        card.reset();
    }
}

#[test]
fn some_cards_count_every_beginning() {
    let case = case(Protocol::Scp01 { i: 0x05 }, 16, 0x00);
    let begin = case.exchanges[0].0.as_str();
    let mut counting = case.card().counting_every_beginning();
    let mut other = case.card();
    for _ in 0..9 {
        ask(&mut counting, begin);
    }
    case.open(&mut counting);
    for _ in 0..10 {
        assert!(ask(&mut counting, begin).ends_with("9000"));
        assert!(ask(&mut other, begin).ends_with("9000"));
    }
    assert_eq!(ask(&mut counting, begin), "6983");
    assert!(ask(&mut other, begin).ends_with("9000"));
}

#[test]
fn what_a_host_can_get_wrong_about_a_beginning() {
    let (_, mut card) = modern();
    expect(
        &mut card,
        &[
            ("8050000007 11121314151617 00", "6700"),
            ("8050000010 1112131415161718191A1B1C1D1E1F20 00", "6700"),
            ("8050010008 1112131415161718 00", "6A88"),
            // The factory keys have no number.
            ("8050FF0008 1112131415161718 00", "6A88"),
            ("8050000108 1112131415161718 00", "6A86"),
            ("8482000010 00112233445566778899AABBCCDDEEFF", "6985"),
        ],
    );
    let (_, mut old) = cyberflex();
    assert!(ask(&mut old, "8050000108 1112131415161718 00").ends_with("9000"));
    assert_eq!(ask(&mut old, "8050000208 1112131415161718 00"), "6A88");
}

#[test]
fn sequence_counters_go_up_and_are_kept() {
    let case = case(Protocol::Scp02 { i: 0x15 }, 16, 0x01);
    let mut card = case.card();
    let begin = case.exchanges[0].0.as_str();
    assert_eq!(ask(&mut card, "80CA00C100"), "C10200079000");
    ask(&mut card, begin);
    card.reset();
    // Only what was opened counts.
    case.open(&mut card);
    card.reset();
    assert_eq!(ask(&mut card, "80CA00C100"), "C10200089000");
    // The same keys do not come again.
    assert_ne!(ask(&mut card, begin), case.exchanges[0].1);
}

#[test]
fn a_card_that_is_pulled_keeps_its_keys_and_forgets_its_channel() {
    let case = case(Protocol::Scp01 { i: 0x05 }, 16, 0x00);
    let cut = Fault::Cut { carried_out: true };
    let mut card = Scripted::new(case.card()).with(Trigger::Ins(0xD8), cut);
    let mut said = Vec::new();
    for (command, _) in &case.exchanges {
        let command = symbolon::base::hex::decode(command).unwrap();
        said = card.transmit(&command);
        if !card.is_present() {
            break;
        }
    }
    assert!(!card.is_present(), "{said:?}");
    card.reset();
    let list = [0x80, 0xF2, 0x80, 0x00, 0x02, 0x4F, 0x00];
    assert_eq!(card.transmit(&list), [0x69, 0x82]);
}

#[test]
fn a_reader_brings_back_the_card_that_was_taken_out() {
    let case = case(Protocol::Scp03 { i: 0x00 }, 16, 0x00);
    let reader = SimulatedReader::new("Reader");
    let say = |link: &mut dyn Link, command: &str| {
        let answer = link.exchange(&symbolon::base::hex::decode(command).unwrap());
        answer.map(|answer| text(&answer))
    };
    reader.insert(Box::new(case.card()));
    let mut link = reader.clone().connect().unwrap();
    for (command, answer) in &case.exchanges[..2] {
        assert_eq!(say(&mut *link, command).unwrap(), *answer);
    }
    assert_eq!(say(&mut *link, "80E28000054203112233").unwrap(), "9000");
    let card = reader.remove().unwrap();
    assert!(say(&mut *link, "00CA004200").is_err());
    reader.insert(card);
    let mut link = reader.clone().connect().unwrap();
    assert_eq!(say(&mut *link, "00CA004200").unwrap(), "42031122339000");
    assert_eq!(say(&mut *link, "80F28000024F0000").unwrap(), "6982");
}
