//! Counters that lie: whatever they say, what was typed once goes out once, and is called wrong only
//! by a card that says so.

use std::sync::mpsc;

use symbolon::backend::{CardError, Failure};

use crate::deck::{Deck, Fault, Lie};
use crate::desk::{Desk, request};
use crate::families::{FAMILIES, nameless, with_certificate_alone};
use crate::judge::{Breach, Case, Counters, Ledger};

/// Every command with a PIN in it gets this.
fn to_pins(answers: &[[u8; 2]]) -> Vec<Lie> {
    let lie = |ins, answers: &[[u8; 2]]| Lie {
        ins,
        p2: None,
        with_pin: true,
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
    };
    [0x20, 0x24, 0x2C, 0xDA]
        .map(|ins| lie(ins, answers))
        .to_vec()
}

/// Every question for a counter gets these numbers, one after the other.
fn to_questions(left: &[u8]) -> Vec<Lie> {
    let lie = |ins, p2, answer: fn(u8) -> Vec<u8>| Lie {
        ins,
        p2,
        with_pin: false,
        answers: left.iter().map(|&left| answer(left)).collect(),
    };
    vec![
        lie(0x20, None, |left| vec![0x63, 0xC0 | left]),
        lie(0xF7, None, |left| {
            vec![0x01, 0x01, 0xFF, 0x05, 1, 0, 0x06, 2, 15, left, 0x90, 0]
        }),
        lie(0xCA, Some(0xC4), |left| {
            vec![0, 32, 32, 32, left, left, left, 0x90, 0]
        }),
    ]
}

/// How the cards lie, and whether a card that lies so says that the PIN was wrong.
fn lies() -> Vec<(&'static str, Vec<Lie>)> {
    let both = |left: &[u8], answers: &[[u8; 2]]| [to_questions(left), to_pins(answers)].concat();
    vec![
        ("63CF to every PIN", to_pins(&[[0x63, 0xCF]])),
        ("63C0, then success", to_pins(&[[0x63, 0xC0], [0x90, 0x00]])),
        ("63C2, then success", to_pins(&[[0x63, 0xC2], [0x90, 0x00]])),
        (
            "a counter that rises, and 63C5",
            both(&[2, 3, 4, 5], &[[0x63, 0xC5]]),
        ),
        (
            "a counter that rises, and 6982",
            both(&[2, 3, 4, 5], &[[0x69, 0x82]]),
        ),
        (
            "a counter that stays, and 6982",
            both(&[3], &[[0x69, 0x82]]),
        ),
        (
            "a counter that stays, and 6300",
            both(&[3], &[[0x63, 0x00]]),
        ),
        ("three left, and 63C0", both(&[3], &[[0x63, 0xC0]])),
        ("three left, and 6983", both(&[3], &[[0x69, 0x83]])),
        ("fifteen left, and 63C3", both(&[15], &[[0x63, 0xC3]])),
        ("9000 to any PIN, then 6982", any_then_refused()),
        ("9000 to everything", to_pins(&[[0x90, 0x00]])),
        ("more waits, for ever", for_ever()),
        ("another length, please", to_pins(&[[0x6C, 0x08]])),
    ]
}

/// Every PIN is right, and then it is good for nothing.
fn any_then_refused() -> Vec<Lie> {
    let mut lies = to_pins(&[[0x69, 0x82]]);
    lies[0].answers = vec![vec![0x90, 0x00]];
    lies
}

fn for_ever() -> Vec<Lie> {
    let mut lies = to_pins(&[[0x61, 0x02]]);
    lies.push(Lie {
        ins: 0xC0,
        p2: None,
        with_pin: false,
        answers: vec![vec![0xAA, 0xAA, 0x61, 0x02]],
    });
    lies
}

#[test]
fn a_counter_that_lies_gets_nothing_twice() {
    let desk = Desk::new(&["lies"]);
    let mut ledger = Ledger::default();
    for family in &FAMILIES {
        for operation in (family.operations)() {
            for (name, lies) in lies() {
                for right in [true, false] {
                    let deck = Deck::new((family.make)(1), (family.make)(2));
                    let (identity, _) = desk.insert(deck.card());
                    let keys = desk.readers[0].keys();
                    keys.clear();
                    if operation.on_reader() {
                        keys.enter(&operation.keys(right));
                    }
                    let fault = Fault::Lies(lies.clone());
                    let before = Counters::of(&deck, family);
                    let (told, _news) = mpsc::channel();
                    deck.arm(1, fault.clone(), told);
                    let (pin, action) = (operation.pin, operation.action(right));
                    let command = request(identity, family.application, pin, action, false);
                    let outcome = desk.end(desk.handle.send(command));
                    desk.readers[0].remove();
                    let case = Case::new(&deck, family, &fault, before, outcome);
                    let breaches = case.breaches(&operation, &fault, right);
                    ledger.enter(&breaches, || {
                        format!("{}, {}, {name}: {case:#?}", family.name, operation.name)
                    });
                    // Nothing was carried out, and only 9000 says that it was.
                    let told_so = ["success", "9000"].iter().any(|word| name.contains(word));
                    assert!(
                        case.outcome.is_err() || told_so,
                        "{}, {}, {name}: {case:#?}",
                        family.name,
                        operation.name
                    );
                }
            }
        }
    }
    println!(
        "{} ways to lie: {} combinations",
        lies().len(),
        ledger.cases
    );
    ledger.hold();
    assert!(ledger.cases >= 2_000, "only {} cases", ledger.cases);
}

/// What a card may say of its counter that gives no leave to try: what is told, and to whom.
fn no_leave() -> Vec<(&'static str, Vec<Lie>)> {
    let says = |answer: &[u8]| {
        let mut lies = to_questions(&[0]);
        for lie in &mut lies {
            lie.answers = vec![answer.to_vec()];
        }
        lies
    };
    vec![
        ("nothing but the truth", Vec::new()),
        ("one left", to_questions(&[1])),
        ("one left, then three", to_questions(&[1, 3])),
        ("none left", to_questions(&[0])),
        ("unlocked by another program, for ever", says(&[0x90, 0x00])),
        ("no reason", says(&[0x6F, 0x00])),
        ("not found", says(&[0x6A, 0x88])),
        ("not known", says(&[0x6D, 0x00])),
        ("63 without a number", says(&[0x63, 0x00])),
        ("nothing", says(&[])),
    ]
}

/// One try is left in truth, and the word was not given.
#[test]
fn the_last_try_is_kept_whatever_a_card_says_but_a_number_above_it() {
    let desk = Desk::new(&["lies"]);
    let mut ledger = Ledger::default();
    let mut believed = 0;
    for family in &FAMILIES {
        for operation in (family.operations)() {
            let three = ("three left", to_questions(&[3]));
            for (name, lies) in no_leave().into_iter().chain([three]) {
                let deck = Deck::new((family.make)(1), (family.make)(2));
                let (identity, token) = desk.insert(deck.card());
                if family.never_tells(&token, &operation) {
                    ledger.untold.push(operation.name.to_owned());
                    break;
                }
                deck.with_both(|card| family.use_up(card, operation.payer));
                let before = Counters::of(&deck, family);
                let keys = desk.readers[0].keys();
                keys.clear();
                if operation.on_reader() {
                    keys.enter(&operation.keys(true));
                }
                let fault = Fault::Lies(lies);
                let (told, _news) = mpsc::channel();
                deck.arm(1, fault.clone(), told);
                let (pin, action) = (operation.pin, operation.action(true));
                let command = request(identity, family.application, pin, action, false);
                let outcome = desk.end(desk.handle.send(command));
                desk.readers[0].remove();
                let case = Case::new(&deck, family, &fault, before, outcome);
                let mut breaches = case.breaches(&operation, &fault, true);
                if name == "three left" {
                    // Nobody can know: the count finds it all the same.
                    let found = breaches.contains(&Breach::LastTry);
                    assert!(found, "{}, {}: {case:#?}", family.name, operation.name);
                    believed += 1;
                    continue;
                }
                if name == "none left" {
                    // It is called blocked by a card that says so, though no PIN was sent.
                    breaches.retain(|breach| *breach != Breach::FalseWrong);
                }
                ledger.enter(&breaches, || {
                    format!("{}, {}, {name}: {case:#?}", family.name, operation.name)
                });
                assert!(case.outcome.is_err(), "{name}: {case:#?}");
            }
        }
    }
    println!(
        "one try left, {} ways to say so or nothing: {} combinations; a card that says three gets \
         the PIN: {believed}; cards that never tell: {} operations",
        no_leave().len(),
        ledger.cases,
        ledger.untold.len()
    );
    ledger.hold();
    assert!(ledger.cases >= 600, "only {} cases", ledger.cases);
    assert!(believed >= 60, "only {believed} that nobody can know");
}

/// A counter that falls behind a 6982 says that the PIN was wrong, be it true or not; one that does
/// not, says nothing of the kind.
#[test]
fn a_refusal_without_a_number_is_a_wrong_pin_only_if_the_counter_fell() {
    let desk = Desk::new(&["lies"]);
    let mut cases = 0;
    for family in FAMILIES
        .iter()
        .filter(|family| family.name.starts_with("OpenPGP"))
    {
        for operation in (family.operations)() {
            for (left, wrong) in [
                ([3, 2], true),
                ([3, 0], true),
                ([3, 3], false),
                ([2, 3], false),
            ] {
                let deck = Deck::new((family.make)(1), (family.make)(2));
                let (identity, _) = desk.insert(deck.card());
                let keys = desk.readers[0].keys();
                keys.clear();
                if operation.on_reader() {
                    keys.enter(&operation.keys(true));
                }
                let lies = [to_questions(&left), to_pins(&[[0x69, 0x82]])].concat();
                let (told, _news) = mpsc::channel();
                deck.arm(1, Fault::Lies(lies), told);
                let (pin, action) = (operation.pin, operation.action(true));
                let command = request(identity, family.application, pin, action, false);
                let outcome = desk.end(desk.handle.send(command));
                let says_wrong = matches!(
                    outcome,
                    Err(Failure::Card(
                        CardError::WrongPin { .. } | CardError::Blocked { .. }
                    ))
                );
                assert_eq!(
                    says_wrong, wrong,
                    "{}, {}, {left:?}: {outcome:?}",
                    family.name, operation.name
                );
                cases += 1;
            }
        }
    }
    println!("6982 with a counter that fell or did not: {cases} cases, called wrong where it fell");
    assert!(cases >= 150, "only {cases} cases");
}

/// The second card has nothing to be told by, and the first one had.
#[test]
fn a_card_that_tells_its_name_no_more_is_another() {
    let desk = Desk::new(&["lies"]);
    let mut unnoticed = 0;
    for family in FAMILIES
        .iter()
        .filter(|family| family.name.starts_with("PIV, Y"))
    {
        for operation in (family.operations)()
            .into_iter()
            .filter(|each| !each.on_reader())
        {
            for at in 1..5 {
                let deck = Deck::new((family.make)(1), nameless());
                let (identity, _) = desk.insert(deck.card());
                let before = Counters::of(&deck, family);
                let (told, _news) = mpsc::channel();
                deck.arm(at, Fault::Swap, told);
                let (pin, action) = (operation.pin, operation.action(true));
                let command = request(identity, family.application, pin, action, false);
                let outcome = desk.end(desk.handle.send(command));
                desk.readers[0].remove();
                let case = Case::new(&deck, family, &Fault::Swap, before, outcome);
                let breaches = case.breaches(&operation, &Fault::Swap, true);
                assert!(
                    !breaches.contains(&Breach::WrongCard),
                    "{}: {case:#?}",
                    operation.name
                );
                // Two blank cards are the same to everybody.
                let blank = Deck::new(nameless(), nameless());
                let (identity, _) = desk.insert(blank.card());
                let (told, _news) = mpsc::channel();
                blank.arm(at, Fault::Swap, told);
                let command = request(
                    identity,
                    family.application,
                    pin,
                    operation.action(true),
                    false,
                );
                let _ = desk.end(desk.handle.send(command));
                let astray =
                    |exchange: &crate::deck::Exchange| exchange.second && exchange.carries_pin();
                unnoticed += usize::from(blank.heard().iter().any(astray));
            }
        }
    }
    println!(
        "PIN commands at a card without a name: 0; between two cards that both have no serial \
         number, CHUID or certificate, a swap that no reader reports is not noticed: {unnoticed} times"
    );
}

/// Nothing but its certificate tells it from another.
#[test]
fn a_card_without_a_name_is_known_by_its_certificate() {
    const CERTIFICATES: [&[u8]; 2] = [
        include_bytes!("../../data/practice/thomas-authentication.crt"),
        include_bytes!("../../data/practice/anna-authentication.crt"),
    ];
    let desk = Desk::new(&["lies"]);
    let family = FAMILIES
        .iter()
        .find(|family| family.name == "PIV by the standard, T=0")
        .unwrap();
    let mut positions = 0;
    for operation in (family.operations)() {
        for at in 1..40 {
            let [first, second] = CERTIFICATES.map(with_certificate_alone);
            let deck = Deck::new(first, second);
            let (identity, _) = desk.insert(deck.card());
            let before = Counters::of(&deck, family);
            let keys = desk.readers[0].keys();
            keys.clear();
            if operation.on_reader() {
                keys.enter(&operation.keys(true));
            }
            let (told, _news) = mpsc::channel();
            deck.arm(at, Fault::Swap, told);
            let (pin, action) = (operation.pin, operation.action(true));
            let command = request(identity, family.application, pin, action, false);
            let outcome = desk.end(desk.handle.send(command));
            desk.readers[0].remove();
            if !deck.fired() {
                assert!(at > 4, "it was not asked");
                break;
            }
            let case = Case::new(&deck, family, &Fault::Swap, before, outcome);
            let breaches = case.breaches(&operation, &Fault::Swap, true);
            assert!(breaches.is_empty(), "{} at {at}: {case:#?}", operation.name);
            positions += 1;
        }
    }
    println!(
        "cards with nothing but a certificate: swapped at {positions} commands, noticed at each"
    );
    assert!(positions >= 60, "only {positions} commands");
}
