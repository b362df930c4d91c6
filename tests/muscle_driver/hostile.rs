//! Any answers: nothing stops, nothing goes on for ever.

use proptest::prelude::*;
use symbolon::card;
use symbolon::card::muscle::{compute, find, write};
use symbolon::token::ReaderId;
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{After, Link, LinkError, Protocol};
use symbolon::transport::trace::Tracer;

/// Answers in turn, for ever, to the applet's commands; to no others.
struct Turning {
    answers: Vec<Vec<u8>>,
    next: usize,
}

impl Link for Turning {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        Ok(match command {
            [0x00, 0xA4, _, _, 0x06, 0xA0, ..] => vec![0x90, 0x00],
            [0xB0, 0x3C, ..] => {
                let mut status = vec![1, 3, 0, 9, 0, 0, 0x17, 0x70, 0, 0, 0x17, 0x6E, 2, 0, 0, 0];
                status.extend([0x90, 0x00]);
                status
            }
            [0xB0, ..] => {
                self.next += 1;
                self.answers[self.next % self.answers.len()].clone()
            }
            _ => vec![0x6A, 0x82],
        })
    }

    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x01, 0x81]
    }

    fn protocol(&self) -> Protocol {
        Protocol::T1
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}

fn answer() -> impl Strategy<Value = Vec<u8>> {
    let sw = prop_oneof![
        6 => Just([0x90, 0x00]),
        1 => Just([0x9C, 0x0F]),
        1 => Just([0x9C, 0x12]),
        1 => Just([0x9C, 0x06]),
        1 => Just([0x9C, 0x03]),
        1 => any::<[u8; 2]>(),
    ];
    let data = prop_oneof![
        Just(Vec::new()),
        Just(vec![0x7F, 0xFF, 0x00]),
        proptest::collection::vec(any::<u8>(), 11),
        proptest::collection::vec(any::<u8>(), 14),
        proptest::collection::vec(any::<u8>(), 128),
        Just(vec![0x30; 128]),
        Just(vec![0xFF; 255]),
    ];
    (data, sw).prop_map(|(data, sw)| [data, sw.to_vec()].concat())
}

proptest! {
    #[test]
    fn any_answers_are_an_application_or_an_error(
        answers in proptest::collection::vec(answer(), 1..12)
    ) {
        let mut link = Turning { answers, next: 0 };
        let tracer = Tracer::silent(ReaderId(1));
        let mut channel = Channel::new(&mut link, &tracer, Cancel::default());
        let _ = card::read(&mut channel, Protocol::T1, &mut |_| {});
        let read = channel.cost().commands;
        prop_assert!(read < 4_000, "{read} commands");
        find(&mut channel).unwrap();
        let _ = write::survey(&mut channel);
        let _ = compute::sign(&mut channel, 0, &[0x11; 128]);
        let _ = compute::sign(&mut channel, 0, &[0x11; 256]);
        let all = channel.cost().commands - read;
        prop_assert!(all < 1_000, "{all} commands");
    }
}
