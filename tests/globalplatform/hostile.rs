//! Cards that answer anything: everything ends, soon, and no proof of ours leaves.

use crate::script::{Drawn, TEST_KEY, bytes, keys, over, wish};
use proptest::prelude::*;
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::discovery::discover;
use symbolon::globalplatform::{KeyFamily, SecureChannel, registry};
use symbolon::transport::link::{After, Link, LinkError, Protocol};

/// Gives its answers one after the other, and then from the first again.
struct Noise {
    answers: Vec<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    protocol: Protocol,
}

impl Noise {
    fn new(answers: Vec<Vec<u8>>, t0: bool) -> Self {
        Self {
            answers,
            sent: Vec::new(),
            protocol: if t0 { Protocol::T0 } else { Protocol::T1 },
        }
    }
}

impl Link for Noise {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let answer = self.answers[self.sent.len() % self.answers.len()].clone();
        self.sent.push(command.to_vec());
        Ok(answer)
    }

    fn atr(&self) -> &[u8] {
        &[]
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}

/// Status words that lead somewhere.
const KNOWN: [u16; 8] = [
    0x9000, 0x6310, 0x6283, 0x6A86, 0x6A88, 0x6103, 0x6C02, 0x6E00,
];

/// A status word that leads somewhere, or any.
fn status() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(&KNOWN[..]).prop_map(|sw| sw.to_be_bytes().to_vec()),
        1 => any::<u16>().prop_map(|sw| sw.to_be_bytes().to_vec()),
    ]
}

/// What such cards like to say.
fn data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        Just(bytes("6F10 8408A000000151000000 A504 9F6501FF")),
        Just(bytes("E30E 4F05A000000004 9F700107 C50100")),
        Just(bytes(
            "00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E038 000001"
        )),
        Just(bytes(
            "0000302300000055FF00 01 01 F5571FE5ED3971F5 D2FFBE28469E141C"
        )),
    ]
}

fn answers() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let answer = (data(), status()).prop_map(|(data, sw)| [data, sw].concat());
    prop::collection::vec(answer, 1..6)
}

proptest! {
    #[test]
    fn looking_for_a_card_manager_ends(answers in answers(), t0: bool) {
        let mut card = Noise::new(answers, t0);
        let _ = over(&mut card, discover);
        // SELECT and GET DATA alone; what fetches the rest of an answer has its own bound.
        let allowed = [0xA4, 0xCA, 0xC0];
        prop_assert!(card.sent.iter().all(|command| allowed.contains(&command[1])));
        let asked = card.sent.iter().filter(|command| command[1] != 0xC0);
        prop_assert!(asked.count() < 60);
    }

    #[test]
    fn opening_ends_before_our_proof_leaves(answers in answers(), t0: bool, aes: bool) {
        let mut card = Noise::new(answers, t0);
        let family = if aes { KeyFamily::Aes } else { KeyFamily::TripleDes };
        let opened = over(&mut card, |channel| {
            let mut attempts = PassingAttempts::default();
            let mut random = Drawn(bytes("2C8130E574247B1B"));
            let keys = keys(family, TEST_KEY);
            SecureChannel::open_with(channel, &keys, &wish(0x01), &mut attempts, &mut random)
        });
        prop_assert!(opened.is_err());
        prop_assert!(card.sent.iter().all(|command| command[1] != 0x82));
    }

    #[test]
    fn lists_end(mut answers in answers(), level in prop::sample::select(&[0x00_u8, 0x01, 0x33][..])) {
        let update = bytes("00010203040506070809 00 03 70 A5874C57119B976B F94879E36F29E039 000001 9000");
        let mut card = Noise::new(vec![update, bytes("9000")], false);
        let read = over(&mut card, |channel| {
            let mut attempts = PassingAttempts::default();
            let mut random = Drawn(bytes("2C8130E574247B1B"));
            let keys = keys(KeyFamily::Aes, TEST_KEY);
            SecureChannel::open_with(channel, &keys, &wish(level), &mut attempts, &mut random)
        });
        let mut secure = read.unwrap();
        card.answers = std::mem::take(&mut answers);
        card.sent.clear();
        let _ = over(&mut card, |channel| registry::read(&mut secure, channel));
        let asked = card.sent.iter().filter(|command| command[1] == 0xF2);
        prop_assert!(asked.count() < 4 * 2 * 64 + 16);
    }
}
