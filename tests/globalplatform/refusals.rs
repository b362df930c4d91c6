//! Cards that say less than they should, or something old (H-30): EXTERNAL AUTHENTICATE never leaves.

use crate::script::{Script, TEST_KEY, announced, bytes, keys, open, open_with, three, wish};
use symbolon::base::hex;
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::{ChannelError, Diversification, KeyFamily, Keys, Wish};
use symbolon::iso7816::StatusWord;
use symbolon::token::SecureChannelProtocol;

const SCP01: &str = "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141D";
const SCP01_HOST: &str = "10DBADDE5E94FCE1";
const SCP02: &str = "000074746E6E6E626262 01 02 06A1 5086BBEE58F4 67149061DA4B6EAE";
const SCP02_HOST: &str = "EBAA9E53C696281B";
const SCP03: &str = "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001";
const SCP03_HOST: &str = "2C8130E574247B1B";

fn des() -> Keys {
    keys(KeyFamily::TripleDes, TEST_KEY)
}

fn aes() -> Keys {
    keys(KeyFamily::Aes, TEST_KEY)
}

/// Why no channel comes of this answer to INITIALIZE UPDATE; nothing is sent after it.
fn refused(keys: &Keys, wish: &Wish, host: &str, answer: &str) -> ChannelError {
    let update = format!("80500000{:02X}{host}00", host.len() / 2);
    let answer = format!("{answer}9000");
    let mut card = Script::new(&[(&update, &answer)]);
    let error = open(&mut card, keys, wish, host).unwrap_err();
    assert!(card.is_through());
    error
}

/// Why nothing is sent at all.
fn refused_at_once(keys: &Keys, wish: &Wish, host: &str) -> ChannelError {
    let mut card = Script::new(&[]);
    open(&mut card, keys, wish, host).unwrap_err()
}

#[test]
fn each_bit_of_the_cryptogram_counts() {
    for (keys, host, answer, at) in [
        (des(), SCP01_HOST, SCP01, 20),
        (des(), SCP02_HOST, SCP02, 20),
        (aes(), SCP03_HOST, SCP03, 21),
    ] {
        for bit in 0..64 {
            let mut bad = bytes(answer);
            bad[at + bit / 8] ^= 1 << (bit % 8);
            let error = refused(&keys, &wish(0x01), host, &hex::encode(&bad));
            let expected = ChannelError::WrongKeys {
                tries: Some(1),
                kept: true,
            };
            assert_eq!(error, expected, "bit {bit} of {answer}");
        }
    }
}

#[test]
fn a_cryptogram_of_another_length_is_none() {
    for (keys, host, answer, cryptogram) in [
        (des(), SCP01_HOST, SCP01, 20..28),
        (des(), SCP02_HOST, SCP02, 20..28),
        (aes(), SCP03_HOST, SCP03, 21..29),
    ] {
        let whole = bytes(answer);
        for len in [0, 1, 7, 9, 16] {
            let mut mac = whole[cryptogram.clone()].to_vec();
            mac.resize(len, 0);
            let bad = [&whole[..cryptogram.start], &mac, &whole[cryptogram.end..]].concat();
            let error = refused(&keys, &wish(0x01), host, &hex::encode(&bad));
            assert_eq!(error, ChannelError::AnswerLength { len: bad.len() });
        }
        assert_eq!(
            refused(&keys, &wish(0x01), host, ""),
            ChannelError::AnswerLength { len: 0 }
        );
    }
}

#[test]
fn keys_and_protocol_belong_together() {
    let of = |scp, i| SecureChannelProtocol { scp, i };
    for (keys, host, answer, found, family) in [
        (aes(), SCP01_HOST, SCP01, of(1, 0x05), KeyFamily::Aes),
        (aes(), SCP02_HOST, SCP02, of(2, 0x15), KeyFamily::Aes),
        (des(), SCP03_HOST, SCP03, of(3, 0x70), KeyFamily::TripleDes),
    ] {
        let error = refused(&keys, &wish(0x01), host, answer);
        assert_eq!(error, ChannelError::OtherFamily { found, family });
    }
    // What the card announced is enough to know.
    let error = refused_at_once(&aes(), &announced(0x01, 2, 0x55), SCP02_HOST);
    let (found, family) = (of(2, 0x55), KeyFamily::Aes);
    assert_eq!(error, ChannelError::OtherFamily { found, family });
}

#[test]
fn a_card_does_not_become_weaker_than_it_said() {
    let of = |scp, i| SecureChannelProtocol { scp, i };
    let error = refused(&des(), &announced(0x01, 2, 0x15), SCP01_HOST, SCP01);
    assert_eq!(error, ChannelError::Weaker(of(1, 0x05)));
    for (said, now) in [
        ("70", "10"),
        ("70", "30"),
        ("60", "00"),
        ("60", "20"),
        ("30", "10"),
    ] {
        let answer = match now {
            "10" | "30" => SCP03.replace(" 70 ", &format!(" {now} ")),
            _ => SCP03
                .replace(" 70 ", &format!(" {now} "))
                .replace(" 000001", ""),
        };
        let said = u16::from_str_radix(said, 16).unwrap();
        let now = u16::from_str_radix(now, 16).unwrap();
        let mut wish = announced(0x01, 3, said);
        let error = refused(&aes(), &wish, SCP03_HOST, &answer);
        assert_eq!(error, ChannelError::Weaker(of(3, now)));
        // An older protocol beside it is no excuse.
        wish.announced.insert(0, of(2, 0x15));
        let error = refused(&aes(), &wish, SCP03_HOST, &answer);
        assert_eq!(error, ChannelError::Weaker(of(3, now)));
    }
}

#[test]
fn what_a_card_cannot_protect_is_not_promised() {
    for (level, i) in [(0x11, "10"), (0x13, "10"), (0x33, "30")] {
        let wish = wish(level);
        let answer = SCP03.replace(" 70 ", &format!(" {i} "));
        let error = refused(&aes(), &wish, SCP03_HOST, &answer);
        assert_eq!(error, ChannelError::LevelNotSupported { level: wish.level });
    }
    for level in [0x11, 0x13, 0x33] {
        let wish = wish(level);
        let error = refused_at_once(&des(), &wish, SCP02_HOST);
        assert_eq!(error, ChannelError::LevelNotSupported { level: wish.level });
    }
}

#[test]
fn protocols_that_are_not_spoken_here_are_refused() {
    for (scp, i) in [
        (1, 0x00),
        (2, 0x0A),
        (2, 0x1B),
        (2, 0x07),
        (2, 0x11),
        (2, 0x255),
    ] {
        let (answer, host) = if scp == 1 {
            (SCP01, SCP01_HOST)
        } else {
            (SCP02, SCP02_HOST)
        };
        let error = refused(&des(), &announced(0x01, scp, i), host, answer);
        let expected = SecureChannelProtocol { scp, i };
        assert_eq!(error, ChannelError::ProtocolNotSupported(expected));
    }
    let other = SCP01.replace(" 01 01 ", " 01 10 ");
    let error = refused(&des(), &wish(0x01), SCP01_HOST, &other);
    let expected = SecureChannelProtocol { scp: 0x10, i: 0 };
    assert_eq!(error, ChannelError::ProtocolNotSupported(expected));
}

#[test]
fn one_base_key_is_one_key() {
    let other = "505152535455565758595A5B5C5D5E5F";
    let keys = three(KeyFamily::TripleDes, [TEST_KEY, TEST_KEY, other]);
    let error = refused(&keys, &announced(0x01, 2, 0x14), SCP02_HOST, SCP02);
    let expected = SecureChannelProtocol { scp: 2, i: 0x14 };
    assert_eq!(error, ChannelError::ProtocolNotSupported(expected));
}

#[test]
fn challenges_are_fresh_on_both_sides() {
    for (keys, host, answer, challenge) in [
        (des(), SCP01_HOST, SCP01, "F5571FE5ED3971F5"),
        (des(), SCP02_HOST, SCP02, "5086BBEE58F4"),
        (aes(), SCP03_HOST, SCP03, "A5874C57119B976B"),
    ] {
        let len = challenge.len();
        for bad in [&"0".repeat(len), &host[..len], &host[host.len() - len..]] {
            let error = refused(&keys, &wish(0x01), host, &answer.replace(challenge, bad));
            assert_eq!(error, ChannelError::ChallengeNotRandom);
        }
    }
    let error = refused_at_once(&aes(), &wish(0x01), "0000000000000000");
    assert_eq!(error, ChannelError::NoRandomness);
}

#[test]
fn the_same_challenge_of_ours_does_not_go_out_twice() {
    let external = ("8482010010 10674A7E0BAE4B33 8A9E421D068947FE", "9000");
    let update = format!("8050000008{SCP01_HOST}00");
    let answer = format!("{SCP01}9000");
    let mut card = Script::new(&[(&update, &answer), external]);
    let mut attempts = PassingAttempts::default();
    let wish = wish(0x01);
    open_with(&mut card, &des(), &wish, SCP01_HOST, &mut attempts).unwrap();
    let again = open_with(&mut card, &des(), &wish, SCP01_HOST, &mut attempts);
    assert_eq!(again.unwrap_err(), ChannelError::NoRandomness);
    assert!(card.is_through());
}

#[test]
fn status_words_of_initialize_update_tell_what_to_do() {
    let update = format!("8050000008{SCP03_HOST}00");
    for (sw, expected) in [
        (0x6A88, ChannelError::NoKeySet),
        (0x6700, ChannelError::ChallengeLength),
        (
            0x6982,
            ChannelError::Blocked {
                sw: StatusWord(0x6982),
            },
        ),
        (
            0x6983,
            ChannelError::Blocked {
                sw: StatusWord(0x6983),
            },
        ),
        (
            0x6D00,
            ChannelError::NoSecureChannel {
                sw: StatusWord(0x6D00),
            },
        ),
    ] {
        let mut card = Script::new(&[(&update, &format!("{sw:04X}"))]);
        let error = open(&mut card, &aes(), &wish(0x01), SCP03_HOST).unwrap_err();
        assert_eq!(error, expected);
    }
}

#[test]
fn keys_of_another_cipher_are_not_made_into_keys_of_a_card() {
    let mut wish = wish(0x01);
    wish.diversification = Diversification::Kdf3;
    let error = refused(&des(), &wish, SCP01_HOST, SCP01);
    assert!(matches!(error, ChannelError::Keys(_)));
}

#[test]
fn a_level_that_the_card_refuses_is_no_failed_try() {
    let update = format!("8050000008{SCP03_HOST}00");
    let answer = format!("{SCP03}9000");
    let external = "8482010010 A75F1CD48F3B93DF B72E78029F3E236F";
    for sw in ["6A86", "6985"] {
        let mut card = Script::new(&[
            (&update, &answer),
            (external, sw),
            ("8050000008 1122334455667788 00", "6A88"),
        ]);
        let wish = wish(0x01);
        let mut attempts = PassingAttempts::default();
        let error = open_with(&mut card, &aes(), &wish, SCP03_HOST, &mut attempts).unwrap_err();
        let level = wish.level;
        assert_eq!(error, ChannelError::LevelNotSupported { level }, "{sw}");
        // The keys may be tried again at once.
        let host = "1122334455667788";
        let error = open_with(&mut card, &aes(), &wish, host, &mut attempts).unwrap_err();
        assert_eq!(error, ChannelError::NoKeySet, "{sw}");
    }
}
