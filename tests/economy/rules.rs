//! Before anything is sent: what cannot be right, the last try, and counters that are not told.

use std::sync::mpsc;

use symbolon::backend::{CardError, Command, Done, Failure, PinAction};
use symbolon::base::secret::Secret;
use symbolon::explain;
use symbolon::simulator::Card;
use symbolon::token::{Alphabet, ApplicationKind, PinReference, Token, TriesLeft};
use symbolon::transport::link::Reader;

use crate::deck::{Deck, Exchange, Fault, Lie};
use crate::desk::{Desk, request};
use crate::families::{FAMILIES, Family, Kind, Operation};

/// What came of one operation.
struct Came {
    heard: Vec<Exchange>,
    outcome: Result<Done, Failure>,
}

impl Came {
    /// Commands with a PIN in them.
    fn pins(&self) -> usize {
        self.heard
            .iter()
            .filter(|exchange| exchange.carries_pin())
            .count()
    }

    fn is_last_try(&self) -> bool {
        matches!(self.outcome, Err(Failure::Card(CardError::LastTry { .. })))
    }
}

/// Does one operation, after `meanwhile` happened to the card that was shown.
fn run(
    desk: &Desk,
    family: &Family,
    operation: &Operation,
    (use_last_try, fault): (bool, Fault),
    meanwhile: impl FnMut(&mut dyn Card),
) -> (Came, std::sync::Arc<Token>) {
    let deck = Deck::new((family.make)(1), (family.make)(2));
    let (identity, token) = desk.insert(deck.card());
    deck.with_both(meanwhile);
    let keys = desk.readers[0].keys();
    keys.clear();
    if operation.on_reader() {
        keys.enter(&operation.keys(true));
    }
    let (told, _news) = mpsc::channel();
    deck.arm(1, fault, told);
    let action = operation.action(true);
    let command = request(
        identity,
        family.application,
        operation.pin,
        action,
        use_last_try,
    );
    let outcome = desk.end(desk.handle.send(command));
    desk.readers[0].remove();
    let heard = deck.heard();
    (Came { heard, outcome }, token)
}

fn nothing_wrong() -> Fault {
    Fault::Lies(Vec::new())
}

fn each(mut act: impl FnMut(&Family, &Operation)) {
    for family in &FAMILIES {
        for operation in (family.operations)() {
            act(family, &operation);
        }
    }
}

#[test]
fn the_last_try_is_not_used_without_the_word() {
    let desk = Desk::new(&["rules"]);
    let (mut kept, mut allowed, mut untold) = (0, 0, Vec::new());
    each(|family, operation| {
        // Two tries were used up after the token was shown with three.
        let fell = |card: &mut dyn Card| family.use_up(card, operation.payer);
        let what = format!("{}, {}", family.name, operation.name);
        let (came, token) = run(&desk, family, operation, (false, nothing_wrong()), fell);
        if family.never_tells(&token, operation) {
            assert!(came.outcome.is_ok(), "{what}: {:?}", came.outcome);
            untold.push(what);
            return;
        }
        assert!(came.is_last_try(), "{what}: {:?}", came.outcome);
        assert_eq!(came.pins(), 0, "{what}: {:?}", came.heard);
        kept += 1;
        let (came, _) = run(&desk, family, operation, (true, nothing_wrong()), fell);
        assert!(came.outcome.is_ok(), "{what}: {:?}", came.outcome);
        allowed += 1;
    });
    println!("last try used without the word: 0 of {kept}; with it: {allowed} of {kept}");
    assert!(kept >= 60 && allowed == kept, "{kept} kept, {allowed} used");
    println!(
        "cards that never tell the counter, where nobody can know: {}",
        untold.join("; ")
    );
    // The PUK of PIV cards without metadata, all PINs of CardOS M4, and nothing else.
    let is_puk = |what: &String| what.contains("PUK") && !what.contains("5.7");
    let is_untold = |what: &String| is_puk(what) || what.contains("in silence");
    assert!(untold.iter().all(is_untold), "{untold:?}");
}

#[test]
fn a_counter_that_is_told_no_more_is_no_leave_to_try() {
    let desk = Desk::new(&["rules"]);
    let lie = |ins, p2, answer: &[u8]| Lie {
        ins,
        p2,
        with_pin: false,
        answers: vec![answer.to_vec()],
    };
    let (mut kept, mut allowed) = (0, 0);
    each(|family, operation| {
        for answer in [
            [0x6F, 0x00],
            [0x6A, 0x80],
            [0x69, 0x85],
            [0x6D, 0x00],
            [0x90, 0x00],
        ] {
            let silent = || {
                Fault::Lies(vec![
                    lie(0xF7, None, &answer),
                    lie(0xCA, Some(0xC4), &answer),
                    // 9000 would say something: that it is verified.
                    lie(
                        0x20,
                        None,
                        if answer[0] == 0x90 {
                            &[0x6F, 0x00]
                        } else {
                            &answer
                        },
                    ),
                ])
            };
            let what = format!("{}, {}, {answer:02X?}", family.name, operation.name);
            let (came, token) = run(&desk, family, operation, (false, silent()), |_| {});
            if family.never_tells(&token, operation) {
                return;
            }
            assert!(came.outcome.is_err(), "{what}");
            assert_eq!(came.pins(), 0, "{what}: {:?}", came.heard);
            kept += 1;
            let (came, _) = run(&desk, family, operation, (true, silent()), |_| {});
            allowed += usize::from(came.pins() > 0);
        }
    });
    println!("counter not told any more: PIN commands in {kept} cases 0; with the word {allowed}");
    assert!(kept >= 300 && allowed >= 100, "{kept} kept, {allowed} sent");
}

#[test]
fn what_another_program_unlocked_is_said_so_and_is_nobodys_consent() {
    let desk = Desk::new(&["rules"]);
    let mut cases = 0;
    // One that takes it back when it is asked to, and one that does not before a reset.
    for what in ["global", "takes nothing back"] {
        let family = FAMILIES.iter().find(|family| family.name.contains(what));
        let family = family.unwrap();
        for reference in [0x80, 0x00] {
            for (last, use_last_try) in [(false, false), (true, false), (true, true)] {
                unlocked_elsewhere(&desk, family, PinReference(reference), (last, use_last_try));
                cases += 1;
            }
        }
    }
    println!("unlocked by another program: shown so, and counts for nothing: {cases} of 12");
    assert_eq!(cases, 12);
}

/// Another program verifies a PIN, and then perhaps fails to change it twice.
fn unlocked_elsewhere(
    desk: &Desk,
    family: &Family,
    reference: PinReference,
    (last, use_last_try): (bool, bool),
) {
    let deck = Deck::new((family.make)(1), (family.make)(2));
    let (identity, _) = desk.insert(deck.card());
    let mut link = desk.readers[0].clone().connect().unwrap();
    let header = |ins, len| [0x00, ins, 0x00, reference.0, len];
    let verify = [&header(0x20, 8), &b"123456\xFF\xFF"[..]].concat();
    let change = [&header(0x24, 16), &b"999999\xFF\xFF246813\xFF\xFF"[..]].concat();
    let select: &[u8] = &[0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08];
    for command in [select, &verify] {
        let answer = link.exchange(command).unwrap();
        assert!(answer.ends_with(&[0x90, 0x00]), "{answer:02X?}");
    }
    for _ in 0..if last { 2 } else { 0 } {
        assert_eq!(link.exchange(&change).unwrap()[0], 0x63);
    }
    let reader = symbolon::token::ReaderId(1);
    let Ok(Done::Read(token)) = desk.end(desk.handle.send(Command::Read { reader })) else {
        panic!("unread");
    };
    let pin = token.pin(family.application, reference).unwrap();
    assert_eq!(pin.tries.left, TriesLeft::Unlocked, "{}", family.name);
    let words = explain::pins::tries(&pin.tries);
    assert_eq!(words, "Unlocked by another program");

    // It counts for nothing here: a wrong PIN is wrong, and a last try is kept.
    let (told, _news) = mpsc::channel();
    deck.arm(1, nothing_wrong(), told);
    let pin = Secret::new(b"888888");
    let action = PinAction::Verify { pin };
    let command = request(
        identity,
        family.application,
        reference,
        action,
        use_last_try,
    );
    let outcome = desk.end(desk.handle.send(command));
    let heard = deck.heard();
    let came = Came { heard, outcome };
    match &came.outcome {
        Err(Failure::Card(CardError::LastTry { .. })) if last && !use_last_try => {
            assert_eq!(came.pins(), 0);
        }
        Err(Failure::Card(CardError::WrongPin { left, .. })) if !last => {
            assert_eq!((*left, came.pins()), (TriesLeft::Known(2), 1));
        }
        Err(Failure::Card(
            CardError::Blocked { .. }
            | CardError::WrongPin {
                left: TriesLeft::Blocked,
                ..
            },
        )) if use_last_try => assert_eq!(came.pins(), 1),
        other => panic!("{}, last try {last}: {other:?}", family.name),
    }
}

#[test]
fn a_card_that_hides_its_counter_for_ever_gets_no_pin_without_the_word() {
    let desk = Desk::new(&["rules"]);
    let lie = |ins, answer: &[u8]| Lie {
        ins,
        p2: None,
        with_pin: false,
        answers: vec![answer.to_vec()],
    };
    // No metadata, and every question is answered as if the PIN was verified.
    let hidden = || Fault::Lies(vec![lie(0xF7, &[0x6D, 0x00]), lie(0x20, &[0x90, 0x00])]);
    let (mut kept, mut allowed) = (0, 0);
    each(|family, operation| {
        if family.application != ApplicationKind::Piv || operation.payer == PinReference(0x81) {
            return;
        }
        let what = format!("{}, {}", family.name, operation.name);
        let (came, _) = run(&desk, family, operation, (false, hidden()), |_| {});
        let is_unlocked = matches!(came.outcome, Err(Failure::Card(CardError::Unlocked { .. })));
        assert!(is_unlocked, "{what}: {:?}", came.outcome);
        assert_eq!(came.pins(), 0, "{what}: {:?}", came.heard);
        // It is asked once more after a reset, and then no more.
        let selects = came.heard.iter().filter(|it| it.command[1] == 0xA4);
        assert_eq!(selects.count(), 2, "{what}: {:?}", came.heard);
        kept += 1;
        let (came, _) = run(&desk, family, operation, (true, hidden()), |_| {});
        assert!(came.outcome.is_ok(), "{what}: {:?}", came.outcome);
        assert_eq!(came.pins(), 1, "{what}: {:?}", came.heard);
        allowed += 1;
    });
    println!("counter hidden for ever: PIN commands in {kept} cases 0; with the word {allowed}");
    assert!(kept >= 20 && allowed == kept, "{kept} kept, {allowed} sent");
}

/// What cannot be right by the rule of a PIN.
fn impossible(token: &Token, family: &Family, reference: PinReference) -> Vec<Vec<u8>> {
    let rule = token.pin(family.application, reference).unwrap().rule;
    let of = |byte: u8, len: usize| vec![byte; len];
    let mut all = vec![
        Vec::new(),
        of(b'1', 1),
        of(b'1', rule.min - 1),
        of(b'1', rule.max + 1),
    ];
    all.push(match rule.alphabet {
        Alphabet::Digits => of(b'a', rule.min),
        Alphabet::Ascii => of(0xE9, rule.min),
        Alphabet::Any => of(0xFF, rule.min),
    });
    all
}

#[test]
fn what_cannot_be_right_costs_no_command_at_all() {
    let desk = Desk::new(&["rules"]);
    let mut cases = 0;
    each(|family, operation| {
        if operation.on_reader() {
            return;
        }
        let deck = Deck::new((family.make)(1), (family.make)(2));
        let (identity, token) = desk.insert(deck.card());
        let (told, _news) = mpsc::channel();
        deck.arm(1, nothing_wrong(), told);
        let references = [operation.payer, operation.pin];
        for (index, _) in operation.typed.iter().enumerate() {
            for bad in impossible(&token, family, references[index]) {
                let mut typed: Vec<Secret> = operation
                    .typed
                    .iter()
                    .map(|text| Secret::new(text.as_bytes()))
                    .collect();
                typed[index] = Secret::new(&bad);
                let mut typed = typed.into_iter();
                let (code, new) = (typed.next().unwrap(), typed.next());
                let with = operation.payer;
                let new = new.unwrap_or_else(|| Secret::new(b""));
                let action = match operation.kind {
                    Kind::Verify => PinAction::Verify { pin: code },
                    Kind::Change => PinAction::Change { current: code, new },
                    Kind::Unblock => PinAction::Unblock { with, code, new },
                    _ => PinAction::Set { with, code, new },
                };
                let command = request(identity, family.application, operation.pin, action, false);
                let outcome = desk.end(desk.handle.send(command));
                let refused = matches!(outcome, Err(Failure::Card(CardError::Rule { .. })));
                let what = format!("{}, {}, {bad:02X?}", family.name, operation.name);
                assert!(refused, "{what}: {outcome:?}");
                assert!(deck.heard().is_empty(), "{what}: {:?}", deck.heard());
                cases += 1;
            }
        }
    });
    println!("empty, too short, too long, wrong characters: {cases} cases, commands 0");
    assert!(cases >= 400, "only {cases} cases");
}
