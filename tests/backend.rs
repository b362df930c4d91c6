//! The backend over practice readers: order, exactly one end, removal, cancel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{self, Command, Done, Event, Failure, Handle, Options, PracticeCommand};
use symbolon::backend::{
    CardError, KeyCommand, KeyWork, PinAction, PinCommand, PlanAction, PlanCommand,
};
use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::muscle::MuscleError;
use symbolon::pki::pkcs1::{DigestInfo, DigestKind};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{Named, Plan, SecretName, Subject, Task};
use symbolon::token::{
    ApplicationKind, Identity, KeyRef, PinReference, ReaderId, SlotState, Token, TriesLeft,
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Desk {
    handle: Handle,
    events: Receiver<Event>,
}

impl Desk {
    fn with(practice: &[&str]) -> Self {
        let (sink, events) = mpsc::channel();
        let practice = practice.iter().map(|&name| name.to_owned()).collect();
        let handle = backend::start(
            Options {
                pcsc: false,
                practice,
                cache: None,
            },
            move |event| {
                let _ = sink.send(event);
            },
        );
        Self {
            handle: handle.unwrap(),
            events,
        }
    }

    /// The first event that `wanted` takes.
    fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self
                .events
                .recv_timeout(left)
                .expect("no such event in time");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    fn token(&self) -> (Identity, Arc<Token>) {
        self.wait(|event| match event {
            Event::TokenRead { identity, token } if token.complete => {
                Some((*identity, Arc::clone(token)))
            }
            _ => None,
        })
    }

    fn ask(&self, command: Command) -> Result<Done, Failure> {
        let asked = self.handle.send(command);
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

const PIV_PIN: PinReference = PinReference(0x80);

fn verify(identity: Identity, pin: &str) -> Command {
    Command::Pin(PinCommand {
        identity,
        application: ApplicationKind::Piv,
        pin: PIV_PIN,
        action: PinAction::Verify {
            pin: Secret::new(pin.as_bytes()),
        },
        use_last_try: false,
    })
}

#[test]
fn a_token_is_read_by_itself_and_all_of_it() {
    let desk = Desk::with(&["both"]);
    let (_, token) = desk.token();
    assert_eq!(token.applications.len(), 2);
    assert_eq!(token.label.as_ref().unwrap().as_str(), "Thomas Mustermann");
    assert_eq!(token.serial.as_ref().unwrap().as_str(), "14725836");
}

#[test]
fn a_wrong_pin_costs_one_try_and_the_right_one_brings_it_back() {
    let desk = Desk::with(&["both"]);
    let (identity, _) = desk.token();
    let wrong = desk.ask(verify(identity, "999999"));
    assert!(
        matches!(
            &wrong,
            Err(Failure::Card(CardError::WrongPin {
                left: TriesLeft::Known(2),
                ..
            }))
        ),
        "{wrong:?}"
    );
    let (_, token) = desk.token();
    let tries = token.pin(ApplicationKind::Piv, PIV_PIN).unwrap().tries;
    assert_eq!(tries.left, TriesLeft::Known(2));
    assert!(matches!(
        desk.ask(verify(identity, "123456")),
        Ok(Done::PinVerified)
    ));
    let (_, token) = desk.token();
    let tries = token.pin(ApplicationKind::Piv, PIV_PIN).unwrap().tries;
    assert_eq!(tries.left, TriesLeft::Known(3));
}

#[test]
fn what_cannot_be_right_is_not_sent() {
    let desk = Desk::with(&["both"]);
    let (identity, _) = desk.token();
    let before = desk.handle.trace().len();
    let refused = desk.ask(verify(identity, "12"));
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::Rule { .. }))),
        "{refused:?}"
    );
    let sent: Vec<_> = desk
        .handle
        .trace()
        .iter()
        .skip(before)
        .map(|e| e.name.clone())
        .collect();
    assert!(!sent.iter().any(|name| name == "VERIFY PIN"), "{sent:?}");
}

#[test]
fn a_pulled_card_ends_what_was_asked_of_it() {
    let desk = Desk::with(&["both"]);
    let (identity, _) = desk.token();
    let reader = identity.reader;
    assert!(
        desk.ask(Command::Practice(PracticeCommand::Pull { reader }))
            .is_ok()
    );
    let refused = desk.ask(verify(identity, "123456"));
    assert!(matches!(&refused, Err(Failure::NoCard)), "{refused:?}");
    assert!(matches!(
        desk.ask(Command::Read { reader }),
        Err(Failure::NoCard)
    ));
    desk.handle
        .send(Command::Practice(PracticeCommand::PutBack { reader }));
    let (again, _) = desk.token();
    assert_ne!(again, identity);
    let refused = desk.ask(verify(identity, "123456"));
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::OtherCard))),
        "{refused:?}"
    );
    assert!(matches!(
        desk.ask(verify(again, "123456")),
        Ok(Done::PinVerified)
    ));
}

#[test]
fn an_unknown_reader_is_said_so() {
    let desk = Desk::with(&[]);
    let gone = desk.ask(Command::Read {
        reader: ReaderId(77),
    });
    assert!(matches!(gone, Err(Failure::NoReader)));
}

#[test]
fn a_practice_reader_comes_and_goes() {
    let desk = Desk::with(&[]);
    let card = "both".to_owned();
    let Ok(Done::Practised(reader)) = desk.ask(Command::Practice(PracticeCommand::Insert { card }))
    else {
        panic!("no practice reader");
    };
    desk.handle
        .send(Command::Practice(PracticeCommand::Pull { reader }));
    desk.wait(|event| match event {
        Event::ReaderChanged(reader) => (reader.slot == SlotState::Empty).then_some(()),
        _ => None,
    });
    desk.handle
        .send(Command::Practice(PracticeCommand::Remove { reader }));
    desk.wait(|event| matches!(event, Event::ReaderRemoved(gone) if *gone == reader).then_some(()));
}

/// The reader of the slow card and that of the quick one, which is read already.
fn slow_and_quick() -> (Desk, ReaderId, Identity) {
    let desk = Desk::with(&["slow", "both"]);
    let (quick, _) = desk.token();
    let slow = ReaderId(1);
    assert_ne!(quick.reader, slow);
    (desk, slow, quick)
}

/// Whether the slow card has answered by now.
fn is_slow_read(event: &Event) -> bool {
    matches!(event, Event::TokenRead { identity, token } if identity.reader == ReaderId(1) && token.complete)
}

#[test]
fn a_slow_card_makes_no_other_wait() {
    let (desk, _, quick) = slow_and_quick();
    for pin in ["999999", "123456"] {
        let asked = desk.handle.send(verify(quick, pin));
        desk.wait(|event| {
            assert!(
                !is_slow_read(event),
                "the quick reader waited for the slow one"
            );
            matches!(event, Event::Finished { id, .. } if *id == asked).then_some(())
        });
    }
    // It does answer in the end, and nothing was lost.
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Ok(event) = desk
        .events
        .recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        if is_slow_read(&event) {
            return;
        }
    }
    panic!("the slow card was given up");
}

#[test]
fn a_request_to_a_slow_card_can_be_cancelled_once() {
    let (desk, slow, _) = slow_and_quick();
    let asked = desk.handle.send(Command::Read { reader: slow });
    desk.handle.cancel(asked);
    desk.handle.cancel(asked);
    let outcome = desk.wait(|event| {
        assert!(!is_slow_read(event), "the cancel waited for the card");
        match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        }
    });
    assert!(matches!(outcome, Err(Failure::Cancelled)), "{outcome:?}");
    // Pulling it ends the wait; no second end of the request comes.
    desk.handle
        .send(Command::Practice(PracticeCommand::Pull { reader: slow }));
    desk.wait(|event| {
        assert!(
            !matches!(event, Event::Finished { id, .. } if *id == asked),
            "a second end"
        );
        match event {
            Event::ReaderChanged(reader) => {
                (reader.id == slow && reader.slot == SlotState::Empty).then_some(())
            }
            _ => None,
        }
    });
}

#[test]
fn a_card_pulled_in_the_middle_of_a_reading_leaves_an_empty_row() {
    let desk = Desk::with(&["pulled"]);
    let mut read = false;
    desk.wait(|event| match event {
        Event::TokenRead { token, .. } if token.complete => panic!("read to the end"),
        Event::ReaderChanged(reader) if reader.slot == SlotState::Empty => Some(()),
        _ => None,
    });
    while let Ok(event) = desk.events.recv_timeout(Duration::from_millis(200)) {
        read |= matches!(event, Event::TokenRead { .. });
    }
    assert!(!read, "a picture of a card that is gone");
}

#[test]
fn a_plan_that_was_stopped_is_never_forgotten_for_another_one() {
    let desk = Desk::with(&["cardos-used"]);
    let (identity, token) = desk.token();
    let plan = |label: &str| {
        let what = Named::Pin {
            auth_id: Hex(vec![0x01]),
        };
        let label = label.to_owned();
        Arc::new(Plan {
            name: label.clone(),
            subject: Subject {
                serial: Hex(vec![0x27, 0x37, 0xC0, 0x09, 0x2B, 0x19]),
                atr: Hex(token.card.atr.clone()),
                label: None,
            },
            made: 0,
            opening: Default::default(),
            tasks: vec![Task::Rename { what, label }],
        })
    };
    // All numbers that a PIN can have: the plan takes the one that it needs.
    let secrets = |pin: &[u8]| {
        let mut secrets = Secrets::default();
        for number in 1..16 {
            secrets.give(SecretName::Pin { number }, Secret::new(pin));
        }
        secrets
    };
    let ask = |action| desk.ask(Command::Plan(PlanCommand { identity, action }));
    let run = |label: &str, pin: &[u8]| {
        let (plan, secrets) = (plan(label), secrets(pin));
        ask(PlanAction::Run { plan, secrets })
    };
    let wrong = run("First", b"99999999");
    assert!(
        matches!(wrong, Err(Failure::Plan { step: 0, .. })),
        "{wrong:?}"
    );
    let other = run("Second", b"12345678");
    let Err(Failure::Unfinished(stopped)) = other else {
        panic!("{other:?}");
    };
    assert_eq!((stopped.plan.name.as_str(), stopped.next), ("First", 0));
    let secrets = secrets(b"12345678");
    let resumed = ask(PlanAction::Resume { secrets });
    assert!(matches!(resumed, Ok(Done::PlanDone(_))), "{resumed:?}");
    let other = run("Second", b"12345678");
    assert!(matches!(other, Ok(Done::PlanDone(_))), "{other:?}");
}

#[test]
fn the_sheet_of_a_card_is_read_when_it_is_asked_for() {
    let desk = Desk::with(&["cardos-used"]);
    let (identity, token) = desk.token();
    let read = token.cost.commands + token.cost.absent_selects;
    assert_eq!(desk.handle.trace().len(), usize::try_from(read).unwrap());
    let asked = desk.handle.send(Command::ReadSheet { identity });
    let sheet = desk.wait(|event| match event {
        Event::Finished {
            id,
            outcome: Ok(Done::Sheet(sheet)),
        } if *id == asked => Some(Arc::clone(sheet)),
        Event::ReadingStarted(_) | Event::TokenRead { .. } => panic!("the token is not read again"),
        _ => None,
    });
    assert!(sheet.not_told.is_empty(), "{sheet:?}");
    assert_eq!(
        desk.handle.trace().len(),
        usize::try_from(read).unwrap() + 13
    );
    // There is one end, and the next request has its own.
    let gone = Identity {
        insertion: identity.insertion + 1,
        ..identity
    };
    let next = desk.handle.send(Command::ReadSheet { identity: gone });
    let ended = desk.wait(|event| match event {
        Event::Finished { id, outcome } => Some((*id, outcome.clone())),
        _ => None,
    });
    assert_eq!(ended.0, next);
    assert!(
        matches!(&ended.1, Err(Failure::Card(CardError::OtherCard))),
        "{ended:?}"
    );
    let desk = Desk::with(&["piv-used"]);
    let (identity, _) = desk.token();
    let before = desk.handle.trace().len();
    let refused = desk.ask(Command::ReadSheet { identity });
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::Unsupported(_)))),
        "{refused:?}"
    );
    assert_eq!(desk.handle.trace().len(), before);
}

/// What is in an application.
#[derive(Debug, Eq, PartialEq)]
struct Contents {
    /// Names, and bytes where they are shown.
    data: Vec<(String, Option<Vec<u8>>)>,
    certificates: usize,
}

fn contents(token: &Token) -> Contents {
    let application = token.application(ApplicationKind::Pkcs15).unwrap();
    let data = application.data.iter().map(|object| {
        let label = object.label.as_ref().map(ToString::to_string);
        (label.unwrap_or_default(), object.content.clone())
    });
    Contents {
        data: data.collect(),
        certificates: application.certificates.len(),
    }
}

#[test]
fn private_objects_are_shown_after_the_pin_and_for_one_reading() {
    let desk = Desk::with(&["pkcs15-two"]);
    let (identity, before) = desk.token();
    let verify = |application, pin: &str| {
        desk.ask(Command::Pin(PinCommand {
            identity,
            application,
            pin: PinReference(0x81),
            action: PinAction::Verify {
                pin: Secret::new(pin.as_bytes()),
            },
            use_last_try: false,
        }))
    };
    let open = |label: &str, content: &str| (label.to_owned(), Some(content.as_bytes().to_vec()));
    let closed = |label: &str| (label.to_owned(), None);
    let note = open("", "Open on Tuesdays");
    let public = Contents {
        data: vec![note.clone(), closed("Letter"), closed("Mail")],
        certificates: 1,
    };
    assert_eq!(contents(&before), public);

    let wrong = verify(ApplicationKind::Pkcs15, "999999");
    assert!(
        matches!(wrong, Err(Failure::Card(CardError::WrongPin { .. }))),
        "{wrong:?}"
    );
    assert_eq!(contents(&desk.token().1), public);

    // The PIN of the other application opens nothing in this one.
    let other = before.applications.last().unwrap().kind;
    assert!(matches!(verify(other, "112233"), Ok(Done::PinVerified)));
    assert_eq!(contents(&desk.token().1), public);

    let right = verify(ApplicationKind::Pkcs15, "654321");
    assert!(matches!(right, Ok(Done::PinVerified)), "{right:?}");
    let letter = open("Letter", "Your child has a place from May");
    let hidden = open("Health insurance", "A 1234567");
    let (_, opened) = desk.token();
    let all = Contents {
        data: vec![note, letter, hidden],
        certificates: 2,
    };
    assert_eq!(contents(&opened), all);
    // The one that everybody can read comes first, and the rest is as it was.
    let [was, is] = [&before, &opened].map(|token| &token.applications[0]);
    assert_eq!(was.certificates[0].der, is.certificates[0].der);
    assert_eq!((&was.pins, &was.keys), (&is.pins, &is.keys));
    assert_eq!(before.applications[1], opened.applications[1]);

    // The card knows nothing of it any more: whoever reads it anew sees what everybody does.
    let read = desk.ask(Command::Read {
        reader: identity.reader,
    });
    assert!(matches!(read, Ok(Done::Read(token)) if contents(&token) == public));
}

/// The MUSCLE applet: its PUK gives the tries back, and the PIN stays what it was.
#[test]
fn a_pin_that_stays_is_released_with_its_puk_alone() {
    const PIN: PinReference = PinReference(1);
    let secret = |text: &str| Secret::new(text.as_bytes());
    for card in ["muscle-used", "muscle-t0"] {
        let desk = Desk::with(&[card]);
        let (identity, token) = desk.token();
        let application = ApplicationKind::Pkcs15;
        assert!(token.pin(application, PIN).unwrap().stays_when_unblocked());
        let act = |action| {
            desk.ask(Command::Pin(PinCommand {
                identity,
                application,
                pin: PIN,
                action,
                use_last_try: false,
            }))
        };
        let verify = |pin: &str| act(PinAction::Verify { pin: secret(pin) });
        let with = PinReference(0x81);
        let release = |code: &str| {
            let code = secret(code);
            act(PinAction::Release { with, code })
        };
        let refused = release("87654321");
        assert!(
            matches!(
                refused,
                Err(Failure::Card(CardError::Muscle(MuscleError::NotBlocked)))
            ),
            "{refused:?}"
        );
        for _ in 0..5 {
            let wrong = verify("999999");
            let left = TriesLeft::Unknown;
            assert!(
                matches!(&wrong, Err(Failure::Card(CardError::WrongPin { left: told, .. })) if *told == left),
                "{wrong:?}"
            );
        }
        let blocked = verify("654321");
        assert!(
            matches!(blocked, Err(Failure::Card(CardError::Blocked { .. }))),
            "{blocked:?}"
        );
        assert!(matches!(release("87654321"), Ok(Done::PinUnblocked)));
        assert!(matches!(verify("654321"), Ok(Done::PinVerified)));
    }
}

#[test]
fn a_key_is_used_on_the_card_that_was_shown_and_nothing_stays_verified() {
    let desk = Desk::with(&["muscle-used"]);
    let (first, _) = desk.token();
    let use_key = |identity, work, pin: &str| {
        let before = desk.handle.trace().len();
        let ended = desk.ask(Command::UseKey(KeyCommand {
            identity,
            application: ApplicationKind::Pkcs15,
            key: KeyRef(1),
            work,
            pin: Secret::new(pin.as_bytes()),
            use_last_try: false,
        }));
        let trace = desk.handle.trace();
        let sent = trace.iter().skip(before);
        let sent: Vec<String> = sent.map(|entry| entry.name.to_string()).collect();
        (ended, sent)
    };
    let digest = || KeyWork::Sign(DigestInfo::of(DigestKind::Sha256, &b"abc"[..]).unwrap());
    let has = |sent: &[String], name: &str| sent.iter().rposition(|found| found.starts_with(name));

    let reader = first.reader;
    for command in [
        PracticeCommand::Pull { reader },
        PracticeCommand::PutBack { reader },
    ] {
        desk.handle.send(Command::Practice(command));
    }
    let (again, _) = desk.token();
    let (refused, sent) = use_key(first, digest(), "654321");
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::OtherCard))),
        "{refused:?}"
    );
    assert_eq!(has(&sent, "VerifyPIN"), None, "{sent:?}");

    // Its token says that it is for signatures; and a PIN is not like that.
    let (refused, sent) = use_key(again, KeyWork::Decrypt(vec![0x11; 256]), "654321");
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::Unsupported(_)))),
        "{refused:?}"
    );
    assert_eq!(has(&sent, "VerifyPIN"), None, "{sent:?}");
    let (refused, sent) = use_key(again, digest(), "1");
    assert!(
        matches!(&refused, Err(Failure::Card(CardError::Rule { .. }))),
        "{refused:?}"
    );
    assert_eq!(has(&sent, "VerifyPIN"), None, "{sent:?}");

    let (done, sent) = use_key(again, digest(), "654321");
    assert!(
        matches!(&done, Ok(Done::Signed(signature)) if signature.len() == 256),
        "{done:?}"
    );
    let order = ["VerifyPIN", "ComputeCrypt", "SELECT"].map(|name| has(&sent, name).unwrap());
    assert!(order.is_sorted(), "{sent:?}");
    let verified = sent.iter().filter(|name| name.starts_with("VerifyPIN"));
    assert_eq!(verified.count(), 1, "{sent:?}");
}
