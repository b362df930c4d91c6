//! Answers that are not what was agreed on (H-31), lengths, and what is sent again.

use crate::script::{Script, TEST_KEY, bytes, command, keys, open, send, wish};
use symbolon::base::hex;
use symbolon::globalplatform::{ChannelError, KeyFamily, SecureChannel};
use symbolon::iso7816::{Response, StatusWord};
use symbolon::transport::link::Protocol;

const UPDATE: (&str, &str) = (
    "8050000008 2C8130E574247B1B 00",
    "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000",
);
const HOST: &str = "2C8130E574247B1B";
const ALL: (&str, &str) = ("8482330010 A75F1CD48F3B93DF A57E690937921F92", "9000");
const BOTH: (&str, &str) = ("8482110010 A75F1CD48F3B93DF 46C0E8E28B0ACAC4", "9000");
const COMMAND: &str = "84F280021887A22DB9E3DCDF04A56BA42BABCA72AE427036D946EF47C200";
const ANSWER: &str =
    "6847FDAD451372FE9347CB84555AD614806AD178F7AA90E5961A8AA27FA0F500 303151395DA3224F 9000";

fn opened(script: &[(&str, &str)], level: u8) -> (SecureChannel, Script) {
    let mut card = Script::new(script);
    let secure = open(
        &mut card,
        &keys(KeyFamily::Aes, TEST_KEY),
        &wish(level),
        HOST,
    )
    .unwrap();
    (secure, card)
}

/// What comes of the first command if it is answered so; nothing more is sent after a failure.
fn answered(answer: &str) -> Result<Response, ChannelError> {
    let (mut secure, mut card) = opened(&[UPDATE, ALL, (COMMAND, answer)], 0x33);
    let status = command("80F28002", "4F00", true);
    let answer = send(&mut secure, &mut card, &status);
    assert_eq!(secure.is_closed(), answer.is_err());
    if answer.is_err() {
        assert_eq!(
            send(&mut secure, &mut card, &status),
            Err(ChannelError::Closed)
        );
        assert!(card.is_through());
    }
    answer
}

#[test]
fn an_answer_that_was_agreed_to_have_a_mac_has_one() {
    assert!(answered(ANSWER).unwrap().sw.is_ok());
    let whole = bytes(ANSWER);
    // Each bit of data, MAC and status word, as long as the status word still promises a MAC.
    for bit in 0..whole.len() * 8 {
        let mut bad = whole.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let refused = answered(&hex::encode(&bad));
        assert_eq!(refused, Err(ChannelError::AnswerNotAuthentic), "bit {bit}");
    }
    let mac = whole.len() - 2;
    for bare in [
        "9000".to_owned(),
        format!("{}9000", hex::encode(&whole[..mac - 8])),
        format!("{}9000", hex::encode(&whole[..7])),
        format!("{}6283", hex::encode(&whole[..mac])),
        format!("{}6A88", hex::encode(&whole[..mac])),
    ] {
        assert_eq!(
            answered(&bare),
            Err(ChannelError::AnswerNotAuthentic),
            "{bare}"
        );
    }
}

#[test]
fn an_error_comes_bare() {
    let answer = answered("6A88").unwrap();
    assert_eq!(answer, Response::status(StatusWord::NO_OBJECT));
}

#[test]
fn a_card_that_takes_no_macs_any_more_closes_the_channel() {
    for sw in [0x6987, 0x6988] {
        let refused = answered(&format!("{sw:04X}"));
        let expected = ChannelError::MessagingRefused { sw: StatusWord(sw) };
        assert_eq!(refused, Err(expected));
    }
}

#[test]
fn what_is_too_long_is_not_sent_and_closes_nothing() {
    for (level, external, most) in [(0x33, ALL, 239), (0x11, BOTH, 247)] {
        let (mut secure, mut card) = opened(&[UPDATE, external], level);
        assert_eq!(secure.most_data(), most);
        let long = command("80E20000", &"AA".repeat(most + 1), false);
        let refused = send(&mut secure, &mut card, &long);
        assert_eq!(refused, Err(ChannelError::TooLong { most }));
        assert!(!secure.is_closed() && card.is_through());
    }
}

#[test]
fn a_wrong_expected_length_brings_the_same_bytes_again() {
    let mac = "84F280020A4F00DE92EDFC438F9ABE";
    let script = [
        UPDATE,
        ("8482010010 A75F1CD48F3B93DF B72E78029F3E236F", "9000"),
        (&format!("{mac}00"), "6C05"),
        (&format!("{mac}05"), "01020304059000"),
    ];
    let (mut secure, mut card) = opened(&script, 0x01);
    let answer = send(&mut secure, &mut card, &command("80F28002", "4F00", true)).unwrap();
    assert_eq!(answer.data, [1, 2, 3, 4, 5]);
    assert!(card.is_through());
}

#[test]
fn with_t0_the_answer_is_fetched_without_a_mac() {
    let mut card = Script::new(&[
        ("8050000008 2C8130E574247B1B", "6120"),
        ("00C0000020", UPDATE.1),
        ("8482010010 A75F1CD48F3B93DF B72E78029F3E236F", "9000"),
        ("84F280020A4F00DE92EDFC438F9ABE", "6103"),
        ("00C0000003", "010203 9000"),
    ]);
    card.protocol = Protocol::T0;
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    let mut secure = open(&mut card, &keys, &wish(0x01), HOST).unwrap();
    let answer = send(&mut secure, &mut card, &command("80F28002", "4F00", true)).unwrap();
    assert_eq!(answer.data, [1, 2, 3]);
    assert!(card.is_through());
}

#[test]
fn a_card_that_takes_long_commands_gets_short_ones() {
    let mut card = Script::new(&[
        UPDATE,
        ("8482010010 A75F1CD48F3B93DF B72E78029F3E236F", "9000"),
        ("84F280020A4F00DE92EDFC438F9ABE00", "9000"),
    ]);
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    let mut secure = open(&mut card, &keys, &wish(0x01), HOST).unwrap();
    crate::script::over(&mut card, |channel| {
        channel.allow_extended(true);
        secure.transmit(channel, &command("80F28002", "4F00", true))
    })
    .unwrap();
    assert!(card.is_through());
}
