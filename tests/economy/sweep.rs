//! One fault at every command of every operation, through the whole backend.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

use symbolon::backend::{CardError, Done, Event, Failure, RequestId};
use symbolon::token::PinReference;

use crate::deck::{Deck, Fault, News};
use crate::desk::{Desk, request};
use crate::families::{FAMILIES, Family, Operation};
use crate::judge::{Case, Counters, Ledger};

/// What a request may take where it is to run out of time.
const SHORT: Duration = Duration::from_millis(30);
/// What it may take else.
const LONG: Duration = Duration::from_secs(120);

/// About as many combinations as there are, from each start.
const FLOORS: [usize; 3] = [26_000, 10_000, 3_000];

/// What gives a new PIN; nobody asks for its counter by VERIFY.
const PUK: PinReference = PinReference(0x81);

/// More commands than any operation has.
const MOST: usize = 40;

/// How the card is when the operation begins, which was shown with every try left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// As it was shown.
    AsShown,
    /// Two of the three tries of what has to be typed were used up meanwhile.
    LastTry,
    /// Another program verified the PIN meanwhile, and the card hides its counter until a reset.
    Unlocked,
}

/// One operation, from one start, typed right or wrong.
struct Pass {
    family: &'static Family,
    operation: Operation,
    start: Start,
    right: bool,
}

/// Answers that say nothing about a PIN, with one that may: 6982.
const ANSWERS: [&[u8]; 14] = [
    &[0x6F, 0x00],
    &[0x67, 0x00],
    &[0x69, 0x85],
    &[0x69, 0x82],
    &[0x6A, 0x80],
    &[0x6A, 0x88],
    &[0x6B, 0x00],
    &[0x6D, 0x00],
    &[0x6E, 0x00],
    &[0x6C, 0x08],
    &[0x61, 0x02],
    &[0x90, 0x00],
    &[],
    &[0x90],
];

/// Everything that can go wrong at a command. One that changes nothing on the card is the same
/// carried out or not.
fn faults(changes: bool) -> Vec<Fault> {
    let mut all = vec![
        Fault::Swap,
        Fault::Removal,
        Fault::Cut { carried_out: false },
        Fault::Cut { carried_out: true },
        Fault::Stall { cancelled: true },
        Fault::Stall { cancelled: false },
    ];
    for bytes in ANSWERS {
        let bytes = bytes.to_vec();
        let answer = |carried_out| Fault::Answer {
            bytes: bytes.clone(),
            carried_out,
        };
        all.push(answer(false));
        if changes {
            all.push(answer(true));
        }
    }
    all
}

/// Every operation of every family, from every start that there is for it.
fn passes() -> Vec<Pass> {
    let mut all = Vec::new();
    for family in &FAMILIES {
        for operation in (family.operations)() {
            let mut add = |start, right| {
                all.push(Pass {
                    family,
                    operation: operation.clone(),
                    start,
                    right,
                });
            };
            add(Start::AsShown, true);
            add(Start::AsShown, false);
            // Nothing may be sent, so it does not matter what was typed.
            add(Start::LastTry, true);
            if family.name.contains("takes nothing back") && operation.payer != PUK {
                add(Start::Unlocked, true);
                add(Start::Unlocked, false);
            }
        }
    }
    all
}

impl Pass {
    /// The operation, at whose command `at` one thing goes wrong. Nothing if it has fewer commands.
    fn play(&self, desk: &Desk, at: usize, fault: &Fault) -> Option<Case> {
        let runs_out = *fault == Fault::Stall { cancelled: false };
        let mut limit = if runs_out { SHORT } else { LONG };
        loop {
            let (fired, case) = self.play_within(desk, at, fault, limit);
            if fired {
                return Some(case);
            }
            // A machine with much to do may need all that time to get there.
            let late = matches!(case.outcome, Err(Failure::TimedOut));
            if !late || limit >= LONG {
                return None;
            }
            limit *= 10;
        }
    }

    /// The same in this time; and whether it went wrong.
    fn play_within(&self, desk: &Desk, at: usize, fault: &Fault, limit: Duration) -> (bool, Case) {
        let (family, operation) = (self.family, &self.operation);
        let deck = Deck::new((family.make)(1), (family.make)(2));
        let (identity, token) = desk.insert(deck.card());
        let shown = token.pin(family.application, operation.pin);
        assert!(shown.is_some(), "{}: {}", family.name, operation.name);
        if self.start == Start::LastTry {
            deck.with_both(|card| family.use_up(card, operation.payer));
        }
        let before = Counters::of(&deck, family);
        if self.start == Start::Unlocked {
            deck.with_both(|card| family.unlock(card, operation.payer));
        }
        let keys = desk.readers[0].keys();
        keys.clear();
        if operation.on_reader() {
            keys.enter(&operation.keys(self.right));
        }
        let (told, news) = mpsc::channel();
        deck.arm(at, fault.clone(), told);
        desk.handle.set_time_limit(limit);
        let action = operation.action(self.right);
        let command = request(identity, family.application, operation.pin, action, false);
        let asked = desk.handle.send(command);
        let outcome = end(desk, &deck, fault, asked, &news);
        desk.handle.set_time_limit(LONG);
        desk.readers[0].remove();
        let case = Case::new(&deck, family, fault, before, outcome);
        (deck.fired(), case)
    }

    /// How it ends as long as nothing goes wrong.
    fn is_plain(&self, case: &Case) -> bool {
        match &case.outcome {
            Ok(_) => self.right && self.start != Start::LastTry,
            Err(Failure::Card(CardError::LastTry { .. })) => self.start == Start::LastTry,
            Err(Failure::Card(CardError::WrongPin { .. })) => !self.right,
            Err(_) => false,
        }
    }

    /// Whether the card never tells the counter of what has to be typed: then nobody can know
    /// that it is the last try.
    fn is_untold(&self, desk: &Desk) -> bool {
        let (_, token) = desk.insert((self.family.make)(1));
        self.family.never_tells(&token, &self.operation)
    }
}

/// Does its part in what goes wrong, and waits for the end.
fn end(
    desk: &Desk,
    deck: &Deck,
    fault: &Fault,
    asked: RequestId,
    news: &Receiver<News>,
) -> Result<Done, Failure> {
    if !matches!(fault, Fault::Stall { .. } | Fault::Removal) {
        return desk.end(asked);
    }
    let mut outcome = None;
    let happened = loop {
        match news.recv_timeout(Duration::from_millis(1)) {
            Ok(happened) => break Some(happened),
            Err(_) if outcome.is_some() => break None,
            Err(_) => {}
        }
        outcome = finished(desk, asked).or(outcome);
    };
    match happened {
        // Somebody else's card is in the reader before anybody has noticed.
        Some(News::Gone) => desk.readers[0].insert(deck.second()),
        Some(News::Stalled) if *fault == (Fault::Stall { cancelled: true }) => {
            desk.handle.cancel(asked);
        }
        Some(News::Stalled) | None => {}
    }
    let outcome = outcome.unwrap_or_else(|| desk.end(asked));
    deck.release();
    desk.settle();
    outcome
}

/// How the request ended, if it has.
fn finished(desk: &Desk, asked: RequestId) -> Option<Result<Done, Failure>> {
    loop {
        match desk.events.try_recv() {
            Ok(Event::Finished { id, outcome }) if id == asked => return Some(outcome),
            Ok(_) => {}
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => panic!("the backend is gone"),
        }
    }
}

/// All faults at all commands of a pass.
fn sweep(desk: &Desk, pass: &Pass, ledger: &mut Ledger) {
    let name = format!("{}, {}", pass.family.name, pass.operation.name);
    if pass.start == Start::LastTry && pass.is_untold(desk) {
        ledger.untold.push(name);
        return;
    }
    // What the commands are as long as nothing goes wrong.
    let plain = pass.play(desk, 1, &Fault::Lies(Vec::new())).unwrap();
    assert!(
        pass.is_plain(&plain),
        "{name}, {:?}: {plain:#?}",
        pass.start
    );
    let commands = plain.heard.len();
    let pins = plain.heard.iter().enumerate();
    let pins: Vec<_> = pins
        .filter_map(|(index, exchange)| exchange.carries_pin().then_some(index + 1))
        .collect();
    assert_eq!(pins.is_empty(), pass.start == Start::LastTry, "{name}");
    // Before anything typed is on its way, it does not matter what was typed.
    let first = if pass.right { 1 } else { pins[0] };
    if pass.right && pass.start == Start::AsShown {
        println!("{name}: {commands} commands, with a PIN: {pins:?}");
    }
    assert!(commands < MOST, "{name} has no end");
    for at in first..=commands {
        ledger.positions += 1;
        for fault in faults(plain.heard[at - 1].changes_something()) {
            let Some(case) = pass.play(desk, at, &fault) else {
                // It ran out of time before.
                ledger.missed += 1;
                continue;
            };
            ledger.unknowable += usize::from(case.is_unknowable(&fault));
            let breaches = case.breaches(&pass.operation, &fault, pass.right);
            ledger.enter(&breaches, || {
                let (start, right) = (pass.start, pass.right);
                format!("{name}, {start:?}, right {right}, command {at}, {fault:?}: {case:#?}")
            });
        }
    }
}

#[test]
fn whatever_goes_wrong_at_whichever_command_no_pin_goes_astray() {
    let next = AtomicUsize::new(0);
    let passes = passes();
    let starts = [Start::AsShown, Start::LastTry, Start::Unlocked];
    let mut ledgers = starts.map(|_| Ledger::default());
    std::thread::scope(|scope| {
        let work = || {
            let desk = Desk::new(&["sweep"]);
            let mut ledgers = starts.map(|_| Ledger::default());
            while let Some(pass) = passes.get(next.fetch_add(1, Ordering::Relaxed)) {
                sweep(&desk, pass, &mut ledgers[pass.start as usize]);
            }
            ledgers
        };
        // What runs out of time waits, and others work meanwhile.
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for (ledger, of_worker) in ledgers.iter_mut().zip(worker.join().unwrap()) {
                ledger.add(of_worker);
            }
        }
    });
    let names = [
        "as shown",
        "with one try left",
        "verified by another program, and not taken back",
    ];
    for ((ledger, name), floor) in ledgers.iter().zip(names).zip(FLOORS) {
        println!(
            "{name}: {} positions, {} or {} faults at each: {} combinations, {} not reached",
            ledger.positions,
            faults(false).len(),
            faults(true).len(),
            ledger.cases,
            ledger.missed
        );
        assert!(ledger.cases >= floor, "{name}: less than {floor}");
    }
    let [mut all, last, unlocked] = ledgers;
    println!(
        "cards that never tell the counter, where nobody can know that it is the last try: {} \
         operations",
        last.untold.len()
    );
    // The PUK of PIV cards without metadata, all PINs of CardOS M4, and nothing else.
    let is_puk = |name: &String| name.contains("PUK") && !name.contains("5.7");
    let is_untold = |name: &String| is_puk(name) || name.contains("in silence");
    assert!(last.untold.iter().all(is_untold), "{:?}", last.untold);
    all.add(last);
    all.add(unlocked);
    println!(
        "swaps with the very command that has the PIN in it, which nobody can know of: {}",
        all.unknowable
    );
    println!("{} combinations in all", all.cases);
    all.hold();
}
