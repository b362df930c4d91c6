//! Computing with keys.

use symbolon::card::CardError;
use symbolon::card::muscle::{MuscleError, compute, find};

use crate::applet::{Card, Key, set_up};
use crate::looking::with;
use crate::shared::Shared;

fn with_keys() -> Card {
    let mut card = set_up();
    for (slot, bits) in [(0, 1024), (2, 2048)] {
        card.keys[slot] = Some(Key {
            kind: 3,
            bits,
            rules: [0xFFFF, 2, 2],
            blob: Vec::new(),
            begun: false,
            rsa: None,
        });
    }
    card
}

/// The applet selected, and the PIN of the holder shown.
fn signed_in<T>(
    shared: &Shared,
    extended: bool,
    work: impl FnOnce(&mut symbolon::transport::channel::Channel<'_>) -> T,
) -> T {
    with(shared, |channel| {
        find(channel).unwrap();
        channel.allow_extended(extended);
        shared.card().logged = 2;
        shared.card().sent.clear();
        work(channel)
    })
}

fn block(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

#[test]
fn a_short_block_is_in_the_command() {
    let shared = Shared::new(with_keys());
    let expected: Vec<u8> = block(128).into_iter().rev().collect();
    let done = signed_in(&shared, false, |channel| {
        compute::sign(channel, 0, &block(128))
    });
    assert_eq!(done.unwrap(), expected);
    let sent = shared.card().sent.clone();
    assert_eq!(sent[0], [0xB0, 0x36, 0, 1, 5, 0, 4, 1, 0, 0]);
    assert_eq!(sent[1][..8], [0xB0, 0x36, 0, 3, 0x83, 1, 0, 0x80]);
    assert_eq!((sent.len(), sent[1].last()), (2, Some(&0x82)));
}

#[test]
fn a_long_block_is_in_an_extended_command_or_goes_through_objects() {
    for (extended, takes) in [(true, true), (true, false), (false, false)] {
        let mut card = with_keys();
        card.extended = takes;
        let shared = Shared::new(card);
        let expected: Vec<u8> = block(256).into_iter().rev().collect();
        let done = signed_in(&shared, extended, |channel| {
            compute::sign(channel, 2, &block(256))
        });
        assert_eq!(done.unwrap(), expected, "{extended} {takes}");
        // Nothing is left in the list of objects.
        assert!(shared.card().objects.is_empty());
        let objects = shared.card().sent.iter().any(|sent| sent[1] == 0x5A);
        assert_eq!(objects, !takes);
    }
}

#[test]
fn nothing_is_left_after_a_failure() {
    let mut card = with_keys();
    card.lie = Some(vec![0x7F, 0xFF, 0x00]);
    let shared = Shared::new(card);
    let done = signed_in(&shared, false, |channel| {
        compute::sign(channel, 2, &block(256))
    });
    assert!(matches!(done, Err(CardError::Malformed(_))), "{done:?}");
    assert!(shared.card().objects.is_empty());
    // Sheet "hostile-cards", H-07.
    let done = signed_in(&shared, false, |channel| {
        compute::sign(channel, 0, &block(128))
    });
    assert!(matches!(done, Err(CardError::Malformed(_))), "{done:?}");
}

#[test]
fn refusals_say_what_they_mean() {
    let shared = Shared::new(with_keys());
    let sign = |slot| {
        signed_in(&shared, false, |channel| {
            compute::sign(channel, slot, &block(128))
        })
    };
    assert_eq!(sign(4), Err(MuscleError::NoKey { slot: 4 }.into()));
    let unasked = with(&shared, |channel| {
        find(channel).unwrap();
        compute::sign(channel, 0, &block(128))
    });
    assert_eq!(unasked, Err(MuscleError::Unauthorized.into()));
}

#[test]
fn a_cryptogram_loses_its_padding() {
    let shared = Shared::new(with_keys());
    // The small applet turns blocks around.
    let mut padded = vec![0x00, 0x02];
    padded.resize(121, 0x55);
    padded.push(0x00);
    padded.extend(b"secret");
    padded.reverse();
    let opened = signed_in(&shared, false, |channel| {
        compute::decrypt(channel, 0, &padded)
    });
    assert_eq!(opened.unwrap().expose(), b"secret");
}
