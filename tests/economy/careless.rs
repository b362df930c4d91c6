//! Controls: what careless programs do is found by the same counts that find nothing in ours.

use std::collections::BTreeSet;
use std::sync::mpsc;

use symbolon::backend::{CardError, Done, Failure};
use symbolon::simulator::SimulatedReader;
use symbolon::token::{PinReference, PinRole, TriesLeft};
use symbolon::transport::link::{After, Link, Reader};

use crate::deck::{Deck, Fault};
use crate::families::{FAMILIES, Family, Kind};
use crate::judge::{BREACHES, Breach, Case, Counters};

const SELECT: [&[u8]; 2] = [
    &[0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08],
    &[
        0x00, 0xA4, 0x04, 0x00, 0x06, 0xD2, 0x76, 0x00, 0x01, 0x24, 0x01,
    ],
];
const ASK: [u8; 4] = [0x00, 0x20, 0x00, 0x80];
const RIGHT: &[u8] = b"\x00\x20\x00\x80\x08123456\xFF\xFF";
const WRONG: &[u8] = b"\x00\x20\x00\x80\x08999999\xFF\xFF";

/// What a careless program makes of a link.
type Careless = fn(&mut dyn Link) -> (Result<Done, Failure>, After);

/// Sends, and what came.
fn send(link: &mut dyn Link, command: &[u8]) -> Vec<u8> {
    link.exchange(command).unwrap_or_default()
}

/// The breaches of a careless program that verifies the PIN of this kind of card.
fn caught(
    family: &Family,
    right: bool,
    at: usize,
    fault: &Fault,
    careless: Careless,
) -> Vec<Breach> {
    let deck = Deck::new((family.make)(1), (family.make)(2));
    caught_on(&deck, family, right, (at, fault), careless)
}

/// The same on cards to which something may have happened before.
fn caught_on(
    deck: &Deck,
    family: &Family,
    right: bool,
    (at, fault): (usize, &Fault),
    careless: Careless,
) -> Vec<Breach> {
    let before = Counters::of(deck, family);
    let mut reader = SimulatedReader::new("careless");
    reader.insert(deck.card());
    let (told, _news) = mpsc::channel();
    deck.arm(at, fault.clone(), told);
    let mut outcome = Err(Failure::NoCard);
    let mut link = reader.connect().unwrap();
    let worked = link.exclusively(&mut |link| {
        let (done, after) = careless(link);
        outcome = done;
        after
    });
    assert!(worked.is_ok());
    reader.remove();
    let operations = (family.operations)();
    let verify = operations
        .iter()
        .find(|each| each.kind == Kind::Verify)
        .unwrap();
    let case = Case::new(deck, family, fault, before, outcome);
    case.breaches(verify, fault, right)
}

fn wrong() -> Result<Done, Failure> {
    Err(Failure::Card(CardError::WrongPin {
        role: PinRole::User,
        left: TriesLeft::Unknown,
    }))
}

/// Asks for no counter, and blames the person for whatever comes.
fn blindly(link: &mut dyn Link) -> (Result<Done, Failure>, After) {
    send(link, SELECT[0]);
    match send(link, RIGHT)[..] {
        [0x90, 0x00] => (Ok(Done::PinVerified), After::Reset),
        _ => (wrong(), After::Reset),
    }
}

/// What is found where every try is left.
fn with_every_try() -> BTreeSet<Breach> {
    let piv = &FAMILIES[0];
    let openpgp = FAMILIES
        .iter()
        .find(|family| family.name.contains("2.1"))
        .unwrap();
    let no = Fault::Lies(Vec::new());
    let broken = Fault::Answer {
        bytes: vec![0x6F, 0x00],
        carried_out: false,
    };
    let mut all = BTreeSet::new();
    let mut caught =
        |family: &Family, right: bool, at: usize, fault: &Fault, careless: Careless| {
            let found = caught(family, right, at, fault, careless);
            all.extend(found.clone());
            found
        };
    let none: Careless = |link| {
        send(link, SELECT[0]);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(caught(piv, true, 1, &no, none), []);

    let without_identity: Careless = |link| {
        send(link, SELECT[0]);
        send(link, &ASK);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(
        caught(piv, true, 2, &Fault::Swap, without_identity),
        [Breach::WrongCard]
    );

    let sends_again: Careless = |link| {
        send(link, SELECT[0]);
        while send(link, RIGHT) != [0x90, 0x00] {}
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(
        caught(piv, true, 2, &broken, sends_again),
        [Breach::SentTwice]
    );

    let insists: Careless = |link| {
        send(link, SELECT[0]);
        send(link, WRONG);
        send(link, WRONG);
        (wrong(), After::Reset)
    };
    assert_eq!(
        caught(piv, false, 1, &no, insists),
        [Breach::SentTwice, Breach::SpentTwice]
    );

    assert_eq!(caught(piv, true, 2, &broken, blindly), [Breach::FalseWrong]);
    let refused = Fault::Answer {
        bytes: vec![0x69, 0x82],
        carried_out: false,
    };
    assert_eq!(
        caught(piv, true, 2, &refused, blindly),
        [Breach::FalseWrong]
    );

    let leaves_it_open: Careless = |link| {
        send(link, SELECT[0]);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Leave)
    };
    assert_eq!(
        caught(piv, true, 1, &no, leaves_it_open),
        [Breach::LeftOpen]
    );

    // An empty VERIFY is a question where the standard of the family says so, and nowhere else.
    let asks_anybody: Careless = |link| {
        send(link, SELECT[1]);
        send(link, &[0x00, 0x20, 0x00, 0x82]);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(caught(openpgp, true, 1, &no, asks_anybody), [Breach::Asked]);
    all
}

/// What is found where one try is left.
fn with_one_try() -> Vec<Breach> {
    let piv = &FAMILIES[0];
    let no = Fault::Lies(Vec::new());
    // A right PIN as well: that it was right, nobody knew before.
    assert_eq!(caught(piv, true, 1, &no, blindly), []);
    let last = Deck::new((piv.make)(1), (piv.make)(2));
    last.with_both(|card| piv.use_up(card, PinReference(0x80)));
    caught_on(&last, piv, true, (1, &no), blindly)
}

/// On a card that counts in silence the same counts find the same, and an empty VERIFY at once.
#[test]
fn silence_hides_no_careless_program() {
    const HOME: &[u8] = &[0x00, 0xA4, 0x08, 0x0C, 2, 0x50, 0x15];
    const RIGHT: &[u8] = b"\x00\x20\x00\x83\x08654321\0\0";
    const WRONG: &[u8] = b"\x00\x20\x00\x83\x08999999\0\0";
    let silent = FAMILIES.iter().find(|family| family.is_silent()).unwrap();
    let no = Fault::Lies(Vec::new());
    let verifies: Careless = |link| {
        send(link, HOME);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(caught(silent, true, 1, &no, verifies), []);

    let without_identity: Careless = |link| {
        send(link, HOME);
        send(link, HOME);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Reset)
    };
    let swapped = caught(silent, true, 2, &Fault::Swap, without_identity);
    assert_eq!(swapped, [Breach::WrongCard]);

    let insists: Careless = |link| {
        send(link, HOME);
        send(link, WRONG);
        send(link, WRONG);
        (wrong(), After::Reset)
    };
    assert_eq!(
        caught(silent, false, 1, &no, insists),
        [Breach::SentTwice, Breach::SpentTwice]
    );

    let leaves_it_open: Careless = |link| {
        send(link, HOME);
        send(link, RIGHT);
        (Ok(Done::PinVerified), After::Leave)
    };
    assert_eq!(
        caught(silent, true, 1, &no, leaves_it_open),
        [Breach::LeftOpen]
    );

    let asks: Careless = |link| {
        send(link, HOME);
        send(link, &RIGHT[..4]);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(
        caught(silent, true, 1, &no, asks),
        [Breach::SpentTwice, Breach::Asked]
    );
    // Not even where it happens to cost nothing.
    let asks_as_piv: Careless = |link| {
        send(link, HOME);
        send(link, &ASK);
        (Ok(Done::PinVerified), After::Reset)
    };
    assert_eq!(caught(silent, true, 1, &no, asks_as_piv), [Breach::Asked]);

    let last = Deck::new((silent.make)(1), (silent.make)(2));
    last.with_both(|card| silent.use_up(card, PinReference(0x83)));
    let risked = caught_on(&last, silent, true, (1, &no), verifies);
    assert_eq!(risked, [Breach::LastTry]);
}

#[test]
fn every_count_finds_the_careless_program_that_it_is_for() {
    let mut all = with_every_try();
    let of_last = with_one_try();
    assert_eq!(of_last, [Breach::LastTry]);
    all.extend(of_last);
    for (breach, name) in BREACHES {
        assert!(all.contains(&breach), "nothing here is found by: {name}");
    }
    println!(
        "8 careless programs, each found by the count that it is for; all {} counts find one",
        BREACHES.len()
    );
}
