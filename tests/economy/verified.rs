//! A PIN that was verified is verified for nobody afterwards: over a real smart card service, with
//! cards of other makers, and with a program that is killed in the middle.
//!
//! pcsc-lite disconnects what a client leaves behind (`MSGRemoveContext` in winscard_svc.c): it resets
//! the card if the client was in a transaction, and leaves it as it is if not. So the transaction
//! around every PIN operation is what ends the verified state of a program that is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use symbolon::backend::{self, Event, Failure, Options, PinAction};
use symbolon::base::secret::Secret;
use symbolon::token::{ApplicationKind, PinReference};

use crate::between::{Between, Hold};
use crate::desk::request;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE, Slot};
use crate::support::process::{finish, wait_for};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What tells the test that runs out of time whose PIN to verify; it is a process of its own.
const TIMED: &str = "SYMBOLON_TEST_OUT_OF_TIME";
/// What it says then.
const OUT_OF_TIME: &str = "out of time";
/// What it gives a request; long enough for a busy machine to come to the PIN.
const LIMIT: Duration = Duration::from_secs(5);

/// A card, and how a PIN of it is verified and asked about.
struct Make {
    name: &'static str,
    insert: fn(&Slot) -> IndependentCard,
    /// SELECT, VERIFY with the right PIN, and the question whether it is verified.
    select: &'static str,
    verify: &'static str,
    question: &'static str,
    /// What `symbolonctl` is told.
    arguments: &'static [&'static str],
}

const MAKES: [Make; 2] = [
    Make {
        name: "opcard",
        insert: IndependentCard::openpgp,
        select: "00 A4 04 00 06 D2 76 00 01 24 01",
        verify: "00 20 00 82 06 31 32 33 34 35 36",
        question: "00 20 00 82",
        arguments: &["--application", "openpgp"],
    },
    Make {
        name: "piv-authenticator",
        insert: IndependentCard::piv,
        select: "00 A4 04 00 05 A0 00 00 03 08",
        verify: "00 20 00 80 08 31 32 33 34 35 36 FF FF",
        question: "00 20 00 80",
        arguments: &["--application", "piv"],
    },
];

/// A card in a reader, with somebody in between.
struct Bench<'a> {
    service: &'a PrivatePcscd,
    slot: &'a Slot,
    make: &'a Make,
    between: Between,
    card: IndependentCard,
}

impl<'a> Bench<'a> {
    fn new(service: &'a PrivatePcscd, make: &'a Make) -> Self {
        let slot = service.slot(0);
        let between = Between::new(slot.port);
        let behind = Slot {
            port: between.port,
            ..slot.clone()
        };
        Self {
            service,
            slot,
            make,
            between,
            card: (make.insert)(&behind),
        }
    }

    /// Our program, about to verify the right PIN. No wrapper: it is this process that is killed.
    fn verify(&self) -> Child {
        let mut child = Command::new(env!("CARGO_BIN_EXE_symbolonctl"))
            .args([
                "--reader",
                &self.slot.reader,
                "pin",
                "verify",
                "--pin-fd",
                "0",
            ])
            .args(self.make.arguments)
            .env(SOCKET_VARIABLE, &self.slot.socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"123456\n").unwrap();
        child
    }

    /// Our backend, which is about to verify the right PIN and has little time for it.
    fn verify_in_little_time(&self) -> Child {
        let name = "verified::what_runs_out_of_time_does_so_here";
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(TIMED, self.make.arguments[1])
            .env(SOCKET_VARIABLE, &self.slot.socket)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Another program: sends these commands as they are and leaves the card as it is.
    fn scriptor(&self) -> Command {
        let mut command = self.slot.tool("scriptor", "pcsc-tools");
        command.args(["-r", &self.slot.reader]);
        command
    }

    /// The status words of the answers to these commands, as another program gets them.
    #[track_caller]
    fn ask(&self, commands: &[&str]) -> Vec<String> {
        let input: String = commands
            .iter()
            .map(|command| format!("{command}\n"))
            .collect();
        let said = finish(&mut self.scriptor(), &input).succeeded();
        // "< 69 82 : Security status not satisfied.", and long ones on several lines.
        let answers: Vec<String> = said
            .split("\n< ")
            .skip(1)
            .filter_map(|rest| rest.split_once(" : "))
            .map(|(bytes, _)| bytes.split_whitespace().collect())
            .map(|digits: String| digits[digits.len().saturating_sub(4)..].to_owned())
            .collect();
        assert_eq!(answers.len(), commands.len(), "{said}");
        answers
    }

    /// Waits until the service has cleared up after everybody who is gone. It lets go of a dead
    /// client's lock just before it resets the card, so whoever asked meanwhile would be told that
    /// the card was reset under his hands, or, once in a blue moon, would be there before it.
    #[track_caller]
    fn wait_for_service(&self) {
        wait_for("the service to clear up", PATIENCE, || {
            let log = self.service.log();
            let of = |words| log.matches(words).count();
            (of("Thread is started") == of("Thread is stopping")).then_some(())
        });
    }

    /// Whether the PIN is verified for another program. The first question comes before any SELECT,
    /// which could take it back by itself.
    #[track_caller]
    fn is_open(&self) -> bool {
        self.wait_for_service();
        let answers = self.ask(&[self.make.question, self.make.select, self.make.question]);
        let [now, selected, then] = &answers[..] else {
            panic!("{answers:?}");
        };
        assert!(
            selected == "9000" || selected.starts_with("61"),
            "{answers:?}"
        );
        if now == "9000" {
            return true;
        }
        assert!(then == "6982" || then.starts_with("63C"), "{answers:?}");
        false
    }

    /// How often the right PIN was accepted so far.
    fn accepted(&self) -> usize {
        let verify: String = self.make.verify.split_whitespace().collect();
        let exchanges = self.service.exchanges();
        let accepted = exchanges
            .iter()
            .filter(|exchange| exchange.command == verify && exchange.response == "9000");
        accepted.count()
    }

    /// Verifies with our program, does `act` to it at a moment of the operation, and asks afterwards.
    #[track_caller]
    fn after(&self, what: &str, act: impl FnOnce(&mut Child)) {
        self.after_child(what, Self::verify, act);
    }

    #[track_caller]
    fn after_child(
        &self,
        what: &str,
        start: impl FnOnce(&Self) -> Child,
        act: impl FnOnce(&mut Child),
    ) {
        let before = self.accepted();
        let mut child = start(self);
        act(&mut child);
        wait_for("the end of our program", PATIENCE, || {
            child.try_wait().unwrap()
        });
        let open = self.is_open();
        println!(
            "{}, {what}: verified {}, then open: {open}",
            self.make.name,
            self.accepted() - before
        );
        assert_eq!(
            self.accepted(),
            before + 1,
            "{what}: it was not verified at all"
        );
        assert!(!open, "{}: {what} leaves the PIN verified", self.make.name);
    }
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn what_was_verified_is_so_for_nobody_afterwards_on_an_openpgp_card() {
    nothing_stays_verified(&MAKES[0]);
}

#[test]
fn what_was_verified_is_so_for_nobody_afterwards_on_a_piv_card() {
    nothing_stays_verified(&MAKES[1]);
}

fn nothing_stays_verified(make: &Make) {
    let service = PrivatePcscd::start(1);
    let mut bench = Bench::new(&service, make);

    // The card keeps it, and the question finds it, if a program leaves it so; and if a program
    // dies outside a transaction.
    assert!(!bench.is_open());
    assert_eq!(bench.ask(&[make.select, make.verify])[1], "9000");
    assert!(bench.is_open(), "a careless program is not found out");
    careless_and_killed(&bench);

    bench.after("at its end", |_| {});
    let held = bench.between.hold(Hold::Answer);
    bench.after("killed while the card verifies", |child| {
        held.wait();
        child.kill().unwrap();
        child.wait().unwrap();
        held.release();
    });
    let held = bench.between.hold(Hold::Answer);
    bench.after(
        "killed between VERIFY and the end of its transaction",
        |child| {
            held.wait();
            let before = bench.accepted();
            // It sleeps, so it cannot end the transaction; the answer is there for it.
            signal(child, Signal::STOP);
            held.release();
            wait_for("the answer", PATIENCE, || {
                (bench.accepted() > before).then_some(())
            });
            child.kill().unwrap();
        },
    );
    let held = bench.between.hold(Hold::TakingBack);
    bench.after("killed before it is taken back", |child| {
        held.wait();
        child.kill().unwrap();
        child.wait().unwrap();
        held.release();
    });
    let held = bench.between.hold(Hold::Answer);
    bench.after("cancelled while the card verifies", |child| {
        held.wait();
        signal(child, Signal::INT);
        held.release();
    });
    out_of_time(&bench);
    assert_eq!(bench.ask(&[make.select, make.verify])[1], "9000");
    bench.card.pull();
    bench.card.insert();
    assert!(!bench.is_open(), "a card that was pulled is still verified");
}

/// The card verifies for longer than the request may take; then it answers, or we are killed first.
fn out_of_time(bench: &Bench<'_>) {
    for killed in [false, true] {
        let what = if killed {
            "out of time while the card verifies, and killed"
        } else {
            "out of time while the card verifies"
        };
        let held = bench.between.hold(Hold::Answer);
        bench.after_child(what, Bench::verify_in_little_time, |child| {
            held.wait();
            let said = BufReader::new(child.stdout.take().unwrap());
            let mut lines = said.lines().map_while(Result::ok);
            assert!(lines.any(|line| line.contains(OUT_OF_TIME)), "{what}");
            if killed {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            held.release();
            // What it still says has to have somewhere to go.
            lines.for_each(drop);
        });
    }
}

#[test]
fn what_runs_out_of_time_does_so_here() {
    // Else it is nobody's turn.
    let Ok(application) = std::env::var(TIMED) else {
        return;
    };
    let (application, pin) = match &*application {
        "piv" => (ApplicationKind::Piv, PinReference(0x80)),
        _ => (ApplicationKind::OpenPgp, PinReference(0x81)),
    };
    let (sink, events) = mpsc::channel();
    let options = Options {
        pcsc: true,
        practice: Vec::new(),
        cache: None,
    };
    let told = move |event| drop(sink.send(event));
    let handle = backend::start(options, told).unwrap();
    let next = || events.recv_timeout(PATIENCE).expect("an event in time");
    let identity = loop {
        if let Event::TokenRead { identity, token } = next()
            && token.complete
        {
            break identity;
        }
    };
    handle.set_time_limit(LIMIT);
    let action = PinAction::Verify {
        pin: Secret::new(b"123456"),
    };
    let asked = handle.send(request(identity, application, pin, action, false));
    let outcome = loop {
        match next() {
            Event::Finished { id, outcome } if id == asked => break outcome,
            _ => {}
        }
    };
    assert!(matches!(outcome, Err(Failure::TimedOut)), "{outcome:?}");
    println!("{OUT_OF_TIME}");
    handle.close();
    // It ends when the thread that waits for the card does.
    while !matches!(
        events.recv_timeout(PATIENCE),
        Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout)
    ) {}
}

/// A program that verifies without a transaction and is killed: the service leaves the card as it is.
fn careless_and_killed(bench: &Bench<'_>) {
    let before = bench.accepted();
    let mut command = Command::new("scriptor");
    command
        .args(["-r", &bench.slot.reader])
        .env(SOCKET_VARIABLE, &bench.slot.socket)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}\n{}", bench.make.select, bench.make.verify).unwrap();
    wait_for("VERIFY", PATIENCE, || {
        (bench.accepted() > before).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stdin);
    assert!(
        bench.is_open(),
        "the service resets for whoever dies, transaction or not"
    );
    println!(
        "{}: a program that dies outside a transaction leaves the PIN verified",
        bench.make.name
    );
}
