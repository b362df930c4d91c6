//! Writing on the simulated applet, torn at every command, before it is carried out and after.

use symbolon::card::CardError;
use symbolon::card::muscle::write::Survey;
use symbolon::simulator::faults::{Fault, Trigger};
use symbolon::transport::channel::Channel;

use crate::bench::{Bench, JCOP, TYFONE};
use crate::life::{LIFE, show, surveyed, until};

/// What is on the card, in an order of its own.
fn found(card: &Bench) -> Survey {
    let mut survey = card.with(surveyed).unwrap();
    survey.objects.sort_by_key(|object| object.id);
    survey
}

/// Does one piece of work whole, and torn at each command and done again with what was known when it was
/// begun; how often it was torn.
fn torn(atr: &[u8], index: usize) -> usize {
    let (name, work) = LIFE[index];
    let card = || {
        let card = Bench::blank(atr);
        until(&card, name);
        card
    };
    let whole = card();
    let begun = whole.with(surveyed).unwrap();
    let run = |card: &Bench, again, tear: Option<(usize, bool)>| {
        let mut survey = begun.clone();
        let work = |channel: &mut Channel<'_>| {
            surveyed(channel)?;
            show(channel, &begun)?;
            work(channel, &mut survey, again)
        };
        match tear {
            Some((number, carried_out)) => {
                let pulled = Fault::Cut { carried_out };
                card.scripted(Trigger::Number(number), pulled, work)
            }
            None => card.with(work),
        }
    };
    assert_eq!(run(&whole, false, None), Ok(()), "{name}");
    let expected = found(&whole);
    for number in 1.. {
        for carried_out in [false, true] {
            let card = card();
            let what = format!("{name}, torn at {number}, carried out: {carried_out}");
            match run(&card, false, Some((number, carried_out))) {
                Ok(()) => return number - 1,
                Err(CardError::Link(_)) => {}
                Err(other) => panic!("{what}: {other:?}"),
            }
            assert_eq!(run(&card, true, None), Ok(()), "{what}");
            assert_eq!(found(&card), expected, "{what}");
        }
    }
    unreachable!()
}

fn all_torn(atr: &[u8]) {
    let mut all = 0;
    for index in 0..LIFE.len() {
        all += torn(atr, index);
    }
    assert!(all > 150, "{all}");
}

#[test]
fn with_t_1_whatever_is_torn_the_card_is_the_same_in_the_end() {
    all_torn(JCOP);
}

#[test]
fn with_t_0_whatever_is_torn_the_card_is_the_same_in_the_end() {
    all_torn(TYFONE);
}
