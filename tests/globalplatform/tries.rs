//! What is remembered of failed tries, and that it holds.

use crate::script::{Script, TEST_KEY, keys, open_with, over, wish};
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::{
    CardId, ChannelError, KeptAttempts, KeyFamily, MAX_USUAL_TRIES, SecureChannel,
};
use symbolon::iso7816::StatusWord;

const WRONG: &str = "505152535455565758595A5B5C5D5E5F";
const HOST: &str = "2C8130E574247B1B";
const UPDATE: (&str, &str) = (
    "8050000008 2C8130E574247B1B 00",
    "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000",
);
const EXTERNAL: &str = "8482010010 A75F1CD48F3B93DF B72E78029F3E236F";

#[test]
fn ten_times_the_wrong_keys_reach_the_card_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut card = Script::new(&[UPDATE]);
    let wrong = keys(KeyFamily::Aes, WRONG);
    for number in 0..10 {
        // Each as after another start of the program.
        let mut attempts = KeptAttempts::new(folder.path().to_owned());
        let error = open_with(&mut card, &wrong, &wish(0x01), HOST, &mut attempts).unwrap_err();
        let expected = if number == 0 {
            ChannelError::WrongKeys {
                tries: Some(1),
                kept: true,
            }
        } else {
            ChannelError::FailedBefore { tries: 1 }
        };
        assert_eq!(error, expected);
    }
    assert_eq!(card.instructions(), [0x50]);
}

#[test]
fn a_word_lets_them_be_tried_again_and_a_success_forgets() {
    let other = ("8050000008 1122334455667788 00", UPDATE.1);
    let mut card = Script::new(&[UPDATE, other, UPDATE, (EXTERNAL, "9000"), other]);
    let mut attempts = PassingAttempts::default();
    let (wrong, right) = (keys(KeyFamily::Aes, WRONG), keys(KeyFamily::Aes, TEST_KEY));
    let mut open = |keys, try_again, host| {
        let mut wish = wish(0x01);
        wish.try_again = try_again;
        open_with(&mut card, keys, &wish, host, &mut attempts)
    };
    open(&wrong, false, HOST).unwrap_err();
    let error = open(&wrong, true, "1122334455667788").unwrap_err();
    assert_eq!(
        error,
        ChannelError::WrongKeys {
            tries: Some(2),
            kept: true
        }
    );
    // Other keys are another matter.
    open(&right, false, HOST).unwrap();
    let error = open(&wrong, false, "1122334455667788").unwrap_err();
    assert_eq!(
        error,
        ChannelError::WrongKeys {
            tries: Some(1),
            kept: true
        }
    );
    assert!(card.is_through());
}

#[test]
fn another_card_is_another_matter() {
    let mut card = Script::new(&[UPDATE, UPDATE]);
    let mut attempts = PassingAttempts::default();
    let wrong = keys(KeyFamily::Aes, WRONG);
    for chip in [1, 2] {
        let mut wish = wish(0x01);
        wish.card = CardId::of_chip(&[chip]);
        open_with(&mut card, &wrong, &wish, HOST, &mut attempts).unwrap_err();
    }
    assert!(card.is_through());
}

#[test]
fn the_last_of_the_usual_tries_needs_a_word() {
    let hosts: Vec<String> = (1..=9).map(|number| format!("{number:016X}")).collect();
    let updates: Vec<String> = hosts
        .iter()
        .map(|host| format!("8050000008{host}00"))
        .collect();
    let script: Vec<_> = updates
        .iter()
        .map(|update| (&update[..], UPDATE.1))
        .collect();
    let mut card = Script::new(&script);
    let mut attempts = PassingAttempts::default();
    for (number, host) in (1..).zip(&hosts) {
        let wrong = keys(KeyFamily::Aes, &format!("{number:02X}").repeat(16));
        let error = open_with(&mut card, &wrong, &wish(0x01), host, &mut attempts).unwrap_err();
        assert!(matches!(error, ChannelError::WrongKeys { tries, .. } if tries == Some(number)));
    }
    let right = keys(KeyFamily::Aes, TEST_KEY);
    let error = open_with(&mut card, &right, &wish(0x01), HOST, &mut attempts).unwrap_err();
    assert_eq!(
        error,
        ChannelError::FailedBefore {
            tries: MAX_USUAL_TRIES - 1
        }
    );
    assert!(card.is_through());
}

#[test]
fn a_card_that_refuses_us_is_remembered_too() {
    for sw in ["6300", "6982", "6988"] {
        let mut card = Script::new(&[UPDATE, (EXTERNAL, sw)]);
        let mut attempts = PassingAttempts::default();
        let right = keys(KeyFamily::Aes, TEST_KEY);
        let error = open_with(&mut card, &right, &wish(0x01), HOST, &mut attempts).unwrap_err();
        let sw = StatusWord(u16::from_str_radix(sw, 16).unwrap());
        let expected = ChannelError::HostRefused {
            sw,
            tries: Some(1),
            kept: true,
        };
        assert_eq!(error, expected);
        let error = open_with(&mut card, &right, &wish(0x01), HOST, &mut attempts).unwrap_err();
        assert_eq!(error, ChannelError::FailedBefore { tries: 1 });
    }
}

#[test]
fn what_cannot_be_read_is_no_clean_slate() {
    let folder = tempfile::tempdir().unwrap();
    let mut attempts = KeptAttempts::new(folder.path().to_owned());
    let mut card = Script::new(&[UPDATE]);
    let wrong = keys(KeyFamily::Aes, WRONG);
    open_with(&mut card, &wrong, &wish(0x01), HOST, &mut attempts).unwrap_err();
    let file = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    std::fs::write(file.path(), "{").unwrap();
    for key in [WRONG, TEST_KEY] {
        let keys = keys(KeyFamily::Aes, key);
        let error = open_with(&mut card, &keys, &wish(0x01), HOST, &mut attempts).unwrap_err();
        assert_eq!(error, ChannelError::TriesUnknown);
    }
    assert_eq!(card.instructions(), [0x50]);
}

#[test]
fn a_place_that_takes_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let mut attempts = KeptAttempts::new(blocked.join("attempts"));
    let mut card = Script::new(&[UPDATE]);
    let mut wish = wish(0x01);
    wish.try_again = true;
    let wrong = keys(KeyFamily::Aes, WRONG);
    let error = open_with(&mut card, &wrong, &wish, HOST, &mut attempts).unwrap_err();
    assert!(matches!(error, ChannelError::WrongKeys { kept: false, .. }));
}

#[test]
fn an_old_answer_is_not_taken_again() {
    let mut card = Script::new(&[
        UPDATE,
        (EXTERNAL, "9000"),
        ("8050000008 1122334455667788 00", UPDATE.1),
    ]);
    let mut attempts = PassingAttempts::default();
    let right = keys(KeyFamily::Aes, TEST_KEY);
    open_with(&mut card, &right, &wish(0x01), HOST, &mut attempts).unwrap();
    let again = open_with(
        &mut card,
        &right,
        &wish(0x01),
        "1122334455667788",
        &mut attempts,
    );
    assert_eq!(
        again.unwrap_err(),
        ChannelError::CounterNotGrown { last: 1, now: 1 }
    );
    assert_eq!(card.instructions(), [0x50, 0x82, 0x50]);
}

#[test]
fn the_numbers_of_the_system_are_random() {
    // The card has to be sent two different challenges.
    struct Asked(Vec<Vec<u8>>);
    impl symbolon::transport::link::Link for Asked {
        fn exchange(
            &mut self,
            command: &[u8],
        ) -> Result<Vec<u8>, symbolon::transport::link::LinkError> {
            self.0.push(command.to_vec());
            Ok(vec![0x6A, 0x88])
        }
        fn atr(&self) -> &[u8] {
            &[]
        }
        fn protocol(&self) -> symbolon::transport::link::Protocol {
            symbolon::transport::link::Protocol::T1
        }
        fn exclusively(
            &mut self,
            work: &mut dyn FnMut(
                &mut dyn symbolon::transport::link::Link,
            ) -> symbolon::transport::link::After,
        ) -> Result<(), symbolon::transport::link::LinkError> {
            work(self);
            Ok(())
        }
    }
    let mut asked = Asked(Vec::new());
    let keys = keys(KeyFamily::Aes, TEST_KEY);
    for _ in 0..2 {
        let mut attempts = PassingAttempts::default();
        let error = over(&mut asked, |channel| {
            SecureChannel::open(channel, &keys, &wish(0x01), &mut attempts)
        });
        assert_eq!(error.unwrap_err(), ChannelError::NoKeySet);
    }
    assert_ne!(asked.0[0], asked.0[1]);
}
