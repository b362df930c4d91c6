//! Plans in the backend: every request has one end, a plan stops between two steps, a card that is
//! pulled is told of when it is back.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{
    self, CardError, Command, Done, Event, Failure, Handle, LinkError, Options, PlanAction,
    PlanCommand, Progress, RequestId,
};
use symbolon::base::secret::Secret;
use symbolon::plan::profile::Profile;
use symbolon::plan::recipe::{self, Given};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{Plan, RunError, SecretName, SetupError, Survey};
use symbolon::simulator::{Brake, Card, CardOs, CardOsModel, SimulatedReader};
use symbolon::token::{Identity, Token};

use crate::desk::secrets;
use crate::opensc::SERIAL;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

const SET_UP: &str = "name='a'\nlabel='T'\n[so-pin]\n[[pin]]\n[[key]]\n";

struct Desk {
    handle: Handle,
    events: Receiver<Event>,
    reader: SimulatedReader,
}

/// A card that takes its time to make a key, until it is let go.
struct Slow {
    card: CardOs,
    brake: Brake,
}

impl Card for Slow {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0x46]) {
            assert!(self.brake.hold(PATIENCE), "nobody let it go");
        }
        self.card.transmit(command)
    }
}

impl Desk {
    fn new(card: Box<dyn Card>) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| {
            let _ = sink.send(event);
        });
        let handle = handle.unwrap();
        let reader = SimulatedReader::new("desk");
        handle.plug(reader.clone());
        reader.insert(card);
        Self {
            handle,
            events,
            reader,
        }
    }

    #[track_caller]
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

    fn end_of(&self, asked: RequestId) -> Result<Done, Failure> {
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        })
    }

    fn ask(&self, identity: Identity, action: PlanAction) -> Result<Done, Failure> {
        let command = PlanCommand { identity, action };
        self.end_of(self.handle.send(Command::Plan(command)))
    }

    fn survey(&self, identity: Identity) -> Arc<Survey> {
        match self.ask(identity, PlanAction::SURVEY_TOKEN).unwrap() {
            Done::Surveyed { survey, unfinished } => {
                assert!(unfinished.is_none());
                survey
            }
            other => panic!("{other:?}"),
        }
    }

    fn plan(&self, profile: &str, identity: Identity, token: &Token) -> Arc<Plan> {
        let profile = Profile::parse(profile).unwrap();
        let survey = self.survey(identity);
        Arc::new(recipe::plan(&profile, &survey, token, &Given::default()).unwrap())
    }

    fn start(&self, identity: Identity, plan: &Arc<Plan>, secrets: Secrets) -> RequestId {
        let plan = Arc::clone(plan);
        let action = PlanAction::Run { plan, secrets };
        self.handle
            .send(Command::Plan(PlanCommand { identity, action }))
    }

    /// Waits until a step begins.
    fn step(&self, wanted: usize) {
        self.wait(|event| match event {
            Event::Progressed {
                progress: Progress::Step { step },
                ..
            } => (*step == wanted).then_some(()),
            _ => None,
        });
    }

    /// The next end of a request: nothing else has ended before.
    fn steps_until_end(&self, asked: RequestId) -> (Vec<usize>, Result<Done, Failure>) {
        let mut steps = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left).expect("no end in time") {
                Event::Progressed {
                    id,
                    progress: Progress::Step { step },
                } if id == asked => steps.push(step),
                Event::Finished { id, outcome } if id == asked => return (steps, outcome),
                _ => {}
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn blank() -> CardOs {
    CardOs::blank(CardOsModel::m4_2b(SERIAL))
}

#[test]
fn a_plan_is_carried_out_and_read_back() {
    let desk = Desk::new(Box::new(blank()));
    let (identity, token) = desk.token();
    let plan = desk.plan(SET_UP, identity, &token);
    let dry = desk
        .ask(
            identity,
            PlanAction::DryRun {
                plan: Arc::clone(&plan),
            },
        )
        .unwrap();
    assert!(
        matches!(&dry, Done::Rehearsed(preview) if preview.steps.len() == 3),
        "{dry:?}"
    );
    let (_, still) = (identity, desk.survey(identity));
    assert!(!still.is_set_up(), "nothing was written");
    let asked = desk.start(identity, &plan, secrets());
    let (steps, outcome) = desk.steps_until_end(asked);
    assert_eq!(steps, [0, 1, 2]);
    let Ok(Done::PlanDone(promises)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(promises.len(), 3);
    assert!(promises.iter().all(|promise| promise.kept), "{promises:?}");
    // There is nothing to go on with, and the same plan is none for the card any more.
    let resumed = desk.ask(identity, PlanAction::Resume { secrets: secrets() });
    assert_eq!(resumed.unwrap_err(), Failure::NothingUnfinished);
    let again = desk.ask(identity, PlanAction::DryRun { plan });
    let why = RunError::Setup(SetupError::SetUpAlready);
    assert_eq!(again.unwrap_err(), Failure::Plan { step: 0, why });
}

#[test]
fn a_wrong_pin_stops_a_plan_that_then_goes_on() {
    let desk = Desk::new(Box::new(blank()));
    let (identity, token) = desk.token();
    let plan = desk.plan("name='a'\nlabel='T'\n[so-pin]\n[[pin]]\n", identity, &token);
    desk.end_of(desk.start(identity, &plan, secrets())).unwrap();
    let read = desk.handle.send(Command::Read {
        reader: identity.reader,
    });
    let (identity, token) = desk.token();
    desk.end_of(read).unwrap();
    let plan = desk.plan(
        "name='a'\n[[pin]]\nid='07'\n[[key]]\nsize=1024\npin='01'\n",
        identity,
        &token,
    );
    let mut wrong = secrets();
    wrong.give(SecretName::Pin { number: 3 }, Secret::new(b"999999"));
    let failure = desk.end_of(desk.start(identity, &plan, wrong)).unwrap_err();
    let Failure::Plan { step: 1, why } = failure else {
        panic!("{failure:?}");
    };
    assert!(
        matches!(
            why,
            RunError::Setup(SetupError::Card(CardError::WrongPin { .. }))
        ),
        "{why}"
    );
    // Whoever looks at the card is told that something was left.
    desk.handle.send(Command::Read {
        reader: identity.reader,
    });
    let left = desk.wait(|event| match event {
        Event::PlanUnfinished { unfinished, .. } => Some(Arc::clone(unfinished)),
        _ => None,
    });
    assert_eq!((left.next, left.begun.is_some()), (1, true));
    let done = desk
        .ask(identity, PlanAction::Resume { secrets: secrets() })
        .unwrap();
    assert!(matches!(done, Done::PlanDone(_)), "{done:?}");
}

#[test]
fn cancelled_it_stops_after_the_step_that_is_being_done() {
    let brake = Brake::new();
    let card = Slow {
        card: blank(),
        brake: brake.clone(),
    };
    let desk = Desk::new(Box::new(card));
    let (identity, token) = desk.token();
    let two = "name='a'\nlabel='T'\n[[pin]]\n[[key]]\nsize=1024\n[[key]]\nsize=1024\n";
    let plan = desk.plan(two, identity, &token);
    let asked = desk.start(identity, &plan, secrets());
    desk.step(1);
    // The card is in the middle of its first key.
    desk.handle.cancel(asked);
    brake.release();
    let (steps, outcome) = desk.steps_until_end(asked);
    assert_eq!(steps, [0_usize; 0], "no other step was begun");
    assert_eq!(outcome.unwrap_err(), Failure::Cancelled);
    let left = match desk.ask(identity, PlanAction::SURVEY_TOKEN).unwrap() {
        Done::Surveyed { unfinished, .. } => unfinished.unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!((left.next, left.begun.is_some()), (2, false));
    let done = desk
        .ask(identity, PlanAction::Resume { secrets: secrets() })
        .unwrap();
    assert!(
        matches!(&done, Done::PlanDone(kept) if kept.iter().all(|one| one.kept)),
        "{done:?}"
    );
}

#[test]
fn a_card_that_is_pulled_and_put_back_goes_on() {
    let brake = Brake::new();
    let card = Slow {
        card: blank(),
        brake: brake.clone(),
    };
    let desk = Desk::new(Box::new(card));
    let (identity, token) = desk.token();
    let plan = desk.plan(SET_UP, identity, &token);
    let asked = desk.start(identity, &plan, secrets());
    desk.step(2);
    // Pulling waits for the command that the card is at; the key is made, and nobody hears of it.
    let reader = desk.reader.clone();
    let pulled = std::thread::spawn(move || reader.remove().unwrap());
    let outcome = desk.end_of(asked);
    brake.release();
    let removed = CardError::Link(LinkError::Removed);
    assert_eq!(outcome.unwrap_err(), Failure::Card(removed));
    desk.reader.insert(pulled.join().unwrap());
    let (identity, left) = desk.wait(|event| match event {
        Event::PlanUnfinished {
            identity,
            unfinished,
        } => Some((*identity, Arc::clone(unfinished))),
        _ => None,
    });
    assert_eq!(left.next, 2);
    let done = desk
        .ask(identity, PlanAction::Resume { secrets: secrets() })
        .unwrap();
    assert!(
        matches!(&done, Done::PlanDone(kept) if kept.iter().all(|one| one.kept)),
        "{done:?}"
    );
}

#[test]
fn a_plan_that_is_given_up_is_not_told_of_again() {
    let desk = Desk::new(Box::new(blank()));
    let (identity, token) = desk.token();
    let plan = desk.plan(SET_UP, identity, &token);
    let nothing = desk
        .end_of(desk.start(identity, &plan, Secrets::default()))
        .unwrap_err();
    let name = SecretName::Puk { number: 1 };
    let why = RunError::Setup(SetupError::Missing(name));
    assert_eq!(nothing, Failure::Plan { step: 0, why });
    let given_up = desk.ask(identity, PlanAction::GiveUp).unwrap();
    assert!(matches!(given_up, Done::PlanGivenUp), "{given_up:?}");
    desk.survey(identity);
    assert_eq!(
        desk.ask(identity, PlanAction::GiveUp).unwrap_err(),
        Failure::NothingUnfinished
    );
}
