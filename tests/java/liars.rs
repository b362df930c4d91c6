//! Cards that lie to who looks at them: no proof of ours leaves, nothing has no end, and what is not
//! authentic is not shown.

use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::{ChannelError, Level};
use symbolon::plan::SetupError;
use symbolon::plan::content::{KeyFamily, Opening};
use symbolon::simulator::{Card, GlobalPlatform, GlobalPlatformModel as Model};
use symbolon::token::SecureChannelProtocol;

use crate::desk::{AUTHENTICATE, INITIALIZE, SERIAL, Wire, access, models, test_keys};

/// GET STATUS.
const GET_STATUS: u8 = 0xF2;

/// A card whose answers to one instruction are changed.
struct Lying<F> {
    card: GlobalPlatform,
    to: u8,
    lie: F,
}

impl<F: FnMut(&[u8], Vec<u8>) -> Vec<u8> + Send> Card for Lying<F> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let answer = self.card.transmit(command);
        if command.get(1) == Some(&self.to) {
            (self.lie)(command, answer)
        } else {
            answer
        }
    }
}

fn lying(
    model: Model,
    to: u8,
    lie: impl FnMut(&[u8], Vec<u8>) -> Vec<u8> + Send + 'static,
) -> Wire {
    let card = GlobalPlatform::new(model);
    Wire::new(Box::new(Lying { card, to, lie }), None)
}

/// H-09: "more of this list follows", for ever.
#[test]
fn a_registry_without_end_is_cut_short() {
    for (name, model) in models() {
        let tagged = !name.contains("SCP01");
        for grows in [false, true] {
            let mut number = 0_u16;
            let mut wire = lying(model.clone(), GET_STATUS, move |_, _| {
                number = number.wrapping_add(u16::from(grows));
                let [high, low] = number.to_be_bytes();
                let mut answer = if tagged {
                    vec![0xE3, 0x10, 0x4F, 0x07, 0xD2, 0x76, 0, 1, 0x24, high, low]
                } else {
                    vec![0x07, 0xD2, 0x76, 0, 1, 0x24, high, low, 0x07, 0x00]
                };
                if tagged {
                    answer.extend([0x9F, 0x70, 0x01, 0x07, 0xC5, 0x01, 0x00]);
                }
                answer.extend([0x63, 0x10]);
                answer
            });
            let scp03 = name.contains("SCP03");
            let family = if scp03 {
                KeyFamily::Aes
            } else {
                KeyFamily::TripleDes
            };
            let given = access(test_keys(family), Opening::default());
            let mut attempts = PassingAttempts::default();
            let look = wire.look(Some(&given), &mut attempts).unwrap();
            let registry = look.registry.unwrap();
            assert!(registry.cut_short, "{name}");
            assert!(!registry.entries.is_empty(), "{name}");
            let asked = wire.count(GET_STATUS);
            assert!(asked <= 3 * 64 + 4, "{name}: asked {asked} times");
        }
    }
}

/// A lie about INITIALIZE UPDATE of a card that announced SCP03 i=70: what comes of it.
fn lied_to(lie: impl Fn(&[u8], Vec<u8>) -> Vec<u8> + Send + 'static) -> ChannelError {
    let mut wire = lying(Model::modern(SERIAL), INITIALIZE, lie);
    let given = access(test_keys(KeyFamily::Aes), Opening::default());
    let mut attempts = PassingAttempts::default();
    let error = wire.look(Some(&given), &mut attempts).unwrap_err();
    assert_eq!(wire.count(INITIALIZE), 1);
    assert_eq!(wire.count(AUTHENTICATE), 0, "{error}");
    let SetupError::Manager(error) = error else {
        panic!("{error:?}");
    };
    // Only what the card proved wrong is remembered as a try.
    let tries = wire.look(None, &mut attempts).unwrap().tries;
    let counted = matches!(error, ChannelError::WrongKeys { .. });
    assert_eq!(tries, Some(u32::from(counted)), "{error}");
    error
}

/// H-30: key data (10), version, protocol, i, challenge (8), cryptogram (8), counter (3), status word.
#[test]
fn a_channel_that_is_made_weaker_is_not_opened() {
    let weaker = |scp: u8| {
        move |_: &[u8], answer: Vec<u8>| {
            let head = &answer[..11];
            [head, &[scp], &answer[13..29], &[0x90, 0x00]].concat()
        }
    };
    for scp in [1, 2] {
        let error = lied_to(weaker(scp));
        let ChannelError::OtherFamily { found, family } = error else {
            panic!("{error:?}");
        };
        assert_eq!((found.scp, family), (scp, KeyFamily::Aes));
    }
    let error = lied_to(|_, answer| [&answer[..12], &[0x10], &answer[13..]].concat());
    let found = SecureChannelProtocol { scp: 3, i: 0x10 };
    assert_eq!(error, ChannelError::Weaker(found));
}

#[test]
fn challenges_and_cryptograms_that_are_none() {
    let not_random = ChannelError::ChallengeNotRandom;
    let zero = lied_to(|_, answer| [&answer[..13], &[0; 8], &answer[21..]].concat());
    assert_eq!(zero, not_random);
    let echo = lied_to(|sent, answer| [&answer[..13], &sent[5..13], &answer[21..]].concat());
    assert_eq!(echo, not_random);
    for len in [0, 7, 9] {
        let error = lied_to(move |_, answer| {
            let cryptogram = vec![0x5A; len];
            [&answer[..21], &cryptogram, &answer[29..]].concat()
        });
        assert!(matches!(error, ChannelError::AnswerLength { .. }), "{len}");
    }
    let error = lied_to(|_, mut answer| {
        answer[28] ^= 0x01;
        answer
    });
    assert!(matches!(error, ChannelError::WrongKeys { .. }), "{error}");
}

/// H-31: answers that have no MAC although they should, or one that was made for another status word.
#[test]
fn answers_that_are_not_authentic_are_not_shown() {
    let bare = |_: &[u8], _: Vec<u8>| vec![0x90, 0x00];
    let other = |_: &[u8], mut answer: Vec<u8>| {
        let at = answer.len() - 2;
        answer[at..].copy_from_slice(&[0x63, 0x10]);
        answer
    };
    type Lie = fn(&[u8], Vec<u8>) -> Vec<u8>;
    let lies: [Lie; 2] = [bare, other];
    for lie in lies {
        for level in [Level::MacBoth, Level::MacBothEncryption, Level::All] {
            let mut wire = lying(Model::modern(SERIAL), GET_STATUS, lie);
            let opening = Opening {
                level,
                ..Opening::default()
            };
            let given = access(test_keys(KeyFamily::Aes), opening);
            let mut attempts = PassingAttempts::default();
            let error = wire.look(Some(&given), &mut attempts).unwrap_err();
            let expected = SetupError::Manager(ChannelError::AnswerNotAuthentic);
            assert_eq!(error, expected, "{level:?}");
            assert_eq!(wire.count(GET_STATUS), 1, "{level:?}");
        }
    }
}
